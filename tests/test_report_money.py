"""Plan, balance, commit, offers and parts as people see them: every sentence and branch, and that it fits."""

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sample_forecast import sample_forecast
from test_report_text import NEVER, fiscal, quantiles

from simulator import words
from simulator.report import detail_tables, first_screen
from simulator.report.money import money_tables
from simulator.report.screen import NO_RULE, NOT_ADDING, PARTS, parts_table
from simulator.words import scale_of

MONEY = 1_000_000.0


def with_balance(low, middle, high, floor=None, chance=None, month="2027-02", **more):
    """A forecast of one year whose balance at its end is known, until 31 March 2027."""
    payload = fiscal((4.1e6, 5e6, 6e6), (1.2e6, 1.5e6, 1.7e6))
    payload["fiscal"][0]["balance"] = quantiles(low, middle, high)
    if low != high:
        payload["fiscal"][0]["balance"].pop("certain", None)
    payload["balance"] = {
        "opening": 0.0, "floor": floor, "chance_below_floor": chance, "first_month_below": month,
    }  # fmt: skip
    payload["periods"] = [{"start": "2026-11-01", "end": "2027-03-31", "plan": {}}]
    return payload | more


def balance_of(*args, **more):
    (found,) = [line for line in words.headline(with_balance(*args, **more)) if "balance" in line.lower()]
    return found


# ---- the balance in words


@pytest.mark.parametrize(
    ("floor", "chance", "end"),
    [
        (None, None, "0.9 million EUR."),
        (1e5, 0.07, "0.9 million EUR; 7 times in 100 it falls below the floor of 0.1 by 31 Mar 2027, mostly"
                    " first in February 2027."),
        (1e5, 0.011, "; once in 100 it falls below the floor of 0.1 by 31 Mar 2027, mostly first in February"
                     " 2027."),
        (1e5, 0.004, "; less than once in 100 it falls below the floor of 0.1 by 31 Mar 2027, mostly first in"
                     " February 2027."),
        (0.0, 0.985, "; 98 times in 100 it falls below zero by 31 Mar 2027, mostly first in February 2027."),
        (0.0, 1.0, "; almost always it falls below zero by 31 Mar 2027, mostly first in February 2027."),
        (0.0, 0.0, "; in no trial does it fall below zero by 31 Mar 2027."),
        (1e5, 0.0, "; in no trial does it fall below the floor of 0.1 by 31 Mar 2027."),
    ],
)  # fmt: skip
def test_the_balance_and_its_floor_in_words(floor, chance, end):
    text = balance_of(3e5, 6e5, 9e5, floor, chance)
    assert text.startswith("The balance on 31 Dec 2026 will most likely be 0.3 to 0.9 million EUR")
    assert text.endswith(end)


def test_a_balance_below_zero_and_one_that_is_certain():
    assert balance_of(-4e5, -1e5, 2e5).startswith(
        "The balance on 31 Dec 2026 will most likely be −0.4 to 0.2 million EUR."
    )
    sure = balance_of(6e5, 6e5, 6e5, 0.0, 0.0)
    assert sure.startswith("The balance on 31 Dec 2026 will be ") and "in no trial" in sure
    assert "most likely" not in sure


def test_without_a_balance_nobody_speaks_of_the_bank():
    for payload in (with_balance(1, 2, 3) | {"balance": {}}, fiscal((4.1e6, 5e6, 6e6), (1, 2, 3))):
        assert not [line for line in words.headline(payload) if re.search("balance|bank", line)]


def test_few_trials_tell_no_chance_of_the_balance():
    payload = with_balance(3e5, 6e5, 9e5, 1e5, 0.5, trials=5)
    payload["fiscal"][0]["balance"]["error"] = {"mean": 1.0, "p10": None, "p50": None, "p90": None}
    (text,) = [line for line in words.headline(payload) if "balance" in line]
    assert "so few tell no chances" in text and "in 100" not in text


def test_the_balance_is_that_of_the_first_quarter_that_is_covered():
    payload = sample_forecast()
    for i, period in enumerate(payload["fiscal"]):
        period["balance"] = quantiles(1e5 * (i + 1), 2e5 * (i + 1), 3e5 * (i + 1))
        period["balance"].pop("certain", None)
    payload["balance"] = {"floor": None, "chance_below_floor": None}
    first = next(p for p in payload["fiscal"] if p["name"].startswith("Q") and p["complete"])
    assert first["end"] == "2026-12-31"
    assert any("balance on 31 Dec 2026" in line for line in words.headline(payload))


# ---- plan and commit in words


def committed(*rows):
    payload = fiscal((4.1e6, 5e6, 6e6))
    payload["commit"] = [
        {"name": n, "amount": a, "deals": 3, "chance": c, "low": c - 0.01, "high": c + 0.01}
        for n, a, c in rows
    ]
    return words.headline(payload)[0]


def test_commit_and_best_case_stand_behind_the_bookings():
    text = committed(("commit", 5.2e6, 0.31), ("best case", 7.4e6, 0.04))
    assert "Sales commit 5.2: 31 %, about 3 in 10. Sales best case 7.4: 4 %, about 1 in 30." in text
    assert "Sales" not in committed()


@pytest.mark.parametrize(
    ("chance", "said"),
    [(0.27, "unlikely: 27 %, about 1 in 4"), (0.5, "as likely as not"), (0.95, "very likely")],
)
def test_each_series_has_its_plan_in_words(chance, said):
    payload = fiscal((4.1e6, 5e6, 6e6), (1.2e6, 1.5e6, 1.7e6))
    year = payload["fiscal"][0]
    year["revenue"] = quantiles(2e6, 2.5e6, 3e6)
    year["revenue"].pop("certain", None)
    plan = {"amount": 2.6e6, "chance": chance, "low": chance - 0.01, "high": chance + 0.01}
    year["plan"] = {"revenue": plan, "receipts": plan}
    _, revenue, receipts = words.headline(payload)
    assert revenue.startswith("Revenue of FY2026 will most likely land between 2.0 and 3.0 million EUR; the")
    for text in (revenue, receipts):
        assert f"The plan of 2.6 is {said}" in text


# ---- tables


def planned(**more):
    row = {
        "period": "month", "name": "2026-11", "series": "bookings", "segment": "all", "actual": 0.0,
        "p10": 1.1e6, "p50": 2.2e6, "p90": 3.3e6, "plan": 2.5e6, "difference": -3e5, "chance": 0.31,
        "low": 0.30, "high": 0.32, "start": "2026-11-01", "end": "2026-11-30",
    }  # fmt: skip
    return row | more


def tables(**parts):
    payload = sample_forecast() | parts
    return money_tables(payload, scale_of(payload))


def test_the_plan_table_tells_past_from_future():
    past = {"p10": None, "p50": None, "p90": None, "actual": 2.6e6, "difference": 1e5, "chance": 1.0}
    missed = past | {"actual": 0.0, "difference": -2.5e6, "chance": 0.0}
    first, second = {"start": "2026-09-01", "end": "2026-09-30"}, {"start": "2026-10-01", "end": "2026-10-31"}
    (text,) = tables(plan=[planned(**missed, **first), planned(**past, **second), planned()])
    heading, header, september, october, november = [" ".join(x.split()) for x in text.splitlines()]
    assert heading == "Months against the plan, bookings, million EUR"
    assert header == "month actual low middle high plan difference chance"
    assert september.startswith("Sep 2026 0") and september.endswith("missed")
    assert october.startswith("Oct 2026 2.6") and october.endswith("+0.1 reached")
    assert november == "Nov 2026 – 1.1 2.2 3.3 2.5 −0.3 31 % about 3 in 10"


def test_months_have_a_plan_table_and_longer_periods_share_one():
    rows = [
        planned(), planned(segment="smb"), planned(series="receipts"),
        planned(period="quarter", name="Q4 FY2026"), planned(period="year", name="FY2026"),
        planned(segment="public"), planned(segment="public", period="year", name="FY2026"),
    ]  # fmt: skip
    found = tables(plan=rows)
    assert [text.splitlines()[0] for text in found] == [
        "Months against the plan, bookings, million EUR",
        "Quarters and years against the plan, bookings, million EUR",
        "Months against the plan, bookings of smb, million EUR",
        "Months against the plan, receipts, million EUR",
        "Quarters and years against the plan, bookings of public, million EUR",
    ]
    assert [line.split("  ")[1] for line in found[1].splitlines()[2:]] == ["Q4 FY2026", "FY2026"]


def test_small_plans_show_two_digits():
    small = {"p10": 0.11e6, "p50": 0.12e6, "p90": 0.14e6, "plan": 0.125e6, "difference": -0.02e6}
    (text,) = tables(plan=[planned(**small)])
    assert text.splitlines()[2].split()[3:8] == ["0.11", "0.12", "0.14", "0.12", "−0.02"]


def test_the_average_of_the_walk_is_that_of_the_parts():
    payload = sample_forecast()
    head = next(f for f in payload["fiscal"] if f["name"] == "FY2026")
    mean = head["bookings"]["mean"]
    head["parts"] = {"bookings": {"actual": 2.9e6, "open": 0.6 * (mean - 2.9e6), "new": 0.4 * (mean - 2.9e6)}}
    half = head["bookings"]["error"]["mean"]
    for off in (0.0, 2.9 * half, -4 * half):
        shown = mean + off
        payload["walk"][-1]["amount"] = mean + off
        _, row, _ = parts_table(payload, scale_of(payload))
        parts = [float(x) for x in row.split()[1:5]]
        assert round(sum(parts[:3]), 2) == parts[3] == round(shown / MONEY, 1)


def test_offers_say_what_they_cost_and_bring():
    offers = [
        {"name": "early", "cost": 123_456.0, "days_earlier": 21.4, "yearly_rate": 0.3714},
        {"name": "no use", "cost": 1e5, "days_earlier": 0.0, "yearly_rate": None},
    ]
    (text,) = tables(offers=offers)
    heading, header, early, none = [" ".join(x.split()) for x in text.splitlines()]
    assert heading == "Offers, million EUR" and header == "offer costs days sooner which is"
    assert early == "early 0.12 21 37 % a year"
    assert none == "no use 0.1 0 –"


def test_what_stands_at_the_end_of_each_month():
    payload = sample_forecast()
    for i, period in enumerate(payload["periods"]):
        period["balance"] = quantiles(-1e6 + 1e5 * i, 1e6, 2e6)
        period["deferred_revenue"] = quantiles(1e6, 2e6, 3e6)
    (text,) = money_tables(payload, scale_of(payload))
    heading, header, first, *rest = text.splitlines()
    assert heading == "What stands at the end, million EUR"
    assert " ".join(header.split()) == (
        "at the end of balance low middle high deferred revenue low middle high"
    )
    assert first.split()[:4] == ["30", "Nov", "2026", "−1.0"] and len(rest) == len(payload["periods"]) - 1
    assert tables() == []


# ---- the parts of the headline's period


def parted(parts, **series):
    payload = sample_forecast()
    year = next(p for p in payload["fiscal"] if p["name"] == payload["headline_period"])
    year["parts"] = parts
    year |= series
    return payload, year


def test_parts_stand_from_sure_to_unsure_and_add_up_as_shown():
    payload, year = parted({})
    mean = year["bookings"]["mean"]
    cuts = {"renewals": 0.111 * mean, "new": 0.222 * mean, "actual": 0.333 * mean}
    year["parts"] = {"bookings": cuts | {"open": mean - sum(cuts.values())}}
    header, row, note = parts_table(payload, scale_of(payload))
    assert header.split()[:2] == ["FY2026,", "averages"]
    assert [n for n in PARTS.values() if n in header] == ["so far", "open", "new", "renewals"]
    assert note == NOT_ADDING
    cells = [float(c) for c in row.split()[1:6]]
    assert sum(cells[:4]) == pytest.approx(cells[4], abs=1e-9)


def test_a_period_of_one_part_has_no_table():
    for parts in ({}, {"bookings": {}}, {"bookings": {"open": 5.0}}, {"billings": {"open": 5.0, "new": 6.0}}):
        payload, _ = parted(parts)
        assert parts_table(payload, scale_of(payload)) == []


def test_a_part_that_a_series_lacks_is_a_dash():
    payload, year = parted({})
    year["parts"] = {
        "bookings": {"open": year["bookings"]["mean"]},
        "receipts": {"receivables": year["receipts"]["mean"] - 1e6, "open": 1e6},
    }
    _, bookings, receipts, _ = parts_table(payload, scale_of(payload))
    assert bookings.split()[:2] == ["bookings", "–"] and "–" not in receipts


def test_no_revenue_without_a_rule_is_said():
    assert NO_RULE in first_screen(sample_forecast())
    payload = sample_forecast()
    payload["totals"]["revenue"] = payload["totals"]["bookings"]
    assert NO_RULE not in first_screen(payload)


# ---- all of it at once


def crowded(warnings=6, targets=3, size=300_000.0, name="baseline", passed=True, segments=("smb", "public")):
    """Everything that a first screen may hold."""
    payload = sample_forecast(
        size=size, warnings=warnings, name=name, passed=passed, segments=segments, months=14, trials=100
    )
    year = next(p for p in payload["fiscal"] if p["name"] == payload["headline_period"])
    for period in [*payload["fiscal"], *payload["periods"]]:
        period["revenue"], period["balance"] = period["bookings"], period["receipts"]
        period["deferred_revenue"] = period["receipts"]
    payload["totals"]["revenue"] = payload["totals"]["bookings"]
    year["plan"] = dict.fromkeys(("bookings", "revenue", "receipts"), year["plan"]["bookings"])
    shares = dict(zip(PARTS, (0.3, 0.1, 0.1, 0.2, 0.2, 0.1), strict=True))
    year["parts"] = {
        s: {k: v * year[s]["mean"] for k, v in shares.items()} for s in ("bookings", "revenue", "receipts")
    }
    payload["commit"] = [
        {"name": n, "amount": size * 9, "deals": 2, "chance": 0.31, "low": 0.3, "high": 0.32}
        for n in ("commit", "best case")
    ]
    payload["balance"] = {"floor": size, "chance_below_floor": 0.07, "first_month_below": "2027-02"}
    payload["offers"] = [{"name": name, "cost": size, "days_earlier": 9.0, "yearly_rate": 0.4}]
    payload["plan"] = [planned(segment=s, **stats_of(year)) for s in ("all", *segments)]
    payload["targets"] += [
        {"name": f"{name}-{i}", "series": "receipts", "segment": segments[0], "until": "2027-03-31",
         "from": "2026-11-01", "already": 0.0, "amount": size, "chance": 0.7, "low": 0.69, "high": 0.71}
        for i in range(targets)
    ]  # fmt: skip
    return payload


def stats_of(year):
    return {q: year["bookings"][q] for q in ("p10", "p50", "p90")}


def test_no_word_of_the_trade_is_shown_of_money_either():
    payload = crowded()
    shown = [first_screen(payload), *words.headline(payload), *detail_tables(payload).splitlines()]
    assert not re.findall(NEVER, "\n".join(shown), re.IGNORECASE)
    text = first_screen(payload)
    for part in ("Revenue of FY2026", "Sales best case", "The balance on 31 Dec 2026"):
        assert part in text, part


@settings(max_examples=10, deadline=None)
@given(
    warnings=st.integers(0, 6), targets=st.integers(0, 5), passed=st.booleans(),
    size=st.sampled_from([0.04, 7.0, 3e3, 2.5e5, 9e6, 4e9, 8e12]),
    name=st.sampled_from(["baseline", "x" * 300, "日本語の会社名" * 12, "a\nb", "🙂" * 60]),
    segments=st.sampled_from([("smb",), ("x" * 80, "日本語" * 30)]),
)  # fmt: skip
def test_the_first_screen_fits_however_much_there_is_to_say(**fields):
    payload = crowded(**fields)
    shown = first_screen(payload, "reports/" + "x" * 120, "simulator show reports/latest --details")
    lines = shown.splitlines()
    assert len(lines) <= 40, shown
    assert max(map(words.width, lines)) <= 100
    for text in money_tables(payload, scale_of(payload)):
        assert max(map(words.width, text.splitlines())) <= 100


@pytest.mark.parametrize("size", [7.0, 2.5e5, 8e12])
def test_no_headline_is_cut(size):
    """Each says its chance last: what is cut off is what was asked for."""
    payload = crowded(size=size, segments=("a segment whose name is long enough", "public"), name="n" * 40)
    shown = " ".join(first_screen(payload).split())
    told = words.headline(payload, unit=False)
    assert any(words.width(text) > 100 for text in told if text.startswith("The target"))
    for text in told:
        assert " ".join(text.split()) in shown


def test_where_there_is_too_much_to_say_explanations_give_way_and_no_figure_is_cut():
    payload = crowded(targets=0, warnings=0)
    header, *rows, note = parts_table(payload, scale_of(payload))
    assert header.endswith("high") and len(rows) == 3 and note == NOT_ADDING, "all six sources, and the ends"
    assert max(map(words.width, [header, *rows])) <= 100
    small = crowded(targets=0, warnings=0, size=4e9)
    header, *rows = parts_table(small, scale_of(small))[:4]
    assert max(map(words.width, [header, *rows])) <= 100
    text = first_screen(payload)
    assert "Sales commit" in text and "Sales best case" in text and header in text
    files = "reports/" + "x" * 120
    full = first_screen(crowded(warnings=6, targets=5, passed=False), files, "simulator show")
    assert "invoices" not in full and "bookings" in full and "FY2026" in full
    assert "If deals were independent" in full and "SELF-CHECK FAILED" in full
