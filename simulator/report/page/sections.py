"""List the sections of the report in their order."""

from __future__ import annotations

from typing import Final

from simulator.report.blocks import Part, Section
from simulator.report.page import headline, walk
from simulator.report.results import Results

PARTS: Final = (
    Part(headline.section),
    Part(walk.section),
)


def sections(results: Results) -> list[Section]:
    """Return the sections that there is something to tell in."""
    return [found for part in PARTS if (found := part.section(results)) is not None]


def missing(results: Results) -> str:
    """Say in one line what the report lacks, and which commands bring it; "" if nothing."""
    lacking = [part for part in PARTS if part.what and part.section(results) is None]
    if not lacking:
        return ""
    texts = [f"{part.what}: {results.command(part.command)}" for part in lacking]
    return f"Not in this report: {'; '.join(texts)}."
