"""Forecast invented companies as a user would: fit on what was known, then play the next quarter."""

from dataclasses import replace
from datetime import date
from functools import lru_cache
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from simulator.engine import compile_plan, play
from simulator.learning import fit, learned_scenario
from simulator.loading import load
from simulator.loading.history_tables import open_deals_table
from simulator.market import Market
from simulator.runs import csv_bytes

DRAWS, TRIALS = 500, 1000


def learned(history, base, t):
    """Return the bookings of the next calendar quarter, money[trial] in minor units."""
    return bookings(learned_with_table(history, base, t))


def alone(history, base, t):
    """Return the same without the set table: nobody has set anything."""
    return bookings(learned_from(history, None, t))


@lru_cache(maxsize=1)
def learned_with_table(history, base, t):
    """Return the scenario that is learned beside the set table; two forecasts in a row share it."""
    return learned_from(history, set_scenario(history, base), t)


def learned_from(history, scenario, t, rho=None):
    end = next_quarter_end(date.fromordinal(t))
    found = fit(history, scenario, DRAWS, rho=rho)
    return learned_scenario(found, scenario, end.isoformat())


def set_scenario(history, base):
    with TemporaryDirectory() as folder:
        place = Path(folder)
        (place / "scenario.yaml").write_text(base.text, "utf-8")
        (place / "deals.csv").write_bytes(csv_bytes(open_deals_table(history), verbatim=True))
        return load(place / "scenario.yaml")


def bookings(scenario):
    plan = compile_plan(scenario, seed=1)
    outcome = play(plan, 0, TRIALS)
    return outcome.money["bookings"].sum(axis=(0, 1))


def next_quarter_end(day):
    """Return the last day of the calendar quarter after the one that a day ends."""
    month = day.month + 3
    year, month = day.year + (month > 12), (month - 1) % 12 + 1
    after = date(year + (month == 12), month % 12 + 1, 1)
    return date.fromordinal(after.toordinal() - 1)


def plug_in(history, base, t):
    """Return the same with middle figures for certain and nothing shared: what a forecast must not do.

    Deals share no market and arrive one by one, as in a Poisson process.
    """
    scenario = middle(history, base, t)
    return bookings(replace(scenario, segments=tuple(one_by_one(s) for s in scenario.segments)))


def middle(history, base, t):
    """Return the scenario of middle figures and no market; new deals still come in bunches."""
    scenario = learned_with_table(history, base, t)
    return replace(scenario, posterior=None, market=Market.independent())


def bunched(history, base, t):
    """Return the bookings that it brings."""
    return bookings(middle(history, base, t))


def one_by_one(segment):
    made = segment.generation
    if made is None:
        return segment
    birds = made.bluebirds and replace(made.bluebirds, dispersion=np.inf)
    return replace(segment, generation=replace(made, dispersion=np.inf, bluebirds=birds))
