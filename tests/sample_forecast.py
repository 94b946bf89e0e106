"""A forecast.json made up by a toy simulation: consistent in itself, and as odd as a test likes."""

import copy
from datetime import date, timedelta

import numpy as np

from simulator import words
from simulator.fiscal import MonthCalendar
from simulator.periods import add_months, horizon

LEVELS = {
    "p2.5": 2.5,
    "p5": 5,
    "p10": 10,
    "p25": 25,
    "p50": 50,
    "p75": 75,
    "p90": 90,
    "p95": 95,
    "p97.5": 97.5,
}
CURVE = np.arange(0.5, 100, 0.5)


def sample_forecast(
    as_of=date(2026, 10, 31), months=14, size=300_000.0, segments=("smb", "enterprise", "public"), deals=24,
    plan=1.08, already=2_900_000.0, currency="EUR", trials=4000, seed=1, fiscal_start=1, warnings=2,
    name="baseline", quarters=True, passed=True, spread=0.45, open_only=False, by=None, **overrides,
):  # fmt: skip
    """Return a forecast of monthly gamma bookings per segment, collected two months later."""
    rng = np.random.default_rng(seed)
    last = add_months((as_of + timedelta(days=1)).replace(day=1), months) - timedelta(days=1)
    span = horizon(as_of, last, MonthCalendar(fiscal_start))
    count, kinds = len(span.periods), max(len(segments), 1)
    luck = np.exp(spread * 0.4 * rng.standard_normal((trials, 1, 1)) - (spread * 0.4) ** 2 / 2)
    shape = 1 / max(spread, 1e-9) ** 2
    bookings = luck * size * rng.gamma(shape, 1 / shape, (trials, count, kinds)) * np.arange(1, kinds + 1)
    bookings = np.round(bookings * (rng.random(bookings.shape) < 0.9), 2)
    receipts = np.zeros_like(bookings)
    receipts[:, 2:] = bookings[:, :-2]
    receipts[:, :3] += size * 0.3
    series = {"bookings": bookings, "receipts": receipts}
    cells = [(p.start, p.end) for p in span.periods]
    fiscal = [_fiscal(p, series, cells, as_of, last, already, plan, trials)
              for p in (*(span.fiscal_quarters if quarters else ()), *span.fiscal_years)]  # fmt: skip
    head = next((f for f in fiscal if f["name"].startswith("FY") and f["complete"]), None)
    weighted = 1.3 * float(bookings.sum(axis=(1, 2)).mean())
    payload = {
        "schema_version": 1, "scenario": name, "as_of": as_of.isoformat(), "seed": seed, "trials": trials,
        "currency": currency, "headline": [], "open_deals_only": open_only,
        "headline_period": head["name"] if head else None,
        "self_check": {"largest_z": 2.1, "cells": 312, "passed": passed},
        "weighted_pipeline": weighted, "slippage": {"mean_months": 1.2},
        "walk": _walk(head, weighted, already) if head else [],
        "totals": {k: stats(v.sum(axis=(1, 2))) for k, v in series.items()},
        "sources": {"actual": {"bookings": stats(np.full(trials, already))},
                    "open": {k: stats(0.6 * v.sum(axis=(1, 2))) for k, v in series.items()},
                    "new": {k: stats(0.4 * v.sum(axis=(1, 2))) for k, v in series.items()}},
        "segments": {s: {"totals": {k: stats(v[:, :, i].sum(axis=1)) for k, v in series.items()},
                         "periods": []} for i, s in enumerate(segments)},
        "products": {},
        "periods": [{"start": a.isoformat(), "end": b.isoformat(), "plan": {},
                     **{k: stats(v[:, i].sum(axis=1)) for k, v in series.items()}}
                    for i, (a, b) in enumerate(cells)],
        "fiscal": fiscal,
        "cumulative": [{"end": b.isoformat(), **{k: stats(v[:, : i + 1].sum(axis=(1, 2)))
                                                 for k, v in series.items()}}
                       for i, (_, b) in enumerate(cells)],
        "targets": [_target(f) for f in fiscal if f["plan"]],
        "market_sensitivity": [
            {"market": m, "period": head["name"] if head else None,
             "totals": {"bookings": stats(k * (t := bookings.sum(axis=(1, 2)) + already)
                                          + (1 - k) * t.mean())}}
            for m, k in (("independent", 0.6), ("as assumed", 1.0), ("strong", 1.3))
        ],
        "funnel": [{"segment": s, "stages": [
            {"stage": f"{n} {t}", "count": int(20 / n * (i + 1)), "value": size * 8 / n,
             "weighted": size * (0.2 + 0.1 * n), "mean_age": 12.0 * n if n < 6 else None}
            for n, t in enumerate(("Need established", "Ability to pay", "Solution developed",
                                   "Solution proposed", "Negotiation", "Contract"), 1)]}
            for i, s in enumerate(segments)],
        "deals": [{"id": f"D{i:03d}", "segment": segments[i % kinds] if segments else "",
                   "chance": round(float(rng.random()), 4), "mean": round(size * float(rng.random()), 2),
                   "close": {"p10": "2026-12-01", "p50": "2027-01-10", "p90": None}} for i in range(deals)],
        "warnings": [{"code": f"W{i:03d}", "amount": size * 3 / (i + 1) if i != 1 else None,
                      "text": "12 open deals are past their close date: 4 % of the middle rests on them"}
                     for i in range(warnings)],
    }  # fmt: skip
    if by:
        payload["groups"] = {"by": by, "rows": [
            {"group": g, **{k: stats(0.5 * v.sum(axis=(1, 2))) for k, v in series.items()}}
            for g in ("Ann", "Bo", "")]}  # fmt: skip
    payload |= overrides
    payload["headline"] = words.headline(payload)
    return payload


def with_money(payload, opening=900_000.0, floor=250_000.0, share=0.8, from_start=True):
    """Return the forecast with revenue, the balance in the bank, a plan by month, and parts of each period.

    Args:
        payload: of `sample_forecast`, with months as periods.
        opening: in the bank at the as-of day.
        floor: of the balance, or None.
        share: of the receipts, which is paid out on average.
        from_start: the plan begins with the fiscal year, and tells what came in its months; else after the
            as-of day.
    """
    payload = copy.deepcopy(payload)
    year = next((f for f in payload["fiscal"] if f["name"].startswith("FY")), {"bookings": {}})
    known = year["bookings"].get("already") or 0.0
    for entry in (*payload["periods"], *payload["cumulative"], *payload["fiscal"], payload["totals"]):
        booked = entry.get("bookings", entry)
        entry["revenue"] = scaled(booked, 0.9)
    for entry in payload["cumulative"]:
        for name, part in (("bookings", 1), ("revenue", 0.9)):
            entry[name] = scaled(entry[name], 1, known * part) | {"already": known * part}
    level = opening
    for period, entry in zip(payload["periods"], payload["cumulative"], strict=True):
        level -= share * period["receipts"]["mean"]
        period["balance"] = scaled(entry["receipts"], 1, level)
        period["parts"] = {s: {"open": 0.6 * period[s]["mean"], "new": 0.4 * period[s]["mean"]}
                           for s in ("bookings", "receipts", "revenue")}  # fmt: skip
    month = f"{date.fromisoformat(payload['periods'][0]['end']):%Y-%m}"
    payload["balance"] = {"opening": opening, "outflows": 1e6, "floor": floor, "trough_month": month,
                          "trough": {"p10": 0.0, "p50": 1.0, "p90": 2.0},
                          "chance_below_floor": None if floor is None else 0.17,
                          "first_month_below": None if floor is None else month}  # fmt: skip
    payload["plan"] = [row for series, part in (("bookings", 1), ("revenue", 0.9))
                       for row in _plan_rows(payload, series, known * part, from_start)]  # fmt: skip
    return payload


def scaled(found, factor, more=0.0):
    """Return statistics of the amounts times a factor and something more."""
    same = ("error", "curve", "sd", "already", "certain", "lumpy")
    return {k: v if k in same else v * factor + more for k, v in found.items()}


def _plan_rows(payload, series, known, from_start):
    as_of = date.fromisoformat(payload["as_of"])
    rows, first = [], date(as_of.year, 1, 1)
    while from_start and first <= as_of:
        last = add_months(first, 1) - timedelta(days=1)
        rows.append(("month", first, last, known / as_of.month, None))
        first = last + timedelta(days=1)
    rows += [("month", date.fromisoformat(p["start"]), date.fromisoformat(p["end"]), 0.0, p[series])
             for p in payload["periods"]]  # fmt: skip
    rows += [("year", date(as_of.year, 1, 1), date(as_of.year, 12, 31), known, payload["periods"][0][series])]
    return [
        {
            "period": kind,
            "name": f"FY{a.year}" if kind == "year" else f"{a:%Y-%m}",
            "series": series,
            "segment": "all",
            "start": a.isoformat(),
            "end": b.isoformat(),
            "actual": actual,
            "plan": 12e5 if kind == "year" else 1e5,
            "difference": 0.0,
            "chance": 0.5,
            "low": 0.4,
            "high": 0.6,
            **{q: found and found[q] for q in ("p10", "p50", "p90")},
        }
        for kind, a, b, actual, found in rows
    ]


def stats(values):
    """Return the statistics of one amount a trial."""
    low = np.percentile(values, 10)
    half = 1.96 * float(values.std()) / max(len(values), 1) ** 0.5
    few, certain = len(values) < 36, len(values) >= 36 and not np.ptp(values)
    error = {"mean": half if half or certain else None, "p10": 1.7 * half, "p50": 1.25 * half,
             "p90": 1.7 * half} | ({"p10": None, "p90": None} if few else {})  # fmt: skip
    return ({"certain": True} if certain else {}) | {
        "mean": float(values.mean()), "sd": float(values.std()),
        **{k: float(np.percentile(values, q)) for k, q in LEVELS.items()},
        "curve": [float(v) for v in np.percentile(values, CURVE)],
        "error": error,
        "worst_tenth": float(values[values <= low].mean()) if len(values) else 0.0, "already": 0.0,
    }  # fmt: skip


def _fiscal(period, series, cells, as_of, last, already, plan, trials):
    inside = [i for i, (a, b) in enumerate(cells) if a >= period.start and b <= period.end]
    entry = {"name": period.name, "start": period.start.isoformat(), "end": period.end.isoformat(),
             "complete": period.end <= last, "plan": {}}  # fmt: skip
    whole = period.name.startswith("FY")
    won = (already if whole else already * 0.3) if period.start <= as_of else 0.0
    for name, values in series.items():
        base = won if name == "bookings" else 0.0
        amounts = values[:, inside].sum(axis=(1, 2)) + base
        entry[name] = stats(amounts) | {"already": base}
        if name == "bookings" and plan and entry["complete"]:
            amount = round(plan * float(amounts.mean()), -5) or round(plan * float(amounts.mean()), 2)
            chance = float((amounts >= amount).mean())
            half = 1.96 * (chance * (1 - chance) / trials) ** 0.5 + 2 / trials
            entry["plan"] = {"bookings": {
                "amount": amount, "chance": chance, "low": max(chance - half, 0),
                "high": min(chance + half, 1), "name": f"plan-{period.name}"}}  # fmt: skip
    return entry


def _walk(head, weighted, already):
    total = head["bookings"]["mean"]
    steps = {"already won": head["bookings"]["already"], "CRM's weighted pipeline": weighted,
             "closes after the period": -0.3 * weighted, "percentages corrected": -0.1 * weighted,
             "price": -0.02 * weighted, "lost deals that come back": 0.0}  # fmt: skip
    steps["deals yet to come"] = total - sum(steps.values())
    return [{"step": k, "amount": v} for k, v in (steps | {"our average": total}).items()]


def _target(entry):
    plan = entry["plan"]["bookings"]
    return plan | {"series": "bookings", "from": entry["start"], "until": entry["end"], "segment": "all",
                   "already": entry["bookings"]["already"]}  # fmt: skip
