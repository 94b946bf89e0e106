"""Tell a run's own files from those of others, so that a new run in its folder replaces the first alone."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterable
from pathlib import Path, PurePosixPath
from typing import Any, Final

from simulator.errors import UsageError
from simulator.runs.files import explained, inside, stays_inside, waiting_files, write_file

RECORD: Final = "run.json"
RESULTS: Final = ("forecast.json", "forecast.csv", "deals.csv", "quality.json", "assumptions.json")
UNFINISHED: Final = ".unfinished.json"
"""Lists what is being written or taken away, until run.json lists what stands."""
LATER: Final = (
    *(f"{name}.json" for name in ("compare", "explain", "bridge", "goal", "segments", "track")),
    *("report.html", "report.xlsx", "slide.pdf", "report.md"),
)
"""What further commands write into a run's folder, under the same names each time."""


def begin(folder: Path, files: Iterable[str]) -> None:
    """Make room for a run's files: take away those of the run that stood here before.

    What is ours is noted first, so that a later run knows it, even if this one is cut short.

    Args:
        folder: of the run.
        files: that it will write, by paths inside the folder.

    Raises:
        PlaceError: the place refuses, or a link leads out of it.
        UsageError: one of the files is there, and no run has written it; nothing is changed.
    """
    files = set(files)
    check_foreign(folder, files)
    owned = _owned(folder)
    for name in owned | files:
        inside(folder, name)
    listed = json.dumps({"files": sorted(owned | files)}) + "\n"
    write_file(folder / UNFINISHED, listed.encode())
    with explained(folder / RECORD):
        (folder / RECORD).unlink(missing_ok=True)
        for name in sorted(owned - files):
            (folder / name).unlink(missing_ok=True)
        for name in (*owned, *files, RECORD, UNFINISHED):
            for waiting in waiting_files(folder / name):
                waiting.unlink(missing_ok=True)
    for inner in {PurePosixPath(name).parent for name in owned} - {PurePosixPath(".")}:
        with contextlib.suppress(OSError):
            (folder / inner).rmdir()  # it goes only where nothing is left in it


def finish(folder: Path) -> None:
    """Note that everything of the run stands.

    Raises:
        PlaceError: the place refuses.
    """
    with explained(folder / UNFINISHED):
        (folder / UNFINISHED).unlink(missing_ok=True)


def check_foreign(folder: Path, files: Iterable[str]) -> None:
    """Check that a run's files would overwrite nothing but what a run has written.

    Raises:
        UsageError: they would.
    """
    for name in sorted({*files, RECORD} - _owned(folder)):
        if (folder / name).exists():
            what = f"{folder / name} is no file of a run and would be overwritten"
            raise UsageError(f"{what}: name another folder with --out", code="U004")


def _owned(folder: Path) -> set[str]:
    """Return what runs have written into a folder, by paths inside it; nothing where none has."""
    records = [record for name in (RECORD, UNFINISHED) if (record := _read(folder / name)) is not None]
    if not records:
        return set()
    listed = (name for record in records for name in record["files"])
    return {RECORD, *LATER, *(name for name in listed if isinstance(name, str) and stays_inside(name))}


def _read(path: Path) -> dict[str, Any] | None:
    """Return a record with its list of files, None for anything that no run has written."""
    try:
        with explained(path, "read"):
            found = json.loads(path.read_text("utf-8")) if path.is_file() else None
    except ValueError:
        return None
    if not isinstance(found, dict):
        return None
    if "funnel-simulator" in (found.get("versions") or ()):
        # The first records listed their inputs only.
        found.setdefault("files", [*RESULTS, *found.get("inputs", ())])
    return found if isinstance(found.get("files"), list) else None
