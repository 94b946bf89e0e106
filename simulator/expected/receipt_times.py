"""Say how long the money of signed deals takes to come."""

from __future__ import annotations

from dataclasses import field
from typing import Final

import numpy as np
from numpy.typing import NDArray

from simulator.distributions import LONGEST, Distribution
from simulator.expected.billing import rates
from simulator.expected.events import chances
from simulator.expected.lines import Kind, Stated
from simulator.expected.paying import Payer, of_payer, paid_after
from simulator.expected.signatures import Signatures
from simulator.expected.walks import fast_length
from simulator.records import dataclass
from simulator.scenario import Scenario
from simulator.scenario.conditions import Conditions
from simulator.terms import Event, Installment

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

_REST: Final = 1e-12
"""Times that are longer with less than this chance are left out of mean days."""


def receipt_lags(scenario: Scenario) -> Floats:
    """Return the mean days from signature to receipt of each segment, floats[segment]; NaN where none is due.

    Of open deals and of those to come that are signed within the horizon, offers that they take included, by
    the money that comes, whenever it does, given that customers last.
    """
    times, sums = Times(scenario), np.zeros((len(scenario.segments), 2))
    for (_, kind), rows in Signatures.of(scenario).after_offers().items():
        rate = rates(scenario, kind.currency)
        for stated, (_, money) in rows.items():
            sums[kind.segment] += times.of(kind, stated) @ (money * rate)
    came = sums[:, 0] > 0
    return np.where(came, sums[:, 1] / np.where(came, sums[:, 0], 1.0), np.nan)


@dataclass
class Times:
    """Says how long lines of each kind take to be paid; what is known is kept."""

    scenario: Scenario
    _lines: dict[tuple[Kind, Stated], Floats] = field(default_factory=dict)
    _events: dict[Kind, dict[Event, Floats]] = field(default_factory=dict)
    _laws: dict[tuple[object, ...], tuple[float, float]] = field(default_factory=dict)

    def of(self, kind: Kind, stated: Stated) -> Floats:
        """Return what is received of one unit of money, and Σ received × days since its signature.

        Returns:
            floats[2, day of signature 0 … last].
        """
        if (kind, stated) not in self._lines:
            terms, last = kind.conditions(self.scenario), self.scenario.horizon.last_day
            if kind not in self._events:
                self._events[kind] = self._by_event(terms, last, kind.payer)
            known, (start, delivery) = self._events[kind], stated
            total = known["signature"][:, : last + 1].copy()
            for event, law, day in (("start", terms.start, start), ("delivery", terms.delivery, delivery)):
                if event in known:
                    total += _ahead(known[event], law, day, last + 1)
            total[1] -= np.arange(last + 1) * total[0]
            self._lines[kind, stated] = total
        return self._lines[kind, stated]

    def _by_event(self, terms: Conditions, last: int, payer: Payer) -> dict[Event, Floats]:
        """Return what is received of the parts that wait for an event, and Σ received × day of receipt.

        What waits for acceptance is averaged over it, by the day of delivery.

        Returns:
            event to floats[2, day of the event].
        """
        longest = {"start": _longest(terms.start), "delivery": _longest(terms.delivery), "signature": 0}
        far = last + 1 + max(longest.values())
        size = {"acceptance": far + _longest(terms.acceptance)}
        found: dict[Event, Floats] = {"signature": np.zeros((2, far))}
        for number, part in enumerate(terms.installments):
            days = np.arange(size.get(part.event, far))
            written = terms.invoice_days(number, days)
            paid, waited = self._payments(terms, part, written, terms.due_days(number, written), payer)
            share = float(part.share) * (1 + float(terms.tax))
            moments = share * np.stack((paid, paid * written + waited))
            found[part.event] = found.get(part.event, 0.0) + moments
        if "acceptance" in found:
            accepted = _ahead(found.pop("acceptance"), terms.acceptance, 0, far)
            found["delivery"] = found.get("delivery", 0.0) + accepted
        return found

    def _payments(
        self, terms: Conditions, part: Installment, written: Integers, due: Integers, payer: Payer
    ) -> tuple[Floats, Floats]:
        """Return the share of each invoice that is paid, and Σ share × days since it was written."""
        weekday = (due + terms.origin.astype("datetime64[D]").astype(np.int64) + 3) % 7
        weekday *= bool(terms.payment.run_days)
        groups, at = np.unique((due - written) * 7 + weekday, return_inverse=True)
        each = np.array([self._moments(terms, part, payer, *divmod(group, 7)) for group in groups.tolist()])[
            at
        ]
        return each[:, 0], each[:, 1]

    def _moments(
        self, terms: Conditions, part: Installment, payer: Payer, gap: int, weekday: int
    ) -> tuple[float, float]:
        payment = terms.payment
        key = (payment, payer, gap, weekday, part.discount, part.certain)
        if key not in self._laws:
            size = max(gap, 0) + len(payment.pmf) + max(payment.last_day, 0) + 1
            size += LONGEST if payment.dispute else 0
            law = paid_after(
                of_payer(payment.by_weekday[weekday], payer), gap, part.discount, part.certain, size
            )
            self._laws[key] = float(law.sum()), float(law @ np.arange(size))
        return self._laws[key]


def _ahead(values: Floats, law: Distribution, stated: int, size: int) -> Floats:
    """Return E[v(max(t + T, stated))] for each day t, floats[..., size].

    Args:
        values: v by day, floats[..., day]; where it ends, T ends too.
        law: of T.
        stated: earliest day.
        size: of the result.
    """
    days = np.minimum(np.arange(values.shape[-1]), values.shape[-1] - 1)
    held = values[..., np.maximum(days, min(stated, len(days) - 1))]
    steps = chances(law)[: values.shape[-1] - size + 1]
    some = np.flatnonzero(steps)
    if len(some) == 1:
        return np.asarray(held[..., some[0] : some[0] + size] * steps[some[0]])
    length = fast_length(values.shape[-1])
    spectrum = np.fft.rfft(held, length) * np.conj(np.fft.rfft(steps, length))
    return np.asarray(np.fft.irfft(spectrum, length)[..., :size])


def _longest(law: Distribution) -> int:
    """Return the days that hardly anything lasts longer than."""
    left = 1 - np.cumsum(chances(law))
    return int(np.argmax(left <= _REST))
