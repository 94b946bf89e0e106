"""The command `goal`: what would it take, and what would endanger it?"""

from __future__ import annotations

import os
from collections.abc import Sequence
from datetime import date
from pathlib import Path

import click

from simulator.cli.loaded import loaded
from simulator.cli.questions import aim_options, all_sets, kept, question_options, say_answer
from simulator.cli.terminal import Progress


def chance(text: str) -> float:
    """Return the chance of a text such as `80%` or `0.8`."""
    try:
        value = float(text.strip().removesuffix("%")) / (100 if text.strip().endswith("%") else 1)
    except ValueError:
        value = -1.0
    if not 0 < value < 1:
        raise click.BadParameter(f"{text!r} is no chance between none and certainty; write for example 80%")
    return value


@click.command(name="goal", short_help="Say what it would take to reach a target, and what endangers it.")
@click.argument("scenario", type=click.Path(path_type=Path))
@aim_options
@click.option(
    "--chance",
    "wanted",
    type=chance,
    metavar="80%",
    help="Wanted; 80% where neither it nor --below is given.",
)
@click.option(
    "--lever",
    "levers",
    multiple=True,
    metavar="NAME",
    help="Only this one: pipeline, conversion, speed, price, deposit or terms; may be repeated.",
)
@click.option("--below", type=chance, metavar="20%", help="Also what would take the chance below this.")
@question_options
def command(
    scenario: Path, target: str | None, series: str | None, amount: float | None, by: date | None,
    segment: str | None, wanted: float | None, levers: Sequence[str], below: float | None,
    as_of: date | None, sets: Sequence[str], problems: Path | None,
    trials: str | None, seed: int | None, workers: int | None, out: Path | None, form: str, quiet: bool,
) -> int:  # fmt: skip
    """Say what it would take to reach a target of SCENARIO, a scenario file or a run's folder.

    One lever at a time, in units of the business: more new deals, more of them won, sooner, at a higher
    price, with a deposit, due sooner. A lever that does not get there says how far it gets. With --below it
    is told how hard a shock must be to take the chance below. Of a balance without --amount it is asked that
    it never falls below the floor. Without --trials there are 2,000 of each play.
    """
    from simulator.analysis.aims import aim_of
    from simulator.analysis.goal.answers import TRIALS, goal
    from simulator.analysis.goal.rows import goal_rows
    from simulator.executors import keep_memory
    from simulator.report.goal import goal_text
    from simulator.report.goal_figure import goal_figures

    given = trials if trials and trials != "auto" else str(TRIALS)
    known = loaded(scenario, all_sets(sets, given, seed), as_of, problems)
    aim = aim_of(known, target, series, amount, by, segment)
    keep_memory()  # of a process that is ours alone
    progress = Progress(quiet)
    try:
        chance_wanted = 0.8 if wanted is None and below is None else wanted
        answer = goal(
            known, aim, chance_wanted, below, levers, int(given), workers or os.cpu_count() or 1, progress
        )
    finally:
        progress.close()
    payload = answer.payload
    files = kept("goal", payload, lambda: goal_figures(payload), scenario, out)
    say_answer(form, payload, goal_rows, goal_text, files)
    return 0 if answer.passed else 1
