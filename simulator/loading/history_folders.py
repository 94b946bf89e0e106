"""Find the files of a record in folders: exports with a date in their name, and the inputs of past runs."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any, Final

from simulator.errors import PlaceError, Problem, SimulatorError
from simulator.loading.history_findings import Findings
from simulator.loading.history_frame import HistoryFrame, frame_of_data
from simulator.loading.places import is_there, project_of
from simulator.loading.yaml import read_yaml
from simulator.money import is_currency
from simulator.records import dataclass
from simulator.scenario.table_model import CUSTOMS, TableCustoms

TABLES: Final = (".csv", ".tsv", ".txt", ".xlsx", ".xlsm", ".parquet")
_DATE = re.compile(r"(?<!\d)((?:19|20)\d\d)([-_.]?)(\d\d)\2(\d\d)(?!\d)")
_RUN = re.compile(r"(\d{4}-\d{2}-\d{2})(?:-(\d+))?")
_OF_A_RUN: Final = ("deals.csv", "invoices.csv")


@dataclass(frozen=True)
class File:
    """A file to be read.

    Attributes:
        path: where it is.
        name: for people.
        day: of the export, ordinal; None where it is no export.
        frame: how it is written.
        typed: columns of numbers or days of a table that a run kept as text.
    """

    path: Path
    name: str
    day: int | None
    frame: HistoryFrame
    typed: tuple[str, ...] = ()


def files_of(
    paths: Sequence[Path], frame: HistoryFrame, findings: Findings, problems: list[Problem],
    allow_outside: bool = False,
) -> list[File]:  # fmt: skip
    """Return the files that paths mean: themselves, or what their folders hold, in the order of days.

    In a folder with past runs these count, else the files with a date in their name, else all tables.

    Raises:
        PlaceError: there is nothing at a path.
    """
    found: list[File] = []
    for path in paths:
        if not path.exists():
            raise PlaceError(f"there is no {path}", code="P002")
        if not path.is_dir():
            found.append(File(path, path.name, None, frame))
            continue
        inside = _runs(path, frame, findings) or _dated(path, frame) or _all(path, frame)
        if not inside:
            message = "the folder holds neither past runs nor tables"
            remedy = "name a folder of exports with a date in their names, or of past runs"
            problems.append(Problem("H005", message, str(path), remedy=remedy))
        project = project_of(path, allow_outside)
        for file in inside:
            if not project.holds(file.path):
                problems.append(Problem("H072", "the file is a link that leads out of the folder", file.name))
        found += inside
    return found


def _all(folder: Path, frame: HistoryFrame) -> list[File]:
    return [File(path, path.name, None, frame) for path in _tables(folder)]


def _tables(folder: Path) -> list[Path]:
    try:
        return sorted(p for p in folder.iterdir() if p.is_file() and p.suffix.casefold() in TABLES)
    except OSError as error:
        raise PlaceError(
            f"cannot read {folder}: {(error.strerror or str(error)).lower()}", code="P003"
        ) from None


def _dated(folder: Path, frame: HistoryFrame) -> list[File]:
    """Return the tables with a date in their name; several kinds may have one of the same day."""
    dated = [(day, path) for path in _tables(folder) if (day := name_day(path.name)) is not None]
    return [File(path, path.name, day, frame) for day, path in sorted(dated)]


def name_day(name: str) -> int | None:
    """Return the day that stands in a name such as 2026-10-31 or 20261031; the last, if several."""
    for match in reversed(list(_DATE.finditer(name))):
        try:
            return date(int(match[1]), int(match[3]), int(match[4])).toordinal()
        except ValueError:
            continue
    return None


# ---- past runs


def _runs(folder: Path, frame: HistoryFrame, findings: Findings) -> list[File]:
    """Return the tables of past runs under a folder, of the scenario that has most days."""
    newest: dict[tuple[Path, int], tuple[int, Path]] = {}
    for path in _inputs(folder):
        match = _RUN.fullmatch(path.parent.name)
        day = None if match is None else name_day(match[1])
        if match is None or day is None:
            continue
        key = (path.parent.parent, day)
        found = (int(match[2] or 1), path)
        if key in newest:
            findings.count("H049", str(min(found, newest[key])[1].parent))
        newest[key] = max(found, newest.get(key, found))
    homes = Counter(home for home, _ in newest)
    if not homes:
        return []
    home = max(sorted(homes), key=lambda h: homes[h])
    for other in homes:
        if other != home:
            findings.count("H049", str(other), homes[other])
    days = sorted((day, path) for (place, day), (_, path) in newest.items() if place == home)
    return [file for day, path in days for file in _of_run(path, day, frame)]


def _inputs(folder: Path) -> Iterator[Path]:
    """Yield the inputs/ of runs: of the folder itself, of its runs, of the runs of its scenarios."""
    for pattern in ("inputs", "*/inputs", "*/*/inputs"):
        for path in sorted(folder.resolve().glob(pattern)):
            if (path / "deals.csv").is_file() and not path.parent.is_symlink():
                yield path


def _of_run(inputs: Path, day: int, frame: HistoryFrame) -> Iterator[File]:
    said = _said(inputs / "scenario.yaml")
    own = _frame(said, frame)
    for name in _OF_A_RUN:
        if (inputs / name).is_file():
            typed = (said.get("data") or {}).get("typed", {}).get(name.removesuffix(".csv"), ())
            yield File(inputs / name, f"{inputs.parent.name}/inputs/{name}", day, own, tuple(typed))


def _said(scenario: Path) -> dict[str, Any]:
    """Return a run's scenario as plain values; nothing where it cannot be read."""
    try:
        said: dict[str, Any] = read_yaml(scenario).data if is_there(scenario) else {}
    except SimulatorError:
        return {}
    return said if isinstance(said.get("data"), dict) else {}


def _frame(said: Mapping[str, Any], frame: HistoryFrame) -> HistoryFrame:
    """Return how a run's tables are written, as its scenario says; what was said for all counts more."""
    try:
        own = frame_of_data(said.get("data") or {}, said.get("time_zone"), "scenario.yaml")
    except SimulatorError:
        return frame
    columns = {k: {**own.columns.get(k, {}), **frame.columns.get(k, {})} for k in own.columns}
    return replace(
        frame,
        columns=columns,
        decimal=frame.decimal or own.decimal,
        date_order=frame.date_order or own.date_order,
        own=_own(own, frame),
        won_stages=(*frame.won_stages, *own.won_stages),
        lost_stages=(*frame.lost_stages, *own.lost_stages),
        segment=frame.segment or own.segment,
        zone=own.zone if said.get("time_zone") else frame.zone,
        currency=frame.currency or _currency(said),
        rates={**_rates(said), **frame.rates},
    )


def _own(run: HistoryFrame, frame: HistoryFrame) -> dict[str, TableCustoms]:
    """Return how each kind of file is written: as said for it, else for all, else as the run says."""
    for_all = {key for key in CUSTOMS if getattr(frame, key) is not None}
    result = {}
    for kind in {**run.own, **frame.own}:
        of_run = {k: v for k, v in run.own.get(kind, TableCustoms()).said.items() if k not in for_all}
        result[kind] = TableCustoms.model_validate(of_run | frame.own.get(kind, TableCustoms()).said)
    return result


def _currency(said: Mapping[str, Any]) -> str | None:
    code = said.get("currency")
    return code if isinstance(code, str) and is_currency(code) else None


def _rates(said: Mapping[str, Any]) -> dict[str, float]:
    """Return the rates that are one number each."""
    given = said.get("rates")
    rates = given.items() if isinstance(given, dict) else ()
    return {
        code: float(rate)
        for code, rate in rates
        if is_currency(code) and isinstance(rate, int | float) and 1e-9 < rate < 1e9
    }
