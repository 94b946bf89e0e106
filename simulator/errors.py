"""Say what went wrong, where, and how to mend it: the one family of errors that users see."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple

from simulator.masking import masked
from simulator.records import dataclass
from simulator.spelling import nearest

INTERRUPTED: Final = 130
"""Exit code after Ctrl-C, as a shell has it."""


class Code(NamedTuple):
    """What a code means."""

    title: str
    rule: str
    remedy: str


class SimulatorError(Exception):
    """Base of every error that is the input's or the machine's fault; anything else is a bug.

    The command line prints the message and ends with `exit_code` (FORMATS, exit codes). No message holds a
    password, whatever it was made from.

    Attributes:
        code: stable name, None where each of several problems has one.
    """

    exit_code = 1

    def __init__(self, message: str = "", code: str | None = None) -> None:
        super().__init__(masked(message))
        self.code = code


class UsageError(SimulatorError):
    """A command or a call that does not fit together."""

    exit_code = 2


class PlaceError(SimulatorError):
    """The machine refuses: a file, a permission, a full disk, a lock."""

    exit_code = 5


@dataclass(frozen=True)
class Problem:
    """One thing that is wrong in the input: place, value, rule and remedy; no text of it holds a password.

    Attributes:
        code: stable name, `S…` for scenarios and `D…` for tables (decides the exit code).
        message: what is wrong, in a few words.
        file: the file's name as the user gave it, or None.
        line: physical line, from 1, or None.
        row: data row of a table, from 1, or None.
        column: the table's column or the scenario's path of keys, or None.
        entity: the deal or invoice concerned, or None.
        value: the offending text, or None.
        remedy: what to do about it; "did you mean" where a name is close.
        count: how many places more show the same problem.
    """

    code: str
    message: str
    file: str | None = None
    line: int | None = None
    row: int | None = None
    column: str | None = None
    entity: str | None = None
    value: str | None = None
    remedy: str | None = None
    count: int = 0

    def __post_init__(self) -> None:
        for name in ("message", "file", "column", "entity", "value", "remedy"):
            text = getattr(self, name)
            if text and (hidden := masked(text)) is not text:
                object.__setattr__(self, name, hidden)

    def __str__(self) -> str:
        place = [self.file or ""]
        if self.row is not None:
            place.append(f"row {self.row}" + (f" (line {self.line})" if self.line else ""))
        elif self.line is not None:
            place.append(f"line {self.line}")
        if self.column is not None:
            place.append(f'column "{self.column}"' if self.row is not None else self.column)
        if self.entity is not None:
            place.append(f"deal {_on_one_line(self.entity)}")
        where = ", ".join(p for p in place if p)
        value = f': "{_on_one_line(self.value)}"' if self.value is not None else ""
        lines = [f"error[{self.code}] {self.message}"]
        if where or value:
            lines.append(f"  {where}{value}")
        if self.remedy:
            lines.append(f"  {self.remedy}")
        if self.count:
            more = "row" if self.count == 1 else "rows"
            lines.append(f"  {self.count:,} more {more} like this; --problems FILE writes them all")
        return "\n".join(lines)


def _on_one_line(text: str) -> str:
    return text.replace("\r", "\\r").replace("\n", "\\n")


class InputError(SimulatorError):
    """Every problem of the input at once; nothing has been written.

    Attributes:
        problems: at least one.
    """

    def __init__(self, problems: Sequence[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(str(p) for p in self.problems))

    @property
    def exit_code(self) -> int:  # type: ignore[override]
        """3 where the scenario is at fault, 4 where only the data is."""
        return 3 if any(p.code.startswith("S") for p in self.problems) else 4


def did_you_mean(name: str, known: Sequence[str], otherwise: str = "") -> str:
    """Return a remedy that offers the known name which a misspelt one most likely means, else `otherwise`."""
    close = nearest(name, known)
    return f"did you mean {close}?" if close else otherwise
