"""Say what one trial brings, what made it so, and what happened to whom."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from simulator.analysis.replay import KINDS, events
from simulator.money import minor_digits
from simulator.report.layout import NOTHING, WIDTH, rounded_to_sum, table, wrapped
from simulator.report.replay_words import headline, owner_line, path_text, replay_scale, told_reasons
from simulator.words import Scale, cut, day, plain

DEALS: Final = 6
"""Deals whose way is told."""
SERIES: Final = ("bookings", "billings", "revenue", "receipts", "balance")
Payload = Mapping[str, Any]


def replay_text(payload: Payload, files: str = "") -> str:
    """Return what a person reads of a trial.

    Args:
        payload: replay.json.
        files: where it was written; "" leaves it out.
    """
    scale = replay_scale(payload)
    blocks = [[_title(payload, scale)]]
    if "narrowed_to" in payload:
        blocks += [list(_story(owner, payload["currency"])) for owner in _everybody(payload)]
    else:
        blocks += [
            wrapped(headline(payload, scale)), list(_reasons(payload, scale)), list(_periods(payload, scale)),
            list(_ways(payload, scale)), list(_counts(payload, scale)),
        ]  # fmt: skip
    blocks.append(list(_foot(payload)))
    lines = [cut(line, WIDTH) for block in blocks if block for line in ["", *block]][1:]
    return "\n".join([*lines, *([f"Files: {files}"] if files else [])]) + "\n"


def _title(payload: Payload, scale: Scale) -> str:
    """Name scenario, day, unit and trial."""
    number, trials = int(payload["trial"]), int(payload["trials"])
    of = f" of {trials:,}" if number < trials else f", held against {trials:,}"
    return " · ".join(
        [
            plain(payload["scenario"], 30), f"as of {day(payload['as_of'])}", scale.name,
            f"trial {number:,}{of}, numbered from 0",
        ]
    )  # fmt: skip


def _reasons(payload: Payload, scale: Scale) -> Iterator[str]:
    """List what makes the difference to the average, so that what is shown adds up."""
    asked, rows = payload["asked"], told_reasons(payload, scale)
    if int(payload["trials"]) == 1:
        yield "Only one trial was played: there is nothing to hold it against."
        return
    if not rows:
        yield "Nothing of this is left to chance: all trials are the same."
        return
    whole = asked["amount"] - asked["average"]
    fit = scale.showing(max(abs(amount) for *_, amount in rows), 2)
    rounded = rounded_to_sum([amount for *_, amount in rows], whole, fit)
    cells = [
        [text, often, fit.number(x, sign=True)] for (text, often, _), x in zip(rows, rounded, strict=True)
    ]
    header = ["What makes the difference to the average", "in time in", ""]
    yield from table(header, [*cells, ["together", "", fit.number(whole, sign=True)]], columns=WIDTH)


def _periods(payload: Payload, scale: Scale) -> Iterator[str]:
    """Lay the trial out by fiscal period."""
    periods = payload["fiscal"] or payload["periods"]
    shown = [s for s in SERIES if any(period.get(s) for period in periods)]
    rows = [
        [plain(p["name"], 20), *(scale.number(p[s]) if s in p else NOTHING for s in shown)] for p in periods
    ]
    if shown:
        yield from table(["in this trial", *shown], rows, columns=WIDTH)


def _ways(payload: Payload, scale: Scale) -> Iterator[str]:
    """Tell the way of the deals that matter most: open ones, then new ones."""
    deals = {one["id"]: one for one in payload["open_deals"]}
    most = [deals[r["id"]] for r in payload["reasons"] if r["what"] == "deal"][:DEALS]
    new = [one for one in payload["new_deals"] if one["brings"]]
    new.sort(key=lambda one: (-abs(one["asked"]), -one["brings"].get("bookings", 0.0)))
    for heading, some in (
        ("How the open deals that matter most go", most),
        ("The largest new deals", new[:3]),
    ):
        if some:
            yield heading
        for one in some:
            yield from (f"  {line}" for line in wrapped(path_text(one, scale), WIDTH - 2))


def _counts(payload: Payload, scale: Scale) -> Iterator[str]:
    """Count how deals, contracts and invoices come out until the horizon's end."""
    yield f"Until {day(payload['until'])}"
    rows = []
    for what, place in _COUNTED:
        owners = payload[place]
        if owners:
            ends = [one.get("outcome") for one in owners]
            number = len(owners)
            outcome = ", ".join(f"{ends.count(end):,} {end}" for end in _ENDS if end in ends)
            rows.append([f"{number:,} {what if number > 1 else _ONE[place]}", outcome, *_invoices(owners)])
    header = ["", "", "invoices", "paid", "open", "written off"]
    yield from (f"  {line}" for line in table(header, rows, (0, 1), WIDTH - 2)) if rows else ()


_COUNTED: Final = (
    ("open deals", "open_deals"), ("new deals", "new_deals"), ("first seen when won", "first_seen_when_won"),
    ("contracts that end", "renewals"), ("won before", "won_before"),
    ("opening invoices", "opening_invoices"),
)  # fmt: skip
_ONE: Final = {
    "open_deals": "open deal", "new_deals": "new deal", "first_seen_when_won": "first seen when won",
    "renewals": "contract that ends", "won_before": "won before", "opening_invoices": "opening invoice",
}  # fmt: skip
_ENDS: Final = ("won", "renewed", "not renewed", "lost", "open")


def _invoices(owners: Sequence[Payload]) -> list[str]:
    """Count invoices: how many, paid in full, still open, written off."""
    every = [invoice for one in owners for invoice in one["invoices"]]
    if not every:
        return [NOTHING] * 4
    off = sum(invoice["written_off"] > 0 for invoice in every)
    waiting = sum(invoice["open"] > 0 and not invoice["written_off"] for invoice in every)
    return [f"{len(every):,}", f"{len(every) - off - waiting:,}", f"{waiting:,}", f"{off:,}"]


def _story(owner: Payload, currency: str) -> Iterator[str]:
    """Tell all that happens to one owner, day by day."""
    yield from wrapped(owner_line(owner, currency))
    rows = []
    for event in events(owner):
        digits = minor_digits(event.currency) if event.currency else 0
        money = "" if event.amount is None else f"{event.amount:,.{digits}f} {event.currency}"
        due = f"due {day(event.due)}" if event.due else ""
        rows.append([day(event.day), event.what, plain(event.detail, 40), due, money])
    if not rows:
        yield "  nothing happens to it in this trial before the end of the forecast"
    for line in table([""] * 5, rows, (0, 1, 2, 3), WIDTH - 2)[1:]:
        yield f"  {line}"


def _foot(payload: Payload) -> Iterator[str]:
    if not payload["adds_up"]:
        yield from wrapped(
            "DOES NOT ADD UP: what happens in this trial is not what the run has of it. Do not use these "
            "numbers; this is a defect of the program, please report it."
        )
    elif "narrowed_to" not in payload:
        yield "All that happens adds up to the run's trial, in every series and period, to the cent."
        deals = [r["id"] for r in payload["reasons"] if r["what"] == "deal"]
        some = f"--deal {deals[0]} tells one deal day by day; " if deals else ""
        yield f"{some}--format csv lists everything."


def _everybody(payload: Payload) -> list[Payload]:
    return [one for kind in KINDS.values() for one in payload[kind]]
