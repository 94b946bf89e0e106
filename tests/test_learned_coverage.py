"""Forecasts that were learned hold as often as they say, on companies whose truth is known (MODEL 11)."""

import pytest
from coverage_of_companies import coverage, coverages
from learned_company import bunched, learned, plug_in

COMPANIES = 1000


@pytest.fixture(scope="module")
def both():
    """1,000 companies of every kind: growth, season, optimism, stale deals, short logs; ρ = .1."""
    found = coverages((learned, plug_in, bunched), range(COMPANIES), fixed={"rho": 0.1})
    names = "learned", "middle figures for certain, nothing shared", "the same, new deals in bunches"
    for name, of_one in zip(names, found, strict=True):
        print(f"\n{name}\n{of_one}")
        assert not [case for case in of_one.cases if case.error]
    return found


@pytest.mark.verify
def test_intervals_of_next_quarters_bookings_hold(both):
    for level, low, high in ((0.5, 0.46, 0.54), (0.8, 0.76, 0.84), (0.95, 0.93, 0.97)):
        assert low <= both[0].rate(level)[0] <= high, level


@pytest.mark.verify
def test_the_check_can_fail(both):
    """Middle figures for certain, and deals that share nothing: the 80 % interval holds in less than 60 %."""
    assert both[1].rate(0.8)[0] < 0.6


@pytest.mark.slow
def test_a_few_companies_of_every_kind_are_forecast_at_all():
    found = coverage(learned, range(2000, 2006))
    assert not [case.error for case in found.cases if case.error]
    assert sum(case.held[2] for case in found.cases) >= 3  # of 6 at 95 %: fewer once in ten thousand
