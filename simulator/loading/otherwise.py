"""Take what a scenario says of other ways that things may go: ends of single deals, and comparisons."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from simulator.deals import Pipeline
from simulator.errors import InputError, did_you_mean
from simulator.loading.notes import Notes, counted
from simulator.loading.places import Project
from simulator.loading.problems import Problems
from simulator.scenario.model import ScenarioFile
from simulator.scenario.scenario import Compared
from simulator.scenario.segment import Segment
from simulator.scenario.tree import Tree
from simulator.scenario.variant_model import CaseFile, DealFile

_SHOWN = 5


def decided(
    pipeline: Pipeline, won: Sequence[str], said: Mapping[str, DealFile], segments: Sequence[Segment],
    tree: Tree, problems: Problems, notes: Notes,
) -> Pipeline:  # fmt: skip
    """Return the open deals, each as the scenario wants it to end.

    Args:
        pipeline: as the table has them.
        won: ids of those that are won by now.
        said: by id.
        segments: theirs.
        tree: the scenario, for places.
        problems: takes deals that are not open, and ends to which no way leads.
        notes: tells that chance does not decide all deals.
    """
    if not said:
        return pipeline
    found, place = dict[str, bool](), {deal: i for i, deal in enumerate(pipeline.id)}
    for deal, file in said.items():
        keys = ("deals", deal)
        if deal not in place:
            some = ", ".join(pipeline.id[:_SHOWN]) + (", …" if len(pipeline) > _SHOWN else "")
            known = f"open deals: {some or 'none'}"
            closed = deal in won
            message = f"{deal} is won already" if closed else f"there is no open deal {deal}"
            remedy = known if closed else did_you_mean(deal, pipeline.id, known)
            problems.add(tree.problem("S049", message, keys, None, remedy))
        elif file.outcome != "dropped":
            found[deal] = file.outcome == "won"
            chance = _chance(pipeline, place[deal], segments)
            if chance == (0.0 if found[deal] else 1.0):
                message = f"{deal} cannot be {file.outcome}: from its stage no way leads there"
                problems.add(tree.problem("S049", message, keys, None, "leave it out"))
    told = [place[deal] for deal in said if deal in place]
    money = sum(notes.minor((int(pipeline.amount[i]), pipeline.currency[i])) for i in told)
    text = f"{counted(len(told), 'open deal')} won, lost or left out by the scenario (deals), not by chance"
    notes.add("W044", text, money)
    gone = {deal for deal, file in said.items() if file.outcome == "dropped"}
    return replace(pipeline.without(gone) if gone else pipeline, decided=found)


def read_compared(
    file: ScenarioFile, tree: Tree, project: Project, problems: Problems
) -> tuple[Compared, ...]:
    """Return what the scenario asks to be compared with; files that are not there are problems."""
    found = []
    for number, one in enumerate(file.compare_with):
        if isinstance(one, CaseFile):
            found.append(Compared(one.name, sets=one.changes))
            continue
        keys = ("compare_with", number)
        try:
            path = project.path(tree, keys, one, f"there is no {one} to compare with", folders=True)
        except InputError as error:
            problems.found += error.problems
            continue
        found.append(Compared(file=str(path)))
    return tuple(found)


def _chance(pipeline: Pipeline, deal: int, segments: Sequence[Segment]) -> float:
    funnel, stage = segments[int(pipeline.segment[deal])].funnel, int(pipeline.stage[deal])
    age = float(pipeline.age[deal])
    return float(funnel.ladder[stage] if np.isnan(age) else funnel.close_chance(stage, age))
