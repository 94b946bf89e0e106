"""Price payment terms: what they hold back at the low end of receipts, and what a deposit would bring."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from decimal import Decimal
from fractions import Fraction
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from simulator.analysis.contrasts import deviation_of_mean
from simulator.analysis.explain.question import Question
from simulator.deals import Wins
from simulator.forecast import Window, statistics
from simulator.landings import landings
from simulator.products import NO_PRODUCT
from simulator.receivables import Receivables
from simulator.records import dataclass
from simulator.renewals import Renewals
from simulator.scenario import Scenario, agreed_terms
from simulator.scores import Z95
from simulator.terms import PaymentTerms, TermsError, parse_terms

Floats = NDArray[np.float64]

DEPOSIT: Final = 30
"""Per cent of a deal that a deposit takes, invoiced at signature and due at once."""
AT_ONCE: Final = parse_terms("receipt")
"""Terms against which others are priced: all of it invoiced at signature and due at once."""
LOW, NEAR = 0.1, 0.05
"""Chance of less at the low end, and how far from it in the order of all trials what is near may stand."""
MOST: Final = 10
"""Deals that are told of."""
TRIALS: Final = 8_000
"""Most trials that are looked at: under each other terms all open deals are played once more."""

_PART: Final = re.compile(r"\s*(\d+(?:\.\d+)?)\s*%(?!\s*/)", re.ASCII)


def part(question: Question) -> dict[str, Any]:
    """Return what the terms of open deals hold back by the aim's last day, by terms and by deal.

    Of each deal alone, what it brings under its own terms is taken out of the receipts trial by trial, and
    what it brings under others is put in: that is the run in which this deal has other terms. Told are the
    deals of which most is held back on average.
    """
    scenario = question.scenario
    window = Window(
        "receipts", scenario.horizon.date_of(1), question.aim.window.last, question.aim.window.segment
    )
    told: dict[str, Any] = {"by": window.last.isoformat(), "deposit": DEPOSIT / 100, "terms": [], "deals": []}
    if not len(scenario.pipeline):
        return told
    prices = Prices.of(question, window)
    names = [_name(scenario, place) for place in range(len(scenario.pipeline))]
    for name in dict.fromkeys(names):
        some = [place for place, own in enumerate(names) if own == name]
        told["terms"].append({"terms": name, "deals": len(some)} | prices.told(some))
    told["terms"].sort(key=lambda row: -abs(row["held_back"]["mean"]))
    for place in prices.most():
        deal = scenario.pipeline[place]
        known = {"id": deal.id, "name": deal.name, "customer": deal.customer, "terms": names[place]}
        told["deals"].append(known | prices.told([place]))
    return told | {"trials": len(prices.total), "low": prices.stats["p10"], "mean": prices.stats["mean"]}


def with_deposit(terms: PaymentTerms) -> PaymentTerms | None:
    """Return terms of which a deposit is taken first, all else in proportion.

    None where that makes no sense: what recurs, what is paid in advance for certain, and what asks for as
    much at signature already, with the rest later. The deposit stands last, so that every other instalment
    keeps its number, and with it its luck.
    """
    clauses = terms.clauses
    first = sum((clause.share for clause in clauses if clause.event == "signature"), Fraction(0))
    already = len(clauses) > 1 and 100 * first >= DEPOSIT
    if terms.recurrence is not None or already or any(clause.certain for clause in clauses):
        return None
    parts = [part.strip() for part in terms.text.split(";")]
    if not (_PART.match(parts[0]) or parts[0].lower().startswith("balance")):
        parts = ["balance on signature " + re.sub(r"(?i)^prepaid\b", "", parts[0]).strip()]
    kept = Decimal(100 - DEPOSIT) / 100
    scaled = [
        _PART.sub(lambda share: f"{(Decimal(share[1]) * kept).normalize():f}%", part, 1) for part in parts
    ]
    try:
        return parse_terms("; ".join([*scaled, f"{DEPOSIT}% on signature receipt"]))
    except TermsError:  # longer than terms may be
        return None


@dataclass(frozen=True, eq=False)
class Prices:
    """What open deals bring under their own terms and under others, in minor units.

    Attributes:
        total: receipts of each trial, floats[trial].
        stats: their statistics.
        now: floats[deal, trial].
        at_once: where all is due at signature, likewise.
        deposit: with a deposit.
        offered: whether the deal's terms leave room for a deposit, bools[deal].
        unit: minor units of one major unit.
        draws: posterior draws that the trials share, or None.
    """

    total: Floats
    stats: dict[str, Any]
    now: Floats
    at_once: Floats
    deposit: Floats
    offered: NDArray[np.bool_]
    unit: float
    draws: int | None

    @staticmethod
    def of(question: Question, window: Window) -> Prices:
        """Return what a window brings under each terms."""
        forecast, own = question.forecast, _open_deals(question.scenario)
        trials = min(question.landed, TRIALS)

        def under(change: Callable[[PaymentTerms], PaymentTerms]) -> Floats:
            return landings(_with(own, change), window, trials, question.seed, question.workers).deals

        draws = question.draws(trials)
        total = window.amounts(forecast)[:trials]
        return Prices(
            total,
            statistics(total, forecast.unit, draws=draws),
            under(lambda terms: terms),
            under(lambda terms: AT_ONCE),
            under(lambda terms: with_deposit(terms) or terms),
            np.array([_takes_deposit(own, place) for place in range(len(own.pipeline))]),
            forecast.unit,
            draws,
        )

    def most(self) -> list[int]:
        """Return the deals of which most is held back on average."""
        sizes = np.abs((self.at_once - self.now).mean(axis=1))
        return [int(i) for i in np.argsort(-sizes, kind="stable")[:MOST] if sizes[i]]

    def told(self, deals: Sequence[int]) -> dict[str, Any]:
        """Return what the terms of some deals hold back together, and what a deposit of each would bring."""
        offered = bool(self.offered[list(deals)].any())
        return {
            "held_back": self._change(deals, self.at_once),
            "deposit": self._change(deals, self.deposit) if offered else None,
        }

    def _change(self, deals: Sequence[int], other: Floats) -> dict[str, Any]:
        return change_of(
            self.total, (other[list(deals)] - self.now[list(deals)]).sum(axis=0), self.unit, self.draws
        )


def change_of(total: Floats, more: Floats, unit: float, draws: int | None = None) -> dict[str, Any]:
    """Return what a change brings on average and at the low end, in major units, with 95 % errors.

    A quantile moves by what the trials at it gain, d q/dε = E[more | total + ε·more = q], here the mean over
    those near it, half before the change and half after it. One trial at the quantile tells far less.

    Args:
        total: minor units, floats[trial].
        more: what is added to each, likewise.
        unit: minor units of one major unit.
        draws: posterior draws that the trials share, or None.
    """
    near = [_at_the_low_end(amounts) for amounts in (total, total + more)]
    weight = sum(where / where.mean() for where in near) / 2
    low, alone = float(np.mean(weight * more)), len(total) == 1
    errors = [
        Z95 * deviation_of_mean(x, draws) / unit if not alone else None for x in (more, weight * (more - low))
    ]
    return {
        "mean": float(more.mean()) / unit,
        "low": low / unit,
        "error": {"mean": errors[0], "low": errors[1]},
    }


def _at_the_low_end(amounts: Floats) -> Floats:
    """Return 1 for trials whose place among all is near the low end, else 0, floats[trial]."""
    place = np.empty(len(amounts))
    place[np.argsort(amounts, kind="stable")] = (np.arange(len(amounts)) + 0.5) / len(amounts)
    near = (np.abs(place - LOW) <= max(NEAR, 0.5 / len(amounts))).astype(np.float64)
    return near if near.any() else np.ones(len(amounts))


def _open_deals(scenario: Scenario) -> Scenario:
    """Return the open deals alone; what they bring hangs on nobody else."""
    alone = tuple(replace(segment, generation=None) for segment in scenario.segments)
    return replace(
        scenario, segments=alone, wins=Wins.empty(), receivables=Receivables.empty(), invoice_segment=(),
        renewals=Renewals.empty(),
    )  # fmt: skip


def _with(scenario: Scenario, change: Callable[[PaymentTerms], PaymentTerms]) -> Scenario:
    """Return the scenario with all terms changed: the deals' own, the products', and the segments'."""
    own = tuple(change(parse_terms(text)).text if text else "" for text in scenario.pipeline.terms)
    products = (replace(p, terms=change(p.terms) if p.terms else None) for p in scenario.products)
    segments = (
        replace(segment, terms={name: change(terms) for name, terms in segment.terms.items()})
        for segment in scenario.segments
    )
    return replace(
        scenario, pipeline=replace(scenario.pipeline, terms=own), products=tuple(products),
        segments=tuple(segments),
    )  # fmt: skip


def _agreed(scenario: Scenario, place: int) -> list[PaymentTerms]:
    """Return the terms of each line of an open deal."""
    deal = scenario.pipeline[place]
    return [
        agreed_terms(scenario, deal.segment, deal.customer_class, deal.terms, line)
        for line in scenario.pipeline.lines[place]
    ]


def _takes_deposit(scenario: Scenario, place: int) -> bool:
    return any(with_deposit(terms) is not None for terms in _agreed(scenario, place))


def _name(scenario: Scenario, place: int) -> str:
    """Return what people call the terms of a deal: as written, or those of its products."""
    agreed = list(dict.fromkeys(terms.text for terms in _agreed(scenario, place)))
    lines = [line.product for line in scenario.pipeline.lines[place]]
    if len(agreed) == 1 or NO_PRODUCT in lines:
        return agreed[0]
    return "as of " + ", ".join(scenario.products[product].name for product in dict.fromkeys(lines))
