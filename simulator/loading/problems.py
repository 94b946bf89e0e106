"""Collect everything that is wrong with the input, so that it can be said at once."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from simulator.errors import InputError, Problem
from simulator.loading.codes import CODES

BY_VALUE = ("D010", "D011", "D016", "D017")
"""Codes of wrong names: each name is told apart."""


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
    for number, problem in enumerate(problems):
        kind: object = number
        if problem.row is not None:
            value = problem.value if problem.code in BY_VALUE else None
            kind = (problem.code, problem.message, problem.file, problem.column, value)
        known = first.get(kind)
        first[kind] = problem if known is None else replace(known, count=known.count + 1)
    return list(first.values())


def with_remedy(problem: Problem) -> Problem:
    """Return a problem with the remedy of its code, where it has none of its own."""
    return problem if problem.remedy else replace(problem, remedy=CODES[problem.code].remedy)
