"""Load the scenario that a command was given, and write down every problem where that is asked for."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Sequence
from dataclasses import asdict, fields
from datetime import date
from functools import wraps
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any, TypeVar, cast

import click

from simulator.errors import InputError, Problem

if TYPE_CHECKING:
    from simulator.scenario import Scenario

Command = TypeVar("Command", bound=Callable[..., Any])
_OUTSIDE = "allow_outside"


def day(text: str) -> date:
    """Return the date of a text such as `2026-10-31`."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        from simulator.periods import missing_day

        parts = re.fullmatch(r"([0-9]{4})-([0-9]{2})-([0-9]{2})", text)
        why, meant = missing_day(*map(int, parts.groups())) if parts else ("is not a date", "")
        remedy = f"did you mean {meant}?" if meant else "write for example 2026-10-31"
        raise click.BadParameter(f"{text!r} {why}; {remedy}") from None


def scenario_options(command: Command) -> Command:
    """Add the argument and the options of every command that takes a scenario."""
    return click.argument("scenario", type=click.Path(path_type=Path))(loading_options(command))


def loading_options(command: Command) -> Command:
    """Add the options of every command that loads scenarios.

    Files that stand in for the scenario's are settings like any other: the command finds them among its sets.
    """

    @wraps(command)
    def with_files(*args: Any, deals: Path | None, invoices: Path | None, **given: Any) -> Any:
        given["sets"] = [*files_in_place(deals, invoices), *given["sets"]]
        return command(*args, **given)

    parameters = (
        click.option("--as-of", type=day, metavar="DATE", help="As of the end of this day."),
        click.option(
            "--set", "sets", multiple=True, metavar="KEY=VALUE",
            help="Change a figure, such as segments.smb.close_date.slip=1.5; also += and *=.",
        ),
        click.option(
            "--deals", type=click.Path(path_type=Path), metavar="FILE",
            help="A newer export in place of the scenario's deals, read as those are.",
        ),
        click.option(
            "--invoices", type=click.Path(path_type=Path), metavar="FILE",
            help="The same for its invoices.",
        ),
        click.option(
            "--problems", type=click.Path(path_type=Path), metavar="FILE",
            help="Write every problem of the input to a CSV file.",
        ),
    )  # fmt: skip
    result: Any = outside_option(with_files)
    for parameter in reversed(parameters):
        result = parameter(result)
    return cast(Command, result)


def files_in_place(deals: Path | None, invoices: Path | None) -> list[str]:
    """Return the settings by which files stand in for the scenario's own, whose names go with them."""
    given = {"deals": deals, "invoices": invoices}
    named = [f"data.{key}={json.dumps(str(path))}" for key, path in given.items() if path is not None]
    return [*named, "data.kept_from={}"] if named else []


def outside_option(command: Command) -> Command:
    """Add the option that lets files name others anywhere; it counts for all that the command loads."""
    return click.option(
        "--allow-outside", is_flag=True, expose_value=False, callback=_note_outside,
        help="Also read files outside the project that files name; see SECURITY.md.",
    )(command)  # fmt: skip


def allowed_outside() -> bool:
    """Tell whether the command that runs was given --allow-outside."""
    return bool(click.get_current_context().meta.get(_OUTSIDE))


def loaded(
    given: Path, sets: Sequence[str], as_of: date | None, problems: Path | None, refit: bool = False
) -> Scenario:
    """Load a scenario file or the inputs of a run's folder.

    Args:
        given: file or folder.
        sets: changes.
        as_of: the last known day, in place of the file's.
        problems: takes every problem, as CSV.
        refit: whether its figures are learned anew first, as of its day.

    Raises:
        InputError: the input is wrong; every problem stands in `problems`, where that is given.
    """
    from simulator.loading import load
    from simulator.runs import scenario_file

    try:
        path, outside = scenario_file(given), allowed_outside()
        if refit:
            return _learned_anew(path, sets, as_of, outside)
        return load(path, sets=tuple(sets), as_of=as_of, allow_outside=outside)
    except InputError as error:
        if problems is not None:
            write_problems(problems, getattr(error, "every", error.problems))
        raise


def write_problems(path: Path, problems: Sequence[Problem]) -> None:
    """Write problems to a CSV file, a line each."""
    from simulator.runs import csv_bytes, write_file

    header = [field.name for field in fields(Problem)]
    write_file(path, csv_bytes([header, *(asdict(problem).values() for problem in problems)]))


def _note_outside(context: click.Context, parameter: click.Parameter, value: bool) -> None:
    context.meta[_OUTSIDE] = value


def _learned_anew(path: Path, sets: Sequence[str], as_of: date | None, allow_outside: bool) -> Scenario:
    """Load a scenario with figures that are learned for it and kept nowhere but in what it holds."""
    from simulator.learning.refitting import refit
    from simulator.loading import load
    from simulator.loading.places import project_of

    with TemporaryDirectory() as folder:
        project = project_of(path, allow_outside).also(Path(folder))
        learned = refit(path, sets, as_of, Path(folder), allow_outside)
        return load(learned, sets=tuple(sets), as_of=as_of, project=project)
