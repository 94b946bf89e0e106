"""Write down one trial: what it brings, what made it so, and what happened to whom."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from simulator.analysis.aims import Aim
from simulator.analysis.replay.owners import owner_payload
from simulator.analysis.replay.played import Replayed, replayed
from simulator.analysis.replay.reasons import Reason, reasons
from simulator.engine import Story
from simulator.errors import UsageError, did_you_mean
from simulator.forecast import Trials, Window
from simulator.landings import NET, Landings, landings
from simulator.periods import Period
from simulator.scenario import Scenario
from simulator.scenario.model import MOST_TRIALS
from simulator.scores import quantile
from simulator.targets import Posted

Floats = NDArray[np.float64]
VERSION: Final = 1
PLAYED: Final = 4_000
"""Trials that one is held against, where nobody says how many."""
AT: Final = {"low": 0.1, "middle": 0.5, "high": 0.9}
"""Ends of the range, and the chance of less."""
KINDS: Final = {
    "open": "open_deals", "new": "new_deals", "bluebirds": "first_seen_when_won", "backlog": "won_before",
    "renewals": "renewals", "receivables": "opening_invoices", "tax": "opening_tax",
}  # fmt: skip
"""Where each kind of owner stands."""


def replay_payload(
    scenario: Scenario, aim: Aim, trials: int, trial: int | None = None, at: str = "low",
    seed: int | None = None, workers: int = 1, progress: Callable[[int], None] | None = None,
) -> dict[str, Any]:  # fmt: skip
    """Return what one trial brings, why, and all that happens in it.

    Args:
        scenario: as loaded.
        aim: the amount that is looked at.
        trials: of the run; the trial is held against their average.
        trial: its number, from 0; None to look for one.
        at: `low`, `middle` or `high`, the trial whose amount is nearest to that end of the range.
        seed: by default the scenario's.
        workers: how many blocks of trials are played at once.
        progress: called with the trials finished so far.
    """
    seed = scenario.seed if seed is None else seed
    found = landings(scenario, aim.window, trials, seed, workers, progress=progress)
    asked = at if trial is None else None
    number = nearest(found.total, AT[at]) if trial is None else trial
    replay = replayed(scenario, number, seed)
    unit = replay.trials.unit
    amount = float(aim.amounts(replay.trials)[0])
    here = landings(scenario, aim.window, 1, seed, first=number)
    why = reasons(replay, aim.window, here, found)
    return {
        "schema_version": VERSION,
        "scenario": scenario.name,
        "as_of": scenario.horizon.as_of.isoformat(),
        "until": scenario.horizon.end.isoformat(),
        "currency": scenario.currency,
        "seed": seed,
        "trials": trials,
        "trial": number,
        "at": asked,
        "adds_up": not replay.off(),
        "asked": _asked(aim, unit) | _place(found.total, amount, unit),
        "reasons": [_reason(scenario, reason, found, unit) for reason in why],
        "fiscal": [_period(replay.trials, p) for p in (*scenario.horizon.fiscal_quarters, *_years(scenario))],
        "periods": [_period(replay.trials, p) for p in scenario.horizon.periods],
        "market": _market(replay),
        **_owners(replay, aim, here, found),
    }


def trials_for(scenario: Scenario, trial: int | None, run: tuple[int, int] | None) -> int:
    """Return how many trials one is held against.

    Args:
        scenario: as loaded.
        trial: the number asked for, None for none.
        run: trials and seed of the run that it is one of, None where there is none.

    Raises:
        UsageError: there are not so many.
    """
    known = run[0] if run else scenario.trials
    count, most = (PLAYED, MOST_TRIALS) if known is None else (known, known)
    if trial is not None and trial >= most:
        raise UsageError(
            f"--trial is {trial:,}; there are {most:,}, numbered from 0 to {most - 1:,}", code="U002"
        )
    return count


def nearest(total: Floats, q: float) -> int:
    """Return the first trial whose amount is nearest to a quantile."""
    return int(np.argmin(np.abs(total - quantile(np.sort(total), q))))


def narrowed(payload: Mapping[str, Any], owner: str) -> dict[str, Any]:
    """Return a trial with one owner alone, by its id.

    Raises:
        UsageError: nothing of this id happens in the trial.
    """
    ids = [one["id"] for kind in KINDS.values() for one in payload[kind]]
    if owner not in ids:
        remedy = did_you_mean(owner, tuple(ids), "--format csv lists all that happens in this trial")
        raise UsageError(f"nothing is called {owner!r} in this trial: {remedy}", code="U003")
    kept = {kind: [one for one in payload[kind] if one["id"] == owner] for kind in KINDS.values()}
    return {**payload, **kept, "narrowed_to": owner}


def _asked(aim: Aim, unit: float) -> dict[str, Any]:
    window = aim.window
    return {
        "series": window.series,
        "from": window.first.isoformat(),
        "until": window.last.isoformat(),
        "segment": window.segment or "all",
        "target": aim.name or None,
        "target_amount": None if aim.amount is None else aim.amount / unit,
    }


def _place(total: Floats, amount: float, unit: float) -> dict[str, Any]:
    """Return where an amount stands among those of all trials."""
    ordered = np.sort(total)
    ends = {name: quantile(ordered, q) / unit for name, q in AT.items()}
    return {
        "amount": amount / unit,
        "average": float(total.mean()) / unit,
        **ends,
        "less": float(np.mean(total < amount)),
        "more": float(np.mean(total > amount)),
    }


def _reason(scenario: Scenario, reason: Reason, found: Landings, unit: float) -> dict[str, Any]:
    facts = dict(reason.facts)
    if reason.kind == "deal":
        which = facts.pop("which")
        pipeline = scenario.pipeline
        facts = {"id": pipeline.id[which], "name": pipeline.name[which]}
    return {"what": reason.kind, "amount": reason.amount / unit, **facts}


def _years(scenario: Scenario) -> Iterator[Period]:
    yield from (y for y in scenario.horizon.fiscal_years if y.end <= scenario.horizon.end)


def _period(trials: Trials, period: Period) -> dict[str, Any]:
    """Return what a trial brings in a period, the past included, and the balance at its end."""
    horizon = trials.scenario.horizon
    found: dict[str, Any] = {
        "name": period.name, "start": period.start.isoformat(), "end": period.end.isoformat()
    }  # fmt: skip
    for series in trials.scenario.series:
        found[series] = float(trials.window(series, period)[0][0]) / trials.unit
    if trials.scenario.cash.has_balance:
        day = min(horizon.day_of(period.end), horizon.last_day)
        found["balance"] = float(trials.balance_at(day)[0]) / trials.unit
    return found


def _market(replay: Replayed) -> dict[str, Any]:
    """Return the factors of the market by calendar quarter: 0 is as usual, 1 as good as once in six."""
    luck = replay.trace.luck
    assert luck is not None
    named = zip(replay.scenario.segments, luck.own, strict=True)
    return {
        "quarters": list(replay.plan.quarters),
        "shared": [float(g[0]) for g in luck.shared],
        "segments": {segment.name: [float(z[0]) for z in own] for segment, own in named},
    }


def _comes(replay: Replayed, story: Story) -> bool:
    """Tell whether a deal comes before the horizon's end, which may lie inside the last month of arrivals."""
    begin = story.attempts[0].began if story.attempts else None
    return begin is None or begin <= replay.scenario.horizon.last_day


def _owners(replay: Replayed, aim: Aim, here: Landings, found: Landings) -> dict[str, list[dict[str, Any]]]:
    """Return all to whom something happens, by kind, each with what it brings to what is asked for."""
    unit = replay.trials.unit
    result: dict[str, list[dict[str, Any]]] = {kind: [] for kind in KINDS.values()}
    for story in replay.stories:
        if not _comes(replay, story):
            continue
        told = owner_payload(replay, story)
        told["asked"] = _brought(replay, story, aim.window) / unit
        if story.kind == "open":
            told["due"] = float(here.due[story.which, 0]) / unit
            told["average"] = float(found.deals[story.which].mean()) / unit
            told["in_time"] = float(np.mean(found.due[story.which] != 0))
        result[KINDS[story.kind]].append(told)
    return result


def _brought(replay: Replayed, story: Story, window: Window) -> float:
    """Return what an owner brings in a window, minor units of the company's currency."""
    first, last = window.days(replay.scenario)
    segment = window.segment_index(replay.scenario)
    if segment is not None and story.segment != segment:
        return 0.0
    signs: Mapping[Posted, float] = NET
    if window.series != "balance":
        signs = {window.series: 1.0}
    return sum(signs.get(m.series, 0.0) * m.money for m in story.moved if first <= m.day <= last)
