"""Write what was learned, so that a scenario can stand on it and anybody can see why."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from dataclasses import asdict
from datetime import date, timedelta
from pathlib import Path
from typing import Any, Final

from simulator import __version__
from simulator.errors import SimulatorError, UsageError
from simulator.history import History
from simulator.learning.fitting import Fit
from simulator.loading.draws import draws_bytes
from simulator.loading.history_tables import invoices_table, open_deals_table
from simulator.loading.learned import DRAWS, NAME, TRACK, UnfitError, learned_file_at
from simulator.loading.sources import Database
from simulator.records import dataclass
from simulator.runs import csv_bytes, make_folder, write_file, yaml_bytes
from simulator.scenario.learned_model import GROUPS, LearnedFile

SCENARIO: Final = "scenario.yaml"
TIMES: Final = 4
"""Lengths of the record that a forecast of its own goes on."""


@dataclass(frozen=True)
class Origin:
    """What a fit was made from, as the command line has it.

    Attributes:
        files: of the history.
        map: how their columns are called, or None.
        base: the scenario that it started from, or None.
        segment_by: column that told the segments, or None.
        database: that queries of the history are put to, where the scenario says so; not on a command line.
        allow_outside: whether files that the base and folders name may lie anywhere.
    """

    files: tuple[Path, ...] = ()
    map: Path | None = None
    base: Path | None = None
    segment_by: str | None = None
    database: Database | None = None
    allow_outside: bool = False


def write_fit(fit: Fit, folder: Path, origin: Origin, seed: int = 1, tables: bool = True) -> list[str]:
    """Write learned.yaml, its draws and a scenario that names them; return the names of the files.

    Without a base the open deals and the invoices as known stand beside them, so that the scenario runs.

    Args:
        fit: what was learned.
        folder: where to.
        origin: what it was made from.
        seed: of the draws.
        tables: whether deals and invoices are written; False where the scenario has its own.
    """
    files = fit_files(fit, folder, origin, seed, _track_record(fit, folder, origin, seed), tables)
    make_folder(folder)
    check_ours(folder, files, origin)
    for name, content in files.items():
        write_file(folder / name, content)
    return sorted(files)


def fit_files(
    fit: Fit, folder: Path, origin: Origin, seed: int, track_record: str | None = None, tables: bool = True,
    name: str | None = None,
) -> dict[str, bytes]:  # fmt: skip
    """Return the files of a fit by name, paths in them relative to a folder; see `write_fit`.

    A scenario upon a base is called as that, but for `name`.
    """
    learned = learned_file(fit, folder, origin, seed, track_record)
    files = {NAME: yaml_bytes(learned.model_dump()), DRAWS: draws_bytes(fit.posterior)}
    if origin.base is not None:
        return files | {SCENARIO: yaml_bytes(_upon(fit, folder, origin.base, name))}
    files[SCENARIO] = yaml_bytes(_scenario(fit, folder.resolve().name))
    if tables:
        files["deals.csv"] = csv_bytes(open_deals_table(fit.history), verbatim=True)
        if len(fit.history.invoices):
            files["invoices.csv"] = csv_bytes(invoices_table(fit.history), verbatim=True)
    return files


def sure_names(origin: Origin) -> list[str]:
    """Return the files that a fit will write, whatever it learns."""
    return [NAME, DRAWS, SCENARIO, *([] if origin.base is not None else ["deals.csv"])]


def learned_at(folder: Path) -> LearnedFile:
    """Return what a fit has written into a folder."""
    return learned_file_at(folder / NAME)


def check_ours(folder: Path, names: Iterable[str], origin: Origin) -> None:
    """Check that a fit overwrites nothing but what a fit has written: a folder with learned.yaml is one's.

    Raises:
        UsageError: it would.
    """
    given = {path.resolve() for path in (*origin.files, origin.map, origin.base) if path is not None}
    ours = _is_ours(folder / NAME)
    for name in sorted(names):
        path = folder / name
        if path.exists() and (not ours or path.resolve() in given):
            what = f"{path} was not written by fit" if not ours else f"{path} is what it learns from"
            raise UsageError(f"{what} and would be overwritten: name another folder with -o", code="U004")


def name_track_record(folder: Path) -> bool:
    """Let the learned file of a folder, where there is one, name the backtest beside it; tell if it does."""
    path = folder / NAME
    if not _is_ours(path):
        return False
    learned = learned_file_at(path).model_copy(update={"track_record": TRACK})
    write_file(path, yaml_bytes(learned.model_dump()))
    return True


def _is_ours(path: Path) -> bool:
    try:
        learned_file_at(path)
    except (SimulatorError, UnfitError):
        return False
    return True


def _track_record(fit: Fit, folder: Path, origin: Origin, seed: int) -> str | None:
    """Return the backtest that the fit which stood here names, if it learned from the same files."""
    if not _is_ours(folder / NAME):
        return None
    before = learned_file_at(folder / NAME)
    same = before.history == learned_file(fit, folder, origin, seed).history
    there = before.track_record is not None and (folder / before.track_record).is_file()
    return before.track_record if same and there else None


def learned_file(
    fit: Fit, folder: Path, origin: Origin, seed: int, track_record: str | None = None
) -> LearnedFile:
    """Return the content of learned.yaml; paths are relative to its folder."""
    history = {
        "files": [_relative(path, folder) for path in origin.files],
        "map": None if origin.map is None else _relative(origin.map, folder),
        "base": None if origin.base is None else _relative(origin.base, folder),
        "segment_by": origin.segment_by,
        "draws": fit.posterior.draws,
    }
    return LearnedFile.model_validate(
        {
            "version": 1,
            "as_of": date.fromordinal(fit.history.known).isoformat(),
            "currency": fit.history.currency,
            "program": __version__,
            "seed": seed,
            "history": history,
            "draws": DRAWS,
            "track_record": track_record,
            "scenario": fit.scenario,
            "evidence": {path: _rounded(asdict(figure)) for path, figure in fit.evidence.items()},
            "unresolved": fit.unresolved,
            "lost_reasons": fit.lost_reasons,
            "findings": [asdict(finding) for finding in fit.history.findings],
            "assumptions": fit.assumptions,
            "splitting": None if fit.splitting is None else fit.splitting.told(),
        }
    )


def _scenario(fit: Fit, name: str) -> dict[str, Any]:
    """Return a scenario of its own: as of the last known day."""
    known = date.fromordinal(fit.history.known)
    data = {"deals": "deals.csv"} | ({"invoices": "invoices.csv"} if len(fit.history.invoices) else {})
    return {
        "version": 1,
        "name": _folder_name(name),
        "description": "learned from history",
        "as_of": known.isoformat(),
        "horizon": _last_day(fit.history).isoformat(),
        "currency": fit.history.currency,
        "data": data,
        "learned": NAME,
        "segments": {segment: _segment(fit, segment) for segment in fit.history.segments},
    }


def _segment(fit: Fit, name: str) -> dict[str, Any]:
    """Return what a segment needs beside what was learned: a funnel, where no deal told one."""
    learned = (fit.scenario.get("segments") or {}).get(name) or {}
    if "stages" in learned:
        return {}
    stages = {stage: {"close": 0.5} for stage in fit.history.stages or ("Open",)}
    funnel = {"source": "no deal told it", "stages": stages, "cycle": {"median": "90d"}}
    return funnel if "new_pipeline" in learned else funnel | {"new_pipeline": "none"}


def _last_day(history: History) -> date:
    """Return the end of the next year, or earlier where the record is short: so far no trend is known.

    Four times the length of the record, a quarter at least.
    """
    known = date.fromordinal(history.known)
    seen = max(history.known - history.since, 0)
    return min(date(known.year + 1, 12, 31), known + timedelta(days=max(TIMES * seen, 92)))


def make_room(fit: Fit) -> dict[str, Any]:
    """Return by segment what a base must not set, as nulls, so that what was learned holds."""
    segments: dict[str, Any] = {}
    for name, learned in (fit.scenario.get("segments") or {}).items():
        plain = [key for heads in GROUPS.values() for key in heads if "." not in key and key in learned]
        room: dict[str, Any] = dict.fromkeys(plain)
        if "stages" in learned:
            room |= dict.fromkeys(("stages", "cycle", "worth"))
        for key in ("amount", "close_date", "soberness"):
            if key in learned:
                room[key] = dict.fromkeys(learned[key])
        if "payment" in learned:
            room["payment"] = dict.fromkeys(learned["payment"])
        segments[name] = room
    return segments


def _upon(fit: Fit, folder: Path, base: Path, name: str | None) -> dict[str, Any]:
    """Return a scenario that extends the base and makes room for what was learned."""
    market = {"market": dict.fromkeys(("shared", "segment"))} if "market" in fit.scenario else {}
    return {
        "version": 1,
        "name": name or _folder_name(f"{base.stem}-learned"),
        "extends": _relative(base, folder),
        "learned": NAME,
        **market,
        "segments": make_room(fit),
    }


def _folder_name(name: str) -> str:
    kept = "".join(c if c.isalnum() or c in "-_. " else "-" for c in name).strip("-. _")
    return kept[:90] or "learned"


def _relative(path: Path, folder: Path) -> str:
    try:
        return os.path.relpath(path.resolve(), folder.resolve()).replace(os.sep, "/")
    except ValueError:  # another drive
        return str(path.resolve())


def _rounded(figure: Mapping[str, Any]) -> dict[str, Any]:
    """Return a figure with six digits: more are not known, and fewer bytes are read."""
    return {k: float(f"{v:.6g}") if isinstance(v, float) else v for k, v in figure.items()}
