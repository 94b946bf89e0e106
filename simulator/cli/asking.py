"""Ask what no file can tell, three questions at most; each is an option too, where nobody can be asked."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from dataclasses import field
from typing import Any, Final

import click

from simulator.errors import UsageError
from simulator.records import dataclass

MOST: Final = 3
"""Questions that are asked; what is left open then has its default."""


@dataclass
class Questions:
    """The questions of one command.

    Attributes:
        asked: how many so far.
        assumed: what was taken for granted instead, for people.
        left_open: questions that nobody could be asked and that have no default, and the options
    """

    asked: int = 0
    assumed: list[str] = field(default_factory=list)
    left_open: list[tuple[str, str]] = field(default_factory=list)

    def choice(
        self, question: str, option: str, choices: Sequence[str], default: str | None, assumed: str = "",
        flags: str = "",
    ) -> str | None:  # fmt: skip
        """Return the choice of somebody at a terminal, else the default; None where that leaves it open.

        Args:
            question: with a question mark.
            option: that answers it too.
            choices: what can be answered.
            default: None where nothing may be assumed.
            assumed: what the default means, for people.
            flags: options that answer it, where that is more than one or its choices.
        """
        if self._can_ask(default):
            self.asked += 1
            kind = click.Choice(list(choices))
            return str(click.prompt(question, type=kind, default=default, err=True))
        return self._default(question, flags or f"{option} {'|'.join(choices)}", default, assumed)

    def text(
        self, question: str, option: str, default: str | None, assumed: str = "",
        read: Callable[[str], Any] = str,
    ) -> Any:  # fmt: skip
        """Return what somebody writes, else the default, as `read` reads it; see `choice`.

        An answer that `read` refuses is asked for again: nobody begins anew for a slip of the pen.
        """
        if self._can_ask(default):
            self.asked += 1
            return click.prompt(question, default=default, value_proc=read, err=True)
        told = self._default(question, option, default, assumed)
        return None if told is None else read(told)

    def check(self) -> None:
        """Check that no question is left open.

        Raises:
            UsageError: nobody can be asked what has no default: all such questions at once, and what is
                assumed unless it is said too.
        """
        if not self.left_open:
            return
        lines = [f"  {question}\n    say it: {option}" for question, option in self.left_open]
        lines += [f"  assumed: {text}" for text in self.assumed]
        number = len(self.left_open)
        what = f"{number} questions are open" if number > 1 else "a question is open"
        raise UsageError("\n".join([f"{what}, which no file answers", *lines]), code="U012")

    def _can_ask(self, default: str | None) -> bool:
        """Tell whether somebody is there, and has not been asked too much; what is needed is always asked."""
        return self._there() and (self.asked < MOST or default is None)

    def _there(self) -> bool:
        return sys.stdin.isatty() and sys.stderr.isatty()

    def _default(self, question: str, option: str, default: str | None, assumed: str) -> str | None:
        if default is None:
            self.left_open.append((question, option))
        elif assumed:
            self.assumed.append(f"{assumed} (otherwise: {option})")
        return default
