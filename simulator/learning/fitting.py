"""Learn everything that a history tells, together: one fit, whose draws belong to each other."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np

from simulator.clock import Clock
from simulator.funnel import Funnel
from simulator.history import LOST, History
from simulator.learning.evidence import Figure
from simulator.learning.funnels import FunnelFit, fit_funnels
from simulator.learning.market import MarketFit, deal_chances, fit_rho
from simulator.learning.odds import fit_odds, odds_of_cohorts
from simulator.learning.overlay import Overlay
from simulator.learning.payments import fit_payments
from simulator.learning.spells import Spells, segment_clocks, spells_of
from simulator.money import minor_digits
from simulator.posterior import FunnelDraws, OddsDraws, Posterior, SegmentDraws
from simulator.scenario import Scenario
from simulator.streams import UniformRow

DRAWS: Final = 2000
"""Draws of the posterior."""
FIRST_DRAWS: Final = 400
"""Draws of the funnels from which ρ is learned: only their middle counts."""
PHI: Final = 0.5


@dataclass(frozen=True, eq=False)
class Fit:
    """What a history tells.

    Attributes:
        history: as it was known.
        spells: its stays.
        posterior: draws.
        scenario: middle figures, as a part of a scenario.
        evidence: of each of them, by path.
        rho: middle of the total correlation of deals' luck.
        unresolved: by segment and stage, share of deals whose end nobody has seen yet.
        lost_reasons: by segment, stage and reason, deals.
        assumptions: what could not be learned, and what would allow it.
    """

    history: History
    spells: Spells
    posterior: Posterior
    scenario: Mapping[str, Any]
    evidence: Mapping[str, Figure]
    rho: float
    unresolved: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    lost_reasons: Mapping[str, Mapping[str, Mapping[str, int]]] = field(default_factory=dict)
    assumptions: tuple[str, ...] = ()


def fit(
    history: History,
    base: Scenario | None = None,
    draws: int = DRAWS,
    seed: int = 1,
    rho: float | None = None,
) -> Fit:
    """Learn from a history.

    The funnels are learned twice: first as if deals shared no luck, which tells how much they do; then with
    counts that are worth less for it.

    Args:
        history: as known at its day.
        base: scenario whose tables are the prior; the article's, weakly, without one.
        draws: of the posterior.
        seed: of the draws.
        rho: total correlation of deals' luck, where it is known; 0 leaves counts as they are.
    """
    clocks = segment_clocks(history)
    spells = spells_of(history, clocks)
    told = Overlay()
    segments = {name: SegmentDraws() for name in history.segments}
    market: MarketFit | None = None
    middle = rho if rho is not None else 0.0
    fits: dict[str, FunnelFit] = {}
    if len(spells):
        tables = _tables(history, base)
        if rho is None:
            market = _market(history, spells, tables, draws, seed)
            middle = float(market.draws.mean())
            told.market(market.figure)
        row = UniformRow(seed, "funnels")
        fits = fit_funnels(spells, history.stages, row, draws, tables, middle, PHI)
        odds = _odds(history, spells, clocks, tables, fits, base, draws, seed, middle, told)
        for name, found in fits.items():
            funnel = None if _stands_for_all(history, base) else found.draws
            segments[name] = SegmentDraws(funnel, odds.get(name))
            if funnel is not None:
                told.funnel(name, found)
    else:
        told.assume("every percentage and every time: no deal tells one (a table of deals would)")
    payers = _payments(history, seed, told)
    posterior = Posterior(draws, segments, None if market is None else market.draws, payers)
    return Fit(
        history, spells, posterior, told.scenario, told.evidence, middle, _unresolved(history, fits),
        _lost_reasons(history, spells), tuple(told.assumptions),
    )  # fmt: skip


def _stands_for_all(history: History, base: Scenario | None) -> bool:
    """Tell whether the one stage of a history without a log stands for all stages of a set funnel."""
    return not history.logged and base is not None and any(len(s.funnel.stages) > 1 for s in base.segments)


def _tables(history: History, base: Scenario | None) -> dict[str, Funnel] | None:
    """Return the set funnels whose stages are those of the history, None without any."""
    if base is None:
        return None
    fitting = {s.name: s.funnel for s in base.segments if s.funnel.stages == history.stages}
    return fitting or None


def _market(
    history: History, spells: Spells, tables: Mapping[str, Funnel] | None, draws: int, seed: int
) -> MarketFit:
    first = fit_funnels(spells, history.stages, UniformRow(seed, "first"), FIRST_DRAWS, tables, 0.0, PHI)
    funnels = {name: found.draws.mean for name, found in first.items()}
    return fit_rho(deal_chances(spells, funnels), draws, UniformRow(seed, "market"), PHI)


def _odds(
    history: History, spells: Spells, clocks: Sequence[Clock], tables: Mapping[str, Funnel] | None,
    fits: Mapping[str, FunnelFit], base: Scenario | None, draws: int, seed: int, rho: float, told: Overlay,
) -> dict[str, OddsDraws]:  # fmt: skip
    """Return the calibrators: one for all segments with a log, one factor a segment without."""
    minor = 10 ** minor_digits(history.currency)
    if not _stands_for_all(history, base):
        found = fit_odds(history, spells, clocks, draws, UniformRow(seed, "odds"), tables, rho, PHI, minor)
        for name in fits:
            told.odds(name, found.figures, 1.0)
        return dict.fromkeys(fits, found.draws)
    assert base is not None
    result = {}
    for name, fit_ in fits.items():
        close = next(float(s.funnel.ladder[0]) for s in base.segments if s.name == name)
        one = odds_of_cohorts(fit_, close)
        factor = float(np.exp(one.shift.mean()))
        evidence = fit_.stages[0]
        figure = Figure.of(np.exp(one.shift), evidence.stays, evidence.n_eff, evidence.quarters, "deals")
        told.odds(name, {"odds": figure}, factor)
        result[name] = OddsDraws(one.shift - np.log(factor), one.slope, one.effects, one.reference)
    told.assume(
        "chances and times of the single stages: only days of creation and closing are known "
        "(a stage log with deal, stage and entered_at would tell)"
    )
    return result


def _payments(history: History, seed: int, told: Overlay) -> dict[str, tuple[float, float]]:
    found = fit_payments(history.invoices, history.known, UniformRow(seed, "payments"))
    if found is None:
        told.assume(
            "how late customers pay (paid invoices with invoice_date, due_date and paid_date would tell)"
        )
        return {}
    for name in history.segments:
        told.payments(name, found)
    return dict(found.payers)


def _unresolved(history: History, fits: Mapping[str, FunnelFit]) -> dict[str, dict[str, float]]:
    return {
        name: {
            stage: round(evidence.unresolved, 6)
            for stage, evidence in zip(history.stages, found.stages, strict=True)
        }
        for name, found in fits.items()
    }


def _lost_reasons(history: History, spells: Spells) -> dict[str, dict[str, dict[str, int]]]:
    """Return why deals were lost, by segment and the stage from which they were."""
    result: dict[str, dict[str, dict[str, int]]] = {}
    gone = np.flatnonzero(spells.target == spells.stages + 1)
    counts: Counter[tuple[str, str, str]] = Counter()
    for at in gone.tolist():
        deal = int(spells.deal[at])
        if history.deals.outcome[deal] == LOST and (reason := history.deals.reason[deal]):
            segment, stage = history.segments[int(spells.segment[at])], history.stages[int(spells.stage[at])]
            counts[segment, stage, reason] += 1
    for (segment, stage, reason), count in sorted(counts.items(), key=lambda item: (item[0][:2], -item[1])):
        result.setdefault(segment, {}).setdefault(stage, {})[reason] = count
    return result


def funnels_of(fit: Fit) -> dict[str, FunnelDraws]:
    """Return the learned funnels by segment."""
    return {name: s.funnel for name, s in fit.posterior.segments.items() if s.funnel is not None}
