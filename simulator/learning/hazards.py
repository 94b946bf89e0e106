"""Learn the stays of a stage with many exits as they are: hazards piece by piece, point masses and timers."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy import special

from simulator.learning.slices import normals
from simulator.learning.spells import STILL, Spells
from simulator.posterior import StayDraws
from simulator.records import dataclass
from simulator.streams import UniformRow

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

ENOUGH_EXITS: Final = 100
"""From so many exits on a stage is learned piece by piece (MODEL 8)."""
_LEAST_EXITS, _MOST_BINS = 8, 40
_WIDEST, _WIDE_DAYS = 0.5, 7
"""No bin is wider than this share of the age at which it begins, or than a week."""
_SEEN_BY: Final = 5
"""Follow-up ends with the last day on which so many stays could have been seen to end."""
_PULL: Final = 0.1
"""Exits by which each bin is drawn towards the stage's average hazard."""
_TAIL_WORTH: Final = 1.0
"""Exits that the prior is worth, of where stays go that outlast the follow-up: no one has seen it."""
_TAIL_LOST: Final = 0.25
"""Share of it that is lost whatever the late ones did: what outlasts everything seen is rarely won."""
_TAIL_SD: Final = 1.0
"""Spread of the log of how fast they go."""
_TAIL_GROWTH, _TAIL_BINS = 1.35, 10
_LEAST_RATE: Final = 1e-12
_LARGE_SHAPE: Final = 30.0


@dataclass(frozen=True, eq=False)
class StageDraws:
    """Posterior of one stage of one segment.

    Attributes:
        targets: columns, integers[k].
        chances: p[k], floats[draw, k].
        stays: laws by target, in the order of `targets`.
        unresolved: share of stays whose end lies beyond the follow-up.
        follow_up: operational days up to which ends could be seen.
    """

    targets: Integers
    chances: Floats
    stays: StayDraws
    unresolved: float
    follow_up: float


def hazard_draws(spells: Spells, targets: Integers, draws: int, row: UniformRow) -> StageDraws:
    """Return posterior draws of a stage from the hazards of its stays.

    On each day of a bin a stay still there ends in k with chance q_k: (q, 1 − Σq) ~ Dirichlet(exits + pull,
    days at risk − exits + …), exactly conjugate for whole days. The survivors of the follow-up go where the
    late exits went, or are lost: a prior worth one exit; as fast as those, within a factor of e, ever slower;
    and the last of them never close at all.

    Args:
        spells: of the stage and segment.
        targets: columns that it can move to, integers[k], lost the last of them.
        draws: D.
        row: of the uniforms.
    """
    exits, at_risk = daily_counts(spells, targets)
    day_of_bin = _bins(exits.sum(axis=0))
    number = np.add.reduceat(exits, day_of_bin, axis=1)
    days_at_risk = np.add.reduceat(at_risk, day_of_bin)
    share = (number.sum(axis=1) + 0.5) / (number.sum() + 0.5 * len(targets))
    average = number.sum() / days_at_risk.sum()
    shapes = np.concatenate(
        (
            number + _PULL * share[:, None],
            (days_at_risk - number.sum(axis=0) + _PULL * (1 / average - 1) + 1e-9)[None],
        )
    )
    parts = np.exp(log_gammas(shapes, draws, row))
    daily = parts[:, :-1] / parts.sum(axis=1, keepdims=True)  # [draw, k, bin]
    total = np.minimum(daily.sum(axis=1), 1 - 1e-12)
    edges = np.append(day_of_bin, exits.shape[1]) - 0.5
    edges[0] = 0.0
    hazard = -np.log1p(-total) * np.diff(np.append(day_of_bin, exits.shape[1]))
    split = daily / np.maximum(daily.sum(axis=1, keepdims=True), 1e-300)
    tail_edges, tail_hazard, tail_split = _tail(exits, at_risk, share, draws, row)
    unresolved = float(np.exp(-hazard.sum(axis=1)).mean())
    chances, stays = _by_target(
        np.concatenate((edges[:-1], tail_edges)),
        np.concatenate((hazard, tail_hazard), axis=1),
        np.concatenate((split, tail_split), axis=2),
    )
    return StageDraws(targets, chances, stays, unresolved, float(edges[-1]))


def daily_counts(spells: Spells, targets: Integers) -> tuple[Floats, Floats]:
    """Return exits[k, day] and stays at risk[day], for each whole day up to the end of the follow-up."""
    ended = spells.target != STILL
    size = int(spells.length.max()) + 2
    column = np.full(spells.stages + 2, -1)
    column[targets] = np.arange(len(targets))
    exits = np.zeros((len(targets), size))
    np.add.at(exits, (column[spells.target[ended]], spells.length[ended]), 1.0)
    # At risk on a day: seen alive before it (entry < day), and not over or out of sight (length ≥ day).
    change = np.zeros(size + 1)
    np.add.at(change, spells.entry + 1, 1.0)
    np.add.at(change, spells.length + 1, -1.0)
    at_risk = np.cumsum(change)[:size]
    last = int(np.flatnonzero(at_risk >= min(_SEEN_BY, at_risk.max()))[-1])
    return exits[:, : last + 1], at_risk[: last + 1]


def _bins(exits: Floats) -> Integers:
    """Return the first day of each bin: enough exits in each, and days of many exits alone.

    None is wide beside its age: exits that cease are not spread over all the days that come after.
    """
    enough = max(_LEAST_EXITS, exits.sum() / _MOST_BINS)
    starts, pending = [0], 0.0
    for day in range(1, len(exits)):
        pending += exits[day - 1]
        wide = day - starts[-1] >= max(_WIDEST * starts[-1], _WIDE_DAYS)
        if pending >= enough or (exits[day] >= enough and pending > 0) or day == 1 or wide:
            starts.append(day)
            pending = 0.0
    return np.array(starts)


def log_gammas(shapes: Floats, draws: int, row: UniformRow) -> Floats:
    """Return logarithms of gamma variates of scale 1, floats[draw, ...], by inversion.

    Small shapes by ln G(a) = ln G(a+1) + ln(u)/a; from 30 on by Wilson & Hilferty's cube, which errs by
    less than 1e-3 standard deviations there.
    """
    result = np.empty((draws, *shapes.shape))
    flat, out = shapes.ravel(), result.reshape(draws, -1)
    large = flat >= _LARGE_SHAPE
    a = flat[large]
    z = normals(row, draws, len(a))
    out[:, large] = np.log(a) + 3 * np.log(np.maximum(1 - 1 / (9 * a) + z / (3 * np.sqrt(a)), 1e-3))
    a = flat[~large]
    bigger = special.gammaincinv(a + 1, row.uniforms(draws, len(a)))
    out[:, ~large] = np.log(bigger) + np.log(row.uniforms(draws, len(a))) / a
    return result


def _tail(
    exits: Floats, at_risk: Floats, share: Floats, draws: int, row: UniformRow
) -> tuple[Floats, Floats, Floats]:
    """Return (edges, hazard[draw, bin], split[draw, k, bin]) of what lies beyond the follow-up.

    From its end e on the hazard falls as 1/t, as those of long-tailed laws do. What outlasts even that,
    twenty times the follow-up, is a deal that nobody closes: lost.
    """
    half = exits.shape[1] // 2
    late = exits[:, half:]
    rate = (late.sum() + 0.5) / at_risk[half:].sum()
    end = exits.shape[1] - 0.5
    edges = end * _TAIL_GROWTH ** np.arange(_TAIL_BINS)
    widths = np.diff(edges, append=edges[-1] * _TAIL_GROWTH)
    shape = rate * widths * np.sqrt(end / edges * (end / (edges + widths)))
    speed = np.exp(_TAIL_SD * normals(row, draws, 1))
    where = (1 - _TAIL_LOST) * (late.sum(axis=1) + share) / (late.sum() + 1)
    where[-1] += _TAIL_LOST
    parts = log_gammas(_TAIL_WORTH * where, draws, row)
    split = np.exp(parts - parts.max(axis=1, keepdims=True))
    split = np.repeat((split / split.sum(axis=1, keepdims=True))[..., None], len(edges), axis=2)
    split[:, :, -1] = np.arange(len(share)) == len(share) - 1
    return edges, speed * shape, split


def _by_target(edges: Floats, hazard: Floats, split: Floats) -> tuple[Floats, StayDraws]:
    """Turn hazards and splits by bin into chances by target and the law of stays given each.

    I_k gains S·(1 − e^−Λ)·split_k in a bin; p_k = I_k(∞) and R_k = (p_k − I_k)/p_k. The last bin has no end:
    all that is left ends in it.

    Args:
        edges: where bins begin, floats[bin].
        hazard: integral over each bin, floats[draw, bin].
        split: floats[draw, k, bin].
    """
    alive = np.exp(-np.concatenate((np.zeros((len(hazard), 1)), np.cumsum(hazard[:, :-1], axis=1)), axis=1))
    ending = -np.expm1(-hazard)
    ending[:, -1] = 1.0
    gains = (alive * ending)[:, None] * split
    # Summed from the end: what is left keeps its digits.
    left = np.cumsum(gains[..., ::-1], axis=2)[..., ::-1]
    chances = left[..., 0].copy()
    logs = np.log(np.maximum(left, 1e-300))
    widths = np.diff(edges)
    rates = np.empty_like(left)
    rates[..., :-1] = -np.diff(logs, axis=2) / widths
    last = np.maximum(hazard[:, -1] / (edges[-1] - edges[-2]), 1e-4)
    rates[..., -1] = last[:, None]
    return chances, StayDraws(edges, np.maximum(rates, _LEAST_RATE))
