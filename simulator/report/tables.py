"""Show a forecast in tables: by month, segment, source or a column of the deals."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, timedelta
from itertools import chain
from typing import Any, Final

from simulator.forecast.groups import NEW
from simulator.report.layout import NOTHING, WIDTH, table, wrapped
from simulator.report.money import money_tables
from simulator.report.screen import fiscal_table, title
from simulator.words import (
    Scale,
    chance_cells,
    complete_periods,
    cut,
    day,
    days,
    has_interval,
    headline_period,
    interval_texts,
    period_name,
    plain,
    scale_for,
    scale_of,
    width,
)

BUILT_IN: Final = ("month", "segment", "source")
SERIES: Final = ("bookings", "billings", "revenue", "receipts")
DEALS: Final = 20
SOURCES: Final = {
    "actual": "so far this year",
    "open": "open deals",
    "new": "deals yet to come",
    "backlog": "won, still to bill",
    "renewals": "renewals",
    "receivables": "invoices already sent",
}
_GROUPS: Final = {"": "(none)", NEW: "(deals yet to come)"}


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
    rows = [row for row in rows if by == "month" or any(row[1].get(s) for s in chosen)]
    scale = scale_of(payload)
    when = "" if by == "month" else f", {_span(payload)}"
    told = has_interval(headline_period(payload).get("bookings") or {})
    ends = "8 chances in 10 between low and high" if told else "too few trials for chances"
    name = period_noun(payload) if by == "month" else plain(by, 20)
    heading = wrapped(f"By {name}{when}, {scale.name} ({ends})")
    rows = [row for row in rows if by == "month" or any(row[1].get(s) for s in chosen)]
    blocks = [[name], *([f"{s} low", "middle", "high"] for s in chosen)]
    body = [[[plain(name, 30)], *(_interval(stats.get(s), scale) for s in chosen)] for name, stats in rows]
    tables = _side_by_side(blocks, body)
    return "\n".join([*heading, *("  " + line if line else "" for line in tables)]) + "\n" if rows else ""


def detail_tables(payload: Mapping[str, Any]) -> str:
    """Return everything that the first screen leaves out: periods, segments, sources, targets, deals."""
    scale = scale_of(payload)
    blocks = [cut(title(payload, scale), WIDTH) + "\n"]
    for series in SERIES:
        if any(p.get(series) for p in complete_periods(payload)):
            lines = fiscal_table(payload, scale, 100, series)
            blocks.append(f"Fiscal quarters and years, {scale.name}\n" + "\n".join(lines) + "\n")
    blocks += [table_by(payload, by, every_series=True) for by in BUILT_IN if _rows(payload, by)]
    blocks += money_tables(payload, scale)
    blocks += _targets(payload, scale), _slippage(payload), _deals(payload), _track_record(payload)
    blocks += [_warnings(payload, scale)]
    return "\n".join(block for block in blocks if block)


def period_noun(payload: Mapping[str, Any]) -> str:
    """Return what the scenario's periods are: months, quarters or weeks."""
    name = str((payload.get("periods") or [{}])[0].get("name", ""))
    return "week" if "W" in name else "quarter" if name.startswith("Q") else "month"


def _side_by_side(header: Sequence[list[str]], rows: Sequence[Sequence[list[str]]]) -> list[str]:
    """Lay out the first block of columns with as many others as fit a line, the rest in tables below."""
    lines: list[str] = []
    begin, end = 1, len(header)
    while begin < len(header):
        chosen = (0, *range(begin, end))
        grid = [list(chain(*(row[i] for i in chosen))) for row in (header, *rows)]
        # The text is cut only where one block alone does not fit beside it.
        found = table(grid[0], grid[1:], columns=WIDTH - 2 if end == begin + 1 else None)
        if end > begin + 1 and max(map(width, found)) > WIDTH - 2:
            end -= 1
            continue
        lines += [*([""] if lines else []), *found]
        begin, end = end, len(header)
    return lines


def _span(payload: Mapping[str, Any]) -> str:
    """Say what totals cover: from the fiscal year's start to the forecast's end."""
    starts = [p["start"] for p in payload.get("fiscal") or [] if str(p["name"]).startswith("FY")]
    ends = [p["end"] for p in payload.get("periods") or []]
    first = date.fromisoformat(payload["as_of"]) + timedelta(days=1)
    return days(min(starts, default=first.isoformat()), max(ends, default=first.isoformat()))


def _rows(payload: Mapping[str, Any], by: str) -> list[tuple[str, Mapping[str, Any]]]:
    if by == "month":
        return [
            (period_name(p.get("name", ""), p["start"], p["end"], p.get("whole", True)), p)
            for p in payload.get("periods") or []
        ]
    if by == "segment":
        segments = payload.get("segments") or {}
        return [(name, segment.get("totals") or {}) for name, segment in segments.items()]
    if by == "source":
        sources = payload.get("sources") or {}
        return [(SOURCES.get(name, name), stats) for name, stats in sources.items() if stats]
    # What brings nothing has no interval.
    rows = (payload.get("groups") or {}).get("rows") or []
    names = dict(_GROUPS)
    if (payload.get("sources") or {}).get("renewals") and by != "product":
        names[NEW] = "(deals yet to come, renewals)"
    return [
        (names.get(row["group"], row["group"]), {s: row[s] for s in SERIES if s in row and row[s]["mean"]})
        for row in rows
    ]


def _interval(stats: Mapping[str, Any] | None, scale: Scale) -> list[str]:
    if not stats:
        return [NOTHING] * 3
    return list(interval_texts(stats, scale, 1))


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
    told = has_interval(headline_period(payload).get("bookings") or {})
    for deal in deals[:DEALS]:
        close = deal.get("close") or {}
        dates = [day(when) if (when := close.get(q)) else "later" for q in ("p10", "p50", "p90")]
        dates = dates if told else [NOTHING] * 3
        chance = chance_cells({"chance": deal["chance"]})[0]
        rows.append(
            [plain(deal["id"], 20), plain(deal["segment"], 16), chance, scale.number(deal["mean"]), *dates]
        )
    header = ["deal", "segment", "chance", "average", "closes early", "middle", "late"]
    left = len(deals) - DEALS
    more = f"{left:,} more in deals.csv\n" if left > 0 else ""
    return _block(f"Deals with the largest average, {scale.name}", header, rows, left=(0, 1)) + more


def _track_record(payload: Mapping[str, Any]) -> str:
    """Return what past forecasts say of this one, "" where nobody has tried."""
    sentences = (payload.get("track_record") or {}).get("verdict") or []
    lines = [line for text in sentences for line in wrapped(plain(text), first="  ", then="    ")]
    return "How past forecasts did\n" + "\n".join(lines) + "\n" if lines else ""


def _warnings(payload: Mapping[str, Any], scale: Scale) -> str:
    return "".join(_warning(w, scale) for w in payload.get("warnings") or [])


def _warning(warning: Mapping[str, Any], scale: Scale) -> str:
    money = f" ({scale.exact(warning['amount'], 2)})" if warning.get("amount") else ""
    text = f"! {plain(warning['text'])}{money} [{plain(warning.get('code', ''), 10)}]"
    return "\n".join(wrapped(text)) + "\n"


def _block(
    heading: str, header: Sequence[str], rows: Sequence[Sequence[str]], left: Sequence[int] = (0,)
) -> str:
    return "\n".join(_lines(heading, header, rows, left)) + "\n" if rows else ""


def _lines(
    heading: str, header: Sequence[str], rows: Sequence[Sequence[str]], left: Sequence[int]
) -> Iterator[str]:
    yield heading
    yield from ("  " + line for line in table(header, rows, left, WIDTH - 2))
