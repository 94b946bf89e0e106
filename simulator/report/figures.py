"""Write a forecast's figures, each as SVG and as PNG, the same bytes for the same forecast."""

from __future__ import annotations

import io
import warnings
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final, TypeVar

import matplotlib as mpl
from matplotlib.figure import Figure

from simulator.executors import side_by_side
from simulator.report import charts, fans, ladders
from simulator.runs import make_folder, write_file

FIGURES: Final[Mapping[str, Callable[[Mapping[str, Any]], Figure | None]]] = {
    "bookings-cumulative": lambda payload: fans.cumulative(payload, "bookings"),
    "revenue-cumulative": lambda payload: fans.cumulative(payload, "revenue"),
    "receipts-cumulative": lambda payload: fans.cumulative(payload, "receipts"),
    "balance": fans.balance,
    "bookings-total": charts.total,
    "months": charts.months,
    "sources": ladders.sources,
    "funnel": charts.funnel,
}
Subject = TypeVar("Subject")
STYLE: Final = Path(__file__).with_name("board.mplstyle")
_METADATA: Final[Mapping[str, Mapping[str, None]]] = {"svg": {"Date": None}, "png": {"Software": None}}


def write_figures(payload: Mapping[str, Any], folder: Path, workers: int = 1) -> list[Path]:
    """Write every figure that the forecast has numbers for.

    Args:
        payload: forecast.json.
        folder: made where it is not there.
        workers: how many figures are drawn at once.

    Returns:
        The files.

    Raises:
        PlaceError: the folder cannot be written to.
    """
    make_folder(folder)
    written, names = [], list(FIGURES)

    def task(number: int, _: int) -> dict[str, bytes]:
        return drawn(payload, names[number])

    spans = ((number, number + 1) for number in range(len(names)))
    for name, figure in zip(names, side_by_side(task, spans, workers), strict=True):
        for kind, content in figure.items():
            write_file(path := folder / f"{name}.{kind}", content)
            written.append(path)
    return written


def figure_names() -> list[str]:
    """Return the names of all the files that may be written, whatever the forecast."""
    return [f"{name}.{kind}" for name in FIGURES for kind in _METADATA]


def drawn(payload: Mapping[str, Any], name: str) -> dict[str, bytes]:
    """Return a figure as `svg` and `png`, nothing where the forecast has no numbers for it."""
    with mpl.rc_context(fname=STYLE), warnings.catch_warnings():
        # A name in a script that the font lacks shows boxes; that is no reason to stop.
        warnings.filterwarnings("ignore", message=".*[Gg]lyph.*")
        figure = FIGURES[name](payload)
        return {kind: saved(figure, kind) for kind in _METADATA} if figure is not None else {}


def saved(figure: Figure, kind: str) -> bytes:
    """Return a figure as the bytes of an `svg` or `png` file."""
    content = io.BytesIO()
    # A weaker compression takes a third of the time, and a tenth more room.
    options: dict[str, Any] = {"pil_kwargs": {"compress_level": 3}} if kind == "png" else {}
    figure.savefig(content, format=kind, metadata=dict(_METADATA[kind]), **options)
    return content.getvalue()


def write_drawn(
    figures: Mapping[str, Callable[[Subject], Figure | None]], of: Subject, folder: Path
) -> list[Path]:
    """Write each figure that there are numbers for, as SVG and PNG; return the files.

    Args:
        figures: what draws each, by name.
        of: what is drawn.
        folder: made where it is not there.

    Raises:
        PlaceError: the folder cannot be written to.
    """
    make_folder(folder)
    written = []
    for name, draw in figures.items():
        with mpl.rc_context(fname=STYLE):
            if (figure := draw(of)) is None:
                continue
            for kind in _METADATA:
                write_file(path := folder / f"{name}.{kind}", saved(figure, kind))
                written.append(path)
    return written
