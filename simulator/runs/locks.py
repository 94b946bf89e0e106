"""Let one process at a time write into a folder, by a lock that ends with its process."""

from __future__ import annotations

import contextlib
import errno
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Final

from simulator.errors import PlaceError
from simulator.records import dataclass
from simulator.runs.files import explained

NAME: Final = ".lock"
"""Holds the number of the process that has the lock, or had it if it was killed."""
_HELD: Final = (errno.EACCES, errno.EAGAIN, errno.EDEADLK)
_BEYOND: Final = 1 << 30
"""The byte that Windows locks, beyond the text, which others may still read."""


@dataclass(frozen=True)
class Lock:
    """A folder that no other process may write into.

    Attributes:
        path: of the file that is locked.
        handle: open as long as the lock is held.
    """

    path: Path
    handle: int

    def release(self) -> None:
        """Let others write."""
        if os.name == "nt":  # which takes away no file that is open
            os.close(self.handle)
        with contextlib.suppress(OSError):
            self.path.unlink(missing_ok=True)
        if os.name != "nt":
            os.close(self.handle)


def lock(folder: Path) -> Lock:
    """Lock a folder.

    Raises:
        PlaceError: another process has it, or the machine refuses.
    """
    path = folder / NAME
    with explained(path):
        while True:
            handle = os.open(path, os.O_RDWR | os.O_CREAT | getattr(os, "O_NOFOLLOW", 0), 0o666)
            try:
                taken = _take(handle)
                ours = taken and _still_there(path, handle)
                who = "" if ours else os.read(handle, 40).decode(errors="replace").strip()
            except BaseException:
                os.close(handle)
                raise
            if ours:
                return _signed(Lock(path, handle))
            os.close(handle)
            if not taken:
                raise PlaceError(
                    f"process {who or 'unknown'} is writing into {folder}: wait until it is done, or name "
                    "another folder with --out",
                    code="P007",
                )


def _signed(held: Lock) -> Lock:
    """Return a lock with the number of this process in its file; take it away where that fails."""
    try:
        os.ftruncate(held.handle, 0)
        os.write(held.handle, f"{os.getpid()}\n".encode())
    except BaseException:
        held.release()
        raise
    return held


def _still_there(path: Path, handle: int) -> bool:
    """Tell whether the file that was locked is still the one that others will try to lock."""
    try:
        return os.path.samestat(os.stat(path), os.fstat(handle))
    except FileNotFoundError:
        return False


def _without_lock(handle: int) -> None:
    """Go on unguarded, where the system has no locks."""


_lock_file: Callable[[int], None] = _without_lock
if sys.platform == "win32":
    import msvcrt

    def _lock_file(handle: int) -> None:
        os.lseek(handle, _BEYOND, os.SEEK_SET)
        try:
            msvcrt.locking(handle, msvcrt.LK_NBLCK, 1)
        finally:
            os.lseek(handle, 0, os.SEEK_SET)

else:
    with contextlib.suppress(ImportError):
        import fcntl

        def _lock_file(handle: int) -> None:
            # A lock of the process: its workers, copies of it, do not hold it when it is gone.
            fcntl.lockf(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)


def _take(handle: int) -> bool:
    """Take the lock of an open file; return False where another process has it."""
    try:
        _lock_file(handle)
    except OSError as error:
        if error.errno in _HELD:
            return False
        if error.errno not in (errno.ENOLCK, errno.ENOTSUP, errno.ENOSYS):
            raise
    return True
