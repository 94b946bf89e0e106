"""Learn how customers pay from their invoices, paid and open: table, customers, months, days (MODEL 7, 8)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy import special

from simulator.history import PastInvoices
from simulator.learning.evidence import Figure
from simulator.learning.lateness import Lateness, Rows, fit_lateness
from simulator.learning.levels import level_ahead
from simulator.learning.payment_runs import fit_runs
from simulator.payment_days import PaymentDays
from simulator.payments import DEFAULT_TABLE, FIRST_DAY, PaymentBehaviour
from simulator.records import dataclass
from simulator.streams import UniformRow

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

YEARS: Final = 5
"""Invoices written earlier teach nothing any more."""
FEWEST: Final = 30
"""Paid invoices from which on a class has a table of its own."""
DEFAULT_CLASS: Final = "default"
WEEKDAYS: Final = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")

_BUCKETS: Final = 60
_FEWEST_IN_BUCKET: Final = 5
_EARLIEST: Final = -120
_OPEN: Final = 2**40
_Z90: Final = 1.2815515655446004


@dataclass(frozen=True, eq=False)
class PaymentFit:
    """What was learned of payments.

    Attributes:
        first_day: days past due on which the first bucket of each table begins.
        tables: days past due to the share paid by then, by class, of customers who are not known; "default"
            is that of the whole book.
        shared: correlation of the lateness of one customer's invoices.
        common: share of the lateness that all customers have in common in a trial.
        payers: mean and standard deviation of the lateness score of each known customer; others have 0 and 1.
        days: on which payments go out, None for every day.
        figures: with their evidence, by path such as `default.paid_by.30`.
    """

    first_day: int
    tables: Mapping[str, Mapping[int, float]]
    shared: float
    common: float
    payers: Mapping[str, tuple[float, float]]
    days: PaymentDays | None
    figures: Mapping[str, Figure] = field(default_factory=dict)

    def behaviour(self, customer_class: str = DEFAULT_CLASS) -> PaymentBehaviour:
        """Return the behaviour of a class; one without a table of its own pays as the whole book."""
        return PaymentBehaviour.from_table(
            self.tables.get(customer_class, self.tables[DEFAULT_CLASS]),
            shared=self.shared,
            common=self.common,
            days=self.days,
            first_day=self.first_day,
        )


@dataclass(frozen=True, eq=False)
class _Book:
    """Invoices that teach: customers, classes, months in which they were written, days past due."""

    customer: Integers
    names: tuple[str, ...]
    group: Integers
    classes: tuple[str, ...]
    cohort: Integers
    late: Integers
    is_open: NDArray[np.bool_]
    quarters: int
    days: PaymentDays | None

    def rows(self, edges: Integers, group: Integers) -> Rows:
        """Return the invoices as buckets between edges."""
        at = np.clip(np.searchsorted(edges, self.late), 1, len(edges) - 1)
        low = np.where(self.is_open, self.late, edges[at - 1])
        high = np.where(self.is_open, _OPEN, edges[at])
        return Rows(group, self.customer, self.cohort, low, high)


def fit_payments(
    invoices: PastInvoices, known: int, uniforms: UniformRow, country: str | None = None
) -> PaymentFit | None:
    """Learn from what was known of invoices at the end of a day, None where nothing was paid.

    The score of an invoice is the sum of its customer's effect, that of the month in which it was written and
    its own luck, all normal; it is paid by day j past due iff the score is at most the class's cut. Open
    invoices are censored. The effect of the months is followed to the as-of day: its level there goes into
    the tables, its uncertainty, and that of the tables, into `common`.

    Args:
        invoices: as they were known.
        known: ordinal.
        uniforms: a row of its own.
        country: whose holidays may keep payments, or None.
    """
    book = _book(invoices, known, uniforms, country)
    if book is None:
        return None
    edges = _edges(book.late[~book.is_open])
    default = PaymentBehaviour.default().cdf(edges)
    everyone = np.zeros_like(book.group)
    whole = fit_lateness(book.rows(edges, everyone), edges, default[None])
    fit = whole
    if len(book.classes) > 1:
        prior = np.repeat(whole.paid(), len(book.classes), axis=0)
        fit = fit_lateness(book.rows(edges, book.group), edges, prior)
    level, variance = level_ahead(fit.month, fit.month_cov)
    paid = int((~book.is_open).sum())
    variance += 1 / paid
    now = float(np.sqrt(fit.total**2 + variance))
    shared, common = fit.spread**2 / now**2, variance / now**2
    tables = {
        name: _table(edges, special.ndtr((cuts - level) / now))
        for name, cuts in zip((DEFAULT_CLASS, *book.classes[1:]), (whole.cuts[0], *fit.cuts[1:]), strict=True)
    }
    payers = {
        name: (float(e / fit.spread), float(sd / fit.spread))
        for name, e, sd in zip(book.names, fit.effect, fit.effect_sd, strict=True)
        if name
    }
    figures = _figures(book, tables, fit, shared, common) | _disputes(invoices, known)
    return PaymentFit(int(edges[0]) + 1, tables, shared, common, payers, book.days, figures)


def _book(invoices: PastInvoices, known: int, uniforms: UniformRow, country: str | None) -> _Book | None:
    """Return what teaches, the days past due being those on which payments were ready."""
    kept = np.flatnonzero(
        (invoices.invoice_day <= known)
        & (invoices.invoice_day > known - YEARS * 366)
        & (invoices.amount > 0)
        & invoices.timed
    )
    paid_day = invoices.paid_day[kept]
    is_open = paid_day > known
    if is_open.all():
        return None
    due = invoices.due_day[kept]
    late = np.where(is_open, known, paid_day) - due
    runs = fit_runs(paid_day[~is_open], late[~is_open], country, uniforms.uniforms(int((~is_open).sum())))
    late[~is_open] = runs.ready
    if runs.days is not None:
        late[is_open] -= _idle(runs.days, known, late[is_open], runs.ready, uniforms)
    late = np.maximum(late, _EARLIEST)
    names, customer = np.unique([invoices.customer[i] for i in kept], return_inverse=True)
    classes, group = _classes([invoices.customer_class[i] for i in kept], is_open)
    month = (invoices.invoice_day[kept] - 719163).astype("datetime64[D]").astype("datetime64[M]").astype(int)
    cohort = month - month.min()
    return _Book(
        customer, tuple(names.tolist()), group, classes, cohort, late, is_open,
        len(np.unique(month // 3)), runs.days,
    )  # fmt: skip


def _idle(days: PaymentDays, known: int, late: Integers, ready: Integers, uniforms: UniformRow) -> Integers:
    """Return for how many days each open invoice may have been ready, by whether it waits for a month's end.

    Which ones do is drawn, given that they are unpaid, with the record's own law of the days when payments
    were ready.
    """
    now, then = days.idle(known), days.idle_at_end(known)
    ordered = np.sort(ready)
    alive, alive_at_end = (
        1 - np.searchsorted(ordered, late - idle, side="right") / (len(ordered) + 1) for idle in (now, then)
    )
    waits = uniforms.uniforms(len(late)) < days.waiting(alive, alive_at_end)
    return np.where(waits, then, now)


def _classes(of: list[str], is_open: NDArray[np.bool_]) -> tuple[tuple[str, ...], Integers]:
    """Return the classes with enough paid invoices, and that of each; the first holds all others."""
    names, group = np.unique(of, return_inverse=True)
    paid = np.bincount(group[~is_open], minlength=len(names))
    large = [i for i in range(len(names)) if paid[i] >= FEWEST and names[i] != DEFAULT_CLASS]
    if len(large) == len(names) == 1:
        large = []
    place = np.zeros(len(names), dtype=np.int64)
    place[large] = 1 + np.arange(len(large))
    return (DEFAULT_CLASS, *(str(names[i]) for i in large)), place[group]


def _edges(late: Integers) -> Integers:
    """Return the edges of buckets in which enough was paid; a day on which much is paid has its own."""
    first = min(FIRST_DAY, int(late.min()))
    counts = np.bincount(late - first)
    enough = max(len(late) / _BUCKETS, _FEWEST_IN_BUCKET)
    edges, inside = [first - 1], 0
    for n, count in enumerate(counts.tolist()):
        day = first + n
        if count >= enough and inside:
            edges.append(day - 1)
            inside = 0
        inside += count
        if inside >= enough:
            edges.append(day)
            inside = 0
    if inside:
        edges.append(first + len(counts) - 1)
    return np.array(edges + [day for day in DEFAULT_TABLE if day > edges[-1]], dtype=np.int64)


def _table(edges: Integers, shares: Floats) -> dict[int, float]:
    return dict(zip(edges[1:].tolist(), np.maximum.accumulate(shares[1:]).tolist(), strict=True))


def _figures(
    book: _Book, tables: Mapping[str, Mapping[int, float]], fit: Lateness, shared: float, common: float
) -> dict[str, Figure]:
    found, source = {}, "invoices"
    for number, name in enumerate(tables):
        own = book.group == number if number else np.ones(len(book.group), dtype=np.bool_)
        customers = max(len(np.unique(book.customer[own])), 1)
        for day in _told(tables[name]):
            share = tables[name][day]
            seen = int((own & (~book.is_open | (book.late >= day))).sum())
            slope = np.exp(-0.5 * special.ndtri(np.clip(share, 1e-9, 1 - 1e-9)) ** 2) / np.sqrt(2 * np.pi)
            spread = share * (1 - share)
            variance = spread / max(seen, 1) + slope**2 * (shared / customers + common)
            half = _Z90 * float(np.sqrt(variance))
            n_eff = float(spread / variance) if variance > 0 else float(seen)
            low, high = max(share - half, 0.0), min(share + half, 1.0)
            found[f"{name}.paid_by.{day}"] = Figure(share, low, high, seen, n_eff, book.quarters, source)
        bad = 1 - max(tables[name].values())
        old = int((own & (book.late >= max(tables[name]))).sum())
        paid = int((own & ~book.is_open).sum())
        count = bad * max(paid + old, 1)
        low, high = (float(special.gammaincinv(count + 0.5, q)) / max(paid + old, 1) for q in (0.1, 0.9))
        found[f"{name}.bad_debt"] = Figure(
            bad, min(low, bad), max(high, bad), old, old, book.quarters, source
        )
    return found | _correlations(book, fit, shared, common, source) | _weights(book, source)


def _told(table: Mapping[int, float]) -> list[int]:
    """Return about ten days of a table that are told."""
    days = list(table)
    return days[:: max(len(days) // 10, 1)]


def _correlations(book: _Book, fit: Lateness, shared: float, common: float, source: str) -> dict[str, Figure]:
    worth = max(float((1 - (fit.effect_sd / fit.spread) ** 2).sum()), 1.0)
    customers, months = len(book.names), len(fit.month)
    found = {}
    for name, share, n, freedom in (("shared", shared, customers, worth), ("common", common, months, months)):
        odds = share / (1 - share)
        low, high = (odds * freedom / float(special.chdtri(freedom, q)) for q in (0.1, 0.9))
        found[name] = Figure(share, low / (1 + low), high / (1 + high), n, freedom, book.quarters, source)
    return found


def _weights(book: _Book, source: str) -> dict[str, Figure]:
    if book.days is None:
        return {}
    paid = int((~book.is_open).sum())
    weights = dict(zip(WEEKDAYS, book.days.weekdays, strict=True))
    weights["month_end"] = book.days.month_end
    half = {name: _Z90 * np.sqrt(w * (1 - w) * 7 / paid) for name, w in weights.items()}
    return {
        f"weekday.{name}": Figure(
            w, max(w - half[name], 0.0), min(w + half[name], 1.0), paid, paid / 7, book.quarters, source
        )
        for name, w in weights.items()
    }


def _disputes(invoices: PastInvoices, known: int) -> dict[str, Figure]:
    """Return how often invoices are contested and how many days later those are paid, where the file says.

    The tables hold contested invoices too, so that these figures are told and not applied once more. The
    delay is the difference of means within customers, each weighted with n₁·n₀/(n₁ + n₀).
    """
    told = np.flatnonzero((invoices.disputed >= 0) & (invoices.invoice_day <= known))
    if not len(told):
        return {}
    contested = invoices.disputed[told] == 1
    quarters = len(np.unique((invoices.invoice_day[told] - 719163) // 91))
    chance = (contested.sum() + 0.5) / (len(told) + 1)
    low, high = (
        float(special.betaincinv(contested.sum() + 0.5, (~contested).sum() + 0.5, q)) for q in (0.1, 0.9)
    )
    found = {"dispute.chance": Figure(float(chance), low, high, len(told), len(told), quarters, "invoices")}
    # Only such as everybody has had time to pay, so that those who pay late are not missing.
    ripe = (invoices.paid_day[told] <= known) & (invoices.due_day[told] <= known - 60) & invoices.timed[told]
    _, customer = np.unique([invoices.customer[i] for i in told], return_inverse=True)
    late = (invoices.paid_day - invoices.due_day)[told]
    counts = [np.bincount(customer[ripe & s], minlength=customer.max() + 1) for s in (~contested, contested)]
    sums = [
        np.bincount(customer[ripe & s], late[ripe & s], customer.max() + 1) for s in (~contested, contested)
    ]
    both = (counts[0] > 0) & (counts[1] > 0)
    if not both.any():
        return found
    n0, n1 = counts[0][both], counts[1][both]
    weight = n0 * n1 / (n0 + n1)
    gap = sums[1][both] / n1 - sums[0][both] / n0
    delay = float(np.average(gap, weights=weight))
    half = _Z90 * float(np.sqrt(np.average((gap - delay) ** 2, weights=weight) / len(gap)))
    found["dispute.delay"] = Figure(
        delay, delay - half, delay + half, int(n1.sum()), float(weight.sum()), quarters, "invoices"
    )
    return found
