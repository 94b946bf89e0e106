"""Companies without chance: engine and exact means equal months that were worked out by hand."""

import csv
from datetime import date
from functools import lru_cache
from pathlib import Path

import numpy as np
import pytest
from deterministic.workings import COLUMNS, advisers, corners, machines, money, subscriptions

from simulator import load, simulate
from simulator.expected import expected
from simulator.forecast.levels import level_at, trough
from simulator.forecast.plans import planned
from simulator.periods import Period

FOLDER = Path(__file__).parent / "deterministic"
COMPANIES = {"machines": machines, "subscriptions": subscriptions, "advisers": advisers, "corners": corners}
TRIALS = 200
"""The self-check compares what it expects a hundred times in all trials."""
SERIES = ("bookings", "billings", "revenue", "receipts", "arr")
DATED = ("bookings", "billings", "receipts", "tax passed on", "outflows", "arr")
"""What stands in the workings on its day, as revenue that is served by day does not."""

each_company = pytest.mark.parametrize("name", COMPANIES)


def table(name, file):
    with (FOLDER / name / f"{file}.csv").open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines))


def cents(text):
    return round(100 * float(text))


@lru_cache(maxsize=1)
def played(name):
    scenario = load(FOLDER / name / "scenario.yaml")
    return scenario, simulate(scenario, trials=TRIALS), expected(scenario)


def in_trials(forecast, column, first, last):
    """Return a column of a month, minor units by trial."""
    scenario = forecast.scenario
    cells = scenario.horizon.cells_between(first, last)
    if column == "outflows":
        return np.array([sum(o.amount for o in scenario.cash.outflows if first <= o.day <= last)])
    if column in ("balance", "deferred revenue"):
        return level_at(forecast, column.replace(" ", "_"), last)
    if column in SERIES and column not in scenario.series:
        return np.zeros(1)
    return forecast.between("tax" if column == "tax passed on" else column, *cells)


@each_company
def test_every_trial_equals_the_months_worked_out_by_hand(name):
    scenario, forecast, _ = played(name)
    rows = table(name, "expected")
    assert [row["month"] for row in rows] == [f"{p.start:%Y-%m}" for p in scenario.horizon.periods]
    day_of, found = scenario.horizon.day_of, []
    for row, period in zip(rows, scenario.horizon.periods, strict=True):
        for column in COLUMNS:
            amounts = in_trials(forecast, column, max(day_of(period.start), 1), day_of(period.end))
            found += [(row["month"], column, row[column], a) for a in set(amounts) if a != cents(row[column])]
    assert not found


@each_company
def test_exact_means_equal_the_months_but_for_rounding(name):
    """Exact means know no cents: each figure of the workings may differ by less than one."""
    scenario, _, exact = played(name)
    horizon, rows, workings = scenario.horizon, table(name, "expected"), table(name, "workings")
    for row, period in zip(rows, horizon.periods, strict=True):
        begin, end = horizon.cells_between(max(horizon.day_of(period.start), 1), horizon.day_of(period.end))
        for column in (*SERIES, "tax passed on"):
            mean = exact.tax[begin:end] if column not in SERIES else getattr(exact, column)[..., begin:end]
            parts = sum(w["series"] == column and w["day"].startswith(row["month"]) for w in workings)
            assert abs(mean.sum() - cents(row[column])) <= parts + 1e-4, (row["month"], column)


@each_company
def test_exact_deferred_revenue_equals_its_change_but_for_rounding(name):
    scenario, _, exact = played(name)
    levels = [cents(row["deferred revenue"]) for row in table(name, "expected")]
    _, begin = scenario.horizon.cells_between(1, scenario.horizon.day_of(scenario.horizon.periods[0].end))
    parts = sum(w["series"] in ("billings", "revenue") for w in table(name, "workings"))
    assert abs(exact.deferred[begin:].sum() - (levels[-1] - levels[0])) <= parts


@each_company
def test_the_run_checks_itself(name):
    check = played(name)[1].check
    assert check.passed and check.cells > 0 and check.largest_z == 0


@each_company
def test_the_fiscal_year_holds_what_has_come(name):
    _, forecast, _ = played(name)
    (row,) = table(name, "years")
    year = Period("", date.fromisoformat(row["from"]), date.fromisoformat(row["until"]))
    assert forecast.headline_period == Period(forecast.headline_period.name, year.start, year.end)
    for series in (s for s in SERIES if s in forecast.scenario.series):
        assert set(forecast.window(series, year)[0]) == {cents(row[series])}, series


@each_company
def test_the_floor_is_met_in_the_month_worked_out_by_hand(name):
    scenario, forecast, _ = played(name)
    balances = [cents(row["balance"]) for row in table(name, "expected")]
    below = [n for n, balance in enumerate(balances) if balance < scenario.cash.floor]
    low = trough(forecast, scenario.horizon.periods)
    assert set(low.lowest) == {min(balances)} and set(low.below) == {below[0] if below else -1}


@each_company
def test_the_tables_are_what_the_workings_say(name):
    company = COMPANIES[name]()
    assert list(company.months()) == table(name, "expected")
    written = table(name, "workings")
    kept = [row for row in company.rows if row[3] <= company.end]
    assert [(w["contract"], w["part"], w["series"], w["day"], w["EUR"]) for w in written] == [
        (row[0], row[1], row[2], row[3].isoformat(), money(row[7])) for row in kept
    ]


@each_company
@pytest.mark.parametrize("cut", ["period=week", "period=quarter", "4-4-5"])
def test_other_periods_hold_what_falls_into_them(name, cut):
    weeks = "fiscal_year_start={calendar: 4-4-5, start: 2026-02-01}"
    scenario = load(FOLDER / name / "scenario.yaml", sets=[weeks if cut == "4-4-5" else cut])
    forecast, day_of, company = simulate(scenario, trials=2), scenario.horizon.day_of, COMPANIES[name]()
    balance = company.opening
    for period in scenario.horizon.periods:
        first, last = max(period.start, scenario.horizon.date_of(1)), period.end
        sums = {series: company.total(series, first, last) for series in DATED}
        balance += sums["receipts"] - sums["tax passed on"] - sums["outflows"]
        for column, due in (sums | {"balance": balance}).items():
            assert set(in_trials(forecast, column, day_of(first), day_of(last))) == {due}, (period, column)


def test_the_plan_stands_beside_what_comes():
    forecast = played("machines")[1]
    found = {
        (f"{cell.period.start:%Y-%m}", cell.series, cell.segment): (cell.plan, *sorted(set(cell.amounts)))
        for cell in planned(forecast)
        if cell.kind == "month"
    }
    assert found == {
        ("2026-09", "bookings", None): (120_000_00, 112_000_01),
        ("2026-10", "bookings", 0): (90_000_00, 100_000_00),
        ("2026-10", "bookings", None): (90_000_00, 100_000_00),  # the sum of its segments
        ("2026-10", "receipts", None): (150_000_00, 246_925_01),
    }
