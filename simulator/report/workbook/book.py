"""Make the workbook: its sheets in their order, those left out that there is nothing to tell in."""

from __future__ import annotations

from datetime import date as Day
from datetime import datetime, time
from typing import Final

from simulator.report.page.sections import missing
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
    Leaf("Plan", plans, "a plan by month", "data: plan: in the scenario"),
    Leaf("Segments", segments),
    Leaf("Funnels", funnels),
    Leaf("Deals", deals),
    Leaf("Scenarios", scenarios, "other scenarios", "compare"),
    Leaf("Bridge", bridge, "what changed since a run before", "bridge"),
    Leaf("Track record", track),
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
    lacking = [(leaf.what, leaf.command) for leaf, sheet in found if sheet is None and leaf.what]
    writer.add("Summary", summary(results, missing(lacking, results, "workbook")))
    for leaf, sheet in found:
        if sheet is not None:
            writer.add(leaf.name, sheet)
    return writer.finish()
