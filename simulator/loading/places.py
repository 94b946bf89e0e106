"""Say which files a file may name: those of its project, unless a person lets it name others."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Final

from simulator.errors import InputError, Problem
from simulator.records import dataclass
from simulator.scenario.tree import Keys, Tree

MARKS: Final = (".git", "simulator.toml")
"""What stands in the top folder of a project."""
ALLOW: Final = "--allow-outside"
_SERVER: Final = re.compile(r"[\\/]{2}")
_DRIVE: Final = re.compile(r"[A-Za-z]:|\\")


@dataclass(frozen=True)
class Project:
    """The folders below which files lie that others may name.

    Attributes:
        roots: real paths; none where files may lie anywhere.
    """

    roots: tuple[Path, ...] = ()

    def holds(self, path: Path) -> bool:
        """Tell whether a path, links followed, lies inside."""
        if not self.roots:
            return True
        try:
            real = Path(os.path.realpath(path))
        except (OSError, ValueError):
            return False
        return any(real.is_relative_to(root) for root in self.roots)

    def also(self, folder: Path) -> Project:
        """Return the project with a further folder."""
        return Project((*self.roots, Path(os.path.realpath(folder)))) if self.roots else self

    def path(
        self, tree: Tree, keys: Keys, name: str, missing: str = "", remedy: str | None = None,
        folders: bool = False,
    ) -> Path:  # fmt: skip
        """Return the path of a file that is named in a scenario; what a person typed may lie anywhere.

        Args:
            tree: the scenario.
            keys: where the name stands.
            name: as it stands there.
            missing: what is said where there is no such file.
            remedy: what helps then.
            folders: whether it may be a folder.

        Raises:
            InputError: it lies outside the project, or is not there.
        """
        place = tree.place(keys)
        path = Path(place.folder, name)
        if not place.typed and (_is_foreign(name, self.roots) or not self.holds(path)):
            raise InputError([self.outside(tree, keys, name)])
        if not is_there(path, folders):
            raise InputError(
                [tree.problem("S015", missing or f"there is no file {name}", keys, name, remedy)]
            )
        return path

    def outside(self, tree: Tree, keys: Keys, name: str) -> Problem:
        """Return the problem of a name that leads out of the project."""
        root = self.roots[0]
        remedy = f"move it there, put an empty simulator.toml into the folder that holds all, or {ALLOW}"
        return tree.problem("S072", f"the file lies outside the project, {root}", keys, name, remedy)


ANYWHERE: Final = Project()


def project_of(path: Path, allow_outside: bool = False) -> Project:
    """Return the project of a file or folder.

    It is the nearest folder upwards with `.git` or `simulator.toml`, else the folder of the file itself.

    Args:
        path: links in it are followed.
        allow_outside: whether the files that it names may lie anywhere.
    """
    if allow_outside:
        return ANYWHERE
    real = Path(os.path.realpath(path))
    home = real if real.is_dir() else real.parent
    marked = (folder for folder in (home, *home.parents) if any((folder / mark).exists() for mark in MARKS))
    return Project((next(marked, home),))


def is_there(path: Path, folders: bool = False) -> bool:
    """Tell whether there is a file, or a folder where these may be: no device, and nothing unspeakable."""
    try:
        return path.is_file() or (folders and path.is_dir())
    except (OSError, ValueError):  # too long a name, a NUL character
        return False


def _is_foreign(name: str, roots: tuple[Path, ...]) -> bool:
    """Tell whether a name is of another machine or drive, before anything asks for it over a network."""
    return bool(roots) and (bool(_SERVER.match(name)) or (os.name != "nt" and bool(_DRIVE.match(name))))
