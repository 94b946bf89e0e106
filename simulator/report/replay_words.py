"""Say in words what a trial brings, what differs from the average, and which way a deal goes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from simulator.words import Scale, day, goal_name, one_in, percent, plain, scale_for

Payload = Mapping[str, Any]
COMMON: Final = 0.05
"""Share of trials from which on an amount is one that many have."""
ROWS: Final = 12
"""Reasons after which open deals are told of together."""


def replay_scale(payload: Payload) -> Scale:
    """Return the unit and the decimals in which a trial is written."""
    asked = payload["asked"]
    sizes = [abs(asked[key]) for key in ("amount", "average", "low", "high")]
    size = max(sizes) or max((abs(p["bookings"]) for p in payload["fiscal"]), default=0.0)
    return scale_for(size, payload["currency"])


def headline(payload: Payload, scale: Scale) -> str:
    """Say what the trial brings, and where that stands among all."""
    asked = payload["asked"]
    whose = "" if asked["segment"] == "all" else f" of {plain(asked['segment'], 30)}"
    if asked["series"] == "balance":
        what, verb = f"the balance on {day(asked['until'])}", "is"
    else:
        what, verb = f"{asked['series']}{whose} {_when(payload)}", "are"
    text = f"In this trial {what} {verb} {scale.said(asked['amount'])}"
    if int(payload["trials"]) > 1:
        ends = [scale.said(asked[end]) for end in ("low", "middle", "high")]
        text += f"; {_rank(asked)}. All trials: low {ends[0]}, middle {ends[1]}, high {ends[2]}"
        text += f", average {scale.said(asked['average'])}"
    if asked["target_amount"] is not None:
        missed = asked["amount"] < asked["target_amount"]
        name = goal_name(asked["target"], 40) or "the amount asked for"
        name = name[0].upper() + name[1:] if name.startswith("the ") else name
        text += f". {name} ({scale.exact(asked['target_amount'])}) is {'missed' if missed else 'reached'}"
    return text + "."


def _when(payload: Payload) -> str:
    """Name the window by its fiscal period, else by its days."""
    asked = payload["asked"]
    for period in payload["fiscal"]:
        if (period["start"], period["end"]) == (asked["from"], asked["until"]):
            return f"of {plain(period['name'], 20)}"
    return f"from {day(asked['from'])} to {day(asked['until'])}"


def _rank(asked: Payload) -> str:
    """Say how many of all trials bring less, or more."""
    less, more = asked["less"], asked["more"]
    same = 1 - less - more
    if less == more == 0:
        return "so it is in all trials"
    if same > COMMON:
        fewer = f"{one_in(less)} bring less" if less else "none brings less"
        return f"{one_in(same)} trials bring as much, {fewer}"
    share, way = (less, "less") if less <= more else (more, "more")
    return f"{one_in(share)} trials bring {way}"


def told_reasons(payload: Payload, scale: Scale) -> list[tuple[str, str, float]]:
    """Return what makes the difference to the average: in words, how often it comes in time, and how much.

    The deals that matter most are told one by one, the others together, and all else.
    """
    deals = {one["id"]: one for one in payload["open_deals"]}
    rows, rest = [], []
    for reason in payload["reasons"]:
        if reason["what"] != "deal":
            rows.append((_shared(payload, reason), "", float(reason["amount"])))
        elif len(rows) < ROWS:
            deal = deals[reason["id"]]
            often = percent(deal["in_time"]) if 0 < deal["in_time"] < 1 else ""
            rows.append((f"{_name(deal)}: {_fate(payload, deal, scale)}", often, float(reason["amount"])))
        else:
            rest.append(float(reason["amount"]))
    if rest:
        noun = "other open deal" if len(rest) == 1 else "other open deals"
        rows.append((f"{len(rest):,} {noun}", "", sum(rest)))
    return rows


def _shared(payload: Payload, reason: Payload) -> str:
    """Say what differs from the average beside single deals."""
    kind, until = reason["what"], day(payload["asked"]["until"])
    if kind == "market":
        if "chance" not in reason:
            return "the market"
        now, usual = (percent(reason[key]) for key in ("chance_in_its_market", "chance"))
        apart = "as usual" if now == usual else f"instead of {usual}"
        return f"the market: open deals win {now} of the time, {apart}"
    if kind == "number":
        return f"{reason['came']:,} new deals until {until}; {reason['average']:,.0f} on average"
    return _KINDS[kind]


_KINDS: Final = {
    "new": "how these new deals fare",
    "bluebirds": "deals never seen before they were won",
    "backlog": "deals won before: when they are delivered and billed",
    "renewals": "contracts that end: which are renewed, and what follows",
    "receivables": "opening invoices: what of them falls due",
    "tax": "tax on invoices written before",
    "payments": "customers: when they pay what is due, and whether",
}


def _fate(payload: Payload, deal: Payload, scale: Scale) -> str:
    """Say what becomes of an open deal as to what is asked for."""
    until, end = payload["asked"]["until"], deal["day"]
    if end is None or end > until:
        return f"open on {day(until)}" + ("" if end is None else f", {deal['outcome']} {day(end)}")
    if deal["outcome"] == "lost":
        return f"lost {day(end)} in {plain(deal['last_stage'] or deal['stage'], 30)}"
    if payload["asked"]["series"] == "bookings":
        return f"won {day(end)}"
    collected = payload["asked"]["series"] in ("receipts", "balance")
    amount = deal["due"] if collected else deal["asked"]
    text = scale.showing(abs(amount), 2).said(amount) if amount else "nothing"
    return f"won {day(end)}, {text} due by then" if collected else f"won {day(end)}, brings {text} by then"


def path_text(deal: Payload, scale: Scale) -> str:
    """Tell the way of a deal in one line: stages with dates, its end, and what comes of it."""
    steps = []
    for number, attempt in enumerate(deal.get("attempts", [])):
        if attempt["began"] is not None:
            steps.append(
                f"{'back ' if number else ''}{plain(attempt['entered'], 30)} {day(attempt['began'])}"
            )
        elif deal.get("stage"):
            steps.append(plain(deal["stage"], 30))
        steps += [f"{plain(move['stage'], 30)} {day(move['day'])}" for move in attempt["moves"]]
        end = f"{attempt['outcome']} {day(attempt['day'])}" if attempt["day"] else "still open"
        steps.append(end)
    brings = deal["brings"]
    parts = [
        f"{series} {scale.showing(abs(brings[series]), 2).said(brings[series])}"
        for series in ("bookings", "receipts")
        if brings.get(series)
    ]
    return f"{_name(deal)}: {' → '.join(steps)}" + (f"; {', '.join(parts)}" if parts else "")


def owner_line(owner: Payload, currency: str) -> str:
    """Introduce an owner whose story is told."""
    parts = [_name(owner), plain(owner["segment"] or "no segment", 30)]
    if owner["amount"] is not None:
        parts.append(f"{owner['amount']:,.0f} {plain(currency, 10)}")
    if owner.get("stage"):
        parts.append(f"in {plain(owner['stage'], 40)} today")
    if owner.get("attempts"):
        first = owner["attempts"][0]
        chances = percent(first["chance"]), percent(first["chance_in_its_market"])
        parts.append(f"won {chances[0]} of the time, {chances[1]} in this trial's market")
    return " · ".join(parts)


def _name(owner: Payload) -> str:
    name, code = plain(owner["name"], 30), plain(owner["id"], 40)
    return name if name == code or owner["kind"] in ("new", "bluebirds", "tax") else f"{name} ({code})"
