"""Read what a drawing of the report shows, as a reader with a ruler would."""

import re
from xml.etree import ElementTree

SVG = "{http://www.w3.org/2000/svg}"


class Seen:
    """The shapes of a drawing; places across in per cent, places down in pixels."""

    def __init__(self, svg):
        text = str(svg)
        assert not re.search(r"\b(nan|inf|None)\b", text), text[:300]
        assert "style=" not in text
        self.root = ElementTree.fromstring(text)
        self.bytes = len(text.encode())

    def of(self, tag, css=None):
        """Return elements by tag and one of their classes."""
        found = (e for e in self.root.iter() if e.tag.removeprefix(SVG) == tag)
        return [e for e in found if css is None or css in e.get("class", "").split()]

    def texts(self, css=None):
        return [e.text for e in self.of("text", css)]

    def boxes(self, css=None):
        """Return (left, right, top, class) of rectangles."""
        found = []
        for box in self.of("rect", css):
            left, width = share(box.get("x")), share(box.get("width"))
            found.append((left, left + width, float(box.get("y")), box.get("class")))
        return found

    def path(self, css):
        """Return the points of the only path of a class, straight lines only."""
        (path,) = self.of("path", css)
        return points(path.get("d"))

    def scale(self):
        """Return what turns a place down into an amount in the axis' unit, by two of its names."""
        named = [e for e in self.of("text", "tick") if e.get("text-anchor") == "end"]
        (first, *_, last) = [(float(e.get("y")) - 4, number(e.text)) for e in named]
        slope = (last[1] - first[1]) / (last[0] - first[0])
        return lambda y: first[1] + slope * (y - first[0])


def share(text):
    assert text.endswith("%"), text
    return float(text[:-1])


def number(text):
    return float(text.replace(",", "").replace("−", "-").replace("+", ""))


def points(steps):
    assert re.fullmatch(r"M[-\d. ]+Z?", steps), steps
    flat = [float(part) for part in steps.strip("MZ").split()]
    return list(zip(flat[::2], flat[1::2], strict=True))


def stacked(steps):
    """Return (left, bottom, top) of the upright boxes of a path."""
    found = re.findall(r"M(-?[\d.]+) (-?[\d.]+)h[\d.]+V(-?[\d.]+)h-[\d.]+z", steps)
    return [tuple(map(float, box)) for box in found]
