"""Why a forecast changed: the steps add up to the minor unit, each is what it says, and none is chance."""

import json

import numpy as np
import pytest
from later import later
from whole_money import Dice, files_of, write

from simulator.analysis.bridge.played import Luck, World
from simulator.analysis.bridge.steps import OTHER, Walk
from simulator.errors import InputError
from simulator.forecast import Window
from simulator.landings import landings
from simulator.loading import load

TRIALS = 40


def random_pair(folder, seed):
    """Load a random scenario and what it looks like later, both with the same last day."""
    for again in range(20):
        files = files_of(seed, again)
        whole = json.loads(files["whole.yaml"])
        end = f"{int(whole['as_of'][:4]) + 1}-12-31"
        files["whole.yaml"] = json.dumps(whole | {"horizon": end})
        try:
            old = load(write(folder / f"{seed}-{again}-old", files))
            new = load(write(folder / f"{seed}-{again}-new", later(files, Dice(seed, again, 1))))
        except InputError as error:
            assert {p.code for p in error.every} <= {"S033"}, error
            continue
        return old, new
    raise AssertionError(f"no scenario of seed {seed} loads")


def window_of(new, seed):
    """A whole fiscal or calendar year, a quarter, or a part of it, of some series."""
    dice, span = Dice(seed, 2), new.horizon
    periods = [p for p in (*span.fiscal_years, *span.fiscal_quarters) if p.end <= span.end]
    period = dice.one(periods)
    series = dice.one(["bookings"] * 3 + [*new.series] + ["balance"] * new.cash.has_balance)
    segment = dice.one([None, None, new.segments[0].name]) if series != "balance" else None
    return Window(series, period.start, period.end, segment)


def check_pair(folder, seed, patch):
    """Hold one random pair to all that holds."""
    old, new = random_pair(folder, seed)
    window, found = window_of(new, seed), {}
    if window.series == "balance" and not old.cash.has_balance:
        window = Window("bookings", window.first, window.last)
    ends = [landings(one, window, TRIALS, new.seed).total for one in (old, new)]
    least = round(float(np.median(ends[1])))
    walk = Walk(old, new, window, Luck(TRIALS, new.seed), least)

    def before_settings(self, before):
        found["total"], found["before"] = self.ledger.total, before
        whole(self, before)

    whole = Walk._set
    patch.setattr(Walk, "_set", before_settings)
    ledger = walk.steps()
    for level, total in zip((ledger.start, ledger.level), ends, strict=True):
        assert level.mean == round(float(total.mean())) and level.middle == round(float(np.median(total)))
        assert level.chance == np.mean(total >= least)
    change = ledger.level.since(ledger.start)
    for key in ("mean", "middle"):
        assert sum(getattr(step.change, key) for step in ledger.steps) == getattr(change, key)
    assert sum(step.change.chance for step in ledger.steps) == pytest.approx(change.chance, abs=1e-12)
    for step in ledger.steps:
        assert sum(item.change.mean for item in step.items) == step.change.mean
        assert sum(item.change.middle for item in step.items) == step.change.middle
    if walk.comparable:
        apart = World(found["before"].scenario(), window, Luck(TRIALS, new.seed))
        # Deal by deal what happened is put together to what it is when all of it is played at once.
        assert np.array_equal(found["total"], World.of(apart.scenario, window, apart.luck).total)
        if found["before"].differ_in_parts_only:
            assert OTHER not in [step.name for step in ledger.steps]
    return walk


@pytest.mark.parametrize("seed", range(10))
def test_steps_add_up_to_the_minor_unit(tmp_path, monkeypatch, seed):
    check_pair(tmp_path, seed, monkeypatch)
