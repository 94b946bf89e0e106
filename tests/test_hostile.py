"""Hostile names: nothing runs and nothing breaks, and each rule that sees to it is needed."""

import csv

import pytest
from click.testing import CliRunner
from hostile import PAYLOADS
from hostile_company import PLACES, harmless, write_company
from hostile_outputs import (
    beginning,
    block_faults,
    cell_faults,
    character_faults,
    csv_faults,
    drawing_faults,
    edition,
    figure,
    folder_faults,
    mark_faults,
    page_faults,
    screen_faults,
    shell_faults,
    slide_faults,
    svg_faults,
    wiki_faults,
    with_name,
    workbook_faults,
    yaml_faults,
)
from hostile_rules import RULES, do_without

from simulator.cli import main
from simulator.report.compare import comparison_text
from simulator.report.editions import EDITIONS
from simulator.report.explain import explanation_text
from simulator.report.goal import goal_text
from simulator.report.page import html
from simulator.report.results import results_of
from simulator.report.screen import first_screen
from simulator.report.segments import segments_text
from simulator.report.tables import detail_tables, table_by

ANSWERS = {
    "compare": comparison_text,
    "explain": explanation_text,
    "goal": goal_text,
    "segments": segments_text,
}


def simulator(*arguments):
    result = CliRunner().invoke(main, list(map(str, arguments)))
    assert result.exit_code == 0, result.output + repr(result.exception)
    return result.stdout


def ask_all(run, target, only=None):
    """Ask every further question about a run, or one of them; return what is printed."""
    questions = [
        ("explain", run, "--trials", 20),
        ("goal", run, "--target", target, "--chance", "50%", "--lever", "price", "--trials", 20),
        ("segments", run, "--trials", 20),
        ("replay", run, "--at", "low"),
        ("show", run),
    ]
    return [simulator(*question) for question in (questions if only is None else [questions[only]])]


@pytest.fixture(scope="module")
def company(tmp_path_factory):
    """The results of a company of harmless names, with every answer."""
    folder, names = tmp_path_factory.mktemp("company"), harmless()
    path = write_company(folder, names, [f"Text{number:02d}" for number in range(100)])
    simulator("run", path, "--out", folder / "run")
    ask_all(folder / "run", names["target"])
    return results_of(folder / "run", "run")


@pytest.fixture(scope="module")
def usual(company):
    """What it looks like where no name is hostile."""
    return {form: edition(company, form) for form in EDITIONS}


def screens(results):
    """What stands in a terminal."""
    payload = results.forecast
    shown = [first_screen(payload, "run/", results.command("explain")), detail_tables(payload)]
    shown += [table_by(payload, by) for by in ("month", "segment", "source")]
    return "\n".join(shown + [tell(results.answer(name)) for name, tell in ANSWERS.items()])


@pytest.fixture
def harm(company, usual, tmp_path):
    """What is wrong with an output that holds a hostile name: `harm("html", text)`."""

    def result(text):
        return with_name(company, text)

    kinds = {
        "html": lambda text: page_faults(edition(result(text), "html"), usual["html"], text),
        "md": lambda text: wiki_faults(edition(result(text), "md"), usual["md"], text),
        "xlsx": lambda text: workbook_faults(edition(result(text), "xlsx"), usual["xlsx"], text),
        "slide": lambda text: slide_faults(edition(result(text), "slide"), text),
        "screen": lambda text: screen_faults(screens(result(text)), text),
        "figure": lambda text: svg_faults(figure(result(text), "funnel"), text),
        "block": block_faults,
        "drawing": drawing_faults,
        "cell": cell_faults,
        "csv": lambda text: csv_faults(text, tmp_path),
        "yaml": yaml_faults,
        "folder": folder_faults,
        "wiki": mark_faults,
        "shell": lambda text: shell_faults(text, tmp_path),
    }

    def found(kind, text):
        try:
            return [f"{kind}: {fault}" for fault in kinds[kind](text)]
        except Exception as error:  # whatever it is, somebody has no report
            return [f"{kind}: {error!r}"]

    return found


def payloads(rule):
    return [payload.text for payload in PAYLOADS if payload.rule == rule]


def told(found):
    """Findings that pytest can print."""
    return {
        ascii(text[:40]): [fault[:100] for fault in faults[:3]] for text, faults in found.items() if faults
    }


def test_no_two_payloads_are_the_same_and_each_rule_has_some():
    assert len(PAYLOADS) >= 100
    assert len({payload.text for payload in PAYLOADS}) == len(PAYLOADS)
    assert {payload.rule for payload in PAYLOADS} == set(RULES)


@pytest.mark.slow
@pytest.mark.parametrize("rule", RULES)
def test_no_payload_does_harm(harm, rule):
    everywhere = dict.fromkeys(("html", "wiki", "yaml", RULES[rule].seen if RULES[rule].kept else "html"))
    found = {text: [one for kind in everywhere for one in harm(kind, text)] for text in payloads(rule)}
    for text in filter(can_stand_in_a_file, found):
        found[text] += harm("csv", text) + harm("folder", text)
    assert told(found) == {}


@pytest.mark.slow
@pytest.mark.parametrize("rule", [rule for rule in RULES if RULES[rule].kept])
def test_without_its_rule_every_payload_does_harm(harm, rule, monkeypatch):
    for text in payloads(rule):
        beginning(text)  # as it is shown with the rule
    do_without(RULES[rule], monkeypatch)
    try:
        harmless = [ascii(text[:40]) for text in payloads(rule) if not harm(RULES[rule].seen, text)]
    finally:
        monkeypatch.undo()
        html._environment.cache_clear()
    assert harmless == []


ACTIVE = ("page", "page attribute", "drawing", "value", "script")
CALLED = "window.hurt = () => { window.called = true; }; window.alert = window.hurt;"


def visit(browser, content, path):
    """What a page does that it must not, in a browser in which `hurt` is a function."""
    path.write_bytes(content)
    context = browser.new_context()
    page, wrong = context.new_page(), []
    page.on("console", lambda said: wrong.append(said.text) if said.type == "error" else None)
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.on("request", lambda request: wrong.append(request.url) if request.url != path.as_uri() else None)
    page.add_init_script(CALLED)
    page.goto(path.as_uri())
    for element in page.locator("select, summary, svg").all()[:12]:
        element.dispatch_event("mouseover")
    wrong += ["a script has run"] if page.evaluate("window.called") else []
    wrong += ["elements"] * (
        page.locator("img, iframe, object, embed, form, base, a[href^=javascript]").count() > 0
    )
    context.close()
    return wrong


@pytest.mark.slow
def test_nothing_happens_in_a_browser(browser, company, tmp_path):
    texts = [payload.text for payload in PAYLOADS if payload.rule in ACTIVE]
    for start in range(0, len(texts), 8):
        content = edition(with_name(company, *texts[start : start + 8]), "html")
        assert visit(browser, content, tmp_path / f"{start}.html") == []


@pytest.mark.slow
def test_the_scripts_of_names_are_not_let_in_even_where_they_stand_in_the_page(
    browser, company, tmp_path, monkeypatch
):
    """Without escapes the policy is what is left; without the policy too, scripts run: so both are needed."""
    hostile = with_name(company, "<script>hurt()</script><img src=x onerror=hurt()>")
    do_without(RULES["page"], monkeypatch)
    let_in = visit(browser, edition(hostile, "html"), tmp_path / "policy.html")
    assert "a script has run" not in let_in and any("Content Security Policy" in said for said in let_in)
    monkeypatch.setattr(html, "POLICY", "default-src * 'unsafe-inline' data: file:{}{}")
    assert "a script has run" in visit(browser, edition(hostile, "html"), tmp_path / "none.html")
    monkeypatch.undo()
    html._environment.cache_clear()


@pytest.mark.slow
def test_the_script_makes_no_html_of_names(browser, company, tmp_path, monkeypatch):
    own, there = html._part("page.js"), 'select.append(new Option(value || "(none)", "=" + value))'
    assert there in own
    planted = own.replace(there, 'select.insertAdjacentHTML("afterend", value)')
    part = html._part
    monkeypatch.setattr(html, "_part", lambda name: planted if name == "page.js" else part(name))
    harmless = [
        text for text in payloads("script")
        if not visit(browser, edition(with_name(company, text), "html"), tmp_path / "x.html")
    ]  # fmt: skip
    assert harmless == []


def can_stand_in_a_file(text):
    """Whether a table in UTF-8 can hold a text; NUL is refused when it is read."""
    return "\0" not in text and text.encode("utf-8", "ignore").decode() == text


@pytest.mark.slow
def test_companies_of_hostile_names_are_forecast(tmp_path, usual):
    """From tables to all that a run and its questions leave: nothing stops, nothing reaches a terminal."""
    chosen = [payload.text.strip() for payload in PAYLOADS if payload.rule not in (*ACTIVE, "wiki", "cell")]
    texts = [text for text in chosen if text and can_stand_in_a_file(text)]
    short = list(dict.fromkeys(text[:600].strip() for text in texts))
    for start in range(0, len(short), len(PLACES)):
        turned = short[start:] + short[:start]
        folder = tmp_path / str(start)
        folder.mkdir()
        names = dict(zip(PLACES, turned, strict=False))
        path = write_company(folder, names, texts[start:] + texts[:start])
        shown = [simulator("run", path, "--out", folder / "run", "--by", "segment", "--by", "region")]
        question = start // len(PLACES) % 5
        shown += ask_all(folder / "run", names["target"], question)
        assert screen_faults("\n".join(shown).replace(str(folder), ""), "") == []
        results = results_of(folder / "run")
        with (folder / "deals.csv").open(encoding="utf-8", newline="") as file:
            ids = {row["id"].strip() for row in csv.DictReader(file)}
        assert {row["id"] for row in results.deals} <= ids
        assert all(svg_faults(p.read_bytes(), "") == [] for p in (folder / "run" / "figures").glob("*.svg"))
        assert slide_faults((folder / "run" / "slide.pdf").read_bytes(), "") == []
        page = (folder / "run" / "report.html").read_bytes()
        assert character_faults(page.decode(), "\n") == []
