"""Turn the nouns of a scenario into the plan of its trials."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from simulator.currency import RateCurve
from simulator.deals import Pipeline, Wins
from simulator.engine.cells import SOURCES, Slice
from simulator.engine.contracts import Contract, Contracts, LinePlan, line_plan
from simulator.engine.identity import Entities, Payers
from simulator.engine.months import quarter_index
from simulator.engine.plan import (
    COMING,
    PRODUCT,
    Backlog,
    DueRenewals,
    Invoices,
    Plan,
    coming,
)
from simulator.engine.populations import OpenDeals
from simulator.engine.segments import segment_plan
from simulator.market import Market
from simulator.payments import NEVER, PaymentBehaviour
from simulator.records import dataclass
from simulator.scenario import Rest, Scenario
from simulator.streams import Streams
from simulator.terms import EVENTS

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]


def compile_plan(
    scenario: Scenario,
    seed: int,
    market: Market | None = None,
    by: str | None = None,
    group_seeds: Mapping[str, int] | None = None,
    follow_ends: bool = False,
) -> Plan:
    """Return the plan of a scenario.

    Args:
        scenario: the nouns.
        seed: of the run.
        market: another than the scenario's.
        by: column of the deals by which the result is grouped.
        group_seeds: another seed for some groups of purposes (MODEL 10).
        follow_ends: whether first attempts are followed to their end, the lost ones too, and counted there.
    """
    slices = _slices(scenario, by)
    rows = {s: i for i, s in enumerate(slices)}
    streams, contracts = Streams(seed, group_seeds), Contracts(scenario)
    names = sorted({*scenario.pipeline.customer, *scenario.receivables.customer.tolist(),
                    *scenario.wins.customer, *scenario.renewals.customer})  # fmt: skip
    customers = Payers(streams, names, scenario.payers)
    place = _Places(names)
    horizon = scenario.horizon
    quarters = [quarter_index(horizon.date_of(d), horizon.as_of) for d in range(horizon.last_day + 2)]
    open_ = np.flatnonzero(scenario.receivables.open)
    open_deals = _open_deals(scenario, by, rows, streams, customers, place, contracts)
    return Plan(
        scenario,
        streams,
        market or scenario.market,
        tuple(
            segment_plan(scenario, i, streams, open_deals, rows, by, contracts)
            for i in range(len(scenario.segments))
        ),
        quarter_names(scenario),
        slices,
        open_deals,
        tuple(_invoices(scenario, by, rows, place)),
        Entities(streams, "invoice", scenario.receivables.id[open_].tolist()),
        tuple(_backlog(scenario, by, rows, place)),
        Entities(streams, "deal", scenario.wins.id),
        tuple(_renewals(scenario, by, rows, place, contracts)),
        Entities(streams, "renewal", scenario.renewals.id),
        customers,
        horizon.cell_of_day(),
        np.array(quarters, dtype=np.int64),
        rows,
        by,
        scenario.cash.tax.due_days(horizon, 0, horizon.last_day),
        follow_ends=follow_ends,
    )


@dataclass(frozen=True)
class _Places(Mapping[str, int]):
    """Find names in their order; a dictionary of them would take more memory than their deals.

    Attributes:
        names: in order, each once.
    """

    names: Sequence[str]

    def __getitem__(self, name: str) -> int:
        place = bisect_left(self.names, name)
        if place == len(self.names) or self.names[place] != name:
            raise KeyError(name)
        return place

    def __iter__(self) -> Iterator[str]:
        return iter(self.names)

    def __len__(self) -> int:
        return len(self.names)


def _open_deals(
    scenario: Scenario, by: str | None, rows: Mapping[Slice, int], streams: Streams, customers: Entities,
    place: Mapping[str, int], contracts: Contracts,
) -> OpenDeals:  # fmt: skip
    pipeline = scenario.pipeline
    choices, known = dict[Contract, int](), dict[tuple[object, ...], int]()

    def numbers() -> Iterator[int]:
        # Lines are told apart by which object they are: to hash their shares takes longer than all else here.
        kinds = zip(pipeline.segment.tolist(), pipeline.customer_class, pipeline.currency, pipeline.terms,
                    map(id, pipeline.lines), strict=True)  # fmt: skip
        for kind, lines in zip(kinds, pipeline.lines, strict=True):
            if kind not in known:
                contract = contracts.of(*kind[:-1], lines, "open")
                known[kind] = choices.setdefault(contract, len(choices))
            yield known[kind]

    contract_of = np.fromiter(numbers(), np.int64, len(pipeline))
    row_of = {(s.segment, s.group): i for s, i in rows.items() if s.source == "open"}
    places = zip(pipeline.segment.tolist(), deal_groups(pipeline, by), strict=True)
    customer_of = np.fromiter((place[c] for c in pipeline.customer), np.int64, len(pipeline))
    return OpenDeals(
        Entities(streams, "deal", pipeline.id),
        customers,
        customer_of,
        np.fromiter(map(row_of.__getitem__, places), np.int64, len(pipeline)),
        row_of if by == PRODUCT else None,
        pipeline.segment,
        pipeline.amount,
        _worth(pipeline, scenario.rates),
        contract_of,
        tuple(choices),
    )


def _worth(pipeline: Pipeline, rates: RateCurve) -> Floats:
    """Return the open amounts in minor units of the company's currency, at the as-of day's rates."""
    return rates.worth(pipeline.amount, pipeline.currency)


def _invoices(
    scenario: Scenario, by: str | None, rows: Mapping[Slice, int], place: Mapping[str, int]
) -> Iterator[Invoices]:
    """Yield the opening invoices that are open, those alike together."""
    table, alike = scenario.receivables, dict[tuple[int, PaymentBehaviour, str, bool | None], list[int]]()
    opened = np.flatnonzero(table.open)
    for number, i in enumerate(opened.tolist()):
        segment = scenario.invoice_segment[i] if scenario.invoice_segment else -1
        row = rows[Slice(segment, "receivables", invoice_group(scenario, i, by))]
        disputed = bool(table.disputed[i]) if scenario.disputes_known else None
        currency = table.currencies[int(table.currency_index[i])]
        alike.setdefault((row, scenario.invoice_payment(i), currency, disputed), []).append(number)
    for kind, numbers in alike.items():
        which = opened[numbers]
        customer = np.array([place[str(c)] for c in table.customer[which]])
        yield Invoices(
            *kind, np.array(numbers), customer, table.amount_minor[which], table.invoice_day[which],
            table.due_day[which],
        )  # fmt: skip


def _backlog(
    scenario: Scenario, by: str | None, rows: Mapping[Slice, int], place: Mapping[str, int]
) -> Iterator[Backlog]:
    """Yield the lines of deals already won of which something is left, those alike together."""
    wins, alike = scenario.wins, dict[tuple[int, tuple[object, ...]], list[Rest]]()
    groups = deal_groups(wins, by)
    for rest in scenario.rests:
        if not rest.finished:
            terms, win = rest.conditions, rest.win
            row = rows[Slice(terms.segment, "backlog", terms.product.name if by == PRODUCT else groups[win])]
            own = wins.customer_class[win], terms.currency, wins.terms[win]
            kind = terms.segment, *own, terms.line.product, terms.months, rest.number
            alike.setdefault((row, kind), []).append(rest)
    for (row, _), rests in alike.items():
        yield _alike(scenario, rests, row, place)


def _alike(scenario: Scenario, rests: Sequence[Rest], row: int, place: Mapping[str, int]) -> Backlog:
    # Those whose terms began together have the same instalments left, and are played together.
    rests = sorted(rests, key=lambda rest: rest.days["start"] or 0)
    first, wins = rests[0], scenario.wins
    terms = first.conditions
    events = {e: np.array([NEVER if (d := r.days[e]) is None else d for r in rests]) for e in EVENTS}
    win = np.array([rest.win for rest in rests])
    known = {event: np.where(days == NEVER, 0, days) for event, days in events.items()}
    return Backlog(
        line_plan(terms, scenario.horizon.last_day, first.number),
        row,
        win,
        np.array([place[wins.customer[i]] for i in win]),
        np.array([float(scenario.rates.rate(terms.currency, int(day))) for day in wins.day[win]]),
        np.array([rest.amount for rest in rests]),
        np.array([rest.unbilled for rest in rests]),
        np.array([rest.presumed for rest in rests]),
        events,
        np.stack([terms.invoice_days(n, known[i.event]) for n, i in enumerate(terms.installments)], axis=1),
        terms.term_end_days(known["start"]),
    )


def _renewals(
    scenario: Scenario, by: str | None, rows: Mapping[Slice, int], place: Mapping[str, int],
    contracts: Contracts,
) -> Iterator[DueRenewals]:  # fmt: skip
    """Yield the contracts that end inside the horizon, those alike together."""
    table, alike = scenario.renewals, dict[tuple[LinePlan, int], list[int]]()
    for i in np.flatnonzero(table.due_day <= scenario.horizon.last_day).tolist():
        segment = int(table.segment[i])
        line = contracts.renewal(segment, table.customer_class[i], table.currency[i], int(table.product[i]))
        alike.setdefault((line, segment), []).append(i)
    for (line, segment), numbers in alike.items():
        # Those that end together are played together: what lies before them or behind is the same.
        numbers.sort(key=lambda i: int(table.due_day[i]))
        row = rows[Slice(segment, "renewals", coming(by, line.group))]
        customer = np.array([place[table.customer[i]] for i in numbers])
        yield DueRenewals(line, segment, row, np.array(numbers), customer)


def deal_groups(deals: Pipeline | Wins, by: str | None) -> tuple[str, ...]:
    """Return the group of each deal, "" where the run is not grouped by a column."""
    if by is None or by == PRODUCT:
        return ("",) * len(deals)
    return deals.extra.get(by, ("",) * len(deals))


def invoice_group(scenario: Scenario, i: int, by: str | None) -> str:
    """Return the group of an invoice: that of its deal, where the deal is known."""
    deal = str(scenario.receivables.deal[i])
    if by is None or by == PRODUCT or not deal:
        return ""
    for deals in (scenario.pipeline, scenario.wins):
        if deal in deals.id:
            return deal_groups(deals, by)[deals.id.index(deal)]
    return ""


def quarter_names(scenario: Scenario) -> tuple[str, ...]:
    """Return the calendar quarters from the as-of day's to the horizon's last, such as `2026-Q4`."""
    first, last = scenario.horizon.as_of, scenario.horizon.end
    count = quarter_index(last, first) + 1
    whole = first.year * 4 + (first.month - 1) // 3
    return tuple(f"{q // 4}-Q{q % 4 + 1}" for q in range(whole, whole + count))


def _slices(scenario: Scenario, by: str | None) -> tuple[Slice, ...]:
    """Return every slice that can hold money, those of a segment together."""
    products = ("", *(p.name for p in scenario.products)) if by == PRODUCT else ("",)
    of_invoices = [invoice_group(scenario, i, by) for i in range(len(scenario.receivables))]
    owners = scenario.invoice_segment or (-1,) * len(of_invoices)

    due = {*scenario.renewals.segment.tolist()}
    renewing = any(p.renewal is not None for p in scenario.products)
    left = {rest.conditions.segment for rest in scenario.rests if not rest.finished}
    possible = {
        "backlog": lambda segment: segment in left,
        "new": lambda segment: scenario.segments[segment].generation is not None,
        "renewals": lambda segment: renewing or segment in due,
    }

    def groups(segment: int, source: str) -> Iterable[str]:
        if source == "receivables":
            return {g for g, s in zip(of_invoices, owners, strict=True) if s == segment}
        if source in possible and not possible[source](segment):
            return ()
        if by == PRODUCT or by is None:
            return products
        if source in ("new", "renewals"):
            return (COMING,)
        deals = scenario.pipeline if source == "open" else scenario.wins
        pairs = zip(deals.segment.tolist(), deal_groups(deals, by), strict=True)
        return {g for s, g in pairs if s == segment}

    return (
        *(
            Slice(segment, source, group)
            for segment in range(len(scenario.segments))
            for source in SOURCES
            for group in sorted(groups(segment, source))
        ),
        *(Slice(-1, "receivables", group) for group in sorted(groups(-1, "receivables"))),
    )
