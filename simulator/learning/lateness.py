"""Fit lateness that customers and months share: an ordered probit with two crossed random effects."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy import special

from simulator.records import dataclass

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

PRIOR_INVOICES: Final = 20.0
"""Invoices that the prior table is worth."""
_PRIOR_SPREAD: Final = 0.3 / 0.7, 4.0
"""Variance between customers before any is seen, and the number of customers that it is worth."""
_RIDGE: Final = 0.01
_FINE: Final = 16
"""Steps of a unit of score in which effects are told apart where cuts are fitted."""
_ROUNDS: Final = 30
_NODES, _WEIGHTS = np.polynomial.hermite_e.hermegauss(5)
_WEIGHTS = _WEIGHTS / _WEIGHTS.sum()


@dataclass(frozen=True, eq=False)
class Rows:
    """Invoices, one value each.

    Attributes:
        group: class.
        customer: number of it.
        cohort: number of the month in which it was written.
        low: it was not paid by so many days past due.
        high: it was paid by so many; at least 2⁴⁰ for one that is open.
    """

    group: Integers
    customer: Integers
    cohort: Integers
    low: Integers
    high: Integers

    @property
    def open(self) -> NDArray[np.bool_]:
        """Which are unpaid."""
        return np.asarray(self.high >= 2**40)


@dataclass(frozen=True, eq=False)
class Lateness:
    """The fit. Score = customer's effect + month's effect + N(0, 1); paid by edge j iff score ≤ cut j.

    Attributes:
        edges: days past due, rising; the law of the first bucket begins one day after the first edge.
        cuts: floats[class, edge], the first −∞.
        spread: standard deviation of the effects of customers.
        effect: of each customer.
        effect_sd: its posterior standard deviation.
        month: effect of each month; their average over the invoices is 0.
        month_cov: error of these, floats[month, month].
    """

    edges: Integers
    cuts: Floats
    spread: float
    effect: Floats
    effect_sd: Floats
    month: Floats
    month_cov: Floats

    @property
    def total(self) -> float:
        """Standard deviation of the score of a customer who is not known."""
        return float(np.sqrt(1 + self.spread**2))

    def paid(self) -> Floats:
        """Return the share paid by each edge, floats[class, edge], of customers who are not known."""
        return np.asarray(special.ndtr(self.cuts / self.total))


def fit_lateness(rows: Rows, edges: Integers, prior: Floats) -> Lateness:
    """Fit cuts by estimating equations of the hazards, effects by Laplace's method, their spread by EM.

    Args:
        rows: the invoices; `low` and `high` of paid ones are edges.
        edges: days past due.
        prior: shares paid by each edge, floats[class, edge], worth 20 invoices each.
    """
    customers, months = int(rows.customer.max()) + 1, int(rows.cohort.max()) + 1
    spread = float(np.sqrt(_PRIOR_SPREAD[0]))
    fit = Lateness(
        edges, special.ndtri(prior) * np.sqrt(1 + spread**2), spread, np.zeros(customers),
        np.full(customers, spread), np.zeros(months), np.eye(months),
    )  # fmt: skip
    at_risk, paid = _risk(rows, edges)
    group = np.zeros(customers, dtype=np.int64)
    group[rows.customer] = rows.group
    last = np.empty(0)
    for _ in range(_ROUNDS):
        fit = replace(fit, cuts=_cuts(fit, rows, at_risk, paid, prior))
        fit = _effects(fit, rows)
        # What the customers of a class have in common belongs to its cuts; these would find it slowly.
        mean = np.bincount(group, fit.effect) / np.maximum(np.bincount(group), 1)
        fit = replace(fit, effect=fit.effect - mean[group])
        prior_variance, worth = _PRIOR_SPREAD
        variance = (prior_variance * worth + (fit.effect**2 + fit.effect_sd**2).sum()) / (worth + customers)
        fit = replace(fit, spread=float(np.sqrt(variance)))
        now = np.append(fit.cuts[:, 1:].mean(axis=1), fit.spread)
        if len(now) == len(last) and np.abs(now - last).max() < 1e-3:
            break
        last = now
    return fit


def _risk(rows: Rows, edges: Integers) -> tuple[Floats, Integers]:
    """Return what share of each bucket each invoice was seen in, floats[row, bucket], and where it was paid.

    The bucket in which an invoice was paid counts in full; an open one's last bucket as far as it was seen.
    """
    width = np.diff(edges)
    seen = np.clip((rows.low[:, None] - edges[:-1]) / width, 0.0, 1.0)
    bucket = np.where(rows.open, len(width), np.searchsorted(edges, rows.high) - 1)
    some = np.flatnonzero(~rows.open)
    seen[some, bucket[some]] = 1.0
    return seen, bucket


def _cuts(fit: Lateness, rows: Rows, at_risk: Floats, bucket: Integers, prior: Floats) -> Floats:
    """Return cuts at which the payments expected of those at risk are those that came, bucket by bucket."""
    mean = fit.effect[rows.customer] + fit.month[rows.cohort]
    sd = fit.effect_sd[rows.customer]
    keys = np.stack((rows.group, np.rint(mean * _FINE).astype(np.int64), np.rint(sd * 10).astype(np.int64)))
    cells, cell = np.unique(keys, axis=1, return_inverse=True)
    cell = cell.ravel()
    risk = np.zeros((cells.shape[1], at_risk.shape[1]))
    np.add.at(risk, cell, at_risk)
    cuts = np.empty_like(prior)
    for c in range(len(prior)):
        own = np.flatnonzero(cells[0] == c)
        nodes = cells[1, own, None] / _FINE + cells[2, own, None] / 10 * _NODES
        scores = np.concatenate((nodes, fit.spread * _NODES[None]))
        paid = np.bincount(bucket[rows.group == c], minlength=at_risk.shape[1] + 1)[:-1]
        alive = 1 - prior[c, :-1]
        mass = np.concatenate((risk[own], PRIOR_INVOICES * alive[None]))
        cuts[c] = _solve(scores, mass, paid + PRIOR_INVOICES * np.diff(prior[c]))
    return cuts


def _solve(scores: Floats, mass: Floats, paid: Floats) -> Floats:
    """Return the cuts, floats[edge]: Σ mass·E[1 − R(cut_j − score)/R(cut_{j−1} − score)] = paid_j.

    Args:
        scores: nodes of the score's mean, floats[cell, node].
        mass: at risk, floats[cell, bucket].
        paid: floats[bucket].
    """
    cuts = np.full(mass.shape[1] + 1, -np.inf)
    alive = np.zeros_like(scores)  # ln R at the last cut
    for j in range(mass.shape[1]):
        cuts[j + 1] = _cut(scores, alive, mass[:, j], min(paid[j], (1 - 1e-9) * mass[:, j].sum()), cuts[j])
        alive = special.log_ndtr(scores - cuts[j + 1])
    return cuts


def _cut(scores: Floats, alive: Floats, mass: Floats, paid: float, before: float) -> float:
    """Return the next cut, by Newton's method inside a bracket that shrinks."""
    low = before if np.isfinite(before) else -12.0
    high = max(low, 0.0) + 12.0
    cut = low + 0.05 if np.isfinite(before) else -2.0
    for _ in range(60):
        gone = mass @ (-np.expm1(special.log_ndtr(scores - cut) - alive) @ _WEIGHTS) - paid
        slope = mass @ (np.exp(-0.5 * (scores - cut) ** 2 - alive) @ _WEIGHTS) / np.sqrt(2 * np.pi)
        low, high = (cut, high) if gone < 0 else (low, cut)
        tried = cut - gone / slope if slope > 0 else np.inf
        tried = tried if low < tried < high else (low + high) / 2
        if abs(tried - cut) < 1e-8:
            break
        cut = tried
    return float(cut)


def _effects(fit: Lateness, rows: Rows) -> Lateness:
    """Take one step of Newton's method for all effects together, and keep their errors (Laplace)."""
    effect, month = fit.effect, fit.month
    shares = fit.paid()
    low = fit.total * special.ndtri(_at(fit.edges, shares, rows.group, rows.low))
    high = np.where(
        rows.open, np.inf, fit.total * special.ndtri(_at(fit.edges, shares, rows.group, rows.high))
    )
    score = effect[rows.customer] + month[rows.cohort]
    slope, bend = _derivatives(low - score, high - score)
    customers, months = len(effect), len(month)
    own = np.bincount(rows.customer, bend, customers) + 1 / fit.spread**2
    shared = np.zeros((customers, months))
    np.add.at(shared, (rows.customer, rows.cohort), bend)
    part = shared / own[:, None]
    schur = np.diag(np.bincount(rows.cohort, bend, months) + _RIDGE) - shared.T @ part
    cov = np.linalg.inv(schur)
    up = np.bincount(rows.customer, slope, customers) - effect / fit.spread**2
    up_month = np.bincount(rows.cohort, slope, months) - _RIDGE * month
    step_month = cov @ (up_month - part.T @ up)
    step = up / own - part @ step_month
    month = month + np.clip(step_month, -1, 1)
    # What all months have in common is a matter of cuts and customers; only their differences are kept.
    centred = np.eye(months) - np.bincount(rows.cohort, minlength=months) / len(rows.cohort)
    return replace(
        fit, effect=effect + np.clip(step, -1, 1), effect_sd=1 / np.sqrt(own), month=centred @ month,
        month_cov=centred @ cov @ centred.T,
    )  # fmt: skip


def _at(edges: Integers, shares: Floats, group: Integers, day: Integers) -> Floats:
    """Return the share paid by a day of each invoice's class, linear between edges."""
    at = np.clip(np.searchsorted(edges, day, side="right") - 1, 0, len(edges) - 2)
    part = np.clip((day - edges[at]) / (edges[at + 1] - edges[at]), 0.0, 1.0)
    return np.asarray(shares[group, at] * (1 - part) + shares[group, at + 1] * part)


def _derivatives(low: Floats, high: Floats) -> tuple[Floats, Floats]:
    """Return the first derivative by η of ln(Φ(high − η) − Φ(low − η)) at η = 0, and minus the second."""
    swapped = low > 0  # in the upper tail differences of survivors keep their digits
    a, b = np.where(swapped, -high, low), np.where(swapped, -low, high)
    mass = np.maximum(special.ndtr(b) - special.ndtr(a), 1e-290)
    with np.errstate(invalid="ignore"):
        densities = [
            np.where(np.isfinite(x), np.exp(-0.5 * x**2) / np.sqrt(2 * np.pi), 0.0) for x in (low, high)
        ]
        moments = [np.where(np.isfinite(x), x * d, 0.0) for x, d in zip((low, high), densities, strict=True)]
    slope = np.clip((densities[0] - densities[1]) / mass, -10, 10)
    bend = slope**2 - (moments[0] - moments[1]) / mass
    return slope, np.clip(np.where(np.isfinite(bend), bend, 1.0), 1e-4, 1.0)
