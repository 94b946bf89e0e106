"""How deals of invented companies walk: clock, market and moves, vectorised over deals and trials."""

from dataclasses import dataclass
from datetime import date
from functools import cached_property

import numpy as np
from scipy import special

NEVER = 2**31
SHARED = 3 / 8  # part of ρ that segments share
MOST_MOVES = 400


@dataclass(frozen=True, eq=False)
class Truth:
    """The parameters of a company; g is a segment, s a stage, k where a move goes (S won, S + 1 lost).

    Attributes:
        transitions: p[g, s, k].
        mu, sigma: of the log-normal stay in s given that the next move is to k, floats[g, s, k].
        entry: shares of entry stages, floats[g, s].
        cycle: median operational days of a straight winning path, about.
        per_month: arrivals in an average month at the as-of month's level, floats[g].
        growth: over a year.
        bluebirds: as a share of the arrivals.
        season: by calendar month.
        dispersion: κ.
        amounts: prices[g, n] in minor units, or the median of a log-normal, prices[g, 1].
        shares: of the prices, or None for the log-normal.
        spread: of the log-normal, floats[g].
        effect: exponent of the amount in the win odds.
        change: π0, location, scale of MODEL 3.
        rho: total correlation.
        phi: AR(1).
        luck: `arrival` or `decision`.
    """

    transitions: np.ndarray
    mu: np.ndarray
    sigma: np.ndarray
    entry: np.ndarray
    cycle: float
    per_month: np.ndarray
    growth: float
    bluebirds: float
    season: np.ndarray
    dispersion: float
    amounts: np.ndarray
    shares: np.ndarray | None
    spread: np.ndarray
    effect: float
    change: tuple[float, float, float]
    rho: float
    phi: float
    luck: str

    @property
    def size(self):
        """Number of open stages."""
        return self.transitions.shape[1]

    @property
    def won(self):
        """Column of won."""
        return self.size

    @property
    def lost(self):
        """Column of lost."""
        return self.size + 1

    @cached_property
    def ladder(self):
        """h[g, s] = (I − P)^-1 p_W."""
        inner = np.eye(self.size) - self.transitions[:, :, : self.size]
        return np.linalg.solve(inner, self.transitions[:, :, self.won, None])[..., 0]

    @cached_property
    def targets(self):
        """H of every column, floats[g, k]."""
        ends = np.broadcast_to((1.0, 0.0), (len(self.ladder), 2))
        return np.concatenate((self.ladder, ends), axis=1)

    @cached_property
    def walks(self):
        """Cumulated kernels of losers and winners, floats[2, g, s, k]."""
        h = self.targets[:, None, :]
        return cumulated(np.stack((self.transitions * (1 - h), self.transitions * h)))

    def rates(self, month, as_of_month):
        """Expected arrivals of a month by segment."""
        grown = (1 + self.growth) ** ((month - as_of_month) / 12)
        return self.per_month * self.season[month % 12] * grown

    def tilts(self, segment, amount):
        """Odds factor of deals' amounts against their segment's typical one."""
        middle = self.amounts[:, min(1, self.amounts.shape[1] - 1)]
        return (amount / middle[segment]) ** -self.effect


class Calendar:
    """The operational clock of a company, in which weekends rest, and its quarters.

    W rises on business days only, by the same step within a calendar year, so that a year has as many
    operational days as calendar days.
    """

    def __init__(self, first, last):
        self.first, self.last = first, last
        until = last + 40
        days = np.arange(first, until + 1)
        years = np.array([date.fromordinal(d).year for d in (first, until)])
        steps = np.zeros(len(days))
        for year in range(years[0], years[1] + 1):
            begin, after = date(year, 1, 1).toordinal(), date(year + 1, 1, 1).toordinal()
            business = is_business(np.arange(begin, after))
            inside = (days >= begin) & (days < after)
            steps[inside] = is_business(days[inside]) * (len(business) / business.sum())
        self.elapsed = np.cumsum(steps)
        months = np.array([(d := date.fromordinal(int(day))).year * 12 + d.month - 1 for day in days])
        self._quarter = months // 3 - months[0] // 3
        self.quarters = int(self._quarter[-1]) + 1

    def clock(self, day):
        """W at the end of days; past the end it stands still."""
        return self.elapsed[np.clip(day - self.first, 0, len(self.elapsed) - 1)]

    def day_of(self, value):
        """Return the day j with W(j−1) < v ≤ W(j), `NEVER` past the end."""
        place = np.searchsorted(self.elapsed, np.asarray(value) - 1e-9)
        return np.where(place < len(self.elapsed), place + self.first, NEVER)

    def quarter(self, day):
        """Return the number of a day's quarter in the company's life; the last one beyond."""
        return self._quarter[np.clip(day - self.first, 0, len(self._quarter) - 1)]

    def even_days(self, rng, begin, after, count):
        """Draw days of [begin, after), even on the clock."""
        low, high = (self.elapsed[d - self.first - 1] if d > self.first else 0.0 for d in (begin, after))
        return np.searchsorted(self.elapsed, low + (high - low) * (1 - rng.random(count))) + self.first


def is_business(days):
    """Return whether ordinals are Monday to Friday; 1 January of year 1 was a Monday."""
    return (days - 1) % 7 < 5


def factors(rng, truth, quarters, trials=1):
    """Draw x[trial, quarter, segment] = sqrt(ρ0)·G + sqrt(ρg)·Z_g, AR(1) by quarter."""
    count = len(truth.per_month)
    x = np.empty((trials, quarters, count))
    for q in range(quarters):
        new = shocks(rng, truth, trials)
        x[:, q] = new if q == 0 else truth.phi * x[:, q - 1] + np.sqrt(1 - truth.phi**2) * new
    return x


def shocks(rng, truth, trials):
    """Draw x[trial, segment] of one quarter."""
    count = len(truth.per_month)
    shared, own = rng.standard_normal((trials, 1)), rng.standard_normal((trials, count))
    return np.sqrt(truth.rho * SHARED) * shared + np.sqrt(truth.rho * (1 - SHARED)) * own


def met(chance, x, rho):
    """Return p' = Φ((Φ⁻¹(p*) + x)/sqrt(1 − ρ))."""
    return special.ndtr((special.ndtri(chance) + x) / np.sqrt(1 - rho))


def play(rng, truth, calendar, segment, stage, day, tilt, x, trial=None, until=NEVER):
    """Play deals from their entry into a stage to their end, or until a day.

    Args:
        segment, stage, day, tilt: of each deal.
        x: the market, floats[trial, quarter, segment].
        trial: of each deal; the first without.

    Returns:
        deal, stage and day of every move, the entry first, in order of deal and time; and the whole days of
        the stay that it ended, −1 at entries.
    """
    trial = np.zeros(len(segment), dtype=np.int64) if trial is None else trial
    if truth.luck == "arrival":
        h = truth.ladder[segment, stage]
        chance = special.expit(special.logit(h) + np.log(tilt))
        won = rng.random(len(segment)) < met(chance, x[trial, calendar.quarter(day), segment], truth.rho)
        step = GivenOutcome(truth, segment, won)
    else:
        step = ByDecision(truth, calendar, segment, tilt, x, trial)
    return walk(rng, truth, calendar, step, stage, day, until)


def walk(rng, truth, calendar, step, stage, day, until=NEVER):
    """Move deals until they end or a day is past; return the moves as `play` does."""
    deal = np.arange(len(stage))
    found = [(deal, stage, day, np.full(len(deal), -1.0))]
    for _ in range(MOST_MOVES):
        if not len(deal):
            break
        to, days = step(rng, deal, stage, day)
        stage, day = to, np.where(days > 0, calendar.day_of(calendar.clock(day) + days), day)
        in_time = day <= until
        deal, stage, day, days = deal[in_time], stage[in_time], day[in_time], days[in_time]
        found.append((deal, stage, day, days))
        going = (stage < truth.won) & (day < NEVER)
        deal, stage, day = deal[going], stage[going], day[going]
    else:
        raise AssertionError("a deal never ends")
    columns = [np.concatenate(column) for column in zip(*found, strict=True)]
    order = np.argsort(columns[0], kind="stable")
    return tuple(column[order] for column in columns)


class GivenOutcome:
    """The next move of deals whose outcome is decided: p[s,k]·h[k] of winners, p[s,k]·(1−h[k]) of losers."""

    def __init__(self, truth, segment, won):
        self.truth, self.segment, self.won = truth, segment, won.astype(np.int64)

    def __call__(self, rng, deal, stage, day):
        g = self.segment[deal]
        to = chosen(rng, self.truth.walks[self.won[deal], g, stage])
        return to, stays(rng, self.truth.mu[g, stage, to], self.truth.sigma[g, stage, to])


class ByDecision:
    """The next move of deals whose luck is that of the quarter in which they move.

    How long they stay does not depend on the market; where they go then is tilted by it.
    """

    def __init__(self, truth, calendar, segment, tilt, x, trial):
        self.truth, self.calendar, self.segment, self.tilt = truth, calendar, segment, tilt
        self.x, self.trial = x, trial

    def __call__(self, rng, deal, stage, day):
        g = self.segment[deal]
        kernel, _ = tilted_kernel(self.truth, g, stage, self.tilt[deal])
        cause = chosen(rng, np.cumsum(kernel, axis=1))
        days = stays(rng, self.truth.mu[g, stage, cause], self.truth.sigma[g, stage, cause])
        return self.destination(rng, deal, stage, day, days), days

    def destination(self, rng, deal, stage, day, days):
        """Draw where a stay of so many days that began on a day leads."""
        g, truth = self.segment[deal], self.truth
        weights, ends, h = moves_after(truth, g, stage, days, self.tilt[deal])
        moved = self.calendar.day_of(self.calendar.clock(day) + days)
        x = self.x[self.trial[deal], self.calendar.quarter(np.where(days > 0, moved, day)), g]
        return chosen(rng, np.cumsum(weights * shift(ends, h, x, truth.rho), axis=1))


def tilted_kernel(truth, g, stage, odds):
    """Return p'[deal, k] and H'[deal, k] of deals whose odds are multiplied."""
    h, factor = truth.targets[g], odds[:, None]
    kernel = truth.transitions[g, stage] * (1 + h * (factor - 1))
    return kernel / kernel.sum(axis=1, keepdims=True), h * factor / (1 + h * (factor - 1))


def moves_after(truth, g, stage, days, odds):
    """Return the chances of the next move of stays of known length, H of each, and the chance to be won."""
    kernel, ends = tilted_kernel(truth, g, stage, odds)
    weights = kernel * pmf(days[:, None], truth.mu[g, stage], truth.sigma[g, stage])
    total = weights.sum(axis=1, keepdims=True)
    weights = np.where(total > 0, weights / np.where(total > 0, total, 1.0), kernel)
    return weights, ends, (weights * ends).sum(axis=1)


def shift(ends, h, x, rho):
    """Return what multiplies the chance of each move, (1 + h_k(o−1))/(1 + h(o−1)), in a market x."""
    sure = (h <= 1e-12) | (h >= 1 - 1e-12)
    inside = np.where(sure, 0.5, h)
    after = met(inside, x, rho)
    # Written with p'/h and (1−p')/(1−h), since 1 + h_k(o−1) over 1 + h(o−1) is their mixture by h_k.
    up, down = after / inside, (1 - after) / (1 - inside)
    factor = ends * up[..., None] + (1 - ends) * down[..., None]
    return np.where(sure[..., None], 1.0, factor)


def cumulated(weights):
    """Return cumulated chances along the last axis; rows without any weight go to the last column."""
    total = np.cumsum(weights, axis=-1)
    last = total[..., -1:]
    return np.where(last > 0, total / np.where(last > 0, last, 1.0), 0.0)


def chosen(rng, cumulative):
    """Draw a column from each row of cumulated chances."""
    u = rng.random(len(cumulative)) * cumulative[:, -1]
    return (u[:, None] >= cumulative[:, :-1]).sum(axis=1)


def stays(rng, mu, sigma, least=None):
    """Draw whole days, P(j) = F(j+½) − F(j−½), given at least so many where that is said."""
    if least is None:
        return np.rint(np.exp(mu + sigma * rng.standard_normal(len(mu))))
    beyond = log_survivor(least, mu, sigma)
    z = -special.ndtri_exp(np.log(1 - rng.random(len(mu))) + beyond)
    return np.maximum(np.rint(np.exp(mu + sigma * z)), least)


def log_survivor(least, mu, sigma):
    """Return ln P(T ≥ least), whole days."""
    with np.errstate(divide="ignore", invalid="ignore"):
        z = (np.log(least - 0.5) - mu) / sigma
    return np.where(np.asarray(least) > 0, special.log_ndtr(-z), 0.0)


def pmf(days, mu, sigma):
    """Return P(T = days), accurate in both tails."""
    with np.errstate(divide="ignore", invalid="ignore"):
        low = np.where(days > 0, (np.log(days - 0.5) - mu) / sigma, -np.inf)
    high = (np.log(days + 0.5) - mu) / sigma
    upper = low > 0
    return np.where(upper, special.ndtr(-low) - special.ndtr(-high), special.ndtr(high) - special.ndtr(low))
