"""Read the tables that a scenario names, and give their cells under our names of the columns."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import field, replace
from typing import Final

from simulator.errors import InputError, Problem, did_you_mean
from simulator.loading.cash import NEEDED as NEEDED_OF_OUTFLOWS
from simulator.loading.cells import Cells, find_columns, opened_cells
from simulator.loading.currency_columns import unread_currencies
from simulator.loading.customs import Customs
from simulator.loading.deal_ids import ids_in, with_known_ids
from simulator.loading.deals import NEEDED as NEEDED_OF_DEALS
from simulator.loading.documents import INSTEAD, gross
from simulator.loading.figures import NEEDED as NEEDED_OF_FIGURES
from simulator.loading.invoices import NEEDED as NEEDED_OF_INVOICES
from simulator.loading.lines import NEEDED as NEEDED_OF_LINES
from simulator.loading.notes import Notes
from simulator.loading.places import Project
from simulator.loading.problems import Problems
from simulator.loading.renewals import NEEDED as NEEDED_OF_RENEWALS
from simulator.loading.sources import IN_THE_SCENARIO, VARIABLE, Database, Read, Reading, read_table
from simulator.loading.tables import AS_WRITTEN, Table
from simulator.loading.unread_payments import unread_payments
from simulator.records import dataclass
from simulator.scenario.model import ScenarioFile
from simulator.scenario.scenario import table_place
from simulator.scenario.table_model import TABLES, TableColumns
from simulator.scenario.tree import Tree
from simulator.spelling import nearest

NEEDED: Final = {
    "deals": NEEDED_OF_DEALS,
    "invoices": NEEDED_OF_INVOICES,
    "lines": NEEDED_OF_LINES,
    "actuals": NEEDED_OF_FIGURES,
    "plan": NEEDED_OF_FIGURES,
    "renewals": NEEDED_OF_RENEWALS,
    "outflows": NEEDED_OF_OUTFLOWS,
}
"""Our columns that each table has to have."""
FEW_GONE: Final = 2
"""So many columns that are gone are more than a slip."""

_ADDRESS: Final = re.compile(r"\w[\w+.-]+:[\\/]")
_NO_FILE: Final = (
    f"an address is no file: write a SELECT into a file such as deals.sql, the address into {VARIABLE}"
)


@dataclass(frozen=True)
class Given:
    """The tables of a scenario.

    Attributes:
        tree: the scenario's plain data, with places.
        file: the same, checked.
        project: where the tables lie.
        problems: takes tables that are not there, or lack columns.
        notes: takes columns that are not read.
        customs: how cells are written.
        aside: rows that are left out before any is read, by table, with the code of the rule that says so.
        read_file: reads a table.
        tables: by key, as they are read, without those that are not there or no tables.
        ready: the same with what the system that wrote them needs mended.
        names: ours: theirs, by table, as the scenario says or else the system calls them.
        read: cells of those that have been asked for.
    """

    tree: Tree
    file: ScenarioFile
    project: Project
    problems: Problems
    notes: Notes
    customs: Customs
    aside: Mapping[str, Mapping[int, str]] = field(default_factory=dict)
    read_file: Read = read_table
    tables: dict[str, Table] = field(default_factory=dict)
    ready: dict[str, Table] = field(default_factory=dict)
    names: dict[str, dict[str, str]] = field(default_factory=dict)
    read: dict[str, Cells] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._check_systems()
        for key in TABLES:
            keys = table_place(key)
            name = self.file.cash.outflows if key == "outflows" else getattr(self.file.data, key)
            if not isinstance(name, str):
                continue
            try:
                remedy = _NO_FILE if _ADDRESS.match(name) else None
                path = self.project.path(self.tree, keys, name, remedy=remedy)
                self.tables[key] = self._as_kept(key, self.read_file(path, self._reading(key)))
                self._prepare(key)
            except InputError as error:
                self.problems.found.extend(error.problems)

    def cells(self, key: str) -> Cells | None:
        """Return the cells of a table, None where there is none, or columns are missing."""
        before = len(self.problems.found)
        if (table := self.ready.get(key)) is None:
            return None
        needed = tuple(name for name in NEEDED[key] if not self._has_instead(key, name))
        columns = find_columns(table, key, self.names[key], TABLES[key], needed, self.tree, self.problems)
        if gone := self.problems.found[before:]:
            self._tell_apart(key, table, sum(problem.code == "D007" for problem in gone))
            self._offer_system(key, before)
            return None
        rule = self.file.data.segment
        known = tuple(name for name in TABLES[key] if rule is None or name != "segment")
        if key not in self.file.data.systems:
            _note_unread(table, key, columns, known, self.notes)
        said = getattr(self.file.data.currencies, key, None)
        if "currency" in TABLES[key]:
            self._check_unread(key, table, columns, said)
        cells = opened_cells(table, columns, self._customs(key), self.problems)
        cells = replace(cells, amounts_in=said or "")
        if key == "deals":
            exported = key in self.file.data.systems
            cells = replace(cells, amount_is=self.file.data.amount_is, exported=exported)
        self.read[key] = cells
        quiet = cells.told_to(Problems())  # what cannot be read is told by its readers
        mended = ((row, code) for code, rows in table.mended.items() for row in rows)
        for row, code in (*table.aside.items(), *mended):
            money = gross(quiet, row, needed=False) if key == "invoices" else quiet.money(row, needed=False)
            self.notes.count(code, cells, row, money)
        for row in cells.rows() if cells.amount_is != "total" else ():
            if not cells.text(row, "service_months"):
                self.notes.count("W067", cells, row, quiet.money(row, needed=False))
        return self.read[key]

    def has_column(self, key: str, column: str) -> bool:
        """Tell whether there is a table, and it has one of our columns."""
        return key in self.ready and self._place(key, column) is not None

    def _tell_apart(self, key: str, table: Table, gone: int) -> None:
        """Add a problem where so many columns are gone that the file is another one than was mapped."""
        if gone < FEW_GONE:
            return
        named = self.names[key]
        new = [title for title in table.header if title not in named.values()]
        from simulator.loading.presets import PRESETS

        looks = next((preset for preset in PRESETS if preset.fits(table)), None)
        message = f"{gone} of {len(named)} columns that the scenario names are not in the file"
        message += f", which looks like {looks.report} of {looks.title}" if looks else ""
        remedy = f"not named by the scenario: {', '.join(new)}. " if new else ""
        remedy += "simulator inspect FILE shows the mapping that fits"
        self.problems.add(Problem("D086", message, table.name, 1, remedy=remedy))

    def _check_unread(
        self, key: str, table: Table, columns: Mapping[str, int], said: str | None
    ) -> None:  # fmt: skip
        """Add problems where what is not read tells other currencies than the company's, or what is paid."""

        def setting(keys: tuple[str, ...], value: str) -> str:
            return f"data.{'.'.join(keys)}: {value} in {self.tree.place(('data', *keys)).shown}"

        company = self.customs.rates.company
        if (problem := unread_currencies(table, key, columns, company, said, setting)) is not None:
            self.problems.add(problem)
        known = key in self.file.data.systems
        if not known and (problem := unread_payments(table, key, columns, setting)) is not None:
            self.problems.add(problem)

    def _has_instead(self, key: str, column: str) -> bool:
        """Tell whether a table has a column that tells as much as another one that is needed."""
        other = INSTEAD.get(column)
        return other in TABLES[key] and self.has_column(key, other)

    def file_of(self, key: str) -> str:
        """Return the name of a table's file, as its owner calls it."""
        name = self.tables[key].name
        return self.file.data.kept_from.get(name, name)

    def tell(self) -> None:
        """Note how tables were read that are not what this program writes itself; no money is in doubt."""
        said = []
        for key, table in self.tables.items():
            customs = self.read[key].written.told if key in self.read else ()
            if told := [words for words in (*table.told, *customs) if words not in AS_WRITTEN]:
                said.append(f"how {self.file_of(key)} was read: {', '.join(told)}")
        if said:
            self.notes.add("W050", "; ".join(said))

    def _offer_system(self, key: str, before: int) -> None:
        """Say of a table that lacks columns which system wrote it, where that is seen and nobody said so."""
        if key in self.file.data.systems or self._named(key):
            return
        from simulator.loading.presets import preset_of

        try:
            preset = preset_of(self.tables[key], kind=key)
        except InputError:
            return
        if preset is not None:
            message = f"the columns are not ours: the table is an export from {preset.title}"
            place = self.tree.place(("data", key))
            remedy = f"say data.systems: {{{key}: {preset.name}}} in {place.file}"
            name = self.tables[key].name
            self.problems.found[before:] = [Problem("D006", message, name, 1, remedy=remedy)]

    def _check_systems(self) -> None:
        """Add a problem for each system that is not known."""
        if not self.file.data.systems:
            return
        # Imported where they are used: who names no system, as most do, need not wait for all that are known.
        from simulator.loading.presets import SYSTEMS

        for key, system in self.file.data.systems.items():
            for name, known in ((key, tuple(TABLES)), (system, SYSTEMS)):
                if name not in known:
                    remedy = did_you_mean(name, known, "known are " + ", ".join(known))
                    what = f"there is no {'table' if name == key else 'system'} {name}"
                    self.problems.add(self.tree.problem("S013", what, ("data", "systems", key), name, remedy))

    def _place(self, key: str, column: str) -> int | None:
        return self.ready[key].column(self.names[key].get(column, column))

    def _prepare(self, key: str) -> None:
        """Mend what the system needs that wrote a table, and say what another export would tell besides."""
        table, system = self.tables[key], self.file.data.systems.get(key)
        self.names[key] = self._named(key)
        if system is not None:
            table = self._mended(key, table, system)
        if key != "deals" and "deals" in self.ready:
            at = table.column(self.names[key].get("deal", "deal"))
            table = with_known_ids(table, at, ids_in(self.ready["deals"], self._place("deals", "id")))
        self.ready[key] = replace(table, aside={**self.aside.get(key, {}), **table.aside})

    def _mended(self, key: str, table: Table, system: str) -> Table:
        from simulator.loading.presets import SYSTEMS, prepared

        if system not in SYSTEMS:
            return table
        table, self.names[key], preset = prepared(table, system, key, self.names[key])
        for ours, unlock in preset.unlocks.items():
            if ours not in self.names[key] and table.column(ours) is None:
                self.notes.add("W079", unlock)
        return table

    def _reading(self, key: str) -> Reading:
        data = self.file.data
        folder = self.tree.place(("data", "database", "file")).folder
        database = Database.of(data.database, folder, self.project)
        setting = IN_THE_SCENARIO.replace("deals", key)
        return Reading(data.encoding, data.sheets.get(key), database, setting)

    def _customs(self, key: str) -> Customs:
        """Return how a table is written, as far as that is said."""
        said: TableColumns = getattr(self.file.data.columns, key)
        return self.customs.of(key, said.decimal, said.date_order, alone=len(self.tables) == 1)

    def _as_kept(self, key: str, table: Table) -> Table:
        """Return a table that a run kept with what its own file was: how it was read, what had types."""
        if self.tree.place(table_place(key)).typed:
            return table  # another one in its place
        told = self.file.data.told.get(key, table.told)
        return replace(table.with_typed(self.file.data.typed.get(key, ())), told=told)

    def _named(self, key: str) -> dict[str, str]:
        """Return what the scenario says of a table's columns, ours: theirs."""
        said: TableColumns = getattr(self.file.data.columns, key)
        return said.named


def _note_unread(
    table: Table, kind: str, columns: Mapping[str, int], known: tuple[str, ...], notes: Notes
) -> None:
    """Note columns that are not read, and whose names are close to one of ours that the table lacks."""
    lacking = [name for name in known if name not in columns]
    for at, title in enumerate(table.header):
        if at in columns.values() or (meant := nearest(title, lacking)) is None:
            continue
        remedy = f'if it is {meant}, say data.columns.{kind}.{meant}: "{title}"'
        notes.add("W024", f"column {title} of {table.name} is not read: {remedy}")
