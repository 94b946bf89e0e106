"""Read a history and learn from it as a command line or a learned file says, now or once more."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

from simulator.history import History
from simulator.learning.files import SCENARIO, Origin, fit_files
from simulator.learning.fitting import DRAWS, Fit, fit
from simulator.learning.splitting import splitting
from simulator.loading import load
from simulator.loading.history import read_history
from simulator.loading.history_frame import HistoryFrame, frame_of, frame_with_map
from simulator.loading.learned import NAME
from simulator.loading.places import project_of
from simulator.loading.refit import recipe_of
from simulator.runs import make_folder, scenario_file, write_file, yaml_bytes
from simulator.scenario import Scenario


def history_of(origin: Origin, as_of: date | None = None) -> tuple[History, Scenario | None]:
    """Return a history as of a day, and the scenario that it starts from.

    Args:
        origin: files, and how they are read.
        as_of: the last known day; without it the base's, or the last one that is recorded.
    """
    scenario, frame = None, HistoryFrame(known=as_of)
    if origin.base is not None:
        path = scenario_file(origin.base)
        scenario = load(path, as_of=as_of, allow_outside=origin.allow_outside)
        frame = frame_of(scenario, as_of, path.parent, project_of(path, origin.allow_outside))
    if origin.database is not None:
        frame = replace(frame, database=origin.database)
    if origin.map is not None:
        frame = frame_with_map(frame, origin.map)
    if origin.segment_by is not None:
        frame = frame.split_by(origin.segment_by)
    return read_history(origin.files, frame, origin.allow_outside), scenario


def learn(origin: Origin, as_of: date | None = None, draws: int = DRAWS, seed: int = 1) -> Fit:
    """Return what a history tells; where a column was to tell the segments, also whether that pays."""
    history, scenario = history_of(origin, as_of)
    found = fit(history, scenario, draws, seed)
    if origin.segment_by is None:
        return found
    split = splitting(found.spells, history, origin.segment_by, seed)
    return replace(found, splitting=split)


def refit(
    path: Path, sets: Sequence[str], as_of: date | None, folder: Path, allow_outside: bool = False
) -> Path:
    """Learn a scenario's figures anew, as of its day; return a scenario in a folder that stands on them.

    It extends the given one. Deals and invoices that fit wrote beside the old figures are those of the new
    day; tables of the user's own stay.

    Args:
        path: of the scenario file.
        sets: changes as `--set` has them; they may say the day or the files.
        as_of: the last known day, in place of the file's.
        folder: an empty one; takes scenario, figures, draws and tables.
        allow_outside: whether files that are named may lie outside the project.
    """
    recipe = recipe_of(path, sets, as_of, allow_outside)
    origin = Origin(recipe.files, recipe.map, recipe.base, recipe.segment_by, recipe.database, allow_outside)
    found = learn(origin, recipe.as_of, recipe.draws, recipe.seed)
    files = fit_files(found, recipe.folder, origin, recipe.seed, recipe.track_record)
    scenario: dict[str, Any] = {"version": 1, "name": recipe.name, "extends": str(path.resolve())}
    scenario |= {"learned": NAME}
    if recipe.tables:
        ours = {key: f"{key}.csv" if f"{key}.csv" in files else None for key in ("deals", "invoices")}
        scenario["data"] = {k: v for k, v in ours.items() if v is not None or k in recipe.tables}
    files |= {SCENARIO: yaml_bytes(scenario)}
    if recipe.track_record is not None:
        files[recipe.track_record] = (recipe.folder / recipe.track_record).read_bytes()
    make_folder(folder)
    for name, content in files.items():
        write_file(folder / name, content)
    return folder / SCENARIO
