"""Say what made a trial better or worse than the average, in money, so that it adds up."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from simulator.analysis.replay.played import Replayed
from simulator.engine import Kind, Story
from simulator.forecast import Window
from simulator.landings import NET, Landings
from simulator.targets import Posted

Floats = NDArray[np.float64]
OTHERS: Final[tuple[Kind, ...]] = ("bluebirds", "backlog", "renewals", "receivables", "tax")
"""Owners that are told of all together."""


@dataclass(frozen=True)
class Reason:
    """What differs from the average, and by how much.

    Attributes:
        kind: `deal`, `market`, `number` of new deals, `new` for how they fared, or one of `OTHERS`.
        amount: minor units of the company's currency.
        facts: what is to be said of it: of a deal its place in the pipeline, `which`.
    """

    kind: str
    amount: float
    facts: Mapping[str, Any] = field(default_factory=dict)


def brought(replay: Replayed, story: Story, window: Window) -> float:
    """Return what an owner brings in a window, minor units of the company's currency."""
    first, last = window.days(replay.scenario)
    segment = window.segment_index(replay.scenario)
    if segment is not None and story.segment != segment:
        return 0.0
    signs: Mapping[Posted, float] = NET
    if window.series != "balance":
        signs = {window.series: 1.0}
    return sum(signs.get(m.series, 0.0) * m.money for m in story.moved if first <= m.day <= last)


def reasons(replay: Replayed, found: Landings, window: Window) -> list[Reason]:
    """Return what makes the difference between a trial and the average of all.

    Of an open deal the market explains x̄·(p'/p* − 1), what the deal brings on average times what the market
    of this trial does to its chance; the rest is the deal's own. Of a segment's new deals (N of them, each
    worth v̄ = x̄/N̄ on average) their number explains (N − N̄)·v̄, the market N·v̄·(Σp'/Σp* − 1), and how they
    fared the rest.

    Args:
        replay: the trial.
        found: what each brings in all trials.
        window: in which.
    """
    stories: dict[tuple[Kind, int], list[Story]] = {}
    for story in replay.stories:
        apart = story.kind in ("new", "bluebirds")
        stories.setdefault((story.kind, story.segment if apart else -1), []).append(story)
    deals = list(_deals(replay, stories.get(("open", -1), []), found.deals.mean(axis=1), window))
    averages = dict(zip(found.whose, found.others.mean(axis=1), strict=True))
    rest = list(_coming(replay, stories, averages, found, window))
    for kind in OTHERS:
        here = [s for (k, _), some in stories.items() if k == kind for s in some]
        usual = sum(mean for (k, _), mean in averages.items() if k == kind)
        rest.append(Reason(kind, sum(brought(replay, s, window) for s in here) - float(usual)))
    every = [*deals, *rest]
    whole = Reason("market", sum(r.amount for r in every if r.kind == "market"), _market(replay))
    kept = [r for r in [whole, *(r for r in every if r.kind != "market")] if abs(r.amount) >= 0.5]
    return sorted(kept, key=lambda r: -abs(r.amount))


def _deals(replay: Replayed, stories: list[Story], usual: Floats, window: Window) -> Iterator[Reason]:
    """Yield each open deal's own part, and the market's."""
    for story in stories:
        first = story.attempts[0]
        average = float(usual[story.which])
        market = average * (first.after / first.before - 1) if first.before > 0 else 0.0
        yield Reason("market", market)
        yield Reason("deal", brought(replay, story, window) - average - market, {"which": story.which})


def _coming(
    replay: Replayed, stories: Mapping[tuple[Kind, int], list[Story]], averages: Mapping[Any, Any],
    found: Landings, window: Window,
) -> Iterator[Reason]:  # fmt: skip
    """Yield what is made by the number of new deals, by their market, and by how they fared."""
    _, last = window.days(replay.scenario)
    asked = window.segment_index(replay.scenario)
    number, fared, came, usually = 0.0, 0.0, 0, 0.0
    for segment in replay.plan.segments:
        index = segment.index
        here = stories.get(("new", index), [])
        amount = sum(brought(replay, s, window) for s in here)
        average = float(averages.get(("new", index), 0.0))
        months = [i for i, month in enumerate(segment.months) if _begins(replay, month.name) <= last]
        n = sum(replay.trace.arrivals.get((index, month), 0) for month in months)
        mean = float(found.new_deals[index, months].sum(axis=0).mean()) if months else 0.0
        each, in_time = (average / mean if mean else 0.0), [s.attempts[0] for s in here]
        before, after = (sum(getattr(a, which) for a in in_time) for which in ("before", "after"))
        market = n * each * (after / before - 1) if before > 0 else 0.0
        if asked is None or asked == index:
            came, usually = came + n, usually + mean
        number += (n - mean) * each
        fared += amount - average - (n - mean) * each - market
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
