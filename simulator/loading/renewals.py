"""Turn rows of contracts that will end into renewals that fall due inside the forecast."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple

import numpy as np

from simulator.loading.cells import Cells
from simulator.loading.deals import SegmentOf
from simulator.loading.lines import Lines
from simulator.loading.notes import Notes
from simulator.periods import Horizon
from simulator.products import NO_PRODUCT, Product
from simulator.renewals import Renewals
from simulator.scenario.money_model import LARGEST_UPLIFT, SHORTEST_TERM
from simulator.scenario.quality import DUE
from simulator.terms import DEFAULT_SERVICE_MONTHS

NEEDED: Final = ("id", "product", "amount", "due")


class _Row(NamedTuple):
    id: str
    customer: str
    customer_class: str
    segment: int
    product: int
    amount: int
    currency: str
    due_day: int
    chance: float
    uplift: float


def read_renewals(
    cells: Cells, segment_of: SegmentOf, lines: Lines, horizon: Horizon, notes: Notes
) -> Renewals:
    """Return the renewals due inside the forecast, sorted by id.

    Args:
        cells: the table.
        segment_of: finds a row's segment.
        lines: knows the products.
        horizon: of the forecast.
        notes: takes what is overdue, and what falls due later.
    """
    found, seen = [], dict[str, int]()
    for row in cells.rows():
        renewal = _renewal(cells, row, segment_of, lines, horizon)
        identity = cells.text(row, "id")
        if (identity and cells.is_twice(row, identity, seen)) or renewal is None:
            continue
        money = renewal.amount, renewal.currency
        if renewal.due_day > horizon.last_day:
            notes.count("W032", cells, row, money)
            continue
        if renewal.due_day < 1:
            notes.count("W031", cells, row, money)
        cells.fates[row] = DUE
        found.append(renewal._replace(due_day=max(renewal.due_day, 1)))
    return _columns(sorted(found))


def _columns(rows: Sequence[_Row]) -> Renewals:
    return Renewals(
        id=tuple(r.id for r in rows),
        customer=tuple(r.customer for r in rows),
        customer_class=tuple(r.customer_class for r in rows),
        segment=np.array([r.segment for r in rows], dtype=np.int64),
        product=np.array([r.product for r in rows], dtype=np.int64),
        amount=np.array([r.amount for r in rows], dtype=np.int64),
        currency=tuple(r.currency for r in rows),
        due_day=np.array([r.due_day for r in rows], dtype=np.int64),
        chance=np.array([r.chance for r in rows], dtype=np.float64),
        uplift=np.array([r.uplift for r in rows], dtype=np.float64),
    )


def _renewal(cells: Cells, row: int, segment_of: SegmentOf, lines: Lines, horizon: Horizon) -> _Row | None:
    """Return one row, None where it is wrong."""
    before = len(cells.problems.found)
    identity = cells.text(row, "id")
    if not identity:
        cells.complain("D008", "the row has no id", row, "id")
    segment, money, due = segment_of(row, True), cells.money(row), cells.day(row, "due")
    if due is None and not cells.text(row, "due"):
        cells.complain("D024", "the day on which it falls due is missing", row, "due")
    product = _product(cells, row, lines)
    chance, uplift = _chance(cells, row, product), _uplift(cells, row, product)
    if len(cells.problems.found) > before or money is None or due is None or segment < 0:
        return None
    customer = cells.text(row, "customer") or f"renewal {identity}"
    index = lines.known[cells.text(row, "product").casefold()]
    group, day = cells.text(row, "class"), horizon.day_of(due)
    return _Row(identity, customer, group, segment, index, *money, day, chance, uplift)


def _product(cells: Cells, row: int, lines: Lines) -> Product | None:
    """Return the product of a row, None with a problem where it has none that can be renewed."""
    name = cells.text(row, "product")
    if not name or not lines.products:
        remedy = "products: " + ", ".join(p.name for p in lines.products) if lines.products else None
        message = "a renewal is of a product of the scenario"
        cells.complain("D030", message, row, "product", name, remedy or "describe it under products")
        return None
    index = lines.product(cells, row)
    if index == NO_PRODUCT:
        return None
    product = lines.products[index]
    months = product.service_months or DEFAULT_SERVICE_MONTHS
    if months < SHORTEST_TERM:
        message = f"{name} has a term of {months} months: only {SHORTEST_TERM} and more are renewed"
        cells.complain("D035", message, row, "product", name)
    return product


def _chance(cells: Cells, row: int, product: Product | None) -> float:
    text = cells.text(row, "chance")
    if not text:
        if product is not None and product.renewal is None:
            message = f"the row gives no chance, and {product.name} no renewal"
            remedy = f"fill it in, or add renewal: {{chance: 0.9}} to products.{product.name}"
            cells.complain("D018", message, row, "chance", None, remedy)
        return 0.0 if product is None or product.renewal is None else product.renewal.chance
    value = cells.number(row, "chance")
    value = None if value is None else value / (100 if "%" in text else 1)
    if value is None or not 0 <= value <= 1:
        cells.complain("D018", "the chance is not from 0 to 1", row, "chance", text)
        return 0.0
    return value


def _uplift(cells: Cells, row: int, product: Product | None) -> float:
    text = cells.text(row, "uplift")
    if not text:
        return 0.0 if product is None or product.renewal is None else product.renewal.uplift
    value = cells.number(row, "uplift")
    value = None if value is None else value / (100 if "%" in text else 1)
    if value is None or not -1 < value <= LARGEST_UPLIFT:
        remedy = "write the rise of the price: 0.03 or 3% for 3 per cent"
        cells.complain("D036", "the uplift is no rise of a price", row, "uplift", text, remedy)
        return 0.0
    return value
