"""Say in plain words whether set percentages hold against history, and give the mended table."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict
from datetime import date
from typing import Any

from simulator.history import History
from simulator.learning.checking import Checked, StageCheck
from simulator.learning.enough import GREEN, WITHIN, Enough
from simulator.money import minor_digits
from simulator.report.fit import history_title
from simulator.report.layout import NOTHING, table, wrapped
from simulator.words import one_in, percent, plain, scale_for

SURE = 0.9
"""Chance from which on a percentage is called too high, or too low."""
_BASES = {
    "snapshot": "Chances are those of deals that are seen in a stage, where the losing ones linger.",
    "entry": "Chances are those of deals that enter a stage.",
}
_LIGHTS = {"green": "enough data", "amber": "almost enough data", "red": "not enough data"}


def check_text(checked: Checked, history: History) -> str:
    """Return the whole text."""
    currency, unit = history.currency, 10.0 ** minor_digits(history.currency)
    lines = [history_title(history), ""]
    if not checked.stages:
        return "\n".join([*lines, "No deal of this record tells a percentage."]) + "\n"
    lines += table(_HEADER, [_row(s, checked.base) for s in checked.stages], left=(0, 1), columns=100)
    lines += wrapped(_BASES["entry" if checked.whole else checked.basis], first="  ", then="  ")
    for stage in checked.stages:
        lines += ["", *_stage(stage, checked, currency, unit)]
    lines += ["", *_enough(checked)]
    lines += ["", *_mended(checked)]
    return "\n".join(lines) + "\n"


_HEADER = ("segment", "stage", "set", "most likely", "8 in 10", "won of closed", "counting open deals")


def _row(s: StageCheck, base: bool) -> tuple[str, ...]:
    set_ = NOTHING if base and s.assumed else percent(s.set)
    naive = NOTHING if s.naive is None else percent(s.naive)
    return (
        plain(s.segment), plain(s.stage), set_, percent(s.middle), _range(s.low, s.high), naive,
        _range(*s.counting_open),
    )  # fmt: skip


def _range(low: float, high: float) -> str:
    a, b = round(100 * low), round(100 * high)
    return f"{a} %" if a == b else f"{a}–{b} %"


def _stage(s: StageCheck, checked: Checked, currency: str, unit: float) -> list[str]:
    who = "set" if checked.base and not s.assumed else "the article says"
    text = (
        f"{plain(s.segment)}, {plain(s.stage)}: {who} {percent(s.set)}. {_counted(s.there)} there, "
        f"{s.won:,} won, {s.lost:,} lost, {s.open:,} open: most likely {percent(s.middle)}, "
        f"8 chances in 10 for {_range(s.low, s.high)}. {_verdict(s)}"
    )
    found = wrapped(text + _worth(s, currency, unit))
    if s.reasons:
        told = ", ".join(f"{plain(reason, 40)} {count:,}" for reason, count in s.reasons[:5])
        found += wrapped(f"Lost here for: {told}.", first="  ", then="    ")
    if s.worth < s.needed:
        found += wrapped(_wanted(s), first="  ", then="    ")
    found += wrapped(_drifted(s), first="  ", then="    ")
    return found


def _wanted(s: StageCheck) -> str:
    """Say how many closed deals would tell, where they are too few."""
    return (
        f"To know this to ±{100 * WITHIN:.0f} points takes {s.needed:,} closed deals that share no luck; "
        f"the {s.won + s.lost:,} so far are worth {s.worth:,.0f}."
    )


def _counted(deals: int) -> str:
    return "1 deal was" if deals == 1 else f"{deals:,} deals were"


def _verdict(s: StageCheck) -> str:
    if s.too_high >= SURE:
        return f"{percent(s.set)} is too high ({one_in(s.too_high)})."
    if s.too_high <= 1 - SURE:
        return f"{percent(s.set)} is too low ({one_in(1 - s.too_high)})."
    return f"{percent(s.set)} fits."


def _worth(s: StageCheck, currency: str, unit: float) -> str:
    """Say what correcting the percentage does to the year, where it is wrong and a scenario tells."""
    if s.money is None or 1 - SURE < s.too_high < SURE:
        return ""
    amount = s.money / unit
    scale = scale_for(abs(amount), currency)
    told = f"{scale.number(abs(amount))} {scale.name}"
    if abs(amount) < 1:
        return " Correcting it changes nothing this year."
    if amount < 0:
        return f" Correcting it takes {told} off the year."
    return f" Correcting it adds {told} to the year."


def _drifted(s: StageCheck) -> str:
    found = s.drift
    if found is None:
        return "Too few deals to tell whether this changed over time."
    points = round(100 * found.visible)
    visible = "1 point" if points <= 1 else f"{points} points"
    if found.surprise < 0.05 or found.wandering < 0.05:
        before, after = percent(found.earlier), percent(found.later)
        luck = one_in(found.surprise)
        return (
            f"It changed, it seems: within {found.days} days {before} of the earlier half were won, "
            f"{after} of the later one (by luck alone {luck})."
        )
    return f"Nothing shows that it changed; a change of {visible} would most likely have been seen."


def _enough(checked: Checked) -> Iterator[str]:
    yield "Enough data?"
    for name, found in checked.enough.items():
        yield from wrapped(f"{plain(name)}: {_enough_text(found)}", first="  ", then="    ")


def _enough_text(found: Enough) -> str:
    quarters = "1 quarter" if found.quarters == 1 else f"{found.quarters} quarters"
    so_far = f"{found.closed:,} closed deals in {quarters}, worth {found.worth:.0f} independent ones"
    widened = f"the range is {_wider(found.inflation)} with known percentages"
    text = f"{_LIGHTS[found.light]}: {so_far}; {widened}."
    if found.inflation > GREEN or found.more:
        most = f"more history would narrow it by at most {100 * found.narrower:.0f} %"
        if found.more:
            text += (
                f" {found.more:,} more closed deals, about {found.months:.0f} months at your pace; {most}."
            )
        elif found.more is None:
            text += f" Ten years at your pace would not do; {most}."
    return text


def _wider(inflation: float) -> str:
    return (
        f"{100 * (inflation - 1):.0f} % wider than" if inflation < 2 else f"{inflation:.1f} times as wide as"
    )


def _mended(checked: Checked) -> Iterator[str]:
    """Give the table as a scenario has it; along a funnel chances rise."""
    yield "The mended table, to paste:"
    yield "segments:"
    if checked.whole:
        for s in checked.stages:
            yield f"  {_key(s.segment)}: {{soberness: {{odds: {_odds(s.middle) / _odds(s.set):.3g}}}}}"
        return
    for name in dict.fromkeys(s.segment for s in checked.stages):
        own = [s for s in checked.stages if s.segment == name]
        yield f"  {_key(name)}:"
        yield f"    probability_basis: {checked.basis}"
        yield "    stages:"
        for stage, chance in zip(own, _rising([s.middle for s in own]), strict=True):
            yield f"      {_key(stage.stage)}: {{close: {100 * chance:.3g}%}}"


def _odds(chance: float) -> float:
    bounded = min(max(chance, 1e-6), 1 - 1e-6)
    return bounded / (1 - bounded)


def _rising(chances: Sequence[float]) -> list[float]:
    """Return the chances, none below the one before it."""
    result: list[float] = []
    for chance in chances:
        result.append(max(chance, result[-1]) if result else chance)
    return result


def _key(name: str) -> str:
    plain_ = name.replace(" ", "").replace("-", "").replace("_", "").isalnum() and not name[0].isdigit()
    return name if plain_ else '"' + name.replace("\\", "\\\\").replace('"', '\\"') + '"'


def check_json(checked: Checked, history: History) -> dict[str, Any]:
    """Return the same as plain data, money in major units."""
    unit = 10.0 ** minor_digits(history.currency)
    stages = []
    for stage in checked.stages:
        row = asdict(stage)
        row["money"] = None if stage.money is None else stage.money / unit
        row["reasons"] = dict(stage.reasons)
        stages.append(row)
    return {
        "schema_version": 1,
        "as_of": date.fromordinal(history.known).isoformat(),
        "currency": history.currency,
        "basis": checked.basis,
        "stages": stages,
        "enough": {name: asdict(found) for name, found in checked.enough.items()},
    }
