"""Read a table by a query to a database, which the query cannot change; one module a system."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from importlib import import_module
from pathlib import Path
from typing import Final

from simulator.errors import InputError, Problem
from simulator.loading.sources.sql.address import VARIABLE, Database, address_of
from simulator.loading.sources.sql.answer import Answer, Deadline, RefusedError
from simulator.loading.sources.sql.query import Query, read_query, shown
from simulator.loading.sources.typed import UnfitValueError, all_plain, is_typed, plain
from simulator.loading.tables import Table
from simulator.masking import holds_secret

__all__ = ["SUFFIX", "VARIABLE", "Database", "read_sql"]

SUFFIX: Final = ".sql"
MOST_ROWS: Final = 2_000_000
MOST_CHARACTERS: Final = 400_000_000
_MODULES: Final = {"PostgreSQL": "postgresql", "DuckDB": "duckdb", "SQLite": "sqlite"}


def read_sql(path: Path, database: Database) -> Table:
    """Return what the query in a file yields.

    Args:
        path: of a file with one SELECT.
        database: that it is put to.

    Raises:
        InputError: the query, the address or the answer is unfit.
        PlaceError: the file cannot be read.
    """
    query = read_query(path)
    address = address_of(database, query.name)
    module = import_module(f"{__name__}.{_MODULES[address.system]}")
    try:
        with module.asked(address, query, Deadline.after(database.timeout)) as answer:
            return _table(query.name, answer)
    except RefusedError as error:
        raise InputError([_problem(error, query)]) from None
    except OSError as error:
        message = f"{address.system} cannot be read: {error.strerror or error}"
        raise InputError([Problem("D070", message, query.name)]) from None


def _table(name: str, answer: Answer) -> Table:
    header = tuple(title.strip() or f"column {i + 1}" for i, title in enumerate(answer.header))
    twice = [title for title in dict.fromkeys(header) if header.count(title) > 1]
    if twice:
        remedy = "name columns apart: SELECT a.id AS id, b.id AS other"
        raise InputError(
            [Problem("D004", "a column name stands twice", name, value=t, remedy=remedy) for t in twice]
        )
    kinds: list[dict[type, object]] = [{} for _ in header]
    rows = tuple(_rows(name, header, answer, kinds))
    typed = frozenset(at for at, one in enumerate(kinds) if one and all(map(is_typed, one.values())))
    return Table(name, header, rows, (0,) * len(rows), (answer.told,), typed)


def _rows(
    name: str, header: tuple[str, ...], answer: Answer, kinds: list[dict[type, object]]
) -> Iterator[tuple[str, ...]]:
    """Yield rows as texts, and note one value of each type that stands in a column."""
    row = characters = 0
    for batch in answer.batches:
        columns = []
        for at, values in enumerate(zip(*batch, strict=True)):
            kinds[at] |= zip(map(type, values), values, strict=True)
            kinds[at].pop(type(None), None)
            try:
                columns.append(all_plain(values))
            except UnfitValueError:
                raise InputError([_unfit(name, header[at], row, values)]) from None
            characters += sum(map(len, columns[-1]))
        row += len(batch)
        if row > MOST_ROWS or characters > MOST_CHARACTERS:
            most = f"{MOST_ROWS:,} rows or {MOST_CHARACTERS // 1_000_000} MB of text"
            raise RefusedError("D072", f"the query yields more than {most}")
        yield from zip(*columns, strict=True)


def _unfit(name: str, title: str, before: int, values: Sequence[object]) -> Problem:
    """Return the problem of the first value of a column, after some rows, that no cell can hold."""
    remedy = "leave the row or the column out, or turn it into a text or number by CAST"
    for row, value in enumerate(values, before + 1):
        try:
            plain(value)
        except UnfitValueError as error:
            return Problem("D074", f"a value {error}", name, None, row, title, remedy=remedy)
    raise AssertionError("each of them is plain")


def _problem(error: RefusedError, query: Query) -> Problem:
    """Return a refusal as a problem of the query's file, with the line at which the database stopped."""
    message, line, value = error.message, None, error.value
    if error.position is not None:
        line, value = query.line(error.position), shown(query.text, error.position)
    if error.code == "D070" and holds_secret(query.text):
        message = "the database refuses; its words are not shown, since the query holds a password or a token"
    return Problem(error.code, message, query.name, line, value=value, remedy=error.remedy)
