"""Count the stays of one stage so that a likelihood is a sum over few numbers."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from simulator.learning.spells import STILL, Spells
from simulator.records import dataclass

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

EARLY_DAYS: Final = 5
"""Stays of fewer whole days are counted day by day; of longer ones three sums say all."""
MOST_AGES: Final = 16
"""More different ages than so many are put together, each group at its mean."""


@dataclass(frozen=True, eq=False)
class SegmentStays:
    """Stays of one stage in one segment.

    Attributes:
        ended: what is known of where stays end: their number by target, floats[k].
        early: stays that ended after 0, 1, … whole days, by target, floats[k, day].
        late: of the longer ones (number, Σ ln T, Σ ln² T, Σ 1/(12·T²)), by target, floats[k, 4].
        ages: half days at which stays were last seen alive, or first seen alive, floats[age].
        alive: how many more were last seen alive there than first seen, floats[age].
        lost: how many were recorded as lost, the last target; None where none can be.
    """

    ended: Floats
    early: Floats
    late: Floats
    ages: Floats
    alive: Floats
    lost: float | None = None


def group_stays(spells: Spells, targets: Integers) -> SegmentStays:
    """Return the counts of the stays of one stage and segment.

    A stay of j whole days lies between j − ½ and j + ½. From five days on ln j counts as ln T with the
    variance 1/(12·j²) of an even law over that cell, whose width is 1/j: so no number of equal stays is taken
    for a law without any spread.

    Args:
        spells: of the stage and segment.
        targets: columns that the stage can move to, integers[k].
    """
    ended = spells.target != STILL
    column = np.full(spells.stages + 2, -1)
    column[targets] = np.arange(len(targets))
    target, days = column[spells.target[ended]], spells.length[ended]
    soon = days < EARLY_DAYS
    early = np.zeros((len(targets), EARLY_DAYS))
    np.add.at(early, (target[soon], days[soon]), 1.0)
    late = np.zeros((len(targets), 4))
    long = days[~soon].astype(np.float64)
    logs = np.log(long)
    sums = np.ones_like(logs), logs, logs**2, 1 / (12 * long**2)
    np.add.at(late, target[~soon], np.stack(sums, axis=1))
    seen, seen_counts = _together(spells.length[~ended])
    begun, begun_counts = _together(spells.entry[spells.entry >= 0])
    return SegmentStays(
        early.sum(axis=1) + late[:, 0],
        early,
        late,
        np.concatenate((seen, begun)) + 0.5,
        np.concatenate((seen_counts, -begun_counts)),
        float((spells.target == targets[-1]).sum()) if targets[-1] == spells.stages + 1 else None,
    )


def _together(days: Integers) -> tuple[Floats, Floats]:
    """Return few ages and their counts for many: neighbours stand at their mean."""
    values, counts = np.unique(days, return_counts=True)
    if len(values) <= MOST_AGES:
        return values.astype(np.float64), counts.astype(np.float64)
    # Groups of equal width in ln age: there the survivors of a log-normal law are smooth.
    logs = np.log(values + 1.0)
    group = np.minimum(((logs - logs[0]) / (logs[-1] - logs[0]) * MOST_AGES).astype(int), MOST_AGES - 1)
    number = np.bincount(group, weights=counts)
    mean = np.bincount(group, weights=counts * values)[number > 0] / number[number > 0]
    return np.asarray(mean), np.asarray(number[number > 0], dtype=np.float64)
