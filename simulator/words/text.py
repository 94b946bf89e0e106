"""Write dates and names so that they read alike everywhere and cannot steer a terminal."""

from __future__ import annotations

import unicodedata
from datetime import date, timedelta
from typing import Final

MONTHS: Final = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_PLANNED: Final = "planned "
_UNSHOWN: Final = ("Cc", "Cf", "Cs", "Co", "Cn")
"""Categories of what steers a terminal, turns or hides text, or is no character that all know."""
_MARKS: Final = ("Mn", "Me")
"""Categories of accents and the like, which stand over, under or around a letter."""
_MOST_MARKS: Final = 4
"""That a letter keeps; no language piles up more in a row, and a hundred reach over the lines above."""
_UNITS: Final = {"d": "day", "w": "week", "m": "month", "q": "quarter", "y": "year"}


def day(when: str | date) -> str:
    """Write a date: `31 Oct 2026`."""
    when = date.fromisoformat(when) if isinstance(when, str) else when
    return f"{when.day} {MONTHS[when.month - 1]} {when.year}"


def month(when: str | date) -> str:
    """Write a month: `Oct 2026`."""
    return day(when).split(" ", 1)[1]


def days(start: str | date, end: str | date) -> str:
    """Write days in a row: a whole month by its name, `13–30 Nov 2026`, one day, or from when to when."""
    start = date.fromisoformat(start) if isinstance(start, str) else start
    end = date.fromisoformat(end) if isinstance(end, str) else end
    if start == end:
        return day(end)
    if (start.year, start.month) == (end.year, end.month):
        whole = start.day == 1 and (end + timedelta(days=1)).day == 1
        return month(end) if whole else f"{start.day}–{day(end)}"
    return f"{day(start)} – {day(end)}"


def length(text: str) -> str:
    """Write a length as it was asked for in words: `7d` is 7 days; what is none stays as it is."""
    count, unit = text.strip()[:-1], _UNITS.get(text.strip()[-1:])
    return f"{int(count)} {unit}{'s' * (int(count) != 1)}" if unit and count.isdigit() else plain(text, 10)


def plain(text: object, longest: int | None = None) -> str:
    """Return text that cannot steer a terminal: one line, without control and direction characters.

    Accents that pile up beyond what a language needs are left out too.

    Args:
        text: anything that came from a file.
        longest: columns; what is longer ends in `…`.
    """
    kept = str(text)
    if not kept.isprintable():
        spaced = "".join(" " if c.isspace() else c for c in kept)
        kept = "".join(c for c in spaced if unicodedata.category(c) not in _UNSHOWN)
    kept = " ".join((_sparing(kept) if _has_marks(kept) else kept).split())
    return kept if longest is None else cut(kept, longest)


def visible(text: str) -> str:
    """Return lines in which the escape of a character that `plain` leaves out stands, so that it is found."""
    return "".join(
        c.encode("unicode_escape").decode() if c != "\n" and unicodedata.category(c) in _UNSHOWN else c
        for c in text
    )


def cut(text: str, columns: int) -> str:
    """Return a text that fits so many columns; what is longer ends in `…`."""
    used = end = 0
    for place, character in enumerate(text):
        used += _columns(character)
        if used <= columns - 1:
            end = place + 1
        elif used > columns:
            return text[:end].rstrip() + "…"
    return text


def cut_at_word(text: str, columns: int) -> str:
    """Return a text that fits so many columns; what is longer ends after a word, and in `…`."""
    short = cut(text, columns)
    if short == text:
        return text
    begun = short.removesuffix("…")
    words = begun if text[len(begun) :].startswith(" ") else begun.rpartition(" ")[0]
    return f"{words.rstrip(' ,;:(')} …" if words and width(words) < columns - 1 else short


def width(text: str) -> int:
    """Return the columns that a text takes in a terminal."""
    return len(text) if text.isascii() else sum(map(_columns, text))


def _columns(character: str) -> int:
    if unicodedata.category(character) in _MARKS:
        return 0
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1


def _has_marks(text: str) -> bool:
    return not text.isascii() and not set(map(unicodedata.category, text)).isdisjoint(_MARKS)


def _sparing(text: str) -> str:
    """Return a text whose letters bear no more marks than they may."""
    kept, marks = [], 0
    for character in text:
        marks = marks + 1 if unicodedata.category(character) in _MARKS else 0
        if marks <= _MOST_MARKS:
            kept.append(character)
    return "".join(kept)


def plan_name(series: str, period: str) -> str:
    """Return the name of the plan of a series in a fiscal period, where it is a goal beside the targets."""
    return f"{_PLANNED}{series} of {period}"


def goal_name(name: str, most: int = 30) -> str:
    """Return how people call what is to be reached: `the plan` for that of a fiscal year, else its name."""
    return "the plan" if name.startswith(_PLANNED) else plain(name, most)
