"""Companies whose truth is known: how their deals came, moved and ended, and what their CRM recorded of it.

Written from MODEL.md 1–6 alone, with numpy's own generator: it shares the nouns with the engine and nothing
else, so it is the second route by which intervals are proved. Days are ordinals, money is in minor units.
"""

from dataclasses import dataclass
from datetime import date
from functools import cached_property

import numpy as np
from company_files import set_table
from company_record import record, recording
from company_walk import Calendar, Truth, factors, play

from simulator.history import History

SEASON = (0.7, 0.9, 1.1, 1.0, 1.1, 1.2, 0.8, 0.6, 1.1, 1.2, 1.3, 1.0)
MODEL_CHANGE = (0.5, -0.05, 0.15)


@dataclass(frozen=True)
class Options:
    """What a company is like; each default is the plain case, so that each can be turned on alone.

    Attributes:
        segments: 1–3.
        stages: 3–6, the same names in all segments.
        back: largest chance of a move back, 0–.1.
        lingering: losers stay 1.5–3 times as long as winners, moves back are quicker.
        rho: total correlation, or None to draw it from Beta(1.5, 18); split 3:5.
        phi: AR(1) from quarter to quarter.
        luck: `arrival`: a deal meets the factor of its arrival quarter for life; `decision`: each move meets
            the factor of the quarter in which it is made.
        growth: of arrivals over a year.
        season: whether arrivals have one.
        dispersion: κ of the monthly counts; infinite is Poisson.
        bluebirds: deals first seen on the day they are won, as a share of the deals that arrive.
        entries: whether a fifth of deals enter at the second stage.
        deals: about how many the record knows on the as-of day.
        prices: `lognormal` or `list`.
        amount_effect: win odds are multiplied by (amount / reference)^−effect.
        change: whether the amount changes until signature.
        optimism: odds of the set table against the truth.
        stale: share of lost deals that nobody ever closes.
        log_months: how far back the log goes.
        logged: whether there is a log of stages at all.
        delay: mean days until a move is recorded (four in ten moves; the others are at once).
        stated: whether deals state close dates.
        slip: what stated days are too short by.
        cycle: median operational days of a straight winning path, or None to draw it.
    """

    segments: int = 1
    stages: int = 4
    back: float = 0.0
    lingering: bool = False
    rho: float | None = 0.1
    phi: float = 0.5
    luck: str = "arrival"
    growth: float = 0.0
    season: bool = False
    dispersion: float = np.inf
    bluebirds: float = 0.0
    entries: bool = False
    deals: int = 400
    prices: str = "lognormal"
    amount_effect: float = 0.0
    change: bool = False
    optimism: float = 1.0
    stale: float = 0.0
    log_months: int = 24
    logged: bool = True
    delay: float = 0.0
    stated: bool = False
    slip: float = 1.25
    cycle: float | None = None


FAMILIES = {
    "plain": {},
    "independent": {"rho": 0.0},
    "market drawn": {"rho": None},
    "luck at decision": {"luck": "decision"},
    "segments": {"segments": 3, "stages": 5, "entries": True},
    "back moves": {"back": 0.1, "stages": 6},
    "lingering": {"lingering": True},
    "growth": {"growth": 1.0},
    "decline": {"growth": -0.2},
    "season": {"season": True, "dispersion": 4.0},
    "bluebirds": {"bluebirds": 0.1},
    "list prices": {"prices": "list", "amount_effect": 0.4, "change": True},
    "optimism": {"optimism": 3.0},
    "stale": {"stale": 0.3},
    "3 months": {"log_months": 3},
    "6 months": {"log_months": 6},
    "12 months": {"log_months": 12},
    "no log": {"logged": False},
    "delays": {"delay": 5.0},
    "stated dates": {"stated": True},
    "small": {"deals": 40},
    "large": {"deals": 2500},
}
"""Each thing turned on alone."""


@dataclass(frozen=True, eq=False)
class Played:
    """All deals as they truly went, in order of creation.

    Attributes:
        segment, created, entry, amount: of each deal; the amount is the open one.
        tilt: odds factor of its own that the amount brings.
        deal, stage, day: of each move, in order of deal and time; stage S is won, S + 1 lost.
        stay: whole operational days of the stay that the move ended, −1 at entries.
        signed: amount on signature, were it won.
        dead: lost deals whose loss nobody records.
        bird: deals first seen on the day they were won.
    """

    segment: np.ndarray
    created: np.ndarray
    entry: np.ndarray
    amount: np.ndarray
    tilt: np.ndarray
    deal: np.ndarray
    stage: np.ndarray
    day: np.ndarray
    stay: np.ndarray
    signed: np.ndarray
    dead: np.ndarray
    bird: np.ndarray


@dataclass(frozen=True, eq=False)
class Company:
    """A company, its record, and the truth.

    Attributes:
        seed: of everything in it.
        options: what it is like.
        truth: its parameters.
        calendar: its clock and its quarters.
        luck: x[quarter, segment], what the market added.
        played: its deals.
        recorded: day from which each move was known, `NEVER` where it never is.
        history: the complete record; what was known on a day is `history.as_of(day)`.
        t: as-of day, the last one of a calendar quarter.
        end: last day of the next quarter.
    """

    seed: int
    options: Options
    truth: Truth
    calendar: Calendar
    luck: np.ndarray
    played: Played
    recorded: np.ndarray
    history: History
    t: int
    end: int

    @cached_property
    def base(self):
        """The set table, as funnels and as the text of a scenario."""
        return set_table(self)

    @cached_property
    def bookings(self):
        """Signed amounts of the deals won by the end of the next quarter and not known to be won at t."""
        won = (self.played.stage == self.truth.won) & (self.played.day <= self.end) & (self.recorded > self.t)
        return float(self.played.signed[self.played.deal[won]].sum())


def company(seed, **options):
    """Invent one company, turned from the plain one by `Options`."""
    o = Options(**options)
    rng = np.random.default_rng([seed, 1])
    first = int(rng.integers(0, 28))  # quarters from 2018
    t, end = (quarter_day(2018 * 4 + first + n) - 1 for n in (1, 2))
    truth = draw_truth(rng, o)
    burn = int(np.ceil(3 * truth.cycle / 30)) + 3
    start = month_day(month_of(t + 1) - o.log_months - burn)
    since = month_day(month_of(t + 1) - o.log_months)
    calendar = Calendar(start, end + 45)
    luck = factors(rng, truth, calendar.quarters)[0]
    played = play_company(rng, o, truth, calendar, luck, t)
    recorded = recording(rng, o, truth, played)
    history = record(rng, o, truth, calendar, played, recorded, since)
    return Company(seed, o, truth, calendar, luck, played, recorded, history, t, end)


def draw(seed, **fixed):
    """Invent a company with everything drawn but what is fixed; luck follows arrival unless that is fixed."""
    rng = np.random.default_rng([seed, 0])
    pick = lambda *values: values[int(rng.integers(len(values)))]  # noqa: E731
    months = pick(3, 6, 12, 24)
    most = 3000 * min(months / 12, 1.0)
    drawn = dict(
        segments=pick(1, 2, 3),
        stages=pick(3, 4, 5, 6),
        back=pick(0.0, 0.05, 0.1),
        lingering=pick(False, True),
        rho=pick(0.1, None),
        growth=float(rng.uniform(-0.2, 1.0)),
        season=pick(False, True),
        dispersion=pick(2.0, 4.0, 10.0, np.inf),
        bluebirds=pick(0.0, 0.0, 0.05),
        entries=pick(False, True),
        deals=int(np.exp(rng.uniform(np.log(30), np.log(most)))),
        prices=pick("lognormal", "list"),
        amount_effect=pick(0.0, 0.2, 0.4),
        change=pick(False, True),
        optimism=float(np.exp(rng.uniform(0, np.log(3)))),
        stale=pick(0.0, 0.0, 0.1, 0.3),
        log_months=months,
        logged=bool(rng.random() < 0.85),
        delay=pick(0.0, 0.0, 3.0),
        stated=pick(False, True),
        slip=float(rng.uniform(1.0, 1.6)),
    )
    return company(seed, **drawn | fixed)


# ---- dates


def month_of(day):
    """Number of a day's month, counted from year 0."""
    d = date.fromordinal(int(day))
    return d.year * 12 + d.month - 1


def month_day(month):
    """First day of a month."""
    return date(month // 12, month % 12 + 1, 1).toordinal()


def quarter_day(quarter):
    """First day of a quarter, counted from year 0."""
    return month_day(quarter * 3)


# ---- the truth


def draw_truth(rng, o):
    """Draw the parameters of a company."""
    size, count = o.stages, o.segments
    won, lost = size, size + 1
    transitions = np.zeros((count, size, size + 2))
    mu, sigma = np.zeros((2, count, size, size + 2))
    cycle = o.cycle or float(np.exp(rng.uniform(np.log(20), np.log(130))))
    for g in range(count):
        win_rate = rng.uniform(0.12, 0.45)
        advance = win_rate ** rng.dirichlet(np.full(size, 3.0))
        back = np.minimum(rng.uniform(0, o.back, size), (1 - advance) / 2)
        back[0] = 0.0
        stage = np.arange(size)
        transitions[g, stage, stage + 1] = advance
        transitions[g, stage[1:], stage[:-1]] = back[1:]
        transitions[g, :, lost] = 1 - advance - back
        medians = np.maximum(cycle * rng.uniform(0.7, 1.4) * rng.dirichlet(np.full(size, 3.0)), 1.0)
        mu[g] = np.log(medians)[:, None]
        sigma[g] = rng.uniform(0.5, 1.0, size)[:, None]
        if o.lingering:
            mu[g, :, lost] += np.log(rng.uniform(1.5, 3.0, size))
            mu[g, stage[1:], stage[:-1]] -= 0.4
            sigma[g, :, won:] *= 1.1
    entry = np.zeros((count, size))
    entry[:, 0], entry[:, 1] = (0.8, 0.2) if o.entries else (1.0, 0.0)
    rho = o.rho if o.rho is not None else float(min(rng.beta(1.5, 18), 0.5))
    months = (1 + o.growth) ** (-np.arange(o.log_months) / 12)
    per_month = o.deals / (months.sum() + cycle / 30)
    amounts, shares = amount_laws(rng, o)
    return Truth(
        transitions=transitions, mu=mu, sigma=sigma, entry=entry, cycle=cycle,
        per_month=per_month * rng.dirichlet(np.full(count, 5.0)), growth=o.growth,
        bluebirds=o.bluebirds, season=np.array(SEASON if o.season else (1.0,) * 12), dispersion=o.dispersion,
        amounts=amounts, shares=shares, spread=rng.uniform(0.4, 1.1, count), effect=o.amount_effect,
        change=MODEL_CHANGE if o.change else (1.0, 0.0, 0.0), rho=rho, phi=o.phi, luck=o.luck,
    )  # fmt: skip


def amount_laws(rng, o):
    """Return prices[segment, n] with their shares; one price with share 1 is the median of a log-normal."""
    median = 1_000_000 * np.exp(rng.normal(0, 0.8, o.segments))[:, None]
    if o.prices == "lognormal":
        return np.rint(median), None
    steps = np.array([0.4, 1.0, 1.0 + rng.uniform(0.5, 2.0), 5.0])
    return np.rint(median * steps / 10_000 + 1) * 10_000, rng.dirichlet((4, 4, 2, 1))


# ---- playing


def play_company(rng, o, truth, calendar, luck, t):
    """Let all deals of a company come, move and end."""
    segment, created, bird = arrivals(rng, truth, calendar, t)
    entry = np.array([rng.choice(truth.size, p=truth.entry[g]) for g in segment], dtype=np.int64)
    amount = new_amounts(rng, truth, segment)
    tilt = truth.tilts(segment, amount)
    seen = np.flatnonzero(~bird)
    deal, *moves = play(
        rng, truth, calendar, segment[seen], entry[seen], created[seen], tilt[seen], luck[None]
    )
    moves = with_birds(truth, (seen[deal], *moves), np.flatnonzero(bird), created)
    signed = np.where(bird, amount, np.rint(amount * changes(rng, truth, len(amount))))
    dead = rng.random(len(amount)) < o.stale
    return Played(segment, created, entry, amount, tilt, *moves, signed, dead, bird)


def with_birds(truth, moves, birds, created):
    """Add the moves of bluebirds: into the first stage and to won on one day."""
    both, day = np.repeat(birds, 2), np.repeat(created[birds], 2)
    stage, stay = np.tile((0, truth.won), len(birds)), np.tile((-1.0, 0.0), len(birds))
    columns = [np.concatenate(pair) for pair in zip(moves, (both, stage, day, stay), strict=True)]
    order = np.argsort(columns[0], kind="stable")
    return tuple(column[order] for column in columns)


def arrivals(rng, truth, calendar, t):
    """Draw segment and day of all deals, and which are bluebirds, in order of their days."""
    found = []
    for month in range(month_of(calendar.first), month_of(calendar.last) + 1):
        for of_birds in (False, True) if truth.bluebirds else (False,):
            count = monthly(rng, truth, month, month_of(t), of_birds)
            segment = np.repeat(np.arange(len(count)), count)
            days = calendar.even_days(rng, month_day(month), month_day(month + 1), len(segment))
            found.append((segment, days, np.full(len(segment), of_birds)))
    segment, day, bird = (np.concatenate(column) for column in zip(*found, strict=True))
    order = np.lexsort((segment, day))
    return segment[order], day[order], bird[order]


def monthly(rng, truth, month, as_of_month, of_birds=False, trials=()):
    """Draw the counts of a month, [*trials, segment]: negative binomial, a gamma of its own each month."""
    mean = truth.rates(month, as_of_month) * (truth.bluebirds if of_birds else 1.0)
    mean = np.broadcast_to(mean, (*trials, len(mean)))
    if np.isfinite(truth.dispersion):
        mean = mean * rng.gamma(truth.dispersion, 1 / truth.dispersion, mean.shape)
    return rng.poisson(mean)


def new_amounts(rng, truth, segment):
    """Draw open amounts, minor units, whole hundreds."""
    if truth.shares is None:
        drawn = truth.amounts[segment, 0] * np.exp(truth.spread[segment] * rng.standard_normal(len(segment)))
    else:
        drawn = truth.amounts[segment, rng.choice(len(truth.shares), len(segment), p=truth.shares)]
    return np.maximum(np.rint(drawn / 100), 1) * 100.0


def changes(rng, truth, count):
    """Draw exp(Y) of MODEL 3, by rejection of |Y| > 1.5."""
    unchanged, location, scale = truth.change
    y = np.zeros(count)
    todo = np.flatnonzero(rng.random(count) >= unchanged)
    while len(todo):
        y[todo] = location + scale * rng.standard_t(5, len(todo))
        todo = todo[np.abs(y[todo]) > 1.5]
    return np.exp(y)
