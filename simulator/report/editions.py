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


def _slide(results: Results) -> bytes:
    # What draws takes as long to load as the page to write, and the page draws for itself.
    from simulator.report.slide import slide

    return slide(results)


EDITIONS: Final[Mapping[str, tuple[str, Callable[[Results], bytes]]]] = {
    "html": ("report.html", page),
    "md": ("report.md", wiki),
    "xlsx": ("report.xlsx", workbook),
    "slide": ("slide.pdf", _slide),
}
"""By its format: the file's name, and what makes it of a run's results."""
USUAL: Final = ("html", "xlsx", "slide")
"""What a run leaves without being asked."""


def write_editions(
    results: Results, folder: Path, formats: Sequence[str] = USUAL, mark: str = ""
) -> list[Path]:
    """Write a run's report.

    Args:
        results: of the run.
        folder: that takes the files, the run's own or any other; made where it is not there.
        formats: of EDITIONS.
        mark: part of the files' names, which tells them from those of the run as it is.

    Returns:
        The files.

    Raises:
        PlaceError: the folder cannot be written to.
        UsageError: somebody else's file stands where one of ours would; nothing is written.
    """
    made = ((Path(name), make) for name, make in map(EDITIONS.__getitem__, formats))
    files = {f"{name.stem}{mark}{name.suffix}": make(results) for name, make in made}
    write_results(folder, files)
    return [folder / name for name in files]
