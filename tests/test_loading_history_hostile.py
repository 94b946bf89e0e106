"""Records that want to break the reader: each is refused with a code, or read with its oddities counted."""

import random

import pytest
from history_files import DEALS, EVENTS, INVOICES, codes, example

from simulator.errors import SimulatorError
from simulator.history import NEVER, UNKNOWN, WON
from simulator.loading import CODES, LoadError
from simulator.loading.history_frame import HistoryFrame, frame_with_map

E, D = "deal,stage,entered_at\n", "id,stage,amount,created,closed\n"
X = "2026-01-05"
LONG = "é" * 100_000

# What each must bring: a code that refuses it, one that is counted, or "" where nothing need be said.
BAD = {
    "nothing": ({"events": ""}, "D001"),
    "blanks": ({"events": " \n\n \n"}, "D001"),
    "header alone": ({"events": E}, "H004"),
    "header of deals alone": ({"deals": D}, "H004"),
    "header of invoices alone": ({"inv": "id,amount,invoice_date,due_date\n"}, "H004"),
    "a web page": ({"events": "<html>no</html>"}, "D003"),
    "a workbook": ({"events": b"PK\x03\x04" + b"\0" * 50}, "D060"),
    "UTF-16": ({"events": EVENTS.encode("utf-16")}, ""),
    "UTF-16 without a mark": ({"events": EVENTS.encode("utf-16-le")}, ""),
    "latin-1": ({"events": EVENTS.replace("New", "Prüfung").encode("latin-1")}, ""),
    "latin-2": ({"events": EVENTS.replace("New", "Łódź").encode("cp1250")}, "D002"),
    "NUL bytes": ({"events": EVENTS + "D4,N\0w,2026-01-05\n"}, "D003"),
    "an open quote": ({"events": EVENTS + 'D4,"New,2026-01-05\n'}, "D003"),
    "a ragged row": ({"events": EVENTS + "D4,New\n"}, "D005"),
    "too many cells": ({"events": EVENTS + "D4,New,2026-01-05,x,y\n"}, "D005"),
    "a column twice": ({"events": "deal,stage,stage,entered_at\nD,N,N,2026-01-05\n"}, "D004"),
    "another table": ({"people": "name,town\nA,B\n"}, "H001"),
    "JSON": ({"events": '{"deal": 1}\n'}, "H001"),
    "no dates anywhere": ({"events": E + "A,New,soon\nA,Offer,later\n"}, "D013"),
    "mostly strange dates": ({"events": E + "A,New,soon\nB,New,later\nC,New,2026-01-05\n"}, "D013"),
    "a few strange dates": ({"events": E + "A,New,soon\nB,New,2026-01-04\nC,New,2026-01-05\n"}, "H011"),
    "serial numbers of days": ({"events": E + "A,New,45000\n"}, "D013"),
    "days that do not exist": ({"events": E + "A,New,2026-02-30\n"}, "D013"),
    "dates in two orders": ({"events": E + "A,New,01/02/2026\n"}, "D050"),
    "a year of two digits": ({"events": E + "A,New,01/02/26\n"}, "D050"),
    "a year of three digits": ({"events": E + "A,New,01/02/126\n"}, "D013"),
    "the year 0": ({"events": E + "A,New,0000-01-01\nB,New,2026-01-05\n"}, "H011"),
    "the year 9999": ({"events": E + "A,New,9999-12-31\nB,New,2026-01-05\n"}, "H011"),
    "the year 2199": ({"events": EVENTS + "A,New,2199-12-31\n"}, "H033"),
    "a lone slip into the past": ({"events": EVENTS + "A,New,1900-01-01\n"}, ""),
    "25 o'clock": ({"events": EVENTS + "A,New,2026-01-05T25:00\n"}, "H011"),
    "an offset of 99 hours": ({"events": EVENTS + "A,New,2026-01-05T12:00+99:00\n"}, "H011"),
    "a leap second": ({"events": E + "A,New,2016-12-31T23:59:60Z\n"}, ""),
    "offsets and none": ({"events": E + "A,New,2026-01-05T12:00Z\nA,Offer,2026-01-05T13:00\n"}, "H046"),
    "no ids": ({"events": E + ",New,2026-01-05\n,Offer,2026-01-06\n"}, "H004"),
    "ids of blanks": ({"deals": D + "  ,New,5,2026-01-05,\n"}, "H004"),
    "no stages": ({"events": E + "A,,2026-01-05\n"}, "H004"),
    "an id twice": ({"deals": DEALS + "D1,Lost,5,2026-01-05,2026-02-01,,\n"}, "H029"),
    "every id the same": ({"deals": D + "A,New,5,2026-01-05,\n" * 50}, "H029"),
    "the same entry a hundred times": ({"events": E + "A,New,2026-01-05\n" * 100}, "H015"),
    "back and forth on one day": ({"events": E + "A,New,2026-01-05\nA,Offer,2026-01-05\n" * 50}, "H017"),
    "closed before created": ({"deals": D + "A,Won,5,2026-02-05,2026-01-05\n"}, "H025"),
    "won and lost on one day": ({"events": E + f"A,New,{X}\nA,Won,{X}\nA,Lost,{X}\n"}, "H020"),
    "won, lost, won, lost": (
        {
            "events": E
            + "".join(f"A,{s},2026-01-0{i}\n" for i, s in enumerate(["New", "Won", "Lost", "Won", "Lost"], 1))
        },
        "H020",
    ),
    "lost and nothing before": ({"events": E + "A,Lost,2026-01-05\nB,New,2026-01-05\n"}, ""),
    "outcomes alone": ({"events": E + "A,Lost,2026-01-05\nB,Won,2026-01-06\n"}, ""),
    "reopened again and again": (
        {"events": E + "".join(f"A,{s},2026-01-{i:02d}\n" for i, s in enumerate(["New", "Lost"] * 10, 1))},
        "H019",
    ),
    "in the log before it was created": (
        {"events": EVENTS, "deals": DEALS.replace("2026-01-05", "2026-01-09")},
        "H018",
    ),
    "two tables with nothing in common": ({"events": EVENTS, "deals": DEALS.replace("D", "X")}, "H026"),
    "won in the log, lost in the table": (
        {"events": EVENTS, "deals": DEALS.replace("D1,Won", "D1,Lost")},
        "H021",
    ),
    "won without a day": ({"deals": D + "A,Won,5,2026-01-05,\nB,New,5,2026-01-05,\n"}, "H024"),
    "won on no day at all": ({"deals": D + "A,Won,5,,\nB,New,5,2026-01-05,\n"}, ""),
    "an unknown outcome": (
        {"deals": "id,stage,outcome,created\nA,New,meh,2026-01-05\nB,New,,2026-01-05\n"},
        "H030",
    ),
    "nothing but unknown outcomes": ({"deals": "id,stage,outcome\nA,New,meh\n"}, "H004"),
    "amounts in words": ({"deals": D + "A,New,a lot,2026-01-05,\n"}, "H012"),
    "an amount of 10^30": ({"deals": D + f"A,New,{10**30},2026-01-05,\n"}, "H012"),
    "amounts not finite": ({"deals": D + "A,New,nan,2026-01-05,\nB,New,inf,2026-01-05,\n"}, "H012"),
    "negative amounts": ({"deals": D + "A,New,-5,2026-01-05,\n"}, "H012"),
    "European amounts": ({"deals": D + 'A,New,"1.000,50",2026-01-05,\n'}, ""),
    "a currency that is none": (
        {"deals": "id,stage,amount,currency,created\nA,New,5,XYZ,2026-01-05\n"},
        "H013",
    ),
    "currencies without rates": (
        {
            "deals": "id,stage,amount,currency,created\nA,N,5,EUR,2026-01-05\n"
            "B,N,5,USD,2026-01-05\nC,N,5,EUR,2026-01-05\n"
        },
        "H013",
    ),
    "expected before history": (
        {"deals": "id,stage,created,expected_close\nA,New,2026-01-05,1900-01-01\n"},
        "",
    ),
    "all in the future": ({"events": EVENTS, "known": "2020-01-01"}, "H007"),
    "as of long after": ({"events": EVENTS, "known": "2090-01-01"}, "H034"),
    "recorded before it happened": (
        {"events": "deal,stage,entered_at,recorded_at\nA,New,2026-01-05,2020-01-01\n"},
        "H035",
    ),
    "recorded in the far future": (
        {
            "events": EVENTS.replace("entered_at", "entered_at,recorded_at")
            .replace("\nD", ",2026-03-01\nD")
            .replace("recorded_at,2026-03-01", "recorded_at")
            .strip()
            + ",2150-01-01\n"
        },
        "H033",
    ),
    "a thousand stages": ({"events": E + "".join(f"A,s{i},2026-01-05\n" for i in range(1000))}, "H009"),
    "every deal a stage of its own": (
        {"events": E + "".join(f"D{i},t{i},2026-01-05\n" for i in range(300))},
        "H009",
    ),
    "stages in a ring": (
        {
            "events": E
            + "".join(
                f"{a}{i},{s},2026-01-{k:02d}\n"
                for i in range(9)
                for a, w in (("A", "xyz"), ("B", "yzx"), ("C", "zxy"))
                for k, s in enumerate(w, 1)
            )
        },
        "H045",
    ),
    "a name of 100,000 letters": ({"events": E + f"A,{LONG},2026-01-05\n"}, "H043"),
    "names with line breaks": ({"events": E + '"A\nB","New\n1",2026-01-05\n'}, "H043"),
    "formulas": ({"deals": D + "=1+1,=cmd,5,2026-01-05,\n"}, "H055"),
    "right to left": ({"events": E + "א,שלב,2026-01-05\n"}, "H043"),
    "an empty map": ({"events": EVENTS, "map": "{}\n"}, ""),
    "a map that is a list": ({"events": EVENTS, "map": "- a\n"}, "S008"),
    "a map with an unknown key": ({"events": EVENTS, "map": "won_stage: [a]\n"}, "H006"),
    "a map with an unknown column": ({"events": EVENTS, "map": "deals: {idd: x}\n"}, "H006"),
    "a map with numbers": ({"events": EVENTS, "map": "won_stages: 5\n"}, "H006"),
    "a map with a false zone": ({"events": EVENTS, "map": "time_zone: Mars/Olympus\n"}, "S027"),
    "a map with a false currency": ({"events": EVENTS, "map": "currency: Euro\n"}, "H006"),
    "a map with a false rate": ({"events": EVENTS, "map": "rates: {USD: -1}\n"}, "H006"),
    "a map with a false decimal": ({"events": EVENTS, "map": "decimal: ';'\n"}, "H006"),
    "a map with a false rule": ({"events": EVENTS, "map": "segment: {map: {a: b}}\n"}, "H006"),
    "a map with an anchor": ({"events": EVENTS, "map": "stages: &a [x]\n"}, "S003"),
    "a map to a column that is not there": ({"deals": DEALS, "map": "deals: {id: Nummer}\n"}, "H001"),
    "a column under two of our names": ({"deals": DEALS, "map": "deals: {id: id, name: id}\n"}, ""),
    "won and lost by one name": (
        {"events": EVENTS, "map": "won_stages: [Offer]\nlost_stages: [Offer]\n"},
        "H020",
    ),
    "all stages won": ({"events": EVENTS, "map": "won_stages: [New, Offer]\n"}, "H020"),
    "a split by a column that is not there": (
        {"deals": DEALS, "frame": HistoryFrame().split_by("team")},
        "H008",
    ),
    "a split by the outcome": (
        {
            "deals": D
            + "".join(f"W{i},Won,5,{X},2026-02-01\nL{i},Lost,5,{X},2026-02-01\n" for i in range(20)),
            "frame": HistoryFrame().split_by("stage"),
        },
        "H040",
    ),
    "a split by id": ({"deals": DEALS, "frame": HistoryFrame().split_by("id")}, ""),
    "invoices without due days": ({"inv": INVOICES + "R3,,A,5,2026-03-01,,\n"}, "H052"),
    "credit notes": ({"inv": INVOICES + "R3,,A,-5,2026-03-01,2026-03-31,\n"}, "W073"),
    "invoices paid before written": (
        {"inv": INVOICES + "R3,,A,5,2026-03-01,2026-03-31,2025-01-01\n"},
        "H051",
    ),
    "invoices due before written": ({"inv": INVOICES + "R3,,A,5,2026-03-01,2026-01-31,\n"}, "H050"),
    "more tax than money": (
        {"inv": "id,amount,tax,invoice_date,due_date\nA,5,9,2026-03-01,2026-03-31\n"},
        "H012",
    ),
    "disputes in other words": (
        {"inv": "id,amount,invoice_date,due_date,disputed\nA,5,2026-03-01,2026-03-31,perhaps\n"},
        "H012",
    ),
    "invoices alone, all bad": (
        {"inv": "id,amount,invoice_date,due_date\nA,x,2026-03-01,2026-03-31\n"},
        "D014",
    ),
    "an empty folder": ({"f/.keep": "", "read": ["f"]}, "H005"),
    "a folder of other things": ({"f/2026-01-31.csv": "name,town\nA,B\n", "read": ["f"]}, "H001"),
    "a folder of one export": ({"f/2026-01-31.csv": DEALS, "read": ["f"]}, "H055"),
    "exports of no days": ({"f/a.csv": DEALS, "f/b.csv": EVENTS, "read": ["f"]}, "H041"),
    "a day that does not exist in a name": ({"f/2026-02-31.csv": DEALS, "read": ["f"]}, "H055"),
    "one broken export": ({"f/2026-01-31.csv": DEALS, "f/2026-02-28.csv": "", "read": ["f"]}, "D001"),
    "an export without rows": ({"f/2026-01-31.csv": DEALS, "f/2026-02-28.csv": D, "read": ["f"]}, "H004"),
    "exports that share no deal": (
        {
            "f/2026-01-31.csv": D + "A,New,5,2026-01-05,\nW,Won,5,2026-01-05,2026-01-09\n",
            "f/2026-02-28.csv": D + "B,New,5,2026-01-05,\n",
            "read": ["f"],
        },
        "H047",
    ),
    "exports with rows dated after them": (
        {
            "f/2026-01-31.csv": D + "A,New,5,2026-05-05,\n",
            "f/2026-02-28.csv": D + "A,Won,5,2026-05-05,2026-09-09\n",
            "read": ["f"],
        },
        "",
    ),
    "a run without its scenario": ({"r/2026-01-31/inputs/deals.csv": DEALS, "read": ["r"]}, "H055"),
    "a run with a broken scenario": (
        {"r/2026-01-31/inputs/deals.csv": DEALS, "r/2026-01-31/inputs/scenario.yaml": "a: [", "read": ["r"]},
        "H055",
    ),
    "a run whose scenario says nonsense": (
        {
            "r/2026-01-31/inputs/deals.csv": DEALS,
            "r/2026-01-31/inputs/scenario.yaml": "data: 5\ncurrency: [x]\nrates: 7\ntime_zone: 3\n",
            "read": ["r"],
        },
        "H055",
    ),
}


def test_there_are_many():
    assert len(BAD) >= 60


@pytest.mark.parametrize("what", BAD)
def test_a_bad_record_is_refused_or_counted(tmp_path, what):
    files, code = BAD[what]
    try:
        history = example(tmp_path, **files)
    except SimulatorError as error:
        found = {problem.code for problem in error.problems}
        assert code in found, f"{found}: {error}"
        assert found <= set(CODES) and all(p.message and p.remedy for p in error.problems)
    else:
        assert not code or codes(history).get(code), codes(history)
        check(history)


def check(history):
    """Hold what every history promises, whatever it was made from."""
    deals, moves = history.deals, history.moves
    told = moves if history.told is None else history.told
    assert list(deals.id) == sorted(set(deals.id))
    for some in (moves, told):
        assert (some.recorded >= some.day).all() and (some.recorded <= history.known).all()
        order = list(zip(some.deal.tolist(), some.day.tolist(), strict=True))
        assert order == sorted(order)
        assert ((some.stage >= 0) & (some.stage <= history.lost)).all()
    same = (moves.deal[1:] == moves.deal[:-1]) & (moves.stage[1:] == moves.stage[:-1])
    assert not same.any()
    assert ((deals.outcome == 0) == (deals.closed == NEVER)).all()
    assert ((deals.segment >= 0) & (deals.segment < len(history.segments))).all()
    assert (deals.stage < len(history.stages)).all() and (deals.amount >= -1).all()
    last = {deal: (stage, when) for deal, stage, when in zip(moves.deal, moves.stage, moves.day, strict=True)}
    for i in range(len(deals)):
        if i in last:
            stage, when = last[i]
            if deals.outcome[i] == 0:
                assert (deals.stage[i], deals.entered[i]) == (stage, when)
            else:
                assert (stage == history.won) == (deals.outcome[i] == WON) and deals.closed[i] == when
        assert deals.created[i] == UNKNOWN or deals.created[i] <= history.known
    assert all(finding.code in CODES and finding.count > 0 and finding.text for finding in history.findings)
    middle = history.as_of((history.known + history.since) // 2)
    assert middle.known <= history.known and len(middle.deals) <= len(deals)


CELLS = [
    "",
    " ",
    "x",
    "-1",
    "1,5",
    "1.000,5",
    "2026-01-05",
    "2026-02-30",
    "05.01.2026",
    "2026-01-05T23:59:59+14:00",
    "1900-01-01",
    "2199-12-31",
    "Won",
    "lost: é",
    "closed",
    "New",
    "EUR",
    "USD",
    "JPY",
    "nan",
    "D1",
    "=1+1",
    "9" * 40,
    "\u2028",
    "0",
    "true",
    "60%",
    "#REF!",
    "NULL",
    '"',
    "a,b",
]
HEADS = [
    ["deal", "stage", "entered_at", "recorded_at", "amount", "expected_close", "segment"],
    [
        "id",
        "stage",
        "amount",
        "created",
        "closed",
        "entered_stage",
        "expected_close",
        "outcome",
        "currency",
        "pushes",
    ],
    [
        "id",
        "deal",
        "customer",
        "amount",
        "tax",
        "invoice_date",
        "due_date",
        "paid_date",
        "disputed",
        "currency",
    ],
]
SOUND = ["A", "New", "2026-01-05", "2026-02-05", "5", "2026-01-09", "", ""]


def quoted(cell):
    return f'"{cell.replace(chr(34), chr(34) * 2)}"'


def garbage(draw):
    head = list(draw.choice(HEADS))
    rows = []
    for _ in range(draw.randrange(1, 12)):
        row = [draw.choice(SOUND if draw.random() < 0.7 else CELLS) for _ in head]
        row[0] = draw.choice(["A", "B", "C", draw.choice(CELLS)])
        for i, title in enumerate(head):
            dated = title.endswith(("_at", "_date")) or title in ("created", "closed", "expected_close")
            if dated and draw.random() < 0.8:
                row[i] = f"2026-0{draw.randrange(1, 9)}-{draw.randrange(1, 28):02d}"
        rows.append(row)
    return "\n".join(",".join(map(quoted, row)) for row in [head, *rows])


@pytest.mark.parametrize("seed", range(40))
def test_garbage_is_refused_or_read(tmp_path, seed):
    draw = random.Random(seed)
    for number in range(6):
        folder = tmp_path / str(number)
        folder.mkdir()
        names = ["a", "b"][: draw.randrange(1, 3)]
        files = {f"x/{name}-2026-0{3 + i}-01.csv": garbage(draw) for i, name in enumerate(names)}
        if draw.random() < 0.5:
            files["read"] = ["x"]
        try:
            history = example(folder, **files)
        except SimulatorError as error:
            assert {p.code for p in error.problems} <= set(CODES)
        else:
            check(history)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("data: {sheets: {deals: Open}}", ("a map has no key data", "write its keys at the top of a map")),
        ("simulation: {}", ("a map has no key simulation", "a map has deals, events, invoices")),
        ("targets: {}", ("a map has no key targets", "targets: is of scenarios; a map has deals")),
        ("won_stage: [a]", ("a map has no key won_stage", "did you mean won_stages?")),
        ("segment: {form: Team}", ("a map has no key segment.form", "did you mean from?")),
        ("database: {url: x}", ("a map has no key database.url", "database has env, file, timeout")),
    ],
)
def test_an_unknown_key_of_a_map_is_named_with_what_is_meant(tmp_path, text, said):
    (tmp_path / "map.yaml").write_text(text + "\n")
    with pytest.raises(LoadError) as caught:
        frame_with_map(HistoryFrame(), tmp_path / "map.yaml")
    assert "permitted" not in str(caught.value) and all(words in str(caught.value) for words in said)
