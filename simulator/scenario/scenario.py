"""Hold everything that a forecast is computed from, checked and resolved: names met, units inside."""

from __future__ import annotations

from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from dataclasses import field
from functools import cached_property
from typing import Any, Final, Literal

import numpy as np
from numpy.typing import NDArray

from simulator.cash import Cash
from simulator.currency import RateCurve
from simulator.deals import Pipeline, Wins
from simulator.figures import Figures
from simulator.market import Market
from simulator.offers import Offer
from simulator.payments import PaymentBehaviour
from simulator.periods import Horizon
from simulator.posterior import Posterior
from simulator.products import Product
from simulator.receivables import Receivables
from simulator.records import dataclass
from simulator.renewals import Renewals
from simulator.scenario.backlog import Rest, rests
from simulator.scenario.quality import Quality
from simulator.scenario.segment import Segment
from simulator.scenario.tree import dotted
from simulator.targets import SERIES, Series, Target

TO_BE_SET: Final = "to be set"
"""How the source of a figure begins that `init` has guessed."""


@dataclass(frozen=True)
class Assumption:
    """One figure, and where it comes from.

    Attributes:
        path: keys of the scenario joined by dots, e.g. `segments.smb.close_date.slip`.
        value: as text for people.
        source: the scenario's `source`, or `default`, `estimated from …`.
        origin: whether it was set, learned, estimated or is a default.
    """

    path: str
    value: str
    source: str
    origin: Literal["set", "learned", "estimated", "default"]


@dataclass(frozen=True)
class Compared:
    """What a scenario asks to be compared with: another file, or a case of itself.

    Attributes:
        name: of a case, "" of a file, whose own name counts.
        file: its path, "" of a case.
        sets: changes that make the case, as `--set` has them.
    """

    name: str = ""
    file: str = ""
    sets: tuple[str, ...] = ()


def table_place(key: str) -> tuple[str, str]:
    """Return the keys under which a scenario names a table, such as `data` and `deals`."""
    return ("cash", key) if key == "outflows" else ("data", key)


@dataclass(frozen=True)
class Scenario:
    """Everything that a forecast is computed from. Days count from as-of (day 0), money in minor units.

    Attributes:
        name: also the folder under reports/.
        description: one sentence.
        currency: ISO code of the company's currency.
        horizon: as-of, last day, periods and cells.
        segments: in the file's order.
        pipeline: open deals.
        wins: deals won by now, of whatever year.
        receivables: invoices written by now, paid ones among them where they are given.
        rates: of contract currencies.
        market: how deals share luck.
        targets: to be reached.
        trials: number, or None for `auto`.
        seed: of the run.
        assumptions: every figure with its source.
        notes: what was left out or looks suspicious: (code, text, amount in minor units or None).
        resolved: the scenario as written to a run's inputs/, plain YAML types, with defaults left out.
        tables: each input table as used, by its key (see `table_place`): header and rows of text.
        open_deals_only: no closed row was given, so new pipeline could not be estimated.
        lost: ids of deals that are lost by now; of the forecast they are no part.
        products: what is sold; lines name them by their place.
        offers: other terms at a discount, in the order in which they are made.
        renewals: contracts that are known to end.
        cash: the bank account.
        actuals: figures of past months, which win over what deals and invoices say.
        plan: figures of the plan.
        disputes_known: the file of invoices says which are disputed.
        posterior: draws of what is learned, or None; segments hold the middle figures.
        files: what a run keeps beside scenario and tables, by name.
        payers: mean and standard deviation of the lateness score of each customer that is known; of others
            0 and 1.
        compare_with: what each run of it is held against.
        lost_reasons: why deals were lost, by segment, stage and reason, deals; "" where no stage is told.
        quality: what became of the rows of the tables, and which open deals are doubtful.
        track_record: how past intervals of such forecasts held, `verdict` and counts; None if not told.
    """

    name: str
    description: str
    currency: str
    horizon: Horizon
    segments: tuple[Segment, ...]
    pipeline: Pipeline
    wins: Wins
    receivables: Receivables
    rates: RateCurve
    market: Market
    targets: tuple[Target, ...]
    trials: int | None
    seed: int
    assumptions: tuple[Assumption, ...] = ()
    notes: tuple[tuple[str, str, int | None], ...] = ()
    resolved: Mapping[str, Any] = field(default_factory=dict)
    tables: Mapping[str, tuple[tuple[str, ...], ...]] = field(default_factory=dict)
    open_deals_only: bool = False
    invoice_segment: tuple[int, ...] = ()
    """Segment of each opening invoice, −1 where it is not known; empty: of none."""
    lost: tuple[str, ...] = ()
    products: tuple[Product, ...] = ()
    offers: tuple[Offer, ...] = ()
    renewals: Renewals = field(default_factory=Renewals.empty)
    cash: Cash = field(default_factory=Cash)
    actuals: Figures = field(default_factory=Figures.empty)
    plan: Figures = field(default_factory=Figures.empty)
    disputes_known: bool = False
    posterior: Posterior | None = None
    files: Mapping[str, bytes] = field(default_factory=dict)
    payers: Mapping[str, tuple[float, float]] = field(default_factory=dict)
    track_record: Mapping[str, Any] | None = None
    quality: Quality = field(default_factory=Quality)
    compare_with: tuple[Compared, ...] = ()
    lost_reasons: Mapping[str, Mapping[str, Mapping[str, int]]] = field(default_factory=dict)

    @cached_property
    def rests(self) -> tuple[Rest, ...]:
        """What is left to bill, recognise or deliver of the deals won by now, line by line."""
        return rests(self)

    @property
    def series(self) -> tuple[Series, ...]:
        """What flows: revenue only where a product has a rule of it, `arr` only where one recurs."""
        wanted = {"revenue": self.recognises, "arr": self.recurs}
        return tuple(s for s in SERIES if wanted.get(s, True))

    @cached_property
    def chances_guessed(self) -> bool:
        """Whether all chances of open deals are guesses of `init`: no CRM told one, nobody has set one."""
        return bool(self._guessed_deals.size) and bool(self._guessed_deals.all())

    @cached_property
    def chances_partly_guessed(self) -> bool:
        """Whether some chances of open deals are guesses of `init`, and others are not."""
        return bool(self._guessed_deals.any()) and not self.chances_guessed

    @cached_property
    def chances_learned(self) -> bool:
        """Whether the chances of all open deals are those of stages that are learned: no CRM told one."""
        learned = {figure.path for figure in self.assumptions if figure.origin == "learned"}
        found = self._with_chances_of(learned)
        return bool(found.size) and bool(found.all())

    @cached_property
    def _guessed_deals(self) -> NDArray[np.bool_]:
        """Which open deals have the chance of a stage that is guessed: bool[deal]."""
        return self._with_chances_of({f.path for f in self.assumptions if f.source.startswith(TO_BE_SET)})

    def _with_chances_of(self, figures: AbstractSet[str]) -> NDArray[np.bool_]:
        """Return which open deals have no own chance, and that of their stage among these figures."""

        def is_one(segment: str, stage: str) -> bool:
            keys = ("segments", segment, "stages", stage)
            return any(dotted((*keys, key)) in figures for key in ("close", "advance"))

        stages = [[is_one(s.name, stage) for stage in s.funnel.stages] for s in self.segments]
        places = zip(self.pipeline.segment.tolist(), self.pipeline.stage.tolist(), strict=True)
        of_stage = np.array([stages[segment][stage] for segment, stage in places], dtype=np.bool_)
        return np.asarray(of_stage & np.isnan(self.pipeline.probability))

    @cached_property
    def recognises(self) -> bool:
        """Whether any product has a rule of revenue; without one no revenue is counted."""
        return any(product.recognise for product in self.products)

    @cached_property
    def recurs(self) -> bool:
        """Whether any product recurs, so that deals add to the yearly recurring revenue."""
        return any(product.recurring for product in self.products)

    def invoice_payment(self, invoice: int) -> PaymentBehaviour:
        """Return the payment behaviour that an opening invoice follows.

        That of its customer class in its segment; where the segment is not known or does not name the class,
        that of the first segment that does, else the default of its own or the first segment.
        """
        name = self.receivables.class_names[int(self.receivables.class_index[invoice])]
        own = self.invoice_segment[invoice] if self.invoice_segment else -1
        segments = ([self.segments[own]] if own >= 0 else []) + list(self.segments)
        named = (s.payment[name] for s in segments if name in s.payment)
        return next(named, segments[0].payment["default"])
