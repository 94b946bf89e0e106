"""What a scenario file says about one segment: its funnel, its habits, its money."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated, Any, Final, Literal

from pydantic import BaseModel, BeforeValidator, Discriminator, Field, Tag, WithJsonSchema, model_validator

from simulator.amounts import MOST_BY_SIZE
from simulator.clock import WORKING_WEEK
from simulator.scenario.laws import DaysLaw, Delay, MoneyLaw, Strict
from simulator.scenario.lever_model import LeversFile
from simulator.scenario.values import (
    Chance,
    Days,
    ExactShare,
    NotNegative,
    Number,
    Positive,
    Share,
    Text,
    Whole,
    not_negative,
    number,
    refuse,
    text,
)

LEAST_WORTH: Final = 5
LARGEST_ATTEMPTS: Final = 10
LATEST: Final = 730
MOST_PER_MONTH: Final = 100_000
MOST_GROWTH: Final = 10
MOST_RETIMED: Final = 20
MOST_POWER: Final = 3
EARLIEST: Final = -366
"""Days before the due date on which nobody pays yet."""


class StageFile(Strict):
    """A stage: its chance, the moves beside the advance, and how long deals stay."""

    close: Chance | None = Field(None, description="chance to be won in the end, of deals in this stage")
    advance: Chance | None = Field(None, description="chance that the next move is to the next stage")
    back: Chance | None = Field(None, description="chance of a move to the stage before")
    skip: Chance | None = Field(None, description="chance of a move over the next stage")
    moves: dict[Text, Chance] = Field(default_factory=dict, description="chances of moves to any stage")
    days: DaysLaw | None = None
    days_lost: DaysLaw | None = Field(None, description="days in the stage of deals that are lost next")


class Cycle(Strict):
    """How long a typical won deal takes from the first stage, instead of days a stage."""

    median: Days

    @model_validator(mode="after")
    def _is_positive(self) -> Cycle:
        if self.median < 1:
            refuse("S038", "has a median below one day", "write for example {median: 120d}")
        return self


class RecyclingFile(Strict):
    """Lost deals that come back."""

    chance: Chance = 0.0
    delay: DaysLaw = DaysLaw(median=90, p90=200)
    attempts: Whole = 2

    @model_validator(mode="after")
    def _is_sensible(self) -> RecyclingFile:
        if not 1 <= self.attempts <= LARGEST_ATTEMPTS:
            refuse("S013", f"has {self.attempts} attempts", f"write 1 to {LARGEST_ATTEMPTS}; 2 is one return")
        return self


class CloseDateFile(Strict):
    """What a stated close date is worth."""

    rule: Literal["blend", "stages", "stated"] = "blend"
    slip: Positive = 1.25
    delay: Days = 0.0
    spread: Positive = Field(0.8, description="of the evidence that a date is; small where dates are kept")
    overdue: Positive = Field(1.0, description="factor on the days left plus 7 where the date has passed")
    pushes: Number = Field(0.0, description="power of 1 + the times a date was moved, likewise a factor")

    @model_validator(mode="after")
    def _is_sensible(self) -> CloseDateFile:
        if not 1 / MOST_RETIMED <= self.overdue <= MOST_RETIMED or abs(self.pushes) > MOST_POWER:
            rule = (
                f"overdue lies between {1 / MOST_RETIMED:g} and {MOST_RETIMED}, pushes within ±{MOST_POWER}"
            )
            refuse("S013", "moves closes beyond what is modelled", rule)
        return self


class AmountFile(Strict):
    """How amounts change until signature."""

    unchanged: Chance = 0.5
    location: Share = -0.05
    scale: NotNegative = 0.15
    by_size: Number = Field(0.0, description="added to that change where the amount is e times the reference")
    reference: Positive | None = Field(None, description="amount at which nothing is added; by_size needs it")

    @model_validator(mode="after")
    def _is_sensible(self) -> AmountFile:
        if abs(self.by_size) > MOST_BY_SIZE or (self.by_size and self.reference is None):
            rule = f"write by_size within ±{MOST_BY_SIZE:g}, with a reference in the scenario's currency"
            refuse("S013", "has a by_size that is not modelled", rule)
        if abs(self.location) > 1.5 or self.scale > 1.5:
            rule = "the change of ln(amount) is cut at 1.5: write -0.05 for 5 % less"
            refuse("S013", "is a change beyond what is modelled", rule)
        return self


class SobernessFile(Strict):
    """Corrections of optimism."""

    odds: Positive = 1.0
    amount: Positive = 1.0


def _deals_a_month(given: Any) -> float:
    value = not_negative(given)
    if value > MOST_PER_MONTH:
        refuse("S048", f"is {value:,.0f} deals a month", f"write at most {MOST_PER_MONTH:,}")
    return value


PerMonth = Annotated[float, BeforeValidator(_deals_a_month), WithJsonSchema({"type": "number", "minimum": 0})]


class BluebirdsFile(Strict):
    """Deals never seen before they were won."""

    per_month: PerMonth
    amount: MoneyLaw
    dispersion: Positive | None = None


def _season(given: Any) -> Any:
    """Check the months of a season before their factors."""
    if not isinstance(given, dict):
        refuse("S013", "is not a mapping", "write factors by month, such as {8: 0.7, 12: 1.4}")
    for month in given:
        if str(month) not in {str(m) for m in range(1, 13)}:
            refuse("S048", f"names month {month}", "months are the numbers 1 to 12")
    return {int(month): factor for month, factor in given.items()}


class NewPipelineFile(Strict):
    """Deals still to come, as set."""

    per_month: PerMonth
    season: Annotated[dict[int, NotNegative], BeforeValidator(_season)] = Field(default_factory=dict)
    trend: Share = 0.0
    dispersion: Positive = 4.0
    entry: dict[Text, Chance] = Field(default_factory=dict, description="share of new deals by stage")
    amount: MoneyLaw
    bluebirds: BluebirdsFile | None = None

    @model_validator(mode="after")
    def _adds_up(self) -> NewPipelineFile:
        total = sum(self.entry.values())
        if self.entry and abs(total - 1) > 1e-6:
            refuse("S041", f"has entry shares that add to {total:g}", "the shares of `entry` add to 1")
        if not -1 < self.trend <= MOST_GROWTH:
            rule = f"write growth a year, above -1 and at most {MOST_GROWTH}: 0.1 is 10 %"
            refuse("S048", f"has a trend of {self.trend:g}", rule)
        return self


def _mapping_or_word(given: Any) -> str:
    return "mapping" if isinstance(given, dict | BaseModel) else "word"


NewPipeline = Annotated[
    Annotated[NewPipelineFile, Tag("mapping")] | Annotated[Literal["none", "estimate"], Tag("word")],
    Discriminator(_mapping_or_word),
]


def _weights(count: int, name: str, least: float) -> Any:
    """Return a check of so many weights."""

    def check(given: Any) -> Any:
        if not isinstance(given, list | tuple) or len(given) != count:
            refuse("S013", f"has not {count} weights", f"write a list of {count}, {name}")
        values = tuple(not_negative(value) for value in given)
        if max(values) <= 0 or min(values) < least or max(values) > 100:
            refuse("S013", "has weights out of range", f"write weights from {least:g} to 100, not all 0")
        return values

    return check


Week = Annotated[
    tuple[float, ...],
    BeforeValidator(_weights(7, "Monday first", 0.0)),
    WithJsonSchema({"type": "array", "items": {"type": "number", "minimum": 0}}),
]
MonthsOfQuarter = Annotated[
    tuple[float, ...],
    BeforeValidator(_weights(3, "first, second and third month of a quarter", 0.01)),
    WithJsonSchema({"type": "array", "items": {"type": "number", "minimum": 0}}),
]


def _by_class(given: Any) -> Any:
    """Let one text stand for the terms of every class."""
    return {"default": given} if isinstance(given, str) else given


Terms = Annotated[
    dict[Text, Text],
    BeforeValidator(_by_class, json_schema_input_type=dict[str, str] | str),
]


def _life_table(given: Any) -> Any:
    if not isinstance(given, dict):
        refuse("S046", "is not a mapping", "write shares paid by days past due, such as {0: .25, 30: .83}")
    for key in given:
        value = number(key)
        if value != int(value) or not EARLIEST <= value <= 4000:
            refuse("S046", f"names day {key}", f"days past due are whole, from {EARLIEST} to 4000")
    return {int(number(key)): chance for key, chance in given.items()}


WEEKDAYS: Final = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")


def _weekdays(given: Any) -> Any:
    """Read names of weekdays, whole or their first three letters, as numbers from Monday, 0."""
    names = given if isinstance(given, list | tuple) else [given]
    found = []
    for name in names:
        folded = text(name).strip().casefold()
        at = [n for n, day in enumerate(WEEKDAYS) if folded in (day, day[:3])]
        if not at:
            refuse("S046", f"names {name}, which is no weekday", "write for example [tue, fri]")
        found += at
    return tuple(sorted(set(found)))


RunDays = Annotated[
    tuple[int, ...],
    BeforeValidator(_weekdays),
    WithJsonSchema({"type": "array", "items": {"type": "string"}}),
]


class PaymentDaysFile(Strict):
    """On which days payments go out that are ready: each day takes what waits with its weight."""

    weekdays: tuple[Chance, ...] = Field(description="weights of the weekdays, Monday first")
    month_end: Chance = Field(0.0, description="share of payments that wait for the end of the month")
    end_days: Whole = Field(1, description="business days over which those go out")
    holiday: Chance = Field(0.0, description="weight of public holidays")

    @model_validator(mode="after")
    def _has_a_week(self) -> PaymentDaysFile:
        if len(self.weekdays) != 7 or max(self.weekdays, default=0) < 1 / 64:
            refuse("S046", "has no weights of a week", "write seven, Monday first, one of them above 0.02")
        if not 1 <= self.end_days <= 20:
            refuse("S046", f"has {self.end_days} end_days", "write business days from 1 to 20")
        return self


class DisputeFile(Strict):
    """What becomes of invoices that customers contest."""

    chance: Chance = Field(description="that an invoice is contested")
    delay: Delay = Field(description="days by which its payment is put off")
    credited: ExactShare = Field(Decimal(0), description="share of it that is credited in the end")


class PaymentFile(Strict):
    """How late a class of customers pays: the default table stretched, or a table of its own."""

    median_late: Whole | None = None
    bad_debt: Chance | None = None
    table: Annotated[dict[int, Chance], BeforeValidator(_life_table)] | None = None
    recovery: Chance = 0.0
    discount_taken: Chance = 0.5
    shared: Chance = Field(0.3, description="correlation of the lateness of one customer's invoices")
    common: Chance = Field(0.0, description="part of the lateness that all customers share")
    days: PaymentDaysFile | None = Field(None, description="days on which payments go out; every day without")
    dispute: DisputeFile | None = Field(None, description="invoices that customers contest")
    run_days: RunDays = Field((), description="weekdays of the customers' payment runs; every day without")
    insolvency: Chance = Field(0.0, description="chance a year that a customer fails and pays no more")

    @model_validator(mode="after")
    def _has_one_form(self) -> PaymentFile:
        if self.insolvency == 1:
            refuse("S046", "has an insolvency of 1", "it is a chance a year: write it below 1, such as 1%")
        if self.table is not None and (self.median_late is not None or self.bad_debt is not None):
            rule = "what a table's last day leaves is its bad debt: write the table or the two, not both"
            refuse("S046", "has a table and median_late or bad_debt", rule)
        if self.days is not None and self.run_days:
            refuse("S046", "has days and run_days", "days say more: leave out run_days")
        if self.median_late is not None and not 1 <= self.median_late <= LATEST:
            rule = f"write whole days from 1 to {LATEST}, or a table"
            refuse("S046", f"has a median_late of {self.median_late}", rule)
        return self


def worth(given: Any) -> float:
    """Return the closed deals that percentages are worth; `exact` is infinitely many."""
    if given == "exact":
        return float("inf")
    value = number(given)
    if value < LEAST_WORTH:
        reason = (
            f"below {LEAST_WORTH} closed deals the table says almost nothing, and its doubt would leave "
            f"no room for the market: write {LEAST_WORTH} or more, or exact"
        )
        refuse("S039", f"is a worth below {LEAST_WORTH}", reason)
    return value


Worth = Annotated[
    float,
    BeforeValidator(worth),
    WithJsonSchema({"anyOf": [{"type": "number", "minimum": LEAST_WORTH}, {"const": "exact"}]}),
]


class SegmentFile(Strict):
    """One type of customer."""

    country: Text | None = Field(None, description="ISO code; its holidays rest")
    quarter_end_weight: Positive = 1.0
    weekday_weights: Week = Field(WORKING_WEEK, description="how busy each weekday is, Monday first")
    month_weights: MonthsOfQuarter = Field((1.0, 1.0, 1.0), description="likewise the months of a quarter")
    probability_basis: Literal["snapshot", "entry"] = "snapshot"
    worth: Worth = 20.0
    stages: dict[Text, StageFile] | None = None
    cycle: Cycle | None = None
    recycling: RecyclingFile = RecyclingFile()
    close_date: CloseDateFile = CloseDateFile()
    amount: AmountFile = AmountFile()
    soberness: SobernessFile = SobernessFile()
    new_pipeline: NewPipeline = "estimate"
    mix: dict[Text, Chance] = Field(
        default_factory=dict, description="shares of products in deals that name none, and in those to come"
    )
    tax: ExactShare = Field(Decimal(0), description="share of the net price that invoices add")
    terms: Terms = Field(default_factory=dict)
    payment: dict[Text, PaymentFile] = Field(default_factory=dict)
    invoice_lag: Days = 3.0
    delivery: Delay = DaysLaw(dist="fixed", days=0)
    acceptance: Delay = DaysLaw(dist="fixed", days=0)
    roll: Literal["none", "following", "modified-following", "preceding"] = "none"
    use_probability: bool = False
    levers: LeversFile = LeversFile()

    @model_validator(mode="after")
    def _mix_adds_up(self) -> SegmentFile:
        total = sum(self.mix.values())
        if self.mix and abs(total - 1) > 1e-6:
            refuse("S041", f"has shares in its mix that add to {total:g}", "the shares of `mix` add to 1")
        return self
