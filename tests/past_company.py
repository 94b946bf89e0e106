"""A small company whose past is played by numpy, and forecasters that know its funnel, well or too well."""

from dataclasses import replace
from datetime import date

import numpy as np
from factory import make_funnel, make_pipeline, make_receivables, make_scenario, make_segment, plain_clock
from scipy import stats

from simulator.amounts import AmountChange
from simulator.arrivals import PipelineGeneration
from simulator.close_dates import CloseDateRule
from simulator.distributions import Fixed, LogNormal
from simulator.history import LOST, NEVER, OPEN, UNKNOWN, WON, History, Moves, PastDeals, PastInvoices
from simulator.market import Market

FIRST = date(2024, 1, 1).toordinal()
TRANSITIONS = np.array([[0.0, 0.55, 0.0, 0.45], [0.0, 0.0, 0.6, 0.4]])
STAYS = (LogNormal.from_median(15.0, 40.0), LogNormal.from_median(20.0, 60.0))
AMOUNT = 10_000_00


def past(seed=0, days=730, per_day=1.0, rho=0.0, segments=("smb",), invoices=False):
    """Return a history of so many days. Luck is shared by the deals of an arrival quarter, with share rho."""
    rng = np.random.default_rng(seed)
    count = rng.poisson(per_day * days)
    created = np.sort(rng.integers(0, days, count))
    luck = rng.normal(size=days // 91 + 2)[created // 91]
    ladder = np.array([0.33, 0.6])
    chance = stats.norm.cdf((stats.norm.ppf(ladder[0]) + np.sqrt(rho) * luck) / np.sqrt(1 - rho))
    won = rng.uniform(size=count) < chance
    # Given the outcome the walk does not hang on the luck: losers leave the first stage with .45/.67.
    passes = won | (rng.uniform(size=count) > 0.45 / (1 - 0.33))
    first = np.rint(np.exp(STAYS[0].mu + STAYS[0].sigma * rng.normal(size=count))).astype(int)
    second = np.rint(np.exp(STAYS[1].mu + STAYS[1].sigma * rng.normal(size=count))).astype(int)
    moved, closed = created + first, created + first + np.where(passes, second, 0)
    segment = rng.integers(0, len(segments), count)
    moves = []
    for i in range(count):
        moves.append((i, 0, created[i]))
        if passes[i]:
            moves.append((i, 1, moved[i]))
        moves.append((i, 2 if won[i] else 3, closed[i]))
    known = FIRST + days - 1
    deal, stage, day = (np.array(column, dtype=np.int64) for column in zip(*moves, strict=True))
    day += FIRST
    kept = day <= known
    shown = Moves(deal, stage, day, day.copy(), np.full(len(deal), -1), np.full(len(deal), UNKNOWN)).only(
        kept
    )
    over = closed + FIRST <= known
    last = np.zeros(count, dtype=np.int64)
    last[shown.deal] = np.arange(len(shown))
    deals = PastDeals(
        id=tuple(f"D{i:05d}" for i in range(count)), segment=segment, customer=("",) * count,
        amount=np.full(count, AMOUNT), created=created + FIRST,
        closed=np.where(over, closed + FIRST, NEVER),
        outcome=np.where(over, np.where(won, WON, LOST), OPEN),
        stage=np.where(over, -1, shown.stage[last]), entered=np.where(over, UNKNOWN, shown.day[last]),
        stated=np.full(count, UNKNOWN), pushes=np.full(count, -1), reason=("",) * count,
        row=np.arange(count),
    )  # fmt: skip
    written = some_invoices(rng, days) if invoices else PastInvoices.empty()
    return History(known, "EUR", tuple(segments), ("a", "b"), deals, shown, True, FIRST, written)


def some_invoices(rng, days):
    """Three invoices a day, due after 30 days, paid a week late or so."""
    count = 3 * days
    day = np.sort(rng.integers(0, days, count)) + FIRST
    paid = day + 30 + rng.integers(-5, 20, count)
    texts = ("",) * count
    return PastInvoices(
        tuple(f"I{i:05d}" for i in range(count)), texts, tuple(f"C{i % 40}" for i in range(count)),
        ("default",) * count, np.full(count, 100_00), np.zeros(count, dtype=np.int64), ("EUR",) * count,
        day, day + 30, np.where(paid < FIRST + days, paid, NEVER), np.full(count, -1),
    )  # fmt: skip


def knows_the_funnel(rho=0.0, per_month=30.4, months=4):
    """Return a forecaster that is told all but the luck; `rho` is how far it believes in shared luck."""

    def forecaster(history, origin):
        standing = np.flatnonzero(history.deals.outcome == OPEN)
        stages = history.deals.stage[standing]
        ages = (history.known - history.deals.entered[standing]).astype(float)
        funnel = make_funnel(transitions=TRANSITIONS, stays=[[STAYS[0]] * 4, [STAYS[1]] * 4])
        funnel = replace(funnel, stages=("a", "b"))
        share = per_month / len(history.segments)
        generation = PipelineGeneration(
            share, Fixed(AMOUNT / 100), np.array([1.0, 0.0]), dispersion=float("inf")
        )
        made = [
            make_segment(
                name=name, funnel=funnel, amount_change=AmountChange(1.0, 0.0, 0.0), clock=plain_clock(),
                close_date=CloseDateRule("stages"), generation=generation,
            )
            for name in history.segments
        ]  # fmt: skip
        pipeline = make_pipeline(
            id=[history.deals.id[i] for i in standing], stage=stages, age=ages,
            amount=history.deals.amount[standing], segment=history.deals.segment[standing],
        ) if len(standing) else make_pipeline()  # fmt: skip
        return make_scenario(
            segments=tuple(made), pipeline=pipeline, as_of=origin, months=months, market=Market(rho, 0.0),
            receivables=open_invoices(history),
        )  # fmt: skip

    return forecaster


def open_invoices(history):
    """Return the invoices that are open at the end of a history."""
    table = history.invoices
    rows = np.flatnonzero(table.paid_day == NEVER)
    return make_receivables(
        id=[table.id[i] for i in rows], due_day=table.due_day[rows] - history.known,
        invoice_day=table.invoice_day[rows] - history.known, amount_minor=table.amount[rows],
        customer=[table.customer[i] for i in rows],
    )  # fmt: skip


def upset(history, day, rng=None):
    """Return the same record up to a day, and another one after it: nothing more happens, or the reverse."""
    if rng is None:
        return replace(history.as_of(day), known=history.known)
    deals, moves = history.deals, history.moves
    ends = (moves.stage >= history.won) & (moves.day > day)
    flipped = np.where(ends, history.won + history.lost - moves.stage, moves.stage)
    later = np.where(ends, np.minimum(moves.day + rng.integers(0, 30, len(moves)), history.known), moves.day)
    after = deals.closed > day
    outcome = np.where(after & (deals.outcome != OPEN), WON + LOST - deals.outcome, deals.outcome)
    closed = deals.closed.copy()
    closed[moves.deal[ends]] = later[ends]
    invoices = history.invoices
    paid = np.where(invoices.paid_day > day, NEVER, invoices.paid_day)
    return replace(
        history,
        deals=replace(deals, outcome=outcome, closed=closed, reason=("other",) * len(deals)),
        moves=replace(moves, stage=flipped, day=later, recorded=np.maximum(moves.recorded, later)),
        invoices=replace(invoices, paid_day=paid),
    )
