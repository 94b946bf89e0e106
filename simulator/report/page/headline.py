"""Say first what the forecast says, what changed since the run before, and the few numbers that count."""

from __future__ import annotations

from simulator.report.blocks import Numbers, Section, Text
from simulator.report.numbers import top_numbers
from simulator.report.results import Results
from simulator.words import doubt, since


def section(results: Results) -> Section:
    """Return the headline: the first paragraph is the loudest."""
    first, *more = results.forecast["headline"]
    texts = [Text(first, loud=True), *map(Text, more)]
    if (bridge := results.answer("bridge")) is not None:
        texts.append(Text(since(bridge, results.scale)))
    if warning := doubt(results.answer("track"), results.forecast):
        texts.append(Text(warning))
    return Section("headline", "", [*texts, Numbers(top_numbers(results))])
