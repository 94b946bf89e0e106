"""Write down what happened to one owner of a trial: a deal, a contract that ends, an invoice of before."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

import numpy as np

from simulator.analysis.replay.played import Replayed
from simulator.engine import Attempt, Invoice, Story
from simulator.money import minor_digits
from simulator.products import NO_PRODUCT
from simulator.streams import trial_offsets

Payload = dict[str, Any]


def owner_payload(replay: Replayed, story: Story) -> Payload:
    """Return what happened to an owner, in major units, days as dates.

    What lies beyond the horizon is not told: a deal that ends there is open, an invoice unpaid.
    """
    known = _known(replay, story)
    found: Payload = {"kind": story.kind} | known
    if story.attempts:
        found |= _attempts(replay, story)
    elif story.kind in ("bluebirds", "renewals"):
        found |= _decided(replay, story)
    if story.offer:
        found["offer"] = story.offer
    found["signatures"] = [
        {
            "day": _date(replay, s.day), "amount": _major(s.amount, s.currency), "currency": s.currency,
            "product": _product(replay, s.product), "renewal": s.term,
        }
        for s in sorted(story.signatures, key=lambda s: (s.day, s.term))
    ]  # fmt: skip
    found["terms_ended"] = [{"day": _date(replay, e.day), "renewed": e.again} for e in story.ends]
    found["insolvent"] = _insolvent(replay, story)
    # What is taken to have been invoiced before may be paid by now too: that is no part of the forecast.
    left = [i for i in story.invoices if min(i.pay_day, i.end_day) > 0]
    found["invoices"] = [_invoice(replay, i) for i in sorted(left, key=lambda i: (i.day, i.due_day))]
    found["brings"] = _brings(replay, story)
    return found


def _attempts(replay: Replayed, story: Story) -> Payload:
    """Return the walks of a deal, and how it ends in all."""
    stages = replay.scenario.segments[story.segment].funnel.stages
    told = [_attempt(replay, attempt, stages) for attempt in story.attempts]
    return {
        "attempts": told,
        "outcome": told[-1]["outcome"],
        "day": told[-1]["day"],
        "last_stage": told[-1]["last_stage"],
    }


def _decided(replay: Replayed, story: Story) -> Payload:
    """Return how a deal first seen when won, or a contract that ends, comes out."""
    if story.signatures:
        outcome = "won" if story.kind == "bluebirds" else "renewed"
        return {"outcome": outcome, "day": _date(replay, min(s.day for s in story.signatures))}
    gone = next((end for end in story.ends if not end.again), None)
    if gone is None:
        return {"outcome": "open", "day": None}
    return {"outcome": "not renewed", "day": _date(replay, gone.day)}


def _attempt(replay: Replayed, attempt: Attempt, stages: tuple[str, ...]) -> Payload:
    last = replay.scenario.horizon.last_day
    moves = [(day, stage) for day, stage in attempt.moves if day <= last]
    ended = attempt.day is not None and attempt.day <= last and attempt.won is not None
    entered = [attempt.entered] if attempt.entered is not None else []
    places = [*entered, *(stage for _, stage in moves)]
    return {
        "chance": attempt.before,
        "chance_in_its_market": attempt.after,
        "began": None if attempt.began is None else _date(replay, attempt.began),
        "entered": None if attempt.entered is None else stages[attempt.entered],
        "moves": [{"day": _date(replay, day), "stage": stages[stage]} for day, stage in moves],
        "outcome": ("won" if attempt.won else "lost") if ended else "open",
        "day": _date(replay, attempt.day) if ended and attempt.day is not None else None,
        "last_stage": stages[places[-1]] if places else None,
    }


def _invoice(replay: Replayed, invoice: Invoice) -> Payload:
    """Return an invoice and what becomes of it inside the horizon."""
    last, code = replay.scenario.horizon.last_day, invoice.currency
    gross = invoice.net + invoice.tax
    paid, ended = invoice.pay_day <= last, invoice.end_day <= last
    received = (invoice.paid if paid else 0) + (invoice.recovered if ended else 0)
    off = (invoice.discount + invoice.credited) if paid else 0
    written_off = gross - received - off if ended else 0
    return {
        "day": _date(replay, invoice.day),
        "due": _date(replay, invoice.due_day),
        "amount": _major(gross, code),
        "tax": _major(invoice.tax, code),
        "currency": code,
        "product": _product(replay, invoice.product),
        "renewal": invoice.term,
        "paid_day": _date(replay, invoice.pay_day if paid else invoice.end_day) if paid or ended else None,
        "paid": _major(received, code),
        "taken_off": _major(off, code),
        "written_off": _major(written_off, code),
        "open": _major(gross - received - off - written_off, code),
    }


def _brings(replay: Replayed, story: Story) -> dict[str, float]:
    """Return what comes of an owner inside the horizon by series, in the company's currency."""
    last, sums = replay.scenario.horizon.last_day, dict[str, float]()
    for moved in story.moved:
        if 0 < moved.day <= last and moved.series != "deferred":
            sums[moved.series] = sums.get(moved.series, 0.0) + moved.money
    return {series: money / replay.trials.unit for series, money in sorted(sums.items())}


def _insolvent(replay: Replayed, story: Story) -> str | None:
    days = [s.failed for s in story.signatures if s.failed is not None]
    return _date(replay, min(days)) if days and min(days) <= replay.scenario.horizon.last_day else None


def _known(replay: Replayed, story: Story) -> Payload:
    """Return what was known of an owner before anything happened."""
    segments = replay.scenario.segments
    named = None if story.segment < 0 else segments[story.segment].name
    return {**_NAMED[story.kind](replay, story), "segment": named}


def _open(replay: Replayed, story: Story) -> Payload:
    pipeline, i = replay.scenario.pipeline, story.which
    stages = replay.scenario.segments[story.segment].funnel.stages
    worth = float(replay.plan.open_deals.worth_of[i]) / replay.trials.unit
    return {
        "id": pipeline.id[i],
        "name": pipeline.name[i],
        "stage": stages[int(pipeline.stage[i])],
        "amount": worth,
    }


def _to_come(replay: Replayed, story: Story) -> Payload:
    plan = replay.plan.segments[story.segment]
    deals = plan.arrivals if story.kind == "new" else plan.bluebirds
    assert deals is not None
    which = np.array([story.which])
    offsets = trial_offsets(replay.number, 1)
    size = float(deals.worth(which, deals.amounts(which, offsets))[0]) / replay.trials.unit
    month, number = deals.entities.name(story.which).rsplit("/", 1)
    kind, prefix = ("new deal", "") if story.kind == "new" else ("first seen when won", "won-")
    code = f"{month}/{prefix}{int(number) + 1}"
    return {"id": code, "name": f"{kind}, {code}", "amount": size}


def _backlog(replay: Replayed, story: Story) -> Payload:
    wins, i = replay.scenario.wins, story.which
    amount = replay.scenario.rates.convert(int(wins.amount[i]), wins.currency[i], int(wins.day[i]))
    return {"id": wins.id[i], "name": wins.name[i], "amount": float(amount) / replay.trials.unit}


def _renewal(replay: Replayed, story: Story) -> Payload:
    table, i = replay.scenario.renewals, story.which
    amount = replay.scenario.rates.convert(int(table.amount[i]), table.currency[i], 0)
    return {"id": table.id[i], "name": table.customer[i], "amount": float(amount) / replay.trials.unit}


def _receivable(replay: Replayed, story: Story) -> Payload:
    table = replay.scenario.receivables
    i = int(np.flatnonzero(table.open)[story.which])
    code = table.currencies[int(table.currency_index[i])]
    amount = replay.scenario.rates.convert(int(table.amount_minor[i]), code, 0)
    return {
        "id": str(table.id[i]),
        "name": str(table.customer[i]),
        "amount": float(amount) / replay.trials.unit,
    }


def _tax(replay: Replayed, story: Story) -> Payload:
    return {"id": "tax", "name": "tax on invoices written before", "amount": None}


_NAMED: Final[Mapping[str, Callable[[Replayed, Story], Payload]]] = {
    "open": _open, "new": _to_come, "bluebirds": _to_come, "backlog": _backlog, "renewals": _renewal,
    "receivables": _receivable, "tax": _tax,
}  # fmt: skip


def _product(replay: Replayed, product: int) -> str | None:
    return None if product == NO_PRODUCT else replay.scenario.products[product].name


def _date(replay: Replayed, day: int) -> str:
    return replay.scenario.horizon.date_of(day).isoformat()


def _major(minor: int, code: str) -> float:
    return float(minor / 10 ** minor_digits(code))
