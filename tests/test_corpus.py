"""No malformed file is misread in silence: each case comes out as it must, by a rule that is needed."""

from collections import Counter

import pytest
from corpus.amounts import AMOUNTS
from corpus.days import DAYS
from corpus.scenarios import SCENARIOS
from corpus.tables import ROWS
from corpus.terms import TERMS
from corpus.texts import TEXTS
from corpus.workbooks import WORKBOOKS
from corpus_rules import RULES, do_without

QUICK = [*DAYS, *AMOUNTS, *TEXTS, *ROWS, *SCENARIOS, *TERMS]
CASES = [*QUICK, *WORKBOOKS]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("corpus")


def test_no_two_cases_are_the_same_and_each_names_a_rule():
    assert len(CASES) >= 400
    given = Counter(repr((sorted(case.given.items(), key=str), case.odd)) for case in CASES)
    assert [one for one, count in given.items() if count > 1] == []
    assert {case.rule for case in CASES} == set(RULES)


@pytest.mark.parametrize("rule", dict.fromkeys(case.rule for case in QUICK))
def test_each_case_comes_out_as_it_must(folder, rule):
    found = {case.odd: case.faults(folder) for case in QUICK if case.rule == rule}
    assert {odd: faults for odd, faults in found.items() if faults} == {}


@pytest.mark.filterwarnings("ignore")
def test_the_code_of_each_rule_stands_where_it_is_named(monkeypatch):
    for rule in RULES:
        with monkeypatch.context() as patch:
            do_without(rule, patch)


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("rule", RULES)
def test_without_its_rule_each_case_comes_out_otherwise(folder, monkeypatch, rule):
    mine = [case for case in CASES if case.rule == rule]
    assert [case.odd for case in mine if case.faults(folder)] == []
    do_without(rule, monkeypatch)
    assert [case.odd for case in mine if not case.faults(folder)] == []
