"""The page: its frame, its blocks, its first and last sections, and the same as Markdown."""

import base64
import hashlib
import re
from dataclasses import replace
from html.parser import HTMLParser

import pytest
from left import ASSUMPTIONS, BRIDGE, QUALITY, deal_rows, results
from sample_forecast import sample_forecast

from simulator import words
from simulator.report.blocks import (
    Cell,
    Fold,
    Number,
    Numbers,
    Part,
    Points,
    Section,
    Table,
    Text,
)
from simulator.report.page import data_quality, deals, headline, html, page, provenance, sections
from simulator.report.page.html import POLICY
from simulator.report.wiki import wiki

HOSTILE = '<script>alert(1)</script>"><img src=x onerror=alert(1)>'
VOID = {"meta", "img", "br", "input"}


class Page(HTMLParser):
    """The elements of a page, as (name, attributes, classes around)."""

    def __init__(self, content):
        super().__init__()
        self.elements, self.open, self.text = [], [], []
        self.feed(content.decode())

    def handle_starttag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))

    def handle_endtag(self, tag):
        assert self.open and self.open[-1] == tag, f"{tag} ends where {self.open[-3:]} are open"
        self.open.pop()

    def handle_data(self, data):
        if not {"style", "script"} & set(self.open):
            self.text.append(data)

    @property
    def words(self):
        return " ".join("".join(self.text).split())


def shown(monkeypatch, *blocks, key="all", title="All"):
    """The page of a report that consists of some blocks."""
    part = Part(lambda _: Section(key, title, blocks))
    monkeypatch.setattr(sections, "PARTS", (part,))
    return Page(page(results()))


# ---- the frame


def test_the_page_is_the_same_each_time_and_whole():
    first, second = page(results()), page(results())
    assert first == second and first.startswith(b"<!DOCTYPE html>") and first.endswith(b"</html>\n")
    read = Page(first)
    assert read.open == []
    names = [name for name, _ in read.elements]
    assert [names.count(one) for one in ("h1", "main", "header", "footer", "nav", "style", "script")] == [
        1
    ] * 7


def test_nothing_but_what_the_policy_names_is_let_in():
    content = page(results())
    read = Page(content)
    policy = next(a["content"] for n, a in read.elements if a.get("http-equiv") == "Content-Security-Policy")
    for tag, directive in (("style", "style-src"), ("script", "script-src")):
        inside = re.search(f"<{tag}>(.*?)</{tag}>", content.decode(), re.DOTALL)[1]
        digest = base64.b64encode(hashlib.sha256(inside.encode()).digest()).decode()
        assert f"{directive} 'sha256-{digest}'" in policy
    assert policy.startswith("default-src 'none'") and POLICY.count("{}") == 2
    for name, attributes in read.elements:
        assert not {"style", "src", "srcset", "action"} & attributes.keys(), (name, attributes)
        assert not any(key.startswith("on") for key in attributes), (name, attributes)
        assert attributes.get("href", "#").startswith("#")


def test_anchors_lead_to_sections():
    read = Page(page(results()))
    ids = {attributes["id"] for name, attributes in read.elements if name == "section"}
    links = [attributes["href"][1:] for name, attributes in read.elements if name == "a"]
    assert links and set(links) <= ids and len(set(links)) == len(links)


def test_own_script_stays_small():
    inside = re.search(r"<script>(.*?)</script>", page(results()).decode(), re.DOTALL)[1]
    assert len(inside.encode()) < 10_000


def test_hostile_names_are_text():
    payload = sample_forecast(name=HOSTILE, segments=(HOSTILE, "smb"))
    payload["warnings"][0]["text"] = HOSTILE
    rows = deal_rows(payload, name=HOSTILE, customer=HOSTILE)
    read = Page(page(results(payload, rows)))
    assert not [name for name, _ in read.elements if name == "img"]
    assert [name for name, _ in read.elements].count("script") == 1
    assert "<script>alert(1)</script>" in read.words


def test_a_last_line_names_what_is_missing_and_what_brings_it(monkeypatch):
    nothing = [Part(lambda _: None, "the bridge", "bridge"), Part(lambda _: None),
               Part(lambda _: None, "swing deals", "explain"), Part(lambda _: None, "tripwires", "explain"),
               Part(lambda _: None, "the track record", "once past periods have ended")]  # fmt: skip
    monkeypatch.setattr(sections, "PARTS", (Part(headline.section), *nothing))
    found, missing = sections.sections(results())
    assert [section.key for section in found] == ["headline"]
    assert missing == (
        "Not in this report: the bridge (simulator bridge reports/baseline/latest); swing deals and "
        "tripwires (simulator explain reports/baseline/latest); the track record "
        "(once past periods have ended)."
    )
    assert missing in Page(page(results())).words and missing.encode() in wiki(results())
    monkeypatch.setattr(sections, "PARTS", (Part(headline.section),))
    assert sections.sections(results())[1] == ""


# ---- blocks


def test_each_block_is_shown(monkeypatch):
    table = Table(("deal", "amount"), [["D1", Cell("1.5", 1.5)], ["D2", Cell("–")], ["all", "2"]],
                  caption="Deals", strong=(2,), sorts=True, filters=True, chosen=(0,), shown=1)  # fmt: skip
    read = shown(
        monkeypatch, Text("first", loud=True), Text("note", quiet=True), Points(["a & b", "c"]),
        Numbers([Number("low", "4.1", "million")]), table, Fold("more", [Text("inside")]),
    )  # fmt: skip
    for text in ("first", "note", "a & b", "low4.1million", "Deals", "D1", "1.5", "more", "inside"):
        assert text in read.words, text
    by_name = {name: attributes for name, attributes in read.elements}
    assert by_name["table"] == {"data-sorts": None, "data-filters": "0"}
    assert by_name["details"] == {} and by_name["summary"] == {}
    heads = [attributes for name, attributes in read.elements if name == "th"]
    assert [head["scope"] for head in heads] == ["col", "col", "row", "row", "row"]
    cells = [attributes for name, attributes in read.elements if name == "td"]
    assert cells[0] == {"class": "n", "data-key": "1.5"} and "data-key" not in cells[1]
    rows = [attributes.get("class") for name, attributes in read.elements if name == "tr"]
    assert rows == [None, None, "more", "strong more"]
    assert "The first 1 rows; the page on a screen has 3." in read.words


def test_a_column_without_a_head_is_no_header(monkeypatch):
    read = shown(monkeypatch, Table(("", "value"), [["a", "b"]], left=(0, 1)))
    assert [(n, a.get("scope")) for n, a in read.elements if n in ("th", "td")][:2] == [
        ("td", None),
        ("th", "col"),
    ]


# ---- the headline


def test_the_headline_is_the_forecasts_own_and_so_are_the_numbers():
    found = results()
    first, *more = headline.section(found).blocks
    assert first.loud and first.says == found.forecast["headline"][0]
    assert [block.says for block in more[:-1]] == found.forecast["headline"][1:]
    year = words.headline_period(found.forecast)
    low, middle, high = words.interval_texts(year["bookings"], found.scale)
    values = [number.value for number in more[-1].of]
    assert values[0] == f"{low} / {middle} / {high}"
    assert values[1] == words.chance_cells(year["plan"]["bookings"])[0]


def test_the_headline_tells_what_changed_since_the_run_before():
    found = results(answers={"bridge": BRIDGE})
    said = [block.says for block in headline.section(found).blocks if isinstance(block, Text)]
    assert said[-1] == words.since(BRIDGE, found.scale) and said[-1].startswith(
        "Since 30 Sep 2026: middle −0.3"
    )


# ---- deals


def test_the_deals_that_bring_most_stand_in_the_page():
    payload = sample_forecast(deals=400, months=4, trials=200)
    (table, note) = deals.section(results(payload)).blocks
    assert len(table.rows) == deals.MOST and table.shown == deals.PRINTED
    assert "150 of 400" in note.says and "deals.csv" in note.says
    means = sorted((deal["mean"] for deal in payload["deals"]), reverse=True)
    assert [row[6].key for row in table.rows] == means[: deals.MOST]
    by_id = {deal["id"]: deal for deal in payload["deals"]}
    for row in table.rows:
        assert row[5].key == by_id[row[0]]["chance"] and row[4].key == 100_000.0


def test_without_deals_there_is_no_table_of_them():
    assert deals.section(results(deals=[])) is None
    assert b'id="deals"' not in page(results(sample_forecast(deals=0, months=4, trials=200)))


def test_few_trials_tell_no_dates():
    payload = sample_forecast(trials=1)
    for period in payload["fiscal"]:
        period["bookings"]["error"] = {"p10": None}
    table, note = deals.section(results(payload)).blocks
    assert {row[-1] for row in table.rows} == {"–"} and "Late by" not in note.says


def test_five_thousand_deals_make_no_large_page():
    assert len(page(results(sample_forecast(deals=5000, months=24, trials=200)))) < 250_000


# ---- data


def test_what_was_read_is_what_was_used_and_left_out():
    doubtful, intro, tables, warnings = (lambda b: (b[1], b[0], b[2], b[3]))(
        data_quality.section(results()).blocks
    )
    assert "24 open deals of 2.4 million EUR" in intro.says
    assert [c.text if isinstance(c, Cell) else c for c in doubtful.rows[0]] == [
        "5 stated close dates have passed", "5", "0.5", "The funnel alone says when they close.",
    ]  # fmt: skip
    read, used, repaired, left_out = tables.rows
    assert read[0] == "deals: export.csv" and tables.strong == [0]
    assert read[2].key == used[2].key + left_out[2].key and read[3].key == used[3].key + left_out[3].key
    assert repaired[1] == "of these repaired: closed after 31 Oct 2026: counted as open"
    assert left_out[1] == "left out: created after 31 Oct 2026"
    amounts = [row[1].key for row in warnings.rows]
    assert amounts == sorted(amounts, reverse=True) and len(amounts) == 2


def test_clean_data_is_said_to_be_clean():
    clean = QUALITY | {"open_deals": {"deals": 1, "amount": 2.0, "doubtful": []}, "tables": []}
    found = results(sample_forecast(warnings=0, months=4, trials=200), answers={"quality": clean})
    (text,) = data_quality.section(found).blocks
    assert "nothing about them looks doubtful" in text.says
    assert (
        data_quality.section(results(sample_forecast(warnings=0, months=4, trials=200), answers={})) is None
    )


# ---- provenance


def test_every_figure_stands_in_the_page_with_its_source():
    found = results()
    text, *blocks = provenance.section(found).blocks
    assert text.says == (
        "The forecast rests on 3 figures: 1 set in the scenario, 1 learned from history, 1 left "
        "as the program has them."
    )
    rows = [row for block in blocks if isinstance(block, Fold) for row in block.blocks[0].rows]
    assert len(rows) >= len(ASSUMPTIONS["assumptions"])
    assert ["close_date.slip", "1.25", "sales"] in rows and [
        "stages.Contract.days.high",
        "50",
        "learned: log",
    ] in rows
    read = Page(page(found)).words
    for part in ("p10", "p50", "p90"):
        assert part not in read


def test_an_older_run_says_what_lists_its_figures():
    first = provenance.section(results(answers={})).blocks[0]
    assert first.says.startswith("simulator show reports/baseline/latest lists")


def test_the_page_tells_how_the_run_was_made_and_is_repeated():
    found = results(arguments={"by": ["owner's"]})
    rows = dict(next(b for b in provenance.section(found).blocks if isinstance(b, Table)).rows)
    assert rows["trials"] == "1,000" and rows["seed of the random numbers"] == "1"
    assert "312 averages were compared with exact ones" in rows["self-check"]
    assert "2.1 standard errors" in rows["self-check"] and "Self-check passed." in rows["self-check"]
    assert rows["to repeat it"] == """simulator run reports/baseline/latest --by 'owner'"'"'s'"""
    assert "ab" * 32 in page(found).decode() and "run on" in rows


@pytest.mark.parametrize(
    ("found", "said"),
    [
        ({}, "not made"),
        ({"passed": True, "cells": 0}, "nothing could be compared, too few deals are won in these trials."),
        ({"passed": False, "cells": 3, "largest_z": 9.0}, "SELF-CHECK FAILED"),
    ],
)
def test_a_self_check_that_tells_nothing_or_fails_is_said(found, said):
    rows = dict(
        provenance.section(results(sample_forecast(self_check=found, months=4, trials=200))).blocks[-3].rows
    )
    assert said in rows["self-check"]


# ---- Markdown


def test_the_wiki_has_the_same_sections():
    text = wiki(results()).decode()
    titles = [section.title for section in sections.sections(results())[0] if section.title]
    assert [line[3:] for line in text.splitlines() if line.startswith("## ")] == titles
    assert text.startswith("# baseline · as of 31 Oct 2026")
    assert "| deal | name |" in text and "report.html has 24." in text


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("<b>x</b>", r"\<b\>x\</b\>"),
        ("a|b", r"a\|b"),
        ("[x](javascript:1)", r"\[x\](javascript:1)"),
        ("`x` *y* _z_", r"\`x\` \*y\* \_z\_"),
        ("http://x.y", r"http\://x.y"),
        ("www.x.y", r"www\.x.y"),
        ("$x^2$ & co", r"\$x\^2\$ \& co"),
        ("![x]", r"\!\[x\]"),
        ("@all", r"\@all"),
        ("two\nlines # x", r"two lines \# x"),
        ("\\", r"\\"),
    ],
)
def test_names_are_no_marks_of_markdown(name, said):
    payload = sample_forecast(deals=1, months=4, trials=200)
    text = wiki(results(payload, deal_rows(payload, name=name, customer=""))).decode()
    assert f"| D000 | {said} | smb |" in text


@pytest.mark.parametrize(
    ("text", "said"),
    [("1. x", r"1\. x"), ("- x", r"\- x"), ("+ x", r"\+ x"), ("9.7 x", "9.7 x"), ("===", r"\===")],
)
def test_no_line_begins_with_a_mark(monkeypatch, text, said):
    monkeypatch.setattr(sections, "PARTS", (Part(lambda _: Section("k", "T", [Text(text)])),))
    assert wiki(results()).decode().splitlines()[4] == said


def test_a_handle_and_results_are_enough_for_the_page(monkeypatch):
    """Nothing is read from the disk but the page's own parts."""
    monkeypatch.setattr("pathlib.Path.open", lambda *_: pytest.fail("a file was opened"))
    assert page(replace(results(), handle="x"))
    assert html.page is page
