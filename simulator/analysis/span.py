"""Find what plays have in common: the periods, series, segments and targets that can be asked of each."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from typing import Any

from simulator.errors import UsageError
from simulator.forecast import Window
from simulator.periods import Period
from simulator.records import dataclass
from simulator.scenario import Scenario
from simulator.targets import Asked, Series, Target
from simulator.words import plan_name


@dataclass(frozen=True)
class Span:
    """What can be asked of every play.

    Attributes:
        start: first day of the fiscal year that holds the first forecast day.
        end: last day that all of them reach.
        series: what flows in all.
        balance: whether all say what is in the bank.
        periods: of the result, that all have.
        fiscal: quarters and years that all cover to their end, each year after its quarters.
        segments: names, in the order of the first.
        targets: names, likewise, plans of fiscal years among them.
    """

    start: date
    end: date
    series: tuple[Series, ...]
    balance: bool
    periods: tuple[Period, ...]
    fiscal: tuple[Period, ...]
    segments: tuple[str, ...]
    targets: tuple[str, ...]

    @staticmethod
    def of(scenarios: Sequence[Scenario]) -> Span:
        """Return what the scenarios share.

        Raises:
            UsageError: no period is a period of each.
        """
        first = scenarios[0]
        horizons = [scenario.horizon for scenario in scenarios]
        periods = _shared([h.periods for h in horizons])
        if not periods:
            raise UsageError(
                "what is compared has no period in common: give all the same fiscal_year_start and period",
                code="U002",
            )
        end, start = periods[-1].end, horizons[0].fiscal.year_of(periods[0].start).start
        whole = _shared([(*h.fiscal_quarters, *h.fiscal_years) for h in horizons])
        return Span(
            start,
            end,
            tuple(s for s in first.series if all(s in other.series for other in scenarios)),
            all(scenario.cash.has_balance for scenario in scenarios),
            periods,
            tuple(sorted((p for p in whole if p.end <= end), key=lambda p: (p.end, (p.end - p.start).days))),
            _named([[s.name for s in scenario.segments] for scenario in scenarios]),
            _named([list(goals(scenario)) for scenario in scenarios]),
        )

    def laid_out(self, ask: Callable[[Window], Mapping[str, Any]]) -> dict[str, Any]:
        """Return the answers to every question, laid out as the fields of forecast.json.

        Args:
            ask: answers one question.
        """
        return {
            "totals": self._of(ask, self.start, self.end, levels=False),
            "fiscal": [_dates(p) | self._of(ask, p.start, p.end) for p in self.fiscal],
            "periods": [_dates(p) | self._of(ask, p.start, p.end) for p in self.periods],
            "cumulative": [
                {"end": p.end.isoformat()} | self._of(ask, self.start, p.end, levels=False)
                for p in self.periods
            ],
            "segments": {
                name: {"totals": {s: ask(Window(s, self.start, self.end, name)) for s in self.series}}
                for name in self.segments
            },
        }

    def _of(
        self, ask: Callable[[Window], Mapping[str, Any]], first: date, last: date, levels: bool = True
    ) -> dict[str, Any]:
        asked: tuple[Asked, ...] = (*self.series, *(("balance",) if self.balance and levels else ()))
        return {series: ask(Window(series, first, last)) for series in asked}


def goals(scenario: Scenario) -> dict[str, Target]:
    """Return what a scenario wants to reach, by name: its targets, and the plan of each whole fiscal year."""
    found, horizon = {target.name: target for target in scenario.targets}, scenario.horizon
    taken = {(t.series, t.first_day, t.last_day) for t in scenario.targets if t.segment is None}
    for year in horizon.fiscal_years:
        first, last = horizon.day_of(year.start), horizon.day_of(year.end)
        for series in scenario.series if year.end <= horizon.end else ():
            amount = scenario.plan.total(series, first, last, None)
            if amount is not None and (series, first, last) not in taken:
                name = plan_name(series, year.name)
                found.setdefault(name, Target(name, series, amount, first, last, period=year.name))
    return found


def _shared(periods: Sequence[Sequence[Period]]) -> tuple[Period, ...]:
    """Return the periods that stand in each list, by their days."""
    days = [{(p.start, p.end) for p in some} for some in periods]
    return tuple(p for p in periods[0] if all((p.start, p.end) in known for known in days))


def _named(names: Sequence[Sequence[str]]) -> tuple[str, ...]:
    first, *others = names
    return tuple(name for name in first if all(name in known for known in others))


def _dates(period: Period) -> dict[str, Any]:
    return {"name": period.name, "start": period.start.isoformat(), "end": period.end.isoformat()}
