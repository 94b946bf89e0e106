"""Write down a run: its result, what it was computed from, and under which circumstances."""

from __future__ import annotations

import hashlib
import io
import json
import os
import platform
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import field, replace
from datetime import UTC, datetime
from email.parser import HeaderParser
from functools import cache, partial
from importlib import metadata
from itertools import islice
from pathlib import Path
from types import MappingProxyType
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.representer import SafeRepresenter

from simulator import __version__
from simulator.forecast.assumptions import assumptions
from simulator.forecast.quality import quality
from simulator.records import dataclass
from simulator.runs.files import explained, inside, make_folder, write_file
from simulator.runs.folder import RunFolder, previous_run
from simulator.runs.leftovers import RECORD, RESULTS, begin, check_foreign, finish
from simulator.runs.tables import csv_pieces
from simulator.scenario import Scenario, table_place
from simulator.versions import code_digest
from simulator.words import plain

_PARTS = ("click", "holidays", "matplotlib", "numpy", "pandas", "pydantic", "rich", "ruamel.yaml", "scipy")
_ROWS = 1_000
COMPARED = "compare_with"
"""Folder of the scenarios that a run is compared with, inside its inputs."""
Content = Callable[[], Iterable[bytes]]
"""What stands in a file, in pieces that are made when they are written."""


@dataclass(frozen=True)
class Record:
    """What a run leaves behind.

    Attributes:
        payload: forecast.json.
        rows: of forecast.csv, the header first.
        deals: rows of deals.csv, each with the same keys.
        scenario: what it was computed from.
        arguments: of the command, by name.
        started: when.
        finished: when the numbers stood.
        compared: other scenarios that its own asks to be compared with, in the order of their files there.
    """

    payload: Mapping[str, Any]
    rows: Iterable[Sequence[Any]]
    deals: Iterable[Mapping[str, Any]]
    scenario: Scenario
    arguments: Mapping[str, Any] = field(default_factory=dict)
    started: datetime = field(default_factory=lambda: datetime.now(UTC))
    finished: datetime = field(default_factory=lambda: datetime.now(UTC))
    compared: Sequence[Scenario] = ()


def write_run(folder: RunFolder, record: Record) -> None:
    """Write a run's files, run.json last, then let `latest` point to it.

    A folder without run.json is not a finished run, so an interruption leaves nothing that looks like one.
    What an older run in the same folder left, and this one does not write, is taken away.

    Raises:
        PlaceError: the place refuses; no file is left half written.
        UsageError: somebody else's file stands where one of ours would; nothing is written.
    """
    inputs, payload = _inputs(record.scenario, record.compared), json_bytes(record.payload)
    results: tuple[Content, ...] = (
        lambda: (payload,),
        lambda: csv_pieces(record.rows),
        lambda: csv_pieces(_with_header(record.deals)),
        lambda: (json_bytes(quality(record.scenario)),),
        lambda: (json_bytes(assumptions(record.scenario)),),
    )
    files = dict(zip(RESULTS, results, strict=True)) | inputs
    begin(folder.path, files)
    for inner in {(folder.path / name).parent for name in files}:
        make_folder(inner)
    for name, content in files.items():
        write_file(folder.path / name, content())
    circumstances = _circumstances(folder, record, inputs) | {"files": sorted(files)}
    write_file(folder.path / RECORD, json_bytes(circumstances))
    finish(folder.path)
    folder.announce()


def origin(scenario: Scenario, by: str | None = None, compared: Sequence[Scenario] = ()) -> dict[str, Any]:
    """Return what the numbers of a run depend on, by what a person would call it.

    Args:
        scenario: that is run.
        by: column by which it is grouped.
        compared: other scenarios that its own asks to be compared with.
    """
    found: dict[str, Any] = {"the seed": scenario.seed, "the number of trials": scenario.trials}
    found |= {"what it is grouped by": by}
    found |= {name: _digest(content) for name, content in _inputs(scenario, compared).items()}
    found |= {f"the version of {part}": version for part, version in _versions().items()}
    return found | {"the program's code": code_digest(), "the processor": platform.machine()}


def file_names(scenario: Scenario, compared: Sequence[Scenario] = ()) -> list[str]:
    """Return the names of the files that a run of a scenario leaves, by paths inside its folder."""
    return [*RESULTS, *_inputs(scenario, compared)]


def add_files(folder: Path, names: Iterable[str]) -> None:
    """Note in run.json what else of ours now stands in a run's folder, by paths inside it.

    Raises:
        PlaceError: the place refuses.
    """
    with explained(folder / RECORD):
        circumstances = json.loads((folder / RECORD).read_text("utf-8"))
    circumstances["files"] = sorted({*circumstances.get("files", ()), *names})
    write_file(folder / RECORD, json_bytes(circumstances))


def write_results(folder: Path, files: Mapping[str, bytes]) -> None:
    """Write what a further command found out into a run's folder, or into any other.

    Args:
        folder: made where it is not there.
        files: content by name.

    Raises:
        PlaceError: the place refuses.
        UsageError: somebody else's file stands where one of ours would; nothing is written.
    """
    make_folder(folder)
    is_run = (folder / RECORD).is_file()
    results = [name for name in files if name.endswith(".json")]
    check_foreign(folder, [name for name in results if is_run or not _is_result(folder / name)])
    if is_run:
        add_files(folder, files)  # before they stand, so that none is left that nobody knows
    for name, content in files.items():
        make_folder((path := inside(folder, name)).parent)
        write_file(path, content)


def json_bytes(payload: Mapping[str, Any]) -> bytes:
    """Return JSON as it stands in every file: shortest floats, one-space indent, keys in their order.

    Raises:
        ValueError: a number is not finite.
    """
    texts = json.JSONEncoder(ensure_ascii=False, indent=1, allow_nan=False).iterencode(payload)
    pieces = []
    while some := "".join(islice(texts, _ROWS)):  # all of them at once would take many times the file
        pieces.append(some.encode("utf-8", "replace"))
    return b"".join((*pieces, b"\n"))


def yaml_bytes(content: Mapping[str, Any], comments: Mapping[str, str] = MappingProxyType({})) -> bytes:
    """Return a mapping as YAML that reads back equal, keys in their order.

    Args:
        content: of the file.
        comments: on keys at its top whose values are no mappings, a line each.
    """
    yaml = YAML(typ="safe", pure=True)
    yaml.Representer = _Representer
    yaml.default_flow_style = False
    yaml.allow_unicode = True
    yaml.sort_base_mapping_type_on_output = False  # type: ignore[assignment]
    yaml.width = 4096
    text = io.StringIO()
    yaml.dump(_plain_types(content), text)
    lines = text.getvalue().split("\n")
    for place, line in enumerate(lines if comments else ()):
        if (comment := comments.get(line.partition(":")[0])) is not None:
            lines[place] = f"{line}  # {plain(comment)}"
    return "\n".join(lines).encode("utf-8", "replace")


class _Representer(SafeRepresenter):
    """Writes YAML whose texts hold no character that a reader of YAML refuses or changes, but its escape."""


def _text(representer: SafeRepresenter, text: str) -> Any:
    return representer.represent_scalar(
        "tag:yaml.org,2002:str", text, style=None if text.isprintable() else '"'
    )


_Representer.add_representer(str, _text)


def _is_result(path: Path) -> bool:
    """Tell whether a file is one that a further command of ours has written."""
    try:
        with explained(path, "read"):
            return path.is_file() and "schema_version" in json.loads(path.read_text("utf-8"))
    except (ValueError, TypeError):
        return False


def _with_header(rows: Iterable[Mapping[str, Any]]) -> Iterator[Iterable[Any]]:
    """Yield the keys of the rows, the same in each, then their values."""
    rows = iter(rows)
    first = next(rows, {"id": None})
    yield first.keys()
    if first != {"id": None}:
        yield first.values()
    yield from (row.values() for row in rows)


def _digest(content: Content) -> str:
    found = hashlib.sha256()
    for piece in content():
        found.update(piece)
    return found.hexdigest()


def _inputs(scenario: Scenario, compared: Sequence[Scenario] = ()) -> dict[str, Content]:
    """Return the files under inputs/: the scenario, each table that it names, and so of those compared."""
    resolved = dict(scenario.resolved)
    others = _compared_inputs(resolved, compared)
    names = {key: f"{key}.csv" for key in scenario.tables}
    for key, file in names.items():
        top, name = table_place(key)
        resolved[top] = dict(resolved.get(top) or {}) | {name: file}
    files: dict[str, Content] = {"inputs/scenario.yaml": lambda: (yaml_bytes(resolved),)}
    for key, table in scenario.tables.items():
        files[f"inputs/{names[key]}"] = partial(csv_pieces, table, verbatim=True)
    return files | others | {f"inputs/{name}": partial(_whole, one) for name, one in scenario.files.items()}


def _whole(content: bytes) -> tuple[bytes]:
    return (content,)


def _compared_inputs(resolved: dict[str, Any], compared: Sequence[Scenario]) -> dict[str, Content]:
    """Return the inputs of what a run is compared with, and name them in its scenario."""
    if "compare_with" not in resolved:
        return {}
    files: dict[str, Content] = {}
    asked: list[Any] = [one for one in resolved["compare_with"] or () if isinstance(one, Mapping)]
    for number, other in enumerate(compared, 1):
        place = f"{COMPARED}/{number}"
        asked.append(f"{place}/scenario.yaml")
        alone = {key: value for key, value in other.resolved.items() if key != "compare_with"}
        for name, content in _inputs(replace(other, resolved=alone)).items():
            files[name.replace("inputs/", f"inputs/{place}/", 1)] = content
    resolved["compare_with"] = asked
    return files


def _circumstances(folder: RunFolder, record: Record, inputs: Mapping[str, Content]) -> dict[str, Any]:
    before = previous_run(folder)
    return {
        "schema_version": 1,
        "scenario": record.scenario.name,
        "as_of": folder.as_of,
        "seed": record.payload.get("seed"),
        "trials": record.payload.get("trials"),
        "versions": _versions(),
        "arguments": dict(record.arguments),
        "inputs": {name: _digest(content) for name, content in inputs.items()},
        "previous": None if before is None else os.path.relpath(before, folder.path).replace(os.sep, "/"),
        "started": _moment(record.started),
        "finished": _moment(record.finished),
    }


def _versions() -> dict[str, str]:
    own = {"funnel-simulator": __version__, "python": platform.python_version()}
    return own | {part: _version(part) for part in _PARTS}


@cache
def _version(part: str) -> str:
    package = metadata.distribution(part)
    said = package.read_text("METADATA")
    # Its headers alone: with them goes all that a package says of itself.
    return str(HeaderParser().parsestr(said)["Version"]) if said else package.version


def _moment(when: datetime) -> str:
    return when.astimezone(UTC).isoformat(timespec="seconds")


def _plain_types(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {k: _plain_types(v) for k, v in value.items()}
    if isinstance(value, list | tuple):
        return [_plain_types(v) for v in value]
    return value
