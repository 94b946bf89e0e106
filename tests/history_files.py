"""Writes small records of companies for tests that read them, and says what a history holds."""

from dataclasses import replace
from datetime import date

from simulator.history import NEVER, UNKNOWN
from simulator.loading.history import read_history
from simulator.loading.history_frame import HistoryFrame, frame_with_map

EVENTS = """\
deal,stage,entered_at
D1,New,2026-01-05
D1,Offer,2026-01-12
D1,Won,2026-02-02
D2,New,2026-01-06
D2,Offer,2026-01-20
D2,Lost: price,2026-02-10
D3,New,2026-02-01
"""
DEALS = """\
id,stage,amount,created,closed,expected_close,lost_reason
D1,Won,1000,2026-01-05,2026-02-02,2026-01-31,
D2,Lost,500,2026-01-06,2026-02-10,2026-03-31,price
D3,New,700,2026-02-01,,2026-04-30,
"""
INVOICES = """\
id,deal,customer,amount,invoice_date,due_date,paid_date
R1,D1,Acme,300,2026-02-05,2026-03-07,2026-03-20
R2,D1,Acme,700,2026-03-01,2026-03-31,
"""


def day(text):
    """The ordinal of a day of 2026, or of a whole date."""
    return date.fromisoformat(text if len(text) > 5 else f"2026-{text}").toordinal()


def write_all(folder, files):
    """Write files by name, `events` for events.csv, and return their paths in that order."""
    paths = []
    for name, content in files.items():
        path = folder / (name if "." in name else f"{name}.csv")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        paths.append(path)
    return paths


def read(folder, known=None, frame=None, **files):
    """Write files and read them as a history."""
    frame = frame or HistoryFrame()
    if known is not None:
        frame = replace(frame, known=date.fromordinal(day(known)))
    return read_history(write_all(folder, files), frame)


def example(folder, known=None, frame=None, map=None, read=None, **files):
    """Read an example: files, a map, and what of them is named on the command line."""
    frame = frame or HistoryFrame()
    paths = write_all(folder, files)
    if map is not None:
        frame = frame_with_map(frame, write_all(folder, {"map.yaml": map})[0])
    if known is not None:
        frame = replace(frame, known=date.fromisoformat(known))
    return read_history([folder / name for name in read] if read else paths, frame)


def codes(history):
    return {finding.code: finding.count for finding in history.findings}


def named(history, stage):
    return (*history.stages, "won", "lost")[stage] if stage >= 0 else ""


def text(ordinal):
    return {NEVER: "never", UNKNOWN: "?"}.get(int(ordinal)) or date.fromordinal(int(ordinal)).isoformat()[5:]


def log(history, deal):
    """The moves of a deal: `New 01-05, Offer 01-12, won 02-02`."""
    moves, at = history.moves, history.deals.id.index(deal)
    rows = [i for i in range(len(moves)) if moves.deal[i] == at]
    return ", ".join(f"{named(history, moves.stage[i])} {text(moves.day[i])}" for i in rows)


def contents(history):
    """Everything that a history says, by names, for comparison."""
    deals, moves = history.deals, history.moves
    told = moves if history.told is None else history.told
    columns = ("amount", "created", "closed", "outcome", "entered", "stated", "pushes")
    return {
        "known": history.known,
        "deals": {
            identity: (
                history.segments[deals.segment[i]],
                deals.customer[i],
                named(history, deals.stage[i]),
                deals.reason[i],
                *(int(getattr(deals, name)[i]) for name in columns),
                *(deals.extra[name][i] for name in sorted(deals.extra)),
            )
            for i, identity in enumerate(deals.id)
        },
        "moves": entries(history, moves),
        "told": entries(history, told),
        "invoices": [
            tuple(getattr(history.invoices, name)[i] for name in vars(history.invoices))
            for i in range(len(history.invoices))
        ],
    }


def entries(history, moves):
    return [
        (history.deals.id[moves.deal[i]], named(history, moves.stage[i]),
         *(int(getattr(moves, name)[i]) for name in ("day", "recorded", "amount", "stated")))
        for i in range(len(moves))
    ]  # fmt: skip
