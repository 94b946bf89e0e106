"""Note what was left out and what looks suspicious, in plain words, with the money in it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import field, replace
from datetime import date
from typing import Final

from simulator.currency import RateCurve
from simulator.loading.cells import Cells
from simulator.money import minor_digits
from simulator.records import dataclass
from simulator.scenario.quality import LEFT_OUT, Rule

Money = tuple[int, str]
Note = tuple[str, str, int | None]

RULES: Final = {
    "W001": Rule("deal", "created after {day}", LEFT_OUT),
    "W002": Rule("deal", "closed or moved after {day}, stage on that day not known", LEFT_OUT),
    "W003": Rule("deal", "closed after {day}", "counted as open, at the last stage known on that day"),
    "W004": Rule("deal", "without any date, so perhaps not there on {day}", LEFT_OUT),
    "W005": Rule("deal", "won without a date, so in no period", LEFT_OUT),
    "W006": Rule("invoice", "written after {day}", LEFT_OUT),
    "W009": Rule(
        "deal", "without a date of entering the stage, in a table younger than {day}", "stage as exported"
    ),
    "W019": Rule("deal", "with a day of closing that has passed and no outcome", "counted as open", True),
    "W020": Rule("deal", "created, moved and closed in an order that cannot be", "taken as written", True),
    "W021": Rule("invoice", "paid before the day on which they were written", "taken as written", True),
    "W022": Rule("invoice", "paid after {day}", "counted as open"),
    "W031": Rule("renewal", "due by {day} already", "taken as due on the day after"),
    "W032": Rule("renewal", "due after the forecast ends", LEFT_OUT),
    "W060": Rule("row", "of groups, counts and totals, which are no deals", LEFT_OUT, is_sum=True),
    "W061": Rule("row", "with further values of the deal above", LEFT_OUT),
    "W062": Rule("row", "telling a deal again, for another product or contact", LEFT_OUT, is_sum=True),
    "W063": Rule("deal", "deleted in the system", LEFT_OUT),
    "W064": Rule("row", "telling of no change of a stage", LEFT_OUT),
    "W065": Rule("deal", "won at another amount than estimated", "counted at their actual revenue"),
    "W066": Rule("deal", "without an id", "known by their names, which have to stay"),
    "W067": Rule(
        "deal", "whose amount is of a year or a month, without a length of service", "counted for one year"
    ),
    "W068": Rule("row", "of leads, which are no deals yet", LEFT_OUT),
    "W069": Rule("deal", "archived while open", LEFT_OUT),
    "W037": Rule("deal", "won in earlier years without a known segment or an amount", LEFT_OUT),
    "W038": Rule(
        "deal", "won in earlier years of products that are not known", "billed as their segment says"
    ),
    "W055": Rule("row", "of totals", LEFT_OUT, is_sum=True),
    "W056": Rule("row", "of totals to which the rows above do not add up", LEFT_OUT, is_sum=True),
    "W057": Rule("row", "of text below the table", LEFT_OUT),
    "W058": Rule("row", "with the header once more", LEFT_OUT, is_sum=True),
    "W080": Rule("row", "that cannot be read as they stand", LEFT_OUT),
    "W070": Rule("row", "of an invoice whose total stands in an earlier row", LEFT_OUT, is_sum=True),
    "W071": Rule("row", "of headings, subtotals and totals", LEFT_OUT, is_sum=True),
    "W072": Rule("row", "of drafts, and of what is void or deleted", LEFT_OUT),
    "W073": Rule("row", "of credit notes on no single invoice here, or after {day}", LEFT_OUT),
    "W074": Rule("row", "of payments on no single invoice here, or after {day}", LEFT_OUT),
    "W075": Rule("row", "of other documents than invoices, credit notes and payments", LEFT_OUT),
    "W076": Rule("invoice", "paid, or paid in part, on no day that is told", "taken as paid when due"),
    "W077": Rule("invoice", "credited or paid beyond their amount", "taken as paid, and no more", True),
    "W078": Rule("invoice", "without a due date", "due by their terms"),
    "W082": Rule(
        "row",
        "of credit notes and payments on no single invoice",
        "taken off the customer's oldest open invoices",
    ),
    "W083": Rule("row", "of credit and payments beyond what the customer has open", "the rest left out"),
    "W084": Rule("row", "of groups whose value stands in another row", "read with the value of their group"),
    "W081": Rule("open deal", "without an amount", LEFT_OUT),
}
"""What rows are counted for, each kind in one note."""


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

    def count(self, code: str, cells: Cells, row: int, money: Money | None) -> None:
        """Count a row under a code; rows of a code become one note, which may name the first."""
        if RULES[code].leaves_out:
            cells.fates[row] = code
        else:
            cells.repaired.setdefault(code, []).append(row)
        identity = cells.text(row, "id")
        number, total, first = self._counts.get(code, (0, 0.0, identity))
        minor = 0.0 if money is None or RULES[code].is_sum else self.minor(money)
        self._counts[code] = number + 1, total + minor, first

    def add(self, code: str, text: str, amount: float | None = None) -> None:
        """Add a note with its money in minor units of the company's currency."""
        self.found.append((code, text, None if amount is None else round(amount)))

    def add_all(self, code: str, texts: Sequence[str]) -> None:
        """Add notes without money."""
        for text in texts:
            self.add(code, text)

    def minor(self, money: Money) -> float:
        """Return an amount in minor units of the company's currency, at the rate of the as-of day."""
        if money[1] == self.rates.company:
            return float(money[0])
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
        rule = dated(RULES[code], self.as_of)
        named = f" (first {first})" if rule.names_first else ""
        return f"{counted(number, rule.noun)} {rule.what}{named}: {rule.then}"


def dated(rule: Rule, as_of: date) -> Rule:
    """Return a rule that names the as-of day."""
    return replace(rule, what=rule.what.format(day=f"{as_of.day} {as_of:%b %Y}"))


def counted(number: int, noun: str) -> str:
    """Write a number with its noun: `1 deal`, `1,200 deals`."""
    return f"{number:,} {noun}" + ("" if number == 1 else "s")
