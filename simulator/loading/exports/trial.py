"""Load a drafted scenario without the rows that a run would refuse, so that all others can be looked at."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from simulator.errors import InputError, Problem
from simulator.loading.build import build
from simulator.loading.places import ANYWHERE
from simulator.loading.problems import LoadError, Problems
from simulator.loading.sources import Read, read_table
from simulator.loading.validate import scenario_file
from simulator.records import dataclass
from simulator.scenario.scenario import Scenario
from simulator.scenario.tree import Place, Tree

MENDED: Final = "W080"
"""The rule by which rows are left out that a run refuses."""
_ATTEMPTS: Final = 4


@dataclass(frozen=True)
class Trial:
    """What became of a draft.

    Attributes:
        scenario: loaded, without the rows that cannot be read.
        problems: of those rows.
    """

    scenario: Scenario
    problems: tuple[Problem, ...] = ()


def tried(
    draft: Mapping[str, Any],
    folder: Path,
    read: Read = read_table,
    out: Mapping[str, int] | None = None,
) -> Trial:
    """Load a draft; rows that a run would refuse are left out by a rule of their own.

    Args:
        draft: plain data of a scenario.
        folder: from which its files are named.
        read: reads these.
        out: tables that are left out whole, each with its number of rows.

    Raises:
        LoadError: what is wrong is not in single rows.
    """
    tree = Tree(dict(draft), {(): Place("the mapping", None, str(folder))})
    aside = {key: dict.fromkeys(range(rows), MENDED) for key, rows in (out or {}).items()}
    told: dict[tuple[str, int, str], Problem] = {}
    for _ in range(_ATTEMPTS):
        problems = Problems()
        file = scenario_file(tree, problems)
        problems.raise_if_any()
        assert file is not None
        try:
            found = build(tree, file, ANYWHERE, problems, [], aside=aside, read=read)
            return Trial(found, tuple(told.values()))
        except InputError as error:
            wrong = getattr(error, "every", error.problems)
        named = ((key, tree.data["data"].get(key)) for key in ("deals", "invoices"))
        tables = {Path(str(name)).name: key for key, name in named if name is not None}
        for problem in wrong:
            if problem.row is None or problem.file not in tables:
                raise LoadError(wrong)
            told[problem.file, problem.row, problem.code] = problem
            aside.setdefault(tables[problem.file], {})[problem.row - 1] = MENDED
    raise LoadError(wrong)
