"""The command `show`: a scenario as the engine sees it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from pathlib import Path

import click

from simulator.cli.loaded import loaded, scenario_options
from simulator.cli.terminal import say


@click.command(name="show", short_help="Show a scenario as the engine sees it, without a random number.")
@scenario_options
def command(scenario: Path, as_of: date | None, sets: Sequence[str], problems: Path | None) -> None:
    """Show SCENARIO, a file or a run's folder, as the engine sees it; no random number is drawn.

    Each funnel with its chances both ways, what stands in it, what is sold, renewed and offered, the exact
    averages of bookings, billings, revenue and receipts by period and by source, what they leave in the bank,
    where each figure comes from, and what looks suspicious.
    """
    resolved = loaded(scenario, sets, as_of, problems)
    from simulator.report.show import shown

    say(shown(resolved))
