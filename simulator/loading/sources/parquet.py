"""Read Parquet, with the extra `[parquet]`."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from simulator.errors import InputError, Problem
from simulator.loading.sources.typed import UnfitValueError, plain
from simulator.loading.tables import Table

if TYPE_CHECKING:
    import pyarrow as pa
    import pyarrow.parquet as pq

SIGNATURE: Final = b"PAR1"
MOST_ROWS: Final = 2_000_000
MOST_COLUMNS: Final = 1_000
MOST_BYTES: Final = 1 << 30
"""Unpacked, as the footer tells."""
MOST_FOOTER: Final = 16 << 20
MOST_CHARACTERS: Final = 1 << 29
"""Of all cells: a text that many cells share counts in each of them."""
_BATCH: Final = 10_000
_LEAVE: Final = "leave the row or the column out when you write the file"


def read_parquet(path: Path) -> Table:
    """Return the table in a Parquet file; its rows have no lines.

    Raises:
        InputError: it is damaged, too large as its footer tells, has columns that are no cells; or what reads
            it is not installed.
        OSError: it cannot be read.
    """
    name = path.name
    try:
        import pyarrow as pa
        import pyarrow.parquet as pq
    except ImportError:
        remedy = "install it: pip install 'funnel-simulator[parquet]', or export CSV"
        raise _refusal("D073", "what reads Parquet is not installed", name, remedy) from None
    _check_footer(path)
    try:
        with pq.ParquetFile(path) as file:
            _check(file.metadata, name)
            schema = file.schema_arrow
            _check_columns(pa, schema, name)
        texts = [field.name for field in schema if _is_text(pa, field.type)]
        with pq.ParquetFile(path, read_dictionary=texts) as file:
            columns = _cells(pa, file, name)
    except pa.ArrowException as error:
        raise _refusal("D060", f"the file is damaged: {str(error).splitlines()[0][:200]}", name) from None
    header = tuple(title.strip() or f"column {at + 1}" for at, title in enumerate(schema.names))
    typed = frozenset(at for at, kind in enumerate(schema.types) if _is_typed(pa, kind))
    rows = tuple(zip(*columns, strict=True))
    return Table(name, header, rows, (0,) * len(rows), ("Parquet",), typed)


def _check_footer(path: Path) -> None:
    """Refuse a footer that is too large to be read, as the end of the file tells."""
    with path.open("rb") as file:
        file.seek(0, 2)
        file.seek(max(0, file.tell() - 8))
        tail = file.read()
    if len(tail) < 8 or not tail.endswith(SIGNATURE):
        raise _refusal("D060", "the file is damaged: its end is missing", path.name)
    if struct.unpack("<I", tail[:4])[0] > MOST_FOOTER:
        raise _refusal("D064", "the file has too long a footer", path.name)


def _check(footer: pq.FileMetaData, name: str) -> None:
    size = sum(footer.row_group(at).total_byte_size for at in range(footer.num_row_groups))
    if footer.num_rows > MOST_ROWS:
        raise _refusal("D064", f"the file has {footer.num_rows:,} rows, more than {MOST_ROWS:,}", name)
    if footer.num_columns > MOST_COLUMNS:
        raise _refusal("D064", f"the file has {footer.num_columns:,} columns", name)
    if size > MOST_BYTES:
        raise _refusal("D064", f"unpacked, the file has {size >> 20:,} MB", name)


def _check_columns(pa: Any, schema: pa.Schema, name: str) -> None:
    """Refuse columns that have no name of their own, or hold no cells."""
    problems = []
    for title in dict.fromkeys(schema.names):
        if schema.names.count(title) > 1:
            problems.append(Problem("D004", "a column name stands twice", name, value=title))
        kind = schema.types[schema.names.index(title)]
        if not (_is_text(pa, kind) or _is_typed(pa, kind) or pa.types.is_boolean(kind) or kind == pa.null()):
            message = f"a column is of the type {kind}"
            problems.append(Problem("D074", message, name, column=title, remedy=_LEAVE))
    if problems:
        raise InputError(problems)


def _cells(pa: Any, file: pq.ParquetFile, name: str) -> tuple[list[str], ...]:
    """Return the cells of each column."""
    titles = file.schema_arrow.names
    columns: tuple[list[str], ...] = tuple([] for _ in titles)
    characters = 0
    for batch in file.iter_batches(_BATCH):
        for title, cells, array in zip(titles, columns, batch.columns, strict=True):
            for text in _texts(pa, array, Problem("D074", "", name, None, len(cells), title, remedy=_LEAVE)):
                cells.append(text)
                characters += len(text)
        if characters > MOST_CHARACTERS:
            raise _refusal("D064", f"the file holds more than {MOST_CHARACTERS >> 20} MB of text", name)
    return columns


def _texts(pa: Any, array: pa.Array, place: Problem) -> Iterator[str]:
    """Yield the values of a column as texts; those of a dictionary are written once.

    Args:
        pa: the library.
        array: of the values.
        place: the problem of one that is no cell, in the row before the first.
    """
    if pa.types.is_dictionary(array.type):
        known = list(_texts(pa, array.dictionary, place))
        yield from ("" if at is None else known[at] for at in array.indices.to_pylist())
        return
    if pa.types.is_timestamp(array.type):
        array = array.cast(pa.timestamp("us", array.type.tz), safe=False)
    short = pa.types.is_float16(array.type) or pa.types.is_float32(array.type)
    row = place.row or 0
    try:
        for value in array.to_pylist():
            row += 1
            yield plain(Decimal(f"{value:.7g}") if short and value is not None else value)
    except (UnfitValueError, ValueError, OverflowError) as error:
        what = str(error) if isinstance(error, UnfitValueError) else "cannot be read"
        raise InputError([replace(place, message=f"a value {what}", row=row)]) from None


def _is_text(pa: Any, kind: pa.DataType) -> bool:
    types = pa.types
    return bool(
        types.is_string(kind)
        or types.is_large_string(kind)
        or (types.is_dictionary(kind) and _is_text(pa, kind.value_type))
    )


def _is_typed(pa: Any, kind: pa.DataType) -> bool:
    """Tell whether a column holds numbers or days."""
    types = pa.types
    fitting = (types.is_integer, types.is_floating, types.is_decimal, types.is_date, types.is_timestamp)
    return any(fits(kind) for fits in fitting)


def _refusal(code: str, message: str, name: str, remedy: str | None = None) -> InputError:
    return InputError([Problem(code, message, name, remedy=remedy)])
