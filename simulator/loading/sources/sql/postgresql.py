"""Put a query to a PostgreSQL server through a read-only cursor of a role that may not do more."""

from __future__ import annotations

import math
from collections.abc import Iterator
from contextlib import closing, contextmanager
from typing import TYPE_CHECKING, Any, Final

from simulator.loading.sources.sql.address import Address
from simulator.loading.sources.sql.answer import BATCH, Answer, Deadline, RefusedError, missing
from simulator.loading.sources.sql.query import Query
from simulator.masking import without

if TYPE_CHECKING:
    import psycopg

PATIENCE: Final = 10
"""Seconds until a server answers at all."""
_SETTINGS: Final = """
    SELECT pg_catalog.set_config('statement_timeout', %(ms)s, true),
           pg_catalog.set_config('lock_timeout', %(ms)s, true),
           pg_catalog.set_config('TimeZone', 'UTC', true),
           pg_catalog.set_config('DateStyle', 'ISO', true),
           pg_catalog.set_config('extra_float_digits', '1', true)"""
_MIGHTY: Final = """
    SELECT rolname, rolsuper FROM pg_catalog.pg_roles
    WHERE (rolsuper OR rolname IN
           ('pg_execute_server_program', 'pg_read_server_files', 'pg_write_server_files'))
      AND (pg_catalog.pg_has_role(session_user, oid, 'MEMBER')
           OR pg_catalog.pg_has_role(current_user, oid, 'MEMBER'))
    ORDER BY rolsuper DESC, rolname LIMIT 1"""
_VOLATILE: Final = """
    SELECT proname FROM pg_catalog.pg_proc
    WHERE provolatile = 'v' AND proname = ANY (%(names)s) ORDER BY proname LIMIT 1"""
_DECLARE: Final = "DECLARE simulator_rows NO SCROLL CURSOR WITHOUT HOLD FOR\n"
_FETCH: Final = f"FETCH FORWARD {BATCH} FROM simulator_rows"


@contextmanager
def asked(address: Address, query: Query, deadline: Deadline) -> Iterator[Answer]:
    """Yield what a query to a server yields.

    The server itself sees to it that the query is one SELECT: it stands in a cursor, in a read-only
    transaction that is never committed, and is sent so that a second statement cannot follow. Functions that
    the server does not know to change nothing are not called, and mighty roles, who could do harm inside a
    read-only transaction too, are not used.

    Raises:
        RefusedError: it does not answer, or not in time, or the role or a function may do too much.
    """
    try:
        import psycopg
    except ImportError:
        raise missing("PostgreSQL") from None
    try:
        with closing(psycopg.connect(**_parameters(address, deadline))) as connection:
            connection.read_only = True
            connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
            try:
                yield _answer(connection, query, deadline)
            finally:
                if not connection.broken:
                    connection.rollback()
    except psycopg.errors.QueryCanceled:
        raise deadline.refusal() from None
    except psycopg.Error as error:
        raise _refusal(error, address) from None


def _answer(connection: psycopg.Connection[Any], query: Query, deadline: Deadline) -> Answer:
    connection.execute(_SETTINGS, {"ms": str(math.ceil(deadline.seconds * 1000))})
    mighty = connection.execute(_MIGHTY).fetchone()
    if mighty is not None:
        _refuse_mighty(*mighty)
    volatile = connection.execute(_VOLATILE, {"names": sorted(query.calls)}).fetchone()
    if volatile is not None:
        message = "the query calls a function that may change something"
        remedy = "leave it out; if it is yours and changes nothing, declare it STABLE or IMMUTABLE"
        raise RefusedError("D068", message, value=str(volatile[0]), remedy=remedy)
    # Binary results need the protocol that takes one statement only.
    connection.execute(_DECLARE + query.text, binary=True)
    cursor = connection.cursor()
    first = cursor.execute(_FETCH).fetchall()
    header = tuple(column.name for column in cursor.description or ())
    version = connection.info.parameter_status("server_version") or ""
    told = f"PostgreSQL {version.split(' ')[0]}".strip()
    return Answer(told, header, _batches(first, cursor, deadline))


def _batches(
    batch: list[tuple[object, ...]], cursor: psycopg.Cursor[Any], deadline: Deadline
) -> Iterator[list[tuple[object, ...]]]:
    while batch:
        yield batch
        deadline.check()
        batch = cursor.execute(_FETCH).fetchall()


def _parameters(address: Address, deadline: Deadline) -> dict[str, Any]:
    """Return what the driver is told, piece by piece: it never sees the address itself."""
    given = {
        "host": address.host,
        "port": address.port,
        "user": address.user,
        "password": address.password,
        "dbname": address.database,
        "connect_timeout": PATIENCE,
        "application_name": "funnel-simulator",
        "tcp_user_timeout": math.ceil((deadline.seconds + PATIENCE) * 1000),
    }
    return {key: value for key, value in {**given, **address.options}.items() if value not in ("", None)}


def _refuse_mighty(role: str, is_super: bool) -> None:
    what = "is a superuser" if is_super else f"is a member of {role}"
    message = f"the role that the address names {what}: a query could reach the server's files and programs"
    remedy = "use a role that may only read: CREATE ROLE forecast LOGIN; GRANT SELECT ON deals TO forecast"
    raise RefusedError("D069", message, remedy=remedy)


def _refusal(error: psycopg.Error, address: Address) -> RefusedError:
    """Return the server's own words without the password; of a query with the place at which it stopped."""
    told = error.diag.message_primary or "; ".join(str(error).strip().split("\n"))
    place = int(error.diag.statement_position or 0) - len(_DECLARE) - 1
    hint = error.diag.message_hint
    return RefusedError(
        "D070",
        f"PostgreSQL refuses: {without(' '.join(told.split()), address.password)}",
        place if place >= 0 else None,
        remedy=without(hint, address.password) if hint else None,
    )
