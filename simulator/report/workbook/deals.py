"""Tell each open deal: its chance, what it brings on average, when it closes."""

from __future__ import annotations

from simulator.report.blocks import Text
from simulator.report.results import Results
from simulator.report.workbook.columns import CHANCE, DAY, NUMBER, TEXT, as_day, as_number, columns, money
from simulator.report.workbook.sheet import Column, Sheet, Table, Value
from simulator.words import day


def deals(results: Results) -> Sheet | None:
    """Return the open deals, those first that bring most on average."""
    if not results.deals:
        return None
    forecast = results.forecast
    currency, end = str(forecast["currency"]), day(forecast["periods"][-1]["end"])
    amounts = money(currency)
    head = [
        *columns(TEXT, "deal", "name", "customer", "segment", "stage"),
        Column("amount", amounts, sums=True),
        *columns(CHANCE, "chance to be won", "chance to be won within the forecast"),
        Column("average within the forecast", amounts, sums=True),
        *columns(NUMBER, "months later than stated, average"),
        *columns(DAY, "closes early (10 % chance of sooner)", "closes, middle",
                 "closes late (10 % chance of later)"),
    ]  # fmt: skip
    numbers = ("amount", "chance", "in_horizon", "mean", "slip_months")
    dates = ("close_early", "close_middle", "close_late")
    rows: list[list[Value]] = [
        [*(row[key] for key in ("id", "name", "customer", "segment", "stage")),
         *(as_number(row[key]) for key in numbers), *(as_day(row[key]) for key in dates)]
        for row in sorted(results.deals, key=lambda row: (-float(row["mean"] or 0.0), row["id"]))
    ]  # fmt: skip
    says = f"A date that is not told lies after {end}. The sums on top are of the rows that a filter leaves."
    table = Table("Deals", head, rows, keeps=2, rest="deals.csv")
    return Sheet(f"Open deals, {currency}", [Text(says, quiet=True), table])
