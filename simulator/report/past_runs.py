"""Show past runs in a terminal: which there are, how a period looked from each, how often ranges held."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from simulator.analysis.track import AHEAD
from simulator.report.layout import NOTHING, WIDTH, Grid, table, wrapped
from simulator.words import Scale, chance_cells, day, days, plain, scale_for

Payload = Mapping[str, Any]

MISSES: Final = 8
"""Missed ranges that are listed."""
LEVELS: Final = ("50", "80", "95")
_SHORT: Final = {"weighted pipeline": "weighted", "sales commit": "commit"}
_TEXTS: Final = ("as of", "folder", "made", "version", "bookings of")
HELD: Final = "How often ranges held"
NO_RUNS: Final = "There are no runs in {place}/ yet: simulator run SCENARIO makes the first."


def list_screen(payload: Payload) -> str:
    """Return the runs, one a line, and what was left out."""
    runs = payload["runs"]
    if not runs:
        return _joined([[NO_RUNS.format(place=payload["place"])], list(_left_out(payload))])
    scale = _scale(payload, (r["bookings"].get("p90") for r in runs), (r["plan"].get("amount") for r in runs))
    ours = ["folder", "made", "trials", "seed", "version"]
    header = [*ours, "bookings of", "low", "middle", "high", "plan", "chance"]
    rows = [_run_cells(run, scale) for run in runs]
    if any(not run["folder"].startswith(run["as_of"]) for run in runs):
        header = ["as of", *header]
        rows = [[day(run["as_of"]), *cells] for run, cells in zip(runs, rows, strict=True)]
    others = ", ".join(payload["other_scenarios"])
    idle = [f"{run['folder']} does not count: {plain(run['why_not'])}" for run in runs if not run["counts"]]
    return _joined(
        [
            [f"{_title(payload)} · {_number(len(runs), 'run')} in {payload['place']}/ · {scale.name}"],
            table(header, rows, [i for i, name in enumerate(header) if name in _TEXTS], WIDTH),
            [line for text in idle for line in wrapped(text)],
            wrapped(f"Other scenarios, with --of NAME: {plain(others)}") if others else [],
            list(_left_out(payload)),
        ]
    )


def score_screen(payload: Payload) -> str:
    """Return whether to trust the ranges, how often they held, and how far off middles and others were."""
    parts = [list(_heading(payload)), [line for text in payload["verdict"] for line in wrapped(plain(text))]]
    if payload["windows"]:
        for title, grid in (HELD, hit_grid(payload)), *money_grids(payload):
            parts.append([title, *grid.lines(WIDTH)] if grid.rows else [])
        missed = miss_grid(payload)
        parts.append(missed.lines(WIDTH) if missed.rows else [])
        if (left := len(_missed(payload)) - MISSES) > 0:
            parts[-1].append(f"{left} more: --format csv")
    return _joined([*parts, list(_notes(payload)), list(_left_out(payload))])


def followed_screen(payload: Payload) -> str:
    """Return what each run forecast of one period, and what came."""
    if payload["until"] is None:
        return _joined([wrapped(payload["verdict"][0]), list(_left_out(payload))])
    rows, period = payload["rows"], payload["period"]
    if not rows:
        text = f"No run has a range for {what_of(payload)} of {named_period(period)}."
        return _joined([wrapped(text), list(_notes(payload)), list(_left_out(payload))])
    scale = _scale(payload, (row["ranges"]["80"][1] for row in rows), [payload["came"]])
    others = list(dict.fromkeys(name for row in rows for name in row["others"]))
    named = [_SHORT.get(name, name) for name in others]
    header = ["as of", "days", "already", "low", "middle", "high", *named, "80 % range"]
    cells = [
        [
            day(row["as_of"]),
            str(row["days_ahead"]),
            *_amounts(scale, row["already"], row["ranges"]["80"][0], row["middle"], row["ranges"]["80"][1]),
            *_amounts(scale, *(row["others"].get(name) for name in others)),
            _held(row["held"].get("80")),
        ]
        for row in rows
    ]
    top = f"{_title(payload)} · {what_of(payload)} of {named_period(period)} · {scale.name}"
    lines = table(header, cells, columns=WIDTH)
    ending = list(_notes(payload)), list(_left_out(payload))
    return _joined([wrapped(top), wrapped(_outcome(payload, scale)), lines, *ending])


def named_period(period: Payload) -> str:
    """Name a period of the books as they do, a month or a week by its days."""
    name = plain(period["name"], 20)
    return name if "FY" in name else days(period["start"], period["end"])


def list_rows(payload: Payload) -> Iterator[Sequence[Any]]:
    """Yield the runs as rows of a CSV file, the header first."""
    yield (
        "folder", "as_of", "made", "trials", "seed", "version", "period", "low", "middle", "high", "already",
        "plan", "chance", "counts", "why_not",
    )  # fmt: skip
    for run in payload["runs"]:
        known, plan = run["bookings"], run["plan"]
        yield (
            *(run[key] for key in ("folder", "as_of", "made", "trials", "seed", "version")),
            run["period"]["name"], *(known.get(key) for key in ("p10", "p50", "p90", "already")),
            plan.get("amount"), plan.get("chance"), int(run["counts"]), run["why_not"],
        )  # fmt: skip


def window_rows(payload: Payload) -> Iterator[Sequence[Any]]:
    """Yield forecasts, each with what came, as rows of a CSV file, the header first."""
    named = "rows" in payload
    rows = payload["rows"] if named else payload["windows"]
    others = list(dict.fromkeys(name for row in rows for name in row["others"]))
    ends = [f"{end}_{level}" for level in LEVELS for end in ("from", "until")]
    yield (
        "series", "segment", "period", "start", "end", "as_of", "folder", "made", "days_ahead", "already",
        "middle", *ends, "came", *(f"held_{level}" for level in LEVELS), *others,
    )  # fmt: skip
    for row in rows:
        period = payload["period"] if named else row
        held = (row["held"].get(level) for level in LEVELS)
        yield (
            *((payload if named else row)[key] for key in ("series", "segment")),
            *(period[key] for key in ("name", "start", "end")),
            *(row[key] for key in ("as_of", "folder", "made", "days_ahead", "already", "middle")),
            *(end for level in LEVELS for end in row["ranges"][level]), row["came"],
            *(None if value is None else int(value) for value in held),
            *(row["others"].get(name) for name in others),
        )  # fmt: skip


def hit_grid(payload: Payload) -> Grid:
    """Return how often ranges held, by series and length of window; of segments of the first series."""
    first = payload["measures"][0]["series"]
    segments = {measure["segment"] for measure in payload["measures"]} - {"all"}
    rows = []
    for measure in payload["measures"]:
        shown = measure["segment"] == "all" or (measure["series"] == first and len(segments) > 1)
        if measure["ahead"] == "all" and shown:
            hits, fair = measure["hits"], measure["hits"]["80"]
            held = (f"{hits[level]['held']} of {hits[level]['of']}" for level in LEVELS)
            truly = f"{100 * fair['low_apart']:.0f}–{100 * fair['high_apart']:.0f} %"
            rows.append([_measure(measure), str(measure["runs"]), *held, truly, str(fair["apart"])])
    return Grid(["", "runs", "50 % ranges", "80 %", "95 %", "80 %: truly", "sharing no day"], rows)


def money_grids(payload: Payload) -> Iterator[tuple[str, Grid]]:
    """Yield, each with its title, how far off middles were, and how far off others were beside us."""
    scale, errors = _error_grid(payload)
    yield f"Middles against what came, averages, {scale.name}", errors
    scale, others = _against_grid(payload)
    yield f"Against others, averages, {scale.name}", others


def miss_grid(payload: Payload) -> Grid:
    """Return the company's windows outside of their 80 % range, the farthest off first."""
    missed = _missed(payload)
    scale = _scale(payload, (w["came"] for w in missed), (w["ranges"]["80"][1] for w in missed))
    missed.sort(key=lambda w: -max(w["ranges"]["80"][0] - w["came"], w["came"] - w["ranges"]["80"][1]))
    rows = [
        [
            f"{what_of(w)} of {named_period(w)}",
            day(w["as_of"]),
            "–".join(_amounts(scale, *w["ranges"]["80"])),
            *_amounts(scale, w["came"]),
        ]
        for w in missed[:MISSES]
    ]
    return Grid(["missed", "as of", f"80 % range, {scale.name}", "came"], rows, (0, 1))


def what_of(payload: Payload) -> str:
    """Say of what a forecast is: `bookings in smb`."""
    segment = payload["segment"]
    return str(payload["series"]) + ("" if segment == "all" else f" in {plain(segment, 30)}")


def _title(payload: Payload) -> str:
    return plain(payload["scenario"], 40)


def _heading(payload: Payload) -> Iterator[str]:
    runs = payload["runs"]
    if not runs:
        return
    when = " – ".join(dict.fromkeys((day(runs[0]["as_of"]), day(runs[-1]["as_of"]))))
    text = f"{_title(payload)} · {_number(len(runs), 'run')}, as of {when}"
    if payload["came_from"]:
        text += f" · what came until {day(payload['until'])} is from {plain(payload['came_from'])}"
    yield from wrapped(text)


def _missed(payload: Payload) -> list[Payload]:
    return [w for w in payload["windows"] if not w["held"]["80"] and w["segment"] == "all"]


def _error_grid(payload: Payload) -> tuple[Scale, Grid]:
    """Return how far off middles were, on average and by how far ahead they looked."""
    company = [m for m in payload["measures"] if m["segment"] == "all"]
    whole = [m for m in company if m["ahead"] == "all"]
    scale = _scale(payload, (m["came"] for m in whole), (m["error"] for m in whole))
    by_ahead = {(_measure(m), m["ahead"]): _share(m["error_share"]) for m in company}
    columns = [name for name in AHEAD if any(m["ahead"] == name for m in company)]
    rows = [
        [
            _measure(m),
            *_amounts(scale, m["came"], m["bias"], sign=(1,)),
            _share(m["bias_share"], sign=True),
            *_amounts(scale, m["error"]),
            _share(m["error_share"]),
            *(by_ahead.get((_measure(m), name), NOTHING) for name in columns),
        ]
        for m in whole
    ]
    header = ["", "came", "too high", "", "off by", "", *columns]
    return scale, Grid(header, rows)


def _against_grid(payload: Payload) -> tuple[Scale, Grid]:
    """Return the errors of others beside ours, over the windows of which they speak."""
    company = [m for m in payload["measures"] if m["segment"] == "all" and m["ahead"] == "all"]
    pairs = [(m, name, a) for m in company for name, a in m["against"].items()]
    scale = _scale(payload, (a["its_error"] for *_, a in pairs), (a["error"] for *_, a in pairs))
    rows = [
        [
            _measure(measure),
            name,
            *_amounts(scale, other["its_error"], other["error"]),
            f"{other['closer']} of {other['windows']}",
            *_amounts(scale, other["its_bias"], sign=(0,)),
        ]
        for measure, name, other in pairs
    ]
    header = ["", "who", "off by", "we were", "we were closer", "its number too high by"]
    return scale, Grid(header, rows, (0, 1))


def _outcome(payload: Payload, scale: Scale) -> str:
    """Say what came, or when that will be known."""
    period, rows = payload["period"], payload["rows"]
    if payload["came"] is None:
        if payload["until"] < period["end"]:
            known, so_far = rows[-1], ""
            if known["already"]:
                so_far = f"; {scale.exact(known['already'])} had come by {day(known['as_of'])}"
            return f"It ends on {day(period['end'])}, and what comes is not known yet{so_far}."
        return "It has ended, and nobody tells what came: name a file of actual figures (--actuals)."
    held = [row["held"]["80"] for row in rows if row["held"]]
    told = f" (from {plain(payload['came_from'])})" if payload["came_from"] else ""
    often = f"the 80 % ranges held it {sum(held)} of {_number(len(held), 'time')}"
    return f"{scale.exact(payload['came'])} came{told}: {often}."


def _run_cells(run: Payload, scale: Scale) -> list[str]:
    stats, plan, period = run["bookings"], run["plan"], run["period"]
    return [
        run["folder"],
        day(run["made"]),
        f"{run['trials']:,}" if isinstance(run["trials"], int) else NOTHING,
        NOTHING if run["seed"] is None else str(run["seed"]),
        plain(run["version"] or NOTHING, 12),
        plain(period["name"], 12) or days(period["start"], period["end"]),
        *_amounts(scale, *(stats.get(key) for key in ("p10", "p50", "p90"))),
        *_amounts(scale, plan.get("amount")),
        chance_cells(plan)[0] if "chance" in plan else NOTHING,
    ]


def _notes(payload: Payload) -> Iterator[str]:
    for note in payload["notes"]:
        yield from wrapped(f"! {plain(note)}")


def _left_out(payload: Payload) -> Iterator[str]:
    for folder in payload["left_out"]:
        yield from wrapped(f"! {plain(folder['folder'], 40)} is left out: {plain(folder['reason'])}")


def _measure(measure: Payload) -> str:
    return f"{what_of(measure)}, {measure['period']}s"


def _scale(payload: Payload, *amounts: Any) -> Scale:
    """Return the scale that fits the largest of some amounts."""
    sizes = [abs(amount) for some in amounts for amount in some if amount is not None]
    return scale_for(max(sizes, default=0.0), payload["currency"])


def _amounts(scale: Scale, *amounts: float | None, sign: Sequence[int] = ()) -> list[str]:
    """Write amounts, with a sign those in some places; nothing where there is none."""
    return [NOTHING if a is None else scale.number(a, sign=i in sign) for i, a in enumerate(amounts)]


def _share(share: float | None, sign: bool = False) -> str:
    if share is None:
        return NOTHING
    whole = round(100 * share)
    return f"{whole:+} %".replace("-", "−") if sign and whole else f"{whole} %"


def _held(held: bool | None) -> str:
    return NOTHING if held is None else "held" if held else "missed"


def _number(count: int, noun: str) -> str:
    return f"{count:,} {noun}{'s' * (count != 1)}"


def _joined(parts: Sequence[Sequence[str]]) -> str:
    return "\n\n".join("\n".join(part) for part in parts if part) + "\n"
