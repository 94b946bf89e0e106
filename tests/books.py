"""Books of invoices of made-up companies, whose customers pay by a law that is known."""

import datetime as dt

import numpy as np

from simulator.history import NEVER, PastInvoices

START = dt.date(2024, 1, 1).toordinal()


def make_book(
    seed, customers=60, per_month=80, months=24, shared=0.4, month_sd=0.25, level_sd=0.08, runs=None,
    month_end=False, slow=12.0, spread=18.0, tail=0.4, never=0.005, classes=1,
):  # fmt: skip
    """Invoices as they came true.

    Days past due = slow·class + spread·(score + tail·score³/6); the score is made of the customer's effect, a
    level that moves by the month, a shock of the month, and luck. `runs` are weekdays on which payments go
    out; with `month_end` half of what is ready waits for the last two business days of a month.
    """
    rng = np.random.default_rng(seed)
    count = rng.poisson(per_month * months)
    invoice = np.sort(START + rng.integers(0, months * 30, count))
    weight = rng.pareto(1.5, customers) + 0.3
    customer = rng.choice(customers, count, p=weight / weight.sum())
    effect = rng.normal(0, 1, customers)
    kind = rng.integers(0, classes, customers)
    month = (invoice - START) // 30
    level = np.cumsum(rng.normal(0, level_sd, months)) + rng.normal(0, month_sd, months)
    score = np.sqrt(shared) * effect[customer] + np.sqrt(1 - shared) * rng.normal(0, 1, count) + level[month]
    late = np.rint(slow * kind[customer] + spread * (score + tail * score**3 / 6) + 4).astype(int)
    due = invoice + np.where(kind[customer] == 1, 45, 30)
    paid = np.maximum(due + np.maximum(late, -30), invoice)
    if month_end:
        paid = np.where(rng.random(count) < 0.5, [_month_end(day) for day in paid], paid)
    if runs is not None:
        ahead = np.array([min((r - w) % 7 for r in runs) for w in range(7)])
        paid = paid + ahead[(paid + 6) % 7]
    paid = np.where(rng.random(count) < never, NEVER, paid)
    amount = np.rint(np.exp(rng.normal(7, 1.1, count)) * 100).astype(np.int64) + 100
    return PastInvoices(
        tuple(f"I{n:06d}" for n in range(count)), ("",) * count, tuple(f"C{c:04d}" for c in customer),
        tuple(f"class {kind[c]}" if classes > 1 else "default" for c in customer), amount,
        np.zeros(count, dtype=np.int64), ("EUR",) * count, invoice, due, paid.astype(np.int64),
        np.full(count, -1, dtype=np.int64),
    )  # fmt: skip


def _month_end(day):
    """The last business day of the month."""
    date = dt.date.fromordinal(int(day))
    last = (date.replace(day=28) + dt.timedelta(days=4)).replace(day=1) - dt.timedelta(days=1)
    return last.toordinal() - max(last.weekday() - 4, 0)
