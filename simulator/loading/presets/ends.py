"""Find the stages that mean won or lost by what their system says of them, whatever they are called."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from simulator.loading.cells import read_number
from simulator.loading.outcome_words import is_yes, stage_means
from simulator.loading.presets.mending import texts_of, texts_under
from simulator.loading.presets.preset import Preset, Titles, first_of, titles
from simulator.loading.tables import Table

_WON: Final = titles("Won | IsWon | Is Closed Won | Gewonnen | Выиграно")
_CLOSED: Final = titles("Closed | IsClosed | Is closed (numeric) | Geschlossen | Abgeschlossen | Закрыто")


def ends_of(table: Table, columns: Titles, preset: Preset) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the names of stages that mean won, and of those that mean lost, beyond what their words say.

    All deals in such a stage have the flag of won, or that of closed and not that of won; or the chance of 1
    or of 0, where the system gives these to no other stages.

    Args:
        table: prepared.
        columns: ours: theirs.
        preset: what it is an export of.
    """
    won_at, closed_at = first_of(_WON, table), first_of(_CLOSED, table)
    won_flags, closed_flags = texts_under(table, won_at), texts_under(table, closed_at)
    chances = chances_in(texts_of(table, columns, "probability")) if preset.ends_by_chance else []
    rows: dict[str, list[int]] = {}
    for row, stage in enumerate(texts_of(table, columns, "stage")):
        if stage and row not in table.aside and stage_means(stage) is None:
            rows.setdefault(stage, []).append(row)
    won, lost = [], []
    for stage, own in rows.items():
        wins = [is_yes(won_flags[row]) for row in own]
        if won_at is not None and all(wins):
            won.append(stage)
        elif won_at is not None and closed_at is not None:
            lost += [] if any(wins) or not all(is_yes(closed_flags[row]) for row in own) else [stage]
        elif chances and all(chances[row] == 1 for row in own):
            won.append(stage)
        elif chances and all(chances[row] == 0 for row in own):
            lost.append(stage)
    return tuple(won), tuple(lost)


def chances_in(texts: Sequence[str]) -> list[float | None]:
    """Return chances from 0 to 1; a column with numbers above 1 holds percentages."""
    values = [read_number(text.replace("\u00a0", "").replace(",", "."), ".") for text in texts]
    percent = any(value is not None and value > 1 for value in values) or any("%" in text for text in texts)
    return [None if value is None else value / (100 if percent else 1) for value in values]
