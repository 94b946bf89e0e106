"""Show a scenario as the engine sees it: exact figures, where each comes from, what looks suspicious."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from simulator.expected import StageRow, expected, funnel_table
from simulator.expected.means import crm_chances
from simulator.money import minor_digits
from simulator.report.averages import Averages, bank, period_table, source_table
from simulator.report.layout import NOTHING, WIDTH, table, wrapped
from simulator.report.origins import assumptions
from simulator.report.sold import offers, products, renewals
from simulator.scenario import Scenario
from simulator.words import Scale, cut, day, percent, plain, scale_for

BAR: Final = 26
AGE_BAR: Final = 6
LEGEND: Final = (
    "  set: close chance as stated. enter, sit: close chance of deals that enter, of deals that sit here.",
    "  won: the same on entering, optimism corrected. next, skip, back, lost: where the next move goes.",
    "  days: until the next move, average. to won: days until won, for deals that are won, middle.",
)


def shown(scenario: Scenario) -> str:
    """Return everything that can be said about a scenario without a random number."""
    exact = expected(scenario)
    values = _values(scenario)
    averages = Averages(scenario, exact)
    scale = scale_for(max(averages.largest, float(values.sum()) / 5), scenario.currency)
    blocks = [
        _title(scenario, scale),
        *(_ladder(segment.name, funnel_table(segment)) for segment in scenario.segments),
        LEGEND,
        *_funnels(scenario, values, scale),
        products(scenario),
        renewals(scenario, scale),
        offers(scenario),
        period_table(averages, scale),
        source_table(averages, scale),
        bank(averages, scale),
        assumptions(scenario).splitlines(),
        _suspicions(scenario, scale),
    ]
    return "\n\n".join("\n".join(cut(line, WIDTH) for line in block) for block in blocks if block) + "\n"


def _title(scenario: Scenario, scale: Scale) -> list[str]:
    horizon = scenario.horizon
    parts = [
        plain(scenario.name, 30), f"as of {day(horizon.as_of)}", f"until {day(horizon.end)}", scale.name,
        f"{len(scenario.pipeline):,} open deal{'s' * (len(scenario.pipeline) != 1)}",
    ]  # fmt: skip
    return [" · ".join(part for part in parts if part), *wrapped(plain(scenario.description))]


def _ladder(segment: str, rows: Sequence[StageRow]) -> list[str]:
    header = ["stage", "set", "enter", "sit", "won", "next", "skip", "back", "lost", "days", "to won"]
    body = []
    for row in rows:
        ladder = (row.set_chance, row.entry_chance, row.sitting_chance, row.win_rate)
        moves = (row.advance, row.skip, row.back, row.lost)
        chances = map(_percent, ladder + moves)
        body.append([plain(row.name, 26), *chances, _days(row.stay), _days(row.cycle_median)])
    heading = f"{plain(segment, 40)}: chances and days by stage"
    return [heading, *("  " + line for line in table(header, body))]


def _funnels(scenario: Scenario, values: NDArray[np.float64], scale: Scale) -> Iterator[list[str]]:
    """Yield each segment's funnel as a picture; one scale of bars for all."""
    weighted = values * crm_chances(scenario) if len(values) else values
    pipeline, cells = scenario.pipeline, []
    for index, segment in enumerate(scenario.segments):
        for stage in range(len(segment.funnel.stages)):
            here = (pipeline.segment == index) & (pipeline.stage == stage)
            ages = pipeline.age[here]
            known = ages[~np.isnan(ages)]
            age = float(known.mean()) if len(known) else math.nan
            cells.append((int(here.sum()), float(values[here].sum()), float(weighted[here].sum()), age))
    widest = max((value for _, value, _, _ in cells), default=0.0)
    scale = scale.showing(widest, 3)
    oldest = max((age for *_, age in cells if not math.isnan(age)), default=0.0)
    left = iter(cells)
    for segment in scenario.segments:
        rows = [_picture(name, *next(left), widest, oldest, scale) for name in segment.funnel.stages]
        header = ["stage", "deals", "value", "weighted", "▓ weighted ░ value", "days here", ""]
        lines = table(header, rows, (0, 4, 6))
        yield [
            f"{plain(segment.name, 40)}: what stands in the funnel, {scale.name}",
            *("  " + x for x in lines),
        ]


def _picture(
    name: str, count: int, value: float, weighted: float, age: float,
    widest: float, oldest: float, scale: Scale,
) -> list[str]:  # fmt: skip
    if not count:
        return [plain(name, 26), NOTHING, NOTHING, NOTHING, "", NOTHING, ""]
    full = max(round(BAR * value / widest), 1) if widest else 0
    dark = round(full * weighted / value) if value else 0
    age_bar = "" if math.isnan(age) or not oldest else "▪" * max(round(AGE_BAR * age / oldest), 1)
    picture = "▓" * dark + "░" * (full - dark)
    amounts = [f"{count:,}", scale.number(value), scale.number(weighted)]
    return [plain(name, 26), *amounts, picture, _days(age), age_bar]


def _suspicions(scenario: Scenario, scale: Scale) -> list[str]:
    unit, lines = _unit(scenario), []
    for code, text, amount in scenario.notes:
        money = f" ({scale.exact(amount / unit, 2)})" if amount else ""
        lines += wrapped(f"! {plain(text)}{money} [{plain(code, 10)}]")
    return ["What to look at", *lines] if lines else ["Nothing looks suspicious."]


def _values(scenario: Scenario) -> NDArray[np.float64]:
    """Return the open amounts in the company's currency, major units, at the first forecast day's rates."""
    unit, rates = _unit(scenario), scenario.rates
    worth = [float(rates.convert(d.amount, d.currency, np.array(1))) / unit for d in scenario.pipeline]
    return np.array(worth, dtype=np.float64)


def _unit(scenario: Scenario) -> float:
    return 10.0 ** minor_digits(scenario.currency)


def _percent(chance: float) -> str:
    if chance in (0.0, 1.0):
        return NOTHING if chance == 0 else "100 %"
    return percent(chance)


def _days(days: Any) -> str:
    return NOTHING if math.isnan(days) else f"{days:,.0f}"
