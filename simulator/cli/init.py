"""The command `init`: a project that runs as it stands, of examples or of one's own exports."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from importlib import resources
from pathlib import Path
from typing import Any, Final

import click

from simulator.cli.currencies import currency_code, rates_of
from simulator.cli.loaded import day, outside_option
from simulator.cli.questions import trials_text
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
_FILE: Final = click.Path(path_type=Path, exists=True, dir_okay=False)


def _rate(context: click.Context, parameter: click.Parameter, given: Sequence[str]) -> dict[str, float]:
    return rates_of("; ".join(given))


@click.command(name="init", short_help="Write a project that runs as it stands, also from exports.")
@click.argument("folder", metavar="DIR", type=click.Path(path_type=Path))
@click.option("--from", "deals", type=_FILE, metavar="FILE", help="Begin with this export of deals.")
@click.option("--invoices", type=_FILE, metavar="FILE", help="And with this export of invoices.")
@click.option(
    "--history", type=_FILE, metavar="FILE", multiple=True, help="Learn from this log of stages too."
)
@click.option(
    "--map", "mapping", type=_FILE, metavar="FILE", help="Which columns are which, such as deals: {id: No}."
)
@click.option("--as-of", type=day, metavar="DATE", help="As of this day; by default the last one recorded.")
@click.option("--currency", type=currency_code, metavar="CODE", help="Of the company.")
@click.option(
    "--currency-column", metavar="COLUMN",
    help="The column that tells the currencies of the amounts, where that is open; none for no column.",
)  # fmt: skip
@click.option(
    "--rate", "rates", multiple=True, callback=_rate, metavar="CODE=RATE",
    help="Company currency for one unit of another, such as USD=0.92.",
)  # fmt: skip
@click.option(
    "--amount-is", type=click.Choice(["total", "annual", "monthly"]), help="What amounts of deals are."
)
@click.option("--segment-by", metavar="COLUMN", help="A segment for each value of this column; none for one.")
@click.option("--won-stage", multiple=True, metavar="NAME", help="A stage that means won; none for no other.")
@click.option("--lost-stage", multiple=True, metavar="NAME", help="A stage that means lost.")
@click.option("--date-order", type=click.Choice(["ymd", "mdy", "dmy"]), help="Where dates do not tell.")
@click.option("--decimal", type=click.Choice([".", ","]), help="Decimal mark, where amounts do not tell.")
@click.option("--no-learn", is_flag=True, help="Take the CRM's percentages, whatever history tells.")
@click.option("--trials", type=trials_text, metavar="N|auto", help="How many futures; auto: until they tell.")
@click.option("--no-run", is_flag=True, help="Do not forecast at once.")
@click.option("--force", is_flag=True, help="Also into a folder that is not empty; its files are replaced.")
@click.option(
    "--problems", type=click.Path(path_type=Path), metavar="FILE",
    help="Write every problem of the exports to a CSV file.",
)  # fmt: skip
@outside_option
def command(
    folder: Path, deals: Path | None, force: bool, no_run: bool, trials: str | None, **said: Any
) -> int:  # fmt: skip
    """Write into DIR a scenario that runs as it stands.

    With --from it is made from the exports of your own systems, which are copied into DIR/exports: their
    columns, stages, percentages, currencies and segments are found, what history tells is learned, and the
    forecast is run at once. What no file tells is asked, three questions at most, each of them an option.
    """
    check_free(folder, force)
    if deals is None:
        if given := sorted(name for name, value in said.items() if value):
            options = ", ".join(f"--{name.replace('_', '-')}" for name in given)
            raise UsageError(f"{options}: only with --from FILE, an export of deals", code="U001")
        _from_templates(folder)
        return 0
    from simulator.cli.from_exports import Said, begin

    return begin(folder, deals, Said(**said), run=not no_run, trials=trials)


def check_free(folder: Path, force: bool) -> None:
    """Check that a project may be written into a folder.

    Raises:
        PlaceError: it is a file.
        UsageError: something is in it.
    """
    if folder.exists() and not folder.is_dir():
        raise PlaceError(f"{folder} is a file; name a folder", code="P006")
    if folder.is_dir() and any(folder.iterdir()) and not force:
        raise UsageError(
            f"{folder} is not empty; name another folder, or use --force to write there anyway", code="U004"
        )


def _from_templates(folder: Path) -> None:
    from simulator.runs import make_folder, write_file

    make_folder(folder)
    here = resources.files("simulator.cli") / "templates"
    for name in TEMPLATES:
        write_file(folder / name, (here / name).read_bytes())
    write_file(folder / "README.md", README.encode())
    inside = shlex.quote(str(folder / "scenario.yaml"))
    say(f"{folder} holds a scenario and its tables. Next:\n")
    say(f"  simulator show {inside}\n  simulator run {inside}\n")
    say("From the exports of your own systems: simulator init DIR --from export.csv\n")
