"""The command `report`: a finished run as a page that one opens, prints and forwards."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Final

import click

from simulator.cli.terminal import say

FORMATS: Final = ("html", "md", "xlsx")


@click.command(name="report", short_help="Write a finished run's report.")
@click.argument("run", type=click.Path(path_type=Path), metavar="RUN")
@click.option(
    "--format", "forms", type=click.Choice(FORMATS), multiple=True,
    help="What to write, again for several; by default what a run leaves.",
)  # fmt: skip
@click.option(
    "--out", type=click.Path(path_type=Path, file_okay=False), metavar="DIR", help="Instead of RUN itself."
)
def command(run: Path, forms: Sequence[str], out: Path | None) -> None:
    """Write the report of RUN, the folder of a finished run, anew: report.html, one page that works offline.

    It shows what stands in the folder and simulates nothing; what further commands such as explain, segments
    and goal have left there becomes part of it.
    """
    from simulator.report.editions import USUAL, write_editions
    from simulator.report.results import results_of

    for path in write_editions(results_of(run), out or run, forms or USUAL):
        say(f"{path}\n")
