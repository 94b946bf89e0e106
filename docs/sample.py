"""Write reports/sample anew: the report of a firm with all that can be asked of it, and a picture of it.

Run it as `python docs/sample.py` where the repository is.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

from PIL import Image

ROOT = Path(__file__).resolve().parent.parent
SAMPLE = "reports/sample"
RUN = ("run", "scenarios/saas-hardware", "--out", SAMPLE)
COMPARE = (
    *("compare", SAMPLE, "--case", "half the new deals: segments.*.new_pipeline.per_month *= 0.5"),
    *("--case", "deals close a month later: segments.*.close_date.delay = 1m"),
)
LONG = (("explain", SAMPLE), ("segments", SAMPLE), ("goal", SAMPLE, "--chance", "60%"))
"""What takes most of the time: their answers are kept with the report."""
REPORT = ("report", SAMPLE)
KEPT = ("report.html", "report.xlsx", "slide.pdf", "report.png", "run.json")
"""What the repository keeps, beside those answers; the rest of the folder comes back with `make sample`."""
WIDTH, HEIGHT = 1280, 1040
COLOURS = 128


def main() -> None:
    """Write the folder."""
    os.chdir(ROOT)
    shutil.rmtree(SAMPLE, ignore_errors=True)
    for command in (RUN, COMPARE, *LONG, REPORT):
        print("simulator", *command, flush=True)
        subprocess.run([sys.executable, "-m", "simulator", *command], check=True, stdout=subprocess.DEVNULL)
    picture(Path(SAMPLE))


def picture(folder: Path) -> None:
    """Take a picture of the page's top, as a browser shows it, for the README."""
    browser = shutil.which("chromium")
    if browser is None:
        print("no picture was taken: there is no chromium")
        return
    page, target = (folder / "report.html").resolve(), folder / "report.png"
    options = ["--headless", "--hide-scrollbars", "--force-device-scale-factor=1"]
    options += [f"--window-size={WIDTH},{HEIGHT}", f"--screenshot={target.resolve()}"]
    options += ["--no-sandbox"] if os.geteuid() == 0 else []
    subprocess.run([browser, *options, page.as_uri()], check=True, stderr=subprocess.DEVNULL)
    Image.open(target).convert("RGB").quantize(COLOURS).save(target, optimize=True)


if __name__ == "__main__":
    main()
