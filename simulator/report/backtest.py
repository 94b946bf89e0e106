"""Show how past forecasts did, in a terminal."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from simulator.report.layout import NOTHING, WIDTH, table, wrapped
from simulator.words import Scale, day, length, one_in, percent, plain, scale_for

Payload = Mapping[str, Any]

MISSES: Final = 8
"""Missed windows that are listed."""
_LEVELS: Final = ("50", "80", "95")
_SHORT: Final[Mapping[str, str]] = {
    "weighted pipeline": "weighted",
    "last year with growth": "last year",
    "same day of quarter": "same day",
    "chain ladder": "cohorts",
    "due date and delay": "with delay",
}


def backtest_screen(payload: Payload, files: str = "") -> str:
    """Return the verdict, hit rates by measure, skill, single deals and what was missed.

    Args:
        payload: backtest.json.
        files: folder of the files, for the last line.
    """
    parts = [
        _heading(payload),
        [line for sentence in payload["verdict"] for line in wrapped(sentence)],
        *_hit_tables(payload),
        *_skill_tables(payload),
        list(_deals(payload)),
        list(_misses(payload)),
        list(_notes(payload)),
        [f"Files: {files}"] if files else [],
    ]
    return "\n\n".join("\n".join(part) for part in parts if part) + "\n"


def _heading(payload: Payload) -> list[str]:
    count = len(payload["origins"])
    ahead = " and ".join(length(h) for h in payload["horizons"])
    learned = f", each learned from {length(payload['fit_window'])}" if payload["fit_window"] else ""
    noun = "day" if count == 1 else "days"
    text = (
        f"Forecast again on {count} past {noun}, {day(payload['from'])} to {day(payload['until'])}, "
        f"{ahead} ahead{learned}"
    )
    return wrapped(text)


def _hit_tables(payload: Payload) -> Iterator[list[str]]:
    """Lay out how often ranges held, a table a horizon; of segments only the first measure's."""
    main = payload["track_record"]
    for horizon in dict.fromkeys(m["horizon"] for m in payload["measures"]):
        rows = []
        for measure in payload["measures"]:
            is_main = all(measure[key] == main[key] for key in ("quantity", "source"))
            if measure["horizon"] == horizon and (measure["segment"] == "all" or is_main):
                rows.append(_hit_cells(measure, payload["currency"]))
        header = ["", "50 % ranges", "80 %", "95 %", "80 %: truly", "forecast", "came"]
        yield [f"How often ranges held, {length(horizon)} ahead", *table(header, rows, columns=WIDTH)]


def _hit_cells(measure: Payload, currency: str) -> list[str]:
    shown = [f"{measure['hits'][level]['held']} of {measure['hits'][level]['of']}" for level in _LEVELS]
    fair, scale = measure["hits"]["80"], _scale(currency, measure)
    truly = f"{100 * fair['low_apart']:.0f}–{100 * fair['high_apart']:.0f} %"
    averages = [_text(scale, measure, measure[key]) for key in ("mean", "came")]
    return [plain(measure["what"]), *shown, truly, *averages]


def _skill_tables(payload: Payload) -> Iterator[list[str]]:
    """Lay out by how much errors were smaller than those of each baseline, a table a horizon."""
    company = [m for m in payload["measures"] if m["segment"] == "all"]
    for horizon in dict.fromkeys(m["horizon"] for m in company):
        some = [m for m in company if m["horizon"] == horizon]
        names = list(dict.fromkeys(name for m in some for name in m["skill"]))
        rows = [[plain(m["what"]), *(_skill(m["skill"].get(name)) for name in names)] for m in some]
        if names:
            title = f"Errors smaller by so many per cent, {length(horizon)} ahead, than those of"
            yield [title, *table(["", *(_SHORT.get(n, n) for n in names)], rows, columns=WIDTH)]


def _skill(against: Payload | None) -> str:
    if against is None or against["crps"] is None:
        return NOTHING
    return f"{100 * against['crps']:+.0f}".replace("-", "−")


def _deals(payload: Payload) -> Iterator[str]:
    for deals in payload["deals"]:
        if deals["segment"] != "all":
            continue
        ahead = length(deals["horizon"])
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
            way = (
                "no later"
                if not late
                else f"{abs(late)} day{'s' * (abs(late) != 1)} {'later' if late > 0 else 'earlier'}"
            )
            yield from wrapped(
                f"Won deals closed {way} than the middle on average, {_off(close['days_off'])} off it; "
                f"80 % ranges of the day held {close['held']:,} of {close['of']:,} times.",
                WIDTH, "  ", "  ",
            )  # fmt: skip


def _off(number: float) -> str:
    whole = round(number)
    return "less than a day" if not whole else "1 day" if whole == 1 else f"{whole} days"


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
        scale = _scale(payload["currency"], window)
        rows.append(
            [
                f"{day(window['origin'])} – {day(window['end'])}", plain(what[_place(window)]),
                f"{_text(scale, window, low, 0)}–{_text(scale, window, high, 0)}",
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


def _scale(currency: str, entry: Payload) -> Scale:
    return scale_for(max(abs(entry["came"]), abs(entry["mean"])), currency)


def _text(scale: Scale, entry: Payload, value: float, decimals: int = 1) -> str:
    """Write an amount with its unit, or a count."""
    if entry["quantity"] not in ("bookings", "receipts"):
        return f"{value:,.{decimals}f}".removesuffix(".0")
    return f"{scale.exact(value)} {_short(scale)}".strip() if value else "0"


def _short(scale: Scale) -> str:
    return {1e12: "tn", 1e9: "bn", 1e6: "m", 1e3: "k"}.get(scale.unit, "")
