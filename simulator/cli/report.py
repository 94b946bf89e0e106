"""The command `report`: a finished run as a page that one opens, prints and forwards."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from simulator.cli.terminal import say

if TYPE_CHECKING:
    from simulator.report.names import Extent

FORMATS: Final = ("html", "md", "xlsx", "slide")
MARKS: Final = {"names": "-no-names", "all": "-anonymous"}
"""What tells the files of a report under other names from the run's own."""


@click.command(name="report", short_help="Write a finished run's report.")
@click.argument("run", type=click.Path(path_type=Path), metavar="RUN")
@click.option(
    "--format", "forms", type=click.Choice(FORMATS), multiple=True,
    help="What to write, again for several; by default what a run leaves.",
)  # fmt: skip
@click.option(
    "--hide-names", "extent", flag_value="names",
    help="For forwarding: without the names of customers, deals and owners; ids of deals stay.",
)  # fmt: skip
@click.option(
    "--anonymise", "extent", flag_value="all",
    help="For forwarding: also other names for deals, segments, products, offers, targets, the scenario.",
)  # fmt: skip
@click.option(
    "--out", type=click.Path(path_type=Path, file_okay=False), metavar="DIR", help="Instead of RUN itself."
)
def command(run: Path, forms: Sequence[str], extent: Extent | None, out: Path | None) -> None:
    """Write the report of RUN, the folder of a finished run, anew: report.html, one page that works offline.

    It shows what stands in the folder and simulates nothing; what further commands such as explain, segments
    and goal have left there is part of it. A report without names goes into files of its own.
    """
    from simulator.report.editions import USUAL, write_editions
    from simulator.report.results import results_of

    results, mark = results_of(run), ""
    if extent is not None:
        from simulator.report.names import forwarded

        results, mark = forwarded(results, run, extent), MARKS[extent]
    for path in write_editions(results, out or run, forms or USUAL, mark):
        say(f"{path}\n")
