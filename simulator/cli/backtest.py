"""The command `backtest`: repeat the forecast on past days, and say how often its intervals held."""

from __future__ import annotations

import os
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

import click

from simulator.cli.histories import history_of, history_options
from simulator.cli.loaded import day
from simulator.cli.terminal import Progress, say, say_bytes

if TYPE_CHECKING:
    from simulator.backtest import Forecaster
    from simulator.scenario import Scenario


@click.command(name="backtest", short_help="Tell how often past ranges would have held.")
@history_options
@click.option(
    "--every", required=True, metavar="LENGTH", help="From one past day to the next: 3d, 1w, 1m or 1q."
)
@click.option(
    "--horizon", "horizons", multiple=True, required=True, metavar="LENGTH",
    help="How far each forecast looks: 7d, 3m; may be given more than once.",
)  # fmt: skip
@click.option("--from", "first", type=day, required=True, metavar="DATE", help="First day to forecast from.")
@click.option("--until", type=day, required=True, metavar="DATE", help="Last day to forecast from.")
@click.option(
    "--fit-window", metavar="LENGTH", help="Each learns from no more than 12m, say, before its day."
)
@click.option(
    "--trials", type=click.IntRange(min=100, max=256_000), default=2_000, show_default=True,
    help="Futures of each forecast.",
)  # fmt: skip
@click.option(
    "--seed", type=click.IntRange(min=0), default=1, show_default=True, help="Of the random numbers."
)
@click.option(
    "--workers", type=click.IntRange(min=1), metavar="N",
    help="Past days that are forecast at once, by default one a core; same numbers.",
)  # fmt: skip
@click.option(
    "-o", "--out", "folder", type=click.Path(path_type=Path, file_okay=False), required=True, metavar="DIR",
    help="Takes backtest.json and the figures.",
)  # fmt: skip
@click.option(
    "--format", "form", type=click.Choice(["table", "json"]), default="table", show_default=True,
    help="What stands on standard output.",
)  # fmt: skip
@click.option("-q", "--quiet", is_flag=True, help="No progress on standard error.")
def command(
    files: Sequence[Path], base: Path | None, mapping: Path | None, segment_by: str | None, every: str,
    horizons: Sequence[str], first: date, until: date, fit_window: str | None, trials: int, seed: int,
    workers: int | None, folder: Path, form: str, quiet: bool,
) -> None:  # fmt: skip
    """Forecast FILE… again from past days, with what was known then, and hold it against what came.

    Reads what `simulator fit` reads. DIR takes backtest.json; where it is the folder of a fit, its
    learned.yaml names it as track record, and runs tell of it.
    """
    from simulator.backtest import Asked, backtest, origins, payload
    from simulator.runs import json_bytes, make_folder, write_file

    days = origins(first, until, every)
    history, scenario = history_of(files, None, base, mapping, segment_by)
    asked = Asked(days, tuple(horizons), fit_window, trials, seed, workers or os.cpu_count() or 1)
    progress = Progress(quiet, "past days")
    try:
        found = backtest(history, _forecaster(scenario, asked.longest, seed), asked, progress)
    finally:
        progress.close()
    content = payload(found)
    make_folder(folder)
    write_file(folder / "backtest.json", json_bytes(content))
    from simulator.learning.files import name_track_record

    name_track_record(folder)
    from simulator.report.track import write_track_figures

    write_track_figures(content, folder)
    if form == "json":
        return say_bytes(json_bytes(content))
    from simulator.report.backtest import backtest_screen

    say(backtest_screen(content, f"{folder}/"))


def _forecaster(base: Scenario | None, horizon: str, seed: int) -> Forecaster:
    """Return what learns from a history and gives the scenario of its last day."""
    from simulator.learning import forecaster

    return forecaster(base, horizon, seed)
