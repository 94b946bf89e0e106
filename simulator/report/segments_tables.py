"""Lay out the funnels of segments: what stands in them, what they bring, and stage by stage."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Final

from simulator.report.layout import NOTHING, WIDTH, Grid, rounded_to_sum, table
from simulator.report.walk import WEIGHTED, is_the_crms, walk_heading, weighted_by
from simulator.words import Scale, chance_cells, days, has_interval, interval_texts, percent, plain, scale_for

MONTH: Final = 30.4375
STANDING: Final = (
    "new: deals a month. win rate: of the deals that enter, optimism corrected; 8 in 10: between what it "
    "lies with 8 chances in 10. velocity: value × win rate ÷ days to won, a month. days to money: from "
    "signature to receipt, average."
)
"""What the columns of `standing` are."""
WALKS: Final = 5
"""Segments whose walks stand side by side."""
_LEAST: Final = 0.0005
Stats = Mapping[str, Any]


def amount_scale(payload: Mapping[str, Any]) -> Scale:
    """Return the unit and the decimals in which amounts are written."""
    stats = payload["company"]["amount"]
    size = max(abs(stats[q]) for q in ("mean", "p10", "p50", "p90"))
    errors = [float(e or 0.0) for e in stats["error"].values()]
    noise = max(errors, default=0.0) if has_interval(stats) else None
    resolution = max((stats["p90"] - stats["p10"]) / 50, noise or 0.0)
    return scale_for(max(size, payload["company"]["open"]["value"]), payload["currency"], resolution, noise)


def worth_scale(payload: Mapping[str, Any]) -> Scale:
    """Return the unit in which worths are written: three digits of the largest."""
    sizes = [abs(stage[key]["amount"]) for row in payload["segments"] for stage in row["stages"]
             for key in ("worth", "worth_to_end") if stage[key]]  # fmt: skip
    return scale_for(max(sizes, default=0.0), payload["currency"])


def standing(payload: Mapping[str, Any], scale: Scale) -> Grid:
    """Return what stands in each funnel, how much of it is won, how soon, and when the money comes."""
    header = ["", "open", "value", "new", "win rate", "8 in 10", "days to won", "velocity",
              "days to money"]  # fmt: skip
    rows = [_standing_row(row, scale) for row in payload["segments"]]
    if len(rows) > 1:
        whole = payload["company"]["open"]
        rows.append(["all", f"{whole['deals']:,}", scale.exact(whole["value"]), *[""] * 6])
    return Grid(header, rows, strong=(len(rows) - 1,) if len(rows) > 1 else ())


def _standing_row(row: Mapping[str, Any], scale: Scale) -> list[str]:
    coming, rate, pace, lag = (
        row[k] for k in ("new_per_month", "win_rate", "velocity_a_day", "cash_lag_days")
    )
    return [
        plain(row["name"], 30),
        f"{row['open']['deals']:,}",
        scale.exact(row["open"]["value"]),
        NOTHING if coming is None else f"{coming:,.1f}",
        percent_text(rate["mean"]),
        range_text(rate),
        NOTHING if row["cycle_days"] is None else f"{row['cycle_days']:,}",
        NOTHING if pace is None else scale.exact(pace * MONTH, 2),
        NOTHING if lag is None else f"{lag:,.0f}",
    ]


def brought_title(payload: Mapping[str, Any]) -> str:
    """Say of what each segment brings a part."""
    about = f", {plain(payload['about'], 40)}" if payload["about"] else ""
    return f"{payload['series'].capitalize()} {days(payload['start'], payload['end'])}{about}"


def brought(payload: Mapping[str, Any], scale: Scale) -> Grid:
    """Return what each segment brings, and how much of the whole and of its uncertainty that is."""
    named = [(row["name"], row) for row in payload["segments"]]
    named += [("of no segment", payload["no_segment"])] if payload["no_segment"] else []
    if len(named) > 1:
        named.append(("all", payload["company"]))
    parts = [row["share"] for _, row in named]
    spread = [row["share_of_uncertainty"] and row["share_of_uncertainty"]["share"] for _, row in named]
    cells = zip(_shares(parts), _shares(spread), strict=True)
    rows = [
        [plain(name, 30), scale.exact(row["amount"]["already"]) if row["amount"]["already"] else NOTHING,
         *_ends(row["amount"], scale), scale.number(row["amount"]["mean"]), *two]
        for (name, row), two in zip(named, cells, strict=True)
    ]  # fmt: skip
    header = ["", "already", "low", "middle", "high", "average", "of the total", "of its uncertainty"]
    return Grid(header, rows, strong=(len(rows) - 1,) if len(rows) > 1 else ())


def _shares(shares: Sequence[float | None]) -> list[str]:
    """Write shares whose last is their sum as whole per cents that add up."""
    if len(shares) < 2 or any(share is None for share in shares):
        return [NOTHING if share is None else f"{100 * share:.0f} %" for share in shares]
    known = [float(share or 0.0) for share in shares]
    shown = [*rounded_to_sum(known[:-1], known[-1], Scale(0.01, "", 0)), known[-1]]
    return [f"{100 * share + 0.0:.0f} %".replace("-", "−") for share in shown]


def _ends(stats: Stats, scale: Scale) -> tuple[str, ...]:
    return (
        interval_texts(stats, scale, 1)
        if has_interval(stats)
        else (NOTHING, scale.number(stats["p50"]), NOTHING)
    )


def targets(payload: Mapping[str, Any]) -> Iterator[str]:
    """Lay out the chance of each target and plan, by whose it is."""
    whose = [*(row["name"] for row in payload["segments"]), "all"]
    chances: dict[str, dict[str, str]] = {}
    for target in payload["targets"]:
        chances.setdefault(target["name"], {})[target["segment"]] = chance_cells(target)[0]
    used = [name for name in whose if any(name in row for row in chances.values())]
    if not used:
        return
    yield "The chance of each target"
    rows = [[plain(n, 40), *(row.get(name, "") for name in used)] for n, row in chances.items()]
    header = ["", *("the company" if name == "all" else plain(name, 14) for name in used)]
    yield from (f"  {line}" for line in table(header, rows, columns=WIDTH - 2))


def stages_title(row: Mapping[str, Any]) -> str:
    """Name a funnel, and say where its chances come from."""
    return f"{plain(row['name'], 40)}, stage by stage ({figures_text(row['figures'])})"


def stages(payload: Mapping[str, Any], row: Mapping[str, Any]) -> Grid:
    """Return the stages of a funnel in their order; columns in which nothing stands are left out."""
    scale, shown = worth_scale(payload), row["stages"]
    columns = {
        "get on": [percent_text(stage["conversion"]["mean"]) for stage in shown],
        "8 in 10": [range_text(stage["conversion"]) for stage in shown],
        "others": [_of_other(stage, lambda o: percent_text(o["conversion"]["mean"])) for stage in shown],
        "real": [_of_other(stage, _real) for stage in shown],
        "lost": [_rate(stage["lost"]) for stage in shown],
        "back": [_rate(stage["back"]) for stage in shown],
        "days": [f"{stage['days']:,.0f}" for stage in shown],
        "open": [f"{stage['open']['deals']:,}" if stage["open"]["deals"] else "" for stage in shown],
        "still": [f"{stage['stalled']['deals']:,}" if stage["stalled"]["deals"] else "" for stage in shown],
        "worth": [_worth(stage["worth"], scale) for stage in shown],
    }
    if goes_on(payload):
        columns["to end"] = [_worth(stage["worth_to_end"], scale) for stage in shown]
    kept = {name: cells for name, cells in columns.items() if any(cells)}
    rows = [list(cells) for cells in zip(*kept.values(), strict=True)]
    return Grid(["", *kept], [[plain(s["stage"], 40), *r] for s, r in zip(shown, rows, strict=True)])


def goes_on(payload: Mapping[str, Any]) -> bool:
    """Tell whether the forecast goes on, so that to its end stages are worth something else."""
    every = (stage for row in payload["segments"] for stage in row["stages"])
    return any(stage["worth"] != stage["worth_to_end"] for stage in every)


def figures_text(figures: Mapping[str, Any]) -> str:
    """Say where the chances of a funnel come from."""
    if figures["from"] == "learned":
        return "chances learned"
    worth = figures["worth"]
    return "chances set as exact" if worth is None else f"chances set, worth {worth:,.0f} closed deals"


def percent_text(chance: float) -> str:
    """Write a chance that is exact or learned, as a whole per cent."""
    return f"{100 * chance:.0f} %" if chance in (0.0, 1.0) else percent(chance)


def range_text(stats: Stats) -> str:
    """Write between what a chance lies 8 times in 10."""
    low, high = (f"{100 * stats[q]:.0f}" for q in ("p10", "p90"))
    return "" if low == high else f"{low}–{high} %"


def _of_other(stage: Mapping[str, Any], told: Callable[[Mapping[str, Any]], str]) -> str:
    return "" if stage["elsewhere"] is None else told(stage["elsewhere"])


def _real(other: Mapping[str, Any]) -> str:
    return NOTHING if other["real"] is None else percent_text(other["real"])


def _rate(share: float) -> str:
    return "" if share < _LEAST else percent_text(share)


def _worth(worth: Mapping[str, float] | None, scale: Scale) -> str:
    return "" if worth is None else scale.number(worth["amount"], sign=True)


def walks(payload: Mapping[str, Any]) -> Iterator[str]:
    """Lay out the walk from the CRM's number to ours of each segment, side by side.

    What is shown adds up both ways: sums are of what is shown.
    """
    named = [(row["name"], row["walk"]) for row in payload["segments"]]
    named += [("none", payload["no_segment"]["walk"])] if payload["no_segment"] else []
    if not 1 < len(named) <= WALKS:
        return
    largest = max(abs(step["amount"]) for step in payload["company"]["walk"])
    scale = scale_for(largest, payload["currency"]).showing(largest, 4)
    digit = scale.unit * 10.0**-scale.decimals
    parts = [[round(step["amount"] / digit) for step in walk[:-1]] for _, walk in named]
    whole = [sum(row) for row in zip(*parts, strict=True)]
    columns = [[*column, sum(column)] for column in (*parts, whole)]
    usual = [step["step"] for step in payload["company"]["walk"]]
    theirs = is_the_crms(payload)
    steps = [weighted_by(payload) if step == WEIGHTED and not theirs else plain(step, 30) for step in usual]
    rows = [
        [step, *(scale.number(n * digit, sign=step != steps[-1]) if n else NOTHING for n in row)]
        for step, row in zip(steps, zip(*columns, strict=True), strict=True)
    ]
    yield f"{walk_heading(payload)}, bookings {days(payload['start'], payload['end'])}, {scale.name}"
    header = ["", *(plain(name, 14) for name, _ in named), "all"]
    yield from (f"  {line}" for line in table(header, rows, columns=WIDTH - 2))
