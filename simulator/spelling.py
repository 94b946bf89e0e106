"""Guess which known name a misspelt one means, and guess nothing where none is meant."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import Final, NamedTuple

LONGEST: Final = 100
"""Characters of a name that are compared."""
MANY: Final = 1_000
"""Names up to which each is compared letter by letter."""
_SLIPS: Final = 0.29
"""Slips a letter up to which a name is taken for a misspelt one."""
_MOST_SLIPS: Final = 2.6
_MOST_OF: Final = 0.7
_SWAPPED, _DOUBLED, _NEIGHBOUR, _PLURAL = 0.7, 0.5, 0.7, 0.7
"""Slips of fingers count less than other letters, which count as one; other digits are another thing."""
_OTHER_DIGIT: Final = 4.0
_ROWS: Final = (
    ("1234567890ß", "qwertyuiopü", "asdfghjklöä", "zxcvbnm,.-"),
    ("1234567890ß", "qwertzuiopü", "asdfghjklöä", "yxcvbnm,.-"),
)


class _Form(NamedTuple):
    """A name as it is compared: capitals, accents, blanks and marks aside."""

    name: str
    letters: str
    words: tuple[str, ...]
    kinds: frozenset[str]


def nearest(name: str, known: Sequence[str]) -> str | None:
    """Return the known name that a misspelt one most likely means, None where none is meant.

    Names are alike but for capitals, blanks and marks; in the order of their words; in a few letters that
    are swapped, doubled, left out, or stand beside one another on a keyboard; or but for a short word.

    Args:
        name: as somebody wrote it.
        known: those that there are; of several that are as close, the first counts.
    """
    return _nearest(name, tuple(known))


def with_words_of(name: str, known: Sequence[str]) -> str | None:
    """Return the only known name that has all words of a name, such as `Deal amount` of `amount`."""
    words = set(_form(name).words)
    found = [one for one in known if words and words <= set(_form(one).words)]
    return found[0] if len(found) == 1 else None


@lru_cache(maxsize=1024)  # a table may have the same wrong name in each of its rows
def _nearest(name: str, known: tuple[str, ...]) -> str | None:
    own, forms = _form(name), _forms(known)
    if not own.letters:
        return None
    for alike in (_same_letters, _same_words):
        if found := next((form.name for form in forms if alike(own, form)), None):
            return found
    best, fewest = None, _limit(own.letters) + 1e-9
    for form in forms if len(forms) <= MANY else _sharing_half(own, forms):
        limit = min(fewest, _limit(min(own.letters, form.letters, key=len)) + 1e-9)
        if form.letters and _least(own, form) <= limit:
            slips = _slips(own.letters, form.letters, limit)
            if slips < fewest and slips <= limit:
                best, fewest = form.name, slips
    return best or next((form.name for form in forms if _longer(own, form) or _longer(form, own)), None)


def _sharing_half(own: _Form, forms: tuple[_Form, ...]) -> Iterator[_Form]:
    """Yield those that begin or end as a name does: a single slip spoils no more than one half."""
    half = len(own.letters) // 2
    head, tail = own.letters[:half], own.letters[len(own.letters) - half :]
    return (form for form in forms if form.letters.startswith(head) or form.letters.endswith(tail))


def _same_letters(own: _Form, other: _Form) -> bool:
    return own.letters == other.letters


def _same_words(own: _Form, other: _Form) -> bool:
    return len(own.words) > 1 and sorted(own.words) == sorted(other.words)


def _longer(one: _Form, other: _Form) -> bool:
    """Tell whether a name has all words of another and few more letters."""
    return set(other.words) < set(one.words) and len(other.letters) >= _MOST_OF * len(one.letters)


def _least(one: _Form, other: _Form) -> float:
    """Return a number of slips that it takes at least: each letter that the other lacks is one."""
    return _NEIGHBOUR * max(len(one.kinds - other.kinds), len(other.kinds - one.kinds))


def _limit(letters: str) -> float:
    return min(_SLIPS * len(letters) + 0.15, _MOST_SLIPS)


@lru_cache(maxsize=16)
def _forms(known: tuple[str, ...]) -> tuple[_Form, ...]:
    return tuple(_form(name) for name in known)


def _form(name: str) -> _Form:
    text = unicodedata.normalize("NFKD", name[:LONGEST].casefold())
    text = "".join(c for c in text if not unicodedata.combining(c))
    words = tuple(re.findall(r"[^\W_]+", text))
    letters = "".join(words)
    return _Form(name, letters, words, frozenset(letters))


def _slips(one: str, other: str, most: float) -> float:
    """Return how many slips make one text of another: Damerau and Levenshtein's distance, slips weighed.

    It is that of Damerau (1964, doi:10.1145/363958.363994) with each pair of letters swapped at most once;
    above `most` it may be anything above it.
    """
    before: list[float] = []
    row = [float(n) for n in _from_nothing(other)]
    for at, letter in enumerate(one):
        last, before, row = before, row, [row[0] + _extra(one, at)]
        for other_at, other_letter in enumerate(other):
            cost = min(
                before[other_at] + _other(letter, other_letter),
                before[other_at + 1] + _extra(one, at),
                row[other_at] + _extra(other, other_at),
            )
            if at and other_at and letter == other[other_at - 1] and one[at - 1] == other_letter:
                cost = min(cost, last[other_at - 1] + _SWAPPED)
            row.append(cost)
        if min(row) > most and (not before or min(before) > most):
            return most + 1
    return row[-1]


def _from_nothing(text: str) -> Iterator[float]:
    total = 0.0
    yield total
    for at in range(len(text)):
        total += _extra(text, at)
        yield total


def _extra(text: str, at: int) -> float:
    """Return what a letter too many costs."""
    if at and text[at] == text[at - 1]:
        return _DOUBLED
    if text[at].isdigit():
        return _OTHER_DIGIT / 2
    return _PLURAL if at == len(text) - 1 and text[at] == "s" else 1.0


@lru_cache(maxsize=4096)
def _other(one: str, other: str) -> float:
    """Return what another letter costs."""
    if one == other:
        return 0.0
    if one.isdigit() and other.isdigit():
        return _OTHER_DIGIT
    return _NEIGHBOUR if any(_beside(rows, one, other) for rows in _ROWS) else 1.0


def _beside(rows: tuple[str, ...], one: str, other: str) -> bool:
    places = [(y, row.index(c)) for c in (one, other) for y, row in enumerate(rows) if c in row]
    if len(places) < 2:
        return False
    (y, x), (v, u) = places
    return abs(y - v) <= 1 and abs(x - u) <= 1
