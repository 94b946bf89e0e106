"""Find the segment of each row by the scenario's rule."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from decimal import Decimal

from simulator.errors import Problem, did_you_mean
from simulator.loading.cells import Cells
from simulator.loading.customs import column_mark
from simulator.loading.notes import Notes
from simulator.loading.problems import Problems
from simulator.money import Mark, parse_amount
from simulator.scenario.model import Bands, SegmentRule
from simulator.scenario.tree import Tree


def check_rule(rule: SegmentRule | None, segments: Sequence[str], tree: Tree, problems: Problems) -> None:
    """Add a problem for each segment that the rule names and the scenario has not."""
    if rule is None:
        return
    keys = ("data", "segment", "map" if rule.map else "bands")
    named = list((rule.map or {}).values()) + list(rule.bands.bounds if rule.bands else ())
    for name in dict.fromkeys(named):
        if name not in segments:
            remedy = did_you_mean(name, segments, "segments: " + ", ".join(segments))
            problems.add(tree.problem("S042", f"there is no segment {name}", keys, None, remedy))


def rule_for(cells: Cells, rule: SegmentRule | None) -> SegmentRule | None:
    """Return the rule where another table than that of deals has the column that it names, else None."""
    if rule is None:
        return None
    column = rule.bands.column if rule.bands else rule.column
    has = column is not None and (column in cells.columns or cells.table.column(column) is not None)
    return rule if has else None


def segment_finder(
    cells: Cells, rule: SegmentRule | None, segments: Sequence[str], notes: Notes, problems: Problems
) -> Callable[[int, bool], int]:
    """Return what finds the segment of a row: its index, or −1; the flag asks for a problem then."""
    if rule is None and len(segments) == 1 and cells.table.column("segment") is None:
        return lambda row, complain: 0
    column = (
        rule.bands.column if rule and rule.bands else (rule.column if rule and rule.column else "segment")
    )
    ours = column if column in cells.columns else None
    at = cells.columns[column] if ours else cells.table.column(column)
    if at is None:
        remedy = "set data.segment: {from: COLUMN, map: {…}}, or name the column segment"
        remedy = f"{did_you_mean(column, cells.table.header)} {remedy}".strip()
        message = f"there is no column {column} that tells the segment"
        problems.add(Problem("D006", message, cells.table.name, 1, remedy=remedy))
        return lambda row, complain: -1
    cells.problems.found.extend(() if at in cells.columns.values() else cells.table.flaws_of([at]))
    finder = _Finder(cells, at, rule, segments, notes)
    return finder.in_bands if rule and rule.bands else finder.by_name


class _Finder:
    def __init__(
        self, cells: Cells, at: int, rule: SegmentRule | None, segments: Sequence[str], notes: Notes
    ) -> None:
        self.cells, self.at, self.notes = cells, at, notes
        self.mark: Mark | None = None
        if rule and rule.bands:
            self.mark, problems = column_mark(cells.table, at, cells.written, cells.customs)
            cells.problems.found.extend(problems)
        self.bands: Bands | None = rule.bands if rule else None
        self.segments = tuple(segments)
        self.known = {name.casefold(): i for i, name in enumerate(segments)}
        for theirs, ours in ((rule.map or {}) if rule else {}).items():
            # A name that the scenario lacks is told with the rule, once.
            self.known[theirs.casefold()] = segments.index(ours) if ours in segments else -1

    def by_name(self, row: int, complain: bool) -> int:
        text = self.cells.table.rows[row][self.at].strip()
        if not text and len(self.segments) == 1:
            return 0
        found = self.known.get(text.casefold())
        if found is None and complain:
            if not text:
                self.complain("D012", "the row has no segment", row, None, None)
            else:
                remedy = did_you_mean(text, self.segments, "segments: " + ", ".join(self.segments) + ".")
                self.complain(
                    "D011", "there is no such segment", row, text, remedy + " Or map it: data.segment.map"
                )
        return -1 if found is None else found

    def in_bands(self, row: int, complain: bool) -> int:
        assert self.bands is not None
        value = self._value(row, complain)
        if value is None:
            return -1
        fitting = [(bound, name) for name, bound in self.bands.bounds.items() if bound <= value]
        name = max(fitting)[1]
        return self.segments.index(name) if name in self.segments else -1

    def _value(self, row: int, complain: bool) -> Decimal | None:
        if self.cells.columns.get("amount") == self.at:
            money = self.cells.money(row, needed=complain)
            return None if money is None else Decimal(repr(self.notes.major(money)))
        text = self.cells.table.rows[row][self.at].strip()
        if self.mark is None:
            return None
        try:
            return Decimal(parse_amount(text, 4, self.mark)).scaleb(-4)
        except ValueError:
            if complain:
                self.complain("D012", "the column that tells the segment holds no number", row, text, None)
            return None

    def complain(self, code: str, message: str, row: int, value: str | None, remedy: str | None) -> None:
        table = self.cells.table
        if self.at in table.flaws:
            return  # told with the column
        entity = self.cells.text(row, "id") if self.cells.has("stage") else None
        self.cells.problems.add(
            table.problem(code, message, row, table.header[self.at], value, remedy, entity)
        )
