"""Put a query to a DuckDB file that cannot be changed by it, and without a way to anything else."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any, Final

from simulator.loading.sources.sql.address import Address
from simulator.loading.sources.sql.answer import BATCH, Answer, Deadline, RefusedError, missing
from simulator.loading.sources.sql.query import Query
from simulator.masking import without

CLOSED: Final[dict[str, Any]] = {
    "enable_external_access": "false",
    "autoload_known_extensions": "false",
    "autoinstall_known_extensions": "false",
    "allow_community_extensions": "false",
    "allow_unsigned_extensions": "false",
    "allow_persistent_secrets": "false",
    "temp_directory": "",
    "memory_limit": "1GB",
    "lock_configuration": "true",
}
"""No other file, no network, no extension, no stored secret, no file of its own; no query changes this."""

_LINE: Final = re.compile(r"^LINE (\d+):", re.MULTILINE)


@contextmanager
def asked(address: Address, query: Query, deadline: Deadline) -> Iterator[Answer]:
    """Yield what a query to a file yields; the file is opened read-only, its configuration is locked.

    Raises:
        RefusedError: it does not answer, or not in time.
    """
    try:
        import duckdb
    except ImportError:
        raise missing("DuckDB") from None
    try:
        with closing(duckdb.connect(address.database, read_only=True, config=CLOSED)) as database:
            statements = database.extract_statements(query.text)
            if [statement.type for statement in statements] != [duckdb.StatementType.SELECT]:
                raise RefusedError("D067", "the statement is no SELECT")
            clock = threading.Timer(deadline.left, database.interrupt)
            clock.start()
            try:
                database.execute(statements[0])
                header = tuple(str(column[0]) for column in database.description or ())
                yield Answer(f"DuckDB {duckdb.__version__}", header, _batches(database, deadline))
            finally:
                clock.cancel()
    except duckdb.Error as error:
        if not deadline.left:
            raise deadline.refusal() from None
        raise _refusal(
            without(str(error).strip(), address.database, Path(address.database).name), query
        ) from None


def _refusal(told: str, query: Query) -> RefusedError:
    """Return what DuckDB says in its first line, with the line of the query that it names."""
    named = _LINE.search(told)
    lines = query.text.split("\n")[: int(named[1]) - 1] if named else []
    place = sum(len(line) + 1 for line in lines) if named else None
    return RefusedError("D070", f"DuckDB refuses: {told.splitlines()[0]}", place)


def _batches(database: Any, deadline: Deadline) -> Iterator[list[tuple[object, ...]]]:
    while batch := database.fetchmany(BATCH):
        yield batch
        deadline.check()
