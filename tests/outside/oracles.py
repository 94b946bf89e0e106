"""Answer with libraries that the project does not use: `python oracles.py < questions.json > answers.json`.

Runs in an environment of its own (`requirements.txt` beside it), since lifelines pins an old pandas.
"""

import json
import sys

import numpy as np
import scoringrules
from lifelines import AalenJohansenFitter


def score(case):
    values, outcome = np.array(case["values"]), case["outcome"]
    low, high = case["interval"]
    return {
        "crps": float(scoringrules.crps_ensemble(outcome, values, estimator="nrg")),
        "interval": float(scoringrules.interval_score(outcome, low, high, 1 - case["level"])),
    }


def incidence(case):
    """Cumulative incidence of each cause at each day on which something ended."""
    found = {}
    for cause in sorted(set(case["cause"]) - {0}):
        fitter = AalenJohansenFitter(calculate_variance=False)
        fitter.fit(case["days"], case["cause"], event_of_interest=cause, entry=case["entry"])
        curve = fitter.cumulative_density_.iloc[:, 0]
        at = np.searchsorted(curve.index.to_numpy(), case["asked"], side="right") - 1
        found[cause] = curve.to_numpy()[at].tolist()
    return found


if __name__ == "__main__":
    questions = json.load(sys.stdin)
    answers = {
        "scores": [score(case) for case in questions["scores"]],
        "incidence": [incidence(case) for case in questions["incidence"]],
    }
    json.dump(answers, sys.stdout)
