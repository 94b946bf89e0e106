"""Start a company's own project from its exports: a scenario, and what their history tells."""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from simulator.learning.files import SCENARIO, Origin, fit_files
from simulator.learning.fitting import DRAWS, Fit
from simulator.learning.refitting import learn
from simulator.loading.exports import Draft
from simulator.records import dataclass
from simulator.runs import explained, inside, make_folder, write_file, yaml_bytes

EXPORTS: Final = "exports"
"""Takes copies of the files that a project begins with: they may hold names, so git leaves them alone."""
BASE: Final = "crm.yaml"
"""The scenario with the figures of the CRM, where another stands upon it with those that were learned."""
_IGNORED: Final = f"{EXPORTS}/\nreports/\n"


@dataclass(frozen=True)
class Started:
    """What a project begins with.

    Attributes:
        folder: that holds it.
        files: names of what was written.
        fit: what was learned, None where the history is too short for that.
    """

    folder: Path
    files: tuple[str, ...]
    fit: Fit | None = None

    @property
    def scenario(self) -> Path:
        """The scenario to be run."""
        return self.folder / SCENARIO


def kept_names(paths: Mapping[str, Path]) -> dict[str, str]:
    """Return under which name in the project each export is kept; two of one name are told apart."""
    names = [path.name for path in paths.values()]
    return {
        key: f"{EXPORTS}/{path.name if names.count(path.name) == 1 else f'{key}-{path.name}'}"
        for key, path in paths.items()
    }


def start(
    folder: Path,
    draft: Draft,
    exports: Mapping[str, Path],
    history: Sequence[str],
    readme: str,
    allow_outside: bool = False,
) -> Started:
    """Write a project: copies of its exports, and a scenario, upon what can be learned from some of them.

    All is made beside the folder first, so that nothing is left where something fails.

    Args:
        folder: takes it.
        draft: of the scenario; its files are named as `kept_names` has them.
        exports: by key, what to copy.
        history: keys of those to learn from; empty where there is too little.
        readme: what its README.md says.
        allow_outside: also learn from what lies outside the project, such as a database.
    """
    make_folder(folder.parent)
    with TemporaryDirectory(prefix=f".{folder.name}.", dir=folder.parent) as made:
        home = Path(made)
        make_folder(home / EXPORTS)
        kept = kept_names(exports)
        for key, name in kept.items():
            shutil.copyfile(exports[key], home / name)
        write_file(home / "README.md", readme.encode(), lasting=False)
        write_file(home / ".gitignore", _IGNORED.encode(), lasting=False)
        fit = _written(home, draft, [home / kept[key] for key in history], allow_outside)
        names = sorted(path.relative_to(home).as_posix() for path in home.rglob("*") if path.is_file())
        places = {name: inside(folder, name) for name in names}
        make_folder(folder / EXPORTS)
        for name, place in places.items():
            with explained(place):
                os.replace(home / name, place)
    return Started(folder, tuple(names), fit)


def _written(home: Path, draft: Draft, history: Sequence[Path], allow_outside: bool) -> Fit | None:
    """Write the scenario of a draft, upon what was learned where there is a history."""
    name = str(draft.scenario["name"])
    if not history:
        write_file(home / SCENARIO, yaml_bytes(draft.scenario, draft.comments), lasting=False)
        return None
    base = {**draft.scenario, "name": f"{name}-crm"}
    write_file(home / BASE, yaml_bytes(base, draft.comments), lasting=False)
    origin = Origin(tuple(history), base=home / BASE, allow_outside=allow_outside)
    fit = learn(origin, draws=DRAWS)
    for file, content in fit_files(fit, home, origin, seed=1, name=name).items():
        write_file(home / file, content, lasting=False)
    return fit
