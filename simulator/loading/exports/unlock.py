"""Say which columns and reports would let more be learned from a company's systems."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

from simulator.history import OPEN
from simulator.loading.exports.export import Export

ENOUGH_DEALS: Final = 50
ENOUGH_DAYS: Final = 182
"""The article's rule of thumb: six months and more than 50 deals."""
_STAGE_TIMES: Final[Mapping[str, str]] = {
    "hubspot": 'add the columns Date entered "…", one for each stage',
    "salesforce": "add the report Opportunity History: --history FILE of fit",
}
_PAID: Final[Mapping[str, str]] = {
    "xero": "the report Receivable Invoice Detail, or the invoices with their payments",
    "quickbooks": "the report Invoices and Received Payments",
    "netsuite": "a saved search of invoices with Date Closed",
    "sap": "line items with cleared ones and their clearing date",
}


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
    cells, system = export.cells, export.preset.name if export.preset else ""
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
    if not cells.has("created"):
        yield "add the day of creation: how many new deals come, and how long deals take, is learned from it"
    if not (export.preset and export.preset.log):
        add = _STAGE_TIMES.get(system, "give a log of stages too (deal, stage, day of entering) to fit")
        yield f"{add}: how long deals stay in each stage, and how many go on, is learned from it"
    if not cells.has("entered_stage"):
        yield "add the day on which the deal entered its present stage: old deals close less often"
    if not cells.has("probability"):
        yield "add the CRM's percentage: the forecast then says why it differs from the CRM's number"
    if not cells.has("expected_close"):
        yield "add the expected close date: it tells when open deals are signed, as far as such dates held"
    if not cells.has("customer"):
        yield "add the customer: invoices and large customers are told apart by it"


def _for_invoices(export: Export) -> Iterator[str]:
    cells, system = export.cells, export.preset.name if export.preset else ""
    paid = cells.has("paid_date") and any(cells.text(row, "paid_date") for row in cells.rows())
    if not paid:
        report = _PAID.get(system, "a report with the day of payment, of the last two years")
        yield f"give {report}: how late customers pay is learned from it"
    if not cells.has("deal"):
        yield "add the deal of each invoice: what is invoiced already is then not forecast again"
    if not cells.has("customer"):
        yield "add the customer: who pays late is learned customer by customer"
    if not cells.has("tax"):
        yield "add the tax: amounts with tax are money in the bank, but no revenue"


def _for_events(export: Export) -> Iterator[str]:
    yield "give the table of deals too, simulator init DIR --from DEALS: a log alone has no amounts"
    if not export.cells.has("amount"):
        yield "add the amount at each change: how amounts move until signature is learned from it"
