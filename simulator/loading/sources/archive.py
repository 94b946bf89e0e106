"""Open a zipped file only after its directory shows that it is no bomb."""

from __future__ import annotations

import struct
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Final

from simulator.errors import InputError, PlaceError, Problem

MOST_PARTS: Final = 10_000
MOST_DIRECTORY: Final = 4 << 20
"""Bytes of the directory itself: it is in memory before its entries can be counted."""
MOST_BYTES: Final = 1 << 30
"""Unpacked, of all parts: a million rows take half of it."""
MOST_IN_MEMORY: Final = 256 << 20
"""Unpacked, of a part that is read as a whole."""
HARMLESS: Final = 4 << 20
"""However densely a part is packed, so much of it does no harm."""
DENSEST: Final = 50
"""Bytes out of one byte in: rows that are formatted and empty reach 37, other sheets 17, a bomb 1,000."""

_END: Final = b"PK\x05\x06"
_END_SIZE: Final = 22
_FAR_LOCATOR: Final = b"PK\x06\x07"
_FAR_END: Final = b"PK\x06\x06"
_LONGEST_COMMENT: Final = 1 << 16
_BROKEN: Final = (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, OSError)


class Archive:
    """The parts of a zipped file; zips within it are never opened."""

    def __init__(self, content: zipfile.ZipFile, name: str) -> None:
        self._content, self.name = content, name
        self.parts = frozenset(content.namelist())

    def read(self, part: str) -> bytes:
        """Return a part as a whole.

        Raises:
            InputError: it is damaged, or too large.
        """
        if self._content.getinfo(part).file_size > MOST_IN_MEMORY:
            raise self.refusal("D064", f"the part {part} is too large")
        with self.open(part) as stream:
            return b"".join(self.pieces(stream, part))

    def open(self, part: str) -> IO[bytes]:
        """Open a part to be read piece by piece.

        Raises:
            InputError: it is damaged.
        """
        try:
            return self._content.open(part)
        except _BROKEN as error:
            raise self._damaged(part, error) from None

    def pieces(self, stream: IO[bytes], part: str, size: int = 1 << 16) -> Iterator[bytes]:
        """Yield what an opened part holds.

        Raises:
            InputError: it is damaged.
        """
        while True:
            try:
                piece = stream.read(size)
            except _BROKEN as error:
                raise self._damaged(part, error) from None
            if not piece:
                return
            yield piece

    def refusal(self, code: str, message: str, remedy: str | None = None) -> InputError:
        """Return the error of a file that is not read."""
        return InputError([Problem(code, message, self.name, remedy=remedy)])

    def _damaged(self, part: str, error: Exception) -> InputError:
        return self.refusal("D060", f"the part {part} is damaged: {error}")


@contextmanager
def opened(path: Path, name: str) -> Iterator[Archive]:
    """Open a zipped file, and close it again.

    Raises:
        InputError: it is damaged, locked with a password, or more than `MOST_PARTS` parts, `MOST_BYTES` bytes
            or as dense as a bomb.
        PlaceError: it cannot be read.
    """
    try:
        with path.open("rb") as file:
            _check_directory(file, name)
            try:
                content = zipfile.ZipFile(file)
            except (zipfile.BadZipFile, struct.error, ValueError, NotImplementedError) as error:
                raise InputError([Problem("D060", f"the file is damaged: {error}", name)]) from None
            with content:
                archive = Archive(content, name)
                _check(content.infolist(), archive)
                yield archive
    except OSError as error:
        raise PlaceError(
            f"cannot read {path}: {(error.strerror or str(error)).lower()}", code="P003"
        ) from None


def _check_directory(file: IO[bytes], name: str) -> None:
    """Refuse a directory that is too large to be read, as the record at the end of the file tells."""
    file.seek(0, 2)
    size = file.tell()
    start = max(0, size - _LONGEST_COMMENT - 100)
    file.seek(start)
    tail = file.read()
    plain = len(tail) - _END_SIZE
    at = plain if tail[plain:].startswith(_END) else tail.rfind(_END)
    if at < 0 or len(tail) - at < _END_SIZE:
        raise InputError([Problem("D060", "the file is damaged: its end is missing", name)])
    (length,) = struct.unpack_from("<I", tail, at + 12)
    far = at - 76
    if far >= 0 and tail[at - 20 :].startswith(_FAR_LOCATOR) and tail[far:].startswith(_FAR_END):
        (length,) = struct.unpack_from("<Q", tail, far + 40)
    if length > MOST_DIRECTORY:
        raise InputError([Problem("D064", f"the file has more than {MOST_PARTS:,} parts", name)])


def _check(parts: list[zipfile.ZipInfo], archive: Archive) -> None:
    if len(parts) > MOST_PARTS:
        raise archive.refusal("D064", f"the file has {len(parts):,} parts")
    if (size := sum(part.file_size for part in parts)) > MOST_BYTES:
        raise archive.refusal("D064", f"unpacked, the file has {size >> 20:,} MB")
    for part in parts:
        if part.flag_bits & 1:
            raise archive.refusal("D060", "the file is locked with a password", "take the password off")
        if part.file_size > HARMLESS and part.file_size > DENSEST * part.compress_size:
            times = part.file_size // max(part.compress_size, 1)
            raise archive.refusal("D064", f"the part {part.filename} unpacks to {times:,} times its size")
