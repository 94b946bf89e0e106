"""Write the history that the tutorial learns from: a stage log and deals of an invented company.

It sells to small customers as the company of scenarios/baseline.yaml does, by the same rules, with another
luck; the log begins with the company. Nobody in it exists.

Run it as `python scenarios/make_history.py [FOLDER]`.
"""

from __future__ import annotations

import sys
from datetime import date
from pathlib import Path

from company import DEAL_COLUMNS, Company, Luck, deal_row, exported, played, write
from make_baseline import KINDS, OWNERS, TRADES

SEED = 7
AS_OF = date(2026, 10, 31)
COMPANY = Company(
    {"smb": KINDS["smb"]}, {"smb": TRADES["smb"]}, {"smb": OWNERS["smb"]}, date(2024, 1, 1), AS_OF
)
ENDS = {"Closed": "won", "Lost": "lost"}
EVENT_COLUMNS = ("deal", "stage", "entered_at")


def main() -> None:
    """Write events.csv and deals.csv."""
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parent / "history"
    folder.mkdir(parents=True, exist_ok=True)
    deals = exported(played(COMPANY, Luck(SEED)), COMPANY.first_day)
    for row in deals:
        row.stage = ENDS.get(row.stage, row.stage)
    events = [(row.id, ENDS.get(stage, stage), day) for row in deals for stage, day in row.moves]
    write(
        folder / "events.csv", EVENT_COLUMNS, [event for event in sorted(events, key=lambda e: (e[2], e[0]))]
    )
    write(folder / "deals.csv", DEAL_COLUMNS, [deal_row(row) for row in deals])


if __name__ == "__main__":
    main()
