"""Say where the uncertainty comes from: how much of it each group of chances brings (Shapley; MODEL 9)."""

from __future__ import annotations

from itertools import combinations
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from simulator.analysis.aimed import Aimed
from simulator.analysis.explain.question import Question
from simulator.executors import side_by_side
from simulator.posterior import Posterior
from simulator.scores import Z95, clustered_variance
from simulator.simulation import MOST_SEED
from simulator.streams import GROUPS, UniformRow

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

ORDERS: Final = 12
"""In so many orders the groups change their luck, each in trials of its own."""
COMPILED: Final = 120_000
"""Deals times orders that are worth the wait: each play of an order is compiled anew."""
FEWEST_ORDERS: Final = 3
EACH: Final = 750
"""Trials of an order at most; 9,000 in all tell each share to a point or less."""
WORK: Final = 200_000_000
"""Contracts times trials times plays that are worth the wait; of very large books fewer trials are played."""
LEAST: Final = 25
FEWEST: Final = 2
"""Trials of an order below which no share can be told."""
_DRAWN: Final = 1_000
"""Orders out of which the most even ones are taken."""
_TURNS: Final = 4
"""How often each of them is chosen."""


def part(question: Question) -> dict[str, Any]:
    """Return the share of each group in the variance of the aim's amount; together they are 1.

    The Shapley value of the variance that is left when a group's luck is drawn anew (Owen 2014), by
    pick-freeze: a trial A, its twin B, which differs in all, and the trials between them, in which one group
    after another takes A's luck. With d the step of a group, share = E[(A − B)·d] / E[(A − B)²] (Goda 2021,
    both ends averaged). An effect that some groups have together is parted by who of them is first or last;
    the orders are such that each of them is so equally often.
    """
    names, aimed = groups(question), Aimed(question.scenario, question.aim, question.seed)
    worthwhile = COMPILED // max(len(question.scenario.pipeline), 1)
    orders = even_orders(len(names), min(ORDERS, max(worthwhile, FEWEST_ORDERS)))
    twins = (UniformRow(question.seed, "twins").uniforms(len(orders)) * MOST_SEED).astype(np.int64).tolist()
    if (each := _trials(question, aimed, orders.size + len(orders))) < FEWEST:
        return {"trials": question.forecast.trials, "parts": []}

    def task(number: int, _: int) -> Floats:
        """Return what each trial of an order brings, its groups B's, and A's one after another."""
        taken = [set(orders[number, :count].tolist()) for count in range(len(names) + 1)]
        seeds = (
            {name: twins[number] for place, name in enumerate(names) if place not in some} for some in taken
        )
        return np.stack([aimed.amounts(aimed.plan(some), number * each, each) for some in seeds])

    spans = [(number, number + 1) for number in range(len(orders))]
    values, whole = [np.zeros((len(names), len(orders) * each)), np.zeros(len(orders) * each)]
    for number, amounts in enumerate(side_by_side(task, spans, min(question.workers, len(spans)))):
        some = slice(number * each, (number + 1) * each)
        apart = amounts[-1] - amounts[0]
        values[orders[number], some] = np.diff(amounts, axis=0) * apart / 2
        whole[some] = apart**2 / 2
    return {"trials": len(whole), "parts": _told(names, values, whole, question.scenario.posterior)}


def groups(question: Question) -> tuple[str, ...]:
    """Return the groups of `streams.GROUPS` that can touch the aim's amount."""
    scenario, series = question.scenario, question.aim.window.series
    idle = set()
    if series == "bookings" and not scenario.offers:
        idle.add("payments")  # an offer, which cuts the price, is the only one of them before the invoice
    if not scenario.rates.volatility:
        idle.add("currency")
    if not any(segment.generation for segment in scenario.segments):
        idle.add("arrivals")
    return tuple(name for name in GROUPS if name not in idle)


def even_orders(groups: int, count: int) -> Integers:
    """Return orders in which of every set of groups each is first or last about equally often.

    That is what the share of their common effect is parted by. One after another, that order is taken out of
    many which leaves the sets most even, and then again in place of each.

    Returns:
        integers[order, place].
    """
    some = np.argsort(UniformRow(0, "orders of groups").uniforms(_DRAWN, groups), axis=1)
    place = np.argsort(some, axis=1)
    sets = [list(s) for size in range(3, groups + 1) for s in combinations(range(groups), size)]
    ends = np.zeros((_DRAWN, len(sets), groups))
    for number, members in enumerate(sets):
        own = place[:, members]
        for end in (own.argmin(axis=1), own.argmax(axis=1)):
            ends[np.arange(_DRAWN), number, np.asarray(members)[end]] += 1
        ends[:, number, members] -= 2 / len(members)
    flat = ends.reshape(_DRAWN, -1)
    squares, excess, chosen = (flat**2).sum(axis=1), np.zeros(flat.shape[1]), list[int]()
    for turn in range(_TURNS * count):
        if turn >= count:
            excess -= flat[chosen.pop(0)]
        chosen.append(int(np.argmin(2 * flat @ excess + squares)))
        excess += flat[chosen[-1]]
    return np.asarray(some[chosen])


def _trials(question: Question, aimed: Aimed, plays: int) -> int:
    """Return the trials of each play."""
    affordable = WORK // (max(aimed.plan().contracts, 1) * plays)
    asked = question.scenario.trials or EACH * ORDERS
    return min(EACH, max(affordable, LEAST), asked // ORDERS)


def _told(
    names: tuple[str, ...], values: Floats, whole: Floats, posterior: Posterior | None
) -> list[dict[str, Any]]:
    """Return the shares with their 95 % errors, the largest first; none where nothing is uncertain."""
    if not whole.any():
        return []
    found = values.mean(axis=1) / whole.mean()
    rest = (values - found[:, None] * whole) / whole.mean()
    if posterior is not None and 1 < posterior.draws < len(whole):
        variance = np.array([clustered_variance(row, posterior.draws) for row in rest])
    else:
        variance = rest.var(axis=1) / max(len(whole) - 1, 1)
    told = zip(names, found.tolist(), (Z95 * np.sqrt(variance)).tolist(), strict=True)
    parts = [{"group": name, "share": share, "error": error} for name, share, error in told]
    return sorted(parts, key=lambda part: -part["share"])
