"""Say amounts, chances and dates the way people say them, so that every output uses the same words."""

from __future__ import annotations

import math
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Any, Final

MONTHS: Final = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_UNITS: Final = (
    (1e12, 1e12, "trillion "),
    (1e9, 1e9, "billion "),
    (1e6, 1e6, "million "),
    (1e4, 1e3, "thousand "),
)
"""From which size on, what is divided by, its name: below ten thousand amounts stand as they are."""
_FRACTIONS: Final = (
    *((1, n) for n in (100, 50, 30, 20, 15, 10, 8, 6, 5, 4)),
    *((3, 10), (1, 3), (2, 5), (1, 2), (3, 5), (2, 3), (7, 10)),
    *((n - 1, n) for n in (4, 5, 6, 8, 10, 15, 20, 30, 50, 100)),
)
_LIKELIHOOD: Final = (
    (0.01, "all but out of reach"),
    (0.10, "very unlikely"),
    (1 / 3, "unlikely"),
    (0.45, "less likely than not"),
    (0.55, "as likely as not"),
    (2 / 3, "more likely than not"),
    (0.90, "likely"),
    (0.99, "very likely"),
)


def headline(payload: Mapping[str, Any], unit: bool = True) -> list[str]:
    """Return what a forecast says, one paragraph a series, made from forecast.json alone.

    Args:
        payload: forecast.json; its own `headline` is not read.
        unit: name the currency in each paragraph; off where the reader has just been told.
    """
    scale, period = scale_of(payload), headline_period(payload)
    last = f" {scale.name}" if unit else ""
    only = "Open deals only: deals yet to come are not in these numbers."
    found = [only] if payload.get("open_deals_only") else []
    bookings = _bookings(period, scale, last)
    found.append(" ".join([bookings, *_plan(period, "bookings", scale), *_won(period, scale)]))
    if receipts := period.get("receipts"):
        text = _receipts(period, _shifted(receipts), scale, last)
        found.append(" ".join([text, *_plan(period, "receipts", scale)]))
    return found + [_target(target, scale) for target in loose_targets(payload)[:3]]


def headline_period(payload: Mapping[str, Any]) -> dict[str, Any]:
    """Return the fiscal period that the headline is about; where none is covered, the whole horizon.

    The horizon's `name` is "", and its `plan` empty.
    """
    for period in complete_periods(payload):
        if period["name"] == payload.get("headline_period"):
            return dict(period)
    periods = payload.get("periods") or [{"start": payload["as_of"], "end": payload["as_of"]}]
    ends = {"name": "", "start": periods[0]["start"], "end": periods[-1]["end"], "plan": {}}
    return ends | dict(payload.get("totals") or {})


def complete_periods(payload: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """Return the fiscal periods that the forecast covers to their end."""
    return [p for p in payload.get("fiscal") or [] if p.get("complete", True)]


def loose_targets(payload: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """Return the targets that are the plan of no fiscal period, and so stand in no table."""
    plans = {plan.get("name") for p in complete_periods(payload) for plan in (p.get("plan") or {}).values()}
    return [t for t in payload.get("targets") or [] if t["name"] not in plans]


# ---- amounts


@dataclass(frozen=True)
class Scale:
    """How amounts are written: in which unit, and to how many decimals.

    Attributes:
        unit: amounts are divided by it.
        name: `million EUR`.
        decimals: below 0 they are rounded to tens, hundreds, …
        noise: half-width of the simulation's own error, the largest of what is shown, in major units.
    """

    unit: float
    name: str
    decimals: int
    noise: float = 0.0

    def number(self, amount: float, sign: bool = False) -> str:
        """Write an amount: `4.1`, `−0.3`, with a sign `+0.3`."""
        value = round(amount / self.unit, self.decimals) + 0.0
        text = f"{abs(value):,.{max(self.decimals, 0)}f}"
        return ("−" if value < 0 else "+" if sign and value > 0 else "") + text

    def said(self, amount: float) -> str:
        """Write a simulated amount for a sentence: as `number`, but nothing is `0`."""
        text = self.number(amount)
        return text if any(c in text for c in "123456789") else "0"

    def exact(self, amount: float, digits: int = 3) -> str:
        """Write an amount that no simulation blurs, a plan or a sum of deals: up to so many digits."""
        if amount == 0:
            return "0"
        fit = self.showing(abs(amount), digits)
        text = replace(fit, decimals=max(fit.decimals, 0)).number(amount)
        whole, mark, part = text.partition(".")
        kept = part.rstrip("0").ljust(max(self.decimals, 0), "0")
        return whole + (mark + kept if kept else "")

    def fitting(self, stats: Mapping[str, Any]) -> Scale:
        """Return the scale of one interval: coarser if its noise asks for it, finer where it is small."""
        noise = _decimals(_noise(stats) / self.unit) if _noise(stats) else 9
        if noise < self.decimals:
            return replace(self, decimals=noise)
        high = max(abs(stats.get("p90", 0.0)), abs(stats.get("p50", 0.0)))
        own = _decimals(_resolution([stats]) / self.unit)
        finer = min(self.showing(high, 2).decimals, own)
        return replace(self, decimals=max(finer, self.decimals))

    def noise_text(self) -> str:
        """Say how much of what is shown is the simulation's own error."""
        if self.noise <= 0:
            return "no simulation noise"
        noise = self.noise / self.unit
        power = math.floor(math.log10(noise) + 1e-9)
        rounded = math.ceil(noise / 10.0**power - 1e-9) * 10.0**power
        decimals = max(-math.floor(math.log10(rounded) + 1e-9), 0)
        return f"simulation noise at most ±{rounded:,.{decimals}f}"

    def showing(self, amount: float, digits: int) -> Scale:
        """Return a scale that shows at least so many digits of an amount, never a coarser one."""
        if amount <= 0:
            return self
        needed = digits - 1 - math.floor(math.log10(amount / self.unit) + 1e-9)
        return replace(self, decimals=max(self.decimals, min(needed, 9)))


def scale_of(payload: Mapping[str, Any]) -> Scale:
    """Choose the unit by the size of what is shown, and decimals no finer than its noise."""
    period = headline_period(payload)
    shown = [s for p in [period, *complete_periods(payload)] if (s := p.get("bookings"))]
    receipts = [s for s in [period.get("receipts")] if s]
    plans = [p["amount"] for p in (period.get("plan") or {}).values() if p]
    sizes = [abs(s.get(q, 0.0)) for s in shown + receipts for q in ("mean", "p10", "p50", "p90")]
    size = max(sizes + plans, default=0.0)
    first = [s for s in shown + receipts if s.get("p90")][:1]
    noise = max([_noise(s) for s in shown + receipts], default=0.0)
    return scale_for(size, str(payload.get("currency", "")), _resolution(first), noise)


def scale_for(size: float, currency: str, resolution: float = 0.0, noise: float = 0.0) -> Scale:
    """Choose the unit by the size of the largest amount.

    Args:
        size: major units.
        currency: its code.
        resolution: finest step worth printing; by default the third digit of the size.
        noise: half-width of the simulation's own error.
    """
    currency = plain(currency, 10)
    unit, name = next(((u, n + currency) for least, u, n in _UNITS if size >= least), (1.0, currency))
    return Scale(unit, name.strip(), _decimals((resolution or _third_digit(size)) / unit), noise)


# ---- chances


def percent(chance: float, error: float = 0.0) -> str:
    """Write a chance as a percentage; what only ever or never happened by luck is not 0 or 100.

    Args:
        chance: 0–1.
        error: half-width of its simulation interval; a rough one is rounded to fives.
    """
    if chance < 0.01:
        return "<1 %"
    if chance > 0.99:
        return ">99 %"
    if error > 0.02 and 0.05 <= chance <= 0.95:
        return f"{5 * round(20 * chance)} %"
    return f"{round(100 * chance)} %"


def one_in(chance: float) -> str:
    """Say a chance as a share that can be pictured: `about 1 in 4`, `less than 1 in 100`."""
    if chance < 0.01:
        return "less than 1 in 100"
    if chance > 0.99:
        return "more than 99 in 100"

    def distance(share: tuple[int, int]) -> float:
        return abs(_logit(share[0] / share[1]) - _logit(chance))

    part, whole = min(_FRACTIONS, key=distance)
    return f"about {part} in {whole}"


def likelihood(target: Mapping[str, Any]) -> str:
    """Say how likely a target is: `unlikely: 27 %, about 1 in 4`.

    Args:
        target: `chance` with the simulation interval `low`, `high`; a chance without one is exact.
    """
    chance = float(target["chance"])
    if is_certain(target):
        return "certain" if chance == 1 else "out of reach"
    word = next((word for bound, word in _LIKELIHOOD if chance < bound), "all but certain")
    if chance < 0.01 or chance > 0.99:
        return f"{word}: {one_in(chance)}"
    return f"{word}: {percent(chance, _error(target))}, {one_in(chance)}"


def chance_cells(target: Mapping[str, Any]) -> tuple[str, str]:
    """Return a chance as two cells of a table: `27 %` and `about 1 in 4`."""
    chance = float(target["chance"])
    if is_certain(target):
        return ("100 %", "certain") if chance == 1 else ("0 %", "out of reach")
    return percent(chance, _error(target)), one_in(chance)


def is_certain(target: Mapping[str, Any]) -> bool:
    """Tell whether a chance of 0 or 1 is exact: its simulation interval has no width."""
    chance = float(target["chance"])
    return chance in (0.0, 1.0) and target.get("low", chance) == target.get("high", chance) == chance


# ---- dates and names


def day(when: str | date) -> str:
    """Write a date: `31 Oct 2026`."""
    when = date.fromisoformat(when) if isinstance(when, str) else when
    return f"{when.day} {MONTHS[when.month - 1]} {when.year}"


def month(when: str | date) -> str:
    """Write a month: `Oct 2026`."""
    return day(when).split(" ", 1)[1]


def plain(text: object, longest: int | None = None) -> str:
    """Return text that cannot steer a terminal: one line, without control and direction characters.

    Args:
        text: anything that came from a file.
        longest: columns; what is longer ends in `…`.
    """
    spaced = "".join(" " if c.isspace() else c for c in str(text))
    kept = "".join(c for c in spaced if unicodedata.category(c) not in ("Cc", "Cf", "Cs", "Co", "Cn"))
    kept = " ".join(kept.split())
    return kept if longest is None else cut(kept, longest)


def cut(text: str, columns: int) -> str:
    """Return a text that fits so many columns; what is longer ends in `…`."""
    if width(text) <= columns:
        return text
    used = 0
    for place, character in enumerate(text):
        used += _columns(character)
        if used > columns - 1:
            return text[:place].rstrip() + "…"
    return text


def width(text: str) -> int:
    """Return the columns that a text takes in a terminal."""
    return sum(_columns(c) for c in text)


# ---- sentences


def _bookings(period: Mapping[str, Any], scale: Scale, last: str) -> str:
    stats = period.get("bookings") or {}
    when = f"of {plain(period['name'], 20)}" if period["name"] else f"until {day(period['end'])}"
    what = f"Bookings {when}"
    low, middle, high = (float(stats.get(q, 0.0)) for q in ("p10", "p50", "p90"))
    fit = scale.fitting(stats)
    if low == high == 0:
        mean = float(stats.get("mean", 0.0))
        if not mean:
            return f"{what} will be nothing."
        rest = f"the average is {scale.exact(mean, 1)}{last}"
        return f"{what} will most likely be nothing (at least 8 chances in 10); {rest}."
    if low == high and not stats.get("sd"):
        return f"{what} will be {fit.said(middle)}{last}: nothing of it is left open."
    if fit.number(low) == fit.number(high):
        return f"{what} will most likely be about {fit.said(middle)}{last} (at least 8 chances in 10)."
    ends = f"{fit.said(low)} and {fit.said(high)}{last}"
    return f"{what} will most likely land between {ends} (8 chances in 10); the middle is {fit.said(middle)}."


def _receipts(period: Mapping[str, Any], stats: Mapping[str, Any], scale: Scale, last: str) -> str:
    what, fit = f"Receipts until {day(period['end'])}", scale.fitting(stats)
    low, high = float(stats.get("p10", 0.0)), float(stats.get("p90", 0.0))
    if low == high == 0:
        often = "" if not stats.get("mean") else "most likely "
        return f"{what} will {often}be nothing."
    if fit.number(low) == fit.number(high):
        return f"{what} will most likely be about {fit.said(high)}{last}."
    return f"{what} will most likely be {fit.said(low)} to {fit.said(high)}{last}."


def _plan(period: Mapping[str, Any], series: str, scale: Scale) -> Iterator[str]:
    if not (plan := (period.get("plan") or {}).get(series)):
        return
    already = float((period.get(series) or {}).get("already") or 0.0)
    amount = f"The plan of {scale.exact(plan['amount'])}"
    if already >= plan["amount"]:
        yield f"{amount} has been reached."
    else:
        yield f"{amount} is {likelihood(plan)}."


def _won(period: Mapping[str, Any], scale: Scale) -> Iterator[str]:
    if already := float((period.get("bookings") or {}).get("already") or 0.0):
        yield f"{scale.exact(already, 2)} are already won."


def _target(target: Mapping[str, Any], scale: Scale) -> str:
    segment = plain(target.get("segment", "all"), 30)
    whose = "" if segment == "all" else f" of {segment}"
    what = f"{target['series']}{whose}, {scale.exact(target['amount'])} by {day(target['until'])}"
    return f"The target {plain(target['name'], 30)} ({what}) is {likelihood(target)}."


def _shifted(stats: Mapping[str, Any]) -> dict[str, Any]:
    """Take what has already come off a period's statistics, so that they tell what is still to come."""
    already = float(stats.get("already") or 0.0)
    moved = {k: stats[k] - already for k in ("mean", "p10", "p50", "p90") if k in stats}
    return dict(stats) | moved


# ---- numbers


def _resolution(shown: list[Mapping[str, Any]]) -> float:
    """Return the finest step worth printing: the noise, or a fiftieth of the first interval's width."""
    spread = shown[0].get("p90", 0.0) - shown[0].get("p10", 0.0) if shown else 0.0
    noise = max([_noise(s) for s in shown], default=0.0)
    size = max([abs(s.get("p90", 0.0)) for s in shown], default=0.0)
    return max(noise, spread / 50, _third_digit(size))


def _third_digit(size: float) -> float:
    """Return what the third digit of an amount stands for."""
    return 10.0 ** (math.floor(math.log10(size) + 1e-9) - 2) if size > 0 else 0.0


def _noise(stats: Mapping[str, Any]) -> float:
    """Return the largest half-width; quantiles at an amount that many futures share are as they are."""
    errors, lumpy = stats.get("error") or {}, stats.get("lumpy") or ()
    return max([float(v or 0.0) for k, v in errors.items() if k not in lumpy], default=0.0)


def _decimals(resolution: float) -> int:
    """Return the decimals whose last one stands for no less than the resolution."""
    return 0 if resolution <= 0 else max(min(-math.ceil(math.log10(resolution) - 1e-9), 9), -15)


def _error(target: Mapping[str, Any]) -> float:
    chance = float(target["chance"])
    return (float(target.get("high", chance)) - float(target.get("low", chance))) / 2


def _logit(chance: float) -> float:
    return math.log(chance / (1 - chance))


def _columns(character: str) -> int:
    if unicodedata.combining(character):
        return 0
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1
