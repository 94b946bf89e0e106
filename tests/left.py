"""What a run leaves in its folder, made up: for tests of whoever reads it."""

import copy
import csv
import io
import json
from functools import cache

from sample_forecast import sample_forecast

from simulator.report.results import Results, results_of

COLUMNS = (
    *("id", "name", "customer", "segment", "stage", "amount", "chance", "in_horizon", "mean", "slip_months"),
    *("close_early", "close_middle", "close_late"),
)
QUALITY = {
    "schema_version": 1, "scenario": "baseline", "as_of": "2026-10-31", "currency": "EUR",
    "tables": [{
        "table": "deals", "file": "export.csv", "read": {"rows": 26, "without_amount": 0, "amount": 2.6e6},
        "used": [{"as": "open", "what": "open: forecast", "rows": 24, "without_amount": 0, "amount": 2.4e6}],
        "repaired": [{"rule": "W003", "what": "closed after 31 Oct 2026", "then": "counted as open",
                      "rows": 3, "without_amount": 0, "amount": 3e5}],
        "left_out": [{"rule": "W001", "what": "created after 31 Oct 2026", "then": "left out",
                      "rows": 2, "without_amount": 0, "amount": 2e5}],
    }],
    "open_deals": {"deals": 24, "amount": 2.4e6, "doubtful": [
        {"kind": "overdue", "deals": 5, "amount": 5e5, "what": "5 stated close dates have passed",
         "then": "The funnel alone says when they close."}]},
}  # fmt: skip
ASSUMPTIONS = {
    "schema_version": 1, "scenario": "baseline", "description": "", "as_of": "2026-10-31",
    "until": "2027-12-31", "assumptions": [
        {"path": "market.phi", "value": "0.5", "source": "default", "origin": "default"},
        {"path": "segments.smb.close_date.slip", "value": "1.25", "source": "sales", "origin": "set"},
        {"path": "segments.smb.stages.Contract.days.p90", "value": "50", "source": "log",
         "origin": "learned"},
    ],
}  # fmt: skip

BRIDGE = {
    "schema_version": 1, "scenario": "baseline", "from": {"as_of": "2026-09-30"},
    "to": {"as_of": "2026-10-31"}, "notes": [], "sentence": "", "currency": "EUR",
    "series": "bookings", "segment": "all",
    "name": "FY2026", "start": "2026-01-01", "end": "2026-12-31", "target": None,
    "before": {"mean": 5e6, "middle": 5e6, "chance": 0.4, "chance_error": 0.01},
    "after": {"mean": 4.7e6, "middle": 4.7e6, "chance": 0.27, "chance_error": 0.01},
    "change": {"mean": -3e5, "middle": -3e5, "chance": -0.13},
    "steps": [{"step": "time passed", "mean": -3e5, "middle": -3e5, "chance": -0.13, "items": []}],
}  # fmt: skip


def deal_rows(payload, name="Deal {}", customer="Customer {}"):
    """Return rows of deals.csv for the deals of a forecast."""
    return [
        dict(zip(COLUMNS, (
            deal["id"], name.format(i), customer.format(i), deal["segment"], "Contract", "100000.0",
            str(deal["chance"]), str(deal["chance"]), str(deal["mean"]), "1.5" if i % 2 else "",
            "2026-12-01", "2027-01-10", "",
        ), strict=True))
        for i, deal in enumerate(payload["deals"])
    ]  # fmt: skip


def record_of(payload, **more):
    """Return run.json of a forecast."""
    return {
        "schema_version": 1, "scenario": payload["scenario"], "as_of": payload["as_of"],
        "seed": payload["seed"], "trials": payload["trials"],
        "versions": {"funnel-simulator": "0.1.0", "numpy": "2.0"},
        "arguments": {"scenario": "secret/baseline.yaml", "as_of": None, "set": [], "by": []},
        "inputs": {"inputs/scenario.yaml": "ab" * 32}, "files": [], "previous": None,
        "started": "2026-11-01T08:00:00+00:00", "finished": "2026-11-01T08:00:09+00:00",
    } | more  # fmt: skip


def results(payload=None, deals=None, answers=None, **record):
    """Return what a run left; by default of a forecast of two dozen deals, its data and its assumptions."""
    payload = copy.deepcopy(_usual()) if payload is None else payload
    for period in payload["periods"]:
        period.setdefault("name", period["start"][:7])
    rows = deal_rows(payload) if deals is None else deals
    found = {"quality": QUALITY, "assumptions": ASSUMPTIONS} if answers is None else answers
    return Results("reports/baseline/latest", payload, record_of(payload, **record), rows, found)


@cache
def _usual():
    """The forecast of most tests, made once."""
    return sample_forecast(trials=1000)


def folder_of(found, path):
    """Write what a run left into a folder, and return it as it is read from there."""
    (path / "inputs").mkdir(parents=True)
    for name, content in {"forecast": found.forecast, "run": found.record, **found.answers}.items():
        (path / f"{name}.json").write_text(json.dumps(content), "utf-8")
    text = io.StringIO()
    rows = csv.DictWriter(text, COLUMNS)
    rows.writeheader()
    rows.writerows(found.deals)
    (path / "deals.csv").write_text(text.getvalue(), "utf-8")
    return results_of(path)
