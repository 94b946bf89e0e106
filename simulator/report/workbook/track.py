"""Tell how past forecasts did: what each said of a period, and what came."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from simulator.report.blocks import Text
from simulator.report.past_runs import named_period
from simulator.report.results import Results
from simulator.report.workbook.columns import COUNT, DAY, SERIES, TEXT, as_day, columns, money, whose
from simulator.report.workbook.sheet import Kind, Sheet, Table, Value
from simulator.words import plain

LEVELS: Mapping[str, str] = {"50": "5 in 10", "80": "8 in 10", "95": "9.5 in 10"}


def track(results: Results) -> Sheet | None:
    """Return the record of past runs and of backtests, None where nobody has one."""
    payload = results.answer("track") or {}
    tested = (results.forecast.get("track_record") or {}).get("verdict") or []
    windows = payload.get("windows") or []
    if not windows and not tested:
        return None
    says = [Text(plain(text)) for text in (*(payload.get("verdict") or () if windows else ()), *tested)]
    tables = (
        [_windows(windows, str(payload.get("currency") or results.forecast["currency"]))] if windows else []
    )
    return Sheet("How past forecasts did", [*says, *tables])


def _windows(windows: list[Mapping[str, Any]], currency: str) -> Table:
    kind = money(currency)
    others = list(dict.fromkeys(name for row in windows for name in row["others"]))
    ends = [f"{said}: {end}" for said in LEVELS.values() for end in ("from", "to")]
    head = [
        *columns(TEXT, "series", "segment", "period"), *columns(DAY, "from", "until", "forecast as of"),
        *columns(COUNT, "days ahead"), *columns(kind, "happened already", "middle", *ends, "came"),
        *columns(Kind(width=8), *(f"{said} held it" for said in LEVELS.values())),
        *columns(kind, *(f"the {plain(name)} said" for name in others)),
    ]  # fmt: skip
    rows: list[list[Value]] = [
        [SERIES.get(w["series"], plain(w["series"])), whose(w["segment"]),
         named_period(w), as_day(w["start"]), as_day(w["end"]), as_day(w["as_of"]), w["days_ahead"],
         w["already"], w["middle"], *(end for level in LEVELS for end in w["ranges"][level]), w["came"],
         *(_held(w["held"].get(level)) for level in LEVELS), *(w["others"].get(name) for name in others)]
        for w in windows
    ]  # fmt: skip
    return Table("Track", head, rows, keeps=3, rest="track.json")


def _held(held: bool | None) -> str:
    return "" if held is None else "yes" if held else "no"
