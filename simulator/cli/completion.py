"""The command `completion`: let a shell complete commands and options."""

from __future__ import annotations

import click
from click.shell_completion import get_completion_class

from simulator.cli.terminal import say


@click.command(name="completion", short_help="Print the script that completes commands in your shell.")
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
@click.pass_context
def command(ctx: click.Context, shell: str) -> None:
    """Print the script that completes commands in SHELL.

    For bash, put this into ~/.bashrc: eval "$(simulator completion bash)"
    """
    kind = get_completion_class(shell)
    assert kind is not None
    root = ctx.find_root().command
    say(kind(root, {}, "simulator", "_SIMULATOR_COMPLETE").source() + "\n")
