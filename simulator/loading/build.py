"""Put a scenario together: its file, its tables, its nouns."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from simulator.arrivals import PipelineGeneration
from simulator.clock import Clock
from simulator.errors import InputError
from simulator.loading.assumptions import list_assumptions
from simulator.loading.cells import Cells, Customs, find_columns
from simulator.loading.columns import Place
from simulator.loading.deals import NEEDED as NEEDED_OF_DEALS
from simulator.loading.deals import DealsRead, read_deals
from simulator.loading.frame import (
    first_win_day,
    read_end,
    read_horizon,
    read_rates,
    read_targets,
    read_zone,
)
from simulator.loading.funnels import EndNames, build_funnel, open_stages
from simulator.loading.invoices import NEEDED as NEEDED_OF_INVOICES
from simulator.loading.invoices import read_invoices
from simulator.loading.new_deals import estimated_generation, set_generation
from simulator.loading.notes import Notes
from simulator.loading.problems import Problems
from simulator.loading.segments import build_clock, build_segment
from simulator.loading.sorting import check_rule, segment_finder
from simulator.loading.suspicions import note_suspicions
from simulator.loading.tables import Table, read_table
from simulator.market import Market
from simulator.receivables import Receivables
from simulator.scenario.model import DEAL_COLUMNS, INVOICE_COLUMNS, ScenarioFile
from simulator.scenario.scenario import Scenario
from simulator.scenario.segment_model import NewPipelineFile
from simulator.scenario.tree import Tree


@dataclass(frozen=True)
class _Frame:
    """What all steps share."""

    tree: Tree
    file: ScenarioFile
    problems: Problems
    notes: Notes
    customs: Customs
    ends: EndNames


def build(tree: Tree, file: ScenarioFile, problems: Problems, notices: list[str]) -> Scenario:
    """Return the scenario.

    Args:
        tree: its plain data, with places.
        file: the same, checked.
        problems: those found already.
        notices: of older versions.

    Raises:
        InputError: every problem of file and tables.
    """
    frame, end = _framed(tree, file, problems)
    notes = frame.notes
    for notice in notices:
        notes.add("W008", notice)
    targets = read_targets(file, end, notes, tree, problems)
    horizon = read_horizon(file, end, targets)
    funnels = {n: build_funnel(n, s, frame.ends, tree, problems) for n, s in file.segments.items()}
    clocks = {n: build_clock(n, s, horizon, tree, problems) for n, s in file.segments.items()}
    tables = _read_tables(frame)
    deals = _deals(frame, tables.get("deals"), clocks, first_win_day(file, targets))
    receivables, owners = _invoices(frame, tables.get("invoices"), deals)
    generations, estimated, survivors = _generations(frame, deals)
    segments = [
        build_segment(name, segment, *funnel, clocks[name], generations[name], horizon, tree, problems)
        for name, segment in file.segments.items()
        if (funnel := funnels[name]) is not None
    ]
    problems.raise_if_any()
    assert deals is not None
    note_suspicions(deals.pipeline, segments, "invoices" in tables, "deals" in tables, notes)
    return Scenario(
        name=file.name,
        description=file.description,
        currency=file.currency,
        horizon=horizon,
        segments=tuple(segments),
        pipeline=deals.pipeline,
        wins=deals.wins,
        receivables=receivables,
        rates=frame.customs.rates,
        market=Market(file.market.shared, file.market.segment, file.market.phi),
        targets=tuple(target for target, _ in targets),
        trials=file.trials,
        seed=file.seed,
        assumptions=list_assumptions(tree, file, estimated),
        notes=notes.all(),
        resolved=_resolved(tree, tables),
        tables={key: (table.header, *table.rows) for key, table in tables.items()},
        open_deals_only=survivors,
        invoice_segment=owners,
    )


def check_tables(tree: Tree, file: ScenarioFile, problems: Problems) -> None:
    """Add the problems of the tables of a scenario that itself is wrong; those of the scenario are known."""
    mine = Problems()
    frame, end = _framed(tree, file, mine)
    horizon = read_horizon(file, end, [])
    clocks = {n: build_clock(n, s, horizon, tree, mine) for n, s in file.segments.items()}
    tables = _read_tables(frame)
    deals = _deals(frame, tables.get("deals"), clocks, 0)
    _invoices(frame, tables.get("invoices"), deals)
    for problem in mine.found:
        if problem.code.startswith("D"):
            problems.add(problem)


def _framed(tree: Tree, file: ScenarioFile, problems: Problems) -> tuple[_Frame, Any]:
    rates = read_rates(file, tree, problems)
    zone = read_zone(file, tree, problems)
    customs = Customs(file.data.decimal, file.data.date_order, zone, rates, tree)
    ends = EndNames(
        frozenset(name.casefold() for name in file.data.won_stages),
        frozenset(name.casefold() for name in file.data.lost_stages),
    )
    frame = _Frame(tree, file, problems, Notes(file.as_of, rates), customs, ends)
    return frame, read_end(file, tree, problems)


# ---- tables


def _read_tables(frame: _Frame) -> dict[str, Table]:
    """Return the tables that the scenario names, without those that are not there or no tables."""
    found = {}
    for key in ("deals", "invoices"):
        name = getattr(frame.file.data, key)
        if name is None:
            continue
        path = Path(frame.tree.place(("data", key)).folder, name)
        if not path.is_file():
            problem = frame.tree.problem("S015", f"there is no file {name}", ("data", key), name)
            frame.problems.add(problem)
            continue
        try:
            found[key] = read_table(path)
        except InputError as error:
            for problem in error.problems:
                frame.problems.add(problem)
    return found


def _cells(frame: _Frame, table: Table, key: str) -> Cells | None:
    """Return the table's cells, None where columns are missing."""
    before = len(frame.problems.found)
    file = getattr(frame.file.data.columns, key)
    named = {name: theirs for name, theirs in file if theirs is not None and name != "source"}
    known = DEAL_COLUMNS if key == "deals" else INVOICE_COLUMNS
    needed = NEEDED_OF_DEALS if key == "deals" else NEEDED_OF_INVOICES
    columns = find_columns(table, key, named, known, needed, frame.tree, frame.problems)
    if len(frame.problems.found) > before:
        return None
    return Cells(table, columns, frame.customs, frame.problems)


def _deals(frame: _Frame, table: Table | None, clocks: Mapping[str, Clock], since: int) -> DealsRead:
    names = tuple(frame.file.segments)
    check_rule(frame.file.data.segment, names, frame.tree, frame.problems)
    cells = _cells(frame, table, "deals") if table is not None else None
    if cells is None:
        cells = Cells(Table("", (), (), ()), {}, frame.customs, frame.problems)
    places = [Place(n, open_stages(s, frame.ends), clocks[n]) for n, s in frame.file.segments.items()]
    rule = frame.file.data.segment if len(cells) else None
    finder = segment_finder(cells, rule, names, frame.notes, frame.problems) if len(cells) else _nowhere
    return read_deals(cells, places, finder, frame.ends, frame.file.as_of, since, frame.notes)


def _nowhere(row: int, complain: bool) -> int:
    return -1


def _invoices(frame: _Frame, table: Table | None, deals: DealsRead) -> tuple[Receivables, tuple[int, ...]]:
    cells = _cells(frame, table, "invoices") if table is not None else None
    if cells is None:
        return Receivables.empty(), ()
    return read_invoices(cells, frame.file.as_of, deals.segment_of, frame.notes)


# ---- new pipeline


def _generations(
    frame: _Frame, deals: DealsRead
) -> tuple[dict[str, PipelineGeneration | None], dict[str, tuple[PipelineGeneration, str]], bool]:
    """Return new pipeline by segment, which of it is estimated, and whether only survivors were given."""
    result: dict[str, PipelineGeneration | None] = {}
    estimated: dict[str, tuple[PipelineGeneration, str]] = {}
    wanting = []
    for index, (name, segment) in enumerate(frame.file.segments.items()):
        stages, given = open_stages(segment, frame.ends), segment.new_pipeline
        result[name] = None
        if isinstance(given, NewPipelineFile):
            keys = ("segments", name, "new_pipeline")
            result[name] = set_generation(given, stages, keys, frame.tree, frame.problems)
        elif given == "estimate" and deals.has_closed and deals.dated and stages:
            found = estimated_generation(name, index, len(stages), deals, frame.file.as_of, frame.notes)
            if found is not None:
                result[name], estimated[name] = found[0], found
        elif given == "estimate":
            wanting.append(name)
    survivors = bool(wanting) and len(deals.pipeline) > 0 and not deals.has_closed
    if survivors:
        text = f"new deals of {', '.join(wanting)} cannot be estimated: only open deals are given"
        frame.notes.add("W016", text)
    elif wanting:
        text = f"new deals of {', '.join(wanting)} cannot be estimated: no created dates are given"
        frame.notes.add("W017", text)
    return result, estimated, survivors


# ---- what a run keeps


def _resolved(tree: Tree, tables: Mapping[str, Table]) -> dict[str, Any]:
    """Return the scenario as it is written beside its tables."""
    resolved = copy.deepcopy(tree.data)
    data = {key: value for key, value in (resolved.get("data") or {}).items()}
    data |= {key: f"{key}.csv" for key in tables}
    return resolved | ({"data": data} if data else {})
