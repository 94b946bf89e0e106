"""Say what made a trial better or worse than the average, in money, so that it adds up."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import field
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from simulator.analysis.replay.played import Replayed
from simulator.engine import Kind
from simulator.forecast import Window
from simulator.landings import Landings
from simulator.records import dataclass

Floats = NDArray[np.float64]
OTHERS: Final[tuple[Kind, ...]] = ("bluebirds", "backlog", "renewals", "receivables", "tax")
"""Owners that are told of all together."""


@dataclass(frozen=True)
class Reason:
    """What differs from the average, and by how much.

    Attributes:
        kind: `deal`, `market`, `number` of new deals, `new` for how they fared, `payments`, or one of
            `OTHERS`.
        amount: minor units of the company's currency.
        facts: what is to be said of it: of a deal its place in the pipeline, `which`.
    """

    kind: str
    amount: float
    facts: Mapping[str, Any] = field(default_factory=dict)


def reasons(replay: Replayed, window: Window, here: Landings, usual: Landings) -> list[Reason]:
    """Return what makes the difference between a trial and the average of all.

    Where money is collected, x is paid in the window and d falls due in it; elsewhere d is x. When and
    whether customers pay makes (x − d) − (x̄ − d̄). Of an open deal the market explains d̄·(p'/p* − 1), what the
    deal brings on average times what the market of this trial does to its chance; the rest is the deal's own.
    Of a segment's new deals (N of them, each worth v̄ = d̄/N̄ on average) their number explains (N − N̄)·v̄, the
    market N·v̄·(Σp'/Σp* − 1), and how they fared the rest.

    Args:
        replay: the trial.
        window: in which.
        here: what each brings in the trial.
        usual: what each brings in all trials.
    """
    deals, others = here.due[:, 0] - usual.due.mean(axis=1), here.others_due[:, 0]
    found = [*_deals(replay, deals, usual)]
    found += _coming(replay, window, others, usual)
    apart = others - usual.others_due.mean(axis=1)
    for kind in OTHERS:
        rows = [place for place, (k, _) in enumerate(usual.whose) if k == kind]
        found.append(Reason(kind, float(apart[rows].sum())))
    paid = (float(here.deals.sum() + here.others.sum()), float(usual.deals.sum() + usual.others.sum()))
    owed = (float(here.due.sum() + here.others_due.sum()), float(usual.due.sum() + usual.others_due.sum()))
    late = (paid[0] - owed[0]) - (paid[1] - owed[1]) / usual.deals.shape[1]
    market = sum(reason.amount for reason in found if reason.kind == "market")
    every = [reason for reason in found if reason.kind != "market"]
    every += [Reason("market", market, _market(replay)), Reason("payments", late)]
    return sorted((r for r in every if abs(r.amount) >= 0.5), key=lambda r: -abs(r.amount))


def _deals(replay: Replayed, apart: Floats, usual: Landings) -> Iterator[Reason]:
    """Yield each open deal's own part, and the market's."""
    averages = usual.due.mean(axis=1)
    for story in replay.stories:
        if story.kind == "open":
            first, which = story.attempts[0], story.which
            moved = first.after / first.before - 1 if first.before > 0 else 0.0
            market = float(averages[which]) * moved
            yield Reason("market", market)
            yield Reason("deal", float(apart[which]) - market, {"which": which})


def _coming(replay: Replayed, window: Window, here: Floats, usual: Landings) -> Iterator[Reason]:
    """Yield what is made by the number of new deals, by their market, and by how they fared."""
    _, last = window.days(replay.scenario)
    asked, averages = window.segment_index(replay.scenario), usual.others_due.mean(axis=1)
    number, fared, came, usually = 0.0, 0.0, 0, 0.0
    for place, (kind, index) in enumerate(usual.whose):
        if kind != "new" or asked not in (None, index):
            continue
        plan = replay.plan.segments[index]
        months = [i for i, month in enumerate(plan.months) if _begins(replay, month.name) <= last]
        n = sum(replay.trace.arrivals.get((index, month), 0) for month in months)
        mean = float(usual.new_deals[index, months].sum(axis=0).mean()) if months else 0.0
        each = float(averages[place]) / mean if mean else 0.0
        firsts = [s.attempts[0] for s in replay.stories if (s.kind, s.segment) == ("new", index)]
        before, after = sum(a.before for a in firsts), sum(a.after for a in firsts)
        market = n * each * (after / before - 1) if before > 0 else 0.0
        came, usually = came + n, usually + mean
        number += (n - mean) * each
        fared += float(here[place]) - n * each - market - (float(averages[place]) - mean * each)
        yield Reason("market", market)
    yield Reason("number", number, {"came": came, "average": usually})
    yield Reason("new", fared, {"came": came})


def _market(replay: Replayed) -> dict[str, float]:
    """Return the mean chance of open deals, before the market and in it."""
    firsts = [s.attempts[0] for s in replay.stories if s.kind == "open"]
    if not firsts:
        return {}
    return {
        "chance": float(np.mean([a.before for a in firsts])),
        "chance_in_its_market": float(np.mean([a.after for a in firsts])),
    }


def _begins(replay: Replayed, month: str) -> int:
    """Return the first day of a calendar month."""
    year, number = map(int, month.split("-"))
    horizon = replay.scenario.horizon
    return horizon.day_of(horizon.as_of.replace(year=year, month=number, day=1))
