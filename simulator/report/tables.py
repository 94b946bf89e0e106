"""Show a forecast in tables: by month, segment, source or a column of the deals."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, timedelta
from typing import Any, Final

from simulator.report.layout import NOTHING, table
from simulator.report.screen import fiscal_table, title
from simulator.words import (
    Scale,
    chance_cells,
    complete_periods,
    day,
    month,
    plain,
    scale_for,
    scale_of,
)

BUILT_IN: Final = ("month", "segment", "source")
SERIES: Final = ("bookings", "billings", "revenue", "receipts")
DEALS: Final = 20
_ENDS: Final = ("low", "middle", "high")
_NAMES: Final = {
    "actual": "already won",
    "open": "open deals",
    "new": "deals yet to come",
    "backlog": "won, not yet paid",
    "receivables": "invoices already sent",
}


def table_by(payload: Mapping[str, Any], by: str, every_series: bool = False) -> str:
    """Return one table: by month (the scenario's periods), segment, source, or the run's own grouping.

    Args:
        payload: forecast.json.
        by: `month`, `segment`, `source` or the column that the run was grouped by.
        every_series: also billings and revenue; by default bookings and receipts.
    """
    rows = _rows(payload, by)
    present = [s for s in SERIES if any((stats or {}).get(s) for _, stats in rows)]
    chosen = present if every_series else [s for s in present if s in ("bookings", "receipts")]
    scale = scale_of(payload)
    header = [plain(by, 20), *(f"{s} {q}" if q == "low" else q for s in chosen for q in _ENDS)]
    body = [[plain(name, 30), *(c for s in chosen for c in _interval(stats.get(s), scale))]
            for name, stats in rows]  # fmt: skip
    return _block(f"By {plain(by, 20)}, {scale.name} (8 chances in 10 between low and high)", header, body)


def detail_tables(payload: Mapping[str, Any]) -> str:
    """Return everything that the first screen leaves out: periods, segments, sources, targets, deals."""
    scale = scale_of(payload)
    blocks = [title(payload, scale) + "\n"]
    for series in SERIES:
        if any(p.get(series) for p in complete_periods(payload)):
            lines = fiscal_table(payload, scale, 100, series)
            blocks.append(f"Fiscal quarters and years, {scale.name}\n" + "\n".join(lines) + "\n")
    blocks += [table_by(payload, by, every_series=True) for by in BUILT_IN if _rows(payload, by)]
    blocks += _targets(payload, scale), _slippage(payload), _deals(payload), _warnings(payload, scale)
    return "\n".join(block for block in blocks if block)


def _rows(payload: Mapping[str, Any], by: str) -> list[tuple[str, Mapping[str, Any]]]:
    if by == "month":
        return [(_period_name(p), p) for p in payload.get("periods") or []]
    if by == "segment":
        segments = payload.get("segments") or {}
        return [(name, segment.get("totals") or {}) for name, segment in segments.items()]
    if by == "source":
        sources = payload.get("sources") or {}
        return [(_NAMES.get(name, name), stats) for name, stats in sources.items() if stats]
    return [(row["group"] or "(none)", row) for row in (payload.get("groups") or {}).get("rows") or []]


def _period_name(period: Mapping[str, Any]) -> str:
    """Name a month by its name, even one cut short by the as-of day, anything else by its days."""
    start, end = date.fromisoformat(period["start"]), date.fromisoformat(period["end"])
    if (start.year, start.month) == (end.year, end.month):
        whole = start.day == 1 and (end + timedelta(days=1)).day == 1
        return month(end) if whole else f"{start.day}–{day(end)}"
    return f"{day(start)} – {day(end)}"


def _interval(stats: Mapping[str, Any] | None, scale: Scale) -> list[str]:
    if not stats:
        return [NOTHING] * 3
    fit = scale.fitting(stats)
    return [fit.number(stats[q]) for q in ("p10", "p50", "p90")]


def _targets(payload: Mapping[str, Any], scale: Scale) -> str:
    header = ["target", "series", "segment", "until", "amount", "already", "chance", ""]
    rows = [
        [plain(t["name"], 24), t["series"], plain(t.get("segment", "all"), 16), day(t["until"]),
         scale.exact(t["amount"]), scale.exact(t.get("already") or 0.0, 2), *chance_cells(t)]
        for t in payload.get("targets") or []
    ]  # fmt: skip
    return _block(f"Targets, {scale.name}", header, rows, left=(0, 1, 2, 7))


def _slippage(payload: Mapping[str, Any]) -> str:
    months = (payload.get("slippage") or {}).get("mean_months")
    if months is None:
        return ""
    way = "later" if months >= 0 else "earlier"
    return f"Deals that are won close on average {abs(months):.1f} months {way} than their stated dates.\n"


def _deals(payload: Mapping[str, Any]) -> str:
    deals = sorted(payload.get("deals") or [], key=lambda d: (-d["mean"], d["id"]))
    scale = scale_for(max((d["mean"] for d in deals), default=0.0), str(payload.get("currency", "")))
    rows = []
    for deal in deals[:DEALS]:
        close = deal.get("close") or {}
        dates = [day(when) if (when := close.get(q)) else "later" for q in ("p10", "p50", "p90")]
        chance = chance_cells({"chance": deal["chance"]})[0]
        rows.append(
            [plain(deal["id"], 20), plain(deal["segment"], 16), chance, scale.number(deal["mean"]), *dates]
        )
    header = ["deal", "segment", "chance", "average", "closes early", "middle", "late"]
    left = len(deals) - DEALS
    more = f"{left:,} more in deals.csv\n" if left > 0 else ""
    return _block(f"Deals with the largest average, {scale.name}", header, rows, left=(0, 1)) + more


def _warnings(payload: Mapping[str, Any], scale: Scale) -> str:
    return "".join(_warning(w, scale) for w in payload.get("warnings") or [])


def _warning(warning: Mapping[str, Any], scale: Scale) -> str:
    money = f" ({scale.exact(warning['amount'], 2)})" if warning.get("amount") else ""
    return f"! {plain(warning['text'])}{money} [{plain(warning.get('code', ''), 10)}]\n"


def _block(
    heading: str, header: Sequence[str], rows: Sequence[Sequence[str]], left: Sequence[int] = (0,)
) -> str:
    return "\n".join(_lines(heading, header, rows, left)) + "\n" if rows else ""


def _lines(
    heading: str, header: Sequence[str], rows: Sequence[Sequence[str]], left: Sequence[int]
) -> Iterator[str]:
    yield heading
    yield from ("  " + line for line in table(header, rows, left))
