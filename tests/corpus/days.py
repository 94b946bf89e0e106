"""Dates, most of them in expected_close of a further deal on line 6."""

from written import DEALS, SCENARIO

from corpus.case import Case, row


def day(text, rule, refused=None, means=None, setting=None):
    """A date as the expected close of D5."""
    scenario = SCENARIO.replace("deals.csv}", f"deals.csv, {setting}}}") if setting else SCENARIO
    cells = f'D5,Proposal,5,,,"{text}",\n'
    given = {"deals": DEALS + cells, "scenario": scenario}
    return Case(f"{text!r} {setting or ''}".strip(), rule, given, refused, {"D5": f"500 EUR {means}"})


def column(texts, rule, refused=None, setting=None, **reads):
    """Dates as the expected closes of D1, D2 and so on, from line 2 on."""
    scenario = SCENARIO.replace("deals.csv}", f"deals.csv, {setting}}}") if setting else SCENARIO
    rows = "".join(f'D{i},Proposal,5,"{text}"\n' for i, text in enumerate(texts, 1))
    given = {"deals": "id,stage,amount,expected_close\n" + rows, "scenario": scenario}
    reads = {key: f"500 EUR {means}" for key, means in reads.items()}
    return Case(f"{' · '.join(texts)} {setting or ''}".strip(), rule, given, refused, reads)


DMY, MDY = "date_order: dmy", "date_order: mdy"

DAYS = [
    # ---- days that exist, and those that do not
    day("2028-02-29", "iso", None, "2028-02-29"),
    day("2027-02-29", "day exists", "D013:6 2027 is no leap year"),
    day("2100-02-29", "day exists", "D013:6 2100 is no leap year"),
    day("2000-02-30", "day exists", "D013:6 2000 is a leap year"),
    day("2026-04-31", "day exists", "D013:6 April has 30 days"),
    day("2026-13-01", "day exists", "D013:6 there is no month 13"),
    day("2026-00-10", "day exists", "D013:6 there is no month 0"),
    day("2026-12-00", "day exists", "D013:6"),
    day("2026-12-32", "day exists", "D013:6"),
    day("31.11.2026", "day exists", "D013:6 November has 30 days", None, DMY),
    day("0000-12-15", "years", "D013:6"),
    day("0001-01-01", "years", "D013:6 outside 1900 to 2199"),
    day("1899-12-31", "years", "D013:6 outside 1900 to 2199"),
    day("2200-01-01", "years", "D013:6 outside 1900 to 2199"),
    day("9999-12-31", "years", "D013:6 outside 1900 to 2199"),
    day("2199-12-31", "iso", None, "2199-12-31"),
    # ---- written otherwise
    day("2026-12-5", "iso", None, "2026-12-05"),
    day("  2026-12-15 ", "blanks", None, "2026-12-15"),
    day("2026/12/15", "iso", None, "2026-12-15"),
    day("2026.12.15", "iso", None, "2026-12-15"),
    day("2026-12/15", "one separator", "D013:6 is not a date"),
    day("20261215", "compact", None, "2026-12-15"),
    day("2026-12", "no part of a date", "D013:6 is not a date"),
    day("12/2026", "no part of a date", "D013:6 is not a date"),
    day("2026", "no part of a date", "D013:6 is not a date"),
    day("46000", "no serial", "D013:6 spreadsheet's number of a day"),
    day("46000.5", "no serial", "D013:6 spreadsheet's number of a day"),
    day("tomorrow", "no part of a date", "D013:6 is not a date"),
    day("Q4 2026", "no part of a date", "D013:6 is not a date"),
    day("15 Foo 2026", "months known", "D013:6 is not a date"),
    day("15 Dec 2026", "month names", None, "2026-12-15"),
    day("Dec 15, 2026", "month names", None, "2026-12-15"),
    day("15-Dec-26", "month names", None, "2026-12-15"),
    day("15. Dezember 2026", "month names", None, "2026-12-15"),
    day("15 декабря 2026 г.", "month names", None, "2026-12-15"),
    day("5 мая 2027", "month names", None, "2027-05-05"),
    day("15 déc. 2026", "month names", None, "2026-12-15"),
    day("31 Nov 2026", "day exists", "D013:6 November has 30 days"),
    day("15 Ma 2027", "no part of a date", "D013:6 is not a date"),
    day("−2026-12-15", "no part of a date", "D013:6 is not a date"),
    # ---- day first or month first
    day("15.12.2026", "day first", None, "2026-12-15", DMY),
    day("12/15/2026", "month first", None, "2026-12-15", MDY),
    day("05/12/2026", "day first", None, "2026-12-05", DMY),
    day("12/05/2026", "month first", None, "2026-12-05", MDY),
    day("15/12/2026", "month first", "D013:6", None, MDY),
    day("12/15/2026", "day first", "D013:6", None, DMY),
    day("15.12.26", "century", None, "2026-12-15", DMY),
    day("15.12.69", "century", None, "2069-12-15", DMY),
    day("15.12.70", "century", None, "1970-12-15", DMY),
    day("2026-12-15", "iso", None, "2026-12-15", MDY),
    # ---- what a whole column tells
    column(["15.12.2026", "05.12.2026"], "order of a column", None, D1="2026-12-15", D2="2026-12-05"),
    column(["12/15/2026", "12/05/2026"], "order of a column", None, D1="2026-12-15", D2="2026-12-05"),
    column(["03/04/2027", "05/06/2027"], "open order", "D050:2 dates can be read in two orders"),
    column(["03/04/2027", "05/06/2027"], "day first", None, DMY, D1="2027-04-03", D2="2027-06-05"),
    column(["03/03/2027"], "one day in both orders", None, D1="2027-03-03"),
    column(["03/03/27"], "year last", None, D1="2027-03-03"),
    column(["27-05-01", "27-06-14"], "year first or last", "D050:2 write years with four digits"),
    column(["27-05-01"], "year first", None, "date_order: ymd", D1="2027-05-01"),
    column(["13/04/27", "05/04/27"], "year last", None, D1="2027-04-13", D2="2027-04-05"),
    column(["03.04.2027", "05.06.2027"], "points tell", None, D1="2027-04-03", D2="2027-06-05"),
    column(
        ["13/04/2027", "14/04/2027", "04/13/2027"],
        "a slip in a column",
        "D013:4 elsewhere: correct this one",
    ),
    column(["13/04/2027", "04/13/2027", "03/04/2027"], "two orders", "D052:2 dates are written in two ways"),
    # ---- times
    day("2026-12-15T23:59:59Z", "iso", None, "2026-12-15"),
    day("2026-12-15 14:22", "iso", None, "2026-12-15"),
    day("2026-12-15T23:30:00-05:00", "offset", None, "2026-12-16"),
    day("2026-12-15T00:30:00+02:00", "offset", None, "2026-12-14"),
    day("2026-12-15T24:00:00", "time exists", "D013:6 has a time that does not exist"),
    day("2026-12-15 25:10", "time exists", "D013:6 has a time that does not exist"),
    day("2026-12-15 10:61", "time exists", "D013:6 has a time that does not exist"),
    day("2026-12-15T10:00:00+16:00", "offset exists", "D013:6 has a time offset that does not exist"),
    day("2026-12-15T10:00:00+05:75", "offset exists", "D013:6 has a time offset that does not exist"),
    day("12/15/2026 11:30 PM -05:00", "half days", None, "2026-12-16", MDY),
    day("12/15/2026 12:30 AM +02:00", "half days", None, "2026-12-14", MDY),
    day("2026-12-15T10", "no part of a date", "D013:6 is not a date"),
    day("2026-12-15 and more", "no part of a date", "D013:6 is not a date"),
    # ---- dates against one another
    row(
        "an outcome without a day",
        "won without a day",
        "D5,Won,5,2026-10-01,,,",
        ids="D1 D2 D3",
        notes="W005",
    ),
    row("created after it moved", "days in order", "D5,Proposal,5,2026-10-05,2026-10-01,,", notes="W020"),
    row("created after as_of", "known at as_of", "D5,Proposal,5,2026-11-01,,,", ids="D1 D2 D3"),
    row("won after as_of", "known at as_of", "D5,Won,5,2026-09-01,,,2026-11-05", ids="D1 D2 D3"),
    row(
        "a day of closing, and open", "closed yet open", "D5,Proposal,5,2026-09-01,,,2026-10-05", notes="W019"
    ),
]
