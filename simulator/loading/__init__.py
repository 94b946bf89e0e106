"""Read scenario files and tables, whoever wrote them, into one checked `Scenario`."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from pathlib import Path

from simulator.errors import InputError, PlaceError
from simulator.loading.build import build, check_tables
from simulator.loading.codes import CODES, Code
from simulator.loading.learned import read_learned
from simulator.loading.problems import LoadError, Problems
from simulator.loading.validate import pruned, scenario_file
from simulator.loading.yaml import parse_value, read_yaml
from simulator.scenario.resolve import resolve
from simulator.scenario.scenario import Scenario

__all__ = ["CODES", "Code", "LoadError", "load"]


def load(path: str | Path, *, sets: Sequence[str] = (), as_of: date | None = None) -> Scenario:
    """Return the scenario of a file, or of the inputs that a run kept.

    Args:
        path: a scenario file, or a run's folder.
        sets: changes as `--set` has them, such as `segments.*.close_date.slip*=1.1`, in their order.
        as_of: the last known day, in place of the file's.

    Raises:
        LoadError: every problem of the scenario and its tables at once.
        PlaceError: a file cannot be read.
    """
    try:
        day = as_of.isoformat() if as_of is not None else None
        tree, notices = resolve(_file_of(Path(path)), read_yaml, parse_value, tuple(sets), day)
    except LoadError:
        raise
    except InputError as error:
        raise LoadError(error.problems) from None
    problems = Problems()
    learned = read_learned(tree, problems)
    problems.raise_if_any()  # what else is wrong may only follow from figures that are not there
    whole = tree if learned is None else learned.tree
    file = scenario_file(whole, problems)
    if file is None:
        if (rest := pruned(whole)) is not None:
            check_tables(whole, rest, problems)
        problems.raise_if_any()
    assert file is not None
    return build(tree, file, problems, notices, learned)


def _file_of(path: Path) -> Path:
    """Return the scenario file that a path means."""
    if not path.is_dir():
        return path
    for inner in (path / "inputs" / "scenario.yaml", path / "scenario.yaml"):
        if inner.is_file():
            return inner
    raise PlaceError(f"{path} is a folder without scenario.yaml: name a scenario or a run's folder")
