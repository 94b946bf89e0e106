"""What commands share that ask questions of a scenario: their options, and where their answers are kept."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar

import click

from simulator.cli.loaded import day, loading_options
from simulator.cli.terminal import say, say_bytes

Command = TypeVar("Command", bound=Callable[..., Any])


def trials_text(text: str) -> str:
    """Return a number of trials, or `auto`, as a scenario file would have it."""
    text = text.strip().lower()
    if text != "auto" and not (text.isascii() and text.isdigit() and int(text) > 0):
        raise click.BadParameter(f"{text!r} is neither a number of trials nor auto")
    return text


def question_options(command: Command) -> Command:
    """Add the options of every command that plays scenarios to answer a question."""
    parameters = (
        click.option("--trials", type=trials_text, metavar="N|auto", help="How many futures, alike in all."),
        click.option("--seed", type=click.IntRange(min=0), metavar="N", help="Of their random numbers."),
    )
    command = answer_options(command)
    for parameter in reversed(parameters):
        command = parameter(command)
    return loading_options(command)


def answer_options(command: Command) -> Command:
    """Add the options of every command that answers a question, whatever it is asked of."""
    parameters = (
        click.option("--workers", type=click.IntRange(min=1), metavar="N", help="Threads, one a core."),
        click.option(
            "--out", type=click.Path(path_type=Path, file_okay=False), metavar="DIR",
            help="Write the answer as JSON there, with its figure; a run's folder takes them anyway.",
        ),
        click.option(
            "--format", "form", type=click.Choice(["table", "json", "csv"]), default="table",
            show_default=True, help="What stands on standard output.",
        ),
        click.option("-q", "--quiet", is_flag=True, help="No progress on standard error."),
    )  # fmt: skip
    for parameter in reversed(parameters):
        command = parameter(command)
    return command


def aim_options(command: Command) -> Command:
    """Add the options that say what a question is about: a target, or an amount of a series by a day."""
    parameters = (
        click.option("--target", metavar="NAME", help="A target of the scenario; by default its first."),
        click.option(
            "--series", metavar="NAME", help="Instead: bookings, billings, revenue, receipts, balance."
        ),
        click.option("--amount", type=_amount, metavar="6M", help="To be reached by it."),
        click.option(
            "--by",
            "--until",
            "by",
            type=day,
            metavar="DATE",
            help="Until when, from the fiscal year's start.",
        ),
        click.option("--segment", metavar="NAME", help="Of one segment only."),
    )
    for parameter in reversed(parameters):
        command = parameter(command)
    return command


def _amount(text: str) -> float:
    """Return an amount in major units, such as 6M."""
    from pydantic_core import PydanticCustomError

    from simulator.scenario.values import signed_money

    try:
        return float(signed_money(text.strip()))
    except PydanticCustomError as error:
        remedy = (error.context or {}).get("remedy", "")
        raise click.BadParameter(f"{text!r} {error.message()}; {remedy}") from None


def all_sets(sets: Sequence[str], trials: str | None, seed: int | None) -> list[str]:
    """Return the settings of a command, its trials and its seed among them."""
    return [*sets, *([f"trials={trials}"] if trials else []), *([] if seed is None else [f"seed={seed}"])]


def say_answer(
    form: str, payload: Mapping[str, Any], rows: Callable[[Mapping[str, Any]], Iterable[Iterable[Any]]],
    text: Callable[[Mapping[str, Any], str], str], files: str,
) -> None:  # fmt: skip
    """Print an answer in the form that is asked for.

    Args:
        form: `table`, `json` or `csv`.
        payload: the answer.
        rows: gives its rows, the header first.
        text: gives what a person reads, and where it was written.
        files: where that is, "" for nowhere.
    """
    from simulator.runs import csv_bytes, json_bytes

    if form == "json":
        say_bytes(json_bytes(payload))
    elif form == "csv":
        say_bytes(csv_bytes(rows(payload)))
    else:
        say(text(payload, files))


def kept(
    name: str, payload: Mapping[str, Any], figures: Callable[[], Mapping[str, bytes]], given: Path,
    out: Path | None = None,
) -> str:  # fmt: skip
    """Write an answer into the run's folder that it is about, or where it is asked for; return where.

    What there is of the run's report is written anew, so that it shows the answer.

    Args:
        name: of the JSON file, without its ending.
        payload: the answer.
        figures: gives its figures, by file name, where anything is written.
        given: what the command was given: only where it is a run's folder anything is written there.
        out: a folder that takes it in any case.

    Raises:
        PlaceError: the folder cannot be written to.
        UsageError: somebody else's file stands there.
    """
    from simulator.runs import json_bytes, write_results

    folder = out or (given if (given / "run.json").is_file() else None)
    if folder is None:
        return ""
    drawn = {f"figures/{file}": content for file, content in figures().items()}
    write_results(folder, {f"{name}.json": json_bytes(payload), **drawn})
    _renew(folder)
    return str(folder / f"{name}.json")


def _renew(folder: Path) -> None:
    """Write anew what a run has left of its report; nothing where it left none."""
    from simulator.report.editions import EDITIONS, USUAL, write_editions
    from simulator.report.results import results_of

    if (folder / "run.json").is_file():
        formats = [form for form in USUAL if (folder / EDITIONS[form][0]).is_file()]
        if formats:
            write_editions(results_of(folder), folder, formats)
