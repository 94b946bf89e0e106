"""What a scenario file may say: every key of the format, checked by itself."""

from __future__ import annotations

import re
from datetime import date
from decimal import Decimal
from typing import Annotated, Any, Final, Literal

from pydantic import BaseModel, BeforeValidator, Field, WithJsonSchema, model_validator

from simulator.fiscal import FiscalCalendar
from simulator.money import is_currency
from simulator.scenario.fiscal_model import FiscalStart, fiscal_calendar
from simulator.scenario.laws import Strict
from simulator.scenario.money_model import CashFile, OfferFile, ProductFile
from simulator.scenario.segment_model import SegmentFile
from simulator.scenario.table_model import ColumnsFile, DateOrder, DecimalMark
from simulator.scenario.values import (
    Chance,
    Day,
    Share,
    SignedMoney,
    Text,
    day,
    money,
    number,
    refuse,
    text,
    whole,
)
from simulator.scenario.variant_model import Compared, DealFile

VERSION: Final = 1
"""The version of the format that this program writes."""
MOST_TRIALS: Final = 10_000_000


class Bands(BaseModel, frozen=True):
    """Segments by a number: each from its bound on."""

    column: str
    bounds: dict[str, Decimal]


def _bands(given: Any) -> Any:
    example = "write for example {from: amount, smb: 0, enterprise: 50k}"
    if isinstance(given, Bands):
        return given
    if not isinstance(given, dict) or "from" not in given:
        refuse("S047", "names no column", example)
    bounds = {str(name): money(bound) for name, bound in given.items() if name not in ("from", "source")}
    if not bounds:
        refuse("S047", "names no segment", example)
    if min(bounds.values()) > 0 or len(set(bounds.values())) < len(bounds):
        refuse("S047", "leaves amounts without one segment", "bands begin at 0, each at a bound of its own")
    return Bands(column=text(given["from"]), bounds=bounds)


class SegmentRule(Strict):
    """How the segment of a row is found."""

    column: Text | None = Field(None, alias="from", description="the column that tells")
    map: dict[Text, Text] | None = Field(None, description="segment by what stands in the column")
    bands: Annotated[Bands, BeforeValidator(_bands), WithJsonSchema({"type": "object"})] | None = None

    @model_validator(mode="after")
    def _has_one_form(self) -> SegmentRule:
        if (self.column is None) == (self.bands is None) or (self.map is not None and self.bands is not None):
            rule = "write {from: COLUMN}, {from: COLUMN, map: {…}} or {bands: {from: amount, NAME: 0, …}}"
            refuse("S047", "is no rule for segments", rule)
        return self


class DatabaseFile(Strict):
    """Where the address of a database stands: never in the scenario itself."""

    env: Text | None = Field(
        None, description="the environment variable that holds its URL, SIMULATOR_DATABASE_URL by default"
    )
    file: Text | None = Field(None, description="the file that holds its URL instead")
    timeout: float = Field(60.0, gt=0, le=3600, description="seconds that a query may take")

    @model_validator(mode="after")
    def _has_one_place(self) -> DatabaseFile:
        if self.env is not None and self.file is not None:
            refuse("S013", "has its address in two places", "write env or file")
        if self.env is not None and not re.fullmatch(r"[A-Za-z_]\w*", self.env):
            refuse("S013", "names no environment variable", "write the variable's name, not the address")
        return self


class DataFile(Strict):
    """The tables."""

    deals: Text | None = None
    lines: Text | None = None
    invoices: Text | None = None
    actuals: Text | None = None
    plan: Text | None = None
    renewals: Text | None = None
    history: tuple[Text, ...] = Field(
        (), description="files to learn from anew, in place of those learned from"
    )
    columns: ColumnsFile = ColumnsFile()
    systems: dict[Text, Text] = Field(
        {}, description="by table, the system that exported it, where its export has to be mended"
    )
    amount_is: Literal["total", "annual", "monthly"] = "total"
    encoding: Text | None = Field(
        None, description="of text files, such as cp1252, where they do not tell it"
    )
    sheets: dict[Text, Text] = Field({})
    database: DatabaseFile | None = None
    decimal: DecimalMark | None = Field(
        None, description="decimal mark of the tables, where their own cells do not tell it"
    )
    date_order: DateOrder | None = Field(
        None, description="of dates that are not ISO, where their columns do not tell it"
    )
    won_stages: tuple[Text, ...] = ()
    lost_stages: tuple[Text, ...] = ()
    segment: SegmentRule | None = None
    kept_from: dict[Text, Text] = Field(
        {}, description="written by run: what the file of a table that it keeps was called before"
    )
    typed: dict[Text, tuple[Text, ...]] = Field(
        {},
        description="written by run: by table that it keeps, columns with a decimal point and days as "
        "year-month-day, whatever the customs of the others",
    )
    told: dict[Text, tuple[Text, ...]] = Field(
        {}, description="written by run: by table that it keeps, how its own file was read"
    )


class MarketFile(Strict):
    """How deals share luck; without `shared` and `segment` the total is drawn per trial."""

    shared: Chance | None = None
    segment: Chance | None = None
    phi: Chance = 0.5

    @model_validator(mode="after")
    def _has_room(self) -> MarketFile:
        if (self.shared is None) != (self.segment is None):
            refuse("S040", "sets one of shared and segment", "set both (0 for none of it), or neither")
        if (self.shared or 0) + (self.segment or 0) > 0.5:
            refuse("S040", "has correlations above 0.5 in all", "0.2 in all is a strong market already")
        return self


class TargetFile(Strict):
    """What is to be reached, by when."""

    series: Literal["bookings", "billings", "revenue", "receipts", "arr", "balance"]
    amount: SignedMoney
    by: Text | None = Field(None, description="a period such as FY2027, 2027-Q1 or 2027-03")
    first: Day | None = Field(None, alias="from")
    until: Day | None = None
    segment: Text = "all"

    @model_validator(mode="after")
    def _has_one_window(self) -> TargetFile:
        if (self.by is None) == (self.until is None) or (self.by is not None and self.first is not None):
            refuse("S043", "has no window or two", "write by: FY2027, or from: DATE and until: DATE")
        if self.first is not None and self.until is not None and self.first > self.until:
            refuse("S043", "ends before it begins", "write from before until")
        if self.series == "balance" and self.first is not None:
            refuse("S043", "is a balance from a day on", "a balance stands at the end: write by or until")
        if self.series != "balance" and self.amount < 0:
            refuse("S022", "is a negative amount", "write an amount of at least 0")
        return self


class RateStep(BaseModel, frozen=True):
    """A rate, and the day from which it holds; None for always."""

    first: date | None
    rate: float


def _currency(given: Any) -> str:
    code = text(given)
    if not is_currency(code):
        known = is_currency(code.upper())
        remedy = f"did you mean {code.upper()}?" if known else "write for example EUR or USD"
        refuse("S024", "is not an ISO 4217 currency", remedy)
    return code


def _rate(given: Any) -> float:
    value = number(given)
    if not 1e-9 < value < 1e9:
        refuse("S025", "is no rate", "write the company's currency for one unit of the foreign one, above 0")
    return value


def _steps(given: Any) -> Any:
    """Read one rate for ever, or a list of {from: date, rate: x}."""
    if not isinstance(given, list):
        return (RateStep(first=None, rate=_rate(given)),)
    steps = [s for s in given if isinstance(s, dict) and s.keys() - {"source"} == {"from", "rate"}]
    if not given or len(steps) < len(given):
        refuse("S025", "is no list of rates", "write a list of {from: DATE, rate: x}")
    result = tuple(RateStep(first=day(s["from"]), rate=_rate(s["rate"])) for s in steps)
    if len({s.first for s in result}) < len(result):
        refuse("S025", "has two rates from one day", "leave one of them out")
    return result


Currency = Annotated[
    str, BeforeValidator(_currency), WithJsonSchema({"type": "string", "pattern": "^[A-Z]{3}$"})
]
Rates = Annotated[
    tuple[RateStep, ...],
    BeforeValidator(_steps),
    WithJsonSchema({"anyOf": [{"type": "number"}, {"type": "array", "items": {"type": "object"}}]}),
]


_RATES_SCHEMA: Final = {
    "type": "object",
    "properties": {"volatility": {"type": ["number", "string"]}},
    "additionalProperties": {
        "anyOf": [{"type": "number"}, {"type": "array", "items": {"type": "object"}}, {"type": "string"}]
    },
}


class RatesFile(BaseModel, frozen=True, extra="forbid"):
    """Rates by currency, and how much they vary.

    Attributes:
        volatility: standard deviation of the logarithm of each rate after a year.
        by_currency: the company's currency for one unit of the foreign one.
    """

    volatility: Share = 0.0
    by_currency: dict[Currency, Rates] = Field(default_factory=dict)

    @model_validator(mode="before")
    @classmethod
    def _parted(cls, given: Any) -> Any:
        if isinstance(given, RatesFile):
            return given
        if not isinstance(given, dict):
            refuse("S025", "is not a mapping", "write rates by currency, such as {USD: 0.92}")
        rates = {code: rate for code, rate in given.items() if code not in ("source", "volatility")}
        volatility = {"volatility": given["volatility"]} if "volatility" in given else {}
        return {"by_currency": rates} | volatility

    @model_validator(mode="after")
    def _is_sensible(self) -> RatesFile:
        if not 0 <= self.volatility <= 1:
            refuse("S025", f"has a volatility of {self.volatility:g}", "a rate varies by 0.05 to 0.2 a year")
        return self


def _trials(given: Any) -> int | None:
    if given in ("auto", None):
        return None
    count = whole(given)
    if not 1 <= count <= MOST_TRIALS:
        refuse("S013", "is no number of trials", f"write auto, or a number from 1 to {MOST_TRIALS:,}")
    return count


def _seed(given: Any) -> int:
    value = whole(given)
    if not 0 <= value < 2**63:
        refuse("S013", "is no seed", "write a whole number from 0 to 2**63 − 1")
    return value


def _name(given: Any) -> str:
    name = text(given)
    if not re.fullmatch(r"[^\W_][\w .+-]{0,99}", name) or name[-1] in ". ":
        refuse("S023", "cannot name a folder", "write letters, digits, spaces, dots, - and _, at most 100")
    return name


class ScenarioFile(Strict):
    """A scenario, after `extends` and `--set`."""

    version: Literal[1] = VERSION
    name: Annotated[str, BeforeValidator(_name), WithJsonSchema({"type": "string"})]
    description: str = ""
    extends: Text | None = Field(None, description="another scenario; this one holds only what differs")
    as_of: Day = Field(description="the end of this day is known; the forecast starts on the next")
    horizon: Text = Field(description="a length such as 18m, or the last day")
    fiscal_year_start: FiscalStart = 1
    period: Literal["month", "quarter", "week"] = "month"
    time_zone: Text = "UTC"
    currency: Currency
    rates: Annotated[RatesFile, WithJsonSchema(_RATES_SCHEMA)] = RatesFile()
    trials: Annotated[
        int | None,
        BeforeValidator(_trials),
        WithJsonSchema({"anyOf": [{"type": "integer", "minimum": 1}, {"const": "auto"}]}),
    ] = None
    seed: Annotated[int, BeforeValidator(_seed), WithJsonSchema({"type": "integer", "minimum": 0})] = 1
    data: DataFile = DataFile()
    learned: Text | None = Field(None, description="figures learned from history, written by fit")
    cash: CashFile = CashFile()
    products: dict[Text, ProductFile] = Field(default_factory=dict)
    segments: dict[Text, SegmentFile] = Field(min_length=1)
    deals: dict[Text, DealFile] = Field(default_factory=dict)
    offers: dict[Text, OfferFile] = Field(default_factory=dict)
    market: MarketFile = MarketFile()
    targets: dict[Text, TargetFile] = Field(default_factory=dict)
    compare_with: tuple[Compared, ...] = ()

    @property
    def fiscal(self) -> FiscalCalendar:
        """The company's fiscal years, quarters and months."""
        return fiscal_calendar(self.fiscal_year_start)
