"""List what happens in a trial day by day."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from simulator.analysis.replay.payload import KINDS


class Event(NamedTuple):
    """Something that happens on a day.

    Attributes:
        day: ISO.
        what: `begins`, `enters`, `won`, `lost`, `signed`, `term ends`, `invoice`, `paid`, `written off`, …
        detail: stage or product.
        amount: major units, None where there is none.
        currency: of the amount.
        due: day on which an invoice is due, "" of all else.
    """

    day: str
    what: str
    detail: str = ""
    amount: float | None = None
    currency: str = ""
    due: str = ""


def events(owner: Mapping[str, Any]) -> list[Event]:
    """Return what happens to an owner, in order of days; of one day as one thing follows from another."""
    found = [*_walk(owner), *_contract(owner), *_money(owner)]
    return sorted(found, key=lambda event: event.day)


def event_rows(payload: Mapping[str, Any]) -> Iterator[tuple[Any, ...]]:
    """Yield replay.csv: one thing that happens a row, the header first."""
    yield "kind", "id", "name", "segment", "day", "event", "detail", "due", "amount", "currency"
    for kind, place in KINDS.items():
        for owner in payload[place]:
            whose = kind, owner["id"], owner["name"], owner["segment"] or ""
            for event in events(owner):
                amount = "" if event.amount is None else event.amount
                yield *whose, event.day, event.what, event.detail, event.due, amount, event.currency


def _walk(owner: Mapping[str, Any]) -> Iterator[Event]:
    for number, attempt in enumerate(owner.get("attempts", [])):
        if attempt["began"] is not None:
            yield Event(attempt["began"], "comes back" if number else "begins", attempt["entered"])
        for move in attempt["moves"]:
            yield Event(move["day"], "enters", move["stage"])
        if attempt["day"] is not None:
            stage = attempt["last_stage"] or owner.get("stage") or ""
            yield Event(attempt["day"], attempt["outcome"], stage if attempt["outcome"] == "lost" else "")


def _contract(owner: Mapping[str, Any]) -> Iterator[Event]:
    for end in owner["terms_ended"]:
        yield Event(end["day"], "term ends", "renewed" if end["renewed"] else "not renewed")
    for line in owner["signatures"]:
        product = line["product"] or ""
        yield Event(line["day"], "signed", product, line["amount"], line["currency"])
    if owner["insolvent"] is not None:
        yield Event(owner["insolvent"], "customer insolvent")


def _money(owner: Mapping[str, Any]) -> Iterator[Event]:
    for invoice in owner["invoices"]:
        code, product = invoice["currency"], invoice["product"] or ""
        yield Event(invoice["day"], "invoice", product, invoice["amount"], code, invoice["due"])
        if invoice["paid_day"] is None:
            continue
        if invoice["paid"]:
            yield Event(invoice["paid_day"], "paid", product, invoice["paid"], code)
        if invoice["taken_off"]:
            yield Event(invoice["paid_day"], "taken off", product, invoice["taken_off"], code)
        if invoice["written_off"]:
            yield Event(invoice["paid_day"], "written off", product, invoice["written_off"], code)
