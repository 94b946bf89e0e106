"""Gather learned figures as a part of a scenario, each with its evidence beside it."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from simulator.distributions import LONGEST, Distribution
from simulator.funnel import Funnel
from simulator.learning.amounts import AmountFit
from simulator.learning.calendar import CalendarFit
from simulator.learning.close_dates import CloseDateFit
from simulator.learning.evidence import Figure
from simulator.learning.funnels import FunnelFit
from simulator.learning.payments import PaymentFit
from simulator.market import SHARED_SHARE
from simulator.posterior import GenerationDraws
from simulator.scenario.tree import Keys, dotted

_MONTHS: Final = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_IN_SCENARIO: Final = {"amount_change": "amount"} | {name: str(n) for n, name in enumerate(_MONTHS, 1)}
"""What a scenario calls that which estimators call otherwise."""


class Overlay:
    """What was learned so far.

    Attributes:
        scenario: middle figures as a scenario has them.
        evidence: of each figure, by path.
        assumptions: what could not be learned, and what would allow it.
    """

    def __init__(self) -> None:
        self.scenario: dict[str, Any] = {}
        self.evidence: dict[str, Figure] = {}
        self.assumptions: list[str] = []

    def set(self, keys: Keys, value: Any, figure: Figure | None = None) -> None:
        """Set a figure at its path."""
        inner = self.scenario
        for key in keys[:-1]:
            inner = inner.setdefault(str(key), {})
        inner[str(keys[-1])] = value
        if figure is not None:
            self.evidence[dotted(keys)] = figure

    def assume(self, text: str) -> None:
        """Note what stays an assumption."""
        self.assumptions.append(text)

    def market(self, total: Figure) -> None:
        """Set the correlations of deals' luck by their total."""
        for key, share in (("shared", SHARED_SHARE), ("segment", 1 - SHARED_SHARE)):
            part = replace(total, value=total.value * share, low=total.low * share, high=total.high * share)
            self.set(("market", key), _short(total.value * share), part)

    def funnel(self, segment: str, fit: FunnelFit, own: Collection[str]) -> None:
        """Set the stages of a segment: moves, and days by median and 90 % point.

        Only for its own stages is there evidence: those of other segments are in the funnel for its shape.
        """
        mean, names = fit.draws.mean, fit.draws.stages
        here: Keys = ("segments", segment)
        self.set((*here, "probability_basis"), "entry")
        if fit.neglect is not None:
            self.evidence[dotted((*here, "neglect", "unclosed"))] = fit.neglect
        for s, stage in enumerate(names):
            at = (*here, "stages", stage)
            self.set((*at, "advance"), 0.0)
            for k in mean.moves(s):
                if k == len(names) + 1:
                    continue
                key = _move(s, k, names)
                figure = fit.transitions.get((s, k)) if stage in own else None
                self.set((*at, *key), _short(mean.transitions[s, k]), figure)
            self._days(at, mean, s, fit.medians if stage in own else {})
            if stage in own:
                self.evidence[dotted((*at, "close"))] = fit.win_rates[s]

    def _days(self, at: Keys, mean: Funnel, s: int, medians: Mapping[tuple[int, int], Figure]) -> None:
        size = len(mean.stages)
        for key, columns in (("days", range(size + 1)), ("days_lost", (size + 1,))):
            laws = {k: law for k in columns if (law := mean.stays[s][k]) is not None}
            if laws:
                k = max(laws, key=lambda column: float(mean.transitions[s, column]))
                self.set((*at, key), _quantiles(laws[k]))
                if (figure := medians.get((s, k))) is not None:
                    self.evidence[dotted((*at, key, "median"))] = figure
            elif key == "days":
                self.set((*at, key), _quantiles(mean.stays[s][size + 1]))

    def odds(self, segment: str, figures: Mapping[str, Figure], factor: float) -> None:
        """Set the factor on win odds; what else moves them is in the draws."""
        at: Keys = ("segments", segment, "soberness", "odds")
        self.set(at, _short(factor))
        for name, figure in figures.items():
            inner = name.split(".", 1)  # a stage's name may have dots
            path = at if name == "odds" else ("segments", segment, "win_odds", *inner)
            self.evidence[dotted(path)] = figure

    def arrivals(
        self, segment: str, made: GenerationDraws, stages: Sequence[str], figures: Mapping[str, Figure]
    ) -> None:
        """Set the deals still to come; all amounts are in the draws, their middle and 90 % point here."""
        here: Keys = ("segments", segment, "new_pipeline")
        entry = made.entry.mean(axis=0)
        told: dict[str, Any] = {
            "per_month": _short(made.per_month.mean()),
            "season": {str(m + 1): _short(f) for m, f in enumerate(made.season.mean(axis=0))},
            "trend": _short(made.trend.mean()),
            "dispersion": _short(1 / np.mean(1 / made.dispersion)),
            "entry": {s: _short(x) for s, x in zip(stages, entry / entry.sum(), strict=True) if x > 0},
            "amount": _amounts(made.amounts),
        }
        if len(made.bluebird_amounts):
            birds = {"per_month": _short(made.bluebirds.mean()), "amount": _amounts(made.bluebird_amounts)}
            told["bluebirds"] = birds
        for key, value in told.items():
            self.set((*here, key), value)
        self._tell(segment, figures)

    def calendar(self, segment: str, fit: CalendarFit) -> None:
        """Set on which days deals close."""
        here: Keys = ("segments", segment)
        self.set((*here, "weekday_weights"), [_short(w) for w in fit.weekdays])
        self.set((*here, "month_weights"), [_short(w) for w in fit.months])
        self.set((*here, "quarter_end_weight"), _short(fit.quarter_end))
        self._tell(segment, fit.figures)

    def close_dates(self, segment: str, fit: CloseDateFit) -> None:
        """Set what a stated close date is worth."""
        for key in ("slip", "spread", "overdue", "pushes"):
            if f"close_date.{key}" in fit.figures:
                self.set(("segments", segment, "close_date", key), _short(getattr(fit, key)))
        self._tell(segment, fit.figures)

    def amounts(self, segment: str, fit: AmountFit) -> None:
        """Set how amounts change until signature."""
        sized = ("by_size", "reference") if fit.change.by_size else ()
        for key in ("unchanged", "location", "scale", *sized):
            self.set(("segments", segment, "amount", key), _short(getattr(fit.change, key)))
        self._tell(segment, fit.figures)

    def _tell(self, segment: str, figures: Mapping[str, Figure]) -> None:
        """Keep evidence under the paths that a scenario has for the figures."""
        for path, figure in figures.items():
            keys = (_IN_SCENARIO.get(key, key) for key in path.split("."))
            self.evidence[dotted(("segments", segment, *keys))] = figure

    def payments(self, segment: str, fit: PaymentFit) -> None:
        """Set how late each class pays."""
        for name in fit.tables:
            at: Keys = ("segments", segment, "payment", name)
            start = {fit.first_day - 1: 0.0}
            table = start | {day: _short(share) for day, share in fit.tables[name].items()}
            self.set((*at, "table"), {str(day): share for day, share in table.items()})
            self.set((*at, "shared"), _short(fit.shared))
            self.set((*at, "common"), _short(fit.common))
            if fit.days is not None:
                days: dict[str, Any] = {"weekdays": [_short(w) for w in fit.days.weekdays]}
                days |= {"month_end": _short(fit.days.month_end), "end_days": fit.days.end_days}
                days["holiday"] = _short(fit.days.holiday)
                self.set((*at, "days"), days)
        for path, figure in fit.figures.items():
            self.evidence[dotted(("segments", segment, "payment", *path.split(".")))] = figure


def _move(s: int, k: int, names: tuple[str, ...]) -> Keys:
    if k == s + 1:
        return ("advance",)
    if k == s - 1:
        return ("back",)
    return ("moves", "won" if k == len(names) else names[k])


def _quantiles(law: Distribution | None) -> dict[str, float]:
    """Return median and 90 % point in days, as a scenario has them: positive, and not too far apart."""
    assert law is not None
    median = float(np.clip(float(law.isf(0.5)), 0.25, LONGEST / 2))
    p90 = float(np.clip(float(law.isf(0.1)), median * 1.01, min(median * 500, LONGEST - 96)))
    return {"median": _short(median), "p90": _short(p90)}


def _amounts(amounts: NDArray[np.float64]) -> dict[str, float]:
    """Return median and 90 % point of amounts, as a scenario has them."""
    median, p90 = (float(q) for q in np.quantile(np.maximum(amounts, 0.01), (0.5, 0.9)))
    return {"median": _short(round(median, 2)), "p90": _short(round(max(p90, median), 2))}


def _short(value: Any) -> float:
    """Return a number with six digits: more are not known, and fewer bytes are read."""
    return float(f"{float(value):.6g}")
