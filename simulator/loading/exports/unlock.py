"""Say which columns and reports would let more be learned from a company's systems."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

from simulator.history import OPEN
from simulator.loading.exports.export import Export

ENOUGH_DEALS: Final = 50
ENOUGH_DAYS: Final = 182
"""The article's rule of thumb: six months and more than 50 deals."""
_OF_DEALS: Final = {
    "created": "add the day of creation: how many deals come, and how long they take, is learned from it",
    "entered_stage": "add the day on which the deal entered its present stage: old deals close less often",
    "probability": "add the CRM's percentage: the forecast then says why it differs from the CRM's number",
    "expected_close": "add the expected close date: it tells when open deals are signed, as far as it held",
    "customer": "add the customer: invoices and large customers are told apart by it",
}
_OF_INVOICES: Final = {
    "paid_date": "give a report with the day of payment: how late customers pay is learned from it",
    "deal": "add the deal of each invoice: what is invoiced already is then not forecast again",
    "customer": "add the customer: who pays late is learned customer by customer",
    "tax": "add the tax: amounts with tax are money in the bank, but no revenue",
}
"""What is worth adding, by our column that is missing."""


def unlocking(export: Export) -> tuple[str, ...]:
    """Return what would unlock more, in plain words, the most useful first."""
    found = {"deals": _for_deals, "invoices": _for_invoices, "events": _for_events}[export.kind]
    return tuple(found(export))


def enough_history(export: Export) -> bool:
    """Tell whether there are closed deals enough to learn from: more than 50, over six months."""
    days = _closed_days(export)
    return len(days) > ENOUGH_DEALS and days[-1] - days[0] >= ENOUGH_DAYS


def _closed_days(export: Export) -> list[int]:
    cells = export.cells
    closed = (cells.day(row, "closed") for row in cells.rows() if export.outcomes[row] != OPEN)
    return sorted(day.toordinal() for day in closed if day is not None)


def _for_deals(export: Export) -> Iterator[str]:
    cells = export.cells
    closed = [row for row in cells.rows() if export.outcomes[row] != OPEN]
    if not closed:
        yield "export closed deals too, won and lost: percentages, times and new deals are learned from them"
    elif not cells.has("closed"):
        yield "add the day of closing: without it no won deal counts, and nothing can be learned"
    elif not enough_history(export):
        yield (
            f"export more closed deals: percentages are learned from more than {ENOUGH_DEALS} over six "
            f"months (here {len(_closed_days(export)):,})"
        )
    yield from _wanted(export, _OF_DEALS)
    if not (export.preset and export.preset.log):
        yield "give a log of stages too (deal, stage, day of entering): it tells how long deals stay in each"


def _for_invoices(export: Export) -> Iterator[str]:
    cells = export.cells
    yield from _wanted(export, _OF_INVOICES)
    if cells.has("paid_date") and not any(cells.text(row, "paid_date") for row in cells.rows()):
        yield "export paid invoices too, of the last two years: how late customers pay is learned from them"


def _for_events(export: Export) -> Iterator[str]:
    yield "give the table of deals too, simulator init DIR --from DEALS: a log alone makes no forecast"
    if not export.cells.has("amount"):
        yield "add the amount at each change: how amounts move until signature is learned from it"


def _wanted(export: Export, wanted: Mapping[str, str]) -> Iterator[str]:
    """Yield what columns that are missing would tell; a system has its own words for them."""
    own = export.preset.unlocks if export.preset else {}
    for ours, text in ({**wanted, **own}).items():
        if not export.cells.has(ours):
            yield text
