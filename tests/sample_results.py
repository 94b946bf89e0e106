"""What a run's folder holds, made up: a toy forecast, and an answer of each command that fits it."""

import csv
import io

from sample_forecast import sample_forecast, scaled, with_money

from simulator.report.results import Results

SERIES = ("bookings", "revenue", "receipts")


def sample_results(
    names=("Acme", "Bolt"), answers=True, money=True, handle="reports/baseline/latest", **overrides
):
    """Return results.

    Args:
        names: of deals, customers, stages and whatever else a company names, by turns.
        answers: whether further commands were asked.
        money: whether there is a balance and a plan by month.
        handle: of the run.
        overrides: of the forecast.
    """
    forecast = sample_forecast(**{"trials": 400, "segments": tuple(dict.fromkeys(names))} | overrides)
    forecast = with_money(forecast) if money else forecast
    for one in forecast["funnel"]:
        for i, stage in enumerate(one["stages"]):
            stage["stage"] = f"{names[i % len(names)]}{i}"
    rows = deals(forecast, names)
    record = {"versions": {"python": "3.11"}, "inputs": {"inputs/deals.csv": "ab" * 32},
              "finished": "2026-11-26T08:45:29+00:00", "arguments": {}}  # fmt: skip
    found = {} if not answers else {
        "bridge": bridge(forecast, names), "compare": compare(forecast, names),
        "segments": segments(forecast), "track": track(forecast, names),
        "quality": quality(names), "assumptions": assumptions(names),
    }  # fmt: skip
    return Results(handle, forecast, record, rows, found)


def deals(forecast, names):
    """Return rows of deals.csv."""
    text = io.StringIO()
    head = ("id", "name", "customer", "segment", "stage", "amount", "chance", "in_horizon", "mean",
            "slip_months", "close_early", "close_middle", "close_late")  # fmt: skip
    writer = csv.writer(text)
    writer.writerow(head)
    for i, deal in enumerate(forecast["deals"]):
        name = names[i % len(names)]
        writer.writerow((deal["id"], name, name, deal["segment"], name, 1000.1 * (i + 1), deal["chance"],
                         deal["chance"], deal["mean"], 1.5 if i % 2 else "",
                         *deal["close"].values()))  # fmt: skip
    return list(csv.DictReader(io.StringIO(text.getvalue())))


def bridge(forecast, names):
    """Return bridge.json: a deal won, one lost, time passed."""

    def item(what, name, middle):
        return {"deal": name, "name": name, "what": what, "closed": "2026-10-20", "amount": 1.0,
                "currency": "EUR", "mean": middle, "middle": middle, "chance": 0.01}  # fmt: skip

    def step(name, middle, *items):
        return {"step": name, "mean": middle, "middle": middle, "chance": 0.01, "items": list(items)}

    run = {"run": "2026-09-30", "scenario": names[0], "as_of": "2026-09-30", "seed": 1, "trials": 400}
    return {
        "scenario": names[0], "from": run, "to": run | {"as_of": forecast["as_of"]},
        "currency": "EUR", "trials": 400, "series": "bookings", "segment": "all",
        "start": "2026-01-01", "end": "2026-12-31", "name": "FY2026",
        "target": {"name": names[0], "amount": 4e6, "before": 4e6},
        "before": {"mean": 3.9e6, "middle": 3.8e6, "chance": 0.4, "chance_error": 0.01},
        "after": {"mean": 4.0e6, "middle": 3.95e6, "chance": 0.45, "chance_error": 0.01},
        "change": {"mean": 1e5, "middle": 1.5e5, "chance": 0.05},
        "steps": [step("time passed", -50_000.5),
                  step("won", 250_000.25, item("won", names[0], 250_000.25)),
                  step("lost", -49_999.75, item("lost", names[-1], -49_999.75))],
        "notes": [f"a note on {names[0]}"],
    }  # fmt: skip


def compare(forecast, names):
    """Return compare.json: the forecast, and 0.9 of it."""
    present = [s for s in SERIES if s in forecast["totals"]]

    def pick(entry):
        return {k: v for k, v in entry.items() if k in ("name", "start", "end", *present)}

    def less(entry, factor):
        return {k: scaled(v, factor) if k in present else v for k, v in pick(entry).items()}

    def apart(entry):
        found = less(entry, -0.1)
        return found | {s: found[s] | {"less": 1.0, "more": 0.0} for s in present if s in found}

    base = {
        "name": names[0], "kind": "base", "totals": pick(forecast["totals"]), "targets": forecast["targets"],
        **{k: [pick(p) for p in forecast[k]] for k in ("fiscal", "periods", "cumulative")},
    }  # fmt: skip
    other = base | {
        "name": f"{names[-1]} less", "kind": "case", "totals": less(base["totals"], 0.9),
        "differs": [{"what": f"segments.{names[0]}", "base": "1", "other": "0.9", "source": "--set"}],
        **{k: [less(p, 0.9) for p in base[k]] for k in ("fiscal", "periods", "cumulative")},
        "difference": {
            "totals": apart(base["totals"]),
            **{k: [apart(p) for p in base[k]] for k in ("fiscal", "periods", "cumulative")},
            "targets": [{"name": t["name"], "chance": -0.1, "error": 0.01} for t in base["targets"]],
        },
    }  # fmt: skip
    top = {k: forecast[k] for k in ("as_of", "currency", "headline_period", "trials")}
    ends = {"start": forecast["periods"][0]["start"], "end": forecast["periods"][-1]["end"]}
    return {**top, **ends, "scenario": names[0], "notes": [], "base": base, "others": [other]}


def segments(forecast):
    """Return segments.json, as much of it as stands in the workbook."""

    def stage(found, i):
        worth = {"amount": 1234.5 - 1000 * i}
        return {"stage": found["stage"], "conversion": {"mean": 0.5, "p10": 0.4, "p90": 0.6},
                "lost": 0.5, "back": 0.0, "days": 12.5, "days_to_won": 40.0,
                "stalled": {"deals": 2, "value": 10.5},
                "elsewhere": {"conversion": {"mean": 0.6}, "real": 0.7} if i else None,
                "worth": worth if i else None, "worth_to_end": worth if i else None}  # fmt: skip

    rows = [{"name": one["segment"], "stages": [stage(s, i) for i, s in enumerate(one["stages"])]}
            for one in forecast["funnel"]]  # fmt: skip
    return {"end": "2026-12-31", "segments": rows}


def track(forecast, names):
    """Return track.json: two forecasts of a month, and what came."""
    window = {
        "series": "bookings", "segment": "all", "period": "month", "name": "2026-09", "start": "2026-09-01",
        "end": "2026-09-30", "as_of": "2026-08-31", "days_ahead": 30, "already": 0.0, "middle": 200_000.5,
        "ranges": {"50": [1e5, 3e5], "80": [5e4, 4e5], "95": [0.0, 5e5]}, "others": {"plan": 250_000.0},
        "came": 320_000.25, "held": {"50": False, "80": True, "95": True},
    }  # fmt: skip
    return {"currency": "EUR", "verdict": [f"Past 80 % ranges of {names[0]} held 2 of 2 times."],
            "windows": [window, window | {"segment": names[0], "came": 1.5}]}  # fmt: skip


def quality(names):
    """Return quality.json: one table, of which a row was left out, and a doubtful deal."""
    sums = {"rows": 24, "without_amount": 1, "amount": 100_000.25, "amounts": {"EUR": 100_000.25}}
    left = {"rule": "twice", "what": f"twice the id {names[0]}", "then": "left out", **sums, "rows": 1}
    table = {"table": "deals", "file": f"{names[0]}.csv", "read": sums,
             "used": [{"as": "open", "what": "open", **sums}], "repaired": [],
             "left_out": [left]}  # fmt: skip
    stale = {
        "kind": "stale",
        "deals": 3,
        "amount": 5000.5,
        "what": "3 deals stand too long",
        "then": "They stay.",
    }
    return {"tables": [table], "open_deals": {"deals": 24, "amount": 1.0, "doubtful": [stale]}}


def assumptions(names):
    """Return assumptions.json."""
    figure = {"path": f'segments."{names[0]}".worth', "value": "20", "origin": "default", "source": names[-1]}
    return {"assumptions": [figure, figure | {"path": "seed", "origin": "set"}]}
