"""The command `run`: forecast, print, keep."""

from __future__ import annotations

import os
import shlex
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from datetime import UTC, date, datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click
from click.core import ParameterSource

from simulator.cli.loaded import loaded, scenario_options
from simulator.cli.questions import all_sets, kept, trials_text
from simulator.cli.terminal import Progress, say, say_bytes
from simulator.errors import PlaceError, SimulatorError, UsageError

if TYPE_CHECKING:
    from simulator.analysis.comparison import Comparison
    from simulator.analysis.plays import Variant
    from simulator.analysis.variants import Load
    from simulator.executors import Crew
    from simulator.forecast import Forecast
    from simulator.played import Shelf
    from simulator.runs import RunFolder
    from simulator.scenario import Scenario

MOST_DEALS: Final = 20_000
"""Open deals up to which a run is held against the one before; of more, only where that is asked for."""


@click.command(name="run", short_help="Forecast bookings and receipts, with intervals.")
@scenario_options
@click.option("--trials", type=trials_text, metavar="N|auto", help="How many futures; auto: until they tell.")
@click.option(
    "--seed", type=click.IntRange(min=0), metavar="N", help="Of the random numbers; set in the file."
)
@click.option(
    "--workers", type=click.IntRange(min=1), metavar="N", help="Threads, by default one a core; same numbers."
)
@click.option(
    "--cluster", metavar="ADDRESS", help="Play on a cluster of dask: tcp://host:8786, tls://…, or local:4."
)
@click.option("--insecure", is_flag=True, help="Let the cluster be another machine without TLS.")
@click.option(
    "--by", multiple=True, metavar="WHAT",
    help="Also a table by month, segment, source, or one column of the deals: customer, class, stage, "
    "currency, terms, or any that the forecast does not read, such as owner.",
)  # fmt: skip
@click.option(
    "--refit", is_flag=True,
    help="Learn anew first, as of the run's date, from what learned.yaml records, or from data.history.",
)  # fmt: skip
@click.option(
    "--summary", is_flag=True,
    help="Hold no trials in memory but in the run's folder, until it is done; so do long runs by themselves.",
)  # fmt: skip
@click.option("--resume", is_flag=True, help="Finish a run that was cut short, to the same numbers.")
@click.option("--details", is_flag=True, help="Also what the first screen leaves out.")
@click.option(
    "--out", type=click.Path(path_type=Path), metavar="DIR", help="Instead of reports/<name>/<as_of>/."
)
@click.option(
    "--format", "form", type=click.Choice(["table", "json", "csv"]), default="table", show_default=True,
    help="What stands on standard output.",
)  # fmt: skip
@click.option("-q", "--quiet", is_flag=True, help="No progress on standard error.")
def command(
    scenario: Path, as_of: date | None, sets: Sequence[str], problems: Path | None,
    trials: str | None, seed: int | None, workers: int | None,
    cluster: str | None, insecure: bool,
    by: Sequence[str], refit: bool, summary: bool, resume: bool, details: bool, out: Path | None, form: str,
    quiet: bool,
) -> int:  # fmt: skip
    """Forecast SCENARIO, a file or the folder of an earlier run.

    The result stands on standard output; the run's folder keeps it with everything it was made from:
    forecast.json, forecast.csv, deals.csv, figures and the inputs. A run of more than some seconds that is
    cut short leaves there what it has played, and --resume finishes it.
    """
    started = datetime.now(UTC)
    _who_plays(workers, cluster, insecure)
    sets = all_sets(sets, trials, seed)
    resolved = loaded(scenario, sets, as_of, problems, refit)
    variants = _variants(
        resolved, scenario, lambda path, more: loaded(path, [*sets, *more], as_of, problems, refit)
    )
    from simulator.runs import Record, file_names, origin, reopen, reserve, unfinished, write_run

    others = [one.scenario for one in variants if one.kind == "scenario"][1:]
    as_of_day, made_of = resolved.horizon.as_of.isoformat(), partial(origin, resolved, _column(by), others)
    if resume:
        folder = reopen(resolved.name, as_of_day, made_of, out)
    else:
        if out is None and not quiet and (left := unfinished(resolved.name, as_of_day)) is not None:
            click.echo(f"{left} holds a run that was cut short: --resume would finish it", err=True)
        folder = reserve(resolved.name, as_of_day, out, files=file_names(resolved, others), origin=made_of)
    written = False
    try:
        crew, shelf = _crew(workers, cluster, insecure), folder.blocks
        forecast, comparison = _simulated(resolved, variants, crew, _column(by), quiet, shelf, summary)
        finished = datetime.now(UTC)
        payload = forecast.to_json()
        answers = _answers(forecast, payload, comparison, folder, _workers(workers))
        _print(form, forecast, payload, by, details, folder, answers)
        said = {"scenario": str(scenario), "as_of": as_of and as_of.isoformat()}
        arguments = {**said, "set": sets, "by": list(by), **({"refit": True} if refit else {})}
        record = Record(
            payload, forecast.rows(), forecast.deal_rows(), resolved, arguments, started, finished, others
        )
        write_run(folder, record)
        written = True
        _draw(payload, folder.path, workers)
        _keep(answers, folder.path)
        _report(folder)
        folder.blocks.remove()
    except KeyboardInterrupt:
        raise click.Abort(f"interrupted: {_left(folder, written)}") from None
    except PlaceError as error:
        kept = f"\n  {_left(folder, written)}" if written or folder.blocks.any else ""
        raise PlaceError(f"{error}{kept}", code=error.code) from error
    finally:
        folder.release()
    passed = payload["self_check"]["passed"] and (comparison is None or comparison.passed)
    return 0 if passed else 1


def _draw(payload: Mapping[str, Any], folder: Path, workers: int | None) -> None:
    from simulator.report.figures import figure_names, write_figures
    from simulator.runs import add_files, inside

    # Before they stand, so that a run that is cut short leaves none that nobody knows.
    add_files(folder, [f"figures/{name}" for name in figure_names()])
    write_figures(payload, inside(folder, "figures"), _workers(workers))


def _answers(
    forecast: Forecast, payload: Mapping[str, Any], comparison: Comparison | None, folder: RunFolder,
    workers: int,
) -> dict[str, Mapping[str, Any]]:  # fmt: skip
    """Return what a run tells beside its forecast, by the name of its JSON file."""
    found = {
        "compare": None if comparison is None else comparison.payload,
        "bridge": _since(forecast, payload, folder, workers),
        "track": _track(forecast.scenario, folder),
    }
    return {name: answer for name, answer in found.items() if answer is not None}


def _keep(answers: Mapping[str, Mapping[str, Any]], folder: Path) -> None:
    from simulator.report.compare_figures import comparison_figures

    figures = {"compare": comparison_figures}
    for name, answer in answers.items():
        kept(name, answer, partial(figures.get(name, lambda _: {}), answer), folder)


def _report(folder: RunFolder) -> None:
    from simulator.report.editions import write_editions
    from simulator.report.results import results_of

    write_editions(results_of(folder.path, str(folder.handle)), folder.path)


def _since(
    forecast: Forecast, payload: Mapping[str, Any], folder: RunFolder, workers: int
) -> dict[str, Any] | None:
    """Return why the headline changed since the run before; None without one that can be held against it."""
    from simulator.runs import previous_run

    if (before := previous_run(folder)) is None or len(forecast.scenario.pipeline) > MOST_DEALS:
        return None
    from simulator.analysis.bridge import since_run

    try:
        return since_run(before, forecast, payload, folder.path.resolve().name, workers)
    except SimulatorError:  # what became of an old run's inputs is no reason to stop this one
        return None


def _track(scenario: Scenario, folder: RunFolder) -> dict[str, Any] | None:
    """Return how often the ranges of earlier runs held; None where nothing that they forecast has ended."""
    from simulator.runs import past_runs, previous_run

    if previous_run(folder) is None:
        return None
    from simulator.analysis.track import kept_score, record_before

    try:
        return kept_score(record_before(past_runs(str(folder.home)), scenario))
    except SimulatorError:  # nor is what cannot be read of them
        return None


def _left(folder: RunFolder, written: bool) -> str:
    """Say what a run that is cut short leaves, and how to finish it."""
    if not folder.blocks.any:
        report = shlex.quote(str(folder.handle))
        stands = f"the forecast stands in {folder.path}; write its report with: simulator report {report}"
        return stands if written else "nothing was kept"
    return f"what is played is kept; finish it with: {_again(click.get_current_context())}"


def _again(context: click.Context) -> str:
    """Return the command as it was given, with --resume."""
    words = ["simulator", context.info_name or ""]
    for parameter in context.command.params:
        name = parameter.name or ""
        value, flag = (context.params | context.meta)[name], parameter.opts[-1]
        if context.get_parameter_source(name) != ParameterSource.COMMANDLINE or name == "resume":
            continue
        if isinstance(parameter, click.Argument):
            words.append(str(value))
        elif isinstance(value, bool):
            words.append(flag)
        else:
            words += [w for one in (value if parameter.multiple else [value]) for w in (flag, str(one))]
    return shlex.join([*words, "--resume"])


def _column(by: Sequence[str]) -> str | None:
    """Return the one column of the deals to group by."""
    columns = [name for name in by if name not in ("month", "segment", "source")]
    if len(columns) > 1:
        raise click.UsageError(f"one column at a time: --by {columns[0]} or --by {columns[1]}")
    return columns[0] if columns else None


def _workers(asked: int | None) -> int:
    """Return how many workers there are: as many as asked for, else one a core."""
    return asked or os.cpu_count() or 1


def _who_plays(workers: int | None, address: str | None, insecure: bool) -> None:
    """Refuse what does not go together."""
    if address is not None and workers is not None:
        raise UsageError("--workers beside --cluster: the cluster has its own; leave one out", code="U001")
    if address is None and insecure:
        raise UsageError("--insecure: only with --cluster ADDRESS", code="U001")


def _crew(workers: int | None, address: str | None, insecure: bool) -> AbstractContextManager[int | Crew]:
    """Return who plays the trials: workers here, or those of a cluster."""
    if address is None:
        return nullcontext(_workers(workers))
    from simulator.cluster import cluster

    return cluster(address, insecure)


def _variants(scenario: Scenario, path: Path, load: Load) -> list[Variant]:
    """Load what a scenario asks to be compared with, itself first; nothing where it asks for nothing."""
    if not scenario.compare_with:
        return []
    from simulator.analysis.plays import check_comparable
    from simulator.analysis.variants import asked_in, variants
    from simulator.runs import scenario_file

    files, cases = asked_in(scenario, scenario_file(path))
    found = variants(load, path, files, cases) if files or cases else []
    if found:
        check_comparable(found)  # before anything is played
    return found


def _simulated(
    scenario: Scenario, variants: Sequence[Variant], crew: AbstractContextManager[int | Crew],
    by: str | None, quiet: bool, shelf: Shelf, summary: bool,
) -> tuple[Forecast, Comparison | None]:  # fmt: skip
    from simulator.executors import keep_memory
    from simulator.simulation import simulate

    keep_memory()  # of a process that is ours alone
    progress = Progress(quiet)
    try:
        with crew as workers:
            forecast = simulate(
                scenario, workers=workers, by=by, progress=progress, shelf=shelf, summary=summary,
                runs=max(len(variants), 1),
            )  # fmt: skip
            if not variants:
                return forecast, None
            from simulator.analysis.comparison import compare

            return forecast, compare(variants, workers, progress, forecast, shelf, summary)
    finally:
        progress.close()


def _print(
    form: str, forecast: Forecast, payload: Mapping[str, Any], by: Sequence[str], details: bool,
    folder: RunFolder, answers: Mapping[str, Mapping[str, Any]],
) -> None:  # fmt: skip
    from simulator.report.compare_sentences import brief
    from simulator.report.screen import first_screen
    from simulator.report.tables import detail_tables, table_by
    from simulator.runs import csv_bytes, json_bytes

    if form == "json":
        return say_bytes(json_bytes(payload))
    if form == "csv":
        return say_bytes(csv_bytes(forecast.rows()))
    also = brief(answers["compare"]) if "compare" in answers else []
    following = f"simulator explain {shlex.quote(str(folder.handle))}"
    screen = first_screen(
        payload, f"{folder.path}/", following, also, answers.get("bridge"), answers.get("track")
    )
    parts = [screen, *(table_by(payload, name) for name in by)]
    if details:
        from simulator.report.origins import assumptions

        parts += [detail_tables(payload), assumptions(forecast.scenario)]
    say("\n".join(part for part in parts if part))
