"""Dated exports and past runs, compared with one another, give back the log that they were taken from."""

import random
from datetime import date

import pytest
from history_files import codes, day, log, named, read, text

from simulator.cli import main
from simulator.history import LOST, OPEN, UNKNOWN, WON
from simulator.loading import load
from simulator.loading.history import read_history
from simulator.loading.history_frame import HistoryFrame
from simulator.runs.folder import reserve
from simulator.runs.record import Record, write_run

STAGES = ("New", "Offer", "Contract")
GRID = [day(f"{month:02d}-{d:02d}") for month in range(2, 8) for d in (1, 15)]
HEAD = "id,stage,amount,created,entered_stage,expected_close,closed,lost_reason"


def company(seed, deals=60):
    """Ways of deals: of each the entries (stage, day), of which the first is its creation."""
    draw = random.Random(seed)
    ways = {}
    for number in range(deals):
        when, at, way = day("01-01") + draw.randrange(170), 0, []
        while True:
            way.append((STAGES[at], when))
            when += draw.choice([0, 1, 3, 10, 30, 60])
            step = draw.random()
            if step < 0.3:
                way.append(("lost", when))
                break
            if step < 0.4 and at:
                at -= 1
            elif at < 2:
                at += 1
            else:
                way.append(("won", when))
                break
        ways[f"D{number:02d}"] = way
    return ways


def state(way, when):
    """Stage, and day of entry, at the end of a day; None before the creation."""
    past = [entry for entry in way if entry[1] <= when]
    return past[-1] if past else None


def iso(ordinal):
    return date.fromordinal(ordinal).isoformat()


def export(ways, when, dated=True, closed_rows=True):
    lines = [HEAD]
    for deal, way in ways.items():
        if (now := state(way, when)) is None:
            continue
        stage, since = now
        ended = stage in ("won", "lost")
        if ended and not closed_rows:
            continue
        stated = iso(when + 20 + when % 7)
        entered = iso(since) if dated and not ended else ""
        closed = iso(since) if dated and ended else ""
        lines.append(f"{deal},{stage},{100 + when % 5},{iso(way[0][1])},{entered},{stated},{closed},")
    return "\n".join(lines)


def exports(ways, **options):
    return {f"ex/deals_{iso(when)}.csv": export(ways, when, **options) for when in GRID}


def rebuilt(folder, ways, **options):
    for name, content in exports(ways, **options).items():
        path = folder / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(content)
    return read_history([folder / "ex"])


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("dated", [True, False])
def test_exports_give_back_every_state_at_their_days(tmp_path, seed, dated):
    ways = company(seed)
    history = rebuilt(tmp_path, ways, dated=dated)
    closed_at_first = {
        deal for deal, way in ways.items() if (s := state(way, GRID[0])) and s[0] in ("won", "lost")
    }
    assert closed_at_first, "the case is looked at"
    for when in GRID:
        then = history.as_of(when)
        found = {
            deal: {OPEN: named(then, s), WON: "won", LOST: "lost"}[int(o)]
            for deal, s, o in zip(then.deals.id, then.deals.stage, then.deals.outcome, strict=True)
        }
        true = {deal: now[0] for deal, way in ways.items() if (now := state(way, when))}
        if not dated:  # closed before anybody looked, on no day that is known
            true = {deal: s for deal, s in true.items() if deal not in closed_at_first}
        assert found == true


@pytest.mark.parametrize("seed", range(4))
def test_a_move_lies_between_two_exports(tmp_path, seed):
    """Its record is of the later one, its day in the middle of both where no row tells better."""
    ways = company(seed)
    for dated in (True, False):
        history = rebuilt(tmp_path, ways, dated=dated)
        moves = history.moves
        for i in range(len(moves)):
            way = ways[history.deals.id[moves.deal[i]]]
            recorded, when = int(moves.recorded[i]), int(moves.day[i])
            assert recorded in GRID
            assert state(way, recorded)[0] == named(history, moves.stage[i])
            if dated:
                assert when == state(way, recorded)[1]
            elif when != UNKNOWN:
                first = when == way[0][1] and named(history, moves.stage[i]) == STAGES[0]
                before = GRID[max(GRID.index(recorded) - 1, 0)]
                middle = (before + 1 + recorded) // 2
                assert when in (recorded, middle) or first or when == way[0][1]
                if named(history, moves.stage[i]) in ("won", "lost"):
                    assert when == recorded
        assert history.logged and history.amounts_logged and history.since == GRID[0]
        assert history.stages == STAGES


def test_what_was_there_at_first_has_no_known_beginning(tmp_path):
    history = rebuilt(tmp_path, company(1), dated=False)
    unknown = (history.moves.day == UNKNOWN).sum()
    assert unknown == codes(history)["H048"] > 1
    assert all(r == GRID[0] for r in history.moves.recorded[history.moves.day == UNKNOWN])


def test_amounts_and_dates_change_from_export_to_export(tmp_path):
    history = rebuilt(tmp_path, {"D1": [("New", day("01-20"))]})
    amounts = [int(history.as_of(when).deals.amount[0]) for when in GRID]
    assert amounts == [100 * (100 + when % 5) for when in GRID]
    assert log(history, "D1") == "New 01-20"
    stated = [int(history.as_of(when).deals.stated[0]) for when in GRID]
    assert stated == [when + 20 + when % 7 for when in GRID]
    assert history.as_of(GRID[3]).deals.pushes.tolist() == [3]


def test_an_export_that_comes_later_changes_nothing_before(tmp_path):
    ways = company(2)
    all_days = rebuilt(tmp_path, ways, dated=False)
    (tmp_path / "fewer").mkdir()
    for name, content in list(exports(ways, dated=False).items())[:5]:
        (tmp_path / "fewer" / name.split("/")[1]).write_text(content)
    fewer = read_history([tmp_path / "fewer"], HistoryFrame(stages=STAGES))
    then = all_days.as_of(GRID[4])
    for column in ("closed", "outcome", "stage", "entered", "amount", "stated", "pushes"):
        one, two = (
            dict(zip(h.deals.id, getattr(h.deals, column).tolist(), strict=True)) for h in (then, fewer)
        )
        assert {k: v for k, v in two.items() if k in one} == one, column


def test_open_deals_alone_do_not_tell_who_won(tmp_path):
    history = rebuilt(tmp_path, company(3), closed_rows=False)
    assert codes(history)["H058"] > 5 and "H047" not in codes(history)
    assert set(history.deals.outcome.tolist()) == {OPEN}


def test_what_vanishes_is_lost_on_the_day_of_the_next_export(tmp_path):
    one = f"{HEAD}\nA,New,5,2026-01-02,2026-01-02,,,\nB,Won,5,2026-01-02,,,2026-01-20,\n"
    two = f"{HEAD}\nB,Won,5,2026-01-02,,,2026-01-20,\nC,Won,5,2026-02-02,,,2026-02-03,\n"
    history = read(tmp_path, **{"ex/x2026-01-31.csv": one, "ex/x2026-02-28.csv": two})
    # Both files are named alone here: without a folder they are tables of deals, and the first row counts.
    assert codes(history)["H065"] == 1
    history = read_history([tmp_path / "ex"])
    assert log(history, "A") == "New 01-02, lost 02-28"
    assert history.deals.reason == ("vanished", "", "")
    assert log(history, "C") == "won 02-03"
    assert [text(d) for d in history.deals.closed] == ["02-28", "01-20", "02-03"]


SCENARIO = """\
version: 1
name: past
as_of: {day}
horizon: 6m
currency: USD
trials: 1000
data: {{deals: deals.csv, columns: {{deals: {{id: Number, amount: Value}}}}, won_stages: [Signed]}}
segments:
  all:
    stages:
      New: {{close: 0.3, days: {{median: 20}}}}
      Offer: {{close: 0.6, days: {{median: 20}}}}
    new_pipeline: none
"""
DEALS = """\
Number,stage,Value,created,closed
D1,{one},100,2026-01-05,{closed}
D2,New,200,2026-01-06,
"""


RUNS = (("2026-01-31", "New", ""), ("2026-02-28", "Offer", ""), ("2026-03-31", "Signed", "2026-03-12"))


def keep(path):
    """Leave a run's folder as a run does, without its numbers."""
    scenario = load(path)
    folder = reserve(scenario.name, scenario.horizon.as_of.isoformat())
    write_run(folder, Record({}, [], [], scenario))


def play(path):
    with pytest.raises(SystemExit) as ended:
        main(["run", str(path), "-q"])
    assert ended.value.code in (0, None)


@pytest.mark.parametrize("run", [keep, pytest.param(play, marks=pytest.mark.slow)])
def test_past_runs_are_exports_with_their_own_columns(tmp_path, monkeypatch, run):
    monkeypatch.chdir(tmp_path)
    for when, one, closed in RUNS:
        (tmp_path / "past.yaml").write_text(SCENARIO.format(day=when))
        (tmp_path / "deals.csv").write_text(DEALS.format(one=one, closed=closed))
        run(tmp_path / "past.yaml")
    for folder in ("reports", "reports/past"):
        history = read_history([tmp_path / folder])
        assert log(history, "D1") == "New 01-05, Offer 02-14, won 03-12"
        assert history.deals.amount.tolist() == [10000, 20000]
        assert history.currency == "USD" and history.known == day("03-31")
    assert log(history.as_of(day("03-15")), "D1") == "New 01-05, Offer 02-14"


def test_a_log_beside_exports_tells_what_was_before(tmp_path):
    (tmp_path / "ex").mkdir()
    for when, one in (("2026-02-28", "Offer"), ("2026-03-31", "Won")):
        rows = f"{HEAD}\nA,{one},5,2026-01-05,,,{'2026-03-20' if one == 'Won' else ''},\n"
        (tmp_path / "ex" / f"{when}.csv").write_text(rows)
    (tmp_path / "events.csv").write_text("deal,stage,entered_at\nA,New,2026-01-05\nA,Offer,2026-02-10\n")
    history = read_history([tmp_path / "events.csv", tmp_path / "ex"])
    assert text(history.since) == "01-05"
    assert log(history, "A") == "New 01-05, Offer 02-10, won 03-20"
