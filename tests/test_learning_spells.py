"""Stays read from histories that are small enough to be read by eye, and their cumulative incidence."""

import numpy as np
from plain_histories import KNOWN, Law, even_clock, history_of, walk

from simulator.learning.aalen_johansen import incidence_of
from simulator.learning.spells import STILL, bluebirds_of, segment_clocks, spells_of

MONDAY = 735_000 - 735_000 % 7 + 1


def told(*moves, **options):
    """The history of one segment with 2 stages (won 2, lost 3) from (deal, stage, day)."""
    return history_of([np.array(moves).T], 2, **options)


def rows(spells):
    columns = (spells.deal, spells.stage, spells.target, spells.length, spells.entry)
    return [tuple(int(v) for v in row) for row in zip(*columns, strict=True)]


def test_stays_end_go_on_and_come_again():
    t = KNOWN
    history = told((0, 0, t - 30), (0, 1, t - 20), (0, 0, t - 20), (0, 3, t - 5), (1, 0, t - 9))
    spells = spells_of(history, (even_clock(),))
    assert rows(spells) == [(0, 0, 1, 10, -1), (0, 1, 0, 0, -1), (0, 0, 3, 15, -1), (1, 0, STILL, 9, -1)]
    assert spells.age.tolist() == [0, 0, 0, 9]
    assert spells.first.tolist() == [True, False, False, True]
    assert spells.last.tolist() == [False, False, True, True]


def test_a_weekend_is_no_time():
    assert MONDAY % 7 == 1  # ordinal 1 is a Monday
    history = told((0, 0, MONDAY + 4), (0, 1, MONDAY + 6), (0, 2, MONDAY + 9), known=MONDAY + 30)
    spells = spells_of(history, segment_clocks(history))
    # Friday to Sunday: nothing; Sunday to Wednesday: three business days of 365/261 each.
    assert spells.length.tolist() == [0, 4]


def test_what_began_before_the_log_is_seen_from_then_on():
    since = KNOWN - 100
    history = told(
        (0, 0, since - 30), (0, 1, since - 10), (0, 3, since + 5),  # its first stay ended unseen
        (1, 0, since - 10), (1, 3, since - 1),  # closed before: never seen
        (2, 0, since + 1), (2, 3, since + 3),
        since=since,
    )  # fmt: skip
    assert len(history.deals) == 2
    assert rows(spells_of(history, (even_clock(),))) == [(0, 1, 3, 15, 9), (1, 0, 3, 2, -1)]


def test_the_quarter_is_that_of_arrival_or_of_the_first_sight():
    since = KNOWN - 100
    history = told((0, 0, since - 300), (0, 3, since + 99), (1, 0, since), (1, 3, since + 90), since=since)
    quarters = spells_of(history, (even_clock(),)).quarter
    assert quarters[0] == quarters[1]


def test_bluebirds_leave():
    t = KNOWN - 50
    history = told((0, 0, t), (0, 2, t), (1, 0, t), (1, 2, t + 2), (2, 0, t), (2, 3, t))
    assert bluebirds_of(history).tolist() == [True, False, False]
    assert set(spells_of(history, (even_clock(),)).deal.tolist()) == {1, 2}
    plain = told((0, 0, t), (0, 2, t + 3), (1, 0, t), (1, 2, t + 4), logged=False)
    assert bluebirds_of(plain).tolist() == [True, False]


# ---- cumulative incidence


def spells_of_seed(seed, deals=80):
    rng = np.random.default_rng(seed)
    law = Law(
        np.array([[0, 0.6, 0, 0.4], [0.1, 0, 0.5, 0.4]]), np.full((2, 4), np.log(6.0)), np.full((2, 4), 0.7)
    )
    begun = KNOWN - rng.integers(0, 60, deals)
    return spells_of(history_of([walk(rng, law, begun)], 2, since=KNOWN - 30), (even_clock(),))


def test_incidence_agrees_with_counting_day_by_day():
    for seed in range(20):
        spells = spells_of_seed(seed)
        spells = spells.only(spells.stage == 0)
        result = incidence_of(spells)
        alive, cumulative = 1.0, np.zeros(4)
        for day in range(int(spells.length.max()) + 1):
            at_risk = [i for i in range(len(spells)) if spells.entry[i] < day <= spells.length[i]]
            over = [i for i in at_risk if spells.length[i] == day and spells.target[i] != STILL]
            for i in over:
                cumulative[spells.target[i]] += alive / len(at_risk)
            alive *= 1 - len(over) / max(len(at_risk), 1)
        assert np.allclose(result.shares, cumulative, atol=1e-12)
        assert np.isclose(result.unresolved, alive, atol=1e-12)
        assert np.isclose(result.shares.sum() + result.unresolved, 1.0)


def test_incidence_of_nothing_is_all_unresolved():
    spells = spells_of_seed(1)
    assert incidence_of(spells.only(spells.target == STILL)).unresolved == 1.0
    assert incidence_of(spells.only(spells.stage > 5)).shares.sum() == 0.0
