"""Say what came, from a file of actual figures or from what the newest run knew to have happened."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from datetime import date
from pathlib import Path

from simulator.errors import PlaceError, UsageError
from simulator.figures import COMPANY, Figures
from simulator.forecast.happened import Happened, happened
from simulator.loading.actuals import read_actuals
from simulator.money import minor_digits
from simulator.records import dataclass
from simulator.runs import PastRun
from simulator.scenario import Scenario

BALANCE = "balance"
OF_INVOICES = ("billings", "receipts")


@dataclass(frozen=True, eq=False)
class Came:
    """What came up to a day, in major units; None where nobody has told.

    Attributes:
        until: last day.
        source: who told, in words.
        scenario: whose segments, calendar and days are meant.
        figures: by month.
        known: what deals and invoices tell besides, by series.
        balances: in the bank at the end of a day.
    """

    until: date
    source: str
    scenario: Scenario
    figures: Figures
    known: Mapping[str, Happened] = field(default_factory=dict)
    balances: Mapping[date, float] = field(default_factory=dict)

    def amount(self, series: str, segment: str, first: date, last: date) -> float | None:
        """Return what a series brought from a day to another, or what was in the bank on the last.

        Args:
            series: which one, or `balance`.
            segment: name, or "" for the company.
            first: first day.
            last: last day.
        """
        names = [s.name for s in self.scenario.segments]
        if last > self.until or (segment and segment not in names):
            return None
        index = names.index(segment) if segment else None
        days = self.scenario.horizon.day_of(first), self.scenario.horizon.day_of(last)
        if series == BALANCE:
            found = self._balance(days[1])
            return self.balances.get(last) if found is None else found
        figure = self._figure(series, *days, index)
        if figure is None and series in self.known and days[0] >= self._since(series):
            figure = self.known[series].total(*days, segment=index)
        return None if figure is None else figure / self._unit

    def silent_since(self, series: str) -> date | None:
        """Return the last day of which deals or invoices know of a series, None where others tell of it."""
        known = self.known.get(series)
        return None if known is None else self.scenario.horizon.date_of(int(known.day.max()))

    @property
    def _unit(self) -> float:
        return float(10 ** minor_digits(self.scenario.currency))

    def _figure(self, series: str, first: int, last: int, segment: int | None) -> float | None:
        """Return the sum of months; the company's from its segments only where all of them are told."""
        for (begin, end), by_segment in self.figures.months(series).items():
            told = COMPANY in by_segment or len(by_segment) == len(self.scenario.segments)
            if segment is None and begin >= first and end <= last and not told:
                return None
        return self.figures.total(series, first, last, segment)

    def _balance(self, day: int) -> float | None:
        months = self.figures.months(BALANCE)
        return next((f[COMPANY] / self._unit for (_, end), f in months.items() if end == day), None)

    def _since(self, series: str) -> int:
        """Return the first day of the month in which something came first: before it nobody has told."""
        horizon, first = self.scenario.horizon, int(self.known[series].day.min())
        return horizon.day_of(horizon.fiscal.month_of(horizon.date_of(first)).start)


def came_from_file(path: Path, run: PastRun, scenario: Scenario, until: date | None) -> Came:
    """Return what a file of actual figures tells; its months are taken for whole.

    Args:
        path: of the file.
        run: whose scenario says how tables are written.
        scenario: of that run.
        until: last day to look at.

    Raises:
        InputError: the file is wrong.
        PlaceError: it cannot be read.
        UsageError: it has no months.
    """
    if path.is_dir() or not path.exists():
        raise PlaceError(
            f"{path} is a folder; name a file" if path.is_dir() else f"there is no {path}", code="P002"
        )
    figures = read_actuals(path, run.path, scenario)
    if not len(figures):
        raise UsageError(
            f"{path} holds no month: it needs month, series and amount, and segment where known", code="U002"
        )
    last = scenario.horizon.date_of(int(figures.last_day.max()))
    return Came(min(last, until or last), path.name, scenario, figures)


def came_from_inputs(scenario: Scenario, source: str, balances: Mapping[date, float]) -> Came:
    """Return what a scenario's inputs say has happened by its as-of day.

    A list of invoices none of which is paid tells what is owed and not what came.

    Args:
        scenario: of the newest run.
        source: whose inputs they are, in words.
        balances: with which runs began, by their as-of day.
    """
    any_paid = bool((scenario.receivables.paid_day <= 0).any())
    known: dict[str, Happened] = {
        series: amounts
        for series, amounts in happened(scenario).items()
        if len(amounts.day) and _rows(scenario, series, any_paid)
    }
    return Came(scenario.horizon.as_of, source, scenario, scenario.actuals, known, balances)


def _rows(scenario: Scenario, series: str, any_paid: bool) -> bool:
    """Tell whether deals or invoices tell of a series: what they are silent of did not come."""
    return any_paid if series in OF_INVOICES else bool(len(scenario.wins))
