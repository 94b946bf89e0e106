"""Put the documents of each invoice together: what it is worth, what was paid of it when, what is left."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field, replace
from itertools import count
from typing import Final

from simulator.loading.documents import Document
from simulator.scenario.quality import CREDITED, IN_PART, OPEN, PAID, PAYMENT

EVER: Final = 2**40
"""The day by which everything is known."""
OF_NONE: Final[Mapping[str, str]] = {"credit note": "W073", "payment": "W074"}
"""What leaves out a document that settles nothing."""
EARLY, LATER, PRESUMED, TOO_MUCH = "W021", "W022", "W076", "W077"
"""Rules by which invoices are used: paid too early, paid later, paid on no told day, settled beyond all."""


@dataclass(frozen=True, slots=True)
class Part:
    """What is open of an invoice, or what was paid of it on one day; money in minor units.

    Attributes:
        id: of the invoice, with a number after it where the invoice has several parts.
        of: the document that tells of it.
        amount: with tax, ≥ 0.
        tax: in it.
        paid: day of payment, ordinal, None while it is open.
        is_told: whether that day is told, and not presumed.
    """

    id: str
    of: Document
    amount: int
    tax: int
    paid: int | None
    is_told: bool = True


@dataclass(frozen=True)
class Settled:
    """The invoices of a table.

    Attributes:
        parts: of all of them.
        fates: what each row is used as, or the rule that leaves it out.
        rules: by which rows are used: rule, row and the money concerned.
    """

    parts: list[Part] = field(default_factory=list)
    fates: dict[int, str] = field(default_factory=dict)
    rules: list[tuple[str, int, int]] = field(default_factory=list)


def settle(
    documents: Sequence[Document], is_part: Callable[[Document, Document], bool], today: int, until: int
) -> Settled:
    """Return what was paid of each invoice by a day, and what is open then.

    An invoice is worth its amount less credit notes. What is told to be open is open; where nothing is told,
    all that no payment covers is, unless the invoice has a day of payment. The rest was paid on that day, or
    else, as no day is told, on the day when it was due, `today` at the latest.

    Args:
        documents: rows; invoices have their days.
        is_part: asked of an invoice and of another row with its id: whether that is a further part of it.
        today: ordinal.
        until: ordinal, `EVER` for all that is told; what was paid or credited later is not known.
    """
    found, groups = Settled(), dict[str, list[_Piece]]()
    for one in documents:
        if not one.settles:
            _gather(groups.setdefault(one.id, []), one, is_part)
    settling = _settling([one for one in documents if one.settles], groups, found, until)
    for identity, pieces in groups.items():
        names, off = _names(identity, groups.keys()), settling[identity]
        for piece in pieces:
            parts = _parts(piece, off, found, today, until)
            found.parts.extend(replace(part, id=next(names)) for part in parts)
        if off.credited or off.payments:
            rest = off.credited + sum(amount for _, amount in off.payments)
            found.rules.append((TOO_MUCH, pieces[0].rows[0], rest))
    return found


@dataclass
class _Piece:
    """An invoice, or those of its rows that are written, due and paid on the same days."""

    document: Document
    rows: list[int]


@dataclass
class _Off:
    """What has not yet been taken off an invoice: credit, payments by day, and what was paid after all."""

    credited: int = 0
    payments: list[tuple[int | None, int]] = field(default_factory=list)
    later: int = 0


def _gather(pieces: list[_Piece], one: Document, is_part: Callable[[Document, Document], bool]) -> None:
    """Add a row to those of its invoice."""
    for piece in pieces if one.kind == "part" else ():
        first = piece.document
        if (first.kind, first.written, first.due, first.paid) == ("part", one.written, one.due, one.paid):
            total, tax = first.amount + one.amount, first.tax + one.tax
            piece.document = replace(first, amount=total, tax=tax)
            piece.rows.append(one.row)
            return
    if not pieces or one.kind == "part" or is_part(pieces[0].document, one):
        pieces.append(_Piece(one, [one.row]))


def _settling(
    documents: Sequence[Document], groups: Mapping[str, list[_Piece]], found: Settled, until: int
) -> dict[str, _Off]:
    """Return what settles each invoice, by its id; what settles none that there is, or later, is left out."""
    result = {identity: _Off() for identity in groups}
    for one in documents:
        day = one.paid if one.paid is not None else one.written
        off, pieces = result.get(one.id), groups.get(one.id, ())
        if off is None or all(piece.document.currency != one.currency for piece in pieces):
            found.fates[one.row] = OF_NONE[one.kind]
        elif day is not None and day > until:
            found.fates[one.row] = OF_NONE[one.kind]
            off.later += one.amount
        elif one.kind == "credit note":
            found.fates[one.row] = CREDITED
            off.credited += one.amount
        else:
            found.fates[one.row] = PAYMENT
            off.payments.append((day, one.amount))
    for off in result.values():
        off.payments.sort(key=lambda paid: (paid[0] is None, paid[0] or 0))
    return result


def _parts(piece: _Piece, off: _Off, found: Settled, today: int, until: int) -> list[Part]:
    """Return what is open of an invoice and what was paid of it; `off` keeps what it does not take."""
    one, row = piece.document, piece.rows[0]
    if one.amount < 0:  # more was taken off line by line than was charged
        found.fates.update(dict.fromkeys(piece.rows, OF_NONE["credit note"]))
        return []
    worth = one.amount - _credited(one, off)
    stated = _stated(one)
    still_open = 0 if stated is None else min(stated + off.later, worth)
    paid = list(_paid(off, worth - still_open))
    rest = worth - still_open - sum(amount for _, amount in paid)
    if one.paid is not None and one.paid > until:
        found.rules.append((LATER, row, rest))
        still_open, rest = still_open + rest, 0
    elif one.paid is None and stated is None:
        still_open, rest = still_open + rest, 0
    if rest or (one.paid is not None and one.paid <= until and not one.amount):
        paid.append((one.paid, rest))
    if any(day is not None and one.written is not None and day < one.written for day, _ in paid):
        found.rules.append((EARLY, row, one.amount))
    if undated := sum(amount for day, amount in paid if day is None):
        found.rules.append((PRESUMED, row, undated))
    found.fates.update(dict.fromkeys(piece.rows, _fate(one, still_open, bool(paid))))
    presumed = min(max(one.due or 0, one.written or 0), max(today, one.written or 0))
    shares = [(None, still_open)] if still_open or (not paid and not one.amount) else []
    days = [*shares, *((presumed if day is None else day, amount) for day, amount in paid)]
    told = [*(True for _ in shares), *(day is not None for day, _ in paid)]
    return [
        Part("", one, amount, tax, day, is_told)
        for (day, amount), tax, is_told in zip(days, _taxes(one, [a for _, a in days]), told, strict=True)
    ]


def _credited(one: Document, off: _Off) -> int:
    """Return what is taken off an invoice without being paid: by credit notes, or as its balance tells."""
    told = 0
    if one.paid_amount is not None and one.open_amount is not None:
        told = max(one.amount - one.paid_amount - one.open_amount, 0)
    noted = min(off.credited, one.amount)
    off.credited -= noted
    return max(noted, told)


def _stated(one: Document) -> int | None:
    """Return what the table says is open of an invoice, None where it does not say."""
    if one.open_amount is None and one.paid_amount is not None:
        return max(one.amount - one.paid_amount, 0)
    return one.open_amount


def _paid(off: _Off, most: int) -> Iterator[tuple[int | None, int]]:
    """Take payments off what is to be paid, the first ones first."""
    while off.payments and most:
        day, amount = off.payments[0]
        taken = min(amount, most)
        most -= taken
        yield day, taken
        off.payments[0] = day, amount - taken
        if taken == amount:
            del off.payments[0]


def _fate(one: Document, still_open: int, is_paid: bool) -> str:
    if still_open:
        return IN_PART if is_paid else OPEN
    return PAID if is_paid else CREDITED if one.amount else OPEN


def _taxes(one: Document, amounts: Sequence[int]) -> list[int]:
    """Return the tax in each part of an invoice; parts that are the whole of it have the whole of its tax."""
    taxes, before = [], 0
    for amount in amounts:
        until_before, until_now = (
            one.tax * part // one.amount if one.amount else 0 for part in (before, before + amount)
        )
        taxes.append(until_now - until_before)
        before += amount
    return taxes


def _names(identity: str, taken: AbstractSet[str]) -> Iterator[str]:
    """Yield a name for each part of an invoice: its id, then the id with a number."""
    yield identity
    for number in count(2):
        if (name := f"{identity}/{number}") not in taken:
            yield name
