"""Make the workbook: its sheets in their order, those left out that there is nothing to tell in."""

from __future__ import annotations

from datetime import date as Day
from datetime import datetime, time
from typing import Final

from simulator.report.results import Results
from simulator.report.workbook.assumptions import assumptions
from simulator.report.workbook.bridge import bridge
from simulator.report.workbook.deals import deals
from simulator.report.workbook.months import months, plans, years
from simulator.report.workbook.quality import quality
from simulator.report.workbook.scenarios import scenarios
from simulator.report.workbook.segments import funnels, segments
from simulator.report.workbook.sheet import Leaf
from simulator.report.workbook.summary import charts, summary
from simulator.report.workbook.track import track
from simulator.report.workbook.writer import Writer
from simulator.words import day, plain

LEAVES: Final = (
    Leaf("Charts", charts),
    Leaf("Months", months),
    Leaf("Quarters and years", years),
    Leaf("Plan", plans, "a plan among the scenario's data"),
    Leaf("Segments", segments),
    Leaf("Funnels", funnels),
    Leaf("Deals", deals),
    Leaf("Scenarios", scenarios, "compare"),
    Leaf("Bridge", bridge, "bridge"),
    Leaf("Track record", track, "track"),
    Leaf("Assumptions", assumptions),
    Leaf("Data quality", quality),
)


def workbook(results: Results) -> bytes:
    """Return report.xlsx, the same bytes for the same run.

    Args:
        results: of the run.
    """
    forecast = results.forecast
    named = f"{plain(forecast['scenario'], 60)} · {day(forecast['as_of'])}"
    when = datetime.combine(Day.fromisoformat(forecast["as_of"]), time())
    writer = Writer({"title": named, "subject": "Sales forecast", "created": when}, named)
    found = [(leaf, leaf.sheet(results)) for leaf in LEAVES]
    lacking = [leaf for leaf, sheet in found if sheet is None and leaf.command]
    writer.add("Summary", summary(results, _missing(lacking, results)))
    for leaf, sheet in found:
        if sheet is not None:
            writer.add(leaf.name, sheet)
    return writer.finish()


def _missing(lacking: list[Leaf], results: Results) -> str:
    texts = [f"{leaf.name} ({_command(leaf, results)})" for leaf in lacking]
    return f"Not in this workbook: {', '.join(texts)}." if texts else ""


def _command(leaf: Leaf, results: Results) -> str:
    return results.command(leaf.command) if leaf.command.isidentifier() else leaf.command
