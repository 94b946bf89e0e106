"""The command `bridge`: why did the forecast change since an earlier run?"""

from __future__ import annotations

import os
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

import click

from simulator.cli.questions import aim_options, answer_options, kept, say_answer

if TYPE_CHECKING:
    from simulator.runs import PastRun


@click.command(name="bridge", short_help="Tell why the forecast changed since an earlier run.")
@click.argument("runs", metavar="[OLD] [NEW]", nargs=-1, type=click.Path(path_type=Path))
@aim_options
@answer_options
def command(
    runs: tuple[Path, ...], target: str | None, series: str | None, amount: float | None, by: date | None,
    segment: str | None, workers: int | None, out: Path | None, form: str, quiet: bool,
) -> int:  # fmt: skip
    """Tell why the forecast changed from OLD to NEW, two folders of runs.

    With one folder it is held against the run before it: the newest with an earlier as-of day. Without any
    the newest run in reports/ is meant. Both are played again, on the luck of NEW; every step is taken on it,
    so that none is chance, and they add up to the change to the minor unit.
    """
    from simulator.analysis.aims import aim_of
    from simulator.analysis.bridge import bridge, bridge_rows, told
    from simulator.executors import keep_memory
    from simulator.report.bridge import bridge_text
    from simulator.report.bridge_figures import bridge_figures

    before, after = _runs(runs)
    old, new = told(before), told(after)
    aim = aim_of(new.scenario, target, series, amount, by, segment)
    keep_memory()  # of a process that is ours alone
    if not quiet:
        click.echo("playing both runs on the same luck", err=True)
    payload = bridge(old, new, aim, workers or os.cpu_count() or 1)
    files = kept("bridge", payload, lambda: bridge_figures(payload), after.path, out)
    say_answer(form, payload, bridge_rows, bridge_text, files)
    return 0


def _runs(runs: tuple[Path, ...]) -> list[PastRun]:
    """Return the two runs that are meant, the earlier one first."""
    from simulator.errors import UsageError
    from simulator.runs import past_runs, run_of

    if len(runs) > 2:
        raise UsageError("name two folders of runs at most: the earlier one, then the later one", code="U001")
    if runs:
        *_, new = found = [run_of(path) for path in runs]
    elif every := past_runs().runs:
        *_, new = found = [every[-1]]
    else:
        raise UsageError(
            "nothing was run here: simulator run SCENARIO first, or name two folders of runs", code="U005"
        )
    if len(found) == 1:
        if new.previous is None:
            raise UsageError(
                f"{new.path} has no run before it: its run.json names none with an earlier as-of day; name "
                "both, the earlier one first",
                code="U007",
            )
        from simulator.loading.places import project_of

        if not project_of(new.path).also(new.path.resolve().parent).holds(new.previous):
            raise UsageError(
                f"the run before {new.path} lies outside its project: name both, the earlier first",
                code="U007",
            )
        found = [run_of(new.previous), new]
    return found
