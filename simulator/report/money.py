"""Show the plan beside what came and will come, the balance in the bank, and what offers cost."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from simulator.report.layout import NOTHING, WIDTH, table, wrapped
from simulator.words import Scale, chance_cells, day, interval_texts, period_name, plain

_KINDS: Final = {"month": "Months", "quarter": "Quarters", "year": "Years"}
_LEVELS: Final = {"balance": "balance", "deferred_revenue": "deferred revenue"}


def money_tables(payload: Mapping[str, Any], scale: Scale) -> list[str]:
    """Return the tables of plan, levels and offers, those that have rows."""
    found = [*_plans(payload, scale), _levels(payload, scale), _offers(payload, scale)]
    return [text for text in found if text]


def _plans(payload: Mapping[str, Any], scale: Scale) -> Iterator[str]:
    """Yield a table for each series, segment and kind of period that the plan covers."""
    rows: Sequence[Mapping[str, Any]] = payload.get("plan") or []
    places = dict.fromkeys((r["series"], r["segment"], r["period"]) for r in rows)
    for series, segment, kind in places:
        chosen = [r for r in rows if (r["series"], r["segment"], r["period"]) == (series, segment, kind)]
        whose = "" if segment == "all" else f" of {plain(segment, 30)}"
        heading = f"{_KINDS[kind]} against the plan, {series}{whose}, {scale.name}"
        header = [kind, "actual", "low", "middle", "high", "plan", "difference", "chance", ""]
        yield _block(heading, header, [_plan_row(r, scale) for r in chosen], (0, 8))


def _plan_row(row: Mapping[str, Any], scale: Scale) -> list[str]:
    past = row["p50"] is None
    ends = [NOTHING] * 3 if past else [scale.number(row[q]) for q in ("p10", "p50", "p90")]
    reached = ("reached" if row["chance"] else "missed", "") if past else chance_cells(row)
    actual = scale.number(row["actual"]) if row["actual"] or past else NOTHING
    name = period_name(row["name"], row["start"], row["end"])
    off = scale.number(row["difference"], sign=True)
    return [name, actual, *ends, scale.number(row["plan"]), off, *reached]


def _levels(payload: Mapping[str, Any], scale: Scale) -> str:
    """Lay out what stands at each period's end: low, middle and high."""
    periods = payload.get("periods") or []
    shown = [level for level in _LEVELS if any(p.get(level) for p in periods)]
    if not shown:
        return ""
    header = ["at the end of", *(c for s in shown for c in (f"{_LEVELS[s]} low", "middle", "high"))]
    rows = [[day(p["end"]), *(c for s in shown for c in interval_texts(p[s], scale, 1))] for p in periods]
    return _block(f"What stands at the end, {scale.name}", header, rows)


def _offers(payload: Mapping[str, Any], scale: Scale) -> str:
    rows = []
    for offer in payload.get("offers") or []:
        rate = offer["yearly_rate"]
        rows.append(
            [
                plain(offer["name"], 30),
                scale.exact(offer["cost"], 2),
                f"{offer['days_earlier']:.0f}",
                NOTHING if rate is None else f"{100 * rate:.0f} % a year",
            ]
        )
    return _block(f"Offers, {scale.name}", ["offer", "costs", "days sooner", "which is"], rows)


def _block(
    heading: str, header: Sequence[str], rows: Sequence[Sequence[str]], left: Sequence[int] = (0,)
) -> str:
    if not rows:
        return ""
    lines = table(header, rows, left, WIDTH - 2)
    return "\n".join([*wrapped(heading), *(f"  {line}" for line in lines)]) + "\n"
