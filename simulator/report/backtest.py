"""Show how past forecasts did, in a terminal."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from simulator.report.layout import WIDTH, table, wrapped
from simulator.words import Scale, day, one_in, percent, plain, scale_for

Payload = Mapping[str, Any]

MISSES: Final = 8
"""Missed windows that are listed."""


def backtest_screen(payload: Payload, files: str = "") -> str:
    """Return the verdict, hit rates by measure, skill, single deals and what was missed.

    Args:
        payload: backtest.json.
        files: folder of the files, for the last line.
    """
    parts = [
        _heading(payload),
        [line for sentence in payload["verdict"] for line in wrapped(sentence)],
        _hit_table(payload),
        _skill_table(payload),
        list(_deals(payload)),
        list(_misses(payload)),
        list(_notes(payload)),
        [f"Files: {files}"] if files else [],
    ]
    return "\n\n".join("\n".join(part) for part in parts if part) + "\n"


def _heading(payload: Payload) -> list[str]:
    count = len(payload["origins"])
    ahead = " and ".join(plain(h, 10) for h in payload["horizons"])
    learned = f", each learned from {plain(payload['fit_window'], 10)}" if payload["fit_window"] else ""
    noun = "day" if count == 1 else "days"
    text = (
        f"Forecast again on {count} past {noun}, {day(payload['from'])} to {day(payload['until'])}, "
        f"{ahead} ahead{learned}"
    )
    return wrapped(text)


def _hit_table(payload: Payload) -> list[str]:
    rows = []
    for measure in payload["measures"]:
        shown = {level: f"{h['held']} of {h['of']}" for level, h in measure["hits"].items()}
        fair = measure["hits"]["80"]
        middle = _scale(payload, [measure])
        rows.append(
            [
                plain(measure["what"]), plain(measure["horizon"], 6), shown["50"], shown["80"], shown["95"],
                f"{100 * fair['low_apart']:.0f}–{100 * fair['high_apart']:.0f}",
                _number(middle, measure, "mean"), _number(middle, measure, "came"),
            ]
        )  # fmt: skip
    header = ["ranges that held", "ahead", "50 %", "80 %", "95 %", "80 % truly", "forecast", "came"]
    return table(header, rows, columns=WIDTH)


def _skill_table(payload: Payload) -> list[str]:
    """Lay out by how much errors were smaller than those of each baseline."""
    rows = []
    for measure in payload["measures"]:
        if measure["segment"] == "all":
            cells = [
                f"{plain(name)} {_signed(s['crps'])}"
                for name, s in measure["skill"].items()
                if s["crps"] is not None
            ]
            what = f"{plain(measure['what'])}, {plain(measure['horizon'], 6)}: "
            rows += wrapped(what + ("; ".join(cells) or "nothing to compare with"), WIDTH, "  ", "    ")
    return ["Errors smaller than those of (per cent; below 0 they were larger)", *rows] if rows else []


def _deals(payload: Payload) -> Iterator[str]:
    for deals in payload["deals"]:
        if deals["segment"] != "all":
            continue
        ahead = plain(deals["horizon"], 6)
        expected = f"{deals['expected']:,.0f}" if deals["expected"] >= 10 else f"{deals['expected']:.1f}"
        yield from wrapped(
            f"Single deals, {ahead} ahead: of {deals['count']:,} chances {expected} were to come true, "
            f"{deals['won']:,} did."
        )
        said = [f"{percent(b['chance'])} → {percent(b['share'])}" for b in deals["reliability"]]
        if said:
            yield from wrapped("Said → came true: " + ", ".join(said) + ".", WIDTH, "  ", "  ")
        close = deals["close_dates"]
        if close["count"]:
            late = round(close["days_late"])
            way = "on the day" if not late else f"{abs(late)} days {'later' if late > 0 else 'earlier'}"
            yield from wrapped(
                f"Deals that were won closed {way} on average, {close['days_off']:.0f} days off the middle; "
                f"80 % ranges of the day held {close['held']} of {close['of']} times.",
                WIDTH, "  ", "  ",
            )  # fmt: skip


def _misses(payload: Payload) -> Iterator[str]:
    """List the windows outside of their 80 % range, the rarest first."""
    missed = [w for w in payload["windows"] if not w["held"]["80"] and w["segment"] == "all"]
    if not missed:
        return
    missed.sort(key=lambda w: w["rarity"])
    what = {_place(m): m["what"] for m in payload["measures"]}
    rows = []
    for window in missed[:MISSES]:
        low, high = window["intervals"]["80"]
        scale = _scale(payload, [window])
        rows.append(
            [
                f"{day(window['origin'])} – {day(window['end'])}", plain(what[_place(window)]),
                f"{_text(scale, window, low)}–{_text(scale, window, high)}",
                _text(scale, window, window["came"]), one_in(max(window["rarity"], 1e-9)),
            ]
        )  # fmt: skip
    header = ["missed", "", "80 % range", "came", "by chance"]
    yield from table(header, rows, left=(0, 1), columns=WIDTH)
    if len(missed) > MISSES:
        yield f"{len(missed) - MISSES} more; backtest.json has them all."


def _notes(payload: Payload) -> Iterator[str]:
    for skipped in payload["skipped"]:
        yield from wrapped(f"! {day(skipped['origin'])} was left out: {plain(skipped['reason'])}")
    if payload["not_forecast"]:
        yield f"! {payload['not_forecast']:,} open deals of the history were in no forecast"
    if payload["unchecked"]:
        yield f"! self-check failed on {', '.join(day(o) for o in payload['unchecked'])}"


def _place(entry: Payload) -> tuple[str, ...]:
    return entry["quantity"], entry["source"], entry["segment"], entry["horizon"]


def _scale(payload: Payload, entries: Sequence[Payload]) -> Scale:
    size = max(max(abs(e["came"]), abs(e["mean"])) for e in entries)
    return scale_for(size, payload["currency"])


def _number(scale: Scale, measure: Payload, key: str) -> str:
    return _text(scale, measure, measure[key])


def _text(scale: Scale, entry: Payload, value: float) -> str:
    """Write an amount with its unit, or a count."""
    if entry["quantity"] in ("bookings", "receipts"):
        return f"{scale.exact(value)} {_short(scale)}".strip()
    return f"{value:,.1f}".removesuffix(".0")


def _short(scale: Scale) -> str:
    return {1e12: "tn", 1e9: "bn", 1e6: "m", 1e3: "k"}.get(scale.unit, "")


def _signed(share: float) -> str:
    return f"{100 * share:+.0f}".replace("-", "−")
