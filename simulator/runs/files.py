"""Write files whole or not at all, so that nobody ever reads half a forecast."""

from __future__ import annotations

import contextlib
import glob
import os
import shutil
from collections.abc import Iterable, Iterator
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from simulator.errors import PlaceError

if TYPE_CHECKING:
    from typing_extensions import Buffer


def write_file(path: Path, content: bytes | Iterable[Buffer], lasting: bool = True) -> None:
    """Write a file so that it is there whole or not at all, even if the machine stops.

    A temporary file in the same folder is written, flushed to the disk and renamed; then the folder is
    flushed too.

    Args:
        path: of the file.
        content: of it, whole or in pieces.
        lasting: whether it must outlast a power cut; without, nothing waits for the disk.

    Raises:
        PlaceError: the folder, the disk or the permissions refuse; nothing is left of the attempt.
    """
    waiting = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    with explained(path):
        try:
            _fill(waiting, (content,) if isinstance(content, bytes) else content, lasting)
            os.replace(waiting, path)
        except BaseException:
            with contextlib.suppress(OSError):
                waiting.unlink(missing_ok=True)
            raise
        if lasting:
            flush_folder(path.parent)


def inside(folder: Path, name: str) -> Path:
    """Return the path of what is kept in a folder, by its name there: nothing is written anywhere else.

    Raises:
        PlaceError: the name leads out of the folder, or comes upon a link.
    """
    if not stays_inside(name):
        raise PlaceError(f"{name} would lie outside {folder}", code="P005")
    path = folder
    for part in PurePosixPath(name).parts:
        path /= part
        if path.is_symlink():
            raise PlaceError(
                f"{path} is a link, and what is written here stays here: take the link away", code="P005"
            )
    return path


def stays_inside(name: str) -> bool:
    """Tell whether a path stays in the folder from which it counts."""
    path = PurePosixPath(name)
    return not path.is_absolute() and ".." not in path.parts and not {"\\", ":", "\0"} & set(name)


def waiting_files(path: Path) -> list[Path]:
    """Return what processes have left of a file that were killed while they wrote it."""
    return list(path.parent.glob(f".{glob.escape(path.name)}.*.tmp"))


def remove_folder(path: Path) -> None:
    """Take a folder away with all that is in it; one that is not there is fine.

    Raises:
        PlaceError: the machine refuses.
    """
    with explained(path, "remove"), contextlib.suppress(FileNotFoundError):
        shutil.rmtree(path)


def make_folder(path: Path) -> None:
    """Make a folder and those above it; one that is already there is fine.

    Raises:
        PlaceError: a file stands in the way, or the machine refuses.
    """
    with explained(path):
        path.mkdir(parents=True, exist_ok=True)


def point_to(link: Path, target: str) -> None:
    """Let a symbolic link point to a neighbour, in one step.

    Raises:
        PlaceError: something other than a link stands there, or the machine refuses.
    """
    waiting = link.with_name(f".{link.name}.{os.getpid()}.tmp")
    with explained(link):
        try:
            waiting.symlink_to(target, target_is_directory=True)
            os.replace(waiting, link)
        except BaseException:
            with contextlib.suppress(OSError):
                waiting.unlink(missing_ok=True)
            raise
        flush_folder(link.parent)


def flush_folder(folder: Path) -> None:
    """Make renames inside a folder last; systems that cannot open folders do so by themselves."""
    if os.name == "nt":
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


@contextlib.contextmanager
def explained(path: Path, act: str = "write") -> Iterator[None]:
    """Turn what the machine refuses into a message that names the place and the reason."""
    try:
        yield
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise PlaceError(
            f"cannot {act} {path}: {reason}", code="P003" if act == "read" else "P004"
        ) from error


def _fill(path: Path, content: Iterable[Buffer], lasting: bool) -> None:
    path.unlink(missing_ok=True)  # left by a process of our number, or laid there by somebody else
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0), 0o666)
    try:
        for part in content:
            rest = memoryview(part)
            while rest:
                rest = rest[os.write(handle, rest) :]
        if lasting:
            os.fsync(handle)
    finally:
        os.close(handle)
