"""Learn what else moves the odds of winning: the calibrator on chances out of sample (MODEL 8)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy import special

from simulator.clock import Clock
from simulator.funnel import Funnel, close_chances, tilted
from simulator.history import History
from simulator.learning.evidence import Figure, effective_number
from simulator.learning.funnels import FunnelFit, fit_funnels
from simulator.learning.slices import normals
from simulator.learning.snapshots import Snapshots, snapshot_days, take_snapshots
from simulator.learning.spells import Spells
from simulator.posterior import OddsDraws
from simulator.records import dataclass
from simulator.streams import UniformRow

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

ENOUGH_CLOSED: Final = 50
"""Closed deals below which only shift and slope are free (MODEL 8)."""
SHIFT_SD, SLOPE_SD = 0.15, 0.15
"""Ridge towards shift 0 and slope 1: the level is learned with the funnel already."""
EFFECTS: Final[Mapping[str, tuple[float, float]]] = {
    "pushes": (0.0, 0.3), "overdue": (0.0, 0.5), "log_amount": (-0.15, 0.2),
}  # fmt: skip
"""Mean and spread of each effect before anything is seen: big deals are won less often (MODEL 3)."""
GROUP_SD: Final = 0.1
"""Scale of the half-normal prior on the spread of stages' and segments' effects."""
_SPREADS: Final = GROUP_SD * special.ndtri(0.5 + (np.arange(5) + 0.5) / 10)
"""Spreads that are equally likely before: where there is nothing, the smallest holds."""
_SEEN_BY: Final = 20
"""Deals that must have a feature before its effect is free."""
_STEPS: Final = 30
_FOLD_DRAWS: Final = 200
_LEAST_CHANCE: Final = 1e-4


@dataclass(frozen=True, eq=False)
class OddsFit:
    """The calibrator with its evidence.

    Attributes:
        draws: for the engine, by segment.
        figures: of shift, slope and each effect that is free, by segment; an effect of a stage under
            `stages.` and its name, that of the segment under `level`.
        snapshots: on which it rests.
    """

    draws: Mapping[str, OddsDraws]
    figures: Mapping[str, Mapping[str, Figure]]
    snapshots: Snapshots


def fit_odds(
    history: History,
    spells: Spells,
    clocks: Sequence[Clock],
    draws: int,
    row: UniformRow,
    tables: Mapping[str, Funnel] | None = None,
    rho: float = 0.0,
    phi: float = 0.5,
    minor: int = 100,
    near: Mapping[str, FunnelFit] | None = None,
) -> OddsFit:
    """Return the calibrator of all segments, from chances that were learned without the deal itself.

    Deals are split in two halves; the funnels of one give the chances of the other.

    Args:
        history: as known.
        spells: its stays.
        clocks: by segment.
        draws: D.
        row: of the uniforms.
        tables: set funnels, as in `fit_funnels`.
        rho: total correlation of deals' luck.
        phi: of the market.
        minor: minor units in a major one.
        near: funnels of the whole record, where the sampler of each half begins.
    """
    days, parts = snapshot_days(spells), []
    for half in range(2):
        inside = spells.deal % 2 == half
        others = spells.only(~inside)
        learned = fit_funnels(others, history.stages, row, _FOLD_DRAWS, tables, near=near)
        funnels = {name: fit.draws.mean for name, fit in learned.items()}
        parts.append(take_snapshots(history, spells.only(inside), clocks, funnels, days, row))
    shown = Snapshots.together(parts)
    return calibrate(shown, spells.segments, history.stages, draws, row, rho, phi, minor)


def calibrate(
    snapshots: Snapshots,
    segments: Sequence[str],
    stages: Sequence[str],
    draws: int,
    row: UniformRow,
    rho: float = 0.0,
    phi: float = 0.5,
    minor: int = 100,
) -> OddsFit:
    """Return the calibrator that snapshots tell: penalised logistic regression, Laplace draws.

    With o = exp(shift + (slope − 1)·logit h + Σ effect·x) a deal that stood at h then and stands at h' now
    is (1 + h'(o−1)) / (1 + h(o−1)) times as likely: the logistic likelihood where it has closed, and without
    bias where it has not. The effects of stages and segments are drawn around 0 with a spread that is
    learned too, so that they shrink to nothing where there is nothing.
    """
    h = np.clip(snapshots.before, _LEAST_CHANCE, 1 - _LEAST_CHANCE)
    known = snapshots.amount > 0
    reference = float(np.median(snapshots.amount[known])) / minor if known.any() else 1.0
    worth = effective_number(snapshots.quarter, float(h.mean()) if len(h) else 0.5, rho, phi)
    terms: list[_Term] = []
    if snapshots.closed >= ENOUGH_CLOSED:
        # Deals of one quarter share its luck, large and small alike, in whatever stage: it says nothing of
        # what tells them apart. Segments have luck of their own.
        kept = float(np.sqrt(worth / len(snapshots)))
        terms = [*_features(snapshots, reference * minor), *_groups("stages", stages, snapshots.stage, 1.0),
                 *_groups("segment", segments, snapshots.segment, kept)]  # fmt: skip
    shares = np.array([float(term.values.mean()) for term in terms])
    columns = [term.values - share for term, share in zip(terms, shares, strict=True)]
    points = _draws(np.stack((np.ones(len(h)), special.logit(h), *columns), axis=1), h, snapshots.after,
                    terms, normals(row, draws, len(terms) + 2), row.uniforms(draws))  # fmt: skip
    points[:, 1] += 1.0
    for kind in ("stages", "segment"):  # counted from the average deal, as the funnel's chances are
        some = [n for n, term in enumerate(terms) if term.kind == kind]
        points[:, np.array(some, dtype=np.int64) + 2] -= points[:, 2:][:, some] @ shares[some, None]
    quarters = len(np.unique(snapshots.quarter))

    def figure(column: int) -> Figure:
        return Figure.of(points[:, column], snapshots.closed, worth, quarters)

    told = {"shift": figure(0), "slope": figure(1)}
    told |= {term.path: figure(n) for n, term in enumerate(terms, 2) if term.kind != "segment"}
    own = {term.name: figure(n) for n, term in enumerate(terms, 2) if term.kind == "segment"}
    return OddsFit(
        {name: _of_segment(points, terms, shares, name, stages, reference) for name in segments},
        {name: told | ({"level": own[name]} if name in own else {}) for name in segments},
        snapshots,
    )


def odds_of_cohorts(fit: FunnelFit, close: float) -> OddsDraws:
    """Return the odds factor that makes a set ladder agree with how many deals are won in the end.

    Without a stage log the history is one stage that stands for all, whose fit counts deals still open for
    what they are; the stages' own figures remain assumptions.

    Args:
        fit: of that one stage.
        close: chance of the set ladder for a deal that arrives.
    """
    won = close_chances(fit.draws.transitions)[:, 0]
    shift = special.logit(np.clip(won, _LEAST_CHANCE, 1 - _LEAST_CHANCE)) - special.logit(close)
    return OddsDraws(shift, np.ones(len(shift)))


@dataclass(frozen=True, eq=False)
class _Term:
    """A column of the regression.

    Attributes:
        kind: `effect`, `stages` or `segment`.
        name: of the feature, the stage or the segment.
        values: x, floats[n].
        sd: of the ridge; of a group, the part of its spread.
        mean: towards which the ridge draws.
    """

    kind: str
    name: str
    values: Floats
    sd: float
    mean: float = 0.0

    @property
    def path(self) -> str:
        """What evidence of it is called."""
        return self.name if self.kind == "effect" else f"{self.kind}.{self.name}"


def _features(snapshots: Snapshots, reference: float) -> list[_Term]:
    """Return what is known of the deals and differs between them."""
    amount = np.where(snapshots.amount > 0, snapshots.amount, reference)
    columns = {
        "pushes": np.log1p(snapshots.pushes),
        "overdue": snapshots.overdue.astype(np.float64),
        "log_amount": np.log(amount / reference),
    }
    some = {name: np.count_nonzero(values) for name, values in columns.items()}
    size = len(snapshots)
    rest = {"pushes": size, "overdue": size, "log_amount": size + _SEEN_BY}
    return [
        _Term("effect", name, values, EFFECTS[name][1], EFFECTS[name][0])
        for name, values in columns.items()
        if _SEEN_BY <= some[name] <= rest[name] - _SEEN_BY
    ]


def _groups(kind: str, names: Sequence[str], member: Integers, part: float) -> list[_Term]:
    """Return a column for each group that enough deals are of, none where there is nothing to tell apart."""
    seen = np.flatnonzero(np.bincount(member, minlength=len(names)) >= _SEEN_BY)
    columns = [_Term(kind, names[n], (member == n).astype(np.float64), part) for n in seen.tolist()]
    return columns if len(columns) > 1 else []


def _of_segment(
    points: Floats, terms: Sequence[_Term], shares: Floats, segment: str, stages: Sequence[str],
    reference: float,
) -> OddsDraws:  # fmt: skip
    """Return the draws of one segment.

    The funnel's chances are those of average deals: an effect counts from there, and the ridge on the shift
    is no ridge on it. A deal that arrives stands in no stage, and meets that of the average one.
    """
    shift, by_stage, effects = points[:, 0].copy(), np.zeros((len(points), len(stages))), dict[str, Floats]()
    for n, term in enumerate(terms):
        effect = points[:, n + 2].copy()
        if term.kind == "stages":
            by_stage[:, stages.index(term.name)] = effect
        elif term.kind == "effect":
            effects[term.name] = effect
            shift -= effect * shares[n]
        elif term.name == segment:
            shift += effect
    staged = any(term.kind == "stages" for term in terms)
    return OddsDraws(shift, points[:, 1].copy(), effects, reference, by_stage if staged else None)


def _draws(
    design: Floats, before: Floats, after: Floats, terms: Sequence[_Term], normal: Floats, uniform: Floats
) -> Floats:
    """Return draws of the coefficients, each at a spread of the groups from its posterior.

    Args:
        design: floats[n, column].
        before: h of each snapshot.
        after: h' of each.
        terms: of the columns after the first two.
        normal: floats[draw, column].
        uniform: floats[draw].

    Returns:
        floats[draw, column].
    """
    grouped = np.array([False, False, *(term.kind != "effect" for term in terms)])
    ridge = np.array([SHIFT_SD, SLOPE_SD, *(term.sd for term in terms)])
    mean = np.array([0.0, 0.0, *(term.mean for term in terms)])
    spreads = _SPREADS if grouped.any() else _SPREADS[:1]
    found = [_mode(design, before, after, mean, np.where(grouped, ridge * s, ridge)) for s in spreads]
    logs = np.array([evidence for *_, evidence in found])
    weights = np.exp(logs - logs.max())
    which = np.searchsorted(np.cumsum(weights / weights.sum())[:-1], uniform)
    points = np.empty(normal.shape)
    for n, (mode, precision, _) in enumerate(found):
        root = np.linalg.cholesky(np.linalg.inv(precision))
        points[which == n] = mode + normal[which == n] @ root.T
    return points


def _mode(
    design: Floats, before: Floats, after: Floats, mean: Floats, spread: Floats
) -> tuple[Floats, Floats, float]:
    """Return (mode, precision, log evidence) of the penalised likelihood, by damped Newton steps.

    d/dη ln(1 + h(o−1)) is the tilted chance h(o), and its slope is h(o)(1 − h(o)).
    """
    beta = mean.copy()
    penalty = np.diag(1 / spread**2)
    precision, odds = penalty, np.ones(len(design))
    for _ in range(_STEPS):
        odds = np.exp(np.clip(design @ beta, -20.0, 20.0))
        now, then = tilted(after, odds), tilted(before, odds)
        bend = np.maximum(then * (1 - then) - now * (1 - now), 0.0)
        precision = penalty + (design * bend[:, None]).T @ design
        slope = design.T @ (now - then) - penalty @ (beta - mean)
        step = np.linalg.solve(precision, slope)
        beta = beta + step * min(1.0, 1.0 / max(float(np.abs(step).max()), 1e-12))
        if np.abs(step).max() < 1e-8:
            break
    fit = float((np.log1p(after * (odds - 1)) - np.log1p(before * (odds - 1))).sum())
    size = -0.5 * float(np.linalg.slogdet(precision)[1]) - float(np.log(spread).sum())
    off = beta - mean
    return beta, precision, fit - 0.5 * float(off @ penalty @ off) + size
