"""What is left of won deals, by hand: which instalments are still to come, and what they bring when.

As of 31 October 2026, day 0. Fees of 12,000.00 are paid in twelve parts of 1,000.00; days of invoices are
those of the schedule unless a test says otherwise.
"""

from dataclasses import replace
from datetime import date
from fractions import Fraction

import numpy as np
import pytest
from factory import (
    NEVER_CHANGED,
    make_product,
    make_receivables,
    make_scenario,
    make_segment,
    make_wins,
    plain_clock,
)
from family import run, self_check

from simulator.currency import RateCurve
from simulator.distributions import Empirical, Fixed
from simulator.expected import expected
from simulator.forecast.happened import opening_deferred
from simulator.payments import PaymentBehaviour
from simulator.products import Line
from simulator.receivables import UNPAID

ON_DUE_DAY = PaymentBehaviour(0, np.ones(1))
MONTHLY = "every 1m advance for 12m net 30"
MILESTONES = "50% on signature net 30; balance on delivery net 30"
OTHER = {"deal": "", "invoice_day": -300, "paid_day": -250, "amount": 77}
"""A paid invoice of nobody, long ago: with it the record is full."""


def won(product, invoices=(), months=14, segment=(), **wins):
    """A deal (or some) won in the past, and invoices as (day, net) or as mappings."""
    fields = {"payment": {"default": ON_DUE_DAY}, "invoice_lag": 0, "clock": plain_clock(),
              "amount_change": NEVER_CHANGED} | dict(segment)  # fmt: skip
    deals = {"day": [-100], "amount": [1_200_000], "lines": [(Line(0),)]} | wins
    return make_scenario(
        segments=(make_segment(**fields),), products=(make_product(**product),), months=months,
        wins=make_wins(**deals), receivables=sent(*invoices), rates=RateCurve.of("EUR", {"USD": 0.5}),
    )  # fmt: skip


def sent(*invoices):
    """Invoices of the first won deal, unpaid and due 30 days later unless they say otherwise."""
    if not invoices:
        return make_receivables()
    rows = [i if isinstance(i, dict) else {"invoice_day": i[0], "amount": i[1]} for i in invoices]
    full = [{"deal": "W0000", "paid_day": UNPAID, "tax": 0, "code": 0} | row for row in rows]
    return make_receivables(
        deal=[r["deal"] for r in full], invoice_day=[r["invoice_day"] for r in full],
        due_day=[r["invoice_day"] + 30 for r in full], paid_day=[r["paid_day"] for r in full],
        amount_minor=[r["amount"] for r in full], tax_minor=[r["tax"] for r in full],
        currency_index=[r["code"] for r in full], currencies=("EUR", "USD"),
    )  # fmt: skip


def paid(day, amount, on=None, **more):
    return {"invoice_day": day, "amount": amount, "paid_day": min(day + 30, 0) if on is None else on} | more


def brought(scenario, series, trials=3):
    """Money of each period that the engine has in every trial; the exact means must say the same."""
    outcome = run(scenario, trials)
    assert self_check(scenario, outcome).passed
    every = outcome.money[series].sum(axis=0)
    assert (every == every[:, :1]).all()
    exact = getattr(expected(scenario), series)
    exact = exact if exact.ndim == 1 else exact.sum(axis=(0, 1))
    assert every[:, 0] == pytest.approx(exact, abs=len(every) + 1)
    return every[:, 0].tolist()


def by_month(scenario, *entries):
    """Amounts by the month in which their days lie."""
    result, cell = np.zeros(len(scenario.horizon.cuts)), scenario.horizon.cell_of_day()
    for when, amount in entries:
        day = when if isinstance(when, int) else scenario.horizon.day_of(date(*when))
        result[cell[day]] += amount
    return result.tolist()


def left(scenario, number=0):
    rest = scenario.rests[number]
    return rest.unbilled, rest.presumed


# ---- one record of invoices or another


def test_a_full_record_tells_what_is_still_to_be_written():
    scenario = won({"terms": MILESTONES, "delivery": Fixed(140)}, [paid(-100, 600_000)])
    assert left(scenario) == ((0, 600_000), (0, 0))
    assert brought(scenario, "billings") == by_month(scenario, (40, 600_000))
    assert brought(scenario, "receipts") == by_month(scenario, (70, 600_000))


def test_what_should_have_been_billed_and_is_not_in_a_full_record_is_billed_at_once():
    scenario = won({"terms": MILESTONES, "delivery": Fixed(140)}, [OTHER])
    assert left(scenario) == ((600_000, 600_000), (0, 0))
    assert brought(scenario, "billings") == by_month(scenario, (1, 600_000), (40, 600_000))


def test_open_invoices_alone_leave_out_what_has_been_paid():
    """The first half is neither in the file nor still to come: it was paid before."""
    scenario = won({"terms": MILESTONES, "delivery": Fixed(140)}, [{**OTHER, "paid_day": UNPAID}])
    assert left(scenario) == ((0, 600_000), (0, 0))
    assert brought(scenario, "billings") == by_month(scenario, (40, 600_000))
    # The invoice of nobody, due 270 days ago and unpaid since, comes in tomorrow.
    assert brought(scenario, "receipts") == by_month(scenario, (1, 77), (70, 600_000))


def test_without_invoices_the_schedule_counts_and_nobody_knows_what_is_paid():
    product = {"terms": "50% on signature net 130; balance on delivery net 30", "delivery": Fixed(140)}
    scenario = won(product)
    assert left(scenario) == ((0, 600_000), (600_000, 0))
    assert brought(scenario, "billings") == by_month(scenario, (40, 600_000))
    assert brought(scenario, "receipts") == by_month(scenario, (30, 600_000), (70, 600_000))
    early = won(product | {"terms": MILESTONES})  # the first half was due 70 days ago
    assert brought(early, "receipts") == by_month(early, (70, 600_000))


def test_a_record_that_begins_later_hides_what_was_before():
    late = {**OTHER, "invoice_day": -50, "paid_day": -20}
    scenario = won({"terms": MILESTONES, "delivery": Fixed(140)}, [late])
    assert left(scenario) == ((0, 600_000), (0, 0))
    by_then = won({"terms": MILESTONES, "delivery": Fixed(140)}, [{**late, "invoice_day": -300}])
    assert left(by_then) == ((0, 600_000), (0, 0)), "an old invoice may stand there because it was paid late"
    on_its_day = {"invoice_day": -130, "paid_day": -100}
    on_its_day = won({"terms": MILESTONES, "delivery": Fixed(140)}, [{**late, **on_its_day}])
    assert left(on_its_day) == ((600_000, 600_000), (0, 0)), "complete since its first payment"


def test_what_is_known_only_later_is_not_known():
    tomorrow = {"invoice_day": 1, "amount": 600_000}
    scenario = won({"terms": MILESTONES, "delivery": Fixed(140)}, [tomorrow])
    assert left(scenario) == ((0, 600_000), (600_000, 0)), "as without invoices"


# ---- an invoice names its deal, so that no instalment counts twice


def test_invoices_cover_the_instalments_in_order_whatever_their_number():
    three = [OTHER, paid(-100, 100_000), paid(-70, 300_000), {"invoice_day": -20, "amount": 150_000}]
    scenario = won({"terms": MILESTONES, "delivery": Fixed(140)}, three)
    assert left(scenario) == ((50_000, 600_000), (0, 0))
    assert brought(scenario, "billings") == by_month(scenario, (1, 50_000), (40, 600_000))
    # Due ten days from now is the open one; what is written tomorrow has 30 days.
    assert brought(scenario, "receipts") == by_month(scenario, (10, 150_000), (31, 50_000), (70, 600_000))


def test_tax_covers_nothing():
    bill = {"invoice_day": -100, "amount": 714_000, "tax": 114_000, "paid_day": -70}
    scenario = won({"terms": MILESTONES, "delivery": Fixed(140), "tax": Fraction(19, 100)}, [bill])
    assert left(scenario) == ((0, 600_000), (0, 0))
    assert brought(scenario, "receipts") == by_month(scenario, (70, 714_000))
    assert brought(scenario, "tax") == by_month(scenario, ((2027, 1, 10), 114_000))


def test_more_than_the_deal_is_worth_covers_the_lines_in_order_and_no_other_deal():
    lines = (Line(0, Fraction(1, 4)), Line(0, Fraction(3, 4)))
    scenario = won(
        {"terms": "100% on signature net 30", "recognise": "at-delivery", "delivery": Fixed(140)},
        [OTHER, paid(-100, 700_000)], day=[-100, -100], amount=[1_200_000] * 2, lines=[lines, lines],
    )  # fmt: skip
    assert [left(scenario, n)[0] for n in range(4)] == [(0,), (500_000,), (300_000,), (900_000,)]
    much = won(
        {"terms": MILESTONES, "delivery": Fixed(140)}, [OTHER, paid(-100, 5_000_000)], day=[-100, -100],
        amount=[1_200_000] * 2, lines=[(Line(0),)] * 2,
    )  # fmt: skip
    assert [left(much, n)[0] for n in range(2)] == [(0, 0), (600_000, 600_000)]
    assert brought(much, "billings") == by_month(much, (1, 600_000), (40, 600_000))


def test_an_invoice_of_an_unknown_deal_covers_nothing_and_is_collected():
    stray = {"deal": "nobody", "invoice_day": -10, "amount": 600_000}
    scenario = won({"terms": MILESTONES, "delivery": Fixed(140)}, [paid(-300, 77), stray])
    assert left(scenario) == ((599_923, 600_000), (0, 0))
    assert brought(scenario, "receipts")[0] == 600_000


# ---- retainers


MONTHS = [(-100, 0), (-69, 1), (-38, 2), (-8, 3)]
"""Days of the first four invoices: 23 July, August, September, October."""
NEXT = [(2026, 11, 23), (2026, 12, 23), *((2027, month, 23) for month in range(1, 7))]


@pytest.mark.parametrize("record", ["full", "open", "none"])
def test_a_retainer_goes_on_where_it_is(record):
    """Four of twelve invoices are written; the others come on the 23rd of each month, none of them twice."""
    invoices = {
        "full": [paid(day, 100_000) for day, _ in MONTHS[:3]] + [(-8, 100_000)],
        "open": [(-8, 100_000)],
        "none": [],
    }[record]
    scenario = won({"terms": MONTHLY, "recognise": "over-term"}, invoices)
    assert left(scenario)[0] == (0,) * 4 + (100_000,) * 8
    assert brought(scenario, "billings") == by_month(scenario, *((day, 100_000) for day in NEXT))
    # A year of 365 days began on 23 July: 101 days are past, the rest comes by the day.
    revenue = brought(scenario, "revenue")
    assert sum(revenue) == 1_200_000 - 1_200_000 * 101 // 365
    assert revenue[0] == 1_200_000 * 131 // 365 - 1_200_000 * 101 // 365
    assert opening_deferred(scenario) == 400_000 - 1_200_000 * 101 // 365


def test_a_retainer_older_than_the_record_is_not_billed_again():
    """Signed 23 July, the file begins in September: its two invoices are the third and the fourth."""
    since = [paid(day, 100_000) for day, _ in MONTHS[2:]]
    scenario = won({"terms": MONTHLY}, since)
    assert left(scenario)[0] == (0,) * 4 + (100_000,) * 8
    assert brought(scenario, "billings") == by_month(scenario, *((day, 100_000) for day in NEXT))
    # A month that is missing from the record is written at once.
    gap = won({"terms": MONTHLY}, [paid(-38, 100_000)])
    assert left(gap)[0] == (0,) * 3 + (100_000,) * 9
    assert brought(gap, "billings") == by_month(gap, (1, 100_000), *((day, 100_000) for day in NEXT))


@pytest.mark.parametrize("off", [-4, 4])
def test_an_invoice_some_days_off_its_schedule_is_that_of_its_instalment(off):
    scenario = won({"terms": MONTHLY}, [paid(day + off, 100_000) for day, _ in MONTHS])
    assert left(scenario)[0] == (0,) * 4 + (100_000,) * 8
    assert brought(scenario, "billings") == by_month(scenario, *((day, 100_000) for day in NEXT))


def test_a_retainer_that_nobody_has_billed_has_not_begun():
    """The record reaches back to the signature, and holds nothing: the service begins tomorrow."""
    scenario = won({"terms": MONTHLY, "recognise": "over-term"}, [OTHER])
    assert scenario.rests[0].days["start"] is None
    assert brought(scenario, "billings")[:12] == [100_000.0] * 12
    assert sum(brought(scenario, "revenue")) == 1_200_000
    stated = won({"terms": MONTHLY}, [OTHER], lines=[(Line(0, start_day=-100),)])
    # With a recorded start there is no doubt: what is late is written at once.
    assert brought(stated, "billings") == by_month(stated, (1, 400_000), *((day, 100_000) for day in NEXT))


# ---- events known, unknown, to come


@pytest.mark.parametrize(("day", "when"), [(-30, None), (0, None), (1, 1), (40, 40), (500, None)])
def test_a_recorded_delivery_counts_whatever_the_law_says(day, when):
    product = {"terms": MILESTONES, "delivery": Fixed(10), "recognise": "at-delivery"}
    scenario = won(product, [paid(-100, 600_000)], lines=[(Line(0, delivery_day=day),)])
    bills = [(1, 600_000)] if day <= 0 else [(when, 600_000)] if when else []
    assert brought(scenario, "billings") == by_month(scenario, *bills)
    assert brought(scenario, "revenue") == by_month(scenario, *([(when, 1_200_000)] if when else []))
    assert opening_deferred(scenario) == 600_000 - (1_200_000 if day <= 0 else 0)


def test_a_delivery_whose_time_has_passed_has_come_unless_a_full_record_shows_no_bill():
    product = {"terms": MILESTONES, "delivery": Fixed(60), "recognise": "at-delivery"}
    silent, shown = won(product), won(product, [paid(-100, 600_000)])
    assert silent.rests[0].days["delivery"] == -40
    assert not any(brought(silent, "revenue"))
    assert shown.rests[0].days["delivery"] is None
    assert brought(shown, "revenue") == by_month(shown, (1, 1_200_000))
    assert brought(shown, "billings") == by_month(shown, (1, 600_000))


def test_a_bill_that_is_not_due_to_be_written_tells_nothing():
    """Delivered 40 days ago, invoiced 90 days after: its absence from the record is as it should be."""
    product = {"terms": "50% on signature; balance on delivery+90d net 30", "delivery": Fixed(60)}
    scenario = won(product | {"recognise": "at-delivery"}, [paid(-100, 600_000)])
    assert scenario.rests[0].days["delivery"] == -40
    assert brought(scenario, "billings") == by_month(scenario, (50, 600_000))
    assert not any(brought(scenario, "revenue"))


@pytest.mark.parametrize("event", ["delivery", "acceptance"])
def test_what_is_billed_on_an_event_shows_that_it_has_come(event):
    product = {"terms": f"50% on signature; balance on {event}", "delivery": Fixed(140),
               "acceptance": Fixed(9), "recognise": "at-milestone"}  # fmt: skip
    scenario = won(product, [paid(-100, 600_000), (-10, 600_000)])
    assert scenario.rests[0].days[event] == 0
    assert not any(brought(scenario, "revenue"))
    assert scenario.rests[0].finished
    # A few units too many on the first half are no sign.
    rounded = won(product, [paid(-100, 601_000)])
    assert rounded.rests[0].days[event] is None
    assert sum(brought(rounded, "billings")) == 599_000


def test_an_unknown_delivery_is_drawn_given_that_it_has_not_come():
    """After 100 days two of four times are left, 130 and 150 days: even chances of days 30 and 50."""
    law = Empirical((20.0, 90.0, 130.0, 150.0))
    scenario = won({"terms": MILESTONES, "delivery": law}, [paid(-100, 600_000)])
    outcome = run(scenario, 20_000)
    assert self_check(scenario, outcome).passed
    months = outcome.money["billings"].sum(axis=0)
    first, second = (int((months[cell] == 600_000).sum()) for cell in (0, 1))
    assert first + second == 20_000
    assert abs(first - 10_000) < 4 * np.sqrt(5_000), "fails by chance once in 16,000"


def test_acceptance_follows_a_delivery_that_is_still_to_come():
    product = {"terms": "50% on signature; 25% on delivery; balance on acceptance", "delivery": Fixed(130),
               "acceptance": Fixed(20), "recognise": "at-milestone"}  # fmt: skip
    scenario = won(product, [paid(-100, 600_000)])
    assert brought(scenario, "billings") == by_month(scenario, (30, 300_000), (50, 300_000))
    assert brought(scenario, "revenue") == by_month(scenario, (30, 900_000), (50, 300_000))


# ---- other years, other currencies, other ends


def test_a_service_of_an_earlier_fiscal_year_is_half_recognised():
    """Signed and begun on 1 May 2025 for 36 months (1,096 days): 549 are over, it ends on 30 April 2028."""
    start = (date(2025, 5, 1) - date(2026, 10, 31)).days
    product = {"terms": "annual in advance", "recognise": "over-term", "service_months": 36}
    bills = [paid(start, 400_000), paid(start + 365, 400_000)]
    scenario = won(product, bills, months=30, day=[start])
    assert left(scenario)[0] == (0, 0, 400_000)
    assert brought(scenario, "billings") == by_month(scenario, ((2027, 5, 1), 400_000))
    revenue = brought(scenario, "revenue")
    assert sum(revenue) == 1_200_000 - 1_200_000 * 549 // 1096
    assert sum(revenue[:12]) == 1_200_000 * 914 // 1096 - 1_200_000 * 549 // 1096
    assert not any(revenue[18:]) and revenue[17] > 0, "April 2028 is the last"
    assert opening_deferred(scenario) == 800_000 - 1_200_000 * 549 // 1096
    assert not run(scenario, 2).money["bookings"].any()


def test_a_service_that_is_over_leaves_nothing():
    scenario = won({"terms": MONTHLY, "recognise": "over-term"}, [OTHER], day=[-800],
                   lines=[(Line(0, start_day=-800),)])  # fmt: skip
    assert left(scenario)[0] == (0,) * 12, "the record begins after the last instalment"
    assert scenario.rests[0].finished
    assert not any(brought(scenario, "revenue"))


def test_revenue_and_invoices_of_a_foreign_contract_have_rates_of_their_own():
    """Revenue at the rate of the signature, invoices at that of their day, receipts at that of payment."""
    product = {"terms": MILESTONES, "delivery": Fixed(140), "recognise": "at-delivery"}
    scenario = won(product, [paid(-100, 600_000, code=1)], currency=["USD"])
    rates = RateCurve.of("EUR", {"USD": [(-200, 0.8), (0, 1.0), (60, 1.25)]})
    scenario = replace(scenario, rates=rates)
    assert brought(scenario, "billings") == by_month(scenario, (40, 600_000))
    assert brought(scenario, "receipts") == by_month(scenario, (70, 750_000))
    assert brought(scenario, "revenue") == by_month(scenario, (40, 960_000))
    assert opening_deferred(scenario) == 480_000
    deferred = run(scenario, 2).money["deferred"][0, :, 0]
    assert deferred.tolist() == by_month(scenario, (40, 600_000 - 960_000))


def test_an_insolvent_customer_takes_the_backlog_along():
    """At a yearly chance of next to 1 it fails before the delivery; nothing more is billed or earned."""
    gone = PaymentBehaviour(0, np.ones(1), insolvency=1 - 1e-12)
    product = {"terms": MILESTONES, "delivery": Fixed(440), "recognise": "at-delivery"}
    scenario = won(product, [paid(-100, 600_000)], segment={"payment": {"default": gone}})
    outcome = run(scenario, 500)
    assert not outcome.money["billings"].any()
    assert not outcome.money["revenue"].any()


def test_a_won_deal_without_money_leaves_nothing():
    for invoices in ([], [OTHER], [(-10, 5)]):
        scenario = won({"terms": MONTHLY, "recognise": "over-term"}, invoices, amount=[0])
        assert scenario.rests[0].finished
        assert not any(brought(scenario, "billings"))


def test_what_is_billed_and_what_is_left_make_up_the_deal():
    """Whatever the record: past invoices, what is settled and what is to come never exceed the booking."""
    rng = np.random.default_rng(4)
    for _ in range(40):
        day, count = int(rng.integers(-500, 1)), int(rng.integers(0, 7))
        amounts = rng.integers(0, 400_000, count).tolist()
        invoices = [
            {"invoice_day": int(rng.integers(day, 1)), "amount": a, "paid_day": int(rng.choice([-1, UNPAID]))}
            for a in amounts
        ]
        terms = str(rng.choice([MONTHLY, MILESTONES, "quarterly in arrears"]))
        scenario = won({"terms": terms, "delivery": Fixed(90)}, invoices, day=[day], months=30)
        (rest,) = scenario.rests
        assert sum(rest.parts) == rest.amount
        billed = min(sum(amounts), rest.amount)
        assert sum(rest.unbilled) + sum(rest.presumed) <= rest.amount - (0 if not invoices else billed)
        assert sum(brought(scenario, "billings")) == sum(rest.unbilled)
