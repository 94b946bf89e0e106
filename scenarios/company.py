"""What the invented companies of the scenarios have in common: how deals arrive, move and close.

A company is played forward to its as-of day; then its CRM is exported as it would stand on that evening.
"""

from __future__ import annotations

import csv
import math
import random
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path
from statistics import NormalDist

ADJECTIVES = (
    *("Amber", "Azure", "Birch", "Brisk", "Cedar", "Cobalt", "Copper", "Coral", "Crimson", "Dapper"),
    *("Dusky", "Early", "Fallow", "Flint", "Gentle", "Gilded", "Granite", "Hazel", "Humble", "Ivory"),
    *("Jolly", "Lilac", "Lofty", "Maple", "Mellow", "Misty", "Nimble", "Ochre", "Olive", "Patient"),
    *("Quiet", "Russet", "Sable", "Scarlet", "Silver", "Slate", "Steady", "Tawny", "Umber", "Velvet"),
    *("Willow", "Winter"),
)
ANIMALS = (
    *("Avocet", "Badger", "Bittern", "Curlew", "Dormouse", "Dunlin", "Egret", "Fieldfare", "Finch", "Gannet"),
    *("Godwit", "Grebe", "Hedgehog", "Heron", "Ibex", "Kestrel", "Lapwing", "Linnet", "Lynx", "Marmot"),
    *("Marten", "Newt", "Otter", "Plover", "Ptarmigan", "Redstart", "Sandpiper", "Siskin", "Stoat", "Swift"),
    *("Tern", "Turnstone", "Vole", "Wagtail", "Weasel", "Whimbrel"),
)
TRADES = {
    "smb": ("Bakeries", "Bicycles", "Carpentry", "Cinemas", "Florists", "Joiners", "Opticians", "Printers"),
    "mid-market": ("Breweries", "Clinics", "Fittings", "Freight", "Mills", "Schools", "Seeds", "Tools"),
    "enterprise": ("Air", "Energy", "Insurance", "Motors", "Rail", "Shipping", "Steel", "Telecom"),
}
REASONS = ("no budget", "no decision", "competitor", "price", "missing feature", "timing")


@dataclass(frozen=True)
class Stage:
    """A step as it really is: a bit harder and slower than the percentages in the scenario say."""

    name: str
    advance: float
    median_days: float


@dataclass(frozen=True)
class Kind:
    """What deals of a segment are like."""

    stages: tuple[Stage, ...]
    per_month: float
    growth: float
    amount: float
    spread: float
    round_to: int
    dollars: float
    classes: tuple[tuple[str, float], ...]
    own_terms: tuple[tuple[str, float], ...]
    products: tuple[str, ...]
    promised_days: float


@dataclass(frozen=True)
class Company:
    """Who sells what to whom, since when, and how its customers are called."""

    kinds: Mapping[str, Kind]
    trades: Mapping[str, tuple[str, ...]]
    owners: Mapping[str, tuple[str, ...]]
    first_day: date
    as_of: date


@dataclass
class Row:
    """One deal as the export shows it."""

    segment: str
    customer: str
    customer_class: str
    product: str
    owner: str
    stage: str
    amount: int
    currency: str
    created: date
    terms: str
    entered: date | None = None
    expected: date | None = None
    pushes: int = 0
    closed: date | None = None
    outcome: str = ""
    reason: str = ""
    id: str = field(default="")
    moves: list[tuple[str, date]] = field(default_factory=list)


class Luck:
    """One stream of random numbers, by inversion of uniforms only."""

    def __init__(self, seed: int) -> None:
        self.uniform = random.Random(seed).random

    def normal(self) -> float:
        """Draw a standard normal."""
        return NormalDist().inv_cdf(min(max(self.uniform(), 1e-12), 1 - 1e-12))

    def lognormal(self, median: float, sigma: float) -> float:
        """Draw a log-normal."""
        return median * math.exp(sigma * self.normal())

    def choice(self, weighted: tuple[tuple[str, float], ...], otherwise: str = "") -> str:
        """Choose by weights that add to at most 1."""
        u = self.uniform()
        for value, weight in weighted:
            if u < weight:
                return value
            u -= weight
        return otherwise

    def one_of(self, values: tuple[str, ...]) -> str:
        """Choose one evenly."""
        return values[int(self.uniform() * len(values))]


def played(company: Company, luck: Luck) -> list[Row]:
    """Play the company from its first day to the as-of day; the rows stand by segment and day of creation."""
    names: set[str] = set()
    rows = []
    for segment, kind in company.kinds.items():
        for created in arrivals(company, luck, kind):
            row = new_deal(company, luck, segment, created, names)
            play(luck, row, kind, company.as_of)
            rows.append(row)
    return rows


def exported(rows: list[Row], since: date) -> list[Row]:
    """Return what a CRM shows, numbered by day of creation: open deals, and those closed after a day."""
    kept = [row for row in rows if row.closed is None or row.closed > since]
    kept.sort(key=lambda row: (row.created, row.segment, row.customer))
    for number, row in enumerate(kept, start=1):
        row.id = f"D{number:04d}"
    return kept


def arrivals(company: Company, luck: Luck, kind: Kind) -> list[date]:
    """Draw the working days on which deals are created: exponential gaps at a slowly growing rate."""
    found: list[date] = []
    day = 0.0
    while True:
        years_ago = ((company.as_of - company.first_day).days - day) / 365.25
        rate = kind.per_month / 30.4 / (1 + kind.growth) ** years_ago
        day += -math.log(1 - luck.uniform()) / rate
        created = working(company.first_day + timedelta(days=int(day)))
        if created > company.as_of:
            return found
        found.append(created)


def new_deal(company: Company, luck: Luck, segment: str, created: date, names: set[str]) -> Row:
    """Draw what does not change over a deal's life; some customers come a second time."""
    kind, customer = company.kinds[segment], ""
    while not customer or (customer in names and luck.uniform() > 0.3):
        customer = f"{luck.one_of(ADJECTIVES)} {luck.one_of(ANIMALS)} {luck.one_of(company.trades[segment])}"
    names.add(customer)
    amount = luck.lognormal(kind.amount, kind.spread)
    return Row(
        segment,
        customer,
        luck.choice(kind.classes),
        luck.one_of(kind.products),
        luck.one_of(company.owners[segment]),
        kind.stages[0].name,
        max(round(amount / kind.round_to), 1) * kind.round_to,
        "USD" if luck.uniform() < kind.dollars else "EUR",
        created,
        luck.choice(kind.own_terms),
    )


def play(luck: Luck, row: Row, kind: Kind, as_of: date) -> None:
    """Walk a deal through its stages until it closes or the as-of day comes."""
    day = row.created
    for stage in kind.stages:
        row.stage, row.entered = stage.name, day
        row.moves.append((stage.name, day))
        advances = luck.uniform() < stage.advance
        stay = luck.lognormal(stage.median_days, 0.7)
        if not advances:  # nobody likes to close a deal as lost, and a few are forgotten
            stay *= 14 if luck.uniform() < 0.02 else 1.9
        day = working(day + timedelta(days=max(round(stay), 1)))
        if day > as_of:
            state_close_date(luck, row, kind, as_of)
            return
        if not advances:
            close(row, day, "lost", luck.one_of(REASONS))
            return
    close(row, day, "won", "")


def close(row: Row, day: date, outcome: str, reason: str) -> None:
    """Close a deal; the CRM then shows no stage but the end."""
    row.stage = "Closed" if outcome == "won" else "Lost"
    row.entered, row.closed, row.outcome, row.reason = None, day, outcome, reason
    row.moves.append((row.stage, day))


def state_close_date(luck: Luck, row: Row, kind: Kind, as_of: date) -> None:
    """Give an open deal the date that its owner states: hopeful, pushed when it passes, at times overdue."""
    stated = row.created + timedelta(days=round(luck.lognormal(kind.promised_days, 0.35)))
    while stated <= as_of and luck.uniform() < 0.88:
        stated += timedelta(days=30 + int(luck.uniform() * 75))
        row.pushes += 1
    if luck.uniform() < 0.12:
        stated = end_of_month(stated)
    row.expected = working(stated) if luck.uniform() < 0.97 else None
    if luck.uniform() < 0.07:
        row.entered = None


DEAL_COLUMNS = (
    *("id", "customer", "class", "segment", "stage", "amount", "currency", "created", "entered_stage"),
    *("expected_close", "pushes", "terms", "product", "owner", "closed", "outcome", "lost_reason"),
)


def deal_row(row: Row) -> tuple[object, ...]:
    """Write a deal under DEAL_COLUMNS."""
    return (
        *(row.id, row.customer, row.customer_class, row.segment, row.stage, row.amount, row.currency),
        *(row.created, row.entered or "", row.expected or "", row.pushes, row.terms, row.product, row.owner),
        *(row.closed or "", row.outcome, row.reason),
    )


def working(day: date) -> date:
    """Move a day of the weekend to the Friday before."""
    return day - timedelta(days=max(day.weekday() - 4, 0))


def end_of_month(day: date) -> date:
    """Return the last day of the month."""
    first_of_next = (day.replace(day=1) + timedelta(days=32)).replace(day=1)
    return first_of_next - timedelta(days=1)


def write(path: Path, columns: tuple[str, ...], rows: list[tuple[object, ...]]) -> None:
    """Write a CSV with line feeds, wherever it is run."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(columns)
        writer.writerows(rows)


def add_months(day: date, months: int) -> date:
    """Return the same day some months on, the last of the month where it is shorter."""
    month = day.month - 1 + months
    first = date(day.year + month // 12, month % 12 + 1, 1)
    return first.replace(day=min(day.day, end_of_month(first).day))
