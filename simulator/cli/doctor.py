"""The command `doctor`: find out beforehand what would stop a run."""

from __future__ import annotations

import os
import platform
import re
import sys
import tempfile
from collections.abc import Callable, Iterator
from importlib import metadata
from pathlib import Path

import click

from simulator import __version__
from simulator.cli.terminal import say
from simulator.errors import PlaceError

PARTS = ("click", "holidays", "matplotlib", "numpy", "pandas", "pydantic", "rich", "ruamel.yaml", "scipy")


EXTRAS = {
    "dask": "work on other machines",
    "fast": "large runs in less time",
    "parquet": "tables in Parquet files",
    "sql": "queries to PostgreSQL and DuckDB; SQLite needs nothing",
}
"""What each extra is for; further ones are told without it."""
_REQUIRED = re.compile(r"([\w.-]+).*;.*extra == ['\"]([\w-]+)['\"]")


@click.command(name="doctor", short_help="Check that this machine has what the program needs.")
def command() -> int:
    """Check versions, fonts, write access and time zones; end with 5 if something is broken.

    Extras that are not installed are listed with what they are for.
    """
    broken = 0
    for name, check in _checks():
        try:
            say(f"ok      {name}: {check()}\n")
        except Exception as error:  # whatever a broken installation throws is what is to be shown
            broken += 1
            say(f"BROKEN  {name}: {error}\n")
    for extra, there in _extras():
        say(f"{'ok' if there else 'without':<8}[{extra}]: {there or _how_to_get(extra)}\n")
    say("all is well\n" if not broken else f"{broken} broken\n")
    return PlaceError.exit_code if broken else 0


def _checks() -> Iterator[tuple[str, Callable[[], str]]]:
    yield "funnel-simulator", lambda: __version__
    yield "python", platform.python_version
    for part in PARTS:
        yield part, lambda part=part: metadata.version(part)  # type: ignore[misc]
    yield "numbers", _numbers
    yield "fonts", _fonts
    yield "time zones", _time_zones
    yield "write access", _write_access
    yield "processors", lambda: str(os.cpu_count())
    yield "terminal", lambda: f"{sys.stdout.encoding or 'no'} encoding"


def _extras() -> Iterator[tuple[str, str]]:
    """Yield each extra with the versions of its parts, "" where one of them is not installed."""
    parts: dict[str, list[str]] = {}
    try:
        lines = metadata.requires("funnel-simulator") or []
    except metadata.PackageNotFoundError:  # run from its source
        return
    for line in lines:
        if (match := _REQUIRED.match(line)) and match[2] != "dev":
            parts.setdefault(match[2], []).append(match[1])
    for extra, names in sorted(parts.items()):
        try:
            yield extra, ", ".join(f"{name} {metadata.version(name)}" for name in names)
        except metadata.PackageNotFoundError:
            yield extra, ""


def _how_to_get(extra: str) -> str:
    purpose = f"{EXTRAS[extra]}; " if extra in EXTRAS else ""
    return f"{purpose}pip install 'funnel-simulator[{extra}]'"


def _numbers() -> str:
    import numpy as np
    from scipy import special

    if abs(float(special.ndtri(np.float64(0.975))) - 1.959963984540054) > 1e-12:
        raise PlaceError("scipy gives a wrong normal quantile", code="P016")
    return "numpy and scipy agree with tables"


def _fonts() -> str:
    from matplotlib import font_manager

    return Path(font_manager.findfont("DejaVu Sans", fallback_to_default=False)).name


def _time_zones() -> str:
    from zoneinfo import ZoneInfo

    return str(ZoneInfo("Europe/Berlin"))


def _write_access() -> str:
    folder = Path("reports") if Path("reports").is_dir() else Path()
    try:
        with tempfile.NamedTemporaryFile(dir=folder):
            return str(folder.resolve())
    except OSError as error:
        raise PlaceError(f"cannot write to {folder.resolve()}: {error.strerror}", code="P004") from error
