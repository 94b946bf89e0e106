"""Find which stages end a deal: by what becomes of the deals in them, where their names do not tell."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import zip_longest
from statistics import median
from typing import Final

from simulator.history import UNKNOWN
from simulator.loading.history_findings import Findings
from simulator.loading.history_rows import ENDS, Step

NEVER_LEFT: Final = 20
"""So many deals in a stage that none has left, and it may be an end."""
_LINGER: Final = 3
"""Deals in an end have been there so many times as long as stays take that do end."""


def with_end_named(
    steps: list[Step], stages: Sequence[str], given: Sequence[str], last: int, findings: Findings
) -> tuple[list[Step], tuple[str, ...]]:
    """Return the steps and the open stages, one stage taken for the outcome that the log lacks.

    Where deals are lost and none was ever won, or the other way round, and one stage alone is never left by
    deals that have been there for long, that stage is the missing outcome.

    Args:
        steps: in order of deal and time.
        stages: open ones.
        given: those that somebody named as open.
        last: day of the record.
        findings: takes what was inferred.
    """
    there, left, waited = _visits(steps, last)
    missing = [name for name in ENDS.values() if name not in there]
    usual = [days for name in stages for days in left.get(name, ())]
    ends = [
        name for name in stages
        if there.get(name, 0) >= NEVER_LEFT and not left.get(name) and usual
        and median(waited[name]) > _LINGER * median(usual)
    ]  # fmt: skip
    if len(missing) != 1 or len(ends) != 1 or ends[0] in given:
        return steps, tuple(stages)
    findings.count("H067", number=there[ends[0]], stage=ends[0], what=missing[0],
                   other=next(name for name in ENDS.values() if name != missing[0]))  # fmt: skip
    named = [step._replace(stage=missing[0]) if step.stage == ends[0] else step for step in steps]
    return named, tuple(name for name in stages if name != ends[0])


def tell_ends(steps: Sequence[Step], stages: Sequence[str], last: int, findings: Findings) -> None:
    """Name stages that no deal leaves, and outcomes that no deal has."""
    there, left, _ = _visits(steps, last)
    for stage in stages:
        if there.get(stage, 0) >= NEVER_LEFT and not left.get(stage):
            findings.count("H042", number=there[stage], key=stage, stage=stage)
    for what in ENDS.values():
        if steps and what not in there:
            findings.count("H043", key=what, what=what)


def _visits(
    steps: Sequence[Step], last: int
) -> tuple[dict[str, int], dict[str, list[int]], dict[str, list[int]]]:
    """Return by stage how many entries there are, the days of stays that ended, and of those that did not."""
    there: dict[str, int] = {}
    left: dict[str, list[int]] = {}
    waited: dict[str, list[int]] = {}
    for step, after in zip_longest(steps, steps[1:]):
        there[step.stage] = there.get(step.stage, 0) + 1
        if after is None or after.deal != step.deal:
            waited.setdefault(step.stage, []).append(last - step.day if step.day != UNKNOWN else 0)
        elif after.stage != step.stage:
            left.setdefault(step.stage, []).append(after.day - step.day if step.day != UNKNOWN else 0)
    return there, left, waited
