"""Sections that further answers fill: their numbers are the JSON's, their words the terminal's."""

from copy import deepcopy

import pytest
from answered import ANSWERS, COMPARE, EXPLAIN, GOAL, SEGMENTS, track_of, window
from left import results
from sample_forecast import sample_forecast
from test_report_page import HOSTILE, Page

from simulator.report.blocks import Fold, Picture, Points, Table, Text
from simulator.report.compare import comparison_text
from simulator.report.explain import explanation_text
from simulator.report.page import bridge, funnels, goal, headline, page, scenarios, swings, track, uncertainty
from simulator.report.screen import first_screen
from simulator.report.wiki import wiki
from simulator.words import RARE, doubt

PARTS = {
    bridge: "bridge", funnels: "segments", swings: "explain", goal: "goal", scenarios: "compare",
    uncertainty: "explain", track: "track",
}  # fmt: skip
JARGON = ("p10", "p50", "p90", "Shapley", "odds factor", "Monte Carlo", "quantile", "None", "nan")


def blocks_of(part, **answers):
    found = part.section(results(answers=answers))
    return list(flat(found.blocks)) if found is not None else None


def flat(blocks):
    for block in blocks:
        yield from flat(block.blocks) if isinstance(block, Fold) else (block,)


def told(blocks):
    """Everything that a section says in words, tables and beside pictures."""
    found = []
    for block in blocks:
        if isinstance(block, Text):
            found.append(block.says)
        elif isinstance(block, Points):
            found += block.says
        elif isinstance(block, Table):
            rows = [[c if isinstance(c, str) else c.text for c in row] for row in block.rows]
            found += [block.caption, *(" ".join(row) for row in [list(block.header), *rows])]
        elif isinstance(block, Picture):
            found += [block.says, block.title, block.note]
    return "\n".join(found)


def drawn(blocks):
    return "".join(str(block.svg) for block in blocks if isinstance(block, Picture))


def places(value):
    """The texts inside a payload, each with the way to put another in its place."""
    for key, inside in value.items() if isinstance(value, dict) else enumerate(value):
        if isinstance(inside, dict | list):
            yield from places(inside)
        else:
            yield value, key


def test_each_answer_has_its_section_in_the_order_of_the_report():
    shown = Page(page(results(answers=ANSWERS)))
    ids = [attrs["id"] for name, attrs in shown.elements if name == "section"]
    own = ["bridge", "funnel", "swings", "goal", "scenarios", "uncertainty", "track"]
    assert [one for one in ids if one in own] == own
    assert not [word for word in JARGON if word in shown.words.split()]


@pytest.mark.parametrize("part", PARTS, ids=lambda part: part.__name__.rpartition(".")[2])
def test_without_its_answer_a_section_is_left_out(part):
    payload = sample_forecast() | {"funnel": [], "track_record": None}
    assert part.section(results(payload, answers={})) is None


def test_what_is_missing_is_named_with_its_command():
    words = Page(page(results(answers={}))).words
    assert "the deals that swing it and where the uncertainty comes from (simulator explain" in words
    assert "what it would take (simulator goal" in words
    assert "simulator segments reports/baseline/latest" in words


def test_the_bridge_goes_from_one_middle_to_the_other():
    found = blocks_of(bridge, bridge=ANSWERS["bridge"])
    text = told(found)
    assert "as of 30 Sep 2026 5.40, close dates of one deal moved −0.30" in text
    assert "less time left for open deals −0.10 −0.10 −4" in text
    assert "\N{EM SPACE}D17 Acme pushed to 2027 −0.30" in text
    assert "as of 31 Oct 2026 5.00 5.00 27 %" in text
    assert "Hardly any effect: renewals." in text
    assert drawn(found).count("<rect") == 4


def test_a_bridge_that_nothing_moved_is_told_without_a_picture():
    still = deepcopy(ANSWERS["bridge"]) | {"steps": [], "after": ANSWERS["bridge"]["before"]}
    still["change"] = {"mean": 0.0, "middle": 0.0, "chance": None}
    found = blocks_of(bridge, bridge=still)
    assert not drawn(found)
    assert "chance" not in told(found)


def test_funnels_name_the_leak_and_what_it_is_worth():
    found = blocks_of(funnels, segments=SEGMENTS)
    text = told(found)
    assert "The worst leak: small, Proposed: 50 % are won, elsewhere 62 % (large)." in text
    assert "small Proposed 50 % 62 % 93 % +84 +252" in text
    assert "Of deals that enter small reach: Proposed 100 %, Contract 50 % (+84), won 30 %." in text
    assert "small 8 0.2 5.0 30 % 25–35 % 60 0.03 40" in text
    assert "Lost for: price 7, of 7 losses with a reason" in text
    assert drawn(found).count('class="plan"') == 1


def test_where_nobody_asked_about_segments_the_funnel_stands_as_it_is():
    stage = {"stage": "Contract", "count": 3, "value": 3e5, "weighted": 1.5e5, "mean_age": None}
    payload = sample_forecast() | {"funnel": [{"segment": "smb", "stages": [stage]}]}
    found = list(flat(funnels.section(results(payload, answers={})).blocks))
    assert "smb Contract 3 300 150 –" in told(found)
    assert "Contract 300 · 3" in told(found)


def test_swings_and_tripwires_are_those_of_the_terminal():
    found = blocks_of(swings, explain=EXPLAIN)
    text, shown = told(found), " ".join(explanation_text(EXPLAIN).split())
    for sentence in (
        "If D17 Acme is won, the chance of plan-2027 is 38 %; if it is lost, 21 %.",
        "By 31 Mar 2027 have 1.4 won, as 58 % of futures do, and it is as likely as not",
    ):
        assert sentence in text
        assert sentence in shown
    assert "D17 Acme 38 % 21 % +17 0.44 145 / 45 29 May 2026 ! Jan 2027 3×" in text
    assert "31 Mar 2027 1.1 1.4 1.9 0.6–1.8" in text
    assert "now 27 %" in drawn(found)
    assert "D17 Acme is won by 31 Dec 2027 81 % 49 %" in text


def test_swings_of_a_middle_are_amounts_and_none_is_said():
    deal = EXPLAIN["swings"]["deals"][0] | {"if_won": 5.2e6, "if_lost": 4.9e6, "swing": 3e5, "error": 1e4}
    middle = deepcopy(EXPLAIN)
    middle["swings"] |= {"of": "middle", "deals": [deal]}
    middle["aim"]["amount"] = None
    found = blocks_of(swings, explain=middle)
    assert "the middle of bookings is 5.20; if it is lost, 4.90" in told(found)
    middle["swings"]["deals"] = []
    assert "No single open deal moves the middle of bookings." in told(blocks_of(swings, explain=middle))


def test_an_explanation_of_one_part_leaves_the_others_out():
    head = {key: EXPLAIN[key] for key in ("aim", "amount", "as_of", "currency", "trials", "scenario")}
    assert blocks_of(swings, explain=head) is None
    assert blocks_of(uncertainty, explain=head) is None
    few = head | {"uncertainty": {"trials": 1, "parts": []}}
    assert told(blocks_of(uncertainty, explain=few)) == "So few trials do not tell."


def test_what_it_would_take_is_a_table_and_what_is_not_enough_a_sentence():
    text = told(blocks_of(goal, goal=GOAL))
    assert "plan-2027: bookings of 6 million EUR from 1 Jan 2027 to 31 Dec 2027." in text
    assert "win more deals 67 of 100 deals won instead of 39 60 to 70 Feb 2027" in text
    assert "Not enough by itself: more new deals, even four times as many: 55 %." in text
    assert "Makes no difference: a deposit" in text
    assert "What would take the chance below 10 %, one of these" in text
    assert "Played anew in 2,000 trials, the forecast in" in text
    done = deepcopy(GOAL)
    done["goal"]["levers"][0]["status"] = "nothing needed"
    assert "For a chance of 80 % nothing is needed." in told(blocks_of(goal, goal=done))


def test_scenarios_stand_side_by_side_with_how_often_each_brings_more():
    found = blocks_of(scenarios, compare=COMPARE)
    text = told(found)
    assert "baseline 5.0 6.0 7.0 6.0 –  40 % –" in text
    assert "1 downturn 4.0 5.0 6.0 5.0 −1.0 ±0.01 40 % 2 of 100 futures" in text
    assert "2 hiring 5.5 6.5 7.5 6.5 +0.50 ±0.01 40 % 90 of 100 futures" in text
    assert "1 downturn segments.smb.levers.odds 1 0.8" in text
    sentence = (
        "Bookings of FY2027 are on average 1.0 less (±0.01), 5.0 in place of 6.0; in 98 of 100 futures less."
    )
    assert sentence in text
    assert sentence in " ".join(comparison_text(COMPARE).split())
    assert drawn(found).count('class="dot"') == 3


def test_the_uncertainty_is_shared_out_and_assumptions_are_moved():
    found = blocks_of(uncertainty, explain=EXPLAIN)
    text = told(found)
    assert "which deals are won 61 %, luck that deals share 39 %" in text
    assert "odds to win −20 % +25 % −0.32 +0.29 −10 +12" in text
    assert "Next to nothing comes of: exchange rates." in text
    assert "deal D17 Acme 0.3 6 % 31 %" in text
    assert "Without D17 Acme the middle is 4.6 (−0.40), the chance 21 % in place of 27 %." in text


def test_the_track_record_is_told_in_plain_words_and_drawn_with_what_it_proves():
    found = blocks_of(track, track=ANSWERS["track"])
    text = told(found)
    assert text.startswith("Past 80 % ranges of bookings held 14 of 18 times.")
    assert "50 % ranges 14 of 18, 80 % ranges 14 of 18, 95 % ranges 14 of 18" in text
    # Of each month the last run before it began: that of 31 August, not the one in the middle of September.
    assert "1–28 Aug 2026: 310, 1–28 Sep 2026: 900 missed" in text
    assert "Some were made in hindsight." in text
    assert drawn(found).count('class="down"') == 1
    ends = track._last_before([window(9, 1.0, "2026-09-15"), window(9, 1.0, "2026-08-31")])
    assert [one["as_of"] for one in ends] == ["2026-08-31"]


def test_a_backtest_is_told_too():
    payload = sample_forecast()
    payload["track_record"] = ANSWERS["track"]["track_record"] | {"verdict": ["Backtests say so."]}
    found = list(flat(track.section(results(payload, answers={})).blocks))
    assert told(found).startswith("Backtests say so.")
    assert drawn(found)
    both = told(list(flat(track.section(results(payload, answers={"track": ANSWERS["track"]})).blocks)))
    assert (
        both.index("held 14 of 18") < both.index("Forecast again on past days") < both.index("Backtests say")
    )


@pytest.mark.parametrize(
    ("held", "of", "bad"), [(18, 18, False), (14, 18, False), (11, 18, False), (8, 18, True)]
)
def test_headlines_warn_of_ranges_that_held_too_seldom_for_bad_luck(held, of, bad):
    payload, told_track = sample_forecast(), track_of(held, of)
    assert (told_track["track_record"]["chance"] <= RARE) is bad
    warning = doubt(told_track, payload)
    assert bool(warning) is bad
    if bad:
        assert warning == (
            f"Read these ranges as too narrow: past 80 % ranges of bookings held only {held} of {of} times, "
            "too seldom for bad luck."
        )
    begin = "Read these ranges as too narrow"
    found = results(payload, answers={"track": told_track})
    top = told(headline.section(found).blocks)
    for text in (top, wiki(found).decode(), first_screen(payload, track=told_track)):
        assert (begin in text) is bad


def test_a_bad_backtest_warns_once_on_the_first_screen():
    payload = sample_forecast()
    bad = track_of(8, 18)["track_record"] | {"verdict": ["Past 80 % ranges held 8 of 18 times: too narrow."]}
    payload["track_record"] = bad
    text = first_screen(payload)
    assert text.count("8 of 18") == 1
    assert "Read these ranges as too narrow" in text
    payload["track_record"] = bad | {"chance": 0.4}
    assert "held 8 of 18 times: too narrow." in first_screen(payload)


def test_hostile_names_are_shown_and_nothing_more():
    free = {"name", "customer", "id", "deal", "stage", "segment", "reason", "what", "terms", "scenario"}
    answers = deepcopy(ANSWERS)
    for inside, key in [*places(answers)]:
        if key in free and isinstance(inside[key], str) and inside[key] not in ("bookings", "all", "odds"):
            # What of these are the program's own words stays as it is.
            if key == "name" and "learned" in inside:
                continue
            inside[key] = HOSTILE
    shown = Page(page(results(answers=answers)))
    names = {name for name, _ in shown.elements}
    assert "img" not in names
    assert [name for name, _ in shown.elements].count("script") == 1
    assert not [key for _, attrs in shown.elements for key in attrs if key == "style" or key.startswith("on")]
    assert "<script>" in shown.words
