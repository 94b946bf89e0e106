"""Hold set percentages against history: by segment and stage, what was there, what came, what is likely."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from simulator.errors import UsageError, did_you_mean
from simulator.expected import expected
from simulator.history import LOST, WON, History
from simulator.learning.aalen_johansen import incidence_of
from simulator.learning.drift import Drift, drift, to_the_end
from simulator.learning.enough import WITHIN, Enough, enough, needed
from simulator.learning.evidence import effective_number, quarter_of
from simulator.learning.fitting import Fit, stands_for_all
from simulator.learning.ladders import at_ages, calibrated
from simulator.learning.spells import STILL, Spells
from simulator.money import minor_digits
from simulator.periods import Horizon, horizon
from simulator.posterior import OddsDraws, Posterior, SegmentDraws
from simulator.records import dataclass
from simulator.scenario import Scenario

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

FROM_CREATION: Final = "from creation"
"""Stands for all stages where a history has no log."""
ARTICLE: Final = (0.05, 0.10, 0.30, 0.60, 0.65, 0.70, 0.90)
"""The article's chances to close, by the share of the way that a stage stands at (MISSION, the process)."""
MOST_CHANCES: Final = 4_000_000
"""Of open deals in draws, that are held at once: more deals are judged by fewer draws."""


@dataclass(frozen=True)
class StageCheck:
    """One stage of one segment.

    Attributes:
        segment: name.
        stage: name.
        set: the percentage that is held against history.
        there: deals that were in the stage.
        won: of them, so far.
        lost: of them, so far.
        open: of them, still.
        naive: won ÷ (won + lost), None where none is closed.
        counting_open: share won when all that are open had ended badly, and well: the least and the most that
            the record allows (Aalen–Johansen, with what nobody has seen the end of).
        middle: most likely chance to close.
        low: 8 chances in 10 lie above this
        high: and below this.
        too_high: chance that the set percentage is too high.
        worth: independent deals that the record is worth.
        quarters: in so many.
        needed: closed deals, independent ones, from which the chance would be known to ± `WITHIN`.
        money: change of the expected bookings of this fiscal year from deals in this stage, minor units, if
            the percentage were mended; None without a scenario.
        reasons: why deals were lost here, most frequent first.
        drift: whether the chance moved.
        assumed: whether the percentage is the article's, since no scenario sets one for this stage.
    """

    segment: str
    stage: str
    set: float
    there: int
    won: int
    lost: int
    open: int
    naive: float | None
    counting_open: tuple[float, float]
    middle: float
    low: float
    high: float
    too_high: float
    worth: float
    quarters: int
    needed: int
    money: float | None
    reasons: tuple[tuple[str, int], ...]
    drift: Drift | None
    assumed: bool = False


@dataclass(frozen=True)
class Checked:
    """What comes of a check.

    Attributes:
        stages: in the order of segments and stages.
        enough: by segment.
        basis: `snapshot` or `entry`: what the percentages mean.
        base: whether a scenario was held against history, or else the article's table.
        whole: whether one stage stands for all: then only the chance from creation on can be checked.
    """

    stages: tuple[StageCheck, ...]
    enough: Mapping[str, Enough]
    basis: str
    base: bool
    whole: bool = False

    def only(self, segment: str | None, stage: str | None) -> Checked:
        """Return what is said of one segment, one stage, or both.

        Raises:
            UsageError: there is none of that name.
        """
        _check_known((segment, [s.segment for s in self.stages]), (stage, [s.stage for s in self.stages]))
        kept = tuple(s for s in self.stages if segment in (None, s.segment) and stage in (None, s.stage))
        names = {s.segment for s in kept}
        return replace(self, stages=kept, enough={n: e for n, e in self.enough.items() if n in names})


def check_names(history: History, base: Scenario | None, segment: str | None, stage: str | None) -> None:
    """Check that a history has what is asked for; learning takes long, and so nothing is learned before.

    Raises:
        UsageError: it has no such segment, or no such stage.
    """
    stages = (FROM_CREATION,) if stands_for_all(history, base) else history.stages
    _check_known((segment, history.segments), (stage, stages))


def _check_known(*pairs: tuple[str | None, Sequence[str]]) -> None:
    told = []
    for asked, known in pairs:
        if asked is not None and asked not in known:
            remedy = did_you_mean(asked, known, "known are " + ", ".join(dict.fromkeys(known)))
            told.append(f"the history has no {asked}: {remedy}")
    if told:
        raise UsageError("\n".join(told), code="U003")


def check_history(fit: Fit, base: Scenario | None = None) -> Checked:
    """Return what history says of set percentages.

    Args:
        fit: what was learned of it, without a base where one stage stands for all.
        base: whose percentages are in question; the article's without one.
    """
    whole = stands_for_all(fit.history, base)
    history, spells, posterior, rho = fit.history, fit.spells, fit.posterior, fit.rho
    stages: list[StageCheck] = []
    enoughs: dict[str, Enough] = {}
    from_creation = whole or (base is None and not history.logged)
    money = _money(base, posterior) if base is not None and not whole else {}
    for index, name in enumerate(history.segments):
        draws = posterior.segments.get(name, SegmentDraws())
        own = spells.only(spells.segment == index)
        if draws.funnel is None or not len(own):
            continue
        sits = _basis(base, name) == "snapshot" and not from_creation
        chance = draws.funnel.snapshot_ladder() if sits else draws.funnel.ladder
        for number, stage in enumerate(draws.funnel.stages):
            at = history.stages.index(stage)
            if not whole and not (own.stage == at).any() and not _has(base, name, stage):
                continue  # another segment's
            set_ = _set(base, name, stage, draws, from_creation)
            found = _stage(history, own, at, chance[:, number], set_, name, rho)
            stages.append(replace(found, assumed=not whole and not _has(base, name, stage)))
        enoughs[name] = _enough(history, own, index, draws, rho)
    told = tuple(
        replace(s, money=money.get((s.segment, s.stage)), stage=FROM_CREATION if whole else s.stage)
        for s in stages
    )
    basis = "entry" if base is None and from_creation else _basis(base, "")
    return Checked(told, enoughs, basis, base is not None, whole)


def _basis(base: Scenario | None, segment: str) -> str:
    """Return what a segment's set percentages mean."""
    if base is None:
        return "snapshot"
    basis = [_said(base, name) for name in ([segment] if segment else [s.name for s in base.segments])]
    return basis[0] if basis else "snapshot"


def _said(base: Scenario, segment: str) -> str:
    said = base.resolved.get("segments", {}).get(segment) or {}
    return str(said.get("probability_basis", "snapshot"))


def _has(base: Scenario | None, segment: str, stage: str) -> bool:
    """Tell whether a segment of the base has a stage."""
    segments = () if base is None else base.segments
    return any(known.name == segment and stage in known.funnel.stages for known in segments)


def _set(base: Scenario | None, segment: str, stage: str, draws: SegmentDraws, whole: bool) -> float:
    """Return the set percentage of a stage: the scenario's, else the article's at that share of the way.

    Where one stage stands for all it is that of the first stage: the chance from creation on.
    """
    assert draws.funnel is not None
    if base is not None:
        for known in base.segments:
            if known.name == segment and whole:
                return float(known.funnel.ladder[0])
            if known.name == segment and stage in known.funnel.stages:
                return float(known.set_ladder[known.funnel.stages.index(stage)])
    if whole:
        return ARTICLE[0]
    names = draws.funnel.stages
    way = (names.index(stage) + 1) / len(names)
    return float(np.interp(way, (np.arange(len(ARTICLE)) + 1) / len(ARTICLE), ARTICLE))


def _stage(
    history: History, spells: Spells, stage: int, chance: Floats, set_: float, segment: str, rho: float
) -> StageCheck:
    here = spells.only(spells.stage == stage)
    deals = np.unique(here.deal)
    outcome = history.deals.outcome[deals]
    won, lost = int((outcome == WON).sum()), int((outcome == LOST).sum())
    ends = to_the_end(spells, stage)
    found = incidence_of(ends)
    least = float(found.shares[spells.stages])
    middle = float(chance.mean())
    low, high = (float(q) for q in np.quantile(chance, (0.1, 0.9)))
    closed = deals[outcome != 0]
    quarters = quarter_of(history.deals.closed[closed])
    reasons = _reasons(history, spells, stage)
    return StageCheck(
        segment, history.stages[stage], set_, len(deals), won, lost, len(deals) - won - lost,
        won / (won + lost) if won + lost else None, (least, least + found.unresolved), middle, low, high,
        float((chance < set_).mean()), effective_number(quarters, middle, rho), len(np.unique(quarters)),
        needed(middle, WITHIN), None, reasons, drift(spells, stage, rho),
    )  # fmt: skip


def _reasons(history: History, spells: Spells, stage: int) -> tuple[tuple[str, int], ...]:
    """Return why deals were lost from a stage, with their numbers, most frequent first."""
    gone = spells.deal[(spells.stage == stage) & (spells.target == spells.stages + 1)]
    counts = Counter(reason for deal in gone.tolist() if (reason := history.deals.reason[deal]))
    return tuple(sorted(counts.items(), key=lambda item: (-item[1], item[0])))


def _enough(history: History, spells: Spells, index: int, draws: SegmentDraws, rho: float) -> Enough:
    """Return whether the record is enough for the deals that are open at its day."""
    assert draws.funnel is not None
    names = [history.stages.index(stage) for stage in draws.funnel.stages]
    still = spells.only((spells.target == STILL) & np.isin(spells.stage, names))
    place = {stage: i for i, stage in enumerate(names)}
    stage = np.array([place[int(s)] for s in still.stage], dtype=np.int64)
    step = max(math.ceil(len(draws.funnel) * len(still) / MOST_CHANCES), 1)
    chance = at_ages(draws.funnel.every(step), stage, still.age)
    if draws.odds is not None:
        odds = draws.odds.every(step)
        chance = calibrated(chance, odds, _features(history, still.deal, odds), stage)
    amounts = np.maximum(history.deals.amount[still.deal], 0).astype(np.float64)
    closed = (history.deals.segment == index) & (history.deals.outcome != 0)
    won = (history.deals.outcome[closed] == WON).sum()
    rate = (won + 0.5) / (closed.sum() + 1)
    return enough(chance, amounts, quarter_of(history.deals.closed[closed]), float(rate), rho)


def _features(history: History, deal: Integers, odds: OddsDraws) -> dict[str, Floats]:
    deals, unit = history.deals, 10 ** minor_digits(history.currency)
    amount = np.maximum(deals.amount[deal] / unit, 1e-9)
    return {
        "pushes": np.log1p(np.maximum(deals.pushes[deal], 0)),
        "overdue": ((deals.stated[deal] > 0) & (deals.stated[deal] <= history.known)).astype(np.float64),
        "log_amount": np.log(amount / odds.reference),
    }


# ---- what a mended percentage is worth


def _money(base: Scenario, posterior: Posterior) -> dict[tuple[str, str], float]:
    """Return by segment and stage how the year's expected bookings change with learned chances.

    A segment whose history has other stages than its funnel is left out: nothing can be said of it.
    """
    asked = replace(base, horizon=_year(base.horizon), targets=())
    before = expected(asked).deal_bookings
    mended, known = [], set()
    for segment in asked.segments:
        draws = posterior.segments.get(segment.name, SegmentDraws()).funnel
        if draws is None or draws.stages != segment.funnel.stages:
            mended.append(segment)
            continue
        known.add(segment.name)
        mended.append(replace(segment, funnel=draws.mean))
    after = expected(replace(asked, segments=tuple(mended))).deal_bookings
    result: dict[tuple[str, str], float] = {}
    for number, segment in enumerate(asked.segments):
        for stage, name in enumerate(segment.funnel.stages) if segment.name in known else ():
            some = (asked.pipeline.segment == number) & (asked.pipeline.stage == stage)
            result[segment.name, name] = float((after - before)[some].sum())
    return result


def _year(whole: Horizon) -> Horizon:
    """Return the horizon up to the end of the fiscal year that the first day lies in."""
    years: Sequence[object] = whole.fiscal_years
    if not years:
        return whole
    end = min(whole.fiscal_years[0].end, whole.end)
    return horizon(whole.as_of, end, whole.fiscal, whole.kind)
