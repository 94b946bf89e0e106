"""Find the runs of the past: their folders are the record of what was forecast, and there is no other."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from datetime import date, datetime
from itertools import chain
from pathlib import Path
from typing import Any, Final

from simulator.errors import PlaceError, UsageError, did_you_mean
from simulator.records import dataclass
from simulator.runs.blocks import FOLDER, Blocks
from simulator.runs.files import explained, stays_inside
from simulator.runs.folder import REPORTS, run_order, safe_name
from simulator.runs.leftovers import RECORD, RESULTS, UNFINISHED

FORECAST: Final = RESULTS[0]
VERSION: Final = 1
"""Of forecast.json."""


@dataclass(frozen=True)
class PastRun:
    """One finished run.

    Attributes:
        path: its folder.
        as_of: its last known day.
        made: when its numbers stood.
        payload: forecast.json.
        record: run.json.
    """

    path: Path
    as_of: date
    made: datetime
    payload: Mapping[str, Any]
    record: Mapping[str, Any]

    @property
    def previous(self) -> Path | None:
        """The run before this one: the newest of an earlier as-of day when it was made; None without one."""
        named = self.record.get("previous")
        return self.path.resolve() / named if isinstance(named, str) else None

    @property
    def has_own_inputs(self) -> bool:
        """Whether the inputs are there as the run has left them."""
        listed = self.record.get("inputs")
        if not isinstance(listed, dict) or not listed:
            return False
        try:
            return all(
                stays_inside(name) and (self.path / name).is_file() and _digest(self.path / name) == digest
                for name, digest in listed.items()
            )
        except OSError:
            return False


@dataclass(frozen=True)
class LeftOut:
    """A folder that is not among the runs, and why.

    Attributes:
        path: of it.
        reason: in a few words.
    """

    path: Path
    reason: str


@dataclass(frozen=True)
class PastRuns:
    """The runs of one scenario.

    Attributes:
        place: where they stand.
        scenario: its name.
        runs: in the order of their as-of days, those of one day as they were made.
        left_out: folders that are none of them.
        others: further scenarios of which runs were found.
    """

    place: Path
    scenario: str
    runs: tuple[PastRun, ...]
    left_out: tuple[LeftOut, ...]
    others: tuple[str, ...] = ()


def past_runs(given: str | None = None, root: Path = REPORTS) -> PastRuns:
    """Return the runs of a scenario.

    Args:
        given: name of the scenario, its folder, one of its runs, or a folder of several scenarios; of several
            the one that was run last is taken.
        root: of all runs.

    Raises:
        PlaceError: there is no such folder, or it cannot be read.
        UsageError: there is no such scenario.
    """
    place = root if given is None else _place(given, root)
    with explained(place, "read"):
        folders = _run_folders(place)
    runs, left_out = list[PastRun](), list[LeftOut]()
    for path in folders:
        found = _read(path)
        runs.append(found) if isinstance(found, PastRun) else left_out.append(found)
    if not runs:
        return PastRuns(place, "", (), tuple(left_out))
    name = str(max(runs, key=lambda run: run.made).payload["scenario"])
    own = [run for run in runs if run.payload["scenario"] == name]
    home = own[-1].path.parent
    left_out = [folder for folder in left_out if folder.path.parent == home]
    left_out += [
        LeftOut(run.path, f"a run of {run.payload['scenario']}")
        for run in runs
        if run.path.parent == home and run.payload["scenario"] != name
    ]
    own.sort(key=lambda run: (run.as_of, run.made, run_order(run.path.name)))
    others = sorted({str(run.payload["scenario"]) for run in runs} - {name})
    return PastRuns(home, name, tuple(own), tuple(left_out), tuple(others))


def trials_and_seed(given: Path) -> tuple[int, int] | None:
    """Return how many trials the run of a folder has, and its seed; None where there is no finished run."""
    found = _read(given) if given.is_dir() else None
    return (found.payload["trials"], found.payload["seed"]) if isinstance(found, PastRun) else None


def run_of(path: Path) -> PastRun:
    """Return the run in a folder.

    Raises:
        PlaceError: there is no such folder, or it cannot be read.
        UsageError: it holds no finished run.
    """
    if not path.exists():
        raise PlaceError(f"there is no {path}", code="P002")
    with explained(path, "read"):
        found = _run_in(path)
    if isinstance(found, LeftOut):
        raise UsageError(
            f"{path} cannot be read as a run: {found.reason}; name the folder of a finished run", code="U005"
        )
    return found


def _place(given: str, root: Path) -> Path:
    home, path = root / safe_name(given), Path(given)
    if home.is_dir():
        return home
    if path.is_dir():
        return path
    if path.exists():
        raise PlaceError(
            f"{given} is a file; name a scenario that was run, or its folder of runs", code="P006"
        )
    if len(path.parts) > 1:
        raise PlaceError(f"there is no folder {given}", code="P002")
    known = [child.name for child in _folders_in(root)] if root.is_dir() else []
    remedy = did_you_mean(given, known, f"{root}/ has " + (", ".join(known) or "none yet"))
    raise UsageError(f"no scenario {given!r} was run: {remedy}", code="U003")


def _run_folders(place: Path) -> list[Path]:
    """Return the folders that may be runs: of a scenario, beside a run, or of all scenarios of a root."""
    if (place / RECORD).is_file():
        place = place.resolve()
        return [path for path in _folders_in(place.parent) if (path / RECORD).is_file()]
    children = _folders_in(place) if place.is_dir() else []
    inner = [path for child in children for path in _folders_in(child)]
    if not any((path / RECORD).is_file() for path in inner):
        return children
    return [*(path for path in children if (path / RECORD).is_file()), *inner]


def _folders_in(place: Path) -> list[Path]:
    """Return the folders inside a folder, without links such as `latest`."""
    inner: Iterable[Path] = (path for path in place.iterdir() if path.is_dir() and not path.is_symlink())
    return sorted(path for path in inner if not path.name.startswith("."))


def _read(path: Path) -> PastRun | LeftOut:
    """Return the run in a folder, or why there is none, be it that it cannot be read."""
    try:
        return _run_in(path)
    except OSError as error:
        return LeftOut(path, f"it cannot be read: {(error.strerror or str(error)).lower()}")


def _run_in(path: Path) -> PastRun | LeftOut:
    """Return the run in a folder, or why there is none.

    Raises:
        OSError: it cannot be read.
    """
    if not (path / RECORD).is_file():
        if Blocks(path / FOLDER, dict).any:
            return LeftOut(path, "it was cut short; simulator run --resume finishes it")
        unfinished = run_order(path.name) or (path / UNFINISHED).is_file()
        return LeftOut(path, "it was never finished" if unfinished else "no folder of a run")
    try:
        record, payload = (json.loads((path / name).read_text("utf-8")) for name in (RECORD, FORECAST))
    except ValueError:
        return LeftOut(path, "damaged: its JSON cannot be read")
    if not isinstance(record, dict) or not isinstance(payload, dict):
        return LeftOut(path, "damaged: its JSON holds no run")
    if payload.get("schema_version", VERSION) != VERSION:
        return LeftOut(path, "of another version of the format")
    try:
        made = datetime.fromisoformat(record.get("finished") or record["started"])
        as_of = date.fromisoformat(payload["as_of"])
        whole = _is_whole(payload) and made.tzinfo is not None and record.get("as_of") == payload["as_of"]
    except (KeyError, TypeError, ValueError, AttributeError):
        whole = False
    return (
        PastRun(path, as_of, made, payload, record) if whole else LeftOut(path, "damaged: fields are missing")
    )


def _is_whole(payload: Mapping[str, Any]) -> bool:
    """Tell whether a forecast has the fields by which its periods are found."""
    of_segments: Iterable[Any] = chain.from_iterable(s["periods"] for s in payload["segments"].values())
    for entry in (*payload["periods"], *payload["fiscal"], *of_segments):
        named = isinstance(entry["name"], str)
        if not named or date.fromisoformat(entry["end"]) < date.fromisoformat(entry["start"]):
            return False
    texts = all(isinstance(payload[key], str) for key in ("scenario", "currency"))
    return texts and bool(payload["periods"])


def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
