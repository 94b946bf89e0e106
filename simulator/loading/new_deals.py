"""Say which deals are still to come: as set, or estimated from the created dates of the last year."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Final

import numpy as np
from numpy.typing import NDArray

from simulator.arrivals import DISPERSION, Bluebirds, PipelineGeneration
from simulator.distributions import LogNormal
from simulator.errors import did_you_mean
from simulator.loading.deals import DealsRead
from simulator.loading.notes import Notes, counted
from simulator.loading.problems import Problems
from simulator.periods import add_months
from simulator.scenario.segment_model import NewPipelineFile
from simulator.scenario.tree import Keys, Tree

MONTH: Final = 30.4375
FEWEST_AMOUNTS: Final = 5
FEW: Final = 12
PRIOR_MONTHS: Final = 6.0
"""Months that the default dispersion counts for, beside those observed."""
LEAST_DISPERSION, MOST_DISPERSION = 1.0, 50.0


def set_generation(
    file: NewPipelineFile, stages: Sequence[str], keys: Keys, tree: Tree, problems: Problems
) -> PipelineGeneration:
    """Return new pipeline as the scenario sets it; unknown entry stages become problems."""
    entry = np.zeros(len(stages))
    for stage, share in file.entry.items():
        if stage in stages:
            entry[stages.index(stage)] += share
            continue
        remedy = did_you_mean(stage, stages, "stages: " + ", ".join(stages))
        message = f"new deals enter at {stage}, which is no stage"
        problems.add(tree.problem("S048", message, (*keys, "entry", stage), None, remedy))
    if not file.entry and len(entry):
        entry[0] = 1.0
    birds = file.bluebirds
    return PipelineGeneration(
        per_month=file.per_month,
        amount=file.amount.distribution(),
        entry=entry / max(entry.sum(), 1e-300),
        season=dict(file.season),
        trend=file.trend,
        dispersion=file.dispersion,
        bluebirds=None
        if birds is None
        else Bluebirds(birds.per_month, birds.amount.distribution(), birds.dispersion or file.dispersion),
    )


def estimated_generation(
    name: str, segment: int, stages: int, deals: DealsRead, as_of: date, notes: Notes
) -> tuple[PipelineGeneration, str] | None:
    """Return new pipeline estimated from created dates, and from what; None with a note where it cannot be.

    Rate: deals created in the last 12 months (or since the first one) over those months. Dispersion by
    moments of the months, shrunk towards the default. Amounts: log-normal by median and p90. All enter at
    the first stage.

    Args:
        name: of the segment.
        segment: its index.
        stages: number of its stages.
        deals: what the table says; closed rows are among them.
        as_of: day 0.
        notes: takes why not, or how roughly.
    """
    start = (add_months(as_of, -12) + timedelta(days=1)).toordinal() - as_of.toordinal()
    created = deals.created
    recent, priced = created.day >= start, ~np.isnan(created.amount)
    mine = recent & (created.segment == segment)
    own, amounts = created.day[mine], created.amount[mine & priced]
    if len(amounts) < FEWEST_AMOUNTS:
        amounts = created.amount[recent & priced]
    if not len(own) or not len(amounts):
        notes.add("W018", f"no {name} deal was created in the last 12 months: none are expected to come")
        return None
    if len(own) < FEW:
        text = f"new deals of {name} are estimated from {counted(len(own), 'deal')} created in 12 months"
        notes.add("W018", text)
    first = max(int(created.day.min()), start)
    months = max((1 - first) / MONTH, 1.0)
    median, p90 = (float(x) for x in np.quantile(amounts, (0.5, 0.9)))
    entry = np.zeros(stages)
    entry[0] = 1.0
    generation = PipelineGeneration(
        per_month=len(own) / months,
        amount=LogNormal.from_median(median, max(p90, median)),
        entry=entry,
        dispersion=_dispersion(own, months),
        estimated=True,
    )
    return generation, f"estimated from {counted(len(own), 'deal')} created in {months:.0f} months"


def _dispersion(days: NDArray[np.int64], months: float) -> float:
    """Return κ of monthly counts by moments, 1/κ = max(s² − m, 0)/m², shrunk towards the default."""
    whole = int(months + 0.05)
    if whole < 2:
        return DISPERSION
    counts = np.bincount(np.minimum((-days / MONTH).astype(np.int64), whole), minlength=whole + 1)[:whole]
    mean, variance = counts.mean(), counts.var(ddof=1)
    if mean == 0:
        return DISPERSION
    seen = max(variance - mean, 0.0) / mean**2
    shrunk = (whole * seen + PRIOR_MONTHS / DISPERSION) / (whole + PRIOR_MONTHS)
    return float(np.clip(1 / shrunk, LEAST_DISPERSION, MOST_DISPERSION))
