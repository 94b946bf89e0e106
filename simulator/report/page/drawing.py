"""Draw in SVG that fits any width: places across are shares of it, places down and all texts are pixels.

A drawing as wide as its place allows, on a phone as on paper, whose texts keep their size: the style gives it
margins, into which the names of scales and the labels at its edges reach, and all its colours.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import field, replace
from itertools import groupby
from math import ceil, floor, log10
from typing import Final

from markupsafe import Markup, escape

from simulator.records import dataclass
from simulator.words import Scale

Point = tuple[float, float]
WIDTH: Final = 100.0
"""Of every drawing: places across are per cent of it."""


@dataclass(frozen=True)
class Axis:
    """A straight scale from what is measured to places on the drawing.

    Attributes:
        low: what stands at `start`.
        high: what stands at `end`.
        start: place of `low`.
        end: place of `high`.
    """

    low: float
    high: float
    start: float = 0.0
    end: float = WIDTH

    def __call__(self, value: float) -> float:
        """Return the place of a value; on a scale without width all stand in its middle."""
        if self.high == self.low:
            return (self.start + self.end) / 2
        return self.start + (value - self.low) / (self.high - self.low) * (self.end - self.start)


@dataclass
class Drawing:
    """A drawing that grows shape by shape; classes of the page's style give colours, lines and margins.

    A point is (per cent of the width, pixels from the top); a radius, a height and a shift are pixels.

    Attributes:
        height: pixels.
    """

    height: float
    _shapes: list[tuple[bool, str]] = field(default_factory=list)
    """What is drawn, first what lies below, and whether it stretches with the drawing."""

    def line(self, start: Point, end: Point, css: str) -> None:
        """Draw a straight line."""
        (x1, y1), (x2, y2) = start, end
        ends = f'x1="{_n(x1)}%" y1="{_n(y1)}" x2="{_n(x2)}%" y2="{_n(y2)}"'
        self._add(f'<line class="{css}" {ends}/>')

    def path(self, points: Iterable[Point], css: str, closed: bool = False) -> None:
        """Draw straight lines from point to point; a closed one is an area."""
        steps = " ".join(f"{_n(x)} {_n(y)}" for x, y in points)
        self.outline(f"M{steps}{'Z' if closed else ''}", css)

    def rect(self, left: float, top: float, width: float, height: float, css: str, says: str = "") -> None:
        """Draw a rectangle; what it `says` is shown to a pointer that rests on it."""
        box = f'x="{_n(left)}%" y="{_n(top)}" width="{_n(max(width, 0))}%" height="{_n(max(height, 0))}"'
        self._add(_told(f'<rect class="{css}" {box}', says, "rect"))

    def circle(self, centre: Point, radius: float, css: str, says: str = "") -> None:
        """Draw a disc."""
        x, y = centre
        self._add(_told(f'<circle class="{css}" cx="{_n(x)}%" cy="{_n(y)}" r="{_n(radius)}"', says, "circle"))

    def diamond(self, centre: Point, radius: float, css: str, shift: float = 0.0) -> None:
        """Draw a square that stands on its corner, moved across by pixels."""
        left, middle, right = _n(shift - radius), _n(shift), _n(shift + radius)
        self._piece(centre, f"M{left} 0 {middle}-{_n(radius)} {right} 0 {middle} {_n(radius)}Z", css)

    def square(self, centre: Point, radius: float, css: str, shift: float = 0.0) -> None:
        """Draw a square, moved across by pixels."""
        left, right, r = _n(shift - radius), _n(shift + radius), _n(radius)
        self._piece(centre, f"M{left}-{r}H{right}V{r}H{left}Z", css)

    def outline(self, steps: str, css: str) -> None:
        """Draw what the steps of a path say."""
        if steps:
            self._add(f'<path class="{css}" d="{steps}"/>', stretches=True)

    def text(self, at: Point, says: str, css: str = "", anchor: str = "start", shift: float = 0.0) -> None:
        """Write a text; `anchor` is start, middle or end, and `shift` moves it across by pixels."""
        x, y = at
        side = "" if anchor == "start" else f' text-anchor="{anchor}"'
        moved = f' dx="{_n(shift)}"' if shift else ""
        dressed = f' class="{css}"' if css else ""
        self._add(f'<text{dressed} x="{_n(x)}%" y="{_n(y)}"{moved}{side}>{escape(says)}</text>')

    def svg(self, css: str, data: Sequence[tuple[str, str]] = ()) -> Markup:
        """Return the drawing; its class sets the margins, `data` are attributes for the page's script."""
        more = "".join(f' data-{name}="{escape(value)}"' for name, value in data)
        stretched = f'<svg viewBox="0 0 {_n(WIDTH)} {_n(self.height)}" preserveAspectRatio="none">'
        inner = ""
        for stretches, shapes in groupby(self._shapes, key=lambda shape: shape[0]):
            found = "".join(text for _, text in shapes)
            inner += f"{stretched}{found}</svg>" if stretches else found
        size = f'width="100%" height="{_n(self.height)}"'
        return Markup(f'<svg class="chart {css}" {size} aria-hidden="true"{more}>{inner}</svg>')

    def _piece(self, centre: Point, steps: str, css: str) -> None:
        """Draw a shape of its own size."""
        x, y = centre
        self._add(f'<svg x="{_n(x)}%" y="{_n(y)}"><path class="{css}" d="{steps}"/></svg>')

    def _add(self, shape: str, stretches: bool = False) -> None:
        self._shapes.append((stretches, shape))


def ticks(low: float, high: float, most: int = 6) -> list[float]:
    """Return round values from `low` to `high`, at most `most`, that a reader expects on a scale."""
    return round_steps(low, high, most)[1] if high > low else [low]


def round_steps(low: float, high: float, most: int) -> tuple[float, list[float]]:
    """Return the smallest round step of which at most `most` lie from `low` to `high`, and these."""
    first = floor(log10((high - low) / most)) - 1
    for power in range(first, first + 3):
        for step in (1.0, 2.0, 2.5, 5.0):
            size = step * 10.0**power
            start, end = ceil(low / size - 1e-9), floor(high / size + 1e-9)
            if end - start < most:
                return size, [round(number * size, 12) for number in range(start, end + 1)]
    raise AssertionError((low, high, most))


def anchored(x: float) -> str:
    """Return how a text at a place is to be anchored so that it leaves the drawing on neither side."""
    return "start" if x < 0.3 * WIDTH else "end" if x > 0.7 * WIDTH else "middle"


def amounts_axis(drawing: Drawing, low: float, high: float, bottom: float, top: float, scale: Scale) -> Axis:
    """Draw lines across at round amounts, named at the left; return where amounts stand.

    Args:
        drawing: to draw on.
        low: the lowest amount; the scale begins at nothing or below.
        high: the highest.
        bottom: where the scale begins, in pixels.
        top: where it ends.
        scale: writes the amounts.
    """
    low, high = min(low, 0.0), max(high, 0.0)
    axis = Axis(low, high if high > low else low + scale.unit, bottom, top)
    places = ticks(axis.low, axis.high, 6)
    parts = [f"{place / scale.unit:.6f}".rstrip("0").partition(".")[2] for place in places]
    fine = replace(scale, decimals=max(map(len, parts)))
    for place in places:
        drawing.line((0, axis(place)), (WIDTH, axis(place)), "grid" if place else "zero")
        drawing.text((0, axis(place) + 4), fine.number(place) if place else "0", "tick", "end", shift=-7)
    return axis


def _told(opening: str, says: str, name: str) -> str:
    return f"{opening}><title>{escape(says)}</title></{name}>" if says else f"{opening}/>"


def _n(value: float) -> str:
    """Write a place with two decimals, which no eye tells from more."""
    return f"{round(value, 2) + 0.0:.2f}".rstrip("0").rstrip(".")
