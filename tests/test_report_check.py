"""What a history says of set percentages fits a hundred columns and claims no more than it knows."""

from dataclasses import replace

from past import make_history

from simulator.learning.checking import Checked, StageCheck
from simulator.learning.drift import Drift
from simulator.learning.enough import Enough
from simulator.report.check import check_json, check_text
from simulator.words import width

STAGE = StageCheck(
    "Enterprise", "Solution proposed", 0.6, 84, 31, 34, 19, 31 / 65, (0.42, 0.5), 0.46, 0.39, 0.53, 0.992,
    20.0, 6, 168, -40_000_000.0, (("price", 12), ("no budget", 9)), Drift(90, 0.4, 0.38, 0.7, 0.21, 0.6),
)  # fmt: skip
ENOUGH = Enough(1.12, "amber", 65, 6, 20.0, 23, 7.0, 0.12)
CHECKED = Checked((STAGE,), {"Enterprise": ENOUGH}, "snapshot", True)
HISTORY = make_history([738_000, 738_010], 738_400)


def test_a_wrong_percentage_is_told_with_what_it_costs():
    text = " ".join(check_text(CHECKED, HISTORY).split())
    assert (
        "Enterprise, Solution proposed: set 60 %. 84 deals were there, 31 won, 34 lost, 19 open: most likely "
        "46 %, 8 chances in 10 for 39–53 %. 60 % is too high (more than 99 in 100). Correcting it takes 400 "
        "thousand EUR off the year."
    ) in text
    assert (
        "23 more closed deals, about 7 months at your pace; more history would narrow it by at most 12 %."
        in text
    )
    assert "a change of 21 points would most likely have been seen" in text
    assert "Solution proposed: {close: 46%}" in text


def test_lines_fit_and_numbers_keep_their_per_cent_sign():
    lines = check_text(CHECKED, HISTORY).splitlines()
    assert max(width(line) for line in lines) <= 100
    assert not any(line.strip().startswith("%") for line in lines)


def test_what_cannot_be_corrected_is_not_told_as_nothing():
    text = check_text(replace(CHECKED, stages=(replace(STAGE, money=None),)), HISTORY)
    assert "too high" in text and "Correcting" not in text


def test_a_record_without_deals_says_so():
    text = check_text(Checked((), {}, "snapshot", False), HISTORY)
    assert text.endswith("No deal of this record tells a percentage.\n") and "mended" not in text


def test_plain_data_has_amounts_in_major_units():
    content = check_json(CHECKED, HISTORY)
    assert content["stages"][0]["money"] == -400_000.0 and content["basis"] == "snapshot"


def test_what_nobody_set_is_not_called_set():
    text = check_text(replace(CHECKED, stages=(replace(STAGE, assumed=True),)), HISTORY)
    assert "set 60 %" not in text and "the article says 60 %" in text
    row = next(line for line in text.splitlines() if line.startswith("Enterprise  Solution"))
    assert "60 %" not in row and "46 %" in row


def test_ten_times_as_wide_is_said_so():
    text = " ".join(
        check_text(replace(CHECKED, enough={"Enterprise": replace(ENOUGH, inflation=9.7)}), HISTORY).split()
    )
    assert "the range is 9.7 times as wide as with known percentages" in text
