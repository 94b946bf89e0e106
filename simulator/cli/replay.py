"""The command `replay`: what does a low year look like, deal by deal?"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any

import click

from simulator.cli.loaded import loaded
from simulator.cli.questions import aim_options, all_sets, kept, question_options, say_answer
from simulator.cli.terminal import Progress


@click.command(name="replay", short_help="Tell one trial deal by deal, and what made it a bad year.")
@click.argument("scenario", type=click.Path(path_type=Path))
@click.option("--trial", type=click.IntRange(min=0), metavar="N", help="Its number, from 0.")
@click.option(
    "--at", type=click.Choice(["low", "middle", "high"]),
    help="Instead: the trial nearest to this end of the range; by default low.",
)  # fmt: skip
@click.option("--deal", metavar="ID", help="Only what happens to one deal, contract or invoice.")
@aim_options
@question_options
def command(
    scenario: Path, trial: int | None, at: str | None, deal: str | None, target: str | None,
    series: str | None, amount: float | None, by: date | None, segment: str | None, as_of: date | None,
    sets: Sequence[str], problems: Path | None, trials: str | None, seed: int | None, workers: int | None,
    out: Path | None, form: str, quiet: bool,
) -> int:  # fmt: skip
    """Tell one trial of SCENARIO, a scenario file or a run's folder, deal by deal.

    Stages with their dates, lost where and when, amounts, invoices, payments; and what made it a bad year or
    a good one, against the average of each deal. The trial is rebuilt from the seed alone and adds up to what
    the run has of it. Of a run's folder it is one of its trials; else 4,000 are played to find it, or as many
    as the scenario or --trials says.
    """
    from simulator.analysis.aims import aim_of
    from simulator.analysis.replay import event_rows, narrowed, replay_payload, trials_for
    from simulator.executors import keep_memory
    from simulator.report.replay import replay_text
    from simulator.runs import trials_and_seed

    if trial is not None and at is not None:
        raise click.UsageError("--trial names a trial already: leave --at out")
    changes = all_sets(sets, trials, seed)
    found = loaded(scenario, changes, as_of, problems)
    aim = aim_of(found, target, series, amount, by, segment)
    others = any(change.partition("=")[0].strip() in ("trials", "seed") for change in changes)
    run = None if others else trials_and_seed(scenario)
    count = trials_for(found, trial, run)
    keep_memory()  # of a process that is ours alone
    progress = Progress(quiet)
    try:
        payload = replay_payload(
            found, aim, count, trial, at or "low", run and run[1], workers or os.cpu_count() or 1, progress
        )
    finally:
        progress.close()
    if deal is not None:
        payload = narrowed(payload, deal)
    say_answer(form, payload, event_rows, replay_text, _kept(payload, out))
    return 0 if payload["adds_up"] else 1


def _kept(payload: Mapping[str, Any], out: Path | None) -> str:
    """Write the trial where that is asked for; a run's folder is left as it is."""
    from simulator.report.replay_figure import replay_figures

    return "" if out is None else kept("replay", payload, lambda: replay_figures(payload), out, out)
