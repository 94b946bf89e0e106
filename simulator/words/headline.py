"""Say what a forecast says in a few sentences."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from simulator.words.amounts import Scale, scale_of
from simulator.words.chances import likelihood
from simulator.words.periods import headline_period, loose_targets
from simulator.words.text import day, plain


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
