"""Turn what a scenario says about stages into a funnel, or say why no funnel has these figures."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Final

import numpy as np
from numpy.typing import NDArray

from simulator.distributions import Distribution, LogNormal
from simulator.errors import did_you_mean
from simulator.funnel import (
    Funnel,
    advance_chances,
    advance_chances_of_snapshot,
    close_chances,
)
from simulator.loading.cycles import factor_of_cycle
from simulator.loading.problems import Problems
from simulator.records import dataclass
from simulator.scenario.laws import SIGMA
from simulator.scenario.segment_model import SegmentFile, StageFile
from simulator.scenario.tree import Tree

Floats = NDArray[np.float64]

ARTICLE: Final = {
    "Need established": (0.05, 0.0),
    "Ability to pay established": (0.10, 0.05),
    "Solution developed": (0.30, 0.05),
    "Solution proposed": (0.60, 0.05),
    "Solution evaluated": (0.65, 0.10),
    "Negotiation": (0.70, 0.15),
    "Contract": (0.90, 0.10),
}
"""Chance to close and chance to go back of each open stage, where none is given (MODEL 12)."""
MOST_STAGES: Final = 50
"""Open stages of a funnel: who goes through all of them, and back at times, makes fewer than 60 moves."""
_TINY: Final = 1e-12


@dataclass(frozen=True)
class EndNames:
    """Names of stages that mean won or lost, capitals aside.

    Attributes:
        won: besides `won`.
        lost: besides everything that begins with `lost`.
    """

    won: frozenset[str]
    lost: frozenset[str]

    def is_won(self, name: str) -> bool:
        """Tell whether a stage or an outcome means won."""
        return name.casefold() == "won" or name.casefold() in self.won

    def is_lost(self, name: str) -> bool:
        """Tell whether a stage or an outcome means lost."""
        return name.casefold().startswith("lost") or name.casefold() in self.lost


@dataclass(frozen=True)
class _Draft:
    """A segment's funnel in the making; `keys` is the path of its stages."""

    stages: Mapping[str, StageFile]
    file: SegmentFile
    keys: tuple[str, ...]
    tree: Tree
    problems: Problems

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(self.stages)

    def complain(self, code: str, message: str, stage: str, key: str = "", remedy: str | None = None) -> None:
        keys = (*self.keys, stage, key) if key else (*self.keys, stage)
        value = self.tree.at(keys) if key else None
        value = value if isinstance(value, str | int | float) else None
        self.problems.add(self.tree.problem(code, f"{stage}: {message}", keys, value, remedy))


def build_funnel(
    name: str, file: SegmentFile, ends: EndNames, tree: Tree, problems: Problems
) -> tuple[Funnel, Floats] | None:
    """Return a segment's funnel and its close chances as stated, or None with the problems added."""
    before = len(problems.found)
    keys = ("segments", name, "stages")
    stages = _stages(file, ends)
    draft = _Draft(stages, file, keys, tree, problems)
    if not stages:
        problems.add(tree.problem("S030", f"{name} has no open stage", keys))
    if len(stages) > MOST_STAGES:
        remedy = f"join some: at most {MOST_STAGES}"
        problems.add(tree.problem("S030", f"{name} has {len(stages)} open stages", keys, None, remedy))
    for stage in stages:
        if ends.is_won(stage) or ends.is_lost(stage):
            draft.complain("S030", "is a name for won or lost, not an open stage", stage)
    if tuple(stages) == tuple(ARTICLE) and all(
        s.close is None and s.advance is None for s in stages.values()
    ):
        draft = _Draft(_article(stages), file, keys, tree, problems)
    _check_forms(draft)
    _check_times(name, draft)
    if len(problems.found) > before:
        return None
    others = _other_moves(draft)
    stated = _stated(draft)
    if len(problems.found) == before and stated is not None:
        _check_ladder(draft, stated, others)
    if len(problems.found) > before:
        return None
    return _finished(draft, stated, others)


def open_stages(file: SegmentFile, ends: EndNames) -> tuple[str, ...]:
    """Return the names of a segment's open stages."""
    return tuple(_stages(file, ends))


def _stages(file: SegmentFile, ends: EndNames) -> dict[str, StageFile]:
    """Return the open stages: the article's where none are given.

    A last stage at 100 % that is a name for won is no open stage: the table of the article ends so.
    """
    stages = dict(file.stages) if file.stages is not None else {stage: StageFile() for stage in ARTICLE}
    last = next(reversed(stages), None)
    if last is not None and stages[last].close == 1 and ends.is_won(last):
        del stages[last]
    return stages


def _article(stages: Mapping[str, StageFile]) -> dict[str, StageFile]:
    return {
        name: stage.model_copy(
            update={"close": ARTICLE[name][0], "back": ARTICLE[name][1] if stage.back is None else stage.back}
        )
        for name, stage in stages.items()
    }


# ---- what is asked of the figures


def _check_forms(draft: _Draft) -> None:
    forms = {
        form for s in draft.stages.values() for form in ("close", "advance") if getattr(s, form) is not None
    }
    for name, stage in draft.stages.items():
        given = [form for form in ("close", "advance") if getattr(stage, form) is not None]
        if len(given) == 2:
            draft.complain("S031", "has close and advance", name, "advance", "keep one; null takes one away")
        elif not given:
            form = next(iter(sorted(forms)), "close")
            draft.complain(
                "S031", "has no chance", name, remedy=f"add {form}: to the stage, such as {form}: 60%"
            )
    if forms == {"close", "advance"} and not any(
        s.close is not None and s.advance is not None for s in draft.stages.values()
    ):
        first = next(name for name, stage in draft.stages.items() if stage.advance is not None)
        remedy = "write close for all stages of the funnel, or advance for all"
        draft.complain("S031", "has advance where other stages have close", first, "advance", remedy)


def _check_times(name: str, draft: _Draft) -> None:
    with_days = [stage for stage, s in draft.stages.items() if s.days is not None]
    keys = ("segments", name)
    if draft.file.cycle is not None and with_days:
        message = f"{name} has a cycle, and days for {', '.join(with_days)}"
        remedy = "keep one of them; null takes one away"
        draft.problems.add(draft.tree.problem("S037", message, (*keys, "cycle"), None, remedy))
    elif draft.file.cycle is None and len(with_days) < len(draft.stages):
        missing = ", ".join(stage for stage in draft.stages if stage not in with_days)
        remedy = (
            "add a typical cycle in days, cycle: {median: 120d}, or days: {median: 20, p90: 50} to each stage"
        )
        message = f"{name} does not say how long deals stay in {missing}"
        draft.problems.add(draft.tree.problem("S037", message, keys, None, remedy))


def _other_moves(draft: _Draft) -> Floats:
    """Return p[s, k] of all moves but the advance and the loss, floats[S, S + 2]."""
    size, names = len(draft.names), draft.names
    others = np.zeros((size, size + 2))
    for s, (name, stage) in enumerate(draft.stages.items()):
        if stage.back and s == 0:
            draft.complain("S036", "is the first stage, nothing is before it", name, "back")
        elif stage.back:
            others[s, s - 1] += stage.back
        if stage.skip and s == size - 1:
            draft.complain("S036", "is the last stage, there is none to skip", name, "skip")
        elif stage.skip:
            others[s, s + 2] += stage.skip
        for target, chance in stage.moves.items():
            if target.casefold() == "won":
                others[s, size] += chance
            elif target not in names:
                remedy = did_you_mean(target, names, "stages: " + ", ".join(names))
                draft.complain("S036", f"moves to {target}, which is no stage of it", name, "moves", remedy)
            elif names.index(target) == s or (names.index(target) == s + 1):
                what = "itself" if names.index(target) == s else "the next stage, which is its advance"
                draft.complain("S036", f"moves to {what}", name, "moves", "leave that move out")
            else:
                others[s, names.index(target)] += chance
        total = others[s].sum() + (stage.advance or 0)
        if total > 1 + _TINY:
            draft.complain("S034", f"the chances of its next moves add to {total:g}", name)
    return others


def _stated(draft: _Draft) -> Floats | None:
    """Return the stated ladder, None where advances are stated."""
    closes = [stage.close for stage in draft.stages.values()]
    return None if any(c is None for c in closes) else np.array(closes, dtype=np.float64)


def _check_ladder(draft: _Draft, ladder: Floats, others: Floats) -> None:
    names = draft.names
    for s in range(1, len(names)):
        if ladder[s] < ladder[s - 1]:
            message = f"closes with {ladder[s]:g}, the stage before it with {ladder[s - 1]:g}"
            draft.complain("S032", message, names[s], "close")
            return
    transitions = _from_entry(ladder, others)
    targets = np.concatenate((ladder, (1.0, 0.0)))
    for s, name in enumerate(names):
        advance, lost = transitions[s, s + 1] - others[s, s + 1], transitions[s, -1]
        if advance >= -_TINY and lost >= -_TINY:
            continue
        if advance < 0:
            message = (
                f"its skips and moves alone would win {others[s] @ targets:.3g}, more than its {ladder[s]:g}"
            )
            draft.complain("S033", message, name, remedy="lower skip and moves, or raise close")
            continue
        above, below = targets[s + 1], targets[s - 1] if s else 0.0
        rest = others[s].sum() - (draft.stages[name].back or 0)
        value = others[s] @ targets - (draft.stages[name].back or 0) * below
        room = (above * (1 - rest) - ladder[s] + value) / (above - below) if above > below else 0.0
        back = draft.stages[name].back or 0
        message = f"a close chance of {ladder[s]:g} leaves no room for a back rate of {back:g}"
        remedy = f"with these close chances back can be at most {max(room, 0):.3f}; or lower close"
        draft.complain("S033", message, name, "back", remedy)


# ---- the funnel


def _finished(draft: _Draft, stated: Floats | None, others: Floats) -> tuple[Funnel, Floats] | None:
    try:
        if draft.file.cycle is None:
            laws = tuple(s.days.distribution() for s in draft.stages.values() if s.days is not None)
            funnel = _assembled(draft, stated, others, laws)
        else:
            funnel = _of_cycle(draft, stated, others, draft.file.cycle.median)
    except _NoFunnel as error:
        draft.problems.add(draft.tree.problem(error.code, f"{draft.keys[1]}: {error}", draft.keys))
        return None
    if stated is not None:
        return funnel, stated
    return funnel, funnel.snapshot_ladder() if draft.file.probability_basis == "snapshot" else funnel.ladder


class _NoFunnel(ValueError):
    def __init__(self, code: str, message: str) -> None:
        self.code = code
        super().__init__(message)


def _assembled(
    draft: _Draft, stated: Floats | None, others: Floats, laws: tuple[Distribution, ...]
) -> Funnel:
    """Return the funnel with these laws of days, whatever the form and basis of its chances."""
    size, stages = len(laws), list(draft.stages.values())
    lost = [s.days_lost.distribution() if s.days_lost else law for s, law in zip(stages, laws, strict=True)]
    if stated is None:
        transitions = others.copy()
        transitions[np.arange(size), np.arange(size) + 1] += [s.advance or 0.0 for s in stages]
        transitions[:, -1] = 1 - transitions[:, :-1].sum(axis=1)
    elif draft.file.probability_basis == "snapshot" and list(laws) != lost:
        means = np.array(
            [[law.mean()] * (size + 1) + [end.mean()] for law, end in zip(laws, lost, strict=True)]
        )
        try:
            with np.errstate(divide="ignore", invalid="ignore"):
                transitions = advance_chances_of_snapshot(stated, others, means)
        except ValueError as error:
            raise _NoFunnel("S033", str(error)) from None
        if transitions.min() < -_TINY:
            rule = "deals that are lost stay so long that no transitions give these chances on a snapshot"
            raise _NoFunnel("S033", rule)
    else:
        transitions = _from_entry(stated, others)
    transitions = np.where(np.abs(transitions) < _TINY, 0.0, transitions)
    try:
        close_chances(transitions)
    except ValueError as error:
        numbered = re.sub(r"\d+", lambda match: draft.names[int(match[0])], str(error))
        raise _NoFunnel("S035", numbered.replace("[", "").replace("]", "")) from None
    stays = tuple(
        tuple(
            None if transitions[s, k] == 0 else (lost[s] if k == size + 1 else laws[s])
            for k in range(size + 2)
        )
        for s in range(size)
    )
    return Funnel(draft.names, transitions, stays)


def _from_entry(ladder: Floats, others: Floats) -> Floats:
    """Return the matrix of a ladder; nothing advances to a stage that closes with chance 0."""
    with np.errstate(divide="ignore", invalid="ignore"):
        transitions = advance_chances(ladder, others)
    for s in range(len(ladder) - 1):
        if ladder[s + 1] == 0:
            transitions[s, s + 1] = others[s, s + 1]
            transitions[s, -1] = 1 - transitions[s, :-1].sum()
    return transitions


def _of_cycle(draft: _Draft, stated: Floats | None, others: Floats, median: float) -> Funnel:
    """Return the funnel whose median winning path from the first stage takes so many days.

    Every stage has the same median, and one factor fits them (MODEL 2), found by bisection on the whole-day
    law, its distribution function linear between half days.
    """
    size = len(draft.stages)

    def at(factor: float) -> Funnel:
        return _assembled(draft, stated, others, (LogNormal(float(np.log(factor)), SIGMA),) * size)

    first = at(median / size)
    if first.ladder[0] <= 0:
        raise _NoFunnel("S037", "no deal from the first stage is ever won, so it has no cycle: give days")
    if any(stage.days_lost for stage in draft.stages.values()):
        return at(factor_of_cycle(at, size, median))
    return at(_factor(draft.names, first.transitions.tobytes(), median))


@lru_cache(maxsize=64)
def _factor(names: tuple[str, ...], transitions: bytes, median: float) -> float:
    """Return the factor of funnels whose chances do not depend on it; segments often share one."""
    size = len(names)
    p = np.frombuffer(transitions).reshape(size, size + 2)

    def at(factor: float) -> Funnel:
        law = LogNormal(float(np.log(factor)), SIGMA)
        return Funnel(names, p, tuple(tuple(law if x else None for x in row) for row in p))

    return factor_of_cycle(at, size, median)
