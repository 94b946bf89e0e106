"""The command `check`: do the percentages hold?"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from pathlib import Path

import click

from simulator.cli.histories import as_of_option, history_of, history_options
from simulator.cli.terminal import say, say_bytes


@click.command(name="check", short_help="Hold set percentages against history.")
@history_options
@as_of_option
@click.option("--segment", metavar="NAME", help="This segment only.")
@click.option("--stage", metavar="NAME", help="This stage only.")
@click.option(
    "--figures",
    type=click.Path(path_type=Path, file_okay=False),
    metavar="DIR",
    help="Also draw them, as PNG.",
)
@click.option(
    "--format", "form", type=click.Choice(["table", "json"]), default="table", show_default=True,
    help="What stands on standard output.",
)  # fmt: skip
def command(
    files: Sequence[Path], as_of: date | None, base: Path | None, mapping: Path | None,
    segment_by: str | None, segment: str | None, stage: str | None, figures: Path | None, form: str,
) -> None:  # fmt: skip
    """Hold the percentages of a scenario against FILE…: how many of those deals closed?

    Without --base it holds the history against the article's table. Nothing is written, but for --figures.
    """
    history, scenario = history_of(files, as_of, base, mapping, segment_by)
    from simulator.learning import check_history, check_names, fit
    from simulator.learning.fitting import stands_for_all
    from simulator.report.check import check_json, check_text

    check_names(history, scenario, segment, stage)
    learned = fit(history, None if stands_for_all(history, scenario) else scenario)
    checked = check_history(learned, scenario).only(segment, stage)
    if form == "json":
        from simulator.runs import json_bytes

        say_bytes(json_bytes(check_json(checked, history)))
    else:
        say(check_text(checked, history))
    if figures is not None:
        from simulator.report.check_figures import write_check_figures

        write_check_figures(learned, figures)
