"""Find what a deal is made of: its lines, or its product, or the mix of its segment."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Final

from simulator.errors import did_you_mean
from simulator.loading.cells import Cells
from simulator.loading.notes import Notes, counted
from simulator.money import minor_digits
from simulator.products import NO_PRODUCT, WHOLE, Line, Product
from simulator.scenario.money_model import SHORTEST_TERM

NEEDED: Final = ("deal", "amount")
GUESSES: Final = 10
"""Misspelt deals for which a name is sought among all; each search takes as long as there are deals."""


class Lines:
    """Finds the lines of deals.

    Attributes:
        deals: the table of deals.
        table: the table of lines, or None.
        catalogue: reads names of products.
        mixes: of each segment, what deals are made of that name no product.
        as_of: day 0.
        notes: takes what does not fit together.
        unnamed: money of open deals that name no product, where products are given, contract minor units.
    """

    def __init__(
        self, deals: Cells, table: Cells | None, products: Sequence[Product],
        mixes: Sequence[tuple[Line, ...]], as_of: date, notes: Notes,
    ) -> None:  # fmt: skip
        self.deals, self.table, self.mixes, self.as_of, self.notes = deals, table, mixes, as_of, notes
        self.products = tuple(products)
        self.known = {product.name.casefold(): i for i, product in enumerate(products)}
        self.unnamed: list[tuple[int, str]] = []
        self._rows: dict[str, list[int]] = {}
        self._made: dict[tuple[object, ...], tuple[Line, ...]] = {}
        self._unequal: list[tuple[float, float]] = []
        for row in range(len(table) if table is not None else 0):
            self._rows.setdefault(self._deal_of(row), []).append(row)

    def of_open(
        self, row: int, segment: int, amount: int, currency: str, as_exported: bool
    ) -> tuple[Line, ...]:
        """Return the lines of an open deal; a product that is not known becomes a problem.

        Args:
            row: of the deal.
            segment: index.
            amount: minor units.
            currency: ISO code.
            as_exported: whether its dates were known at as-of.
        """
        lines = self._lines(row, segment, amount, currency, as_exported, strict=True)
        own = self._rows.get(self.deals.text(row, "id"), ())
        for number, line in enumerate(lines):
            if line.product == NO_PRODUCT and self.products:
                self.unnamed.append((int(amount * line.share), currency))
            if own and self.table is not None:
                self._check_term(self.table, own[number], "months", line)
            else:
                self._check_term(self.deals, row, "service_months", line)
        return lines

    def of_won(self, row: int, segment: int, amount: int, currency: str, strict: bool) -> tuple[Line, ...]:
        """Return the lines of a won deal; with `strict` a product that is not known becomes a problem."""
        return self._lines(row, segment, amount, currency, True, strict)

    def check(self) -> None:
        """Add a problem for each line whose deal is not in the table, and say whose sums differ."""
        if self.table is None:
            return
        ids = {self.deals.text(row, "id") for row in range(len(self.deals))}
        unknown = [deal for deal in self._rows if deal and deal not in ids]
        for number, deal in enumerate(unknown):
            remedy = did_you_mean(deal, tuple(ids)) if number < GUESSES else None
            for row in self._rows[deal]:
                self.table.complain("D031", "there is no such deal", row, "deal", deal, remedy)
        if self._unequal:
            theirs, ours = (round(sum(sums)) for sums in zip(*self._unequal, strict=True))
            code = self.notes.rates.company
            texts = [f"{Decimal(money).scaleb(-minor_digits(code)):,}" for money in (theirs, ours)]
            text = (
                f"lines of {counted(len(self._unequal), 'deal')} add to {texts[0]} {code}, the deals to "
                f"{texts[1]}: each line counts with its share of the deal"
            )
            self.notes.add("W030", text, ours)

    def product(self, cells: Cells, row: int, strict: bool = True) -> int:
        """Return the index of the product that a row names, `NO_PRODUCT` where it names none that is known.

        Without products in the scenario the column is for people only.
        """
        name = cells.text(row, "product")
        if not name or not self.products:
            return NO_PRODUCT
        found = self.known.get(name.casefold())
        if found is None and strict:
            names = [product.name for product in self.products]
            remedy = did_you_mean(name, names, "products: " + ", ".join(names))
            cells.complain("D030", "there is no such product", row, "product", name, remedy)
        elif found is None:
            money = cells.money(row, needed=False) if cells is self.deals else None
            self.notes.count("W038", cells, row, money)
        return NO_PRODUCT if found is None else found

    def _deal_of(self, row: int) -> str:
        assert self.table is not None
        deal = self.table.text(row, "deal")
        if not deal:
            self.table.complain("D008", "the line names no deal", row, "deal")
        return deal

    def _lines(
        self, row: int, segment: int, amount: int, currency: str, dated: bool, strict: bool
    ) -> tuple[Line, ...]:
        cells = self.deals
        months = cells.months(row, "service_months")
        start = self._day(cells, row, "service_start") if dated else None
        delivery = self._day(cells, row, "delivery") if dated else None
        own = self._rows.get(cells.text(row, "id"))
        if own:
            return self._of_table(own, Line(NO_PRODUCT, Fraction(1), months, start, delivery),
                                  amount, currency, strict)  # fmt: skip
        product = self.product(cells, row, strict)
        named = product != NO_PRODUCT or bool(cells.text(row, "product"))
        key = (product if named else segment, named, months, start, delivery)
        if key not in self._made:
            lines = (Line(product),) if named else self.mixes[segment] if self.mixes else WHOLE
            self._made[key] = tuple(
                replace(line, months=months, start_day=start, delivery_day=delivery) for line in lines
            )
        return self._made[key]

    def _of_table(
        self, rows: list[int], common: Line, amount: int, currency: str, strict: bool
    ) -> tuple[Line, ...]:
        """Return the lines that a table gives a deal; what they leave open is as in the deal.

        They stand in the order of products, starts, months and shares, and their rows with them: draws and
        cents must not hang on the order of a table.
        """
        table = self.table
        assert table is not None
        amounts = [table.minor(row, "amount", currency) for row in rows]
        parts = [a for a in amounts if a is not None]
        total = sum(parts)
        if len(parts) < len(rows):
            return WHOLE
        if total == 0 and amount:
            message = f"the lines of deal {table.text(rows[0], 'deal')} add to nothing"
            table.complain("D023", message, rows[0], "amount", table.text(rows[0], "amount"))
            return WHOLE
        if total != amount:
            table.repaired.setdefault("W030", []).extend(rows)
            self._unequal.append((self.notes.minor((total, currency)), self.notes.minor((amount, currency))))
        shares = [Fraction(part, total) if total else Fraction(1, len(rows)) for part in parts]
        found = []
        for row, share in zip(rows, shares, strict=True):
            start = self._day(table, row, "start")
            line = Line(
                self.product(table, row, strict),
                share,
                table.months(row, "months") or common.months,
                common.start_day if start is None else start,
                common.delivery_day,
            )
            found.append((line, row))
        found.sort(key=lambda pair: _place(pair[0]))
        rows[:] = [row for _, row in found]
        return tuple(line for line, _ in found)

    def _check_term(self, cells: Cells, row: int, column: str, line: Line) -> None:
        """Refuse a term of a renewed product that is too short to be followed."""
        if line.product == NO_PRODUCT or not 0 < line.months < SHORTEST_TERM:
            return
        product = self.products[line.product]
        if product.renewal is not None:
            message = f"{product.name} is renewed, so its term has at least {SHORTEST_TERM} months"
            cells.complain("D035", message, row, column, str(line.months))

    def _day(self, cells: Cells, row: int, column: str) -> int | None:
        day = cells.day(row, column)
        return None if day is None else day.toordinal() - self.as_of.toordinal()


def _place(line: Line) -> tuple[int, int, int, Fraction]:
    return line.product, 0 if line.start_day is None else line.start_day, line.months, line.share
