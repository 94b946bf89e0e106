"""Collect everything that is wrong with the input, so that it can be said at once."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import field, replace
from typing import Final

from simulator.errors import InputError, Problem
from simulator.loading.codes import CODES
from simulator.records import dataclass

BY_VALUE: Final = ("D010", "D011", "D016", "D017", "D030", "D031", "D032")
"""Codes of wrong names: each name is told apart."""
KINDS: Final = 8
"""So many kinds of a code are told of one column; what differs further counts with the last of them."""


class LoadError(InputError):
    """Every problem of the input at once, like ones folded together.

    Attributes:
        problems: the first of each kind, with the number of others.
        every: all of them, one a place.
    """

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.every = tuple(with_remedy(problem) for problem in problems)
        super().__init__(folded(self.every))


@dataclass
class Problems:
    """The problems found so far."""

    found: list[Problem] = field(default_factory=list)

    def add(self, problem: Problem) -> None:
        """Take note of a problem."""
        self.found.append(problem)

    def raise_if_any(self) -> None:
        """Say them all, scenario files first.

        Raises:
            LoadError: there are some.
        """
        if self.found:
            raise LoadError(sorted(self.found, key=lambda p: p.code[:1] != "S"))


def folded(problems: Iterable[Problem]) -> list[Problem]:
    """Keep the first problem of each kind in tables, with the number of further places."""
    first: dict[object, Problem] = {}
    count: dict[object, int] = {}
    kinds: dict[object, list[object]] = {}
    for number, problem in enumerate(problems):
        kind: object = number
        if problem.row is not None:
            column = (problem.code, problem.file, problem.column)
            kind = (*column, problem.message, problem.value if problem.code in BY_VALUE else None)
            known = kinds.setdefault(column, [])
            if kind not in first and len(known) == KINDS:
                kind = known[-1]
            elif kind not in first:
                known.append(kind)
        first.setdefault(kind, problem)
        count[kind] = count.get(kind, -1) + 1
    return [replace(problem, count=count[kind]) for kind, problem in first.items()]


def with_remedy(problem: Problem) -> Problem:
    """Return a problem with the remedy of its code, where it has none of its own."""
    return problem if problem.remedy else replace(problem, remedy=CODES[problem.code].remedy)
