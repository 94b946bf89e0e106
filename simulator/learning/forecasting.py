"""Forecast from a history alone, as if it ended on its day: what backtests repeat at many days."""

from __future__ import annotations

import copy
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from simulator.errors import InputError, Problem
from simulator.history import History
from simulator.learning.files import SCENARIO, Origin, make_room, write_fit
from simulator.learning.fitting import DRAWS, Fit, fit
from simulator.loading import load
from simulator.loading.learned import NAME
from simulator.runs import write_file, yaml_bytes
from simulator.scenario import Scenario


def forecaster(
    base: Scenario | None, horizon: str, seed: int = 1, draws: int = DRAWS
) -> Callable[[History, date], Scenario]:
    """Return what makes a learned scenario of what was known on a day.

    Args:
        base: whose tables are the prior, and whose products, terms and clocks hold; or None.
        horizon: length of the forecast, such as `3m`.
        seed: of the draws.
        draws: of the posterior.
    """

    def forecast(history: History, day: date) -> Scenario:
        assert history.known == day.toordinal()
        if not len(history.deals) and not len(history.invoices):
            problem = Problem("H007", f"nothing was known at the end of {day.isoformat()}")
            raise InputError([replace(problem, remedy="begin with a later day")])
        return learned_scenario(fit(history, base, draws, seed), base, horizon, seed)

    return forecast


def learned_scenario(found: Fit, base: Scenario | None, horizon: str, seed: int = 1) -> Scenario:
    """Return the scenario that stands on a fit, with the deals and invoices of its history.

    It goes through the files that `fit` writes, so that what a backtest proves is what a user runs.
    """
    with TemporaryDirectory() as folder:
        place = Path(folder)
        write_fit(found, place, Origin(), seed)
        if base is not None:
            write_file(place / SCENARIO, yaml_bytes(_upon(found, base)))
        return load(place / SCENARIO, sets=[f"horizon={horizon}"])


def _upon(found: Fit, base: Scenario) -> dict[str, Any]:
    """Return a base as it would have been: its rules, none of its tables and plans, which came later."""
    kept = ("version", "name", "fiscal_year_start", "period", "time_zone", "rates", "products", "offers")
    tree = {key: copy.deepcopy(base.resolved[key]) for key in kept if key in base.resolved}
    segments = copy.deepcopy(base.resolved["segments"])
    for name, room in make_room(found).items():
        if name in segments:
            segments[name] = _without(segments[name] or {}, room)
    known = date.fromordinal(found.history.known).isoformat()
    data = {"deals": "deals.csv"} | ({"invoices": "invoices.csv"} if len(found.history.invoices) else {})
    tree |= {"as_of": known, "horizon": "1m", "currency": base.currency, "data": data}
    return tree | {"learned": NAME, "segments": segments}


def _without(given: dict[str, Any], room: dict[str, Any]) -> dict[str, Any]:
    """Return a mapping without the keys for which room is made."""
    result = {}
    for key, value in given.items():
        if key in room and room[key] is None:
            continue
        inner = room.get(key)
        result[key] = _without(value, inner) if isinstance(inner, dict) and isinstance(value, dict) else value
    return result
