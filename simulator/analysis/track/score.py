"""Hold the forecasts of past runs against what came: hit rates, leanings, errors, and those of others."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Mapping, Sequence
from itertools import product
from typing import Any, Final

import numpy as np

from simulator.analysis.track.rows import ASKED, OTHERS, Row
from simulator.hit_rates import LEVELS, Hits, counted, judged, judgement, most_apart, proof
from simulator.records import dataclass
from simulator.scores import chance_of_fewer, chance_of_more, skill
from simulator.words import RARE

LEVEL: Final = 0.8
_DAYS: Final = (31, 92, 184, 366)
AHEAD: Final = ("up to 1 month", "up to 3", "up to 6", "up to 12", "over 12")
"""How far ahead a window ends, in months."""
SURE: Final = 0.35
"""Where the true rate lies within so much, and is as it should be, ranges have shown that they hold."""
KINDS: Final = ("week", "month", "quarter", "year")
_ADVICE: Final = {
    "sound": "So far nothing speaks against the ranges",
    "short": "Trust the ranges with care",
    "too few": "It is too early to say whether the ranges can be trusted",
    "too narrow": "Do not trust the ranges",
    "too wide": "The ranges can be trusted, and might be narrower",
}


@dataclass(frozen=True)
class Against:
    """Middles beside what somebody else said of the same windows.

    Attributes:
        name: of the other.
        windows: how many.
        error: mean absolute error of the middles, major units.
        other: that of the other.
        lean: mean of what the other said less what came.
        closer: windows in which the middle was closer.
    """

    name: str
    windows: int
    error: float
    other: float
    lean: float
    closer: int

    @property
    def skill(self) -> float | None:
        """1 − error/error of the other; None where the other is always right."""
        return skill(self.error, self.other)


@dataclass(frozen=True)
class Score:
    """What the forecasts of one series and length of window were worth.

    Attributes:
        series: of what.
        segment: name, "" for the company.
        kind: week, month, quarter or year.
        ahead: how far ahead the window ended, "" for all of them.
        windows: forecasts.
        runs: that made them.
        hits: by level.
        came: mean of what came, major units.
        lean: mean of middle less what came.
        error: mean of its absolute value.
        above: windows in which more came than the middle.
        below: likewise less.
        against: others.
    """

    series: str
    segment: str
    kind: str
    ahead: str
    windows: int
    runs: int
    hits: tuple[Hits, ...]
    came: float
    lean: float
    error: float
    above: int
    below: int
    against: tuple[Against, ...]

    def share(self, amount: float) -> float | None:
        """Return an amount as a share of what came on average, None where nothing came."""
        return amount / self.came if self.came > 0 else None


def ahead(row: Row) -> str:
    """Say how far ahead the end of a window was."""
    return AHEAD[bisect_left(_DAYS, row.told.ahead)]


def scores(rows: Sequence[Row]) -> tuple[Score, ...]:
    """Return the scores by series, segment and kind of window, of all and by how far ahead they ended."""
    segments = dict.fromkeys(["", *(row.told.segment for row in rows)])
    found = list[Score]()
    for key in product(ASKED, segments, KINDS):
        some = [r for r in rows if (r.told.series, r.told.segment, r.told.window.kind) == key]
        for name in ("", *AHEAD):
            if chosen := [row for row in some if name in ("", ahead(row))]:
                found.append(_score(name, chosen))
    return tuple(found)


def hits(rows: Sequence[Row], level: float) -> Hits:
    """Return how often ranges held; forecasts of days that overlap are worth no more than those apart."""
    apart = most_apart(row.told.span for row in rows)
    return counted(level, sum(row.held(level) for row in rows), len(rows), apart)


def main_rows(rows: Sequence[Row]) -> list[Row]:
    """Return the company's forecasts of what a reader asks for first: bookings, where there are any."""
    company = [row for row in rows if not row.told.segment]
    series = next((s for s in ASKED if any(row.told.series == s for row in company)), "")
    return [row for row in company if row.told.series == series]


def verdict(rows: Sequence[Row]) -> list[str]:
    """Return sentences on whether to trust the ranges, the first the most important."""
    main = main_rows(rows)
    if not main:
        return []
    found, runs = hits(main, LEVEL), len({row.told.run.path for row in main})
    held = f"past 80 % ranges of {main[0].told.series} held {found.held} of {found.count} times"
    is_sure = judgement(found) == "sound" and found.high_apart - found.low_apart <= SURE
    advice = "The ranges can be trusted" if is_sure else _ADVICE[judgement(found)]
    return [
        f"{advice}: {held} ({judged(found)}).",
        f"They come from {runs} run{'s' * (runs != 1)}: {proof(found)}",
        *_leaning(main),
        *_compared(main),
    ]


def track_record(rows: Sequence[Row]) -> dict[str, Any] | None:
    """Return how often the ranges held that a reader asks for first, None without any."""
    if not (main := main_rows(rows)):
        return None
    levels = {f"{100 * level:.0f}": hits(main, level).to_json() for level in LEVELS}
    return {"what": main[0].told.series, **hits(main, LEVEL).to_json(), "hits": levels}


def _score(name: str, rows: Sequence[Row]) -> Score:
    first, errors = rows[0].told, np.array([row.error for row in rows])
    against = (_against(other, [row for row in rows if other in row.told.others]) for other in OTHERS)
    return Score(
        first.series,
        first.segment,
        first.window.kind,
        name,
        len(rows),
        len({row.told.run.path for row in rows}),
        tuple(hits(rows, level) for level in LEVELS),
        float(np.mean([row.came for row in rows])),
        float(errors.mean()),
        float(np.abs(errors).mean()),
        int((errors < 0).sum()),
        int((errors > 0).sum()),
        tuple(found for found in against if found is not None),
    )


def _against(name: str, rows: Sequence[Row]) -> Against | None:
    if not rows:
        return None
    mine = np.abs([row.error for row in rows])
    off = np.array([row.told.others[name] - row.came for row in rows])
    closer = int((mine < np.abs(off)).sum())
    return Against(name, len(rows), float(mine.mean()), float(np.abs(off).mean()), float(off.mean()), closer)


def _of_most_windows(rows: Sequence[Row]) -> list[Row]:
    """Return the rows of the kind of window of which there are most; sums of months and years do not mix."""
    kinds = [row.told.window.kind for row in rows]
    kind = max(dict.fromkeys(kinds), key=kinds.count)
    return [row for row in rows if row.told.window.kind == kind]


def _leaning(main: Sequence[Row]) -> Iterator[str]:
    rows = _of_most_windows(main)
    score, kind = _score("", rows), rows[0].told.window.kind
    share = score.share(score.lean)
    if share is None:
        return
    apart, sided = most_apart(row.told.span for row in rows), score.above + score.below
    worth = min(apart, sided)
    more, less = (round(n * worth / sided) if sided else 0 for n in (score.above, score.below))
    rare = min(chance_of_more(max(more, less), worth, 0.5), chance_of_fewer(min(more, less), worth, 0.5))
    if abs(share) < 0.005:
        yield f"The middles of {kind}s were right on average."
        return
    way = f"{round(100 * abs(share)) or 1} % too {'high' if share > 0 else 'low'}"
    why = "more than chance explains" if rare <= RARE else "which may be chance"
    yield f"The middles of {kind}s were {way} on average, {why}."


def _compared(main: Sequence[Row]) -> Iterator[str]:
    """Say by how much errors were smaller or larger than those of others, each where it speaks most often."""
    smaller, larger = list[str](), list[str]()
    for name in OTHERS:
        some = [row for row in main if name in row.told.others]
        found = _against(name, _of_most_windows(some)) if some else None
        if found is None or found.skill is None:
            continue
        by = f"the {name} by {round(100 * abs(found.skill))} %"
        (smaller if found.skill > 0 else larger).append(by)
    if smaller:
        yield f"Errors were smaller than those of {_listed(smaller)}."
    if larger:
        yield f"Errors were larger than those of {_listed(larger)}."


def _listed(texts: Sequence[str]) -> str:
    return " and ".join(filter(None, (", ".join(texts[:-1]), texts[-1])))


def fields_of(score: Score) -> Mapping[str, Any]:
    """Return a score as files have it."""
    return {
        "series": score.series,
        "segment": score.segment or "all",
        "period": score.kind,
        "ahead": score.ahead or "all",
        "windows": score.windows,
        "runs": score.runs,
        "hits": {f"{100 * found.level:.0f}": found.to_json() for found in score.hits},
        "came": score.came,
        "bias": score.lean,
        "bias_share": score.share(score.lean),
        "error": score.error,
        "error_share": score.share(score.error),
        "came_above": score.above,
        "came_below": score.below,
        "against": {
            other.name: {
                "windows": other.windows,
                "error": other.error,
                "its_error": other.other,
                "its_bias": other.lean,
                "closer": other.closer,
                "skill": other.skill,
            }
            for other in score.against
        },
    }
