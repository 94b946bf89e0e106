"""Scores and cumulative incidences agree with scoringrules and lifelines, in an environment of their own."""

import json
import subprocess
from pathlib import Path

import numpy as np
import pytest

from simulator.learning.aalen_johansen import incidence_of
from simulator.learning.spells import STILL, Spells
from simulator.scores import crps, interval_score

ROOT = Path(__file__).parent.parent
PYTHON = ROOT / ".venv-oracles/bin/python"
STAGES = 2


def some_spells(rng, count):
    """Stays of one stage without ties: ends on even days, first seen on odd ones."""
    length = 2 * rng.permutation(count) + 2
    entry = np.where(
        rng.random(count) < 0.3, np.minimum(2 * rng.integers(0, count, count), length - 2) - 1, -1
    )
    entry = np.where(entry < 1, -1, entry)
    target = rng.choice([STILL, 1, STAGES, STAGES + 1], count, p=[0.3, 0.3, 0.1, 0.3])
    zero = np.zeros(count, dtype=np.int64)
    return Spells(
        STAGES, ("s",), 1000, segment=zero, deal=np.arange(count), stage=zero, target=target, length=length,
        entry=entry, age=length * 1.0, began=zero, until=zero, quarter=zero,
    )  # fmt: skip


def asked(questions):
    told = subprocess.run(
        [PYTHON, ROOT / "tests/outside/oracles.py"], input=json.dumps(questions), text=True,
        capture_output=True, check=True,
    )  # fmt: skip
    return json.loads(told.stdout)


@pytest.mark.verify
@pytest.mark.skipif(not PYTHON.exists(), reason="no .venv-oracles: make verify makes it")
def test_scores_and_incidences_are_those_of_other_libraries():
    rng = np.random.default_rng(1)
    scores = []
    for n in (1, 2, 7, 500):
        for outcome in (-3.0, 0.1, 8.0):
            values = rng.normal(1.0, 2.0, n).tolist()
            scores.append({"values": values, "outcome": outcome, "interval": [-1.0, 3.5], "level": 0.8})
    histories = [some_spells(rng, n) for n in (12, 150, 900)]
    ours = [incidence_of(spells) for spells in histories]
    questions = {
        "scores": scores,
        "incidence": [
            {
                "days": spells.length.tolist(),
                "cause": np.where(spells.target == STILL, 0, spells.target).tolist(),
                "entry": np.maximum(spells.entry, 0).tolist(),
                "asked": found.days.tolist(),
            }
            for spells, found in zip(histories, ours, strict=True)
        ],
    }
    answers = asked(questions)
    for case, answer in zip(scores, answers["scores"], strict=True):
        assert crps(np.array(case["values"]), case["outcome"]) == pytest.approx(answer["crps"], abs=1e-9)
        found = interval_score(*case["interval"], case["outcome"], case["level"])
        assert found == pytest.approx(answer["interval"])
    for found, answer in zip(ours, answers["incidence"], strict=True):
        assert answer
        for cause, curve in answer.items():
            assert np.allclose(found.cumulative[int(cause)], curve, atol=1e-9), cause
