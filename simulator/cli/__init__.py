"""The command line: it loads, simulates, saves and prints; a command's module is imported when it is used."""

from __future__ import annotations

import contextlib
import gc
import io
import os
import re
import sys
import traceback
from collections.abc import Sequence
from importlib import import_module
from types import TracebackType
from typing import Any, Final

import click

from simulator import __version__
from simulator.errors import INTERRUPTED, InputError, SimulatorError, UsageError, did_you_mean
from simulator.masking import holds_secret, masked
from simulator.refusals import WRONG_USAGE

COMMANDS: Final = {
    "init": "Write a project that runs as it stands, also from exports.",
    "inspect": "Say what an export is, and what can be made of it.",
    "show": "Show a scenario as the engine sees it, without a random number.",
    "run": "Forecast bookings and receipts, with intervals.",
    "compare": "Hold scenarios against one another, on the same luck.",
    "segments": "Hold the funnels of segments side by side.",
    "explain": "Tell what makes a forecast wide, and what moves it.",
    "goal": "Say what it would take to reach a target, and what endangers it.",
    "bridge": "Tell why the forecast changed since an earlier run.",
    "replay": "Tell one trial deal by deal, and what made it a bad year.",
    "report": "Write a finished run's report.",
    "fit": "Learn a funnel's figures from history.",
    "check": "Hold set percentages against history.",
    "backtest": "Tell how often past ranges would have held.",
    "track": "Hold past runs against what came.",
    "schema": "Print the JSON Schema of scenario files.",
    "explain-error": "Say what an error's code means.",
    "doctor": "Check that this machine has what the program needs.",
    "completion": "Print the script that completes commands in your shell.",
}


class LazyCommands(click.Group):
    """A group whose commands are known by name and imported one at a time.

    It is also the one place where errors become messages and exit codes.
    """

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the commands in the order in which one meets them."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import one command."""
        if cmd_name not in COMMANDS:
            return None
        command = import_module(f"simulator.cli.{cmd_name.replace('-', '_')}").command
        assert isinstance(command, click.Command)
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find a command, and offer the one that a misspelt name may mean."""
        try:
            return super().resolve_command(ctx, args)
        except click.UsageError as error:
            remedy = did_you_mean(args[0], tuple(COMMANDS), "simulator --help lists them")
            raise click.UsageError(f"{error.message.rstrip('.')}: {remedy}", ctx) from None

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """List the commands without importing them."""
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))

    def main(self, *args: Any, **extra: Any) -> Any:
        """Run a command and end with its exit code."""
        for stream in (sys.stdout, sys.stderr):
            # A terminal that knows no block characters shall show "?" rather than stop the program.
            with contextlib.suppress(AttributeError, ValueError):
                stream.reconfigure(errors="replace")  # type: ignore[union-attr]
        sys.excepthook = _masked_traceback
        # The workers are as many as the cores: threads of numpy's own would only wait for one another.
        os.environ.setdefault("OMP_NUM_THREADS", "1")
        # Modules and rows are many objects and no garbage: to look through them ever again takes its time.
        gc.set_threshold(100_000)
        try:
            _refuse_secrets(args[0] if args else extra.get("args") or sys.argv[1:])
            code = super().main(*args, **extra | {"standalone_mode": False})
        except click.ClickException as error:
            error.show(shown := io.StringIO())
            text = re.sub("^Error: ", f"error[{WRONG_USAGE}] ", shown.getvalue(), count=1, flags=re.M)
            click.echo(_visible(text), err=True, nl=False)
            code = error.exit_code
        except SimulatorError as error:
            click.echo(_visible(_told(error)), err=True)
            code = error.exit_code
        except (click.Abort, KeyboardInterrupt) as error:
            click.echo(str(error) or "interrupted", err=True)
            code = INTERRUPTED
        sys.exit(code if isinstance(code, int) else 0)


def _refuse_secrets(words: Sequence[str]) -> None:
    """Refuse a command with a password in it: the machine, its history and run.json would show it."""
    for word in words:
        if holds_secret(word):
            raise UsageError(
                f"there is a password, a key or a token on the command line: {masked(word)}\n"
                "  keep it in an environment variable or a file, and name that under data.database",
                code="U011",
            )


def _told(error: SimulatorError) -> str:
    """Return what is said of an error: its code in front, and where problems have theirs, what tells more."""
    if isinstance(error, InputError):
        codes = {problem.code for problem in error.problems}
        return f"{error}\nmore: simulator explain-error {codes.pop() if len(codes) == 1 else 'CODE'}"
    return f"error[{error.code}] {error}" if error.code else f"error: {error}"


def _visible(text: str) -> str:
    """Return an error that names what stands in a file, and yet cannot steer a terminal or tell a secret."""
    from simulator.words import visible

    return visible(masked(text))


def _masked_traceback(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    """Show what is a bug of ours with its traceback, and without secrets."""
    click.echo(masked("".join(traceback.format_exception(kind, error, trace))), err=True, nl=False)


@click.group(
    cls=LazyCommands,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog="Exit codes: 0 fine, 1 a defect or a self-check that fails, 2 usage, 3 scenario invalid, "
    "4 data invalid, 5 the machine refuses, 130 interrupted.",
)
@click.version_option(__version__, prog_name="simulator")
def main() -> None:
    """Forecast a sales funnel from stage to bank: intervals instead of one weighted sum."""
