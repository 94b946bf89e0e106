"""Read all that a run's folder holds, for whoever shows it; nothing is computed anew."""

from __future__ import annotations

import json
import shlex
from collections.abc import Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any, Final

from simulator.errors import UsageError
from simulator.records import dataclass
from simulator.runs import csv_rows, explained, run_of
from simulator.words import Scale, scale_of

ANSWERS: Final = ("compare", "explain", "bridge", "goal", "segments", "track", "quality", "assumptions")
"""What further commands, or the run itself, leave beside the forecast, each as a JSON file of that name."""


@dataclass(frozen=True, eq=False)
class Results:
    """What a run's folder holds.

    Attributes:
        handle: how its commands name it, as in `simulator explain reports/baseline/latest`.
        forecast: forecast.json.
        record: run.json.
        deals: rows of deals.csv, every value as text.
        answers: the further JSON files that are there, by name.
    """

    handle: str
    forecast: Mapping[str, Any]
    record: Mapping[str, Any]
    deals: Sequence[Mapping[str, str]] = ()
    answers: Mapping[str, Mapping[str, Any]] | None = None

    @cached_property
    def scale(self) -> Scale:
        """The unit and the decimals of the forecast's amounts."""
        return scale_of(self.forecast)

    def answer(self, name: str) -> Mapping[str, Any] | None:
        """Return one of the further answers, None where it was not asked for."""
        assert name in ANSWERS, name
        return (self.answers or {}).get(name)

    def command(self, name: str) -> str:
        """Return a command about this run, as one would type it."""
        return f"simulator {name} {shlex.quote(self.handle)}"


def results_of(folder: Path, handle: str = "") -> Results:
    """Return what a run's folder holds.

    Args:
        folder: of a finished run.
        handle: how commands name it; by default the folder as given.

    Raises:
        PlaceError: there is no such folder, or it cannot be read.
        UsageError: it holds no finished run, or a file in it is damaged.
    """
    run = run_of(folder)
    found = {name: folder / f"{name}.json" for name in ANSWERS}
    answers = {name: _answer(path) for name, path in found.items() if path.is_file()}
    return Results(handle or str(folder), run.payload, run.record, _rows(folder / "deals.csv"), answers)


def _answer(path: Path) -> Mapping[str, Any]:
    try:
        with explained(path, "read"):
            found = json.loads(path.read_text("utf-8"))
    except ValueError:
        found = None
    if not isinstance(found, dict):
        raise UsageError(
            f"{path} is damaged: its JSON cannot be read; delete it, or ask the command anew", code="U005"
        )
    return found


def _rows(path: Path) -> list[Mapping[str, str]]:
    try:
        with explained(path, "read"):
            return csv_rows(path)
    except ValueError:
        raise UsageError(
            f"{path} is damaged: it cannot be read as CSV; run the forecast anew", code="U005"
        ) from None
