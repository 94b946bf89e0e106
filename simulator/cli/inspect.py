"""The command `inspect`: what an export is, and what can be made of it."""

from __future__ import annotations

import shlex
from dataclasses import replace
from datetime import date
from pathlib import Path

import click

from simulator.cli.currencies import currency_code
from simulator.cli.loaded import day, write_problems
from simulator.cli.terminal import say, say_bytes


@click.command(name="inspect", short_help="Say what an export is, and what can be made of it.")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--as-of", type=day, metavar="DATE", help="As of this day; by default the last it tells.")
@click.option(
    "--map", "mapping", type=click.Path(path_type=Path), metavar="FILE",
    help="Which columns are which, such as deals: {id: Number}.",
)  # fmt: skip
@click.option(
    "--currency", type=currency_code, metavar="CODE", help="Of the company, where the file does not tell it."
)
@click.option(
    "--problems", type=click.Path(path_type=Path), metavar="FILE",
    help="Write every row that is left out, with its line and the rule, to a CSV file.",
)  # fmt: skip
@click.option(
    "--format", "form", type=click.Choice(["table", "json"]), default="table", show_default=True,
    help="What stands on standard output.",
)  # fmt: skip
def command(
    file: Path,
    as_of: date | None,
    mapping: Path | None,
    currency: str | None,
    problems: Path | None,
    form: str,
) -> None:
    """Say what FILE is, an export of deals, stages or invoices; nothing is forecast and nothing kept.

    Which system wrote it and how it was read; what is in it; how much of its money is used and how much is
    left out; the mapping to paste into a scenario; and what would let more be learned.
    """
    from simulator.loading.exports import inspected, left_out
    from simulator.loading.history_frame import HistoryFrame, frame_with_map
    from simulator.report.inspection import inspection_json, inspection_text

    frame = HistoryFrame(known=as_of)
    frame = frame if mapping is None else frame_with_map(frame, mapping)
    if currency is not None:
        frame = replace(frame, currency=currency, currency_by="--currency")
    found = inspected(file, frame)
    if problems is not None:
        write_problems(problems, left_out(found))
    if form == "json":
        from simulator.runs import json_bytes

        return say_bytes(json_bytes(inspection_json(found)))
    options = f" --map {shlex.quote(str(mapping))}" if mapping is not None else ""
    say(inspection_text(found, options + (f" --currency {currency}" if currency is not None else "")))
