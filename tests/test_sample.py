"""The sample that the repository keeps is what the program writes today."""

import io
import json
import re
import runpy
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path
from types import SimpleNamespace

import pypdf
import pytest
from conftest import ROOT
from PIL import Image

from simulator.report.editions import EDITIONS, USUAL
from simulator.report.results import results_of

sample = SimpleNamespace(**runpy.run_path(str(ROOT / "docs" / "sample.py")))  # which writes it
FOLDER = ROOT / sample.SAMPLE
ANSWERS = tuple(f"{command[0]}.json" for command in sample.LONG)
AGAIN = "the sample is out of date: make sample"


def test_the_sample_is_there_and_small():
    sizes = {name: (FOLDER / name).stat().st_size for name in (*sample.KEPT, *ANSWERS)}
    assert sizes["report.png"] <= 300_000 and sum(sizes.values()) <= 1_500_000, sizes
    with Image.open(FOLDER / "report.png") as picture:
        assert picture.size == (sample.WIDTH, sample.HEIGHT)


def test_git_keeps_that_and_no_more():
    lines = (ROOT / ".gitignore").read_text("utf-8").split()
    start = f"!/{sample.SAMPLE}/"
    kept = {line.removeprefix(start) for line in lines if line.startswith(start)}
    assert kept - {""} == {*sample.KEPT, *ANSWERS} and f"/{sample.SAMPLE}/*" in lines


def test_it_names_no_place_of_the_machine_that_wrote_it():
    for name in ("report.html", "run.json", *ANSWERS):
        text = (FOLDER / name).read_text("utf-8")
        assert not re.search(r"/(?:root|home|work|tmp|Users)/", text), name
        assert sample.SAMPLE in text or name != "report.html"


def test_the_readme_shows_it():
    text = (ROOT / "README.md").read_text("utf-8")
    assert f"]({sample.SAMPLE}/report.png)](" in text
    assert all(f"({sample.SAMPLE}/{name})" in text for name in ("report.html", "report.xlsx", "slide.pdf"))


def parts(name: str, content: bytes) -> object:
    """Return what a file holds, however it was compressed."""
    if name.endswith(".xlsx"):
        with zipfile.ZipFile(io.BytesIO(content)) as book:
            return {part: book.read(part) for part in book.namelist()}
    if name.endswith(".pdf"):
        page = pypdf.PdfReader(io.BytesIO(content)).pages[0]
        return page.get_contents().get_data(), page.extract_text()
    return content


@pytest.mark.slow
def test_it_is_what_the_program_writes_today(tmp_path, monkeypatch):
    """Everything is done anew but for the longest answers, which are taken as they are kept."""
    shutil.copytree(ROOT / "scenarios" / "saas-hardware", tmp_path / sample.RUN[1])
    monkeypatch.chdir(tmp_path)
    for command in (sample.RUN, sample.COMPARE):
        subprocess.run([sys.executable, "-m", "simulator", *command, "-q"], check=True, capture_output=True)
    folder = Path(sample.SAMPLE)
    today = json.loads((folder / "run.json").read_text("utf-8"))
    for name in ("run.json", *ANSWERS):
        shutil.copy(FOLDER / name, folder / name)
    kept = json.loads((folder / "run.json").read_text("utf-8"))
    aside = ("versions", "started", "finished", "files")
    assert [today[k] for k in today if k not in aside] == [kept[k] for k in kept if k not in aside], AGAIN
    results = results_of(folder)
    for name, make in map(EDITIONS.__getitem__, USUAL):
        assert parts(name, make(results)) == parts(name, (FOLDER / name).read_bytes()), f"{name}: {AGAIN}"
