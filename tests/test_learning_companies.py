"""What is learned beside the funnels foresees other deals of invented companies better, or no worse."""

from dataclasses import fields

import companies as C
import numpy as np
import pytest

from simulator.close_dates import AGE_GRID
from simulator.engine.moments import log_time_moments
from simulator.learning import close_dates, odds
from simulator.learning.funnels import fit_funnels
from simulator.learning.ladders import calibrated
from simulator.learning.spells import segment_clocks, spells_of
from simulator.streams import UniformRow


def known(seed, **options):
    """A company's record, its clocks and its stays."""
    company = C.company(seed, **options)
    history = company.history.as_of(company.t)
    clocks = segment_clocks(history)
    return history, clocks, spells_of(history, clocks)


# ---- the odds


def foreseen(shown, fit, segments):
    """Chances of snapshots under a calibrator, averaged over its draws."""
    result = np.zeros(len(shown))
    for g, name in enumerate(segments):
        its = np.flatnonzero(shown.segment == g)
        some, own = shown.only(its), fit.draws[name]
        features = {
            "pushes": np.log1p(some.pushes), "overdue": some.overdue.astype(float),
            "log_amount": np.log(some.amount / 100 / own.reference),
        }  # fmt: skip
        before = np.broadcast_to(some.before, (len(own.shift), len(its)))
        result[its] = calibrated(before, own, features, some.stage).mean(axis=0)
    return np.clip(result, 1e-6, 1 - 1e-6)


@pytest.mark.slow
def test_effects_of_stages_and_segments_invent_nothing(monkeypatch):
    """Six companies in which there are none: learned from half of the deals, the log score of the others
    loses less than 1 nat in all, where effects without a ridge lose more than 3."""
    gain, number = 0.0, 0
    for seed in range(6):
        options = {"lingering": bool(seed % 2), "deals": 1500} if seed else {"segments": 2, "deals": 600}
        history, clocks, spells = known(seed, **options)
        shown = odds.fit_odds(history, spells, clocks, 100, UniformRow(1, "odds"), rho=0.1).snapshots
        learn = shown.only(shown.deal % 4 < 2)
        test = shown.only((shown.deal % 4 >= 2) & ((shown.after == 0) | (shown.after == 1)))
        found = []
        for groups in (odds._groups, lambda *some: []):
            with monkeypatch.context() as patch:
                patch.setattr(odds, "_groups", groups)
                fit = odds.calibrate(learn, spells.segments, history.stages, 300, UniformRow(1, "o"), 0.1)
            chance = foreseen(test, fit, spells.segments)
            found.append(np.log(np.where(test.after == 1, chance, 1 - chance)).sum())
        gain, number = gain + found[0] - found[1], number + len(test)
    assert number > 1400
    assert gain > -1.0


# ---- stated dates


def score(rule, rows, mean, sd):
    """Log density of ln(T + c) of won deals under a rule."""
    factor, power = rule.line(rows.stated, rows.pushes, mean, sd)
    z = (np.log(rows.time + 7) - np.log(factor) - power * mean) / (power * sd)
    return -0.5 * z**2 - np.log(power * sd)


@pytest.mark.slow
def test_overdue_dates_and_pushes_foresee_the_days_on_which_other_deals_close(monkeypatch):
    """Learned from half of the deals of four companies, they raise the log score of the others' days in each,
    by more than .015 a deal in all; and by more than .05 of those whose date has passed."""
    gains, late = [], []
    for seed in range(40, 44):
        history, clocks, spells = known(seed, deals=1200, stated=True)
        mean = fit_funnels(spells, history.stages, UniformRow(1, "f"), 100)[history.segments[0]].draws.mean
        tables = log_time_moments(mean)

        def moments(segment, stage, age, tables=tables):
            mean, sd = (
                np.array([np.interp(a, AGE_GRID, t[s]) for s, a in zip(stage, age, strict=True)])
                for t in tables
            )
            return mean, np.maximum(sd, 1e-3)

        rows = close_dates.stated_dates(history, clocks[0], UniformRow(seed, "shown"))

        def part(some, rows=rows):
            return close_dates.Stated(**{f.name: getattr(rows, f.name)[some] for f in fields(rows)})

        learn, test = part(rows.deal % 2 == 0), part((rows.deal % 2 == 1) & rows.won)
        found = []
        for fewest in (close_dates._SEEN_BY, 10**9):
            with monkeypatch.context() as patch:
                patch.setattr(close_dates, "stated_dates", lambda *some, learn=learn: learn)
                patch.setattr(close_dates, "_SEEN_BY", fewest)
                fit = close_dates.fit_close_dates(history, clocks[0], UniformRow(1, "x"), moments)
            found.append(score(fit.rule(), test, *moments(None, test.stage, test.age)))
        gain = found[0] - found[1]
        gains.append(gain)
        late.append(gain[test.stated <= 0])
    assert all(gain.sum() > 0 for gain in gains)
    assert np.concatenate(gains).mean() > 0.015
    assert np.concatenate(late).mean() > 0.05
