"""Tell whose money moves: that of open deals, deals to come, won ones, contracts that end, old invoices."""

from __future__ import annotations

from typing import Final, Literal

import numpy as np
from numpy.typing import NDArray

from simulator.engine.identity import Entities
from simulator.engine.plan import Plan
from simulator.engine.populations import Arrivals
from simulator.engine.walk import Walkers
from simulator.records import dataclass

Integers = NDArray[np.int64]
Kind = Literal["open", "new", "bluebirds", "backlog", "renewals", "receivables", "tax"]
"""Tax is what was billed before the as-of day and is nobody's by now."""
COMPANY: Final = -1
OPEN: Final = 0
"""Place of the open deals among all owners."""


@dataclass(frozen=True, eq=False)
class Owners:
    """All owners of one kind; those of deals to come are apart by segment.

    Attributes:
        kind: of them.
        entities: that draw, None for what is nobody's.
        segment: index of each one's, `COMPANY` where it has none, integers[entity].
        of: index of the one segment whose they are all by kind, `COMPANY` where kinds are not apart by it.
    """

    kind: Kind
    entities: Entities | None
    segment: Integers
    of: int = COMPANY


@dataclass(frozen=True, eq=False)
class Book:
    """All owners of a plan.

    Attributes:
        owners: by kind.
    """

    owners: tuple[Owners, ...]

    @staticmethod
    def of(plan: Plan) -> Book:
        """Return the owners of a plan."""
        scenario = plan.scenario
        open_ = np.flatnonzero(scenario.receivables.open)
        whose = np.array(scenario.invoice_segment or (COMPANY,) * len(scenario.receivables), dtype=np.int64)
        found = [
            Owners("open", plan.open_deals.entities, plan.open_deals.segment_of),
            Owners("backlog", plan.win_entities, scenario.wins.segment),
            Owners("renewals", plan.renewal_entities, scenario.renewals.segment),
            Owners("receivables", plan.invoice_entities, whose[open_]),
            Owners("tax", None, np.array([COMPANY])),
        ]
        for part in plan.segments:
            coming: tuple[tuple[Kind, Arrivals | None], ...] = (
                ("new", part.arrivals), ("bluebirds", part.bluebirds)
            )  # fmt: skip
            for kind, deals in coming:
                if deals is not None:
                    same = np.broadcast_to(np.int64(part.index), len(deals.entities))
                    found.append(Owners(kind, deals.entities, same, part.index))
        return Book(tuple(found))

    def place(self, walkers: Walkers | None) -> int:
        """Return the place of walkers among the owners."""
        entities = None if walkers is None else walkers.entities
        return next(i for i, some in enumerate(self.owners) if some.entities is entities)
