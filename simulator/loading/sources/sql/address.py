"""Find the address of a database: in an environment variable or a file, never in what is kept or shown."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import field
from pathlib import Path
from typing import Final, NoReturn
from urllib.parse import unquote

from simulator.errors import InputError, Problem
from simulator.loading.places import ALLOW, ANYWHERE, Project, is_there
from simulator.records import dataclass
from simulator.scenario.model import DatabaseFile

VARIABLE: Final = "SIMULATOR_DATABASE_URL"
"""Where the address stands when nothing else is said."""
LARGEST: Final = 8 * 1024
"""Bytes of a file that holds an address."""
SYSTEMS: Final = {
    "postgresql": "PostgreSQL",
    "postgres": "PostgreSQL",
    "duckdb": "DuckDB",
    "sqlite": "SQLite",
}
OPTIONS: Final = (
    "sslmode",
    "sslrootcert",
    "channel_binding",
    "target_session_attrs",
    "connect_timeout",
    "host",
)
"""What may follow the `?` of a PostgreSQL address; the rest could undo what keeps a query harmless."""
_URL: Final = re.compile(r"([a-z][a-z0-9]*)(?:\+[a-z0-9_]+)?://(.*)", re.IGNORECASE)
_LOOSE_PERCENT: Final = re.compile(r"%(?![0-9A-Fa-f]{2})")
_QUOTE: Final = "in a name or password write @ as %40, : as %3A, / as %2F, ? as %3F, # as %23, % as %25"
_EXAMPLES: Final = "postgresql://NAME:***@HOST:5432/DATABASE, duckdb:///FILE or sqlite:///FILE"


@dataclass(frozen=True)
class Database:
    """Where the address of a database stands, and how long it may think.

    Attributes:
        env: the environment variable that holds the address.
        file: the file that holds it instead.
        timeout: seconds that a query may take.
        project: where the file and an embedded database lie.
    """

    env: str = VARIABLE
    file: Path | None = None
    timeout: float = 60.0
    project: Project = ANYWHERE

    @classmethod
    def of(cls, said: DatabaseFile | None, folder: str, project: Project = ANYWHERE) -> Database:
        """Return what a scenario or a map says, which stands in a folder of a project."""
        said = said or DatabaseFile()
        file = None if said.file is None else Path(folder, said.file)
        return cls(said.env or VARIABLE, file, said.timeout, project)

    @property
    def place(self) -> str:
        """Where the address stands, for people."""
        return self.env if self.file is None else self.file.name


@dataclass(frozen=True)
class Address:
    """An address, taken apart.

    Attributes:
        system: one of the values of `SYSTEMS`.
        database: its name; of an embedded one the file.
        host: of a server.
        port: of a server.
        user: of a server.
        password: of a server.
        options: of a server, some of `OPTIONS`.
    """

    system: str
    database: str
    host: str = ""
    port: int | None = None
    user: str = ""
    password: str = field(default="", repr=False)
    options: Mapping[str, str] = field(default_factory=dict)


def address_of(database: Database, name: str) -> Address:
    """Return the address of the database that a query is put to.

    Args:
        database: where the address stands.
        name: of the query's file, for problems.

    Raises:
        InputError: there is none, or it cannot be read; or a file lies outside the project or is not there:
            the one that holds it, or an embedded database. No part of the address is shown.
    """
    if database.file is not None:
        what = "the file with the address of the database"
        _check_inside(database.file, database.project, name, what, database.file.name)
        address = parse_address(_read(database.file, name), database.place, str(database.file.parent))
    else:
        address = parse_address(_variable(database, name), database.place, os.curdir)
    if address.system != "PostgreSQL":
        path = Path(address.database)
        _check_inside(path, database.project, database.place, "the database")
        if not is_there(path):
            message = f"there is no {address.system} file where the address in {database.place} says"
            whose = "the folder of that file" if database.file is not None else "the current folder"
            remedy = f"correct the address; its path counts from {whose}"
            raise InputError([Problem("D070", message, name, remedy=remedy)])
    return address


def _check_inside(path: Path, project: Project, place: str, what: str, value: str | None = None) -> None:
    if not project.holds(path):
        message = f"{what} lies outside the project, {project.roots[0]}"
        remedy = f"move it there, or use {ALLOW}"
        raise InputError([Problem("S072", message, place, value=value, remedy=remedy)])


def _variable(database: Database, name: str) -> str:
    """Return what the environment variable holds that the address stands in."""
    text = os.environ.get(database.env, "").strip()
    if not text:
        message = f"the environment variable {database.env} does not hold the address of the database"
        remedy = f"set it to {_EXAMPLES}; or name a file that holds it: data: {{database: {{file: …}}}}"
        raise InputError([Problem("D065", message, name, remedy=remedy)])
    return text


def parse_address(text: str, place: str, folder: str) -> Address:
    """Take an address apart.

    Args:
        text: a URL as SQLAlchemy writes it.
        place: where it stands, for problems.
        folder: from which the file of an embedded database counts.

    Raises:
        InputError: it is none; no part of it is shown.
    """

    def refuse(message: str, remedy: str | None = None) -> NoReturn:
        raise InputError([Problem("D066", message, place, remedy=remedy)])

    match = _URL.fullmatch(text)
    if match is None:
        refuse("the address of the database is no URL on one line", f"write {_EXAMPLES}")
    system = SYSTEMS.get(match[1].lower())
    if system is None:
        refuse("the database is none that is read directly", f"export a table from it, or use {_EXAMPLES}")
    rest, query_mark, query = match[2].partition("?")
    if _LOOSE_PERCENT.search(match[2]):
        refuse("the address holds a per cent sign that quotes nothing", _QUOTE)
    if system != "PostgreSQL":
        if query_mark or not rest.startswith("/"):
            refuse("the address of an embedded database names its file only", f"write {_EXAMPLES}")
        if (file := unquote(rest[1:])) in ("", ":memory:") or "\0" in file:
            refuse("the address names no file", f"write {_EXAMPLES}")
        return Address(system, str(Path(folder, file)))
    authority, _, path = rest.partition("/")
    user_part, _, server = authority.rpartition("@")
    if any(mark in user_part for mark in "@#[]") or any(mark in path + server + query for mark in "@#"):
        refuse("the address can be read in two ways", _QUOTE)
    user, _, password = user_part.partition(":")
    host = re.fullmatch(r"(\[[0-9A-Fa-f:.]+\]|[^:\[\]]*)(?::(\d{1,5}))?", server)
    if host is None or ":" in password:
        refuse("the address can be read in two ways", _QUOTE)
    if not path or "/" in path:
        refuse("the address names no database", f"write {_EXAMPLES}")
    options = {}
    for pair in query.split("&") if query else ():
        key, _, value = pair.partition("=")
        if key not in OPTIONS:
            refuse("the address has an option that is not passed on", f"it may have {', '.join(OPTIONS)}")
        options[key] = unquote(value)
    port = int(host[2]) if host[2] else None
    return Address(
        system, unquote(path), unquote(host[1].strip("[]")), port, unquote(user), unquote(password), options
    )


def _read(file: Path, name: str) -> str:
    """Return the one line of a file that holds an address."""
    try:
        with file.open("rb") as opened:
            content = opened.read(LARGEST + 1)
        text = content.decode("utf-8-sig").strip()
    except OSError as error:
        message = f"the file with the address of the database cannot be read: {error.strerror or error}"
        raise InputError([Problem("D065", message, name, value=file.name)]) from None
    except UnicodeDecodeError:
        text = ""
    if not text or len(content) > LARGEST:
        message = "the file does not hold the address of a database"
        raise InputError([Problem("D065", message, file.name, remedy=f"write {_EXAMPLES} into it")])
    return text
