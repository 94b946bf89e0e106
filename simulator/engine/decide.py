"""Decide who wins, with one word a deal and trial, most of them by a comparison with a bound (MODEL 4)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from scipy import special

from simulator.engine.luck import Luck
from simulator.records import dataclass
from simulator.streams import Words, as_uniforms, bound, draw_offset, mix64

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
Places = NDArray[Any]
"""Whole numbers of either length."""

Finder = Callable[[Words, Words, Integers, int, Words, Words], tuple[Integers, Integers, Integers, Words]]
"""As `possible`."""

ALIKE: Final = 50
"""Trials of nearly the same market whose chances share bounds."""
_SLACK: Final = 1e-12
"""More than the relative error of Φ, and less than any difference that would cost time."""


@dataclass(frozen=True, eq=False)
class PresentMarket:
    """The market that deals of a stage meet in a block of trials, p' = Φ(scale·Φ⁻¹(p*) + shift).

    Trials stand in the order of their shifts.

    Attributes:
        trial: in that order, integers[trial].
        place: of each trial in it.
        offsets: `trial_offsets` of each.
        scale: of each.
        shift: of each.
        alike: trials of a group, whose chances share bounds.
        scales: least and largest scale of each group, floats[2, group].
        shifts: likewise.
    """

    trial: Integers
    place: Integers
    offsets: Words
    scale: Floats
    shift: Floats
    alike: int
    scales: Floats
    shifts: Floats

    @staticmethod
    def of(luck: Luck, offsets: Words, segment: int, rho_doubt: float) -> PresentMarket:
        """Return the market of the present quarter for deals of a stage whose doubt is ρd."""
        scale, shift = luck.shifted(segment, 0, rho_doubt)
        trial = np.argsort(shift, kind="stable")
        scale, shift = scale[trial], shift[trial]
        # Where all trials have the same market they share bounds too.
        alike = ALIKE if np.ptp(scale) or np.ptp(shift) else max(len(trial), 1)
        begins = np.arange(0, len(trial), alike)
        scales, shifts = (
            np.stack((np.minimum.reduceat(x, begins), np.maximum.reduceat(x, begins))) for x in (scale, shift)
        )
        place = np.empty_like(trial)
        place[trial] = np.arange(len(trial))
        return PresentMarket(trial, place, offsets[trial], scale, shift, alike, scales, shifts)

    def winners(self, keys: Words, score: Floats, finder: Finder | None = None) -> tuple[Integers, Integers]:
        """Return (deal, trial) of those who win, u < p', deal by deal.

        A word above the largest chance of its group of trials loses, one below the least wins, and only what
        lies between is compared with its own chance.

        Args:
            keys: of the outcome of each deal.
            score: Φ⁻¹(p*) of each.
            finder: compiled, or None.
        """
        products = score[:, None, None] * self.scales
        lowest, highest = (
            special.ndtr(products.min(axis=1) + self.shifts[0]) * (1 - _SLACK),
            special.ndtr(products.max(axis=1) + self.shifts[1]) * (1 + _SLACK),
        )
        # Of a chance of 0 the first word is possible too: it is not sure, so that its own chance decides.
        sure, most = bound(lowest), np.maximum(bound(highest), highest < 0.5) - np.uint64(1)
        found = finder or possible
        deal, trial, open_, words = found(keys, self.offsets, self.trial, self.alike, sure, most)
        if len(open_):
            lost = open_[as_uniforms(words) >= self._chance(score[deal[open_]], trial[open_])]
            deal, trial = np.delete(deal, lost), np.delete(trial, lost)
        return deal, trial

    def _chance(self, score: Floats, trial: Places) -> Floats:
        """Return p' of scores in some trials."""
        at = self.place[trial]
        return np.asarray(special.ndtr(score * self.scale[at] + self.shift[at]))


def possible(
    keys: Words, offsets: Words, trial: Integers, alike: int, sure: Words, most: Words
) -> tuple[Places, Places, Places, Words]:
    """Return (deal, trial) of words at most a bound, and the place and word of those not below the other.

    Args:
        keys: of each deal.
        offsets: `trial_offsets` at each place.
        trial: at each place.
        alike: places that share bounds.
        sure: words[deal, group of places] below which all are won.
        most: above which none is.
    """
    trials, groups = len(trial), most.shape[1]
    words = mix64(keys[:, None] + (offsets + draw_offset(0)))
    whole = trials - trials % alike
    some = np.empty(words.shape, dtype=np.bool_)
    np.less_equal(
        words[:, :whole].reshape(len(keys), -1, alike), most[:, : whole // alike, None],
        out=some[:, :whole].reshape(len(keys), -1, alike),
    )  # fmt: skip
    np.less_equal(words[:, whole:], most[:, whole // alike :], out=some[:, whole:])
    flat = np.flatnonzero(some)
    ends = np.searchsorted(flat, np.arange(1, len(keys) + 1) * trials)
    counts = np.diff(ends, prepend=0)
    deal = np.repeat(np.arange(len(keys)), counts)
    place, found = flat - deal * trials, words.ravel()[flat]
    least = np.repeat(sure[:, 0], counts) if groups == 1 else sure.ravel()[deal * groups + place // alike]
    open_ = np.flatnonzero(found >= least)
    return deal, trial[place], open_, found[open_]
