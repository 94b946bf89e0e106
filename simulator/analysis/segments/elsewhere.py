"""Find what a stage of one funnel is in the others, and how deals get on there."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final, Literal

import numpy as np
from numpy.typing import NDArray

from simulator.analysis.segments.passage import Passage
from simulator.records import dataclass
from simulator.scenario import Scenario

Floats = NDArray[np.float64]

_MONTH: Final = 30.4375


@dataclass(frozen=True)
class Counterpart:
    """The way through another funnel that one stage is held against.

    Attributes:
        segment: index of the other.
        begin: its stage, or a place between two stages.
        end: likewise; the number of stages stands for won.
        by: whether stages of the same names tell where it is, or the share of deals that arrive.
        deals: expected to meet its stage until the horizon's end, by which others are weighed.
    """

    segment: int
    begin: float
    end: float
    by: Literal["name", "share"]
    deals: float


@dataclass(frozen=True, eq=False)
class Elsewhere:
    """How deals get on in the counterparts of a stage, all of them pooled.

    Attributes:
        counterparts: one a funnel.
        chance: to get beyond, floats[draw or 1].
        belief: draws from what it may be, floats[draws].
    """

    counterparts: tuple[Counterpart, ...]
    chance: Floats
    belief: Floats


def elsewhere(
    passages: Sequence[Passage], deals: Sequence[Floats], index: int, stage: int
) -> Elsewhere | None:
    """Return how deals get on elsewhere from where a stage is; None where there is no other segment.

    Funnels with stages of the same names are aligned there, and where deals are won. Between two such places
    a stage is held against as much of the other's way as it is of its own, counted in stages. Where no other
    has a name in common up to the stage, all are held against it from the stage that as large a share of
    their deals reach, as far on as the stage is of the way that is left. Counterparts are pooled by the deals
    that meet them.

    Args:
        passages: of all segments.
        deals: expected to meet each stage, floats[S] of each segment.
        index: of the segment.
        stage: of it.
    """
    others = [i for i in range(len(passages)) if i != index]
    found = [c for i in others if (c := _by_name(passages, deals, index, stage, i))]
    found = found or [_by_share(passages, deals, index, stage, i) for i in others]
    if not found:
        return None
    weights = np.array([counterpart.deals for counterpart in found])
    weights = weights / weights.sum() if weights.sum() > 0 else np.full(len(found), 1 / len(found))
    chances = (w * passages[c.segment].between(c.begin, c.end) for w, c in zip(weights, found, strict=True))
    beliefs = (w * passages[c.segment].belief(c.begin, c.end) for w, c in zip(weights, found, strict=True))
    return Elsewhere(tuple(found), _sum(chances), _sum(beliefs))


def deals_met(scenario: Scenario, index: int, passage: Passage) -> Floats:
    """Return how many deals are expected to meet each stage: that stand there or before it, or are to come.

    Open deals count with their chance to get there, those to come until the horizon's end with their share.
    """
    pipeline, generation = scenario.pipeline, passage.segment.generation
    here = np.bincount(pipeline.stage[pipeline.segment == index], minlength=passage.size)
    now = scenario.horizon.date_of(1)
    coming = 0.0 if generation is None else generation.per_month * generation.raise_of(now)
    found = coming * scenario.horizon.last_day / _MONTH * passage.reached[:-1]
    for stage in range(passage.size):
        for begin in range(stage + 1):
            found[stage] += here[begin] * float(passage.between(begin, stage).mean())
    return np.asarray(found)


def _by_name(
    passages: Sequence[Passage], deals: Sequence[Floats], index: int, stage: int, other: int
) -> Counterpart | None:
    """Return the way between stages of the same names, None where the other funnel has none up to here."""
    ours, theirs = _names(passages[index]), _names(passages[other])
    common = [(-1, -1)]
    for place, name in enumerate(ours):
        if name in theirs and theirs.index(name) > common[-1][1]:
            common.append((place, theirs.index(name)))
    common = [*common[1:], (len(ours), len(theirs))]
    after = next(i for i, (place, _) in enumerate(common) if place > stage)
    if after == 0:
        return None
    (start, begin), (stop, end) = common[after - 1 : after + 1]
    step = (end - begin) / (stop - start)
    begins, ends = (begin + (place - start) * step for place in (stage, stage + 1))
    return Counterpart(other, begins, ends, "name", float(deals[other][int(begins)]))


def _by_share(
    passages: Sequence[Passage], deals: Sequence[Floats], index: int, stage: int, other: int
) -> Counterpart:
    """Return the way from where as large a share of deals arrive, as far on as ours is of what is left."""
    ours, theirs = passages[index], passages[other]
    with np.errstate(divide="ignore", invalid="ignore"):
        apart = np.abs(np.log(theirs.reached[:-1]) - np.log(ours.reached[stage]))
    begin = int(np.argmin(np.where(np.isnan(apart), np.inf, apart)))
    end = begin + min((theirs.size - begin) / (ours.size - stage), theirs.size - begin)
    return Counterpart(other, begin, end, "share", float(deals[other][begin]))


def _names(passage: Passage) -> list[str]:
    """Return what stages are known by."""
    return [" ".join(name.split()).casefold() for name in passage.segment.funnel.stages]


def _sum(parts: Iterator[Floats]) -> Floats:
    total = np.zeros(1)
    for part in parts:
        total = total + part
    return total
