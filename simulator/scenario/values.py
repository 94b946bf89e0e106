"""Read single values as people type them: chances, money, days, lengths, names from a list."""

from __future__ import annotations

import re
from datetime import date
from decimal import Decimal
from typing import Annotated, Any, Final, NoReturn

from pydantic import BeforeValidator, WithJsonSchema
from pydantic_core import PydanticCustomError

from simulator.money import is_currency
from simulator.periods import length_days, missing_day

_NUMBER: Final = re.compile(r"([-+]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][-+]?[0-9]{1,3})?)\s*(\D*)")
_MONEY: Final = {"": 0, "k": 3, "m": 6, "bn": 9}
_LARGEST: Final = Decimal(10) ** 13
SHARE_DECIMALS: Final = 6
"""Decimals of a tax, a discount or another share of money: products with amounts stay inside 64 bits."""


def refuse(code: str, message: str, remedy: str) -> NoReturn:
    """Raise the problem of a value; `code` is explained in `simulator.loading.codes`."""
    # Braces of a text are no placeholders: both texts go in as values.
    raise PydanticCustomError(code, "{message}", {"message": message, "remedy": remedy})


def number(given: Any) -> float:
    """Return a finite number; text of a number counts, a truth value does not."""
    found = _parts(given)
    if found is None or found[1]:
        refuse("S013", "is not a number", "write a plain number such as 0.25 or 40")
    return float(found[0])


def positive(given: Any) -> float:
    """Return a number above 0."""
    value = number(given)
    if value <= 0:
        refuse("S013", "is not above 0", "write a number above 0")
    return value


def not_negative(given: Any) -> float:
    """Return a number of at least 0."""
    value = number(given)
    if value < 0:
        refuse("S013", "is negative", "write a number of at least 0")
    return value


def whole(given: Any) -> int:
    """Return a whole number."""
    value = number(given)
    if value != int(value):
        refuse("S013", "is not a whole number", "write a whole number such as 3")
    return int(value) if not isinstance(given, int) else given


def chance(given: Any) -> float:
    """Return a chance from 0 to 1, given so or in per cent."""
    found = _parts(given)
    if found is None or found[1] not in ("", "%"):
        refuse("S014", "is not a chance", "write a number from 0 to 1, or per cent such as 60%")
    value = float(found[0]) / (100 if found[1] else 1)
    if not 0 <= value <= 1:
        percent = f"did you mean {given}%?" if not found[1] and 2 <= value <= 100 else "write it from 0 to 1"
        refuse("S014", "is a chance outside 0 to 1", percent)
    return value


def share(given: Any) -> float:
    """Return a number that may also be given in per cent, such as a growth of -20%."""
    found = _parts(given)
    if found is None or found[1] not in ("", "%"):
        refuse("S013", "is not a number", "write a number such as 0.1, or per cent such as 10%")
    return float(found[0]) / (100 if found[1] else 1)


def exact_share(given: Any) -> Decimal:
    """Return a share from 0 to 1 exactly as it is written, such as a tax of 0.19 or 19%."""
    found = _parts(given)
    if found is None or found[1] not in ("", "%"):
        refuse("S013", "is not a share", "write a number from 0 to 1, or per cent such as 19%")
    value = found[0].scaleb(-2 if found[1] else 0)
    if not 0 <= value <= 1:
        percent = f"did you mean {given}%?" if not found[1] and 1 < value <= 100 else "write it from 0 to 1"
        refuse("S013", "is a share outside 0 to 1", percent)
    if value != round(value, SHARE_DECIMALS):
        refuse("S013", f"has more than {SHARE_DECIMALS} decimals", "round it: money has no finer ones")
    return value


def money(given: Any) -> Decimal:
    """Return an amount in major units: `6M`, `250k`, `40000`."""
    value = signed_money(given)
    if value < 0:
        refuse("S022", "is a negative amount", "write an amount of at least 0")
    return value


def signed_money(given: Any) -> Decimal:
    """Return an amount in major units that may be negative, such as an overdraft of -20k."""
    found = _parts(given)
    if found is None or found[1].lower() not in _MONEY:
        refuse("S022", "is not an amount", "write for example 6M, 250k or 40000")
    value = found[0].scaleb(_MONEY[found[1].lower()])
    if abs(value) >= _LARGEST:
        refuse("S022", "is too large an amount", "write an amount below 10,000,000,000,000")
    return value


def days(given: Any) -> float:
    """Return a number of days: `20`, or a length such as `120d`, `13w`, `1m`."""
    found = _parts(given)
    if found is not None and not found[1]:
        value = float(found[0])
    elif isinstance(given, str):
        try:
            value = float(length_days(given))
        except ValueError:
            refuse("S021", "is not a number of days", "write for example 20, 20d, 3w or 1m")
    else:
        refuse("S021", "is not a number of days", "write for example 20, 20d, 3w or 1m")
    if not 0 <= value <= 4000:
        refuse("S021", "is not a number of days from 0 to 4000", "write for example 20, 20d, 3w or 1m")
    return value


def day(given: Any) -> date:
    """Return an ISO date between 1970 and 2199."""
    text = str(given)
    parts = re.fullmatch(r"([0-9]{4})-([0-9]{2})-([0-9]{2})", text)
    if parts is None:
        refuse("S020", "is not a date", "write year-month-day, such as 2026-10-31")
    try:
        value = date.fromisoformat(text)
    except ValueError:
        why, meant = missing_day(*map(int, parts.groups()))
        remedy = f"did you mean {meant}?" if meant else "write an existing day such as 2026-10-31"
        refuse("S020", f"is a day that {why}", remedy)
    if not 1970 <= value.year < 2200:
        refuse("S020", "is outside 1970 to 2199", "write a date in these years")
    return value


def text(given: Any) -> str:
    """Return a text; a bare number is one too."""
    if isinstance(given, bool) or not isinstance(given, str | int | float):
        refuse("S013", "is not a text", "write a text, in quotes where needed")
    if not str(given).strip():
        refuse("S013", "is empty", "write something, or leave the key out")
    return str(given)


def currency(given: Any) -> str:
    """Return an ISO 4217 code."""
    code = text(given)
    if not is_currency(code):
        known = is_currency(code.upper())
        remedy = f"did you mean {code.upper()}?" if known else "write for example EUR or USD"
        refuse("S024", "is not an ISO 4217 currency", remedy)
    return code


def quantity(given: Any) -> tuple[Decimal, str] | None:
    """Return the number of a value and what remains as its unit, for `+=` and `*=`; None without a number.

    Per cent and k, M, bn are worked into the number; m stays: it stands for months.
    """
    found = _parts(given)
    if found is None:
        return None
    value, unit = found
    if unit == "%":
        return value / 100, ""
    if unit != "m" and unit.lower() in _MONEY:
        return value.scaleb(_MONEY[unit.lower()]), ""
    return value, unit


def _parts(given: Any) -> tuple[Decimal, str] | None:
    """Return number and unit of a value, None where it has no finite number of sensible size."""
    if isinstance(given, bool) or not isinstance(given, int | float | str | Decimal):
        return None
    written = str(given).strip()
    match = _NUMBER.fullmatch(written) if len(written) <= 60 else None
    if match is None:
        return None
    value = Decimal(match[1])
    return (value, match[2].strip()) if abs(value) < Decimal(10) ** 30 else None


_QUANTITY: Final = {"type": ["number", "string"]}

Number = Annotated[float, BeforeValidator(number), WithJsonSchema({"type": "number"})]
Positive = Annotated[
    float, BeforeValidator(positive), WithJsonSchema({"type": "number", "exclusiveMinimum": 0})
]
NotNegative = Annotated[
    float, BeforeValidator(not_negative), WithJsonSchema({"type": "number", "minimum": 0})
]
Whole = Annotated[int, BeforeValidator(whole), WithJsonSchema({"type": "integer"})]
Chance = Annotated[
    float,
    BeforeValidator(chance),
    WithJsonSchema(
        {"anyOf": [{"type": "number", "minimum": 0, "maximum": 1}, {"type": "string", "pattern": "%$"}]}
    ),
]
Share = Annotated[float, BeforeValidator(share), WithJsonSchema(_QUANTITY)]
ExactShare = Annotated[
    Decimal,
    BeforeValidator(exact_share),
    WithJsonSchema(
        {"anyOf": [{"type": "number", "minimum": 0, "maximum": 1}, {"type": "string", "pattern": "%$"}]}
    ),
]
Money = Annotated[Decimal, BeforeValidator(money), WithJsonSchema(_QUANTITY)]
SignedMoney = Annotated[Decimal, BeforeValidator(signed_money), WithJsonSchema(_QUANTITY)]
Days = Annotated[float, BeforeValidator(days), WithJsonSchema(_QUANTITY)]
Day = Annotated[date, BeforeValidator(day), WithJsonSchema({"type": "string", "format": "date"})]
Text = Annotated[str, BeforeValidator(text), WithJsonSchema({"type": ["string", "number"]})]
Currency = Annotated[
    str, BeforeValidator(currency), WithJsonSchema({"type": "string", "pattern": "^[A-Z]{3}$"})
]
