"""Read scenario files and tables, whoever wrote them, into one checked `Scenario`."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from pathlib import Path

from simulator.errors import Code
from simulator.loading.build import build
from simulator.loading.codes import CODES
from simulator.loading.opened import opened, scenario_in
from simulator.loading.places import Project, project_of
from simulator.loading.problems import LoadError
from simulator.loading.tables import undisturbed
from simulator.scenario.scenario import Scenario

__all__ = ["CODES", "Code", "LoadError", "load"]


def load(
    path: str | Path, *, sets: Sequence[str] = (), as_of: date | None = None, allow_outside: bool = False,
    project: Project | None = None,
) -> Scenario:  # fmt: skip
    """Return the scenario of a file, or of the inputs that a run kept.

    Args:
        path: a scenario file, or a run's folder.
        sets: changes as `--set` has them, such as `segments.*.close_date.slip*=1.1`, in their order.
        as_of: the last known day, in place of the file's.
        allow_outside: whether the files that it names may lie anywhere, and not only in its project: below
            the nearest folder with `.git` or `simulator.toml`, else below its own.
        project: in place of its own.

    Raises:
        LoadError: every problem of the scenario and its tables at once.
        PlaceError: a file cannot be read.
    """
    project = project or project_of(scenario_in(Path(path)), allow_outside)
    with undisturbed():
        found = opened(Path(path), project, sets, as_of)
        return build(found.own, found.file, found.project, found.problems, found.notices, found.learned)
