"""Find the open stages of an export, their order, and the chance that the CRM gives to each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from statistics import median
from typing import Final

import numpy as np

from simulator.history import OPEN, WON
from simulator.loading.chances import chances_of, usual_chance
from simulator.loading.exports.export import Export
from simulator.loading.history_order import by_visits, no_stages, numbered
from simulator.loading.history_rows import ending
from simulator.loading.problems import LoadError
from simulator.records import dataclass
from simulator.scenario.scenario import TO_BE_SET

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
        rows: of its deals.
        names: in their order.
        chances: of closing from each.
        ordered_by: what told the order, for people.
        source: what told the chances, for people.
        theirs: whether the chances are the CRM's own.
    """

    rows: tuple[int, ...]
    names: tuple[str, ...]
    chances: tuple[float, ...]
    ordered_by: str
    source: str
    theirs: bool = False


def stages_of(export: Export, segment_by: str | None, name: str) -> dict[str, Stages]:
    """Return the open stages by segment: from the least likely to close to the likeliest.

    The order is that of the CRM's percentages, else of the numbers with which names begin, else of the log,
    else of what names usually mean, else of how old the deals are that stand there. Chances are the CRM's,
    else even steps up to a signature that fit the share of closed deals that was won.

    Args:
        export: of deals.
        segment_by: title of the column that tells segments, None for one segment.
        name: of the one segment.

    Raises:
        LoadError: there are so many that the column is none of stages.
    """
    chances = chances_of(export.cells)
    at = export.table.column(segment_by) if segment_by is not None else None
    found: dict[str, Stages] = {}
    rows: dict[str, list[int]] = {}
    for row in export.cells.rows():
        rows.setdefault("" if at is None else export.table.rows[row][at].strip(), []).append(row)
    for segment in sorted(rows, key=lambda one: -len(rows[one])):
        if at is None or segment:
            told = _told(export, rows[segment], chances) or {"Open": None}
            found[segment or name] = _stages(export, rows[segment], told)
    return found


def _told(export: Export, rows: Sequence[int], chances: Sequence[float | None]) -> dict[str, float | None]:
    """Return the stages in which open deals stand, or lost ones stood, each with its usual chance."""
    found: dict[str, list[float]] = {}
    for row in rows:
        stage = export.cells.text(row, "stage")
        if not stage or ending(stage, export.frame.ends) != OPEN:
            continue
        known = found.setdefault(stage, [])
        if export.outcomes[row] == OPEN and (chance := chances[row]) is not None:
            known.append(chance)
    if (problem := no_stages([*found], export.table.name, export.columns.get("stage", ""))) is not None:
        raise LoadError([problem])
    usual = {stage: usual_chance(values) for stage, values in found.items()}
    order = numbered(names := list(usual))
    return usual if order is None else {names[place]: usual[names[place]] for place in order}


def _stages(export: Export, rows: Sequence[int], told: Mapping[str, float | None]) -> Stages:
    theirs = {name: chance for name, chance in told.items() if chance is not None}
    system = export.preset.title if export.preset else "the export"
    if len(theirs) == len(told) and (len({*theirs.values()}) > 1 or len(theirs) == 1):
        names = sorted(theirs, key=lambda name: theirs[name])  # those of one chance as they stood
        chances = tuple(min(max(theirs[name], LEAST), 1 - LEAST) for name in names)
        source = f"percentages of {system}: set there, not checked against history"
        return Stages(tuple(rows), tuple(names), chances, f"percentages of {system}", source, True)
    names, ordered_by = _ordered(export, rows, list(told))
    lacking = [name for name in names if name not in theirs]
    why = "nobody has told any chance"
    if theirs:
        what = f"tells no chance of {', '.join(lacking)}" if lacking else "gives all stages one chance"
        why = f"{system} {what}"
    chances, source = _even_steps(export, rows, len(names), why)
    return Stages(tuple(rows), tuple(names), chances, ordered_by, source)


def _ordered(export: Export, rows: Sequence[int], names: list[str]) -> tuple[list[str], str]:
    """Return stages in their order, and what told it."""
    if numbered(names) is not None:
        return names, "numbers in their names"
    if (visited := _by_log(export, names)) is not None:
        return visited, "the order in which deals enter them"
    ages = {name: age for name in names if (age := _age(export, rows, name)) is not None}
    youngest = min(ages.values(), default=0.0)
    by_age = sorted(names, key=lambda name: ages.get(name, youngest))
    ranks = {name: rank for name in names if (rank := _rank(name)) is not None}
    if len(ranks) == len(names):
        return sorted(by_age, key=lambda name: ranks[name]), "what their names usually mean"
    if len(ages) == len(names):
        return by_age, "how old the deals are that stand there"
    return names, "where they stand first in the file"


def _by_log(export: Export, names: list[str]) -> list[str] | None:
    """Return stages in the order in which most deals first see them; None where no log tells of all."""
    if export.log is None:
        return None
    cells, place = export.log, {name.casefold(): i for i, name in enumerate(names)}
    told = ((cells.text(row, "deal"), cells.text(row, "stage"), row) for row in cells.rows())
    seen = [
        (deal, day.toordinal(), place[stage.casefold()])
        for deal, stage, row in told
        if stage.casefold() in place and (day := cells.day(row, "entered_at")) is not None
    ]
    if len({stage for *_, stage in seen}) < len(names):
        return None
    ids = {deal: i for i, deal in enumerate(dict.fromkeys(deal for deal, *_ in seen))}
    entries = np.array(sorted((ids[deal], day, stage) for deal, day, stage in seen), dtype=np.int64)
    return [names[i] for i in by_visits(len(names), entries[:, 0], entries[:, 2])]


def _rank(name: str) -> int | None:
    """Return how far a stage is by the words in its name, None where these say nothing."""
    text = name.casefold()
    found = [rank for rank, words in enumerate(_WORDS) if any(word in text for word in words)]
    return max(found, default=None)


def _age(export: Export, rows: Sequence[int], stage: str) -> float | None:
    """Return how long ago the middle one of a stage's open deals was created, None where nothing tells."""
    cells = export.cells
    own = [row for row in rows if export.outcomes[row] == OPEN and cells.text(row, "stage") == stage]
    days = [day.toordinal() for row in own if (day := cells.day(row, "created")) is not None]
    return -median(days) if days else None


def _even_steps(
    export: Export, rows: Sequence[int], size: int, why: str
) -> tuple[tuple[float, ...], str]:  # fmt: skip
    """Return chances that rise by one factor from stage to stage, and where they come from."""
    closed = [export.outcomes[row] for row in rows if export.outcomes[row] != OPEN]
    won = sum(outcome == WON for outcome in closed)
    share, told = NO_SHARE, f"{TO_BE_SET}: even steps, {why}"
    if len(closed) >= FEW_CLOSED and 0 < won < len(closed):
        share = won / len(closed)
        told = f"{TO_BE_SET}: even steps that fit {won:,} won of {len(closed):,} closed deals"
    return tuple(round(share ** ((size - step) / size), 4) for step in range(size)), told
