"""Find the folder of a run, and the runs that came before it."""

from __future__ import annotations

import contextlib
import re
import unicodedata
from collections.abc import Iterable
from pathlib import Path
from typing import Final

from simulator.errors import PlaceError, UsageError
from simulator.records import dataclass
from simulator.runs.blocks import FOLDER, Blocks, Originates
from simulator.runs.files import explained, inside, make_folder, point_to, remove_folder
from simulator.runs.leftovers import RECORD, check_foreign
from simulator.runs.locks import Lock, lock

REPORTS: Final = Path("reports")
_RUN = re.compile(r"(\d{4}-\d{2}-\d{2})(?:-(\d+))?")
_LONGEST_NAME = 100
_DEVICE = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)(\..*)?", re.IGNORECASE)
"""Names that Windows keeps for devices."""


@dataclass(frozen=True)
class RunFolder:
    """Where a run's files go; no other process may write there until it is released.

    Attributes:
        path: the folder; it exists.
        home: the scenario's folder, in which runs of other days stand.
        as_of: ISO date of the run.
        made: whether this run made the folder; one given by `--out` may have been there before.
        listed: whether it stands among the scenario's runs, so that `latest` may point to it.
        lock: held by this process.
        blocks: of its trials that are finished, while the run is not.
    """

    path: Path
    home: Path
    as_of: str
    made: bool
    listed: bool
    lock: Lock
    blocks: Blocks

    @property
    def handle(self) -> Path:
        """The shortest lasting name of this run: `latest` if that is this run, else the folder."""
        latest = self.home / "latest"
        points_here = self.listed and newest(self.home, self.path.name) == self.path.name
        return latest if points_here else self.path

    def announce(self) -> None:
        """Let `latest` point to the newest run: the latest as-of day, then the highest number."""
        if self.listed and (name := newest(self.home)) is not None:
            point_to(self.home / "latest", name)

    def release(self) -> None:
        """Let others write here; the folder goes, unless it was there before or holds a run or its blocks."""
        if self.made and not (self.path / RECORD).exists() and not self.blocks.any:
            with contextlib.suppress(PlaceError):
                remove_folder(self.path)
        self.lock.release()


def reserve(
    name: str, as_of: str, out: Path | None = None, root: Path = REPORTS, files: Iterable[str] = (),
    origin: Originates = dict,
) -> RunFolder:  # fmt: skip
    """Make the folder of a run: `reports/<name>/<as_of>`, `-2`, `-3` … if that is taken, or `out` itself.

    Blocks of an unfinished run in `out` are taken away.

    Args:
        name: of the scenario.
        as_of: ISO date.
        out: a folder that may be there already.
        root: of all runs.
        files: that the run will write, by paths inside its folder.
        origin: says what its result depends on.

    Raises:
        PlaceError: the place cannot be written to, or another process writes there.
        UsageError: in `out` one of the files would overwrite what no run has written.
    """
    home = inside(root, safe_name(name))
    if out is not None:
        made = not out.exists()
        make_folder(out)
        check_foreign(out, files)
        folder = _locked(out, home, as_of, origin, made, listed=False)
        folder.blocks.remove()
        return folder
    make_folder(home)
    number = 1
    while True:
        path = home / (as_of if number == 1 else f"{as_of}-{number}")
        with explained(path):
            try:
                path.mkdir()
            except FileExistsError:
                number += 1
                continue
        return _locked(path, home, as_of, origin, made=True, listed=True)


def reopen(
    name: str, as_of: str, origin: Originates, out: Path | None = None, root: Path = REPORTS
) -> RunFolder:
    """Return the folder of a run that was cut short: the newest of a scenario and day, or `out`.

    Args:
        name: of the scenario.
        as_of: ISO date.
        origin: says what its result depends on.
        out: the folder.
        root: of all runs.

    Raises:
        PlaceError: there is no such run, it began with something else, or another process writes there.
    """
    home = inside(root, safe_name(name))
    found = unfinished(name, as_of, root) if out is None else out
    if found is None or not Blocks(found / FOLDER, origin).any:
        where, remedy = out or f"{home} as of {as_of}", "start the run without --resume"
        if out is not None and (out / RECORD).is_file():
            remedy = "the run there is finished; without --resume it is played anew"
        raise PlaceError(f"there is nothing to resume in {where}: {remedy}", code="P008")
    folder = _locked(found, home, as_of, origin, made=False, listed=out is None)
    try:
        folder.blocks.check()
    except PlaceError:
        folder.release()
        raise
    return folder


def _locked(path: Path, home: Path, as_of: str, origin: Originates, made: bool, listed: bool) -> RunFolder:
    try:
        if listed:
            inside(home, path.name)
        inside(path, FOLDER)
        held = lock(path)
    except PlaceError:
        if made:
            with contextlib.suppress(OSError):
                path.rmdir()
        raise
    return RunFolder(path, home, as_of, made, listed, held, Blocks(path / FOLDER, origin))


def unfinished(name: str, as_of: str, root: Path = REPORTS) -> Path | None:
    """Return the newest run of a scenario and day that was cut short and left finished trials, or None."""
    home = root / safe_name(name)
    with explained(home, "read"):
        names = [path.name for path in home.iterdir()] if home.is_dir() else []
    runs = sorted(order for order in map(_order, filter(_RUN.fullmatch, names)) if order[0] == as_of)
    return next((home / run for *_, run in reversed(runs) if Blocks(home / run / FOLDER, dict).any), None)


def safe_name(name: str) -> str:
    """Return a name that is one harmless folder name: no separators, no dots in front, not too long.

    Letters of any script stay; `a/b` and `../a` become `a-b` and `a`.
    """
    name = unicodedata.normalize("NFC", name)
    kept = "".join(c if c.isalnum() or c in "._+ " else "-" for c in name)
    kept = re.sub(r"[\s-]*-[\s-]*|\s+", "-", re.sub(r"\.{2,}", "-", kept)).strip(".-_ ")
    while len(kept.encode()) > _LONGEST_NAME:
        kept = kept[:-1]
    kept = kept.strip(".-_ ")
    return f"scenario-{kept}".rstrip("-") if not kept or _DEVICE.fullmatch(kept) else kept


def newest(home: Path, also: str | None = None) -> str | None:
    """Return the folder name of the newest finished run of a scenario, or None.

    Args:
        home: the scenario's folder.
        also: a run that counts as finished although it is not yet.
    """
    runs = [*_finished(home), *([_order(also)] if also else [])]
    return max(runs)[2] if runs else None


def previous_run(folder: RunFolder) -> Path | None:
    """Return the newest finished run with an earlier as-of day, or None."""
    runs = [run for run in _finished(folder.home) if run[0] < folder.as_of]
    return folder.home / max(runs)[2] if runs else None


def scenario_file(given: Path) -> Path:
    """Return the scenario that a path means: a file, or the inputs of a run's folder.

    Raises:
        PlaceError: there is nothing.
        UsageError: the folder holds no scenario.
    """
    if not given.exists():
        raise PlaceError(f"there is no {given}", code="P002")
    if not given.is_dir():
        return given
    for inner in (given / "inputs" / "scenario.yaml", given / "scenario.yaml"):
        if inner.is_file():
            return inner
    raise UsageError(
        f"{given} is a folder without a scenario: name a scenario file or a run's folder", code="U005"
    )


def run_order(name: str) -> tuple[str, int, str] | None:
    """Return as-of day, number and name of a run by the name of its folder, None where it is none's."""
    match = _RUN.fullmatch(name)
    return (match[1], int(match[2] or 1), name) if match else None


def _finished(home: Path) -> list[tuple[str, int, str]]:
    with explained(home):
        names = [p.name for p in home.iterdir() if (p / RECORD).is_file()] if home.is_dir() else []
    return [_order(name) for name in names if _RUN.fullmatch(name)]


def _order(name: str) -> tuple[str, int, str]:
    order = run_order(name)
    if order is None:
        raise PlaceError(f"{name} is not the folder of a run", code="P002")
    return order
