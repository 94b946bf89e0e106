"""Dynamics 365 Sales: opportunities as they are exported to a spreadsheet, where the state is a column."""

from __future__ import annotations

from typing import Final

from simulator.loading.outcome_words import state_means
from simulator.loading.presets.mending import CLOSED_AT, mended, texts_of, texts_under, used_by, with_texts
from simulator.loading.presets.preset import Preset, Titles, first_of, titles
from simulator.loading.tables import Table

_ID: Final = titles(
    """(Do Not Modify) Opportunity | Opportunity | opportunityid
    (Nicht ändern) Verkaufschance | (Nicht modifizieren) Verkaufschance | Verkaufschance
    (Не изменять) Возможная сделка | Возможная сделка"""
)
_TOPIC: Final = titles("Topic | Thema | Тема")
_EXPECTED: Final = titles(
    """Est. close date | Estimated Close Date
    Gesch. Abschlussdatum | Geschätztes Abschlussdatum | Voraussichtl. Abschlussdatum
    Предполагаемая дата закрытия | Предп. дата закрытия | Ожид. дата закрытия | Расчетная дата закрытия"""
)
_EXPECTED_REVENUE: Final = titles(
    """Est. revenue | Estimated Revenue | estimatedvalue
    Gesch. Umsatz | Geschätzter Umsatz | Voraussichtl. Umsatz
    Предполагаемый доход | Предп. доход | Ожид. доход | Ожидаемый доход | Расчетный доход"""
)
_REVENUE: Final = titles(
    "Actual Revenue | actualvalue | Tatsächlicher Umsatz | Tats. Umsatz | Фактический доход"
)
_STATUS: Final = titles("Status | statecode | Состояние | Статус")
_REASON: Final = titles("Status Reason | statuscode | Statusgrund | Причина состояния | Причина статуса")
_STAGE: Final = titles(
    """Pipeline Phase | stepname | Sales Stage | salesstage | Process Stage | Stage
    Pipelinephase | Pipeline-Phase | Verkaufsphase | Vertriebsphase | Prozessphase | Phase
    Фаза воронки | Фаза конвейера | Стадия воронки | Этап продажи | Этап продаж | Этап процесса | Этап"""
)
_CUSTOMER: Final = titles(
    """Potential Customer | Account | Customer
    Potenzieller Kunde | Firma
    Потенциальный клиент | Организация"""
)


def _prepared(table: Table, columns: Titles) -> Table:
    """Return the deals: states in our words, won ones at their actual revenue, why the lost ones were lost.

    The reason of the status tells for lost deals why, and for others nothing that the status does not.
    """
    states = [state_means(text) or text for text in texts_of(table, columns, "outcome")]
    table = with_texts(table, columns["outcome"], states)
    actual = first_of(_REVENUE, table)
    if actual is not None and columns["amount"] == first_of(_EXPECTED_REVENUE, table):
        expected, revenue = texts_of(table, columns, "amount"), texts_under(table, actual)
        told = zip(states, revenue, expected, strict=True)
        amounts = [own if state == "won" and own else text for state, own, text in told]
        changed = [row for row, text in enumerate(amounts) if text != expected[row]]
        table = used_by(with_texts(table, columns["amount"], amounts), CLOSED_AT, changed)
    if "lost_reason" in columns:
        reasons = texts_of(table, columns, "lost_reason")
        kept = [reason if state == "lost" else "" for reason, state in zip(reasons, states, strict=True)]
        table = with_texts(table, columns["lost_reason"], kept)
    return mended(table, columns)


DYNAMICS: Final = (
    Preset(
        "dynamics",
        "Dynamics 365",
        "opportunities exported to Excel",
        "deals",
        (_TOPIC, _STATUS, _EXPECTED_REVENUE, (*_EXPECTED, *_ID, *_CUSTOMER, *_STAGE, *_REASON)),
        {
            "id": _ID,
            "name": _TOPIC,
            "customer": _CUSTOMER,
            "stage": _STAGE,
            "amount": _EXPECTED_REVENUE,
            "currency": titles("Currency | transactioncurrencyid | Währung | Валюта"),
            "created": titles("Created On | Erstellt am | Дата создания | Создано"),
            "expected_close": _EXPECTED,
            "closed": titles(
                """Actual Close Date
                Tatsächliches Abschlussdatum | Tats. Abschlussdatum
                Фактическая дата закрытия"""
            ),
            "outcome": _STATUS,
            "probability": titles("Probability | closeprobability | Wahrscheinlichkeit | Вероятность"),
            "category": titles("Forecast category | Prognosekategorie | Категория прогноза"),
            "lost_reason": _REASON,
            "owner": titles("Owner | Besitzer | Ответственный | Владелец"),
        },
        segments=titles(
            """Business Unit | Owning Business Unit | Sales Territory | Territory
            Unternehmenseinheit | Vertriebsgebiet | Gebiet
            Бизнес-единица | Территория"""
        ),
        amounts_vary=True,
        prepare=_prepared,
        company_amounts=titles(
            """Est. Revenue (Base) | Estimated Revenue (Base) | estimatedvalue_base
            Gesch. Umsatz (Basis) | Geschätzter Umsatz (Basis)
            Предполагаемый доход (базовая валюта) | Предп. доход (базовая валюта)"""
        ),
    ),
)
