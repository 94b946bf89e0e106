"""Measure how often a forecaster's intervals hold on invented companies: next-quarter bookings."""

import os
import sys
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import partial
from multiprocessing import get_context

import companies
import numpy as np
from company_reference import reference

from simulator.scores import wilson

LEVELS = (0.5, 0.8, 0.95)


@dataclass(frozen=True)
class Case:
    """One company and how its forecast fared.

    Attributes:
        seed: of the company.
        groups: what kind of company it is, `what: which`.
        came: bookings.
        median, mean: of the forecast.
        held: whether the central 50, 80, 95 % intervals, ends included, held what came.
        pit: share of trials below what came, drawn evenly within those equal to it.
        width: of the 80 % interval.
        error: what the forecaster raised, "" where nothing.
    """

    seed: int
    groups: tuple[str, ...]
    came: float
    median: float
    mean: float
    held: tuple[bool, ...]
    pit: float
    width: float
    error: str = ""


@dataclass(frozen=True)
class Coverage:
    """All cases, and their table."""

    cases: tuple[Case, ...]

    def hits(self, group="all"):
        """Return (cases, held at each level, inside by PIT at each level) of one kind of company."""
        some = [case for case in self.cases if not case.error and group in ("all", *case.groups)]
        held = np.array([case.held for case in some]).reshape(-1, len(LEVELS)).sum(axis=0)
        pit = np.array([case.pit for case in some])
        inside = [int((np.abs(pit - 0.5) < level / 2).sum()) for level in LEVELS]
        return len(some), tuple(int(n) for n in held), tuple(inside)

    def rate(self, level, group="all"):
        """Return the share of intervals that held, and its 95 % interval, at one of the `LEVELS`.

        By the PIT: where a single value is likely (nothing is won), an interval that ends there holds more
        often than it says, and the PIT does not.
        """
        count, _, inside = self.hits(group)
        at = LEVELS.index(level)
        return inside[at] / max(count, 1), *wilson(inside[at], count)

    def histogram(self, group="all", bins=10):
        """Count PITs: even if calibrated, a U where intervals are too narrow, a hump where too wide."""
        pit = [case.pit for case in self.cases if not case.error and group in ("all", *case.groups)]
        return np.histogram(pit, bins, (0.0, 1.0))[0]

    def __str__(self):
        groups = sorted({group for case in self.cases for group in case.groups})
        lines = [f"{'':26}{'n':>6}" + "".join(f"{f'{level:.0%} held by PIT (95 %)':>30}" for level in LEVELS)]
        lines[0] += "  mean PIT"
        lines += [self._line(group) for group in ("all", *groups)]
        lines += [f"PIT histogram: {' '.join(map(str, self.histogram()))}"]
        failed = [case for case in self.cases if case.error]
        lines += [f"{len(failed)} failed; first: seed {failed[0].seed}: {failed[0].error}"] if failed else []
        return "\n".join(lines)

    def _line(self, group):
        count, held, inside = self.hits(group)
        line = f"{group:26}{count:6d}"
        for h, n in zip(held, inside, strict=True):
            low, high = wilson(n, count)
            line += f"{h / max(count, 1):13.1%} {n / max(count, 1):6.1%} ({low:.0%}–{high:.0%})".rjust(30)
        pit = [case.pit for case in self.cases if not case.error and group in ("all", *case.groups)]
        return line + f"{np.mean(pit) if pit else 0:10.3f}"


def informed(company, trials=500):
    """Forecast with the truth in hand: the reference, which must hold as often as it says."""
    return reference(company, trials)


informed.knows_truth = True


def coverage(forecaster, seeds, **how):
    """Score a forecaster on one company a seed: one of `coverages`."""
    return coverages((forecaster,), seeds, **how)[0]


def coverages(forecasters, seeds, *, options=None, fixed=None, workers=2, label="all"):
    """Score forecasters on the same companies, one a seed, one after the other on each.

    Args:
        forecasters: (history as known at t, base, t) → bookings[trial] of the next calendar quarter in minor
            units, from open deals and those still to come; functions of a module, so that another process
            finds them. One with an attribute `knows_truth` is given the company instead.
        seeds: of the companies.
        options: of all of them, the rest plain; without, each is drawn by `companies.draw`.
        fixed: options that are not drawn, such as {"luck": "decision"}.
        workers: processes; the result does not depend on them.
        label: name of the family, with options.
    """
    job = partial(scored, forecasters, options, fixed or {}, label)
    if workers == 1:
        cases = list(map(job, seeds))
    else:
        os.environ.setdefault("OMP_NUM_THREADS", "1")
        with ProcessPoolExecutor(workers, mp_context=get_context("spawn")) as pool:
            cases = list(pool.map(job, seeds, chunksize=4))
    return tuple(Coverage(of_one) for of_one in zip(*cases, strict=True))


def families(forecaster, seeds, *, names=tuple(companies.FAMILIES), workers=2):
    """Score a forecaster on each family alone."""
    cases = ()
    for name in names:
        options = companies.FAMILIES[name]
        cases += coverage(forecaster, seeds, options=options, workers=workers, label=name).cases
    return Coverage(cases)


def scored(forecasters, options, fixed, label, seed):
    """Forecast one company and hold each forecast against what came."""
    drawn = options is None
    company = companies.draw(seed, **fixed) if drawn else companies.company(seed, **options | fixed)
    groups = kinds(company) if drawn else (label,)
    history = company.history.as_of(company.t)
    return tuple(one(forecaster, company, history, groups) for forecaster in forecasters)


def one(forecaster, company, history, groups):
    """Hold what one forecaster says against what came."""
    seed, came = company.seed, company.bookings
    try:
        knows = knows_truth(forecaster)
        sample = forecaster(company) if knows else forecaster(history, company.base, company.t)
        sample = np.asarray(sample, dtype=np.float64)
        assert sample.ndim == 1 and len(sample) and np.isfinite(sample).all(), "not a sample of numbers"
    except Exception as error:  # one company less is told in the table, and is no reason to lose the others
        told = f"{type(error).__name__}: {error}"
        return Case(seed, groups, came, 0.0, 0.0, (False,) * len(LEVELS), 0.5, 0.0, told)
    return judged(seed, groups, came, sample)


def knows_truth(forecaster):
    """Whether a function, or that of a partial, is to be given the company."""
    return getattr(getattr(forecaster, "func", forecaster), "knows_truth", False)


def judged(seed, groups, came, sample):
    """Hold one sample against what came."""
    tails = [(1 - level) / 2 for level in LEVELS]
    held = tuple(bool(np.quantile(sample, a) <= came <= np.quantile(sample, 1 - a)) for a in tails)
    u = np.random.default_rng([seed, 3]).random()
    below, equal = (sample < came).sum(), (sample == came).sum()
    pit = float((below + u * (equal + 1)) / (len(sample) + 1))
    low, middle, high = np.quantile(sample, (0.1, 0.5, 0.9))
    return Case(seed, groups, came, float(middle), float(sample.mean()), held, pit, float(high - low))


def kinds(company):
    """Name what a drawn company is like."""
    o = company.options
    known = len(company.history.as_of(company.t).deals)
    return (
        f"log: {o.log_months:2d} months",
        f"log: {'by stage' if o.logged else 'two dates only'}",
        f"segments: {o.segments}",
        f"market: {'drawn' if o.rho is None else o.rho}",
        f"growth: {'below 0' if o.growth < 0 else 'to 40 %' if o.growth < 0.4 else 'above 40 %'}",
        f"season: {'yes' if o.season else 'no'}",
        f"bluebirds: {o.bluebirds:.0%}",
        f"losers linger: {'yes' if o.lingering else 'no'}",
        f"back moves: {o.back:.0%}",
        f"prices: {o.prices}",
        f"amount effect: {o.amount_effect}",
        f"optimism: {'below 1.7' if o.optimism < 1.7 else 'above 1.7'}",
        f"stale: {o.stale:.0%}",
        f"recorded late: {'yes' if o.delay else 'no'}",
        f"dates stated: {'yes' if o.stated else 'no'}",
        f"deals: {'below 100' if known < 100 else 'to 500' if known < 500 else 'above 500'}",
    )


if __name__ == "__main__":
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 500
    print(coverage(informed, range(count)))
    print(families(informed, range(count)))
