"""Make one scenario of a chain of files: what `extends` brings, then `--set`, each key with its place."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from functools import reduce
from pathlib import Path
from typing import Any, Final

from simulator.errors import InputError
from simulator.scenario.schema import default_at, names_at
from simulator.scenario.settings import SettingError, apply_settings, overlaid, parse_setting
from simulator.scenario.tree import Keys, Place, Tree, paths

VERSION: Final = 1
LONGEST_CHAIN: Final = 32

MIGRATIONS: Mapping[int, Callable[[dict[str, Any]], dict[str, Any]]] = {}
"""What makes a file of a version one of the next version."""


def resolve(
    path: Path,
    read: Callable[[Path], Tree],
    find: Callable[..., Path],
    parse_value: Callable[[str], Any],
    sets: Sequence[str] = (),
    as_of: str | None = None,
) -> tuple[Tree, list[str]]:
    """Return the whole scenario as plain data, and notices.

    Args:
        path: the scenario file.
        read: reads one file.
        find: gives the path of a file that is named in a tree, at some keys; raises InputError.
        parse_value: reads the YAML of a `--set`; raises ValueError.
        sets: changes, in their order.
        as_of: ISO date in place of the file's.

    Raises:
        InputError: a file of the chain, or a setting, is wrong.
        PlaceError: the file cannot be read.
    """
    chain, notices = _chain(path, read, find)
    tree = reduce(_laid_over, reversed(chain[:-1]), _without_nulls(chain[-1]))
    own = chain[0].data.get("name")
    name = Place(path.name, None, str(path.parent)) if own is None else tree.place(("name",))
    data = {"version": VERSION, "name": path.stem if own is None else own}
    data |= {key: value for key, value in tree.data.items() if key not in ("version", "name", "extends")}
    places = {keys: tree.places[keys] for keys in paths(data) if keys in tree.places}
    tree = Tree(data, places | {("name",): name})
    settings, problems = [], []
    for text in (*sets, *([f"as_of='{as_of}'"] if as_of else [])):
        try:
            settings.append(parse_setting(text, parse_value))
        except SettingError as error:
            problems.append(error.problem)
    tree, more = apply_settings(tree, settings, os.curdir, names_at, default_at)
    if problems or more:
        raise InputError([*problems, *more])
    return tree, notices


def _chain(
    path: Path, read: Callable[[Path], Tree], find: Callable[..., Path]
) -> tuple[list[Tree], list[str]]:
    """Read a file and all that it extends, the file itself first."""
    chain: list[Tree] = []
    notices: list[str] = []
    seen: list[str] = []
    while True:
        seen.append(os.path.realpath(path))
        tree, notice = _migrated(read(path))
        chain.append(tree)
        notices += notice
        base = tree.data.get("extends")
        if base is None:
            return chain, notices
        if not isinstance(base, str) or not base.strip():
            raise InputError([tree.problem("S013", "extends is no file", ("extends",), base)])
        path = find(tree, ("extends",), base, "the file that it extends is not there")
        if os.path.realpath(path) in seen or len(seen) >= LONGEST_CHAIN:
            names = " → ".join(os.path.basename(name) for name in (*seen, str(path)))
            raise InputError([tree.problem("S009", f"extends itself: {names}", ("extends",), base)])


def _migrated(tree: Tree) -> tuple[Tree, list[str]]:
    """Return a file in this version of the format, and a notice where it was an older one."""
    version = tree.data.get("version", VERSION)
    known = isinstance(version, int) and not isinstance(version, bool)
    if not known or (version != VERSION and version not in MIGRATIONS):
        raise InputError(
            [tree.problem("S016", "this program does not know the version", ("version",), version)]
        )
    data, at = tree.data, version
    while at in MIGRATIONS and at < VERSION:
        data, at = MIGRATIONS[at](data), at + 1
    if at == version:
        return tree, []
    places = {keys: tree.place(keys) for keys in paths(data)}
    file = tree.place(()).file
    return Tree(data, places), [f"{file} is of version {version}; it was read as version {at}"]


def _without_nulls(tree: Tree) -> Tree:
    return _laid_over(Tree({}, {}), tree)


def _laid_over(base: Tree, over: Tree) -> Tree:
    """Lay a file over the one that it extends; each path keeps the place of whoever said it last."""
    data = overlaid(base.data, over.data)
    places: dict[Keys, Place] = {}
    for keys in paths(data):
        place = over.places.get(keys) or base.places.get(keys)
        places[keys] = place or over.place(keys)
    return Tree(data, places)
