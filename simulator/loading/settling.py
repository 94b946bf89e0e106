"""Put the documents of each invoice together: what it is worth, what was paid of it when, what is left."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import field, replace
from itertools import count
from typing import Final

from simulator.loading.documents import Document
from simulator.records import dataclass
from simulator.scenario.quality import CREDITED, IN_PART, OPEN, PAID, PAYMENT

EVER: Final = 2**40
"""The day by which everything is known."""
OF_NONE: Final[Mapping[str, str]] = {"credit note": "W073", "payment": "W074"}
"""What leaves out a document that settles nothing."""
USED: Final[Mapping[str, str]] = {"credit note": CREDITED, "payment": PAYMENT}
"""What a document that settles something is used as."""
EARLY, LATER, PRESUMED, TOO_MUCH = "W021", "W022", "W076", "W077"
"""Rules by which invoices are used: paid too early, paid later, paid on no told day, settled beyond all."""
ON_ACCOUNT, BEYOND = "W082", "W083"
"""Rules by which money on account is used: off the customer's oldest invoices, and what exceeds them."""
_Money = tuple[int | None, int, int]
"""What settles an invoice: its day, what is left of it, and its row."""


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
        rest: by rule, what it leaves out of rows that are used: money by row.
    """

    parts: list[Part] = field(default_factory=list)
    fates: dict[int, str] = field(default_factory=dict)
    rules: list[tuple[str, int, int]] = field(default_factory=list)
    rest: dict[str, dict[int, int]] = field(default_factory=dict)


def settle(
    documents: Sequence[Document], is_part: Callable[[Document, Document], bool], today: int, until: int
) -> Settled:
    """Return what was paid of each invoice by a day, and what is open then.

    An invoice is worth its amount less credit notes. What is told to be open is open; where nothing is told,
    all that no payment covers is, unless the invoice has a day of payment. The rest was paid on that day, or
    else, as no day is told, on the day when it was due, `today` at the latest. Money on account, which is on
    no single invoice, is then taken off what its customer has open in its currency, oldest due first.

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
    settling, account = _settling([one for one in documents if one.settles], groups, found, until)
    for identity, pieces in groups.items():
        off = settling[identity]
        for piece in pieces:
            if piece.document.amount < 0:  # more was taken off line by line than was charged
                account.append(_Piece(_as_credit(piece.document), piece.rows))
            else:
                _balance(piece, off, found, until)
        if rest := off.rest:
            found.rules.append((TOO_MUCH, pieces[0].rows[0], sum(rest.values())))
            found.rest.setdefault(TOO_MUCH, {}).update(rest)
    _take_off(account, [piece for pieces in groups.values() for piece in pieces], found)
    for identity, pieces in groups.items():
        names = _names(identity, groups.keys())
        for piece in pieces:
            if piece.document.amount >= 0:
                found.parts.extend(replace(part, id=next(names)) for part in _parts(piece, found, today))
    return found


@dataclass
class _Piece:
    """An invoice, or those of its rows that are written, due and paid on the same days, and what came of it.

    Attributes:
        document: its rows together.
        rows: of the table.
        still_open: what is to be paid.
        paid: what was paid of it, each with its day, None where not told.
        on_account: what was taken off it of payments that name no invoice, likewise.
    """

    document: Document
    rows: list[int]
    still_open: int = 0
    paid: list[tuple[int | None, int]] = field(default_factory=list)
    on_account: list[tuple[int | None, int]] = field(default_factory=list)


@dataclass
class _Off:
    """What has not yet been taken off an invoice, and what was settled after all.

    Attributes:
        credits: day, amount and row of each credit note.
        payments: of each payment, the first ones first.
        later: sum of what is not known yet.
    """

    credits: deque[_Money] = field(default_factory=deque)
    payments: deque[_Money] = field(default_factory=deque)
    later: int = 0

    @property
    def rest(self) -> dict[int, int]:
        """What is left of each, by row, where anything is."""
        return {row: amount for _, amount, row in (*self.credits, *self.payments) if amount}


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
) -> tuple[dict[str, _Off], list[_Piece]]:
    """Return what settles each invoice, by its id, and what settles none; later ones are left out."""
    result, account = {identity: _Off() for identity in groups}, []
    for one in documents:
        day = _day(one)
        off, pieces = result.get(one.id), groups.get(one.id, ())
        if all(piece.document.currency != one.currency for piece in pieces):
            off = None
        if day is not None and day > until:
            found.fates[one.row] = OF_NONE[one.kind]
            if off is not None:
                off.later += one.amount
        elif off is None:
            account.append(_Piece(one, [one.row]))
        elif one.kind == "credit note":
            found.fates[one.row] = USED[one.kind]
            off.credits.append((day, one.amount, one.row))
        else:
            found.fates[one.row] = USED[one.kind]
            off.payments.append((day, one.amount, one.row))
    for off in result.values():
        off.payments = deque(sorted(off.payments, key=lambda paid: (paid[0] is None, paid[0] or 0)))
    return result, account


def _day(one: Document) -> int | None:
    """Return the day on which a document settles something, None where none is told."""
    return one.paid if one.paid is not None else one.written


def _as_credit(one: Document) -> Document:
    """Return an invoice below zero as the credit note that it is."""
    return replace(one, kind="credit note", amount=-one.amount)


def _balance(piece: _Piece, off: _Off, found: Settled, until: int) -> None:
    """Set what is open of an invoice and what was paid of it; `off` keeps what it does not take."""
    one = piece.document
    worth = one.amount - _credited(one, off)
    stated = _stated(one)
    still_open = 0 if stated is None else min(stated + off.later, worth)
    paid = list(_taken(off.payments, worth - still_open))
    rest = worth - still_open - sum(amount for _, amount in paid)
    if one.paid is not None and one.paid > until:
        found.rules.append((LATER, piece.rows[0], rest))
        still_open, rest = still_open + rest, 0
    elif one.paid is None and stated is None:
        still_open, rest = still_open + rest, 0
    if rest or (one.paid is not None and one.paid <= until and not one.amount):
        paid.append((one.paid, rest))
    piece.still_open, piece.paid = still_open, paid


def _take_off(account: Sequence[_Piece], pieces: Sequence[_Piece], found: Settled) -> None:
    """Take money on account off what its customers have open in its currency, the oldest due first."""
    owed: dict[tuple[str, str], deque[_Piece]] = {}
    netted = set()
    for piece in sorted(pieces, key=lambda piece: (piece.document.due or 0, piece.document.written or 0)):
        if piece.still_open:
            whose = piece.document.customer, piece.document.currency
            owed.setdefault(whose, deque()).append(piece)
            if _stated(piece.document) is not None:
                netted.add(whose)
    for money in sorted(account, key=lambda money: _day(money.document) or 0):
        one = money.document
        whose = one.customer, one.currency
        its = owed.get(whose, deque())
        rest = unused = _unused(one, whose in netted)
        while rest and its:
            piece = its[0]
            taken = min(rest, piece.still_open)
            piece.still_open -= taken
            rest -= taken
            if one.kind == "payment":
                piece.on_account.append((_day(one), taken))
            if not piece.still_open:
                its.popleft()
        found.fates.update(dict.fromkeys(money.rows, (USED if rest < unused else OF_NONE)[one.kind]))
        if rest < unused:
            found.rules.append((ON_ACCOUNT, money.rows[0], unused - rest))
            if rest:
                found.rules.append((BEYOND, money.rows[0], rest))
                found.rest.setdefault(BEYOND, {})[money.rows[0]] = rest


def _unused(one: Document, is_netted: bool) -> int:
    """Return what of a document without an invoice here is sure not to have been taken off any yet.

    That is what it tells as open of itself. Where it does not tell, and the customer's invoices tell what is
    open of them (`is_netted`), it may stand in these balances already; a credit note with a day of payment
    has been used, and a payment that names an invoice is on that one.
    """
    if (stated := _stated(one)) is not None:
        return min(stated, one.amount)
    is_used = bool(one.id) if one.kind == "payment" else one.paid is not None
    return 0 if is_used or is_netted else one.amount


def _parts(piece: _Piece, found: Settled, today: int) -> list[Part]:
    """Return what is open of an invoice and what was paid of it."""
    one, row, still_open = piece.document, piece.rows[0], piece.still_open
    if any(day is not None and one.written is not None and day < one.written for day, _ in piece.paid):
        found.rules.append((EARLY, row, one.amount))
    paid = [*piece.paid, *piece.on_account]
    if undated := sum(amount for day, amount in paid if day is None):
        found.rules.append((PRESUMED, row, undated))
    found.fates.update(dict.fromkeys(piece.rows, _fate(one, still_open, bool(paid))))
    presumed = min(max(one.due or 0, one.written or 0), max(today, one.written or 0))
    shares = [(None, still_open)] if still_open or (not paid and not one.amount) else []
    days = [*shares, *((presumed if day is None else day, amount) for day, amount in paid)]
    told = [
        *(True for _ in shares),
        *(day is not None for day, _ in piece.paid),
        *(False for _ in piece.on_account),  # nothing is learned from a day that is that of no single invoice
    ]
    return [
        Part("", one, amount, tax, day, is_told)
        for (day, amount), tax, is_told in zip(days, _taxes(one, [a for _, a in days]), told, strict=True)
    ]


def _credited(one: Document, off: _Off) -> int:
    """Return what is taken off an invoice without being paid: by credit notes, or as its balance tells."""
    told = 0
    if one.paid_amount is not None and one.open_amount is not None:
        told = max(one.amount - one.paid_amount - one.open_amount, 0)
    noted = sum(amount for _, amount in _taken(off.credits, one.amount))
    return max(noted, told)


def _stated(one: Document) -> int | None:
    """Return what the table says is open of an invoice, None where it does not say."""
    if one.open_amount is None and one.paid_amount is not None:
        return max(one.amount - one.paid_amount, 0)
    return one.open_amount


def _taken(money: deque[_Money], most: int) -> Iterator[tuple[int | None, int]]:
    """Take credit notes or payments off, the first ones first, and yield the day and amount of each."""
    while money and most:
        day, amount, row = money.popleft()
        taken = min(amount, most)
        most -= taken
        if taken < amount:
            money.appendleft((day, amount - taken, row))
        yield day, taken


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
