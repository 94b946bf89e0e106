"""Find how far a lever has to be pulled: the fewest steps at which a chance is high or low enough."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import field
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy import special

from simulator.records import dataclass
from simulator.scores import share_interval

FORTH: Final = (1 / 4, 1.0)
"""Parts of a lever's way that are looked at first."""
BACK: Final = (1 / 16, 1 / 8, 1 / 4, 1 / 2, 1.0)
"""The same where what pulling it wins, pulling it further may lose."""
EXACT: Final = 0.1
"""Part of its distance from the answer to which an end of the interval is found; it errs outwards."""
_SURE: Final = 1e-4


@dataclass(frozen=True)
class Chance:
    """How often something came true, with the 95 % interval of its chance.

    Attributes:
        chance: share of the trials.
        low: lower end.
        high: upper end.
        moved: whether any trial brings another amount than without the lever.
    """

    chance: float
    low: float
    high: float
    moved: bool = False

    @staticmethod
    def of(hits: NDArray[np.bool_], draws: int | None, moved: bool = False) -> Chance:
        """Return the chance of what came true in some trials, bools[trial]."""
        return Chance(*share_interval(hits, draws), moved)


@dataclass
class Curve:
    """The chance by steps of a lever, each number of steps played once.

    Attributes:
        play: plays so many steps.
        steps: as far as it goes.
        turns: whether the chance may fall again on the way.
        known: what has been played, by steps.
    """

    play: Callable[[int], Chance]
    steps: int
    turns: bool = False
    known: dict[int, Chance] = field(default_factory=dict)

    def at(self, steps: int) -> Chance:
        """Return the chance at so many steps."""
        if steps not in self.known:
            self.known[steps] = self.play(steps)
        return self.known[steps]

    def points(self) -> list[tuple[int, Chance]]:
        """Return what has been played, in the order of steps."""
        return sorted(self.known.items())


@dataclass(frozen=True)
class Found:
    """Where a lever is far enough pulled.

    Because every trial meets the same luck at any number of steps, the interval of the chance becomes that of
    the steps: those at which the chance could be the one that is asked for, 19 times in 20.

    Attributes:
        steps: least number of them, None where none is enough.
        low: lower end of its 95 % interval, None likewise.
        high: upper end, None where it lies beyond the lever's way.
    """

    steps: int | None
    low: int | None
    high: int | None


def raised_to(curve: Curve, chance: float) -> Found:
    """Return the least steps at which a chance is reached."""
    return _found(
        curve,
        lambda c: _margin(c.chance, chance),
        lambda c: _margin(c.high, chance),
        lambda c: _margin(c.low, chance),
    )


def least_raised_to(curve: Curve, chance: float) -> int | None:
    """Return the same without its interval, None where no number of steps is enough."""
    bracket = _bracket(curve, lambda c: _margin(c.chance, chance))
    return bracket and bracket[1]


def is_raised_to(curve: Curve, chance: float) -> bool:
    """Tell whether any number of steps is enough; where pulling further never harms, all of them are."""
    end = _margin(curve.at(curve.steps).chance, chance) >= 0
    return end or (curve.turns and least_raised_to(curve, chance) is not None)


def fallen_below(curve: Curve, chance: float) -> Found:
    """Return the least steps at which the chance is below one."""
    return _found(
        curve,
        lambda c: _short(c.chance, chance),
        lambda c: _short(c.low, chance),
        lambda c: _short(c.high, chance),
    )


Margin = Callable[[Chance], float]
"""At least 0 where a chance is enough, the larger the more so."""


def _found(curve: Curve, enough: Margin, perhaps: Margin, surely: Margin) -> Found:
    bracket = _bracket(curve, enough)
    steps = bracket and bracket[1]
    low, high = (_bracket(curve, margin, steps) for margin in (perhaps, surely))
    return Found(steps, low and min(low[0] + 1, low[1]), high and high[1])


def _margin(chance: float, wanted: float) -> float:
    apart = _score(chance) - _score(wanted)
    return max(apart, 0.0) if chance >= wanted - 1e-12 else min(apart, -1e-9)


def _short(chance: float, limit: float) -> float:
    apart = _score(limit) - _score(chance)
    return max(apart, 0.0) if chance < limit - 1e-12 else min(apart, -1e-9)


def _score(chance: float) -> float:
    """Return a normal score, in which chances move about evenly with a lever."""
    return float(special.ndtri(min(max(chance, _SURE), 1 - _SURE)))


def _bracket(curve: Curve, margin: Margin, answer: int | None = None) -> tuple[int, int] | None:
    """Return steps that are not enough and steps that are, the first place where the margin turns.

    Args:
        curve: of the lever.
        margin: of a chance.
        answer: the nearer to it the turn is, the narrower is what is returned; None for neighbours.
    """
    short, of_short = 0, margin(curve.at(0))
    if of_short >= 0:
        return 0, 0
    for far in _looked_at(curve):
        of_far = margin(curve.at(far))
        if of_far >= 0:
            break
        short, of_short = far, of_far
    else:
        return None
    last = 0
    while far - short > (1 if answer is None else max(1, EXACT * abs((short + far) / 2 - answer))):
        part = min(max(of_short / (of_short - of_far), 0.1), 0.9)  # between even ends too
        middle = min(max(short + round(part * (far - short)), short + 1), far - 1)
        of_middle = margin(curve.at(middle))
        # Where the same end moves again, the other's margin counts half, so that it moves too (Illinois).
        if of_middle >= 0:
            far, of_far, of_short, last = middle, of_middle, of_short / (2 if last > 0 else 1), 1
        else:
            short, of_short, of_far, last = middle, of_middle, of_far / (2 if last < 0 else 1), -1
    return short, far


def _looked_at(curve: Curve) -> Iterator[int]:
    """Yield in their order the steps that are looked at for a turn, and those that are known anyway."""
    last = 0
    some = {max(round(curve.steps * part), 1) for part in (BACK if curve.turns else FORTH)}
    while last < curve.steps:
        last = min(n for n in some | curve.known.keys() if n > last)
        yield last
