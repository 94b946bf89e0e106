"""Say what a stage is worth: the gain in expected bookings if it passed on as many deals as elsewhere."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from simulator.analysis.segments.passage import Passage
from simulator.deals import Wins
from simulator.expected import expected
from simulator.funnel import Funnel
from simulator.posterior import FunnelDraws
from simulator.receivables import Receivables
from simulator.records import dataclass
from simulator.scenario import Scenario, Segment

Floats = NDArray[np.float64]

SOURCES: Final = ("open", "returned", "new", "renewals")
"""What bookings come of: open deals, lost ones that come back, deals to come, renewals."""


DRAWS: Final = 500
"""Posterior draws that are looked at: the error of a gain is then some hundredths of it."""


@dataclass(frozen=True)
class Worths:
    """What the stages of a segment are worth, minor units of the company's currency.

    Attributes:
        by_stage: gain of each stage alone, by source; the parts add up to it.
        together: gain of all of them at once, likewise.
    """

    by_stage: Mapping[int, Mapping[str, int]]
    together: Mapping[str, int]

    @property
    def where_they_meet(self) -> int:
        """What all at once bring beyond the sum of what each brings alone."""
        return sum(self.together.values()) - sum(sum(parts.values()) for parts in self.by_stage.values())


def worths(
    scenario: Scenario, index: int, wanted: Mapping[int, Floats], windows: Sequence[tuple[int, int]]
) -> list[Worths]:
    """Return what the stages of a segment are worth in exact means (MODEL 9), window by window.

    Of many draws some hundreds are looked at, the same ones as it is and as it would be.

    Args:
        scenario: as it is.
        index: of the segment.
        wanted: by stage, the chance to get beyond it elsewhere, floats[draw or 1].
        windows: first and last day of each, days from as-of.
    """
    step = 1 if scenario.posterior is None else max(scenario.posterior.draws // DRAWS, 1)
    alone = _alone(scenario, index, step)
    passage = Passage.of(alone, index)

    def bookings(some: Mapping[int, Floats]) -> Floats:
        return _bookings(with_conversions(alone, index, passage, some), index, windows)

    chances = {stage: chance[::step] for stage, chance in wanted.items()}
    base = bookings({}) if wanted else np.zeros((len(windows), len(SOURCES)))
    each = {stage: bookings({stage: chance}) - base for stage, chance in chances.items()}
    together = bookings(chances) - base if wanted else base
    return [
        Worths({stage: _adding_up(found[n]) for stage, found in each.items()}, _adding_up(together[n]))
        for n in range(len(windows))
    ]


def with_conversions(
    scenario: Scenario, index: int, passage: Passage, wanted: Mapping[int, Floats]
) -> Scenario:
    """Return the scenario in which some stages of a segment pass on as many deals as wanted.

    What the CRM says of a stage, how long deals stay, and deals whose own probability counts, stay as they
    are.
    """
    kernels, segment, posterior = passage.changed(wanted), scenario.segments[index], scenario.posterior
    learned = posterior.segments.get(segment.name) if posterior else None
    if posterior is not None and learned is not None and learned.funnel is not None:
        draws = FunnelDraws(learned.funnel.stages, kernels, learned.funnel.stays)
        parts = {**posterior.segments, segment.name: replace(learned, funnel=draws)}
        scenario = replace(scenario, posterior=replace(posterior, segments=parts))
        funnel = draws.mean
    else:
        funnel = _with_kernel(segment.funnel, kernels[0])
    return _with_segment(scenario, index, replace(segment, funnel=funnel))


def _with_kernel(funnel: Funnel, kernel: Floats) -> Funnel:
    """Return the funnel with other chances; a move that it had not takes as long as its likeliest one."""
    stays = []
    for row, laws in zip(kernel, funnel.stays, strict=True):
        likeliest = max((k for k, law in enumerate(laws) if law is not None), key=lambda k: float(row[k]))
        pairs = zip(row, laws, strict=True)
        stays.append(tuple(law or laws[likeliest] if p > 0 else None for p, law in pairs))
    return Funnel(funnel.stages, kernel, tuple(stays))


def _with_segment(scenario: Scenario, index: int, segment: Segment) -> Scenario:
    segments = scenario.segments
    return replace(scenario, segments=(*segments[:index], segment, *segments[index + 1 :]))


def _alone(scenario: Scenario, index: int, step: int) -> Scenario:
    """Return the scenario without the deals of other segments, whose bookings notice nothing.

    Of its draws every so manieth is kept.
    """
    pipeline = scenario.pipeline
    others = {pipeline.id[i] for i in np.flatnonzero(pipeline.segment != index).tolist()}
    segments = tuple(
        segment if i == index else replace(segment, generation=None)
        for i, segment in enumerate(scenario.segments)
    )
    name, posterior = scenario.segments[index].name, scenario.posterior
    if posterior is not None:
        own = {of: draws for of, draws in posterior.segments.items() if of == name}
        posterior = replace(posterior, segments=own).every(step)
    return replace(
        scenario, segments=segments, pipeline=pipeline.without(others), wins=Wins.empty(),
        receivables=Receivables.empty(), invoice_segment=(), posterior=posterior,
    )  # fmt: skip


def _bookings(scenario: Scenario, index: int, windows: Sequence[tuple[int, int]]) -> Floats:
    """Return the expected bookings of a segment by source, floats[window, source]."""
    daily = expected(scenario).daily
    series = (daily.first, daily.returned, daily.new, daily.renewals)
    days = [slice(max(first, 1), max(last, 0) + 1) for first, last in windows]
    return np.array([[part[index, some].sum() for part in series] for some in days])


def _adding_up(parts: Floats) -> dict[str, int]:
    """Round parts so that they add up to their rounded sum."""
    ends = np.rint(np.cumsum(parts)).astype(np.int64)
    return dict(zip(SOURCES, np.diff(ends, prepend=0).tolist(), strict=True))
