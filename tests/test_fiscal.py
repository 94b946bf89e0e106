"""Fiscal calendars: by hand, by a published calendar, by what holds for all of them, and in a forecast."""

from datetime import date, timedelta
from itertools import pairwise

import numpy as np
import pytest
from factory import make_pipeline, make_scenario, make_wins
from hypothesis import given
from hypothesis import strategies as st
from written import SCENARIO, loaded, problems

from simulator.figures import COMPANY, Figures
from simulator.fiscal import CALENDAR_YEAR, MonthCalendar, Period, WeekCalendar
from simulator.periods import horizon, month_of, named_period
from simulator.report.tables import table_by
from simulator.simulation import simulate
from simulator.words import period_name

DAY = timedelta(days=1)
RETAIL = WeekCalendar("4-4-5", date(2026, 2, 1))  # a Sunday
PATTERNS = ("4-4-5", "4-5-4", "5-4-4")
months = st.integers(1, 12).map(MonthCalendar)
starts = st.dates(date(1990, 1, 1), date(2080, 12, 31))
weeks = st.builds(WeekCalendar, st.sampled_from(PATTERNS), starts)
calendars = months | weeks
dates = st.dates(date(1980, 1, 1), date(2090, 12, 31))
numbers = st.integers(1980, 2090)


def ends(periods):
    return [p.end.isoformat() for p in periods]


# ---- calendar months, by hand


def test_fiscal_years_and_quarters_are_named_after_their_end():
    april = MonthCalendar(4)
    span = horizon(date(2026, 10, 31), date(2027, 10, 31), april)
    assert [p.name for p in span.fiscal_years] == ["FY2027", "FY2028"]
    assert span.fiscal_years[0].start == date(2026, 4, 1)
    assert [p.name for p in span.fiscal_quarters][:2] == ["Q3 FY2027", "Q4 FY2027"]
    assert april.year_of(date(2026, 3, 31)).name == "FY2026"
    assert april.year_of(date(2026, 4, 1)).name == "FY2027"
    assert CALENDAR_YEAR.year_of(date(2026, 4, 1)).name == "FY2026"


def test_months_of_a_fiscal_year_keep_the_names_that_everybody_knows():
    names = [p.name for p in MonthCalendar(11).months(2027)]
    assert (names[0], names[1], names[2], names[-1]) == ("2026-11", "2026-12", "2027-01", "2027-10")
    assert ends(CALENDAR_YEAR.months(2028))[:3] == ["2028-01-31", "2028-02-29", "2028-03-31"]
    assert ends(CALENDAR_YEAR.quarters(2100))[:2] == ["2100-03-31", "2100-06-30"]
    assert CALENDAR_YEAR.months(2100)[1].end == date(2100, 2, 28)
    assert ends(MonthCalendar(3).quarters(2028)) == ["2027-05-31", "2027-08-31", "2027-11-30", "2028-02-29"]


# ---- weeks, by hand


def test_years_begin_on_the_sunday_nearest_to_1_february():
    """1 February is a Sunday in 2026, a Monday in 2027, a Tuesday in 2028, after the leap day a Thursday."""
    begun = {
        2027: "2026-02-01", 2028: "2027-01-31", 2029: "2028-01-30", 2030: "2029-02-04", 2031: "2030-02-03",
        2032: "2031-02-02", 2033: "2032-02-01", 2034: "2033-01-30", 2035: "2034-01-29", 2036: "2035-02-04",
        2037: "2036-02-03",
    }  # fmt: skip
    assert {n: RETAIL.year(n).start.isoformat() for n in begun} == begun
    assert {n: len(RETAIL.weeks(n)) for n in begun} == dict.fromkeys(begun, 52) | {2029: 53, 2035: 53}
    assert RETAIL.year(2026) == Period("FY2026", date(2025, 2, 2), date(2026, 1, 31))
    assert (
        RETAIL.year_of(date(2026, 1, 31)).name == "FY2026"
        and RETAIL.year_of(date(2026, 2, 1)).name == "FY2027"
    )


@pytest.mark.parametrize(
    ("pattern", "first"),
    [
        ("4-4-5", ["2026-02-28", "2026-03-28", "2026-05-02"]),
        ("4-5-4", ["2026-02-28", "2026-04-04", "2026-05-02"]),
        ("5-4-4", ["2026-03-07", "2026-04-04", "2026-05-02"]),
    ],
)
def test_months_hold_4_and_5_weeks_and_quarters_13(pattern, first):
    calendar = WeekCalendar(pattern, date(2026, 2, 1))
    assert ends(calendar.months(2027)[:3]) == first
    assert ends(calendar.quarters(2027)) == ["2026-05-02", "2026-08-01", "2026-10-31", "2027-01-30"]
    assert [p.name for p in calendar.months(2027)][8:] == [
        "P09 FY2027",
        "P10 FY2027",
        "P11 FY2027",
        "P12 FY2027",
    ]
    assert calendar.months(2027)[9] == Period("P10 FY2027", date(2026, 11, 1), first_end(pattern))


def first_end(pattern):
    return date(2026, 10, 31) + int(pattern[0]) * 7 * DAY


def test_the_53rd_week_belongs_to_the_last_month():
    months, weeks = RETAIL.months(2029), RETAIL.weeks(2029)
    assert months[-1] == Period("P12 FY2029", date(2028, 12, 24), date(2029, 2, 3))
    assert weeks[-1] == Period("W53 FY2029", date(2029, 1, 28), date(2029, 2, 3))
    assert RETAIL.quarters(2029)[-1] == Period("Q4 FY2029", date(2028, 10, 29), date(2029, 2, 3))


def test_the_published_calendar_of_the_retailers_federation_comes_out():
    """From the Sunday nearest to 1 February; our FY2024 is its 2023, with 53 weeks as 2012 and 2017 had."""
    calendar = WeekCalendar("4-5-4", date(2015, 2, 1))
    begun = ["2022-01-30", "2023-01-29", "2024-02-04", "2025-02-02", "2026-02-01"]
    assert [calendar.year(n).start.isoformat() for n in range(2023, 2028)] == begun
    assert [len(calendar.weeks(n)) for n in range(2013, 2025)] == [
        53,
        52,
        52,
        52,
        52,
        53,
        52,
        52,
        52,
        52,
        52,
        53,
    ]
    assert ends(calendar.months(2024))[:4] == ["2023-02-25", "2023-04-01", "2023-04-29", "2023-05-27"]


@pytest.mark.parametrize(
    ("start", "name"),
    [
        ("2025-12-28", "FY2026"),
        ("2026-01-01", "FY2026"),
        ("2026-01-04", "FY2026"),
        ("2026-01-15", "FY2026"),
        ("2026-01-16", "FY2027"),
        ("2026-06-28", "FY2027"),
        ("2024-02-29", "FY2025"),
    ],
)
def test_a_year_is_named_after_the_calendar_year_that_holds_most_of_it_or_its_end(start, name):
    calendar = WeekCalendar("4-4-5", date.fromisoformat(start))
    assert calendar.year_of(calendar.start) == calendar.year(int(name[2:]))
    assert calendar.year_of(calendar.start).name == name
    assert calendar.year_of(calendar.start).start == calendar.start


def test_a_start_on_a_leap_day_stays_near_the_end_of_february():
    calendar = WeekCalendar("4-4-5", date(2024, 2, 29))  # a Thursday
    begun = ["2024-02-29", "2025-02-27", "2026-02-26", "2027-02-25", "2028-03-02"]
    assert [calendar.year(n).start.isoformat() for n in range(2025, 2030)] == begun


# ---- what holds for every calendar


@given(calendars, numbers)
def test_periods_tile_time_without_gaps(calendar, number):
    year, months, quarters = calendar.year(number), calendar.months(number), calendar.quarters(number)
    assert (len(months), len(quarters)) == (12, 4)
    assert calendar.year(number + 1).start == year.end + DAY
    for parts in (months, quarters):
        assert (parts[0].start, parts[-1].end) == (year.start, year.end)
        assert all(a.end + DAY == b.start and a.start <= a.end for a, b in pairwise(parts))
    assert [q.end for q in quarters] == [m.end for m in months[2::3]]


@given(weeks, numbers)
def test_years_have_52_or_53_whole_weeks(calendar, number):
    year, weeks = calendar.year(number), calendar.weeks(number)
    assert len(weeks) in (52, 53) and (weeks[0].start, weeks[-1].end) == (year.start, year.end)
    assert all((w.end - w.start).days == 6 and w.start.weekday() == calendar.start.weekday() for w in weeks)
    assert all(a.end + DAY == b.start for a, b in pairwise(weeks))
    lengths = [((m.end - m.start).days + 1) // 7 for m in calendar.months(number)]
    lengths[-1] -= len(weeks) - 52
    assert lengths == [int(n) for n in calendar.pattern.split("-")] * 4


@given(weeks, numbers)
def test_years_begin_as_near_as_can_be_to_the_day_and_month_of_start(calendar, number):
    assert calendar.year_of(calendar.start).start == calendar.start
    begun, month, day = calendar.year(number).start, calendar.start.month, min(calendar.start.day, 28)
    near = [date(y, month, day) for y in (begun.year - 1, begun.year, begun.year + 1)]
    assert min(abs((begun - d).days) for d in near) <= 3 + (calendar.start.day - day)


@given(weeks, numbers)
def test_the_day_14_days_before_its_end_names_a_year(calendar, number):
    start = calendar.start
    if (start.month, start.day) in {(1, d) for d in range(13, 19)}:
        return  # near 1 January that day falls now in this year, now in that: names would come twice
    assert calendar.year(number).name == f"FY{(calendar.year(number).end - 14 * DAY).year}"


@given(calendars, dates)
def test_every_day_lies_in_one_year_quarter_month_and_week(calendar, day):
    year = calendar.year_of(day)
    assert year.start <= day <= year.end
    for between in (
        calendar.years_between, calendar.quarters_between, calendar.months_between, calendar.weeks_between,
    ):  # fmt: skip
        (period,) = between(day, day)
        assert period.start <= day <= period.end and period.whole
    assert calendar.month_of(day) == calendar.months_between(day, day)[0]


@given(calendars, numbers)
def test_every_name_leads_back_to_its_period(calendar, number):
    periods = [calendar.year(number), *calendar.quarters(number), *calendar.months(number)]
    periods += calendar.weeks_between(periods[0].start, periods[0].end)
    for period in periods:
        assert named_period(period.name, calendar) == period
    for count, month in enumerate(calendar.months(number), 1):
        assert named_period(f"P{count:02d} FY{number}", calendar) == month


@given(calendars, dates, st.integers(1, 800), st.sampled_from(["month", "quarter", "week"]))
def test_a_horizon_can_be_asked_for_every_period_of_every_kind(calendar, as_of, length, kind):
    end = as_of + timedelta(days=length)
    span = horizon(as_of, end, calendar, kind)
    first = as_of + DAY
    periods = span.periods
    assert (periods[0].start, periods[-1].end, span.end) == (first, end, end)
    assert all(a.end + DAY == b.start for a, b in pairwise(periods))
    assert all(p.whole for p in periods[1:-1])
    asked = [*periods, *span.fiscal_years, *span.fiscal_quarters, *calendar.months_between(first, end)]
    asked += CALENDAR_YEAR.months_between(first, end)
    cells = {span.cells_between(span.day_of(p.start), span.day_of(p.end)) for p in asked if p.end <= end}
    assert all(a < b for a, b in cells)
    assert span.cuts[-1] == span.last_day == length


# ---- names, and rows of tables


@pytest.mark.parametrize(
    ("text", "start", "end"),
    [
        ("FY2027", "2026-02-01", "2027-01-30"),
        (" Q1 FY2027 ", "2026-02-01", "2026-05-02"),
        ("P03 FY2027", "2026-03-29", "2026-05-02"),
        ("P3 FY2027", "2026-03-29", "2026-05-02"),
        ("W05 FY2027", "2026-03-01", "2026-03-07"),
        ("W53 FY2029", "2029-01-28", "2029-02-03"),
        ("2027-Q1", "2027-01-01", "2027-03-31"),
        ("2028-02", "2028-02-01", "2028-02-29"),
        ("2026-W53", "2026-12-28", "2027-01-03"),
        ("2027", "2027-01-01", "2027-12-31"),
    ],
)
def test_periods_are_known_by_name(text, start, end):
    period = named_period(text, RETAIL)
    assert (period.start.isoformat(), period.end.isoformat()) == (start, end)


def test_names_mean_calendar_months_where_years_are_of_them():
    april = MonthCalendar(4)
    assert named_period("P03 FY2027", april) == Period("2026-06", date(2026, 6, 1), date(2026, 6, 30))
    assert named_period("Q1 FY2027", april).end == date(2026, 6, 30)
    assert named_period("2027-Q1", april).end == date(2027, 3, 31)
    with pytest.raises(ValueError, match="ISO week such as 2027-W05"):
        named_period("W05 FY2027", april)


NO_PERIODS = (
    *("soon", "", "FY27", "FY0000", "FY9999", "2027-13", "2027-00", "2027-Q5", "P13 FY2027", "P00 FY2027"),
    *(
        "Q0 FY2027",
        "W54 FY2027",
        "W00 FY2027",
        "W53 FY2027",
        "2027-W53",
        "2027-W60",
        "2027-W00",
        "2026-10-31",
    ),
)


@pytest.mark.parametrize("text", NO_PERIODS)
@pytest.mark.parametrize("calendar", [RETAIL, CALENDAR_YEAR])
def test_what_is_no_period_is_refused(text, calendar):
    with pytest.raises(ValueError, match=r"not a period|there is no W|52 weeks|belongs to"):
        named_period(text, calendar)


@pytest.mark.parametrize(
    ("meant", "of_weeks", "of_months"),
    [
        ("2026-10", "P09 FY2027", "2026-10"),
        ("2026-11", "P10 FY2027", "2026-11"),
        ("2029-01", "P12 FY2029", "2029-01"),
        (date(2026, 10, 31), "P09 FY2027", "2026-10"),
        (date(2026, 11, 1), "P10 FY2027", "2026-11"),
        ("2026-11-29", "P11 FY2027", "2026-11"),
        ("P03 FY2027", "P03 FY2027", "2027-03"),
        (" P3 FY2027", "P03 FY2027", "2027-03"),
    ],
)
def test_a_row_is_about_the_month_that_holds_the_15th(meant, of_weeks, of_months):
    assert month_of(meant, RETAIL).name == of_weeks
    assert month_of(meant, CALENDAR_YEAR).name == of_months
    assert month_of(meant, RETAIL) in RETAIL.months(int(of_weeks[-4:]))


@pytest.mark.parametrize(
    "meant", ["FY2027", "2027-Q1", "2027", "2027-02-30", "2027-13", "P13 FY2027", "Oct 2026"]
)
@pytest.mark.parametrize("calendar", [RETAIL, CALENDAR_YEAR])
def test_what_is_no_month_is_refused(meant, calendar):
    with pytest.raises(ValueError, match=r"not a month|does not exist"):
        month_of(meant, calendar)


@pytest.mark.parametrize("pattern", PATTERNS)
def test_twelve_calendar_months_are_the_twelve_months_of_the_books(pattern):
    """Where years begin near the first of a month, a plan by calendar months fills each fiscal one once."""
    calendar = WeekCalendar(pattern, date(2026, 2, 1))
    for year in range(2020, 2060):
        named = [f"{year}-{m:02d}" for m in range(2, 13)] + [f"{year + 1}-01"]
        assert [month_of(n, calendar) for n in named] == list(calendar.months(year + 1))


# ---- the horizon


def test_a_forecast_begins_inside_a_fiscal_month():
    span = horizon(date(2026, 11, 13), date(2027, 2, 10), RETAIL)
    assert [(p.name, p.start.isoformat(), p.end.isoformat(), p.whole) for p in span.periods] == [
        ("P10 FY2027", "2026-11-14", "2026-11-28", False),
        ("P11 FY2027", "2026-11-29", "2026-12-26", True),
        ("P12 FY2027", "2026-12-27", "2027-01-30", True),
        ("P01 FY2028", "2027-01-31", "2027-02-10", False),
    ]
    assert [span.date_of(c).isoformat() for c in span.cuts] == [
        "2026-11-28", "2026-11-30", "2026-12-26", "2026-12-31", "2027-01-30", "2027-01-31", "2027-02-10",
    ]  # fmt: skip
    assert [p.name for p in span.fiscal_quarters] == ["Q4 FY2027", "Q1 FY2028"]


def test_weeks_are_counted_from_the_start_of_the_fiscal_year():
    span = horizon(date(2027, 1, 20), date(2027, 2, 13), RETAIL, "week")  # after a Wednesday
    assert [(p.name, p.end.isoformat()) for p in span.periods] == [
        ("W51 FY2027", "2027-01-23"),
        ("W52 FY2027", "2027-01-30"),
        ("W01 FY2028", "2027-02-06"),
        ("W02 FY2028", "2027-02-13"),
    ]


def test_quarters_are_the_books():
    span = horizon(date(2026, 10, 31), date(2027, 5, 1), RETAIL, "quarter")
    assert [(p.name, p.end.isoformat(), p.whole) for p in span.periods] == [
        ("Q4 FY2027", "2027-01-30", True),
        ("Q1 FY2028", "2027-05-01", True),
    ]


# ---- a forecast


@pytest.fixture(scope="module")
def payload():
    """As of the end of P09 FY2027, with a plan by calendar months of what is left of the year."""
    span = horizon(date(2026, 10, 31), date(2027, 5, 1), RETAIL)
    rows = [month_of(text, RETAIL) for text in ("2026-11", "2026-12", "2027-01")]
    plan = Figures(
        np.array([span.day_of(p.start) for p in rows]), np.array([span.day_of(p.end) for p in rows]),
        ("bookings",) * 3, np.full(3, COMPANY), np.array([10_000, 20_000, 30_000]),
    )  # fmt: skip
    scenario = make_scenario(
        horizon=span, plan=plan, pipeline=make_pipeline(count=20),
        wins=make_wins(day=[-273, -272, -10], amount=[7, 500, 40], segment=[0, 0, 0]),
    )  # fmt: skip
    return simulate(scenario, trials=500).to_json()


def test_a_forecast_speaks_of_the_fiscal_year(payload):
    assert payload["headline_period"] == "FY2027" and payload["self_check"]["passed"]
    year = next(p for p in payload["fiscal"] if p["name"] == "FY2027")
    assert (year["start"], year["end"], year["complete"]) == ("2026-02-01", "2027-01-30", True)
    assert year["bookings"]["already"] == 5.40, "what was won on 31 January 2026 belongs to the year before"
    assert [p["name"] for p in payload["periods"]][:3] == ["P10 FY2027", "P11 FY2027", "P12 FY2027"]
    assert payload["headline"][0].startswith("Bookings of FY2027 ")


def test_a_plan_by_calendar_months_is_the_plan_of_fiscal_months_and_quarters(payload):
    plans = {p["name"]: p["plan"]["bookings"]["amount"] for p in payload["periods"] if p["plan"]}
    assert plans == {"P10 FY2027": 100.0, "P11 FY2027": 200.0, "P12 FY2027": 300.0}
    quarter = next(p for p in payload["fiscal"] if p["name"] == "Q4 FY2027")
    assert quarter["plan"]["bookings"]["amount"] == 600.0


def test_tables_name_fiscal_months(payload):
    lines = table_by(payload, "month").splitlines()
    assert any(line.startswith("  P10 FY2027 ") for line in lines)
    assert not any("2026" in line or " – " in line for line in lines), "P10 is no part of November"


def test_what_is_cut_is_named_by_its_days():
    assert period_name("P10 FY2027", "2026-11-14", "2026-11-28", False) == "14–28 Nov 2026"
    assert period_name("P01 FY2027", "2026-02-01", "2026-02-28") == "P01 FY2027"
    assert period_name("2026-11", date(2026, 11, 1), date(2026, 11, 30)) == "Nov 2026"
    assert period_name("2026-W45", "2026-11-02", "2026-11-08") == "2–8 Nov 2026"
    assert period_name("Q4 FY2026", "2026-10-01", "2026-12-31") == "Q4 FY2026"


# ---- scenario files


def test_a_scenario_may_count_in_weeks(tmp_path):
    weeks = SCENARIO + "fiscal_year_start: {calendar: 4-4-5, start: 2026-02-01, source: the books}\n"
    scenario = loaded(tmp_path, weeks + "period: week\n")
    assert scenario.horizon.fiscal == RETAIL
    assert scenario.horizon.periods[0].name == "W40 FY2027"


def test_a_target_may_aim_at_a_month_or_a_week_of_the_books(tmp_path):
    weeks = SCENARIO + "fiscal_year_start: {calendar: 4-4-5, start: 2026-02-01}\n"
    text = "targets:\n" + "".join(
        f"  t{i}: {{series: bookings, amount: 1k, by: {by}}}\n"
        for i, by in enumerate(["P10 FY2027", "W41 FY2027", "Q4 FY2027", "2027-03"])
    )
    scenario = loaded(tmp_path, weeks + text)
    assert [(t.first_day, t.last_day) for t in scenario.targets] == [(1, 28), (8, 14), (1, 91), (121, 151)]
    for target in scenario.targets:
        assert scenario.horizon.cells_between(target.first_day, target.last_day)


def test_one_file_may_replace_the_calendar_of_another(tmp_path):
    above = SCENARIO.replace("name: small", "name: above") + "fiscal_year_start: 4\n"
    below = "name: small\nextends: above.yaml\nfiscal_year_start: {calendar: 5-4-4, start: 2026-01-04}\n"
    assert loaded(tmp_path, below, above=above).horizon.fiscal == WeekCalendar("5-4-4", date(2026, 1, 4))
    month = loaded(tmp_path, below, above=above, sets=["fiscal_year_start=7"])
    assert month.horizon.fiscal == MonthCalendar(7)


@pytest.mark.parametrize(
    ("value", "code", "said", "remedy"),
    [
        ("{calendar: 445, start: 2026-02-01}", "S013", "calendar has an unknown value", "mean 4-4-5?"),
        ("{calendar: weekly, start: 2026-02-01}", "S013", "calendar has an unknown value", "5-4-4"),
        ("{calendar: 4-4-5}", "S012", "start is missing", "add start"),
        ("{start: 2026-02-01}", "S012", "calendar is missing", "add calendar"),
        ("{calendar: 4-4-5, start: 2}", "S020", "start is not a date", "2026-10-31"),
        (
            "{calendar: 4-4-5, begins: 2026-02-01, start: 2026-02-01}",
            "S010",
            "unknown key begins",
            "calendar, start",
        ),
        ("13", "S013", "fiscal_year_start is not a month", "{calendar: 4-4-5, start: 2026-02-01}"),
        ("4-4-5", "S013", "fiscal_year_start is not a month", "{calendar: 4-4-5, "),
    ],
)
def test_a_wrong_calendar_is_told(tmp_path, value, code, said, remedy):
    (problem,) = problems(tmp_path, SCENARIO + f"fiscal_year_start: {value}\n")
    assert problem.code == code and said in problem.message and remedy in problem.remedy
    assert problem.line == len(SCENARIO.splitlines()) + 1
