"""Put the funnels of segments side by side, with what each brings and what each of its stages is worth."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from simulator.analysis.aims import Aim
from simulator.analysis.segments.brought import Brought
from simulator.analysis.segments.elsewhere import Elsewhere, deals_met, elsewhere
from simulator.analysis.segments.facts import Facts, most, ranged
from simulator.analysis.segments.passage import Passage
from simulator.analysis.segments.worth import Worths, worths
from simulator.executors import Crew
from simulator.expected import receipt_lags
from simulator.forecast import Forecast
from simulator.forecast.payload import guessed_chances
from simulator.records import dataclass
from simulator.scenario import Scenario
from simulator.simulation import simulate

Floats = NDArray[np.float64]

WORTHS: Final = ("worth", "worth_to_end")
"""What stages are worth in the days that are asked about, and from now to the horizon's end."""
WON: Final = "won"
"""What stands after the last stage."""


def side_by_side(
    scenario: Scenario,
    aim: Aim,
    workers: int | Crew = 1,
    progress: Callable[[int], None] | None = None,
    base: Forecast | None = None,
) -> dict[str, Any]:
    """Return the fields of segments.json (FORMATS), none of which depends on time or machine.

    Amounts are of the aim's series and days; receipts stand for the balance in the bank, which is the
    company's alone. What a stage is worth, and the walk from the CRM's number, are of bookings in these days.

    Args:
        scenario: as loaded.
        aim: what is asked about.
        workers: as `simulate` has them.
        progress: called with the trials finished so far.
        base: what the scenario was played to, where it has been played already.
    """
    forecast = base or simulate(scenario, workers=workers, progress=progress, other_markets=False)
    funnels, brought, check = _Funnels.of(scenario, aim), Brought(forecast, aim), forecast.check
    segments = [_segment(funnels, brought, index) for index in range(len(scenario.segments))]
    leaks = [
        {"segment": row["name"], "stage": stage["stage"], "worth": stage["worth"]["amount"]}
        for row in segments for stage in row["stages"] if stage["worth"] is not None
    ]  # fmt: skip
    return {
        "schema_version": 1,
        "scenario": scenario.name,
        "as_of": scenario.horizon.as_of.isoformat(),
        "seed": forecast.seed,
        "trials": forecast.trials,
        "currency": scenario.currency,
        "self_check": check.told(),
        "about": aim.name,
        "series": brought.series,
        "start": aim.window.first.isoformat(),
        "end": aim.window.last.isoformat(),
        "segments": segments,
        "no_segment": brought.told(-1) if brought.rest else None,
        "company": _company(funnels, brought),
        "leaks": sorted(leaks, key=lambda leak: -leak["worth"]),
        "targets": list(brought.targets()),
        "notes": list(_notes(funnels, aim)),
        **guessed_chances(scenario),
    }


@dataclass(frozen=True, eq=False)
class _Funnels:
    """What is exact: the walks of all segments, how each stage is done elsewhere, and what it is worth."""

    scenario: Scenario
    facts: Sequence[Facts]
    others: Sequence[Sequence[Elsewhere | None]]
    worths: Mapping[str, Sequence[Worths]]
    lags: Floats

    @staticmethod
    def of(scenario: Scenario, aim: Aim) -> _Funnels:
        passages = [Passage.of(scenario, index) for index in range(len(scenario.segments))]
        deals = [deals_met(scenario, index, passage) for index, passage in enumerate(passages)]
        others = [
            [elsewhere(passages, deals, index, stage) for stage in range(passage.size)]
            for index, passage in enumerate(passages)
        ]
        first, last = map(scenario.horizon.day_of, (aim.window.first, aim.window.last))
        windows = (first, last), (1, scenario.horizon.last_day)
        gains = []
        for index, some in enumerate(others):
            wanted = {stage: one.chance for stage, one in enumerate(some) if one}
            gains.append(worths(scenario, index, wanted, windows))
        facts = [Facts(scenario, index, passage) for index, passage in enumerate(passages)]
        by_window = dict(zip(WORTHS, zip(*gains, strict=True), strict=True))
        return _Funnels(scenario, facts, others, by_window, receipt_lags(scenario))


def _segment(funnels: _Funnels, brought: Brought, index: int) -> dict[str, Any]:
    facts, unit = funnels.facts[index], brought.forecast.unit
    passage, lag, coming = facts.passage, float(funnels.lags[index]), facts.passage.segment.generation
    now = funnels.scenario.horizon.date_of(1)
    segment, standing, win_rate, cycle = (
        passage.segment,
        facts.standing(),
        float(passage.reached[-1]),
        facts.cycle,
    )
    entering = (w * passage.belief(s, passage.size) for s, w in enumerate(passage.entry.tolist()) if w)
    belief = sum(entering, np.zeros(passage.draws))
    days = None if cycle is None else int(np.searchsorted(np.cumsum(cycle), 0.5))
    return {
        "name": segment.name,
        "figures": _figures(passage),
        "open": _major(standing, unit),
        "new_per_month": None if coming is None else coming.per_month * coming.raise_of(now),
        "win_rate": ranged(np.array([win_rate]), belief),
        "cycle_days": days,
        "velocity_a_day": standing["value"] / unit * win_rate / days if days else None,
        "cash_lag_days": None if math.isnan(lag) else lag,
        "reasons": most(sum(facts.reasons.values(), Counter())),
        **brought.told(index),
        "stages": [_stage(funnels, brought, index, stage) for stage in range(passage.size)],
        **{key: _worth_in_all(gains[index], unit) for key, gains in funnels.worths.items()},
    }


def _figures(passage: Passage) -> dict[str, Any]:
    """Say where chances come from: learned, or set, and worth so many closed deals; None where exact."""
    worth = passage.worth
    if worth is None:
        return {"from": "learned", "worth": None}
    return {"from": "set", "worth": None if math.isinf(worth) else round(worth, 6)}


def _stage(funnels: _Funnels, brought: Brought, index: int, stage: int) -> dict[str, Any]:
    facts, unit = funnels.facts[index], brought.forecast.unit
    passage, row, other = facts.passage, facts.table[stage], funnels.others[index][stage]
    chances, belief = passage.between(stage, stage + 1), passage.belief(stage, stage + 1)
    names = (*passage.segment.funnel.stages, WON)
    return {
        "stage": row.name,
        "next": names[stage + 1],
        "reached": float(passage.reached[stage]),
        "conversion": ranged(chances, belief),
        **facts.moves(stage),
        "days": row.stay,
        "days_to_won": None if math.isnan(row.cycle_median) else row.cycle_median,
        "open": _major(facts.standing(stage), unit),
        "stalled": _major(facts.standing(stage, still=True), unit) | {"after_days": facts.patience(stage)},
        "reasons": most(facts.reasons.get(row.name, Counter())),
        "elsewhere": None if other is None else _elsewhere(funnels, other, chances, belief),
        **{key: _worth(gains[index].by_stage.get(stage), unit) for key, gains in funnels.worths.items()},
    }


def _worth(parts: Mapping[str, int] | None, unit: float) -> dict[str, float] | None:
    """Return what a stage is worth, and of what that comes; None where nothing is held against it."""
    if parts is None:
        return None
    return {"amount": sum(parts.values()) / unit, **{source: x / unit for source, x in parts.items()}}


def _elsewhere(funnels: _Funnels, other: Elsewhere, chances: Floats, belief: Floats) -> dict[str, Any]:
    """Return how a stage does elsewhere, and how likely it is that the difference is none of chance."""
    lower = float((belief < other.belief).mean() + (belief == other.belief).mean() / 2)
    apart = float(chances.mean() - other.chance.mean())
    same = abs(apart) < 1e-9
    return {
        "conversion": ranged(other.chance, other.belief),
        "difference": 0.0 if same else apart,
        "real": None if same else lower if apart < 0 else 1 - lower,
        "counterparts": [
            {
                "segment": funnels.scenario.segments[c.segment].name,
                "from": _place(funnels, c.segment, c.begin),
                "to": _place(funnels, c.segment, c.end),
                "by": c.by,
                "deals": c.deals,
                "conversion": float(funnels.facts[c.segment].passage.between(c.begin, c.end).mean()),
            }
            for c in other.counterparts
        ],
    }


def _place(funnels: _Funnels, segment: int, place: float) -> dict[str, Any]:
    """Name a stage, and the part of the way from it to the next."""
    names = (*funnels.scenario.segments[segment].funnel.stages, WON)
    return {"stage": names[int(place)], "part": place - int(place)}


def _worth_in_all(gains: Worths, unit: float) -> dict[str, float]:
    """Return what all stages at once are worth: the sum of each alone, and where they meet."""
    return {
        "stages": sum(sum(parts.values()) for parts in gains.by_stage.values()) / unit,
        "where_they_meet": gains.where_they_meet / unit,
        "together": sum(gains.together.values()) / unit,
    }


def _company(funnels: _Funnels, brought: Brought) -> dict[str, Any]:
    unit, facts = brought.forecast.unit, funnels.facts
    standing = [one.standing() for one in facts]
    open_deals = {key: sum(row[key] for row in standing) for key in ("deals", "value")}
    return {"open": _major(open_deals, unit), **brought.told(None)}


def _major(standing: Mapping[str, float], unit: float) -> dict[str, Any]:
    return {"deals": standing["deals"], "value": standing["value"] / unit}


def _notes(funnels: _Funnels, aim: Aim) -> Iterator[str]:
    """Say what is told otherwise than one might think."""
    if len(funnels.facts) == 1:
        yield "there is one segment only: nothing to hold its stages against"
    if aim.window.series == "balance":
        yield "the balance in the bank is the company's; segments are told by their receipts"
    by_share = [
        f"{facts.passage.segment.funnel.stages[stage]} ({facts.passage.segment.name})"
        for facts, some in zip(funnels.facts, funnels.others, strict=True)
        for stage, other in enumerate(some) if other and other.counterparts[0].by == "share"
    ]  # fmt: skip
    if by_share:
        yield (
            f"no other funnel has a stage of the name of {', '.join(by_share)}, nor of one before: held "
            "against the stages that as large a share of deals reach"
        )
