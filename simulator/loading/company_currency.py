"""Find out in which currency a company reports, and what says so: nobody's currency is guessed in silence."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Final

from simulator.loading.currency_columns import NO_MARK, Mark, money_column, titled_mark
from simulator.loading.history_files import Recognised
from simulator.loading.history_frame import HistoryFrame, Kind
from simulator.loading.presets.mending import currency_code, texts_under
from simulator.loading.presets.preset import first_of
from simulator.loading.tables import THEIRS, Table
from simulator.money import is_currency, mark_in
from simulator.records import dataclass

DEFAULT_CURRENCY: Final = "EUR"
_MOST_TEXTS: Final = 20_000


@dataclass(frozen=True)
class CompanyCurrency:
    """The currency of a company.

    Attributes:
        code: ISO 4217.
        why: what says so, for people, after a comma; "" where nothing does.
        hint: what makes it no more than the likeliest, where nothing says so.
        named: the currencies that amounts are in, those of most rows first.
        others: whether nothing says of some amounts what they are in, though of others it does.
    """

    code: str
    why: str = ""
    hint: str = ""
    named: tuple[str, ...] = ()
    others: bool = False


def company_currency(frame: HistoryFrame, found: Sequence[Recognised]) -> CompanyCurrency:
    """Return the company's currency, as far as its files tell.

    It is what is said; else that of the amounts which a system converts into the company's currency; else the
    only one that the files name. Where they name several, most rows have the likeliest; where no amount names
    one, it is that of most customers, else what the sign of the amounts most often means, else nothing is
    known, and `DEFAULT_CURRENCY` stands for it.
    """
    marks = sum((_marks(one) for one in found), Counter[Mark]())
    counts: Counter[str] = Counter()
    for (_, meant), number in marks.items():
        counts.update({meant[0]: number} if len(meant) == 1 else {})
    named = tuple(code for code, _ in sorted(counts.items(), key=lambda item: (-item[1], item[0])))
    if frame.currency:
        return CompanyCurrency(frame.currency, f"as {frame.currency_by or frame.place} says", named=named)
    told = {code: why for one in found for code, why in _converted(one).items()}
    if len(told) == 1:
        ((code, why),) = told.items()
        return CompanyCurrency(code, why, named=named)
    if len(named) == 1 and any(map(_leaves_some_open, found)):
        return CompanyCurrency(
            named[0], hint="which some amounts name, and others none", named=named, others=True
        )
    if len(named) == 1:
        return CompanyCurrency(named[0], _told(named[0], marks), named=named)
    if named:
        return CompanyCurrency(named[0], hint="which most rows name", named=named)
    usual = CompanyCurrency(DEFAULT_CURRENCY, hint="as no file names one")
    may_be: tuple[str, ...] = ()
    if marks:
        ((sign, may_be), _), *_ = marks.most_common(1)
        usual = CompanyCurrency(may_be[0], hint=f"which the sign {sign} of its amounts most often means")
    of_customers = next(_of_customers(found), usual)
    return usual if may_be and of_customers.code not in may_be else of_customers


def _told(code: str, marks: Counter[Mark]) -> str:
    """Return what tells the only currency that is named."""
    signs = sorted(sign for sign, meant in marks if meant == (code,))
    if "" in signs:
        return "the only one that is named"
    return f"as the sign{'s' if len(signs) > 1 else ''} {' and '.join(signs)} of its amounts " + (
        "tell" if len(signs) > 1 else "tells"
    )


def _marks(one: Recognised) -> Counter[Mark]:
    """Return in how many rows each currency stands: in a column, else with the amounts or in their title."""
    table, columns = one.table, one.match.columns
    kept = [row for number, row in enumerate(table.rows) if number not in table.aside]
    at, money = columns.get("currency"), money_column(columns)
    marks: Counter[Mark]
    if at is not None:
        marks = Counter(("", (row[at].strip().upper(),)) for row in kept)
    elif money is None:
        return Counter()
    else:
        rest = _rest(one.frame, one.match.kind, table.header[money])
        marks = Counter(_mark(row[money], rest) for row in kept[:_MOST_TEXTS])
    return Counter({mark: number for mark, number in marks.items() if mark[1] and is_currency(mark[1][0])})


def _rest(frame: HistoryFrame, kind: Kind, title: str) -> Mark:
    """Return the mark of amounts that have none beside them: as is said of all, else that in their title."""
    if said := frame.currencies.get(kind):
        return "", (said,)
    is_the_companys = said is not None and frame.currency is not None  # whatever the title says
    return NO_MARK if is_the_companys else titled_mark(title)


def _leaves_some_open(one: Recognised) -> bool:
    """Tell whether some amounts of a table name no currency, in a table in which others do.

    People who write a sign beside the first amount and beside the total mean all of them.
    """
    table, columns, money = one.table, one.match.columns, money_column(one.match.columns)
    if (
        money is None
        or one.frame.currencies.get(one.match.kind)
        or titled_mark(table.header[money]) != NO_MARK
    ):
        return False
    at = columns.get("currency", money)
    rows = (row for number, row in enumerate(table.rows) if number not in table.aside)
    kept = [row for row in rows if any(digit in row[money] for digit in "123456789")][:_MOST_TEXTS]
    named = [bool(mark_in(row[money])[1]) or (at != money and bool(row[at].strip())) for row in kept]
    return not all(named) and any(named[1:-1])


def _mark(amount: str, rest: Mark) -> Mark:
    """Return the mark of an amount; one that leaves its currency open has what is said of all the rest."""
    sign, meant = mark_in(amount)
    return rest if not meant or (len(meant) > 1 and len(rest[1]) == 1) else (sign, meant)


def _converted(one: Recognised) -> dict[str, str]:
    """Return the currency into which a system converts amounts, and what tells it; nothing where none does.

    Its code stands beside the converted amounts; else it is the one currency all of whose amounts are left as
    they are.
    """
    if (preset := one.preset) is None:
        return {}
    table = one.table
    kept = [row for row in range(len(table.rows)) if row not in table.aside]
    if (title := _title(preset.company_codes, table)) is not None:
        texts = texts_under(table, title)
        codes = {currency_code(texts[row]).upper() for row in kept if texts[row]}
        if len(codes) == 1 and is_currency(code := codes.pop()):
            return {code: f"as column {title.removesuffix(THEIRS)} says"}
    title, at = _title(preset.company_amounts, table), one.match.columns.get("currency")
    money = money_column(one.match.columns)
    if title is None or at is None or money is None or title == table.header[money]:
        return {}
    same: dict[str, bool] = {}
    for row, text in enumerate(texts_under(table, title)):
        own, code = table.rows[row][money].strip(" -"), table.rows[row][at].strip().upper()
        if row not in table.aside and is_currency(code) and text and any(n in own for n in "123456789"):
            same[code] = same.get(code, True) and own == text.strip(" -")
    left = [code for code, as_it_is in same.items() if as_it_is]
    why = f"whose amounts are the same in column {title.removesuffix(THEIRS)}"
    return {left[0]: why} if len(left) == 1 else {}


def _title(names: Sequence[str], table: Table) -> str | None:
    """Return the first of some titles that a table has, also one that is called like one of ours.

    A column that cannot be read tells nothing: nobody needs it, and so it hinders nothing.
    """
    title = first_of((*names, *(name + THEIRS for name in names)), table)
    at = None if title is None else table.column(title)
    return None if at is None or table.flaws_of([at]) else title


def _of_customers(found: Sequence[Recognised]) -> Iterator[CompanyCurrency]:
    """Yield the currency of most rows where a system says it of each, and writes all amounts in one."""
    for one in found:
        if one.preset is None or (title := _title(("Currency",), one.table)) is None:
            continue
        kept = (text for row, text in enumerate(texts_under(one.table, title)) if row not in one.table.aside)
        counts = Counter(code for text in kept if is_currency(code := currency_code(text).upper()))
        if counts:
            hint = f"which most rows of column {title.removesuffix(THEIRS)} have: no amount names one"
            yield CompanyCurrency(counts.most_common(1)[0][0], hint=hint)
