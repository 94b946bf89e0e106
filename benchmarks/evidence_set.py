"""Forecast a made-up CRM as it stood at a date with figures set by hand, and put beside it what came true."""

from __future__ import annotations

import csv
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import simulator

SOURCE = "maven_opportunities.csv"
AS_OF = date(2017, 6, 30)
QUARTER = date(2017, 7, 1), date(2017, 9, 30)
RECENT = date(2017, 4, 1)
REGIONS = ("Central", "East", "West")

# Set without regard to the outcomes: what a sales manager would say of deals that customers engage in.
CLOSE_CHANCE = "60%"
CYCLE = "60d"

TRIALS = 4_000
TITLES = {
    "New deals set by hand: the number and the prices of the last three months": True,
    "New deals estimated, as by default: from the created dates of the last twelve months": False,
}

SCENARIO = """\
version: 1
name: {name}
description: Maven Analytics' CRM Sales Opportunities as known on {as_of}, with set figures
source: assumption, set without history
as_of: {as_of}
horizon: {until}
fiscal_year_start: 1
currency: USD
data:
  deals: {table}
  columns:
    deals:
      id: opportunity_id
      stage: deal_stage
      amount: sales_price
      segment: regional_office
      created: engage_date
      entered_stage: engage_date
      closed: close_date
  won_stages: [Won]
  lost_stages: [Lost]
segments:
"""

SEGMENT = """\
  {region}:
    stages:
      Engaging: {{close: {close}}}
    cycle: {{median: {cycle}}}
    new_pipeline: {new}
"""

COUNTED = "    amount: {unchanged: 1}\n"

Row = dict[str, str]
Payload = dict[str, Any]


@dataclass(frozen=True)
class Outcome:
    """What came true in the quarter: number and value of wins, by whether the deal was open at the date."""

    open_deals: int
    open_wins: int
    open_value: Decimal
    new_wins: int
    new_value: Decimal
    undated: int


@dataclass(frozen=True)
class Line:
    """One quantity: the forecast's low, middle, high and mean, and what came true."""

    what: str
    low: float
    middle: float
    high: float
    mean: float
    actual: float

    @property
    def inside(self) -> bool:
        """Whether the actual value lies between low and high."""
        return self.low <= self.actual <= self.high


def report(data: Path) -> Iterator[str]:
    """Lay out the forecast beside what came true."""
    rows = read(data / SOURCE)
    outcome = came_true(rows)
    yield f"CRM Sales Opportunities (Maven Analytics) as of {AS_OF}, {QUARTER[0]} to {QUARTER[1]}"
    yield f"{outcome.open_deals:,} deals open; {outcome.undated} in Prospecting, without a date, left out"
    passed = True
    for title, by_hand in TITLES.items():
        payloads = {counted: forecast_of(rows, by_hand=by_hand, counted=counted) for counted in (True, False)}
        yield f"\n{title}\n{'':30}{'low':>12}{'middle':>12}{'high':>12}{'average':>12}{'came true':>12}"
        for line in side_by_side(payloads, outcome):
            numbers = (line.low, line.middle, line.high, line.mean, line.actual)
            yield f"{line.what:30}" + "".join(f"{n:12,.0f}" for n in numbers) + f"  {verdict(line)}"
        passed &= all(payload["self_check"]["passed"] for payload in payloads.values())
    yield f"\nself-check {'passed' if passed else 'FAILED'} in each run of {TRIALS:,} trials"


def verdict(line: Line) -> str:
    """Say where the actual value lies."""
    if line.inside:
        return "inside"
    return "below" if line.actual < line.low else "above"


def read(source: Path) -> list[Row]:
    """Read the table as it was published."""
    with source.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def came_true(rows: Sequence[Row]) -> Outcome:
    """Count what was won in the quarter; nothing of this reaches the forecast."""
    first, last = (day.isoformat() for day in QUARTER)
    won = [row for row in rows if row["deal_stage"] == "Won" and first <= row["close_date"] <= last]
    old = [row for row in won if row["engage_date"] <= AS_OF.isoformat()]
    new = [row for row in won if row["engage_date"] > AS_OF.isoformat()]
    return Outcome(
        open_deals=sum(open_then(row) for row in rows),
        open_wins=len(old),
        open_value=sum((Decimal(row["close_value"]) for row in old), Decimal(0)),
        new_wins=len(new),
        new_value=sum((Decimal(row["close_value"]) for row in new), Decimal(0)),
        undated=sum(not row["engage_date"] for row in rows),
    )


def open_then(row: Row) -> bool:
    """Tell whether a deal was known and open at the end of the as-of day."""
    known = "" < row["engage_date"] <= AS_OF.isoformat()
    return known and not "" < row["close_date"] <= AS_OF.isoformat()


def as_known(rows: Sequence[Row]) -> list[Row]:
    """Return what an export would have shown on the as-of day; sector and account are never used."""
    kept = ("opportunity_id", "deal_stage", "engage_date", "close_date", "sales_price", "regional_office")
    result = []
    for row in rows:
        if "" < row["engage_date"] <= AS_OF.isoformat():
            known = {name: row[name] for name in kept}
            if open_then(row):
                known |= {"deal_stage": "Engaging", "close_date": ""}
            result.append(known)
    return result


def write_scenario(folder: Path, rows: Sequence[Row], *, by_hand: bool, counted: bool) -> Path:
    """Write table and scenario into a folder; return the scenario's path.

    Args:
        folder: where to.
        rows: the table as it was published.
        by_hand: whether new deals are set, rather than estimated.
        counted: whether each deal counts 1 instead of its list price: bookings are then numbers of wins.
    """
    known = as_known(rows)
    if counted:
        known = [row | {"sales_price": "1"} for row in known]
    with (folder / "deals.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(known[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(known)
    text = SCENARIO.format(name="maven", as_of=AS_OF, until=QUARTER[1], table="deals.csv")
    for region in REGIONS:
        new = recent_pace(known, region) if by_hand else "estimate"
        text += SEGMENT.format(region=region, close=CLOSE_CHANCE, cycle=CYCLE, new=new)
        text += COUNTED if counted else ""
    path = folder / "scenario.yaml"
    path.write_text(text, encoding="utf-8", newline="\n")
    return path


def recent_pace(known: Sequence[Row], region: str) -> str:
    """Describe new deals as those of the last three full months: their number and their list prices."""
    prices = sorted(
        int(row["sales_price"])
        for row in known
        if row["regional_office"] == region and row["engage_date"] >= RECENT.isoformat()
    )
    values = ", ".join(str(price) for price in prices)
    return f"{{per_month: {len(prices) / 3:.1f}, amount: {{dist: empirical, values: [{values}]}}}}"


def forecast_of(rows: Sequence[Row], *, by_hand: bool, counted: bool, trials: int = TRIALS) -> Payload:
    """Forecast the quarter from what was known at the as-of day; return forecast.json's fields."""
    with tempfile.TemporaryDirectory() as folder:
        scenario = simulator.load(write_scenario(Path(folder), rows, by_hand=by_hand, counted=counted))
        payload: Payload = simulator.simulate(scenario, trials=trials, seed=1).to_json()
        return payload


def side_by_side(payloads: Mapping[bool, Payload], outcome: Outcome) -> list[Line]:
    """Return wins and bookings of the quarter, by whether a deal was open then, with what came true.

    Args:
        payloads: forecasts by whether deals are counted.
        outcome: what came true.
    """
    lines = []
    for what, counted, source, actual in (
        ("wins of deals open then", True, "open", outcome.open_wins),
        ("wins of deals created since", True, "new", outcome.new_wins),
        ("bookings of deals open then", False, "open", outcome.open_value),
        ("bookings of deals created since", False, "new", outcome.new_value),
    ):
        found = payloads[counted]["sources"][source]["bookings"]
        low, middle, high, mean = (float(found[name]) for name in ("p10", "p50", "p90", "mean"))
        lines.append(Line(what, low, middle, high, mean, float(actual)))
    return lines
