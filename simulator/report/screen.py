"""Answer the question on one screen: how much, how sure, against the plan, and why not the CRM's number."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

from simulator.report.layout import (
    NOTHING,
    WIDTH,
    bar,
    paragraph,
    table,
    wrapped,
)
from simulator.report.months import PARTS, average_of, printed
from simulator.report.walk import walk_steps, walk_title
from simulator.words import (
    Scale,
    chance_cells,
    complete_periods,
    cut,
    cut_at_word,
    day,
    doubt,
    happened_text,
    has_interval,
    headline,
    headline_period,
    interval_texts,
    plain,
    scale_of,
    self_check_text,
    since,
    width,
)

LINES: Final = 40
ROWS: Final = 8
WARNINGS: Final = 3
BAR: Final = 30
AS_READ: Final = "W050"
"""The note on how files were read, which is no warning."""
SERIES: Final = ("bookings", "revenue", "receipts")
NOT_ADDING: Final = "Low and high columns do not add up: months are not all bad at once."
NO_RULE: Final = "No revenue is shown: no product says how it is recognised (recognise:)."
NAMES: Final = {"independent": "If deals were independent", "strong": "if they moved together strongly"}
UNCHECKED: Final = "Self-check: nothing could be compared, too few deals are won in these trials."


def first_screen(
    payload: Mapping[str, Any], files: str = "", following: str = "", also: Sequence[str] = (),
    bridge: Mapping[str, Any] | None = None, track: Mapping[str, Any] | None = None,
) -> str:  # fmt: skip
    """Return the first screen, at most 40 lines of 100 columns.

    Args:
        payload: forecast.json.
        files: where the run's folder is; "" leaves it out.
        following: the command to go on with; "" leaves it out.
        also: further lines, above the warnings.
        bridge: bridge.json, of what changed since the run before.
        track: track.json, of how often ranges of the runs before held.
    """
    scale = scale_of(payload)
    changed = [] if bridge is None else wrapped(since(bridge, scale))
    warned = wrapped(doubt(track, payload))
    top = [[title(payload, scale)], [*_headline(payload), *changed, *warned]]
    walk, markets = _walk(payload, scale), _markets(payload, scale)
    foot = [*_warnings(payload, scale), *_foot(payload, files, following, bool(warned))]
    parts = parts_table(payload, scale)

    def room() -> int:
        """Return how many fiscal periods there is room for."""
        return LINES - sum(len(b) + 1 for b in [*top, parts, walk, markets, also] if b) - len(foot) - 2

    # Where there is too much to say, what explains the numbers gives way to the numbers.
    parts = parts if room() >= 1 else []
    walk = walk if room() >= 1 else []
    rows = max(min(ROWS, room()), 1)
    blocks = [*top, fiscal_table(payload, scale, rows), parts, walk, markets, also, foot]
    lines = [line for block in blocks if block for line in ["", *block]][1:]
    return "\n".join(cut(line, WIDTH) for line in lines) + "\n"


def title(payload: Mapping[str, Any], scale: Scale) -> str:
    """Return the line that says what is shown, as of when, in which unit, and how exactly."""
    return f"{subject(payload, scale)} · {exactness(payload, scale)}"


def subject(payload: Mapping[str, Any], scale: Scale) -> str:
    """Say what is shown, as of when, and in which unit."""
    parts = [plain(payload.get("scenario", ""), 30), f"as of {day(payload['as_of'])}", scale.name]
    return " · ".join(part for part in parts if part)


def exactness(payload: Mapping[str, Any], scale: Scale) -> str:
    """Say how many trials there were, and how much of what is shown is their noise."""
    trials = int(payload.get("trials") or 0)
    return f"{trials:,} trial{'s' * (trials != 1)}, {scale.noise_text()}"


def is_wrong(payload: Mapping[str, Any]) -> bool:
    """Tell whether the self-check failed."""
    return (payload.get("self_check") or {}).get("passed") is False


def check_line(payload: Mapping[str, Any]) -> str:
    """Say how the self-check ended, "" where there was none."""
    found = payload.get("self_check") or {}
    passed = found.get("passed")
    if passed and found.get("cells") == 0:
        return UNCHECKED
    return "" if passed is None else self_check_text(passed, folder=True)


def fiscal_table(payload: Mapping[str, Any], scale: Scale, limit: int, series: str = "bookings") -> list[str]:
    """Lay out fiscal quarters and years: already, low, middle, high, plan and its chance."""
    rows = fiscal_rows(payload, limit, series)
    already = any(row[series].get("already") for row in rows)
    plans = any((row.get("plan") or {}).get(series) for row in rows)
    header = [series, *(["already"] if already else []), "low", "middle", "high"]
    header += ["plan", "chance of", "the plan"] if plans else []
    left = (0, len(header) - 1) if plans else (0,)
    lines = table(header, [_cells(row, scale, already, plans, series) for row in rows], left)
    return [lines[0].replace("chance of  the plan", "chance of the plan"), *lines[1:]]


def parts_table(payload: Mapping[str, Any], scale: Scale) -> list[str]:
    """Lay out what the headline's period is made of, as averages that add up, beside its low and high."""
    period = headline_period(payload)
    by_series = {s: p for s, p in (period.get("parts") or {}).items() if p and s in SERIES and period.get(s)}
    sources = [s for s in PARTS if any(s in p for p in by_series.values())]
    if len(sources) < 2:
        return []
    header = [f"{plain(period['name'], 20)}, averages", *(PARTS[s] for s in sources), "average"]
    rows = []
    for series, found in by_series.items():
        stats, total = period[series], average_of(payload, period, series)
        fine = scale.showing(abs(total), 2)
        fine = replace(fine, decimals=max(min(fine.decimals, scale.decimals + 1), scale.decimals, 0))
        shown = printed({s: found[s] for s in sources if s in found}, total, fine)
        cells = [shown.get(s, NOTHING) for s in sources]
        rows.append([series, *cells, fine.number(total), *interval_texts(stats, scale, 1)])
    lines = table([*header, "low", "middle", "high"], rows, (0,))
    if max(map(width, lines)) <= WIDTH:
        return [*lines, NOT_ADDING]
    # Six sources leave no room for the ends, which stand in the sentences above.
    return table(header, [row[:-3] for row in rows], (0,))


def _headline(payload: Mapping[str, Any]) -> list[str]:
    return [line for text in headline(payload, unit=False) for line in paragraph(text)]


def fiscal_rows(payload: Mapping[str, Any], limit: int, series: str) -> list[Mapping[str, Any]]:
    """Choose the periods to show: the headline's, the first to end, then years before quarters."""
    chosen = headline_period(payload)
    rows = [row for row in complete_periods(payload) if row.get(series)]
    if not rows:
        return [chosen | {"name": f"until {day(chosen['end'])}"}] if chosen.get(series) else []

    soonest = min(rows, key=lambda row: str(row["end"]))["name"]

    def rank(row: Mapping[str, Any]) -> tuple[bool, bool, bool, str]:
        is_year = not str(row["name"]).startswith("Q")
        return row["name"] != chosen["name"], row["name"] != soonest, not is_year, row["end"]

    kept = sorted(rows, key=rank)[:limit]
    return sorted(kept, key=lambda row: (row["end"], str(row["name"]).startswith("FY")))


def _cells(row: Mapping[str, Any], scale: Scale, already: bool, plans: bool, series: str) -> list[str]:
    stats, plan = row[series], (row.get("plan") or {}).get(series)
    fit, won = scale.fitting(stats), stats.get("already")
    cells = [plain(row["name"], 20)]
    cells += [happened_text(stats, scale, 1) if won else NOTHING] if already else []
    cells += interval_texts(stats, scale, 1)
    if plans and not plan:
        cells += [NOTHING, "", ""]
    elif plans and plan:
        reached = won and won >= plan["amount"]
        cells += [fit.exact(plan["amount"]), *(("100 %", "reached") if reached else chance_cells(plan))]
    return cells


def _walk(payload: Mapping[str, Any], scale: Scale) -> list[str]:
    steps = walk_steps(payload, scale)
    longest = max((abs(step.amount) for step in steps), default=1.0) or 1.0
    rows = [[f"  {step.name}", step.text, bar(abs(step.amount) / longest, BAR)] for step in steps]
    return [walk_title(payload), *table(["", "", ""], rows, (0, 2))[1:]] if rows else []


def _markets(payload: Mapping[str, Any], scale: Scale) -> list[str]:
    parts = []
    shown = headline_period(payload).get("bookings") or {}
    if shown.get("certain") or not has_interval(shown):
        return []
    for row in payload.get("market_sensitivity") or []:
        stats = (row.get("totals") or {}).get("bookings") or {}
        if "p10" in stats and "p90" in stats:
            fit = scale.fitting(stats)
            name = NAMES.get(row["market"], plain(row["market"], 30))
            ends = dict.fromkeys(fit.number(stats[q]) for q in ("p10", "p90"))
            parts.append(f"{name} {'–'.join(ends)}")
    return wrapped(" · ".join(parts)) if parts else []


def gravest(payload: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """Return the warnings, those with most money in them first; how files were read comes last."""
    every = payload.get("warnings") or []
    return sorted(every, key=lambda w: (w.get("code") == AS_READ, -abs(w.get("amount") or 0.0)))


def warning_text(warning: Mapping[str, Any], scale: Scale, longest: int | None = None) -> str:
    """Say a warning with the money in it, in so many columns."""
    amount = warning.get("amount")
    money = f" ({scale.exact(amount, 2)})" if amount else ""
    text = plain(warning["text"])
    return (text if longest is None else cut_at_word(text, longest - len(money))) + money


def _warnings(payload: Mapping[str, Any], scale: Scale) -> Iterator[str]:
    """Yield the three warnings with most money in them, a line each."""
    every = gravest(payload)
    more = f" · {len(every) - WARNINGS} more: --details" if len(every) > WARNINGS else ""
    for place, warning in enumerate(every[:WARNINGS], 1):
        end = more if place == WARNINGS else ""
        yield f"! {warning_text(warning, scale, WIDTH - 2 - len(end))}{end}"


def _foot(payload: Mapping[str, Any], files: str, following: str, warned: bool) -> Iterator[str]:
    if not (payload.get("totals") or {}).get("revenue"):
        yield NO_RULE
    check = check_line(payload)
    if not warned and (sentences := (payload.get("track_record") or {}).get("verdict")):
        yield from wrapped(plain(sentences[0]))
    files = f"Files: {plain(files)}" if files else ""
    if len(check) + len(files) < WIDTH:
        yield from [" ".join(filter(None, [check, files]))] if check or files else []
    else:
        yield from wrapped(check)
        yield from wrapped(files) if files else []
    yield from wrapped(f"Next: {plain(following)}") if following else []
