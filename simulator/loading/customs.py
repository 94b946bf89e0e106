"""Find out over whole columns how a table is written: its decimal mark, and the order of its dates."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import field, replace
from datetime import date, tzinfo
from typing import Final, Generic, Literal, TypeVar

from simulator.currency import RateCurve
from simulator.errors import Problem
from simulator.loading.dates import Order, fitting_orders
from simulator.loading.short_years import ShortYears
from simulator.loading.tables import Table
from simulator.money import Mark, decimal_marks
from simulator.records import dataclass
from simulator.scenario.tree import Tree

Setting = Literal["decimal", "date_order"]
Choice = TypeVar("Choice", bound=str)
DAYS: Final = (
    *("created", "entered_stage", "expected_close", "closed", "delivery", "service_start", "invoice_date"),
    *("due_date", "paid_date", "start", "due", "from", "until", "month", "entered_at", "recorded_at"),
)
"""Our columns that hold dates, in any table."""
NUMBERS: Final = (
    *(
        "amount",
        "net",
        "tax",
        "paid_amount",
        "open_amount",
        "probability",
        "pushes",
        "service_months",
        "months",
        "chance",
        "uplift",
    ),
)
"""Our columns that hold numbers, in any table."""
WAYS: Final[Mapping[str, str]] = {
    ".": "a decimal point",
    ",": "a decimal comma",
    "ymd": "dates as year-month-day",
    "dmy": "dates as day.month.year",
    "mdy": "dates as month/day/year",
}
"""What each way of writing is called."""
_USUAL: Final = (".", "ymd")
_SHORT_FIRST: Final = "years of two digits first"
_SLIP: Final = 20
"""One cell against so many is a slip of the pen: it is told by itself when it is read."""
_LIKE: Final = str.maketrans("23456789", "11111111")
"""Numbers of one shape are written one way; only a 0 in front matters."""


@dataclass(frozen=True)
class Customs:
    """What is said of how a scenario's tables are written; what is None is found out by column.

    Attributes:
        decimal: mark of amounts.
        order: of dates that are not ISO.
        zone: into which timestamps are turned.
        rates: known currencies, the company's own too.
        tree: the scenario, whose places remedies name.
        above: what stands before the names of settings there.
        as_of: the day that most dates are near; None where it is not known yet.
        table: the one of which this is said, None for all.
        own: settings of which that table's own is to be changed, and not that of all tables.
    """

    decimal: Mark | None
    order: Order | None
    zone: tzinfo
    rates: RateCurve
    tree: Tree
    above: str = "data."
    as_of: date | None = None
    table: str | None = None
    own: frozenset[Setting] = frozenset()

    def of(self, table: str, decimal: Mark | None, order: Order | None, alone: bool) -> Customs:
        """Return what holds of one table: its own settings where they are said, else those of all.

        Args:
            table: its key.
            decimal: its own mark.
            order: its own order.
            alone: whether there is no other one, so that what is said of all is said of it.
        """
        said: dict[Setting, str | None] = {"decimal": decimal, "date_order": order}
        own = frozenset(key for key, value in said.items() if value is not None or not alone)
        decimal, order = decimal or self.decimal, order or self.order
        return replace(self, decimal=decimal, order=order, table=table, own=own)

    def settings(self, key: Setting, choices: Iterable[str]) -> str:
        """Return a remedy: the settings that resolve what is open, and where they belong."""
        written = (f'"{choice}"' if key == "decimal" else choice for choice in choices)
        return self.placed(f"set {' or '.join(f'data.{key}: {w}' for w in written)}", key)

    def placed(self, remedy: str, key: Setting) -> str:
        """Return a remedy that names a setting of the data, with where it belongs."""
        keys = ("columns", self.table, key) if self.table is not None and key in self.own else (key,)
        where = self.tree.place(("data", *keys)).shown
        return f"{remedy.replace(f'data.{key}', self.above + '.'.join(keys))} in {where}"


@dataclass(frozen=True)
class Written:
    """How the columns of a table are written, by their index; None where that stays open.

    Attributes:
        decimals: mark of each column of numbers.
        orders: of each column of dates.
        problems: one for each column that stays open.
        short_first: columns in which years of two digits were found to stand first.
    """

    decimals: Mapping[int, Mark | None] = field(default_factory=dict)
    orders: Mapping[int, Order | None] = field(default_factory=dict)
    problems: tuple[Problem, ...] = ()
    short_first: frozenset[int] = frozenset()

    @property
    def told(self) -> tuple[str, ...]:
        """What is unlike a point and ISO dates, in words for people."""
        found = {*self.decimals.values(), *self.orders.values()}
        told = tuple(words for choice, words in WAYS.items() if choice in found and choice not in _USUAL)
        return (*told, _SHORT_FIRST) if self.short_first else told

    @property
    def ways(self) -> tuple[str, ...]:
        """How numbers and dates are read, in words; nothing of what stays open."""
        kinds = ({*self.decimals.values()}, {*self.orders.values()})
        said = {
            choice for found in kinds for choice in (found - {*_USUAL} if found - {*_USUAL, None} else found)
        }
        ways = tuple(words for choice, words in WAYS.items() if choice in said)
        return (*ways, _SHORT_FIRST) if self.short_first else ways


def written(table: Table, columns: Mapping[str, int], customs: Customs) -> Written:
    """Return how the columns of a table are written: as said, else as their own cells tell.

    A column whose cells leave it open is written as all others of its kind that tell.

    Args:
        table: its rows that are put aside tell nothing.
        columns: index of each of ours.
        customs: what is said.
    """
    numbers = sorted({at for ours, at in columns.items() if ours in NUMBERS})
    days = sorted({at for ours, at in columns.items() if ours in DAYS})
    decimals = _Kind[Mark]("decimal", (".", ","), customs.decimal or ".", ".", _LIKE, _marks)
    orders = _Kind[Order]("date_order", ("dmy", "mdy"), customs.order or "ymd", "ymd", {}, fitting_orders)
    marks, open_marks = decimals.found(table, numbers, customs, customs.decimal is not None)
    order, open_order = orders.found(table, days, customs, customs.order is not None)
    short_first: frozenset[int] = frozenset()
    if customs.order is None:
        order, open_order, short_first = _with_short_years(table, order, open_order, customs)
    return Written(marks, order, (*open_marks, *open_order), short_first)


def column_mark(
    table: Table, at: int, known: Written, customs: Customs
) -> tuple[Mark | None, Sequence[Problem]]:
    """Return the decimal mark of a further column, such as one that tells the segment, with its problem."""
    if at in known.decimals:
        return known.decimals[at], ()
    found = written(table, {"amount": at}, customs)
    return found.decimals[at], found.problems


def _with_short_years(
    table: Table, orders: Mapping[int, Order | None], problems: Sequence[Problem], customs: Customs
) -> tuple[dict[int, Order | None], list[Problem], frozenset[int]]:
    """Return the orders and problems of columns, and those columns in which years of two digits stand first.

    Where they may stand first or last, that stays open.
    """
    result, found, first = dict(orders), list(problems), set[int]()
    short = {at: ShortYears.of(table, at, customs.as_of) for at in orders if at not in table.typed}
    told = {
        order for at, order in orders.items()
        if order not in (None, "ymd") and ((years := short.get(at)) is None or years.stand_last)
    }  # fmt: skip
    for at, years in short.items():
        if years is None:
            continue
        if years.stand_last or (len(told) == 1 and years.may_stand_last):
            # Days such as 03/03/26 are the same in both orders whose year stands last.
            result[at] = "dmy" if orders[at] == "ymd" else orders[at]
            continue
        if years.stand_first and orders[at] in (None, "ymd"):
            found = [problem for problem in found if problem.column != table.header[at]]
            result[at] = "ymd"
            first.add(at)
            continue
        others = (order for order in ("dmy", "mdy") if orders[at] in (None, "ymd", order))
        remedy = customs.settings("date_order", ("ymd", *others))
        message = "years of two digits may stand first or last, and no row tells where"
        value = table.rows[years.row][at].strip()
        found = [problem for problem in found if problem.column != table.header[at]]
        found.append(
            table.problem("D050", message, years.row, table.header[at], value,
                          f"write years with four digits, or {remedy}")
        )  # fmt: skip
        result[at] = None
    return result, found, frozenset(first)


@dataclass(frozen=True)
class _Verdict(Generic[Choice]):
    """What the cells of a column say.

    Attributes:
        choice: None where they say nothing, or where they disagree.
        doubtful: a cell that means one thing in one way, and another in the other.
        against: with `choice` None: cells that are written in one way, and in the other.
    """

    choice: Choice | None = None
    doubtful: str | None = None
    against: tuple[str, ...] = ()


@dataclass(frozen=True)
class _Kind(Generic[Choice]):
    """One thing that is found out of columns.

    Attributes:
        key: the setting that says it.
        choices: the ways of writing.
        usual: what is said, or what a column is that says nothing.
        plain: how a source with types is written.
        like: turns cells into one of those that are written alike.
        fitting: the ways in which a cell can be read; all or none where it tells nothing.
    """

    key: Setting
    choices: tuple[Choice, ...]
    usual: Choice
    plain: Choice
    like: Mapping[int, int]
    fitting: Callable[[str], Sequence[Choice]]

    def found(
        self, table: Table, columns: Sequence[int], customs: Customs, said: bool
    ) -> tuple[dict[int, Choice | None], list[Problem]]:
        """Return how each column is written, and a problem for each that stays open."""
        plain: dict[int, Choice | None] = dict.fromkeys(
            (at for at in columns if at in table.typed), self.plain
        )
        mine = [at for at in columns if at not in table.typed]
        if said:
            return plain | dict.fromkeys(mine, self.usual), []
        verdicts = {at: self._verdict(table, at) for at in mine}
        told = {v.choice for v in verdicts.values() if v.choice is not None}
        common = next(iter(told)) if len(told) == 1 else None
        result, problems = plain, []
        for at, verdict in verdicts.items():
            if verdict.choice is None and verdict.doubtful is None:
                result[at] = self.usual
            elif verdict.choice is None and (common is None or verdict.against):
                result[at] = None
                problems.append(self._problem(table, at, verdict, customs))
            else:
                result[at] = verdict.choice or common
        return result, problems

    def _verdict(self, table: Table, at: int) -> _Verdict[Choice]:
        cells = table.cells(at)
        texts = Counter(cell.translate(self.like) for cell in cells) if self.like else Counter(cells)
        votes: Counter[Choice] = Counter()
        first: dict[str, str] = {}
        for text, count in texts.items():
            fitting = self.fitting(text.strip())
            if len(fitting) == 1:
                votes[fitting[0]] += count
                first.setdefault(fitting[0], text)
            elif len(fitting) == len(self.choices):
                first.setdefault("", text)
        doubtful = first.get("")
        if not votes:
            return _Verdict(None, doubtful)
        (best, most), *others = votes.most_common()
        if doubtful is None or not others or most >= _SLIP * sum(count for _, count in others):
            return _Verdict(best, doubtful)
        return _Verdict(None, doubtful, tuple(first[choice] for choice in self.choices))

    def _problem(self, table: Table, at: int, verdict: _Verdict[Choice], customs: Customs) -> Problem:
        def row_of(text: str) -> int:
            like = (row[at].translate(self.like) if self.like else row[at] for row in table.rows)
            return next(n for n, cell in enumerate(like) if cell == text and n not in table.aside)

        what = "amounts" if self.key == "decimal" else "dates"
        remedy = customs.settings(self.key, self.choices)
        if verdict.against:
            one, other = (row_of(text) for text in verdict.against)
            cells = " and ".join(f"{table.rows[n][at].strip()} (line {table.lines[n]})" for n in (one, other))
            message = f"{what} are written in two ways, {cells}, and some could be either"
            return table.problem("D052", message, min(one, other), table.header[at], None,
                                 f"export them in one way, or {remedy}")  # fmt: skip
        row = row_of(verdict.doubtful or "")
        ways = "two orders" if self.key == "date_order" else "two ways"
        message = f"{what} can be read in {ways}, and no row tells in which"
        code = "D050" if self.key == "date_order" else "D051"
        return table.problem(code, message, row, table.header[at], table.rows[row][at].strip(), remedy)


def _marks(text: str) -> tuple[Mark, ...]:
    return decimal_marks(text.removesuffix("%"))
