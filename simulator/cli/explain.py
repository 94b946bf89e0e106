"""The command `explain`: why, and what would change it?"""

from __future__ import annotations

import os
from collections.abc import Sequence
from datetime import date
from pathlib import Path

import click

from simulator.cli.loaded import loaded
from simulator.cli.questions import aim_options, all_sets, kept, question_options, say_answer
from simulator.cli.terminal import Progress


@click.command(name="explain", short_help="Tell what makes a forecast wide, and what moves it.")
@click.argument("scenario", type=click.Path(path_type=Path))
@aim_options
@question_options
def command(
    scenario: Path, target: str | None, series: str | None, amount: float | None, by: date | None,
    segment: str | None, as_of: date | None, sets: Sequence[str], problems: Path | None,
    trials: str | None, seed: int | None, workers: int | None, out: Path | None, form: str, quiet: bool,
) -> int:  # fmt: skip
    """Tell where the uncertainty of SCENARIO, or of a run's folder, comes from, and what hangs on what.

    It is about a target, by default the first; or about a series until a day. Where its uncertainty comes
    from, in shares of 100 %; what each assumption does, moved down and up alone; the deals that swing it;
    what to have by when; what the good years share; what payment terms hold back; and how much hangs on a
    few deals, customers and segments.
    """
    from simulator.analysis.aims import aim_of
    from simulator.analysis.explain.explanation import explain
    from simulator.analysis.explain.question import Question
    from simulator.analysis.explain.rows import explanation_rows
    from simulator.executors import keep_memory
    from simulator.report.explain import explanation_text
    from simulator.report.explain_figures import explanation_figures

    given = all_sets(sets, trials, seed)
    found = loaded(scenario, given, as_of, problems)
    aim = aim_of(found, target, series, amount, by, segment)
    keep_memory()  # of a process that is ours alone
    progress = Progress(quiet)
    question = Question(
        found,
        aim,
        lambda more: loaded(scenario, [*given, *more], as_of, problems),
        workers or os.cpu_count() or 1,
        progress,
    )
    try:
        payload = explain(question)
    finally:
        progress.close()
    files = kept("explain", payload, lambda: explanation_figures(payload), scenario, out)
    say_answer(form, payload, explanation_rows, explanation_text, files)
    return 0 if payload["self_check"]["passed"] else 1
