"""Open the files of a company's record, and find out how they are written."""

from __future__ import annotations

from dataclasses import field, replace

from simulator.currency import RateCurve
from simulator.loading.cells import Cells, opened_cells
from simulator.loading.currency_columns import unread_currencies
from simulator.loading.customs import Customs
from simulator.loading.history_columns import Match, amount_column, mapped_kind, match_columns
from simulator.loading.history_frame import COLUMNS, HistoryFrame, Kind
from simulator.loading.presets import Preset, ends_of, prepared, preset_of
from simulator.loading.problems import Problems
from simulator.loading.tables import Table
from simulator.loading.unread_payments import unread_payments
from simulator.records import dataclass
from simulator.scenario.table_model import TableCustoms
from simulator.scenario.tree import Place, Tree


@dataclass(frozen=True)
class Source:
    """A file of the record.

    Attributes:
        kind: what it tells of.
        cells: its cells by our columns.
        frame: how it is written.
        day: of the export, ordinal; None where its name tells none.
        problems: cells that could not be read, so far.
    """

    kind: Kind
    cells: Cells
    frame: HistoryFrame
    day: int | None = None
    problems: Problems = field(default_factory=Problems)

    @property
    def name(self) -> str:
        """Name of the file."""
        return self.cells.table.name

    def place(self, row: int, deal: str = "") -> str:
        """Say where a row stands."""
        line = self.cells.table.lines[row]
        said = f"{self.name}, line {line}" if line else f"{self.name}, row {row + 1}"
        return f"{said}: {deal}" if deal else said


@dataclass(frozen=True)
class Recognised:
    """A table whose columns were found, before its cells are read.

    Attributes:
        table: as it is to be read.
        match: its columns.
        frame: how it is written.
        day: of the export, ordinal; None where its name tells none.
        preset: what export it is, None where only common names were found, or names given by hand.
        log: of the stages of deals, where columns of their table tell it.
    """

    table: Table
    match: Match
    frame: HistoryFrame
    day: int | None
    preset: Preset | None = None
    log: Recognised | None = None

    @property
    def unlocks(self) -> tuple[str, ...]:
        """What another export would tell besides."""
        said = {} if self.preset is None else self.preset.unlocks
        return tuple(unlock for ours, unlock in said.items() if ours not in self.match.columns)


def recognise(table: Table, frame: HistoryFrame, day: int | None = None) -> Recognised | None:
    """Return what a table tells of, None where it is no part of a record.

    What was mapped by hand counts first, then exports of known systems, then common names of columns. Deals
    whose columns tell when they entered their stages are a log of these too.

    Raises:
        InputError: it is an export of a known system that cannot be used, or of one of two.
    """
    if (preset := _preset_of(table, frame, mapped_kind(table, frame))) is not None:
        return _of_preset(table, preset, frame, day)
    match = match_columns(table, frame)
    if match is None:
        return None
    if match.kind == "deals" and (at := amount_column(table, match.columns, frame)) is not None:
        match.columns["amount"] = at
    return Recognised(table, match, frame, day)


def _preset_of(table: Table, frame: HistoryFrame, kind: Kind | None) -> Preset | None:
    """Return what export a table is, first of the systems that are said."""
    for said, system in frame.systems.items():
        if kind in (None, said) and (preset := preset_of(table, system, said)) is not None:
            return preset
    return preset_of(table, kind=kind)


def _of_preset(table: Table, preset: Preset, frame: HistoryFrame, day: int | None) -> Recognised:
    """Return an export as it is mended, the names of won and lost that it tells, and its log of stages."""
    table, names, _ = prepared(table, preset.name, preset.kind, frame.columns.get(preset.kind, {}))
    if preset.kind == "deals":
        won, lost = ends_of(table, names, preset)
        won, lost = (*frame.won_stages, *won), (*frame.lost_stages, *lost)
        frame = replace(frame, won_stages=won, lost_stages=lost)
    log = None
    if preset.log and (parts := preset.log(table, names)) is not None:
        moves, table = parts
        own = {ours: moves.header.index(ours) for ours in COLUMNS["events"] if ours in moves.header}
        log = Recognised(moves, Match("events", own), frame, day)
    places = {ours: table.column(names.get(ours, ours)) for ours in COLUMNS[preset.kind]}
    columns = {ours: at for ours, at in places.items() if at is not None}
    return Recognised(table, Match(preset.kind, columns), frame, day, preset, log)


def open_source(found: Recognised, currency: str, problems: Problems, alone: bool = True) -> Source:
    """Return a table with its cells ready to be read; what has to be said before becomes a problem.

    Args:
        found: the table.
        currency: of the company.
        problems: takes what has to be said.
        alone: whether the record has no files of other kinds, so that what is said of all is said of it.
    """
    frame = found.frame
    own = frame.own.get(found.match.kind, TableCustoms())
    customs = Customs(
        decimal=frame.decimal,
        order=frame.date_order,
        zone=frame.zone,
        rates=RateCurve.of(currency, {c: r for c, r in frame.rates.items() if c != currency}),
        tree=Tree({}, {(): Place(frame.place, None, ".")}),
        above="",
        as_of=frame.known,
    ).of(found.match.kind, own.decimal, own.date_order, alone)
    kind, columns = found.match.kind, found.match.columns
    if "currency" in COLUMNS[kind]:
        said = frame.currencies.get(kind)
        unread = unread_currencies(found.table, kind, columns, currency, said, frame.setting)
        problems.found.extend([unread] if unread is not None else [])
    paid = None if found.preset else unread_payments(found.table, kind, columns, frame.setting)
    problems.found.extend([paid] if paid is not None else [])
    cells = opened_cells(found.table, columns, customs, problems)
    amounts_in = frame.currencies.get(kind, "")
    cells = replace(cells, problems=(mine := Problems()), amount_is=frame.amount_is, amounts_in=amounts_in)
    return Source(kind, cells, frame, found.day, mine)


def described(source: Source) -> str:
    """Say in one line what was taken for what."""
    cells = source.cells
    header = cells.table.header
    pairs = [
        f"{ours} = {header[cells.columns[ours]]}" for ours in COLUMNS[source.kind] if ours in cells.columns
    ]
    said = f"{source.name}: {source.kind}, {len(cells):,} rows; {', '.join(pairs)}"
    return "; ".join((said, *cells.written.told))
