"""Let every run prove itself: its means against the exact ones (MODEL 11)."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy import special

from simulator.expected import Expected
from simulator.forecast import Check, Trials
from simulator.records import dataclass
from simulator.scenario import Scenario
from simulator.scores import Ordered, tiles
from simulator.targets import Posted, Series

ENOUGH_WINNERS: Final = 100
"""Movements that the oracle must expect in a cell before it is compared: sparse cells lie."""
CERTAIN: Final = 1e6
"""|z| of a difference where the trials do not vary at all."""

Floats = NDArray[np.float64]
Found = tuple[str, str, int, int, int, float]
"""Series, source, segment, first and last day, z."""


def check_means(forecast: Trials, exact: Expected, parts: int = 1, more: Sequence[Found] = ()) -> Check:
    """Compare the trials' means with the exact ones.

    Neighbouring cells are merged until the oracle expects 100 movements in all trials; the standard error is
    the sample's; |z| < Φ⁻¹(1 − 5e-5/M) for M comparisons. z allows for the sample's skewness, and for what is
    so rare that it may have happened in none of the trials.

    Args:
        forecast: the trials.
        exact: means of the same scenario.
        parts: most instalments that any contract is cut into; each is rounded to a minor unit.
        more: what else is compared, such as `compare_wins`.
    """
    found = [z for group in _groups(forecast, exact, parts) for z in _compare(forecast, group)]
    if exact.exempt_returns:
        found += _first_attempts(forecast, exact)
    found += more
    threshold = float(-special.ndtri(5e-5 / max(len(found), 1)))
    names = [s.name for s in forecast.scenario.segments]
    failures = tuple(
        (series, source, names[segment] if segment >= 0 else "", first, last, round(z, 2))
        for series, source, segment, first, last, z in found
        if not abs(z) < threshold
    )
    return Check(max((abs(f[-1]) for f in found), default=0.0), len(found), threshold, failures)


def compare_wins(scenario: Scenario, ever: Callable[[int, int], Floats], expected: Floats) -> Iterator[Found]:
    """Compare how many first attempts are won in the end with Σ p* of each trial's draw (MODEL 11).

    Given its draw a trial differs from that sum by chance alone, with mean 0, so the differences of trials
    that share a draw are independent of each other.

    Args:
        scenario: with a posterior.
        ever: won first attempts of open deals (0) or of deals to come (1) in a segment, floats[trial].
        expected: of the first so many draws, floats[2, segment, draw]; trials of other draws are left out.
    """
    assert scenario.posterior is not None
    for i, source in enumerate(("open", "new")):
        for segment in range(len(scenario.segments)):
            won = ever(i, segment)
            draw = np.arange(len(won)) % scenario.posterior.draws
            looked_at = np.flatnonzero(draw < expected.shape[2])
            exact = expected[i, segment, draw[looked_at]]
            off = won[looked_at] - exact
            if exact.sum() >= ENOUGH_WINNERS or (not exact.any() and off.any()):
                z = standard_errors(off, 0.0, 1e-9)
                yield "wins", source, segment, 1, scenario.horizon.last_day, z


@dataclass(frozen=True)
class _Group:
    """Cells that are compared.

    Attributes:
        series: which one, `tax` or `deferred`.
        source: of which source, "" for all.
        segment: index, −1 for all.
        exact: money by cell.
        events: about how many movements make it up, by cell.
        slack: what rounding may shift a trial by.
        rarest: see `standard_errors`.
    """

    series: Posted
    source: str
    segment: int
    exact: Floats
    events: Floats
    slack: float
    rarest: float | None


def _groups(forecast: Trials, exact: Expected, parts: int) -> Iterator[_Group]:
    """Yield what is compared.

    The slack: each part of a contract is cut to a minor unit, and its last one takes what remains.
    """
    scenario = forecast.scenario
    rare, largest = _left_to_chance(forecast, exact), _largest(scenario)
    known = {
        "receivables": int(scenario.receivables.open.sum()),
        "backlog": sum(len(rest.parts) for rest in scenario.rests if not rest.finished),
    }
    for series in scenario.series:
        money: Floats = getattr(exact, series)
        rarest = largest if rare or series == "receipts" else None
        for i, source in enumerate(exact.sources):
            if source in known:
                total = money[i].sum(axis=0)
                events = _movements(total, largest, 1)
                yield _Group(series, source, -1, total, events, 1 + known[source] * (1 + parts), rarest)
            elif not exact.exempt_returns or source == "renewals":
                for segment in range(len(scenario.segments)):
                    yield _of_contracts(forecast, exact, series, i, segment, parts, rarest)
    if exact.exempt_returns:
        return
    count = float(exact.winners.sum()) + sum(known.values())
    if "tax" in forecast.by_trial.shapes:
        most = largest * _highest_tax(scenario)
        events = _movements(exact.tax, max(most, float(exact.tax.sum()) / max(count, 1.0)), 1)
        yield _Group("tax", "", -1, exact.tax, events, 1 + parts * count, most if rare else None)
    if "deferred" in forecast.by_trial.shapes:
        # With the revenue it is what lines with a rule are billed, which never cancels within a cell.
        billed = exact.deferred + exact.revenue.sum(axis=(0, 1))
        events, slack = _movements(billed, largest, 1), 1 + (1 + parts) * count
        yield _Group("deferred", "", -1, billed, events, slack, largest if rare else None)


def _largest(scenario: Scenario) -> float:
    """Return the largest contract or invoice that is known by now, gross, in the company's currency."""
    invoices, pipeline, renewals = scenario.receivables, scenario.pipeline, scenario.renewals
    rests = np.array([rest.amount for rest in scenario.rests], dtype=np.int64)
    some = (
        scenario.rates.worth(rests, [rest.conditions.currency for rest in scenario.rests]),
        scenario.rates.worth(pipeline.amount, pipeline.currency),
        scenario.rates.worth(renewals.amount, renewals.currency),
    )
    net = max(float(worth.max(initial=0.0)) for worth in some)
    codes = [invoices.currencies[code] for code in invoices.currency_index.tolist()]
    gross = float(scenario.rates.worth(invoices.amount_minor, codes).max(initial=0.0))
    return max(net * (1 + _highest_tax(scenario)), gross)


def _highest_tax(scenario: Scenario) -> float:
    own = (float(segment.tax) for segment in scenario.segments)
    return max(*own, *(float(product.tax or 0) for product in scenario.products), 0.0)


def _left_to_chance(forecast: Trials, exact: Expected) -> bool:
    """Tell whether chance decides what is signed, delivered or stopped; days of payment set aside."""
    scenario = forecast.scenario
    chances = (
        *exact.deal_chance.tolist(),
        *scenario.renewals.chance.tolist(),
        *(product.renewal.chance for product in scenario.products if product.renewal),
    )
    return (
        any(0 < chance < 1 for chance in chances)
        or any(s.generation or any(p.insolvency for p in s.payment.values()) for s in scenario.segments)
        or any(None in rest.days.values() for rest in scenario.rests if not rest.finished)
    )


def _of_contracts(
    forecast: Trials, exact: Expected, series: Series, source: int, segment: int, parts: int,
    rarest: float | None,
) -> _Group:  # fmt: skip
    """Return the cells of contracts that are signed inside the forecast.

    Money counts by the average amount of a deal. Where few of the deals hold most of the money, that says
    little: 100 small wins are not enough, four times the amount that an average euro stands in must move as
    often. A year of a contract of one month is twelve times its amount, but moves once, when it is signed.
    """
    money: Floats = getattr(exact, series)[source, segment]
    booked, winners = exact.bookings[source, segment].sum(), exact.winners[source, segment]
    whole, slack = max(float(booked), float(money.sum())), 1.0 + float(winners.sum())
    events = _movements(money, whole, winners.sum())
    if series in ("bookings", "arr"):
        events = np.minimum(events, winners)
    if series != "bookings":
        slack += parts * float(winners.sum())
    name = exact.sources[source]
    if name == "open":
        events = np.minimum(events, _movements(money, _typical(forecast, exact, segment), 4))
    return _Group(series, name, segment, money, events, slack, None if name == "new" else rarest)


def _typical(forecast: Trials, exact: Expected, segment: int) -> float:
    """Return the amount of the open deal in which an average unit of expected bookings stands."""
    pipeline, rates = forecast.scenario.pipeline, forecast.scenario.rates
    some = np.flatnonzero(pipeline.segment == segment)
    amounts = rates.worth(pipeline.amount[some], [pipeline.currency[i] for i in some.tolist()])
    weights = exact.deal_bookings[some]
    return float(weights @ amounts / weights.sum()) if weights.any() else 0.0


def _first_attempts(forecast: Trials, exact: Expected) -> Iterator[Found]:
    """Compare how often each open deal closes at its first attempt, where its returns have no exact mean."""
    n, horizon = forecast.trials, forecast.scenario.horizon
    for deal, chance in enumerate(exact.deal_in_horizon.tolist()):
        if min(chance, 1 - chance) * n < ENOUGH_WINNERS:
            continue
        off = float(forecast.closings[0, deal]) - n * chance
        segment = int(forecast.scenario.pipeline.segment[deal])
        yield "closes", "open", segment, 1, horizon.last_day, off / np.sqrt(n * chance * (1 - chance))


def _movements(money: Floats, whole: float, count: float) -> Floats:
    """Return about how many movements make up the money of each cell, at the average amount of one."""
    return money * (count / whole) if whole > 0 else np.zeros(len(money))


def _compare(forecast: Trials, group: _Group) -> Iterator[Found]:
    """Yield the merged cells of a group with their z; what is left at the end joins the last ones.

    Where nothing at all is expected, nothing may come.
    """
    edges, last = (0, *forecast.scenario.horizon.cuts), len(group.exact)
    found, begin, gathered = list[tuple[int, int]](), 0, 0.0
    for cell in range(last):
        gathered += group.events[cell] * forecast.trials
        if gathered >= ENOUGH_WINNERS:
            found.append((begin, cell + 1))
            begin, gathered = cell + 1, 0.0
    if found:
        found[-1] = found[-1][0], last
    elif group.exact.any() or not _amounts(forecast, group, 0, last).any():
        return
    for begin, end in found or [(0, last)]:
        exact = float(group.exact[begin:end].sum())
        z = standard_errors(_amounts(forecast, group, begin, end), exact, group.slack, group.rarest)
        z = z if found else CERTAIN
        yield group.series, group.source, group.segment, edges[begin] + 1, edges[end], z


def _amounts(forecast: Trials, group: _Group, begin: int, end: int) -> Floats:
    """Return what the trials have in some cells of a group, floats[trial]; deferred with the revenue."""
    if group.series == "deferred":
        return forecast.between("deferred", begin, end) + forecast.between("revenue", begin, end)
    only: dict[str, object] = {"source": group.source} if group.source else {}
    if group.segment >= 0:
        only["segment"] = group.segment
    return forecast.between(group.series, begin, end, **only)


def standard_errors(
    amounts: Floats, exact: float, slack: float = 1.0, rarest: float | None = None
) -> float:  # fmt: skip
    """Return how many standard errors the trials' mean lies off the exact one, allowing for skewness.

    ((1 + a·t)³ − 1)/(3·a) + γ/(6·sqrt(n)) with a = γ/(3·sqrt(n)) (Hall 1992): a sample of few large amounts
    that happens to miss the largest has too small a mean and too small a standard error at once, and t alone
    would raise a false alarm. The cube rises with t everywhere, so that no deviation is corrected away.

    Args:
        amounts: of the trials, minor units.
        exact: their mean without rounding.
        slack: minor units that rounding may shift the mean by; they are no difference.
        rarest: most money that a rare event may bring or take, None where there is no such event: trials that
            see none of it vary too little, and a deviation counts only as far as they should have seen it.
    """
    n = len(amounts)
    off = float(amounts.mean()) - exact
    off = float(np.copysign(max(abs(off) - max(slack, 1e-9 * abs(exact)), 0.0), off))
    if off == 0:
        return 0.0
    second, third = _moments(amounts)
    variance = second if n > 1 else np.inf
    skewness = third / variance**1.5 if 0 < variance < np.inf else 0.0
    z = _skewed(off / np.sqrt(variance / n), skewness, n) if variance else float(np.copysign(CERTAIN, off))
    if rarest is None:
        return z
    return float(np.copysign(min(abs(z), _unseen(amounts, off, rarest)), z))


def _moments(amounts: Floats) -> tuple[float, float]:
    """Return the second and the third central moment."""
    mean, second, third = float(amounts.mean()), 0.0, 0.0
    for some in tiles(len(amounts)):
        centred = amounts[some] - mean
        # A cube by multiplication: `**3` goes through logarithms and takes fifty times as long.
        squared = centred * centred
        second += float(squared.sum())
        third += float((squared * centred).sum())
    return second / len(amounts), third / len(amounts)


def _skewed(t: float, skewness: float, n: int) -> float:
    a = skewness / (3 * np.sqrt(n))
    bent = t if abs(a) < 1e-9 else ((1 + a * t) ** 3 - 1) / (3 * a)
    return float(bent + skewness / (6 * np.sqrt(n)))


def _unseen(amounts: Floats, off: float, rarest: float) -> float:
    """Return the normal deviate of the chance that n trials show nothing of what would explain a deviation.

    Where the trials have too much, what usually comes may be lost in rare ones; where they have too little,
    what usually comes elsewhere may come here. Such an event has the chance |off| ÷ its money, and none of n
    trials shows it with about exp(−n·|off| ÷ money). Where usually nothing comes, the money is few and large,
    and the sample's skewness speaks of it.
    """
    usual = float(Ordered(amounts).quantiles([0.5])[0])
    if usual <= 0 or rarest <= 0:
        return np.inf
    money = min(usual, rarest) if off > 0 else rarest
    return max(float(-special.ndtri_exp(-len(amounts) * abs(off) / money)), 0.0)
