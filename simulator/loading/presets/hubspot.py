"""HubSpot: all deals, with the days on which each entered its stages across the columns."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Final

from simulator.loading.presets.mending import mended, texts_of, texts_under, with_texts
from simulator.loading.presets.preset import Preset, Titles, first_of, titles
from simulator.loading.tables import Table

_ID: Final = titles(
    """Record ID | Deal ID | hs_object_id
    Datensatz-ID | Deal-ID | Objekt-ID
    ID записи | Идентификатор записи | ID сделки"""
)
_NAME: Final = titles("Deal Name | Deal-Name | Name des Deals | Название сделки | Имя сделки")
_STAGE: Final = titles("Deal Stage | Deal-Phase | Phase des Deals | Этап сделки | Стадия сделки")
_AMOUNT: Final = titles("Amount | Betrag | Deal-Wert | Сумма | Сумма сделки")
_IN_COMPANY_CURRENCY: Final = titles(
    """Amount in company currency | amount_in_home_currency
    Betrag in Firmenwährung | Betrag in Unternehmenswährung | Betrag in der Unternehmenswährung
    Сумма в валюте компании"""
)
_CURRENCY: Final = titles("Currency | deal_currency_code | Währung | Валюта")
_CLOSE: Final = titles("Close Date | Abschlussdatum | Schlussdatum | Дата закрытия")
_PIPELINE: Final = titles("Pipeline | Воронка | Воронка продаж | Конвейер")
_OWNER: Final = titles(
    """Deal owner | hubspot_owner_id
    Deal-Inhaber | Zuständiger Mitarbeiter | Für Deal zuständiger Mitarbeiter | Deal-Besitzer
    Владелец сделки | Ответственный за сделку | Ответственный"""
)
_ENTERED: Final = titles(
    """Date entered current stage | hs_v2_date_entered_current_stage
    Datum des Eintritts in aktuelle Phase | Datum des Eintritts in die aktuelle Phase
    Дата перехода на текущий этап | Дата входа в текущий этап"""
)
_OF_OTHERS: Final = titles("Бюджет | Бюджет сделки")
"""Titles of amoCRM, whose deals and stages are called as HubSpot's are in Russian."""
_QUOTED = re.compile(r'(?P<before>[^"„“”«»]+)["„“”«](?P<stage>.+)["“”»](?P<after>[^"„“”«»]*)')
_INTERNAL = re.compile(r"hs_(?:v2_)?date_entered_(?P<stage>.+)")
_INTO = re.compile(r"(entered|eintritt|eingetreten|eingegangen|erreicht|вход|вступлени|перехода|попадания)")
_OF_NO_STAGE: Final = ("current_stage",)


def _prepared(table: Table, columns: Titles) -> Table:
    """Return the deals: stages without the name of their pipeline, amounts of a known currency.

    Amounts in the company's currency stand for those of which no column tells the currency.
    """
    pipelines, stages = texts_of(table, columns, "segment"), texts_of(table, columns, "stage")
    bare = [_bare(stage, pipeline) for stage, pipeline in zip(stages, pipelines, strict=True)]
    table = with_texts(table, columns["stage"], bare) if bare != stages else table
    converted = first_of(_IN_COMPANY_CURRENCY, table)
    of_deal = columns.get("amount") == first_of(_AMOUNT, table)
    if converted is not None and of_deal and "currency" not in columns:
        table = with_texts(table, columns["amount"], texts_under(table, converted))
    if converted is not None and columns.get("amount") == converted and "currency" in columns:
        table = with_texts(table, columns["currency"], [""] * len(table.rows))
    if "entered_stage" not in columns:
        table = _with_entry(table, columns)
    return mended(table, columns)


def _with_entry(table: Table, columns: Titles) -> Table:
    """Return a table with the day on which each deal entered its present stage, where the columns tell it."""
    places: dict[str, list[tuple[int, str]]] = {}
    for at, stage, pipeline in _columns_of_stages(table):
        places.setdefault(stage.casefold(), []).append((at, pipeline.casefold()))
    if not places:
        return table
    stages, pipelines = (texts_of(table, columns, ours) for ours in ("stage", "segment"))
    days = []
    for row, stage, pipeline in zip(table.rows, stages, pipelines, strict=True):
        own = pipeline.casefold()
        found = (
            row[at].strip() for at, of in places.get(stage.casefold(), ()) if not (of and own) or of == own
        )
        days.append(next((day for day in found if day), ""))
    return with_texts(table, "entered_stage", days)


def _log(table: Table, columns: Titles) -> tuple[Table, Table] | None:
    """Return the log of stages that the columns `Date entered "…"` tell, and the deals without these.

    Columns of days and times of the same stages, such as `Date exited "…"`, say it again.
    """
    names = {stage.casefold(): stage for _, stage, _ in _columns_of_stages(table)}
    now = {text.casefold(): text for text in texts_of(table, columns, "stage") if text}
    ids, segments = (texts_of(table, columns, ours) for ours in ("id", "segment"))
    rows, lines = [], []
    for row, stage, day in _entries(table, columns):
        if row in table.aside:
            continue
        rows.append((ids[row], now.get(stage, names.get(stage, stage)), day, segments[row]))
        lines.append(table.lines[row])
    if not rows:
        return None
    titles = ("deal", "stage", "entered_at", "segment")
    log = Table(f"{table.name}, its columns of stages", titles, tuple(rows), tuple(lines))
    quoted = [_QUOTED.fullmatch(title) for title in table.header]
    told = {at for at, _, _ in _columns_of_stages(table)}
    told |= {at for at, found in enumerate(quoted) if found and _parts(found["stage"])[0].casefold() in names}
    kept = [at for at in range(len(table.header)) if at not in told]
    bare = tuple(tuple(row[at] for at in kept) for row in table.rows)
    typed = frozenset(place for place, at in enumerate(kept) if at in table.typed)
    flaws = {place: table.flaws[at] for place, at in enumerate(kept) if at in table.flaws}
    header = tuple(table.header[at] for at in kept)
    return log, replace(table, header=header, rows=bare, typed=typed, flaws=flaws)


def _entries(table: Table, columns: Titles) -> list[tuple[int, str, str]]:
    """Return row, stage without capitals, and day, of each entry of a deal into a stage of its pipeline."""
    found = [(at, stage.casefold(), of.casefold()) for at, stage, of in _columns_of_stages(table)]
    pipelines = texts_of(table, columns, "segment")
    entries = []
    for number, row in enumerate(table.rows):
        own = pipelines[number].casefold()
        for at, stage, pipeline in found:
            if (day := row[at].strip()) and (not pipeline or not own or pipeline == own):
                entries.append((number, stage, day))
    return entries


def _columns_of_stages(table: Table) -> list[tuple[int, str, str]]:
    """Return the columns of days of entering a stage: index, its name, and its pipeline or ""."""
    found = []
    for at, title in enumerate(table.header):
        quoted, internal = _QUOTED.fullmatch(title), _INTERNAL.fullmatch(title)
        if quoted and _INTO.search((quoted["before"] + quoted["after"]).casefold()):
            found.append((at, *_parts(quoted["stage"])))
        elif internal and internal["stage"] not in _OF_NO_STAGE:
            found.append((at, internal["stage"], ""))
    return found


def _parts(name: str) -> tuple[str, str]:
    """Return the stage and the pipeline of `Contract Sent (Sales Pipeline)`."""
    match = re.fullmatch(r"(.+?)\s*\(([^()]+(?:\([^()]*\))?)\)", name.strip())
    return (match[1], match[2]) if match else (name.strip(), "")


def _bare(stage: str, pipeline: str) -> str:
    named = f"({pipeline})"
    return stage.removesuffix(named).rstrip() if pipeline and stage.endswith(named) else stage


HUBSPOT: Final = (
    Preset(
        "hubspot",
        "HubSpot",
        "all deals",
        "deals",
        (_NAME, _STAGE, (*_ID, *_PIPELINE, *_OWNER, *_CLOSE)),
        {
            "id": _ID,
            "name": _NAME,
            "customer": titles(
                """Associated Company | Primary Associated Company | Associated Company (Primary)
                Zugeordnetes Unternehmen | Zugehöriges Unternehmen | Verknüpftes Unternehmen
                Связанная компания
                Associated Company IDs | Associated Company IDs (Primary)"""
            ),
            "segment": _PIPELINE,
            "stage": _STAGE,
            "amount": (*_AMOUNT, *_IN_COMPANY_CURRENCY),
            "currency": _CURRENCY,
            "created": titles("Create Date | Erstelldatum | Erstellungsdatum | Erstellt am | Дата создания"),
            "entered_stage": _ENTERED,
            "expected_close": _CLOSE,
            "pushes": titles("Close date push count | hs_deal_close_date_push_count"),
            "probability": titles(
                """Deal probability | hs_deal_stage_probability
                Deal-Wahrscheinlichkeit | Deal-Abschlusswahrscheinlichkeit
                Вероятность сделки"""
            ),
            "category": titles(
                "Forecast category | hs_manual_forecast_category | Prognosekategorie | Категория прогноза"
            ),
            "lost_reason": titles(
                """Closed Lost Reason
                Grund für Verlust | Verlustgrund | Grund für verlorenen Deal
                Причина проигрыша | Причина закрытия с проигрышем"""
            ),
            "owner": _OWNER,
        },
        {"closed": "expected_close"},
        _PIPELINE,
        ends_by_chance=True,
        amounts_vary=True,
        prepare=_prepared,
        log=_log,
        unlocks={
            "entered_stage": "export the columns 'Date entered …' too: they tell the times in each stage"
        },
        company_amounts=_IN_COMPANY_CURRENCY,
        foreign=_OF_OTHERS,
    ),
)
