"""What further commands, and a run itself, leave beside a forecast, made up and short."""

from copy import deepcopy

from test_explain_told import PAYLOAD, STATS

from simulator.hit_rates import counted


def stats(middle, half=1e6, noise=2e4):
    """The statistics of an amount, its low and high end half a width from the middle."""
    return {
        "mean": middle, "p10": middle - half, "p50": middle, "p90": middle + half, "sd": half / 1.28,
        "error": {"mean": noise, "p10": noise, "p50": noise, "p90": noise}, "already": 0.0,
    }  # fmt: skip


def _step(step, middle, chance, *items):
    return {"step": step, "mean": middle, "middle": middle, "chance": chance, "items": list(items)}


def _moved(low, high, points):
    ends = zip((low, high), points, strict=True)
    return [
        {"touched": True, "mean": p50, "p50": p50, "error": {"p50": 1e4}, "chance": {"chance": chance}}
        for p50, chance in ends
    ]


BRIDGE = {
    "schema_version": 1, "scenario": "baseline", "currency": "EUR", "seed": 1, "trials": 4000,
    "from": {"run": "2026-09-30", "as_of": "2026-09-30"}, "to": {"run": "2026-10-31", "as_of": "2026-10-31"},
    "series": "bookings", "segment": "all", "start": "2026-01-01", "end": "2026-12-31", "name": "FY2026",
    "target": {"name": "planned bookings of FY2026", "amount": 5.5e6, "before": 5.5e6},
    "before": {"mean": 5.4e6, "middle": 5.4e6, "chance": 0.41, "chance_error": 0.01},
    "after": {"mean": 5.0e6, "middle": 5.0e6, "chance": 0.27, "chance_error": 0.01},
    "change": {"mean": -4e5, "middle": -4e5, "chance": -0.14},
    "steps": [
        _step("close dates", -3e5, -0.1, {
            "deal": "D17", "name": "Acme", "what": "moved", "before": "2026-11-30", "after": "2027-02-28",
            "mean": -3e5, "middle": -3e5, "chance": -0.1}),
        _step("time passed", -1e5, -0.04),
        _step("renewals", 0.0, 0.0),
    ],
    "notes": [], "sentence": "",
}  # fmt: skip

EXPLAIN = deepcopy(PAYLOAD) | {
    "schema_version": 1, "scenario": "baseline", "seed": 1, "trials": 4000, "currency": "EUR",
    "aim": PAYLOAD["aim"] | {"period": "FY2027"}, "self_check": {"passed": True}, "amount": STATS,
    "uncertainty": {"trials": 4000, "parts": [
        {"group": "outcome", "share": 0.61, "error": 0.012},
        {"group": "market", "share": 0.39, "error": 0.01},
    ]},
    "one_at_a_time": {"trials": 1200, "assumptions": [
        {"name": name, "learned": [], "factors": {"smb": [0.8, 1.25]}, "low": low, "high": high}
        for name, (low, high) in (("odds", _moved(-3.2e5, 2.9e5, (-0.1, 0.12))),
                                  ("stage times", _moved(2e5, -2.1e5, (0.08, -0.07))),
                                  ("rates", _moved(0.0, 0.0, (0.0, 0.0))))
    ]},
    "concentration": {
        "average": 5.0e6, "half": 1, "open_deals": {"count": 2, "likely": 2, "mean": 1.2e6},
        "deals": [{"id": "D17", "name": "Acme", "customer": "Acme", "mean": 3e5, "share": 0.06,
                   "uncertainty": 0.31,
                   "if_lost": {"p50": 4.6e6, "change": -4e5, "error": 1e4, "chance": 0.21}}],
        "customers": [], "segments": [{"name": "smb", "mean": 5e6, "share": 1.0, "uncertainty": 1.0}],
    },
}  # fmt: skip


def _lever(name, status, then, now, **more):
    return {
        "lever": name, "status": status, "unit": "new deals a month", "set": [], "starts": [],
        "now": {"value": 1.0, "figure": now, "segments": {"smb": now}},
        "answer": None if then is None else {"value": 1.5, "figure": then, "segments": {"smb": then}},
        "low": {"figure": 60.0}, "high": {"figure": 70.0}, "limit": {"value": 4.0, "figure": 4 * now},
        "curve": [{"value": 1.0, "figure": now, "chance": 0.27, "low": 0.26, "high": 0.28},
                  {"value": 4.0, "figure": 4 * now, "chance": 0.55, "low": 0.54, "high": 0.56}],
        "best": {"figure": 4 * now, "chance": 0.55, "low": 0.54, "high": 0.56},
    } | more  # fmt: skip


GOAL = {
    "schema_version": 1, "scenario": "baseline", "as_of": "2026-10-31", "currency": "EUR", "trials": 2000,
    "aim": {"name": "plan-2027", "series": "bookings", "segment": "all", "from": "2027-01-01",
            "until": "2027-12-31", "amount": 6e6, "floor": False},
    "now": {"chance": 0.27, "low": 0.25, "high": 0.29}, "self_check": {"passed": True},
    "goal": {"chance": 0.8, "levers": [
        _lever("conversion", "reached", 67.0, 39.0, latest_start="2027-02-01", starts=[{}]),
        _lever("pipeline", "out of reach", None, 20.0),
        _lever("deposit", "no effect", None, 0.0),
    ]},
    "danger": {"below": 0.1, "shocks": [_lever("market", "reached", 20.0, 39.0)]},
}  # fmt: skip


def _variant(name, kind, middle, **more):
    amounts = {series: stats(middle) for series in ("bookings", "receipts")}
    fiscal = {"name": "FY2027", "start": "2027-01-01", "end": "2027-12-31", **amounts}
    target = {"name": "plan-2027", "series": "bookings", "segment": "all", "from": "2027-01-01",
              "until": "2027-12-31", "amount": 6e6, "chance": 0.4, "low": 0.39, "high": 0.41}  # fmt: skip
    return {
        "name": name, "kind": kind, "differs": [], "offers": [], "self_check": {"passed": True},
        "totals": amounts, "fiscal": [fiscal], "targets": [target],
        "periods": [{"start": "2026-11-01", "end": "2027-12-31"}],
    } | more  # fmt: skip


def _other(name, middle, more, **rest):
    change = {"mean": middle - 6e6, "less": 1 - more, "more": more, "error": {"mean": 1e4, "p10": 1e4},
              "separate_error": {"mean": 5e4, "p10": 5e4}}  # fmt: skip
    both = {"bookings": change, "receipts": change}
    apart = {"totals": both, "fiscal": [both], "cumulative": [{"end": "2027-12-31", **both}],
             "targets": [{"chance": -0.1, "error": 0.01}]}  # fmt: skip
    return _variant(name, "case", middle, difference=apart, **rest)


COMPARE = {
    "schema_version": 1, "scenario": "baseline", "as_of": "2026-10-31", "currency": "EUR", "trials": 4000,
    "headline_period": "FY2027", "notes": [], "base": _variant("baseline", "scenario", 6e6),
    "others": [
        _other("downturn", 5e6, 0.02, differs=[
            {"what": "segments.smb.levers.odds", "base": "1", "other": "0.8", "source": "--set"}]),
        _other("hiring", 6.5e6, 0.9),
    ],
}  # fmt: skip


def _stage(name, reached, rate, other, worth):
    difference = None if other is None else rate - other
    return {
        "stage": name, "next": "won", "reached": reached, "lost": 1 - rate, "back": 0.0, "days": 20.0,
        "conversion": {"mean": rate, "p10": rate - 0.05, "p90": rate + 0.05},
        "open": {"deals": 4, "value": 1e5}, "stalled": {"deals": 1, "value": 1e4}, "reasons": [],
        "elsewhere": None if other is None else {
            "conversion": {"mean": other}, "difference": difference, "real": 0.93,
            "counterparts": [{"segment": "large", "by": "name"}]},
        "worth": None if other is None else {"amount": worth},
        "worth_to_end": None if other is None else {"amount": 3 * worth},
    }  # fmt: skip


def _segment(name, *stages, rate=0.3):
    return {
        "name": name, "figures": {"from": "set", "worth": 20.0}, "open": {"deals": 8, "value": 2e5},
        "new_per_month": 5.0, "win_rate": {"mean": rate, "p10": 0.25, "p90": 0.35}, "cycle_days": 60,
        "velocity_a_day": 1000.0, "cash_lag_days": 40.0, "amount": stats(2.5e6), "share": 0.5,
        "share_of_uncertainty": {"share": 0.5}, "walk": [], "stages": list(stages),
        "reasons": [{"reason": "price", "deals": 7}],
    }  # fmt: skip


SEGMENTS = {
    "schema_version": 1, "scenario": "baseline", "as_of": "2026-10-31", "currency": "EUR", "trials": 4000,
    "about": "", "series": "bookings", "start": "2026-01-01", "end": "2026-12-31", "no_segment": None,
    "segments": [
        _segment("small", _stage("Proposed", 1.0, 0.5, 0.62, 84e3), _stage("Contract", 0.5, 0.6, 0.6, 0.0)),
        _segment("large", _stage("Proposed", 1.0, 0.62, 0.5, -70e3), rate=0.62),
    ],
    "company": {"open": {"deals": 16, "value": 4e5}, "amount": stats(5e6), "share": 1.0,
                "share_of_uncertainty": {"share": 1.0}, "walk": []},
    "leaks": [], "targets": [], "notes": [], "self_check": {"passed": True},
}  # fmt: skip


def window(month, came, as_of, middle=300_000.0, half=60_000.0):
    """A forecast of the bookings of a month of 2026, and what came."""
    ranges = {
        level: [middle - w * half, middle + w * half] for level, w in (("50", 0.5), ("80", 1), ("95", 1.5))
    }
    return {
        "series": "bookings", "segment": "all", "period": "month", "name": f"2026-{month:02}",
        "start": f"2026-{month:02}-01", "end": f"2026-{month:02}-28", "ahead": "up to 1 month",
        "as_of": as_of, "folder": as_of, "made": as_of, "days_ahead": 30, "already": 0.0, "middle": middle,
        "ranges": ranges, "others": {}, "came": came,
        "held": {level: low <= came <= high for level, (low, high) in ranges.items()},
    }  # fmt: skip


def track_of(held, of):
    """What a run keeps of its past, where 80 % ranges held so often."""
    levels = {f"{100 * level:.0f}": counted(level, held, of, of).to_json() for level in (0.5, 0.8, 0.95)}
    measure = {
        "series": "bookings", "segment": "all", "period": "month", "ahead": "all", "windows": of, "runs": of,
        "hits": levels, "came": 3e5, "bias": 1e4, "bias_share": 0.03, "error": 4e4, "error_share": 0.13,
        "came_above": 1, "came_below": of - 1, "against": {},
    }  # fmt: skip
    return {
        "schema_version": 1, "scenario": "baseline", "currency": "EUR", "until": "2026-10-31",
        "came_from": "what was known on 31 Oct 2026", "runs": [],
        "verdict": [f"Past 80 % ranges of bookings held {held} of {of} times.", "More is told here."],
        "track_record": {"what": "bookings", **levels["80"], "hits": levels}, "measures": [measure],
        "windows": [window(8, 310_000.0, "2026-07-31"), window(9, 900_000.0, "2026-07-31"),
                    window(9, 900_000.0, "2026-08-31", half=50_000.0), window(9, 900_000.0, "2026-09-15")],
        "notes": ["some were made in hindsight"],
    }  # fmt: skip


TRACK = track_of(14, 18)
ANSWERS = {
    "bridge": BRIDGE, "explain": EXPLAIN, "goal": GOAL, "compare": COMPARE, "segments": SEGMENTS,
    "track": TRACK,
}  # fmt: skip
