"""Draw the slide: one page for a board, from headline to how far it can be trusted."""

from __future__ import annotations

import io
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Final

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from simulator.report import courses
from simulator.report.blocks import Number
from simulator.report.canvas import LINE
from simulator.report.colours import GREY, INK, PALETTES, PLAN
from simulator.report.fans import draw
from simulator.report.figures import STYLE
from simulator.report.numbers import top_numbers
from simulator.report.results import Results
from simulator.report.screen import check_line, exactness, gravest, is_wrong, subject, warning_text
from simulator.report.typeset import fitted
from simulator.report.walk import walk_steps, walk_title
from simulator.report.walk_figure import draw_walk
from simulator.words import claim, doubt, paragraphs, since

WIDTH: Final = 13.333
HEIGHT: Final = 7.5
"""Inches of the page, sixteen to nine."""
EDGE: Final = 0.55
"""Inches left free on both sides."""
RULE: Final = "#cfd4da"
NOTHING: Final = "No deal is open, and none is expected."
_INNER: Final = WIDTH - 2 * EDGE
_FAN: Final = 7.3
_GAP: Final = 0.35
_NAMES: Final = 2.0
_LABEL: Final = 1.3
"""Inches across: of the fan, between it and the walk, of the walk's names, of the sentences' labels."""
_NUMBERS: Final = 1.55
_PANELS: Final = 3.05
_AXES: Final = 3.45
_FOOT: Final = 7.2
"""Inches from the page's top: of the numbers, the panels' headings, their axes, and the last line."""
_BELOW: Final = 0.65
"""Inches between the axes and the sentences."""


def slide(results: Results) -> bytes:
    """Return slide.pdf, the same bytes for the same run.

    Args:
        results: of the run.
    """
    with look():
        content = io.BytesIO()
        about = {"Title": subject(results.forecast, results.scale), "CreationDate": None}
        slide_figure(results).savefig(content, format="pdf", metadata=about)
        return content.getvalue()


@contextmanager
def look() -> Iterator[None]:
    """Set how the slide looks: as figures do, with smaller letters, which stay letters in its file."""
    with mpl.rc_context({"font.size": 10, "pdf.fonttype": 42}, STYLE), warnings.catch_warnings():
        # A name in a script that the font lacks shows boxes; that is no reason to stop.
        warnings.filterwarnings("ignore", message=".*[Gg]lyph.*")
        yield


def slide_figure(results: Results) -> Figure:
    """Return the slide, drawn as it is set to `look`."""
    figure = Figure(figsize=(WIDTH, HEIGHT))
    _top(figure, results)
    _numbers(figure, top_numbers(results))
    _panels(figure, results, bottom=_lines(figure, list(_sentences(results))) - _BELOW)
    _foot(figure, results)
    return figure


def _top(figure: Figure, results: Results) -> None:
    """Write what the page is about, and what it says; of numbers that are wrong, that they are."""
    forecast = results.forecast
    wrong = is_wrong(forecast)
    _write(figure, (EDGE, 0.5), [subject(forecast, results.scale)], 10, GREY)
    title = check_line(forecast) if wrong else claim(forecast)
    size, lines = fitted(title, _INNER * 72, 2, (21, 20, 19, 18, 17, 16, 15, 14), bold=True)
    _write(figure, (EDGE, 0.88), lines, size, PLAN if wrong else INK, bold=True)


def _numbers(figure: Figure, numbers: Sequence[Number]) -> None:
    """Write the numbers side by side; the first, which is three, has the most room."""
    column = _INNER / (len(numbers) + 0.45)
    left = EDGE
    for place, number in enumerate(numbers):
        own = column * (1 if place else 1.45)
        room = (own - 0.2) * 72
        if place:
            _rule(figure, (left - 0.14, _NUMBERS), (left - 0.14, _NUMBERS + 1.1))
        size, value = fitted(number.value, room, 1, (23, 21, 19, 17, 15, 13, 11), bold=True)
        _write(figure, (left, _NUMBERS + 0.27), value, size, PALETTES["bookings"].line, bold=True)
        _, label = fitted(number.label, room, 2, (10,), bold=True)
        below = _write(figure, (left, _NUMBERS + 0.52), label, 10, INK, bold=True)
        _, note = fitted(number.note, room, 4 - len(label), (9,))
        _write(figure, (left, below), note, 9, GREY)
        left += own


def _panels(figure: Figure, results: Results, bottom: float) -> None:
    """Draw the fan and the walk side by side; where one lacks its numbers, the other takes its place."""
    forecast, scale = results.forecast, results.scale
    steps = walk_steps(forecast, scale)
    fan = _FAN if steps else _INNER
    axes = _axes(figure, EDGE + 0.42, EDGE + fan - 1.45, bottom)
    if course := courses.cumulative(forecast, "bookings"):
        draw(axes, course)
        _heading(figure, EDGE, fan, "Bookings added up", course.meaning)
    else:
        axes.remove()
        fan = 0.0
    if steps:
        left = EDGE + (fan + _GAP if fan else 0.0)
        draw_walk(_axes(figure, left + _NAMES, WIDTH - EDGE, bottom), steps)
        _heading(figure, left, WIDTH - EDGE - left, walk_title(forecast), f"{scale.name}; the steps add up")
    elif not fan:
        _heading(figure, EDGE, _INNER, "Nothing to draw", NOTHING)


def _sentences(results: Results) -> Iterator[tuple[str, str]]:
    """Yield what changed, what will be in the bank or come in, and what the numbers rest on."""
    forecast, told = results.forecast, paragraphs(results.forecast)
    if (bridge := results.answer("bridge")) is not None:
        yield "What changed", since(bridge, results.scale)
    if told["balance"]:
        yield "In the bank", told["balance"][0]
    elif told["receipts"]:
        yield "Collected", told["receipts"][0]
    track = results.answer("track") or forecast.get("track_record") or {}
    if warning := doubt(results.answer("track"), forecast):
        yield "Beware", warning
    elif track.get("verdict"):
        yield "Track record", track["verdict"][0]
    elif warnings := gravest(forecast):
        yield "Beware", warning_text(warnings[0], results.scale)


def _lines(figure: Figure, sentences: Sequence[tuple[str, str]]) -> float:
    """Write the sentences above the last line; return where they begin, inches from the top."""
    set_ = [(name, *fitted(text, (_INNER - _LABEL) * 72, 2, (10, 9.5))) for name, text in sentences]
    begin = below = _FOOT - 0.12 - sum(len(lines) * LINE * size / 72 + 0.05 for _, size, lines in set_)
    for name, size, lines in set_:
        _write(figure, (EDGE, below), [name], size, INK, bold=True)
        below = _write(figure, (EDGE + _LABEL, below), lines, size, INK) + 0.05
    return begin


def _foot(figure: Figure, results: Results) -> None:
    """Write how exact the numbers are, and that they were checked, unless the top says they are wrong."""
    forecast = results.forecast
    parts = [exactness(forecast, results.scale), "" if is_wrong(forecast) else check_line(forecast)]
    size, lines = fitted(" · ".join(filter(None, parts)), _INNER * 72, 1, (9, 8.5, 8, 7.5, 7))
    _write(figure, (EDGE, _FOOT), lines, size, GREY)


def _heading(figure: Figure, left: float, width: float, title: str, meaning: str) -> None:
    size, lines = fitted(title, width * 72, 1, (12, 11.5, 11, 10.5, 10), bold=True)
    below = _write(figure, (left, _PANELS), lines, size, INK, bold=True)
    size, lines = fitted(meaning, width * 72, 1, (9, 8.5, 8, 7.5))
    _write(figure, (left, below), lines, size, GREY)


def _axes(figure: Figure, left: float, right: float, bottom: float) -> Axes:
    """Return axes between two distances from the page's left, and down to one from its top, in inches."""
    size = (right - left) / WIDTH, (bottom - _AXES) / HEIGHT
    return figure.add_axes((left / WIDTH, 1 - bottom / HEIGHT, *size))


def _write(
    figure: Figure, at: tuple[float, float], lines: Sequence[str], size: float, colour: str,
    bold: bool = False,
) -> float:  # fmt: skip
    """Write lines below one another.

    Args:
        figure: the page.
        at: inches from its left and its top, where the first line stands.
        lines: each as wide as it is.
        size: points.
        colour: of the letters.
        bold: whether they are.

    Returns:
        Where the next line would stand, inches from the top.
    """
    left, down = at
    for line in lines:
        figure.text(
            left / WIDTH, 1 - down / HEIGHT, line, fontsize=size, color=colour, va="baseline",
            weight="bold" if bold else "normal",
        )  # fmt: skip
        down += LINE * size / 72
    return down


def _rule(figure: Figure, start: tuple[float, float], end: tuple[float, float]) -> None:
    x, y = ([start[i], end[i]] for i in (0, 1))
    across, up = [v / WIDTH for v in x], [1 - v / HEIGHT for v in y]
    figure.add_artist(Line2D(across, up, color=RULE, linewidth=0.8, transform=figure.transFigure))
