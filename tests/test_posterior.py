"""What is worked out of all draws of a funnel at once is what each draw's own funnel says."""

import numpy as np
import pytest
from posteriors import funnel_draws

FUNNEL = funnel_draws(5)
EACH = [FUNNEL.funnel(d) for d in range(len(FUNNEL))]
AGES = np.array([0.0, 0.3, 2.5, 29.7, 400.0, 90_000.0])  # nobody gets so old as the last


def test_ladders():
    assert np.allclose(FUNNEL.ladder, [f.ladder for f in EACH])
    assert np.allclose(FUNNEL.target_chances, [f.target_chances for f in EACH])
    assert np.allclose(FUNNEL.snapshot_ladder(), [f.snapshot_ladder() for f in EACH])


def test_stays():
    for s, stay in enumerate(FUNNEL.stays):
        for d, funnel in enumerate(EACH):
            for k in FUNNEL.moves[s]:
                law = funnel.stays[s][k]
                assert stay.means[d, k] == pytest.approx(law.mean())
                assert stay.survivors(AGES)[d, k] == pytest.approx(law.sf(AGES))


@pytest.mark.parametrize("stage", range(3))
def test_first_moves_and_chances_at_an_age(stage):
    draws = np.arange(len(FUNNEL))
    weights, hazards = FUNNEL.first_moves(stage, draws[:, None], AGES)
    assert [tuple(np.flatnonzero(f.transitions[stage])) for f in EACH] == [tuple(FUNNEL.moves[stage])] * 5
    at_once = FUNNEL.close_chance(stage, draws[:, None], AGES)
    paired = FUNNEL.close_chance(stage, draws, AGES[:5])
    for d, funnel in enumerate(EACH):
        found = np.array([w[d] for w in weights])
        wanted = funnel.first_moves(stage, AGES)[:, FUNNEL.moves[stage]].T
        assert found / found.sum(axis=0) == pytest.approx(wanted)
        assert np.exp(-np.array([h[d] for h in hazards])) == pytest.approx(
            FUNNEL.stays[stage].survivors(AGES)[d, FUNNEL.moves[stage]]
        )
        assert at_once[d] == pytest.approx(funnel.close_chance(stage, AGES))
        assert paired[d] == at_once[d, d]
