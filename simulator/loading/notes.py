"""Note what was left out and what looks suspicious, in plain words, with the money in it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Final

from simulator.currency import RateCurve
from simulator.money import minor_digits

Money = tuple[int, str]
Note = tuple[str, str, int | None]

_TEXTS: Final = {
    "W001": "{deals} created after {day}: left out",
    "W002": "{deals} closed or moved after {day}, stage on that day not known: left out",
    "W003": "{deals} closed after {day}: counted as open, at the last stage known on that day",
    "W004": "{deals} without any date, so perhaps not there on {day}: left out",
    "W005": "{deals} won without a date: in no period, left out",
    "W006": "{invoices} written after {day}: left out",
    "W009": "{deals} without a date of entering the stage, in a table younger than {day}: stage as exported",
    "W019": "{deals} with a day of closing that has passed and no outcome (first {first}): counted as open",
    "W020": "{deals} created, moved and closed in an order that cannot be (first {first}): taken as written",
    "W021": "{invoices} paid before the day on which they were written (first {first}): taken as written",
    "W022": "{invoices} paid after {day}: counted as open",
    "W031": "{renewals} due by {day} already: taken as due on the day after",
    "W032": "{renewals} due after the forecast ends: left out",
    "W037": "{deals} won in earlier years without a known segment or an amount: left out",
    "W038": "{deals} won in earlier years of products that are not known: billed as their segment says",
}


@dataclass
class Notes:
    """The notes so far.

    Attributes:
        as_of: the day that texts name.
        rates: turn money into the company's currency.
        found: code, text and amount in minor units of the company's currency.
    """

    as_of: date
    rates: RateCurve
    found: list[Note] = field(default_factory=list)
    _counts: dict[str, tuple[int, float, str]] = field(default_factory=dict)

    def count(self, code: str, money: Money | None, identity: str = "") -> None:
        """Count one row under a code; rows of a code become one note, which may name the first."""
        number, total, first = self._counts.get(code, (0, 0.0, identity))
        self._counts[code] = number + 1, total + (self.minor(money) if money else 0.0), first

    def add(self, code: str, text: str, amount: float | None = None) -> None:
        """Add a note with its money in minor units of the company's currency."""
        self.found.append((code, text, None if amount is None else round(amount)))

    def add_all(self, code: str, texts: Sequence[str]) -> None:
        """Add notes without money."""
        for text in texts:
            self.add(code, text)

    def minor(self, money: Money) -> float:
        """Return an amount in minor units of the company's currency, at the rate of the as-of day."""
        return float(self.rates.convert(money[0], money[1], 0))

    def major(self, money: Money) -> float:
        """Return an amount in major units of the company's currency."""
        return self.minor(money) / float(10 ** minor_digits(self.rates.company))

    def all(self) -> tuple[Note, ...]:
        """Return the notes, sorted by code."""
        counted = [
            (code, self._text(code, number, first), round(total))
            for code, (number, total, first) in self._counts.items()
        ]
        return tuple(sorted([*counted, *self.found], key=lambda note: note[0]))

    def _text(self, code: str, number: int, first: str) -> str:
        day = f"{self.as_of.day} {self.as_of:%b %Y}"
        nouns = {f"{noun}s": counted(number, noun) for noun in ("deal", "invoice", "renewal")}
        return _TEXTS[code].format(**nouns, day=day, first=first)


def counted(number: int, noun: str) -> str:
    """Write a number with its noun: `1 deal`, `1,200 deals`."""
    return f"{number:,} {noun}" + ("" if number == 1 else "s")
