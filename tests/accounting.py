"""Reads small tables of invoices in a scenario and in a history, and says what is open and what was paid."""

from collections import Counter
from datetime import date
from decimal import Decimal

from history_files import example
from written import SCENARIO, loaded, problems

from simulator.forecast.quality import quality
from simulator.history import NEVER
from simulator.receivables import UNPAID

AS_OF = date(2026, 10, 31)


def scenario_text(system=None, **columns):
    """The small scenario with a table of invoices, from a system or with columns mapped."""
    data = "{deals: deals.csv, invoices: invoices.csv"
    data += f", systems: {{invoices: {system}}}" if system else ""
    pairs = ", ".join(f'{ours}: "{theirs}"' for ours, theirs in columns.items())
    data += f", columns: {{invoices: {{{pairs}}}}}" if pairs else ""
    return SCENARIO.replace("{deals: deals.csv}", data + "}")


def opened(folder, table, system=None, **columns):
    return loaded(folder, scenario_text(system, **columns), invoices=table)


def refused(folder, table, system=None, **columns):
    return problems(folder, scenario_text(system, **columns), invoices=table)


def receivables(scenario):
    """Each receivable as text: id, amount in major units, day of payment or `open`."""
    found = []
    for invoice in (scenario.receivables[i] for i in range(len(scenario.receivables))):
        paid = invoice.paid_day
        day = "open" if paid in (None, UNPAID) else date.fromordinal(AS_OF.toordinal() + paid).isoformat()
        found.append(f"{invoice.id} {Decimal(invoice.amount_minor) / 100} {invoice.currency} {day}")
    return found


def past(folder, known=None, **files):
    """Each invoice of a history as text, likewise."""
    rates = "currency: EUR\nrates: {USD: 0.9}\n"
    history = example(folder, known, map=rates, **files)
    return [
        f"{i} {Decimal(int(a)) / 100} {c} {'open' if p == NEVER else date.fromordinal(int(p))}"
        for i, a, c, p in zip(
            history.invoices.id,
            history.invoices.amount,
            history.invoices.currency,
            history.invoices.paid_day,
            strict=True,
        )
    ]


def codes(scenario):
    return {code for code, _, _ in scenario.notes if code.startswith("W07")}


def sums(scenario):
    """What became of the rows, by use or rule: rows and money by currency; read is what the file holds."""
    (table,) = [t for t in quality(scenario)["tables"] if t["table"] == "invoices"]
    found = {part.get("as") or part["rule"]: part for part in (*table["used"], *table["left_out"])}
    whole = Counter(table["read"]["amounts"])
    parts = Counter()
    for part in found.values():
        parts.update(part["amounts"])
    assert {c: round(v, 2) for c, v in whole.items() if v} == {c: round(v, 2) for c, v in parts.items() if v}
    assert table["read"]["rows"] == sum(part["rows"] for part in found.values())
    return {key: (part["rows"], part["amount"]) for key, part in found.items()}
