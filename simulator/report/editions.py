"""Write the report of a run in the forms that people open: a page, and what else is asked for."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Final

from simulator.report.page import page
from simulator.report.results import Results
from simulator.report.wiki import wiki
from simulator.report.workbook import workbook
from simulator.runs import write_results

EDITIONS: Final[Mapping[str, tuple[str, Callable[[Results], bytes]]]] = {
    "html": ("report.html", page),
    "md": ("report.md", wiki),
    "xlsx": ("report.xlsx", workbook),
}
"""By its format: the file's name, and what makes it of a run's results."""
USUAL: Final = ("html", "xlsx")
"""What a run leaves without being asked."""


def edition_names(formats: Sequence[str] = USUAL) -> list[str]:
    """Return the names of the files of some formats."""
    return [EDITIONS[form][0] for form in formats]


def write_editions(results: Results, folder: Path, formats: Sequence[str] = USUAL) -> list[Path]:
    """Write a run's report.

    Args:
        results: of the run.
        folder: that takes the files, the run's own or any other; made where it is not there.
        formats: of EDITIONS.

    Returns:
        The files.

    Raises:
        PlaceError: the folder cannot be written to.
        UsageError: somebody else's file stands where one of ours would; nothing is written.
    """
    files = {name: make(results) for name, make in map(EDITIONS.__getitem__, formats)}
    write_results(folder, files)
    return [folder / name for name in files]
