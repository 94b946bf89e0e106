"""Read the history that a command was given, and the scenario that it starts from."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from simulator.cli.loaded import allowed_outside, day, outside_option

if TYPE_CHECKING:
    from simulator.history import History
    from simulator.scenario import Scenario

Command = TypeVar("Command", bound=Callable[..., Any])


def history_options(command: Command) -> Command:
    """Add the arguments and options of every command that learns from a history."""
    parameters = (
        click.argument(
            "files", nargs=-1, required=True, metavar="FILE...", type=click.Path(path_type=Path)
        ),
        click.option(
            "--base", type=click.Path(path_type=Path), metavar="SCENARIO", help="Starts from its tables."
        ),
        click.option(
            "--map", "mapping", type=click.Path(path_type=Path), metavar="FILE",
            help="Which columns are which, such as deals: {id: Number}.",
        ),
        click.option("--segment-by", metavar="COLUMN", help="A segment for each value of this column."),
    )  # fmt: skip
    command = outside_option(command)
    for parameter in reversed(parameters):
        command = parameter(command)
    return command


def as_of_option(command: Command) -> Command:
    """Add the option that names the last known day."""
    text = "What was known at the end of this day; by default the last one that is recorded."
    return click.option("--as-of", type=day, metavar="DATE", help=text)(command)


def history_of(
    files: Sequence[Path], as_of: date | None, base: Path | None, mapping: Path | None, segment_by: str | None
) -> tuple[History, Scenario | None]:
    """Return the history as of a day, and the scenario that it starts from."""
    from simulator.learning.files import Origin
    from simulator.learning.refitting import history_of as read

    return read(Origin(tuple(files), mapping, base, segment_by, allow_outside=allowed_outside()), as_of)
