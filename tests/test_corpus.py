"""No malformed file is misread in silence: each case comes out as it must, by a rule that is needed."""

import pytest
from corpus.amounts import AMOUNTS
from corpus.days import DAYS
from corpus.scenarios import SCENARIOS
from corpus.tables import ROWS
from corpus.terms import TERMS
from corpus.texts import TEXTS

CASES = [*DAYS, *AMOUNTS, *TEXTS, *ROWS, *SCENARIOS, *TERMS]


def named(case):
    return f"{case.rule}: {case.odd}"[:80].encode("ascii", "backslashreplace").decode()


@pytest.mark.parametrize("case", CASES, ids=named)
def test_a_case_comes_out_as_it_must(tmp_path, case):
    assert case.faults(tmp_path) == []
