import importlib.util
import json
import os
import shutil
import signal
import subprocess
from pathlib import Path

import pytest
from hypothesis import settings

ROOT = Path(__file__).resolve().parent.parent
EXAMPLES = ROOT / "simulator" / "report" / "codes" / "examples.json"

# The tests are as many at once as there are cores: threads of numpy's own would only wait for one another.
os.environ.setdefault("OMP_NUM_THREADS", "1")

# A shell that runs tests in the background lets them ignore Ctrl-C, and so would every program they start.
if signal.getsignal(signal.SIGINT) == signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

# A busy machine is no bug: no test fails for a slow example. The examples are the same each time, so that a
# change fails for what it changed; HYPOTHESIS_PROFILE=search looks for new ones.
settings.register_profile("steady", deadline=None, derandomize=True, database=None)
settings.register_profile("search", deadline=None, max_examples=1000)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "steady"))

LONGEST = (
    *(
        "docs.py::test_every_block_runs[tutorial",
        "docs.py::test_every_block_runs",
        "hostile.py",
        "evidence.py",
    ),
    *("sample.py", "unfinished.py", "fuzzing.py", "learned_coverage.py", "browser.py", "fast.py"),
    *("report_names.py", "bridge.py", "scenarios.py", "cli_bridge.py", "learning_splitting.py"),
    *("cli_learning.py", "planted_money.py", "segments.py", "cluster.py"),
)
"""What takes longest among the slow tests: by file, or a part of one."""


def pytest_collection_modifyitems(items):
    """Begin with the longest, so that at the end no worker is left alone with one of them."""

    def rank(item):
        name = item.nodeid.removeprefix("tests/test_") if item.get_closest_marker("slow") else ""
        return next((n for n, long in enumerate(LONGEST) if name.startswith(long)), len(LONGEST))

    items.sort(key=rank)


def pytest_addoption(parser):
    parser.addoption("--write-golden", action="store_true", help="rewrite the pinned numbers")


@pytest.fixture(scope="session")
def write_golden(request):
    """Whether pinned numbers are to be rewritten instead of compared."""
    return request.config.getoption("--write-golden")


@pytest.fixture(scope="session")
def examples(write_golden):
    """Messages that `simulator explain-error` shows, by code; `make golden` keeps what tests put here."""
    kept = json.loads(EXAMPLES.read_text("utf-8"))
    yield kept
    if write_golden:
        EXAMPLES.write_text(
            json.dumps(dict(sorted(kept.items())), ensure_ascii=False, indent=1) + "\n", "utf-8"
        )


@pytest.fixture
def pinned(examples, write_golden, tmp_path):
    """Hold a message against the example of its code: `pinned("D014", str(problem))`."""

    def hold(code, text):
        text = text.strip().replace(str(tmp_path), "/home/you/sales")
        if write_golden:
            examples[code] = text
        assert examples.get(code) == text, f"the example of {code} is another one: make golden"

    return hold


@pytest.fixture(scope="session")
def shared_data():
    """The folder of public data beside the repository; it is never committed."""
    folder = ROOT.parent / "shared" / "data"
    if not folder.is_dir():
        pytest.skip("NOT RUN: the public data is not here (expected in ../shared/data beside the repository)")
    return folder


@pytest.fixture
def unreported(monkeypatch):
    """Leave reports unwritten, half of a small run's time; what they say is another test's."""
    monkeypatch.setattr("simulator.report.editions.write_editions", lambda *_: [])


@pytest.fixture
def undrawn(monkeypatch, unreported):
    """Leave figures and reports out, most of a small run's time; what they look like is another test's."""
    monkeypatch.setattr(
        "matplotlib.figure.Figure.savefig", lambda self, file, format, **_: file.write(format.encode())
    )


@pytest.fixture
def fast(monkeypatch):
    """Set whether compiled loops play: `fast(True)`; CI is not let off where numba is missing."""
    if importlib.util.find_spec("numba") is None:
        assert not os.environ.get("CI"), "numba is missing: pip install '.[fast]'"
        pytest.skip(
            "NOT RUN: numba is not installed, so no compiled loop was looked at (pip install '.[fast]')"
        )
    return lambda on: monkeypatch.setenv("SIMULATOR_FAST", "on" if on else "off")


@pytest.fixture(scope="session")
def browser():
    """Debian's Chromium, driven by Playwright; CI is not let off where it is missing."""
    from playwright.sync_api import sync_playwright

    program = _program("chromium", "chromium")
    root = ["--no-sandbox"] if os.geteuid() == 0 else []
    with sync_playwright() as driver:
        chromium = driver.chromium.launch(executable_path=program, args=root)
        yield chromium
        chromium.close()


@pytest.fixture(scope="session")
def office(tmp_path_factory):
    """What LibreOffice makes of a file, as `office(path, "xlsx", folder)`; CI may not lack it."""
    program = _program("soffice", "libreoffice-calc-nogui")
    profile = tmp_path_factory.mktemp("office").as_uri()

    def converted(path, form, folder):
        subprocess.run(
            [program, f"-env:UserInstallation={profile}", "--headless", "--convert-to", form,
             "--outdir", folder, path],
            check=True, capture_output=True, timeout=300,
        )  # fmt: skip
        return folder / f"{path.stem}.{form.split(':')[0]}"

    return converted


@pytest.fixture(scope="session")
def postgres():
    """A PostgreSQL server on loopback; CI may not lack it."""
    import postgres_server

    if postgres_server.programs() is None:
        assert not os.environ.get("CI"), "PostgreSQL is missing: apt-get install postgresql"
        pytest.skip("NOT RUN: there is no PostgreSQL here (Debian: apt-get install postgresql)")
    with postgres_server.server() as server:
        yield server


def _program(name, package):
    found = shutil.which(name)
    if found is None:
        assert not os.environ.get("CI"), f"{name} is missing: apt-get install {package}"
        pytest.skip(f"NOT RUN: there is no {name} here (Debian: apt-get install {package})")
    return found
