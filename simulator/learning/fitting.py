"""Learn everything that a history tells, together: one fit, whose draws belong to each other."""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Mapping
from dataclasses import field, replace
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from simulator.clock import Clock
from simulator.close_dates import AGE_GRID
from simulator.engine.moments import log_time_moments
from simulator.funnel import Funnel
from simulator.history import LOST, History
from simulator.learning.amounts import fit_amount_change
from simulator.learning.arrivals import fit_arrivals
from simulator.learning.calendar import fit_calendar
from simulator.learning.close_dates import fit_close_dates
from simulator.learning.evidence import Figure, quarter_of
from simulator.learning.funnels import FunnelFit, fit_funnels
from simulator.learning.luck import luck_now, with_luck
from simulator.learning.market import deal_chances, fit_rho
from simulator.learning.odds import fit_odds, odds_of_cohorts
from simulator.learning.overlay import Overlay
from simulator.learning.payments import PaymentFit, fit_payments
from simulator.learning.priors import among
from simulator.learning.slices import normals
from simulator.learning.snapshots import Snapshots
from simulator.learning.spells import Spells, segment_clocks, spells_of
from simulator.learning.splitting import Splitting
from simulator.market import SHARED_SHARE
from simulator.money import minor_digits
from simulator.posterior import FunnelDraws, GenerationDraws, LuckDraws, OddsDraws, Posterior, SegmentDraws
from simulator.records import dataclass
from simulator.scenario import Scenario
from simulator.streams import UniformRow

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

DRAWS: Final = 2000
"""Draws of the posterior."""
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
        snapshots: past deals as they once stood, on which the calibrator rests; None without one.
        payments: how customers pay, or None.
        splitting: whether it pays to tell the segments apart; None where nobody asked.
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
    snapshots: Snapshots | None = None
    payments: PaymentFit | None = None
    splitting: Splitting | None = None


def fit(
    history: History,
    base: Scenario | None = None,
    draws: int = DRAWS,
    seed: int = 1,
    rho: float | None = None,
) -> Fit:
    """Learn from a history.

    The funnels are learned as if deals shared no luck, which tells how much they do; then they are as unsure
    as that leaves them.

    Args:
        history: as known at its day.
        base: scenario whose tables are the prior; the article's, weakly, without one.
        draws: of the posterior.
        seed: of the draws.
        rho: total correlation of deals' luck, where it is known; 0 leaves counts as they are.
    """
    task = _Task.of(history, base, draws, seed)
    learned, told = _Learned(rho or 0.0), task.told
    if len(task.spells):
        _learn_funnels(task, learned, rho)
    else:
        told.assume("every percentage and every time: no deal tells one (a table of deals would)")
    _learn_close_dates(task, learned)
    amounts, to_come, payments = _learn_amounts(task), _learn_arrivals(task), _learn_payments(task)
    segments = {
        name: SegmentDraws(
            funnel=learned.funnels.get(name),
            odds=learned.odds.get(name),
            generation=to_come.get(name),
            amount_shift=amounts,
            luck=learned.luck.get(name),
        )
        for name in history.segments
    }
    payers = {} if payments is None else dict(payments.payers)
    posterior = Posterior(draws, segments, learned.rhos, payers)
    return Fit(
        history, task.spells, posterior, told.scenario, told.evidence, learned.rho, learned.unresolved,
        _lost_reasons(history, task.spells), tuple(told.assumptions), learned.snapshots, payments,
    )  # fmt: skip


def stands_for_all(history: History, base: Scenario | None) -> bool:
    """Tell whether the one stage of a history without a log stands for all stages of a set funnel."""
    several = base is not None and any(len(s.funnel.stages) > 1 for s in base.segments)
    return several and not history.logged


@dataclass(frozen=True, eq=False)
class _Task:
    """What every step needs."""

    history: History
    base: Scenario | None
    draws: int
    seed: int
    clocks: tuple[Clock, ...]
    spells: Spells
    told: Overlay

    @staticmethod
    def of(history: History, base: Scenario | None, draws: int, seed: int) -> _Task:
        told = Overlay()
        country = _country(base)
        calendar = fit_calendar(history, country)
        weights = calendar.quarter_end, calendar.weekdays, calendar.months
        clocks = segment_clocks(history, country, *weights)
        for name in history.segments if calendar.figures else ():
            told.calendar(name, calendar)
        for note in calendar.notes:
            told.assume(note)
        return _Task(history, base, draws, seed, clocks, spells_of(history, clocks), told)

    def row(self, name: str) -> UniformRow:
        return UniformRow(self.seed, name)

    @property
    def stands_for_all(self) -> bool:
        """Whether the one stage of a history without a log stands for all stages of a set funnel."""
        return stands_for_all(self.history, self.base)

    @property
    def tables(self) -> dict[str, Funnel] | None:
        """The set funnels among the stages of the history, None without any."""
        segments = () if self.base is None or self.stands_for_all else self.base.segments
        stages = self.history.stages
        return {s.name: among(s.funnel, stages) for s in segments if {*s.funnel.stages} <= {*stages}} or None

    def own_stages(self, segment: str) -> set[str]:
        """Return the stages that a segment has been seen in, or that its set funnel has."""
        number, stages = self.history.segments.index(segment), self.history.stages
        seen = np.unique(self.spells.stage[self.spells.segment == number]).tolist()
        base = () if self.base is None else self.base.segments
        return {stages[s] for s in seen} | {n for s in base if s.name == segment for n in s.funnel.stages}


@dataclass(eq=False)
class _Learned:
    """What was learned of funnels so far."""

    rho: float
    rhos: Floats | None = None
    funnels: dict[str, FunnelDraws] = field(default_factory=dict)
    odds: dict[str, OddsDraws] = field(default_factory=dict)
    unresolved: dict[str, dict[str, float]] = field(default_factory=dict)
    luck: dict[str, LuckDraws] = field(default_factory=dict)
    snapshots: Snapshots | None = None


def _learn_funnels(task: _Task, learned: _Learned, rho: float | None) -> None:
    """Learn ρ, the funnels and what else moves the odds."""
    spells, stages, tables = task.spells, task.history.stages, task.tables
    plain = fit_funnels(spells, stages, task.row("funnels"), task.draws, tables)
    if rho is None:
        funnels = {name: found.draws.mean for name, found in plain.items()}
        market = fit_rho(deal_chances(spells, funnels), task.draws, task.row("market"), PHI)
        learned.rhos, learned.rho = market.draws, float(market.draws.mean())
        task.told.market(market.figure)
    fits = _unsure_by_luck(task, plain, learned.rho)
    if rho is None and not task.stands_for_all:
        quarter = int(quarter_of(task.history.known))
        for g, name in enumerate(spells.segments):
            own = spells.only(spells.segment == g)
            learned.luck[name] = luck_now(own, quarter, plain[name], fits[name], learned.rho, PHI)
    for name, found in fits.items():
        own_stages = task.own_stages(name) or set(stages)
        learned.unresolved[name] = {
            stage: round(evidence.unresolved, 6)
            for stage, evidence in zip(stages, found.stages, strict=True)
            if stage in own_stages
        }
    if task.stands_for_all:
        _learn_factors(task, learned, fits)
        return
    minor = 10 ** minor_digits(task.history.currency)
    odds = fit_odds(
        task.history, spells, task.clocks, task.draws, task.row("odds"), tables, learned.rho, PHI, minor, fits
    )
    learned.snapshots = odds.snapshots
    for name, found in fits.items():
        learned.funnels[name], learned.odds[name] = found.draws, odds.draws[name]
        task.told.funnel(name, found, task.own_stages(name) or set(stages))
        task.told.odds(name, odds.figures[name], 1.0)


def _unsure_by_luck(task: _Task, plain: Mapping[str, FunnelFit], rho: float) -> dict[str, FunnelFit]:
    """Return the funnels with the doubt that shared luck leaves, a part of it common to all segments."""
    row, spells = task.row("luck"), task.spells
    together, fits = normals(row, task.draws), {}
    for g, (name, found) in enumerate(plain.items()):
        own = normals(row, task.draws)
        high = np.sqrt(SHARED_SHARE) * together + np.sqrt(1 - SHARED_SHARE) * own
        fits[name] = with_luck(found, spells.only(spells.segment == g), rho, PHI, high)
    return fits


def _learn_factors(task: _Task, learned: _Learned, fits: Mapping[str, FunnelFit]) -> None:
    """Learn one factor a segment, by which its set ladder agrees with how many deals are won in the end."""
    assert task.base is not None
    for name, found in fits.items():
        close = next(float(s.funnel.ladder[0]) for s in task.base.segments if s.name == name)
        one, evidence = odds_of_cohorts(found, close), found.stages[0]
        factor = float(np.exp(one.shift.mean()))
        figure = Figure.of(np.exp(one.shift), evidence.stays, evidence.n_eff, evidence.quarters, "deals")
        task.told.odds(name, {"odds": figure}, factor)
        # The factor stands in the scenario, so the draws hold what is left of it.
        learned.odds[name] = replace(one, shift=one.shift - np.log(factor))
    task.told.assume(
        "chances and times of the single stages: only days of creation and closing are known "
        "(a stage log with deal, stage and entered_at would tell)"
    )


def _learn_close_dates(task: _Task, learned: _Learned) -> None:
    """Learn what stated dates are worth, beside what the learned funnels say of the time to close."""
    history, moments = task.history, None
    if set(learned.funnels) == set(history.segments):
        tables = [log_time_moments(learned.funnels[name].mean) for name in history.segments]

        def moments(segment: Integers, stage: Integers, age: Floats) -> tuple[Floats, Floats]:
            mean, sd = np.zeros(len(age)), np.zeros(len(age))
            for g, s in itertools.product(range(len(tables)), range(len(history.stages))):
                its = np.flatnonzero((segment == g) & (stage == s))
                mean[its], sd[its] = (np.interp(age[its], AGE_GRID, table[s]) for table in tables[g])
            return mean, sd

    found = fit_close_dates(history, task.clocks[0], task.row("close dates"), moments)
    for name in history.segments if found.figures else ():
        task.told.close_dates(name, found)
    for note in found.notes:
        task.told.assume(note)


def _learn_amounts(task: _Task) -> Floats | None:
    """Learn how amounts change until signature; None where the record does not tell.

    Where each deal counts as 1 (H066) it stays 1.
    """
    if any(finding.code == "H066" for finding in task.history.findings):
        for name in task.history.segments:
            task.told.set(("segments", name, "amount", "unchanged"), 1.0)
        return None
    unit = 10 ** minor_digits(task.history.currency)
    found = fit_amount_change(task.history, task.draws, task.row("amounts"), minor=unit)
    for note in found.notes:
        task.told.assume(note)
    if not found.figures:
        return None
    for name in task.history.segments:
        task.told.amounts(name, found)
    return found.shift


def _country(base: Scenario | None) -> str | None:
    """Return the country whose holidays rest: that of the base's segments, where all have the same."""
    segments = (base.resolved.get("segments") or {}).values() if base is not None else ()
    countries = {(segment or {}).get("country") for segment in segments}
    return countries.pop() if len(countries) == 1 else None


def _learn_arrivals(task: _Task) -> dict[str, GenerationDraws]:
    """Learn the deals to come; where one stage stands for all, they enter at the first."""
    clocks = dict(zip(task.history.segments, task.clocks, strict=True))
    found = fit_arrivals(task.history, task.clocks[0], task.draws, task.row("arrivals"), clocks)
    result = {}
    for name, arrived in found.items():
        made, stages = arrived.draws, task.history.stages
        if task.stands_for_all and task.base is not None:
            stages = next(s.funnel.stages for s in task.base.segments if s.name == name)
            made = replace(made, entry=np.eye(len(stages))[np.zeros(task.draws, dtype=np.int64)])
        result[name] = made
        task.told.arrivals(name, made, stages, arrived.figures)
    for note in dict.fromkeys(note for arrived in found.values() for note in arrived.notes):
        task.told.assume(note)
    return result


def _learn_payments(task: _Task) -> PaymentFit | None:
    found = fit_payments(task.history.invoices, task.history.known, task.row("payments"))
    if found is None:
        wanted = "paid invoices with invoice_date, due_date and paid_date would tell"
        task.told.assume(f"how late customers pay ({wanted})")
        return None
    for name in task.history.segments:
        task.told.payments(name, found)
    if "dispute.chance" in found.figures:
        task.told.assume("contested invoices are paid as all others are: their delay is in what all take")
    return found


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
