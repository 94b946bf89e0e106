"""The command `fit`: learn a funnel's figures from a history."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from datetime import date
from pathlib import Path

import click

from simulator.cli.histories import as_of_option, history_options
from simulator.cli.loaded import allowed_outside
from simulator.cli.terminal import say, say_bytes


@click.command(name="fit", short_help="Learn a funnel's figures from history.")
@history_options
@as_of_option
@click.option(
    "--draws",
    type=click.IntRange(min=100, max=20_000),
    default=2000,
    show_default=True,
    help="Of the posterior.",
)
@click.option("--seed", type=click.IntRange(min=0), default=1, show_default=True, help="Of the draws.")
@click.option(
    "-o", "--out", "folder", type=click.Path(path_type=Path, file_okay=False), required=True, metavar="DIR",
    help="Takes learned.yaml, its draws, and a scenario that names them.",
)  # fmt: skip
@click.option(
    "--format", "form", type=click.Choice(["table", "json"]), default="table", show_default=True,
    help="What stands on standard output.",
)  # fmt: skip
def command(
    files: Sequence[Path], as_of: date | None, base: Path | None, mapping: Path | None,
    segment_by: str | None, draws: int, seed: int, folder: Path, form: str,
) -> None:  # fmt: skip
    """Learn from FILE…, a stage log, deals, invoices, or a folder of dated exports.

    Each file is known by its columns. DIR takes learned.yaml, every figure with its evidence, and the draws
    that carry its uncertainty into a forecast; `simulator run DIR/scenario.yaml` works at once.
    """
    from simulator.learning.files import Origin, check_ours, learned_at, sure_names, write_fit
    from simulator.learning.refitting import learn

    origin = Origin(tuple(files), mapping, base, segment_by, allow_outside=allowed_outside())
    check_ours(folder, sure_names(origin), origin)
    learned = learn(origin, as_of, draws, seed)
    written = write_fit(learned, folder, origin, seed)
    if form == "json":
        from simulator.runs import json_bytes

        say_bytes(json_bytes(learned_at(folder).model_dump()))
        return
    from simulator.loading.places import ALLOW, project_of
    from simulator.report.fit import fit_text

    project = project_of(folder)
    outside = [path for path in (*files, base) if path is not None and not project.holds(path)]
    following = f"simulator run {shlex.quote(str(folder / 'scenario.yaml'))}"
    following += f" {ALLOW}" if base in outside else ""
    say(fit_text(learned, f"{folder}/", written, following))
    if outside:
        needs = "each run" if base in outside else "--refit"
        say(
            f"{folder}/ stands on files outside of it. With an empty simulator.toml in the folder that\n"
            f"holds both it is one project; else {needs} needs {ALLOW}.\n"
        )
