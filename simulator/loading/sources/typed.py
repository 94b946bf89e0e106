"""Write the values of sources that know types as texts that can be read in one way only."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any, Final
from uuid import UUID

GROUPED: Final = 3
"""So many decimals could be taken for a group of thousands, so that a zero follows them."""
_WHOLE: Final = 2.0**53
"""From here on floats are not exact."""


class UnfitValueError(ValueError):
    """A value that is no text, number, day or time; the message says what it is."""


def plain(value: object) -> str:
    """Return a value as text: a decimal point, ISO days, times with a zone in UTC, "" for nothing.

    Numbers are exact: decimals as they are, floats by their shortest text.

    Raises:
        UnfitValueError: it is nothing that a cell can hold.
    """
    return _writer(type(value))(value)


def all_plain(values: Sequence[object]) -> list[str]:
    """Return the values of a column as texts, see `plain`.

    Raises:
        UnfitValueError: one of them is nothing that a cell can hold.
    """
    writers = {kind: _writer(kind) for kind in set(map(type, values))}
    if len(writers) == 1:
        (writer,) = writers.values()
        return list(map(writer, values))
    return [writers[type(value)](value) for value in values]


def is_typed(value: object) -> bool:
    """Tell whether a value is a number or a day by its type, and not a text."""
    return isinstance(value, int | float | Decimal | date) and not isinstance(value, bool)


def _writer(kind: type) -> Callable[[Any], str]:
    return next((_WRITERS[base] for base in kind.__mro__ if base in _WRITERS), _unfit)


def _unfit(value: object) -> str:
    raise UnfitValueError(f"is of the type {type(value).__name__}")


def _text(value: str) -> str:
    if "\0" in value:
        raise UnfitValueError("holds a NUL character")
    return value


def _float(value: float) -> str:
    if not math.isfinite(value):
        raise UnfitValueError("is not a finite number")
    if value == int(value) and abs(value) < _WHOLE:
        return str(int(value))
    return _decimal(Decimal(repr(value)))


def _decimal(value: Decimal) -> str:
    if not value.is_finite():
        raise UnfitValueError("is not a finite number")
    text = f"{value:f}"
    return f"{text}0" if text[-GROUPED - 1 : -GROUPED] == "." else text


def _moment(value: datetime) -> str:
    if value.tzinfo is None:
        return value.isoformat()
    try:
        return value.astimezone(UTC).isoformat()
    except OverflowError:
        raise UnfitValueError("is a time outside the years 1 to 9999") from None


_WRITERS: Final[dict[type, Callable[[Any], str]]] = {
    type(None): lambda _: "",
    str: _text,
    bool: lambda value: "yes" if value else "no",
    int: str,
    float: _float,
    Decimal: _decimal,
    datetime: _moment,
    date: date.isoformat,
    UUID: str,
}
