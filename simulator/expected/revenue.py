"""Recognise expected revenue by its rule, and count the yearly recurring revenue that is added."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from simulator.expected.events import NOISE, Calendar
from simulator.scenario.conditions import Conditions
from simulator.terms import Event

Floats = NDArray[np.float64]


def recognised(terms: Conditions, calendar: Calendar, events: Mapping[Event, Floats]) -> Floats:
    """Return the revenue of lines under one set of conditions, floats[day 0 … last].

    At delivery all of it; over the term amount ÷ days a day from the start on, for as long as the customer
    lasts; at milestones each instalment's part with its event. Money is the company's, at the rate of the
    day of signature.

    Args:
        terms: the conditions.
        calendar: of the days.
        events: solvent customers' money by the day of each event, floats[day 0 … last].
    """
    size = calendar.last + 1
    if terms.recognise == "at-delivery":
        return events["delivery"]
    if terms.recognise == "at-milestone":
        total = np.zeros(size)
        for part, event in zip(terms.installments, terms.milestones, strict=True):
            total += events[event] * float(part.share)
        return total
    if terms.recognise == "over-term":
        kept = terms.payment.solvent(np.arange(size))
        ends = calendar.term_end(terms.months)[-calendar.first :]
        return served(events["start"] / kept, np.arange(size), ends) * kept
    return np.zeros(size)


def served(amounts: Floats, starts: NDArray[np.int64], ends: NDArray[np.int64]) -> Floats:
    """Spread amounts evenly over the days of their services, floats[day 0 … size − 1].

    Args:
        amounts: floats[size].
        starts: first day of each service, integers[size].
        ends: first day after it, integers[size].
    """
    size = len(amounts)
    some = np.flatnonzero(amounts)
    daily = amounts[some] / (ends - starts)[some]
    change = np.bincount(np.maximum(starts[some], 0), daily, size)
    over = ends[some] < size
    change -= np.bincount(ends[some][over], daily[over], size)
    level = np.cumsum(change)
    return np.where(level > NOISE * level.max(initial=0.0), level, 0.0)
