"""Scenarios of every kind, as files or learned: what is said of all trials is said of all of these."""

from functools import cache
from pathlib import Path
from tempfile import mkdtemp

from posteriors import posterior
from test_drawn import NAMES, learned_scenario
from whole_money import files_of, write

from simulator.engine import compile_plan
from simulator.errors import InputError
from simulator.loading import load
from simulator.played import Played, Player

HERE = Path(__file__).resolve().parent.parent / "scenarios"
SHIPPED = ("baseline.yaml", "saas-hardware/scenario.yaml")
LEARNED = "learned"
WHOLE = ("whole 7", "whole 2", "whole 14", "whole 16", "whole 4")
"""Random scenarios of the whole of funnel and money: returns, offers, renewals, currencies, products."""


@cache
def scenario_of(name):
    """Load a scenario by its file, its number among the random ones, or return the learned one."""
    if name == LEARNED:
        return learned_scenario(posterior(7, NAMES))
    if not name.startswith("whole"):
        return load(HERE / name)
    for again in range(20):
        try:
            return load(write(Path(mkdtemp()), files_of(int(name.split()[1]), again)))
        except InputError as error:
            assert {p.code for p in error.every} == {"S033"}
    raise AssertionError(f"no scenario of {name} loads")


def run_of(scenario, trials, **options):
    """Play a scenario as `simulate` does, without its check against exact means."""
    plan = compile_plan(scenario, scenario.seed, **options)
    return Player().play(Played.none(plan, "main"), trials).alone()
