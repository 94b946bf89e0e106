"""What a scenario file says about money: products, offers, the bank account."""

from __future__ import annotations

from typing import Annotated, Any, Final, Literal

from pydantic import BeforeValidator, Discriminator, Field, Tag, WithJsonSchema, model_validator

from simulator.periods import length_days
from simulator.products import Recognition
from simulator.scenario.laws import DaysLaw, Delay, Strict
from simulator.scenario.values import (
    Chance,
    Day,
    Days,
    ExactShare,
    Money,
    Share,
    SignedMoney,
    Text,
    Whole,
    refuse,
    text,
)
from simulator.terms.schedule import LONGEST_MONTHS

SHORTEST_TERM: Final = 3
"""Months of a term that may be renewed: shorter ones would renew too often to follow one by one."""
LARGEST_UPLIFT: Final = 1.0


class RenewalFile(Strict):
    """How contracts of a recurring product go on at the end of their term."""

    chance: Chance = Field(description="that a contract is renewed")
    uplift: Share = Field(0.0, description="rise of the price, such as 3%")
    slip: Delay = Field(
        DaysLaw(dist="fixed", days=0), description="days from the end of the term to the signature"
    )

    @model_validator(mode="after")
    def _is_sensible(self) -> RenewalFile:
        check_uplift(self.uplift)
        return self


def check_uplift(uplift: float) -> None:
    """Refuse a rise of the price that no renewal has."""
    if not -1 < uplift <= LARGEST_UPLIFT:
        refuse("S061", f"has an uplift of {uplift:g}", "write the rise of the price, such as 3%")


class ProductFile(Strict):
    """What is sold: how it is billed, recognised and renewed; else the deal or its segment decides."""

    terms: Text | None = Field(None, description="payment terms; a deal's own win")
    invoice_lag: Days | None = Field(None, description="days from an event to its invoice")
    delivery: Delay | None = Field(None, description="days from signature to delivery")
    acceptance: Delay | None = Field(None, description="days from delivery to acceptance")
    start: Delay = Field(
        DaysLaw(dist="fixed", days=0), description="days from signature to the start of service"
    )
    service_months: Whole | None = Field(
        None, description="length of the service, 1 to 600, at least 3 where it is renewed; else 12"
    )
    recognise: Recognition | None = Field(None, description="rule of revenue; without one none is counted")
    tax: ExactShare | None = Field(None, description="share of the net price that an invoice adds")
    recurring: bool = Field(False, description="whether its price is paid again each term")
    renewal: RenewalFile | None = Field(
        None, description="of contracts that end inside the forecast; without it none is renewed"
    )

    @model_validator(mode="after")
    def _is_sensible(self) -> ProductFile:
        if self.service_months is not None and not 1 <= self.service_months <= LONGEST_MONTHS:
            refuse("S061", f"has {self.service_months} service months", f"write 1 to {LONGEST_MONTHS}")
        if self.renewal is not None and not self.recurring:
            refuse("S061", "is renewed, but does not recur", "add recurring: true, or leave renewal out")
        return self


class OfferFile(Strict):
    """A discount for other terms."""

    discount: ExactShare = Field(description="share off the price")
    terms: Text = Field(description="payment terms in place of the deal's own")
    taken_by: Chance = Field(description="chance that a deal takes it")
    segment: Text = Field("all", description="a segment, or all")
    first: Day | None = Field(None, alias="from", description="first day of signature on which it holds")
    applies_to: Literal["open", "new", "all"] = Field(
        "all", description="deals open at as_of, deals still to come, or all"
    )

    @model_validator(mode="after")
    def _costs_less_than_all(self) -> OfferFile:
        if self.discount == 1:
            refuse("S013", "has a discount of the whole price", "write a share below 1, such as 5%")
        return self


def every(given: Any) -> str:
    """Return the length of a step, such as `1m` or `2w`, at least one day."""
    written = text(given).strip()
    try:
        if length_days(written) >= 1:
            return written
    except ValueError:
        pass
    refuse("S021", "is not a length of at least a day", "write for example 1m, 2w or 1q")


Every = Annotated[str, BeforeValidator(every), WithJsonSchema({"type": "string"})]


class OutflowFile(Strict):
    """Money paid out: once, or again and again."""

    label: Text = Field(description="what for")
    amount: Money = Field(description="each time, in the scenario's currency")
    first: Day | None = Field(None, alias="from", description="first day")
    on: Day | None = Field(None, description="the day, of what is paid once")
    every: Every | None = Field(None, description="from then on, such as 1m or 2w; without it once")
    until: Day | None = Field(None, description="last day; else the horizon's")

    @model_validator(mode="after")
    def _has_days(self) -> OutflowFile:
        if (self.first is None) == (self.on is None):
            refuse("S062", "has no day or two", "write on: DATE, or from: DATE and every: 1m")
        if self.every is None and self.until is not None:
            refuse("S062", "ends, but is paid once", "say how often, such as every: 1m, or leave until out")
        if self.on is not None and self.every is not None:
            refuse("S062", "is on one day and again", "write from: DATE and every: 1m")
        if self.first is not None and self.until is not None and self.first > self.until:
            refuse("S062", "ends before it begins", "write from before until")
        return self


class CashTaxFile(Strict):
    """When the tax on invoices is passed on."""

    every: Literal["1m", "1q", "1y"] = Field("1m", description="length of a tax period")
    day: Whole = Field(10, description="day of the month after the period")

    @model_validator(mode="after")
    def _is_a_day(self) -> CashTaxFile:
        if not 1 <= self.day <= 31:
            refuse("S013", f"is due on day {self.day}", "write a day of the month, 1 to 31")
        return self


def _list_or_word(given: Any) -> str:
    return "list" if isinstance(given, list | tuple) else "word"


class CashFile(Strict):
    """The bank account; a balance is forecast where opening balance and outflows are given."""

    opening_balance: SignedMoney | None = Field(None, description="in the bank at the end of as_of")
    floor: SignedMoney | None = Field(None, description="below which the balance should not fall")
    outflows: (
        Annotated[
            Annotated[tuple[OutflowFile, ...], Tag("list")] | Annotated[Text, Tag("word")],
            Discriminator(_list_or_word),
        ]
        | None
    ) = Field(None, description="what is paid out: a list, or a table")
    tax: CashTaxFile = Field(CashTaxFile(), description="when tax is passed on")
