"""Walk from the CRM's number to ours, step by step."""

from __future__ import annotations

from simulator.report.blocks import Picture, Section, Text
from simulator.report.page.rows import waterfall
from simulator.report.results import Results
from simulator.report.walk import walk_heading, walk_steps, walk_title
from simulator.words import headline_name, headline_period


def section(results: Results) -> Section | None:
    """Return the walk, None where there is nothing to walk between."""
    steps = walk_steps(results.forecast, results.scale)
    if not steps:
        return None
    title = walk_title(results.forecast)
    told = ", ".join(f"{step.name} {step.text}" for step in steps)
    how = "Each step begins where the one before it ends; what is printed adds up."
    note = f"{headline_name(headline_period(results.forecast))}, averages, {results.scale.name}. {how}"
    picture = Picture(waterfall(steps), f"{title}, {results.scale.name}: {told}.")
    return Section("walk", walk_heading(results.forecast), [Text(note, quiet=True), picture])
