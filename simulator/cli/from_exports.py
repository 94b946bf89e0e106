"""Begin a project with the exports of somebody's own systems: ask what they do not tell, write it, run it."""

from __future__ import annotations

import shlex
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import click

from simulator.cli.asking import Questions
from simulator.cli.currencies import NONE, company_frame, told_by_column
from simulator.cli.endings import told_ends
from simulator.cli.loaded import allowed_outside, write_problems
from simulator.cli.terminal import say
from simulator.cli.ways import written_frame
from simulator.errors import UsageError
from simulator.records import dataclass

if TYPE_CHECKING:
    from simulator.loading.exports import Draft, Export, Trial
    from simulator.loading.history_frame import HistoryFrame


@dataclass(frozen=True)
class Said:
    """What the command line says, each field the option of its name."""

    invoices: Path | None = None
    history: Sequence[Path] = ()
    mapping: Path | None = None
    as_of: date | None = None
    currency: str | None = None
    currency_column: str | None = None
    rates: Mapping[str, float] | None = None
    amount_is: str | None = None
    segment_by: str | None = None
    won_stage: Sequence[str] = ()
    lost_stage: Sequence[str] = ()
    date_order: Literal["ymd", "mdy", "dmy"] | None = None
    decimal: Literal[".", ","] | None = None
    problems: Path | None = None
    no_learn: bool = False


def begin(folder: Path, deals: Path, said: Said, run: bool, trials: str | None = None) -> int:
    """Write a project into a folder, say what it is, run it, and say what to do next month."""
    from simulator.learning.starting import kept_names, start
    from simulator.loading.exports import (
        by_itself,
        day_of,
        drafted,
        enough_history,
        scenario_name,
        splits_of,
    )
    from simulator.report.starting import readme, started_text

    questions = Questions()
    exports, frame = _opened(deals, said, questions)
    frame, why = company_frame(exports, frame, questions)
    main = exports["deals"]
    amount_is = _amount_is(main, said, questions)
    segment_by = _segment_by(main, said, questions, splits := splits_of(main), by_itself(splits))
    questions.check()
    _check_read(exports)
    paths = {key: export.path for key, export in exports.items()}
    logs = {f"history-{n}": path for n, path in enumerate(said.history, 1)}
    files = kept_names({**paths, **logs})
    as_of = frame.known or max(day_of(export) for export in exports.values())
    name = scenario_name(folder.resolve().name)
    draft = drafted(name, as_of, main, exports.get("invoices"), frame, files, segment_by, amount_is, why)
    trial = _check(draft, paths, said.problems)
    learn = [*paths, *logs] if not said.no_learn and (logs or enough_history(main)) else []
    routine = _routine(folder, paths, [files[key] for key in logs], bool(learn))
    started = start(folder, draft, {**paths, **logs}, learn, readme(draft, routine), allowed_outside())
    say(started_text(started, draft, list(exports.values()), trial.scenario, questions.assumed))
    code = _run(started.scenario, trials) if run else 0
    say("\n" * run + f"Next month: {routine}\n")
    return code


def _opened(deals: Path, said: Said, questions: Questions) -> tuple[dict[str, Export], HistoryFrame]:
    """Open the exports; where they can be read in two ways, somebody says which."""
    from simulator.loading.exports import open_export
    from simulator.loading.history_frame import HistoryFrame, frame_with_map
    from simulator.loading.sources import Once

    frame = HistoryFrame(
        known=said.as_of, rates=said.rates or {}, decimal=said.decimal, date_order=said.date_order
    )
    frame = frame if said.mapping is None else frame_with_map(frame, said.mapping)
    if said.currency is not None:
        frame = replace(frame, currency=said.currency, currency_by="--currency")
    given = {"deals": deals} | ({"invoices": said.invoices} if said.invoices is not None else {})
    once = Once()
    exports = {key: open_export(path, frame, once) for key, path in given.items()}
    for key, export in exports.items():
        _check_kind(key, export)
    told = told_by_column(exports, written_frame(exports, frame, questions), said.currency_column, questions)
    if told != frame:
        exports = {key: open_export(path, told, once) for key, path in given.items()}
    ended = told_ends(exports["deals"], told, said.won_stage, said.lost_stage, questions)
    if ended != told:
        exports["deals"] = open_export(deals, ended, once)
    return exports, ended


def _check_read(exports: Mapping[str, Export]) -> None:
    """Check that all dates and amounts can be read in one way.

    Raises:
        LoadError: what still can be read in two.
    """
    from simulator.loading import LoadError

    if left := [problem for export in exports.values() for problem in export.unclear]:
        raise LoadError(left)


def _check_kind(key: str, export: Export) -> None:
    option = {"deals": "--from", "invoices": "--invoices", "events": "--history"}
    if export.kind != key:
        what = {"deals": "deals", "invoices": "invoices", "events": "entries of stages"}[export.kind]
        raise UsageError(f"{export.path} holds {what}: give it as {option[export.kind]} FILE", code="U002")


def _amount_is(main: Export, said: Said, questions: Questions) -> str | None:
    from simulator.loading.exports.export import is_annual

    varies = is_annual(main) if main.preset is None else main.preset.amounts_vary
    if said.amount_is is not None or not varies:
        return said.amount_is
    assumed = "amounts of deals are totals, not of a year or a month"
    choices = ("total", "annual", "monthly")
    return questions.choice("Are amounts of deals totals, or of a year or a month?", "--amount-is", choices,
                            "total", assumed)  # fmt: skip


def _segment_by(
    main: Export, said: Said, questions: Questions, splits: Mapping[str, Sequence[str]], own: str | None
) -> str | None:
    if said.segment_by is not None:
        if said.segment_by == NONE:
            return None
        if main.table.column(said.segment_by) is None:
            from simulator.errors import did_you_mean

            remedy = did_you_mean(said.segment_by, main.table.header)
            what = f"--segment-by: there is no column {said.segment_by} in {main.path}"
            raise UsageError(f"{what}; {remedy}", code="U003")
        return said.segment_by
    if not splits:
        return None
    assumed = f"segments are told by {own}" if own else "all deals are one segment"
    answer = questions.choice("Which column tells segments, each with a funnel of its own?", "--segment-by",
                              (*splits, NONE), own or NONE, assumed)  # fmt: skip
    return None if answer == NONE else answer


def _check(draft: Draft, paths: Mapping[str, Path], problems: Path | None) -> Trial:
    """Return what a run will read of the exports; nothing is written before.

    Raises:
        LoadError: every problem at once.
    """
    from simulator.errors import InputError
    from simulator.loading import LoadError
    from simulator.loading.exports import tried

    data = {key: str(paths[key].resolve()) if key in paths else value
            for key, value in draft.scenario["data"].items()}  # fmt: skip
    try:
        trial = tried({**draft.scenario, "data": data}, Path.cwd())
        if not (found := trial.problems):
            return trial
    except InputError as error:
        found = getattr(error, "every", error.problems)
    if problems is not None:
        write_problems(problems, found)
    raise LoadError(found)


def _routine(folder: Path, paths: Mapping[str, Path], logs: Sequence[str], learned: bool) -> str:
    """Return what to do next month: a query is asked again by itself, a log of stages has to be put there."""
    words = ["simulator", "run", shlex.quote(str(folder / "scenario.yaml")), "--as-of DATE"]
    words += [f"--{key} EXPORT" for key, path in paths.items() if path.suffix.lower() != ".sql"]
    newer = f"  (first put the newer log in the place of {folder / logs[0]})" if logs else ""
    words += ["--refit"] * learned + ["--allow-outside"] * allowed_outside()
    return " ".join(words) + newer


def _run(scenario: Path, trials: str | None) -> int:
    from simulator.cli.run import command

    return int(click.get_current_context().invoke(command, scenario=scenario, trials=trials))
