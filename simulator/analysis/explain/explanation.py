"""Put an explanation together: what it is about, and each of its parts."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from simulator.analysis.explain import (
    concentration,
    good_years,
    one_at_a_time,
    shares,
    swings,
    terms_priced,
    tripwires,
)
from simulator.analysis.explain.question import Question
from simulator.forecast import statistics
from simulator.scores import share_interval

PARTS: Final[Mapping[str, Callable[[Question], dict[str, Any]]]] = {
    "uncertainty": shares.part,
    "one_at_a_time": one_at_a_time.part,
    "swings": swings.part,
    "tripwires": tripwires.part,
    "good_years": good_years.part,
    "terms_priced": terms_priced.part,
    "concentration": concentration.part,
}
"""The parts of explain.json, in the order in which people read them."""


def explain(question: Question) -> dict[str, Any]:
    """Return the fields of explain.json (FORMATS), none of which depends on time or machine."""
    return _head(question) | {name: part(question) for name, part in PARTS.items()}


def _head(question: Question) -> dict[str, Any]:
    forecast, aim, scenario = question.forecast, question.aim, question.scenario
    amounts = question.amounts
    told = statistics(amounts, forecast.unit, draws=forecast.draws)
    head: dict[str, Any] = {
        "schema_version": 1,
        "scenario": scenario.name,
        "as_of": scenario.horizon.as_of.isoformat(),
        "seed": forecast.seed,
        "trials": forecast.trials,
        "currency": scenario.currency,
        "aim": {
            "target": aim.name,
            "series": aim.window.series,
            "from": aim.window.first.isoformat(),
            "until": aim.window.last.isoformat(),
            "period": _period(question),
            "segment": aim.window.segment or "all",
            "amount": None if aim.amount is None else aim.amount / forecast.unit,
        },
        "amount": told,
        "self_check": forecast.check.told(),
    }
    if aim.amount is not None:
        chance, low, high = share_interval(amounts >= aim.amount, forecast.draws)
        head["aim"] |= {"chance": chance, "low": low, "high": high}
    return head


def _period(question: Question) -> str:
    """Return the name of the fiscal year or quarter that is asked about, "" where it is none."""
    window, horizon = question.aim.window, question.scenario.horizon
    known = (*horizon.fiscal_years, *horizon.fiscal_quarters)
    return next((p.name for p in known if (p.start, p.end) == (window.first, window.last)), "")
