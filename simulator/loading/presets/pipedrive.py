"""Pipedrive: all deals; a deal keeps its last stage when it is won or lost, and a column tells which."""

from __future__ import annotations

from typing import Final

from simulator.loading.outcome_words import is_yes, state_means
from simulator.loading.presets.mending import (
    ARCHIVED,
    DELETED,
    mended,
    put_aside,
    texts_of,
    texts_under,
    with_texts,
)
from simulator.loading.presets.preset import Preset, Titles, first_of, titles
from simulator.loading.tables import Table

_OBJECTS: Final = ("Deal - ", "Сделка - ")


def _of(text: str) -> tuple[str, ...]:
    """Return titles as they stand in exports of deals alone, and of deals beside others: `Deal - Stage`."""
    names = titles(text)
    return (*(f"{before}{name}" for name in names for before in _OBJECTS), *names)


_ID: Final = _of("ID | Deal ID")
_TITLE: Final = _of("Title | Titel | Название | Название сделки")
_VALUE: Final = _of("Value | Wert | Deal-Wert | Ценность | Стоимость | Сумма | Значение")
_CURRENCY: Final = _of(
    """Currency of Value | Currency
    Währung von Wert | Währung des Werts | Währung
    Валюта Ценность | Валюта стоимости | Валюта"""
)
_STAGE: Final = _of("Stage | Stage (pipeline) | Phase | Phase (Pipeline) | Этап | Этап (воронка) | Стадия")
_PIPELINE: Final = _of("Pipeline | Воронка | Воронка продаж")
_STATUS: Final = _of("Status | Статус")
_CUSTOMER: Final = _of("Organization | Organisation | Организация")
_WON: Final = _of(
    """Won time
    Datum des gewonnenen Deals | Gewonnen am | Zeitpunkt des Gewinns
    Время выигрыша | Дата выигрыша"""
)
_LOST: Final = _of("Lost time | Datum des verlorenen Deals | Verloren am | Время проигрыша | Дата проигрыша")
_EXPECTED: Final = _of(
    """Expected close date
    Erwartetes Abschlussdatum | Voraussichtliches Abschlussdatum
    Ожидаемая дата закрытия | Предполагаемая дата закрытия"""
)
_CLOSED: Final = _of(
    """Deal closed on | Closed on
    Deal abgeschlossen am | Abgeschlossen am
    Сделка закрыта | Дата закрытия сделки"""
)
_ARCHIVED: Final = _of("Archived | Is archived | Archive status | Archiviert | Архивировано | Заархивировано")


def _prepared(table: Table, columns: Titles) -> Table:
    """Return the deals: states in our words, days of closing of those that have won or lost times only."""
    said = texts_of(table, columns, "outcome")
    states = [state_means(text) or text for text in said]
    table = with_texts(table, columns["outcome"], states)
    table = put_aside(table, DELETED, [row for row, state in enumerate(states) if state == "gone"])
    flags = texts_under(table, first_of(_ARCHIVED, table))
    hidden = [is_yes(flag) or flag.casefold() == "archived" for flag in flags]
    table = put_aside(
        table, ARCHIVED, [row for row, state in enumerate(states) if hidden[row] and state == "open"]
    )
    return mended(_with_closing(table, columns, states), columns)


def _with_closing(table: Table, columns: Titles, states: list[str]) -> Table:
    """Return a table whose day of closing is that of winning or losing, where the export tells these."""
    days = texts_of(table, columns, "closed")
    for state, names in (("won", _WON), ("lost", _LOST)):
        own = first_of(names, table)
        more = texts_under(table, own) if own else days
        days = [more[row] or day if states[row] == state else day for row, day in enumerate(days)]
    return with_texts(table, columns.get("closed", "closed"), days)


PIPEDRIVE: Final = (
    Preset(
        "pipedrive",
        "Pipedrive",
        "all deals",
        "deals",
        (_TITLE, _VALUE, _STAGE, _STATUS, (*_PIPELINE, *_CURRENCY, *_EXPECTED, *_WON, *_CUSTOMER)),
        {
            "id": _ID,
            "name": _TITLE,
            "customer": _CUSTOMER,
            "segment": _PIPELINE,
            "stage": _STAGE,
            "amount": _VALUE,
            "currency": _CURRENCY,
            "created": _of(
                """Deal created | Deal created on | Creation date | Created | Add time
                Deal erstellt | Erstellt am | Erstellungsdatum
                Сделка создана | Дата создания | Создано"""
            ),
            "entered_stage": _of(
                """Last stage change | Letzte Phasenänderung
                Последнее изменение этапа | Последняя смена этапа"""
            ),
            "expected_close": _EXPECTED,
            "closed": _CLOSED,
            "outcome": _STATUS,
            "probability": _of("Probability | Wahrscheinlichkeit | Вероятность"),
            "lost_reason": _of("Lost reason | Verlustgrund | Grund für den Verlust | Причина проигрыша"),
            "owner": _of("Owner | Besitzer | Inhaber | Владелец | Ответственный"),
        },
        segments=_PIPELINE,
        amounts_vary=True,
        prepare=_prepared,
        unlocks={
            "entered_stage": "add the column 'Last stage change' to the export: old deals close less often"
        },
    ),
)
