"""Find the open stages of an export, their order, and the chance that the CRM gives to each."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from statistics import median
from typing import Final

from simulator.history import OPEN, WON
from simulator.loading.exports.export import Export

LEAST: Final = 0.01
"""Chances of open stages that a CRM gives as 0 or 1 are moved so far inside."""
FEW_CLOSED: Final = 10
"""Of fewer closed deals no share that was won is worth telling."""
NO_SHARE: Final = 0.25
"""Share of deals that are won, where no closed ones tell."""
_WORDS: Final = (
    ("lead", "new", "prospect", "contact", "appointment", "neu", "kontakt", "нов", "контакт"),
    ("qualif", "need", "discover", "engag", "bedarf", "квалиф", "потребн"),
    ("ability", "budget", "бюджет"),
    ("demo", "present", "meeting", "developed", "analys", "präsent", "termin", "презент", "встреч"),
    ("propos", "quot", "offer", "angebot", "предлож"),
    ("evaluat", "decision", "pilot", "trial", "test", "prüf", "оценк", "решени"),
    ("negotiat", "verhandl", "перегов", "согласов"),
    ("contract", "verbal", "commit", "legal", "vertrag", "zusage", "договор", "оплат"),
)
"""Words in names of stages, from the first stages to the last."""


@dataclass(frozen=True)
class Stages:
    """The open stages of a segment.

    Attributes:
        names: in their order.
        chances: of closing from each.
        ordered_by: what told the order, for people.
        source: what told the chances, for people.
        theirs: whether the chances are the CRM's own.
    """

    names: tuple[str, ...]
    chances: tuple[float, ...] = field(default=())
    ordered_by: str = ""
    source: str = ""
    theirs: bool = False


def stages_of(export: Export, rows: Sequence[int], system: str) -> Stages:
    """Return the open stages of some rows: from the least likely to close to the likeliest.

    The order is that of the CRM's percentages, else of the numbers with which names begin, else of what names
    usually mean, else of how old the deals are that stand there. Chances are the CRM's, else even steps up
    to a signature that fit the share of closed deals that was won.
    """
    cells = export.cells
    of_stage: dict[str, list[int]] = {}
    for row in rows:
        if export.outcomes[row] == OPEN and (name := cells.text(row, "stage")):
            of_stage.setdefault(_known(name, of_stage), []).append(row)
    if not of_stage:
        of_stage = {"Open": []}
    theirs = _percentages(export, of_stage)
    if theirs:
        names = sorted(of_stage, key=lambda name: theirs[name])
        source = f"percentages of {system}: set there, not checked against history"
        chances = tuple(min(max(theirs[name], LEAST), 1 - LEAST) for name in names)
        return Stages(tuple(names), chances, f"percentages of {system}", source, True)
    names, told = _ordered(export, of_stage)
    chances, source = _even_steps(export, rows, len(names))
    return Stages(tuple(names), chances, told, source)


def _known(name: str, names: dict[str, list[int]]) -> str:
    """Return a stage's name as it was written first, capitals aside."""
    return next((one for one in names if one.casefold() == name.casefold()), name)


def _percentages(export: Export, of_stage: dict[str, list[int]]) -> dict[str, float]:
    """Return the middle of the percentages of each stage's deals; none where some stage has none."""
    cells = export.cells
    if not cells.has("probability"):
        return {}
    found: dict[str, float] = {}
    values = {row: cells.number(row, "probability") for rows in of_stage.values() for row in rows}
    known = [value for value in values.values() if value is not None]
    unit = 100.0 if any(value > 1 for value in known) or _in_percent(export, values) else 1.0
    for name, rows in of_stage.items():
        own = [value / unit for row in rows if (value := values[row]) is not None and 0 <= value <= unit]
        if not own:
            return {}
        found[name] = round(median(own), 4)
    return found if len(set(found.values())) > 1 or len(found) == 1 else {}


def _in_percent(export: Export, rows: dict[int, float | None]) -> bool:
    return any("%" in export.cells.text(row, "probability") for row in rows)


def _ordered(export: Export, of_stage: dict[str, list[int]]) -> tuple[list[str], str]:
    """Return the stages in their order, and what told it."""
    numbers = {name: int(match[1]) for name in of_stage if (match := re.match(r"\s*(\d+)", name))}
    if len(numbers) == len(of_stage):
        return sorted(of_stage, key=lambda name: numbers[name]), "numbers in their names"
    ages = {name: age for name, rows in of_stage.items() if (age := _age(export, rows)) is not None}
    youngest = min(ages.values(), default=0.0)
    by_age = sorted(of_stage, key=lambda name: ages.get(name, youngest))
    ranks = {name: rank for name in of_stage if (rank := _rank(name)) is not None}
    if len(ranks) == len(of_stage):
        return sorted(by_age, key=lambda name: ranks[name]), "what their names usually mean"
    if len(ages) == len(of_stage):
        return by_age, "how old the deals are that stand there"
    return list(of_stage), "where they stand first in the file"


def _rank(name: str) -> int | None:
    """Return how far a stage is by the words in its name, None where these say nothing."""
    text = name.casefold()
    found = [rank for rank, words in enumerate(_WORDS) if any(word in text for word in words)]
    return max(found, default=None)


def _age(export: Export, rows: Sequence[int]) -> float | None:
    """Return the middle day of creation of some deals, from the last day, None where none is told."""
    days = [day.toordinal() for row in rows if (day := export.cells.day(row, "created")) is not None]
    return -median(days) if days else None


def _even_steps(export: Export, rows: Sequence[int], size: int) -> tuple[tuple[float, ...], str]:
    """Return chances that rise by one factor from stage to stage, and where they come from."""
    closed = [export.outcomes[row] for row in rows if export.outcomes[row] != OPEN]
    won = sum(outcome == WON for outcome in closed)
    share, told = NO_SHARE, "to be set: even steps, nobody has told any chance"
    if len(closed) >= FEW_CLOSED and 0 < won < len(closed):
        share = won / len(closed)
        told = f"to be set: even steps that fit {won:,} won of {len(closed):,} closed deals"
    return tuple(round(share ** ((size - step) / size), 4) for step in range(size)), told
