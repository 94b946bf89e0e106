"""Say learned figures in words, by segment and kind, so that nobody needs to know the path of a figure."""

from __future__ import annotations

import calendar
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Final

from simulator.learning.evidence import Figure
from simulator.words import cut, percent, plain, width

Rows = list[tuple[str, str, str, str, str, str]]

_HEADER: Final = ("most likely", "8 chances in 10", "from", "worth", "quarters")
_SIZES: Final = (11, 20, 9, 9, 9)
_LABEL: Final = 42
_EVERY: Final = "every segment"
_WORDS: Final[Mapping[str, str]] = {
    "advance": "moves on",
    "back": "goes back",
    "skip": "leaves the next one out",
    "moves won": "won at once",
    "close": "won in the end, of those that enter",
    "days median": "days until it moves on, middle",
    "days_lost median": "days until it is lost, middle",
    "odds": "factor on the odds",
    "shift": "shift of the log odds",
    "slope": "slope on the log odds",
    "log_amount": "amount e times as large, log odds",
    "level": "deals of this segment, log odds",
    "per_month": "a month",
    "trend": "growth of a year, log",
    "dispersion": "dispersion of a month's number (κ)",
    "amount median": "amount, middle",
    "bluebirds": "first seen when won, a month",
    "slip": "time to the stated date times",
    "spread": "spread of the date, log",
    "unchanged": "signed as quoted",
    "location": "change else, log",
    "scale": "spread of the change, log",
    "by_size": "and more, amount e times as large, log",
    "factor": "closed amount over quoted one",
    "unclosed": "of the lost ones",
    "bad_debt": "never paid",
    "shared": "lateness shared by a customer's invoices",
    "common": "lateness shared by a month's invoices",
    "dispute chance": "contested",
    "dispute delay": "contested ones, days later",
    "quarter_end": "last days of a quarter",
    "month_1": "first month of a quarter",
    "month_2": "second month",
    "month_3": "third month",
}
_UNDER: Final[Mapping[tuple[str, str], str]] = {
    ("market", "shared"): "all deals of a quarter",
    ("market", "segment"): "and more, those of a segment",
    ("close_date", "overdue"): "days left, plus 7, times, once passed",
    ("close_date", "pushes"): "power of 1 + times moved, likewise",
}
"""Names that mean something else under other titles."""
_TITLES: Final[Mapping[str, str]] = {
    "calendar": "when deals close, 1 is an even pace",
    "neglect": "deals that nobody ever closes",
    "win_odds": "what else moves the chance to be won",
    "soberness": "optimism correction",
    "new_pipeline": "deals to come",
    "close_date": "stated close dates",
    "amount_change": "amounts until signature",
    "amount": "amounts until signature",
    "payment": "how invoices are paid",
    "market": "how far deals share their luck",
}
_SHARES: Final = (
    "advance", "back", "skip", "moves", "close", "entry", "unchanged", "paid_by", "bad_debt", "chance",
    "shared", "common", "weekday", "segment", "unclosed",
)  # fmt: skip


def figures_text(evidence: Mapping[str, Figure]) -> Iterator[str]:
    """Lay out every figure with its interval and what it rests on, under a heading for each kind."""
    groups = _once({head: rows for head, rows in _groups(evidence).items() if rows})
    if groups:
        yield _line("", _HEADER)
    for (segment, title), rows in groups.items():
        yield f"{plain(segment)}: {title}" if segment else title
        for label, *cells in rows:
            yield _line(f"  {plain(label)}", cells)


def _groups(evidence: Mapping[str, Figure]) -> dict[tuple[str, str], Rows]:
    groups: dict[tuple[str, str], Rows] = {}
    for path, figure in evidence.items():
        keys = _keys(path)
        segment, keys = (keys[1], keys[2:]) if keys[0] == "segments" else ("", keys)
        title, inner = (f"stage {keys[1]}", keys[2:]) if keys[0] == "stages" else (keys[0], keys[1:])
        if title == "payment" and len(inner) > 1 and inner[0] not in ("weekday", "dispute"):
            title, inner = (
                (title, inner[1:]) if inner[0] == "default" else (f"payment of {inner[0]}", inner[1:])
            )
        say = _writer(inner)
        row = (
            _label(title, inner), say(figure.value), _range(say(figure.low), say(figure.high)),
            _count(figure.n), _count(figure.n_eff), str(figure.quarters or ""),
        )  # fmt: skip
        groups.setdefault((segment, _TITLES.get(title, title)), []).append(row)
    return groups


def _once(groups: dict[tuple[str, str], Rows]) -> dict[tuple[str, str], Rows]:
    """Tell what is the same in several segments once."""
    segments = {segment for segment, _ in groups if segment}
    result: dict[tuple[str, str], Rows] = {}
    for (segment, title), rows in groups.items():
        same = all(groups.get((other, title)) == rows for other in segments)
        result[(_EVERY if segment and same and len(segments) > 1 else segment, title)] = rows
    return dict(sorted(result.items(), key=lambda item: {"": 0, _EVERY: 1}.get(item[0][0], 2)))


def _keys(path: str) -> list[str]:
    parts = re.findall(r'"(?:[^"\\]|\\.)*"|[^."]+', path)
    return [re.sub(r"\\(.)", r"\1", part[1:-1]) if part[0] == '"' else part for part in parts]


def _label(title: str, keys: Sequence[str]) -> str:
    name = " ".join(keys)
    if (title, name) in _UNDER:
        return _UNDER[title, name]
    if name in _WORDS:
        return _WORDS[name]
    if keys[0] == "paid_by":
        day = int(keys[1])
        if day == 0:
            return "paid by the due date"
        return (
            f"paid by {abs(day)} day{'s' * (abs(day) != 1)} {'after' if day > 0 else 'before'} the due date"
        )
    first, rest = keys[0], " ".join(keys[1:])
    if first == "entry":
        return f"begin in {rest}"
    if first == "moves":
        return f"goes to {rest}"
    if first == "stages":
        return f"standing in {rest}"
    if first == "season":
        return f"season, {calendar.month_name[int(rest)]}"
    if first == "weekday":
        return f"paid on a {rest}".replace("_", " ")
    return name.replace("_", " ").capitalize()


def _writer(keys: Sequence[str]) -> Callable[[float], str]:
    if keys[0] == "dispute" and keys[-1] == "delay":
        return lambda x: _signed(f"{x:.1f}")
    if keys[0] != "stages" and (keys[0] in _SHARES or keys[-1] in _SHARES):
        return _share
    if keys[0] in ("days", "days_lost"):
        return lambda x: f"{x:,.0f}" if x >= 100 else "<1" if x < 0.95 else f"{x:.1f}"
    if keys[0] in ("per_month", "amount", "bluebirds"):
        return lambda x: f"{x:,.0f}" if x >= 100 else f"{x:,.1f}"
    return lambda x: _signed(f"{x:.2f}")


def _share(value: float) -> str:
    return (
        f"{100 * value:.1f} %"
        if 0.0005 <= value < 0.1
        else "0 %"
        if value == 0
        else "100 %"
        if value == 1
        else percent(value)
    )


def _signed(text: str) -> str:
    return "0.00" if text == "-0.00" else text.replace("-", "−")


def _range(low: str, high: str) -> str:
    if low == high:
        return low
    return f"{low.removesuffix(' %')} to {high}" if high.endswith(" %") else f"{low} to {high}"


def _count(number: float) -> str:
    return f"{number:,.0f}" if number else ""


def _line(label: str, cells: Sequence[str]) -> str:
    shown = cut(label, _LABEL)
    line = shown + " " * (_LABEL - width(shown))
    return (line + "".join(f"{cell:>{size}}" for cell, size in zip(cells, _SIZES, strict=True))).rstrip()
