"""Say how much hangs on a few deals, customers and segments: their share of the amount, and of its width."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from simulator.analysis.aims import Aim
from simulator.analysis.contrasts import DIFFERENCE, chance_contrast, contrast
from simulator.analysis.explain.question import Question
from simulator.forecast import statistics
from simulator.scores import share_interval

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

MOST: Final = 10
"""Deals and customers that are told of."""
LOST: Final = 3
"""The largest, of which it is told what comes without them."""


def part(question: Question) -> dict[str, Any]:
    """Return what the largest open deals, customers and segments bring on average, and of the uncertainty.

    A part's share of the uncertainty is Cov(part, total) / Var(total); those of all parts add to 1, deals yet
    to come and what else there is among them.
    """
    landed, pipeline = question.landings, question.scenario.pipeline
    deals, total = landed.deals, landed.total
    means, own = deals.mean(axis=1), _covariances(deals, total)
    order = [i for i in np.argsort(-means, kind="stable").tolist() if means[i] > 0]
    unit, whole = question.forecast.unit, float(total.mean())
    every = float(means.sum())

    def told(mean: float, covariance: float) -> dict[str, Any]:
        return {"mean": mean / unit, "share": mean / whole if whole else 0.0, "uncertainty": covariance}

    return {
        "trials": len(total),
        "average": whole / unit,
        "open_deals": told(every, float(own.sum())) | {"count": len(pipeline), "likely": len(order)},
        "half": _half(means[order]),
        "deals": [
            {"id": pipeline.id[i], "name": pipeline.name[i], "customer": pipeline.customer[i]}
            | told(float(means[i]), float(own[i]))
            | (_without(question, deals[i]) if place < LOST else {})
            for place, i in enumerate(order[:MOST])
        ],
        "customers": [
            {"name": name, "deals": len(places)} | told(float(means[places].sum()), float(own[places].sum()))
            for name, places in _customers(pipeline.customer, means)
        ],
        "segments": _segments(question, told),
    }


def _covariances(parts: Floats, total: Floats) -> Floats:
    """Return Cov(part, total) / Var(total) of each part, floats[part]; 0 where nothing is uncertain."""
    off = total - total.mean()
    square = float(off @ off)
    return parts @ off / square if square else np.zeros(len(parts))


def _half(means: Floats) -> int:
    """Return how many of the largest make half of what all bring on average."""
    reached = np.cumsum(means)
    return int(np.searchsorted(reached, reached[-1] / 2)) + 1 if len(reached) else 0


def _without(question: Question, deal: Floats) -> dict[str, Any]:
    """Return what becomes of the middle and the chance in the same trials without what a deal brings."""
    forecast, total, least = question.forecast, question.landings.total, question.aim.amount
    draws = question.draws(len(total))
    sides = (total - deal, total)
    stats = [statistics(side, forecast.unit, draws=draws) for side in sides]
    change = contrast(sides, stats, DIFFERENCE, forecast.unit, draws)
    found: dict[str, Any] = {"p50": stats[0]["p50"], "change": change["p50"], "error": change["error"]["p50"]}
    if least is not None:
        hits = [side >= least for side in sides]
        found |= dict(zip(("chance", "low", "high"), share_interval(hits[0], draws), strict=True))
        found["chance_change"] = chance_contrast(hits, DIFFERENCE, draws)
    return {"if_lost": found}


def _customers(names: Sequence[str], means: Floats) -> list[tuple[str, Integers]]:
    """Return the customers that bring most, with the places of their deals; none where each has one."""
    places: dict[str, list[int]] = {}
    for place, name in enumerate(names):
        places.setdefault(name, []).append(place)
    if len(places) == len(names):
        return []
    found = [(name, np.array(own, dtype=np.int64)) for name, own in places.items() if means[own].sum() > 0]
    return sorted(found, key=lambda one: -float(means[one[1]].sum()))[:MOST]


def _segments(question: Question, told: Any) -> list[Mapping[str, Any]]:
    """Return what the segments bring, deals yet to come and the past included; none of the balance."""
    aim, scenario = question.aim, question.scenario
    if aim.window.series == "balance" or aim.window.segment is not None or len(scenario.segments) < 2:
        return []
    aims = [Aim("", replace(aim.window, segment=segment.name)) for segment in scenario.segments]
    amounts = np.stack([one.amounts(question.forecast) for one in aims])
    own = _covariances(amounts, question.amounts)
    rows = zip(scenario.segments, amounts.mean(axis=1).tolist(), own.tolist(), strict=True)
    return sorted(({"name": s.name} | told(m, c) for s, m, c in rows), key=lambda row: -row["mean"])
