"""Say when invoices are paid, and how much of them: life table, discount, dispute, recovery, insolvency."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Final, Literal

import numpy as np
from numpy.typing import NDArray
from scipy import special

from simulator.expected.events import chances
from simulator.payment_days import PaymentDays
from simulator.payments import PaymentBehaviour
from simulator.scenario import Scenario
from simulator.terms import Discount

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
Payer = tuple[float, float]
"""Mean and standard deviation of a customer's lateness score."""

Part = Literal["all", "ordinary", "month end"]
Route = tuple[int, str, PaymentDays | None, Part, float]

Unpaid = tuple[Integers, Floats, float]
"""Days past due, their chances, and that of bad debt."""

UNKNOWN: Final[Payer] = (0.0, 1.0)
_NODES: Final = 96
"""Of the average over a customer's score."""


def of_payer(behaviour: PaymentBehaviour, payer: Payer) -> PaymentBehaviour:
    """Return how a known customer pays new invoices.

    The score of an invoice is √shared·(m + s·z) + √(1 − shared)·e, normal: paid by day j with chance
    Φ((Φ⁻¹(F(j)) − √shared·m) / √(shared·s² + 1 − shared)).

    Args:
        behaviour: of the class, F.
        payer: m and s.
    """
    if payer == UNKNOWN or behaviour.shared == 0:
        return behaviour
    (mean, sd), shared = payer, behaviour.shared
    scores = special.ndtri(np.minimum(np.cumsum(behaviour.pmf), 1.0))
    paid = special.ndtr((scores - np.sqrt(shared) * mean) / np.sqrt(shared * sd**2 + 1 - shared))
    if behaviour.bad_debt == 0:
        paid[np.flatnonzero(behaviour.pmf)[-1] :] = 1.0
    return replace(behaviour, pmf=np.diff(paid, prepend=0.0), bad_debt=1 - float(paid[-1]))


def gone_out(days: PaymentDays, part: Part, insolvency: float, origin: int, money: Floats) -> Floats:
    """Return when money goes out that is ready on each day: on each, its weight's share of what waits.

    Args:
        days: weights of the days.
        part: which payments the money is of.
        insolvency: chance a year that a customer fails, also while a payment waits.
        origin: ordinal of day 0, before whose end everything went out that was ready then.
        money: ready, floats[day 0 … last].

    Returns:
        floats[day 0 … last].
    """
    last, kept = origin + len(money) - 1, (1 - insolvency) ** (1 / 365.25)
    share = {"all": days.month_end, "ordinary": 0.0, "month end": 1.0}[part]
    result = np.zeros_like(money)
    for weights, own in (
        (days.weights(origin, last), 1 - share),
        (days.ends(origin, last), share),
    ):
        waiting = 0.0
        for day in range(1, len(money)) if own else ():
            waiting = waiting * kept + own * money[day]
            result[day] += weights[day] * waiting
            waiting -= weights[day] * waiting
    return result


def paid_after(
    behaviour: PaymentBehaviour, gap: int, discount: Discount | None, certain: bool, size: int
) -> Floats:
    """Return the expected share of an invoice that is paid each day after it is written, floats[size].

    Days max(0, gap + late). A customer who takes a discount pays at the latest on its last day; whoever pays
    by then pays so much less. The recovered part of a bad debt comes with the table's last day. A contested
    invoice is paid a drawn number of days later, less the credited share, and without the discount unless
    that is still in time; bad debt stays bad debt. Insolvency is left aside.

    Args:
        behaviour: of the customer's class, towards invoices due on that weekday.
        gap: days from invoice to due date.
        discount: on offer, or None.
        certain: paid in full on the due day for certain.
        size: of the result.
    """
    paid = np.zeros(size + 1)
    if certain:
        paid[min(max(gap, 0), size)] = 1.0
        return paid[:size]
    late, table, bad_debt = behaviour.late_law()
    offsets = np.minimum(np.maximum(gap + late, 0), size)
    taken = behaviour.discount_taken if discount else 0.0
    np.add.at(paid, offsets, (1 - taken) * table)
    less = np.zeros(size + 1)
    if discount:
        np.add.at(paid, np.minimum(offsets, discount.days), taken * table)
        paid[min(discount.days, size)] += taken * bad_debt
        less[: discount.days + 1] = float(discount.share)
    result = paid * (1 - less)
    if behaviour.dispute:
        contested, credited = behaviour.dispute.chance, float(behaviour.dispute.credited)
        later = np.convolve(paid[:size], chances(behaviour.dispute.delay)[:size])[:size]
        result *= 1 - contested
        result[:size] += contested * later * np.maximum(1 - credited - less[:size], 0.0)
    result[min(max(gap + behaviour.last_day, 0), size)] += (1 - taken) * bad_debt * behaviour.recovery
    return result[:size]


def opening_receipts(
    scenario: Scenario, weekday: Callable[[int], int], receive: Callable[[Route, Floats], None]
) -> None:
    """Hand over what opening invoices bring, given that they are unpaid at the end of day 0.

    P(late = j | late > −due), paid on day due + j ≥ 1; a bad debt's recovery on due + the table's last day.
    Contested ones are paid the dispute's delay later, less the credited share; where the file does not say
    which they are, each is with its class's chance. Invoices of no known segment count in the first one.

    Args:
        scenario: whose receivables are paid.
        weekday: of a day from as-of.
        receive: takes segment, currency, days on which payments go out and insolvency until then; and minor
            units of the currency by the day on which they are ready, floats[day 0 … last].
    """
    invoices, last = scenario.receivables, scenario.horizon.last_day
    amounts: dict[tuple[int, PaymentBehaviour, int, int, float, Payer | None], float] = {}
    for row in np.flatnonzero(invoices.open).tolist():
        segment = max(scenario.invoice_segment[row], 0) if scenario.invoice_segment else 0
        behaviour = scenario.invoice_payment(row)
        contested = behaviour.dispute.chance if behaviour.dispute else 0.0
        if behaviour.dispute and scenario.disputes_known:
            contested = float(invoices.disputed[row])
        due = int(invoices.due_day[row])
        payer = scenario.payers.get(str(invoices.customer[row])) if behaviour.shared else None
        key = (segment, behaviour, int(invoices.currency_index[row]), due, contested, payer)
        amounts[key] = amounts.get(key, 0.0) + float(invoices.amount_minor[row])
    paid: dict[Route, Floats] = {}
    for (segment, behaviour, currency, due, contested, payer), amount in amounts.items():
        own, as_of = behaviour.by_weekday[weekday(due)], scenario.horizon.as_of.toordinal()
        for part, unpaid in _parts(own, -due, payer, as_of):
            route = segment, invoices.currencies[currency], behaviour.days, part, behaviour.insolvency
            money = paid.setdefault(route, np.zeros(last + 1))
            law = residual(own, due, contested, last + 1, unpaid)
            money += amount * law * behaviour.solvent(np.arange(last + 1))
    for route, money in paid.items():
        receive(route, money)


def residual(behaviour: PaymentBehaviour, due: int, contested: float, size: int, unpaid: Unpaid) -> Floats:
    """Return the expected share of an opening invoice that is paid each day from as-of, floats[size].

    Args:
        behaviour: of the class, towards invoices due on that weekday.
        due: day.
        contested: chance that it is.
        size: of the result.
        unpaid: its law, given that it is unpaid.
    """
    paid = np.zeros(size + 1)
    late, table, bad_debt = unpaid
    np.add.at(paid, np.clip(due + late, min(1, size), size), table)
    result = paid
    if behaviour.dispute and contested:
        put_off = np.convolve(paid[:size], chances(behaviour.dispute.delay)[:size])[:size]
        result = (1 - contested) * paid
        result[:size] += contested * (1 - float(behaviour.dispute.credited)) * put_off
    result[min(max(due + behaviour.last_day, 1), size)] += bad_debt * behaviour.recovery
    return result[:size]


def still_unpaid(behaviour: PaymentBehaviour, so_far: int, payer: Payer | None = None) -> Unpaid:
    """Return the law of the days past due of an invoice, given that more than `so_far` have passed.

    Args:
        behaviour: of the class.
        so_far: days past due.
        payer: the customer's score where it is known, and tells of this invoice already.
    """
    return _sorts(behaviour, ((so_far, 1.0),), payer)[0]


def _parts(
    behaviour: PaymentBehaviour, so_far: int, payer: Payer | None, as_of: int
) -> list[tuple[Part, Unpaid]]:
    """Return the laws of an unpaid invoice's days past due, by the sort of payment that it may be.

    What has been ready since the last day on which payments of a sort went out still waits.
    """
    days = behaviour.days
    if days is None:
        return [("all", still_unpaid(behaviour, so_far, payer))]
    sorts = (
        (so_far - days.idle(as_of), 1 - days.month_end),
        (so_far - days.idle_at_end(as_of), days.month_end),
    )
    names: tuple[Part, Part] = ("ordinary", "month end")
    return list(zip(names, _sorts(behaviour, sorts, payer), strict=True))


def _sorts(
    behaviour: PaymentBehaviour, sorts: Sequence[tuple[int, float]], payer: Payer | None
) -> list[Unpaid]:
    """Return the law of an invoice of each sort, given that it is unpaid; all chances together add to 1.

    An invoice is of a sort with some chance, and then not ready by a day. Of a known customer the average
    over the score of the chances given score and survival: E[share·(R_w(j − 1) − R_w(j)) / Σ share·R_w(day)],
    R_w(j) = Φ((w − Φ⁻¹(F(j))) / √(1 − shared − common)), w ~ N(√shared·m, shared·s² + common).

    Args:
        behaviour: of the class.
        sorts: days past due by which it is not ready, and chance of the sort.
        payer: m and s, or None.
    """
    late, table, bad_debt = behaviour.late_law()
    paid = np.minimum(np.cumsum(table), 1 - bad_debt)
    if bad_debt == 0:
        paid[np.flatnonzero(table)[-1] :] = 1.0
    scores, weights, sd = _scores(behaviour, payer)
    shares, first, logs = [], [], []
    for so_far, share in sorts:
        later = late > so_far
        bounds = special.ndtri(np.concatenate(([_before(paid, later)], paid[later])))
        logs.append(special.log_ndtr((scores[:, None] - bounds) / sd))
        shares.append(share)
        first.append(logs[-1][:, 0])
    with np.errstate(divide="ignore"):
        total = special.logsumexp(np.stack(first) + np.log(shares)[:, None], axis=0)
    if not np.isfinite(total).all():  # older than a table without bad debt: paid the next day
        return [
            (np.array([so_far + 1]), np.array([float(n == 0)]), 0.0) for n, (so_far, _) in enumerate(sorts)
        ]
    found = []
    for (so_far, share), log in zip(sorts, logs, strict=True):
        alive = weights @ (share * np.exp(log - total[:, None]))
        found.append((late[late > so_far], -np.diff(alive), float(alive[-1])))
    return found


def _before(paid: Floats, later: NDArray[np.bool_]) -> float:
    """Return the share paid by the last day that has passed."""
    return float(paid[~later][-1]) if (~later).any() else 0.0


def _scores(behaviour: PaymentBehaviour, payer: Payer | None) -> tuple[Floats, Floats, float]:
    """Return nodes of what is not the invoice's own in its score, their weights, and the sd of the rest."""
    if payer is None:
        return np.zeros(1), np.ones(1), 1.0
    nodes, weights = np.polynomial.hermite_e.hermegauss(_NODES)
    spread = behaviour.shared * payer[1] ** 2 + behaviour.common
    own = 1 - behaviour.shared - behaviour.common
    return (
        np.sqrt(behaviour.shared) * payer[0] + np.sqrt(spread) * nodes,
        weights / weights.sum(),
        np.sqrt(own),
    )
