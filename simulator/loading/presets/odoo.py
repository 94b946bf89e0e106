"""Odoo: opportunities of its CRM, where a lost one is archived and keeps its stage."""

from __future__ import annotations

from typing import Final

from simulator.loading.outcome_words import is_yes, stage_means, state_means
from simulator.loading.presets.mending import LEAD, mended, put_aside, texts_of, texts_under, with_texts
from simulator.loading.presets.preset import Preset, Titles, first_of, titles
from simulator.loading.tables import Table

_NAME: Final = titles(
    """Opportunity | Opportunity Name | name
    Verkaufschance | Chance
    Возможность | Сделка | Перспектива"""
)
_REVENUE: Final = titles(
    """Expected Revenue | expected_revenue
    Erwarteter Umsatz | Erwarteter Ertrag
    Ожидаемый доход | Ожидаемая выручка | Предполагаемая выручка"""
)
_STAGE: Final = titles("Stage | stage_id | stage_id/name | Stage/Stage Name | Phase | Stufe | Этап | Стадия")
_CLOSING: Final = titles(
    """Expected Closing | date_deadline | Expected Closing Date
    Erwarteter Abschluss | Erwartetes Abschlussdatum | Voraussichtlicher Abschluss
    Ожидаемое закрытие | Ожидаемая дата закрытия | Предполагаемое закрытие"""
)
_SALESPERSON: Final = titles(
    """Salesperson | user_id
    Vertriebsmitarbeiter | Verkäufer | Verkaufsmitarbeiter
    Продавец | Менеджер по продажам | Ответственный"""
)
_TEAM: Final = titles("Sales Team | team_id | Vertriebsteam | Verkaufsteam | Команда продаж | Отдел продаж")
_ACTIVE: Final = titles("Active | Aktiv | Активно | Активный | Активен")
_STATUS: Final = titles("Won/Lost | won_status | Gewonnen/Verloren | Выиграно/Проиграно")
_TYPE: Final = titles("Type | Typ | Тип")
_LEADS: Final = ("lead", "interessent", "лид")
_TELL_LOST: Final = ("stage", "outcome", "lost_reason", "closed", "probability")
"""Our columns that tell the outcome, beside the flag of what is archived."""


def _prepared(table: Table, columns: Titles) -> Table:
    """Return the opportunities with their outcome: won by the stage, lost where archived or said so.

    A lost opportunity keeps the stage at which it was lost. Where no column says what is archived, the reason
    tells it, which goes when an opportunity comes back, or a day of closing at a chance of 0.
    """
    types, active = (texts_under(table, first_of(names, table)) for names in (_TYPE, _ACTIVE))
    table = put_aside(table, LEAD, [row for row, text in enumerate(types) if text.casefold() in _LEADS])
    cells = (texts_of(table, columns, ours) for ours in _TELL_LOST)
    outcomes = []
    for flag, stage, text, reason, closed, chance in zip(active, *cells, strict=True):
        told = state_means(text)
        ending = told if told in ("won", "lost") else stage_means(stage)
        is_lost = bool(reason) or (bool(closed) and _is_zero(chance))
        archived = not is_yes(flag) if flag else told is None and is_lost
        outcomes.append(ending or ("lost" if archived else "open" if stage else ""))
    return mended(with_texts(table, columns.get("outcome", "outcome"), outcomes), columns)


def _is_zero(chance: str) -> bool:
    """Tell whether a chance is 0: Odoo itself gives no open opportunity less than 0.01."""
    return {*chance} & {*"0123456789"} == {"0"}


ODOO: Final = (
    Preset(
        "odoo",
        "Odoo",
        "opportunities",
        "deals",
        (_NAME, _REVENUE, _STAGE, (*_CLOSING, *_SALESPERSON, *_TEAM)),
        {
            "id": titles("External ID | id | .id | Externe ID | Внешний ID | Внешний идентификатор"),
            "name": _NAME,
            "customer": titles(
                """Customer | partner_id | Customer/Name | Company Name | partner_name
                Kunde | Unternehmensname
                Клиент | Заказчик | Партнёр | Партнер | Название компании"""
            ),
            "stage": _STAGE,
            "amount": _REVENUE,
            "currency": titles(
                "Currency | company_currency | Währung | Unternehmenswährung | Валюта | Валюта компании"
            ),
            "created": titles(
                "Created on | create_date | Erstellt am | Angelegt am | Создано | Дата создания"
            ),
            "entered_stage": titles(
                """Last Stage Update | date_last_stage_update
                Letzte Phasenaktualisierung | Letzte Aktualisierung der Phase
                Последнее обновление этапа | Последнее обновление стадии"""
            ),
            "expected_close": _CLOSING,
            "closed": titles("Closed Date | date_closed | Abschlussdatum | Geschlossen am | Дата закрытия"),
            "outcome": _STATUS,
            "probability": titles("Probability | Wahrscheinlichkeit | Вероятность"),
            "lost_reason": titles(
                """Lost Reason | lost_reason_id | lost_reason_id/name
                Verlustgrund | Grund für Verlust
                Причина потери | Причина проигрыша | Причина отказа"""
            ),
            "owner": _SALESPERSON,
        },
        segments=_TEAM,
        amounts_vary=True,
        prepare=_prepared,
        unlocks={
            "entered_stage": "add the field 'Last Stage Update' to the export: old deals close less often"
        },
    ),
)
