"""Write a forecast as rows: the long CSV, the deals, a pandas table, a notebook's view."""

from __future__ import annotations

from collections.abc import Iterator
from html import escape
from typing import TYPE_CHECKING, Any

from simulator.forecast.levels import level_at, levels
from simulator.forecast.payload import deals, payload, segments
from simulator.forecast.statistics import LEVELS, statistics
from simulator.forecast.trials import Trials
from simulator.periods import Period

if TYPE_CHECKING:
    import pandas

HEADER = ("series", "segment", "source", "from", "until", "cumulative", "statistic", "value")


def long_rows(forecast: Trials) -> Iterator[tuple[Any, ...]]:
    """Yield the header and the rows of forecast.csv, in major units; levels are those of a period's end."""
    yield HEADER
    horizon = forecast.scenario.horizon
    start, parts = horizon.date_of(forecast.year_start), segments(forecast)
    for series in forecast.scenario.series:
        for period in horizon.periods:
            whole = Period("", start, period.end)
            yield from _rows(series, "all", "all", period, False, *forecast.window(series, period), forecast)
            yield from _rows(series, "all", "all", whole, True, *forecast.window(series, whole), forecast)
            for source in dict.fromkeys(s.source for s in forecast.slices):
                first, last = horizon.day_of(period.start), horizon.day_of(period.end)
                amounts = forecast.amounts(series, first, last, source=source)
                yield from _rows(series, "all", source, period, False, amounts, 0.0, forecast)
            for name, i in parts:
                window = forecast.window(series, period, i)
                yield from _rows(series, name, "all", period, False, *window, forecast)
    for level in levels(forecast):
        for period in horizon.periods:
            amounts = level_at(forecast, level, horizon.day_of(period.end))
            yield from _rows(level, "all", "all", period, False, amounts, 0.0, forecast)


def deal_rows(forecast: Trials) -> Iterator[dict[str, Any]]:
    """Yield the rows of deals.csv."""
    pipeline = forecast.scenario.pipeline
    unit = forecast.unit
    for i, row in enumerate(deals(forecast)):
        deal = pipeline[i]
        amount = forecast.scenario.rates.convert(deal.amount, deal.currency, 0) / unit
        stage = forecast.scenario.segments[deal.segment].funnel.stages[deal.stage]
        close = row.pop("close")
        yield {
            "id": row.pop("id"),
            "name": deal.name,
            "customer": deal.customer,
            "segment": row.pop("segment"),
            "stage": stage,
            "amount": float(amount),
            **row,
            "close_early": close["p10"],
            "close_middle": close["p50"],
            "close_late": close["p90"],
        }


def frame(forecast: Trials) -> pandas.DataFrame:
    """Return mean, low, middle and high by series and period; levels are those of its end."""
    import pandas

    rows, horizon = [], forecast.scenario.horizon
    found: list[tuple[str, Period, Any, float]] = [
        (s, p, *forecast.window(s, p)) for s in forecast.scenario.series for p in horizon.periods
    ]  # fmt: skip
    found += [
        (level, p, level_at(forecast, level, horizon.day_of(p.end)), 0.0)
        for level in levels(forecast) for p in horizon.periods
    ]  # fmt: skip
    for series, period, amounts, past in found:
        stats = statistics(amounts, forecast.unit, past)
        rows.append((series, period.name, stats["mean"], stats["p10"], stats["p50"], stats["p90"]))
    columns = ["series", "period", "mean", "low", "middle", "high"]
    return pandas.DataFrame(rows, columns=columns).set_index(["series", "period"])


def html(forecast: Trials) -> str:
    """Return the headline and the fiscal periods for a notebook."""
    result = payload(forecast)
    lines = "".join(f"<p>{escape(line)}</p>" for line in result["headline"])
    cells = "".join(
        f"<tr><td>{escape(p['name'])}</td>"
        + "".join(f"<td>{p['bookings'][k]:,.0f}</td>" for k in ("p10", "p50", "p90"))
        + "</tr>"
        for p in result["fiscal"]
        if p["complete"]
    )
    head = "<tr><th>bookings</th><th>low</th><th>middle</th><th>high</th></tr>"
    return f"{lines}<table>{head}{cells}</table>"


def _rows(
    series: str, segment: str, source: str, period: Period, cumulative: bool, amounts: Any, past: float,
    forecast: Trials,
) -> Iterator[tuple[Any, ...]]:  # fmt: skip
    stats = statistics(amounts, forecast.unit, past)
    place = series, segment, source, period.start.isoformat(), period.end.isoformat(), int(cumulative)
    for name in ("mean", "sd", *(f"p{level:g}" for level in LEVELS)):
        yield *place, name, stats[name]
