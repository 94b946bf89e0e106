"""Say what each segment brings in the trials, and how much of the whole and of its uncertainty that is."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from simulator.analysis.aims import Aim
from simulator.analysis.span import goals
from simulator.expected import segment_walks
from simulator.forecast import Forecast, statistics
from simulator.forecast.asked import segment_asked
from simulator.forecast.plans import planned
from simulator.forecast.sections import target_told
from simulator.periods import Period
from simulator.records import dataclass
from simulator.scores import Z95, clustered_variance
from simulator.targets import Series, Target
from simulator.words import plan_name

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Brought:
    """What each segment brings, and how much of the whole that is; −1 is what belongs to none.

    Attributes:
        forecast: the trials.
        aim: what is asked about.
    """

    forecast: Forecast
    aim: Aim

    @property
    def series(self) -> Series:
        """What flows: the aim's series, receipts for the balance, which is the company's alone."""
        return "receipts" if self.aim.window.series == "balance" else self.aim.window.series

    @cached_property
    def period(self) -> Period:
        """The days that are asked about."""
        return Period("", self.aim.window.first, self.aim.window.last)

    @cached_property
    def total(self) -> Floats:
        """What the company brings, minor units, floats[trial]."""
        return self.forecast.window(self.series, self.period)[0]

    @cached_property
    def rest(self) -> bool:
        """Whether anything belongs to no segment."""
        return bool(self.forecast.window(self.series, self.period, -1)[0].any())

    @cached_property
    def walks(self) -> list[list[dict[str, Any]]]:
        """The walk of each segment, and last of what belongs to none."""
        forecast, scenario = self.forecast, self.forecast.scenario
        first, last = map(scenario.horizon.day_of, (self.period.start, self.period.end))
        rows = (*range(len(scenario.segments)), -1)
        already = [forecast.already("bookings", first, row, last) for row in rows]
        found = segment_walks(scenario, first, last, already=already)
        return [[{"step": step, "amount": amount / forecast.unit} for step, amount in own] for own in found]

    def told(self, row: int | None) -> dict[str, Any]:
        """Return statistics and shares of a segment, None for all."""
        forecast = self.forecast
        amounts, past = forecast.window(self.series, self.period, row)
        first, last = map(forecast.scenario.horizon.day_of, (self.period.start, self.period.end))
        certain = forecast.is_certain(self.series, first, last, row)
        mean = float(self.total.mean())
        walk = _sums(self.walks) if row is None else self.walks[row]
        return {
            "amount": statistics(amounts, forecast.unit, past, certain=certain, draws=forecast.draws),
            "share": float(amounts.mean()) / mean if mean else None,
            "share_of_uncertainty": share_of_uncertainty(amounts, self.total, forecast.draws),
            "walk": walk,
        }

    def targets(self) -> Iterator[dict[str, Any]]:
        """Yield the chances of targets, of plans of years, segments' too, and of what is asked."""
        forecast, window, horizon = self.forecast, self.aim.window, self.forecast.scenario.horizon
        wanted = list(goals(forecast.scenario).values())
        if not self.aim.name and self.aim.amount is not None:
            names = [segment.name for segment in forecast.scenario.segments]
            days = horizon.day_of(window.first), horizon.day_of(window.last)
            whose = segment_asked(window.segment, names)
            wanted.insert(0, Target("asked", window.series, self.aim.amount, *days, segment=whose))
        for row in planned(forecast):
            if row.kind == "year" and row.segment is not None:
                days = horizon.day_of(row.period.start), horizon.day_of(row.period.end)
                name = plan_name(row.series, row.period.name)
                wanted.append(Target(name, row.series, row.plan, *days, segment=row.segment))
        yield from (target_told(forecast, target) for target in wanted)


def share_of_uncertainty(
    amounts: Floats, total: Floats, draws: int | None = None
) -> dict[str, float | None] | None:
    """Return Cov(part, total) ÷ Var(total) with its 95 % error; None where the total does not vary.

    The shares of all parts add up to 1. The error is that of a mean, of what each trial adds to the ratio:
    (x − x̄)(t − t̄)/V − share·(t − t̄)²/V.
    """
    off = total - total.mean()
    spread = float(off @ off) / len(off)
    if len(total) < 2 or spread <= 1e-18 * float(total @ total) / len(total):
        return None
    own = (amounts - amounts.mean()) * off / spread
    share = float(own.mean())
    each = own - share * off**2 / spread
    variance = clustered_variance(each, draws) if draws else float(each.var()) / (len(each) - 1)
    return {"share": share, "error": Z95 * float(np.sqrt(variance))}


def _sums(walks: Sequence[Sequence[Mapping[str, Any]]]) -> list[dict[str, Any]]:
    return [
        {"step": steps[0]["step"], "amount": sum(step["amount"] for step in steps)}
        for steps in zip(*walks, strict=True)
    ]
