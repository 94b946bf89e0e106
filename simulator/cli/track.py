"""The command `track`: past runs against what came; it reads their folders and prints."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any, TypeVar

import click

from simulator.cli.loaded import day
from simulator.cli.terminal import say, say_bytes

Command = TypeVar("Command", bound=Callable[..., Any])
Payload = Mapping[str, Any]
SERIES = ("bookings", "billings", "revenue", "receipts", "arr", "balance")


@click.group(name="track", short_help="Hold past runs against what came.")
def command() -> None:
    """Hold past runs against what came.

    The folders that `simulator run` leaves are the record: nothing is simulated, nothing is written but the
    figure that --figures asks for.
    """


def runs_option(inner: Command) -> Command:
    """Add the option that says whose runs are meant."""
    return click.option(
        "--of", metavar="NAME|DIR",
        help="The scenario, or its folder of runs; by default the one that was run last, in reports/.",
    )(inner)  # fmt: skip


def form_option(inner: Command) -> Command:
    """Add the option for what stands on standard output."""
    return click.option(
        "--format", "form", type=click.Choice(["table", "json", "csv"]), default="table", show_default=True,
        help="What stands on standard output.",
    )(inner)  # fmt: skip


def outcome_options(inner: Command) -> Command:
    """Add the options of what is known, and where the figure goes."""
    until = click.option(
        "--as-of", "until", type=day, metavar="DATE", help="What was known at the end of this day."
    )
    figures = click.option(
        "--figures", type=click.Path(path_type=Path, file_okay=False), metavar="DIR",
        help="Takes a figure: what was forecast by as-of day, and what came.",
    )  # fmt: skip
    return until(figures(inner))


@command.command(name="list", short_help="List the runs of a scenario.")
@runs_option
@form_option
def list_command(of: str | None, form: str) -> None:
    """List the runs of a scenario: as-of day, trials, seed, version, headline and chance of the plan.

    Of several runs of one day the last one counts in `score`. Folders that hold no finished run are named.
    """
    from simulator.analysis.track import listed
    from simulator.report.past_runs import list_rows, list_screen
    from simulator.runs import past_runs

    _print(form, listed(past_runs(of)), list_screen, list_rows)


@command.command(name="show", short_help="Follow one period from run to run.")
@click.argument("period", required=False)
@runs_option
@click.option("--series", type=click.Choice(SERIES), default="bookings", show_default=True, help="Of what.")
@click.option("--segment", default="", metavar="NAME", help="One segment, of which runs tell by month.")
@click.option(
    "--actuals", type=click.Path(path_type=Path), metavar="FILE", help="What came, as for `track score`."
)
@outcome_options
@form_option
def show_command(
    period: str | None, of: str | None, series: str, segment: str, actuals: Path | None, until: date | None,
    figures: Path | None, form: str,
) -> None:  # fmt: skip
    """Show what each run forecast of PERIOD, by its as-of day, beside others' numbers and what came.

    PERIOD is a month, quarter or year that runs name, such as 2026-11, "Q4 FY2026" or FY2026; by default the
    one that the newest run's headline is about.
    """
    from simulator.analysis.track import followed, record
    from simulator.report.past_runs import followed_screen, window_rows
    from simulator.runs import past_runs

    payload = followed(record(past_runs(of), actuals, until), period, series, segment)
    if figures is not None:
        _draw(payload, figures)
    _print(form, payload, followed_screen, window_rows)


@command.command(name="score", short_help="Tell how often ranges held, and who came closer.")
@click.argument("actuals", required=False, type=click.Path(path_type=Path))
@runs_option
@outcome_options
@form_option
def score_command(
    actuals: Path | None, of: str | None, until: date | None, figures: Path | None, form: str
) -> None:
    """Tell how often the ranges of past runs held, and how far off they and others were.

    ACTUALS is a CSV file of what came: month, series, amount, and segment where it is about one; its months
    count as whole. Without it the newest run tells, by its own inputs: won deals, paid invoices, actual
    figures. Only periods that have ended count, each run once a day, and only what a run has forecast before.

    Others are the weighted pipeline, the sales commit, the reps' dates (amount × chance of the deals that
    they stated to close in time) and the plan.
    """
    from simulator.analysis.track import followed, main_period, record, scored
    from simulator.report.past_runs import score_screen, window_rows
    from simulator.runs import past_runs

    known = record(past_runs(of), actuals, until)
    payload = scored(known)
    if figures is not None and (main := main_period(payload)) is not None:
        series, period = main
        _draw(followed(known, period, series), figures)
    _print(form, payload, score_screen, window_rows)


def _draw(payload: Payload, folder: Path) -> None:
    """Write the figure of a period."""
    from simulator.report.figures import write_drawn
    from simulator.report.past_runs_figure import FIGURES

    write_drawn(FIGURES, payload, folder)


def _print(
    form: str, payload: Payload, screen: Callable[[Payload], str],
    rows: Callable[[Payload], Iterator[Sequence[Any]]],
) -> None:  # fmt: skip
    from simulator.runs import csv_bytes, json_bytes

    if form == "table":
        say(screen(payload))
    else:
        say_bytes(json_bytes(payload) if form == "json" else csv_bytes(rows(payload)))
