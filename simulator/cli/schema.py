"""The command `schema`: what may stand in a scenario file, for editors and other programs."""

from __future__ import annotations

import json

import click

from simulator.cli.terminal import say


@click.command(name="schema", short_help="Print the JSON Schema of scenario files.")
def command() -> None:
    """Print the JSON Schema of scenario files: editors check and complete with it."""
    from simulator.scenario.schema import json_schema

    say(json.dumps(json_schema(), ensure_ascii=False, indent=1) + "\n")
