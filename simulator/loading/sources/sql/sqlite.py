"""Put a query to an SQLite file that cannot be changed by it."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Final

from simulator.loading.sources.sql.address import Address
from simulator.loading.sources.sql.answer import BATCH, Answer, Deadline, RefusedError
from simulator.loading.sources.sql.query import Query

_ALLOWED: Final = (sqlite3.SQLITE_SELECT, sqlite3.SQLITE_READ, sqlite3.SQLITE_RECURSIVE)
_NEVER_CALLED: Final = ("load_extension", "fts3_tokenizer", "readfile", "writefile", "edit")
LONGEST: Final = 10_000_000
"""Bytes of one value."""
_STEPS: Final = 10_000
"""Steps of the machine after which the clock is looked at."""


@contextmanager
def asked(address: Address, query: Query, deadline: Deadline) -> Iterator[Answer]:
    """Yield what a query to a file yields.

    The file is opened read-only; whatever is not reading, such as ATTACH and PRAGMA, is not authorised.

    Raises:
        RefusedError: it does not answer, or not in time.
    """
    path = Path(address.database)
    try:
        with closing(sqlite3.connect(_uri(path), uri=True, isolation_level=None)) as database:
            database.execute("PRAGMA query_only = ON")
            database.execute("PRAGMA trusted_schema = OFF")
            database.execute("PRAGMA cell_size_check = ON")
            database.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, LONGEST)
            database.set_progress_handler(lambda: not deadline.left, _STEPS)
            database.set_authorizer(_authorised)
            cursor = database.execute(query.text)
            header = tuple(str(column[0]) for column in cursor.description or ())
            yield Answer(f"SQLite {sqlite3.sqlite_version}", header, _batches(cursor, deadline))
    except sqlite3.Error as error:
        if not deadline.left:
            raise deadline.refusal() from None
        raise RefusedError("D070", f"SQLite refuses: {error}") from None


def _batches(cursor: sqlite3.Cursor, deadline: Deadline) -> Iterator[list[tuple[object, ...]]]:
    while batch := cursor.fetchmany(BATCH):
        yield batch
        deadline.check()


def _authorised(action: int, first: str | None, second: str | None, *_: str | None) -> int:
    if action == sqlite3.SQLITE_FUNCTION:
        return sqlite3.SQLITE_DENY if (second or "").lower() in _NEVER_CALLED else sqlite3.SQLITE_OK
    return sqlite3.SQLITE_OK if action in _ALLOWED else sqlite3.SQLITE_DENY


def _uri(path: Path) -> str:
    """Return how the file is opened: read-only, and so that none is made beside it."""
    with path.open("rb") as file:
        logged = file.read(20)[18:20] == b"\x02\x02"
    alone = logged and not path.with_name(path.name + "-wal").exists()
    return path.resolve().as_uri() + "?mode=ro" + ("&immutable=1" if alone else "")
