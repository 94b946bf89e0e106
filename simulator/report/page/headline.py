"""Say first what the forecast says, and what changed since the run before."""

from __future__ import annotations

from simulator.report.blocks import Section, Text
from simulator.report.results import Results
from simulator.words import since


def section(results: Results) -> Section:
    """Return the headline: the first sentence is the loudest."""
    first, *more = results.forecast["headline"]
    blocks = [Text(first, loud=True), *map(Text, more)]
    if (bridge := results.answer("bridge")) is not None:
        blocks.append(Text(since(bridge, results.scale)))
    return Section("headline", "", blocks)
