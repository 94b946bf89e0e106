"""Forecast the cash of each week from the invoices written by its start, and put beside it what was paid."""

from __future__ import annotations

import csv
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

import simulator
from simulator.engine import compile_plan, play
from simulator.expected import expected
from simulator.history import NEVER, PastInvoices
from simulator.learning.payments import PaymentFit, fit_payments
from simulator.receivables import UNPAID, Receivables
from simulator.scenario import Scenario
from simulator.scores import chance_of_fewer
from simulator.streams import UniformRow
from simulator.words import one_in

Floats = NDArray[np.float64]

SOURCE = "ibm_accounts_receivable.csv"
FIRST = date(2013, 6, 30)
WEEKS = 26
TRIALS = 2_000
LEVELS = (0.5, 0.8, 0.95)

SCENARIO = """\
version: 1
name: weeks
description: invoices as they stood at a date
source: learned from the invoices that were known
as_of: {as_of}
horizon: {until}
fiscal_year_start: 1
currency: {currency}
data: {{deals: deals.csv}}
segments:
  all:
    stages: {{Open: {{close: 50%}}}}
    cycle: {{median: 30d}}
"""


@dataclass(frozen=True, eq=False)
class Week:
    """A week's cash from the invoices written by its start, minor units.

    Attributes:
        start: the as-of day, at whose end it begins.
        actual: what was paid.
        sample: what was paid in each trial, floats[trial].
        mean: exact mean of the same law.
        on_due: what would be paid if each open invoice were paid on its due day, or at once after it.
        with_delay: likewise so many days later or sooner, the mean of those paid until then.
    """

    start: date
    actual: float
    sample: Floats
    mean: float
    on_due: float
    with_delay: float

    def holds(self, level: float) -> bool:
        """Tell whether the central interval of a level holds what was paid."""
        low, high = np.quantile(self.sample, [(1 - level) / 2, (1 + level) / 2])
        return bool(low <= self.actual <= high)

    @property
    def crps(self) -> float:
        """Continuous ranked probability score: E|X − x| − ½·E|X − X'|."""
        ordered = np.sort(self.sample)
        n = len(ordered)
        spread = float((2 * np.arange(1, n + 1) - n - 1) @ ordered) / n**2
        return float(np.abs(ordered - self.actual).mean()) - spread


def report(data: Path) -> Iterator[str]:
    """Lay out each week and the scores, once learned and learned anew each week."""
    invoices = read(data / SOURCE)
    starts = [FIRST + timedelta(weeks=n) for n in range(WEEKS)]
    titles = ((f"learned once, on {FIRST}", False), ("learned anew each week", True))
    told = {title: weeks(invoices, starts, refit=refit) for title, refit in titles}
    yield f"{WEEKS} weeks' cash from the invoices written by their start"
    for title, found in told.items():
        yield ""
        names = ("80 % from", "middle", "80 % to", "paid", "if on due", "if delayed")
        yield f"{title:24}" + "".join(f"{name:>12}" for name in names)
        for week in found:
            low, middle, high = np.quantile(week.sample, [0.1, 0.5, 0.9])
            row = (low, middle, high, week.actual, week.on_due, week.with_delay)
            mark = "" if week.holds(0.8) else "  missed"
            yield f"{week.start!s:24}" + "".join(f"{x / 100:12,.0f}" for x in row) + mark
        yield from summary(found)


def summary(found: Sequence[Week]) -> Iterator[str]:
    """Say hit rates and scores in words."""
    for level in LEVELS:
        held = sum(week.holds(level) for week in found)
        fewer = held < level * len(found)
        chance = chance_of_fewer(held, len(found), level)
        chance = chance if fewer else 1 - chance_of_fewer(held - 1, len(found), level)
        way = "fewer" if fewer else "more"
        yield (
            f"{level:.0%} intervals held {held} of {len(found)} times; a calibrated forecast holds so many "
            f"or {way} {one_in(min(chance, 1.0))} times"
        )
    yield f"errors (CRPS): this program {np.mean([week.crps for week in found]) / 100:,.0f}" + "".join(
        f", {name} {np.mean([abs(getattr(week, key) - week.actual) for week in found]) / 100:,.0f}"
        for name, key in (("paid on the due date", "on_due"), ("with the mean delay", "with_delay"))
    )
    worst = max(abs(w.sample.mean() - w.mean) / w.sample.std() * np.sqrt(len(w.sample)) for w in found)
    yield f"trials against exact means: largest z {worst:.1f}"


def read(source: Path) -> PastInvoices:
    """Read the table as it was published; its dates are month/day/year."""
    with source.open(encoding="utf-8", newline="") as file:
        rows = sorted(csv.DictReader(file), key=lambda row: row["invoiceNumber"])

    def days(name: str) -> NDArray[np.int64]:
        parts = [[int(x) for x in row[name].split("/")] for row in rows]
        return np.array([date(y, m, d).toordinal() for m, d, y in parts], dtype=np.int64)

    count = len(rows)
    return PastInvoices(
        id=tuple(row["invoiceNumber"] for row in rows),
        deal=("",) * count,
        customer=tuple(row["customerID"] for row in rows),
        customer_class=("default",) * count,
        amount=np.array([round(float(row["InvoiceAmount"]) * 100) for row in rows], dtype=np.int64),
        tax=np.zeros(count, dtype=np.int64),
        currency=("USD",) * count,
        invoice_day=days("InvoiceDate"),
        due_day=days("DueDate"),
        paid_day=days("SettledDate"),
        disputed=np.full(count, -1, dtype=np.int64),  # nobody knows from when on a contest was known
    )


def weeks(
    invoices: PastInvoices, starts: Iterable[date], *, refit: bool = True, trials: int = TRIALS,
    days: int = 7, country: str | None = None,
) -> list[Week]:  # fmt: skip
    """Forecast the cash of some days after each start from what was known then, with what came true.

    Args:
        invoices: all of them, also what came later.
        starts: as-of days, rising.
        refit: learn anew at each start, else all but the first fit's customers, tables and days stay.
        trials: of each.
        days: length of what is forecast.
        country: whose holidays may keep payments.
    """
    found, fit = [], None
    with tempfile.TemporaryDirectory() as folder:
        for n, start in enumerate(starts):
            known = as_known(invoices, start.toordinal())
            if refit or fit is None:
                fit = fit_payments(known, start.toordinal(), UniformRow(1, "payments"), country)
            assert fit is not None
            scenario = scenario_of(known, fit, start, days, Path(folder))
            found.append(_week(scenario, invoices, start, days, trials, n))
    return found


def _week(scenario: Scenario, invoices: PastInvoices, start: date, days: int, trials: int, seed: int) -> Week:
    first = start.toordinal()
    money = play(compile_plan(scenario, seed), 0, trials).money["receipts"].sum(axis=(0, 1))
    written = invoices.invoice_day <= first

    def falls(day: NDArray[np.int64]) -> float:
        return float(invoices.amount[written & (day > first) & (day <= first + days)].sum())

    past = written & (invoices.paid_day <= first)
    delay = round(float((invoices.paid_day - invoices.due_day)[past].mean()))
    naive = [np.where(past, NEVER, np.maximum(invoices.due_day + d, first + 1)) for d in (0, delay)]
    exact = float(expected(scenario).receipts.sum())
    return Week(start, falls(invoices.paid_day), money, exact, falls(naive[0]), falls(naive[1]))


def as_known(invoices: PastInvoices, day: int) -> PastInvoices:
    """Return what was known at the end of a day."""
    kept = np.flatnonzero(invoices.invoice_day <= day)
    columns = {}
    for name, values in vars(invoices).items():
        if isinstance(values, tuple):
            columns[name] = tuple(values[i] for i in kept)
        else:
            columns[name] = values[kept] if len(values) else values
    columns["paid_day"] = np.where(columns["paid_day"] > day, NEVER, columns["paid_day"])
    return PastInvoices(**columns)


def scenario_of(known: PastInvoices, fit: PaymentFit, start: date, days: int, folder: Path) -> Scenario:
    """Return a scenario of nothing but the invoices that were open, paid as was learned."""
    until, currency = start + timedelta(days=days), known.currency[0]
    (folder / "deals.csv").write_text("id,stage,amount\n", encoding="utf-8")
    path = folder / "scenario.yaml"
    path.write_text(SCENARIO.format(as_of=start, until=until, currency=currency), encoding="utf-8")
    bare = simulator.load(path)
    opened = np.flatnonzero(known.paid_day == NEVER)
    names = sorted({known.customer_class[i] for i in opened} | {"default"})
    classes = ("default", *(name for name in names if name != "default"))
    segment = replace(bare.segments[0], payment={name: fit.behaviour(name) for name in classes})
    nothing = np.zeros(len(opened), dtype=np.int64)
    table = Receivables(
        id=np.array([known.id[i] for i in opened], dtype=str),
        deal=np.array([""] * len(opened), dtype=str),
        customer=np.array([known.customer[i] for i in opened], dtype=str),
        class_index=np.array([classes.index(known.customer_class[i]) for i in opened], dtype=np.int64),
        amount_minor=known.amount[opened],
        currency_index=nothing,
        invoice_day=known.invoice_day[opened] - start.toordinal(),
        due_day=known.due_day[opened] - start.toordinal(),
        paid_day=np.full(len(opened), UNPAID, dtype=np.int64),
        tax_minor=nothing,
        disputed=nothing.astype(np.bool_),
        class_names=classes,
        currencies=(currency,),
    )
    return replace(bare, segments=(segment,), receivables=table, payers=fit.payers)
