"""A history as it was known at a day: nothing that was recorded later may show."""

from dataclasses import replace
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pytest
from history_files import DEALS, EVENTS, INVOICES, codes, contents, day, log, read, text
from hypothesis import given
from hypothesis import strategies as st

from simulator.history import LOST, NEVER, OPEN, UNKNOWN, WON, Moves, distinct
from simulator.loading.history_frame import HistoryFrame

STAGES = ("New", "Offer", "Contract")
FIRST = date(2026, 3, 2).toordinal()
STAGED = HistoryFrame(stages=STAGES)


def iso(ordinal):
    return date.fromordinal(FIRST + ordinal).isoformat()


# ---- what a log tells, whatever it is, told again as of a day

facts = st.lists(
    st.tuples(
        st.sampled_from(["A", "B", "C"]),
        st.sampled_from([*STAGES, "Won", "Lost"]),
        st.integers(0, 20),  # day
        st.sampled_from([0, 0, 0, 1, 5]),  # recorded so many days later
        st.sampled_from([None, 100, 250]),
        st.sampled_from([None, 10, 30, 40]),
    ),
    min_size=1,
    max_size=14,
)


def table(some):
    rows = []
    for deal, stage, when, later, amount, stated in some:
        expected = "" if stated is None else iso(stated)
        rows.append(f"{deal},{stage},{iso(when)},{iso(when + later)},{amount or ''},{expected}")
    # A deal that all can see fixes what is logged at all; it moves before anything else is told.
    return "\n".join(
        ["deal,stage,entered_at,recorded_at,amount,expected_close", f"Z,New,{iso(-9)},{iso(-9)},7,", *rows]
    )


def history(some, known):
    with TemporaryDirectory() as folder:
        return read(Path(folder), date.fromordinal(FIRST + known).isoformat(), STAGED, events=table(some))


@given(facts, st.integers(0, 26))
@pytest.mark.slow
def test_what_was_recorded_later_does_not_show(some, t):
    """An old record, and a newer one as of the old one's day, say the same."""
    # Files are in the order of days here: only then may the file tell the order of one day.
    some = sorted(some, key=lambda fact: fact[2])
    newer = history(some, 30)
    older = history([fact for fact in some if fact[2] + fact[3] <= t], t)
    assert contents(newer.as_of(FIRST + t)) == contents(older)


@given(facts, st.integers(0, 26), st.integers(0, 26))
def test_going_back_twice_is_going_back_once(some, a, b):
    newer = history(sorted(some, key=lambda fact: fact[2]), 30)
    b, a = sorted((a, b))
    assert contents(newer.as_of(FIRST + a).as_of(FIRST + b)) == contents(newer.as_of(FIRST + b))


# ---- rows of a table, written when a deal closes or at the newest export

ROWS = st.lists(
    st.tuples(
        st.integers(0, 20),  # created
        st.sampled_from([None, *range(0, 25)]),  # closed so many days later
        st.sampled_from(["Won", "Lost"]),
        st.sampled_from(["price", "timing", ""]),
        st.integers(0, 3),  # pushes
        st.integers(0, 60),  # stated
        st.sampled_from(["", "x"]),
    ),
    min_size=1,
    max_size=8,
)


def deals_table(rows):
    lines = [
        "id,stage,amount,created,closed,lost_reason,pushes,expected_close,note",
        f"Z,New,9,{iso(-9)},,,,,",
    ]
    for i, (created, spent, outcome, reason, pushes, stated, _) in enumerate(rows):
        closed = None if spent is None else created + spent
        ended = closed is not None
        lines.append(
            f"D{i},{outcome if ended else 'New'},10,{iso(created)},{iso(closed) if ended else ''},"
            f"{reason if outcome == 'Lost' else ''},{pushes},{iso(stated)},n"
        )
    return "\n".join(lines)


@given(ROWS, ROWS, st.integers(0, 44))
@pytest.mark.slow
def test_cells_of_rows_that_were_written_later_do_not_show(rows, others, t):
    """Whatever later cells say, as of a day before they were written nobody sees a difference."""
    changed = []
    for i, row in enumerate(rows):
        other = others[i % len(others)]
        created, spent = row[0], row[1]
        if spent is None or created + spent > t:  # not closed by then: all but the creation may change
            later = None if other[1] is None else max(t + 1 + other[1] - created, 0)
            row = (created, later, *other[2:])
            if created > t:
                row = (t + 1 + other[0], *row[1:])
        changed.append(row)
    with TemporaryDirectory() as folder:
        one, two = (
            read(Path(folder), iso(80), HistoryFrame(), deals=deals_table(some)) for some in (rows, changed)
        )
    one, two = one.as_of(FIRST + t), two.as_of(FIRST + t)
    assert contents(one)["deals"] == contents(two)["deals"]
    assert contents(one)["moves"] == contents(two)["moves"]


@given(
    st.lists(st.tuples(st.integers(0, 20), st.sampled_from([None, *range(30)]), st.booleans()), max_size=8),
    st.integers(0, 44),
)
def test_payments_and_disputes_of_later_do_not_show(rows, t):
    def invoices(some):
        lines = ["id,amount,invoice_date,due_date,paid_date,disputed", f"Z,1,{iso(0)},{iso(30)},{iso(0)},no"]
        for i, (written, later, disputed) in enumerate(some):
            paid = "" if later is None else iso(written + later)
            lines.append(f"R{i},5,{iso(written)},{iso(written + 30)},{paid},{'yes' if disputed else 'no'}")
        return "\n".join(lines)

    changed = [
        row if row[1] is not None and row[0] + row[1] <= t else (row[0], None, not row[2])
        for row in rows
    ]  # fmt: skip
    with TemporaryDirectory() as folder:
        one, two = (
            read(Path(folder), iso(80), HistoryFrame(), invoices=invoices(s)) for s in (rows, changed)
        )
    assert contents(one.as_of(FIRST + t))["invoices"] == contents(two.as_of(FIRST + t))["invoices"]


def test_a_leak_would_be_seen(tmp_path, monkeypatch):
    """The comparison above fails where `as_of` forgets when things were recorded."""
    import simulator.history as module

    some = [("A", "New", 1, 0, 100, None), ("A", "Offer", 3, 5, 100, None)]
    newer, older = history(some, 30), history(some[:1], 4)
    assert contents(newer.as_of(FIRST + 4)) == contents(older)
    honest = module._as_of
    forgetful = replace(newer, moves=replace(newer.moves, recorded=newer.moves.day))
    assert contents(honest(forgetful, FIRST + 4)) != contents(older)


# ---- by hand


def test_what_closed_later_is_open(tmp_path):
    then = read(tmp_path, "2026-03-31", events=EVENTS, deals=DEALS, invoices=INVOICES).as_of(day("02-05"))
    deals = then.deals
    assert deals.id == ("D1", "D2", "D3")
    assert deals.outcome.tolist() == [WON, OPEN, OPEN]
    assert [text(d) for d in deals.closed] == ["02-02", "never", "never"]
    assert deals.reason == ("", "", "")
    assert [text(d) for d in deals.stated] == ["01-31", "?", "?"]
    assert log(then, "D2") == "New 01-06, Offer 01-20"
    assert then.invoices.id == ("R1",)
    assert then.invoices.paid_day.tolist() == [NEVER]
    assert then.findings == ()


def test_an_outcome_that_was_taken_back_stands_until_then(tmp_path):
    events = EVENTS + "D2,Offer,2026-02-20\nD2,Won,2026-03-01\n"
    now = read(tmp_path, "2026-03-31", events=events)
    outcomes = {t: int(now.as_of(day(t)).deals.outcome[1]) for t in ("02-09", "02-10", "02-20", "03-01")}
    assert outcomes == {"02-09": OPEN, "02-10": LOST, "02-20": OPEN, "03-01": WON}
    assert codes(now)["H019"] == 1


def test_amounts_and_dates_are_those_told_by_then(tmp_path):
    events = (
        "deal,stage,entered_at,amount,expected_close\n"
        "A,New,2026-01-05,100,2026-03-31\n"
        "A,New,2026-01-20,150,2026-04-30\n"
        "A,Offer,2026-02-01,120,2026-06-30\n"
    )
    now = read(tmp_path, "2026-03-01", events=events)
    found = []
    for t in ("01-05", "01-20", "02-01"):
        deals = now.as_of(day(t)).deals
        found.append((int(deals.amount[0]), text(deals.stated[0]), int(deals.pushes[0])))
    assert found == [(10000, "03-31", 0), (15000, "04-30", 1), (12000, "06-30", 2)]
    assert log(now, "A") == "New 01-05, Offer 02-01"


def test_a_column_filled_on_closing_is_empty_before(tmp_path):
    rows = [f"D{i},Won,9,2026-01-05,2026-02-0{1 + i % 5},Acme" for i in range(40)]
    rows += [f"E{i},New,9,2026-01-05,," for i in range(40)]
    now = read(tmp_path, "2026-03-01", deals="\n".join(["id,stage,amount,created,closed,customer", *rows]))
    assert "customer" in now.told_late
    assert now.deals.customer[0] == "Acme"
    assert set(now.as_of(day("01-31")).deals.customer) == {""}
    assert now.as_of(day("02-28")).deals.customer[0] == "Acme"


def test_a_later_day_tells_nothing_more(tmp_path):
    now = read(tmp_path, "2026-03-01", events=EVENTS)
    assert now.as_of(now.known + 10) is now
    assert now.as_of(now.known) is now


def test_repeated_stages_are_no_moves():
    none = np.full(4, -1)
    told = Moves(np.array([0, 0, 0, 1]), np.array([2, 2, 3, 3]), np.arange(4), np.arange(4), none, none)
    assert distinct(told).day.tolist() == [0, 2, 3]


@pytest.mark.parametrize("t", ["01-04", "01-05"])
def test_a_deal_is_known_from_its_first_move_on(tmp_path, t):
    then = read(tmp_path, "2026-03-31", events=EVENTS, deals=DEALS).as_of(day(t))
    assert then.deals.id == (() if t == "01-04" else ("D1",))
    assert UNKNOWN not in then.deals.created.tolist()
