"""A forecaster that knows a company's truth, but not what its market was nor what it will be.

It draws the market's past from its exact posterior given all that happened (true parameters, the deals'
outcomes and where the open ones stand), and plays the open deals and those to come from there. So its draws
and what came are exchangeable: its intervals hold exactly as often as they say, whatever the company.
"""

import numpy as np
from companies import changes, month_day, month_of, monthly, new_amounts
from company_walk import (
    SHARED,
    ByDecision,
    GivenOutcome,
    chosen,
    cumulated,
    log_survivor,
    met,
    moves_after,
    play,
    shift,
    shocks,
    stays,
    tilted_kernel,
    walk,
)
from scipy import special

GRID = np.linspace(-6.0, 6.0, 241)
"""Standardised values of the market at which likelihoods are tabulated."""
TURNS = 15


def reference(company, trials=500):
    """Return bookings[trial] of the next quarter, minor units, as `Company.bookings` counts them."""
    rng = np.random.default_rng([company.seed, 2])
    now = State(company)
    x = market(rng, company, now, trials)
    total = np.full(trials, now.unrecorded) + open_bookings(rng, company, now, x)
    return total + new_bookings(rng, company, x)


class State:
    """Where the deals truly stand at the end of the as-of day.

    Attributes:
        deals: those created by then, bluebirds apart: they meet no market.
        ended: whether each has ended; won: whether it was won.
        stage, day: last move of each.
        open: those that go on, with `least`, the fewest whole days that their stay must have.
        unrecorded: signed amounts of wins that nobody has recorded yet.
    """

    def __init__(self, company):
        played, truth, calendar = company.played, company.truth, company.calendar
        past = played.day <= company.t
        self.deals = np.flatnonzero((played.created <= company.t) & ~played.bird)
        last = np.zeros(len(played.segment), dtype=np.int64)
        last[played.deal[past]] = np.flatnonzero(past)
        last = last[self.deals]
        self.stage, self.day = played.stage[last], played.day[last]
        self.ended, self.won = self.stage >= truth.won, self.stage == truth.won
        self.open = self.deals[~self.ended]
        self.open_stage, self.open_day = self.stage[~self.ended], self.day[~self.ended]
        age = calendar.clock(company.t) - calendar.clock(self.open_day)
        self.least = np.floor(age + 1e-9) + 1
        late = past & (played.stage == truth.won) & (company.recorded > company.t)
        self.unrecorded = float(played.signed[played.deal[late]].sum())


def first_weights(truth, g, stage, least, odds):
    """Return p[s,k]·R[s,k](age) of deals that have been in a stage a while, floats[deal, k], scaled."""
    kernel, _ = tilted_kernel(truth, g, stage, odds)
    alive = log_survivor(least[:, None], truth.mu[g, stage], truth.sigma[g, stage])
    with np.errstate(divide="ignore"):
        logs = np.log(kernel) + alive
    return np.exp(logs - logs.max(axis=1, keepdims=True))


# ---- the market's past


def market(rng, company, now, trials):
    """Draw x[trial, quarter, segment] up to the end of the next quarter."""
    truth, calendar = company.truth, company.calendar
    count, segments = int(calendar.quarter(company.t)) + 1, len(truth.per_month)
    x = np.zeros((trials, calendar.quarters, segments))
    if truth.rho == 0:
        return x
    table = likelihood(company, now, count)
    x[:, :count] = posterior(rng, truth, table, trials).reshape(trials, count, segments)
    for q in range(count, calendar.quarters):
        x[:, q] = truth.phi * x[:, q - 1] + np.sqrt(1 - truth.phi**2) * shocks(rng, truth, trials)
    return x


def likelihood(company, now, count):
    """Tabulate ln P(what happened | x) by quarter and segment, floats[quarter · segment, grid]."""
    truth = company.truth
    by_rule = by_arrival if truth.luck == "arrival" else by_decision
    quarter, segment, logs = by_rule(company, now, GRID * np.sqrt(truth.rho))
    table = np.zeros((count * len(truth.per_month), len(GRID)))
    np.add.at(table, quarter * len(truth.per_month) + segment, logs)
    return table


def by_arrival(company, now, x):
    """Outcomes known, and for open deals the mixture of both by how likely their path was under each."""
    truth, played = company.truth, company.played
    g, entry, tilt = played.segment[now.deals], played.entry[now.deals], played.tilt[now.deals]
    p = met(special.expit(special.logit(truth.ladder[g, entry]) + np.log(tilt))[:, None], x, truth.rho)
    ratio = np.where(now.won, np.inf, 0.0)
    ratio[~now.ended] = path_ratio(company, now)
    won, lost = (np.where(np.isinf(ratio), 1.0, ratio)[:, None], np.where(np.isinf(ratio), 0.0, 1.0)[:, None])
    quarter = company.calendar.quarter(played.created[now.deals])
    return quarter, g, np.log(np.maximum(p * won + (1 - p) * lost, 1e-300))


def path_ratio(company, now):
    """Return P(path so far | won) / P(path so far | lost) = odds(h_s(a)) / odds(h_entry) of open deals."""
    truth, played = company.truth, company.played
    g = played.segment[now.open]
    weights = first_weights(truth, g, now.open_stage, now.least, np.ones(len(g)))
    win, lose = ((weights * h).sum(axis=1) for h in (truth.targets[g], 1 - truth.targets[g]))
    before = truth.ladder[g, played.entry[now.open]]
    return win / lose * (1 - before) / before


def by_decision(company, now, x):
    """Each move made, given how long the stay was that it ended."""
    truth, played = company.truth, company.played
    past = (played.day <= company.t) & ~played.bird[played.deal]
    moved = np.flatnonzero((played.stay >= 0) & past)
    deal, to = played.deal[moved], played.stage[moved]
    g, stage = played.segment[deal], played.stage[moved - 1]
    _, ends, h = moves_after(truth, g, stage, played.stay[moved], played.tilt[deal])
    end = ends[np.arange(len(to)), to][:, None, None]
    factor = shift(end, np.broadcast_to(h[:, None], (len(h), len(x))), x, truth.rho)[..., 0]
    return company.calendar.quarter(played.day[moved]), g, np.log(np.maximum(factor, 1e-300))


def posterior(rng, truth, table, trials):
    """Draw x[trial, quarter · segment] from N(0, K) times a tabulated likelihood.

    Elliptical slice sampling (Murray, Adams & MacKay 2010) around the Laplace approximation, one chain a
    trial: exact in the limit, and near it at once, since the approximation is close.
    """
    segments = len(truth.per_month)
    quarters = np.arange(len(table) // segments)
    between = truth.rho * (SHARED + (1 - SHARED) * np.eye(segments))
    prior = np.kron(truth.phi ** np.abs(quarters[:, None] - quarters), between)
    precision = np.linalg.inv(prior)
    step = (GRID[1] - GRID[0]) * np.sqrt(truth.rho)
    mode, hessian = laplace(table, precision, step)
    root = np.linalg.cholesky(np.linalg.inv(hessian))

    def rest(offset):
        x = mode + offset
        gauss = ((x @ precision) * x - (offset @ hessian) * offset).sum(axis=1) / 2
        return looked_up(table, x, step).sum(axis=1) - gauss

    normal = lambda: rng.standard_normal((trials, len(mode))) @ root.T  # noqa: E731
    at = normal()
    level = rest(at)
    for _ in range(TURNS):
        other, bound = normal(), level + np.log(1 - rng.random(trials))
        angle = rng.random(trials) * 2 * np.pi
        low, high = angle - 2 * np.pi, angle.copy()
        todo = np.arange(trials)
        while len(todo):
            new = at[todo] * np.cos(angle[todo, None]) + other[todo] * np.sin(angle[todo, None])
            value = rest(new)
            good = value > bound[todo]
            done = todo[good]
            other[done], level[done] = new[good], value[good]
            todo = todo[~good]
            low[todo] = np.where(angle[todo] < 0, angle[todo], low[todo])
            high[todo] = np.where(angle[todo] >= 0, angle[todo], high[todo])
            angle[todo] = low[todo] + rng.random(len(todo)) * (high[todo] - low[todo])
        at = other
    return mode + at


def laplace(table, precision, step):
    """Return mode and negative Hessian of the posterior, by damped Newton steps on the tables."""
    slope = np.gradient(table, step, axis=1)
    bend = -np.gradient(slope, step, axis=1)
    x = np.zeros(len(table))
    for _ in range(40):
        curve = np.maximum(looked_up(bend, x[None], step)[0], 0.0)
        hessian = precision + np.diag(curve)
        x = x + 0.7 * np.linalg.solve(hessian, looked_up(slope, x[None], step)[0] - precision @ x)
    return x, hessian


def looked_up(table, x, step):
    """Return table[cell] at x[..., cell], linear between nodes and held at the ends."""
    place = np.clip(x / step + len(GRID) // 2, 0, len(GRID) - 1.000001)
    low = place.astype(np.int64)
    cell = np.arange(len(table))
    below = table[cell, low]
    return below + (place - low) * (table[cell, low + 1] - below)


# ---- the next quarter


def open_bookings(rng, company, now, x):
    """Play on, in each trial, the deals that are open."""
    truth, calendar, played = company.truth, company.calendar, company.played
    trials, count = len(x), len(now.open)
    trial, at = np.repeat(np.arange(trials), count), np.tile(np.arange(count), trials)
    g, begun = played.segment[now.open][at], now.open_day[at]
    if truth.luck == "arrival":
        created, entry = played.created[now.open][at], played.entry[now.open][at]
        chance = special.expit(special.logit(truth.ladder[g, entry]) + np.log(played.tilt[now.open][at]))
        p = met(chance, x[trial, calendar.quarter(created), g], truth.rho)
        ratio = path_ratio(company, now)[at]
        won = rng.random(len(at)) < p * ratio / (p * ratio + 1 - p)
        step = GivenOutcome(truth, g, won)
        to, days = first_of_decided(rng, company, now, at, won)
    else:
        step = ByDecision(truth, calendar, g, played.tilt[now.open][at], x, trial)
        to, days = first_to_decide(rng, company, now, at, step)
    day = calendar.day_of(calendar.clock(begun) + days)
    signed = played.amount[now.open][at] * changes(rng, truth, len(at))
    return won_by(rng, company, step, (to, day), (trial, signed), trials)


def first_of_decided(rng, company, now, at, won):
    """Draw the present stay and where it leads, of deals whose outcome is decided."""
    truth, g = company.truth, company.played.segment[now.open]
    weights = first_weights(truth, g, now.open_stage, now.least, np.ones(len(g)))
    both = cumulated(np.stack((weights * (1 - truth.targets[g]), weights * truth.targets[g])))
    to = chosen(rng, both[won.astype(np.int64), at])
    g, stage = g[at], now.open_stage[at]
    return to, stays(rng, truth.mu[g, stage, to], truth.sigma[g, stage, to], now.least[at])


def first_to_decide(rng, company, now, at, step):
    """Draw the present stay, and where it leads by the market of its end."""
    truth, played = company.truth, company.played
    g = played.segment[now.open]
    weights = first_weights(truth, g, now.open_stage, now.least, played.tilt[now.open])
    cause = chosen(rng, cumulated(weights)[at])
    g, stage = g[at], now.open_stage[at]
    days = stays(rng, truth.mu[g, stage, cause], truth.sigma[g, stage, cause], now.least[at])
    return step.destination(rng, np.arange(len(at)), stage, now.open_day[at], days), days


def won_by(rng, company, step, first, each, trials):
    """Walk on from the first move, and add up by trial what is won by the end of the quarter."""
    truth, (to, day), (trial, signed) = company.truth, first, each
    won = (to == truth.won) & (day <= company.end)
    total = np.bincount(trial[won], signed[won], trials)
    going = np.flatnonzero((to < truth.won) & (day <= company.end))
    onward = lambda rng, deal, stage, day: step(rng, going[deal], stage, day)  # noqa: E731
    deal, stage, *_ = walk(rng, truth, company.calendar, onward, to[going], day[going], company.end)
    later = going[deal[stage == truth.won]]
    return total + np.bincount(trial[later], signed[later], trials)


def new_bookings(rng, company, x):
    """Play, in each trial, the deals that come in the next quarter."""
    truth, calendar, trials = company.truth, company.calendar, len(x)
    trial, g, day = coming(rng, company, trials, False)
    entry = chosen(rng, np.cumsum(truth.entry, axis=1)[g])
    amount = new_amounts(rng, truth, g)
    tilt = truth.tilts(g, amount)
    deal, stage, *_ = play(rng, truth, calendar, g, entry, day, tilt, x, trial, company.end)
    won = deal[stage == truth.won]
    signed = amount * changes(rng, truth, len(amount))
    total = np.bincount(trial[won], signed[won], trials)
    if truth.bluebirds:
        trial, g, _ = coming(rng, company, trials, True)
        total = total + np.bincount(trial, new_amounts(rng, truth, g), trials)
    return total


def coming(rng, company, trials, of_birds):
    """Draw trial, segment and day of the deals that come in the next quarter."""
    columns = []
    for month in range(month_of(company.t + 1), month_of(company.end) + 1):
        count = monthly(rng, company.truth, month, month_of(company.t), of_birds, (trials,))
        cell = np.repeat(np.arange(count.size), count.ravel())
        day = company.calendar.even_days(rng, month_day(month), month_day(month + 1), len(cell))
        columns.append((*np.divmod(cell, count.shape[1]), day))
    return tuple(np.concatenate(column) for column in zip(*columns, strict=True))
