"""Repeat the forecast on past days with what was known then, and score it on what came."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date

import numpy as np
from numpy.typing import NDArray

from simulator.backtest.baselines import BASELINES, Given
from simulator.backtest.measures import Measure, Record, measures
from simulator.backtest.origins import Window, began_within, chosen, windows
from simulator.backtest.rows import DealRow, Row, close_row, row_of
from simulator.errors import SimulatorError, UsageError
from simulator.executors import side_by_side
from simulator.forecast import Ended, Forecast
from simulator.history import OPEN, WON, History
from simulator.periods import horizon
from simulator.records import dataclass
from simulator.scenario import Scenario
from simulator.simulation import simulate
from simulator.streams import UniformRow

Floats = NDArray[np.float64]
Forecaster = Callable[[History, date], Scenario]

TRIALS = 2_000


@dataclass(frozen=True)
class Asked:
    """What a backtest was asked for.

    Attributes:
        origins: past days.
        horizons: lengths of the windows from each.
        fit_window: length of what each fit may see, None for all that was known.
        trials: of each forecast.
        seed: of all.
        workers: origins that are repeated at once; the result does not depend on it.
    """

    origins: tuple[date, ...]
    horizons: tuple[str, ...]
    fit_window: str | None = None
    trials: int = TRIALS
    seed: int = 1
    workers: int = 1

    @property
    def longest(self) -> str:
        """The longest horizon."""
        return windows(self.origins[0], self.horizons)[-1].horizon


@dataclass(frozen=True)
class Backtest:
    """Past forecasts, held against what came.

    Attributes:
        asked: for.
        currency: of the company.
        segments: names.
        rows: measures in windows, in the order of origins.
        deals: open deals in windows.
        skipped: origins that could not be forecast, and why.
        unknown: open deals that the forecasts did not hold, over all origins.
        unchecked: origins whose forecast failed its self-check.
        sources: files.
    """

    asked: Asked
    currency: str
    segments: tuple[str, ...]
    rows: tuple[Row, ...]
    deals: tuple[DealRow, ...]
    skipped: tuple[tuple[date, str], ...] = ()
    unknown: int = 0
    unchecked: tuple[date, ...] = ()
    sources: tuple[str, ...] = ()


def backtest(
    history: History, forecaster: Forecaster, asked: Asked, progress: Callable[[int], None] | None = None
) -> Backtest:
    """Return how past forecasts did.

    Each origin's forecaster is given what was known at the end of that day, and nothing else.

    Args:
        history: all that is known.
        forecaster: makes a scenario of what was known at a past day; its horizon covers the windows.
        asked: for what.
        progress: called with the origins done so far.

    Raises:
        UsageError: a window ends after the history, or no origin could be forecast.
    """
    invoices = history.invoices  # what was paid on no told day cannot be held against a forecast
    history = replace(history, invoices=chosen(invoices, invoices.timed))
    laid = [windows(origin, asked.horizons) for origin in asked.origins]
    late = [some[-1] for some in laid if some[-1].end.toordinal() > history.known]
    if late:
        known = date.fromordinal(history.known)
        raise UsageError(
            f"{late[0].horizon} from {late[0].origin} on end on {late[0].end}, and the history is known "
            f"until {known}: end earlier, with --until, or forecast less, with --horizon",
            code="U009",
        )

    def task(number: int, _: int) -> _Origin:
        return _origin(history, forecaster, laid[number], asked)

    done = []
    spans = [(number, number + 1) for number in range(len(laid))]
    for result in side_by_side(task, spans, min(asked.workers, len(spans))):
        done.append(result)
        if progress is not None:
            progress(len(done))
    skipped = tuple((o, r.refused) for o, r in zip(asked.origins, done, strict=True) if r.refused)
    if len(skipped) == len(done):
        raise UsageError(
            f"no origin could be forecast; the first, {skipped[0][0]}: {skipped[0][1]}", code="U009"
        )
    return Backtest(
        asked, history.currency, history.segments,
        tuple(row for result in done for row in result.rows),
        tuple(row for result in done for row in result.deals),
        skipped,
        sum(result.unknown for result in done),
        tuple(o for o, r in zip(asked.origins, done, strict=True) if not r.checked),
        history.sources,
    )  # fmt: skip


@dataclass(frozen=True)
class _Origin:
    """What one origin brings; `refused` says why it brings nothing."""

    rows: tuple[Row, ...] = ()
    deals: tuple[DealRow, ...] = ()
    unknown: int = 0
    checked: bool = True
    refused: str = ""


def _origin(history: History, forecaster: Forecaster, laid: Sequence[Window], asked: Asked) -> _Origin:
    then = history.as_of(laid[0].origin.toordinal())
    try:
        scenario = forecaster(began_within(then, asked.fit_window), laid[0].origin)
    except UsageError:
        raise
    except SimulatorError as error:
        return _Origin(refused=str(error).splitlines()[0])
    scenario = shortened(scenario, laid)
    forecast = simulate(scenario, asked.trials, asked.seed, follow_ends=True, other_markets=False)
    known = Record(then, _converter(scenario))
    given = Given(known, _ladders(scenario, then), asked.seed)
    truth = Record(history, _converter(scenario))
    comes = any(segment.generation is not None for segment in scenario.segments)
    rows = [
        _row(window, measure, forecast, truth, given, asked.seed)
        for window in laid
        for measure in measures(known, comes)
        if not measure.segment or measure.segment in _names(scenario)
    ]
    deals = [row for window in laid for row in _deals(window, forecast, truth, given)]
    held = set(scenario.pipeline.id)
    unknown = sum(then.deals.id[i] not in held for i in given.standing.tolist())
    return _Origin(tuple(rows), tuple(deals), unknown, forecast.check.passed)


def shortened(scenario: Scenario, laid: Sequence[Window]) -> Scenario:
    """Return a scenario that ends with the last window and can be cut at the ends of all.

    Raises:
        UsageError: it is of another day, or ends earlier.
    """
    old, last = scenario.horizon, laid[-1]
    if old.as_of != last.origin:
        raise UsageError(f"the scenario for {last.origin} is as of {old.as_of}", code="U009")
    if old.end < last.end:
        raise UsageError(
            f"the scenario for {last.origin} ends on {old.end}, before the window on {last.end}", code="U009"
        )
    cut = horizon(old.as_of, last.end, old.fiscal, old.kind, [window.end for window in laid])
    return replace(scenario, horizon=cut, targets=())


def forecast_of(measure: Measure, window: Window, forecast: Forecast) -> Floats:
    """Return what the trials bring of a measure in a window, floats[trial]."""
    if not measure.is_money:
        outcome: Ended = "won" if measure.quantity == "wins" else "lost"
        return forecast.ended(outcome, window.end, measure.source, measure.segment or None)
    segment = _names(forecast.scenario).index(measure.segment) if measure.segment else None
    only = {} if segment is None else {"segment": segment}
    if measure.quantity == "receipts":
        return forecast.amounts("receipts", 1, window.days, **_source(measure, "receivables"), **only)
    return forecast.amounts("bookings", 1, window.days, **_source(measure, measure.source), **only)


def _source(measure: Measure, name: str) -> dict[str, str]:
    return {} if measure.source == "all" else {"source": name}


def _row(window: Window, measure: Measure, forecast: Forecast, truth: Record, given: Given, seed: int) -> Row:
    first = window.origin.toordinal()
    came = truth.came(measure, first, first + window.days)
    told = {name: baseline(given, measure, window.days) for name, baseline in BASELINES.items()}
    u = float(UniformRow(seed, f"place/{window}/{measure}").uniforms(1)[0])
    values = forecast_of(measure, window, forecast)
    return row_of(window, measure, values, came, u, {n: v for n, v in told.items() if v is not None})


def _deals(window: Window, forecast: Forecast, truth: Record, given: Given) -> list[DealRow]:
    """Return the open deals of an origin that were forecast."""
    pipeline, then, first = forecast.scenario.pipeline, given.record.history, window.origin.toordinal()
    outcome = dict(zip(truth.history.deals.id, truth.history.deals.outcome.tolist(), strict=True))
    day = dict(zip(truth.history.deals.id, (truth.day_of(first) - first).tolist(), strict=True))
    place = {deal: i for i, deal in enumerate(pipeline.id)}
    standing = given.standing
    assert (then.deals.outcome[standing] == OPEN).all()
    rate = given.rates.within(then.deals.stage[standing], given.ages, window.days, WON)
    rows = []
    for n, i in enumerate(standing.tolist()):
        deal = then.deals.id[i]
        if deal not in place:
            continue
        closes = forecast.closes[place[deal], : window.days + 1]
        won = outcome[deal] == WON and 0 < day[deal] <= window.days
        # Of so many trials none or all may close it; a chance of 0 or 1 nobody claims.
        chance = (float(closes.sum()) + 0.5) / (forecast.trials + 1)
        close = close_row(closes, day[deal]) if won else None
        segment = then.segments[int(then.deals.segment[i])]
        rows.append(DealRow(window, segment, chance, won, float(rate[n]), close))
    return rows


def _ladders(scenario: Scenario, history: History) -> Floats:
    """Return the set close chance by segment and stage of the history; 0 where the scenario has none."""
    ladders, names = np.zeros((len(history.segments), max(len(history.stages), 1))), _names(scenario)
    for i, name in enumerate(history.segments):
        segment = scenario.segments[names.index(name) if name in names else 0]
        chances = dict(zip(segment.funnel.stages, segment.set_ladder.tolist(), strict=True))
        ladders[i] = [chances.get(stage, 0.0) for stage in history.stages] or 0.0
    return ladders


def _converter(scenario: Scenario) -> Callable[..., Floats]:
    """Return the scenario's rates, asked by ordinals."""
    origin = scenario.horizon.as_of.toordinal()
    return lambda minor, code, day: scenario.rates.convert(minor, code, day - origin)


def _names(scenario: Scenario) -> list[str]:
    return [segment.name for segment in scenario.segments]
