"""List the sections of the report in their order."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from simulator.report.blocks import Part, Section
from simulator.report.page import (
    bridge,
    data_quality,
    deals,
    funnels,
    goal,
    headline,
    months,
    outlook,
    provenance,
    reach,
    scenarios,
    swings,
    track,
    uncertainty,
    walk,
)
from simulator.report.results import Results

PARTS: Final = (
    Part(headline.section),
    Part(walk.section),
    Part(outlook.section),
    Part(reach.section),
    Part(months.section),
    Part(bridge.section),
    Part(funnels.section),
    Part(swings.section, "the deals that swing it", "explain"),
    Part(goal.section, "what it would take", "goal"),
    Part(scenarios.section, "other scenarios", "compare"),
    Part(uncertainty.section, "where the uncertainty comes from", "explain"),
    Part(track.section),
    Part(deals.section),
    Part(data_quality.section),
    Part(provenance.section),
)


def sections(results: Results) -> tuple[list[Section], str]:
    """Return the sections that there is something to tell in, and a line on what the report lacks.

    The line names the commands that bring it; it is "" if nothing is lacking.
    """
    found = [(part, part.section(results)) for part in PARTS]
    lacking = [(part.what, part.command) for part, section in found if section is None and part.what]
    return [section for _, section in found if section is not None], missing(lacking, results, "report")


def missing(lacking: Sequence[tuple[str, str]], results: Results, where: str) -> str:
    """Say in one line what a report lacks, and the commands that bring it; "" if nothing is lacking.

    Args:
        lacking: what, and the command, or words where no command about the run brings it.
        results: of the run.
        where: it is lacking, as in `report`.
    """
    by_command: dict[str, list[str]] = {}
    for what, told in lacking:
        command = results.command(told) if told.isidentifier() else told
        by_command.setdefault(command, []).append(what)
    texts = [f"{_listed(what)} ({command})" for command, what in by_command.items()]
    return f"Not in this {where}: {'; '.join(texts)}." if texts else ""


def _listed(texts: list[str]) -> str:
    *most, last = texts
    return f"{', '.join(most)} and {last}" if most else last
