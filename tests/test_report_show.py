import re
from datetime import date
from fractions import Fraction

import numpy as np
import pytest
from conftest import ROOT
from factory import make_pipeline, make_receivables, make_scenario, make_segment
from test_report_text import NEVER

from simulator.arrivals import PipelineGeneration
from simulator.cash import Cash, Outflow
from simulator.distributions import LogNormal
from simulator.expected import expected
from simulator.loading import load
from simulator.offers import Offer
from simulator.products import Product, Renewal
from simulator.renewals import Renewals
from simulator.report.origins import assumptions
from simulator.report.show import shown
from simulator.scenario import Assumption
from simulator.terms import parse_terms
from simulator.words import width


def two_segments(**overrides):
    coming = PipelineGeneration(9, LogNormal.from_median(14_000, 40_000), np.array([1.0, 0, 0]))
    values = {
        "name": "plan",
        "segments": (make_segment(generation=coming), make_segment(name="enterprise")),
        "pipeline": make_pipeline(6, segment=[0, 0, 0, 1, 1, 1], stage=[0, 1, 1, 2, 2, 0], age=20.0,
                                  amount=[50_000_000] * 6, probability=[np.nan, 0.9, *[np.nan] * 4]),
        "receivables": make_receivables(due_day=[5, 20], amount_minor=[30_000_000] * 2),
        "notes": (("W011", "2 stated close dates have passed", 100_000_000), ("W020", "no money here", None)),
        "assumptions": (
            Assumption("segments.smb.close_date.slip", "1.25", "default", "default"),
            Assumption('segments."a.b".worth', "20", "CRM team", "set"),
            Assumption("rates.USD", "0.92", "bank", "set"),
            Assumption("segments.smb.new_pipeline.per_month", "9", "created dates", "estimated"),
        ),
    }  # fmt: skip
    return make_scenario(**values | overrides)


def test_everything_is_shown_once_in_its_order():
    text = shown(two_segments())
    parts = ["plan · as of 31 Oct 2026 · until 31 Oct 2027 · million EUR · 6 open deals",
             "smb: chances and days by stage", "enterprise: chances and days", "set: close chance as stated",
             "smb: what stands in the funnel, million EUR", "What to expect on average, million EUR",
             "Where it comes from, 1 Nov 2026 – 31 Oct 2027, averages, million EUR",
             "Where each figure comes from", "What to look at"]  # fmt: skip
    places = [text.index(part) for part in parts]
    assert places == sorted(places)
    assert max(width(line) for line in text.splitlines()) <= 100
    assert text == shown(two_segments())


def test_the_funnel_is_weighted_as_the_crm_does():
    rows = {line.split()[0]: line.split() for line in shown(two_segments()).splitlines() if "▓" in line}
    assert rows["S2"][1:4] == ["2", "1.00", "0.70"], "a deal's own chance of 0.9 beside its stage's 0.5"


def test_averages_are_the_exact_ones():
    scenario = two_segments()
    exact = expected(scenario)
    lines = [line.split() for line in shown(scenario).splitlines() if line.startswith("  in all")]
    assert len(lines) == 2, "by period and by source"
    for line in lines:
        for series, text in zip(("bookings", "billings", "receipts"), line[-3:], strict=True):
            assert abs(float(text) - getattr(exact, series).sum() / 1e8) <= 0.0051


def test_figures_are_listed_with_their_source_by_segment():
    lines = [" ".join(line.split()) for line in assumptions(two_segments()).splitlines()]
    assert lines == [
        "Where each figure comes from", "figure value source", "rates.USD 0.92 bank", "segments.smb",
        "close_date.slip 1.25 default", "new_pipeline.per_month 9 estimated: created dates",
        'segments."a.b"', "worth 20 CRM team",
    ]  # fmt: skip


def test_key_paths_use_the_words_that_people_see():
    figures = (
        Assumption("segments.smb.stages.Contract.days.p90", "40", "CRM team", "set"),
        Assumption("segments.smb.new_pipeline.bluebirds.per_month", "0.5", "CRM team", "set"),
        Assumption("segments.smb.soberness.odds", "0.8", "CRM team", "set"),
        Assumption('segments.smb.stages."p90 of bluebirds".close', "0.8", "CRM team", "set"),
    )
    lines = [" ".join(line.split()) for line in assumptions(make_scenario(assumptions=figures)).splitlines()]
    assert lines == [
        "Where each figure comes from; nine in ten lie below high, and above low", "figure value source",
        "segments.smb", "stages.Contract.days.high 40 CRM team",
        "new_pipeline.deals never seen before they were 0.5 CRM team", "won.per_month",
        "optimism correction.odds 0.8 CRM team", 'stages."p90 of bluebirds".close 0.8 CRM team',
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("terms", "said"),
    [
        ("prepaid", "prepaid, due net 30"),
        ("annual in advance", "annual in advance, due net 30"),
        ("prepaid net 10", "prepaid net 10"),
        ("CIA", "CIA"),
        ("EOM+30d", "EOM+30d"),
    ],
)
def test_terms_say_when_they_are_due(terms, said):
    figure = Assumption("segments.smb.terms.default", terms, "set", "set")
    text = " ".join(assumptions(make_scenario(assumptions=(figure,))).split())
    assert f"terms.default {said.split(', ')[0]}" in text and (said == terms) == ("due net 30" not in text)


def test_long_sources_are_wrapped_and_not_repeated():
    source = "the head of sales operations, after a look at the closings of two years, rounded"
    figures = tuple(
        Assumption(f"segments.smb.{key}", "1", source, "set") for key in ("worth", "tax", "country")
    )
    text = assumptions(make_scenario(assumptions=figures))
    assert f"worth 1 {source} tax 1 ″ country 1 ″" in " ".join(text.split())
    assert max(map(width, text.splitlines())) <= 100


def test_averages_add_up_as_shown_and_name_their_days():
    text = shown(two_segments(as_of=date(2026, 10, 30), months=4))
    rows = text.split("What to expect on average")[1].split("\n\n")[0].splitlines()[2:]
    assert rows[0].startswith("  31 Oct 2026 ") and rows[1].startswith("  Nov 2026 ")
    sources = text.split("Where it comes from")[1].split("\n\n")[0].splitlines()[2:]
    for table in (rows, sources):
        cells = np.array([[0.0 if c == "–" else float(c) for c in row.split()[-3:]] for row in table])
        assert cells[:-1].sum(axis=0).round(3).tolist() == cells[-1].tolist()
        assert cells[-1].all()


def with_products(**overrides):
    """A licence that is renewed, a device, one known renewal and a bank account."""
    terms = parse_terms("annual in advance net 30")
    products = (
        Product("licence", terms, start=LogNormal.from_median(10, 25), service_months=12,
                recognise="over-term", recurring=True, renewal=Renewal(0.9, 0.04)),
        Product("device", recognise="at-delivery", delivery=LogNormal.from_median(20, 40)),
    )  # fmt: skip
    known = Renewals(("N1", "N2"), ("Acme", "Bolt"), ("", ""), np.array([0, 0]), np.array([0, 0]),
                     np.array([20_000_000, 30_000_000]), ("EUR", "EUR"), np.array([40, 80]),
                     np.array([0.9, 0.8]), np.array([0.0, 0.0]))  # fmt: skip
    rent = Outflow("rent", 2, 1_000_000), Outflow("rent", 33, 1_000_000)
    cash = Cash(100_000_000, 20_000_000, (*rent, Outflow("wages", 30, 9_000_000)))
    offer = Offer("prepay", Fraction(1, 25), parse_terms("prepaid net 10"), 0.15, 0, 31)
    values = {"products": products, "renewals": known, "cash": cash, "offers": (offer,)}
    return two_segments(**values | overrides)


def block(text, heading):
    found = next(b for b in text.split("\n\n") if b.startswith(heading))
    return [" ".join(line.split()) for line in found.splitlines()]


def test_what_is_sold_is_shown_with_its_terms():
    text = shown(with_products())
    sold = " ".join(block(text, "What is sold"))
    assert "licence annual in advance net 30 over the term, start 10 90 %, price" in sold
    assert "12 months +4 %" in sold
    assert "device of the deal or its segment at delivery delivery 20 –" in sold
    assert block(text, "Contracts that end by 31 Oct 2027")[1:] == [
        "product contracts worth renewed brings on average", "in all 2 0.500 84 % 0.420",
    ]  # fmt: skip
    assert block(text, "What is offered")[2] == (
        "prepay 4 % prepaid net 10 15 % 1 Dec 2026 open deals and those to come of smb"
    )


def test_the_balance_is_what_was_there_and_comes_less_what_leaves():
    scenario = with_products()
    exact, text = expected(scenario), shown(scenario)
    lines = dict(line.rsplit(" ", 1) for line in block(text, "The balance in the bank")[1:])
    assert lines["balance on 31 Oct 2026"].startswith("1.00") and lines["floor"].startswith("0.20")
    assert float(lines["outflows in all"].replace("−", "-")) == pytest.approx(-0.11)
    assert float(lines["rent"].replace("−", "-")) == pytest.approx(-0.02)
    end = 1.0 + (exact.receipts.sum() - exact.tax.sum()) / 1e8 - 0.11
    assert float(lines["balance on 31 Oct 2027"]) == pytest.approx(end, abs=0.0051)
    last = block(text, "What to expect on average")[-2].split()
    assert last[:2] == ["Oct", "2027"] and float(last[-1]) == pytest.approx(end, abs=0.0051)
    header = block(text, "What to expect on average")[1]
    assert header == "period bookings billings revenue receipts paid out balance at its end"


def test_what_a_company_has_not_is_not_shown():
    text = shown(two_segments())
    for heading in ("What is sold", "Contracts that end", "What is offered", "The balance in the bank"):
        assert heading not in text
    bare = with_products(cash=Cash(100_000_000))
    assert "balance" not in shown(bare), "nobody knows what leaves the bank"


@pytest.mark.parametrize(
    "name", ["baseline.yaml", "article-2010.yaml", pytest.param("saas-hardware", marks=pytest.mark.slow)]
)
def test_no_word_of_the_trade_is_shown(name):
    scenario = load(ROOT / "scenarios" / name)
    assert not re.findall(NEVER, shown(scenario), re.IGNORECASE)


def test_suspicions_carry_their_money():
    text = shown(two_segments())
    assert "! 2 stated close dates have passed (1.00) [W011]" in text and "! no money here [W020]" in text
    assert "Nothing looks suspicious." in shown(two_segments(notes=()))


def test_an_empty_scenario_is_shown_too():
    text = shown(make_scenario(description=""))
    assert "0 open deals" in text and "in all" in text


def test_hostile_names_are_harmless():
    segments = make_segment(name="\x07" * 3 + "x" * 200), make_segment(name="日本" * 40)
    text = shown(two_segments(name="\x1b[2J", description="$\\frac{1$ \u202e" * 30, segments=segments))
    assert "\x1b" not in text and "\u202e" not in text and "\x07" not in text
    assert max(width(line) for line in text.splitlines()) <= 100
