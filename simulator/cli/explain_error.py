"""The command `explain-error`: what the code of an error means."""

from __future__ import annotations

import click

from simulator.cli.terminal import say


@click.command(name="explain-error", short_help="Say what an error's code means.")
@click.argument("code", required=False)
def command(code: str | None) -> None:
    """Say what CODE means, such as D014: the rule, why there is one, an example, and what to do.

    Without CODE it lists them all.
    """
    from simulator.report.codes import listed, page

    say(listed() if code is None else page(code))
