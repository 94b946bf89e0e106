"""What a file of learned figures may say: a part of a scenario, with the evidence of each figure."""

from __future__ import annotations

from typing import Any, Final, Literal

from pydantic import BaseModel, Field, field_validator

from simulator.scenario.tree import Keys

GROUPS: Final[dict[str, tuple[str, ...]]] = {
    "funnel": ("stages", "cycle", "probability_basis", "worth"),
    "odds": ("soberness.odds",),
    "close_date": tuple(f"close_date.{key}" for key in ("rule", "slip", "spread", "overdue", "pushes")),
    "amount": tuple(f"amount.{key}" for key in ("unchanged", "location", "scale", "by_size", "reference")),
    "calendar": ("quarter_end_weight", "weekday_weights", "month_weights"),
    "new_pipeline": ("new_pipeline",),
}
"""Keys of a segment that are learned together: where a scenario sets one of them, none is taken."""
MARKET: Final = ("market.shared", "market.segment")
"""Likewise, of the whole scenario."""


class _Plain(BaseModel, frozen=True, extra="forbid"):
    """A mapping with fixed keys."""


class FigureFile(_Plain):
    """The evidence of one figure: 80 % interval, observations, what they are worth, in how many quarters."""

    value: float
    low: float
    high: float
    n: int = 0
    n_eff: float = 0.0
    quarters: int = 0
    source: str = ""


class HistoryFile(_Plain):
    """What was read and how, so that it can be learned from again."""

    files: tuple[str, ...] = ()
    map: str | None = None
    base: str | None = None
    segment_by: str | None = None
    draws: int = 2000


class SplittingFile(_Plain):
    """Whether funnels of their own foresee the deals of segments better than one for all.

    Attributes:
        by: column that tells the segments.
        pays: whether they do, beyond what may be chance.
        deals: that were foreseen by funnels which had not seen them.
        gain: log score of all of them by funnels of their own, less that without telling them apart.
        error: standard error of it.
    """

    by: str
    pays: bool
    deals: int
    gain: float
    error: float


class FindingFile(_Plain):
    """Something in the record that was not as it should be."""

    code: str
    text: str
    count: int
    examples: tuple[str, ...] = ()


class LearnedFile(_Plain):
    """The whole file.

    Attributes:
        version: of this format.
        as_of: the last day that was known.
        currency: of all amounts.
        program: version that wrote it.
        seed: of the draws.
        history: what was read.
        draws: file of the posterior draws, beside this one.
        track_record: how past intervals held, a backtest.json beside this file.
        scenario: middle figures, laid beneath a scenario that names this file.
        evidence: by path in the scenario.
        unresolved: by segment and stage, share of deals whose end nobody has seen yet.
        lost_reasons: by segment, stage and reason, deals.
        findings: what was not as it should be in the record.
        assumptions: what could not be learned, and what would allow it.
        splitting: whether it pays to tell the segments apart, where a column was asked about.
    """

    version: Literal[1] = 1
    as_of: str
    currency: str
    program: str = ""
    seed: int = 1
    history: HistoryFile = HistoryFile()
    draws: str | None = None
    track_record: str | None = None
    scenario: dict[str, Any] = Field(default_factory=dict)
    evidence: dict[str, FigureFile] = Field(default_factory=dict)
    unresolved: dict[str, dict[str, float]] = Field(default_factory=dict)
    lost_reasons: dict[str, dict[str, dict[str, int]]] = Field(default_factory=dict)
    findings: tuple[FindingFile, ...] = ()
    assumptions: tuple[str, ...] = ()
    splitting: SplittingFile | None = None

    @field_validator("draws", "track_record")
    @classmethod
    def _beside(cls, name: str | None) -> str | None:
        if name is not None and (name in (".", "..") or set("/\\:\0") & set(name)):
            raise ValueError("the file has to be beside this one")
        return name


def group_of(keys: Keys) -> tuple[str | None, str] | None:
    """Return segment (None for the whole scenario) and group of a path, None where it is not learned."""
    parts = tuple(str(key) for key in keys)
    if ".".join(parts) in MARKET:
        return None, "market"
    if len(parts) < 3 or parts[0] != "segments":
        return None
    if parts[2] == "payment" and len(parts) > 3:
        return parts[1], f"payment.{parts[3]}"
    inner = ".".join(parts[2:])
    for group, heads in GROUPS.items():
        if any(inner == head or inner.startswith(f"{head}.") for head in heads):
            return parts[1], group
    return None
