"""Say what is signed each day, of open deals and of deals to come: lines by the conditions they are under."""

from __future__ import annotations

from dataclasses import field
from typing import Final

import numpy as np
from numpy.typing import NDArray

from simulator.deals import Pipeline
from simulator.expected.billing import rates
from simulator.expected.draws import Averages, averages
from simulator.expected.lines import DealLines, Kind, Stated, Sums, Taking, earliest
from simulator.expected.luck import Luck
from simulator.expected.new_deals import NewDeals, by_odds, new_deals
from simulator.expected.open_deals import OpenDeals, mean_factors, open_deals
from simulator.expected.returns import Returns
from simulator.expected.walks import Walk
from simulator.money import minor_digits
from simulator.records import dataclass
from simulator.scenario import Scenario

Floats = NDArray[np.float64]

SOURCES: Final = ("backlog", "open", "new", "renewals", "receivables")
"""What is left of deals won by now; open deals with their returns; deals to come with theirs, and bluebirds;
renewals of all of these and of known contracts; opening invoices."""
BACKLOG, OPEN, NEW, RENEWALS, RECEIVABLES = range(5)
NEGLIGIBLE: Final = 1e-200
"""A chance so small, of a deal far older than any win, that nothing can be divided by it."""
PORTION: Final = 400
"""Open deals that are solved at once: each takes some kilobytes, a few numbers a day."""

Attempts = tuple[Averages | None, Returns]
"""What is learned of a segment's attempts on average, and their returns."""
Lines = dict[tuple[int, Kind], dict[Stated, Floats]]
"""(source, kind of line) to its stated days to floats[2, day 0 … last]: the expected number of lines signed,
and their money in minor units of the contract's currency."""


@dataclass(frozen=True)
class Daily:
    """Expected bookings by the day of signature, minor units of the company's currency.

    All are floats[segment, day 0 … last].

    Attributes:
        at_set_chances: open deals, first attempts, at the CRM's chances and open amounts.
        at_our_chances: at p* instead.
        first: with changed amounts and offers too: first attempts as they are expected.
        returned: lost deals that come back.
        new: deals yet to come.
        renewals: of known contracts and of all of these.
    """

    at_set_chances: Floats
    at_our_chances: Floats
    first: Floats
    returned: Floats
    new: Floats
    renewals: Floats


@dataclass
class Signatures:
    """What is signed of open and new deals.

    Attributes:
        scenario: whose deals they are.
        winners: deals won, floats[source, segment, day 0 … last].
        daily: bookings, after offers.
        deals: of each open deal, its first attempt: p*, chance to close in the horizon, and expected
            bookings after offers, floats[3, deal].
        lines: before offers.
        exempt: third attempts meet a correlated market, which is left out.
    """

    scenario: Scenario
    winners: Floats
    daily: Daily
    deals: Floats
    lines: Lines = field(default_factory=dict)
    exempt: bool = False

    @staticmethod
    def of(scenario: Scenario) -> Signatures:
        """Solve the deals of every segment."""
        days = (len(scenario.segments), scenario.horizon.last_day + 1)
        daily = Daily(*(np.zeros(days) for _ in range(6)))
        winners, deals = np.zeros((len(SOURCES), *days)), np.zeros((3, len(scenario.pipeline)))
        result = Signatures(scenario, winners, daily, deals)
        luck, walks, crm = Luck.of(scenario.market), dict[int, Walk](), crm_chances(scenario)
        for index, segment in enumerate(scenario.segments):
            walk = walks.setdefault(id(segment.funnel), Walk(segment.funnel))
            length = scenario.horizon.last_day
            attempts = known, returns = _attempts(scenario, index, walk, luck)
            rows = np.flatnonzero(scenario.pipeline.segment == index)
            for some in _portions(scenario.pipeline, rows):
                chances = known.open[some] if known else None
                solved = open_deals(segment, walk, scenario.pipeline, rows[some], length, chances)
                result._add_open(index, solved, returns, crm, known.price if known else 1.0)
            if segment.generation is not None:
                result._add_new(index, _to_come(scenario, index, attempts))
            result.exempt |= returns.exempt
        return result

    def _add_open(
        self, index: int, deals: OpenDeals, returns: Returns, crm_chance: Floats, grown: float
    ) -> None:
        """Add open deals of a segment: first attempts, then the lost ones that come back."""
        segment, pipeline, daily = self.scenario.segments[index], self.scenario.pipeline, self.daily
        change, amounts = segment.amount_change, pipeline.amount[deals.rows].astype(np.float64)
        factor = mean_factors(change, _majors(self.scenario, deals.rows) if change.by_size else amounts)
        factor *= segment.soberness.amount * grown
        taking = Taking.of(self.scenario, index, "open")
        raised = segment.levers.price_on(np.arange(len(taking.discount)), self.scenario.horizon.as_of)
        price = raised * (1 - taking.discount)
        first = _from_day_0(np.diff(deals.won_by, axis=1, prepend=0.0))
        self.deals[:2, deals.rows] = deals.chance, deals.won_by[:, -1]
        self.winners[OPEN, index] += first.sum(axis=0)

        own = [pipeline.currency[i] for i in deals.rows.tolist()]
        codes, currency = np.unique(np.array(own), return_inverse=True)
        rate = np.array([rates(self.scenario, str(code)) for code in codes])
        n = np.arange(len(deals.rows))
        possible = deals.chance > NEGLIGIBLE
        crm = np.where(possible, crm_chance[deals.rows], 0.0)
        crm /= np.where(possible, deals.chance, 1.0)
        weights = amounts * crm, amounts, amounts * factor
        for series, weight in zip(
            (daily.at_set_chances, daily.at_our_chances, daily.first), weights, strict=True
        ):
            booked = (Sums(len(codes), currency, n, weight).of(first) * rate).sum(axis=0)
            series[index] += booked * price if series is daily.first else booked
        converted = np.zeros(len(n))
        for code in range(len(codes)):
            chosen = currency == code
            converted[chosen] = first[chosen] @ (rate[code] * price)
        self.deals[2, deals.rows] = amounts * factor * converted

        lines = DealLines.of(pipeline, deals.rows, factor, self.scenario.payers)
        again = np.zeros_like(rate)
        money, number = lines.money.of(first), lines.number.of(first)
        if returns.any:
            everyone = Sums(1, np.zeros_like(n), n, np.ones(len(n)))
            by_currency = Sums(len(codes), currency, n, amounts * factor)
            tables = [s.table(len(n)) for s in (everyone, by_currency, lines.money, lines.number)]
            parts = returns.won_by_day(deals.states, tables)
            won, again, more, extra = (_from_day_0(part) for part in parts)
            self.winners[OPEN, index] += won[0]
            money, number = money + more, number + extra
        money = money * raised
        daily.returned[index] += (again * rate).sum(axis=0) * price
        for (kind, stated), *series_of in zip(lines.kinds, number, money, strict=True):
            _add(self.lines, (OPEN, kind), stated, np.stack(series_of))

    def _add_new(self, index: int, new: NewDeals) -> None:
        """Add the deals yet to come to a segment, of the default class and in the company's currency."""
        segment, taking = self.scenario.segments[index], Taking.of(self.scenario, index, "new")
        won = _from_day_0(new.won)
        money = _from_day_0(new.money) * 10.0 ** minor_digits(self.scenario.currency)
        self.winners[NEW, index] = won
        self.daily.new[index] = money * (1 - taking.discount)
        for line in segment.mix:
            kind = Kind(index, "", self.scenario.currency, "", line.product, line.months)
            series = np.stack((won, money * float(line.share)))
            _add(self.lines, (NEW, kind), earliest(line), series)

    def after_offers(self) -> Lines:
        """Return the lines parted by offers taken, discounts off, and by levers on their terms."""
        result: Lines = {}
        for (source, kind), rows in self.lines.items():
            taking = Taking.of(self.scenario, kind.segment, "open" if source == OPEN else "new")
            for stated, series in rows.items():
                for taken, part in taking.split(self.scenario, kind, series):
                    for own, some in taken.parted(self.scenario, part):
                        _add(result, (source, own), stated, some)
        return result


def _attempts(scenario: Scenario, index: int, walk: Walk, luck: Luck) -> Attempts:
    """Return what is learned of a segment's attempts on average, and their returns."""
    known, horizon = averages(scenario, index), scenario.horizon
    entry = known.entry if known else None
    return known, Returns(scenario.segments[index], walk, luck, horizon.as_of, horizon.last_day, entry)


def _to_come(scenario: Scenario, index: int, attempts: Attempts) -> NewDeals:
    """Return the deals yet to come to a segment, added up over the odds that levers give them."""
    segment, horizon, total = scenario.segments[index], scenario.horizon, None
    assert segment.generation is not None
    for odds, some in by_odds(scenario, index):
        known, returns = attempts
        if some is not scenario:
            known, returns = _attempts(some, index, returns.walk, returns.luck)
        worth, grown = (known.entry_worth, known.price) if known else (None, 1.0)
        part = new_deals(segment.generation, returns, horizon, worth, grown, odds)
        total = part if total is None else NewDeals(total.won + part.won, total.money + part.money)
    assert total is not None
    return total


def _portions(pipeline: Pipeline, rows: NDArray[np.int64]) -> list[NDArray[np.int64]]:
    """Return places among the rows of deals, as many at once as take little memory, like ones together."""
    order = np.arange(len(rows))
    if len(rows) > PORTION:
        order = np.lexsort((pipeline.age[rows], pipeline.stage[rows]))
    return [order[begin : begin + PORTION] for begin in range(0, len(rows), PORTION)]


def _majors(scenario: Scenario, rows: NDArray[np.int64]) -> Floats:
    """Return open amounts in major units of the company's currency, at the rates of the as-of day."""
    pipeline, unit = scenario.pipeline, 10.0 ** minor_digits(scenario.currency)
    codes = [pipeline.currency[i] for i in rows.tolist()]
    return scenario.rates.worth(pipeline.amount[rows], codes) / unit


def crm_chances(scenario: Scenario) -> Floats:
    """Return what the CRM weighs each deal with: its own probability, else its stage's set close chance."""
    pipeline = scenario.pipeline
    result, unknown = pipeline.probability.copy(), np.isnan(pipeline.probability)
    for index, segment in enumerate(scenario.segments):
        own = unknown & (pipeline.segment == index)
        result[own] = segment.set_ladder[pipeline.stage[own]]
    return result


def _add(lines: Lines, kind: tuple[int, Kind], stated: Stated, series: Floats) -> None:
    """Add lines of a kind, floats[2, day 0 … last]."""
    if series.any():
        rows = lines.setdefault(kind, {})
        rows[stated] = rows[stated] + series if stated in rows else series


def _from_day_0(series: Floats) -> Floats:
    """Put day 0, on which nothing happens any more, before the days 1 … last."""
    return np.concatenate((np.zeros((*series.shape[:-1], 1)), series), axis=-1)
