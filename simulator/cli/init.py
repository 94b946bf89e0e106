"""The command `init`: a project that runs as it stands, to be filled with figures of one's own."""

from __future__ import annotations

import shlex
from importlib import resources
from pathlib import Path
from typing import Final

import click

from simulator.cli.terminal import say
from simulator.errors import PlaceError, UsageError

TEMPLATES: Final = ("scenario.yaml", "deals.csv", "receivables.csv", "simulator.toml")
README: Final = """\
# A sales forecast

- `scenario.yaml`: the stages of your funnels, your plans, and every assumption.
- `deals.csv`: open, won and lost deals, as your CRM exports them.
- `receivables.csv`: invoices that are not paid yet.
- `simulator.toml`: marks the top folder of this project; what a scenario names is read from inside it.

Look at it, then run it:

    simulator show scenario.yaml
    simulator run scenario.yaml

Replace the tables by your own exports. Columns may keep their names: say in `scenario.yaml` which is which,
for example `columns: {deals: {id: "Opportunity ID"}}` under `data`. Try a change without touching the file:

    simulator run scenario.yaml --set segments.smb.close_date.slip=1.5

Each run leaves a folder under `reports/` that holds its result and its inputs.
"""


@click.command(name="init", short_help="Write a project that runs as it stands.")
@click.argument("folder", metavar="DIR", type=click.Path(path_type=Path))
@click.option("--force", is_flag=True, help="Also into a folder that is not empty; its files are replaced.")
def command(folder: Path, force: bool) -> None:
    """Write into DIR a scenario with its tables that runs as it stands."""
    from simulator.runs import make_folder, write_file

    if folder.exists() and not folder.is_dir():
        raise PlaceError(f"{folder} is a file; name a folder", code="P006")
    if folder.is_dir() and any(folder.iterdir()) and not force:
        raise UsageError(
            f"{folder} is not empty; name another folder, or use --force to write there anyway", code="U004"
        )
    make_folder(folder)
    here = resources.files("simulator.cli") / "templates"
    for name in TEMPLATES:
        write_file(folder / name, (here / name).read_bytes())
    write_file(folder / "README.md", README.encode())
    inside = shlex.quote(str(folder / "scenario.yaml"))
    say(f"{folder} holds a scenario and its tables. Next:\n")
    say(f"  simulator show {inside}\n  simulator run {inside}\n")
