from pathlib import Path

import pytest
from hypothesis import settings

ROOT = Path(__file__).resolve().parent.parent

# A busy machine is no bug: no test fails for a slow example.
settings.register_profile("unhurried", deadline=None)
settings.load_profile("unhurried")


def pytest_addoption(parser):
    parser.addoption("--write-golden", action="store_true", help="rewrite the pinned numbers")


@pytest.fixture(scope="session")
def write_golden(request):
    """Whether pinned numbers are to be rewritten instead of compared."""
    return request.config.getoption("--write-golden")


@pytest.fixture(scope="session")
def shared_data():
    """The folder of public data beside the repository; it is never committed."""
    folder = ROOT.parent / "shared" / "data"
    if not folder.is_dir():
        pytest.skip("NOT RUN: the public data is not here (expected in ../shared/data beside the repository)")
    return folder
