"""Check what a person asks of a forecast, so that a slip gets an answer in words."""

from __future__ import annotations

import math
import operator
from collections.abc import Sequence
from datetime import date
from typing import Final, Literal, get_args

from simulator.errors import UsageError
from simulator.targets import SERIES, Series

By = Literal["month", "quarter", "year"]
_EXAMPLE: Final = "write a date such as 2027-06-30"


def series_asked(name: object) -> Series:
    """Return the series of a name.

    Raises:
        UsageError: there is none.
    """
    for series in SERIES:
        if series == name:
            return series
    raise UsageError(f"there is no series {name!r}; there are {', '.join(SERIES)}", code="U003")


def by_asked(by: object) -> By | None:
    """Return the periods that are asked for.

    Raises:
        UsageError: there are none such.
    """
    if by is None:
        return None
    for known in get_args(By):
        if known == by:
            return known  # type: ignore[no-any-return]  # get_args forgets the type
    raise UsageError(
        f"by is {by!r}; it must be {', '.join(get_args(By))}, or left out for the total", code="U002"
    )


def chance_asked(q: object) -> float:
    """Return a chance from 0 to 1.

    Raises:
        UsageError: it is none.
    """
    value = number_asked("q", q)
    if not 0 <= value <= 1:
        raise UsageError(f"q is {q!r}; it must be from 0 to 1, such as 0.1 for the low end", code="U002")
    return value


def number_asked(name: str, value: object) -> float:
    """Return a finite number.

    Raises:
        UsageError: it is none.
    """
    try:
        found = math.nan if isinstance(value, str | bool) else float(value)  # type: ignore[arg-type]
    except (TypeError, ValueError):
        found = math.nan
    if not math.isfinite(found):
        raise UsageError(f"{name} is {value!r}; it must be a number", code="U002")
    return found


def whole_asked(name: str, value: object, least: int, most: int | None = None) -> int:
    """Return a whole number within its bounds.

    Raises:
        UsageError: it is none, or outside.
    """
    bounds = f"at least {least}" if most is None else f"from {least} to {most:,}"
    try:
        found = None if isinstance(value, bool) else operator.index(value)  # type: ignore[arg-type]
    except TypeError:
        found = None
    if found is None:
        raise UsageError(f"{name} is {value!r}; it must be a whole number, {bounds}", code="U002")
    if found < least or (most is not None and found > most):
        raise UsageError(f"{name} is {found}; it must be {bounds}", code="U002")
    return found


def date_asked(name: str, when: object) -> date:
    """Return the date of a text or of a date.

    Raises:
        UsageError: it is none.
    """
    if isinstance(when, date):
        return when
    try:
        return date.fromisoformat(when)  # type: ignore[arg-type]
    except (TypeError, ValueError):
        raise UsageError(f"{name} is {when!r}, which is no date: {_EXAMPLE}", code="U002") from None


def word_asked(name: str, word: object, known: Sequence[str]) -> int:
    """Return the place of a word among those that may be asked for.

    Raises:
        UsageError: it is none of them.
    """
    if word not in known:
        raise UsageError(
            f"{name} is {word!r}; it must be {', '.join(known[:-1])} or {known[-1]}", code="U002"
        )
    return list(known).index(str(word))


def segment_asked(name: object, names: Sequence[str]) -> int | None:
    """Return the index of a segment, None for all.

    Raises:
        UsageError: there is none of this name.
    """
    if name is None:
        return None
    if name not in names:
        raise UsageError(f"there is no segment {name!r}; there are {', '.join(names)}", code="U003")
    return list(names).index(str(name))
