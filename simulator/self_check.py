"""Let every run prove itself: its means against the exact ones (MODEL 11)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy import special

from simulator.expected import Expected
from simulator.forecast import Check, Trials
from simulator.targets import Posted, Series

ENOUGH_WINNERS: Final = 100
"""Movements that the oracle must expect in a cell before it is compared: sparse cells lie."""
CERTAIN: Final = 1e6
"""|z| of a difference where the trials do not vary at all."""

Floats = NDArray[np.float64]
Found = tuple[str, str, int, int, int, float]
"""Series, source, segment, first and last day, z."""


def check_means(forecast: Trials, exact: Expected, parts: int = 1) -> Check:
    """Compare the trials' means with the exact ones.

    Neighbouring cells are merged until the oracle expects 100 movements in all trials; the standard error is
    the sample's; |z| < Φ⁻¹(1 − 5e-5/M) for M comparisons. z allows for the sample's skewness.

    Args:
        forecast: the trials.
        exact: means of the same scenario.
        parts: most instalments that any contract is cut into; each is rounded to a minor unit.
    """
    found = [z for group in _groups(forecast, exact, parts) for z in _compare(forecast, group)]
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


@dataclass(frozen=True)
class _Group:
    """Cells that are compared.

    Attributes:
        series: which one, or `tax`.
        source: of which source, "" for all.
        segment: index, −1 for all.
        exact: money by cell.
        events: about how many movements make it up, by cell.
        slack: what rounding may shift a trial by.
    """

    series: Posted
    source: str
    segment: int
    exact: Floats
    events: Floats
    slack: float


def _groups(forecast: Trials, exact: Expected, parts: int) -> Iterator[_Group]:
    """Yield what is compared.

    The slack: each part of a contract is cut to a minor unit, and its last one takes what remains.
    """
    scenario = forecast.scenario
    known = {
        "receivables": int(scenario.receivables.open.sum()),
        "backlog": sum(len(rest.parts) for rest in scenario.rests if not rest.finished),
    }
    for series in scenario.series:
        money: Floats = getattr(exact, series)
        for i, source in enumerate(exact.sources):
            if source in known:
                total = money[i].sum(axis=0)
                events = _movements(total, total.sum(), known[source])
                yield _Group(series, source, -1, total, events, 1 + known[source] * (1 + parts))
            elif not exact.exempt_returns or source == "renewals":
                for segment in range(len(scenario.segments)):
                    yield _of_contracts(exact, series, i, segment, parts)
    if "tax" in forecast.money and not exact.exempt_returns:
        count = exact.winners.sum() + sum(known.values())
        events = _movements(exact.tax, exact.tax.sum(), count)
        yield _Group("tax", "", -1, exact.tax, events, 1 + parts * float(count))


def _of_contracts(exact: Expected, series: Series, source: int, segment: int, parts: int) -> _Group:
    """Return the cells of contracts that are signed inside the forecast."""
    money: Floats = getattr(exact, series)[source, segment]
    booked, winners = exact.bookings[source, segment].sum(), exact.winners[source, segment]
    events, slack = winners, 1.0 + float(winners.sum())
    if series != "bookings":
        events = _movements(money, booked, winners.sum())
        slack += parts * float(winners.sum())
    return _Group(series, exact.sources[source], segment, money, events, slack)


def _first_attempts(forecast: Trials, exact: Expected) -> Iterator[Found]:
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


def _compare(forecast: Trials, group: _Group) -> Iterator[Found]:
    """Yield the merged cells of a group with their z."""
    edges = (0, *forecast.scenario.horizon.cuts)
    begin, gathered = 0, 0.0
    for cell in range(len(group.exact)):
        gathered += group.events[cell] * forecast.trials
        if gathered < ENOUGH_WINNERS:
            continue
        first, last = edges[begin] + 1, edges[cell + 1]
        exact = float(group.exact[begin : cell + 1].sum())
        z = standard_errors(_amounts(forecast, group, begin, cell + 1), exact, group.slack)
        yield group.series, group.source, group.segment, first, last, z
        begin, gathered = cell + 1, 0.0


def _amounts(forecast: Trials, group: _Group, begin: int, end: int) -> Floats:
    """Return what the trials have in some cells of a group, floats[trial]."""
    only: dict[str, object] = {"source": group.source} if group.source else {}
    if group.segment >= 0:
        only["segment"] = group.segment
    return forecast.between(group.series, begin, end, **only)


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
