"""Sort deals into groups by a column of their table, those already won beside those still open."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

import numpy as np

from simulator.errors import UsageError
from simulator.scenario import Scenario

COLUMNS: Final = ("customer", "class", "stage", "currency", "terms")
"""Columns that the forecast reads itself, and that may be grouped by too; all further ones may."""
PRODUCT: Final = "product"
"""Where products are given, runs grouped by it are grouped line by line."""
WON: Final = "(won)"
OTHERS: Final = "(others)"
NEW: Final = "(new)"
"""Deals yet to come belong to nobody."""
INVOICES: Final = "(invoices already sent)"
"""They name no group, whatever the column."""
FIGURES: Final = "(actual figures)"
"""Nor do figures of whole months."""
_ERROR = re.compile(r"#(?:N/A|REF!|VALUE!|DIV/0!|NAME\?|NUM!|NULL!|SPILL!|CALC!|FIELD!|GETTING_DATA)")
"""What a cell of a spreadsheet holds whose formula has no value."""
MOST: Final = 60
"""Pairs of segment and group with rows of their own: each costs as much memory as a segment."""


def grouped(scenario: Scenario, by: str | None) -> Scenario:
    """Return the scenario with the column among the further ones of its open and its won deals.

    Where there are too many groups, those with least money become one.

    Raises:
        UsageError: the deals have no such column, or two of one title, or it holds an error of a
            spreadsheet, which is no group.
    """
    if by is None:
        return scenario
    pipeline, wins = scenario.pipeline, scenario.wins
    if by == PRODUCT and scenario.products:
        return scenario  # grouped line by line
    known = [*pipeline.extra, *(c for c in COLUMNS if c not in pipeline.extra and _is_there(scenario, c))]
    if by not in known:
        raise UsageError(
            f'the deals have no column "{by}" to group by; they have: {", ".join(known) or "none"}',
            code="U003",
        )
    header, *_ = scenario.tables.get("deals", ((),))
    if list(header).count(theirs := _theirs(scenario, by)) > 1:
        raise UsageError(
            f'the column "{theirs}" cannot be grouped by, as its title stands twice: give one of them '
            "another title",
            code="U003",
        )
    if by in pipeline.extra:
        opened, won = pipeline.extra[by], wins.extra.get(by, ("",) * len(wins))
    else:
        opened, won = _open(scenario, by), _won(scenario, by)
    _check(by, [*zip(pipeline.id, opened, strict=True), *zip(wins.id, won, strict=True)])
    kept = _largest(scenario, opened, won)
    opened, won = _folded(opened, kept), _folded(won, kept)
    return replace(
        scenario,
        pipeline=replace(pipeline, extra={**pipeline.extra, by: opened}),
        wins=replace(wins, extra={**wins.extra, by: won}),
    )


def _check(by: str, told: Sequence[tuple[str, str]]) -> None:
    for deal, group in told:
        if _ERROR.fullmatch(group):
            raise UsageError(
                f'the column "{by}" cannot be grouped by: of deal {deal} it holds the error {group}; '
                "mend its formula, or group by another column",
                code="U003",
            )


def _is_there(scenario: Scenario, column: str) -> bool:
    """Tell whether any deal has a value in a column, or its table at least the column."""
    header, *_ = scenario.tables.get("deals", ((),))
    return any(_open(scenario, column)) or _place(header, _theirs(scenario, column)) is not None


def _open(scenario: Scenario, column: str) -> tuple[str, ...]:
    pipeline = scenario.pipeline
    if column == "stage":
        at = zip(pipeline.segment.tolist(), pipeline.stage.tolist(), strict=True)
        return tuple(scenario.segments[segment].funnel.stages[stage] for segment, stage in at)
    if column == "customer":
        # A deal that names no customer is one of its own, and would be a group of its own.
        pairs = zip(pipeline.customer, pipeline.id, strict=True)
        return tuple("" if customer == f"deal {deal}" else customer for customer, deal in pairs)
    return {
        "class": pipeline.customer_class,
        "currency": pipeline.currency,
        "terms": pipeline.terms,
    }[column]


def _won(scenario: Scenario, column: str) -> tuple[str, ...]:
    if column == "stage":
        return (WON,) * len(scenario.wins)
    if column == "currency":
        return scenario.wins.currency
    # Won deals keep no more than what bookings take; the rest stands in the table that they came from.
    texts = _texts(scenario, column)
    return tuple(texts.get(deal, "") for deal in scenario.wins.id)


def _texts(scenario: Scenario, column: str) -> Mapping[str, str]:
    """Return a column of the deals' table by the deals' ids, nothing where the table is not there."""
    header, *rows = scenario.tables.get("deals", ((),))
    key, at = (_place(header, _theirs(scenario, name)) for name in ("id", column))
    if key is None or at is None:
        return {}
    return {row[key].strip(): row[at].strip() for row in rows}


def _theirs(scenario: Scenario, column: str) -> str:
    """Return the name that the table gives one of our columns."""
    data: Mapping[str, Any] = scenario.resolved.get("data") or {}
    names = (data.get("columns") or {}).get("deals") or {}
    return str(names.get(column) or column)


def _place(header: Sequence[str], name: str) -> int | None:
    """Return where a column stands, capitals aside where only one fits."""
    if name in header:
        return header.index(name)
    alike = [i for i, title in enumerate(header) if title.casefold() == name.casefold()]
    return alike[0] if len(alike) == 1 else None


def _largest(scenario: Scenario, opened: Sequence[str], won: Sequence[str]) -> set[str]:
    """Return the groups with most money, open and won, as many as may have rows of their own."""
    money: dict[str, float] = {}
    segments: dict[str, set[int]] = {}
    for deals, groups in ((scenario.pipeline, opened), (scenario.wins, won)):
        for i, group in enumerate(groups):
            worth = scenario.rates.convert(deals.amount[i], deals.currency[i], np.array(0))
            money[group] = money.get(group, 0.0) + float(worth)
            segments.setdefault(group, set()).add(int(deals.segment[i]))
    if sum(map(len, segments.values())) <= MOST:
        return set(money)
    kept, pairs = set(), 0
    for group in sorted(money, key=lambda g: (-money[g], g)):
        pairs += len(segments[group])
        if pairs > MOST:
            break
        kept.add(group)
    return kept


def _folded(groups: Sequence[str], kept: set[str]) -> tuple[str, ...]:
    return tuple(group if group in kept else OTHERS for group in groups)
