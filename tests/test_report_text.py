import re
from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sample_forecast import sample_forecast

from simulator import words
from simulator.report import detail_tables, first_screen, table_by
from simulator.report.layout import align_decimals, bar, rounded_to_sum, table, wrapped
from simulator.report.screen import fiscal_table, gravest
from simulator.report.walk import departure, step_name, walk_heading
from simulator.words import Scale, self_check_text, width

FAILED = self_check_text(False, folder=True)
FILES, NEXT = "reports/baseline/2026-10-31/", "simulator show reports/baseline/latest"
NEVER = (
    r"p10|p50|p90|odds factor|shapley|euler|\bPIT\b|crps|brier|ρ|largest z|monte carlo|liability|aalen"
    r"|censored|bluebird|cfar|shortfall|\bcash\b"
)


def screen(**options):
    return first_screen(sample_forecast(**options), FILES, NEXT)


def fiscal(bookings, receipts=None, plan=None, already=0.0, **overrides):
    """A forecast of one fiscal year, and nothing else, from (low, middle, high)."""
    year = {"name": "FY2026", "start": "2026-01-01", "end": "2026-12-31", "complete": True,
            "bookings": quantiles(*bookings) | {"already": already},
            "plan": {}}  # fmt: skip
    if plan:
        year["plan"] = {"bookings": {"name": "plan", "low": 0.26, "high": 0.28} | plan}
    if receipts:
        year["receipts"] = quantiles(*receipts)
    return {"as_of": "2026-10-31", "currency": "EUR", "headline_period": "FY2026", "fiscal": [year],
            "trials": 16000, "scenario": "baseline", "targets": []} | overrides  # fmt: skip


def quantiles(low, middle, high, mean=None, noise=None):
    error = {} if low == high else {"p10": 19_000 if noise is None else noise}
    certain = {"certain": True} if low == high and mean in (None, middle) else {}
    return certain | {
        "mean": middle if mean is None else mean, "sd": (high - low) / 2.56, "p10": low, "p50": middle,
        "p90": high, "error": error,
    }  # fmt: skip


# ---- the headline


def test_the_headline_as_it_is_meant():
    payload = fiscal((4.1e6, 5e6, 6e6), (1.2e6, 1.4e6, 1.7e6), {"amount": 5.5e6, "chance": 0.27}, 2.9e6)
    assert words.headline(payload) == [
        "Bookings of FY2026 will most likely land between 4.1 and 6.0 million EUR (8 chances in 10); the "
        "middle is 5.0. The plan of 5.5 is unlikely: 27 %, about 1 in 4. 2.9 are already won.",
        "Receipts until 31 Dec 2026 will most likely be 1.2 to 1.7 million EUR.",
    ]
    assert (
        words.headline(payload, unit=False)[1] == "Receipts until 31 Dec 2026 will most likely be 1.2 to 1.7."
    )


def test_headline_with_open_deals_only_says_so_first():
    payload = fiscal((4.1e6, 5e6, 6e6), open_deals_only=True)
    assert words.headline(payload)[0] == "Open deals only: deals yet to come are not in these numbers."


def test_headline_of_a_plan_that_is_reached():
    payload = fiscal((5.6e6, 5.8e6, 6e6), None, {"amount": 5.5e6, "chance": 1.0}, 5.6e6)
    assert "The plan of 5.5 has been reached. 5.6 are already won." in words.headline(payload)[0]


def test_headline_of_a_plan_far_away():
    payload = fiscal((4.1e6, 5e6, 6e6), None, {"amount": 15e6, "chance": 0.0, "low": 0.0, "high": 0.0002})
    assert "The plan of 15.0 is all but out of reach: less than 1 in 100." in words.headline(payload)[0]


@pytest.mark.parametrize(
    ("bookings", "said"),
    [
        ((0.0, 0.0, 0.0, 0.0), "Bookings of FY2026 will be nothing."),
        ((0.0, 0.0, 0.0, 2e4), "Bookings of FY2026 will most likely be nothing (at least 8 chances in 10); "
                               "the average is 20.0 thousand EUR."),
        ((2.9e6, 2.9e6, 2.9e6), "Bookings of FY2026 will be 2.90 million EUR: nothing of it is left open."),
        ((0.0, 1e6, 2e6), "Bookings of FY2026 will most likely land between 0 and 2.0 million EUR (8 "
                          "chances in 10); the middle is 1.0."),
        ((5.01e6, 5.02e6, 5.04e6, 5.02e6, 2e5), "Bookings of FY2026 will most likely be about 5 million EUR "
                                              "(at least 8 chances in 10)."),
    ],
)  # fmt: skip
def test_headline_of_odd_bookings(bookings, said):
    payload = fiscal((1, 1, 1))
    payload["fiscal"][0]["bookings"] = quantiles(*bookings)
    assert words.headline(payload)[0] == said


def test_what_is_certain_agrees_with_what_is_won():
    """Total and won deals are written alike: never `will be 1,000: … 1,005 are already won`."""
    everything = fiscal((1_005, 1_005, 1_005), already=1_005)
    assert words.headline(everything)[0] == "Bookings of FY2026 will be 1,005 EUR; all of it is already won."
    rest = fiscal((1_239.4, 1_239.4, 1_239.4), already=1_005)
    assert words.headline(rest)[0] == (
        "Bookings of FY2026 will be 1,239 EUR: nothing of it is left open. 1,005 are already won."
    )
    large = fiscal((1_234_567, 1_234_567, 1_234_567), already=1_209_000)
    assert (
        "will be 1.23 million EUR: nothing of it is left open. 1.21 are already won."
        in words.headline(large)[0]
    )
    row = next(line for line in first_screen(everything).splitlines() if line.startswith("FY2026"))
    assert row.split() == ["FY2026"] + ["1,005"] * 4


def test_what_is_won_is_written_alike_wherever_it_stands():
    payload = fiscal((1_005, 1_400, 1_900, 1_450, 60), already=1_005)
    payload["walk"] = [{"step": "already won", "amount": 1_005}, {"step": "deals yet to come", "amount": 445},
                       {"step": "our average", "amount": 1_450}]  # fmt: skip
    text = first_screen(payload)
    assert "between 1,005 and 1,900" in text and "1,005 are already won" in text
    rows = [line.split() for line in text.splitlines()]
    assert ["already", "won"] in [row[:2] for row in rows if "1,005" in row]
    assert ["FY2026", "1,005", "1,005"] in [row[:3] for row in rows]


def test_what_was_the_same_in_every_trial_is_not_therefore_certain():
    payload = fiscal((2.9e6, 2.9e6, 2.9e6))
    del payload["fiscal"][0]["bookings"]["certain"]
    assert "will most likely be about 2.90 million EUR (at least 8" in words.headline(payload)[0]
    payload = fiscal((0.0, 0.0, 0.0), (0.0, 0.0, 0.0))
    for series in ("bookings", "receipts"):
        del payload["fiscal"][0][series]["certain"]
    assert words.headline(payload) == [
        "Bookings of FY2026 will most likely be nothing (at least 8 chances in 10).",
        "Receipts until 31 Dec 2026 will most likely be nothing.",
    ]


def test_headline_of_odd_receipts():
    assert words.headline(fiscal((4.1e6, 5e6, 6e6), (0.0, 0.0, 0.0)))[1] == (
        "Receipts until 31 Dec 2026 will be nothing."
    )
    payload = fiscal((4.1e6, 5e6, 6e6), (0.0, 0.0, 0.0, 1e5))
    assert words.headline(payload)[1] == "Receipts until 31 Dec 2026 will most likely be nothing."
    payload["fiscal"][0]["receipts"] = quantiles(1.5e6, 1.6e6, 1.9e6) | {"already": 1.0e6}
    assert "will most likely be 0.5 to 0.9" in words.headline(payload)[1], "what came in already is no news"


def test_headline_of_receipts_against_a_plan_of_the_whole_year():
    payload = fiscal((4.1e6, 5e6, 6e6), (3.2e6, 3.4e6, 3.7e6))
    year = payload["fiscal"][0]
    year["plan"] = {"receipts": {"name": "plan", "amount": 4e6, "chance": 0.04, "low": 0.03, "high": 0.05}}
    year["receipts"]["already"] = 2e6
    assert words.headline(payload)[1] == (
        "Receipts until 31 Dec 2026 will most likely be 1.2 to 1.7 million EUR. The plan of 4.0 for FY2026, "
        "2.0 of it received so far, is very unlikely: 4 %, about 1 in 30."
    )
    year["receipts"]["already"] = 4.1e6
    assert words.headline(payload)[1].endswith("The plan of 4.0 has been reached.")


def test_headline_where_no_fiscal_year_is_covered():
    payload = sample_forecast(months=1, plan=0, already=0)
    assert payload["headline"][0].startswith("Bookings until 30 Nov 2026 will most likely land between")


def test_targets_that_are_no_plan_get_a_sentence():
    target = {"name": "smb-q1", "series": "receipts", "segment": "smb", "until": "2027-03-31",
              "amount": 1.25e6, "chance": 0.71, "low": 0.70, "high": 0.72}  # fmt: skip
    payload = fiscal((4.1e6, 5e6, 6e6), targets=[target])
    assert words.headline(payload)[-1] == (
        "The target smb-q1 (receipts of smb, 1.25 by 31 Mar 2027) is likely: 71 %, about 7 in 10."
    )


def test_headline_in_a_currency_of_large_numbers():
    payload = fiscal((4.1e11, 5e11, 6e11), currency="JPY")
    assert "between 410 and 600 billion JPY" in words.headline(payload)[0]


# ---- the first screen


def test_the_first_screen_has_its_parts_in_order():
    text = screen()
    parts = [
        "million EUR · 4,000 trials, simulation noise at most", "Bookings of FY2026 will", "The plan of",
        "Receipts until 31 Dec 2026", "\nbookings ", "\nFY2026 ", "From the CRM's number to ours, FY2026",
        "\n  already won", "our average", "If deals were independent", "as assumed",
        "if they moved together", "! 12 open deals", "Self-check passed. Files: reports/",
        "Next: simulator show",
    ]  # fmt: skip
    places = [text.index(part) for part in parts]
    assert places == sorted(places)
    assert screen() == text


def test_the_table_names_already_and_plan_only_where_they_are():
    lines = screen().splitlines()
    header = next(line for line in lines if line.startswith("bookings"))
    assert " ".join(header.split()) == "bookings already low middle high plan chance of the plan"
    assert next(line for line in lines if line.startswith("FY2027")).split()[1] == "–"
    bare = next(line for line in screen(plan=0, already=0).splitlines() if line.startswith("bookings"))
    assert bare.split() == ["bookings", "low", "middle", "high"]


def test_periods_that_are_not_covered_are_left_out():
    text = screen(months=10)
    assert "\nQ2 FY2027 " in text and "\nQ3 FY2027" not in text and "\nFY2027" not in text


def test_the_walk_adds_up_as_shown():
    lines = screen().splitlines()
    start = next(i for i, line in enumerate(lines) if line.startswith("From the CRM"))
    amounts = [float(re.search(r"([+−]?[\d,.]+)(?:  █| ?▌|$)", line.split("  ", 2)[-1].rstrip("█▌ "))[1]
                     .replace("−", "-").replace(",", ""))
               for line in lines[start + 1 : lines.index("", start)]]  # fmt: skip
    assert sum(amounts[:-1]) == pytest.approx(amounts[-1], abs=1e-9)


@given(st.lists(st.floats(-1e7, 1e7), min_size=1, max_size=9), st.integers(-1, 3))
def test_rounded_amounts_add_up(amounts, decimals):
    scale = Scale(1e6, "million EUR", decimals)
    shown = rounded_to_sum(amounts, sum(amounts), scale)
    step = 1e6 * 10.0**-decimals
    assert round(sum(shown) / step) == round(sum(amounts) / step)
    assert all(abs(a - b) < 1.51 * step for a, b in zip(amounts, shown, strict=True))


def test_what_is_won_already_keeps_its_rounding():
    scale = Scale(1e6, "million EUR", 1)
    parts = [4.06e6, 1.08e6, 0.0]
    assert [scale.number(a) for a in rounded_to_sum(parts, 5.14e6, scale, [0])] == ["4.1", "1.0", "0.0"]
    assert [scale.number(a) for a in rounded_to_sum([4.06e6], 4.0e6, scale, [0])] == ["4.0"], "all there is"


def test_rounding_makes_nothing_of_less_than_nothing():
    """487.4 won, 122.6 open, 0.2 to come: the digit that rounding has too many is not taken from the last."""
    scale = Scale(1.0, "EUR", 0)
    assert rounded_to_sum([487.4, 122.6, 0.2], 609.4, scale, [0]) == [487, 122, 0]
    assert min(rounded_to_sum([0.6, 0.6, 0.2, 0.0], 1.4, scale)) == 0


def test_the_period_that_ends_first_stands_before_later_years():
    payload = sample_forecast(months=26)
    rows = [row for lines in range(1, 4) for row in [fiscal_table(payload, words.scale_of(payload), lines)]]
    names = [[line.split("  ")[0].strip() for line in found[1:]] for found in rows]
    assert names == [["FY2026"], ["Q4 FY2026", "FY2026"], ["Q4 FY2026", "FY2026", "FY2027"]]


def test_one_screen_says_one_average_and_one_sum_already_won():
    payload = sample_forecast()
    year = next(p for p in payload["fiscal"] if p["name"] == "FY2026")
    average = payload["walk"][-1]["amount"]
    year["bookings"]["mean"] = average + 60_000  # as simulated
    won = payload["walk"][0]["amount"]
    year["parts"] = {"bookings": {"actual": won, "open": average + 60_000 - won - 5e5, "new": 5e5}}
    lines = first_screen(payload).splitlines()
    row = next(line for line in lines if line.startswith("bookings") and "already" not in line).split()
    ours = next(line for line in lines if line.startswith("  our average")).split()
    won = next(line for line in lines if line.startswith("  already won")).split()
    assert row[4] == ours[2] and row[1] == won[2]


def test_steps_are_named_by_their_sign_and_period():
    assert step_name("percentages corrected", -1, "FY2026", {}) == "percentages too high"
    assert step_name("percentages corrected", 1, "FY2026", {}) == "percentages too low"
    assert step_name("closes after the period", -1, "FY2026", {}) == "closes after the year"
    assert step_name("closes after the period", -1, "Q1 FY2026", {}) == "closes after the quarter"
    assert step_name("closes after the period", -1, "P01 FY2027", {}) == "closes after the month"
    assert step_name("closes outside the period", -1, "", {}) == "closes outside the period"
    guessed = {"chances_guessed": True}
    assert step_name("CRM's weighted pipeline", 1, "FY2026", guessed) == "weighted by set percentages"
    partly = {"chances_partly_guessed": True}
    assert step_name("CRM's weighted pipeline", 1, "FY2026", partly) == "weighted by CRM and set chances"
    assert walk_heading(partly) == "From the CRM's and set percentages to ours"
    assert departure(partly) == "by the CRM's and set percentages"
    learned = {"chances_learned": True}
    assert step_name("CRM's weighted pipeline", 1, "FY2026", learned) == "weighted by learned chances"
    assert step_name("percentages corrected", 1, "FY2026", learned) == "each deal at its own age"
    assert walk_heading(learned) == "From the weighted pipeline to ours"


def test_three_warnings_with_the_most_money_stand_first():
    lines = [line for line in screen(warnings=6).splitlines() if line.startswith(("!", "  3 more"))]
    assert [line[-5:] for line in lines] == ["(0.9)", "(0.3)", "tails"]
    assert lines[-1].endswith(" (0.23) · 3 more: --details")
    assert not [line for line in screen(warnings=0).splitlines() if line.startswith("!")]


def test_how_files_were_read_is_told_last():
    read, other = (
        {"code": "W050", "text": "how", "amount": None},
        {"code": "W058", "text": "b", "amount": 0.0},
    )
    assert gravest({"warnings": [read, other]}) == [other, read]


def test_a_failed_self_check_is_said_loudly():
    text = screen(passed=False)
    assert " ".join(text.split()).count(FAILED) == 1 and "Self-check passed" not in text


def test_a_check_that_compared_nothing_says_so():
    checked = {"largest_z": 0.0, "cells": 0, "passed": True}
    text = screen(self_check=checked)
    assert "Self-check: nothing could be compared, too few deals are won in these trials." in text
    assert "Self-check passed" not in text
    assert FAILED in " ".join(screen(self_check=checked | {"passed": False}).split())


def test_one_trial_tells_nothing_for_certain():
    text = screen(trials=1, already=0)
    assert "· 1 trial, simulation noise unknown" in text
    assert "The only trial has bookings of FY2026 at" in text and "one trial tells no chances" in text
    assert "The only trial has receipts until 31 Dec 2026 at" in text
    for certain in ("will be", "8 chances", "likely land", "nothing of it", "If deals were independent"):
        assert certain not in text
    details = detail_tables(sample_forecast(trials=1))
    assert "(too few trials for chances)" in details and "8 chances" not in details
    assert re.search(r"\n  D\d{3} .* –       –     –\n", details), "one trial dates no deal"


def test_a_few_trials_are_named_as_such():
    text = screen(trials=20, already=0)
    assert re.search(r"The 20 trials have bookings of FY2026 mostly at [\d.]+ to [\d.]+; so few tell", text)
    assert "20 trials, simulation noise unknown" in text
    assert "simulation noise at most" in screen(trials=36)


def test_nothing_at_all_is_a_forecast_too():
    text = screen(size=0.0, already=0.0, plan=0, deals=0, warnings=0, walk=[], segments=("smb",))
    assert "Bookings of FY2026 will be nothing." in text and "no simulation noise" in text


def test_no_word_of_the_trade_is_shown():
    samples = [sample_forecast(), sample_forecast(open_only=True, plan=0), sample_forecast(passed=False),
               sample_forecast(by="owner", size=0.0)]  # fmt: skip
    for payload in samples:
        tables = [table_by(payload, by) for by in ("month", "segment", "source")]
        shown = [first_screen(payload, FILES, NEXT), *tables, detail_tables(payload), *payload["headline"]]
        assert not re.findall(NEVER, "\n".join(shown), re.IGNORECASE)


HOSTILE = st.sampled_from(
    ["baseline", "<script>alert(1)</script>", "$\\frac{1$", "\x1b[2J\x1b]0;x\x07", "\u202eevil\u202c",
     "x" * 300, "日本語の会社名" * 12, "a\nb\rc\td", "\u200f\u200b", "🙂" * 60, "{0}%s%n", ""]
)  # fmt: skip
PAYLOADS = st.builds(
    sample_forecast,
    months=st.integers(1, 20),
    size=st.sampled_from([0.0, 0.04, 7.0, 3e3, 2.5e5, 9e6, 4e9, 8e12]),
    segments=st.lists(HOSTILE.map(lambda s: s or "none"), min_size=1, max_size=4, unique=True),
    plan=st.sampled_from([0, 0.1, 1.0, 30]),
    already=st.sampled_from([0.0, 0.01, 2.9e6]),
    currency=st.sampled_from(["EUR", "JPY", "BHD"]),
    trials=st.sampled_from([1, 10, 300]),
    fiscal_start=st.sampled_from([1, 4, 12]),
    warnings=st.integers(0, 5),
    name=HOSTILE,
    quarters=st.booleans(),
    passed=st.booleans(),
    spread=st.sampled_from([0.0, 0.3, 2.0]),
    open_only=st.booleans(),
    as_of=st.sampled_from([date(2026, 10, 31), date(2026, 12, 31), date(2027, 2, 10)]),
)


@pytest.mark.slow
@settings(max_examples=80)
@given(PAYLOADS, HOSTILE, HOSTILE)
def test_the_first_screen_always_fits(payload, text, target):
    for warning in payload["warnings"]:
        warning["text"] = text * 3
    odd = {"series": "receipts", "until": "2027-03-31", "amount": 1e5, "chance": 0.5, "low": 0.4, "high": 0.6}
    payload["targets"] += [odd | {"name": f"{target}{i}", "segment": target} for i in range(5)]
    shown = first_screen(payload, FILES, NEXT)
    lines = shown.splitlines()
    assert len(lines) <= 40
    assert max(map(width, lines)) <= 100
    assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u200b-\u200f\u202a-\u202e]", shown)
    assert "\n\n\n" not in shown and "nan" not in shown and "None" not in shown


@pytest.mark.slow
@settings(max_examples=40)
@given(PAYLOADS, HOSTILE)
def test_tables_never_break(payload, name):
    for warning in payload["warnings"]:
        warning["text"] = name * 3
    for target in payload["targets"]:
        target |= {"name": name * 3, "segment": name * 2}
    text = detail_tables(payload) + table_by(payload, "month")
    assert max(map(width, text.splitlines())) <= 100
    assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u200b-\u200f\u202a-\u202e]", text)


def test_a_long_folder_name_is_wrapped_not_lost():
    files = "/very/long/" + "x" * 120 + "/"
    text = first_screen(sample_forecast(), files, NEXT)
    assert files in "".join(line.strip() for line in text.splitlines())
    assert max(map(width, text.splitlines())) <= 100


# ---- tables


def test_tables_by_month_segment_source_and_column():
    payload = sample_forecast(by="owner")
    assert "\n  Nov 2026 " in table_by(payload, "month") and "receipts low" in table_by(payload, "month")
    assert "\n  enterprise " in table_by(payload, "segment")
    assert "\n  deals yet to come " in table_by(payload, "source")
    payload["groups"]["rows"].append(payload["groups"]["rows"][0] | {"group": "(new)"})
    assert "\n  (deals yet to come) " in table_by(payload, "owner")
    payload["groups"]["rows"][-2]["receipts"] = quantiles(0, 0, 0)
    row = next(line for line in table_by(payload, "owner").splitlines() if line.startswith("  (none) "))
    assert row.split()[-3:] == ["–"] * 3, "a group that brings nothing has no interval"


def test_rows_that_bring_nothing_shown_are_left_out():
    payload = sample_forecast(by="owner")
    before = table_by(payload, "owner")
    payload["groups"]["rows"].append({"group": "(actual figures)", "arr": {"mean": 5.0}})
    assert table_by(payload, "owner") == before


def test_a_first_period_of_one_day_is_that_day():
    text = table_by(sample_forecast(as_of=date(2026, 10, 30)), "month")
    assert "\n  31 Oct 2026 " in text and "31–31" not in text


@pytest.mark.parametrize(
    ("name", "noun"),
    [
        ("2026-11", "month"),
        ("2026-W45", "week"),
        ("Q4 FY2026", "quarter"),
        ("P01 FY2027", "month"),
        ("W05 FY2027", "week"),
    ],
)
def test_periods_are_called_what_they_are(name, noun):
    payload = sample_forecast()
    payload["periods"][0]["name"] = name
    assert table_by(payload, "month").startswith(f"By {noun}, million EUR")


def test_totals_say_what_they_cover():
    payload = sample_forecast(by="owner")
    for by in ("segment", "source", "owner"):
        assert f"By {by}, 1 Jan 2026 – 31 Dec 2027, million EUR" in table_by(payload, by)
    assert "By month, million EUR" in table_by(payload, "month")
    assert "  so far this year " in table_by(payload, "source")


def test_tables_that_are_too_wide_stand_below_one_another():
    payload = sample_forecast()
    series = payload["totals"]["bookings"]
    for rows in (payload["periods"], [s["totals"] for s in payload["segments"].values()]):
        for row in rows:
            row |= {"billings": series, "revenue": series}
    text = table_by(payload, "segment", every_series=True)
    assert max(map(width, text.splitlines())) <= 100
    heads = [line.split() for line in text.splitlines()[1:] if "low" in line.split()]
    assert [h[1::4] for h in heads] == [["bookings", "billings", "revenue"], ["receipts"]]
    assert [h[0] for h in heads] == ["segment", "segment"]
    assert text.count("enterprise") == 2


def test_a_cut_month_says_so():
    text = table_by(sample_forecast(as_of=date(2026, 11, 12)), "month")
    assert "13–30 Nov 2026" in text and "\n  Dec 2026" in text


def test_details_hold_what_the_first_screen_leaves_out():
    text = detail_tables(sample_forecast(deals=30, warnings=5))
    for part in ("Fiscal quarters and years", "By month", "By segment", "By source", "Targets, million EUR",
                 "1.2 months later than their stated dates", "Deals with the largest average",
                 "10 more in deals.csv", "[W004]"):  # fmt: skip
        assert part in text


# ---- layout


def test_columns_stand_under_one_another():
    rows = [["x", "1.25"], ["yy", "10"], ["z", "–"]]
    assert table(["a", "b"], rows) == ["a       b", "x    1.25", "yy  10", "z    –"]
    assert align_decimals(["1.25", "10", "0.5"]) == ["1.25", "10   ", "0.5 "]
    wide = table(["n", "v"], [["日本", "1"], ["abc", "2"]])
    assert len({width(line) for line in wide[1:]}) == 1


def test_bars():
    assert bar(0, 10) == "" and bar(1, 10) == "█" * 10 and bar(0.001, 10) == "▌" and bar(0.25, 10) == "██▌"


@given(st.text(max_size=400))
def test_wrapped_lines_fit(text):
    kept = words.plain(text)
    lines = wrapped(kept)
    assert all(width(line) <= 100 for line in lines)
    assert "".join("".join(lines).split()) == "".join(kept.split())
