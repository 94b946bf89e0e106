"""Say what became of each deal between two days, and which of its columns are others now."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields, replace
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from simulator.analysis.bridge.before import alike
from simulator.deals import Pipeline
from simulator.records import dataclass
from simulator.scenario import Scenario

Bools = NDArray[np.bool_]

AMOUNTS: Final = "amounts"
DATES: Final = "close dates"
STAGES: Final = "stage moves"
REST: Final = "otherwise"
COLUMNS: Final = {
    AMOUNTS: ("amount", "currency"),
    DATES: ("stated_days", "stated_day", "pushes"),
    STAGES: ("stage", "age"),
    REST: ("segment", "probability", "terms", "lines", "customer", "customer_class"),
}
"""Columns that tell what happened to an open deal, in the order in which they are changed."""
_SLACK: Final = 1e-6
"""Operational days by which what is counted on two days may differ."""


@dataclass(frozen=True)
class Fates:
    """What became of deals, by their places.

    Attributes:
        won: open before and won now: place in the earlier pipeline and among the later wins.
        lost: open before and lost now, in the earlier pipeline.
        gone: open before, and now neither open nor closed, likewise.
        still: open before and now, in both pipelines.
        new: open now and not known before, in the later pipeline.
        new_won: won since, and not known before, among the later wins.
    """

    won: tuple[tuple[int, int], ...]
    lost: tuple[int, ...]
    gone: tuple[int, ...]
    still: tuple[tuple[int, int], ...]
    new: tuple[int, ...]
    new_won: tuple[int, ...]

    @staticmethod
    def of(old: Scenario, new: Scenario) -> Fates:
        """Return what became of the deals of an earlier scenario."""
        days = (new.horizon.as_of - old.horizon.as_of).days
        open_now = {deal: i for i, deal in enumerate(new.pipeline.id)}
        wins = {deal: i for i, deal in enumerate(new.wins.id)}
        lost, before = set(new.lost), {deal: i for i, deal in enumerate(old.pipeline.id)}
        won_before = set(old.wins.id)
        ended = {deal: i for deal, i in before.items() if deal not in open_now and deal not in wins}
        return Fates(
            tuple((i, wins[d]) for d, i in before.items() if d in wins and d not in open_now),
            tuple(i for deal, i in ended.items() if deal in lost),
            tuple(i for deal, i in ended.items() if deal not in lost),
            tuple((i, open_now[deal]) for deal, i in before.items() if deal in open_now),
            tuple(i for deal, i in open_now.items() if deal not in before),
            tuple(
                i
                for deal, i in wins.items()
                if deal not in before and deal not in won_before and new.wins.day[i] > -days
            ),
        )


@dataclass(frozen=True, eq=False)
class Changed:
    """Open deals as they would be had nothing happened to them, and as they are.

    Attributes:
        older: had nothing happened.
        now: as they are, in the same order.
        groups: which deals are others in which of `COLUMNS`, bools[deal].
    """

    older: Pipeline
    now: Pipeline
    groups: dict[str, Bools]

    @staticmethod
    def of(older: Pipeline, now: Pipeline) -> Changed:
        """Hold deals against what they would be; what differs by rounding is as it is now."""
        elsewhere = older.segment != now.segment
        groups, kept = dict[str, Bools](), dict[str, Any]()
        for group, names in COLUMNS.items():
            differ = np.zeros(len(now), dtype=np.bool_)
            for name in names:
                differ |= _differs(getattr(older, name), getattr(now, name))
            groups[group] = differ
        # A stage of another segment is no move: both change together.
        groups[STAGES] &= ~elsewhere
        found = Changed(older, now, groups)
        for group, names in COLUMNS.items():
            same = ~groups[group] & ~(elsewhere & (group == STAGES))
            kept |= {name: _chosen(same, getattr(now, name), getattr(older, name)) for name in names}
        return replace(found, older=replace(older, **kept))

    def upto(self, group: str | None) -> Pipeline:
        """Return the deals with the columns of all groups up to one as they are now; None for none."""
        if group is None:
            return self.older
        names = list(COLUMNS)
        done = names[: names.index(group) + 1]
        changed, elsewhere = dict[str, Any](), self.older.segment != self.now.segment
        for one in done:
            now = ~elsewhere if one == STAGES and group != REST else np.ones(len(self.now), dtype=np.bool_)
            changed |= {n: _chosen(now, getattr(self.now, n), getattr(self.older, n)) for n in COLUMNS[one]}
        return replace(self.older, **changed)


def rows(pipeline: Pipeline, places: Sequence[int] | NDArray[np.int64]) -> Pipeline:
    """Return some deals, in this order; columns to group by are left out."""
    some = np.asarray(places, dtype=np.int64)

    def column(values: Any) -> Any:
        return values[some] if isinstance(values, np.ndarray) else tuple(values[i] for i in some.tolist())

    names = [f.name for f in fields(pipeline) if f.name not in ("extra", "decided")]
    return replace(pipeline, **{name: column(getattr(pipeline, name)) for name in names}, extra={})


def together(first: Pipeline, *others: Pipeline) -> Pipeline:
    """Return the deals of some lists after one another; an id may stand more than once."""

    def column(name: str) -> Any:
        values = [getattr(deals, name) for deals in (first, *others)]
        whole = isinstance(values[0], np.ndarray)
        return np.concatenate(values) if whole else tuple(value for some in values for value in some)

    names = [f.name for f in fields(first) if f.name not in ("extra", "decided")]
    return replace(first, **{name: column(name) for name in names}, extra={})


def _differs(one: Any, other: Any) -> Bools:
    if not isinstance(one, np.ndarray):
        return np.array([not alike(a, b) for a, b in zip(one, other, strict=True)], dtype=np.bool_)
    if one.dtype.kind != "f":
        return np.asarray(one != other)
    with np.errstate(invalid="ignore"):
        return np.asarray(~((np.abs(one - other) <= _SLACK) | (np.isnan(one) & np.isnan(other))))


def _chosen(where: Bools, one: Any, other: Any) -> Any:
    """Return values of one where asked for, else of the other."""
    if isinstance(one, np.ndarray):
        return np.where(where, one, other)
    return tuple(a if w else b for w, a, b in zip(where.tolist(), one, other, strict=True))
