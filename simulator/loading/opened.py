"""Open a scenario file with what it extends and what was learned for it, before any table is read."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from pathlib import Path

from simulator.errors import InputError, PlaceError
from simulator.loading.build import check_tables
from simulator.loading.learned import Learned, read_learned
from simulator.loading.places import Project
from simulator.loading.problems import LoadError, Problems
from simulator.loading.validate import pruned, scenario_file
from simulator.loading.yaml import parse_value, read_yaml
from simulator.records import dataclass
from simulator.scenario.model import ScenarioFile
from simulator.scenario.resolve import resolve
from simulator.scenario.tree import Tree


@dataclass(frozen=True)
class Opened:
    """A scenario file that holds.

    Attributes:
        own: its plain data, with places.
        file: the same with learned figures beneath, checked.
        problems: of the tables, none yet.
        notices: of older versions.
        learned: what history tells.
        project: where the files lie that it names.
    """

    own: Tree
    file: ScenarioFile
    problems: Problems
    notices: list[str]
    learned: Learned | None
    project: Project


def opened(path: Path, project: Project, sets: Sequence[str] = (), as_of: date | None = None) -> Opened:
    """Open a scenario file, or the one in a run's folder.

    Args:
        path: of either.
        project: where the files lie that it names.
        sets: changes, as `--set` has them.
        as_of: the last known day, in place of the file's.

    Raises:
        LoadError: every problem of the scenario, and of tables that do not follow from them, at once.
        PlaceError: a file cannot be read.
    """
    try:
        day = as_of.isoformat() if as_of is not None else None
        tree, notices = resolve(scenario_in(path), read_yaml, project.path, parse_value, tuple(sets), day)
    except LoadError:
        raise
    except InputError as error:
        raise LoadError(error.problems) from None
    problems = Problems()
    learned = read_learned(tree, project, problems)
    problems.raise_if_any()  # what else is wrong may only follow from figures that are not there
    whole = tree if learned is None else learned.tree
    file = scenario_file(whole, problems)
    if file is None:
        if (rest := pruned(whole)) is not None:
            check_tables(whole, rest, project, problems)
        problems.raise_if_any()
    assert file is not None
    return Opened(tree, file, problems, notices, learned, project)


def scenario_in(path: Path) -> Path:
    """Return the scenario file that a path means."""
    if not path.is_dir():
        return path
    for inner in (path / "inputs" / "scenario.yaml", path / "scenario.yaml"):
        if inner.is_file():
            return inner
    raise PlaceError(
        f"{path} is a folder without scenario.yaml: name a scenario or a run's folder", code="P002"
    )
