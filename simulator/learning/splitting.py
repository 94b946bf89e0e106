"""Say whether telling segments apart pays: do funnels of their own foresee deals better than one for all?"""

from __future__ import annotations

import zlib
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from scipy import special

from simulator.funnel import Funnel
from simulator.history import History
from simulator.learning.funnels import fit_funnels
from simulator.learning.spells import STILL, Spells
from simulator.records import dataclass
from simulator.streams import UniformRow

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

FOLDS: Final = 5
DRAWS: Final = 100
"""Draws of each funnel: only their middle foresees."""
SURE: Final = 1.645
"""Standard errors from which on a gain is not taken for chance: 1 in 20 by luck alone."""
_SPANS: Final = np.array([0, 1, 3, 6, 11, 21, 41, 81, 161])
"""First days of the spans within which stays end: nobody plans by single days, and their noise is large."""
_LEAST: Final = 1e-9
"""What no funnel has ever seen costs no more than this chance: else one deal would decide all."""


@dataclass(frozen=True)
class Splitting:
    """Whether it pays to tell segments apart.

    Attributes:
        by: column that tells them.
        segments: how many there are with deals.
        deals: that were foreseen by funnels which had not seen them.
        gain: Σ over deals of ln P(what became of it) by funnels of their own, less that without telling
            segments apart: by one funnel for all or by segments dealt by chance, whichever is harder to beat.
        error: standard error of the gain; deals count as independent.
    """

    by: str
    segments: int
    deals: int
    gain: float
    error: float

    @property
    def pays(self) -> bool:
        """Whether the gain is more than chance would bring."""
        return self.gain > SURE * self.error

    @property
    def chance(self) -> float:
        """Chance of such a gain, or a larger one, if segments did not differ."""
        return float(special.ndtr(-self.gain / self.error)) if self.error > 0 else 0.5

    def told(self) -> dict[str, Any]:
        """Return what the file of learned figures tells."""
        gain, error = (float(f"{x:.6g}") for x in (self.gain, self.error))
        return {"by": self.by, "pays": self.pays, "deals": self.deals, "gain": gain, "error": error}


def splitting(spells: Spells, history: History, by: str, seed: int = 1) -> Splitting:
    """Return whether funnels by segment foresee deals better than one for all.

    Deals are put into five folds by their ids. What became of the deals of each fold is foreseen by funnels
    learned from the other four: once with the segments apart, drawn towards each other as `fit_funnels` does,
    once with all deals as one segment, and once with segments of the same sizes dealt by chance. The last is
    there because few deals are learned by other laws than many (see `fit_funnels`), which alone may foresee
    better: segments that are alike would seem to differ. A split has to beat both.

    Args:
        spells: stays of all deals.
        history: whose deals they are.
        by: column that tells the segments.
        seed: of the draws.
    """
    deals = np.unique(spells.deal)
    segments = len(np.unique(spells.segment))
    if segments < 2 or len(deals) < FOLDS:
        return Splitting(by, segments, len(deals), 0.0, 0.0)
    folds = np.array([zlib.crc32(history.deals.id[deal].encode()) % FOLDS for deal in deals.tolist()])
    fold = np.zeros(len(history.deals), dtype=np.int64)
    fold[deals] = folds
    whole = replace(spells, segments=("all",), segment=np.zeros_like(spells.segment))
    ways = spells, whole, _dealt(spells, deals, seed)
    scores = np.zeros((len(ways), len(history.deals)))
    for number in range(FOLDS):
        out = fold[spells.deal] == number
        if not out.any() or out.all():
            continue
        for way, told in enumerate(ways):
            row = UniformRow(seed, f"splitting {number}")
            learned = fit_funnels(told.only(~out), history.stages, row, DRAWS)
            funnels = {name: found.draws.mean for name, found in learned.items()}
            held = told.only(out)
            np.add.at(scores[way], held.deal, log_chances(held, funnels))
    each = scores[:1, deals] - scores[1:, deals]
    gains, errors = each.sum(axis=1), each.std(axis=1, ddof=1) * np.sqrt(len(deals))
    hardest = int(np.argmin(gains / np.maximum(errors, _LEAST)))
    return Splitting(by, segments, len(deals), float(gains[hardest]), float(errors[hardest]))


def _dealt(spells: Spells, deals: Integers, seed: int) -> Spells:
    """Return the same stays with the segments of their deals dealt anew by chance."""
    own = np.zeros(deals.max() + 1, dtype=np.int64)
    own[spells.deal] = spells.segment
    order = np.argsort(UniformRow(seed, "splitting by chance").uniforms(len(deals)))
    dealt = own.copy()
    dealt[deals] = own[deals][order]
    return replace(spells, segment=dealt[spells.deal])


def log_chances(spells: Spells, funnels: Mapping[str, Funnel]) -> Floats:
    """Return ln P of each stay, floats[stay]: its target and about how long it lasts, or that it goes on.

    ln p[s,k]·(R[s,k](i−½) − R[s,k](j+½)) of one that ended in a span of i to j whole days,
    ln Σ_k p[s,k]·R[s,k](⌊a⌋+½) of one that goes on at age a, less ln Σ_k p[s,k]·R[s,k](e+½) where the log
    began to see it after e whole days; a span begins no sooner than that.
    """
    chance = np.ones(len(spells))
    for g, name in enumerate(spells.segments):
        for s in range(spells.stages):
            its = np.flatnonzero((spells.segment == g) & (spells.stage == s))
            if len(its):
                chance[its] = _of_stage(spells, its, funnels[name], s)
    return np.log(np.maximum(chance, _LEAST))


def _of_stage(spells: Spells, its: Integers, funnel: Funnel, stage: int) -> Floats:
    """Return the chance of each stay in one stage, floats[its]."""
    target, length, entry = spells.target[its], spells.length[its], spells.entry[its]
    goes_on, seen, ended = (np.zeros(len(its)) for _ in range(3))
    span = np.searchsorted(_SPANS, length, side="right")
    first = np.maximum(_SPANS[span - 1], entry + 1)
    beyond = np.append(_SPANS, np.iinfo(np.int64).max)[span].astype(np.float64)
    for k in funnel.moves(stage):
        law, p = funnel.stays[stage][k], funnel.transitions[stage, k]
        assert law is not None
        ended += np.where(target == k, p * (law.sf(first - 0.5) - law.sf(beyond - 0.5)), 0.0)
        goes_on += p * law.sf(length + 0.5)
        seen += np.where(entry >= 0, p * law.sf(entry + 0.5), p)
    chance = np.where(target == STILL, goes_on, ended)
    return np.asarray(chance / np.maximum(seen, _LEAST))
