"""Salesforce: reports of opportunities, the records themselves, and the histories of their stages."""

from __future__ import annotations

from typing import Final

from simulator.loading.history_frame import Kind
from simulator.loading.outcome_words import is_yes
from simulator.loading.presets import mending
from simulator.loading.presets.grouped import ungrouped
from simulator.loading.presets.mending import put_aside, rows_where, texts_of, texts_under, with_texts
from simulator.loading.presets.preset import (
    Marks,
    Names,
    Prepare,
    Preset,
    Titles,
    first_of,
    squashed,
    titles,
)
from simulator.loading.tables import Table
from simulator.money import currency_in

_ID: Final = titles(
    """Opportunity ID | OpportunityId | Opportunity: Opportunity ID | Opportunity: ID | Opportunity-ID
    ID возможности | Код возможности | Идентификатор возможности"""
)
_NAME: Final = titles(
    """Opportunity Name | Opportunity: Opportunity Name
    Opportunity-Name | Opportunityname
    Имя возможности | Название возможности | Наименование возможности"""
)
_STAGE: Final = titles(
    """Stage | StageName | Opportunity: Stage
    Phase | Opportunity-Phase
    Стадия | Этап | Стадия возможности | Этап возможности"""
)
_CLOSE: Final = titles(
    """Close Date | CloseDate | Opportunity: Close Date
    Schlusstermin | Abschlussdatum
    Дата закрытия"""
)
_CREATED: Final = titles(
    """Created Date | CreatedDate | Opportunity: Created Date
    Erstelldatum | Erstellungsdatum | Erstellt am
    Дата создания"""
)
_AMOUNT: Final = titles("Amount | Opportunity: Amount | Betrag | Сумма")
_CONVERTED: Final = titles(
    """Amount (converted)
    Betrag (umgerechnet) | Betrag (konvertiert)
    Сумма (конвертированная) | Сумма (преобразовано)"""
)
_CURRENCY: Final = titles(
    """Amount Currency | Opportunity Currency | Currency | CurrencyIsoCode | Currency ISO Code
    Betrag (Währung) | Betrag Währung | Opportunity-Währung | Währung | Währungscode
    Сумма (валюта) | Сумма Валюта | Валюта возможности | Валюта"""
)
_PROBABILITY: Final = titles(
    """Probability (%) | Probability
    Wahrscheinlichkeit (%) | Wahrscheinlichkeit
    Вероятность (%) | Вероятность"""
)
_CUSTOMER: Final = titles(
    """Account Name | Account: Account Name | Account Name: Account Name | AccountId
    Accountname | Account-Name
    Имя организации | Название организации | Имя учетной записи | Организация"""
)
_OWNER: Final = titles(
    """Opportunity Owner | Opportunity Owner: Full Name | Owner | OwnerId
    Opportunity-Inhaber | Opportunityinhaber | Inhaber
    Владелец возможности | Ответственный за возможность | Ответственный"""
)
_SEGMENTS: Final = titles(
    """Opportunity Record Type | Record Type | Opportunity: Record Type | Record Type: Name | RecordTypeId
    Opportunity-Datensatztyp | Datensatztyp
    Тип записи возможности | Тип записи"""
)
_COLUMNS: Final = {
    "id": (*_ID, "Id"),
    "name": (*_NAME, "Name"),
    "customer": _CUSTOMER,
    "stage": _STAGE,
    "amount": (*_AMOUNT, *_CONVERTED),
    "currency": _CURRENCY,
    "created": _CREATED,
    "entered_stage": titles(
        """Last Stage Change Date | LastStageChangeDate
        Datum der letzten Phasenänderung | Letzte Phasenänderung
        Дата последнего изменения стадии"""
    ),
    "expected_close": _CLOSE,
    "pushes": titles("Push Count | PushCount | Push-Anzahl | Количество переносов"),
    "probability": _PROBABILITY,
    "category": titles(
        """Forecast Category | ForecastCategoryName | ForecastCategory
        Prognosekategorie
        Категория прогноза"""
    ),
    "lost_reason": titles(
        """Loss Reason | Lost Reason | Closed Lost Reason | Reason Lost
        Verlustgrund | Grund für Verlust
        Причина потери | Причина проигрыша"""
    ),
    "owner": _OWNER,
}
_LEFT: Final = titles("From Stage | Von Phase | Phase von | Из стадии | Исходная стадия")
_REACHED: Final = titles("To Stage | Zu Phase | In Phase | Phase nach | В стадию | Конечная стадия")
_MODIFIED: Final = titles(
    """Last Modified | Last Modified Date | Stage Change Date
    Zuletzt geändert | Zuletzt geändert am | Letzte Änderung
    Дата последнего изменения | Последнее изменение"""
)
_FIELD: Final = titles(
    "Field | Field / Event | Changed Field | Feld/Ereignis | Geändertes Feld | Поле/событие"
)
_OLD: Final = titles("OldValue | Old Value | Alter Wert | Старое значение")
_NEW: Final = titles("NewValue | New Value | Neuer Wert | Новое значение")
_EDITED: Final = titles("CreatedDate | Created Date | Edit Date | Bearbeitungsdatum | Дата изменения")
_WATCHED: Final = titles(
    "Probability | ForecastCategory | To Forecast Category | PrevAmount | PrevCloseDate | SystemModstamp"
)
_UNLOCKS: Final = {
    "entered_stage": "add the column 'Last Stage Change Date' to the report: old deals close less often",
}
_STAGE_FIELDS: Final = ("stagename", "stage", "phase", "стадия", "этап")
_MADE: Final = ("created", "erstellt", "создано")
"""Names of fields in the history of fields: what tells of stages, and of the creation of a deal."""


def _deals(table: Table, columns: Titles) -> Table:
    """Return the deals, each amount in its own currency.

    A converted amount has the currency that stands beside it, else the company's. It stands in for amounts of
    several currencies of which nothing tells which.
    """
    table = ungrouped(table, columns, "stage")
    converted = first_of(_CONVERTED, table)
    told = "currency" in columns or any(currency_in(text) for text in texts_of(table, columns, "amount"))
    unknown = columns.get("amount") == first_of(_AMOUNT, table) and not told
    if converted is not None and (columns.get("amount") == converted or unknown):
        codes = texts_under(table, f"{converted} Currency")
        amounts = texts_under(table, converted)
        table = with_texts(table, columns.get("amount", "amount"), amounts)
        table = with_texts(table, columns.get("currency", "currency"), codes)
    return mending.mended(table, columns)


def _without_groups(table: Table, columns: Titles) -> Table:
    """Return a log with the values of its groups in all rows, and without what they add up to."""
    table = ungrouped(table, columns, "deal")
    return put_aside(table, mending.GROUP, rows_where(table, lambda row: mending.is_summary(table, row)))


def _history(table: Table, columns: Titles) -> Table:
    """Return the log of stages without what was deleted."""
    table = _without_groups(table, columns)
    deleted = [row for row, text in enumerate(texts_under(table, "IsDeleted")) if is_yes(text)]
    return put_aside(table, mending.DELETED, deleted)


def _changes(table: Table, columns: Titles) -> Table:
    """Return the changes of stages among those of all fields.

    The first stage of a deal is the one that it left first: it entered it when it was created, which is a row
    without a value.
    """
    table = _without_groups(table, columns)
    fields = [squashed(text) for text in texts_of(table, columns, "field")]
    deals, new, old = (texts_of(table, columns, ours) for ours in ("deal", "stage", "left"))
    days = texts_of(table, columns, "entered_at")
    first: dict[str, str] = {}
    for row in sorted(range(len(fields)), key=lambda row: days[row]):
        if fields[row] in _STAGE_FIELDS and old[row]:
            first.setdefault(deals[row], old[row])
    told = zip(deals, fields, new, strict=True)
    stages = [first.get(deal, "") if field in _MADE else stage for deal, field, stage in told]
    table = with_texts(table, columns["stage"], stages)
    kept = (*_STAGE_FIELDS, *_MADE)
    others = [row for row, name in enumerate(fields) if name not in kept or not stages[row]]
    return put_aside(_history(table, columns), mending.NO_STAGE, others)


def _preset(report: str, kind: Kind, marks: Marks, columns: Names, prepare: Prepare) -> Preset:
    """Return one export; of deals the one date is expected while they are open, and that of closing then."""
    if kind != "deals":
        return Preset("salesforce", "Salesforce", report, kind, marks, columns, prepare=prepare)
    shared = {"closed": "expected_close"}
    return Preset(
        "salesforce", "Salesforce", report, kind, marks, columns, shared, _SEGMENTS, prepare=prepare,
        unlocks=_UNLOCKS,
    )  # fmt: skip


SALESFORCE: Final = (
    _preset(
        "a report of opportunities",
        "deals",
        (_NAME, _STAGE, _CLOSE, (*_CUSTOMER, *_OWNER, *_PROBABILITY, *_ID, *_CREATED)),
        _COLUMNS,
        _deals,
    ),
    _preset(
        "the records of Opportunity",
        "deals",
        (("Id",), ("Name",), ("StageName",), ("CloseDate",)),
        _COLUMNS,
        _deals,
    ),
    _preset(
        "OpportunityHistory",
        "events",
        (("OpportunityId",), ("StageName",), ("CreatedDate",), ("CloseDate",), _WATCHED),
        {
            "deal": ("OpportunityId",),
            "stage": ("StageName",),
            "entered_at": ("CreatedDate",),
            "amount": ("Amount",),
            "expected_close": ("CloseDate",),
        },
        _history,
    ),
    _preset(
        "a report of the history of opportunities",
        "events",
        ((*_ID, *_NAME), _LEFT, _REACHED, _MODIFIED, (*_AMOUNT, *_CLOSE, *_PROBABILITY, *_OWNER)),
        {
            "deal": (*_ID, *_NAME),
            "stage": _REACHED,
            "entered_at": _MODIFIED,
            "amount": _AMOUNT,
            "expected_close": _CLOSE,
        },
        _history,
    ),
    _preset(
        "OpportunityFieldHistory",
        "events",
        ((*_ID, *_NAME), _FIELD, _OLD, _NEW, _EDITED),
        {"deal": (*_ID, *_NAME), "stage": _NEW, "entered_at": _EDITED, "field": _FIELD, "left": _OLD},
        _changes,
    ),
)
