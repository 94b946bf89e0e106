"""Draw in SVG: straight scales, and shapes whose colours the page's style decides, in light and in dark."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from markupsafe import Markup, escape

Point = tuple[float, float]


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
    start: float
    end: float

    def __call__(self, value: float) -> float:
        """Return the place of a value; on a scale without width all stand in its middle."""
        if self.high == self.low:
            return (self.start + self.end) / 2
        return self.start + (value - self.low) / (self.high - self.low) * (self.end - self.start)


@dataclass
class Drawing:
    """A drawing that grows shape by shape; classes of the page's style give colours and lines.

    Attributes:
        width: of its own coordinates.
        height: likewise.
        shapes: what is drawn, first what lies below.
    """

    width: float
    height: float
    shapes: list[Markup] = field(default_factory=list)

    def line(self, start: Point, end: Point, css: str) -> None:
        """Draw a straight line."""
        (x1, y1), (x2, y2) = start, end
        self._add(f'<line class="{css}" x1="{_n(x1)}" y1="{_n(y1)}" x2="{_n(x2)}" y2="{_n(y2)}"/>')

    def path(self, points: Iterable[Point], css: str, closed: bool = False) -> None:
        """Draw straight lines from point to point; a closed one is an area."""
        steps = " ".join(f"{_n(x)} {_n(y)}" for x, y in points)
        self._add(f'<path class="{css}" d="M{steps}{"Z" if closed else ""}"/>')

    def rect(self, left: float, top: float, width: float, height: float, css: str, says: str = "") -> None:
        """Draw a rectangle; what it `says` is shown to a pointer that rests on it."""
        box = f'x="{_n(left)}" y="{_n(top)}" width="{_n(max(width, 0))}" height="{_n(max(height, 0))}"'
        self._add(f'<rect class="{css}" {box}', says, "rect")

    def circle(self, centre: Point, radius: float, css: str, says: str = "") -> None:
        """Draw a disc."""
        x, y = centre
        self._add(f'<circle class="{css}" cx="{_n(x)}" cy="{_n(y)}" r="{_n(radius)}"', says, "circle")

    def text(self, at: Point, says: str, css: str = "", anchor: str = "start") -> None:
        """Write a text; `anchor` is start, middle or end."""
        x, y = at
        where = f'x="{_n(x)}" y="{_n(y)}"'
        side = "" if anchor == "start" else f' text-anchor="{anchor}"'
        dressed = f' class="{css}"' if css else ""
        self.shapes.append(Markup(f"<text{dressed} {where}{side}>{escape(says)}</text>"))

    def svg(self, css: str = "", data: Sequence[tuple[str, str]] = ()) -> Markup:
        """Return the drawing, as wide as its place allows; `data` are attributes for the page's script."""
        more = "".join(f' data-{name}="{escape(value)}"' for name, value in data)
        box = f"0 0 {_n(self.width)} {_n(self.height)}"
        inner = Markup("").join(self.shapes)
        return Markup(f'<svg class="{css}" viewBox="{box}" aria-hidden="true"{more}>{inner}</svg>')

    def _add(self, opening: str, says: str = "", name: str = "") -> None:
        if not name:
            self.shapes.append(Markup(opening))
        elif says:
            self.shapes.append(Markup(f"{opening}><title>{escape(says)}</title></{name}>"))
        else:
            self.shapes.append(Markup(f"{opening}/>"))


def ticks(low: float, high: float, most: int = 6) -> list[float]:
    """Return round values from `low` to `high`, at most `most`, that a reader expects on a scale."""
    if not high > low:
        return [low]
    for power in range(-12, 18):
        for step in (1.0, 2.0, 2.5, 5.0):
            size = step * 10.0**power
            first = -(-low // size)
            last = high // size
            if last - first + 1 <= most:
                return [round(number * size, 12) for number in range(int(first), int(last) + 1)]
    return [low, high]


def _n(value: float) -> str:
    """Write a place with one decimal, which no eye tells from more."""
    return f"{round(value, 1) + 0.0:.1f}".removesuffix(".0")
