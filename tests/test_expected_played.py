"""Exact means of the whole money against plain trials: every rule drawn one by one, no tricks."""

from dataclasses import replace
from datetime import date
from fractions import Fraction
from itertools import pairwise

import numpy as np
import pytest
from factory import (
    causes_funnel,
    make_clock,
    make_pipeline,
    make_product,
    make_receivables,
    make_renewals,
    make_scenario,
    make_segment,
    make_wins,
)
from plain_walk import Luck, Plain, draw_days, largest_z

from simulator.arrivals import Bluebirds, PipelineGeneration
from simulator.cash import Cash, TaxCalendar
from simulator.close_dates import CloseDateRule
from simulator.currency import RateCurve
from simulator.distributions import Fixed, Gamma, LogNormal, Weibull
from simulator.expected import SOURCES, expected
from simulator.market import Market
from simulator.offers import Offer
from simulator.payments import DEFAULT_TABLE, Dispute, PaymentBehaviour
from simulator.products import Line, Renewal
from simulator.receivables import UNPAID
from simulator.scenario import Recycling, Soberness
from simulator.terms import add_months, due_dates, invoice_dates, parse_terms, roll_dates

FAR = 10**9
SERIES = ("winners", "bookings", "billings", "revenue", "receipts", "arr")
BACKLOG, OPEN, NEW, RENEWALS, RECEIVABLES = range(5)


class Played(Plain):
    """Plain trials of the whole money: [trial, source, segment, cell]; tax and deferred [trial, cell]."""

    def __init__(self, scenario, trials, seed):
        self.scenario, self.trials = scenario, trials
        self.rng = np.random.default_rng(seed)
        self.luck = Luck(scenario, trials, self.rng)
        shape = (trials, len(SOURCES), len(scenario.segments), len(scenario.horizon.cuts))
        for name in SERIES:
            setattr(self, name, np.zeros(shape))
        self.tax, self.deferred = np.zeros((2, trials, shape[-1]))
        self.losses, self.known_moments = np.zeros(shape), {}
        self.origin = np.datetime64(scenario.horizon.as_of, "D")
        for row in range(len(scenario.pipeline)):
            self.row = row
            self.open_deal(scenario.pipeline[row], 0)
        for index, segment in enumerate(scenario.segments):
            if segment.generation is not None:
                self.arrivals(index, segment)
        for row in range(len(scenario.renewals)):
            self.listed(row)
        for rest in scenario.rests:
            self.rest(rest)
        self.opening()

    # ---- signatures

    def book(self, contract, trial, day, amount):
        """Sign deals; called by the walk with the terms that a deal without lines would have."""
        source, index, _, group, currency, _ = contract
        new, pipeline = source == NEW, self.scenario.pipeline
        segment = self.scenario.segments[index]
        lines = segment.mix if new else pipeline.lines[self.row]
        own = "" if new else pipeline.terms[self.row]
        behaviour = segment.payment.get(group, segment.payment["default"])
        gone = behaviour.insolvent_after(self.rng.random(len(day))) + (day if new else 0)
        self.add(self.winners, trial, source, index, day, np.ones(len(day)))
        left = np.ones(len(day), dtype=bool)
        for offer in self.scenario.offers:
            if not offer.is_made_to(index, "new" if new else "open"):
                continue
            takes = left & (day >= offer.first_day) & (self.rng.random(len(day)) < offer.taken_by)
            left &= ~takes
            price = amount[takes] * (1 - float(offer.discount))
            self.lines(
                source,
                index,
                group,
                currency,
                offer.terms,
                lines,
                trial[takes],
                day[takes],
                price,
                gone[takes],
            )
        terms = parse_terms(own) if own else None
        self.lines(
            source, index, group, currency, terms, lines, trial[left], day[left], amount[left], gone[left]
        )

    def lines(self, source, index, group, currency, terms, lines, trial, day, amount, gone):
        self.add(self.bookings, trial, source, index, day, amount * self.rate(currency, day))
        for line in lines:
            product = self.scenario.products[line.product] if line.product >= 0 else make_product("none")
            part = amount * float(line.share)
            segment = self.scenario.segments[index]
            months = line.months or product.service_months or 12
            rules = {
                "index": index, "group": group, "currency": currency, "product": product, "months": months,
                "terms": terms or product.terms or segment.terms.get(group, segment.terms["default"]),
            }  # fmt: skip
            if product.recurring:
                yearly = part * self.rate(currency, day) * 12 / months
                self.add(self.arr, trial, source, index, day, yearly)

            def later(law, stated, since):
                drawn = since + draw_days(law, self.rng, len(since))
                return np.maximum(drawn, stated) if stated is not None else drawn

            delivery = segment.delivery if product.delivery is None else product.delivery
            acceptance = segment.acceptance if product.acceptance is None else product.acceptance
            events = {"signature": day, "start": later(product.start, line.start_day, day)}
            events["delivery"] = later(delivery, line.delivery_day, day)
            events["acceptance"] = later(acceptance, None, events["delivery"])
            self.settle(source, rules, trial, day, events, part, gone)
            renewal = product.renewal if product.recurring else None
            if renewal:
                own = product.terms or segment.terms.get(group, segment.terms["default"])
                self.renew(rules | {"terms": own}, renewal, trial, events["start"], part, gone)

    def renew(self, rules, renewal, trial, start, amount, gone):
        while len(trial):
            due = self.moved(start, max(rules["months"], 3))
            kept = (self.rng.random(len(trial)) < renewal.chance) & (due <= self.scenario.horizon.last_day)
            trial, due, amount, gone = trial[kept], due[kept], amount[kept], gone[kept]
            start = due + draw_days(renewal.slip, self.rng, len(trial))
            amount = amount * (1 + renewal.uplift)
            self.sign_renewal(rules, trial, start, amount, gone)

    def sign_renewal(self, rules, trial, day, amount, gone):
        index, rate = rules["index"], self.rate(rules["currency"], day)
        self.add(self.winners, trial, RENEWALS, index, day, np.ones(len(trial)))
        self.add(self.bookings, trial, RENEWALS, index, day, amount * rate)
        events = dict.fromkeys(("signature", "start", "delivery", "acceptance"), day)
        self.settle(RENEWALS, rules, trial, day, events, amount, gone)

    def listed(self, row):
        table = self.scenario.renewals
        index, group = int(table.segment[row]), table.customer_class[row]
        segment, product = self.scenario.segments[index], self.scenario.products[table.product[row]]
        rules = {
            "index": index, "group": group, "currency": table.currency[row], "product": product,
            "months": product.service_months or 12,
            "terms": product.terms or segment.terms.get(group, segment.terms["default"]),
        }  # fmt: skip
        trial = np.flatnonzero(self.rng.random(self.trials) < table.chance[row])
        slip = product.renewal.slip if product.renewal else Fixed(0)
        day = table.due_day[row] + draw_days(slip, self.rng, len(trial))
        amount = np.full(len(trial), table.amount[row] * (1 + table.uplift[row]))
        behaviour = segment.payment.get(group, segment.payment["default"])
        gone = behaviour.insolvent_after(self.rng.random(len(trial)))
        self.sign_renewal(rules, trial, day, amount, gone)
        if product.recurring and product.renewal:
            self.renew(rules, product.renewal, trial, day, amount, gone)

    # ---- what a line brings

    def settle(self, source, rules, trial, day, events, amount, gone):
        for part in rules["terms"].installments(rules["months"]):
            written = self.written(rules, part, events[part.event])
            self.invoice(source, rules, part, trial, written, amount * float(part.share), gone)
        self.recognise(source, rules, trial, events, amount * self.rate(rules["currency"], day), gone)

    def written(self, rules, part, event):
        segment, lag = self.scenario.segments[rules["index"]], rules["product"].invoice_lag
        dates = invoice_dates(part, self.origin + event, segment.invoice_lag if lag is None else lag)
        return (dates - self.origin).astype(np.int64)

    def invoice(self, source, rules, part, trial, written, net, gone, known=False):
        index, currency = rules["index"], rules["currency"]
        segment, product = self.scenario.segments[index], rules["product"]
        comes = (written < gone) | known
        trial, written, net, gone = trial[comes], written[comes], net[comes], gone[comes]
        rate = self.rate(currency, written)
        tax = net * float(segment.tax if product.tax is None else product.tax)
        if not known:
            self.add(self.billings, trial, source, index, written, net * rate)
            if product.recognise:
                self.add_plain(self.deferred, trial, written, net * rate)
        self.add_plain(self.tax, trial, self.tax_due(written), tax * rate)
        due = roll_dates(due_dates(part.due, self.origin + written), segment.roll, segment.holidays)
        due = (due - self.origin).astype(np.int64)
        behaviour = segment.payment.get(rules["group"], segment.payment["default"])
        day, share = self.payment(behaviour, written, due, part.discount, part.certain)
        came = day < gone
        paid = (net + tax) * share * self.rate(currency, np.minimum(day, 10**5))
        self.add(self.receipts, trial[came], source, index, day[came], paid[came])

    def payment(self, behaviour, written, due, discount, certain):
        """Draw the days of payment and the shares of the gross amounts that come then."""
        count = len(written)
        if certain:
            return np.maximum(written, due), np.ones(count)
        late = self.late(behaviour, due)
        bad = late >= FAR
        day = np.where(bad, FAR, np.maximum(written, due + late))
        limit = written + (discount.days if discount else -FAR)
        takes = (self.rng.random(count) < behaviour.discount_taken) & (discount is not None)
        day = np.where(takes, np.minimum(day, limit), day)
        bad &= ~takes
        credited = np.zeros(count)
        if behaviour.dispute:
            contested = self.rng.random(count) < behaviour.dispute.chance
            day = day + np.where(contested, draw_days(behaviour.dispute.delay, self.rng, count), 0)
            credited = contested * float(behaviour.dispute.credited)
        share = 1 - credited - np.where(day <= limit, float(discount.share) if discount else 0.0, 0.0)
        last = np.maximum(written, due + behaviour.last_day)
        return np.where(bad, last, day), np.where(bad, behaviour.recovery, share)

    def late(self, behaviour, due):
        """Draw days late: a bucket of the table, then one of its days, of its payment runs if it has any."""
        if not behaviour.run_days:
            late = behaviour.late_days(self.rng.random(len(due)))
            return np.where(late > FAR, FAR, late)
        result, u = np.full(len(due), FAR), self.rng.random(len(due))
        weekday = (due + self.scenario.horizon.as_of.weekday()) % 7
        cumulative, low = 0.0, behaviour.first_day
        for high in behaviour.buckets:
            days = np.arange(low, high + 1)
            mass = behaviour.pmf[days - behaviour.first_day].sum()
            here = np.flatnonzero((u >= cumulative) & (u < cumulative + mass))
            for day in range(7):
                chosen = here[weekday[here] == day]
                runs = [d for d in days.tolist() if (day + d) % 7 in behaviour.run_days]
                result[chosen] = self.rng.choice(runs or days, len(chosen))
            cumulative, low = cumulative + mass, high + 1
        return result

    def recognise(self, source, rules, trial, events, worth, gone):
        rule, index = rules["product"].recognise, rules["index"]
        if rule == "at-delivery":
            self.earn(trial, source, index, events["delivery"], worth, gone)
        elif rule == "at-milestone":
            parts = rules["terms"].installments(rules["months"])
            others = [p.event for p in parts if p.event != "signature"] or ["delivery"]
            for part in parts:
                event = others[0] if part.event == "signature" else part.event
                self.earn(trial, source, index, events[event], worth * float(part.share), gone)
        elif rule == "over-term":
            start, end = events["start"], self.moved(events["start"], rules["months"])
            for first, last in pairwise((0, *self.scenario.horizon.cuts)):
                days = np.minimum(np.minimum(end, gone), last + 1) - np.maximum(start, first + 1)
                served = worth * np.maximum(days, 0) / (end - start)
                self.earn(trial, source, index, np.full(len(trial), last), served, np.full(len(trial), FAR))

    def earn(self, trial, source, index, day, money, gone):
        lasts = day < gone
        self.add(self.revenue, trial[lasts], source, index, day[lasts], money[lasts])
        self.add_plain(self.deferred, trial[lasts], day[lasts], -money[lasts])

    # ---- what is there already

    def rest(self, rest):
        """Play one line of a won deal on."""
        terms, wins, count = rest.conditions, self.scenario.wins, self.trials
        signed = int(wins.day[rest.win])
        events, trial = {}, np.arange(count)
        laws = {"start": terms.start, "delivery": terms.delivery, "acceptance": terms.acceptance}
        for event, day in rest.days.items():
            if day is not None:
                events[event] = np.full(count, day)
                continue
            since = events["delivery"] if event == "acceptance" else np.full(count, signed)
            if (since > 0).all():
                events[event] = since + draw_days(laws[event], self.rng, count)
            else:
                left = draw_days(laws[event], self.rng, count, float(-since[0]))
                events[event] = np.maximum(left, 1)
        group = wins.customer_class[rest.win]
        rules = {
            "index": terms.segment, "group": group, "currency": terms.currency, "product": terms.product,
            "months": terms.months,
        }  # fmt: skip
        gone = terms.payment.insolvent_after(self.rng.random(count))
        for n, part in enumerate(terms.installments):
            written = self.written(rules, part, events[part.event])
            if rest.unbilled[n]:
                day = np.maximum(written, 1)
                net = np.full(count, float(rest.unbilled[n]))
                self.invoice(BACKLOG, rules, part, trial, day, net, gone)
            if rest.presumed[n]:
                net = np.full(count, float(rest.presumed[n]))
                self.invoice(BACKLOG, rules, part, trial, written, net, gone, known=True)
        rate = float(self.rate(terms.currency, np.array(signed)))
        whole = {"terms": type("T", (), {"installments": lambda _, __: terms.installments})()}
        self.recognise(BACKLOG, rules | whole, trial, events, np.full(count, rest.amount * rate), gone)

    def opening(self):
        table, count = self.scenario.receivables, self.trials
        for row in range(len(table)):
            invoice = table[row]
            if invoice.invoice_day > 0:
                continue
            if invoice.tax_minor:
                day = np.array([invoice.invoice_day])
                due, tax = self.tax_due(day), invoice.tax_minor * self.rate(invoice.currency, day)
                self.add_plain(self.tax, np.arange(count), np.repeat(due, count), np.repeat(tax, count))
            if table.paid_day[row] != UNPAID:
                continue
            behaviour, due = self.scenario.invoice_payment(row), invoice.due_day
            late = np.full(count, -due)  # drawn again until it is above what is known
            waiting = np.arange(count)
            while len(waiting):
                late[waiting] = self.late(behaviour, np.full(len(waiting), due))
                waiting = waiting[late[waiting] <= -due]
            bad = late >= FAR
            contested = np.zeros(count, dtype=bool)
            if behaviour.dispute:
                sure = self.scenario.disputes_known
                chance = float(invoice.disputed) if sure else behaviour.dispute.chance
                contested = self.rng.random(count) < chance
                late = late + np.where(contested, draw_days(behaviour.dispute.delay, self.rng, count), 0)
                share = 1 - contested * float(behaviour.dispute.credited)
            else:
                share = np.ones(count)
            day = np.where(bad, max(1, due + behaviour.last_day), due + late)
            paid = invoice.amount_minor * np.where(bad, behaviour.recovery, share)
            comes = day < behaviour.insolvent_after(self.rng.random(count))
            paid = paid * self.rate(invoice.currency, np.minimum(day, 10**5))
            segment = max(self.scenario.invoice_segment[row], 0) if self.scenario.invoice_segment else 0
            where = np.arange(count)[comes]
            self.add(self.receipts, where, RECEIVABLES, segment, day[comes], paid[comes])

    # ---- small parts

    def moved(self, day, months):
        return (add_months(self.origin + day, months) - self.origin).astype(np.int64)

    def tax_due(self, written):
        span, rule = self.scenario.horizon, self.scenario.cash.tax
        found = {d: span.day_of(rule.due(span.date_of(d))) for d in np.unique(written).tolist()}
        return np.array([found[d] for d in written.tolist()], dtype=np.int64)

    def add_plain(self, where, trial, day, value):
        inside = (day >= 1) & (day <= self.scenario.horizon.last_day)
        cell = np.searchsorted(self.scenario.horizon.cuts, day[inside])
        np.add.at(where, (trial[inside], cell), value[inside])


# ---- scenarios

TABLE = {day: share * 0.97 / 0.995 for day, share in DEFAULT_TABLE.items()}
PARTS = "30% on signature net 15; 40% on delivery net 30; balance on acceptance net 45"
AS_OF = date(2026, 11, 13)
RATES = RateCurve.of("EUR", {"USD": [(-200, 0.8), (0, 0.9), (100, 1.1), (190, 0.7)], "JPY": 0.006})


def behaviour(**fields):
    """A life table with everything that a class of customers may have."""
    known = {"recovery": 0.3, "discount_taken": 0.6, "shared": 0.3}
    base = PaymentBehaviour.from_table(TABLE, **known)
    return PaymentBehaviour(base.first_day, base.pmf, base.bad_debt, **known, buckets=base.buckets, **fields)


def products():
    """One product a rule."""
    return (
        make_product(
            "licence", terms="quarterly in advance net 20", start=LogNormal.from_median(12, 30),
            service_months=6, recognise="over-term", tax=Fraction(19, 100), recurring=True,
            renewal=Renewal(0.7, 0.05, LogNormal.from_median(9, 20)),
        ),
        make_product("services", terms=PARTS, recognise="at-milestone", invoice_lag=0),
        make_product("goods", delivery=Gamma(3.0, 9.0), recognise="at-delivery", tax=Fraction(7, 100)),
        make_product("plain"),
        make_product("short", recurring=True, service_months=1, renewal=Renewal(0.6), terms="2/10 net 30"),
    )  # fmt: skip


def segments():
    generation = PipelineGeneration(
        3.0, LogNormal.from_median(20_000, 45_000), np.array([0.7, 0.3, 0.0]), season={12: 1.5}, trend=0.2,
        bluebirds=Bluebirds(0.8, LogNormal.from_median(5_000, 9_000)),
    )  # fmt: skip
    common = {
        "generation": generation,
        "soberness": Soberness(0.8, 0.95),
        "delivery": LogNormal.from_median(20, 40),
        "acceptance": Weibull(2.0, 12.0),
        "recycling": Recycling(0.35, LogNormal.from_median(30, 60)),
        "clock": make_clock(AS_OF),
        "tax": Fraction(1, 10),
        "mix": (Line(0, Fraction(1, 2)), Line(1, Fraction(1, 3)), Line(2, Fraction(1, 6), months=3)),
    }
    dispute = Dispute(0.2, LogNormal.from_median(25, 60), Fraction(1, 4))
    payment = {
        "default": behaviour(insolvency=0.3, dispute=dispute),
        "Gold": behaviour(insolvency=0.1, run_days=(1, 4)),
    }
    own = {"default": parse_terms("2/10 net 30"), "Gold": parse_terms("monthly in arrears net 20")}
    return (
        make_segment(
            name="first", funnel=causes_funnel(), roll="following", terms=own, payment=payment, **common
        ),
        make_segment(
            name="second", use_probability=True, close_date=CloseDateRule("blend", 1.4, 9), payment=payment,
            **common | {"mix": (Line(4),)},
        ),
    )  # fmt: skip


def whole(lines=(), **overrides):
    """A scenario with everything at once; overrides take parts of it away."""
    deals = make_pipeline(
        segment=[0, 0, 0, 0, 1, 1, 1],
        stage=[0, 1, 1, 2, 0, 1, 2],
        age=[12.6, 0.0, np.nan, 140.0, 7.0, np.nan, 30.8],
        stated_days=[40.0, np.nan, 75.5, -3.0, 120.0, 33.0, np.nan],
        amount=[5_000_000, 8_000_000, 700_000, 1000, 3_000_000, 990_000, 400_000],
        probability=[0.9, np.nan, np.nan, np.nan, 0.6, np.nan, 0.3],
        currency=["EUR", "USD", "EUR", "EUR", "EUR", "USD", "JPY"],
        customer_class=["", "Gold", "", "", "", "Gold", ""],
        terms=[PARTS, "", "", "CIA", "EOM+30d", "", ""],
        lines=[
            (Line(0, Fraction(2, 3), start_day=120), Line(2, Fraction(1, 3), delivery_day=90)),
            (Line(0, months=9),),
            (Line(1, Fraction(1, 2), delivery_day=-5), Line(3, Fraction(1, 2))),
            (Line(2),),
            (Line(1, delivery_day=60),),
            (Line(4),),
            (Line(0),),
        ],
    )
    fields = {
        "segments": segments(), "pipeline": deals, "products": products(), "as_of": AS_OF, "months": 13,
        "rates": RATES, "cash": Cash(tax=TaxCalendar(3, 31)),
        "offers": (
            Offer("gold", Fraction(1, 10), parse_terms("prepaid"), 0.3, segment=0, first_day=40),
            Offer("late", Fraction(1, 20), parse_terms("1/5 net 20"), 0.4, applies_to="open"),
            Offer("early", Fraction(1, 25), parse_terms("CIA"), 0.5, applies_to="new", first_day=100),
        ),
        "renewals": make_renewals(
            due_day=[5, 40, 300], product=[0, 3, 4], chance=[0.9, 0.5, 0.8], uplift=[0.1, 0.0, 0.0],
            currency=["USD", "EUR", "EUR"], customer_class=["Gold", "", ""], segment=[0, 1, 1],
        ),
    }  # fmt: skip
    return make_scenario(**fields | overrides)


def agree(scenario, trials, seed, names=(*SERIES, "tax", "deferred"), least=4):
    exact, plain = expected(scenario), Played(scenario, trials, seed)
    for name in names:
        z, limit, compared = largest_z(getattr(exact, name), getattr(plain, name))
        assert compared >= least, (name, compared)
        assert z < limit, (name, z)
        # What never happens in all trials is next to nothing.
        never = ~getattr(plain, name).any(axis=0)
        total = max(np.abs(getattr(exact, name)).sum(), 1.0)
        assert np.abs(getattr(exact, name))[never].sum() < 0.02 * total, name


@pytest.mark.slow
@pytest.mark.parametrize("market", [Market.independent(), Market(0.1, 0.15, 0.6)], ids=["independent", "set"])
def test_plain_trials_of_everything_agree_in_every_cell(market):
    agree(whole(market=market), 12_000, 11)


# ---- what is there already

OPENING = {
    "due_day": [-500, -40, -3, 0, 3, 25, 60, -20],
    "amount_minor": [1_234_500] * 8,
    "tax_minor": [234_500, 0, 100_000, 50_000, 0, 200_000, 10_000, 90_000],
    "invoice_day": [-530, -70, -33, -30, -27, -5, 0, -50],
    "paid_day": [UNPAID] * 7 + [-12],
    "currency_index": [0, 0, 1, 0, 0, 1, 0, 1],
    "currencies": ("EUR", "USD"),
    "class_index": [0, 1] * 4,
    "class_names": ("default", "Gold"),
    "disputed": [False, False, True, True, False, False, True, False],
}


@pytest.mark.parametrize("known", [False, True])
def test_opening_invoices_are_paid_by_their_residual_table(known):
    scenario = whole(
        pipeline=make_pipeline(), renewals=make_renewals(due_day=[]), disputes_known=known,
        segments=(quiet(segments()[0]), quiet(segments()[1])), receivables=make_receivables(**OPENING),
        invoice_segment=(0, 1, -1, 0, 1, 1, 0, 0),
    )  # fmt: skip
    agree(scenario, 20_000, 5, ("receipts",))
    exact, plain = expected(scenario).tax, Played(scenario, 1, 1).tax[0]
    assert exact == pytest.approx(plain)
    # October to December, at the rates of the invoice days: the quarter before was due in October.
    assert exact.sum() == exact[2] == pytest.approx(50_000 + 10_000 + 0.8 * (100_000 + 200_000))


def quiet(segment):
    """A segment without deals to come."""
    return replace(segment, generation=None)


WON = {
    "id": ["A", "B", "C", "D", "E", "F"],
    "day": [-300, -20, -95, -3, 0, -40],
    "amount": [6_000_000, 900_000, 1_200_000, 500_000, 800_000, 3_000_000],
    "segment": [0, 0, 1, 1, 0, 0],
    "customer_class": ["", "Gold", "", "", "", "Gold"],
    "currency": ["EUR", "USD", "EUR", "EUR", "USD", "EUR"],
    "terms": ["", "", "every 1m advance for 12m net 30 uplift 3%", "2/10 net 30", "", ""],
    "lines": [
        (Line(1, Fraction(1, 2)), Line(0, Fraction(1, 2), months=18, start_day=-250)),
        (Line(0),),
        (Line(0, Fraction(3, 4), months=12, start_day=30), Line(2, Fraction(1, 4), delivery_day=15)),
        (Line(2),),
        (Line(1, Fraction(1, 2)), Line(3, Fraction(1, 2))),
        (Line(1, delivery_day=-2),),
    ],
}


def backlog(**invoices):
    return whole(
        pipeline=make_pipeline(), renewals=make_renewals(due_day=[]), wins=make_wins(**WON),
        receivables=make_receivables(**invoices), segments=(quiet(segments()[0]), quiet(segments()[1])),
    )  # fmt: skip


BILLED = {
    "deal": ["A", "B", "F", ""], "due_day": [-270, 10, 3, -30], "invoice_day": [-290, -10, -40, -60],
    "amount_minor": [1_900_000, 300_000, 990_000, 10_000], "tax_minor": [0, 0, 90_000, 0],
}  # fmt: skip


@pytest.mark.parametrize(
    "invoices",
    [{}, BILLED | {"paid_day": [UNPAID] * 4}, BILLED | {"paid_day": [-100, UNPAID, UNPAID, -20]}],
    ids=["no invoices", "open ones", "paid ones too"],
)
def test_what_is_left_of_won_deals_is_played_on(invoices):
    scenario = backlog(**invoices)
    names = ("billings", "revenue", "receipts", "tax", "deferred")
    agree(scenario, 12_000, 7, names)
    exact = expected(scenario)
    assert not exact.bookings.any()
    assert not exact.arr.any()
    assert not exact.winners.any()
    assert exact.billings[BACKLOG].any()
    assert not exact.billings[OPEN:].any()
