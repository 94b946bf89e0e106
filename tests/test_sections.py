"""Balance, plan, commit and parts of small made-up forecasts, whose quantiles and chances are known by hand.

As of 31 October 2026; November, December and January are days 1–30, 31–61 and 62–92.
"""

from dataclasses import replace
from datetime import date
from itertools import pairwise

import numpy as np
import pytest
from factory import make_pipeline, make_receivables, make_scenario, make_segment, make_wins

from simulator.cash import Cash, Outflow
from simulator.currency import RateCurve
from simulator.distributions import Fixed
from simulator.errors import UsageError
from simulator.figures import COMPANY, Figures
from simulator.forecast import Check, Forecast, Rows, Slice, sections
from simulator.forecast.commits import commits
from simulator.forecast.levels import level_at, levels, trough
from simulator.forecast.plans import plan_of, planned
from simulator.periods import Period
from simulator.products import Line, Product
from simulator.scores import wilson

OCTOBER, NOVEMBER, DECEMBER, JANUARY = (-30, 0), (1, 30), (31, 61), (62, 92)


def forecast(slices=None, deferred=None, tax=None, **overrides):
    """A forecast of three months: {source: {series: rows of trials, three months each}}, minor units."""
    scenario = make_scenario(**{"months": 3} | overrides)
    slices = slices or {"open": {}}
    count = next((len(r) for s in slices.values() for r in s.values()), 4)
    money = {s: np.zeros((len(slices), 3, count)) for s in scenario.series}
    for i, by_series in enumerate(slices.values()):
        for series, rows in by_series.items():
            money[series][i] = np.array(rows, dtype=np.float64).T
    for name, rows in (("deferred", deferred), ("tax", tax)):
        if rows is not None:
            money[name] = np.array(rows, dtype=np.float64).T[None]
    deals = len(scenario.pipeline)
    parts = tuple(Slice(*(s if isinstance(s, tuple) else (0, s))) for s in slices)
    return Forecast(
        scenario, count, 1, parts, Rows.of({s: np.cumsum(m, axis=1) for s, m in money.items()}),
        np.zeros((deals, scenario.horizon.last_day + 1), dtype=np.int64), np.zeros((2, deals)),
        np.zeros(deals), np.zeros(deals), Check(0.0, 0, 0.0),
    )  # fmt: skip


def figures(*rows):
    """(month, series, segment, amount) each."""
    return Figures(
        np.array([r[0][0] for r in rows]), np.array([r[0][1] for r in rows]), tuple(r[1] for r in rows),
        np.array([r[2] for r in rows]), np.array([r[3] for r in rows]),
    )  # fmt: skip


# ---- levels and the lowest balance


PAID = (Outflow("wages", 15, 8_000), Outflow("wages", 45, 8_000), Outflow("wages", 92, 8_000))
PATHS = [[0, 20_000, 0], [20_000, 0, 0], [0, 0, 20_000], [9_000, 9_000, 0]]
"""From 100.00: 20 140 60 · 220 140 60 · 20 −60 60 · 110 120 40."""


def bank(floor=None, **more):
    return forecast({"open": {"receipts": PATHS}}, cash=Cash(10_000, floor, PAID), **more)


def test_the_balance_stands_in_the_csv_and_in_the_notebooks_table():
    _, *rows = (found := bank()).rows()
    middles = [r[-1] for r in rows if r[0] == "balance" and r[6] == "p50"]
    assert middles == [p["balance"]["p50"] for p in found.to_json()["periods"]]
    assert list(found.table().loc["balance"]["middle"]) == middles
    assert not [r for r in forecast().rows() if r[0] == "balance"], "none where nobody knows it"


def test_a_balance_needs_what_is_there_and_what_leaves():
    assert levels(bank()) == ("balance",)
    for cash in (Cash(), Cash(opening_balance=5), Cash(outflows=())):
        assert levels(forecast(cash=cash)) == ()
        assert sections.balance(forecast(cash=cash)) == {}
    rule = (Product("service", recognise="at-delivery"),)
    assert levels(forecast(deferred=[[0] * 3] * 4, products=rule)) == ("deferred_revenue",)
    assert levels(forecast(deferred=[[0] * 3] * 4, products=rule, cash=Cash(0, None, ()))) == (
        "balance", "deferred_revenue",
    )  # fmt: skip


def test_balances_follow_receipts_tax_and_outflows():
    assert [level_at(bank(), "balance", day).tolist() for day in (30, 61, 92)] == [
        [2_000, 22_000, 2_000, 11_000], [14_000, 14_000, -6_000, 12_000], [6_000, 6_000, 6_000, 4_000],
    ]  # fmt: skip
    taxed = bank(tax=[[0, 500, 0]] * 4)
    assert level_at(taxed, "balance", 30).tolist() == [2_000, 22_000, 2_000, 11_000]
    assert level_at(taxed, "balance", 92).tolist() == [5_500, 5_500, 5_500, 3_500]
    with pytest.raises(ValueError, match="only from and to these dates"):
        level_at(bank(), "balance", 15)


def test_a_balance_may_be_asked_for_like_a_series():
    found = bank()
    ends = [2_000, 22_000, 2_000, 11_000], [14_000, 14_000, -6_000, 12_000], [6_000, 6_000, 6_000, 4_000]
    by_hand = np.array(ends)
    assert found.mean("balance", by="month").tolist() == (by_hand.mean(axis=1) / 100).tolist()
    assert found.quantile("balance", 1.0, by="month").tolist() == (by_hand.max(axis=1) / 100).tolist()
    assert found.quantile("balance", 0.0) == 40.0, "the total is what stands at the end"
    assert found.chance("balance", at_least=110, until="2026-12-31") == 0.75
    for ask, why in (
        (lambda: forecast().mean("balance"), "no balance is forecast"),
        (lambda: found.mean("balance", segment=found.scenario.segments[0].name), "the company's"),
        (lambda: found.chance("balance", at_least=1, until="2026-12-15"), "only from and to these dates"),
    ):
        with pytest.raises(UsageError, match=why):
            ask()


def test_deferred_revenue_begins_with_what_is_billed_and_not_yet_earned():
    product = Product("service", recognise="at-delivery", delivery=Fixed(90))
    wins = make_wins(day=[-10], amount=[5_000], lines=[(Line(0),)])
    begun = forecast(deferred=[[0, -5_000, 0]] * 4, products=(product,), wins=wins)
    assert [level_at(begun, "deferred_revenue", d)[0] for d in (30, 61)] == [5_000, 0]
    known = forecast(
        {"open": {"bookings": [[0] * 3] * 2}}, deferred=[[100, -40, 0], [0, 0, -7]], products=(product,),
    )  # fmt: skip
    assert level_at(known, "deferred_revenue", 61).tolist() == [60, 0]
    assert level_at(known, "deferred_revenue", 92).tolist() == [60, -7]


def test_the_lowest_balance_is_that_of_each_path():
    path = trough(bank(3_000), bank().scenario.horizon.periods)
    assert path.lowest.tolist() == [2_000, 6_000, -6_000, 4_000]
    assert path.period.tolist() == [0, 2, 1, 2]
    assert path.below.tolist() == [0, -1, 0, -1]
    none = trough(bank(), bank().scenario.horizon.periods)
    assert none.below.tolist() == [-1] * 4
    at_it = trough(bank(2_000), bank().scenario.horizon.periods)
    assert at_it.below.tolist() == [-1, -1, 1, -1], "the floor itself is not below the floor"


def test_what_is_said_of_the_balance():
    known = sections.balance(bank(3_000))
    assert known == {
        "opening": 100.0, "outflows": 240.0, "floor": 30.0, "chance_below_floor": 0.5,
        "trough": {"p10": pytest.approx(-36.0), "p50": 30.0, "p90": pytest.approx(54.0)},
        "trough_month": "2027-01", "first_month_below": "2026-11",
    }  # fmt: skip
    free = sections.balance(bank())
    assert (free["floor"], free["chance_below_floor"], free["first_month_below"]) == (None, None, None)
    mostly = forecast({"open": {"receipts": [[0, 9, 0], [9, -9, 9], [9, -9, 9]]}}, cash=Cash(0, 5, ()))
    assert sections.balance(mostly)["first_month_below"] == "2026-12", "in two of three futures"
    safe = sections.balance(bank(-6_000))
    assert (safe["floor"], safe["chance_below_floor"], safe["first_month_below"]) == (-60.0, 0.0, None)


def test_each_month_may_be_safe_and_the_whole_path_not():
    """Each of three paths is below the floor in a month of its own: one in three a month, always in all."""
    paths = [[0, 9, 0], [9, -9, 9], [9, 0, -9]]
    known = forecast({"open": {"receipts": paths}}, cash=Cash(0, 5, ()))
    assert [(level_at(known, "balance", d) < 5).mean() for d in (30, 61, 92)] == [pytest.approx(1 / 3)] * 3
    assert sections.balance(known)["chance_below_floor"] == 1.0
    assert sections.balance(known)["trough"]["p90"] == 0.0


# ---- the plan


WON = make_wins(day=[-40, -10, 0], amount=[700, 1_000, 2_000])
BOOKED = {"open": {"bookings": [[1_000, 0, 0], [2_000, 0, 0], [3_000, 1_000, 0], [4_000, 2_000, 0]]}}


def plans(*rows, **more):
    known = forecast(BOOKED, **{"wins": WON, "plan": figures(*rows)} | more)
    return known, {(r.kind, r.period.name, r.segment): r for r in planned(known)}


def test_a_month_of_the_plan_beside_what_will_come():
    _, rows = plans((NOVEMBER, "bookings", COMPANY, 2_500))
    ((place, row),) = rows.items()
    assert place == ("month", "2026-11", None)
    assert (row.plan, row.actual, row.amounts.tolist()) == (2_500, 0.0, [1_000, 2_000, 3_000, 4_000])
    assert row.difference == 0.0
    assert row.chance() == (0.5, *wilson(2, 4))


def test_a_month_that_has_passed_was_reached_or_missed():
    for amount, chance in ((3_000, 1.0), (3_001, 0.0)):
        known, rows = plans((OCTOBER, "bookings", COMPANY, amount))
        row = rows["month", "2026-10", None]
        assert (row.actual, row.amounts, row.difference) == (3_000.0, None, 3_000 - amount)
        assert row.chance() == (chance,) * 3
        written = sections.plan(known)[0]
        assert [written[q] for q in ("p10", "p50", "p90")] == [None] * 3
        assert (written["actual"], written["plan"], written["segment"]) == (30.0, amount / 100, "all")


def test_a_quarter_that_has_begun_counts_what_has_come():
    known, rows = plans(*((m, "bookings", COMPANY, 2_000) for m in (OCTOBER, NOVEMBER, DECEMBER)))
    row = rows["quarter", "Q4 FY2026", None]
    assert (row.plan, row.actual) == (6_000, 3_000.0)
    assert row.amounts.tolist() == [4_000, 5_000, 7_000, 9_000]
    assert row.chance()[0] == 0.5 and row.difference == 0.0
    assert not any(kind == "year" for kind, _, _ in rows), "January to September have no plan"
    assert [r["name"] for r in sections.plan(known)] == ["2026-10", "2026-11", "2026-12", "Q4 FY2026"]
    fiscal = next(p for p in known.to_json()["fiscal"] if p["name"] == "Q4 FY2026")
    assert fiscal["plan"]["bookings"]["amount"] == 60.0 and fiscal["plan"]["bookings"]["chance"] == 0.5


def test_a_plan_with_a_gap_covers_no_quarter():
    known, rows = plans((OCTOBER, "bookings", COMPANY, 1), (DECEMBER, "bookings", COMPANY, 1))
    assert [*rows] == [("month", "2026-10", None), ("month", "2026-12", None)]
    quarter = known.scenario.horizon.fiscal_quarters[0]
    assert plan_of(known, "bookings", quarter) is None
    assert sections.plans_of(known, quarter) == {}


def test_a_year_needs_all_its_months_and_a_period_must_end_in_the_forecast():
    days = np.array([-303, -272, -244, -213, -183, -152, -122, -91, -60, -30, 1, 31, 62])
    months = [((int(a), int(b) - 1), "bookings", COMPANY, 100) for a, b in pairwise(days)]
    later = ((93, 120), "bookings", COMPANY, 100)
    _, rows = plans(*months, later)
    assert rows["year", "FY2026", None].plan == 1_200
    assert rows["year", "FY2026", None].amounts.tolist() == [4_700, 5_700, 7_700, 9_700]
    assert sum(kind == "quarter" for kind, _, _ in rows) == 4
    assert not [name for _, name, _ in rows if name > "2026-12" and name.startswith("2027")]


def test_segments_have_plans_of_their_own_and_make_up_the_company():
    two = (make_segment(), make_segment(name="enterprise"))
    known, rows = plans(
        (NOVEMBER, "bookings", 0, 1_500), (NOVEMBER, "bookings", 1, 9_000), segments=two,
    )  # fmt: skip
    assert rows["month", "2026-11", None].plan == 10_500
    assert rows["month", "2026-11", 0].chance()[0] == 0.75
    assert rows["month", "2026-11", 1].amounts.tolist() == [0.0] * 4
    chance, low, high = rows["month", "2026-11", 1].chance()
    assert (chance, low) == (0.0, 0.0) and high > 0.4, "four trials that agree decide nothing"
    assert replace(rows["month", "2026-11", 1], certain=True).chance() == (0.0, 0.0, 0.0)
    assert [r["segment"] for r in sections.plan(known)] == ["all", "smb", "enterprise"]
    _, own = plans(
        (NOVEMBER, "bookings", COMPANY, 7), (NOVEMBER, "bookings", 0, 1_500), segments=two
    )  # fmt: skip
    assert own["month", "2026-11", None].plan == 7, "the company's own figure counts"


def test_a_plan_of_another_series_stands_for_itself():
    _, rows = plans((NOVEMBER, "receipts", COMPANY, 1), (NOVEMBER, "revenue", COMPANY, 1))
    assert [(r.series, r.plan) for r in rows.values()] == [("receipts", 1)], "no revenue is counted here"


def test_what_has_come_is_corrected_before_it_is_compared():
    _, rows = plans(
        (OCTOBER, "bookings", COMPANY, 4_000), actuals=figures((OCTOBER, "bookings", COMPANY, 4_500))
    )  # fmt: skip
    assert rows["month", "2026-10", None].actual == 4_500.0


# ---- what sales has committed to


def committed(*categories, wins=WON, **columns):
    deals = make_pipeline(len(categories), extra={"category": categories}, **columns)
    return commits(forecast(BOOKED, wins=wins, pipeline=deals))


def test_the_commit_holds_what_is_won_and_what_is_stated_in_time():
    """Won this year 37.00; of the commit 10.00 are in time, 20.00 after the year, 5.00 without a date."""
    (found,) = committed(
        "Commit", " committed ", "commit", "Pipeline",
        amount=[1_000, 2_000, 500, 9_000], stated_day=[61, 62, np.nan, 10],
    )  # fmt: skip
    assert (found.name, found.amount, found.deals) == ("commit", 5_200.0, 2)
    # The year brings 47, 57, 77 and 97.
    assert (found.chance, found.low, found.high) == (0.75, *wilson(3, 4))


def test_the_best_case_holds_the_commit():
    first, second = committed("commit", "Upside", "best-case", amount=[1_000, 2_000, 100])
    assert [(c.name, c.amount, c.deals) for c in (first, second)] == [
        ("commit", 4_700.0, 1), ("best case", 6_800.0, 3)
    ]  # fmt: skip
    assert first.chance == 1.0 and second.chance == 0.5
    (alone,) = committed("", "upside", amount=[1_000, 2_000])
    assert (alone.name, alone.amount) == ("best case", 5_700.0)
    (no_more,) = committed("commit", "pipeline", amount=[1_000, 2_000])
    assert no_more.name == "commit"


def test_no_category_no_commit():
    assert committed("", "") == committed("pipeline", "omitted") == ()
    assert commits(forecast(BOOKED)) == ()
    short = forecast({"open": {"bookings": [[1] * 3]}}, fiscal_start=6,
                     pipeline=make_pipeline(1, extra={"category": ("commit",)}))  # fmt: skip
    assert short.headline_period is None and commits(short) == ()


def test_a_commit_abroad_counts_at_the_rate_of_the_as_of_day():
    deals = make_pipeline(1, amount=1_000, currency="USD", extra={"category": ("commit",)})
    rates = RateCurve.of("EUR", {"USD": [(-9, 3.0), (0, 0.5), (9, 2.0)]})
    (found,) = commits(forecast(BOOKED, pipeline=deals, rates=rates))
    assert found.amount == 500.0
    assert sections.commit(forecast(BOOKED, pipeline=make_pipeline(1))) == []


# ---- the parts of a period, and tables


def test_parts_add_up_to_the_average_of_their_period():
    slices = BOOKED | {"new": {"bookings": [[0, 0, 5], [0, 4, 0], [0, 0, 0], [0, 8, 0]]},
                       "renewals": {}}  # fmt: skip
    known = forecast(slices, wins=WON)
    year, quarter = known.headline_period, known.scenario.horizon.fiscal_quarters[0]
    assert sections.parts(known, year)["bookings"] == {"actual": 37.0, "open": 32.5, "new": 0.03}
    assert sections.parts(known, quarter)["bookings"]["actual"] == 30.0
    whole = Period("rest", date(2026, 11, 1), date(2027, 6, 30))
    assert sections.parts(known, whole)["bookings"] == {"open": 32.5, "new": pytest.approx(0.0425)}
    entry = next(p for p in known.to_json()["fiscal"] if p["name"] == "FY2026")
    assert sum(entry["parts"]["bookings"].values()) == pytest.approx(entry["bookings"]["mean"])
    assert entry["parts"]["receipts"] == {}


def test_tables_hold_what_the_trials_say():
    known = forecast(BOOKED, wins=WON, receivables=make_receivables())
    table = known.table()
    assert table.loc[("bookings", "2026-11")].tolist() == [25.0, 13.0, 25.0, 37.0]
    header, *rows = known.rows()
    cells = {r[:7]: r[7] for r in rows}
    november = "bookings", "all", "all", "2026-11-01", "2026-11-30"
    assert cells[*november, 0, "mean"] == cells["bookings", "smb", *november[2:], 0, "p50"] == 25.0
    assert cells["bookings", "all", "all", "2026-01-01", "2026-11-30", 1, "mean"] == 62.0
    assert cells["bookings", "all", "open", *november[3:], 0, "p50"] == 25.0
    assert len(header) == 8 and len(cells) == len(rows), "no row stands twice"
    html = known._repr_html_()
    assert "<td>FY2026</td>" in html and "FY2027" not in html
