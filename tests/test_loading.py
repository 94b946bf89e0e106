"""From files to a scenario: what is known at the as-of day, in days and minor units, and nothing else."""

import dataclasses
import math
import time
from datetime import date

import numpy as np
import pytest
from written import DEALS, INVOICES, SCENARIO, loaded, problems, write

from simulator.distributions import LogNormal
from simulator.errors import PlaceError, Problem
from simulator.funnel import Funnel, winning_times
from simulator.loading import LoadError, load
from simulator.loading.chances import chances_in, chances_of
from simulator.loading.cycles import median_of
from simulator.loading.exports import open_export
from simulator.loading.history_frame import HistoryFrame
from simulator.market import both_below
from simulator.runs.record import _inputs

ARTICLE = [0.05, 0.10, 0.30, 0.60, 0.65, 0.70, 0.90]


def with_stages(stages, **more):
    """A scenario whose one segment has these stages (YAML of the mapping's body) and further keys."""
    lines = [f"      {line}" for line in stages.strip().splitlines()]
    rest = "".join(f"    {key}: {value}\n" for key, value in {"new_pipeline": "none", **more}.items())
    head = SCENARIO[: SCENARIO.index("    stages:")]
    return head + "    stages:\n" + "\n".join(lines) + "\n" + rest


def of_article(**more):
    rest = "".join(f"    {key}: {value}\n" for key, value in {"new_pipeline": "none", **more}.items())
    return SCENARIO[: SCENARIO.index("    stages:")] + rest


NONE = "id,stage,amount\n"


# ---- the funnel


def test_the_articles_table_is_the_default(tmp_path):
    segment = loaded(tmp_path, of_article(cycle="{median: 120d}"), NONE).segments[0]
    assert segment.set_ladder.tolist() == ARTICLE
    np.testing.assert_allclose(segment.funnel.ladder, ARTICLE, atol=1e-10)
    backs = [segment.funnel.transitions[s, s - 1] for s in range(1, 7)]
    assert backs == [0.05, 0.05, 0.05, 0.10, 0.15, 0.10]


def test_the_articles_names_without_chances_get_them(tmp_path):
    names = (
        "Need established", "Ability to pay established", "Solution developed", "Solution proposed",
        "Solution evaluated", "Negotiation", "Contract",
    )  # fmt: skip
    stages = "\n".join(f"{n}: {{days: {{median: 20}}}}" for n in names)
    segment = loaded(tmp_path, with_stages(stages), NONE).segments[0]
    assert segment.set_ladder.tolist() == ARTICLE
    assert segment.funnel.transitions[6, 5] == 0.10
    own = stages.replace("Contract: {", "Contract: {back: 0.02, ")
    assert loaded(tmp_path, with_stages(own), NONE).segments[0].funnel.transitions[6, 5] == 0.02


def test_without_back_moves_the_articles_ladder_advances_as_published(tmp_path):
    stages = "\n".join(f"s{i}: {{close: {h}, days: {{median: 9}}}}" for i, h in enumerate(ARTICLE))
    funnel = loaded(tmp_path, with_stages(stages), NONE).segments[0].funnel
    advance = [funnel.transitions[s, s + 1] for s in range(7)]
    assert [round(f, 3) for f in advance] == [0.5, 0.333, 0.5, 0.923, 0.929, 0.778, 0.9]


def test_both_forms_give_the_same_funnel(tmp_path):
    first = loaded(tmp_path, of_article(cycle="{median: 120d}"), NONE).segments[0].funnel
    lines = []
    for s, name in enumerate(first.stages):
        back = f"back: {float(first.transitions[s, s - 1])}, " if s else ""
        lines.append(f"{name}: {{{back}advance: {float(first.transitions[s, s + 1])}}}")
    second = loaded(tmp_path, with_stages("\n".join(lines), cycle="{median: 120d}"), NONE).segments[0]
    np.testing.assert_allclose(second.funnel.transitions, first.transitions, atol=1e-12)
    np.testing.assert_allclose(second.set_ladder, ARTICLE, atol=1e-10)


def test_a_last_stage_at_100_percent_is_won_itself(tmp_path):
    stages = "Offer: {close: 40%, days: {median: 9}}\nClosed: {close: 100%}"
    scenario = with_stages(stages).replace("deals.csv}", "deals.csv, won_stages: [Closed]}")
    result = loaded(tmp_path, scenario, "id,stage,amount,closed\nD1,closed,5,2026-05-05\nD2,Offer,5,\n")
    assert result.segments[0].funnel.stages == ("Offer",)
    assert result.wins.id == ("D1",) and result.pipeline.id == ("D2",)


def test_a_funnel_has_fifty_stages_at_most(tmp_path):
    def of(count):
        lines = (f"s{i}: {{close: {0.3 + 0.01 * i:.2f}, days: {{median: 2}}}}" for i in range(count))
        return with_stages("\n".join(lines))

    assert len(loaded(tmp_path, of(50), NONE).segments[0].funnel.stages) == 50
    (problem,) = problems(tmp_path, of(51), NONE)
    assert problem.code == "S030" and "51 open stages" in str(problem) and "at most 50" in str(problem)


def test_skips_and_moves_stand_where_they_belong(tmp_path):
    stages = """
A: {close: 0.2, skip: 0.1, moves: {D: 0.02}, days: {median: 9}}
B: {close: 0.3, days: {median: 9}}
C: {close: 0.5, back: 0.1, skip: 0.03, days: {median: 9}}
D: {close: 0.8, moves: {A: 0.04, won: 0.05}, days: {median: 9}}
"""
    funnel = loaded(tmp_path, with_stages(stages), NONE).segments[0].funnel
    p = funnel.transitions
    assert (p[0, 2], p[0, 3], p[2, 1], p[2, 4], p[3, 0]) == (0.1, 0.02, 0.1, 0.03, 0.04)
    np.testing.assert_allclose(p.sum(axis=1), 1, atol=1e-15)
    np.testing.assert_allclose(funnel.ladder, [0.2, 0.3, 0.5, 0.8], atol=1e-12)
    assert all(
        (law is None) == (p[s, k] == 0) for s, row in enumerate(funnel.stays) for k, law in enumerate(row)
    )


def test_a_chance_of_zero_is_a_chance(tmp_path):
    stages = (
        "A: {close: 0, days: {median: 9}}\nB: {close: 0, days: {median: 9}}\nC: {close: 1, days: {median: 9}}"
    )
    segment = loaded(tmp_path, with_stages(stages), NONE).segments[0]
    assert segment.funnel.ladder.tolist() == [0, 0, 1]
    assert segment.doubt.tolist() == [0, 0, 0]


def test_the_largest_back_rate_is_told(tmp_path):
    """MODEL 1: at the article's 60 % stage one step back is possible up to 14.3 %."""
    text = of_article(cycle="{median: 120d}", stages="{}").replace("    stages: {}\n", "")
    lines = "\n".join(
        f"s{i}: {{close: {h}, {'back: 0.15, ' if i == 3 else ''}days: {{median: 9}}}}"
        for i, h in enumerate(ARTICLE)
    )
    found = problems(tmp_path, with_stages(lines), NONE)
    assert [p.code for p in found] == ["S033"] and text
    assert "0.143" in found[0].remedy
    assert found[0].column == "segments.smb.stages.s3.back"
    loaded(tmp_path, with_stages(lines.replace("0.15", "0.1428")), NONE)


def test_snapshot_chances_are_of_deals_that_sit_there(tmp_path):
    stages = """
A: {close: 0.3, days: {median: 20}, days_lost: {median: 60}}
B: {close: 0.6, days: {median: 10}, days_lost: {median: 40}}
"""
    snapshot = loaded(tmp_path, with_stages(stages), NONE).segments[0]
    np.testing.assert_allclose(snapshot.funnel.snapshot_ladder(), [0.3, 0.6], atol=1e-9)
    assert (snapshot.funnel.ladder > [0.4, 0.7]).all()
    entry = loaded(tmp_path, with_stages(stages, probability_basis="entry"), NONE).segments[0]
    np.testing.assert_allclose(entry.funnel.ladder, [0.3, 0.6], atol=1e-12)
    assert entry.funnel.age_matters == (True, True)


@pytest.mark.parametrize("median", [5, 40, 120, 400])
def test_a_cycle_is_the_median_of_winning_paths(tmp_path, median):
    funnel = loaded(tmp_path, of_article(cycle=f"{{median: {median}d}}"), NONE).segments[0].funnel
    laws = {law for row in funnel.stays for law in row if law is not None}
    assert len(laws) == 1 and laws.pop().sigma == 0.7
    assert median_of(winning_times(funnel)[0]) == pytest.approx(median, abs=2e-3)


def test_a_cycle_of_one_stage_is_its_own_median(tmp_path):
    funnel = loaded(tmp_path, with_stages("A: {close: 0.5}", cycle="{median: 60}"), NONE).segments[0].funnel
    assert isinstance(funnel.stays[0][1], LogNormal)
    assert math.exp(funnel.stays[0][1].mu) == pytest.approx(60, abs=0.01)


def test_doubt_is_what_the_table_is_worth(tmp_path):
    stages = "A: {close: 5%, days: {median: 9}}\nB: {close: 50%, days: {median: 9}}"
    segment = loaded(tmp_path, with_stages(stages), NONE).segments[0]
    assert [round(float(d), 3) for d in segment.doubt] == [0.171, 0.075]
    c = -1.6448536269514722
    assert float(both_below(c, c, segment.doubt[0])) == pytest.approx(0.05**2 + 0.05 * 0.95 / 21, abs=1e-9)
    exact = loaded(tmp_path, with_stages(stages, worth="exact"), NONE)
    assert exact.segments[0].doubt.tolist() == [0, 0]
    assert "W015" not in {code for code, *_ in exact.notes}


# ---- deals at the as-of day


def test_columns_are_in_days_and_minor_units(tmp_path):
    s = loaded(tmp_path)
    p = s.pipeline
    assert p.id == ("D1", "D2") and p.stage.tolist() == [0, 1]
    assert p.amount.tolist() == [100000, 200050] and p.currency == ("EUR", "EUR")
    assert p.stated_day.tolist() == [45, 20]
    clock = s.segments[0].clock
    assert p.age.tolist() == [-float(clock.at_end_of(-51)), -float(clock.at_end_of(-30))]
    assert p.stated_days.tolist() == [float(clock.at_end_of(45)), float(clock.at_end_of(20))]
    assert np.isnan(p.probability).all() and p.customer == ("deal D1", "deal D2")
    assert (s.wins.id, s.wins.amount.tolist(), s.wins.day.tolist()) == (("D3",), [50000], [-179])
    assert s.horizon.end == date(2027, 10, 31)


def test_the_clock_rests_on_weekends_and_holidays(tmp_path):
    s = loaded(tmp_path, SCENARIO + "    country: DE\n")
    clock = s.segments[0].clock
    christmas = s.horizon.day_of(date(2026, 12, 25))
    assert clock.at_end_of(christmas) == clock.at_end_of(christmas - 1)
    assert clock.first_day <= -3650 and clock.last_day >= 365 + 700
    assert np.datetime64("2026-12-25") in s.segments[0].holidays


def test_a_stated_date_on_the_weekend_ahead_is_not_overdue(tmp_path):
    # 31 October 2026 is a Saturday; nothing moves on Sunday.
    s = loaded(
        tmp_path, deals="id,stage,amount,expected_close\nA,Proposal,1,2026-11-01\nB,Proposal,1,2026-10-31\n"
    )
    assert s.pipeline.stated_days[0] > 0 >= s.pipeline.stated_days[1]


def test_one_large_deal_is_named_once_where_its_name_is_its_id(tmp_path):
    notes = {code: text for code, text, _ in loaded(tmp_path, deals=DEALS).notes}
    assert notes["W013"] == "one deal, D2, is 67 % of all that is open"


def test_a_horizon_that_cannot_be_says_how_far_it_may_reach(tmp_path):
    found = problems(tmp_path, SCENARIO.replace("horizon: 12m", "horizon: 30y"))
    assert [p.code for p in found] == ["S028"] and "3,660 days" in found[0].remedy


def test_an_unknown_segment_is_refused_even_where_there_is_one(tmp_path):
    deals = "id,stage,amount,segment\nA,Proposal,1,smb\nB,Proposal,1,\nC,Proposal,1,bigger\n"
    assert [(p.code, p.value) for p in problems(tmp_path, deals=deals)] == [("D011", "bigger")]
    assert len(loaded(tmp_path, deals=deals.replace("C,Proposal,1,bigger\n", "")).pipeline) == 2


def test_probabilities_of_two_scales_are_refused(tmp_path):
    deals = "id,stage,amount,probability\nA,Proposal,1,0.9\nB,Proposal,1,1.2\n"
    assert {p.code for p in problems(tmp_path, deals=deals)} == {"D018"}


def test_wins_of_every_year_are_kept_since_some_may_still_be_to_bill(tmp_path):
    deals = DEALS + "D5,Won,10,2024-01-01,,,2025-12-31\nD6,Won,20,2024-01-01,,,2025-07-01\n"
    wins = loaded(tmp_path, deals=deals).wins
    assert (wins.id, wins.day.tolist()) == (("D3", "D5", "D6"), [-179, -304, -487])
    target = SCENARIO + "targets: {a: {series: bookings, amount: 1k, from: 2025-07-01, until: 2026-12-31}}\n"
    s = loaded(tmp_path, target, deals)
    assert s.wins.id == ("D3", "D5", "D6")
    assert (s.targets[0].first_day, s.targets[0].last_day) == (-487, 61)


def test_a_target_cuts_the_horizon(tmp_path):
    target = (
        "targets: {a: {series: bookings, amount: 1.5k, from: 2026-11-10, until: 2026-12-15, segment: smb}}\n"
    )
    s = loaded(tmp_path, SCENARIO + target)
    assert {9, 45} <= set(s.horizon.cuts)
    assert s.horizon.cells_between(10, 45)
    assert (s.targets[0].amount, s.targets[0].segment) == (150000, 0)
    named = loaded(tmp_path, SCENARIO + "targets: {a: {series: bookings, amount: 1k, by: FY2026}}\n").targets[
        0
    ]
    assert (named.period, named.first_day, named.last_day) == ("FY2026", -303, 61)


MOVED = """\
id,stage,amount,created,entered_stage,expected_close,closed,probability
A,Won,1,2026-09-01,2026-09-05,2026-11-03,2026-11-03,100
B,Lost,2,2026-09-01,2026-10-31,2026-11-03,2026-11-03,0
C,Engaging,4,2026-09-01,2026-09-05,2026-12-01,,40
D,Engaging,8,2026-11-01,2026-11-01,2026-12-01,,40
E,Prospecting,16,,,,,
F,Won,32,2026-09-01,2026-11-02,,2026-11-03,
"""


def test_what_closed_later_is_open_at_the_only_dated_stage(tmp_path):
    one = "Engaging: {close: 60%, days: {median: 45}}"
    s = loaded(tmp_path, with_stages(one), MOVED)
    assert s.pipeline.id == ("A", "B", "C", "F")
    assert s.pipeline.amount.tolist() == [100, 200, 400, 3200]
    # Dates and percentages written at the close were not known then; those of C were.
    assert np.isnan(s.pipeline.stated_day).tolist() == [True, True, False, True]
    assert np.isnan(s.pipeline.probability).tolist() == [True, True, False, True]
    clock = s.segments[0].clock
    assert s.pipeline.age[1] == 0 and s.pipeline.age[3] == -float(clock.at_end_of(-60))
    notes = {code: amount for code, _, amount in s.notes}
    assert (notes["W001"], notes["W003"], notes["W004"]) == (800, 3500, 1600)


def test_with_two_stages_it_is_the_one_that_has_dates(tmp_path):
    two = "Prospecting: {close: 30%, days: {median: 45}}\nEngaging: {close: 60%, days: {median: 45}}"
    s = loaded(tmp_path, with_stages(two), MOVED)
    assert s.pipeline.id == ("A", "B", "C") and set(s.pipeline.stage.tolist()) == {1}
    assert {code: amount for code, _, amount in s.notes}["W002"] == 3200
    both = MOVED + "G,Prospecting,64,2026-10-01,2026-10-01,,,\n"
    s = loaded(tmp_path, with_stages(two), both)
    assert s.pipeline.id == ("C", "G")
    assert {code: amount for code, _, amount in s.notes}["W002"] == 3500


def test_nothing_of_after_the_as_of_day_moves_what_is_known(tmp_path):
    """Leak: closings, creations and moves after t0 change no open deal of then."""
    early = "id,stage,amount,created,entered_stage,closed\nA,Engaging,1,2026-09-01,2026-09-05,\n"
    later = early + "B,Engaging,1,2026-11-01,2026-11-01,\nC,Won,9,2026-11-01,2026-11-02,2026-11-03\n"
    one = with_stages("Engaging: {close: 60%, days: {median: 45}}")
    a, b = loaded(tmp_path, one, early).pipeline, loaded(tmp_path, one, later).pipeline
    assert same(a, b)


def test_an_export_that_is_not_younger_may_lack_dates(tmp_path):
    s = loaded(tmp_path, deals="id,stage,amount,created\nA,Proposal,1,\nB,Proposal,1,2026-10-31\n")
    assert s.pipeline.id == ("A", "B") and np.isnan(s.pipeline.age).all()


def test_stages_and_outcomes_are_read_whatever_their_capitals(tmp_path):
    rows = ("A,PROPOSAL,1,,", "B,Contract,2,2026-05-05,Won", "C,Proposal,3,,lost to X", "D,lost,,,")
    deals = "\n".join(("id,stage,amount,closed,outcome", *rows))
    s = loaded(tmp_path, deals=deals)
    assert s.pipeline.id == ("A",) and s.wins.id == ("B",)


def test_percentages_of_a_column_are_read_as_one(tmp_path):
    head = "id,stage,amount,probability\n"
    s = loaded(tmp_path, deals=head + "A,Proposal,1,60\nB,Proposal,1,1\nC,Proposal,1,\n")
    assert s.pipeline.probability[:2].tolist() == [0.6, 0.01] and np.isnan(s.pipeline.probability[2])
    s = loaded(tmp_path, deals=head + "A,Proposal,1,0.6\nB,Proposal,1,1\nC,Proposal,1,30%\n")
    assert s.pipeline.probability.tolist() == [0.6, 1, 0.3]


@pytest.mark.parametrize(
    ("texts", "chances"),
    [
        (("60", "1", ""), (0.6, 0.01, None)),
        (("0.6", "1", "30%"), (0.6, 1, 0.3)),  # a sign is of its own cell only
        (("60", "0", "30 %"), (0.6, 0, 0.3)),
        (("0,6", "0,25"), (0.6, 0.25)),
        (("0.9", "1.2"), (0.9, None)),  # neither one nor the other: 1.2 is no chance
        (("20", "150", "-5"), (0.2, None, None)),
        (("1", "0"), (1, 0)),
        (("soon",), (None,)),
    ],
)
def test_chances_are_read_by_one_rule(tmp_path, texts, chances):
    """What `init` takes for the chance of a stage, a run takes for that of a deal."""
    assert chances_in(texts) == list(chances)
    rows = "".join(f'{n},Stage {n},1,"{text}"\n' for n, text in enumerate(texts, 1))
    (tmp_path / "export.csv").write_text("id,stage,amount,probability\n" + rows)
    assert chances_of(open_export(tmp_path / "export.csv", HistoryFrame()).cells) == list(chances)


def test_pushes_are_whole_numbers_of_the_day_of_the_export(tmp_path):
    """What is no count tells nothing, nor does what was written when a deal closed later."""
    texts = ("3", "0", "", "often", "1.5", "-2", "9" * 25, "1e999")
    rows = "".join(
        f"{name},Engaging,1,2026-09-05,,{text}\n" for name, text in zip("ABCDEFHI", texts, strict=True)
    )
    later = "G,Won,1,2026-09-05,2026-11-03,7\n"
    one = with_stages("Engaging: {close: 60%, days: {median: 45}}")
    p = loaded(tmp_path, one, "id,stage,amount,entered_stage,closed,pushes\n" + rows + later).pipeline
    assert p.pushes.tolist() == [3, 0, -1, -1, -1, -1, -1, -1, -1]
    assert p[0].pushes == 3 and "pushes" not in p.extra


def test_further_columns_are_kept_for_grouping(tmp_path):
    deals = (
        "id,stage,amount,owner,Region,product,terms,service_months,name,customer,class\n"
        "A,Proposal,1,Kim,North,x,net 10,24,Big,Acme,Gold\n"
    )
    p = loaded(tmp_path, deals=deals).pipeline
    assert dict(p.extra) == {"owner": ("Kim",), "Region": ("North",), "product": ("x",)}
    assert (p.terms, [line.months for line in p.lines[0]], p.name, p.customer, p.customer_class) == (
        ("net 10",), [24], ("Big",), ("Acme",), ("Gold",),
    )  # fmt: skip


def test_columns_under_other_names_and_european_figures(tmp_path):
    columns = "{deals: {id: Opp, amount: Wert, created: Angelegt, owner: Chef}}"
    data = f"data: {{deals: deals.csv, decimal: ',', date_order: dmy, columns: {columns}}}"
    scenario = SCENARIO.replace("data: {deals: deals.csv}", data)
    rows = ("A;Proposal;12.500,50 EUR;01.10.2026;Kim", "B;Proposal;USD 1,5k;02.10.2026;Lee")
    deals = "\n".join(("Opp;stage;Wert;Angelegt;Chef", *rows))
    p = loaded(tmp_path, scenario, deals).pipeline
    assert p.amount.tolist() == [1250050, 150000] and p.currency == ("EUR", "USD")
    assert p.extra == {"owner": ("Kim", "Lee")}


def test_amounts_lose_no_cent(tmp_path):
    cents = ["0.07", "1.10", "90071992547409.91", "0.29", "1234567.89"]
    deals = NONE + "".join(f"D{i},Proposal,{a}\n" for i, a in enumerate(cents))
    assert loaded(tmp_path, deals=deals).pipeline.amount.tolist() == [7, 110, 2**53 - 1, 29, 123456789]
    assert problems(tmp_path, deals=NONE + "A,Proposal,90071992547409.92\n")[0].code == "D014"
    yen = NONE.replace("amount", "amount,currency") + "A,Proposal,1500,JPY\n"
    assert loaded(tmp_path, SCENARIO.replace("USD: 0.9", "JPY: 0.006"), yen).pipeline.amount.tolist() == [
        1500
    ]


@pytest.mark.parametrize(
    "amount", ["nan", "inf", "-inf", "1e5", "0x10", "1.00512", "--5", "5 5", "१", "5" * 70]
)
def test_what_is_no_amount_is_refused(tmp_path, amount):
    found = problems(tmp_path, deals=NONE + f"A,Proposal,{amount}\n")
    assert [(p.code, p.row, p.line, p.column, p.entity) for p in found] == [("D014", 1, 2, "amount", "A")]


def test_no_open_deals_is_a_forecast(tmp_path):
    s = loaded(tmp_path, deals=NONE)
    assert len(s.pipeline) == 0 and len(s.wins) == 0 and not s.open_deals_only
    s = loaded(tmp_path, SCENARIO.replace("data: {deals: deals.csv}\n", ""))
    assert len(s.pipeline) == 0 and s.tables == {}


def test_rows_may_stand_in_any_order(tmp_path):
    head, *rows = DEALS.splitlines()
    assert same(loaded(tmp_path).pipeline, loaded(tmp_path, deals="\n".join([head, *rows[::-1]])).pipeline)


# ---- segments of rows

TWO = """\
as_of: 2026-10-31
horizon: 12m
currency: EUR
rates: {USD: 0.5}
data: {deals: deals.csv, segment: RULE}
segments:
  smb: {stages: {A: {close: 0.5, days: {median: 9}}}, new_pipeline: none}
  big: {stages: {A: {close: 0.5, days: {median: 9}}, B: {close: 0.7, days: {median: 9}}}, new_pipeline: none}
"""


@pytest.mark.parametrize(
    ("rule", "segments"),
    [
        ("{bands: {from: amount, smb: 0, big: 50k}}", [0, 1, 0]),
        ("{from: Kind, map: {S: smb, L: big, XL: big}}", [0, 1, 1]),
        ("{from: Team}", [1, 0, 1]),
        ("{bands: {from: Staff, big: 100, smb: 0}}", [0, 1, 1]),
    ],
)
def test_the_segment_of_a_row_is_found(tmp_path, rule, segments):
    rows = ("1,A,49999,EUR,s,big,99.5", "2,A,50000,EUR,L,smb,100", "3,A,60000,USD,XL,BIG,5000")
    deals = "\n".join(("id,stage,amount,currency,Kind,Team,Staff", *rows))
    s = loaded(tmp_path, TWO.replace("RULE", rule), deals)
    assert s.pipeline.segment.tolist() == segments


def test_a_rule_that_leads_nowhere_is_told(tmp_path):
    deals = "id,stage,amount,Kind\n1,A,5,S\n2,A,5,M\n3,A,5,M\n"
    found = problems(tmp_path, TWO.replace("RULE", "{from: Kind, map: {S: smbb}}"), deals)
    assert [p.code for p in found] == ["S042", "D011", "D011"] and "smb" in found[0].remedy
    found = problems(tmp_path, TWO.replace("RULE", "{from: Kin}"), deals)
    assert [(p.code, "did you mean Kind?" in p.remedy) for p in found] == [("D006", True)]


# ---- new pipeline

ESTIMATE = SCENARIO.replace("    new_pipeline: none\n", "")


def history(days, amount=lambda i: 1000 * (i + 1), stage="Lost", first=1):
    """Rows created so many days before the as-of day, closed the next day."""
    lines = ["id,stage,amount,created,closed"]
    for i, day in enumerate(days):
        created = date.fromordinal(date(2026, 10, 31).toordinal() - day)
        closed = date.fromordinal(created.toordinal() + 1) if day else created
        lines.append(f"H{first + i},{stage},{amount(i)},{created},{closed}")
    return "\n".join(lines) + "\n"


def test_new_pipeline_is_estimated_from_all_rows_of_the_last_year(tmp_path):
    s = loaded(tmp_path, ESTIMATE, history([*range(0, 360, 3), 400, 500]))
    new = s.segments[0].generation
    assert new.estimated and new.entry.tolist() == [1, 0]
    assert new.per_month == pytest.approx(120 / (365 / 30.4375), rel=1e-3)
    assert new.dispersion > 10  # evenly spread: no more than Poisson, half trusted
    assert float(new.amount.isf(0.5)) == pytest.approx(60_500)
    figures = {a.path: a for a in s.assumptions}
    assert figures["segments.smb.new_pipeline.per_month"].origin == "estimated"
    assert "120 deals created in 12 months" in figures["segments.smb.new_pipeline.per_month"].source


def test_a_young_table_is_counted_over_its_own_months(tmp_path):
    new = loaded(tmp_path, ESTIMATE, history(range(0, 91, 1))).segments[0].generation
    assert new.per_month == pytest.approx(30.4, rel=0.01)


def test_lumpy_months_widen_the_dispersion(tmp_path):
    lumpy = [30 * m + d for m in (0, 4, 8) for d in range(20)] + [364]
    assert loaded(tmp_path, ESTIMATE, history(lumpy)).segments[0].generation.dispersion < 3


def test_survivors_tell_nothing_of_arrivals(tmp_path):
    s = loaded(tmp_path, ESTIMATE, "id,stage,amount,created\nA,Proposal,5,2026-10-01\n")
    assert s.segments[0].generation is None and s.open_deals_only
    s = loaded(tmp_path, ESTIMATE, NONE + "A,Proposal,5\nB,Lost,5\n")
    assert s.segments[0].generation is None and not s.open_deals_only
    s = loaded(tmp_path, deals="id,stage,amount,created\nA,Proposal,5,2026-10-01\n")
    assert s.segments[0].generation is None and not s.open_deals_only  # none was asked for


def test_new_pipeline_as_set(tmp_path):
    given = (
        "{per_month: 8, season: {12: 1.4}, trend: 10%, entry: {Proposal: 0.75, Contract: 25%}, "
        "amount: {median: 40k, p90: 150k}, bluebirds: {per_month: 0.5, amount: {median: 9k, p90: 30k}}}"
    )
    new = (
        loaded(tmp_path, SCENARIO.replace("new_pipeline: none", f"new_pipeline: {given}"))
        .segments[0]
        .generation
    )
    assert (new.per_month, new.trend, new.dispersion, new.entry.tolist()) == (8, 0.1, 4, [0.75, 0.25])
    assert new.season == {12: 1.4} and new.bluebirds.per_month == 0.5 and not new.estimated


# ---- invoices

WITH_INVOICES = SCENARIO.replace("deals.csv}", "deals.csv, invoices: invoices.csv}")


def test_invoices_become_receivables(tmp_path):
    more = """\
id,deal,amount,invoice_date,due_date,paid_date,class,customer
R1,D3,300,2026-09-01,2026-10-01,,Gold,Acme
R2,D3,200,2026-05-05,2026-06-04,2026-06-10,,
R0,,50,2026-10-20,2026-11-19,2026-11-05,Key,Acme
R9,,70,2026-11-02,2026-12-02,,,
"""
    s = loaded(tmp_path, WITH_INVOICES, invoices=more)
    r = s.receivables
    assert r.id.tolist() == ["R0", "R1", "R2"] and r.open.tolist() == [True, True, False]
    assert r.amount_minor.tolist() == [5000, 30000, 20000]
    assert [r.class_names[i] for i in r.class_index] == ["Key", "Gold", "default"]
    assert r.customer.tolist() == ["Acme", "Acme", "invoice R2"]
    assert r.due_day.tolist() == [19, -30, -149] and s.invoice_segment == (-1, 0, 0)
    notes = {code: amount for code, _, amount in s.notes}
    assert notes["W006"] == 7000 and "W014" not in notes


# ---- every figure has its source


def test_each_figure_has_a_source(tmp_path):
    text = (
        SCENARIO.replace("close: 30%", "close: 30%, source: expert")
        + "    close_date: {slip: 1.1}\nsource: plan\n"
    )
    figures = {a.path: a for a in loaded(tmp_path, text).assumptions}
    assert figures["segments.smb.stages.Proposal.close"].source == "expert"
    assert figures["segments.smb.stages.Contract.close"].source == "plan"
    assert (
        figures["segments.smb.close_date.slip"].value,
        figures["segments.smb.close_date.slip"].origin,
    ) == ("1.1", "set")
    assert figures["segments.smb.close_date.rule"].origin == "default"
    for path in ("worth", "terms.default", "invoice_lag", "recycling.chance", "amount.unchanged"):
        assert figures[f"segments.smb.{path}"].origin == "default", path
    assert figures["market"].origin == "default"
    assert all(a.source for a in figures.values())


# ---- all problems at once


def test_scenario_and_tables_are_told_together(tmp_path):
    scenario = SCENARIO.replace("close: 30%", "close: 130%") + "perid: month\n"
    deals = DEALS + "D5,Propsal,5,,,,\nD1,Proposal,x,,,,\nD7,Proposal,x,2026-02-30,,,\n"
    found = problems(tmp_path, scenario, deals)
    assert {p.code for p in found} == {"S014", "S010", "D010", "D009", "D014", "D013"}


def test_like_problems_fold_into_one(tmp_path):
    deals = NONE + "".join(f"D{i},Proposal,1,5\n".replace("1,5", "n/a") for i in range(313))
    with pytest.raises(LoadError) as caught:
        load(write(tmp_path, deals=deals))
    (first,) = caught.value.problems
    assert isinstance(first, Problem) and first.count == 312 and len(caught.value.every) == 313
    assert "312 more rows like this" in str(caught.value)
    names = NONE + "A,Propsal,1\nB,Propsal,1\nC,Contrct,1\n"
    with pytest.raises(LoadError) as caught:
        load(write(tmp_path, deals=names))
    assert [(p.value, p.count) for p in caught.value.problems] == [("Propsal", 1), ("Contrct", 0)]


def test_places_that_cannot_be_read(tmp_path):
    for path in (tmp_path / "none.yaml", tmp_path):
        with pytest.raises(PlaceError):
            load(path)


# ---- a run's inputs load again


def same(a, b):
    """Compare two nouns deeply; NaN equals NaN."""
    if dataclasses.is_dataclass(a) and type(a) is type(b):
        names = [f.name for f in dataclasses.fields(a)]
        return all(same(getattr(a, n), getattr(b, n)) for n in names)
    if isinstance(a, np.ndarray):
        return a.dtype.kind == b.dtype.kind and np.array_equal(a, b, equal_nan=a.dtype.kind == "f")
    if isinstance(a, dict):
        return list(a) == list(b) and all(same(a[k], b[k]) for k in a)
    if isinstance(a, tuple | list):
        return len(a) == len(b) and all(same(x, y) for x, y in zip(a, b, strict=True))
    return a == b


@pytest.mark.parametrize(
    "sets", [(), ("segments.*.worth=50", "horizon=6m", "segments.smb.stages.Contract.back=~")]
)
def test_what_a_run_keeps_loads_to_the_same_scenario(tmp_path, sets):
    (tmp_path / "base").mkdir()
    write(tmp_path / "base", WITH_INVOICES, DEALS + 'D9,Contract,"1,000.50",2026-10-01,,,\n', INVOICES)
    top = tmp_path / "top.yaml"
    top.write_text(
        "extends: base/small.yaml\nsegments: {smb: {new_pipeline: estimate, terms: net 20}}\nseed: 5\n"
    )
    first = load(top, sets=sets, as_of=date(2026, 10, 30))
    (tmp_path / "run" / "inputs").mkdir(parents=True)
    for name, content in _inputs(first).items():
        (tmp_path / "run" / name).write_bytes(b"".join(content()))
    second = load(tmp_path / "run")
    assert first.name == "top" and first.horizon.as_of == date(2026, 10, 30)
    for field in dataclasses.fields(first):
        a, b = getattr(first, field.name), getattr(second, field.name)
        if field.name == "assumptions":  # what --set changed is the scenario's own figure from now on
            a, b = ([(x.path, x.value, x.origin) for x in y] for y in (a, b))
        assert same(a, b), field.name


def test_five_thousand_deals_load_quickly(tmp_path):
    deals = "id,stage,amount,created,entered_stage,expected_close,terms,owner\n" + "".join(
        f"D{i},Contract,{i}.50,2026-09-{d:02},2026-10-{d:02},2027-01-{d:02},net 30,o{i % 7}\n"
        for i in range(5000)
        for d in (i % 28 + 1,)
    )
    path = write(tmp_path, deals=deals)
    load(path)
    begin = time.perf_counter()
    assert len(load(path).pipeline) == 5000
    assert time.perf_counter() - begin < 5


def test_funnels_are_what_the_engine_takes(tmp_path):
    funnel = loaded(tmp_path).segments[0].funnel
    assert isinstance(funnel, Funnel)
    assert funnel.transitions.min() >= 0
    np.testing.assert_allclose(funnel.transitions.sum(axis=1), 1, atol=1e-14)


def test_public_data_as_of_a_day(shared_data, tmp_path):
    """The counts that the evidence page rests on."""
    segments = "\n".join(
        f"  {name}: {{stages: {{Engaging: {{close: 60%, days: {{median: 45}}}}}}, new_pipeline: none}}"
        for name in ("Central", "East", "West")
    )
    columns = (
        "{id: opportunity_id, stage: deal_stage, amount: sales_price, created: engage_date, "
        "entered_stage: engage_date, closed: close_date, segment: regional_office}"
    )
    path = tmp_path / "m.yaml"
    path.write_text(
        "as_of: 2017-06-30\nhorizon: 2017-12-31\ncurrency: USD\n"
        f"data: {{deals: {shared_data / 'maven_opportunities.csv'}, columns: {{deals: {columns}}}}}\n"
        f"segments:\n{segments}\n"
    )
    s = load(path, allow_outside=True)
    assert len(s.pipeline) == 1686 and not np.isnan(s.pipeline.age).any()
    counts = {code: text.split()[0] for code, text, _ in s.notes}
    assert counts["W004"] == "500"
