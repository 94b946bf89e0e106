"""Play variants of one scenario on the same luck, so that what differs between them is no chance."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import field
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from simulator.errors import UsageError
from simulator.executors import Crew
from simulator.forecast import Forecast, Window, statistics
from simulator.played import PartOfShelf, Shelf
from simulator.records import dataclass
from simulator.scenario import Scenario
from simulator.simulation import simulate

Floats = NDArray[np.float64]
Kind = Literal["scenario", "case", "grid", "together"]


@dataclass(frozen=True)
class Variant:
    """A scenario that is held against others.

    Attributes:
        name: by which people know it, different from all the others'.
        scenario: as loaded.
        kind: a scenario of its own, a case of the first one, a value of a grid, or all cases together.
        sets: what makes a case, as `--set` has it.
        given: the file or folder that it comes from.
    """

    name: str
    scenario: Scenario
    kind: Kind = "scenario"
    sets: tuple[str, ...] = ()
    given: str = ""


@dataclass(frozen=True, eq=False)
class Play:
    """A variant and its trials."""

    variant: Variant
    forecast: Forecast
    _told: dict[Window, dict[str, Any]] = field(default_factory=dict, repr=False)

    @property
    def name(self) -> str:
        """The variant's."""
        return self.variant.name

    @property
    def scenario(self) -> Scenario:
        """The variant's."""
        return self.variant.scenario

    def amounts(self, window: Window) -> Floats:
        """Return what a window brings, minor units, floats[trial]."""
        return window.amounts(self.forecast)

    def told(self, window: Window) -> dict[str, Any]:
        """Return mean, quantiles and errors of a window, and its `exact` mean or None, in major units."""
        if window not in self._told:
            amounts, past = window.told(self.forecast)
            forecast, certain = self.forecast, False
            if window.series != "balance":
                segment = window.segment_index(self.scenario)
                certain = forecast.is_certain(window.series, *window.days(self.scenario), segment)
            told = statistics(amounts, forecast.unit, past, certain=certain, draws=forecast.draws)
            exact = window.exact(forecast)
            self._told[window] = told | {"exact": None if exact is None else exact / forecast.unit}
        return self._told[window]


def plays(
    variants: Sequence[Variant],
    workers: int | Crew = 1,
    progress: Callable[[int], None] | None = None,
    base: Forecast | None = None,
    shelf: Shelf | None = None,
    summary: bool = False,
) -> Iterator[Play]:
    """Play the first variant as it asks for, and each other one on its seed and with as many trials.

    Each is what `simulate` returns for it, so that it may be played alone and is the same.

    Args:
        variants: the base first.
        workers: as `simulate` has them.
        progress: called with the trials finished so far, of all variants.
        base: what the first was played to, where it has been played already.
        shelf: where the others keep their blocks, as `simulate` has it.
        summary: whether no trial of theirs is held in memory.

    Raises:
        UsageError: they cannot be held against one another.
    """
    check_comparable(variants)
    first, *others = variants
    done = 0

    def told(trials: int) -> None:
        if progress is not None:
            progress(done + trials)

    if base is None:
        base = simulate(first.scenario, workers=workers, progress=told, other_markets=False)
    yield Play(first, base)
    for number, variant in enumerate(others, 1):
        done += base.trials
        forecast = simulate(
            variant.scenario, base.trials, base.seed, workers, progress=told, other_markets=False,
            shelf=shelf and PartOfShelf(shelf, f"compared-{number}"), summary=summary, runs=len(variants),
        )  # fmt: skip
        yield Play(variant, forecast)


def check_comparable(variants: Sequence[Variant]) -> None:
    """Refuse variants that share no currency, no day or a name.

    Raises:
        UsageError: says which, and what to do.
    """
    first, *others = variants
    if not others:
        raise UsageError(
            f"there is nothing to compare {first.name} with: name another scenario or run, or say what "
            "would be otherwise: --case 'slip: segments.*.close_date.slip *= 1.2'",
            code="U008",
        )
    names: set[str] = set()
    for variant in variants:
        if variant.name in names:
            raise UsageError(
                f"two of what is compared are called {variant.name}: give one another name", code="U008"
            )
        names.add(variant.name)
    for other in others:
        ours, theirs = first.scenario, other.scenario
        if theirs.currency != ours.currency:
            raise UsageError(
                f"{first.name} is in {ours.currency}, {other.name} in {theirs.currency}: amounts of two "
                f"currencies cannot be held against one another; set the currency and rates of one of them",
                code="U008",
            )
        if theirs.horizon.as_of != ours.horizon.as_of:
            raise UsageError(
                f"{first.name} is as of {ours.horizon.as_of}, {other.name} as of {theirs.horizon.as_of}: "
                f"what has happened in between would look like a difference; --as-of "
                f"{min(ours.horizon.as_of, theirs.horizon.as_of)} looks at both from one day",
                code="U008",
            )
