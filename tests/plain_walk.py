"""The model played plainly: a fresh Bernoulli draw for each transition, an ordinary generator, no tricks.

Slow and obvious on purpose; the second implementation that exact means are held to.
"""

import numpy as np
from scipy import special

from simulator.close_dates import AGE_GRID, SHIFT
from simulator.distributions import whole_days
from simulator.funnel import close_chances, winning_times
from simulator.money import minor_digits
from simulator.periods import add_months
from simulator.receivables import UNPAID
from simulator.terms import due_dates, invoice_dates, parse_terms, roll_dates


def largest_z(exact, samples):
    """Largest |z| of sample means of `samples[trial, ...]`, and its threshold Φ⁻¹(1 − 5e-5/M)."""
    exact, samples = np.ravel(exact), samples.reshape(len(samples), -1)
    hit = (samples != 0).sum(axis=0) >= 100
    error = samples[:, hit].std(axis=0, ddof=1) / np.sqrt(len(samples))
    z = (samples[:, hit].mean(axis=0) - exact[hit]) / error
    assert np.isfinite(z).all()
    return np.abs(z).max(), special.ndtri(1 - 5e-5 / hit.sum()), hit.sum()


def draw_days(law, rng, count, age=0.0):
    """Whole days left of `count` stays of one age."""
    return np.searchsorted(np.cumsum(whole_days(law, age)), rng.random(count), side="right").clip(max=4095)


def play(funnel, stage, age, odds, rng):
    """Walk deals from a stage and an age with the tilted kernel p' = p·(1 + h_k(o−1)) / (1 + h_s(o−1)).

    Args:
        odds: one multiplier a deal, floats[deal].

    Returns:
        (won, days): bool[deal], integers[deal].
    """
    h = np.concatenate((close_chances(funnel.transitions), (1.0, 0.0)))
    count, size = len(odds), len(funnel.stages)
    at, days = np.full(count, stage), np.zeros(count, dtype=np.int64)
    first = True
    while (at < size).any():
        for s in [stage] if first else range(size):
            here = np.flatnonzero(at == s)
            weights = funnel.transitions[s].copy()
            if first:
                alive = np.array([law.sf(age) if law else 0.0 for law in funnel.stays[s]], dtype=np.float64)
                if (weights * alive).sum() > 0:
                    weights = weights * alive / (weights * alive).sum()
            o = odds[here, None]
            chances = weights * (1 + h * (o - 1)) / (1 + (weights @ h) * (o - 1))
            assert np.allclose(chances.sum(axis=1), 1, atol=1e-12)
            to = (rng.random((len(here), 1)) > np.cumsum(chances, axis=1)).sum(axis=1).clip(max=size + 1)
            for k in np.unique(to):
                moved = here[to == k]
                days[moved] += draw_days(funnel.stays[s][k], rng, len(moved), age if first else 0.0)
            at[here] = to + 1000  # whoever has moved waits for the next round
        at = np.where(at >= 1000, at - 1000, at)
        first = False
    return at == size, days


class Luck:
    """The market's factors of some trials, by calendar quarter from the as-of day's."""

    def __init__(self, scenario, trials, rng):
        self.shared, self.own = scenario.market.correlations(rng.random(trials))
        count = 4 * (scenario.horizon.last_day // 360 + 2)
        self.x = []
        for _ in scenario.segments:
            self.x.append(np.empty((trials, count)))
        g = self.path(scenario.market.phi, trials, count, rng)
        for x in self.x:
            z = self.path(scenario.market.phi, trials, count, rng)
            x[:] = np.sqrt(self.shared)[:, None] * g + np.sqrt(self.own)[:, None] * z
        self.doubt = rng.standard_normal((len(scenario.segments), trials))

    @staticmethod
    def path(phi, trials, count, rng):
        steps = rng.standard_normal((trials, count))
        for q in range(1, count):
            steps[:, q] = phi * steps[:, q - 1] + np.sqrt(1 - phi**2) * steps[:, q]
        return steps

    def odds(self, p, h, segment, rho_doubt, trial, quarter):
        """Odds multipliers of deals of chance p* in their quarters."""
        if not 0 < p < 1:
            return np.full(len(trial), p / (1 - p) * (1 - h) / h if p < 1 else np.inf)
        x = self.x[segment][trial, quarter] + np.sqrt(rho_doubt) * self.doubt[segment][trial]
        left = 1 - self.shared[trial] - self.own[trial] - rho_doubt
        moved = special.ndtr((special.ndtri(p) + x) / np.sqrt(left))
        return np.exp(special.logit(moved) - special.logit(h))


SOURCES = ("backlog", "open", "new", "renewals", "receivables")
OPEN, NEW, RECEIVABLES = (SOURCES.index(source) for source in ("open", "new", "receivables"))


class Plain:
    """Plain trials of a scenario: winners, bookings, billings, receipts [trial, source, segment, cell].

    And losses, those of first attempts.
    """

    def __init__(self, scenario, trials, seed):
        self.scenario, self.trials = scenario, trials
        self.rng = np.random.default_rng(seed)
        self.luck = Luck(scenario, trials, self.rng)
        shape = (trials, len(SOURCES), len(scenario.segments), len(scenario.horizon.cuts))
        self.winners, self.bookings, self.billings, self.receipts = (np.zeros(shape) for _ in range(4))
        self.losses, self.known_moments = np.zeros(shape), {}
        for row in range(len(scenario.pipeline)):
            self.open_deal(scenario.pipeline[row], scenario.pipeline.lines[row][0].months)
        for index, segment in enumerate(scenario.segments):
            if segment.generation is not None:
                self.arrivals(index, segment)
        self.opening()

    def open_deal(self, deal, service_months):
        segment = self.scenario.segments[deal.segment]
        funnel, trial = segment.funnel, np.arange(self.trials)
        ages = np.full(self.trials, deal.age)
        if np.isnan(deal.age):
            law = funnel.resting_ages(deal.stage)
            ages = np.searchsorted(np.cumsum(law), self.rng.random(self.trials), side="right").clip(
                max=len(law) - 1
            )
        times, won, closing = (np.zeros(self.trials) for _ in range(3))
        place = deal.segment, deal.stage
        if place not in self.known_moments:
            self.known_moments[place] = self.moments(funnel, deal.stage)
        mean, sd = self.known_moments[place]
        for age in np.unique(ages):
            here = np.flatnonzero(ages == age)
            h = float(funnel.close_chance(deal.stage, age))
            evidence = segment.use_probability and not np.isnan(deal.probability)
            base = deal.probability if evidence else h
            p = base * segment.soberness.odds / (1 + base * (segment.soberness.odds - 1))
            doubt = segment.doubt[deal.stage]
            o = self.luck.odds(p, h, deal.segment, doubt, here, np.zeros(len(here), dtype=int))
            won[here], times[here] = play(funnel, deal.stage, age, o, self.rng)
            mu, v = (np.interp(age, AGE_GRID, m) for m in (mean, sd))
            rule = segment.close_date
            closing[here] = by_the_date(rule, deal, times[here], mu, v)
        terms = parse_terms(deal.terms) if deal.terms else segment.terms.get(
            deal.customer_class, segment.terms["default"])  # fmt: skip
        contract = (OPEN, deal.segment, terms, deal.customer_class, deal.currency, service_months)
        amounts = np.full(self.trials, float(deal.amount))
        sure = won > 0
        days = self.closed(segment, closing[sure])
        self.book(contract, trial[sure], days, self.price(segment, amounts[sure], deal.currency))
        lost = ~sure
        self.lose(contract, trial[lost], times[lost])
        self.come_back(contract, trial[lost], times[lost], amounts[lost])

    def lose(self, contract, trial, lost_at):
        source, index = contract[:2]
        day = self.scenario.segments[index].clock.day_of(lost_at)
        self.add(self.losses, trial, source, index, day, np.ones(len(trial)))

    def come_back(self, contract, trial, lost_at, amounts):
        segment = self.scenario.segments[contract[1]]
        recycling, funnel = segment.recycling, segment.funnel
        h = float(funnel.ladder[0])
        p = h * segment.soberness.odds / (1 + h * (segment.soberness.odds - 1))
        for _ in range(recycling.attempts - 1):
            again = self.rng.random(len(trial)) < recycling.chance
            trial, lost_at, amounts = trial[again], lost_at[again], amounts[again]
            back = lost_at + draw_days(recycling.delay, self.rng, len(trial))
            day = segment.clock.day_of(back)
            soon = day <= self.scenario.horizon.last_day
            trial, back, amounts, day = trial[soon], back[soon], amounts[soon], day[soon]
            o = self.luck.odds(p, h, contract[1], segment.doubt[0], trial, self.quarters(day))
            won, days = play(funnel, 0, 0.0, o, self.rng)
            closed = self.closed(segment, (back + days)[won])
            self.book(contract, trial[won], closed, self.price(segment, amounts[won], contract[4]))
            trial, lost_at, amounts = trial[~won], (back + days)[~won], amounts[~won]

    def arrivals(self, index, segment):
        generation, horizon = segment.generation, self.scenario.horizon
        month = horizon.as_of.replace(day=1)
        while month <= horizon.end:
            begin, end = horizon.day_of(month), horizon.day_of(add_months(month, 1)) - 1
            low, start, high = segment.clock.at_end_of(np.array([begin - 1, max(begin - 1, 0), end]))
            share = (high - start) / (high - low)
            bluebirds = generation.bluebirds
            if end > 0 and share > 0:
                trial, v0 = self.arrived(
                    generation.rate(month, horizon.as_of) * share, generation, start, high
                )
                self.new_deals(index, segment, trial, v0)
            if end > 0 and share > 0 and bluebirds:
                rate = generation.bluebird_rate(month, horizon.as_of) * share
                trial, v0 = self.arrived(rate, bluebirds, start, high)
                amounts = bluebirds.amount.isf(self.rng.random(len(trial))) * self.minor
                contract = (NEW, index, segment.terms["default"], "", self.scenario.currency, 0)
                self.book(contract, trial, segment.clock.day_of(v0), amounts)
            month = add_months(month, 1)

    def arrived(self, rate, counts, start, end):
        lam = self.rng.gamma(counts.dispersion, rate / counts.dispersion, self.trials)
        trial = np.repeat(np.arange(self.trials), self.rng.poisson(lam))
        return trial, start + (end - start) * self.rng.random(len(trial))

    def new_deals(self, index, segment, trial, v0):
        generation, funnel = segment.generation, segment.funnel
        amounts = generation.amount.isf(self.rng.random(len(trial))) * self.minor
        entry = self.rng.choice(len(funnel.stages), size=len(trial), p=generation.entry)
        day = segment.clock.day_of(v0)
        contract = (NEW, index, segment.terms["default"], "", self.scenario.currency, 0)
        for stage in np.unique(entry):
            here = entry == stage
            h = float(funnel.ladder[stage])
            p = h * segment.soberness.odds / (1 + h * (segment.soberness.odds - 1))
            o = self.luck.odds(p, h, index, segment.doubt[stage], trial[here], self.quarters(day[here]))
            won, days = play(funnel, stage, 0.0, o, self.rng)
            end = v0[here] + days
            closed = self.closed(segment, end[won])
            self.book(
                contract, trial[here][won], closed, self.price(segment, amounts[here][won], contract[4])
            )
            self.lose(contract, trial[here][~won], end[~won])
            self.come_back(contract, trial[here][~won], end[~won], amounts[here][~won])

    def book(self, contract, trial, day, amount):
        source, index, terms, customer_class, currency, service_months = contract
        segment, horizon = self.scenario.segments[index], self.scenario.horizon
        self.add(self.winners, trial, source, index, day, np.ones(len(trial)))
        self.add(self.bookings, trial, source, index, day, amount * self.rate(currency, day))
        events = {"signature": day, "start": day}
        events["delivery"] = day + draw_days(segment.delivery, self.rng, len(day))
        events["acceptance"] = events["delivery"] + draw_days(segment.acceptance, self.rng, len(day))
        behaviour = segment.payment.get(customer_class, segment.payment["default"])
        as_of = np.datetime64(horizon.as_of, "D")
        for part in terms.installments(service_months or None):
            written = invoice_dates(part, as_of + events[part.event], segment.invoice_lag)
            due = roll_dates(due_dates(part.due, written), segment.roll, segment.holidays)
            written, due = ((d - as_of).astype(np.int64) for d in (written, due))
            money = amount * float(part.share)
            self.add(self.billings, trial, source, index, written, money * self.rate(currency, written))
            late = behaviour.late_days(self.rng.random(len(trial)))
            bad = late > 10**9
            pay = np.maximum(written, due + np.where(bad, behaviour.last_day, late))
            paid = money * np.where(bad, behaviour.recovery, 1.0)
            if part.certain:
                pay, paid = np.maximum(written, due), money
            elif part.discount:
                limit = written + part.discount.days
                taken = self.rng.random(len(trial)) < behaviour.discount_taken
                pay = np.where(taken, np.minimum(np.where(bad, limit, pay), limit), pay)
                less = (pay <= limit) & (taken | ~bad)
                paid = np.where(less, money * (1 - float(part.discount.share)), paid)
            self.add(self.receipts, trial, source, index, pay, paid * self.rate(currency, pay))

    def opening(self):
        table = self.scenario.receivables
        for row in np.flatnonzero((table.invoice_day <= 0) & (table.paid_day == UNPAID)):
            invoice, behaviour = table[int(row)], self.scenario.invoice_payment(int(row))
            so_far = -invoice.due_day
            late = behaviour.residual_late_days(self.rng.random(self.trials), so_far)
            bad = late > 10**9
            day = invoice.due_day + np.where(bad, behaviour.recovery_days(so_far), late)
            paid = invoice.amount_minor * np.where(bad, behaviour.recovery, 1.0)
            paid = paid * self.rate(invoice.currency, day)
            self.add(self.receipts, np.arange(self.trials), RECEIVABLES, 0, day, paid)

    # ---- small parts

    @property
    def minor(self):
        return 10 ** minor_digits(self.scenario.currency)

    def rate(self, currency, day):
        shift = minor_digits(self.scenario.currency) - minor_digits(currency)
        return self.scenario.rates.rate(currency, day) * 10.0**shift

    def price(self, segment, amounts, currency):
        law, u = segment.amount_change, self.rng.random(len(amounts))
        rate = float(self.scenario.rates.convert(10**9, currency, 0)) / 1e9
        sized = np.log(np.maximum(amounts * rate / self.minor, 1e-9) / law.reference)
        lean = np.where(amounts > 0, np.clip(law.by_size * sized, -0.5, 0.5), 0.0)
        change = np.where(u < law.unchanged, 1.0, law.factors(u) * np.exp(lean))
        return amounts * change * segment.soberness.amount

    def closed(self, segment, values):
        return segment.clock.day_of(values) + segment.close_date.delay_days

    def quarters(self, days):
        as_of = np.datetime64(self.scenario.horizon.as_of, "M").astype(int) // 3
        dates = np.datetime64(self.scenario.horizon.as_of, "D") + days
        return dates.astype("datetime64[M]").astype(int) // 3 - as_of

    def add(self, where, trial, source, index, day, value):
        inside = (day >= 1) & (day <= self.scenario.horizon.last_day)
        cell = np.searchsorted(self.scenario.horizon.cuts, day[inside])
        np.add.at(where, (trial[inside], source, index, cell), value[inside])

    @staticmethod
    def moments(funnel, stage):
        """μ and v at the ages of AGE_GRID, by plain convolution of the first stay with the rest."""
        entry, h = winning_times(funnel), funnel.target_chances
        laws = []
        for age in AGE_GRID:
            w = funnel.first_moves(stage, age) * h
            law = np.zeros(entry.shape[1])
            for k in np.flatnonzero(w):
                stay = whole_days(funnel.stays[stage][k], age)
                rest = entry[k] if k < len(funnel.stages) else np.eye(1, len(law))[0]
                both = np.fft.irfft(np.fft.rfft(stay, 8192) * np.fft.rfft(rest, 8192), 8192)
                law += w[k] / w.sum() * both[: len(law)]
            laws.append(law)
        return log_moments(np.array(laws))


def log_moments(law):
    """Return mean and standard deviation of ln(T + c) of laws of whole days, floats[..., days]."""
    logs = np.log(np.arange(law.shape[-1]) + SHIFT)
    mean = law @ logs
    return mean, np.sqrt(np.maximum(law @ logs**2 - mean**2, 0.0))


def by_the_date(rule, deal, times, mu, v):
    """T' of MODEL 2: the walk's days against what is stated of the deal's close."""
    d, known = deal.stated_days, not np.isnan(deal.stated_days)
    if rule.rule == "stages" or not known:
        return times
    if rule.rule == "stated":
        return times if d <= 0 else np.full(len(times), max(rule.slip * d, 1.0))
    evidence = rule.pushes * np.log(1 + max(deal.pushes, 0)) + (np.log(rule.overdue) if d <= 0 else 0.0)
    k = rule.spread**2 / (rule.spread**2 + v**2) if d > 0 and v > 0 else 1.0
    if k == 1 and evidence == 0:
        return times
    logs = k * mu + np.sqrt(k) * (np.log(times + 7) - mu) + evidence
    logs += (1 - k) * np.log(rule.slip * d + 7) if k < 1 else 0.0
    return np.maximum(np.exp(logs) - 7, 1.0)
