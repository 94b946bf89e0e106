"""The command `compare`: what differs, and what comes of it?"""

from __future__ import annotations

import os
from collections.abc import Sequence
from datetime import date
from pathlib import Path

import click

from simulator.cli.loaded import loaded
from simulator.cli.questions import all_sets, kept, question_options, say_answer
from simulator.cli.terminal import Progress


@click.command(name="compare", short_help="Hold scenarios against one another, on the same luck.")
@click.argument("base", type=click.Path(path_type=Path))
@click.argument("others", metavar="[OTHER]...", nargs=-1, type=click.Path(path_type=Path))
@click.option(
    "--case", "cases", multiple=True, metavar="'NAME: KEY=VALUE'",
    help="BASE itself with figures changed, such as 'slip: segments.smb.close_date.slip *= 1.2'; "
    "; parts several changes.",
)  # fmt: skip
@click.option("--together", is_flag=True, help="Also all cases at once, and what they do to one another.")
@click.option("--win", multiple=True, metavar="DEAL", help="A case: the open deal is won in every trial.")
@click.option("--lose", multiple=True, metavar="DEAL", help="A case: it is lost in every trial.")
@click.option("--drop", multiple=True, metavar="DEAL", help="A case: it is not there.")
@click.option(
    "--grid", multiple=True, metavar="KEY=V1,V2,…",
    help="A case for each value; given twice, for each combination.",
)  # fmt: skip
@question_options
def command(
    base: Path, others: Sequence[Path], cases: Sequence[str], together: bool,
    win: Sequence[str], lose: Sequence[str], drop: Sequence[str], grid: Sequence[str],
    as_of: date | None, sets: Sequence[str], problems: Path | None,
    trials: str | None, seed: int | None, workers: int | None, out: Path | None, form: str, quiet: bool,
) -> int:  # fmt: skip
    """Hold BASE against each OTHER, scenario files or folders of runs, and against cases of itself.

    First what differs and where it comes from; then what comes of it, and by how much it differs from BASE.
    Every trial meets the same luck in all of them, so a difference is no chance. BASE alone is held against
    what its scenario says under compare_with.
    """
    from simulator.analysis.comparison import compare
    from simulator.analysis.rows import comparison_rows
    from simulator.analysis.variants import case_of, fates, grid_of, variants
    from simulator.executors import keep_memory
    from simulator.report.compare import comparison_text
    from simulator.report.compare_figures import comparison_figures

    sets, changed = (
        all_sets(sets, trials, seed),
        [*map(case_of, cases), *fates(win, lose, drop), *grid_of(grid)],
    )
    chosen = variants(
        lambda path, more: loaded(path, [*sets, *more], as_of, problems), base, others, changed, together
    )
    keep_memory()  # of a process that is ours alone
    progress = Progress(quiet)
    try:
        comparison = compare(chosen, workers or os.cpu_count() or 1, progress)
    finally:
        progress.close()
    payload = comparison.payload
    files = kept("compare", payload, lambda: comparison_figures(payload), base, out)
    say_answer(form, payload, comparison_rows, comparison_text, files)
    return 0 if comparison.passed else 1
