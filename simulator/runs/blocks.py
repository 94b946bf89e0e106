"""Keep finished blocks of trials in a run's folder, so that a run that is cut short can be finished."""

from __future__ import annotations

import json
import shutil
import weakref
import zlib
from collections.abc import Callable, Mapping
from functools import cached_property
from pathlib import Path
from tempfile import gettempdir, mkdtemp
from typing import TYPE_CHECKING, Any, Final, cast

import numpy as np
from numpy.typing import NDArray

from simulator.errors import PlaceError
from simulator.records import dataclass
from simulator.runs.files import explained, make_folder, remove_folder, write_file

if TYPE_CHECKING:
    from typing_extensions import Buffer

FOLDER: Final = ".blocks"
"""Inside the run's folder, until the run is finished."""
ORIGIN: Final = "origin.json"
"""What the blocks were made of."""
_MARK: Final = b"trials1\n"
_START: Final = len(_MARK) + 16
"""Bytes before the header: mark, checksum of all that follows it, length of the header."""

Arrays = Mapping[str, NDArray[Any]]
Origin = Mapping[str, Any]
Originates = Callable[[], Origin]
"""Says what blocks are made of, by what a person would call it; asked once, if there are any."""


@dataclass(frozen=True)
class Blocks:
    """The blocks of one run.

    Attributes:
        folder: where they stand; it is there once the first of them is to be kept.
        made_of: says what they are made of.
    """

    folder: Path
    made_of: Originates

    @cached_property
    def origin(self) -> Origin:
        """What they are made of."""
        return self.made_of()

    @property
    def any(self) -> bool:
        """Whether there are any."""
        return (self.folder / ORIGIN).is_file()

    def begin(self) -> None:
        """Make the folder, and say in it what its blocks are made of.

        Raises:
            PlaceError: the place refuses.
        """
        if not self.any:
            make_folder(self.folder)
            write_file(self.folder / ORIGIN, json.dumps(self.origin, indent=1).encode())

    def check(self) -> None:
        """Check that the blocks that are there are made of the same.

        Raises:
            PlaceError: they are not, or cannot be read.
        """
        with explained(self.folder / ORIGIN, "read"):
            try:
                then = json.loads((self.folder / ORIGIN).read_text("utf-8"))
            except ValueError:
                then = {}
        now = json.loads(json.dumps(self.origin))
        then = then if isinstance(then, dict) else {}
        for name in {**now, **then}:
            was, is_now = (found.get(name) for found in (then, now))
            if was != is_now:
                raise PlaceError(
                    f"cannot resume the run in {self.folder.parent}: {name} {_difference(was, is_now)}; "
                    "give it what it began with, or start anew without --resume",
                    code="P009",
                )

    def put(self, name: str, rows: Arrays, sums: Arrays) -> BlockFile:
        """Keep a block, whole or not at all.

        Args:
            name: of the block.
            rows: what each trial brings, floats[..., trial].
            sums: what comes of all of them together.

        Raises:
            PlaceError: the place refuses.
        """
        path, arrays = self.folder / name, [*rows.values(), *sums.values()]
        offset, places = 0, []
        for array in arrays:
            places.append((str(array.dtype), array.shape, offset))
            offset += array.nbytes
        described = dict(zip((*rows, *sums), places, strict=True))
        header = json.dumps({"arrays": described, "rows": list(rows)}).encode()
        parts: list[Buffer] = [len(header).to_bytes(8, "little"), header]
        parts += (cast("Buffer", np.ascontiguousarray(a).reshape(-1).view(np.uint8)) for a in arrays)
        checksum = self._first_sum
        for part in parts:
            checksum = zlib.crc32(part, checksum)
        # It need not outlast a power cut: what is damaged is played anew.
        write_file(path, [_MARK, checksum.to_bytes(8, "little"), *parts], lasting=False)
        return _described(path, len(header), described, list(rows))

    def find(self, name: str) -> tuple[BlockFile, Arrays] | None:
        """Return a block that is kept and whole, with its sums; None where it must be played."""
        path = self.folder / name
        try:
            content = path.read_bytes()
        except OSError:
            return None
        checksum, length = (int.from_bytes(content[n : n + 8], "little") for n in (len(_MARK), _START - 8))
        found = zlib.crc32(memoryview(content)[_START - 8 :], self._first_sum)
        if not content.startswith(_MARK) or found != checksum:
            return None
        header = json.loads(content[_START : _START + length])
        arrays, rows = header["arrays"], header["rows"]
        start = _START + length
        sums = {
            key: np.frombuffer(content, dtype, int(np.prod(shape)), start + offset).reshape(shape).copy()
            for key, (dtype, shape, offset) in arrays.items()
            if key not in rows
        }
        return _described(path, length, arrays, rows), sums

    def remove(self) -> None:
        """Take the blocks away, since the run is finished or begins anew.

        Raises:
            PlaceError: the place refuses.
        """
        if self.any:
            # What they are made of goes last: until then what is left can be resumed, and found.
            with explained(self.folder, "remove"):
                for path in self.folder.iterdir():
                    if path.name != ORIGIN:
                        path.unlink()
        remove_folder(self.folder)

    @property
    def _first_sum(self) -> int:
        """Where checksums begin, so that a block of another run counts as damaged.

        When a run is killed, its workers live a moment longer, and may yet put a block of theirs among those
        of the run that comes after it.
        """
        return zlib.crc32(json.dumps(self.origin, sort_keys=True).encode())


class TemporaryBlocks:
    """Blocks of a run without a folder, which stand as long as somebody may read them."""

    _place: Path | None = None

    def begin(self) -> None:
        """Make a folder that goes with this object.

        Raises:
            PlaceError: the machine refuses.
        """
        if self._place is None:
            with explained(Path(gettempdir())):
                self._place = Path(mkdtemp(prefix="simulator-"))
            weakref.finalize(self, shutil.rmtree, self._place, ignore_errors=True)

    def put(self, name: str, rows: Arrays, sums: Arrays) -> BlockFile:
        """Keep a block."""
        assert self._place is not None
        return Blocks(self._place, dict).put(name, rows, sums)

    def find(self, name: str) -> None:
        """Return nothing: no block is older than the run."""


@dataclass(frozen=True)
class BlockFile:
    """Some trials whose numbers lie in a file.

    Attributes:
        path: of the file.
        trials: number of trials.
        offsets: of the arrays in the file, by name.
    """

    path: Path
    trials: int
    offsets: Mapping[str, int]

    def add_to(self, total: NDArray[np.float64], name: str, places: tuple[int, ...]) -> None:
        """Add some rows of an array to floats[trial].

        Raises:
            PlaceError: the file cannot be read any more.
        """
        row = np.empty(self.trials)
        with explained(self.path, "read"), self.path.open("rb", buffering=0) as file:
            for place in places:
                file.seek(self.offsets[name] + place * row.nbytes)
                if file.readinto(row.data) != row.nbytes:
                    raise PlaceError(f"cannot read {self.path}: it has become shorter", code="P003")
                total += row


def _described(path: Path, header: int, arrays: Mapping[str, Any], rows: list[str]) -> BlockFile:
    offsets = {name: _START + header + offset for name, (_, _, offset) in arrays.items()}
    return BlockFile(path, int(arrays[rows[0]][1][-1]), offsets)


def _difference(then: Any, now: Any) -> str:
    """Say how two values differ, where they are short enough to be told."""
    short = all(len(str(value)) < 30 for value in (then, now))
    if then is None or now is None or not short:
        return "has changed"
    return f"was {then} and is {now}"
