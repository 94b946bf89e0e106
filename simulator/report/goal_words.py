"""Say a lever, and how far it is pulled, the way people in sales and finance do."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from simulator.words import chance_cells, percent, plain

NAMES: Final[Mapping[str, str]] = {
    "pipeline": "more new deals",
    "conversion": "win more deals",
    "speed": "close sooner",
    "price": "higher prices",
    "deposit": "a deposit",
    "terms": "due sooner",
    "market": "a bad market",
    "slip": "everything slips",
    "loss": "largest deals lost",
    "drought": "fewer new deals",
}
COUNTED: Final = ("pipeline", "conversion", "speed", "market", "drought")
"""Levers whose figure is a state of the business, which was another before."""
_LIMITS: Final[Mapping[str, str]] = {
    "pipeline": "even four times as many",
    "conversion": "even with five times the odds of winning",
    "speed": "even in half the time",
    "price": "even 50 % higher",
    "deposit": "even all of it at signature",
    "terms": "even 90 days sooner",
    "market": "even if hardly any deal were won",
    "slip": "even a year later",
    "loss": "even without the largest",
    "drought": "even if no new deal came",
}
_WHY_NOT: Final[Mapping[str, str]] = {
    "pipeline": "no new deals are expected that could close in time",
    "conversion": "no deal is left to be won in time",
    "speed": "no deal is left to be closed in time",
    "price": "no deal is left to be closed in time",
    "deposit": "it moves when money comes, not what is sold",
    "terms": "they move when money comes, not what is sold",
    "market": "no deal is left to be won in time",
    "slip": "no deal is left to be closed in time",
    "loss": "there is no open deal whose loss would matter",
    "drought": "no new deals are expected that could close in time",
}


def lever_name(lever: Mapping[str, Any]) -> str:
    """Name a lever."""
    return NAMES[lever["lever"]]


def limit_text(lever: Mapping[str, Any]) -> str:
    """Say how far a lever goes."""
    if lever["lever"] == "loss":
        count = round(lever["limit"]["figure"])
        return f"even without the largest {count}" if count > 1 else "even without the largest"
    return _LIMITS[lever["lever"]]


def why_not(lever: Mapping[str, Any]) -> str:
    """Say why a lever moves nothing."""
    return _WHY_NOT[lever["lever"]]


def what_it_takes(lever: Mapping[str, Any], later: bool = False) -> str:
    """Say how far a lever is to be pulled, from now on or from a later month on."""
    now, then = lever["now"]["figure"], lever["answer"]["figure"]
    before, after = figures_apart(now, then)
    name, value = lever["lever"], lever["answer"]["value"]
    return {
        "pipeline": f"{after} new deals a month instead of {before}{'' if later else ', from now on'}",
        "conversion": f"{after} of 100 {'new ' if later else ''}deals won instead of {before}",
        "speed": f"a typical win in {after} days instead of {before}",
        "price": f"prices {then:.1f} % higher, and as many deals won",
        "deposit": f"{then:.0f} % of each new contract at signature",
        "terms": f"new invoices due {_days(then)} sooner",
        "market": f"{after} of 100 deals won instead of {before}",
        "slip": f"every deal signed {_days(then)} later",
        "loss": f"the {value:.0f} largest lost" if value > 1 else "the largest lost",
        "drought": f"{after} new deals a month instead of {before}",
    }[name]


def short_answer(lever: Mapping[str, Any]) -> str:
    """Write an answer for a figure: `28 → 67 new deals a month`."""
    now, then = lever["now"]["figure"], lever["answer"]["figure"]
    if lever["lever"] in COUNTED:
        return f"{' → '.join(figures_apart(now, then))} {lever['unit']}"
    return f"{then:,.{_digits(lever)}f} {lever['unit']}"


def range_text(lever: Mapping[str, Any]) -> str:
    """Write between which figures the answer lies, 19 times in 20."""
    low, high = lever["low"]["figure"], lever["high"] and lever["high"]["figure"]
    digits = _digits(lever)
    ends = [f"{figure:,.{digits}f}" for figure in (low, high) if figure is not None]
    if high is None:
        return f"{ends[0]} or beyond"
    if low > high:
        ends.reverse()
    return " to ".join(dict.fromkeys(ends)) + (" %" if lever["lever"] in ("price", "deposit") else "")


def _digits(lever: Mapping[str, Any]) -> int:
    """Return the decimals with which a lever's figures are written."""
    if lever["lever"] == "price":
        return 1
    now, answer = lever["now"]["figure"], lever["answer"]["figure"]
    return digits_apart(now, answer) if lever["lever"] in COUNTED else 0


def by_segment(lever: Mapping[str, Any]) -> str:
    """Say what a lever is in each segment: `smb 13 → 16, enterprise 6 → 8`; "" where that tells no more."""
    now, then = lever["now"]["segments"], lever["answer"]["segments"]
    if lever["lever"] not in COUNTED or len(now) == 1:
        return ""
    pairs = ((plain(name, 24), *figures_apart(now[name], then[name])) for name in now)
    return ", ".join(f"{name} {before} → {after}" for name, before, after in pairs)


def near_text(end: Mapping[str, Any], wanted: float) -> str:
    """Write a chance so that it is told from the one that it misses."""
    text = chance_cells(end)[0]
    return f"{100 * end['chance']:.1f} %" if text == percent(wanted) else text


def deals_text(deals: Sequence[Mapping[str, Any]], most: int = 6) -> str:
    """Name deals by id and customer."""
    told = [f"{plain(d['id'], 16)} {plain(d['customer'] or d['name'], 24)}".strip() for d in deals[:most]]
    return ", ".join(told) + (f" and {len(deals) - most} more" if len(deals) > most else "")


def figures_apart(before: float, after: float) -> tuple[str, str]:
    """Write two figures to as few digits as tell them well apart."""
    digits = digits_apart(before, after)
    return f"{before:,.{digits}f}", f"{after:,.{digits}f}"


def digits_apart(before: float, after: float) -> int:
    """Return the fewest decimals, at most 3, at which two figures differ by five last digits or more."""
    return next((d for d in range(3) if abs(after - before) * 10**d >= 5), 3 if before != after else 0)


def _days(days: float) -> str:
    return f"{days:.0f} day{'s' * (round(days) != 1)}"
