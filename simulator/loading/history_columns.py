"""Find the columns of a record under the names that other programs give them."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence, Set
from typing import Final

from simulator.loading.column_words import ABROAD
from simulator.loading.currency_columns import without_currency
from simulator.loading.documents import INSTEAD
from simulator.loading.funnels import EndNames
from simulator.loading.history_frame import COLUMNS, HistoryFrame, Kind
from simulator.loading.tables import Table
from simulator.records import dataclass

_DEAL: Final = (
    "dealid opportunityid oppid leadid caseid applicationid ticketid dealno dealnumber opportunityno"
    " opportunitynumber oppno opp opportunity deal"
)
_EXPECTED: Final = (
    "expectedclosedate expectedclosing estimatedclosedate estimatedclose estclosedate forecastclosedate"
    " closedateexpected expectedclosingdate"
)
_CUSTOMER: Final = (
    "customerid customername custnumber customernumber account accountname accountid company companyname"
    " associatedcompany client organization organisation"
)
_SYNONYMS: Final[Mapping[Kind, Mapping[str, tuple[str, str]]]] = {
    "events": {
        "deal": (_DEAL, "recordid id case key"),
        "stage": ("dealstage stagename tostage newstage pipelinestage stageto",
                  "newvalue status activity step phase state"),
        "entered_at": ("enteredat enteredstage stageentered enteredon changedat changedon changedate movedat"
                       " stagedate timestamp eventtime starttime completetime",
                       "lastmodified lastmodifieddate createddate datetime date time modified since"),
        "recorded_at": ("recordedat recordedon loggedat insertedat", ""),
        "amount": ("dealamount opportunityamount dealvalue", "value"),
        "expected_close": (_EXPECTED, "closedate"),
    },
    "deals": {
        "id": (_DEAL, "recordid id case key ref reference"),
        "name": ("dealname opportunityname", ""),
        "customer": (_CUSTOMER, "customer"),
        "class": ("customerclass", ""),
        "stage": ("dealstage stagename pipelinestage currentstage", "status phase state"),
        "amount": ("dealamount opportunityamount dealvalue contractvalue salesprice totalcontractvalue tcv"
                   " annualcontractvalue acv", "value price closevalue"),
        "currency": ("currencycode currencyisocode dealcurrency", ""),
        "created": ("createdat createdon createddate createdate datecreated creationdate openedat opendate"
                    " dateopened engagedate firstcontactdate leaddate createtime", "opened startdate"),
        "entered_stage": ("enteredstage stageentered enteredat laststagechangedate stagesince stagechangedat"
                          " stageenteredat", ""),
        "expected_close": (_EXPECTED, ""),
        "pushes": ("pushcount pushes", ""),
        "probability": ("winprobability", ""),
        "closed": ("closedat closedon closeddate dateclosed closedate closingdate actualclosedate closetime"
                   " wondate datewon wonat wonon", ""),
        "outcome": ("dealoutcome result iswon isconverted", "won converted"),
        "lost_reason": ("lostreason lossreason closedlostreason reasonlost", ""),
        "owner": ("salesrep salesagent dealowner opportunityowner ownername", ""),
    },
    "invoices": {
        "id": ("invoiceid invoicenumber invoiceno invoice docid documentnumber documentno", "id number"),
        "deal": (_DEAL, ""),
        "customer": (_CUSTOMER, "customer"),
        "class": ("customerclass", ""),
        "amount": ("invoiceamount grossamount totalamount invoicetotal totalopenamount", "gross total value"),
        "currency": ("currencycode invoicecurrency", ""),
        "invoice_date": ("invoicedate issuedate dateissued issuedon invoicedon documentcreatedate"
                         " documentdate billdate billingdate postingdate", "date"),
        "due_date": ("duedate dueindate netduedate dueon datedue", "due"),
        "paid_date": ("paiddate settleddate cleardate clearingdate paymentdate paidon datepaid datesettled"
                      " paidat", "settled paid"),
        "open_amount": ("amountdue balancedue amountopen openbalance amountoutstanding outstandingamount"
                        " outstandingbalance amountremaining remainingamount remainingbalance amountunpaid",
                        "balance outstanding open remaining unpaid"),
        "paid_amount": ("amountpaid amountreceived paidtodate totalpaid", "paid received payments"),
        "disputed": ("isdisputed", "dispute"),
    },
}  # fmt: skip
"""What each of our columns is called elsewhere, letters and digits only: plain names, and vague ones."""
DATES: Final[Mapping[Kind, tuple[str, ...]]] = {
    "events": ("entered_at", "recorded_at", "expected_close"),
    "deals": ("created", "entered_stage", "expected_close", "closed"),
    "invoices": ("invoice_date", "due_date", "paid_date"),
}
_MONEY: Final = ("open_amount", "paid_amount")
"""Columns of money under whose titles people also say yes or no, or a state."""
NEEDED: Final[Mapping[Kind, tuple[str, ...]]] = {
    "events": ("deal", "stage", "entered_at"),
    "deals": ("id",),
    "invoices": ("id", "amount", "invoice_date", "due_date"),
}
_STATE: Final = ("stage", "outcome", "created", "closed")
"""One of them makes a table with ids one of deals."""
_ENOUGH: Final = 2
"""Columns that are known in a table which fits no kind, so that it is worth a word what it lacks."""
_LOOKED_AT: Final = 1000
_DATE_LIKE = re.compile(r"\s*\d{1,4}[-./]\d{1,2}[-./]\d{1,4}.*", re.DOTALL)
_HALF: Final = 0.5
_FEW_IDS: Final = 0.8
"""A table in which so few rows have an id of their own tells of deals more than once."""


@dataclass(frozen=True)
class Match:
    """What a table is, and which of its columns is which of ours.

    Attributes:
        kind: of file.
        columns: index of each of ours.
    """

    kind: Kind
    columns: dict[str, int]


def match_columns(table: Table, frame: HistoryFrame) -> Match | None:
    """Return what kind of record a table is, None where it is none.

    What was mapped to a kind is of that kind. Else invoices are known by their two dates, a log by ids that
    stand more than once beside stages with a date, or by the lack of all other days; all else with an id and
    a state is a table of deals.
    """
    found = {kind: _columns(table, kind, frame) for kind in COLUMNS}
    fits = [kind for kind, columns in found.items() if _fits(kind, columns)]
    if (said := mapped_kind(table, frame)) is not None and said in fits:
        return Match(said, found[said])
    if "invoices" in fits:
        return Match("invoices", found["invoices"])
    if "events" in fits and ("deals" not in fits or _is_log(table, found["events"], found["deals"])):
        return Match("events", found["events"])
    return Match("deals", found["deals"]) if "deals" in fits else None


def nearest(table: Table, frame: HistoryFrame) -> tuple[Match, list[str]] | None:
    """Return what a table that fits no kind tells most of, and what it lacks for that; None if little.

    Args:
        table: that is no part of a record.
        frame: what is said of it.
    """
    known = []
    for kind in COLUMNS:
        columns = _columns(table, kind, frame)
        lacking = [name for name in NEEDED[kind] if name not in columns and INSTEAD.get(name) not in columns]
        if kind == "deals":
            lacking += ["stage"] * (not any(name in columns for name in _STATE))
            lacking += ["amount"] * ("amount" not in columns)
        known.append((len(columns) - len(lacking), Match(kind, columns), lacking))
    _, match, lacking = max(known, key=lambda one: one[0])
    return (match, lacking) if len(match.columns) >= _ENOUGH and lacking else None


def mapped_kind(table: Table, frame: HistoryFrame) -> Kind | None:
    """Return the only kind of file whose columns, as they were mapped by hand, a table has; else None."""
    mapped = [
        kind
        for kind in COLUMNS
        if any(table.column(theirs) is not None for theirs in frame.columns.get(kind, {}).values())
    ]
    return mapped[0] if len(mapped) == 1 else None


def amount_column(table: Table, columns: Mapping[str, int], frame: HistoryFrame) -> int | None:
    """Return the column of amounts of a table of deals: of several, the first that open deals have too.

    What is known of closed deals only was written when they closed.
    """
    if frame.columns.get("deals", {}).get("amount") or table.column("amount") is not None:
        return columns.get("amount")
    used = {at for ours, at in columns.items() if ours != "amount"}
    candidates = [at for at in _candidates(table, "deals", "amount") if at not in used]
    rows = [row for row in table.rows if _is_open(row, columns, frame.ends)][:_LOOKED_AT]
    for at in candidates:
        if not rows or sum(bool(row[at].strip()) for row in rows) >= _HALF * len(rows):
            return at
    return candidates[0] if candidates else None


def _is_open(row: Sequence[str], columns: Mapping[str, int], ends: EndNames) -> bool:
    names = [row[columns[name]].strip() for name in ("stage", "outcome") if name in columns]
    closed = row[columns["closed"]].strip() if "closed" in columns and not any(names) else ""
    return not closed and not any(ends.is_won(name) or ends.is_lost(name) for name in names)


def _fits(kind: Kind, columns: Mapping[str, int]) -> bool:
    stated = kind != "deals" or any(name in columns for name in _STATE)
    return stated and all(name in columns or INSTEAD.get(name) in columns for name in NEEDED[kind])


def _is_log(table: Table, events: Mapping[str, int], deals: Mapping[str, int]) -> bool:
    """Tell a log from a table of deals with their present stage."""
    ids = [row[events["deal"]] for row in table.rows]
    if len(set(ids)) < _FEW_IDS * len(ids):
        return True
    title = _squashed(table.header[events["entered_at"]])
    return title != "enteredstage" and not any(name in deals for name in ("created", "closed", "outcome"))


def _columns(table: Table, kind: Kind, frame: HistoryFrame) -> dict[str, int]:
    """Return the index of each of our columns: as mapped, else by its own name, else by a known one."""
    named, found = frame.columns.get(kind, {}), {}
    for ours, theirs in named.items():
        if (at := table.column(theirs)) is not None:
            found[ours] = at
    for ours in COLUMNS[kind]:
        own = table.column(ours)
        if ours in named or own is None or own in found.values():
            continue
        if ours not in DATES[kind] or not _is_flag(table, own):
            found[ours] = own
    for vague in (0, 1):
        for ours in COLUMNS[kind]:
            if ours in found or ours in named:
                continue
            for at in _candidates(table, kind, ours, (vague,)):
                if at not in found.values() and _may_be(table, kind, ours, at):
                    found[ours] = at
                    break
    if kind == "deals" and "id" not in found and "id" not in named:
        unique = _unique_ids(table, set(found.values()))
        found |= {"id": unique} if unique is not None else {}
    return found


def _unique_ids(table: Table, used: Set[int]) -> int | None:
    """Return the first column that is called an id of anything and names each row apart."""
    for at, title in enumerate(table.header):
        if at not in used and _squashed(title).endswith("id") and table.rows:
            cells = [row[at].strip() for row in table.rows]
            if "" not in cells and len(set(cells)) == len(cells):
                return at
    return None


def tells_wins(title: str) -> bool:
    """Tell whether a column of days of closing is one of days of winning."""
    return "won" in _squashed(title)


def _candidates(table: Table, kind: Kind, ours: str, tiers: Sequence[int] = (0, 1)) -> list[int]:
    """Return the columns that may be one of ours, the likeliest first."""
    titles = [_squashed(without_currency(title) if ours == "amount" else title) for title in table.header]
    plain, vague = _SYNONYMS[kind].get(ours, ("", ""))
    own = _squashed(ours) if "_" in ours or ours == "amount" else ""
    names = f"{own} {plain}", f"{vague} {ABROAD[kind].get(ours, '')}"
    return [
        at
        for tier in tiers
        for name in names[tier].split()
        for at, title in enumerate(titles)
        if title == name
    ]


def _squashed(name: str) -> str:
    return re.sub(r"[\W_]", "", name.casefold())


def _may_be(table: Table, kind: Kind, ours: str, at: int) -> bool:
    """Tell whether the cells of a column under one of our titles can be what it holds."""
    if ours in DATES[kind]:
        return _has_dates(table, at)
    if ours not in _MONEY:
        return True
    cells = [row[at] for row in table.rows[:_LOOKED_AT] if row[at].strip()]
    amounts = sum(any(map(str.isdigit, cell)) and not _DATE_LIKE.fullmatch(cell) for cell in cells)
    return bool(cells) and amounts >= _HALF * len(cells) and not _is_flag(table, at)


def _has_dates(table: Table, at: int) -> bool:
    """Tell whether most cells of a column look like dates; an empty one may hold some later."""
    cells = [row[at] for row in table.rows[:_LOOKED_AT] if row[at].strip()]
    return not cells or sum(bool(_DATE_LIKE.fullmatch(cell)) for cell in cells) >= _HALF * len(cells)


def _is_flag(table: Table, at: int) -> bool:
    """Tell whether a column says yes or no where a date is expected: whether a deal is closed, not when."""
    cells = {row[at].strip().casefold() for row in table.rows[:_LOOKED_AT]} - {""}
    return bool(cells) and cells <= {"yes", "no", "true", "false", "0", "1", "y", "n"}
