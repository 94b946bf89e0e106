"""Say what a spreadsheet's number means by its format, a day, a share or money, and write it as text."""

from __future__ import annotations

import re
from datetime import date, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from functools import lru_cache
from typing import Final, Literal

from simulator.loading.sources.typed import plain
from simulator.money import currency_in, is_currency
from simulator.records import dataclass

BUILT_IN: Final = {
    1: "0", 2: "0.00", 3: "#,##0", 4: "#,##0.00", 9: "0%", 10: "0.00%", 49: "@",
    14: "yyyy-mm-dd", 15: "d-mmm-yy", 16: "d-mmm", 17: "mmm-yy", 18: "h:mm", 19: "h:mm:ss", 20: "h:mm",
    21: "h:mm:ss", 22: "yyyy-mm-dd h:mm", **dict.fromkeys((5, 6, 37, 38, 41, 42), "#,##0"),
    **dict.fromkeys((7, 8, 39, 40, 43, 44), "#,##0.00"), 45: "mm:ss", 46: "[h]:mm:ss", 47: "mm:ss",
    **dict.fromkeys((*range(27, 32), 36, *range(50, 55), 57, 58), "yyyy-mm-dd"),
    **dict.fromkeys((32, 33, 34, 35, 55, 56), "h:mm:ss"),
}  # fmt: skip
"""Formats that a workbook names by number only, as far as they say what a number is."""

_QUIET = re.compile(r'"[^"]*"|\\.|_.|\*.')
"""Parts of a format that are shown as they stand."""
_DURATION = re.compile(r"\[(?:h+|m+|s+)\]", re.IGNORECASE)
_BRACKETS = re.compile(r"\[[^\]]*\]")
_CURRENCY = re.compile(r"\[\$([^\]-]*)(?:-([0-9A-Fa-f]+))?[^\]]*\]")
_DECIMALS = re.compile(r"\.([0#?]+)")
_CODE: Final = re.compile(r"(?<![A-Za-z])[A-Z]{3}(?![A-Za-z])")
_PLACES: Final = {
    "409": "USD", "1009": "CAD", "C0C": "CAD", "C09": "AUD", "1409": "NZD", "C04": "HKD", "1004": "SGD",
    "804": "CNY", "411": "JPY", "809": "GBP", "41D": "SEK", "406": "DKK", "414": "NOK", "814": "NOK",
}  # fmt: skip
"""Whose currency a sign means that several have, by the language of the format."""
_SHARED: Final = ("$", "¥", "£", "kr", "kr.")
_SIGNS: Final = "€₹₽₺₴₪₩₫₦₱฿$¥£"
_LEAP: Final = 60
"""The number that spreadsheets give to 29 February 1900, a day that never was."""
_LAST: Final = 2_958_466
"""The day after 31 December 9999."""
_DAY: Final = 86_400
_CENTS: Final = 2
_LONGEST: Final = 255
"""Characters that a format has at most."""
_CERTAIN: Final = 15
"""Digits that a spreadsheet keeps of a number; further ones are its arithmetic."""

Meaning = Literal["number", "share", "day", "time"]


@dataclass(frozen=True)
class NumberFormat:
    """What a format makes of a number.

    Attributes:
        meaning: what the number is.
        decimals: as many as are shown; None where the format does not say.
        unit: currency that it shows: its ISO code, or a sign that may mean several.
        zeros: digits that are shown at least, where the format is nothing but noughts.
    """

    meaning: Meaning = "number"
    decimals: int | None = None
    unit: str = ""
    zeros: int = 0


@lru_cache(maxsize=4096)
def number_format(code: str) -> NumberFormat:
    """Return what a format such as `#,##0.00 [$€-407]` or `dd.mm.yyyy` makes of a number."""
    first = code[:_LONGEST].partition(";")[0]
    bare = _QUIET.sub("", first)
    if _DURATION.search(bare):
        return NumberFormat("time")
    bare = _BRACKETS.sub("", bare)
    if bare.strip().casefold() in ("", "general", "standard", "@"):
        return NumberFormat(unit=_unit(first))
    letters = set(bare.casefold()) & set("ymdhs")
    if letters & set("yd") or letters == {"m"}:
        return NumberFormat("day")
    if letters & set("hs"):
        return NumberFormat("time")
    if "%" in bare:
        return NumberFormat("share")
    shown = _DECIMALS.search(bare)
    zeros = len(bare) if set(bare) == {"0"} and len(bare) > 1 else 0
    return NumberFormat("number", len(shown[1]) if shown else None, _unit(first), zeros)


def _unit(code: str) -> str:
    """Return the currency that a format shows, "" for none."""
    for sign, place in _CURRENCY.findall(code):
        unit = str(sign).strip()
        if unit in _SHARED:
            return _PLACES.get(place.upper().lstrip("0"), unit)
        if unit:
            return _known(unit)
    quoted = " ".join(part.strip('"\\') for part in _QUIET.findall(code) if part[0] in '"\\')
    words: list[str] = _CODE.findall(quoted)
    for word in [*words, *(sign for sign in _SIGNS if sign in _BRACKETS.sub("", code))]:
        if word in _SHARED:
            return word
        if found := _known(word):
            return found
    return ""


def _known(word: str) -> str:
    found = currency_in(f"1 {word}")
    return word if is_currency(word) else found or ""


def written(number: float, form: NumberFormat, since_1904: bool) -> tuple[str, bool]:
    """Return a number as text, and whether decimals that are not shown were rounded away.

    A format that shows cents makes cents of its amounts: what is shown is meant.
    """
    value = Decimal(f"{number:.{_CERTAIN}g}") + 0
    if form.meaning == "day":
        return _moment(number, since_1904) or plain(value.normalize()), False
    if form.meaning == "time":
        return _clock(number), False
    if form.meaning == "share":
        return plain((value * 100).normalize()) + "%", False
    if form.zeros and number >= 0 and number == int(number):
        return f"{int(number):0{form.zeros}d}", False
    value = value.normalize()
    exponent = value.as_tuple().exponent
    if form.decimals is not None and form.decimals >= _CENTS and int(exponent) < -form.decimals:
        value = value.quantize(Decimal(1).scaleb(-form.decimals), ROUND_HALF_UP)
        return plain(value.normalize()), True
    return plain(value), False


def _moment(number: float, since_1904: bool) -> str:
    """Return a day, with its time where it has one, "" for a number that is no day."""
    days, seconds = divmod(round(number * _DAY), _DAY)
    if days < 0 or days >= _LAST - (1462 if since_1904 else 0):
        return ""
    if since_1904:
        day = f"{date(1904, 1, 1) + timedelta(days)}"
    elif days == 0:
        day = "1900-01-00"
    elif days == _LEAP:
        day = "1900-02-29"
    else:
        day = f"{date(1899, 12, 31 if days < _LEAP else 30) + timedelta(days)}"
    return f"{day} {_clock(seconds / _DAY)}" if seconds else day


def _clock(number: float) -> str:
    sign = "-" if number < 0 else ""
    minutes, seconds = divmod(abs(round(number * _DAY)), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{sign}{hours:02}:{minutes:02}:{seconds:02}"


def iso_moment(text: str) -> str:
    """Return a day that a workbook holds as text, such as `2026-10-31T00:00:00`, without an idle time."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return text
    if moment.tzinfo is None and not (moment.hour or moment.minute or moment.second):
        return moment.date().isoformat()
    return text
