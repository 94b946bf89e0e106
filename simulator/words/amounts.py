"""Say amounts in a unit that fits them, and no finer than the simulation knows them."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

from simulator.records import dataclass
from simulator.words.chances import has_interval
from simulator.words.periods import complete_periods, headline_period
from simulator.words.text import plain

_FINER: Final = 3
"""Decimals by which an exact difference may be written finer than what it is a difference of."""
_UNITS: Final = (
    (1e12, 1e12, "trillion "),
    (1e9, 1e9, "billion "),
    (1e6, 1e6, "million "),
    (1e4, 1e3, "thousand "),
)
"""From which size on, what is divided by, its name: below ten thousand amounts stand as they are."""


@dataclass(frozen=True)
class Scale:
    """How amounts are written: in which unit, and to how many decimals.

    Attributes:
        unit: amounts are divided by it.
        name: `million EUR`.
        decimals: below 0 they are rounded to tens, hundreds, …
        noise: half-width of the simulation's own error, the largest of what is shown, in major units; None
            where so few trials do not tell it.
    """

    unit: float
    name: str
    decimals: int
    noise: float | None = 0.0

    def number(self, amount: float, sign: bool = False) -> str:
        """Write an amount: `4.1`, `−0.3`, with a sign `+0.3`."""
        value = round(amount / self.unit, self.decimals) + 0.0
        text = f"{abs(value):,.{max(self.decimals, 0)}f}"
        return ("−" if value < 0 else "+" if sign and value > 0 else "") + text

    def said(self, amount: float) -> str:
        """Write a simulated amount for a sentence: as `number`, but nothing is `0`."""
        return said(self.number(amount))

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
        """Return the scale of one interval: coarser if its noise asks for it, finer where it is small.

        What is certain is written out, so that it agrees with the deals that it is the sum of.
        """
        if stats.get("certain"):
            fit = self.showing(abs(stats.get("p50", 0.0)), 3)
            return replace(fit, decimals=max(fit.decimals, 0))
        noise = _decimals(_noise(stats) / self.unit) if _noise(stats) else 9
        if noise < self.decimals:
            return replace(self, decimals=noise)
        high = max(abs(stats.get("p90", 0.0)), abs(stats.get("p50", 0.0)))
        own = _decimals(_resolution([stats]) / self.unit)
        finer = min(self.showing(high, 2).decimals, own)
        return replace(self, decimals=max(finer, self.decimals))

    def noise_text(self) -> str:
        """Say how much of what is shown is the simulation's own error."""
        if self.noise is None:
            return "simulation noise unknown"
        if self.noise <= 0:
            return "no simulation noise"
        return f"simulation noise at most {self.margin(self.noise)}"

    def margin(self, error: float) -> str:
        """Write the half-width of a simulation's error to one digit, rounded up: `±0.02`."""
        if error <= 0:
            return "±0"
        noise = error / self.unit
        power = math.floor(math.log10(noise) + 1e-9)
        rounded = math.ceil(noise / 10.0**power - 1e-9) * 10.0**power
        decimals = max(-math.floor(math.log10(rounded) + 1e-9), 0)
        return f"±{rounded:,.{decimals}f}"

    def change(self, amount: float, error: float | None) -> str:
        """Write by how much something differs, with its sign, no finer than its error."""
        return said(self.differing(abs(amount), error).number(amount, sign=True))

    @property
    def step(self) -> float:
        """What the last digit stands for, major units."""
        return self.unit * 10.0**-self.decimals

    def differing(self, size: float, error: float | None, digits: int = 2) -> Scale:
        """Return the scale of a difference: no finer than its error; an exact one in whole units or finer.

        Args:
            size: of the largest, major units.
            error: its half-width, 0 where it is exact, None where nobody knows.
            digits: that an exact one shows at least.
        """
        if error == 0:
            # Noise makes low and high coarse, and says nothing of what is exact.
            whole = replace(self, decimals=max(self.decimals, 0))
            return replace(whole, decimals=min(whole.showing(size, digits).decimals, whole.decimals + _FINER))
        return self.fitting({"p50": size, "p90": size, "error": {"mean": error}})

    def showing(self, amount: float, digits: int) -> Scale:
        """Return a scale that shows at least so many digits of an amount, never a coarser one."""
        if amount <= 0:
            return self
        needed = digits - 1 - math.floor(math.log10(amount / self.unit) + 1e-9)
        return replace(self, decimals=max(self.decimals, min(needed, 9)))


def said(number: str) -> str:
    """Write a number as in a sentence: what rounds to nothing is `0`."""
    return number if any(c in number for c in "123456789") else "0"


def happened_text(stats: Mapping[str, Any], scale: Scale, digits: int = 2) -> str:
    """Write what of an amount has happened, which no simulation blurs; if all is certain, as the whole is."""
    already, fit = float(stats.get("already") or 0.0), scale.fitting(stats)
    return fit.said(already) if stats.get("certain") else scale.exact(already, digits)


def interval_texts(stats: Mapping[str, Any], scale: Scale, digits: int = 2) -> tuple[str, str, str]:
    """Write low, middle and high, none of which rounding may take below what has happened already."""
    fit, already = scale.fitting(stats), float(stats.get("already") or 0.0)
    happened = happened_text(stats, scale, digits)

    def text(amount: float) -> str:
        below = 0 < already <= amount and _value(fit.number(amount)) < _value(happened)
        return happened if below else fit.number(amount)

    low, middle, high = (text(float(stats.get(q, 0.0))) for q in ("p10", "p50", "p90"))
    return low, middle, high


def scale_of(payload: Mapping[str, Any]) -> Scale:
    """Choose the unit by the size of what is shown, and decimals no finer than its noise."""
    period = headline_period(payload)
    shown = [s for p in [period, *complete_periods(payload)] if (s := p.get("bookings"))]
    receipts = [s for s in [period.get("receipts")] if s]
    plans = [p["amount"] for p in (period.get("plan") or {}).values() if p]
    sizes = [abs(s.get(q, 0.0)) for s in shown + receipts for q in ("mean", "p10", "p50", "p90")]
    size = max(sizes + plans, default=0.0)
    first = [s for s in shown + receipts if s.get("p90")][:1]
    told = all(has_interval(s) for s in shown + receipts)
    noise = max([_noise(s) for s in shown + receipts], default=0.0) if told else None
    return scale_for(size, str(payload.get("currency", "")), _resolution(first), noise)


def scale_for(size: float, currency: str, resolution: float = 0.0, noise: float | None = 0.0) -> Scale:
    """Choose the unit by the size of the largest amount.

    Args:
        size: major units.
        currency: its code.
        resolution: finest step worth printing; by default the third digit of the size.
        noise: half-width of the simulation's own error, None where it is not known.
    """
    currency = plain(currency, 10)
    unit, name = next(((u, n + currency) for least, u, n in _UNITS if size >= least), (1.0, currency))
    return Scale(unit, name.strip(), _decimals((resolution or _third_digit(size)) / unit), noise)


def _value(text: str) -> float:
    return float(text.replace(",", "").replace("−", "-"))


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
    """Return the largest half-width; quantiles at an amount that many futures share are as they are.

    Of few trials none is known, and what they show is written as it is.
    """
    errors, lumpy = stats.get("error") or {}, stats.get("lumpy") or ()
    if not has_interval(stats):
        return 0.0
    return max([float(v or 0.0) for k, v in errors.items() if k not in lumpy], default=0.0)


def _decimals(resolution: float) -> int:
    """Return the decimals whose last one stands for no less than the resolution."""
    return 0 if resolution <= 0 else max(min(-math.ceil(math.log10(resolution) - 1e-9), 9), -15)
