"""Find the columns of a table under anybody's names, and read their cells."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import field, replace
from datetime import date
from typing import Final, Literal

from simulator.errors import Problem, did_you_mean
from simulator.loading.customs import WAYS, Customs, Setting, Written, written
from simulator.loading.dates import DateError, Order, parse_day
from simulator.loading.problems import Problems
from simulator.loading.scaled_titles import scaled_titles
from simulator.loading.tables import Table
from simulator.money import (
    LIMIT,
    AmountError,
    Mark,
    currency_in,
    is_currency,
    minor_digits,
    parse_amount,
)
from simulator.records import dataclass
from simulator.scenario.model import CurrenciesFile
from simulator.scenario.tree import Tree
from simulator.spelling import nearest, with_words_of
from simulator.terms.schedule import LONGEST_MONTHS

AmountIs = Literal["total", "annual", "monthly"]
"""What the amount of a deal is: of the whole contract, of a year or of a month of it."""
MOST_PUSHES: Final = 10_000
"""A larger number of moved dates counts something else."""
YEAR: Final = 12
"""Months for which amounts of a year or a month count where the length of the service is not told."""


@dataclass(frozen=True)
class Cells:
    """The cells of a table by our names of its columns.

    Attributes:
        table: the texts.
        columns: index of each of our columns that the table has.
        customs: what is said of how to read them.
        problems: takes what cannot be read.
        written: what was found out of how to read them.
        fates: what a row is used as, or the code of the rule that leaves it out.
        repaired: rows that are used by a rule, by its code.
        rest: by the code of a rule, what it leaves out of rows that are used: minor units, signed, by row.
        amount_is: what the column `amount` holds; it is read as the total.
        amounts_in: the currency of amounts of which neither a column nor they themselves tell it; "" for the
            company's.
        exported: whether a known system wrote the table as it stands, and nobody filled it in for us.
    """

    table: Table
    columns: Mapping[str, int]
    customs: Customs
    problems: Problems
    written: Written = field(default_factory=Written)
    fates: dict[int, str] = field(default_factory=dict)
    repaired: dict[str, list[int]] = field(default_factory=dict)
    rest: dict[str, dict[int, int]] = field(default_factory=dict)
    amount_is: AmountIs = "total"
    amounts_in: str = ""
    exported: bool = False
    _texts: dict[str, Sequence[str]] = field(default_factory=dict)
    _days: dict[str, dict[str, date]] = field(default_factory=dict)
    _money: dict[tuple[str, bool], list[tuple[int, str] | None]] = field(default_factory=dict)
    _refused: set[tuple[int, str, bool]] = field(default_factory=set)

    def __len__(self) -> int:
        return len(self.table.rows)

    def rows(self) -> list[int]:
        """Return the rows that are to be read, without those that were put aside before."""
        return [row for row in range(len(self)) if row not in self.table.aside]

    def has(self, column: str) -> bool:
        """Tell whether the table has one of our columns."""
        return column in self.columns

    @property
    def one_close(self) -> bool:
        """Whether one column holds the expected day of open deals and the day of closing of closed ones."""
        return self.has("closed") and self.columns["closed"] == self.columns.get("expected_close")

    def text(self, row: int, column: str) -> str:
        """Return a cell without blanks around it, "" where there is no such column."""
        texts = self._texts.get(column)
        return (self.texts(column) if texts is None else texts)[row]

    def texts(self, column: str) -> Sequence[str]:
        """Return a whole column as `text` does each cell."""
        if column not in self._texts:
            at = self.columns.get(column)
            found = ("",) * len(self) if at is None else tuple([row[at].strip() for row in self.table.rows])
            self._texts[column] = found
        return self._texts[column]

    def day(self, row: int, column: str) -> date | None:
        """Return a date, None where the cell is empty or cannot be read."""
        text = self.text(row, column)
        if not text:
            return None
        days = self._days.get(column)
        found = None if days is None else days.get(text)
        return self._read_day(row, column, text) if found is None else found

    def order(self, column: str) -> Order | None:
        """Return how a column of dates is written; None where that is open, which is a problem already."""
        return self.written.orders.get(self.columns.get(column, -1), "ymd")

    def mark(self, column: str) -> Mark | None:
        """Return the decimal mark of a column; None where it is open, which is a problem already."""
        return self.written.decimals.get(self.columns.get(column, -1), ".")

    def told_to(self, problems: Problems) -> Cells:
        """Return the same cells, of which another collection takes what cannot be read."""
        return replace(self, problems=problems, _money={}, _refused=set())

    def money(
        self, row: int, column: str = "amount", needed: bool = True, signed: bool = False
    ) -> tuple[int, str] | None:
        """Return minor units and currency of an amount, None where it is missing or cannot be read."""
        known = self._money.get((column, signed))
        if known is None:
            known = self._money[column, signed] = [None] * len(self)
        if (found := known[row]) is not None:
            return found
        if not self.text(row, column):
            if needed:
                self.complain("D023", "the amount is missing", row, column)
        elif (row, column, signed) not in self._refused:
            known[row] = self._read_money(row, column, signed)
            if known[row] is None:
                self._refused.add((row, column, signed))
        return known[row]

    def minor(self, row: int, column: str, code: str, signed: bool = False) -> int | None:
        """Return minor units of an amount in a known currency, None where it is missing or cannot be read."""
        text = self.text(row, column)
        if not text:
            self.complain("D023", "the amount is missing", row, column)
            return None
        return self._read_minor(row, column, text, code, signed)

    def number(self, row: int, column: str) -> float | None:
        """Return a plain number, a per cent sign passed over; None for anything else."""
        mark = self.mark(column)
        return None if mark is None else read_number(self.text(row, column), mark)

    def months(self, row: int, column: str) -> int:
        """Return the length of a service in months, 0 where not given."""
        text = self.text(row, column)
        if not text:
            return 0
        value = self.number(row, column)
        if self.mark(column) is None:
            return 0
        if value is None or value != int(value) or not 1 <= value <= LONGEST_MONTHS:
            message = f"the {column.replace('_', ' ')} are no whole number from 1 to {LONGEST_MONTHS}"
            self.complain("D021", message, row, column, text)
            return 0
        return int(value)

    def is_twice(self, row: int, identity: str, seen: dict[str, int]) -> bool:
        """Tell whether an id stands in an earlier row, and complain; `seen` holds the row of each id."""
        first = seen.setdefault(identity, row)
        if first != row:
            line = self.table.lines[first]
            message = f"the id stands in row {first + 1} already" + (f" (line {line})" if line else "")
            self.complain("D009", message, row, "id", identity)
        return first != row

    def complain(
        self,
        code: str,
        message: str,
        row: int,
        column: str,
        value: str | None = None,
        remedy: str | None = None,
    ) -> None:
        """Add a problem of a cell, under the name that the table gives its column."""
        at = self.columns.get(column)
        if at in self.table.flaws:
            return  # told with the column
        theirs = column if at is None else self.table.header[at]
        entity = self.text(row, "id") if self.has("stage") else None
        self.problems.add(self.table.problem(code, message, row, theirs, value, remedy, entity))

    def _read_day(self, row: int, column: str, text: str) -> date | None:
        if (order := self.order(column)) is None:
            return None
        try:
            found = parse_day(text, order, self.customs.zone)
        except DateError as error:
            remedy = self._setting(error.remedy, "date_order", order)
            self.complain("D013", f"{column} {error}", row, column, text, remedy)
            return None
        self._days.setdefault(column, {})[text] = found
        return found

    def _read_money(self, row: int, column: str, signed: bool) -> tuple[int, str] | None:
        rates, text = self.customs.rates, self.text(row, column)
        code = self.text(row, "currency").upper() or currency_in(text) or self.amounts_in or rates.company
        if not is_currency(code):
            remedy = did_you_mean(code, self.customs.rates.codes)
            self.complain("D016", "the currency is no ISO 4217 code", row, "currency", code, remedy)
            return None
        if code != rates.company and code not in rates.steps:
            remedy = f"add it under rates, such as rates: {{{code}: 0.9}}"
            self.complain("D017", f"there is no rate for {code}", row, "currency", code, remedy)
            return None
        minor = self._read_minor(row, column, text, code, signed)
        if minor is not None and column == "amount" and self.amount_is != "total":
            minor = self._total(row, minor)
        return None if minor is None else (minor, code)

    def _total(self, row: int, minor: int) -> int | None:
        """Return the total of an amount of a year or a month: over the service months, else over one year.

        The total of years is rounded half up to the minor unit; of months it is exact.
        """
        told = self.number(row, "service_months")
        months = int(told) if told is not None and 1 <= told <= LONGEST_MONTHS and told == int(told) else YEAR
        total = minor * months if self.amount_is == "monthly" else (2 * minor * months + YEAR) // (2 * YEAR)
        if total < LIMIT:
            return total
        message = f"the amount is too large over its {months} months"
        self.complain("D014", message, row, "amount", self.text(row, "amount"), "check data.amount_is")
        return None

    def _read_minor(self, row: int, column: str, text: str, code: str, signed: bool = False) -> int | None:
        if (mark := self.mark(column)) is None:
            return None
        try:
            return parse_amount(text, minor_digits(code), mark, allow_negative=signed, currency=code)
        except AmountError as error:
            if error.what == "is negative":
                self.complain("D015", f"the {column} is negative", row, column, text)
            else:
                remedy = self._setting(error.remedy, "decimal", mark)
                remedy = self._marked(row, code, error.may_be[0]) if error.may_be else remedy
                self.complain("D014", f"the {column} {error.what}", row, column, text, remedy)
            return None

    def _marked(self, row: int, code: str, usual: str) -> str:
        """Return the remedy for a mark of another currency: what tells the amount's, which may be wrong too.

        Args:
            row: of the amount.
            code: its currency.
            usual: the currency that the mark most often means.
        """
        if self.text(row, "currency"):
            title = self.table.header[self.columns["currency"]]
            return f'correct the mark, or the currency in column "{title}"'
        if code != self.customs.rates.company and code != self.amounts_in:
            return f"correct the mark, or write the amount in {code}"  # a line is in its deal's currency
        where = self.customs.tree.place(("currency",)).shown
        company = f"currency: {usual} in {where} (init and inspect: --currency {usual})"
        remedy = f"correct the mark; or, if the company reports in {usual}, say so: {company}"
        if self.customs.table in CurrenciesFile.model_fields:
            alone = f"{self.customs.above}currencies: {{{self.customs.table}: {usual}}}"
            remedy += f"; if all amounts here are in {usual}: {alone}"
            remedy += "; if each row has its own, write codes in a column of currencies"
        return remedy

    def _setting(self, remedy: str, key: Setting, found: str) -> str:
        """Say in which file a setting of the data belongs; where other cells told it, this one is wrong."""
        if f"data.{key}" not in remedy:
            return remedy
        said = self.customs.decimal if key == "decimal" else self.customs.order
        if said is None and found != "ymd":
            return f"the column has {WAYS[found]} elsewhere: correct this one"
        return self.customs.placed(remedy, key)


def opened_cells(table: Table, columns: Mapping[str, int], customs: Customs, problems: Problems) -> Cells:
    """Return the cells of a table, once it is found out how its columns are written.

    Adds what stays open, and what forbids to read one of the columns.
    """
    found = written(table, columns, customs)
    flaws = table.flaws_of(columns.values())
    problems.found.extend([*flaws, *found.problems, *scaled_titles(table, columns)])
    return Cells(table, columns, customs, problems, found)


def read_number(text: str, mark: Mark) -> float | None:
    """Return a plain number, None for anything else; a per cent sign is passed over."""
    text = text.removesuffix("%").strip()
    if "_" in text or (mark == "," and "." in text):
        return None
    try:
        value = float(text.replace(mark, "."))
    except ValueError:
        return None
    return value if math.isfinite(value) else None


def find_columns(
    table: Table, kind: str, named: Mapping[str, str], known: tuple[str, ...], needed: tuple[str, ...],
    tree: Tree, problems: Problems,
) -> dict[str, int]:  # fmt: skip
    """Return the index of each of our columns: under the name given to it, else under its own.

    Args:
        table: whose header is searched.
        kind: `deals`, `invoices` and so on, the key under data.columns.
        named: ours: theirs.
        known: our columns.
        needed: those that may not be missing.
        tree: for places.
        problems: takes names that are not there.
    """
    found = {}
    for ours in known:
        theirs = named.get(ours, ours)
        at = table.column(theirs)
        where = tree.place(("data", "columns", kind, ours)).shown
        if at is not None:
            found[ours] = at
        elif ours in named:
            remedy = f"data.columns.{kind}.{ours} in {where}"
            remedy = f"{did_you_mean(theirs, table.header)} {remedy}".strip()
            problems.add(
                Problem("D007", "there is no such column", table.name, 1, value=theirs, remedy=remedy)
            )
        elif ours in needed:
            close = nearest(ours, table.header) or with_words_of(ours, table.header)
            example = close or "…"
            remedy = f'say which column it is: data.columns.{kind}.{ours}: "{example}" in {where}'
            message = f"there is no column {ours}"
            problems.add(
                Problem("D006", message, table.name, 1, value=", ".join(table.header), remedy=remedy)
            )
    return found
