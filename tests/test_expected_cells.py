"""Exact means of cells: sums of a spreadsheet, and plain trials of everything at once."""

from datetime import date
from fractions import Fraction

import numpy as np
import pytest
from factory import (
    ARTICLE_LADDER,
    NEVER_CHANGED,
    article_funnel,
    causes_funnel,
    make_funnel,
    make_pipeline,
    make_receivables,
    make_scenario,
    make_segment,
    make_wins,
    plain_clock,
)
from scipy import special
from test_expected_played import agree

from simulator.arrivals import Bluebirds, PipelineGeneration
from simulator.close_dates import CloseDateRule
from simulator.currency import RateCurve
from simulator.distributions import Fixed, Gamma, LogNormal, Weibull
from simulator.expected import SOURCES, expected, funnel_table, walk, weighted_pipeline
from simulator.expected.paying import paid_after
from simulator.market import Market, both_below
from simulator.payments import PaymentBehaviour
from simulator.scenario import Recycling, Soberness
from simulator.terms import parse_terms

OPEN, NEW, RECEIVABLES = (SOURCES.index(name) for name in ("open", "new", "receivables"))

# ---- limits that are arithmetic


def sure_segment(**overrides):
    transitions = [[0.0, 1.0, 0.0, 0.0], [0.0, 0.0, 1.0, 0.0]]
    funnel = make_funnel(transitions=transitions, stay=[Fixed(20), Fixed(30)])
    values = {"funnel": funnel, "clock": plain_clock(), "amount_change": NEVER_CHANGED}
    return make_segment(**values | {"terms": {"default": parse_terms("net 30")}} | overrides)


def on_day(scenario, series, day):
    """Money of the cell that holds a day; every other cell must be empty."""
    cell = int(scenario.horizon.cell_of_day()[day])
    rest = series.sum() - series[..., cell].sum()
    assert rest == pytest.approx(0, abs=1e-6)
    return series[..., cell].sum()


def test_a_deal_far_older_than_any_win_leaves_the_walk_finite():
    """Its chance is so small that a division by it overflows."""
    stays = [[None, Weibull(2.57, 3.8), LogNormal.from_median(10, 40)]]
    funnel = make_funnel(transitions=[[0.0, 0.6, 0.4]], stays=stays)
    ages = np.linspace(40, 55, 31)
    segment = sure_segment(funnel=funnel, set_ladder=np.array([0.6]), doubt=np.zeros(1))
    scenario = make_scenario(segments=(segment,), pipeline=make_pipeline(len(ages), age=ages))
    chances = expected(scenario).deal_chance
    assert ((chances > 0) & (chances < 1e-300)).any()
    assert all(np.isfinite(step) for _, step in walk(scenario, 1, 90))


def test_a_sure_deal_is_a_line_of_a_spreadsheet():
    behaviour = PaymentBehaviour(5, np.ones(1))  # everybody pays five days late
    segment = sure_segment(payment={"default": behaviour}, soberness=Soberness(1.0, 0.9))
    pipeline = make_pipeline(1, age=4.0, amount=1_000_00)
    scenario = make_scenario(segments=(segment,), pipeline=pipeline)
    result = expected(scenario)
    close = 20 - 4 + 30
    assert result.deal_chance[0] == 1
    assert on_day(scenario, result.winners, close) == pytest.approx(1)
    assert on_day(scenario, result.bookings, close) == pytest.approx(900_00)
    assert on_day(scenario, result.billings, close + 3) == pytest.approx(900_00)
    assert on_day(scenario, result.receipts, close + 3 + 30 + 5) == pytest.approx(900_00)


def test_delay_and_horizon_push_a_sure_deal_out():
    segment = sure_segment(close_date=CloseDateRule(delay_days=30))
    late = make_scenario(segments=(segment,), pipeline=make_pipeline(1), days=79)
    assert expected(late).winners.sum() == pytest.approx(0, abs=1e-12)
    just = make_scenario(segments=(segment,), pipeline=make_pipeline(1), days=80)
    assert expected(just).winners.sum() == pytest.approx(1)


def test_a_stated_date_moves_the_close_as_the_equation_says():
    for rule, close in (("stages", 50), ("stated", 25), ("blend", 50)):
        segment = sure_segment(close_date=CloseDateRule(rule))
        scenario = make_scenario(segments=(segment,), pipeline=make_pipeline(1, stated_days=20.0))
        # v = 0 for fixed stays: the blend has nothing to weigh against.
        assert on_day(scenario, expected(scenario).winners, close) == pytest.approx(1)


def test_no_deals_and_no_chance_bring_nothing():
    assert not expected(make_scenario()).bookings.any()
    never = make_segment(use_probability=True)
    scenario = make_scenario(segments=(never,), pipeline=make_pipeline(3, probability=0.0))
    assert not expected(scenario).bookings.any()


def test_a_deals_own_probability_counts_only_where_it_is_to():
    pipeline = make_pipeline(2, stage=1, probability=[0.9, np.nan])
    for use, chances in ((False, [0.5, 0.5]), (True, [0.9, 0.5])):
        segment = make_segment(use_probability=use, soberness=Soberness(0.5))
        result = expected(make_scenario(segments=(segment,), pipeline=pipeline))
        odds = np.array(chances) / (1 - np.array(chances)) * 0.5
        assert np.abs(result.deal_chance - odds / (1 + odds)).max() < 1e-14


def test_bookings_convert_at_the_day_of_each_event():
    rates = RateCurve.of("EUR", {"USD": [(0, 0.5), (51, 2.0), (80, 4.0)], "JPY": 0.01})
    behaviour = PaymentBehaviour(0, np.ones(1))
    segment = sure_segment(payment={"default": behaviour})
    pipeline = make_pipeline(2, amount=[1_000_00, 1_000], currency=["USD", "JPY"])
    result = expected(make_scenario(segments=(segment,), pipeline=pipeline, rates=rates))
    yen = 1_000 * 0.01 * 100
    assert result.bookings.sum() == pytest.approx(500_00 + yen)
    assert result.billings.sum() == pytest.approx(2_000_00 + yen)
    assert result.receipts.sum() == pytest.approx(4_000_00 + yen)


def test_terms_split_a_deal_as_its_contract_says():
    terms = parse_terms("30% on signature net 15; 40% on delivery net 30; balance on acceptance net 45")
    segment = sure_segment(
        terms={"default": parse_terms("net 30"), "Gold": terms}, delivery=Fixed(40), acceptance=Fixed(10),
        payment={"default": PaymentBehaviour(0, np.ones(1))}, invoice_lag=0,
    )  # fmt: skip
    pipeline = make_pipeline(1, customer_class="Gold", amount=1_000_00)
    scenario = make_scenario(segments=(segment,), pipeline=pipeline, months=8)
    result, cell = expected(scenario), scenario.horizon.cell_of_day()
    for series, days in ((result.billings, (50, 90, 100)), (result.receipts, (65, 120, 145))):
        by_hand = np.zeros(len(scenario.horizon.cuts))
        np.add.at(by_hand, cell[list(days)], (300_00, 400_00, 300_00))
        assert np.abs(series[OPEN, 0] - by_hand).max() < 1e-6


def test_a_discount_is_taken_as_often_as_stated_and_costs_its_share():
    terms = parse_terms("2/10 net 30")
    (part,) = terms.clauses
    assert part.discount.share == Fraction(2, 100)
    pmf = np.zeros(31)
    pmf[0], pmf[30] = 0.25, 0.65
    behaviour = PaymentBehaviour(-30, pmf, bad_debt=0.1, recovery=0.5, discount_taken=0.4)
    law = paid_after(behaviour, 30, part.discount, False, 60)
    # 30 days early: on the invoice day; the others on day 10 with the discount, or on day 30, or never.
    assert law[0] == pytest.approx(0.98 * 0.25)
    assert law[10] == pytest.approx(0.4 * 0.75 * 0.98)
    assert law[30] == pytest.approx(0.6 * 0.65 + 0.6 * 0.1 * 0.5)
    assert law.sum() == pytest.approx(law[0] + law[10] + law[30])
    sure = paid_after(behaviour, 0, None, True, 60)
    assert sure[0] == 1
    assert sure.sum() == 1


def test_opening_invoices_continue_their_table():
    pmf = np.zeros(40)
    pmf[[5, 20]] = 0.5, 0.4
    behaviour = PaymentBehaviour(0, pmf, bad_debt=0.1, recovery=0.2)
    segment = make_segment(payment={"default": behaviour})
    receivables = make_receivables(due_day=[-10, 40, -100], amount_minor=[1000, 2000, 4000])
    scenario = make_scenario(segments=(segment,), receivables=receivables)
    result = expected(scenario).receipts[RECEIVABLES, 0]
    by_hand = np.zeros(len(scenario.horizon.cuts))
    cell = scenario.horizon.cell_of_day()
    by_hand[cell[10]] += 1000 * 0.4 / 0.5
    by_hand[cell[29]] += 1000 * 0.1 / 0.5 * 0.2
    by_hand[cell[45]] += 2000 * 0.5
    by_hand[cell[60]] += 2000 * 0.4
    by_hand[cell[79]] += 2000 * 0.1 * 0.2
    by_hand[cell[1]] += 4000 * 0.2
    assert np.abs(result - by_hand).max() < 1e-9


# ---- deals to come


def test_steady_arrivals_win_at_the_rate_they_come():
    generation = PipelineGeneration(8.0, LogNormal.from_median(40_000, 150_000), np.array([1.0, 0.0]))
    segment = sure_segment(generation=generation)
    scenario = make_scenario(segments=(segment,))
    result = expected(scenario)
    won, days = result.winners[NEW, 0], np.diff((0, *scenario.horizon.cuts))
    # Everybody wins 50 days after coming: December gets the arrivals of 1 … 11 November, and so on.
    assert won[0] == pytest.approx(0, abs=1e-12)
    assert won[1] == pytest.approx(8 * 11 / 30)
    assert won[2] == pytest.approx(8 * 19 / 30 + 8 * 12 / 31)
    assert won.sum() == pytest.approx(8 * 10 + 8 * (days[-2] + days[-1] - 50) / days[-2], rel=1e-3)
    assert result.bookings[NEW, 0] == pytest.approx(won * generation.amount.mean() * 100)


def test_a_part_month_brings_its_part():
    generation = PipelineGeneration(
        0.0, Fixed(1), np.array([1.0, 0.0]), season={11: 2.0}, bluebirds=Bluebirds(3.0, Fixed(500)), trend=0.1
    )
    as_of = date(2026, 11, 20)
    scenario = make_scenario(as_of=as_of, days=41, segments=(sure_segment(generation=generation),))
    result = expected(scenario)
    assert result.winners[NEW, 0].tolist() == pytest.approx([2 * 3 * 10 / 30, 3 * 1.1 ** (1 / 12)])
    assert result.bookings[NEW, 0] == pytest.approx(result.winners[NEW, 0] * 500_00)


# ---- the walk from the CRM's number, and the table of stages


def test_the_walk_adds_up_to_the_minor_unit():
    segment = make_segment(
        funnel=article_funnel(), soberness=Soberness(0.7, 0.95), recycling=Recycling(0.2, Fixed(30)),
        generation=PipelineGeneration(5.0, LogNormal.from_median(9_000, 30_000), np.eye(7)[0]),
    )  # fmt: skip
    pipeline = make_pipeline(
        7, stage=range(7) and list(range(7)), amount=1_234_567, probability=[0.5] + [np.nan] * 6
    )
    wins = make_wins(day=[-400, -3, 0], amount=[1, 20, 300])
    scenario = make_scenario(segments=(segment,), pipeline=pipeline, wins=wins)
    result = expected(scenario)
    year = dict(steps := walk(scenario, -60, 212, result))
    assert [name for name, _ in steps] == [
        "already won", "CRM's weighted pipeline", "closes after the period", "percentages corrected", "price",
        "lost deals that come back", "deals yet to come", "our average",
    ]  # fmt: skip
    assert sum(value for _, value in steps[:-1]) == year["our average"]
    assert year["already won"] == 320
    crm = (0.5 + sum(ARTICLE_LADDER[1:])) * 1_234_567
    assert year["CRM's weighted pipeline"] == pytest.approx(crm, abs=1)
    assert weighted_pipeline(scenario) == pytest.approx(crm)
    assert year["our average"] == pytest.approx(result.bookings[..., :7].sum() + 320, abs=1)
    assert year["closes after the period"] < 0
    assert year["percentages corrected"] < 0
    assert year["price"] < 0
    assert year["lost deals that come back"] > 0
    assert year["deals yet to come"] > 0
    later = dict(walk(scenario, 213, 242, result))
    assert later["already won"] == 0
    assert later["our average"] == pytest.approx(result.bookings[..., 7].sum(), abs=1)
    assert "closes outside the period" in later


def test_the_table_of_stages_says_what_the_funnel_does():
    segment = make_segment(funnel=causes_funnel(), soberness=Soberness(0.5))
    rows = funnel_table(segment)
    assert [row.name for row in rows] == ["S1", "S2", "S3"]
    assert rows[1].back == 0.1
    assert rows[0].skip == pytest.approx(0.1)
    assert rows[1].skip == pytest.approx(0.05)
    snapshot = segment.funnel.snapshot_ladder()
    for s, row in enumerate(rows):
        assert row.advance + row.skip + row.back + row.lost == pytest.approx(1)
        assert row.sitting_chance == pytest.approx(snapshot[s], abs=1e-12)
        assert row.win_rate < row.entry_chance
        assert row.cycle_median < row.cycle_mean
    assert rows[0].sitting_chance < rows[0].entry_chance  # losers linger


# ---- everything at once, against plain trials


def eventful(market, doubt=0.0, recycling=0.35):
    """A scenario with every feature that means depend on."""
    generation = PipelineGeneration(
        3.0,
        LogNormal.from_median(20_000, 45_000),
        np.array([0.7, 0.3, 0.0]),
        season={12: 1.5},
        trend=0.2,
        bluebirds=Bluebirds(0.8, LogNormal.from_median(5_000, 9_000)),
    )
    common = {
        "generation": generation,
        "soberness": Soberness(0.8, 0.95),
        "delivery": LogNormal.from_median(20, 40),
        "acceptance": Weibull(2.0, 12.0),
        "payment": {"default": PaymentBehaviour.stretched(9, 0.02, recovery=0.3, discount_taken=0.6)},
        "recycling": Recycling(recycling, LogNormal.from_median(30, 60)),
        "doubt": np.full(3, doubt),
    }
    own = {"default": parse_terms("2/10 net 30"), "Gold": parse_terms("quarterly in arrears net 20")}
    first = make_segment(name="first", funnel=causes_funnel(), roll="following", terms=own, **common)
    rule = CloseDateRule("blend", 1.4, 9)
    second = make_segment(name="second", use_probability=True, close_date=rule, **common)
    parts = "30% on signature net 15; 40% on delivery net 30; balance on acceptance net 45"
    pipeline = make_pipeline(
        segment=[0, 0, 0, 0, 1, 1, 1],
        stage=[0, 1, 1, 2, 0, 1, 2],
        age=[12.6, 0.0, np.nan, 140.0, 7.0, np.nan, 30.8],
        stated_days=[40.0, np.nan, 75.5, -3.0, 120.0, 33.0, np.nan],
        amount=[5_000_000, 8_000_00, 70_000, 10, 3_000_000, 99, 4_000_00],
        probability=[0.9, np.nan, np.nan, np.nan, 0.6, np.nan, 0.3],
        currency=["EUR", "USD", "EUR", "EUR", "EUR", "USD", "JPY"],
        customer_class=["", "Gold", "", "", "", "", ""],
        service_months=[0, 18, 0, 0, 0, 0, 0],
        terms=[parts, "", "", "CIA", "EOM+30d", "", ""],
    )
    return make_scenario(
        segments=(first, second),
        pipeline=pipeline,
        market=market,
        months=9,
        as_of=date(2026, 11, 13),
        rates=RateCurve.of("EUR", {"USD": [(0, 0.9), (100, 1.1)], "JPY": 0.006}),
        receivables=make_receivables(due_day=[-40, 3, 25, -400]),
    )


@pytest.mark.parametrize(
    ("market", "doubt"),
    [
        pytest.param(Market.independent(), 0.0, marks=pytest.mark.slow),
        pytest.param(Market(0.1, 0.15, 0.6), 0.12, marks=pytest.mark.slow),
        pytest.param(Market(), 0.05, marks=pytest.mark.slow),
    ],
    ids=str,
)
def test_plain_trials_agree_in_every_cell(market, doubt):
    scenario = eventful(market, doubt)
    agree(scenario, 12_000, 11, ("winners", "bookings", "billings", "receipts"), least=10)
    assert not expected(scenario).exempt_returns


def test_third_attempts_are_exact_without_correlation_and_exempt_with_it():
    segment = make_segment(
        funnel=make_funnel((0.3, 0.5), stay=Gamma(2.0, 8.0)), recycling=Recycling(0.9, Fixed(5), 4)
    )
    scenario = make_scenario(segments=(segment,), pipeline=make_pipeline(4, stage=[0, 0, 1, 1]))
    agree(scenario, 20_000, 3, ("winners",), least=6)
    assert not expected(scenario).exempt_returns
    assert expected(make_scenario(segments=(segment,), market=Market())).exempt_returns


def test_returns_meet_the_market_of_their_quarter():
    """r·(p₂ − Φ2(c₁, c₂; (ρ0+ρg)·φ^k + sqrt(ρd₁·ρd₂))) of a deal that is lost on a known day."""
    transitions = [[0.0, 0.4, 0.6]]
    funnel = make_funnel(transitions=transitions, stay=Fixed(10))
    for delay, quarters in ((5, 0), (100, 1), (180, 2)):
        segment = make_segment(
            funnel=funnel, clock=plain_clock(), recycling=Recycling(0.5, Fixed(delay)), doubt=np.array([0.1])
        )
        scenario = make_scenario(
            segments=(segment,), pipeline=make_pipeline(1), market=Market(0.08, 0.12, 0.5), months=12
        )
        c = special.ndtri(0.4)
        both = float(both_below(c, c, 0.2 * 0.5**quarters + 0.1))
        assert expected(scenario).winners.sum() == pytest.approx(0.4 + 0.5 * (0.4 - both), abs=1e-12)
