"""Say what a forecast says in a few sentences."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from simulator.words.amounts import Scale, happened_text, scale_of
from simulator.words.chances import has_interval, likelihood
from simulator.words.money import balance, commits, in_few_trials, landing
from simulator.words.periods import headline_period, loose_targets, of_headline
from simulator.words.text import day, plain


def headline(payload: Mapping[str, Any], unit: bool = True) -> list[str]:
    """Return what a forecast says, one paragraph a series, made from forecast.json alone.

    Args:
        payload: forecast.json; its own `headline` is not read.
        unit: name the currency in each paragraph; off where the reader has just been told.
    """
    return [text for texts in paragraphs(payload, unit).values() for text in texts]


def paragraphs(payload: Mapping[str, Any], unit: bool = True) -> dict[str, list[str]]:
    """Return the same by what each is about: first what is left out, then each series, then targets."""
    scale, period = scale_of(payload), headline_period(payload)
    last = f" {scale.name}" if unit else ""
    trials = int(payload.get("trials") or 0)
    only = "Open deals only: deals yet to come are not in these numbers."
    bookings = _bookings(period, scale, last, trials)
    rest = [*_plan(period, "bookings", scale), *_won(period, scale), *commits(payload, scale)]
    found = {
        "only": [only] if payload.get("open_deals_only") else [],
        "bookings": [" ".join([bookings, *rest])],
    }
    found |= {"revenue": [], "receipts": []}
    if revenue := period.get("revenue"):
        text = landing(f"Revenue {of_headline(period)}", revenue, scale, last, trials)
        found["revenue"] = [" ".join([text, *_plan(period, "revenue", scale)])]
    if receipts := period.get("receipts"):
        text = _receipts(period, _shifted(receipts), scale, last, trials)
        found["receipts"] = [" ".join([text, *_plan(period, "receipts", scale)])]
    found["balance"] = list(balance(payload, scale, last, trials))
    found["targets"] = [_target(target, scale) for target in loose_targets(payload)[:3]]
    return found


def claim(payload: Mapping[str, Any]) -> str:
    """Return the headline's first words: where bookings will land, and how likely the plan is."""
    scale, period = scale_of(payload), headline_period(payload)
    bookings = _bookings(period, scale, f" {scale.name}", int(payload.get("trials") or 0), middle=False)
    return " ".join([bookings, *_plan(period, "bookings", scale)])


def _bookings(period: Mapping[str, Any], scale: Scale, last: str, trials: int, middle: bool = True) -> str:
    stats = period.get("bookings") or {}
    what = f"Bookings {of_headline(period)}"
    low, most, high = (float(stats.get(q, 0.0)) for q in ("p10", "p50", "p90"))
    fit = scale.fitting(stats)
    if stats.get("certain"):
        end = "; all of it is already won" if _all_won(stats, fit) else ": nothing of it is left open"
        return f"{what} will be {fit.said(most)}{last}{end}." if most else f"{what} will be nothing."
    if has_interval(stats) and low == high == 0:
        mean = float(stats.get("mean", 0.0))
        rest = f"; the average is {scale.exact(mean, 1)}{last}" if mean else ""
        return f"{what} will most likely be nothing (at least 8 chances in 10){rest}."
    return landing(what, stats, scale, last, trials, " (8 chances in 10)", middle)


def _receipts(
    period: Mapping[str, Any], stats: Mapping[str, Any], scale: Scale, last: str, trials: int
) -> str:
    what, fit = f"Receipts until {day(period['end'])}", scale.fitting(stats)
    low, high = float(stats.get("p10", 0.0)), float(stats.get("p90", 0.0))
    if not stats.get("certain") and not has_interval(stats):
        return in_few_trials(what, trials, fit, low, high, last)
    often = "" if stats.get("certain") else "most likely "
    if low == high == 0:
        return f"{what} will {often}be nothing."
    if fit.number(low) == fit.number(high):
        about = "about " if often else ""
        return f"{what} will {often}be {about}{fit.said(high)}{last}."
    return f"{what} will most likely be {fit.said(low)} to {fit.said(high)}{last}."


def _plan(period: Mapping[str, Any], series: str, scale: Scale) -> Iterator[str]:
    if not (plan := (period.get("plan") or {}).get(series)):
        return
    already = float((period.get(series) or {}).get("already") or 0.0)
    amount = f"The plan of {scale.exact(plan['amount'])}"
    if series == "receipts" and 0 < already < plan["amount"]:
        # The sentence before is about what is still to come, the plan is about the whole year.
        had = happened_text(period[series], scale)
        amount += f" for {plain(period['name'], 20)}, {had} of it received so far,"
    if already >= plan["amount"]:
        yield f"{amount} has been reached."
    else:
        yield f"{amount} is {likelihood(plan)}."


def _won(period: Mapping[str, Any], scale: Scale) -> Iterator[str]:
    stats = period.get("bookings") or {}
    if stats.get("already") and not _all_won(stats, scale.fitting(stats)):
        yield f"{happened_text(stats, scale)} are already won."


def _all_won(stats: Mapping[str, Any], fit: Scale) -> bool:
    already = float(stats.get("already") or 0.0)
    return bool(stats.get("certain")) and fit.number(already) == fit.number(float(stats.get("p50", 0.0)))


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
