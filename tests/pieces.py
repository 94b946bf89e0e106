"""Pieces of work that processes elsewhere can import; each leaves a note of who did it."""

import os
import signal
import time
from pathlib import Path


class Model:
    """A folder for notes; each arrival in a process leaves one."""

    def __init__(self, folder):
        self.folder = Path(folder)

    def __setstate__(self, state):
        self.__dict__.update(state)
        note(self, "model")

    def notes(self, of):
        return [int(path.name.split("-")[1]) for path in self.folder.iterdir() if path.name.startswith(of)]


def note(model, of):
    (model.folder / f"{of}-{os.getpid()}-{time.monotonic_ns()}").touch()


def quick(model, begin, end):
    note(model, "span")
    return begin, end


def slow(model, begin, end):
    time.sleep(0.3)
    return quick(model, begin, end)


def deadly(model, begin, end):
    os.kill(os.getpid(), signal.SIGKILL)


def wrong(model, begin, end):
    raise ZeroDivisionError(f"at {begin}")
