"""Find what a scenario is to be learned from anew: the files and arguments of the fit that it stands on."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import field, replace
from datetime import date
from pathlib import Path
from typing import Final

from pydantic import ValidationError

from simulator.errors import InputError, Problem
from simulator.loading.learned import NAME, UnfitError, learned_file_at
from simulator.loading.places import ANYWHERE, Project, is_there, project_of
from simulator.loading.problems import LoadError
from simulator.loading.sources import Database
from simulator.loading.yaml import parse_value, read_yaml
from simulator.records import dataclass
from simulator.scenario.learned_model import HistoryFile
from simulator.scenario.model import DatabaseFile
from simulator.scenario.resolve import resolve
from simulator.scenario.tree import Keys, Tree
from simulator.scenario.values import day

_HISTORY: Final = ("data", "history")


@dataclass(frozen=True)
class Recipe:
    """How to learn anew.

    Attributes:
        name: of the scenario.
        as_of: the last known day.
        files: of the history.
        map: how their columns are called, or None.
        base: the scenario to start from, or None.
        segment_by: column that tells the segments, or None.
        draws: of the posterior.
        seed: of the draws.
        folder: from which the paths of the learned file count.
        tables: deals and invoices, where fit has written them: they are to be those of the new day.
        track_record: name of the backtest.json in the folder, or None.
        database: that queries of the history are put to.
        project: where files lie that others name.
    """

    name: str
    as_of: date
    files: tuple[Path, ...]
    map: Path | None
    base: Path | None
    segment_by: str | None
    draws: int
    seed: int
    folder: Path
    tables: tuple[str, ...] = ()
    track_record: str | None = None
    database: Database = field(default_factory=Database)
    project: Project = ANYWHERE


def recipe_of(
    path: Path, sets: Sequence[str] = (), as_of: date | None = None, allow_outside: bool = False
) -> Recipe:
    """Return how a scenario is learned anew, as of its day.

    Its `data.history` names the files, else those count that its learned file records. A scenario that was
    never learned is its own base, unless it waits for the learned file that it names.

    Args:
        path: of the scenario file.
        sets: changes as `--set` has them.
        as_of: the last known day, in place of the file's.
        allow_outside: whether files that are named may lie outside the project.

    Raises:
        LoadError: the scenario does not say, or what it names is not there.
        PlaceError: a file cannot be read.
    """
    project = project_of(path, allow_outside)
    try:
        text = as_of.isoformat() if as_of is not None else None
        tree, _ = resolve(path, read_yaml, project.path, parse_value, tuple(sets), text)
        known = day(tree.at(("as_of",)))
    except InputError as error:
        raise LoadError(error.problems) from None
    except ValueError:
        place = tree.problem("S020", "is not a date", ("as_of",), tree.at(("as_of",)))
        raise LoadError([replace(place, remedy="write as_of: 2026-10-31")]) from None
    found = replace(_recorded(tree, path, project, known), database=_database(tree, project), project=project)
    if given := _given(tree):
        found = replace(found, files=given)
    if not found.files:
        keys: Keys = ("learned",) if tree.at(("learned",)) is not None else _HISTORY
        raise LoadError([tree.problem("S071", "nothing says what to learn from", keys)])
    newer = _newer(found.files, path, project, tree)
    kept = tuple(file for file in found.files if file in newer)
    _check(tree, replace(found, files=kept))  # what is typed instead may lie anywhere
    return replace(found, files=newer)


def _recorded(tree: Tree, path: Path, project: Project, known: date) -> Recipe:
    """Return what the learned file records; without one, what the scenario itself has."""
    name, keys = tree.at(("learned",)), ("learned",)
    title = str(tree.at(("name",)))
    start = Recipe(title, known, (), None, path, None, HistoryFile().draws, 1, path.parent)
    if name is None:
        return start
    file = Path(tree.place(keys).folder, str(name))
    if not is_there(file) and _given(tree):  # about to be learned for the first time
        return replace(start, base=None, folder=file.parent)
    remedy = "make it: simulator fit; or name what to learn from: data: {history: [events.csv]}"
    try:
        file = project.path(tree, keys, str(name), remedy=remedy)
        learned = learned_file_at(file)
    except InputError as error:
        raise LoadError(error.problems) from None
    except UnfitError as error:
        raise LoadError([tree.problem("S070", f"{name} {error}", keys, name)]) from None
    folder, said = file.parent, learned.history
    return Recipe(
        title, known, tuple(folder / one for one in said.files),
        folder / said.map if said.map is not None else None,
        folder / said.base if said.base is not None else None,
        said.segment_by, said.draws, learned.seed, folder,
        _written(tree, folder) if said.base is None else (), learned.track_record,
    )  # fmt: skip


def _given(tree: Tree) -> tuple[Path, ...]:
    """Return the files of data.history, each from where it is named."""
    names = tree.at(_HISTORY) or []
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        problem = tree.problem("S013", "is no list of files", _HISTORY, names, "write history: [events.csv]")
        raise LoadError([problem])
    return tuple(Path(tree.place((*_HISTORY, n)).folder, name) for n, name in enumerate(names))


def _newer(files: Sequence[Path], path: Path, project: Project, tree: Tree) -> tuple[Path, ...]:
    """Return the files; what settings put in the place of a table of the scenario replaces it here too."""
    own, _ = resolve(path, read_yaml, project.path, parse_value)
    instead = {}
    for key in ("deals", "invoices"):
        before, now = _table(own, key), _table(tree, key)
        if before is not None and now is not None:
            instead[before.resolve()] = now
    return tuple(instead.get(file.resolve(), file) for file in files)


def _table(tree: Tree, key: str) -> Path | None:
    """Return the file of a table, None where the scenario names none."""
    keys = ("data", key)
    name = tree.at(keys)
    return Path(tree.place(keys).folder, name) if isinstance(name, str) else None


def _database(tree: Tree, project: Project) -> Database:
    """Return the database that the scenario names; loading tells what is wrong with it."""
    keys = ("data", "database")
    try:
        said = DatabaseFile.model_validate(tree.at(keys) or {})
    except ValidationError:
        said = None
    return Database.of(said, tree.place((*keys, "file")).folder, project)


def _written(tree: Tree, folder: Path) -> tuple[str, ...]:
    """Return which tables of the scenario are those that fit has written beside the learned file."""
    ours = {key: (folder / f"{key}.csv").resolve() for key in ("deals", "invoices")}
    return tuple(key for key, path in ours.items() if (at := _table(tree, key)) and at.resolve() == path)


def _check(tree: Tree, recipe: Recipe) -> None:
    """Check that everything is there."""
    given, problems = _given(tree), []
    typed = {_table(tree, key) for key in ("deals", "invoices") if tree.place(("data", key)).typed}
    for path in (*recipe.files, *(one for one in (recipe.map, recipe.base) if one is not None)):
        keys: Keys = (*_HISTORY, given.index(path)) if path in given else ("learned",)
        shown = str(tree.at(keys)) if path in given else os.path.normpath(path)
        if not tree.place(keys).typed and path not in typed and not recipe.project.holds(path):
            problems.append(recipe.project.outside(tree, keys, shown))
            continue
        if is_there(path, folders=True):
            continue
        what = "there is no such file" if path in given else f"what {NAME} was learned from is not there"
        remedy = "correct data.history" if path in given else "name the files: data: {history: […]}"
        if path in (recipe.map, recipe.base):
            remedy = "fit anew: simulator fit"
        problem: Problem = tree.problem("S015", what, keys, shown, remedy)
        problems.append(problem)
    if problems:
        raise LoadError(problems)
