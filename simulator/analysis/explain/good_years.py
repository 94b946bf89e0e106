"""Find what the good years share: what is true in them, and much less often in the others."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from scipy import special

from simulator.analysis.contrasts import deviation_of_mean
from simulator.analysis.explain.question import Question
from simulator.periods import add_months
from simulator.records import dataclass
from simulator.scores import Z95

Floats = NDArray[np.float64]
Hits = NDArray[np.bool_]

FALSE: Final = 0.01
"""Chance that anything is told where nothing is shared, over all that is looked at."""
LEAST: Final = 0.05
"""By how much more often something is true in good years for it to be worth telling."""
FEWEST: Final = 100
"""Trials that must be good, and that must not be."""
BEST: Final = 0.25
"""Share of the trials that are good where nothing is to be reached, or too few trials tell."""
GOOD: Final = 1 / 3
"""Share of the trials in which a market is called good."""
MOST_DEALS: Final = 5


@dataclass(frozen=True, eq=False)
class Trait:
    """Something that is true in some trials.

    Attributes:
        kind: `deal` (it is won in time), `won` (so many open deals are), `arrivals` (so many new deals have
            arrived), `market` (it is among the best third).
        words: what says which one.
        true: in which trials, bools[trial].
    """

    kind: str
    words: dict[str, Any]
    true: Hits


def part(question: Question) -> dict[str, Any]:
    """Return what trials that reach the aim share, the most telling of each kind.

    Good years are the trials that reach the aim; where nothing is to be reached, or too few do or do not, the
    best quarter.
    """
    amounts = question.landings.total
    reached = None if question.aim.amount is None else amounts >= question.aim.amount
    count = -1 if reached is None else int(np.count_nonzero(reached))
    plain = FEWEST <= count <= len(amounts) - FEWEST
    good = reached if plain and reached is not None else amounts > np.quantile(amounts, 1 - BEST)
    traits = list(_traits(question))
    shared = shared_by(traits, good, question.draws(len(good)))
    return {
        "good": "reached" if plain else "best",
        "share": float(good.mean()),
        "trials": len(amounts),
        "looked_at": len(traits),
        "shared": list(_most_telling(shared)),
    }


def shared_by(traits: list[Trait], good: Hits, draws: int | None = None) -> list[dict[str, Any]]:
    """Return the traits that are surely truer of good trials than of all, the most telling first.

    Of N traits each is held against Φ⁻¹(1 − .005/N), so that luck alone shows any of them once in a hundred
    times.

    Args:
        traits: what to look at.
        good: which trials are, bools[trial].
        draws: posterior draws that the trials share, or None.
    """
    sizes = len(good), int(np.count_nonzero(good))
    if not traits or min(sizes[1], sizes[0] - sizes[1]) < FEWEST:
        return []
    surely = float(special.ndtri(1 - FALSE / 2 / len(traits)))
    found = []
    for trait in traits:
        overall, inside, others = (float(x.mean()) for x in (trait.true, trait.true[good], trait.true[~good]))
        error = _error(trait.true, good, draws)
        if inside - overall >= LEAST and inside - others > surely * error:
            told = {"in_good": inside, "overall": overall, "error": Z95 * error}
            found.append({"kind": trait.kind, **trait.words, **told})
    return sorted(found, key=lambda one: one["overall"] - one["in_good"])


def _error(true: Hits, good: Hits, draws: int | None) -> float:
    """Return the standard error of P(true | good) − P(true | not good), linearised trial by trial."""
    share, inside, others = good.mean(), true[good].mean(), true[~good].mean()
    moves = np.where(good, (true - inside) / share, -(true - others) / (1 - share))
    return deviation_of_mean(moves, draws)


def _most_telling(shared: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """Yield the first few deals, and the first of every other kind: those of a kind say much the same."""
    seen: dict[str, int] = {}
    for one in shared:
        seen[one["kind"]] = seen.get(one["kind"], 0) + 1
        if seen[one["kind"]] <= (MOST_DEALS if one["kind"] == "deal" else 1):
            yield one


def _traits(question: Question) -> Iterator[Trait]:
    yield from _deals(question)
    yield from _counts(question)
    yield from _markets(question)


def _deals(question: Question) -> Iterator[Trait]:
    """Yield for each open deal whether it is won in time."""
    scenario, close = question.scenario, question.landings.close
    pipeline, last = scenario.pipeline, scenario.horizon.day_of(question.aim.window.last)
    for i, deal in enumerate(pipeline):
        if deal.id not in pipeline.decided:
            words = {"id": deal.id, "name": deal.name, "customer": deal.customer}
            yield Trait("deal", words, np.asarray((close[i] > 0) & (close[i] <= last)))


def _counts(question: Question) -> Iterator[Trait]:
    """Yield whether so many open deals are won by the end of a month, and so many new ones have arrived."""
    scenario, landed = question.scenario, question.landings
    arrived = np.cumsum(landed.new_deals, axis=1)
    for month, name in enumerate(landed.months):
        end = add_months(date.fromisoformat(f"{name}-01"), 1) - timedelta(days=1)
        if end > question.aim.window.last:
            return
        won = (landed.close > 0) & (landed.close <= scenario.horizon.day_of(end))
        yield from _many("won", "all", end, won.sum(axis=0))
        yield from _many("arrivals", "all", end, arrived[:, month].sum(axis=0))
        for segment, of_segment in zip(scenario.segments, arrived[:, month], strict=True):
            if len(scenario.segments) > 1:
                yield from _many("arrivals", segment.name, end, of_segment)


def _many(kind: str, segment: str, by: date, counts: NDArray[Any]) -> Iterator[Trait]:
    """Yield whether a count is at least so much as in about half of the trials, where it varies."""
    middle = max(int(np.median(counts)), 1)
    least = min((middle, middle + 1), key=lambda k: abs(float(np.mean(counts >= k)) - 0.5))
    if 0 < np.mean(counts >= least) < 1:
        yield Trait(kind, {"segment": segment, "by": by.isoformat(), "at_least": least}, counts >= least)


def _markets(question: Question) -> Iterator[Trait]:
    """Yield whether the market of a quarter is among the best third, for all and for each segment."""
    landed, window = question.landings, question.aim.window
    names = [segment.name for segment in question.scenario.segments]
    lucks = [("all", landed.shared), *zip(names if len(names) > 1 else (), landed.segment_luck, strict=False)]
    for name, luck in lucks:
        for quarter, of_quarter in zip(landed.quarters, luck, strict=True):
            if _begins(quarter) <= window.last:
                good = of_quarter > np.quantile(of_quarter, 1 - GOOD)
                yield Trait("market", {"segment": name, "quarter": quarter}, good)


def _begins(quarter: str) -> date:
    """Return the first day of a quarter such as `2026-Q4`."""
    year, number = quarter.split("-Q")
    return date(int(year), 3 * int(number) - 2, 1)
