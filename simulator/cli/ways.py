"""Ask how files are written, where their own cells leave it open: the order of dates, the decimal mark."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any, Final

import click

from simulator.cli.asking import Questions
from simulator.records import dataclass

if TYPE_CHECKING:
    from simulator.loading.exports import Export
    from simulator.loading.history_frame import HistoryFrame

_MARKS: Final = {"point": ".", "comma": ","}
Settings = Mapping[str, str]


@dataclass(frozen=True)
class _Open:
    """What an export leaves open.

    Attributes:
        shown: examples, for people.
        flags: options that say it of all files.
        ways: by what is answered, what that sets.
    """

    shown: str
    flags: tuple[str, ...]
    ways: Mapping[str, Settings]


def written_frame(
    exports: Mapping[str, Export], frame: HistoryFrame, questions: Questions
) -> HistoryFrame:  # fmt: skip
    """Return a frame that says how the exports are written; one question asks for all that is open.

    Of several exports each may be answered for by itself: they may come from systems with other customs.
    """
    found = {key: one for key, export in exports.items() if (one := _open(export, frame)) is not None}
    if not found:
        return frame
    alone = len(exports) == 1
    shown = "; ".join(
        one.shown if alone else f"{one.shown} in {exports[key].path.name}" for key, one in found.items()
    )
    question = f"{shown[0].upper()}{shown[1:]} can be read in more than one way: which is it?"
    flags = " ".join(dict.fromkeys(flag for one in found.values() for flag in one.flags))
    if not alone:
        flags += f", or of one file {' or '.join(map(_in_a_map, found.items()))} in --map FILE"
    if len(found) == 1:
        ((key, one),) = found.items()
        answer = questions.choice(question, "", tuple(one.ways), None, flags=flags)
        told = {} if answer is None else {key: one.ways[answer]}
    else:
        ways = "; ".join(", ".join(one.ways) for one in found.values())
        question += f" ({ways}; one answer for all, or one for each)"
        told = questions.text(question, flags, None, read=partial(_each, found)) or {}
    for key, settings in told.items():
        for setting, value in settings.items():
            changed: dict[str, Any] = {setting: value}
            frame = replace(frame, **changed) if alone else frame.with_own(key, setting, value)
    return frame


def _open(export: Export, frame: HistoryFrame) -> _Open | None:
    from simulator.loading.dates import fitting_orders, has_short_year

    unclear = {problem.code: problem.value or "" for problem in reversed(export.unclear)}
    shown: list[str] = []
    flags: list[str] = []
    ways: dict[str, dict[str, str]] = {"": {}}
    if (value := unclear.get("D050")) is not None and frame.date_order is None:
        last = (order for order in ("dmy", "mdy") if order in fitting_orders(value))
        orders = (*last, *(["ymd"] if has_short_year(value) else []))
        shown, flags = [f"dates such as {value}"], [f"--date-order {'|'.join(orders)}"]
        ways = {order: {"date_order": order} for order in orders}
    if (value := unclear.get("D051")) is not None and frame.decimal is None:
        shown.append(f"amounts such as {value}")
        flags.append(f"--decimal {'|'.join(_MARKS.values())}")
        ways = {
            "-".join(filter(None, (way, name))): {**told, "decimal": mark}
            for way, told in ways.items()
            for name, mark in _MARKS.items()
        }
    return _Open(" and ".join(shown), tuple(flags), ways) if shown else None


def _in_a_map(one: tuple[str, _Open]) -> str:
    """Return what a map says of one file: `invoices: {date_order: …}`."""
    key, told = one
    settings = next(iter(told.ways.values()))
    return f"{key}: {{{', '.join(f'{setting}: …' for setting in settings)}}}"


def _each(found: Mapping[str, _Open], answer: str) -> dict[str, Settings]:
    """Return what an answer says of each export: one word for all, or one for each."""
    words = [word.casefold() for word in re.split(r"[\s,;]+", answer) if word]
    words = words * len(found) if len(words) == 1 else words
    if len(words) != len(found):
        raise click.BadParameter(f"write one answer, or {len(found)}, one for each file")
    told = {}
    for word, (key, one) in zip(words, found.items(), strict=True):
        if word not in one.ways:
            raise click.BadParameter(f"{word!r} is none of {', '.join(one.ways)}")
        told[key] = one.ways[word]
    return told
