"""Simulate a scenario: engine, stop rule, other markets, and the check against the exact means."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from datetime import date
from functools import partial
from itertools import chain
from typing import Final, Literal

import numpy as np
from numpy.typing import NDArray

from simulator.deals import Wins
from simulator.engine import Plan, compile_plan, for_trials, play_block
from simulator.errors import UsageError
from simulator.executors import Crew, give_back_memory
from simulator.expected import Expected, draws_looked_at, expected, offer_effects, walk, won_ever
from simulator.forecast import (
    MOST_DEALS,
    Check,
    ExactMeans,
    Forecast,
    Happened,
    InMemory,
    OfferEffect,
    Trials,
    grouped,
    happened,
    statistics,
    whole_asked,
)
from simulator.forecast.statistics import converged
from simulator.market import Market
from simulator.periods import Period, horizon
from simulator.played import KEPT, LARGE, Played, Player, Shelf, by_trial
from simulator.posterior import FunnelDraws, GenerationDraws, Posterior, SegmentDraws
from simulator.receivables import Receivables
from simulator.runs import TemporaryBlocks
from simulator.scenario import Scenario
from simulator.scenario.model import MOST_TRIALS as LIMIT
from simulator.scores import design_effect
from simulator.self_check import check_means, compare_wins
from simulator.targets import Asked, Series

FIRST_TRIALS: Final = 1_000
MOST_TRIALS: Final = 256_000
MOST_SEED: Final = 2**63 - 1
TRIALS_PER_DRAW: Final = 32
"""More trials of the same posterior draws would tell nothing more: what is left is the draws' own error."""
FIXED_TRIALS: Final = 10_000
"""Most trials of the pass at fixed figures, by which runs under draws are checked."""
TARGET_ERROR: Final = 0.005
"""Standard error of a target's chance at which the stop rule is content."""

Floats = NDArray[np.float64]
Known = Mapping[Series, Happened]
Bookings = Callable[[], Floats]
"""Gives those of the headline's period, floats[trial]."""


def simulate(
    scenario: Scenario,
    trials: int | Literal["auto"] | None = None,
    seed: int | None = None,
    workers: int | Crew = 1,
    by: str | None = None,
    progress: Callable[[int], None] | None = None,
    block: int | None = None,
    follow_ends: bool = False,
    other_markets: bool = True,
    shelf: Shelf | None = None,
    summary: bool = False,
    runs: int = 1,
) -> Forecast:
    """Return the forecast of a scenario.

    Args:
        scenario: from `load`.
        trials: how many, or `auto`: as many as the stop rule asks; by default what the scenario says.
        seed: by default the scenario's.
        workers: how many blocks of trials are played at once, or the `cluster` that plays them; the result
            does not depend on them.
        by: column of the deals by which bookings and receipts are grouped too.
        progress: called with the trials finished so far.
        block: trials that are played at once; the result does not depend on it.
        follow_ends: whether deals are followed to their end, the lost ones too, so that `ended` can be asked,
            and each of them, however many, to its day of closing.
        other_markets: whether the headline is played under other markets too. Several workers may still play
            it when this returns; who asks for its `sensitivity` waits.
        shelf: where finished blocks of long runs are kept, so that a run that is cut short can be finished.
        summary: whether no trial is held in memory: they lie on the shelf, or in files that go with the
            forecast, and are read when they are asked for. So are those of runs that are very large.
        runs: how many such runs stand on the shelf: each that is short keeps its blocks too, where all of
            them together are long.

    Raises:
        UsageError: an argument that is no such number, or no such column.
    """
    if not isinstance(scenario, Scenario):
        raise UsageError(f"simulate takes what load returns, not {type(scenario).__name__}", code="U002")
    trials = _trials_asked(scenario.trials if trials is None else trials)
    seed = whole_asked("seed", scenario.seed if seed is None else seed, 0, MOST_SEED)
    block = None if block is None else whole_asked("block", block, 1)
    workers = workers if isinstance(workers, Crew) else whole_asked("workers", workers, 1)
    kept = 0 if summary else KEPT // runs if shelf else LARGE
    player = Player(workers, progress, block, shelf or TemporaryBlocks(), kept)
    forecast, others = _main(grouped(scenario, by), trials, seed, player, by, follow_ends, other_markets)
    if other_markets and not others:
        # The plan is gone by now: of very many deals a second one would be too much beside it.
        quiet = replace(player, progress=None)
        for market, apart in _other_markets(forecast, seed).items():
            others[market] = _headline_bookings(quiet.play(apart, forecast.trials))
            _is_played(apart)
    return replace(forecast, sensitivity=_sensitivity(forecast, others)) if other_markets else forecast


def trials_alone(
    scenario: Scenario, trials: int, seed: int, workers: int | Crew = 1, signed_only: bool = False
) -> Trials:
    """Return the trials that `simulate` plays and nothing else, for questions that play many variants.

    There are no exact means, no check and no other markets.

    Args:
        scenario: from `load`.
        trials: how many.
        seed: of the run.
        workers: as `simulate` has them.
        signed_only: whether deals are followed no further than to their signature: bookings alone.
    """
    plan = replace(compile_plan(scenario, seed), bookings_only=signed_only, most_followed=0)
    player = Player(workers, None, None, TemporaryBlocks(), LARGE)
    return player.play(Played.none(plan, "alone"), trials).alone(happened(scenario, None))


def shortened(scenario: Scenario, end: date, series: Asked | None = None) -> Scenario:
    """Return the scenario up to a day, without its targets and what does not touch a series until then.

    No trial of it differs there.

    Args:
        scenario: as loaded.
        end: last day, one at which the forecast can be cut.
        series: what is asked of it, None for all.
    """
    old = scenario.horizon
    short = replace(scenario, horizon=horizon(old.as_of, end, old.fiscal, old.kind), targets=())
    if series != "bookings":
        return short
    return replace(short, receivables=Receivables.empty(), invoice_segment=(), wins=Wins.empty())


def futures(plan: Plan, first: int, count: int, known: Known | None = None) -> Trials:
    """Return trials first … first + count − 1 of a plan, to ask for totals; they are not checked.

    Args:
        plan: what is played.
        first: number of the first trial.
        count: how many.
        known: what each series has brought by now, where somebody has collected it already.
    """
    played, outcome = Played.none(plan, ""), play_block(for_trials(plan, count), first, count)
    played.add((first, first + count), InMemory(by_trial(outcome), count), outcome.tally)
    return played.alone(known)


def _main(
    scenario: Scenario, trials: int | None, seed: int, player: Player, by: str | None, follow_ends: bool,
    other_markets: bool,
) -> tuple[Forecast, dict[str, Bookings]]:  # fmt: skip
    """Return the forecast, and the headline under other markets where it is played beside it."""
    plan = compile_plan(scenario, seed, by=by, follow_ends=follow_ends)
    if not follow_ends:
        plan = replace(plan, most_followed=MOST_DEALS)
    known, main = happened(scenario, by), Played.none(plan, "main")
    beside = other_markets and trials and player.shares(plan, trials)
    others = _other_markets(main.alone(known), seed) if beside else {}
    coming = player.begin([main, *others.values()], trials or FIRST_TRIALS)
    exact = expected(scenario)  # while processes play
    next(coming)
    if not others:
        coming.close()
    if not trials:
        _play_until_content(main, player, known)

    def awaited(apart: Played) -> Floats:
        for _ in coming:
            pass
        return _headline_bookings(apart)()

    _is_played(main)
    forecast = _forecast(main.alone(known), main, exact, player, seed, by)
    return forecast, {market: partial(awaited, apart) for market, apart in others.items()}


def _is_played(done: Played) -> None:
    if done.shelf is not None:  # of very many trials, where as little memory is wanted as will do
        give_back_memory()


def _trials_asked(trials: object) -> int | None:
    """Return a number of trials, None for as many as the stop rule asks."""
    if trials is None or trials == "auto":
        return None
    if isinstance(trials, str):
        raise UsageError(f"trials is {trials!r}; it must be a number of trials or auto", code="U002")
    return whole_asked("trials", trials, 1, LIMIT)


def _play_until_content(played: Played, player: Player, known: Known) -> None:
    """Double the trials until the totals are known well enough (MODEL 9, stop rule)."""
    count, most, posterior = FIRST_TRIALS, MOST_TRIALS, played.plan.scenario.posterior
    if posterior:
        most = min(max(TRIALS_PER_DRAW * posterior.draws, count), most)
    while True:
        player.play(played, count)
        if count >= most or _content(played.alone(known)):
            return
        count = min(2 * count, most)


def _content(totals: Trials) -> bool:
    """Return whether fiscal and cumulative totals, balances and targets are known well enough."""
    scenario = totals.scenario
    for target in scenario.targets:
        reached = totals.reached(target)
        chance, effect = float(reached.mean()), design_effect(reached, totals.draws)
        if np.sqrt(chance * (1 - chance) / totals.trials * effect) > TARGET_ERROR:
            return False
    flows = (totals.window(series, period)[0] for series in scenario.series for period in _totals(scenario))
    balances = (totals.balance_at(day) for day in _balance_days(scenario))
    amounts = chain(flows, balances)
    return all(converged(statistics(a, totals.unit, draws=totals.draws)) for a in amounts)


def _balance_days(scenario: Scenario) -> list[int]:
    """Return the ends of fiscal quarters and years, where a balance is forecast.

    Tax and receipts enter it with opposite signs, so that its width is that of neither.
    """
    span = scenario.horizon
    ends = {min(p.end, span.end) for p in (*span.fiscal_quarters, *span.fiscal_years)}
    return [span.day_of(end) for end in sorted(ends)] if scenario.cash.has_balance else []


def _totals(scenario: Scenario) -> Iterator[Period]:
    """Yield the fiscal quarters and years, and the time from the as-of day to each period's end."""
    span = scenario.horizon
    yield from span.fiscal_quarters
    yield from span.fiscal_years
    for period in span.periods:
        yield Period("", span.date_of(1), period.end)


def _forecast(
    bare: Trials, played: Played, exact: Expected, player: Player, seed: int, by: str | None
) -> Forecast:
    plan = played.plan
    span, period = plan.scenario.horizon, bare.headline_period
    first = span.day_of(period.start) if period else bare.year_start
    last = span.day_of(period.end) if period else span.last_day
    if plan.scenario.posterior is None:
        check = check_means(bare, exact, plan.most_parts)
    else:
        check = _check_draws(bare, plan, player, seed)
    check = replace(check, guarded=min(played.tally.guarded / bare.trials, 1.0))
    # Actual figures take the place of won deals, in the walk as everywhere.
    bridge = walk(plan.scenario, first, last, exact, already=bare.already("bookings", first, last_day=last))
    steps = tuple((step, round(amount)) for step, amount in bridge)
    return Forecast(
        plan.scenario, bare.trials, seed, bare.slices, bare.by_trial, bare.closes, bare.closings, bare.landed,
        exact.deal_chance, check, steps, {}, by, _exact_means(plan.scenario, exact), _offers(plan.scenario),
        bare.known, plan.follow_ends,
    )  # fmt: skip


def _check_draws(bare: Trials, plan: Plan, player: Player, seed: int) -> Check:
    """Check a run under posterior draws: wins draw by draw, everything else at fixed figures (MODEL 11)."""
    scenario = plan.scenario
    wins = compare_wins(scenario, bare.won_ever, won_ever(scenario, draws_looked_at(scenario)))
    fixed = compile_plan(replace(scenario, posterior=_fixed(scenario)), seed)
    played = Played.none(replace(fixed, most_followed=MOST_DEALS), "fixed")
    replace(player, progress=None).play(played, min(bare.trials, FIXED_TRIALS))
    exact = expected(replace(scenario, posterior=None))
    return check_means(played.alone(), exact, fixed.most_parts, list(wins))


def _fixed(scenario: Scenario) -> Posterior:
    """Return the plug-in figures of what is learned as the only draw, so that the same engine plays them."""
    assert scenario.posterior is not None
    segments = {}
    for segment in scenario.segments:
        learned = scenario.posterior.segments.get(segment.name, SegmentDraws())
        generation = segment.generation if learned.generation else None
        segments[segment.name] = SegmentDraws(
            FunnelDraws.of(segment.funnel) if learned.funnel else None,
            generation=GenerationDraws.of(generation) if generation else None,
        )
    return Posterior(1, segments)


def _offers(scenario: Scenario) -> tuple[OfferEffect, ...]:
    """Return what each offer costs and brings."""
    effects = offer_effects(scenario) if scenario.offers else ()
    return tuple(OfferEffect(e.name, e.cost, e.days, e.yearly_rate) for e in effects)


def _exact_means(scenario: Scenario, exact: Expected) -> ExactMeans | None:
    """Return the means of all sources together, None where those of returns are not among them."""
    if exact.exempt_returns:
        return None
    money = {series: getattr(exact, series).sum(axis=0) for series in scenario.series}
    return ExactMeans(money, exact.tax, exact.winners.sum(axis=0))


def _other_markets(main: Trials, seed: int) -> dict[str, Played]:
    """Return passes that give the headline bookings if deals were independent, or moved together.

    The same draws under another market; what lies beyond the headline's period, or follows the signature, is
    not played.
    """
    period = main.headline_period
    scenario = shortened(main.scenario, period.end, "bookings") if period else main.scenario
    signed = replace(compile_plan(scenario, seed), bookings_only=True, most_followed=0)
    phi = scenario.market.phi
    markets = {"independent": Market.independent(phi), "strong": Market.strong(phi)}
    return {name: Played.none(replace(signed, market=market), name) for name, market in markets.items()}


def _headline_bookings(played: Played) -> Bookings:
    """Return what sums up the bookings of all slices to the end of a pass; it does not hold the plan."""
    cells = len(played.plan.scenario.horizon.cuts)
    last = tuple(cells * (row + 1) - 1 for row in range(len(played.plan.slices)))
    rows = replace(played.by_trial, remembered=0)  # it is asked once
    return lambda: rows.total("bookings", last)


def _sensitivity(main: Trials, others: Mapping[str, Bookings]) -> Mapping[str, Bookings]:
    """Return what gives the headline bookings, the past included, by the market, from loose to tight."""
    period = main.headline_period
    past = main.already("bookings", main.scenario.horizon.day_of(period.start) if period else main.year_start)

    def assumed() -> Floats:
        return (main.window("bookings", period) if period else main.total("bookings"))[0]

    def under(market: str) -> Bookings:
        return lambda: others[market]() + past

    return {"independent": under("independent"), "as assumed": assumed, "strong": under("strong")}
