"""Put a scenario together: its file, its tables, its nouns."""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType
from typing import Any

from simulator.arrivals import PipelineGeneration
from simulator.cash import Cash
from simulator.clock import Clock
from simulator.figures import Figures
from simulator.loading.assumptions import list_assumptions
from simulator.loading.cash import build_cash
from simulator.loading.cells import Cells
from simulator.loading.columns import Place
from simulator.loading.customs import Customs
from simulator.loading.deals import DealsRead, SegmentOf, read_deals
from simulator.loading.doubtful import doubtful_deals
from simulator.loading.figures import read_figures
from simulator.loading.frame import (
    first_win_day,
    read_end,
    read_horizon,
    read_rates,
    read_targets,
    read_zone,
)
from simulator.loading.funnels import EndNames, build_funnel, open_stages
from simulator.loading.given import Given
from simulator.loading.invoices import read_invoices
from simulator.loading.learned import NAME, Learned, learned_generation, learned_segment
from simulator.loading.lines import Lines
from simulator.loading.money_suspicions import note_money
from simulator.loading.new_deals import estimated_generation, set_generation
from simulator.loading.notes import Notes
from simulator.loading.otherwise import decided, read_compared
from simulator.loading.places import Project
from simulator.loading.problems import Problems
from simulator.loading.products import build_mix, build_offers, build_products
from simulator.loading.quality import quality
from simulator.loading.renewals import read_renewals
from simulator.loading.segments import build_clock, build_segment
from simulator.loading.sorting import check_rule, rule_for, segment_finder
from simulator.loading.sources import Read, read_table
from simulator.loading.suspicions import note_suspicions
from simulator.loading.tables import AS_WRITTEN, Table
from simulator.loading.validate import follows, stands_apart
from simulator.market import Market
from simulator.periods import Horizon
from simulator.products import Line, Product
from simulator.receivables import Receivables
from simulator.records import dataclass
from simulator.renewals import Renewals
from simulator.scenario import Levers, pulled
from simulator.scenario.model import ScenarioFile
from simulator.scenario.scenario import Compared, Scenario, table_place
from simulator.scenario.segment import Segment
from simulator.scenario.segment_model import NewPipelineFile
from simulator.scenario.tree import Tree


@dataclass(frozen=True)
class _Frame:
    """What all steps share."""

    tree: Tree
    file: ScenarioFile
    project: Project
    problems: Problems
    notes: Notes
    customs: Customs
    ends: EndNames


def build(
    own: Tree, file: ScenarioFile, project: Project, problems: Problems, notices: list[str],
    learned: Learned | None = None, aside: Mapping[str, Mapping[int, str]] = MappingProxyType({}),
    read: Read = read_table,
) -> Scenario:  # fmt: skip
    """Return the scenario.

    Args:
        own: its plain data, with places.
        file: the same with learned figures beneath, checked.
        project: where the files lie that it names.
        problems: those found already.
        notices: of older versions.
        learned: what history tells.
        aside: rows that are left out before any is read, by table, with the code of the rule that says so.
        read: reads the tables.

    Raises:
        InputError: every problem of file and tables.
    """
    frame, end = _framed(tree := own if learned is None else learned.tree, file, project, problems)
    (notes := frame.notes).add_all("W008", notices)
    horizon = read_horizon(file, end, targets := read_targets(file, end, notes, tree, problems))
    funnels = {n: build_funnel(n, s, frame.ends, tree, problems) for n, s in file.segments.items()}
    clocks = {n: build_clock(n, s, horizon, tree, problems) for n, s in file.segments.items()}
    given, products = _given(frame, aside, read), build_products(file, tree, problems)
    mixes = {n: build_mix(n, s, products, tree, problems) for n, s in file.segments.items()}
    deals, lines = _deals(frame, given, clocks, products, mixes, since := first_win_day(file, targets))
    receivables, owners = _invoices(frame, given, deals)
    books, offers = _books(frame, given, horizon, lines, since), build_offers(file, tree, problems)
    generations, estimated, survivors = _generations(frame, deals, learned)
    given.tell()
    segments = _segments(frame, funnels, clocks, generations, mixes, horizon, learned)
    deals, compared = _otherwise(frame, deals, segments)
    doubtful, tables = doubtful_deals(deals.pipeline, deals.entered, segments, notes), given.tables
    note_suspicions(deals.pipeline, segments, doubtful, "invoices" in tables, "deals" in tables, notes)
    scenario = Scenario(
        **_as_written(file),
        horizon=horizon,
        segments=tuple(segments),
        pipeline=deals.pipeline,
        wins=deals.wins,
        receivables=receivables,
        rates=frame.customs.rates,
        targets=tuple(target for target, _ in targets),
        assumptions=list_assumptions(tree, file, estimated, learned),
        resolved=_resolved(own, given, learned),
        tables={key: (table.header, *table.rows) for key, table in tables.items()},
        open_deals_only=survivors,
        invoice_segment=owners,
        products=products,
        offers=offers,
        **vars(books),
        compare_with=compared,
        lost_reasons=deals.lost_reasons,
        disputes_known=given.has_column("invoices", "disputed"),
        quality=quality(given, deals.pipeline.id, doubtful, since),
    )
    note_money(scenario := _with_learned(scenario, learned, notes), tables, lines, notes)
    return replace(pulled(scenario, _levers(file)), lost=deals.lost, notes=notes.all())


def _as_written(file: ScenarioFile) -> dict[str, Any]:
    """Return what a scenario takes from its file as it stands there."""
    market = Market(file.market.shared, file.market.segment, file.market.phi)
    told = {key: getattr(file, key) for key in ("name", "description", "currency", "trials", "seed")}
    return told | {"market": market}


def _segments(
    frame: _Frame, funnels: Mapping[str, Any], clocks: Mapping[str, Clock],
    generations: Mapping[str, PipelineGeneration | None], mixes: Mapping[str, tuple[Line, ...]],
    horizon: Horizon, learned: Learned | None,
) -> list[Segment]:  # fmt: skip
    """Return the segments that have a funnel, with what was learned of them."""
    result = []
    for name, file in frame.file.segments.items():
        if (funnel := funnels[name]) is not None:
            generation, mix, tree = generations[name], mixes[name], frame.tree
            given = name, file, *funnel, clocks[name], generation, mix, horizon, tree, frame.problems
            result.append(learned_segment(build_segment(*given), learned))
    return result


def _otherwise(
    frame: _Frame, deals: DealsRead, segments: Sequence[Segment]
) -> tuple[DealsRead, tuple[Compared, ...]]:
    """Return the deals, single ones of which end as the scenario wants, and what it is compared with.

    Raises:
        InputError: problems so far, which come first, or those of what is wanted here.
    """
    tree, problems, said = frame.tree, frame.problems, frame.file.deals
    _keep_causes(tree, problems)
    problems.raise_if_any()
    pipeline = decided(deals.pipeline, deals.wins.id, said, segments, tree, problems, frame.notes)
    compared = read_compared(frame.file, tree, frame.project, problems)
    problems.raise_if_any()
    return replace(deals, pipeline=pipeline), compared


def _levers(file: ScenarioFile) -> dict[str, Levers]:
    return {name: segment.levers.noun() for name, segment in file.segments.items()}


def _with_learned(scenario: Scenario, learned: Learned | None, notes: Notes) -> Scenario:
    """Return the scenario with the draws and files of what was learned; conflicts are noted."""
    if learned is None:
        return scenario
    if learned.conflicts:
        text = f"learned, but set in the scenario, which wins: {', '.join(learned.conflicts)}"
        notes.add("W043", text)
    posterior, market = learned.posterior, scenario.market
    if posterior.rho is not None:  # drawn with everything else that is learned
        market = Market(None, None, market.phi)
    return replace(
        scenario, posterior=posterior, payers=posterior.payers, market=market, files=learned.contents,
        track_record=learned.track, lost_reasons={**scenario.lost_reasons, **learned.file.lost_reasons},
    )  # fmt: skip


def check_tables(tree: Tree, file: ScenarioFile, project: Project, problems: Problems) -> None:
    """Add the problems of the tables of a scenario that itself is wrong, and of parts of it that are not.

    Where it is wrong in how tables are to be read, they are not looked at.
    """
    if any((problem.column or "").startswith("data.") for problem in problems.found):
        return
    mine = Problems()
    frame, end = _framed(tree, file, project, mine)
    horizon = read_horizon(file, end, [])
    clocks = {n: build_clock(n, s, horizon, tree, mine) for n, s in file.segments.items()}
    for name, segment in file.segments.items():
        build_funnel(name, segment, frame.ends, tree, mine)
    given = _given(frame)
    products = build_products(file, tree, mine)
    mixes = {n: build_mix(n, s, products, tree, mine) for n, s in file.segments.items()}
    deals, lines = _deals(frame, given, clocks, products, mixes, 0)
    _invoices(frame, given, deals)
    _books(frame, given, horizon, lines, 0)
    told = tuple(problems.found)
    problems.found += [p for p in mine.found if p.code.startswith("D") or stands_apart(p, told)]
    _keep_causes(tree, problems)


def _keep_causes(tree: Tree, problems: Problems) -> None:
    """Take away problems of tables that may only follow from those of the scenario."""
    told = [problem for problem in problems.found if problem.code.startswith("S")]
    problems.found[:] = [problem for problem in problems.found if not follows(problem, tree, told)]


def _framed(tree: Tree, file: ScenarioFile, project: Project, problems: Problems) -> tuple[_Frame, Any]:
    rates = read_rates(file, tree, problems)
    zone = read_zone(file, tree, problems)
    customs = Customs(file.data.decimal, file.data.date_order, zone, rates, tree, as_of=file.as_of)
    ends = EndNames(
        frozenset(name.casefold() for name in file.data.won_stages),
        frozenset(name.casefold() for name in file.data.lost_stages),
    )
    frame = _Frame(tree, file, project, problems, Notes(file.as_of, rates), customs, ends)
    return frame, read_end(file, tree, problems)


# ---- tables


def _given(
    frame: _Frame, aside: Mapping[str, Mapping[int, str]] = MappingProxyType({}), read: Read = read_table
) -> Given:  # fmt: skip
    told = frame.tree, frame.file, frame.project, frame.problems, frame.notes, frame.customs
    return Given(*told, aside, read)


def _deals(
    frame: _Frame, given: Given, clocks: Mapping[str, Clock], products: Sequence[Product],
    mixes: Mapping[str, tuple[Line, ...]], since: int,
) -> tuple[DealsRead, Lines]:  # fmt: skip
    names, as_of = tuple(frame.file.segments), frame.file.as_of
    check_rule(frame.file.data.segment, names, frame.tree, frame.problems)
    cells = given.cells("deals")
    finder: SegmentOf = _nowhere
    if cells is None:
        cells = Cells(Table("", (), (), ()), {}, frame.customs, frame.problems)
    elif len(cells):
        finder = segment_finder(cells, frame.file.data.segment, names, frame.notes, frame.problems)
    places = [Place(n, open_stages(s, frame.ends), clocks[n]) for n, s in frame.file.segments.items()]
    table = given.cells("lines")
    lines = Lines(cells, table, products, tuple(mixes.values()), as_of, frame.notes)
    deals = read_deals(cells, places, finder, frame.ends, as_of, since, lines, frame.notes)
    lines.check()
    return deals, lines


def _nowhere(row: int, complain: bool) -> int:
    return -1


def _invoices(frame: _Frame, given: Given, deals: DealsRead) -> tuple[Receivables, tuple[int, ...]]:
    cells = given.cells("invoices")
    if cells is None:
        return Receivables.empty(), ()
    return read_invoices(cells, frame.file.as_of, deals.segment_of, frame.notes)


@dataclass(frozen=True)
class _Books:
    """What the company has written down besides deals and invoices."""

    actuals: Figures
    plan: Figures
    renewals: Renewals
    cash: Cash


def _books(frame: _Frame, given: Given, horizon: Horizon, lines: Lines, since: int) -> _Books:
    names, year = tuple(frame.file.segments), horizon.day_of(horizon.fiscal_years[0].start)
    actuals, plan = given.cells("actuals"), given.cells("plan")
    due, outflows = given.cells("renewals"), given.cells("outflows")
    renewals = Renewals.empty()
    if due is not None:
        rule = rule_for(due, frame.file.data.segment)
        finder = segment_finder(due, rule, names, frame.notes, frame.problems)
        renewals = read_renewals(due, finder, lines, horizon, frame.notes)
    return _Books(
        Figures.empty() if actuals is None else read_figures(actuals, names, horizon, True, since),
        Figures.empty() if plan is None else read_figures(plan, names, horizon, False, year),
        renewals,
        build_cash(frame.file, outflows, horizon, frame.tree, frame.problems),
    )


# ---- new pipeline


def _generations(
    frame: _Frame, deals: DealsRead, learned: Learned | None
) -> tuple[dict[str, PipelineGeneration | None], dict[str, tuple[PipelineGeneration, str]], bool]:
    """Return new pipeline by segment, which of it is estimated, and whether only survivors were given."""
    result: dict[str, PipelineGeneration | None] = {}
    estimated: dict[str, tuple[PipelineGeneration, str]] = {}
    wanting = []
    for index, (name, segment) in enumerate(frame.file.segments.items()):
        stages, given = open_stages(segment, frame.ends), segment.new_pipeline
        result[name] = None
        draws = None if learned is None else learned.segment(name).generation
        if draws is not None:
            result[name] = learned_generation(draws)
        elif isinstance(given, NewPipelineFile):
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


def _resolved(tree: Tree, given: Given, learned: Learned | None) -> dict[str, Any]:
    """Return the scenario as it is written beside its tables."""
    resolved = copy.deepcopy(tree.data)
    if learned is not None:
        resolved["learned"] = NAME
    kept, typed, told = {}, {}, {}
    for key, table in given.tables.items():
        top, name = table_place(key)
        file = f"{key}.csv"
        resolved[top] = (resolved.get(top) or {}) | {name: file}
        if (before := given.file_of(key)) != file:
            kept[file] = before
        if table.typed:
            typed[key] = [table.header[at] for at in sorted(table.typed)]
        if table.told and table.told != AS_WRITTEN:
            told[key] = list(table.told)
    for name, found in {"kept_from": kept, "typed": typed, "told": told}.items():
        if found:
            resolved["data"] = (resolved.get("data") or {}) | {name: found}
    return resolved
