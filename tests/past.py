"""Small histories built from columns."""

import numpy as np

from simulator.history import NEVER, OPEN, UNKNOWN, WON, History, Moves, PastDeals


def make_history(
    created, known, segment=None, closed=None, outcome=None, amount=None, segments=("all",), stages=("Open",),
    stage=None, since=None, stated=None, moves=None, currency="EUR",
):  # fmt: skip
    """A history without a stage log: creation and outcome alone, unless moves are given."""
    created = np.asarray(created, dtype=np.int64)
    count = len(created)

    def column(values, default):
        return np.full(count, default) if values is None else np.asarray(values, dtype=np.int64)

    closed, outcome = column(closed, NEVER), column(outcome, OPEN)
    deals = PastDeals(
        id=tuple(f"D{n:06d}" for n in range(count)), segment=column(segment, 0), customer=("",) * count,
        amount=column(amount, 100_000), created=created, closed=closed,
        outcome=outcome,
        stage=np.where(outcome == OPEN, column(stage, 0), -1), entered=created,
        stated=column(stated, UNKNOWN),
        pushes=np.full(count, -1, dtype=np.int64), reason=("",) * count,
        row=np.arange(count, dtype=np.int64),
    )  # fmt: skip
    if moves is None:
        done = np.flatnonzero(outcome != OPEN)
        deal = np.concatenate((np.arange(count), done))
        day = np.concatenate((created, closed[done]))
        end = np.where(outcome[done] == WON, len(stages), len(stages) + 1)
        into = np.concatenate((column(stage, 0), end))
        order = np.lexsort((np.arange(len(deal)), deal))
        nothing = np.full(len(deal), -1)
        moves = Moves(deal[order], into[order], day[order], day[order], nothing, np.full(len(deal), UNKNOWN))
    return History(
        known, currency, segments, stages, deals, moves, False,
        int(created.min()) if since is None else since,
    )  # fmt: skip
