"""Look for what is probably wrong, or left open, in what is said about products, invoices and the bank."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

import numpy as np

from simulator.loading.lines import Lines
from simulator.loading.notes import Money, Notes, counted
from simulator.loading.tables import Table
from simulator.products import NO_PRODUCT, Line
from simulator.scenario.scenario import Scenario
from simulator.spelling import nearest

CLASSES = 3
"""So many unknown classes are named."""
MONTH_DAYS = 30.4375


def note_money(scenario: Scenario, tables: Mapping[str, Table], lines: Lines, notes: Notes) -> None:
    """Add a note for each suspicion about money (nothing is changed)."""
    _note_products(scenario, lines, notes)
    _note_renewals(scenario, tables, notes)
    _note_invoices(scenario, tables, notes)
    _note_classes(scenario, notes)
    if (scenario.cash.opening_balance is None) != (scenario.cash.outflows is None):
        missing = "what is paid out" if scenario.cash.outflows is None else "what is in the bank"
        notes.add("W036", f"no balance is forecast: {missing} is not given")


def _note_products(scenario: Scenario, lines: Lines, notes: Notes) -> None:
    """Note open deals without product, and products without a rule of revenue where others have one."""
    if lines.unnamed:
        noun = counted(len(lines.unnamed), "open deal")
        text = f"{noun} of no product: billed as the segment says, no revenue counted"
        notes.add("W034", text, _sum(lines.unnamed, notes))
    lacking = [i for i, product in enumerate(scenario.products) if product.recognise is None]
    if scenario.recognises and lacking:
        names = ", ".join(scenario.products[i].name for i in lacking)
        money = _sum(_open_lines(scenario, lacking), notes)
        notes.add("W033", f"no rule of revenue is given for {names}: no revenue of them is counted", money)


def _note_renewals(scenario: Scenario, tables: Mapping[str, Table], notes: Notes) -> None:
    """Note contracts that end inside the forecast, and are not renewed."""
    products, last = scenario.products, scenario.horizon.last_day
    quiet = [
        i
        for i, product in enumerate(products)
        if product.recurring and product.renewal is None and _term(scenario, Line(i)) * MONTH_DAYS < last
    ]
    if quiet:
        names = ", ".join(products[i].name for i in quiet)
        text = f"contracts of {names} that end inside the forecast are not renewed: no renewal is given"
        notes.add("W039", text, _sum(_open_lines(scenario, quiet), notes))
    if "renewals" in tables or not any(product.recurring for product in products):
        return
    ending, wins = [], scenario.wins
    for win in range(len(wins)):
        for line in wins.lines[win]:
            if line.product == NO_PRODUCT or not products[line.product].recurring:
                continue
            start = int(wins.day[win]) if line.start_day is None else line.start_day
            if 0 < start + _term(scenario, line) * MONTH_DAYS <= last:
                ending.append((int(int(wins.amount[win]) * line.share), wins.currency[win]))
    if ending:
        noun = counted(len(ending), "contract") + (" ends" if len(ending) == 1 else " end")
        text = f"{noun} inside the forecast, and no table of renewals is given: none of them is renewed"
        notes.add("W042", text, _sum(ending, notes))


def _note_invoices(scenario: Scenario, tables: Mapping[str, Table], notes: Notes) -> None:
    """Note invoices of won deals that exceed them, are in another currency, or hide their tax."""
    invoices, wins = scenario.receivables, scenario.wins
    index = {deal: i for i, deal in enumerate(wins.id)}
    still_open = np.isin(invoices.deal, np.array(scenario.pipeline.id, dtype=str))
    if still_open.any():
        early = [invoices[i] for i in np.flatnonzero(still_open).tolist()]
        text = f"{counted(len(early), 'invoice')} of deals that are open: billed again when these are won"
        notes.add("W025", text, _sum(((i.amount_minor, i.currency) for i in early), notes))
    net, other = dict[int, int](), list[Money]()
    for i in np.flatnonzero(invoices.deal != "").tolist():
        if (win := index.get(str(invoices.deal[i]))) is None:
            continue
        amount, currency = int(invoices.amount_minor[i]), invoices.currencies[invoices.currency_index[i]]
        if currency != wins.currency[win]:
            other.append((amount, currency))
        net[win] = net.get(win, 0) + amount - int(invoices.tax_minor[i])
    if other:
        noun = counted(len(other), "invoice")
        text = f"{noun} in another currency than the deal: compared with it as if it were the same"
        notes.add("W041", text, _sum(other, notes))
    above = [(v - int(wins.amount[i]), wins.currency[i]) for i, v in net.items() if v > wins.amount[i]]
    if above and not other:
        text = f"invoices exceed the amounts of {counted(len(above), 'won deal')}"
        notes.add("W035", text, _sum(above, notes))
    taxed = any(s.tax for s in scenario.segments) or any(p.tax for p in scenario.products)
    if taxed and len(invoices) and not invoices.tax_minor.any():
        text = "tax is charged, but no invoice shows any: their amounts are taken as net"
        notes.add("W040", text)


def _note_classes(scenario: Scenario, notes: Notes) -> None:
    """Note classes of customers that neither terms nor payment know, where these know any but the default."""
    known = [(s.terms.keys() | s.payment.keys()) - {"default"} for s in scenario.segments]
    unknown: dict[str, list[Money]] = {}
    offered: dict[str, set[str]] = {}
    for segment, group, money in _classed(scenario):
        names = known[segment] if segment >= 0 else set[str]().union(*known)
        if names and group not in ("", "default", *names):
            unknown.setdefault(group, []).append(money)
            offered.setdefault(group, set()).update(names)
    if unknown:
        guesses = {group: nearest(group, sorted(offered[group])) for group in list(unknown)[:CLASSES]}
        named = [group + (f" – did you mean {guess}?" if guess else "") for group, guess in guesses.items()]
        more = f" and {len(unknown) - CLASSES:,} more" if len(unknown) > CLASSES else ""
        money_of = [money for found in unknown.values() for money in found]
        text = (
            f"{len(money_of):,} open deals, invoices or renewals are of a customer class without terms or "
            f"payment of its own: {', '.join(named)}{more}; the default holds"
        )
        notes.add("W023", text, _sum(money_of, notes))


def _classed(scenario: Scenario) -> Iterator[tuple[int, str, Money]]:
    """Yield segment, class and money of open deals, open invoices and renewals; segment −1 is not known."""
    invoices = scenario.receivables
    for table in (scenario.pipeline, scenario.renewals):
        groups = zip(table.segment, table.customer_class, table.amount, table.currency, strict=True)
        yield from ((int(segment), group, (int(amount), code)) for segment, group, amount, code in groups)
    for i in np.flatnonzero(invoices.open).tolist():
        invoice = invoices[i]
        segment = scenario.invoice_segment[i] if scenario.invoice_segment else -1
        yield segment, invoice.customer_class, (invoice.amount_minor, invoice.currency)


def _open_lines(scenario: Scenario, products: list[int]) -> list[Money]:
    """Return the money of open deals in lines of these products."""
    pipeline = scenario.pipeline
    return [
        (int(int(pipeline.amount[i]) * line.share), pipeline.currency[i])
        for i in range(len(pipeline))
        for line in pipeline.lines[i]
        if line.product in products
    ]


def _term(scenario: Scenario, line: Line) -> int:
    return line.months or scenario.products[line.product].service_months or 12


def _sum(money: Iterable[Money], notes: Notes) -> float:
    return sum(notes.minor(m) for m in money)
