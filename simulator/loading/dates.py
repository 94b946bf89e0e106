"""Read dates of tables: ISO, or in the order that the scenario names, with or without a time."""

from __future__ import annotations

import math
import re
from collections import defaultdict
from datetime import UTC, date, datetime, timedelta, timezone, tzinfo
from typing import Final, Literal

from simulator.periods import missing_day

Order = Literal["ymd", "mdy", "dmy"]

_TIME: Final = (
    r"(?:(?:T|,?\s+)(?P<hour>\d{1,2}):(?P<minute>\d{2})(?::(?P<second>\d{2})(?:[.,]\d+)?)?"
    r"\s*(?P<early>[AaPp][Mm])?\s*(?P<offset>Z|UTC|GMT|[+-]\d{2}(?::?\d{2})?)?(?:\[[\w/+-]+\])?"
    r"\s*(?P<half>[AaPp][Mm])?)?"
)
_YEAR_FIRST = re.compile(
    r"(?P<year>\d{4})(?:(?P<mark>[./-])(?P<month>\d{1,2})(?P=mark)(?P<day>\d{1,2})|(?P<mm>\d{2})(?P<dd>\d{2}))"
    + _TIME
)
_YEAR_LAST = re.compile(
    r"(?P<one>\d{1,2})(?P<mark>[./-])(?P<two>\d{1,2})[./-](?P<year>\d{4}|\d{2})(?: ?г\.?)?" + _TIME
)
_NAMED: Final = (
    re.compile(
        r"(?P<day>\d{1,2})\.?[\s/-]*(?P<name>[^\W\d_]{3,9})\.?[\s,/-]*(?P<year>\d{4}|\d{2})(?:\s?г\.?)?"
        + _TIME
    ),
    re.compile(r"(?P<name>[^\W\d_]{3,9})\.?[\s-]+(?P<day>\d{1,2}),?[\s-]+(?P<year>\d{4})" + _TIME),
)
_NAMES: Final = (
    "january januar janvier январь января jänner",
    "february februar février fevrier февраль февраля",
    "march märz mars март марта mrz",
    "april avril апрель апреля",
    "may mai май мая",
    "june juni juin июнь июня",
    "july juli juillet июль июля",
    "august août aout август августа",
    "september septembre сентябрь сентября",
    "october oktober octobre октябрь октября",
    "november novembre ноябрь ноября",
    "december dezember décembre decembre декабрь декабря",
)
"""Months in English, German, French and Russian, in the case that follows a day too."""


def _abbreviated() -> dict[str, int]:
    """Return the month of every beginning of a name, of three letters or more, that is of one month only."""
    found: defaultdict[str, set[int]] = defaultdict(set)
    for number, names in enumerate(_NAMES, start=1):
        for name in names.split():
            for length in range(3, len(name) + 1):
                found[name[:length]].add(number)
    return {name: numbers.pop() for name, numbers in found.items() if len(numbers) == 1}


_MONTHS: Final = _abbreviated()
_CENTURY: Final = 70
"""Years of two digits below it are of 2000, others of 1900."""
_ORDERS: Final[tuple[Order, ...]] = ("ymd", "mdy", "dmy")
_REMEDY: Final = "write year-month-day, or set data.date_order"
_SERIAL = re.compile(r"[2-6][0-9]{4}(?:\.[0-9]+)?")
_FIRST_SERIAL: Final = date(1899, 12, 31)
_FIRST_1904: Final = date(1904, 1, 1)
_LAST_SERIAL: Final = (109_574, 108_112)
_NO_DAY: Final = 60
"""29 Feb 1900, which spreadsheets count though it never was."""


class DateError(ValueError):
    """A text that is no date; the message says why, `remedy` what to do."""

    def __init__(self, message: str, remedy: str = _REMEDY) -> None:
        self.remedy = remedy
        super().__init__(message)


def parse_day(text: str, order: Order = "ymd", zone: tzinfo = UTC) -> date:
    """Return the local day of a date or a timestamp.

    Args:
        text: such as `2026-10-31`, `31.10.26` (order dmy), `Oct 31, 2026` or `2026-10-31T23:30:00-05:00`.
        order: how dates are written that are not ISO; `ymd` of `26-10-31`, whose year has two digits, too.
        zone: the scenario's; a timestamp with an offset is turned into it.

    Raises:
        DateError: the text is no date, or one that does not exist.
    """
    return parse_moment(text, order, zone)[0]


def parse_moment(text: str, order: Order = "ymd", zone: tzinfo = UTC) -> tuple[date, float | None]:
    """Return the local day of a date or a timestamp, and its seconds in UTC, None where no time is given.

    The seconds tell the order of what happened on one day, through changes of the clock too.

    Args:
        text: as for `parse_day`.
        order: how dates are written whose year stands last.
        zone: the scenario's; a timestamp without an offset is of this zone.

    Raises:
        DateError: the text is no date, or one that does not exist.
    """
    text = text.strip()
    found = _parts(text, order)
    if found is None:
        raise DateError("is not a date", _guess(text))
    year, month, day, match = found
    try:
        when = date(year, month, day)
    except ValueError:
        why, meant = missing_day(year, month, day)
        other = _guess(text)
        remedy = f"did you mean {meant}?" if meant and other == _REMEDY else other
        raise DateError(f"is a day that {why}", remedy) from None
    if not 1900 <= year < 2200:
        raise DateError("is outside 1900 to 2199", "correct the year")
    return (when, None) if match["hour"] is None else _local(when, match, zone)


def fitting_orders(text: str) -> tuple[Order, ...]:
    """Return the orders in which a text is a date; every order where it is the same day in each.

    Points stand between days and months only where the day comes before the month. Years of two digits are
    taken to stand last: whether they do is a matter of whole columns.
    """
    text = text.strip()
    if (match := _YEAR_LAST.fullmatch(text)) is None:
        return _ORDERS if _day(text, "ymd") else ()
    first = _day(text, "dmy")
    second = None if match["mark"] == "." else _day(text, "mdy")
    if first == second:
        return _ORDERS if first else ()
    found: list[Order] = ["dmy"] if first else []
    return (*found, "mdy") if second else tuple(found)


def has_short_year(text: str) -> bool:
    """Tell whether a text is of three short numbers, the first or the last of them the year."""
    match = _YEAR_LAST.fullmatch(text.strip())
    return match is not None and len(match["year"]) == 2


def year_in(text: str, order: Order) -> int | None:
    """Return the year of a text in an order, of slips such as 31 April too; None where it is no date."""
    found = _parts(text.strip(), order)
    return found[0] if found is not None and 1 <= found[1] <= 12 and 1 <= found[2] <= 31 else None


def serial_day(serial: float, since_1904: bool = False) -> date:
    """Return the day that a spreadsheet's number means.

    The number of 1 Jan 1900 is 1, and 60 is 29 Feb 1900, a day that never was: from 61 on all numbers are one
    too high. Workbooks of the other system count 1 Jan 1904 as 0.

    Raises:
        DateError: it means no day from 1900 to 2199.
    """
    whole = math.floor(serial) if math.isfinite(serial) else -1
    if not (0 if since_1904 else 1) <= whole <= _LAST_SERIAL[since_1904]:
        raise DateError("is no number of a day from 1900 to 2199", "correct the date")
    if since_1904:
        return _FIRST_1904 + timedelta(days=whole)
    if whole == _NO_DAY:
        raise DateError("is 29 Feb 1900, which did not exist", "correct the date")
    return _FIRST_SERIAL + timedelta(days=whole - (whole > _NO_DAY))


def _day(text: str, order: Order) -> date | None:
    try:
        return parse_day(text, order)
    except DateError:
        return None


def _parts(text: str, order: Order) -> tuple[int, int, int, re.Match[str]] | None:
    """Return year, month and day of a text, with the match that holds its time; None where it is no date."""
    if match := _YEAR_FIRST.fullmatch(text):
        return int(match["year"]), int(match["month"] or match["mm"]), int(match["day"] or match["dd"]), match
    if match := _YEAR_LAST.fullmatch(text):
        one, two = int(match["one"]), int(match["two"])
        if order == "ymd" and has_short_year(text):
            return (_year(match["one"]), two, int(match["year"]), match) if len(match["one"]) == 2 else None
        if order == "ymd" and one != two:
            return None
        return _year(match["year"]), *((one, two) if order == "mdy" else (two, one)), match
    for pattern in _NAMED:
        if (match := pattern.fullmatch(text)) and (month := _MONTHS.get(match["name"].casefold())):
            return _year(match["year"]), month, int(match["day"]), match
    return None


def _year(text: str) -> int:
    year = int(text)
    return year if len(text) > 2 else year + (2000 if year < _CENTURY else 1900)


def _local(day: date, match: re.Match[str], zone: tzinfo) -> tuple[date, float]:
    hour, minute, second = int(match["hour"]), int(match["minute"]), int(match["second"] or 0)
    if half := match["early"] or match["half"]:
        hour = hour % 12 + (12 if half.upper() == "PM" else 0)
    if hour > 23 or minute > 59 or second > 60:
        raise DateError("has a time that does not exist", "correct the time")
    if not match["offset"]:
        moment = datetime(day.year, day.month, day.day, hour, minute, tzinfo=zone)
        return day, moment.timestamp() + second
    moment = datetime(day.year, day.month, day.day, hour, minute, tzinfo=_offset(match["offset"]))
    return moment.astimezone(zone).date(), moment.timestamp() + second


def _offset(text: str) -> timezone:
    if text in ("Z", "UTC", "GMT"):
        return UTC
    hours, minutes = int(text[1:3]), int(text[3:].removeprefix(":") or 0)
    if hours > 15 or minutes > 59:
        raise DateError("has a time offset that does not exist", "correct the offset")
    span = timedelta(hours=hours, minutes=minutes)
    return timezone(-span if text[0] == "-" else span)


def _guess(text: str) -> str:
    """Offer the orders in which a text would be a date."""
    if _SERIAL.fullmatch(text):
        return "a spreadsheet's number of a day? Format the column as a date, and export it again"
    fitting = []
    for order in _ORDERS:
        if (found := _parts(text, order)) and _YEAR_LAST.fullmatch(text):
            try:
                date(*found[:3])
            except ValueError:
                continue
            fitting.append(order)
    return f"set data.date_order: {' or '.join(fitting)}" if fitting else _REMEDY
