"""Find the open deals of which something is doubtful, or not told, and say what the forecast does then."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from simulator.deals import Pipeline
from simulator.loading.notes import Notes, counted
from simulator.money import minor_digits
from simulator.scenario.quality import Doubtful
from simulator.scenario.segment import Segment
from simulator.words import day, scale_for

STALE: Final = 0.001
"""A deal is stale where fewer than this share of all stays last as long."""
HEAP: Final = 0.35
"""Share of stated dates on a month's last days from which they look like placeholders; about .1 by chance."""
ROUND: Final = 0.5
"""Share of amounts of two digits and zeros from which they look like estimates; about .01 by chance."""
ALIKE: Final = 0.2
"""Share of deals of one amount, or of one day, from which these look like no deals' own."""
HEAP_DEALS: Final = 10
"""Of fewer deals nobody can tell."""
Mask = NDArray[np.bool_]
Kind = tuple[str, Mask, str, str]


def doubtful_deals(
    pipeline: Pipeline, entered: Mapping[str, int], segments: Sequence[Segment], notes: Notes
) -> tuple[Doubtful, ...]:
    """Return the kinds of doubtful deals that there are; nothing is changed.

    Args:
        pipeline: the open deals.
        entered: calendar day of entering the stage, from as-of, by the deal's id, where it is known.
        segments: theirs.
        notes: knows the as-of day and the rates of that day.
    """
    worth = notes.rates.worth(pipeline.amount, pipeline.currency)
    kinds = (
        *_of_ages(pipeline, entered, segments, notes.as_of),
        *_of_dates(pipeline, segments, notes.as_of),
        *_of_amounts(pipeline, segments),
    )
    return tuple(
        Doubtful(name, int(mask.sum()), int(worth[mask].sum()), text, then)
        for name, mask, text, then in kinds
        if mask.any()
    )


def _of_ages(
    pipeline: Pipeline, entered: Mapping[str, int], segments: Sequence[Segment], as_of: date
) -> Iterator[Kind]:
    limits = [
        [max(float(law.isf(STALE)) for law in row if law is not None) for row in segment.funnel.stays]
        for segment in segments
    ]
    at = zip(pipeline.segment, pipeline.stage, strict=True)
    limit = np.array([limits[segment][stage] for segment, stage in at], dtype=np.float64)
    stale = np.greater(pipeline.age, limit)
    verb = "stands" if stale.sum() == 1 else "stand"
    yield (
        "stale", stale, f"{_deals(stale)} {verb} longer in one stage than 999 of 1,000 ever do",
        f"{_stay(stale)} in the forecast, with the chance and the days that are left to so old a deal.",
    )  # fmt: skip
    unknown = np.isnan(pipeline.age)
    verb = "does" if unknown.sum() == 1 else "do"
    yield (
        "no_entered_stage", unknown, f"{_deals(unknown)} {verb} not tell the day of entering the stage",
        "How long ago that was is drawn anew in each future, as long as deals usually stand there.",
    )  # fmt: skip
    # By the file's own days: the clock, which rests on weekends, would tell a Saturday as its Friday.
    days = np.array([entered.get(deal, 0) for deal in pipeline.id], dtype=np.int64)
    together = _most_common(days, ~unknown)
    if together.any():
        when = day(date.fromordinal(as_of.toordinal() + int(days[together][0])))
        yield (
            "entered_together", together, f"{_deals(together)} entered their stage on {when}: an import?",
            "Their days in the stage count from then; deals that are older have other days and chances left.",
        )  # fmt: skip


def _of_dates(pipeline: Pipeline, segments: Sequence[Segment], as_of: date) -> Iterator[Kind]:
    overdue, ahead = pipeline.stated_day <= 0, pipeline.stated_day > 0
    noun = "stated close date has" if overdue.sum() == 1 else "stated close dates have"
    rules = [segments[i].close_date for i in _segments(pipeline, overdue)]
    moved = any(rule.rule == "blend" and rule.overdue != 1 for rule in rules)
    also = ", moved by what such dates are set or learned to mean" if moved else ""
    yield "overdue", overdue, f"{overdue.sum():,} {noun} passed", f"{_by_funnel(overdue)}{also}."
    heaped = np.zeros(len(pipeline), dtype=np.bool_)
    days = np.datetime64(as_of, "D") + pipeline.stated_day[ahead].astype(np.int64)
    month_end = (days.astype("datetime64[M]") + 1).astype("datetime64[D]") - 1
    heaped[ahead] = (days == month_end) | (days == np.busday_offset(month_end, 0, roll="preceding"))
    share = heaped.sum() / max(int(ahead.sum()), 1)
    if ahead.sum() >= HEAP_DEALS and share > HEAP:
        text = f"{share * 100:.0f} % of the stated close dates are month ends: placeholders, it seems"
        rules = [segments[i].close_date for i in _segments(pipeline, heaped)]
        then = next(told for rule, told in _WEIGHED.items() if any(r.rule == rule for r in rules))
        yield "month_ends", heaped, text, then
    none = np.isnan(pipeline.stated_day)
    verb = "has" if none.sum() == 1 else "have"
    yield "no_close_date", none, f"{_deals(none)} {verb} no stated close date", f"{_by_funnel(none)}."


def _of_amounts(pipeline: Pipeline, segments: Sequence[Segment]) -> Iterator[Kind]:
    nothing = pipeline.amount == 0
    verb = "has" if nothing.sum() == 1 else "have"
    add = "It adds" if nothing.sum() == 1 else "They add"
    yield "no_amount", nothing, f"{_deals(nothing)} {verb} an amount of 0", f"{add} nothing to any sum."
    rounded = _round(pipeline)
    changes = any(segments[i].amount_change.unchanged < 1 for i in _segments(pipeline, rounded))
    also = ", and change until signature as all others may" if changes else ""
    taken = f"They are taken as written{also}."
    if rounded.sum() >= HEAP_DEALS and rounded.mean() > ROUND:
        text = f"{rounded.mean() * 100:.0f} % of the amounts are two digits and zeros: estimates, it seems"
        yield "round_amounts", rounded, text, taken
    codes = np.unique(np.array(pipeline.currency, dtype=np.str_), return_inverse=True)[1]
    pairs = np.unique(np.stack((pipeline.amount, codes)), axis=1, return_inverse=True)[1].reshape(-1)
    alike = _most_common(pairs, ~nothing)
    if alike.any():
        first = pipeline[int(alike.argmax())]
        value = first.amount / 10 ** minor_digits(first.currency)
        scale = scale_for(value, first.currency)
        same = f"{scale.exact(value)} {scale.name}"
        yield "same_amount", alike, f"{_deals(alike)} have the same amount, {same}: a placeholder?", taken


_WEIGHED: Final = {
    "blend": "They are weighed as evidence beside the funnel, like all stated dates.",
    "stated": "They are taken at their word, but for the slip that all stated dates have.",
    "stages": "No stated date is used: the funnel alone says when deals close.",
}
"""What is made of stated dates, by rule; where segments differ, the first of these is told."""


def _round(pipeline: Pipeline) -> Mask:
    """Tell which amounts are two digits and zeros, of a thousand and more."""
    units = np.array([10 ** minor_digits(code) for code in pipeline.currency], dtype=np.int64)
    whole, cents = np.divmod(pipeline.amount, np.maximum(units, 1))
    tenth = 10 ** np.maximum(np.floor(np.log10(np.maximum(whole, 1))).astype(np.int64) - 1, 0)
    return np.asarray((cents == 0) & (whole >= 1000) & (whole % tenth == 0))


def _most_common(values: NDArray[Any], among: Mask) -> Mask:
    """Tell which deals share the most common value, none where it is not so common."""
    found, counts = np.unique(values[among], return_counts=True)
    if not len(found) or counts.max() < HEAP_DEALS or counts.max() <= ALIKE * len(values):
        return np.zeros(len(values), dtype=np.bool_)
    return np.asarray(among & (values == found[counts.argmax()]))


def _segments(pipeline: Pipeline, mask: Mask) -> list[int]:
    return [int(index) for index in np.unique(pipeline.segment[mask])]


def _stay(mask: Mask) -> str:
    return "It stays" if mask.sum() == 1 else "They stay"


def _by_funnel(mask: Mask) -> str:
    return f"The funnel alone says when {'it closes' if mask.sum() == 1 else 'they close'}"


def _deals(mask: Mask) -> str:
    return counted(int(mask.sum()), "deal")
