"""Tell each open deal: its chance, what it brings on average, when it closes."""

from __future__ import annotations

from simulator.report.blocks import Text
from simulator.report.results import Results
from simulator.report.workbook.columns import CHANCE, DAY, NUMBER, TEXT, as_day, as_number, money
from simulator.report.workbook.sheet import Column, Sheet, Table, Value
from simulator.words import day


def deals(results: Results) -> Sheet | None:
    """Return the open deals, those first that bring most on average."""
    if not results.deals:
        return None
    forecast = results.forecast
    currency, end = str(forecast["currency"]), day(forecast["periods"][-1]["end"])
    columns = [
        Column("deal", TEXT), Column("name", TEXT), Column("customer", TEXT), Column("segment", TEXT),
        Column("stage", TEXT), Column("amount", money(currency), sums=True), Column("chance to be won", CHANCE),
        Column("chance to be won within the forecast", CHANCE),
        Column("average within the forecast", money(currency), sums=True),
        Column("months later than stated, average", NUMBER), Column("closes early (10 % chance of sooner)", DAY),
        Column("closes, middle", DAY), Column("closes late (10 % chance of later)", DAY),
    ]  # fmt: skip
    numbers = ("amount", "chance", "in_horizon", "mean", "slip_months")
    dates = ("close_early", "close_middle", "close_late")
    rows: list[list[Value]] = [
        [*(row[key] for key in ("id", "name", "customer", "segment", "stage")),
         *(as_number(row[key]) for key in numbers), *(as_day(row[key]) for key in dates)]
        for row in sorted(results.deals, key=lambda row: (-float(row["mean"] or 0.0), row["id"]))
    ]  # fmt: skip
    says = f"A date that is not told lies after {end}. The sums on top are of the rows that a filter leaves."
    table = Table("Deals", columns, rows, keeps=2, rest="deals.csv")
    return Sheet(f"Open deals, {currency}", [Text(says, quiet=True), table])
