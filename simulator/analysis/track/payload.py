"""Write what past runs tell as plain dicts and numbers, amounts in major units."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from typing import Any, Final

from simulator.analysis.track.came import BALANCE
from simulator.analysis.track.record import Record, sound, why_not
from simulator.analysis.track.rows import ENDS, Row, Told, Window, headline_of, held_against, windows_of
from simulator.analysis.track.score import ahead, fields_of, scores, track_record, verdict
from simulator.errors import UsageError, did_you_mean
from simulator.hit_rates import LEVELS
from simulator.runs import PastRun, PastRuns
from simulator.words import day, headline_period

Payload = dict[str, Any]

SCHEMA_VERSION: Final = 1
SILENT: Final = 45
"""Days without anything after which tables may be old."""
_KEPT: Final = (
    *("schema_version", "scenario", "currency", "until", "came_from", "runs", "verdict", "track_record"),
    *("measures", "windows", "notes"),
)
"""What of `scored` a run keeps, so that it does not depend on where its folder stands."""
NEXT: Final = "name a file of actual figures with month, series and amount"


def listed(found: PastRuns) -> Payload:
    """Return the runs with their headlines, and which of them count."""
    found = sound(found)
    reasons = why_not(found)
    return {**_head(found), "runs": [_listed(run, reasons.get(run.path, "")) for run in found.runs]}


def scored(known: Record) -> Payload:
    """Return how often ranges held, how far off middles were, and how far off others were.

    Args:
        known: runs, and what came.
    """
    rows = list(held_against(known.told, known.came)) if known.came else []
    return {
        **_head(known.found),
        **_known(known),
        "runs": [_folder(run) for run in known.counted],
        "verdict": verdict(rows) or [_nothing_yet(known)],
        "track_record": track_record(rows),
        "measures": [fields_of(score) for score in scores(rows)],
        "windows": [_row(row) for row in rows],
        "notes": list(_notes(known, known.told, rows)),
    }


def kept_score(known: Record) -> Payload | None:
    """Return what a run keeps of `scored`: what its ranges were worth; None where nothing has ended.

    Of single windows it keeps those of the series that a reader asks for first.

    Args:
        known: runs, and what came.
    """
    payload = scored(known)
    if not payload["windows"]:
        return None
    windows = [row for row in payload["windows"] if row["series"] == payload["track_record"]["what"]]
    return {name: payload[name] for name in _KEPT} | {"windows": windows}


def followed(
    known: Record, period: str | None = None, series: str = "bookings", segment: str = ""
) -> Payload:
    """Return what each run forecast of one period, by its as-of day, and what came.

    Args:
        known: runs, and what came.
        period: its name, such as `FY2026`; by default the one that the newest run's headline is about.
        series: of what.
        segment: name, or "" for the company.

    Raises:
        UsageError: no run speaks of such a period.
    """
    head = {**_head(known.found), **_known(known)}
    if not known.counted:
        return {**head, "verdict": [_nothing_yet(known)], "rows": [], "notes": []}
    window = _window(known, period)
    told = [t for t in known.told if (t.series, t.segment) == (series, segment) and _is_of(t, window)]
    if not told:
        _check_segment(known, segment)
    rows = {id(row.told): row for row in held_against(told, known.came)} if known.came else {}
    return {
        **head,
        "period": {"name": window.name, "start": window.start.isoformat(), "end": window.end.isoformat()},
        "series": series,
        "segment": segment or "all",
        "came": next((row.came for row in rows.values()), None),
        "rows": [_told(t, rows.get(id(t))) for t in told],
        "notes": list(_notes(known, told, list(rows.values()))),
    }


def main_period(payload: Mapping[str, Any]) -> tuple[str, str] | None:
    """Return series and name of the period of which most scored forecasts speak, the longest of those."""
    counts: dict[tuple[str, str], tuple[int, int, str]] = {}
    for row in payload["windows"]:
        if row["segment"] == "all":
            key = row["series"], row["name"]
            days = (date.fromisoformat(row["end"]) - date.fromisoformat(row["start"])).days
            counts[key] = (counts.get(key, (0, 0, ""))[0] + 1, days, row["end"])
    first = next(iter(counts), None)
    own = [key for key in counts if first is not None and key[0] == first[0]]
    return max(own, key=lambda key: counts[key], default=None)


def _head(found: PastRuns) -> Payload:
    return {
        "schema_version": SCHEMA_VERSION,
        "scenario": found.scenario,
        "place": str(found.place),
        "currency": found.runs[-1].payload["currency"] if found.runs else "",
        "left_out": [{"folder": folder.path.name, "reason": folder.reason} for folder in found.left_out],
        "other_scenarios": list(found.others),
    }


def _known(known: Record) -> Payload:
    return {
        "until": known.until.isoformat() if known.until else None,
        "came_from": known.came.source if known.came else None,
    }


def _folder(run: PastRun) -> Payload:
    versions = run.record.get("versions")
    return {
        "folder": run.path.name,
        "as_of": run.as_of.isoformat(),
        "made": run.made.date().isoformat(),
        "trials": run.payload.get("trials"),
        "seed": run.payload.get("seed"),
        "version": versions.get("funnel-simulator") if isinstance(versions, dict) else None,
    }


def _listed(run: PastRun, reason: str) -> Payload:
    return {**_folder(run), **headline_of(run), "counts": not reason, "why_not": reason or None}


def _told(told: Told, row: Row | None) -> Payload:
    """Return a forecast as files have it, with what came of it where that is known."""
    return {
        "as_of": told.run.as_of.isoformat(),
        "folder": told.run.path.name,
        "made": told.run.made.date().isoformat(),
        "days_ahead": told.ahead,
        "already": told.stats["already"],
        "middle": told.middle,
        "ranges": {_percent(level): list(told.ends(level)) for level in ENDS},
        "others": dict(told.others),
        "came": None if row is None else row.came,
        "held": {} if row is None else {_percent(level): row.held(level) for level in LEVELS},
    }


def _row(row: Row) -> Payload:
    window = row.told.window
    return {
        "series": row.told.series,
        "segment": row.told.segment or "all",
        "period": window.kind,
        "name": window.name,
        "start": window.start.isoformat(),
        "end": window.end.isoformat(),
        "ahead": ahead(row),
        **_told(row.told, row),
    }


def _percent(level: float) -> str:
    return f"{100 * level:.0f}"


def _window(known: Record, period: str | None) -> Window:
    """Return the window of a name; by default of the newest headline, if another run speaks of it too."""
    windows, counts = dict[str, Window](), Counter[str]()
    for run in known.counted:
        own = {window.name.casefold(): window for window, _ in windows_of(run) if window.whole}
        windows |= own
        counts.update(list(own))
    if period is None:
        period = str(headline_period(known.counted[-1].payload)["name"])
        if not period or counts[period.casefold()] < 2 <= max(counts.values(), default=0):
            period = max(windows, key=lambda name: (counts[name], windows[name].days), default="")
    if found := windows.get(period.casefold()):
        return found
    names = [window.name for window in windows.values()]
    remedy = did_you_mean(period, names, "periods are named as 2026-11, Q4 FY2026 or FY2026")
    raise UsageError(f"no run speaks of {period!r} as a whole: {remedy}", code="U003")


def _is_of(told: Told, window: Window) -> bool:
    """Tell whether a forecast is of a window; a balance is of the day on which it ends."""
    return told.window.end == window.end if told.series == BALANCE else told.window.name == window.name


def _check_segment(known: Record, segment: str) -> None:
    names = list(dict.fromkeys(name for run in known.counted for name in run.payload["segments"]))
    if segment and segment not in names:
        remedy = did_you_mean(segment, names, "segments: " + ", ".join(names))
        raise UsageError(f"no run has a segment {segment!r}: {remedy}", code="U003")


def _nothing_yet(known: Record) -> str:
    """Say why nothing can be scored."""
    if known.until is None:
        if not known.found.runs:
            return f"There are no runs in {known.found.place}/ yet: simulator run SCENARIO makes the first."
        newest = known.found.runs[-1]
        return f"No run counts; the newest, {newest.path.name}, does not: {known.why_not[newest.path]}."
    runs = f"{len(known.counted)} run{'s' * (len(known.counted) != 1)}"
    if not known.told:
        return f"Nothing can be scored: so few trials, of {runs}, tell no ranges."
    ended = [t for t in known.told if t.window.end <= known.until]
    if not ended:
        first = min(t.window.end for t in known.told)
        return (
            f"Nothing can be scored yet: of what {runs} forecast, nothing had ended by {day(known.until)}; "
            f"the first period ends on {day(first)}."
        )
    return f"Nothing can be scored: {len(ended)} ranges have ended, and nobody tells what came; {NEXT}."


def _notes(known: Record, told: Sequence[Told], rows: Sequence[Row]) -> Iterator[str]:
    """Say what makes the scores less than they seem."""
    if late := sum(row.told.in_hindsight for row in rows):
        count = "all" if late == len(rows) else f"{late} of {len(rows)}"
        yield (
            f"{count} forecasts were made when what they speak of had ended: "
            "a run that is made in hindsight proves less"
        )
    scored = {id(row.told) for row in rows}
    missing = [t for t in told if known.until and t.window.end <= known.until and id(t) not in scored]
    if rows and missing:
        series = ", ".join(dict.fromkeys(t.series for t in missing))
        yield f"nobody tells what came of {len(missing)} more, of {series}: {NEXT}"
    if known.came and known.until:
        of_rows = dict.fromkeys(row.told.series for row in rows)
        since = {series: last for series in of_rows if (last := known.came.silent_since(series))}
        old = {s: last for s, last in since.items() if (known.until - last).days > SILENT}
        if old:
            text = f"the newest run knows of no {' or '.join(old)} after {day(max(old.values()))}"
            yield f"{text}: if its tables are old, {NEXT}"
    if known.unusable:
        days = ", ".join(day(run.as_of) for run in known.unusable)
        yield f"inputs that are gone, changed or refused by this version are not used: {days}"
    open_only = sum(bool(run.payload.get("open_deals_only")) for run in known.counted)
    if open_only:
        yield (
            f"{open_only} of {len(known.counted)} runs forecast open deals only, and what came holds new ones"
        )
