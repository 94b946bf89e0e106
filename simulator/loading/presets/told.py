"""Find out what an export of deals says by itself, and what somebody has to say about it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from statistics import median
from typing import Final

from simulator.loading.cells import read_number
from simulator.loading.history_order import numbered
from simulator.loading.outcome_words import is_yes, stage_means, state_means
from simulator.loading.presets.mending import texts_of, texts_under
from simulator.loading.presets.preset import Preset, Titles, first_of, titles
from simulator.loading.tables import Table
from simulator.money import currency_in, is_currency

MOST_SEGMENTS: Final = 12
"""A column with more values tells no segments."""
_WON: Final = titles("Won | IsWon | Is Closed Won | Gewonnen | Выиграно")
_CLOSED: Final = titles(
    "Closed | IsClosed | Is Deal Closed? | Is closed (numeric) | Geschlossen | Abgeschlossen | Закрыто"
)
_MOST: Final = 0.5


@dataclass(frozen=True)
class Question:
    """What an export leaves open.

    Attributes:
        setting: of the scenario that answers it, such as `data.amount_is`.
        text: the question, for people.
        choices: answers, the likeliest first; empty where any will do.
    """

    setting: str
    text: str
    choices: tuple[str, ...] = ()


@dataclass(frozen=True)
class Told:
    """What an export of deals says.

    Attributes:
        won: names of stages that mean won, as they stand.
        lost: likewise.
        segment: title of the column that tells segments, None without one.
        segments: what it says, and of how many deals.
        stages: by segment (by "" where nothing tells them apart), open stages in the order of the funnel,
            each with the chance that the system gives it, None without one.
        currencies: ISO codes, and of how many deals.
        questions: the most important first.
        candidates: columns that may tell segments, likeliest first, with their values and numbers of deals.
    """

    won: tuple[str, ...] = ()
    lost: tuple[str, ...] = ()
    segment: str | None = None
    segments: Mapping[str, int] = field(default_factory=dict)
    stages: Mapping[str, Mapping[str, float | None]] = field(default_factory=dict)
    currencies: Mapping[str, int] = field(default_factory=dict)
    questions: tuple[Question, ...] = ()
    candidates: Mapping[str, Mapping[str, int]] = field(default_factory=dict)


def told_by(table: Table, columns: Titles, preset: Preset | None = None, by: str | None = None) -> Told:
    """Return what an export of deals says.

    Args:
        table: prepared.
        columns: ours: theirs.
        preset: what it is an export of, None where only common names were found.
        by: title of the column that tells segments, "" for none; by default the likeliest.
    """
    kept = [row for row in range(len(table.rows)) if row not in table.aside]
    stages, outcomes, amounts, codes = (
        _only(texts_of(table, columns, ours), kept) for ours in ("stage", "outcome", "amount", "currency")
    )
    chances = _chances(_only(texts_of(table, columns, "probability"), kept))
    won, lost, doubtful = _ends(table, kept, stages, outcomes, chances, preset)
    candidates = _candidates(table, columns, kept, preset)
    segment = next(iter(candidates), None) if by is None else by or None
    values = _only(texts_under(table, segment), kept)
    open_chances = [
        None if stage in won or stage in lost or state_means(outcome) in ("won", "lost") else chance
        for stage, outcome, chance in zip(stages, outcomes, chances, strict=True)
    ]
    by_segment = {
        name: _funnel([(s, c) for s, c, v in zip(stages, open_chances, values, strict=True) if v == name],
                      (*won, *lost))
        for name in sorted(set(values))
    }  # fmt: skip
    currencies = Counter(
        found for code, amount in zip(codes, amounts, strict=True) if (found := _currency(code, amount))
    )
    questions = _questions(currencies, amounts, preset, candidates, doubtful)
    return Told(
        won, lost, segment, candidates.get(segment or "", {}), by_segment, dict(currencies),
        tuple(questions), candidates,
    )  # fmt: skip


def _only(texts: Sequence[str], kept: Sequence[int]) -> list[str]:
    return [texts[row] for row in kept]


def _chances(texts: Sequence[str]) -> list[float | None]:
    """Return chances from 0 to 1; a column with numbers above 1 holds percentages."""
    marks = [text.replace("\u00a0", "") for text in texts]
    values = [read_number(text.replace(",", "."), ".") if text else None for text in marks]
    plain = [v for v, text in zip(values, marks, strict=True) if v is not None and "%" not in text]
    share = 100 if any(value > 1 for value in plain) else 1
    return [
        None if v is None or not 0 <= (p := v / (100 if "%" in text else share)) <= 1 else p
        for v, text in zip(values, marks, strict=True)
    ]


def _ends(
    table: Table, kept: Sequence[int], stages: Sequence[str], outcomes: Sequence[str],
    chances: Sequence[float | None], preset: Preset | None,
) -> tuple[tuple[str, ...], tuple[str, ...], list[str]]:  # fmt: skip
    """Return the stages that mean won and lost, and those of which only their percentages make one think so.

    Flags tell it, else the words of the names. A stage that closed deals keep tells nothing.
    """
    won_at, closed_at = (first_of(names, table) for names in (_WON, _CLOSED))
    won_flags = [is_yes(text) for text in _only(texts_under(table, won_at), kept)]
    closed_flags = [is_yes(text) for text in _only(texts_under(table, closed_at), kept)]
    rows_of: dict[str, list[int]] = {}
    for row, stage in enumerate(stages):
        if stage:
            rows_of.setdefault(stage, []).append(row)
    keeps_stage = any(outcomes)
    won: list[str] = []
    lost: list[str] = []
    doubtful: list[str] = []
    for stage, rows in rows_of.items():
        meant = stage_means(stage)
        if meant is None and not keeps_stage:
            if won_at is not None and all(won_flags[row] for row in rows):
                meant = "won"
            elif closed_at is not None and won_at is not None and all(closed_flags[row] for row in rows):
                meant = None if any(won_flags[row] for row in rows) else "lost"
            elif preset is not None and preset.percent_of_stage and won_at is None:
                sure = {chances[row] for row in rows}
                doubtful += [stage] if sure in ({1.0}, {0.0}) else []
        if meant is not None:
            (won if meant == "won" else lost).append(stage)
    return tuple(won), tuple(lost), doubtful


def _candidates(
    table: Table, columns: Titles, kept: Sequence[int], preset: Preset | None
) -> dict[str, dict[str, int]]:
    """Return the columns that may tell segments, with their values and numbers of deals."""
    names = [columns["segment"]] if "segment" in columns else []
    for name in preset.segments if preset is not None else ():
        title = first_of((name,), table)
        names += [title] if title is not None and title not in names else []
    found = {}
    for title in names:
        counts = Counter(text for text in _only(texts_under(table, title), kept) if text)
        if 2 <= len(counts) <= MOST_SEGMENTS:
            found[title] = dict(counts.most_common())
    return found


def _funnel(told: Sequence[tuple[str, float | None]], ended: Sequence[str]) -> dict[str, float | None]:
    """Return open stages with the chance that most of their deals have, in the order of these chances."""
    by_stage: dict[str, list[float]] = {}
    for stage, chance in told:
        if stage and stage not in ended:
            by_stage.setdefault(stage, []).extend(() if chance is None else (chance,))
    usual = {stage: _usual(values) for stage, values in by_stage.items()}
    names = list(usual)
    if (order := numbered(names)) is not None:
        names = [names[place] for place in order]
    elif all(chance is not None for chance in usual.values()):
        names.sort(key=lambda stage: usual[stage] or 0.0)
    return {stage: usual[stage] for stage in names}


def _usual(values: Sequence[float]) -> float | None:
    if not values:
        return None
    value, often = Counter(values).most_common(1)[0]
    return value if often >= _MOST * len(values) else round(median(values), 4)


def _currency(code: str, amount: str) -> str | None:
    code = code.upper()
    return code if is_currency(code) else currency_in(amount)


def _questions(
    currencies: Mapping[str, int], amounts: Sequence[str], preset: Preset | None,
    candidates: Mapping[str, Mapping[str, int]], doubtful: Sequence[str],
) -> Iterable[Question]:  # fmt: skip
    if any(amounts) and not currencies:
        yield Question("currency", "in which currency are the amounts?")
    elif len(currencies) > 1:
        several = ", ".join(currencies)
        text = f"the amounts are in {several}: in which currency does the company report?"
        yield Question("currency", text, tuple(currencies))
    if doubtful:
        names = ", ".join(doubtful)
        text = f"all deals in {names} have 100 % or 0 %: do these stages mean won, or lost?"
        yield Question("data.won_stages", text, tuple(doubtful))
    if preset is not None and preset.amounts_vary:
        text = "are the amounts the total of a contract, or of a year or a month of it?"
        yield Question("data.amount_is", text, ("total", "annual", "monthly"))
    if len(candidates) > 1:
        text = f"which column tells the segments: {', '.join(candidates)}?"
        yield Question("data.segment", text, tuple(candidates))
