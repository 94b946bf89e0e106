"""Random files of a company some days later: deals won, lost, moved, gone or new, figures set otherwise."""

import csv
import io
import json
from datetime import date, timedelta

DAY = timedelta(days=1)


def later(files, dice, days=None, otherwise=0.5, wild=0.05):
    """Return the files of a scenario as they may look some days later.

    Args:
        files: by name, as `whole_money.files_of` makes them.
        dice: a `whole_money.Dice`.
        days: until then, by default some.
        otherwise: chance of each kind of figure to be set otherwise.
        wild: chance that the funnel itself is another.
    """
    whole = json.loads(files["whole.yaml"])
    then = date.fromisoformat(whole["as_of"])
    days = days or dice.one((1, 7, 30, 31, 61, 92))
    whole["as_of"] = (then + days * DAY).isoformat()
    found = dict(files) | {"deals.csv": _deals(files["deals.csv"], whole, then, days, dice)}
    for name in ("invoices.csv", "renewals.csv", "lines.csv"):
        if name in found and dice.chance(otherwise):
            head, *rows = found[name].splitlines()
            found[name] = "\n".join([head, *(row for row in rows if dice.chance(0.7))]) + "\n"
    if "lines.csv" in found:
        known = {row["id"] for row in csv.DictReader(io.StringIO(found["deals.csv"]))}
        head, *rows = found["lines.csv"].splitlines()
        found["lines.csv"] = "\n".join([head, *(row for row in rows if row.split(",")[0] in known)]) + "\n"
    if dice.chance(otherwise):
        _set(whole, dice)
    if dice.chance(wild):
        name = next(iter(whole["segments"]))
        whole["segments"][f"{name}-new"] = whole["segments"][name]
    return found | {"whole.yaml": json.dumps(whole, indent=1)}


def _set(whole, dice):
    """Set some figures otherwise."""
    for segment in whole["segments"].values():
        if dice.chance(0.4):
            segment["soberness"] = {"odds": dice.real(0.4, 1.8), "amount": dice.real(0.6, 1.2)}
        if dice.chance(0.3):
            segment["close_date"] = {"slip": dice.real(0.7, 1.8), "delay": dice.one((0, 20))}
        if dice.chance(0.2):
            segment["country"] = dice.one(("DE", "US"))
        if dice.chance(0.3) and isinstance(segment.get("new_pipeline"), dict):
            segment["new_pipeline"]["per_month"] = dice.real(0, 6)
        if dice.chance(0.3):
            segment["terms"] = {"default": dice.one(("net 60", "prepaid", "EOM+30d"))}
    if dice.chance(0.3):
        whole["market"] = {"shared": dice.real(0, 0.2), "segment": dice.real(0, 0.2)}
    if dice.chance(0.3):
        whole["offers"] = {"soon": {"discount": 0.1, "terms": "CIA", "taken_by": dice.real(0, 1)}}
    for code, rate in whole["rates"].items():
        if code != "volatility" and dice.chance(0.4):
            whole["rates"][code] = (rate[0]["rate"] if isinstance(rate, list) else rate) * dice.real(0.8, 1.2)


def _deals(text, whole, then, days, dice):
    """Return the table of deals some days later."""
    rows = list(csv.DictReader(io.StringIO(text)))
    names = text.splitlines()[0].split(",")
    stages = {name: list(segment["stages"]) for name, segment in whole["segments"].items()}
    found = []
    for row in rows:
        row = dict(row)
        on = (then + dice.whole(1, days) * DAY).isoformat()
        if row["stage"] in ("Won", "Lost"):
            if dice.chance(0.05):
                row["amount"] = row["amount"].replace("1", "2")
            if dice.chance(0.95):
                found.append(row)
            continue
        fate = dice.one(("won", "lost", "gone", *("open",) * 7))
        if fate == "gone":
            continue
        if fate != "open":
            row |= {"stage": fate.capitalize(), "closed": on}
        else:
            _moved(row, stages, on, dice)
        found.append(row)
    for i in range(dice.whole(0, 6)):
        segment = dice.one(list(stages))
        on = (then + dice.whole(1, days) * DAY).isoformat()
        row = dict.fromkeys(names, "") | {
            "id": f"X{i}",
            "segment": segment,
            "amount": "23456.78",
            "created": on,
        }
        row |= {"currency": whole["currency"], "stage": dice.one([*stages[segment], "Won"])}
        if whole["currency"] == "JPY":
            row["amount"] = "2345678"
        row["closed" if row["stage"] == "Won" else "entered_stage"] = on
        found.append(row)
    out = io.StringIO()
    table = csv.DictWriter(out, names, lineterminator="\n")
    table.writeheader()
    table.writerows(sorted(found, key=lambda row: row["id"]))
    return out.getvalue()


def _moved(row, stages, on, dice):
    """Let something happen to an open deal, or nothing."""
    if dice.chance(0.2):
        row["amount"] = row["amount"].replace("1", "3").replace("2", "1")
    if dice.chance(0.3):
        row["expected_close"] = (date.fromisoformat(on) + dice.whole(-10, 120) * DAY).isoformat()
        row["pushes"] = "2"
    if dice.chance(0.3):
        row |= {"stage": dice.one(stages[row["segment"]]), "entered_stage": on}
    if dice.chance(0.1):
        row |= {"class": "Gold", "terms": "net 45"}
    if dice.chance(0.05):
        row["segment"] = dice.one(list(stages))
        row["stage"] = stages[row["segment"]][0]
