"""Lay out past forecasts beside what came true, with the chance of a miss and the scores of baselines."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from simulator.backtest.rows import Row
from simulator.backtest.summary import hits, summaries
from simulator.backtest.verdict import name_of
from simulator.hit_rates import LEVELS, Hits
from simulator.scores import chance_of_fewer
from simulator.words import one_in

MINOR = 100.0
"""Minor units in a unit of the currencies at hand."""


def windows_table(rows: Sequence[Row]) -> Iterator[str]:
    """Lay out one window a line: both intervals, the middle, what came, where it lies."""
    yield f"{'':26}{'95 % from':>11}{'80 % from':>11}{'middle':>11}{'80 % to':>11}{'95 % to':>11}{'came':>11}"
    for row in rows:
        (low80, high80), (low95, high95) = row.scored.intervals[LEVELS.index(0.8)], row.scored.intervals[-1]
        numbers = (low95, low80, row.middle, high80, high95, row.came)
        yield f"{name_of(row.measure):26}" + "".join(f"{x / _unit(row):11,.0f}" for x in numbers)
    yield ""
    yield f"{'':26}where it lies; how often a calibrated forecast sees what comes so far out"
    for row in rows:
        yield f"{name_of(row.measure):26}{where(row)}; {one_in(max(row.rarity, 1e-9))} times"


def where(row: Row) -> str:
    """Say which interval holds what came."""
    if row.held(0.8):
        return "inside the 80 % interval"
    return (
        "outside the 80 %, inside the 95 % interval"
        if row.held(0.95)
        else "MISSED, outside the 95 % interval"
    )


def errors_table(rows: Sequence[Row]) -> Iterator[str]:
    """Lay out the CRPS of one window, the model's and each baseline's; smaller is better."""
    names = list(dict.fromkeys(name for row in rows for name in row.baselines))
    columns = ("this program", *names)
    yield f"{'errors (CRPS)':26}" + "".join(f"{name:>{max(len(name), 12) + 2}}" for name in columns)
    for row in rows:
        told = {"this program": row.scored.crps} | {name: s.crps for name, s in row.baselines.items()}
        cells = (_number(told[name] / _unit(row)) if name in told else "–" for name in columns)
        padded = (f"{c:>{max(len(n), 12) + 2}}" for c, n in zip(cells, columns, strict=True))
        yield f"{name_of(row.measure):26}" + "".join(padded)


def hits_table(rows: Sequence[Row]) -> Iterator[str]:
    """Lay out how often the intervals of some rows held, by measure and pooled."""
    yield f"{'intervals held':26}" + "".join(f"{f'{level:.0%}':>12}" for level in LEVELS)
    for measure in dict.fromkeys(row.measure for row in rows):
        yield _held(name_of(measure), [row for row in rows if row.measure == measure])
    yield _held("pooled", rows)
    for level in LEVELS:
        yield f"  {level:.0%}: {judged(hits(rows, level))}"


def _held(name: str, rows: Sequence[Row]) -> str:
    shown = (f"{sum(row.held(level) for row in rows)} of {len(rows)}" for level in LEVELS)
    return f"{name:26}" + "".join(f"{text:>12}" for text in shown)


def judged(found: Hits) -> str:
    """Say how often a calibrated forecast would be as far off, from windows that share no day."""
    worth = round(found.held * found.apart / found.count)
    below = found.held < found.level * found.count
    chance = found.chance if below else 1 - chance_of_fewer(worth - 1, found.apart, found.level)
    return (
        f"a calibrated forecast holds so many or {'fewer' if below else 'more'} "
        f"{one_in(min(chance, 1.0))} times, counted as {found.apart} cells that share no day"
    )


def skill_table(rows: Sequence[Row]) -> Iterator[str]:
    """Lay out by how much the errors were smaller than those of each baseline."""
    yield "errors smaller (CRPS) than those of"
    for found in summaries(rows):
        shown = (f"{a.name} {100 * a.skill:+.0f} %" for a in found.against if a.skill is not None)
        yield f"  {name_of(found.measure)}: {', '.join(shown)}"


def _unit(row: Row) -> float:
    return MINOR if row.measure.is_money else 1.0


def _number(value: float) -> str:
    return f"{value:,.0f}" if value >= 1000 else f"{value:,.1f}"
