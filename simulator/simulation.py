"""Simulate a scenario: engine, stop rule, other markets, and the check against the exact means."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Final, Literal

import numpy as np
from numpy.typing import NDArray
from scipy import special

from simulator.engine import Outcome, Plan, compile_plan, empty_outcome, play
from simulator.errors import UsageError
from simulator.expected import Expected, expected, walk
from simulator.forecast import (
    Check,
    ExactMeans,
    Forecast,
    Slice,
    Trials,
    grouped,
    statistics,
    whole_asked,
)
from simulator.forecast.statistics import converged
from simulator.market import Market
from simulator.periods import Period, horizon
from simulator.receivables import Receivables
from simulator.scenario import Scenario
from simulator.scenario.model import MOST_TRIALS as LIMIT
from simulator.targets import SERIES, Series
from simulator.terms import parse_terms

FIRST_TRIALS: Final = 1_000
MOST_TRIALS: Final = 256_000
MOST_SEED: Final = 2**63 - 1
TARGET_ERROR: Final = 0.005
"""Standard error of a target's chance at which the stop rule is content."""
ENOUGH_WINNERS: Final = 100
"""Winners that the oracle must expect in a cell before it is compared: sparse cells lie."""

CERTAIN: Final = 1e6
"""|z| of a difference where the trials do not vary at all."""

Floats = NDArray[np.float64]


def simulate(
    scenario: Scenario,
    trials: int | Literal["auto"] | None = None,
    seed: int | None = None,
    workers: int = 1,
    by: str | None = None,
    progress: Callable[[int], None] | None = None,
    block: int | None = None,
) -> Forecast:
    """Return the forecast of a scenario.

    Args:
        scenario: from `load`.
        trials: how many, or `auto`: as many as the stop rule asks; by default what the scenario says.
        seed: by default the scenario's.
        workers: threads; the result does not depend on them.
        by: column of the deals by which bookings and receipts are grouped too.
        progress: called with the trials finished so far.
        block: trials that are played at once; the result does not depend on it.

    Raises:
        UsageError: an argument that is no such number, or no such column.
    """
    if not isinstance(scenario, Scenario):
        raise UsageError(f"simulate takes what load returns, not {type(scenario).__name__}")
    trials = _trials_asked(scenario.trials if trials is None else trials)
    seed = whole_asked("seed", scenario.seed if seed is None else seed, 0, MOST_SEED)
    block = None if block is None else whole_asked("block", block, 1)
    runner = _Runner(whole_asked("workers", workers, 1), progress, block)
    scenario = grouped(scenario, by)
    plan = compile_plan(scenario, seed, by=by)
    outcome = runner.play(plan, empty_outcome(plan), trials) if trials else _until_content(plan, runner)
    exact = expected(scenario)
    main = _forecast(plan, outcome, exact, seed, by)
    return replace(main, sensitivity=_other_markets(main, plan, runner))


@dataclass(frozen=True)
class _Runner:
    workers: int
    progress: Callable[[int], None] | None
    block: int | None

    def play(self, plan: Plan, outcome: Outcome, until: int) -> Outcome:
        """Return the outcome with further trials, until there are so many."""
        more = {} if self.block is None else {"block": self.block}
        count = until - outcome.trials
        return outcome.and_then(play(plan, outcome.trials, count, self.workers, self.progress, **more))


def _trials_asked(trials: object) -> int | None:
    """Return a number of trials, None for as many as the stop rule asks."""
    if trials is None or trials == "auto":
        return None
    if isinstance(trials, str):
        raise UsageError(f"trials is {trials!r}; it must be a number of trials or auto")
    return whole_asked("trials", trials, 1, LIMIT)


def _until_content(plan: Plan, runner: _Runner) -> Outcome:
    """Double the trials until the totals are known well enough (MODEL 9, stop rule)."""
    outcome, count = empty_outcome(plan), FIRST_TRIALS
    while True:
        outcome = runner.play(plan, outcome, count)
        if count >= MOST_TRIALS or _content(plan, outcome):
            return outcome
        count = min(2 * count, MOST_TRIALS)


def _content(plan: Plan, outcome: Outcome) -> bool:
    """Return whether fiscal and cumulative totals and targets are known well enough."""
    totals = _bare(plan, outcome)
    for target in plan.scenario.targets:
        chance = totals.target_chance(target)[0]
        if np.sqrt(chance * (1 - chance) / outcome.trials) > TARGET_ERROR:
            return False
    return all(
        converged(statistics(totals.window(series, period)[0], totals.unit))
        for series in SERIES
        for period in _totals(plan.scenario)
    )


def _totals(scenario: Scenario) -> Iterator[Period]:
    """Yield the fiscal quarters and years, and the time from the as-of day to each period's end."""
    span = scenario.horizon
    yield from span.fiscal_quarters
    yield from span.fiscal_years
    for period in span.periods:
        yield Period("", span.date_of(1), period.end)


def _bare(plan: Plan, outcome: Outcome) -> Trials:
    """Return the trials alone, to ask for totals."""
    slices = tuple(Slice(s.segment, s.source, s.group) for s in plan.slices)
    return Trials(
        plan.scenario, outcome.trials, 0, slices, outcome.money, outcome.closes, outcome.landed,
        np.zeros(len(plan.scenario.pipeline)), Check(0.0, 0, 0.0),
    )  # fmt: skip


def _forecast(plan: Plan, outcome: Outcome, exact: Expected, seed: int, by: str | None) -> Forecast:
    bare = _bare(plan, outcome)
    span, period = plan.scenario.horizon, bare.headline_period
    first = span.day_of(period.start) if period else bare.year_start
    last = span.day_of(period.end) if period else span.last_day
    check = replace(check_means(bare, exact), guarded=min(outcome.guarded / outcome.trials, 1.0))
    steps = tuple((step, round(amount)) for step, amount in walk(plan.scenario, first, last, exact))
    return Forecast(
        plan.scenario, outcome.trials, seed, bare.slices, outcome.money, outcome.closes, outcome.landed,
        exact.deal_chance, check, steps, (), by, _exact_means(exact),
    )  # fmt: skip


def _exact_means(exact: Expected) -> ExactMeans | None:
    """Return the means of all sources together, None where those of returns are not among them."""
    if exact.exempt_returns:
        return None
    return ExactMeans({s: getattr(exact, s).sum(axis=0) for s in SERIES}, exact.winners.sum(axis=0))


def _other_markets(main: Trials, plan: Plan, runner: _Runner) -> tuple[tuple[str, Floats], ...]:
    """Return the headline bookings if deals were independent, as assumed, and if they moved together.

    The same draws under another market; what lies beyond the headline's period is not played.
    """
    period, quiet = main.headline_period, _Runner(runner.workers, None, runner.block)
    asked = _bookings_until(plan.scenario, period) if period else plan.scenario

    def played(market: Market) -> Floats:
        other = compile_plan(asked, main.seed, market)
        return _headline(_bare(other, quiet.play(other, empty_outcome(other), main.trials)), period)

    return (
        ("independent", played(Market.independent(plan.market.phi))),
        ("as assumed", _headline(main, period)),
        ("strong", played(Market.strong(plan.market.phi))),
    )


def _headline(trials: Trials, period: Period | None) -> Floats:
    return (trials.window("bookings", period) if period else trials.total("bookings"))[0]


def _bookings_until(scenario: Scenario, period: Period) -> Scenario:
    """Return the scenario up to a period's end, without what does not touch its bookings."""
    old = scenario.horizon
    short = horizon(old.as_of, period.end, old.fiscal_start, old.kind)
    return replace(scenario, horizon=short, receivables=Receivables.empty(), targets=(), invoice_segment=())


def check_means(forecast: Trials, exact: Expected) -> Check:
    """Compare the trials' means with the exact ones (MODEL 11).

    Neighbouring cells are merged until the oracle expects 100 winners in all trials; the standard error is
    the sample's; |z| < Φ⁻¹(1 − 5e-5/M) for M comparisons. z allows for the sample's skewness.
    """
    found = [z for group in _groups(forecast, exact) for z in _compare(forecast, *group)]
    if exact.exempt_returns:
        found += _first_attempts(forecast, exact)
    threshold = float(-special.ndtri(5e-5 / max(len(found), 1)))
    names = [s.name for s in forecast.scenario.segments]
    failures = tuple(
        (series, source, names[segment] if segment >= 0 else "", first, last, round(z, 2))
        for series, source, segment, first, last, z in found
        if not abs(z) < threshold
    )
    return Check(max((abs(f[-1]) for f in found), default=0.0), len(found), threshold, failures)


_Group = tuple[Series, str, int, Floats, Floats, float]


def _groups(forecast: Trials, exact: Expected) -> Iterator[_Group]:
    """Yield what is compared: series, source, segment, exact money by cell, movements by cell, slack.

    The slack is what rounding may shift a trial by: each instalment is cut to a minor unit, and the last one
    of a contract takes what remains.
    """
    open_invoices = int(forecast.scenario.receivables.open.sum())
    most = _most_installments(forecast.scenario)
    for series in SERIES:
        money: Floats = getattr(exact, series)
        for i, source in enumerate(exact.sources):
            if source == "receivables":
                total = money[i].sum(axis=0)
                yield (
                    series,
                    source,
                    -1,
                    total,
                    _movements(total, total.sum(), open_invoices),
                    1 + open_invoices,
                )
                continue
            if exact.exempt_returns:
                continue
            for segment in range(len(forecast.scenario.segments)):
                booked, winners = exact.bookings[i, segment].sum(), exact.winners[i, segment]
                events, slack = winners, 1.0
                if series != "bookings":
                    events = _movements(money[i, segment], booked, winners.sum())
                    slack += most * float(winners.sum())
                yield series, source, segment, money[i, segment], events, slack


def _most_installments(scenario: Scenario) -> int:
    """Return the most invoices that any contract of the scenario has."""
    pipeline = scenario.pipeline
    own = {
        (parse_terms(t), int(m)) for t, m in zip(pipeline.terms, pipeline.service_months, strict=True) if t
    }
    months = {0, *pipeline.service_months.tolist()}
    given = {(t, m) for s in scenario.segments for t in s.terms.values() for m in months}
    return max((len(terms.installments(m or None)) for terms, m in own | given), default=1)


def _first_attempts(forecast: Trials, exact: Expected) -> Iterator[tuple[str, str, int, int, int, float]]:
    """Compare how often each open deal closes at its first attempt, where its returns have no exact mean."""
    n, horizon = forecast.trials, forecast.scenario.horizon
    for deal, chance in enumerate(exact.deal_in_horizon.tolist()):
        if min(chance, 1 - chance) * n < ENOUGH_WINNERS:
            continue
        off = float(forecast.closes[deal].sum()) - n * chance
        segment = int(forecast.scenario.pipeline.segment[deal])
        yield "closes", "open", segment, 1, horizon.last_day, off / np.sqrt(n * chance * (1 - chance))


def _movements(money: Floats, whole: float, count: float) -> Floats:
    """Return about how many movements make up the money of each cell, at the average amount of one."""
    return money * (count / whole) if whole > 0 else np.zeros(len(money))


def _compare(
    forecast: Trials, series: Series, source: str, segment: int, exact: Floats, events: Floats, slack: float
) -> Iterator[tuple[str, str, int, int, int, float]]:
    """Yield (series, source, segment, first day, last day, z) of merged cells."""
    edges = (0, *forecast.scenario.horizon.cuts)
    only = {"source": source} if segment < 0 else {"source": source, "segment": segment}
    begin, gathered = 0, 0.0
    for cell in range(len(exact)):
        gathered += events[cell] * forecast.trials
        if gathered < ENOUGH_WINNERS:
            continue
        first, last = edges[begin] + 1, edges[cell + 1]
        amounts = forecast.amounts(series, first, last, **only)
        z = standard_errors(amounts, float(exact[begin : cell + 1].sum()), slack)
        yield series, source, segment, first, last, z
        begin, gathered = cell + 1, 0.0


def standard_errors(amounts: Floats, exact: float, slack: float = 1.0) -> float:
    """Return how many standard errors the trials' mean lies off the exact one, allowing for skewness.

    t + γ/(6·sqrt(n)) + γ·t²/(3·sqrt(n)) (Johnson 1978): a sample of few large amounts that happens to miss
    the largest has too small a mean and too small a standard error at once, and t alone would raise a false
    alarm.

    Args:
        amounts: of the trials, minor units.
        exact: their mean without rounding.
        slack: minor units that rounding may shift the mean by; they are no difference.
    """
    n = len(amounts)
    off = float(amounts.mean()) - exact
    off = float(np.copysign(max(abs(off) - max(slack, 1e-9 * abs(exact)), 0.0), off))
    if off == 0:
        return 0.0
    centred = amounts - amounts.mean()
    variance = float(np.mean(centred**2)) if n > 1 else np.inf
    if variance == 0:
        return float(np.copysign(CERTAIN, off))
    t = off / np.sqrt(variance / n)
    skewness = float(np.mean(centred**3)) / variance**1.5 if n > 1 else 0.0
    return float(t + skewness / np.sqrt(n) * (1 / 6 + t**2 / 3))
