"""Say how a company's record is written, as far as a command line, a map or a base scenario tell."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field, replace
from datetime import UTC, date, tzinfo
from pathlib import Path
from typing import Any, Final, Literal
from zoneinfo import ZoneInfo

from pydantic import Field, ValidationError

from simulator.errors import InputError, Problem, did_you_mean
from simulator.loading.cells import AmountIs
from simulator.loading.funnels import EndNames
from simulator.loading.places import ANYWHERE, Project
from simulator.loading.problems import LoadError
from simulator.loading.sources import IN_A_MAP, IN_THE_SCENARIO, Database, Reading
from simulator.loading.yaml import read_yaml
from simulator.money import is_currency
from simulator.records import dataclass
from simulator.scenario import Scenario
from simulator.scenario.laws import Strict
from simulator.scenario.model import CurrenciesFile, DatabaseFile, ScenarioFile, SegmentRule
from simulator.scenario.table_model import (
    CUSTOMS,
    DEAL_COLUMNS,
    INVOICE_COLUMNS,
    DateOrder,
    DecimalMark,
    TableCustoms,
)
from simulator.scenario.tree import Tree
from simulator.scenario.values import Text

Kind = Literal["events", "deals", "invoices"]
EVENT_COLUMNS: Final = ("deal", "stage", "entered_at", "recorded_at", "segment", "amount", "expected_close")
COLUMNS: Final[Mapping[Kind, tuple[str, ...]]] = {
    "events": EVENT_COLUMNS,
    "deals": DEAL_COLUMNS,
    "invoices": INVOICE_COLUMNS,
}
"""Our columns of each kind of file."""
_SCENARIO: Final = "the scenario"


@dataclass(frozen=True)
class HistoryFrame:
    """How a record is to be read; what is not said is found out, or has its default.

    Attributes:
        known: the last known day; without it the last day that is recorded.
        currency: of the company; without it what the files tell, else EUR.
        currency_by: what says the currency, where it is not `place`.
        rates: company currency for one unit of a foreign one.
        decimal: mark of amounts.
        date_order: of dates that are not ISO.
        zone: whose days count.
        columns: per kind of file, ours: theirs.
        own: per kind of file, `decimal` and `date_order` where others are written otherwise.
        systems: per kind of file, the system that exported it, where that has to be said.
        amount_is: what the amounts of deals are: of the whole contract, of a year or of a month.
        currencies: per kind of file, what amounts are in whose currency nothing in the file tells.
        won_stages: names that mean won, besides `won`.
        lost_stages: names that mean lost, besides what begins with `lost`.
        segment: how the segment of a row is found; without it by a column `segment`, else all are one.
        split: the column that was asked to tell the segments: some file has to have it.
        segments: the names that there are; without it those of the record.
        stages: the open stages in their order; without it that of the log.
        database: that queries are put to.
        encoding: of text files, where that has to be said.
        sheets: of workbooks, by kind of file, where that has to be said.
        place: where the above is said, for remedies.
    """

    known: date | None = None
    currency: str | None = None
    currency_by: str = ""
    rates: Mapping[str, float] = field(default_factory=dict)
    decimal: DecimalMark | None = None
    date_order: DateOrder | None = None
    zone: tzinfo = UTC
    columns: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    own: Mapping[str, TableCustoms] = field(default_factory=dict)
    systems: Mapping[str, str] = field(default_factory=dict)
    amount_is: AmountIs = "total"
    currencies: Mapping[str, str] = field(default_factory=dict)
    won_stages: tuple[str, ...] = ()
    lost_stages: tuple[str, ...] = ()
    segment: SegmentRule | None = None
    split: str | None = None
    segments: tuple[str, ...] = ()
    stages: tuple[str, ...] = ()
    database: Database = field(default_factory=Database)
    encoding: str | None = None
    sheets: Mapping[str, str] = field(default_factory=dict)
    place: str = "--map FILE"

    def split_by(self, column: str) -> HistoryFrame:
        """Return the same with the segments told by a column."""
        rule = SegmentRule.model_validate({"from": column})
        return replace(self, segment=rule, split=column, segments=())

    def with_own(self, kind: str, key: str, value: str) -> HistoryFrame:
        """Return the same with a setting of how one kind of file is written."""
        said = TableCustoms.model_validate({**self.own.get(kind, TableCustoms()).said, key: value})
        return replace(self, own={**self.own, kind: said})

    @property
    def reading(self) -> Reading:
        """How files are to be read before anybody knows their kind: in the one sheet that is named."""
        sheet = next(iter(self.sheets.values())) if len({*self.sheets.values()}) == 1 else None
        setting = IN_THE_SCENARIO if self.place == _SCENARIO else IN_A_MAP
        return Reading(self.encoding, sheet, self.database, setting)

    def setting(self, keys: tuple[str, ...], value: str) -> str:
        """Return `columns: {deals: {currency: "Devise"}} in --map FILE`, where a value is to be said."""
        for key in reversed(keys[1:]):
            value = f"{{{key}: {value}}}"
        return f"{keys[0]}: {value} in {self.place}"

    @property
    def ends(self) -> EndNames:
        """Names of stages that mean won or lost."""
        return EndNames(
            frozenset(name.casefold() for name in self.won_stages),
            frozenset(name.casefold() for name in self.lost_stages),
        )


def frame_of(
    scenario: Scenario, known: date | None = None, folder: Path = Path(), project: Project = ANYWHERE
) -> HistoryFrame:
    """Return how a scenario says that its tables are written, with its segments and stages.

    Args:
        scenario: the base.
        known: the last known day, if not the scenario's own.
        folder: where the scenario stands.
        project: where the files lie that it names.
    """
    data, said = scenario.resolved.get("data") or {}, scenario.resolved
    database = DatabaseFile.model_validate(data.get("database") or {})
    stages = dict.fromkeys(stage for s in scenario.segments for stage in s.funnel.stages)
    frame = _with(HistoryFrame(known=known or scenario.horizon.as_of), {**data, **_top(said)}, _SCENARIO)
    rates = {code: float(scenario.rates.rate(code, 0)) for code in scenario.rates.codes[1:]}
    return replace(
        frame,
        currency=scenario.currency,
        rates=rates,
        segments=tuple(segment.name for segment in scenario.segments),
        stages=tuple(stages),
        database=Database.of(database, str(folder), project),
    )


def frame_with_map(frame: HistoryFrame, path: Path) -> HistoryFrame:
    """Return a frame with what a map says: what stands in the map counts.

    A map is YAML: `deals: {ours: theirs}`, `events:` and `invoices:` likewise (or all three under
    `columns:`), `decimal`, `date_order`, `time_zone`, `currency`, `rates`, `won_stages`, `lost_stages`,
    `segment`, `stages`, `systems`, `amount_is`, `currencies`, `database`, `encoding`, `sheets`.

    Raises:
        LoadError: it says what no map can say.
        PlaceError: it cannot be read.
    """
    try:
        tree = read_yaml(path)
    except InputError as error:
        raise LoadError(error.problems) from None
    return _with(frame, tree.data, path.name, tree)


class _Map(Strict):
    """What a map may say."""

    deals: dict[str, Text] = Field(default_factory=dict)
    events: dict[str, Text] = Field(default_factory=dict)
    invoices: dict[str, Text] = Field(default_factory=dict)
    columns: dict[str, dict[str, Any]] = Field(default_factory=dict)
    decimal: DecimalMark | None = None
    date_order: DateOrder | None = None
    systems: dict[str, Text] = Field(default_factory=dict)
    amount_is: AmountIs | None = None
    currencies: CurrenciesFile = CurrenciesFile()
    time_zone: Text | None = None
    currency: Text | None = None
    rates: dict[str, float] = Field(default_factory=dict)
    won_stages: tuple[Text, ...] = ()
    lost_stages: tuple[Text, ...] = ()
    segment: SegmentRule | None = None
    segments: tuple[Text, ...] = ()
    stages: tuple[Text, ...] = ()
    database: DatabaseFile | None = None
    encoding: Text | None = None
    sheets: dict[str, Text] = Field(default_factory=dict)


_FURTHER: Final = ("segments", "stages", "systems", "amount_is", "encoding", "sheets")
_OF_DATA: Final = (
    *("columns", "systems", "amount_is", "decimal", "date_order", "won_stages", "lost_stages", "segment"),
    *("currencies", "encoding", "sheets"),
)


def _top(scenario: Mapping[str, Any]) -> dict[str, Any]:
    """Return what stands at a scenario's top; it has its currency and rates elsewhere."""
    return {"time_zone": scenario["time_zone"]} if scenario.get("time_zone") else {}


def frame_of_data(data: Mapping[str, Any], time_zone: str | None, place: str) -> HistoryFrame:
    """Return what the `data` of a scenario says, as plain values."""
    said = {key: data[key] for key in _OF_DATA if data.get(key) is not None}
    return _with(HistoryFrame(), said | ({"time_zone": time_zone} if time_zone else {}), place)


def _with(frame: HistoryFrame, said: Mapping[str, Any], place: str, tree: Tree | None = None) -> HistoryFrame:
    if tree is None:
        said = {key: said[key] for key in (*_OF_DATA, "time_zone") if said.get(key) is not None}
    try:
        found = _Map.model_validate(said)
    except ValidationError as error:
        raise LoadError(_problems(error, place, tree)) from None
    problems: list[Problem] = []
    columns = _columns(found, place, problems)
    own = _own(found, place, tree, problems)
    zone = _zone(found.time_zone, place, problems) if found.time_zone else frame.zone
    for code in (*([found.currency] if found.currency else ()), *found.rates):
        if not is_currency(code):
            problems.append(Problem("H006", "is not an ISO 4217 currency", place, value=code))
    for code, rate in found.rates.items():
        if not 1e-9 < rate < 1e9:
            problems.append(Problem("H006", f"the rate of {code} is none", place, value=str(rate)))
    if problems:
        raise LoadError(problems)
    if found.database is not None and tree is not None:
        folder = tree.place(("database",)).folder
        frame = replace(frame, database=Database.of(found.database, folder, frame.database.project))
    names = ("decimal", "date_order", "currency", "rates", "segment", "won_stages", "lost_stages")
    given = {name: getattr(found, name) for name in (*names, *_FURTHER)}
    said = found.currencies.model_dump(exclude={"source"}, exclude_none=True)
    frame = replace(
        frame, **{k: v for k, v in given.items() if v}, zone=zone, place=place,
        currencies={**frame.currencies, **said},
        columns={kind: {**frame.columns.get(kind, {}), **columns.get(kind, {})} for kind in COLUMNS},
    )  # fmt: skip
    for kind, key, value in own:
        frame = frame.with_own(kind, key, value)
    return frame


def _columns(found: _Map, place: str, problems: list[Problem]) -> dict[str, dict[str, str]]:
    """Return ours: theirs by kind of file; other tables of a scenario are no record."""
    result: dict[str, dict[str, str]] = {}
    for kind, known in COLUMNS.items():
        named = {**found.columns.get(kind, {}), **getattr(found, kind)}
        result[kind] = {
            ours: str(theirs) for ours, theirs in named.items() if theirs and ours not in ("source", *CUSTOMS)
        }
        for ours in result[kind]:
            if ours not in known:
                remedy = did_you_mean(ours, known, f"{kind} have: " + ", ".join(known))
                problems.append(
                    Problem("H006", "there is no such column of ours", place, None, None, kind, value=ours,
                            remedy=remedy)
                )  # fmt: skip
    return result


def _own(found: _Map, place: str, tree: Tree | None, problems: list[Problem]) -> list[tuple[str, str, str]]:
    """Return how each kind of file is written, as its mapping says: kind, setting and value."""
    result: list[tuple[str, str, str]] = []
    for kind in COLUMNS:
        named = {**found.columns.get(kind, {}), **getattr(found, kind)}
        try:
            own = TableCustoms.model_validate({key: named[key] for key in CUSTOMS if key in named})
        except ValidationError as error:
            problems += _problems(error, place, tree, (kind,))
            continue
        result += [(kind, key, value) for key, value in own.said.items()]
    return result


def _zone(name: str, place: str, problems: list[Problem]) -> tzinfo:
    if name == "UTC":
        return UTC
    try:
        return ZoneInfo(name)
    except (ValueError, KeyError, OSError):
        problems.append(Problem("S027", "there is no such time zone", place, value=name))
        return UTC


def _problems(
    error: ValidationError, place: str, tree: Tree | None, above: tuple[str, ...] = ()
) -> list[Problem]:
    found = []
    for detail in error.errors(include_url=False):
        keys = (*above, *(str(key) for key in detail["loc"]))
        line = tree.place(keys).line if tree is not None else None
        if detail["type"] == "extra_forbidden":
            message, remedy = f"a map has no key {'.'.join(keys)}", _instead(keys)
            found.append(Problem("H006", message, place, line, value=keys[-1], remedy=remedy))
            continue
        message = detail["msg"].removeprefix("Value error, ")
        value = str(detail.get("input"))[:60]
        found.append(Problem("H006", message, place, line, column=".".join(keys) or None, value=value))
    return found


def _instead(keys: tuple[str, ...]) -> str:
    """Return what may stand in the place of a key that no map has."""
    *above, key = keys
    if above:
        nouns: dict[str, type[Strict]] = {
            "segment": SegmentRule, "database": DatabaseFile, "currencies": CurrenciesFile
        }  # fmt: skip
        fields = nouns[above[0]].model_fields.items()
        known = tuple(field.alias or name for name, field in fields if name != "source")
        return did_you_mean(key, known, f"{above[0]} has " + ", ".join(known))
    if key == "data":
        return "data: is of scenarios; write its keys at the top of a map"
    known = tuple(name for name in _Map.model_fields if name != "source")
    of_scenarios = f"{key}: is of scenarios; " if key in ScenarioFile.model_fields else ""
    listed = f"{of_scenarios}a map has " + ", ".join(known)
    return listed if of_scenarios else did_you_mean(key, known, listed)
