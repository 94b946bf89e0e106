"""A company in which every name is hostile: its scenario and its table of deals."""

import csv
import io
import json
import re

PLACES = (
    *("segment", "stage 0", "stage 1", "stage 2"),
    *("other segment", "other stage 0", "other stage 1", "other stage 2"),
    *("product", "target", "offer", "class", "case", "source"),
)
"""Where names stand in a scenario."""
DEALS = 30
COLUMNS = ("id", "name", "customer", "class", "segment", "stage", "amount", "product", "owner", "closed",
           "outcome", "lost_reason", "category", "region")  # fmt: skip


def harmless(places=PLACES):
    """Names of the same company as one expects them."""
    return {place: f"Name{number:02d}" for number, place in enumerate(places)}


def write_company(folder, names, texts, name="hostile"):
    """Write scenario.yaml and deals.csv; return the scenario's path.

    Args:
        folder: takes them.
        names: of PLACES.
        texts: of the deals' ids, names, customers, owners and so on, in turn.
        name: of the scenario.
    """
    stages = [[names[f"{which}stage {i}"] for i in range(3)] for which in ("", "other ")]
    segments = [names["segment"], names["other segment"]]
    funnel = {"new_pipeline": "none", "cycle": {"median": "90d"}, "mix": {names["product"]: 1},
              "terms": {"default": "net 30", names["class"]: "net 60"}}  # fmt: skip
    scenario = {
        "version": 1, "name": name, "description": texts[0], "source": names["source"],
        "as_of": "2026-10-31", "horizon": "8m", "currency": "EUR", "seed": 1, "trials": 60,
        "data": {"deals": "deals.csv",
                 "segment": {"from": "segment", "map": dict(zip("AB", segments, strict=True))}},
        "products": {names["product"]: {"terms": "net 30", "recognise": "at-delivery"}},
        "segments": {
            segment: funnel | {"stages": {s: {"close": 0.2 + 0.25 * i} for i, s in enumerate(own)}}
            for segment, own in zip(segments, stages, strict=True)
        },
        "targets": {names["target"]: {"series": "bookings", "amount": "1M", "from": "2026-11-01",
                                      "until": "2027-06-30", "segment": names["segment"]}},
        "offers": {names["offer"]: {"discount": 0.05, "terms": "CIA", "taken_by": 0.4,
                                    "segment": names["segment"]}},
        "compare_with": [{"name": names["case"], "set": ["market.shared=0.1", "market.segment=0.1"]}],
    }  # fmt: skip
    (folder / "scenario.yaml").write_bytes(as_yaml(scenario))
    (folder / "deals.csv").write_bytes(as_csv(_deals(names, stages, texts)))
    return folder / "scenario.yaml"


def as_yaml(content):
    """JSON, which YAML reads too, with escapes for all that may not stand in a file."""
    text = json.dumps(content, ensure_ascii=False)
    odd = r"[\x7f-\xa0\u2028\u2029\ufeff\ufffe\uffff\ud800-\udfff\ue000-\uf8ff\ufdd0]"
    return re.sub(odd, lambda m: f"\\U{ord(m[0]):08x}", text).encode()


def as_csv(rows):
    text = io.StringIO()
    csv.writer(text, lineterminator="\r\n").writerows(rows)
    return text.getvalue().encode()


def _deals(names, stages, texts):
    yield COLUMNS
    for i in range(DEALS):
        a, b, c, d, e = (texts[(5 * i + n) % len(texts)] for n in range(5))
        side = i % 2
        lost, won = i % 10 == 8, i % 10 == 9
        yield (
            f"{a} {i}", b, c, names["class"] if i % 3 else d, "AB"[side],
            "" if lost or won else stages[side][i % 3], 10_000 + 1_000 * i,
            names["product"] if i % 4 else "", e, "2026-08-01" if lost or won else "",
            "lost" if lost else "won" if won else "", d if lost else "", "commit" if i % 5 else "", d,
        )  # fmt: skip
