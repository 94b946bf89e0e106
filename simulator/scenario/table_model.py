"""What a scenario file may say of its tables: what their columns are called, and how they are written."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Literal

from pydantic import create_model

from simulator.scenario.laws import Strict
from simulator.scenario.values import Text

DEAL_COLUMNS: Final = (
    *("id", "name", "customer", "class", "segment", "stage", "amount", "currency", "created"),
    *("entered_stage", "expected_close", "pushes", "probability", "category", "terms", "product", "owner"),
    *("closed", "outcome", "lost_reason", "delivery", "service_start", "service_months"),
)
INVOICE_COLUMNS: Final = (
    *("id", "kind", "deal", "customer", "class", "amount", "net", "tax", "paid_amount", "open_amount"),
    *("currency", "invoice_date", "due_date", "terms", "paid_date", "disputed"),
)
LINE_COLUMNS: Final = ("deal", "product", "amount", "start", "months")
FIGURE_COLUMNS: Final = ("month", "series", "segment", "amount")
RENEWAL_COLUMNS: Final = (
    *("id", "customer", "class", "segment", "product", "amount", "currency", "due", "chance", "uplift"),
)
OUTFLOW_COLUMNS: Final = ("label", "amount", "from", "every", "until")
TABLES: Final = {
    "deals": DEAL_COLUMNS,
    "invoices": INVOICE_COLUMNS,
    "lines": LINE_COLUMNS,
    "actuals": FIGURE_COLUMNS,
    "plan": FIGURE_COLUMNS,
    "renewals": RENEWAL_COLUMNS,
    "outflows": OUTFLOW_COLUMNS,
}
"""Our columns of each table; all are named under `data` but the outflows, which stand under `cash`."""
DecimalMark = Literal[".", ","]
DateOrder = Literal["ymd", "mdy", "dmy"]
CUSTOMS: Final = ("decimal", "date_order")
"""Settings of how tables are written, which all of them may share or each have by itself."""


class TableCustoms(Strict):
    """How one table is written, where others are written otherwise."""

    decimal: DecimalMark | None = None
    date_order: DateOrder | None = None

    @property
    def said(self) -> dict[str, str]:
        """What is said of it, by the name of the setting."""
        return {key: value for key in CUSTOMS if (value := getattr(self, key)) is not None}


class TableColumns(TableCustoms):
    """Ours: theirs, of one table, and how it is written."""

    @property
    def named(self) -> dict[str, str]:
        """The columns that are said, ours: theirs."""
        return {ours: theirs for ours, theirs in self if theirs and ours not in ("source", *CUSTOMS)}


if TYPE_CHECKING:

    class DealColumns(TableColumns):
        """Ours: theirs, of the table of deals."""

    class InvoiceColumns(TableColumns):
        """Ours: theirs, of the table of invoices."""

    class LineColumns(TableColumns):
        """Ours: theirs, of the table of lines."""

    class FigureColumns(TableColumns):
        """Ours: theirs, of a table of figures by month."""

    class RenewalColumns(TableColumns):
        """Ours: theirs, of the table of renewals."""

    class OutflowColumns(TableColumns):
        """Ours: theirs, of the table of outflows."""
else:
    # Made at run time, because `class` and `from` are no names in Python.
    def _columns(name: str, columns: tuple[str, ...]) -> type[TableColumns]:
        return create_model(name, __base__=TableColumns, **dict.fromkeys(columns, (Text | None, None)))

    DealColumns = _columns("DealColumns", DEAL_COLUMNS)
    InvoiceColumns = _columns("InvoiceColumns", INVOICE_COLUMNS)
    LineColumns = _columns("LineColumns", LINE_COLUMNS)
    FigureColumns = _columns("FigureColumns", FIGURE_COLUMNS)
    RenewalColumns = _columns("RenewalColumns", RENEWAL_COLUMNS)
    OutflowColumns = _columns("OutflowColumns", OUTFLOW_COLUMNS)


class ColumnsFile(Strict):
    """Names of columns by table, ours: theirs."""

    deals: DealColumns = DealColumns()
    invoices: InvoiceColumns = InvoiceColumns()
    lines: LineColumns = LineColumns()
    actuals: FigureColumns = FigureColumns()
    plan: FigureColumns = FigureColumns()
    renewals: RenewalColumns = RenewalColumns()
    outflows: OutflowColumns = OutflowColumns()
