"""Say what every database gives back, and how it refuses: the one interface of the three."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from typing import Final

from simulator.records import dataclass

BATCH: Final = 2_000
"""Rows that are fetched at once."""


@dataclass(frozen=True)
class Answer:
    """What a query yields.

    Attributes:
        told: by which system and how, in words for people.
        header: names of the columns.
        batches: of rows with their values, fetched as they are asked for.
    """

    told: str
    header: tuple[str, ...]
    batches: Iterator[Sequence[Sequence[object]]]


class RefusedError(Exception):
    """A database did not answer, or was not asked.

    Attributes:
        code: of the problem.
        message: why, in a few words.
        position: of the character of the query at which the database stopped, from 0, or None.
        value: what is at fault, or None.
        remedy: what to do about it, or None.
    """

    def __init__(
        self, code: str, message: str, position: int | None = None, value: str | None = None,
        remedy: str | None = None,
    ) -> None:  # fmt: skip
        super().__init__(message)
        self.code, self.message, self.position, self.value, self.remedy = (
            code, message, position, value, remedy
        )  # fmt: skip


@dataclass(frozen=True)
class Deadline:
    """How long a query may take in all, its rows included.

    Attributes:
        seconds: allowed.
        end: by the monotonic clock.
    """

    seconds: float
    end: float

    @classmethod
    def after(cls, seconds: float) -> Deadline:
        """Return the deadline so many seconds from now."""
        return cls(seconds, time.monotonic() + seconds)

    @property
    def left(self) -> float:
        """Seconds that are left, at least 0."""
        return max(self.end - time.monotonic(), 0.0)

    def refusal(self) -> RefusedError:
        """Return what is raised when it has passed."""
        return RefusedError("D071", f"the query takes longer than {self.seconds:g} s")

    def check(self) -> None:
        """Raise the refusal if it has passed."""
        if not self.left:
            raise self.refusal()


def missing(system: str) -> RefusedError:
    """Return what is raised where a database's driver is not installed."""
    message = f"what reads {system} is not installed"
    return RefusedError("D073", message, remedy="install it: pip install 'funnel-simulator[sql]'")
