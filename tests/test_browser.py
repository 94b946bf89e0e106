"""The report as its readers meet it: in a browser, on a phone, in the dark, on paper, without scripts."""

import io
import re
import unicodedata
from contextlib import chdir, contextmanager

import pypdf
import pytest
from axe_playwright_python.sync_playwright import Axe
from click.testing import CliRunner
from conftest import ROOT

from benchmarks.report import large_run, opening
from simulator.cli import main

pytestmark = pytest.mark.slow
SMALL = """
version: 1
name: small
as_of: 2026-10-31
horizon: 14m
currency: EUR
data: {deals: deals.csv}
segments:
  all:
    stages: {Talk: {close: 0.2}, Offer: {close: 0.6}}
    cycle: {median: 90d}
    new_pipeline: none
"""
ROWS = {
    "no deals": "",
    "one deal": "D1,Acme,Offer,20000\n",
    "weekly": "".join(f"D{n},Acme {n},{('Talk', 'Offer')[n % 2]},{9000 + 700 * n}\n" for n in range(20)),
}
KINDS = ("sample", "rich", "saas-hardware", "article", "one trial", "learned", *ROWS)
PHONE, DESK = 390, 1280
PAPER = 1046
"""Pixels across A4 between the margins, as the page turns and cuts it."""
BEYOND = """(width) => [...document.querySelectorAll("body *")]
  .filter((e) => !e.closest(".scroll, nav") && e.checkVisibility()
    && e.getBoundingClientRect().right > width + 1)
  .map((e) => e.outerHTML.slice(0, 150))"""
"""What reaches beyond the page's width, but for what scrolls in a box of its own."""
CUT = """() => [...document.querySelectorAll(".scroll, section, figure, svg text")]
  .filter((e) => e.checkVisibility() && (e.getBoundingClientRect().right > innerWidth + 1
    || !e.closest("svg") && e.scrollWidth > e.clientWidth + 1))
  .map((e) => e.outerHTML.slice(0, 150))"""
"""What reaches beyond the paper or its own box, which does not scroll there."""
LAST = """() => [...document.querySelectorAll("table")].filter((t) => t.checkVisibility())
  .map((t) => [...t.tBodies[0].rows].filter((r) => r.checkVisibility()).at(-1)).filter((r) => r)
  .map((r) => [...r.cells].map((c) => c.innerText))"""
"""The cells of the last row of each table."""
CONTROLS = r"Find|all|\(none\)|Drag the target, or move it by the arrow keys\.|\d+ of \d+"


def simulator(*arguments):
    result = CliRunner().invoke(main, list(map(str, arguments)))
    assert result.exit_code == 0, result.output + repr(result.exception)


def make(kind, folder):
    """Make the report of a kind of run; return its run's folder."""
    scenarios, run = ROOT / "scenarios", folder / "run"
    if kind == "sample":
        return ROOT / "reports" / "sample"  # the company of the README, with every answer, as it is committed
    if kind == "rich":
        path = scenarios / "baseline.yaml"
        simulator("run", path, "--trials", 60, "--as-of", "2026-10-30")
        simulator("run", path, "--trials", 60)
        run = folder / "reports" / "baseline" / "latest"
        simulator("explain", run, "--trials", 40)
        simulator("segments", run, "--trials", 40)
        simulator("goal", run, "--target", "plan-2027", "--chance", "50%", "--lever", "price", "--trials", 40)
        simulator("compare", run, scenarios / "downturn.yaml", "--trials", 40, "--out", run)
        simulator("report", run)
    elif kind == "learned":
        history = scenarios / "history"
        simulator(
            "fit", history / "events.csv", history / "deals.csv", "-o", folder / "learned", "--draws", 100
        )
        simulator("run", folder / "learned" / "scenario.yaml", "--trials", 60, "--out", run)
    elif kind in ROWS:
        (folder / "small.yaml").write_text(SMALL)
        (folder / "deals.csv").write_text(f"id,customer,stage,amount\n{ROWS[kind]}")
        more = ("--set", f"period={'week' if kind == 'weekly' else 'month'}")
        simulator("run", folder / "small.yaml", "--trials", 60, *more, "--out", run)
    else:
        path = scenarios / ("saas-hardware" if kind == "saas-hardware" else "article-2010.yaml")
        simulator("run", path, "--trials", 1 if kind == "one trial" else 60, "--out", run)
    return run


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    """The run's folder of each kind, made when it is asked for."""
    found = {}

    def made(kind):
        if kind not in found:
            with chdir(folder := tmp_path_factory.mktemp(kind.replace(" ", "-"))):
                found[kind] = make(kind, folder).resolve()
        return found[kind]

    return made


@contextmanager
def opened(browser, path, width=DESK, **options):
    """A page from disk, which nothing may leave and on which nothing may go wrong."""
    context = browser.new_context(viewport={"width": width, "height": 900}, **options)
    page, wrong = context.new_page(), []
    page.on("console", lambda said: wrong.append(said.text) if said.type in ("error", "warning") else None)
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.on("dialog", lambda dialog: (wrong.append(f"dialog {dialog.message}"), dialog.dismiss()))

    def only_itself(route):
        if route.request.url == path.as_uri():
            return route.continue_()
        wrong.append(f"request {route.request.url}")
        return route.abort()

    context.route("**/*", only_itself)
    page.goto(path.as_uri())
    yield page
    assert wrong == []
    context.close()


@pytest.mark.parametrize("kind", KINDS)
def test_the_page_is_sound_wherever_it_is_read(browser, runs, kind):
    path = runs(kind) / "report.html"
    for width, scheme in ((PHONE, "light"), (DESK, "dark"), (PHONE, "dark"), (DESK, "light")):
        if kind != "rich" and (width, scheme) == (DESK, "light"):
            continue
        with opened(browser, path, width, color_scheme=scheme) as page:
            assert page.evaluate("document.documentElement.scrollWidth") <= width
            assert page.evaluate(BEYOND, width) == []
            found = Axe().run(page).response["violations"]
            assert [(v["id"], [n["html"][:150] for n in v["nodes"][:2]]) for v in found] == [], (
                width,
                scheme,
            )


@pytest.mark.parametrize("kind", KINDS)
def test_nothing_is_lost_without_scripts(browser, runs, kind):
    path = runs(kind) / "report.html"
    with opened(browser, path) as page:
        with_script = lines(page)
    with opened(browser, path, java_script_enabled=False) as page:
        without = lines(page)
    assert without and [line for line in without if line not in with_script] == []
    more = [line for line in with_script if line not in without]
    assert [line for line in more if not re.fullmatch(CONTROLS, line)] == []


def lines(page):
    """What is read on a page, without the choices of filters, whose texts stand in their table too."""
    page.evaluate("document.querySelectorAll('.filter').forEach((box) => box.remove())")
    return [line.strip() for line in re.split(r"[\n\t]", page.inner_text("body")) if line.strip()]


@pytest.mark.parametrize("kind", KINDS)
def test_the_page_prints_whole(browser, runs, kind):
    with opened(browser, runs(kind) / "report.html", PAPER) as page:
        loud, numbers = page.inner_text(".loud"), page.locator(".numbers dd").all_inner_texts()
        paper = [text(one) for one in pypdf.PdfReader(io.BytesIO(page.pdf(prefer_css_page_size=True))).pages]
        page.emulate_media(media="print")
        cut = page.evaluate(CUT)
        rows = page.evaluate(LAST)
    assert len(paper) <= 5 and numbers
    assert squeezed(loud) in paper[0]
    assert [number for number in numbers if squeezed(number.splitlines()[0]) not in paper[0]] == []
    assert cut == []
    assert [row for row in rows if any(squeezed(cell) not in "".join(paper) for cell in row)] == []


def text(page):
    return squeezed(page.extract_text())


def squeezed(words):
    """A text as it can be found in a PDF, whose lines end elsewhere and which joins letters."""
    return re.sub(r"\s+", "", unicodedata.normalize("NFKC", words))


def test_the_curve_answers_to_mouse_and_keys(browser, runs):
    with opened(browser, runs("rich") / "report.html") as page:
        slider = page.get_by_role("slider").first
        slider.focus()

        def now():
            return float(slider.get_attribute("aria-valuenow")), slider.get_attribute("aria-valuetext")

        seen = {}
        for key in ("Home", "ArrowRight", "PageUp", "End", "ArrowLeft", "PageDown"):
            slider.press(key)
            seen[key] = now()
        assert seen["Home"][0] < seen["ArrowRight"][0] < seen["PageUp"][0] < seen["End"][0]
        assert seen["End"][0] > seen["ArrowLeft"][0] > seen["PageDown"][0]
        assert len({said for _, said in seen.values()}) == 6
        box = slider.locator(".plot").bounding_box()
        middle = box["y"] + box["height"] / 2
        page.mouse.move(box["x"] + 0.8 * box["width"], middle)
        page.mouse.down()
        right = now()
        page.mouse.move(box["x"] + 0.2 * box["width"], middle, steps=3)
        left = now()
        page.mouse.up()
        page.mouse.move(box["x"] + 0.9 * box["width"], middle)
        assert left[0] < right[0] and now() == left
        answer = squeezed(left[1].split(": ", 1)[1])
        assert answer in squeezed(slider.text_content())


def test_tables_sort_and_filter(browser, runs):
    with opened(browser, runs("rich") / "report.html") as page:
        table = page.locator("table[data-filters]").first
        heads = table.locator("thead th").all_inner_texts()
        for column in (0, heads.index("amount")):
            button = table.locator("thead th").nth(column).get_by_role("button")
            orders = []
            for _ in range(2):
                button.click()
                orders.append(table.locator(f"tbody tr > :nth-child({column + 1})").all_text_contents())
            assert orders[0] != orders[1] and sorted(orders[0]) == sorted(orders[1])
            assert orders[0] == orders[1][::-1] or len(set(orders[0])) < len(orders[0])
        amounts = [float(a.replace(",", "")) for a in orders[0]]
        assert amounts == sorted(amounts, reverse=True)
        box = page.locator(".filter").first
        choice = box.locator("select").first
        wanted = choice.locator("option").nth(1).inner_text()
        choice.select_option(index=1)
        shown = table.locator("tbody tr:visible > :nth-child(3)").all_inner_texts()
        assert set(shown) == {wanted}
        box.get_by_role("searchbox").fill("no such deal")
        assert table.locator("tbody tr:visible").count() == 0


def test_the_report_of_a_large_run_opens(browser, tmp_path):
    """5,000 deals over 24 months: a guard against hanging; `make bench ARGS="--only report"` measures."""
    run = large_run(tmp_path)
    assert (run / "report.html").stat().st_size <= 500_000
    assert min(opening(browser, run, 2)) < 2.5
