"""Write the tables of scenarios/baseline.yaml: an invented company, the same bytes each time.

The company is played forward from 2023 to the as-of day: deals arrive, move from stage to stage and are won
or lost; then its CRM and its ledger are exported as they would stand on that evening. Nobody in it exists.

Run it as `python scenarios/make_baseline.py [FOLDER]`.
"""

from __future__ import annotations

import csv
import math
import random
import sys
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path
from statistics import NormalDist

SEED = 34
AS_OF = date(2026, 10, 31)
FIRST_DAY = date(2023, 7, 1)
HISTORY = timedelta(days=365)  # closed deals stay in the export for so long

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
OWNERS = {
    "smb": ("Jonas", "Lea", "Pia"),
    "mid-market": ("Ana", "Erik", "Milan"),
    "enterprise": ("Greta", "Hugo", "Sofia"),
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


KINDS = {
    "smb": Kind(
        (
            Stage("Ability to pay established", 0.48, 38),
            Stage("Solution proposed", 0.66, 45),
            Stage("Solution evaluated", 0.70, 40),
            Stage("Contract", 0.86, 16),
        ),
        *(15.0, 0.10, 14_000, 0.6, 100, 0.0),
        (("", 0.85), ("Gold", 0.15)),
        (("net 14", 0.06), ("CIA", 0.03)),
        ("starter", "starter", "support"),
        95,
    ),
    "mid-market": Kind(
        (
            Stage("Ability to pay established", 0.60, 60),
            Stage("Solution developed", 0.66, 48),
            Stage("Solution proposed", 0.80, 55),
            Stage("Solution evaluated", 0.76, 58),
            Stage("Negotiation", 0.82, 36),
            Stage("Contract", 0.89, 20),
        ),
        *(9.5, 0.12, 52_000, 0.6, 500, 0.15),
        (("", 0.7), ("Gold", 0.3)),
        (("net 45", 0.08), ("EOM+30d", 0.05)),
        ("platform", "platform", "services"),
        200,
    ),
    "enterprise": Kind(
        (
            Stage("Need established", 0.68, 60),
            Stage("Ability to pay established", 0.68, 60),
            Stage("Solution developed", 0.72, 65),
            Stage("Solution proposed", 0.76, 65),
            Stage("Solution evaluated", 0.76, 70),
            Stage("Negotiation", 0.84, 45),
            Stage("Contract", 0.90, 25),
        ),
        *(7.0, 0.10, 190_000, 0.55, 1_000, 0.25),
        (("", 0.45), ("Key", 0.40), ("Public", 0.15)),
        (("net 60", 0.10), ("40% on signature net 30; balance on acceptance net 30", 0.06)),
        ("platform", "platform", "platform and services"),
        280,
    ),
}


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


def main() -> None:
    """Write deals.csv and receivables.csv."""
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parent / "baseline"
    folder.mkdir(parents=True, exist_ok=True)
    luck = Luck(SEED)
    deals = exported(luck)
    write(folder / "deals.csv", DEAL_COLUMNS, [deal_row(row) for row in deals])
    write(folder / "receivables.csv", INVOICE_COLUMNS, invoices(luck, deals))


def exported(luck: Luck) -> list[Row]:
    """Play the company and keep what its CRM would show: open deals, and those closed in the last year."""
    names: set[str] = set()
    rows = []
    for segment, kind in KINDS.items():
        for created in arrivals(luck, kind):
            row = new_deal(luck, segment, kind, created, names)
            play(luck, row, kind)
            if row.closed is None or row.closed > AS_OF - HISTORY:
                rows.append(row)
    rows.sort(key=lambda row: (row.created, row.segment, row.customer))
    for number, row in enumerate(rows, start=1):
        row.id = f"D{number:04d}"
    return rows


def arrivals(luck: Luck, kind: Kind) -> list[date]:
    """Draw the working days on which deals are created: exponential gaps at a slowly growing rate."""
    found: list[date] = []
    day = 0.0
    while True:
        years_ago = ((AS_OF - FIRST_DAY).days - day) / 365.25
        rate = kind.per_month / 30.4 / (1 + kind.growth) ** years_ago
        day += -math.log(1 - luck.uniform()) / rate
        created = working(FIRST_DAY + timedelta(days=int(day)))
        if created > AS_OF:
            return found
        found.append(created)


def new_deal(luck: Luck, segment: str, kind: Kind, created: date, names: set[str]) -> Row:
    """Draw what does not change over a deal's life; some customers come a second time."""
    customer = ""
    while not customer or (customer in names and luck.uniform() > 0.3):
        customer = f"{luck.one_of(ADJECTIVES)} {luck.one_of(ANIMALS)} {luck.one_of(TRADES[segment])}"
    names.add(customer)
    amount = luck.lognormal(kind.amount, kind.spread)
    return Row(
        segment,
        customer,
        luck.choice(kind.classes),
        luck.one_of(kind.products),
        luck.one_of(OWNERS[segment]),
        kind.stages[0].name,
        max(round(amount / kind.round_to), 1) * kind.round_to,
        "USD" if luck.uniform() < kind.dollars else "EUR",
        created,
        luck.choice(kind.own_terms),
    )


def play(luck: Luck, row: Row, kind: Kind) -> None:
    """Walk a deal through its stages until it closes or the as-of day comes."""
    day = row.created
    for stage in kind.stages:
        row.stage, row.entered = stage.name, day
        advances = luck.uniform() < stage.advance
        stay = luck.lognormal(stage.median_days, 0.7)
        if not advances:  # nobody likes to close a deal as lost, and a few are forgotten
            stay *= 14 if luck.uniform() < 0.02 else 1.9
        day = working(day + timedelta(days=max(round(stay), 1)))
        if day > AS_OF:
            state_close_date(luck, row, kind)
            return
        if not advances:
            close(row, day, "lost", luck.one_of(REASONS))
            return
    close(row, day, "won", "")


def close(row: Row, day: date, outcome: str, reason: str) -> None:
    """Close a deal; the CRM then shows no stage but the end."""
    row.stage = "Closed" if outcome == "won" else "Lost"
    row.entered, row.closed, row.outcome, row.reason = None, day, outcome, reason


def state_close_date(luck: Luck, row: Row, kind: Kind) -> None:
    """Give an open deal the date that its owner states: hopeful, pushed when it passes, at times overdue."""
    stated = row.created + timedelta(days=round(luck.lognormal(kind.promised_days, 0.35)))
    while stated <= AS_OF and luck.uniform() < 0.88:
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


# What a deal's terms, or its class's, came to when it was invoiced: share, days after signature, days to pay.
INSTALLMENTS = {
    "": ((1.0, 0, 30),),
    "Gold": ((1.0, 0, 30),),
    "Key": ((0.3, 0, 15), (0.4, 75, 30), (0.3, 90, 45)),
    "Public": ((1.0, 0, 45),),
    "net 14": ((1.0, 0, 14),),
    "CIA": ((1.0, 0, 0),),
    "net 45": ((1.0, 0, 45),),
    "EOM+30d": ((1.0, 0, 45),),
    "net 60": ((1.0, 0, 60),),
    "40% on signature net 30; balance on acceptance net 30": ((0.4, 0, 30), (0.6, 75, 30)),
}
PAID_SINCE = date(2026, 1, 1)  # older payments belong to a year that is closed
INVOICE_COLUMNS = (
    *("id", "deal", "customer", "class", "amount", "currency", "invoice_date", "due_date", "paid_date"),
)


def invoices(luck: Luck, deals: list[Row]) -> list[tuple[object, ...]]:
    """Write all invoices that were paid this year or are still open: of won deals, and for support."""
    found: list[tuple[date, str, tuple[object, ...]]] = []
    for row in (row for row in deals if row.outcome == "won"):
        assert row.closed is not None
        left = row.amount
        plan = INSTALLMENTS[row.terms or row.customer_class]
        for number, (share, after, days) in enumerate(plan, start=1):
            amount = left if number == len(plan) else round(row.amount * share)
            left -= amount
            invoiced = working(row.closed + timedelta(days=after + 3))
            entry = ledger_entry(luck, row, row.id, amount, invoiced, days)
            found.append((invoiced, f"{row.id}-{number}", entry))
    regulars = [row for row in deals if row.outcome == "won" and row.segment != "smb"]
    for month in (8, 9, 10):
        for row in regulars[month % 3 :: 3]:  # support, billed by the quarter since August
            invoiced = working(date(2026, month, 5))
            entry = ledger_entry(luck, row, "", max(round(row.amount * 0.0004) * 100, 100), invoiced, 30)
            found.append((invoiced, f"{row.id}-support", entry))
    found.sort(key=lambda entry: entry[:2])
    kept = [
        entry
        for day, _, entry in found
        if day <= AS_OF and (not entry[-1] or str(entry[-1]) >= str(PAID_SINCE))
    ]
    return [(f"R{number:04d}", *entry) for number, entry in enumerate(kept, start=1)]


def ledger_entry(
    luck: Luck, row: Row, deal: str, amount: int, invoiced: date, days: int
) -> tuple[object, ...]:
    """Write an invoice under INVOICE_COLUMNS, without its number; one that is paid later has no date yet."""
    due = invoiced + timedelta(days=days)
    late = luck.lognormal(14, 1.1) - (12 if luck.uniform() < 0.3 else 0)
    paid = max(invoiced, due + timedelta(days=round(late)))
    shown = paid if paid <= AS_OF else ""
    return (deal, row.customer, row.customer_class, amount, row.currency, invoiced, due, shown)


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


if __name__ == "__main__":
    main()
