"""Show the plan beside what came and will come, the balance in the bank, and what offers cost."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from simulator.report.layout import NOTHING, WIDTH, table, wrapped
from simulator.words import Scale, chance_cells, day, interval_texts, period_name, plain

_LEVELS: Final = {"balance": "balance", "deferred_revenue": "deferred revenue"}


def money_tables(payload: Mapping[str, Any], scale: Scale) -> list[str]:
    """Return the tables of plan, levels and offers, those that have rows."""
    found = [*_plans(payload, scale), _levels(payload, scale), _offers(payload, scale)]
    return [text for text in found if text]


def _plans(payload: Mapping[str, Any], scale: Scale) -> Iterator[str]:
    """Yield what the plan covers: months, quarters and years of the company, the latter of each segment."""
    rows: Sequence[Mapping[str, Any]] = payload.get("plan") or []
    for series, segment in dict.fromkeys((r["series"], r["segment"]) for r in rows):
        own = [r for r in rows if (r["series"], r["segment"]) == (series, segment)]
        months = [r for r in own if r["period"] == "month"]
        longer = [r for r in own if r["period"] != "month"]
        for name, chosen in (("Months", months), ("Quarters and years", longer)):
            if chosen and not (segment != "all" and chosen is months and longer):
                yield _plan(name, series, segment, chosen, scale)


def _plan(name: str, series: str, segment: str, rows: Sequence[Mapping[str, Any]], scale: Scale) -> str:
    whose = "" if segment == "all" else f" of {plain(segment, 30)}"
    heading = f"{name} against the plan, {series}{whose}, {scale.name}"
    kind = "month" if name == "Months" else "period"
    header = [kind, "actual", "low", "middle", "high", "plan", "difference", "chance", ""]
    # Two digits of the smallest that matters, so that a month of a small segment is more than 0.1.
    amounts = sorted(abs(float(r["plan"])) for r in rows)
    fine = scale.showing(amounts[len(amounts) // 2], 2)
    return _block(heading, header, [_plan_row(r, fine) for r in rows], (0, 8))


def _plan_row(row: Mapping[str, Any], scale: Scale) -> list[str]:
    past = row["p50"] is None
    ends = [NOTHING] * 3 if past else [scale.number(row[q]) for q in ("p10", "p50", "p90")]
    reached = ("reached" if row["chance"] else "missed", "") if past else chance_cells(row)
    actual = scale.number(row["actual"]) if row["actual"] or past else NOTHING
    month = row["period"] == "month"
    name = period_name(row["name"], row["start"], row["end"]) if month else plain(row["name"], 20)
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
