"""Hold variants of a scenario against the first one, trial by trial."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from typing import Any

import numpy as np
from numpy.typing import NDArray

from simulator.analysis.contrasts import DIFFERENCE, chance_contrast, contrast, interaction
from simulator.analysis.differing import differing
from simulator.analysis.plays import Play, Variant, plays
from simulator.analysis.span import Span, goals
from simulator.executors import Crew
from simulator.forecast import Forecast, Window
from simulator.forecast.levels import trough
from simulator.forecast.sections import offers, target_told
from simulator.played import Shelf
from simulator.records import dataclass


@dataclass(frozen=True)
class Comparison:
    """What variants of a scenario differ in, and what comes of it.

    Attributes:
        payload: the fields of compare.json (FORMATS), none of which depends on time or machine.
    """

    payload: Mapping[str, Any]

    @property
    def passed(self) -> bool:
        """Whether every play agrees with its exact means."""
        told = (self.payload["base"], *self.payload["others"])
        return all(play["self_check"]["passed"] for play in told)


def compare(
    variants: Sequence[Variant],
    workers: int | Crew = 1,
    progress: Callable[[int], None] | None = None,
    base: Forecast | None = None,
    shelf: Shelf | None = None,
    summary: bool = False,
) -> Comparison:
    """Play variants on the same luck, and hold each against the first.

    What one differs by from the first is taken trial by trial. Where the last is all cases together, what
    they bring beyond the sum of what each brings alone is told too.

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
    coming = plays(variants, workers, progress, base, shelf, summary)
    first, others, cases = next(coming), list[dict[str, Any]](), list[Play]()
    span = Span.of([variant.scenario for variant in variants])
    payload = _head(first, variants, span)
    joint = variants[-1].kind == "together"
    for play in coming:
        differs = [asdict(one) for one in differing(first.scenario, play.scenario)]
        against = {"differs": differs, "difference": _weighed([play, first], DIFFERENCE, span)}
        others.append(_told(play, span) | against)
        if joint and play.variant.kind == "case":
            cases.append(play)  # the others go as soon as they are told of
    payload |= {"base": _told(first, span), "others": others}
    if joint:
        together = [play, *cases, first]
        names = [case.name for case in cases]
        payload["interaction"] = {"of": names} | _weighed(together, interaction(len(cases)), span)
    return Comparison(payload)


def _head(first: Play, variants: Sequence[Variant], span: Span) -> dict[str, Any]:
    forecast, period = first.forecast, first.forecast.headline_period
    return {
        "schema_version": 1,
        "scenario": first.scenario.name,
        "as_of": first.scenario.horizon.as_of.isoformat(),
        "seed": forecast.seed,
        "trials": forecast.trials,
        "currency": first.scenario.currency,
        "start": span.start.isoformat(),
        "end": span.end.isoformat(),
        "headline_period": period.name if period in span.fiscal else "",
        "notes": list(_notes(variants, span, forecast)),
    }


def _notes(variants: Sequence[Variant], span: Span, forecast: Forecast) -> list[str]:
    """Say what is compared otherwise than one might think."""
    found = []
    for variant in variants[1:]:
        own, name = variant.scenario, variant.name
        if own.seed != forecast.seed:
            found.append(
                f"{name} asks for seed {own.seed}; it is played on {forecast.seed} too: the same luck in all"
            )
        if own.trials not in (None, forecast.trials):
            found.append(f"{name} asks for {own.trials:,} trials; it is played as often as the first")
    if len({variant.scenario.horizon.end for variant in variants}) > 1:
        found.append(f"the forecasts end on different days: compared until {span.end.isoformat()}")
    return found


def _told(play: Play, span: Span) -> dict[str, Any]:
    """Return what is told of one play: as in forecast.json, of what all have."""
    variant, forecast, check = play.variant, play.forecast, play.forecast.check
    result: dict[str, Any] = {
        "name": variant.name,
        "kind": variant.kind,
        "description": variant.scenario.description,
        "set": list(variant.sets),
        "self_check": check.told(),
        "offers": offers(forecast),
        **span.laid_out(play.told),
        "targets": [target_told(forecast, goals(variant.scenario)[name]) for name in span.targets],
    }
    if (hits := _below_floor(play, span)) is not None:
        result["balance"] = {"chance_below_floor": float(hits.mean())}
    return result


def _weighed(some: Sequence[Play], weights: Sequence[float], span: Span) -> dict[str, Any]:
    """Return Σ weight · what each play brings, for all that is asked of all."""
    forecast = some[0].forecast
    # Where only some are learned, the trials of the difference share their draws none the less.
    draws = min((n for play in some if (n := play.forecast.draws) is not None), default=None)

    def ask(window: Window) -> dict[str, Any]:
        amounts, told = [play.amounts(window) for play in some], [play.told(window) for play in some]
        return contrast(amounts, told, weights, forecast.unit, draws)

    def of_target(name: str) -> dict[str, Any]:
        hits = [play.forecast.reached(goals(play.scenario)[name]) for play in some]
        return {"name": name} | chance_contrast(hits, weights, draws)

    result = span.laid_out(ask) | {"targets": [of_target(name) for name in span.targets]}
    below = [hits for play in some if (hits := _below_floor(play, span)) is not None]
    if len(below) == len(some):
        result["balance"] = {"chance_below_floor": chance_contrast(below, weights, draws)}
    return result


def _below_floor(play: Play, span: Span) -> NDArray[np.bool_] | None:
    """Return in which trials the balance falls below the floor at the end of any period, None without one."""
    if not span.balance or play.scenario.cash.floor is None:
        return None
    return np.asarray(trough(play.forecast, span.periods).below >= 0)
