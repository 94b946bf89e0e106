"""Turn what a scenario says about a segment into its nouns, beside funnel and new pipeline."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from fractions import Fraction
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from simulator.amounts import AmountChange
from simulator.arrivals import PipelineGeneration
from simulator.clock import Clock, business_holidays, operational_clock
from simulator.close_dates import CloseDateRule
from simulator.funnel import Funnel
from simulator.loading.problems import Problems
from simulator.market import doubt_correlation
from simulator.payment_days import PaymentDays
from simulator.payments import Dispute, PaymentBehaviour
from simulator.periods import Horizon
from simulator.products import Line
from simulator.scenario.segment import Recycling, Segment, Soberness
from simulator.scenario.segment_model import PaymentFile, SegmentFile
from simulator.scenario.tree import Tree
from simulator.terms import PaymentTerms, TermsError, parse_terms

DEFAULT_TERMS: Final = "net 30"
YEARS_BACK: Final = 10
"""Years before as-of that clocks cover; older stays count one operational day a day."""
MARGIN_DAYS: Final = 731
"""Days after the horizon that clocks cover."""


def build_segment(
    name: str, file: SegmentFile, funnel: Funnel, set_ladder: NDArray[np.float64], clock: Clock,
    generation: PipelineGeneration | None, mix: tuple[Line, ...], horizon: Horizon, tree: Tree,
    problems: Problems,
) -> Segment:  # fmt: skip
    """Return a segment; terms and payments that cannot be read become problems."""
    close, years = file.close_date, range(horizon.as_of.year, horizon.end.year + 4)
    recycling = file.recycling
    return Segment(
        name=name,
        funnel=funnel,
        set_ladder=set_ladder,
        doubt=np.array([doubt_correlation(float(h), file.worth) for h in set_ladder]),
        clock=clock,
        soberness=Soberness(file.soberness.odds, file.soberness.amount),
        close_date=CloseDateRule(
            close.rule, close.slip, round(close.delay), close.spread, close.overdue, close.pushes
        ),
        amount_change=AmountChange(
            file.amount.unchanged,
            file.amount.location,
            file.amount.scale,
            file.amount.by_size,
            file.amount.reference or 1.0,
        ),
        recycling=Recycling(recycling.chance, recycling.delay.distribution(), recycling.attempts),
        generation=generation,
        terms=_terms(name, file, tree, problems),
        payment=_payment(name, file, tree, problems),
        invoice_lag=round(file.invoice_lag),
        delivery=file.delivery.distribution(),
        acceptance=file.acceptance.distribution(),
        roll=file.roll,
        holidays=_holidays(file, years),
        use_probability=file.use_probability,
        tax=Fraction(file.tax),
        mix=mix,
    )


def build_clock(name: str, file: SegmentFile, horizon: Horizon, tree: Tree, problems: Problems) -> Clock:
    """Return the operational clock of a segment; an unknown country becomes a problem."""
    country = file.country
    try:
        business_holidays(country, range(horizon.as_of.year, horizon.as_of.year + 1))
    except ValueError as error:
        keys = ("segments", name, "country")
        upper = country.upper() if country else ""
        remedy = f"did you mean {upper}?" if upper != country else None
        problems.add(tree.problem("S026", str(error), keys, country, remedy))
        country = None
    first = date(max(horizon.as_of.year - YEARS_BACK, 1), 1, 1).toordinal() - horizon.as_of.toordinal()
    last = horizon.last_day + MARGIN_DAYS
    weights = file.quarter_end_weight, file.weekday_weights, file.month_weights
    return operational_clock(horizon.as_of, first, last, country, *weights)


def _holidays(file: SegmentFile, years: range) -> NDArray[np.datetime64]:
    try:
        return business_holidays(file.country, years)
    except ValueError:  # told already, with the clock
        return business_holidays(None, years)


def _terms(name: str, file: SegmentFile, tree: Tree, problems: Problems) -> dict[str, PaymentTerms]:
    result = {"default": parse_terms(DEFAULT_TERMS)}
    for group, text in file.terms.items():
        try:
            result[group] = parse_terms(text)
        except TermsError as error:
            message = f"terms cannot be read: {error.reason} (character {error.position + 1})"
            keys = ("segments", name, "terms", group)
            problems.add(tree.problem("S045", message, keys, text, error.remedy))
    return result


def _payment(name: str, file: SegmentFile, tree: Tree, problems: Problems) -> dict[str, PaymentBehaviour]:
    result = {"default": PaymentBehaviour.default()}
    for group, given in file.payment.items():
        try:
            result[group] = _behaviour(given, file.country)
        except ValueError as error:
            keys = ("segments", name, "payment", group)
            problems.add(tree.problem("S046", str(error), keys))
    return result


def _behaviour(given: PaymentFile, country: str | None) -> PaymentBehaviour:
    habits: dict[str, Any] = {
        "recovery": given.recovery,
        "discount_taken": given.discount_taken,
        "shared": given.shared,
    }
    if given.table is not None:
        plain = _of_table(given.table, habits)
    else:
        plain = PaymentBehaviour.stretched(given.median_late, given.bad_debt, **habits)
    dispute = None
    if given.dispute is not None:
        chance, delay = given.dispute.chance, given.dispute.delay.distribution()
        dispute = Dispute(chance, delay, Fraction(given.dispute.credited))
    days = None
    if (said := given.days) is not None:
        days = PaymentDays(said.weekdays, said.month_end, said.holiday, country, said.end_days)
    return replace(
        plain, insolvency=given.insolvency, dispute=dispute, run_days=given.run_days, common=given.common,
        days=days,
    )  # fmt: skip


def _of_table(table: dict[int, float], habits: dict[str, Any]) -> PaymentBehaviour:
    """Return the behaviour of a life table; one that begins with 0 has its first bucket begin there."""
    first = min(table, default=0)
    if table and table[first] == 0 and len(table) > 1:
        rest = {day: share for day, share in table.items() if day != first}
        return PaymentBehaviour.from_table(rest, **habits, first_day=first + 1)
    return PaymentBehaviour.from_table(table, **habits)
