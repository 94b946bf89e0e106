"""What a new user reads: each message names place, value, rule and remedy, and none leads astray."""

import pytest
from written import DEALS, problems

from simulator.distributions import LogNormal
from simulator.errors import Problem
from simulator.loading.problems import LoadError


def only(found):
    """The one problem, as a text, and itself."""
    assert len(found) == 1, [str(p) for p in found]
    return found[0], str(found[0])


@pytest.mark.parametrize(
    ("amount", "message", "remedy"),
    [
        ("nan", "the amount is not a finite number", "write the amount, or leave the row out"),
        ("-Infinity", "the amount is not a finite number", "write the amount, or leave the row out"),
        ("9" * 20, "the amount is too large", "amounts stay below 90,071,992,547,409"),
        ("1.2E+06", "the amount is in scientific notation", "write all digits"),
        ("£5", "the amount is marked £, where the currency is EUR", "correct the mark, or the currency"),
        ("12 RUR", "the amount is marked RUR, which is no ISO 4217 currency", "12.50 EUR"),
        ("TBD", "the amount is not a number", "write a plain number such as 12500.00"),
        ("1.234,50", "the amount is not a number", 'set data.decimal: "," in small.yaml, line 7'),
        ("5.123456", "the amount has more decimals than the currency, which has 2", "round it"),
    ],
)
def test_an_amount_says_why_it_is_none(tmp_path, amount, message, remedy):
    problem, text = only(problems(tmp_path, deals=DEALS + f'D5,Proposal,"{amount}",,,,\n'))
    assert problem.message == message
    assert remedy in problem.remedy and "data.decimal" not in problem.remedy.replace(remedy, "")
    assert f'deals.csv, row 5 (line 6), column "amount", deal D5: "{amount}"' in text


@pytest.mark.parametrize(
    ("day", "message", "remedy"),
    [
        ("2027-02-29", "2027 is no leap year, its February has 28 days", "did you mean 2027-02-28?"),
        ("2028-02-30", "2028 is a leap year, its February has 29 days", "did you mean 2028-02-29?"),
        ("2026-04-31", "April has 30 days", "did you mean 2026-04-30?"),
        ("2026-25-12", "there is no month 25", "did you mean 2026-12-25?"),
        ("2026-00-10", "there is no month 0", "write year-month-day"),
        ("46000", "is not a date", "a spreadsheet's number of a day?"),
        ("10/31/2026", "is not a date", "set data.date_order: mdy in small.yaml, line 7"),
    ],
)
def test_a_day_that_does_not_exist_says_why(tmp_path, day, message, remedy):
    problem, text = only(problems(tmp_path, deals=DEALS + f"D5,Proposal,5,{day},,,\n"))
    assert message in problem.message and remedy in problem.remedy
    assert f'deals.csv, row 5 (line 6), column "created", deal D5: "{day}"' in text
    if "does not exist" in problem.message:
        assert "does not exist" in only(problems(tmp_path, sets=[f"as_of={day}"]))[0].message


def test_equal_messages_fold_and_different_ones_stand_alone():
    def row(number, message="the amount is negative", value="-5", code="D015", file="deals.csv"):
        return Problem(code, message, file, number + 1, number, "amount", value=value)

    names = [row(n, "there is no such product", v, "D030") for n, v in enumerate("aab", 100)]
    many = [row(n, value=str(-n)) for n in range(1, 10_001)]
    others = [row(3, "the amount is not a number"), row(4, file="invoices.csv")]
    error = LoadError([*many, *names, *others])
    assert len(error.every) == len(many) + len(names) + len(others)
    assert [(p.code, p.value, p.count) for p in error.problems] == [
        ("D015", "-1", 9_999), ("D030", "a", 1), ("D030", "b", 0), ("D015", "-5", 0), ("D015", "-5", 0),
    ]  # fmt: skip
    wrong = LoadError([row(n, value=f"s{n}", code="D010") for n in range(1, 100)])
    assert [p.count for p in wrong.problems] == [0] * 7 + [91]
    assert "9,999 more rows like this" in str(error) and "1 more row like this" in str(error)
    assert len(str(error)) < 1_500


def test_a_law_of_almost_nothing_is_still_a_law():
    law = LogNormal.from_mean(1e-300, 20.0)
    assert law.mean() == pytest.approx(1e-300) or law.mean() == 0
    assert 0 <= float(law.cdf(1e-300)) <= 1 and float(law.sf(1.0)) < 1e-6
