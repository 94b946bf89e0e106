"""Draw the market of a block of trials, and turn it into chances (MODEL 4)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray
from scipy import special

from simulator.market import Market
from simulator.records import dataclass
from simulator.streams import Streams, Words, uniforms

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]


@dataclass(frozen=True)
class Luck:
    """The market that a block of trials has drawn.

    Attributes:
        rho: ρ0 + ρg, floats[trial].
        market: sqrt(ρ0)·G + sqrt(ρg)·Z, floats[segment, quarter, trial], with what is known of it.
        doubt: D, floats[segment, trial].
        shared: G, floats[quarter, trial]; 0 where ρ0 is.
        own: Z, floats[segment, quarter, trial]; 0 where ρg is.
    """

    rho: Floats
    market: Floats
    doubt: Floats
    shared: Floats
    own: Floats

    def shifted(self, segment: int, quarter: int, rho_doubt: float) -> tuple[Floats, Floats]:
        """Return (scale, shift) with p' = Φ(scale·Φ⁻¹(p*) + shift), floats[trial] each.

        scale = 1/sqrt(1 − ρ0 − ρg − ρd), shift = scale·(sqrt(ρ0)·G + sqrt(ρg)·Z + sqrt(ρd)·D).

        Args:
            segment: index.
            quarter: calendar quarters after the as-of day's.
            rho_doubt: ρd of the stage.
        """
        scale = 1 / np.sqrt(1 - self.rho - rho_doubt)
        shift = self.market[segment, quarter]
        if rho_doubt > 0:
            shift = shift + np.sqrt(rho_doubt) * self.doubt[segment]
        return scale, scale * shift

    def moved(
        self, score: Floats, segment: int, quarter: Integers | int, trial: Integers, rho_doubt: Floats
    ) -> Floats:
        """Return p' of deals with scores Φ⁻¹(p*), each in the market of its own quarter and trial.

        Args:
            score: floats[n].
            segment: index.
            quarter: of each, or of all.
            trial: of each.
            rho_doubt: ρd of each one's stage.
        """
        x = self.market[segment, quarter, trial] + np.sqrt(rho_doubt) * self.doubt[segment, trial]
        return np.asarray(special.ndtr((score + x) / np.sqrt(1 - self.rho[trial] - rho_doubt)))

    def renewal_chances(
        self, segment: int, chance: Floats, before: Integers, quarter: Integers, trial: Integers, phi: float
    ) -> Floats:
        """Return p' of renewals under what is new in the market since each contract's last decision.

        p' = Φ((Φ⁻¹(p) + (x_q − φ^k·x_q₀)/sqrt(1 − φ^2k))/sqrt(1 − ρ0 − ρg)), k quarters after it; the market
        itself where there was none, and p where nothing is new.

        Args:
            segment: index.
            chance: p, floats[n].
            before: quarter of the last decision, −1 for none.
            quarter: of this one.
            trial: of each.
            phi: φ, of one quarter.
        """
        known = before >= 0
        kept = np.where(known, phi ** np.maximum(quarter - before, 0), 0.0)
        market = self.market[segment]
        new = market[quarter, trial] - kept * market[np.maximum(before, 0), trial]
        fresh = np.sqrt(1 - kept**2)
        with np.errstate(divide="ignore", invalid="ignore"):
            score = (special.ndtri(chance) + new / fresh) / np.sqrt(1 - self.rho[trial])
        return np.where(fresh > 0, special.ndtr(score), chance)


def draw_luck(
    streams: Streams, market: Market, segments: Sequence[str], quarters: Sequence[str], offsets: Words,
    rho: Floats | None = None, known: Mapping[int, tuple[Floats, float]] | None = None,
) -> Luck:  # fmt: skip
    """Return the market of some trials.

    Args:
        streams: of the run.
        market: its correlations.
        segments: names.
        quarters: names of the calendar quarters from the as-of day's on, in order.
        offsets: `trial_offsets` of the trials.
        rho: learned total ρ of each trial, which takes the place of the prior's where the market is not set.
        known: what the record tells of the as-of quarter's market, by number of the segment: its mean,
            floats[trial], and the part of its spread that is left. It goes with rho.
    """
    if rho is not None and market.drawn:
        shared, segment = market.split(rho)
    else:
        shared, segment = market.correlations(_uniform(streams, "", "rho", offsets))
        known = None
    # Factors that no deal shares stay 0.
    common, own = (
        np.zeros((len(quarters), len(offsets))),
        np.zeros((len(segments), len(quarters), len(offsets))),
    )
    if shared.any():
        common = _path(streams, "shared", "", quarters, market.phi, offsets)
    if segment.any():
        own = np.stack([_path(streams, "segment", name, quarters, market.phi, offsets) for name in segments])
    doubt = np.stack([special.ndtri(_uniform(streams, name, "doubt", offsets)) for name in segments])
    paths = np.sqrt(shared) * common + np.sqrt(segment) * own
    for number, (mean, kept) in (known or {}).items():
        # x[q] is φ^q·x[0] and news that nobody knows.
        change = mean + (kept - 1) * paths[number, 0]
        paths[number] += market.phi ** np.arange(len(quarters))[:, None] * change
    return Luck(shared + segment, paths, doubt, common, own)


def _path(
    streams: Streams, purpose: str, segment: str, quarters: Sequence[str], phi: float, offsets: Words
) -> Floats:
    """Return a stationary AR(1) path with unit variance, floats[quarter, trial]."""
    path = np.empty((len(quarters), len(offsets)))
    for i, quarter in enumerate(quarters):
        news = special.ndtri(_uniform(streams, f"{segment}/{quarter}", purpose, offsets))
        path[i] = news if i == 0 else phi * path[i - 1] + np.sqrt(1 - phi**2) * news
    return path


def _uniform(streams: Streams, entity: str, purpose: str, offsets: Words) -> Floats:
    return uniforms(np.uint64(streams.key("market", entity, purpose)) + offsets)
