"""Measure the report of a large run: its size, how long it takes to make, and to open from disk."""

from __future__ import annotations

import os
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from playwright.sync_api import Browser, sync_playwright

from benchmarks.measure import Figure, timed
from benchmarks.processes import PROGRAM, write_small_job
from simulator.report.editions import EDITIONS
from simulator.report.results import results_of

DEALS: Final = 5_000
FORMS: Final = ("html", "xlsx", "slide")


def large_run(folder: Path) -> Path:
    """Forecast 5,000 deals over 24 months; return the run's folder."""
    small, run = write_small_job(folder, DEALS), folder / "run"
    subprocess.run([*PROGRAM, "run", small, "--trials", "200", "--out", run], check=True, capture_output=True)
    return run


def report_figures(runs: int) -> Iterator[Figure | str]:
    """Yield the report's figures.

    Args:
        runs: of each.
    """
    with TemporaryDirectory() as place:
        folder = large_run(Path(place))
        results, spent = results_of(folder), {form: list[float]() for form in FORMS}
        for _ in range(runs + 1):  # the first loads what draws
            for form in FORMS:
                spent[form].append(timed(lambda form=form: EDITIONS[form][1](results))[0])
        together = [sum(times) for times in zip(*(spent[form][1:] for form in FORMS), strict=True)]
        yield Figure(f"HTML + XLSX + slide of {DEALS:,} deals × 24 months", together, "s", most=(4,))
        for form in FORMS:
            yield Figure(f"of it {form}", spent[form][1:], "s")
        size = (folder / "report.html").stat().st_size / 1000
        yield Figure("report.html", [size], "kB", most=(500,))
        if (program := shutil.which("chromium")) is None:
            yield "opening report.html: LEFT OUT, there is no chromium"
            return
        with chromium(program) as browser:
            yield Figure("opening it from disk in Chromium", opening(browser, folder, runs), "s", most=(0.5,))


@contextmanager
def chromium(program: str) -> Iterator[Browser]:
    """Hold Chromium open, without a window."""
    with sync_playwright() as driver:
        sandbox = ["--no-sandbox"] if os.geteuid() == 0 else []
        browser = driver.chromium.launch(executable_path=program, args=sandbox)
        yield browser
        browser.close()


def opening(browser: Browser, folder: Path, runs: int) -> list[float]:
    """Return the seconds from asking for report.html until it is loaded and drawn, in a new tab each."""
    spent = []
    for _ in range(runs + 1):
        page = browser.new_page(viewport={"width": 1280, "height": 900})
        begin = time.perf_counter()
        page.goto((folder / "report.html").as_uri())
        page.evaluate("new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")
        spent.append(time.perf_counter() - begin)
        page.close()
    return spent[1:]
