"""Find the stages that mean won or lost by what their system says of them, whatever they are called."""

from __future__ import annotations

from typing import Final

from simulator.loading.chances import chances_in
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
    told = enumerate(texts_of(table, columns, "probability")) if preset.ends_by_chance else ()
    chances = chances_in(["" if row in table.aside else text for row, text in told])
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
