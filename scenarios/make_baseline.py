"""Write the tables of scenarios/baseline.yaml: an invented company, the same bytes each time.

The company is played forward from 2023 to the as-of day: deals arrive, move from stage to stage and are won
or lost; then its CRM and its ledger are exported as they would stand on that evening. Nobody in it exists.

Run it as `python scenarios/make_baseline.py [FOLDER]`.
"""

from __future__ import annotations

import sys
from datetime import date, timedelta
from pathlib import Path

from company import (
    DEAL_COLUMNS,
    TRADES,
    Company,
    Kind,
    Luck,
    Row,
    Stage,
    deal_row,
    exported,
    played,
    working,
    write,
)

SEED = 34
OWNERS = {
    "smb": ("Jonas", "Lea", "Pia"),
    "mid-market": ("Ana", "Erik", "Milan"),
    "enterprise": ("Greta", "Hugo", "Sofia"),
}
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
COMPANY = Company(KINDS, TRADES, OWNERS, first_day=date(2023, 7, 1), as_of=date(2026, 10, 31))


def main() -> None:
    """Write deals.csv and receivables.csv."""
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parent / "baseline"
    folder.mkdir(parents=True, exist_ok=True)
    luck = Luck(SEED)
    deals = exported(played(COMPANY, luck), COMPANY.as_of - timedelta(days=365))
    write(folder / "deals.csv", DEAL_COLUMNS, [deal_row(row) for row in deals])
    write(folder / "receivables.csv", INVOICE_COLUMNS, invoices(luck, deals))


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
        if day <= COMPANY.as_of and (not entry[-1] or str(entry[-1]) >= str(PAID_SINCE))
    ]
    return [(f"R{number:04d}", *entry) for number, entry in enumerate(kept, start=1)]


def ledger_entry(
    luck: Luck, row: Row, deal: str, amount: int, invoiced: date, days: int
) -> tuple[object, ...]:
    """Write an invoice under INVOICE_COLUMNS, without its number; one that is paid later has no date yet."""
    due = invoiced + timedelta(days=days)
    late = luck.lognormal(14, 1.1) - (12 if luck.uniform() < 0.3 else 0)
    paid = max(invoiced, due + timedelta(days=round(late)))
    shown = paid if paid <= COMPANY.as_of else ""
    return (deal, row.customer, row.customer_class, amount, row.currency, invoiced, due, shown)


if __name__ == "__main__":
    main()
