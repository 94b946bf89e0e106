"""Write the tables of scenarios/saas-hardware: sixty people who sell software, services and devices.

The firm is played forward from 2023 to the as-of day: deals arrive, are won or lost; what is won starts, is
delivered, invoiced and paid, and contracts are renewed or end. Then its CRM, its ledger and its books are
exported as they would stand on that evening. Nobody in it exists.

Run it as `python scenarios/make_saas_hardware.py [FOLDER]`.
"""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
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
    add_months,
    deal_row,
    exported,
    played,
    working,
    write,
)

SEED = 69
AS_OF = date(2026, 10, 31)
YEAR = date(2026, 4, 1)  # the fiscal year begins, and with it what the ledger shows as paid
HORIZON = date(2028, 4, 30)
TAX = {"smb": 19, "mid-market": 19, "enterprise": 0}  # per cent; the third buys from abroad
DOLLAR = 0.92

KINDS = {
    "smb": Kind(
        (
            Stage("Ability to pay established", 0.54, 16),
            Stage("Solution proposed", 0.64, 20),
            Stage("Negotiation", 0.80, 14),
        ),
        *(27.5, 0.22, 9_000, 0.5, 12, 0.0),
        (("", 1.0),),
        (("quarterly in advance net 30", 0.06),),
        ("subscription",),
        48,
    ),
    "mid-market": Kind(
        (
            Stage("Ability to pay established", 0.62, 34),
            Stage("Solution developed", 0.68, 34),
            Stage("Solution proposed", 0.78, 40),
            Stage("Solution evaluated", 0.80, 38),
            Stage("Contract", 0.88, 18),
        ),
        *(13.0, 0.18, 62_000, 0.5, 500, 0.0),
        (("", 0.75), ("Gold", 0.25)),
        (("net 45", 0.05),),
        ("licence",),
        140,
    ),
    "enterprise": Kind(
        (
            Stage("Need established", 0.66, 50),
            Stage("Solution developed", 0.68, 55),
            Stage("Solution proposed", 0.76, 55),
            Stage("Solution evaluated", 0.74, 60),
            Stage("Negotiation", 0.84, 40),
            Stage("Contract", 0.90, 22),
        ),
        *(4.2, 0.15, 190_000, 0.45, 1_000, 1.0),
        (("", 0.6), ("Key", 0.4)),
        (),
        ("licence",),
        230,
    ),
}
FIRM = Company(
    KINDS,
    TRADES,
    {"smb": ("Jonas", "Lea"), "mid-market": ("Ana", "Erik", "Milan"), "enterprise": ("Greta", "Hugo")},
    first_day=date(2023, 1, 1),
    as_of=AS_OF,
)

# What share of a deal's value is sold as what, and how often deals hold it at all.
PARTS = {
    "smb": (("subscription", 1.0, 1.0),),
    "mid-market": (("licence", 0.46, 1.0), ("services", 0.30, 0.8), ("hardware", 0.24, 0.6)),
    "enterprise": (("licence", 0.50, 1.0), ("services", 0.28, 1.0), ("hardware", 0.22, 0.7)),
}
RENEWED = {"smb": 0.80, "mid-market": 0.89, "enterprise": 0.93}  # what really happens at a term's end
UPLIFT = {"subscription": 0.02, "licence": 0.04}


@dataclass
class Part:
    """One product of a won deal: what was sold, and when it came about."""

    product: str
    amount: int
    start: date | None = None
    delivered: date | None = None
    accepted: date | None = None


@dataclass
class Invoice:
    """One invoice, net in cents."""

    row: Row
    product: str
    net: int
    day: date
    due: date
    paid: date
    disputed: bool

    @property
    def tax(self) -> int:
        """The tax on it, in cents, halves rounded up."""
        return (self.net * TAX[self.row.segment] + 50) // 100


def main() -> None:
    """Write all tables."""
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parent / "saas-hardware"
    folder.mkdir(parents=True, exist_ok=True)
    luck = Luck(SEED)
    rows = played(FIRM, luck)
    sold = {id(row): parts(luck, row) for row in rows}
    won = [row for row in rows if row.outcome == "won"]
    for row in won:
        perform(luck, row, sold[id(row)])
    renewed, due = renewals(luck, won, sold)
    won += renewed
    ledger = [i for row in won for part in sold[id(row)] for i in invoices(luck, row, part)]
    ledger = [i for i in ledger if i.day <= AS_OF and i.paid >= YEAR]
    billed = {id(i.row) for i in ledger}

    deals = exported([row for row in rows if row.outcome != "won"], AS_OF - timedelta(days=365))
    kept = [row for row in won if id(row) in billed or (row.closed or AS_OF) > AS_OF - timedelta(days=365)]
    kept.sort(key=lambda row: (row.closed or AS_OF, row.segment, row.customer))
    for number, row in enumerate(kept, start=1):
        row.id = f"W{number:04d}"
    new = {id(row) for row in rows}
    table = [crm_row(luck, row, sold[id(row)], id(row) in new) for row in (*kept, *deals)]
    write(folder / "deals.csv", CRM_COLUMNS, table)
    current = [row for row in (*kept, *deals) if row.outcome != "lost"]
    write(folder / "lines.csv", LINE_COLUMNS, [line for row in current for line in lines(row, sold[id(row)])])
    write(folder / "receivables.csv", INVOICE_COLUMNS, ledger_rows(ledger))
    write(folder / "renewals.csv", RENEWAL_COLUMNS, list(renewal_rows(luck, due)))
    write(folder / "actuals.csv", FIGURE_COLUMNS, revenue_rows(won, sold))
    write(folder / "plan.csv", FIGURE_COLUMNS, list(plan_rows()))


def parts(luck: Luck, row: Row) -> list[Part]:
    """Divide a deal's value between the products it holds."""
    held = [(name, share) for name, share, often in PARTS[row.segment] if luck.uniform() < often]
    whole, left = sum(share for _, share in held), row.amount
    found = []
    for name, share in held[1:]:
        amount = round(row.amount * share / whole / 100) * 100
        left -= amount
        found.append(Part(name, amount))
    row.product = held[0][0] if len(held) == 1 else ""
    return [Part(held[0][0], left), *found]


def perform(luck: Luck, row: Row, sold: list[Part]) -> None:
    """Start, deliver and accept what was won."""
    assert row.closed is not None
    for part in sold:
        if part.product in UPLIFT:
            part.start = row.closed + timedelta(days=round(luck.lognormal(10, 0.7)))
        elif part.product == "services":
            part.delivered = working(row.closed + timedelta(days=round(luck.lognormal(50, 0.5))))
            part.accepted = working(part.delivered + timedelta(days=round(luck.lognormal(16, 0.7))))
        else:
            part.delivered = working(row.closed + timedelta(days=max(round(luck.lognormal(20, 0.5)), 1)))


def renewals(
    luck: Luck, won: list[Row], sold: dict[int, list[Part]]
) -> tuple[list[Row], list[tuple[Row, Part]]]:
    """Renew what runs out by the as-of day, again and again; return the new rows, and what runs out later."""
    found: list[Row] = []
    due: list[tuple[Row, Part]] = []
    waiting = [(row, part) for row in won for part in sold[id(row)] if part.start]
    while waiting:
        row, part = waiting.pop(0)
        end, on = term_end(part), luck.uniform() < RENEWED[row.segment]
        signed = working(end + timedelta(days=round(luck.lognormal(6, 0.8))))
        if (end if not on else signed) > AS_OF:
            due.append((row, part))
        elif on:
            amount = round(part.amount * (1 + UPLIFT[part.product]))
            again = Row(
                row.segment,
                row.customer,
                row.customer_class,
                part.product,
                "Customer success",
                "Closed",
                amount,
                row.currency,
                signed,
                row.terms,
                closed=signed,
                outcome="won",
            )
            sold[id(again)] = [Part(part.product, amount, signed)]
            found.append(again)
            waiting.append((again, sold[id(again)][0]))
    return found, due


def term_end(part: Part) -> date:
    """Return the first day that a contract no longer covers."""
    assert part.start is not None
    return add_months(part.start, 12)


LAG = timedelta(days=3)


def invoices(luck: Luck, row: Row, part: Part) -> Iterator[Invoice]:
    """Write the invoices of one part of a won deal; those of days to come are part of the plan only."""
    assert row.closed is not None
    cents, days = part.amount * 100, int(row.terms.removeprefix("net ")) if row.terms == "net 45" else 30
    if part.product == "subscription":
        every = 3 if row.terms.startswith("quarterly") else 1
        assert part.start is not None
        schedule = [(add_months(part.start, m), every / 12, 30) for m in range(0, 12, every)]
    elif part.product == "licence":
        assert part.start is not None
        schedule = [(part.start, 1.0, days)]
    elif part.product == "services" and not row.terms:
        assert part.delivered is not None and part.accepted is not None
        schedule = [(row.closed, 0.3, 15), (part.delivered, 0.4, 30), (part.accepted, 0.3, 45)]
    elif part.product == "services":
        schedule = [(row.closed, 1.0, days)]
    else:
        assert part.delivered is not None
        schedule = [(part.delivered if not row.terms else row.closed, 1.0, days)]
    left = cents
    for number, (event, share, to_pay) in enumerate(schedule, start=1):
        net = left if number == len(schedule) else int(cents * round(share * 120) // 120)
        left -= net
        invoiced = event + LAG
        due = invoiced + timedelta(days=to_pay)
        disputed = luck.uniform() < 0.03
        usual = 20 if row.segment == "smb" else 12
        late = luck.lognormal(usual, 0.8) - (14 if luck.uniform() < 0.35 else 0) + (50 if disputed else 0)
        paid = working(due + timedelta(days=round(late)))
        if row.segment == "enterprise":  # their payment runs are on Thursdays
            paid += timedelta(days=(3 - paid.weekday()) % 7)
        yield Invoice(row, part.product, net, invoiced, due, max(paid, invoiced), disputed)


CRM_COLUMNS = (*DEAL_COLUMNS, "category", "type", "delivery", "service_start", "service_months")


def crm_row(luck: Luck, row: Row, sold: list[Part], new: bool) -> tuple[object, ...]:
    """Write a deal as the CRM shows it; renewals have no day of creation of their own."""
    created, kind = deal_row(row), "new" if new else "renewal"
    if not new:
        created = (*created[:7], "", *created[8:])
    delivered = [part.delivered for part in sold if part.delivered and row.outcome == "won"]
    starts = [part.start for part in sold if part.start and row.outcome == "won"]
    known = [day for day in delivered if day <= AS_OF]
    delivery = known[0] if len(delivered) == 1 and known else ""
    start = starts[0] if starts and starts[0] <= AS_OF else ""
    return (*created, category(luck, row), kind, delivery, start, 12 if starts else "")


def category(luck: Luck, row: Row) -> str:
    """Return what sales says of an open deal: commit, best case or pipeline."""
    if row.outcome:
        return ""
    likely = {"Contract": (0.9, 0.1), "Negotiation": (0.8, 0.2), "Solution evaluated": (0.6, 0.3)}
    commit, best = likely.get(row.stage, (0.25, 0.3) if row.stage == "Solution proposed" else (0.0, 0.05))
    return luck.choice((("commit", commit), ("best case", best)), "pipeline")


LINE_COLUMNS = ("deal", "product", "amount", "start", "months")


def lines(row: Row, sold: list[Part]) -> Iterator[tuple[object, ...]]:
    """Write the parts of a deal that has more than one."""
    if len(sold) > 1:
        for part in sold:
            start = part.start if part.start and part.start <= AS_OF else ""
            yield (row.id, part.product, part.amount, start, 12 if part.product in UPLIFT else "")


INVOICE_COLUMNS = (
    *("id", "deal", "customer", "class", "segment", "product", "amount", "tax", "currency"),
    *("invoice_date", "due_date", "paid_date", "disputed"),
)


def ledger_rows(ledger: list[Invoice]) -> list[tuple[object, ...]]:
    """Write the ledger: what has been paid in the fiscal year, or is still open."""
    ledger.sort(key=lambda i: (i.day, i.row.id, i.product))
    found: list[tuple[object, ...]] = []
    for number, i in enumerate(ledger, start=1):
        shown = i.paid if i.paid <= AS_OF else ""
        disputed = "yes" if i.disputed and not shown else ""
        found.append(
            (
                *(f"R{number:05d}", i.row.id, i.row.customer, i.row.customer_class, i.row.segment, i.product),
                *(money(i.net + i.tax), money(i.tax), i.row.currency, i.day, i.due, shown, disputed),
            )
        )
    return found


RENEWAL_COLUMNS = (*("id", "customer", "class", "segment", "product", "amount", "currency", "due", "chance"),)


def renewal_rows(luck: Luck, due: list[tuple[Row, Part]]) -> Iterator[tuple[object, ...]]:
    """Write the contracts that end inside the forecast; for some, customer success has an opinion."""
    due.sort(key=lambda pair: (term_end(pair[1]), pair[0].customer, pair[1].product))
    for number, (row, part) in enumerate(due, start=1):
        chance = luck.choice((("0.55", 0.08), ("0.97", 0.12)))
        if term_end(part) <= HORIZON:
            yield (
                *(f"N{number:04d}", row.customer, row.customer_class, row.segment, part.product),
                *(part.amount, row.currency, term_end(part), chance),
            )


FIGURE_COLUMNS = ("month", "series", "segment", "amount")


def revenue_rows(won: list[Row], sold: dict[int, list[Part]]) -> list[tuple[object, ...]]:
    """Write the revenue that the books show, by month of the year so far, in euros."""
    totals: Counter[tuple[str, str]] = Counter()
    for row in won:
        for part in sold[id(row)]:
            for day, amount in recognised(part):
                if YEAR <= day <= AS_OF:
                    totals[f"{day:%Y-%m}", row.segment] += amount * (DOLLAR if row.currency == "USD" else 1)
    return [(month, "revenue", segment, round(total)) for (month, segment), total in sorted(totals.items())]


def recognised(part: Part) -> Iterator[tuple[date, float]]:
    """Yield the days on which a part brings revenue, and how much."""
    if part.start:
        end = term_end(part)
        for n in range((end - part.start).days):
            yield part.start + timedelta(days=n), part.amount / (end - part.start).days
    elif part.accepted and part.delivered:
        yield from ((part.delivered, part.amount * 0.7), (part.accepted, part.amount * 0.3))
    elif part.delivered:
        yield part.delivered, part.amount


# The budget, thousands of euros a year: of fiscal 2027 and 2028.
BUDGET = {
    ("bookings", "smb"): (2_000, 2_300),
    ("bookings", "mid-market"): (5_300, 6_300),
    ("bookings", "enterprise"): (3_600, 4_400),
    ("revenue", "smb"): (1_700, 2_000),
    ("revenue", "mid-market"): (4_600, 5_900),
    ("revenue", "enterprise"): (3_300, 4_100),
    ("receipts", "smb"): (2_200, 2_400),
    ("receipts", "mid-market"): (5_500, 7_100),
    ("receipts", "enterprise"): (3_700, 4_700),
}
SEASON = (8.5, 8.5, 9.5, 8, 7.5, 9.5, 6.5, 7.5, 9, 8, 8.5, 9)  # per cent, from April


def plan_rows() -> Iterator[tuple[object, ...]]:
    """Write the budget by month: bookings with a season, the rest evenly."""
    for year in (0, 1):
        for month in range(12):
            first = add_months(YEAR, 12 * year + month)
            for (series, segment), amounts in BUDGET.items():
                share = SEASON[month] / 100 if series == "bookings" else 1 / 12
                yield (f"{first:%Y-%m}", series, segment, round(amounts[year] * share, 1) * 1000)


def money(cents: int) -> str:
    """Write cents as an amount with two decimals."""
    return f"{cents // 100}.{cents % 100:02d}"


if __name__ == "__main__":
    main()
