"""Read dates of tables: ISO, or in the order that the scenario names, with or without a time."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta, timezone, tzinfo
from typing import Final, Literal

from simulator.periods import missing_day

Order = Literal["ymd", "mdy", "dmy"]

_TIME: Final = (
    r"(?:[T ]\s*(\d{1,2}):(\d{2})(?::(\d{2})(?:[.,]\d+)?)?\s*(Z|[+-]\d{2}:?\d{2}|)\s*([AaPp][Mm])?)?"
)
_ISO = re.compile(r"(\d{4})-(\d{1,2})-(\d{1,2})" + _TIME)
_PARTS: Final[dict[Order, re.Pattern[str]]] = {
    "ymd": re.compile(r"(\d{4})[./-](\d{1,2})[./-](\d{1,2})" + _TIME),
    "mdy": re.compile(r"(\d{1,2})[./-](\d{1,2})[./-](\d{4}|\d{2})" + _TIME),
    "dmy": re.compile(r"(\d{1,2})[./-](\d{1,2})[./-](\d{4}|\d{2})" + _TIME),
}
_PLACES: Final[dict[Order, tuple[int, int, int]]] = {"ymd": (0, 1, 2), "mdy": (2, 0, 1), "dmy": (2, 1, 0)}
_NAMED: Final = (
    re.compile(
        r"(?P<day>\d{1,2})\.?[ -](?P<month>[^\W\d_]{3,9})\.?[ ,-]+(?P<year>\d{4}|\d{2})(?P<rest>(?:[T ].*)?)"
    ),
    re.compile(r"(?P<month>[^\W\d_]{3,9})\.?[ -](?P<day>\d{1,2}),?[ -]+(?P<year>\d{4})(?P<rest>(?:[T ].*)?)"),
)
_MONTHS: Final = {
    name: number
    for number, names in enumerate(
        ("jan", "feb", "mar mär", "apr", "may mai", "jun", "jul", "aug", "sep", "oct okt", "nov", "dec dez"),
        start=1,
    )
    for name in names.split()
}
_CENTURY: Final = 70
"""Years of two digits below it are of 2000, others of 1900."""
_REMEDY: Final = "write year-month-day, or set data.date_order"
_SERIAL = re.compile(r"[2-6][0-9]{4}(?:\.[0-9]+)?")


class DateError(ValueError):
    """A text that is no date; the message says why, `remedy` what to do."""

    def __init__(self, message: str, remedy: str = _REMEDY) -> None:
        self.remedy = remedy
        super().__init__(message)


def parse_day(text: str, order: Order = "ymd", zone: tzinfo = UTC) -> date:
    """Return the local day of a date or a timestamp.

    Args:
        text: such as `2026-10-31`, `31.10.26` (order dmy), `Oct 31, 2026` or `2026-10-31T23:30:00-05:00`.
        order: how dates that are not ISO are written.
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
        order: how dates that are not ISO are written.
        zone: the scenario's; a timestamp without an offset is of this zone.

    Raises:
        DateError: the text is no date, or one that does not exist.
    """
    text = _numbered(text.strip())
    match, places = _ISO.fullmatch(text), _PLACES["ymd"]
    if match is None:
        match, places = _PARTS[order].fullmatch(text), _PLACES[order]
    if match is None:
        raise DateError("is not a date", _guess(text))
    year, month, day = (int(match[1 + place]) for place in places)
    if len(match[1 + places[0]]) == 2:
        year += 2000 if year < _CENTURY else 1900
    try:
        found = date(year, month, day)
    except ValueError:
        why, meant = missing_day(year, month, day)
        other = _guess(text)
        remedy = f"did you mean {meant}?" if meant and other == _REMEDY else other
        raise DateError(f"is a day that {why}", remedy) from None
    if not 1900 <= year < 2200:
        raise DateError("is outside 1900 to 2199", "correct the year")
    return (found, None) if match[4] is None else _local(found, match, zone)


def fitting_orders(text: str) -> tuple[Order, ...]:
    """Return the orders in which a text that is not ISO would be a date; every order for one that is."""
    text = _numbered(text.strip())
    if _ISO.fullmatch(text):
        return tuple(_PLACES)
    found: list[Order] = []
    for order in _PLACES:
        try:
            parse_day(text, order)
        except DateError:
            continue
        found.append(order)
    return tuple(found)


def _numbered(text: str) -> str:
    """Return a date with the name of its month, such as `Jan 5, 2026` or `5-Jan-26`, in ISO."""
    for pattern in _NAMED:
        if (match := pattern.fullmatch(text)) and (month := _MONTHS.get(match["month"][:3].casefold())):
            year = int(match["year"])
            if len(match["year"]) == 2:
                year += 2000 if year < _CENTURY else 1900
            return f"{year:04}-{month:02}-{int(match['day']):02}{match['rest']}"
    return text


def _local(day: date, match: re.Match[str], zone: tzinfo) -> tuple[date, float]:
    hour, minute, second = int(match[4]), int(match[5]), int(match[6] or 0)
    if match[8]:
        hour = hour % 12 + (12 if match[8].upper() == "PM" else 0)
    if hour > 23 or minute > 59 or second > 60:
        raise DateError("has a time that does not exist", "correct the time")
    if not match[7]:
        moment = datetime(day.year, day.month, day.day, hour, minute, tzinfo=zone)
        return day, moment.timestamp() + second
    moment = datetime(day.year, day.month, day.day, hour, minute, tzinfo=_offset(match[7]))
    return moment.astimezone(zone).date(), moment.timestamp() + second


def _offset(text: str) -> timezone:
    if text == "Z":
        return UTC
    hours, minutes = int(text[1:3]), int(text[-2:])
    if hours > 15 or minutes > 59:
        raise DateError("has a time offset that does not exist", "correct the offset")
    span = timedelta(hours=hours, minutes=minutes)
    return timezone(-span if text[0] == "-" else span)


def _guess(text: str) -> str:
    """Offer the orders in which a text would be a date."""
    if _SERIAL.fullmatch(text):
        return "a spreadsheet's number of a day? Format the column as a date, and export it again"
    fitting = []
    for order, places in _PLACES.items():
        if match := _PARTS[order].fullmatch(text):
            parts = [int(match[1 + place]) for place in places]
            try:
                date(*parts)
            except ValueError:
                continue
            fitting.append(order)
    return f"set data.date_order: {' or '.join(fitting)}" if fitting else _REMEDY
