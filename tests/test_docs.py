"""The documentation runs: every block of it, and its generated pages are what the program says today."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from conftest import ROOT
from served import served

from simulator.cli import COMMANDS

DOCUMENTS = [*sorted((ROOT / "docs").glob("*.md")), ROOT / "README.md"]
BLOCK = re.compile(r"^```(?P<language>[^\n`]*)\n(?P<text>.*?)^```[ \t]*$", re.MULTILINE | re.DOTALL)
RUN = {"bash": ["bash", "-euo", "pipefail"], "python": [sys.executable, "-W", "error"]}
SHOWN = {"text", "console", "yaml", "json"}  # output, a session at a terminal, or part of a file
SLOW = (  # many simulations, or long ones
    *("tutorial.md", "compare.md", "segments.md", "explain.md", "goal.md", "bridge.md", "replay.md"),
    *("scale.md", "report.md", "README.md", "recipes.md", "databases.md"),
)
BUILT_BY_CI = ("make ", "git clone ")
WHOLE = ("scale.md",)  # which is about processes and large runs: nothing is shortened
TRIALS = re.compile(r"--trials (\d+)")
ENOUGH = re.compile(r"^(simulator run (?!.*--trials).*)(?<!\\)$", re.MULTILINE)
"""A run of as many trials as it needs; `test_sample` keeps one whole."""


def blocks(document):
    found = BLOCK.finditer(document.read_text(encoding="utf-8"))
    return [(match["language"].strip(), match["text"]) for match in found]


def runnable(document):
    return [
        (language, text)
        for language, text in blocks(document)
        if language in RUN and not (language == "bash" and text.startswith(BUILT_BY_CI))
    ]


@pytest.fixture(scope="session")
def ready(tmp_path_factory):
    """A folder for the PATH with a `simulator` that need not import what the command before it did."""
    with served(folder := tmp_path_factory.mktemp("served")):
        yield folder


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_every_block_says_what_it_is(document):
    languages = {language for language, _ in blocks(document)}
    assert languages <= RUN.keys() | SHOWN, f"{document.name}: {languages - RUN.keys() - SHOWN}"


def short(text):
    """Commands with a tenth of their trials, but a hundred; runs that leave them open have 400."""
    return ENOUGH.sub(r"\1 --trials 400", TRIALS.sub(fewer, text))


def fewer(trials):
    asked = int(trials[1])
    return f"--trials {min(asked, max(asked // 10, 100))}"


@pytest.mark.parametrize(
    "document",
    [
        pytest.param(d, id=d.name, marks=[pytest.mark.slow] if d.name in SLOW else [])
        for d in DOCUMENTS
        if runnable(d)
    ],
)
def test_every_block_runs(document, tmp_path, ready):
    """Its commands with a tenth of the trials: what they say with more is other tests'."""
    shutil.copytree(ROOT / "scenarios", tmp_path / "scenarios")
    (tmp_path / "simulator.toml").touch()  # a clone is one project
    shortened = document.name not in WHOLE
    programs = [str(ready)] * shortened + [str(Path(sys.executable).parent)]
    environment = os.environ | {
        "PATH": os.pathsep.join((*programs, os.environ["PATH"])),
        "NO_COLOR": "1",
        "PYTHONPATH": str(ROOT),
    }
    for language, text in runnable(document):
        script = tmp_path / f".block.{language}"
        script.write_text(short(text) if shortened else text, encoding="utf-8")
        command = [*RUN[language], script]
        done = subprocess.run(
            command, cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=300
        )
        assert done.returncode == 0, f"{document.name}:\n{text}\n{done.stdout[-2000:]}\n{done.stderr[-4000:]}"


def test_generated_pages_are_fresh(tmp_path):
    subprocess.run([sys.executable, ROOT / "docs" / "generate.py", tmp_path], check=True)
    for name in ("cli.md", "errors.md", "formats.md"):
        committed = (ROOT / "docs" / name).read_text(encoding="utf-8")
        assert committed == (tmp_path / name).read_text(encoding="utf-8"), f"docs/{name} is stale: make docs"


def test_every_command_is_documented():
    text = (ROOT / "docs" / "cli.md").read_text(encoding="utf-8")
    for name in COMMANDS:
        assert f"\n## simulator {name}\n" in text


def test_every_relative_link_leads_somewhere():
    for document in DOCUMENTS:
        for target in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", document.read_text(encoding="utf-8")):
            assert (document.parent / target).exists(), f"{document.name} links to {target}"


def test_what_is_promised_names_tests_that_exist():
    """SECURITY.md says of each promise what tests it."""
    promised = (ROOT / "SECURITY.md").read_text(encoding="utf-8")
    files = {path.name: path.read_text(encoding="utf-8") for path in (ROOT / "tests").glob("test_*.py")}
    named = set(re.findall(r"test_\w+(?:\.py)?", promised))
    known = files.keys() | {name for text in files.values() for name in re.findall(r"def (test_\w+)", text)}
    assert len(named) > 20 and named <= known, named - known
