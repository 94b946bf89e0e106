"""The slide: what stands on it is what the run's folder holds, and nothing stands on anything else."""

import io
import json
import re
from itertools import combinations

import pypdf
import pytest
from matplotlib.backend_bases import FigureCanvasBase, RendererBase
from sample_forecast import sample_forecast, with_money
from test_report_text import NEVER

from simulator import words
from simulator.report.numbers import top_numbers
from simulator.report.results import Results
from simulator.report.slide import look, slide, slide_figure
from simulator.report.typeset import broken, fitted, measure

BRIDGE = {
    "schema_version": 1, "scenario": "baseline", "currency": "EUR", "seed": 1, "trials": 500,
    "from": {"as_of": "2026-09-30"}, "to": {"as_of": "2026-10-31"}, "series": "bookings", "segment": "all",
    "start": "2026-01-01", "end": "2026-12-31", "name": "FY2026",
    "target": {"name": "plan", "amount": 4e6, "before": 4e6},
    "before": {"mean": 4.3e6, "middle": 4.2e6, "chance": 0.41, "chance_error": 0.01},
    "after": {"mean": 3.9e6, "middle": 3.8e6, "chance": 0.27, "chance_error": 0.01},
    "change": {"mean": -4e5, "middle": -4e5, "chance": -0.14}, "notes": [],
    "steps": [{"step": "lost", "mean": -4e5, "middle": -4e5, "chance": -0.14, "items": [
        {"deal": "D08", "name": "Acme", "what": "lost", "mean": -4e5, "middle": -4e5, "chance": -0.14}]}],
}  # fmt: skip
HOSTILE = (
    "<script>alert(1)</script>",
    "=cmd()|' /C calc'!A0",
    "$\\frac{1$ ${\\bf x}$ %d {0} \\n",
    "\u202eevil\u202c \u200f\u05e9\u05dc\u05d5\u05dd \u0645\u0631\u062d\u0628\u0627",
    "W" * 10_000,
    "word " * 2_000,
    "Привет, Мир",
    "👩‍👩‍👧‍👦🏳️‍🌈🇩🇪",
    "a\x00b\x1b[31mc\x07\r\n\t\u2028d\ud800",
    "Z" + "\u0300\u0301\u0302\u0303" * 2_000,
    "日本語のとても長い名前" * 20,
    "",
)


def results(payload, **answers):
    return Results("reports/x/latest", payload, {}, (), answers)


class Noting(RendererBase):
    """Notes what is written and where, in points from the page's lower left, and draws nothing."""

    def __init__(self, width, height):
        super().__init__()
        self.width, self.height, self.found = width, height, []

    def draw_path(self, gc, path, transform, face=None):
        pass

    def draw_text(self, gc, x, y, s, prop, angle, ismath=False, mtext=None):
        wide, high, descent = self.get_text_width_height_descent(s, prop, ismath)
        if s.strip():
            self.found.append((s, (x, y - descent, x + wide, y - descent + high)))

    def flipy(self):
        return False

    def get_canvas_width_height(self):
        return self.width, self.height


def texts(figure):
    """Return every text that is really drawn, with its box."""
    figure.set_dpi(72)
    FigureCanvasBase(figure)
    noting = Noting(*(72 * size for size in figure.get_size_inches()))
    figure.draw(noting)
    return noting.found, (noting.width, noting.height)


def assert_neat(found):
    """Check that no text leaves the page, nor touches another."""
    with look():
        boxes, (width, height) = texts(slide_figure(found))
    assert len(boxes) > 12
    for text, (left, low, right, high) in boxes:
        assert left > 15 and right < width - 15 and low > 5 and high < height - 5, text
    for (one, a), (other, b) in combinations(boxes, 2):
        apart = a[2] <= b[0] + 1 or b[2] <= a[0] + 1 or a[3] <= b[1] + 1 or b[3] <= a[1] + 1
        assert apart, (one, a, other, b)
    return boxes


def said(found):
    """Return the slide's words, as a reader of its file finds them."""
    page = pypdf.PdfReader(io.BytesIO(slide(found))).pages[0]
    return " ".join(page.extract_text().split())
