"""The slide: what stands on it is what the run's folder holds, and nothing stands on anything else."""

import copy
import hashlib
import io
import os
import re
import subprocess
import sys
from itertools import combinations

import pypdf
import pytest
from conftest import ROOT
from matplotlib.backend_bases import FigureCanvasBase, RendererBase
from sample_forecast import sample_forecast, with_money
from test_report_text import NEVER

import simulator
from simulator import words
from simulator.report.numbers import top_numbers
from simulator.report.results import Results
from simulator.report.slide import look, slide, slide_figure
from simulator.report.typeset import broken, clipped, fitted, measure

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
    """Check that no text of a run's slide leaves the page, nor touches another."""
    with look():
        check(slide_figure(found))


def check(figure):
    boxes, (width, height) = texts(figure)
    assert len(boxes) > 12
    for text, (left, low, right, high) in boxes:
        assert left > 15 and right < width - 15 and low > 5 and high < height - 5, text
    for (one, a), (other, b) in combinations(boxes, 2):
        apart = a[2] <= b[0] + 1 or b[2] <= a[0] + 1 or a[3] <= b[1] + 1 or b[3] <= a[1] + 1
        assert apart, (one, a, other, b)


def said(content):
    """Return the words of a slide's file, as a reader finds them."""
    return " ".join(pypdf.PdfReader(io.BytesIO(content)).pages[0].extract_text().split())


def hostile(name):
    """Return a run in which everything that has a name has this one."""
    payload = with_money(sample_forecast(trials=400, name=name, segments=(name, f"{name}x")))
    for target in payload["targets"]:
        target["name"] = name
    for warning in payload["warnings"]:
        warning["text"] = name
    payload["track_record"] = {"verdict": [f"{name} past ranges"]}
    bridge = copy.deepcopy(BRIDGE)
    bridge["steps"][0]["items"][0] |= {"deal": name, "name": name}
    bridge["target"]["name"] = name
    return results(payload, bridge=bridge)


@pytest.fixture(scope="module")
def run():
    return results(with_money(sample_forecast()), bridge=BRIDGE)


@pytest.fixture(scope="module")
def content(run):
    return slide(run)


def test_the_slide_says_what_the_run_says(run, content):
    text = said(content)
    assert words.claim(run.forecast) in text
    for number in top_numbers(run):
        assert number.value in text and number.label in text and number.note in text
    assert words.since(BRIDGE, run.scale) in text and "D08 Acme lost" in text
    assert words.paragraphs(run.forecast)["receipts"][0] in text
    assert "12 open deals are past their close date" in text
    assert "baseline · as of 31 Oct 2026 · million EUR" in text
    assert "4,000 trials, simulation noise at most ±" in text and text.endswith("Self-check passed.")
    for step in ("already won", "CRM's weighted pipeline", "closes after the year", "our average"):
        assert step in text
    assert "2.9 so far" in text and "plan-FY2026: " in text
    assert not re.search(NEVER, text, re.IGNORECASE)


def test_it_is_one_page_whose_letters_are_letters(content):
    reader = pypdf.PdfReader(io.BytesIO(content))
    (page,) = reader.pages
    assert float(page.mediabox.width) / float(page.mediabox.height) == pytest.approx(16 / 9, rel=1e-3)
    fonts = [font.get_object() for font in page["/Resources"]["/Font"].values()]
    below = [font["/DescendantFonts"][0].get_object() for font in fonts]
    assert {font["/Subtype"] for font in below} == {"/CIDFontType2"}
    assert all("/FontFile2" in font["/FontDescriptor"].get_object() for font in below)
    assert reader.metadata.title == "baseline · as of 31 Oct 2026 · million EUR"


def test_the_same_run_gives_the_same_bytes(run, content):
    assert content == slide(run)
    assert b"CreationDate" not in content and b"ModDate" not in content


def test_nothing_stands_on_anything_else(run):
    assert_neat(run)
    with look():
        figure = slide_figure(run)
        figure.text(0.06, 0.9, "one"), figure.text(0.065, 0.9, "two")
        with pytest.raises(AssertionError):
            check(figure)
        beyond = slide_figure(run)
        beyond.text(0.99, 0.5, "beyond the page")
        with pytest.raises(AssertionError):
            check(beyond)


ODD = (
    {},
    {"size": 0.0, "already": 0.0, "plan": 0, "deals": 0},
    {"size": 0.0, "already": 2e6},
    {"size": 1e-3, "already": 0.0},
    {"size": 9e12, "currency": "JPY"},
    {"size": 9e9, "currency": "JPY" * 9},
    {"months": 1},
    {"months": 60},
    {"plan": 0},
    {"plan": 0.01},
    {"plan": 40},
    {"spread": 3.0},
    {"segments": tuple(f"s{i}" for i in range(9))},
    {"fiscal_start": 7},
    {"quarters": False},
    {"open_only": True},
    {"passed": False},
    {"trials": 1},
    {"trials": 20},
)


@pytest.mark.slow
@pytest.mark.parametrize("options", ODD)
def test_odd_runs_are_neat_too(options):
    payload = sample_forecast(**{"trials": 400} | options)
    for one in (payload, with_money(payload), with_money(payload, from_start=False)):
        assert_neat(results(one, bridge=BRIDGE))
        assert_neat(results(one))


@pytest.mark.parametrize("name", [HOSTILE[2], *(pytest.param(n, marks=pytest.mark.slow) for n in HOSTILE)])
def test_no_name_breaks_it(name):
    run = hostile(name)
    assert_neat(run)
    content = slide(run)
    assert b"/URI" not in content and b"/JavaScript" not in content
    if name.startswith("$"):
        assert "$\\frac{1$ ${\\bf x}$ %d {0} \\n past ranges" in said(content)


@pytest.mark.slow
@pytest.mark.parametrize(
    "path", sorted([*(ROOT / "scenarios").glob("*.yaml"), ROOT / "scenarios/saas-hardware"])
)
def test_every_shipped_scenario_is_neat(path):
    scenario = simulator.load(path)
    for trials in (1, 200):
        payload = simulator.simulate(scenario, trials=trials, workers=1).to_json()
        assert_neat(results(payload))
        text = said(slide(results(payload))).replace(scenario.name, "")
        assert not re.search(NEVER, text, re.IGNORECASE)


@pytest.mark.slow
def test_another_process_writes_the_same_bytes(content):
    """Nothing hangs on the order of a set, on the time or on the place."""
    code = """
import sys, hashlib
sys.path.insert(0, "tests")
from test_report_slide import BRIDGE, results, sample_forecast, slide, with_money
print(hashlib.sha256(slide(results(with_money(sample_forecast()), bridge=BRIDGE))).hexdigest())
"""
    found = {
        subprocess.run(
            [sys.executable, "-c", code], env=os.environ | {"PYTHONHASHSEED": seed}, cwd=ROOT, check=True,
            capture_output=True, text=True,
        ).stdout
        for seed in ("1", "2")
    }  # fmt: skip
    assert found == {hashlib.sha256(content).hexdigest() + "\n"}


def test_the_last_sentence_is_on_how_far_to_trust():
    payload, track = sample_forecast(trials=400), {"held": 14, "of": 18, "what": "bookings", "chance": 0.5}
    past = {"verdict": ["Past 80 % ranges held 14 of 18 times."], "track_record": track}
    with look():
        plain, good, bad = (
            " ".join(text for text, _ in texts(slide_figure(results(payload, **answers)))[0])
            for answers in (
                {}, {"track": past}, {"track": past | {"track_record": track | {"held": 4, "chance": 0.001}}}
            )
        )  # fmt: skip
    assert "Beware 12 open deals are past their close date" in plain
    assert "Track record Past 80 % ranges held 14 of 18 times." in good and "Beware" not in good
    assert "Beware Read these ranges as too narrow: past 80 % ranges of bookings held only 4 of 18" in bad


def test_a_failed_check_is_what_the_slide_says():
    payload = sample_forecast(trials=400, passed=False)
    with look():
        drawn = [text for text, _ in texts(slide_figure(results(payload)))[0]]
    assert "SELF-CHECK FAILED: simulated and exact averages differ by more than" in " ".join(drawn)
    assert "Do not use these numbers" in " ".join(drawn)
    assert not any("will most likely land" in text for text in drawn)


def test_few_trials_have_a_walk_and_no_fan():
    with look():
        drawn = [text for text, _ in texts(slide_figure(results(sample_forecast(trials=1))))[0]]
    assert "already won" in drawn and "Bookings added up" not in drawn
    assert "in the only trial" in drawn and "The only trial has bookings of FY2026 at" in " ".join(drawn)


def test_lines_are_broken_by_the_measure_of_their_letters():
    text = "The plan of 10.9 is unlikely: 20 %, about 1 in 5 (8 chances in 10)."
    for width in range(60, 500, 20):
        lines = broken(text, width, 10)
        assert "".join(lines).replace(" ", "") == text.replace(" ", "")
        assert all(measure(line, 10) <= width for line in lines)
    whole = " / ".join(broken(text, 130, 10))
    assert "20 %" in whole and "1 in 5" in whole and "8 chances in 10" in whole


@pytest.mark.parametrize("text", ["W" * 10_000, "ab " * 5_000, "i" * 90])
def test_what_does_not_fit_is_cut_and_says_so(text):
    size, lines = fitted(text, 100, 2, (12, 10))
    assert size == 10 and len(lines) == 2 and lines[-1].endswith("…")
    assert all(measure(line, size) <= 100 for line in lines)
    assert fitted("short", 100, 2, (12, 10)) == (12, ["short"])
    assert clipped("short", 100, 10) == "short" and measure(clipped(text, 100, 10), 10) <= 100
