"""An example of each code of histories: what brings it."""

from history_files import DEALS, EVENTS, INVOICES

from simulator.loading.history_frame import HistoryFrame
from simulator.scenario.model import SegmentRule

HEAD = "deal,stage,entered_at\n"
TABLE = "id,stage,amount,created,closed\n"
SPLIT = HistoryFrame(segment=SegmentRule.model_validate({"from": "team"}))
BASE = HistoryFrame(segments=("north", "south"), segment=SPLIT.segment)
TEAM = "id,stage,amount,created,closed,team\n"
EXPORT = "id,stage,amount,created,expected_close,closed\n"
OLD = EXPORT + "D1,New,100,2026-01-05,2026-03-31,\nD2,New,50,2026-01-06,,\nD9,Won,5,2025-11-01,,2025-12-01\n"
NEW = EXPORT + "D1,Won,100,2026-01-05,2026-03-31,2026-02-20\nD9,Won,5,2025-11-01,,2025-12-01\n"
LATE = "".join(f"L{i},New,5,2026-02-0{1 + i % 9},\n" for i in range(30))
EARLY = "".join(f"E{i},Won,5,2025-0{1 + i % 9}-11,2026-02-{10 + i % 9}\n" for i in range(40)) + "".join(
    f"F{i},Won,5,2026-02-{10 + i % 5},2026-02-{15 + i % 9}\n" for i in range(40)
)
"""Deals that began over a year before any closed, where those that began later close within days."""

FATAL = {
    "H001": {"customers": "name,town\nAcme,Bonn\n"},
    "H004": {"deals": TABLE + ",New,5,2026-01-05,\n"},
    "H005": {"folder/readme.md": "nothing", "read": ["folder"]},
    "H006": {"events": EVENTS, "map": "deals: {idd: Number}\n"},
    "H007": {"events": EVENTS, "known": "2025-12-31"},
    "H009": {"events": HEAD + "".join(f"D1,Stage {chr(65 + i % 26)}{i},2026-01-05\n" for i in range(60))},
    "H008": {"events": EVENTS, "frame": HistoryFrame().split_by("region")},
}
FOUND = {
    "H010": {"events": EVENTS + ",New,2026-02-01\n"},
    "H011": {"events": EVENTS + "D4,New,soon\n"},
    "H012": {"deals": DEALS + "D4,New,-5,2026-02-01,,,\n"},
    "H013": {
        "deals": "id,stage,amount,currency,created\nD1,New,5,EUR,2026-01-05\nD2,New,5,EUR,2026-01-05\n"
        "D3,New,5,USD,2026-01-05\n"
    },
    "H014": {"events": EVENTS + "D4,,2026-02-01\n"},
    "H015": {"events": EVENTS + "D3,New,2026-02-01\n"},
    "H016": {"events": EVENTS + "D3,New,2026-02-05\n"},
    "H017": {"events": EVENTS + "D3,Offer,2026-02-01\n"},
    "H018": {"events": EVENTS, "deals": DEALS.replace("700,2026-02-01", "700,2026-02-03")},
    "H019": {"events": EVENTS + "D2,Offer,2026-02-15\n"},
    "H020": {"events": EVENTS + "D2,Won,2026-02-15\n"},
    "H021": {"events": EVENTS, "deals": DEALS.replace("D1,Won", "D1,Lost")},
    "H022": {"events": EVENTS, "deals": DEALS.replace("2026-02-02,2026", "2026-02-03,2026")},
    "H023": {
        "events": EVENTS,
        "deals": DEALS.replace("D3,New,700,2026-02-01,", "D3,Won,700,2026-02-01,2026-02-09"),
    },
    "H024": {"deals": DEALS.replace("2026-02-02,2026", ",2026")},
    "H025": {"deals": DEALS.replace("2026-02-02,2026", "2026-01-02,2026")},
    "H026": {"events": EVENTS, "deals": DEALS.replace("D3", "D4")},
    "H027": {"events": EVENTS, "deals": DEALS + "D4,New,5,2026-02-01,,,\n"},
    "H028": {"deals": DEALS + "D4,New,5,,,,\n"},
    "H029": {"deals": DEALS + "D1,New,5,2026-02-01,,,\n"},
    "H030": {"deals": "id,stage,outcome,created\nD1,New,perhaps,2026-01-05\nD2,New,,2026-01-05\n"},
    "H031": {"deals": "id,stage,outcome,created,closed\nD1,Lost,won,2026-01-05,2026-01-09\n"},
    "H032": {"events": EVENTS, "known": "2026-02-01"},
    "H033": {"events": EVENTS + "D4,New,2062-02-01\n"},
    "H034": {"events": EVENTS, "known": "2026-06-30"},
    "H035": {"events": "deal,stage,entered_at,recorded_at\nD1,New,2026-01-05,2026-01-02\n"},
    "H036": {"deals": TEAM + "D1,New,5,2026-01-05,,west\nD2,New,5,2026-01-05,,north\n", "frame": BASE},
    "H037": {
        "deals": TEAM + "D1,New,5,2026-01-05,,\nD2,New,5,2026-01-05,,a\nD3,New,5,2026-01-05,,b\n",
        "frame": SPLIT,
    },
    "H038": {"events": "deal,stage,entered_at,segment\nD1,New,2026-01-05,a\nD1,Offer,2026-01-09,b\n"},
    "H039": {
        "deals": "id,stage,created,closed,account\n"
        + "".join(f"D{i},Won,2026-01-05,2026-02-05,Acme\nE{i},New,2026-01-05,,\n" for i in range(40))
    },
    "H040": {
        "deals": TEAM
        + "".join(f"D{i},Won,5,2026-01-05,2026-02-05,a\nE{i},New,5,2026-01-05,,\n" for i in range(40)),
        "frame": SPLIT,
    },
    "H041": {"deals": DEALS},
    "H042": {
        "events": HEAD + "".join(f"D{i},New,2026-01-05\nD{i},Cancelled,2026-01-09\n" for i in range(25))
    },
    "H043": {"events": HEAD + "D1,New,2026-01-05\n"},
    "H044": {"deals": TABLE + EARLY},
    "H045": {"events": EVENTS},
    "H046": {"events": HEAD + "D1,New,2026-01-05T10:00:00Z\nD1,Offer,2026-01-06T10:00:00\n"},
    "H047": {"ex/2026-01-31.csv": OLD, "ex/2026-02-28.csv": NEW, "read": ["ex"]},
    "H048": {
        "ex/2026-01-31.csv": OLD.replace("D1,New", "D1,Offer") + "D3,New,5,2026-01-07,,\n",
        "ex/2026-02-28.csv": NEW + "D3,Offer,5,2026-01-07,,\n",
        "read": ["ex"],
    },
    "H049": {
        "ex/2026-01-31.csv": OLD,
        "ex/deals-20260131.csv": OLD,
        "ex/2026-02-28.csv": NEW,
        "read": ["ex"],
    },
    "H050": {"invoices": INVOICES + "R3,,Acme,5,2026-03-01,2026-02-01,\n"},
    "H051": {"invoices": INVOICES + "R3,,Acme,5,2026-03-01,2026-03-31,2026-02-01\n"},
    "H052": {"invoices": INVOICES + "R3,,Acme,5,2026-03-01,,\n"},
    "H053": {
        "ex/inv-2026-01-31.csv": INVOICES + "R3,,Acme,5,2026-01-01,2026-01-31,\n",
        "ex/inv-2026-02-28.csv": INVOICES,
        "read": ["ex"],
    },
    "H054": {"events": EVENTS, "frame": HistoryFrame(stages=("New", "Contract"))},
    "H055": {"deals": DEALS},
    "H056": {"events": EVENTS + "D4,new ,2026-02-01\n"},
    "H057": {"deals": TABLE + "D1,New,5,2026-01-05,2026-06-30\nD2,New,5,2026-01-05,\n"},
    "H058": {
        "ex/2026-01-31.csv": TABLE + "D1,New,5,2026-01-05,\nD2,New,5,2026-01-05,\n",
        "ex/2026-02-28.csv": TABLE + "D2,Offer,5,2026-01-05,\n",
        "read": ["ex"],
    },
    "H059": {
        "ex/2026-01-31.csv": OLD,
        "ex/2026-02-28.csv": NEW + "D5,Lost,5,2026-02-03,,2026-02-09\n",
        "read": ["ex"],
    },
    "H060": {
        "ex/2026-01-31.csv": OLD,
        "ex/2026-02-28.csv": NEW,
        "ex/towns-2026-02-28.csv": "name,town\na,b\n",
        "read": ["ex"],
    },
    "H061": {"deals": DEALS + "D4,Won,5,,2026-02-09,,\n"},
    "H062": {"deals": TABLE + "D1,New,5,,\nD2,Won,5,2026-01-05,2026-02-01\n"},
}
FOUND["H066"] = {"events": EVENTS}
FOUND["H067"] = {
    "events": HEAD
    + "".join(f"D{i},New,2026-01-{i + 1:02d}\nD{i},Signed,2026-01-{i + 3:02d}\n" for i in range(25))
    + "E,New,2026-01-05\nE,Lost,2026-03-31\n"
}
FOUND["H068"] = {
    "deals": TEAM + "".join(f"D{i},New,5,2026-01-05,,team {i}\n" for i in range(30)),
    "frame": SPLIT,
}
FOUND["H070"] = {
    "ex/2026-01-31.csv": OLD,
    "ex/2026-02-28.csv": NEW + "D2,Offer,50,2026-01-06,,\n",
    "read": ["ex"],
}
FOUND["H069"] = {"invoices": INVOICES + "R2,D1,Acme,200,2026-03-01,2026-03-31,2026-03-20\n"}
FOUND["H065"] = {"deals": DEALS, "more": DEALS}
"""H063 and H064 are told with the tables that are written; test_loading_history_tables.py holds them."""
