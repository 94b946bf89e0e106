"""The command `segments`: how do the funnels of segments compare, and which stage leaks?"""

from __future__ import annotations

import os
from collections.abc import Sequence
from datetime import date
from pathlib import Path

import click

from simulator.cli.loaded import loaded
from simulator.cli.questions import aim_options, all_sets, kept, question_options, say_answer
from simulator.cli.terminal import Progress


@click.command(name="segments", short_help="Hold the funnels of segments side by side.")
@click.argument("scenario", type=click.Path(path_type=Path))
@aim_options
@question_options
def command(
    scenario: Path, target: str | None, series: str | None, amount: float | None, by: date | None,
    segment: str | None, as_of: date | None, sets: Sequence[str], problems: Path | None, trials: str | None,
    seed: int | None, workers: int | None, out: Path | None, form: str, quiet: bool,
) -> int:  # fmt: skip
    """Hold the funnels of SCENARIO's segments, a scenario file or a run's folder, side by side.

    What stands in each, how much of it is won and how soon, what it brings and how much of the uncertainty
    comes from it. Then, stage by stage, what is lost, stands still or is sent back there, and what a stage
    would be worth that passed on as many deals as the other segments do: where the funnel leaks.
    """
    from simulator.analysis.aims import aim_of
    from simulator.analysis.segments import segment_rows, side_by_side
    from simulator.executors import keep_memory
    from simulator.report.segments import segments_text
    from simulator.report.segments_figure import segment_figures

    found = loaded(scenario, all_sets(sets, trials, seed), as_of, problems)
    aim = aim_of(found, target, series, amount, by, segment)
    keep_memory()  # of a process that is ours alone
    progress = Progress(quiet)
    try:
        payload = side_by_side(found, aim, workers or os.cpu_count() or 1, progress)
    finally:
        progress.close()
    files = kept("segments", payload, lambda: segment_figures(payload), scenario, out)
    say_answer(form, payload, segment_rows, segments_text, files)
    return 0 if payload["self_check"]["passed"] else 1
