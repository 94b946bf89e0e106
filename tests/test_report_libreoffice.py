"""report.xlsx through LibreOffice and back: nothing is lost, no cell changes, and every sheet prints."""

import pytest
from openpyxl import load_workbook
from pypdf import PdfReader
from sample_results import sample_results
from test_report_workbook import HOSTILE

from simulator.report.workbook import workbook

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    """report.xlsx of a made-up run, half of whose names mean to break it."""
    path = tmp_path_factory.mktemp("written") / "report.xlsx"
    names = ("Acme", *HOSTILE, "Bolt")
    path.write_bytes(workbook(sample_results(names, segments=("smb", "=1+1", "&<b>"), deals=60)))
    return path


def cells(path):
    """Return what stands in each cell of each sheet; formulas by what they came to."""
    book = load_workbook(path, data_only=True)
    return {
        (sheet.title, cell.coordinate): cell.value
        for sheet in book for row in sheet.iter_rows() for cell in row if cell.value is not None
    }  # fmt: skip


def test_there_and_back_is_the_same(written, office, tmp_path):
    before, after = cells(written), cells(office(written, "xlsx", tmp_path))
    assert len(before) > 4000
    assert set(before) == set(after)
    other = {place for place, value in before.items() if not same(value, after[place])}
    assert not {place: (before[place], after[place]) for place in sorted(other)[:5]}


def same(one, other):
    """Tell whether two cells hold the same; LibreOffice writes the first fifteen digits of a number."""
    if isinstance(one, int | float) and isinstance(other, int | float):
        return abs(one - other) <= 5e-15 * abs(one)
    return one == other


def test_every_sheet_prints_and_the_first_on_one_page(written, office, tmp_path):
    pages = [page.extract_text() for page in PdfReader(office(written, "pdf", tmp_path)).pages]
    sheets = load_workbook(written).sheetnames
    feet = (page.partition("\n")[0] for page in pages)  # what stands below a page comes first in its text
    printed = [next(name for name in sheets if f" {name} " in foot) for foot in feet]
    assert list(dict.fromkeys(printed)) == sheets
    assert printed.count("Summary") == printed.count("Charts") == 1
