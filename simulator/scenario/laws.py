"""What a scenario file says about laws: of days, and of amounts."""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping
from typing import Annotated, Any, ClassVar, Final, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from simulator.distributions import (
    Distribution,
    Empirical,
    Fixed,
    Gamma,
    Hazard,
    LogLogistic,
    LogNormal,
    Weibull,
)
from simulator.scenario.values import Days, Money, NotNegative, Positive, Text, refuse

SIGMA: Final = 0.7
"""Spread of the log-normal law where only a median is given (MODEL 12)."""
MOST_SPREAD: Final = 1_000
"""Times the middle; the mean of a log-normal law is then already two million medians."""
LEAST_SHAPE, MOST_SHAPE = 0.1, 1_000
"""Beyond them times are all but one, or hardly any has a length that counts."""

Family = Literal["lognormal", "weibull", "gamma", "loglogistic", "fixed", "empirical", "hazard"]


class Strict(BaseModel):
    """A mapping with fixed keys: frozen, no other keys, a `source` allowed.

    Attributes:
        slips: what people write who mean one of our keys; the first of those that may stand there.
        source: where the figures below come from.
    """

    # The outermost mapping checks those inside: one's own validator is built only where it is asked for.
    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)
    slips: ClassVar[Mapping[str, tuple[str, ...]]] = {}

    source: Text | None = Field(None, description="where the figures come from")

    @model_validator(mode="before")
    @classmethod
    def _is_a_mapping(cls, given: Any) -> Any:
        if not isinstance(given, dict | BaseModel):
            fields = {field.alias or name: field.is_required() for name, field in cls.model_fields.items()}
            keys = [name for name, needed in fields.items() if needed] or [n for n in fields if n != "source"]
            refuse("S013", "is not a mapping", f"write {{{', '.join(f'{key}: …' for key in keys[:2])}}}")
        return given


_SLIPS: Final[Mapping[str, tuple[str, ...]]] = {
    **dict.fromkeys(("p50", "q50"), ("median",)),
    **dict.fromkeys(("avg", "average", "expected"), ("mean",)),
    **dict.fromkeys(("std", "stdev", "stddev", "sigma", "deviation"), ("sd",)),
    **dict.fromkeys(("value", "fixed", "constant"), ("days", "amount", "values")),
    **dict.fromkeys(("distribution", "type", "family", "law"), ("dist",)),
}


class DaysLaw(Strict):
    """A law of days: log-normal by median and p90 or by mean and sd, or another one by `dist`."""

    slips: ClassVar[Mapping[str, tuple[str, ...]]] = _SLIPS

    median: Days | None = None
    p90: Days | None = None
    mean: Days | None = None
    sd: Days | None = None
    dist: Family | None = None
    shape: Positive | None = None
    scale: Days | None = None
    days: Days | None = None
    values: tuple[Days, ...] | None = None
    edges: tuple[Days, ...] | None = None
    rates: tuple[NotNegative, ...] | None = None

    @model_validator(mode="after")
    def _is_complete(self) -> DaysLaw:
        _check(self, FORMS)
        if self.values == () or (self.values is not None and max(self.values) <= 0):
            refuse("S038", "has no value above 0", "list the observed days")
        if self.shape is not None and not LEAST_SHAPE <= self.shape <= MOST_SHAPE:
            refuse("S038", f"has a shape of {self.shape:g}", f"write {LEAST_SHAPE:g} to {MOST_SHAPE:,}")
        if self.dist == "loglogistic" and (self.shape or 0) <= 1:
            refuse("S038", "has an infinite mean", "write a shape above 1")
        if self.dist == "hazard":
            _check_hazard(self.edges or (), self.rates or ())
        return self

    def distribution(self) -> Distribution:
        """Return the law, in days."""
        if self.dist == "weibull":
            return Weibull(self.shape or 1.0, self.scale or 1.0)
        if self.dist == "gamma":
            return Gamma(self.shape or 1.0, self.scale or 1.0)
        if self.dist == "loglogistic":
            return LogLogistic(self.median or 1.0, self.shape or 2.0)
        if self.dist == "fixed":
            return Fixed(self.days or 0.0)
        if self.dist == "empirical":
            return Empirical(tuple(sorted(self.values or ())))
        if self.dist == "hazard":
            return Hazard(self.edges or (), self.rates or ())
        return _log_normal(self.median, self.p90, self.mean, self.sd)


class MoneyLaw(Strict):
    """A law of amounts in the scenario's currency: log-normal, fixed or as observed."""

    slips: ClassVar[Mapping[str, tuple[str, ...]]] = _SLIPS

    median: Money | None = None
    p90: Money | None = None
    mean: Money | None = None
    sd: Money | None = None
    dist: Literal["lognormal", "fixed", "empirical"] | None = None
    amount: Money | None = None
    values: tuple[Money, ...] | None = None

    @model_validator(mode="after")
    def _is_complete(self) -> MoneyLaw:
        _check(self, FORMS | {"fixed": ({"amount"},)})
        if self.values == ():
            refuse("S038", "has no value", "list the observed amounts")
        return self

    def distribution(self) -> Distribution:
        """Return the law, in major units."""
        if self.dist == "fixed":
            return Fixed(float(self.amount or 0))
        if self.dist == "empirical":
            return Empirical(tuple(sorted(float(v) for v in self.values or ())))
        given = (self.median, self.p90, self.mean, self.sd)
        return _log_normal(*(None if v is None else float(v) for v in given))


def _some_days(given: Any) -> Any:
    """Let a bare number of days stand for a fixed time."""
    return given if isinstance(given, dict | BaseModel) else {"dist": "fixed", "days": given}


Delay = Annotated[
    DaysLaw,
    BeforeValidator(_some_days, json_schema_input_type=DaysLaw | float | str),
]
"""Days after an event: a law, or a bare number of days."""

FORMS: Final[dict[str, tuple[set[str], ...]]] = {
    "lognormal": ({"median", "p90"}, {"mean", "sd"}, {"median"}),
    "weibull": ({"shape", "scale"},),
    "gamma": ({"shape", "scale"},),
    "loglogistic": ({"median", "shape"},),
    "fixed": ({"days"},),
    "empirical": ({"values"},),
    "hazard": ({"edges", "rates"},),
}
"""Keys of each family of laws of days, in each of the ways in which it is given."""


def _check(law: DaysLaw | MoneyLaw, families: dict[str, tuple[set[str], ...]]) -> None:
    """Refuse a law whose keys make none of its family's forms, or whose figures make no law."""
    forms = families[law.dist or "lognormal"]
    given = {key for key in law.model_fields_set if getattr(law, key) is not None} - {"source", "dist"}
    if given not in forms:
        ways = " or ".join("{" + ", ".join(f"{key}: …" for key in sorted(form)) + "}" for form in forms)
        have = ", ".join(sorted(given)) or "nothing"
        other = [] if law.dist else [name for name, known in families.items() if given in known]
        remedy = f"write {ways}; a key of another form goes with null"
        if other:
            remedy = f"say which law it is: add dist: {' or '.join(other)}"
        refuse("S038", f"is a law given by {have}", remedy)
    positive = ("median", "mean", "scale", "amount")
    if not_positive := [key for key in positive if key in given and getattr(law, key) <= 0]:
        refuse("S038", f"has a {not_positive[0]} of 0", f"write a {not_positive[0]} above 0")
    if law.median is not None and law.p90 is not None and law.p90 < law.median:
        refuse("S038", "has a p90 below its median", "9 of 10 take at most p90: write it above the median")
    for middle, spread in (("median", "p90"), ("mean", "sd")):
        if {middle, spread} <= given and getattr(law, spread) > MOST_SPREAD * getattr(law, middle):
            what = f"has {'an' if spread == 'sd' else 'a'} {spread} beyond {MOST_SPREAD:,} times its {middle}"
            refuse("S038", what, "no law of use is that wide: check the figures and their units")


def _check_hazard(edges: tuple[float, ...], rates: tuple[float, ...]) -> None:
    rising = all(a < b for a, b in itertools.pairwise(edges))
    if not edges or edges[0] != 0 or not rising or len(rates) != len(edges) or rates[-1] <= 0:
        rule = "edges rise from 0, rates are as many, and the last one is above 0"
        refuse("S038", "is no piecewise hazard", rule)


def _log_normal(median: float | None, p90: float | None, mean: float | None, sd: float | None) -> LogNormal:
    if mean is not None:
        return LogNormal.from_mean(mean, sd or 0.0)
    if p90 is None:
        return LogNormal(math.log(median or 1.0), SIGMA)
    return LogNormal.from_median(median or 1.0, p90)
