"""Read what came from a file of its own, as the scenario of a run would read it."""

from __future__ import annotations

from pathlib import Path

from simulator.figures import Figures
from simulator.loading.cells import find_columns, opened_cells
from simulator.loading.customs import Customs
from simulator.loading.figures import NEEDED, read_figures
from simulator.loading.frame import read_rates, read_zone
from simulator.loading.opened import opened, scenario_in
from simulator.loading.places import project_of
from simulator.loading.sources import read_table
from simulator.scenario.scenario import Scenario
from simulator.scenario.table_model import TABLES

KIND = "actuals"


def read_actuals(path: Path, run: Path, scenario: Scenario) -> Figures:
    """Return the figures of a file, in days from the scenario's as-of day, whatever their months.

    Columns have the names that the scenario gives them, or ours.

    Args:
        path: of the file: month, series, segment, amount.
        run: folder of the run whose scenario says how tables are written.
        scenario: of that run.

    Raises:
        InputError: every problem of the file at once.
        PlaceError: it cannot be read.
    """
    found = opened(run, project_of(scenario_in(run)))
    file, tree, problems = found.file, found.own, found.problems
    table = read_table(path)
    said = file.data.columns.actuals
    theirs = {ours: name for ours, name in said.named.items() if table.column(name) is not None}
    columns = find_columns(table, KIND, theirs, TABLES[KIND], NEEDED, tree, problems)
    problems.raise_if_any()
    rates, zone = read_rates(file, tree, problems), read_zone(file, tree, problems)
    customs = Customs(file.data.decimal, file.data.date_order, zone, rates, tree)
    customs = customs.of(KIND, said.decimal, said.date_order, alone=False)
    cells = opened_cells(table, columns, customs, problems)
    problems.raise_if_any()
    names = tuple(segment.name for segment in scenario.segments)
    figures = read_figures(cells, names, scenario.horizon, have_begun=False)
    problems.raise_if_any()
    return figures
