"""What the systems of an invented company hold of its deals: a log that began one day, and a table."""

from dataclasses import replace

import numpy as np

from simulator.history import LOST, NEVER, OPEN, UNKNOWN, WON, History, Moves, PastDeals

SEGMENTS = ("smb", "mid-market", "enterprise")
STAGES = ("Qualify", "Discover", "Propose", "Evaluate", "Negotiate", "Contract")
REASONS = ("price", "no decision", "competitor", "no budget")


def recording(rng, o, truth, played):
    """Return the day from which each move is known; the loss of a dead deal never is."""
    count = len(played.deal)
    late = np.zeros(count, dtype=np.int64)
    if o.delay:
        late = np.where(rng.random(count) < 0.4, rng.geometric(1 / o.delay, count), 0)
    known = played.day + late
    # Whoever writes down a move writes down those before it too.
    for n in range(count - 2, -1, -1) if o.delay else ():
        if played.deal[n] == played.deal[n + 1]:
            known[n] = min(known[n], known[n + 1])
    never = (played.stage == truth.lost) & played.dead[played.deal]
    return np.where(never, NEVER, known)


def record(rng, o, truth, calendar, played, recorded, since):
    """Return what the company's systems hold at the end: the log since it began, and the table of deals."""
    told = stated_days(rng, o, truth, calendar, played)
    amount = np.where(played.stage == truth.won, played.signed[played.deal], played.amount[played.deal])
    moves = Moves(played.deal, played.stage, played.day, recorded, amount.astype(np.int64), told)
    moves = moves.only((recorded <= calendar.last) & (played.day <= calendar.last))
    if not o.logged:
        moves = ends_only(moves, truth)
    moves = seen_since(moves, truth.won if o.logged else 1, since)
    names = STAGES[: truth.size] if o.logged else ("Open",)
    kept, place = np.unique(moves.deal, return_inverse=True)
    moves = replace(moves, deal=place.astype(np.int64))
    deals = table(played, moves, kept, len(names))
    return History(
        known=calendar.last, currency="EUR", segments=SEGMENTS[: o.segments], stages=names, deals=deals,
        moves=moves, logged=o.logged, since=since, sources=("invented",),
    )  # fmt: skip


def seen_since(moves, won, since):
    """Cut to what a log that began on a day holds (left truncation).

    Deals closed before are gone. Of a deal that was open then, the log knows the stage in which it sat and
    since when, and all that came after.
    """
    before = moves.day < since
    last = np.append(moves.deal[1:] != moves.deal[:-1], True)
    sits = before & (moves.stage < won) & (last | np.append(~before[1:], True))
    moves = replace(moves, recorded=np.where(before, np.maximum(moves.recorded, since), moves.recorded))
    return moves.only(~before | sits)


def ends_only(moves, truth):
    """Reduce a log to creation and outcome."""
    first = np.append(True, moves.deal[1:] != moves.deal[:-1])
    kept = moves.only(first | (moves.stage >= truth.won))
    return replace(kept, stage=np.maximum(kept.stage - truth.won + 1, 0))


def table(played, moves, kept, size):
    """Return the deals that the record knows, as its newest export shows them."""
    last = np.append(moves.deal[1:] != moves.deal[:-1], True)
    stage, day, told, amount = (a[last] for a in (moves.stage, moves.day, moves.stated, moves.amount))
    still = stage < size
    outcome = np.where(still, OPEN, np.where(stage == size, WON, LOST))
    reasons = tuple(REASONS[n % 4] if outcome[at] == LOST else "" for at, n in enumerate(kept))
    unknown = np.full(len(kept), -1)
    return PastDeals(
        id=tuple(f"D{n:06d}" for n in kept), segment=played.segment[kept],
        customer=tuple(f"C{n:06d}" for n in kept), amount=amount, created=played.created[kept],
        closed=np.where(still, NEVER, day), outcome=outcome, stage=np.where(still, stage, -1),
        entered=np.where(still, day, UNKNOWN), stated=told, pushes=unknown, reason=reasons,
        row=np.arange(len(kept)),
    )  # fmt: skip


def stated_days(rng, o, truth, calendar, played):
    """Return the close date stated at each move into a stage, `UNKNOWN` elsewhere.

    Of winners the true days left, too short by the slip, with the spread .8 of MODEL 2; losers' dates are
    those that a typical deal would state.
    """
    count = len(played.deal)
    if not o.stated:
        return np.full(count, UNKNOWN)
    last = np.append(np.flatnonzero(np.diff(played.deal)), count - 1)
    end_stage, end_day = played.stage[last][played.deal], played.day[last][played.deal]
    ahead = truth.cycle * (1 - np.minimum(played.stage, truth.size - 1) / truth.size)
    left = np.where(end_stage == truth.won, calendar.clock(end_day) - calendar.clock(played.day), ahead)
    stated = (left + 7) / o.slip * np.exp(0.8 * rng.standard_normal(count)) - 7
    day = calendar.day_of(calendar.clock(played.day) + np.maximum(np.rint(stated), 1))
    return np.where(played.stage < truth.won, np.minimum(day, played.day + 1500), UNKNOWN)
