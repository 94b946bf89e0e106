"""Bring the exact means of a scenario together, cell by cell and deal by deal."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from simulator.expected.billing import Contract, Ledger, by_cell, rates, receipts_of_opening
from simulator.expected.luck import Luck
from simulator.expected.new_deals import new_deals
from simulator.expected.open_deals import OpenDeals, mean_factor, open_deals
from simulator.expected.returns import Returns
from simulator.expected.walks import Walk
from simulator.money import minor_digits
from simulator.scenario import Scenario

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

SOURCES: Final = ("open", "new", "receivables")
"""Open deals with their returns; deals to come with theirs, and bluebirds; opening invoices."""
_OPEN, _NEW, _RECEIVABLES = range(3)


@dataclass(frozen=True)
class Daily:
    """Expected bookings by the day of closing, minor units of the company's currency.

    All are floats[segment, day 0 … last].

    Attributes:
        at_set_chances: open deals, first attempts, at the CRM's chances and open amounts.
        at_our_chances: at p* instead.
        first: with changed amounts too: first attempts as they are expected.
        returned: lost deals that come back.
        new: deals yet to come.
    """

    at_set_chances: Floats
    at_our_chances: Floats
    first: Floats
    returned: Floats
    new: Floats


@dataclass(frozen=True)
class Expected:
    """Exact means of a scenario; money in minor units of the company's currency, without rounding.

    Attributes:
        sources: names of axis 0.
        bookings: floats[source, segment, cell].
        billings: floats[source, segment, cell].
        receipts: floats[source, segment, cell].
        winners: expected number of deals won, floats[source, segment, cell].
        deal_chance: p* of each open deal, averaged over an unknown age, floats[deal].
        deal_in_horizon: chance to be won and closed within the horizon, first attempt, floats[deal].
        deal_bookings: expected bookings within the horizon, first attempt, floats[deal].
        exempt_returns: third attempts meet a correlated market, which `open` and `new` here leave out.
        daily: expected bookings by day.
    """

    sources: tuple[str, ...]
    bookings: Floats
    billings: Floats
    receipts: Floats
    winners: Floats
    deal_chance: Floats
    deal_in_horizon: Floats
    deal_bookings: Floats
    exempt_returns: bool
    daily: Daily


def expected(scenario: Scenario) -> Expected:
    """Compute the exact means of every cell from MODEL.md alone."""
    horizon = scenario.horizon
    result = _empty(scenario)
    ledger = Ledger(scenario, result.billings, result.receipts)
    luck = Luck.of(scenario.market)
    walks: dict[int, Walk] = {}
    exempt = False
    for index, segment in enumerate(scenario.segments):
        walk = walks.setdefault(id(segment.funnel), Walk(segment.funnel))
        returns = Returns(segment, walk, luck, horizon.as_of, horizon.last_day)
        rows = np.flatnonzero(scenario.pipeline.segment == index)
        if len(rows):
            deals = open_deals(segment, walk, scenario.pipeline, rows, horizon.last_day)
            _add_open(scenario, index, deals, returns, ledger, result)
        if segment.generation is not None:
            _add_new(scenario, index, returns, ledger, result)
        exempt |= returns.exempt
    ledger.pay()
    receipts_of_opening(scenario, result.receipts[_RECEIVABLES])
    return replace(result, exempt_returns=exempt)


def _empty(scenario: Scenario) -> Expected:
    segments, count = len(scenario.segments), len(scenario.pipeline)
    cells = (len(SOURCES), segments, len(scenario.horizon.cuts))
    days = (segments, scenario.horizon.last_day + 1)
    return Expected(
        sources=SOURCES,
        bookings=np.zeros(cells),
        billings=np.zeros(cells),
        receipts=np.zeros(cells),
        winners=np.zeros(cells),
        deal_chance=np.zeros(count),
        deal_in_horizon=np.zeros(count),
        deal_bookings=np.zeros(count),
        exempt_returns=False,
        daily=Daily(*(np.zeros(days) for _ in range(5))),
    )


def _add_open(
    scenario: Scenario, index: int, deals: OpenDeals, returns: Returns, ledger: Ledger, result: Expected
) -> None:
    """Add the open deals of a segment: contracts of one kind are billed together."""
    segment, horizon = scenario.segments[index], scenario.horizon
    factor = mean_factor(segment.amount_change) * segment.soberness.amount
    contracts, kind = _contracts(scenario, index, deals.rows)
    rate = np.array([rates(scenario, contract.currency) for contract in contracts])
    amounts = scenario.pipeline.amount[deals.rows].astype(np.float64)
    by_day = np.diff(deals.won_by, axis=1, prepend=0.0)
    result.deal_chance[deals.rows] = deals.chance
    result.deal_in_horizon[deals.rows] = deals.won_by[:, -1]
    result.deal_bookings[deals.rows] = amounts * factor * (by_day * rate[kind, 1:]).sum(axis=1)
    by_cell(result.winners[_OPEN, index], _from_day_0(by_day.sum(axis=0)), horizon)

    with np.errstate(divide="ignore", invalid="ignore"):
        ours = np.where(deals.chance > 0, crm_chances(scenario)[deals.rows] / deals.chance, 0.0)
    by_kind = (np.arange(len(contracts))[:, None] == kind) * amounts
    first = by_kind @ by_day
    result.daily.at_our_chances[index, 1:] = (first * rate[:, 1:]).sum(axis=0)
    result.daily.at_set_chances[index, 1:] = (((by_kind * ours) @ by_day) * rate[:, 1:]).sum(axis=0)
    result.daily.first[index, 1:] = factor * result.daily.at_our_chances[index, 1:]
    money = factor * first
    if returns.any:
        again = returns.won_by_day(deals.states, np.vstack((np.ones(len(amounts)), factor * by_kind)))
        by_cell(result.winners[_OPEN, index], _from_day_0(again[0]), horizon)
        result.daily.returned[index, 1:] = (again[1:] * rate[:, 1:]).sum(axis=0)
        money = money + again[1:]
    for contract, series in zip(contracts, money, strict=True):
        ledger.add(_OPEN, contract, _from_day_0(series))
    booked = result.daily.first[index] + result.daily.returned[index]
    by_cell(result.bookings[_OPEN, index], booked, horizon)


def _add_new(scenario: Scenario, index: int, returns: Returns, ledger: Ledger, result: Expected) -> None:
    """Add the deals yet to come to a segment; they are of the default class, in the company's currency."""
    generation = scenario.segments[index].generation
    if generation is None:
        return
    new = new_deals(generation, returns, scenario.horizon)
    money = _from_day_0(new.money) * 10.0 ** minor_digits(scenario.currency)
    by_cell(result.winners[_NEW, index], _from_day_0(new.won), scenario.horizon)
    by_cell(result.bookings[_NEW, index], money, scenario.horizon)
    result.daily.new[index] = money
    ledger.add(_NEW, Contract(index, "", scenario.currency, "", 0), money)


def _contracts(scenario: Scenario, index: int, rows: Integers) -> tuple[list[Contract], Integers]:
    """List the kinds of contract among deals, and the kind of each."""
    pipeline = scenario.pipeline
    kinds: dict[Contract, int] = {}
    each = []
    for row in rows.tolist():
        contract = Contract(
            index, pipeline.customer_class[row], pipeline.currency[row], pipeline.terms[row],
            int(pipeline.service_months[row]),
        )  # fmt: skip
        each.append(kinds.setdefault(contract, len(kinds)))
    return list(kinds), np.array(each, dtype=np.int64)


def crm_chances(scenario: Scenario) -> Floats:
    """Return what the CRM weighs each deal with: its own probability, else its stage's set close chance."""
    pipeline = scenario.pipeline
    result = pipeline.probability.copy()
    for row in np.flatnonzero(np.isnan(result)):
        result[row] = scenario.segments[pipeline.segment[row]].set_ladder[pipeline.stage[row]]
    return result


def _from_day_0(series: Floats) -> Floats:
    return np.concatenate(([0.0], series))
