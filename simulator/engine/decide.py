"""Decide who wins, with one word a deal and trial, most of them by a comparison with a bound (MODEL 4)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy import special

from simulator.engine.luck import Luck
from simulator.streams import Words, as_uniforms, bound, draw_offset, mix64

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

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
        offsets: `trial_offsets` of each.
        scale: of each.
        shift: of each.
        scales: least and largest scale of each `ALIKE` trials, floats[2, group].
        shifts: likewise.
    """

    trial: Integers
    offsets: Words
    scale: Floats
    shift: Floats
    scales: Floats
    shifts: Floats

    @staticmethod
    def of(luck: Luck, offsets: Words, segment: int, rho_doubt: float) -> PresentMarket:
        """Return the market of the present quarter for deals of a stage whose doubt is ρd."""
        scale, shift = luck.shifted(segment, 0, rho_doubt)
        trial = np.argsort(shift, kind="stable")
        scale, shift = scale[trial], shift[trial]
        begins = np.arange(0, len(trial), ALIKE)
        scales, shifts = (
            np.stack((np.minimum.reduceat(x, begins), np.maximum.reduceat(x, begins))) for x in (scale, shift)
        )
        return PresentMarket(trial, offsets[trial], scale, shift, scales, shifts)

    def winners(self, keys: Words, score: Floats) -> tuple[Integers, Integers]:
        """Return (deal, trial) of those who win, u < p', deal by deal.

        A word above the largest chance of its group of trials loses, one below the least wins, and only what
        lies between is compared with its own chance.

        Args:
            keys: of the outcome of each deal.
            score: Φ⁻¹(p*) of each.
        """
        trials, groups = len(self.trial), self.scales.shape[1]
        words = mix64(keys[:, None] + (self.offsets + draw_offset(0)))
        products = score[:, None, None] * self.scales
        least, most = (
            special.ndtr(products.min(axis=1) + self.shifts[0]) * (1 - _SLACK),
            special.ndtr(products.max(axis=1) + self.shifts[1]) * (1 + _SLACK),
        )
        # Of a chance of 0 the first word is possible too: it is not sure, so that its own chance decides.
        sure, possible = bound(least), np.maximum(bound(most), most < 0.5) - np.uint64(1)
        whole = trials - trials % ALIKE
        some = np.empty(words.shape, dtype=np.bool_)
        np.less_equal(
            words[:, :whole].reshape(len(keys), -1, ALIKE), possible[:, : whole // ALIKE, None],
            out=some[:, :whole].reshape(len(keys), -1, ALIKE),
        )  # fmt: skip
        np.less_equal(words[:, whole:], possible[:, whole // ALIKE :], out=some[:, whole:])
        flat = np.flatnonzero(some)
        ends = np.searchsorted(flat, np.arange(1, len(keys) + 1) * trials)
        deal = np.repeat(np.arange(len(keys)), np.diff(ends, prepend=0))
        place = flat - deal * trials
        found = words.ravel()[flat]
        open_ = np.flatnonzero(found >= sure.ravel()[deal * groups + place // ALIKE])
        at = place[open_]
        chance = special.ndtr(score[deal[open_]] * self.scale[at] + self.shift[at])
        lost = open_[as_uniforms(found[open_]) >= chance]
        if len(lost):
            deal, place = np.delete(deal, lost), np.delete(place, lost)
        return deal, self.trial[place]
