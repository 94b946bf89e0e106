"""Begin a project with the exports of somebody's own systems: ask what they do not tell, write it, run it."""

from __future__ import annotations

import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Literal, cast

import click

from simulator.cli.asking import Questions
from simulator.cli.loaded import write_problems
from simulator.cli.terminal import say
from simulator.errors import UsageError

if TYPE_CHECKING:
    from simulator.loading.exports import Draft, Export
    from simulator.loading.history_frame import HistoryFrame

NONE: Final = "none"
"""Answers that there is one segment."""


@dataclass(frozen=True)
class Said:
    """What the command line says, each field the option of its name."""

    invoices: Path | None = None
    history: Sequence[Path] = ()
    mapping: Path | None = None
    as_of: date | None = None
    currency: str | None = None
    rates: Mapping[str, float] | None = None
    amount_is: str | None = None
    segment_by: str | None = None
    date_order: Literal["ymd", "mdy", "dmy"] | None = None
    decimal: Literal[".", ","] | None = None
    problems: Path | None = None
    no_learn: bool = False


def rates_of(text: str) -> dict[str, float]:
    """Return the rates of a text such as `USD=0.92, GBP=1.15`."""
    from simulator.money import is_currency

    found = {}
    for part in filter(None, (part.strip() for part in text.replace(";", ",").split(","))):
        code, _, rate = (piece.strip() for piece in part.partition("="))
        try:
            value = float(rate)
        except ValueError:
            value = 0.0
        if not is_currency(code.upper()) or not 1e-9 < value < 1e9:
            raise click.BadParameter(f"{part!r} is no rate; write for example USD=0.92")
        found[code.upper()] = value
    return found


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
    frame = _money(exports, frame, questions)
    questions.check()
    _check_read(exports)
    main = exports["deals"]
    amount_is = _amount_is(main, said, questions)
    segment_by = _segment_by(main, said, questions, splits := splits_of(main), by_itself(splits))
    paths = {key: export.path for key, export in exports.items()}
    logs = {f"history-{n}": path for n, path in enumerate(said.history, 1)}
    files = kept_names({**paths, **logs})
    as_of = frame.known or max(day_of(export) for export in exports.values())
    name = scenario_name(folder.resolve().name)
    draft = drafted(name, as_of, main, exports.get("invoices"), frame, files, segment_by, amount_is)
    _check(draft, paths, files, said.problems)
    learn = [*paths, *logs] if not said.no_learn and (logs or enough_history(main)) else []
    routine = _routine(folder, paths, [files[key] for key in logs], bool(learn))
    started = start(folder, draft, {**paths, **logs}, learn, readme(draft, routine))
    say(started_text(started, draft, list(exports.values()), questions.assumed))
    code = _run(started.scenario, trials) if run else 0
    say(f"\nNext month: {routine}\n")
    return code


def _opened(deals: Path, said: Said, questions: Questions) -> tuple[dict[str, Export], HistoryFrame]:
    """Open the exports; where their dates or amounts can be read in two ways, somebody says which."""
    from simulator.loading.exports import open_export
    from simulator.loading.history_frame import HistoryFrame, frame_with_map

    frame = HistoryFrame(
        known=said.as_of, currency=said.currency and said.currency.upper(), rates=said.rates or {},
        decimal=said.decimal, date_order=said.date_order,
    )  # fmt: skip
    frame = frame if said.mapping is None else frame_with_map(frame, said.mapping)
    given = {"deals": deals} | ({"invoices": said.invoices} if said.invoices is not None else {})
    exports = {key: open_export(path, frame) for key, path in given.items()}
    clear = frame
    for key, export in exports.items():
        clear = _cleared(key, export, clear, questions, alone=len(exports) == 1)
    if clear != frame:
        frame, exports = clear, {key: open_export(path, clear) for key, path in given.items()}
    for key, export in exports.items():
        _check_kind(key, export)
    return exports, frame


def _cleared(
    key: str, export: Export, frame: HistoryFrame, questions: Questions, alone: bool
) -> HistoryFrame:
    """Return a frame that says how an export is written, where it can be read in several ways.

    Of several exports each is asked for by itself: they may come from systems with other customs.
    """
    from simulator.loading.dates import has_short_year

    unclear = {problem.code: problem.value or "" for problem in reversed(export.unclear)}
    asked = []
    if (value := unclear.get("D050")) is not None and frame.date_order is None:
        orders = ("dmy", "mdy", *(["ymd"] if has_short_year(value) else []))
        question = f"dates such as {value} can be read in more than one order: which is it?"
        asked.append(("date_order", "--date-order", question, orders))
    if (value := unclear.get("D051")) is not None and frame.decimal is None:
        question = f"amounts such as {value} can be read in two ways: what is the decimal mark?"
        asked.append(("decimal", "--decimal", question, (".", ",")))
    for setting, option, question, choices in asked:
        if alone:
            answer = questions.choice(question[0].upper() + question[1:], option, choices, None)
            frame = frame if answer is None else replace(frame, **cast(Any, {setting: answer}))
        else:
            option = f"{key}: {{{setting}: …}} in --map FILE, or for all files {option}"
            answer = questions.choice(f"In {export.path.name} {question}", option, choices, None)
            frame = frame if answer is None else frame.with_own(key, setting, answer)
    return frame


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


def _money(exports: Mapping[str, Export], frame: HistoryFrame, questions: Questions) -> HistoryFrame:
    """Find out the company's currency, and the rates of all others."""
    main, currency = exports["deals"], frame.currency
    codes = list(dict.fromkeys(code for export in exports.values() for code in export.codes))
    if currency is None and not any(export.names_currency for export in exports.values()):
        assumed = f"amounts are in {main.currency}: no file names a currency"
        currency = questions.text(
            "In which currency are the amounts?", "--currency CODE", main.currency, assumed
        )
    elif currency is None and len(codes) > 1:
        assumed = f"the company reports in {main.currency}, as most amounts are"
        currency = questions.choice("In which currency does the company report?", "--currency", codes,
                                    main.currency, assumed)  # fmt: skip
    frame = replace(frame, currency=(currency or main.currency).upper())
    if lacking := _lacking(exports, frame):
        shown = f"What is one {' and one '.join(lacking)} in {frame.currency}?"
        option = " ".join(f"--rate {code}=…" for code in lacking)
        example = "0.92" if len(lacking) == 1 else ", ".join(f"{code}=0.92" for code in lacking)
        told = questions.text(f"{shown} (such as {example})", option, None, read=partial(_rates, lacking))
        frame = replace(frame, rates={**frame.rates, **(told or {})})
    return frame


def _rates(lacking: Sequence[str], answer: str) -> dict[str, float]:
    """Return the rates of an answer; where one is asked for, the number will do."""
    if len(lacking) == 1 and "=" not in answer:
        answer = f"{lacking[0]}={answer.strip().replace(',', '.')}"
    told = rates_of(answer)
    if left := [code for code in lacking if code not in told]:
        raise click.BadParameter(f"nobody says what one {left[0]} is")
    return told


def _lacking(exports: Mapping[str, Export], frame: HistoryFrame) -> list[str]:
    """Return the currencies that have no rate yet."""
    from simulator.loading.exports import foreign_codes

    codes = foreign_codes(list(exports.values()), frame.currency or "")
    return [code for code in codes if code not in frame.rates]


def _amount_is(main: Export, said: Said, questions: Questions) -> str | None:
    if said.amount_is is not None or main.preset is None or not main.preset.amounts_vary:
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


def _check(draft: Draft, paths: Mapping[str, Path], files: Mapping[str, str], problems: Path | None) -> None:
    """Check that a run will read the exports; nothing is written before.

    Raises:
        LoadError: every problem at once.
    """
    from simulator.errors import InputError
    from simulator.loading import LoadError
    from simulator.loading.exports import tried

    data = {key: str(paths[key].resolve()) if key in paths else value
            for key, value in draft.scenario["data"].items()}  # fmt: skip
    try:
        found = tried({**draft.scenario, "data": data}, Path.cwd()).problems
    except InputError as error:
        found = getattr(error, "every", error.problems)
    if not found:
        return
    if problems is not None:
        write_problems(problems, found)
    raise LoadError(found)


def _routine(folder: Path, paths: Mapping[str, Path], logs: Sequence[str], learned: bool) -> str:
    """Return what to do next month: a query is asked again by itself, a log of stages has to be put there."""
    words = ["simulator", "run", shlex.quote(str(folder / "scenario.yaml")), "--as-of DATE"]
    words += [f"--{key} EXPORT" for key, path in paths.items() if path.suffix.lower() != ".sql"]
    newer = f"  (first put the newer log in the place of {folder / logs[0]})" if logs else ""
    return " ".join([*words, *(["--refit"] if learned else [])]) + newer


def _run(scenario: Path, trials: str | None) -> int:
    from simulator.cli.run import command

    return int(click.get_current_context().invoke(command, scenario=scenario, trials=trials))
