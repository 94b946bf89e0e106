"""Write to standard output and standard error, whatever is at the other end."""

from __future__ import annotations

import contextlib
import os
import sys
import time
from typing import Final

from simulator.errors import PlaceError

PATIENCE: Final = 1.0
_EVERY: Final = 0.2


def say(text: str) -> None:
    """Write text to standard output at once."""
    _write(text)


def say_bytes(content: bytes) -> None:
    """Write UTF-8 to standard output at once, whatever the terminal's own encoding."""
    _write(content)


class Progress:
    """Tell on standard error how far a simulation is, once it has taken longer than a second.

    On a terminal one line is written over and over; elsewhere a line stands every ten seconds.
    """

    def __init__(self, quiet: bool = False, noun: str = "trials") -> None:
        self._quiet, self._noun = quiet, noun
        self._live = sys.stderr.isatty()
        self._started = time.monotonic()
        self._next = self._started + PATIENCE
        self._shown = 0

    def __call__(self, done: int, total: int | None = None) -> None:
        """Report so many trials done, of at most so many."""
        now = time.monotonic()
        if self._quiet or now < self._next:
            return
        self._next = now + (_EVERY if self._live else 10 * PATIENCE)
        most = f" of at most {total:,}" if total else ""
        text = f"{done:,}{most} {self._noun}, {now - self._started:.0f} s"
        self._put(f"\r{text:<{self._shown}}" if self._live else f"{text}\n")
        self._shown = len(text)

    def close(self) -> None:
        """Clear the line, so that the result starts on an empty one."""
        if self._live and self._shown:
            self._put("\r" + " " * self._shown + "\r")
            self._shown = 0

    def _put(self, text: str) -> None:
        with contextlib.suppress(OSError):
            sys.stderr.write(text)
            sys.stderr.flush()


def _write(content: str | bytes) -> None:
    try:
        if isinstance(content, bytes):
            sys.stdout.flush()
            sys.stdout.buffer.write(content)
        else:
            sys.stdout.write(content)
        sys.stdout.flush()
    except BrokenPipeError:
        # Who reads has seen enough (`| head`): the run goes on and leaves its files.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        raise PlaceError(f"cannot write to standard output: {reason}", code="P015") from error
