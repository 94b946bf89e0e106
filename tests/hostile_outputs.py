"""What a run leaves, with one hostile name in the place of every name, and what is wrong with it."""

import csv
import io
import re
import subprocess
import unicodedata
import xml.etree.ElementTree as ET
from collections import Counter
from dataclasses import replace
from functools import cache
from html.parser import HTMLParser

import openpyxl
import pypdf
from markdown_it import MarkdownIt
from markupsafe import Markup, escape
from rich.cells import cell_len

from simulator.loading.yaml import parse_yaml
from simulator.report import wiki
from simulator.report.blocks import Cell, Picture, Table
from simulator.report.editions import EDITIONS
from simulator.report.figures import drawn
from simulator.report.page import html
from simulator.report.page.drawing import Drawing
from simulator.report.results import Results
from simulator.report.workbook import writer
from simulator.runs import csv_bytes, csv_rows, safe_name, yaml_bytes
from simulator.words import plain

NAME = re.compile(r"(?:Name|Text)\d\d")
FIRST = ("Name00", "Name01", "Name09")
"""A segment, one of its stages and a target bear the name alone; others have their number behind it."""
FRAME = (
    *("html", "head", "meta", "title", "style", "script", "body", "header", "main", "footer", "section"),
    *("h1", "h2", "a", "figure", "heading_open h1", "heading_open h2", "em_open em"),
)
"""Elements of which a name makes neither more nor fewer."""
STEERING = ("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp", "Zs")
"""Categories of characters of which only the blank may be shown."""


def with_name(results, *texts):
    """Results of the harmless company in which every name is hostile, several of them by turns.

    A text that holds more than a name is a sentence; the program has written the name into it as it is shown.
    """

    def told(found):
        text = texts[int(found[0][4:]) % len(texts)]
        return text if found[0] in FIRST or found[0].startswith("Text") else f"{text}{found[0][4:]}"

    def changed(value):
        if isinstance(value, dict):
            return {changed(key): changed(own) for key, own in value.items()}
        if isinstance(value, list):
            return [changed(own) for own in value]
        if not isinstance(value, str):
            return value
        if NAME.fullmatch(value):
            return told(NAME.fullmatch(value))
        return NAME.sub(lambda found: plain(told(found), 40), value)

    return replace(
        results, forecast=changed(results.forecast), record=changed(results.record),
        deals=changed(results.deals), answers=changed(results.answers),
    )  # fmt: skip


class Page(HTMLParser):
    """Elements with the names of their attributes, texts, and the values of attributes."""

    def __init__(self, content):
        super().__init__()
        self.elements, self.texts, self.values = Counter(), [], []
        self._inside = []
        self.feed(content.decode())
        self.close()

    def count(self, tag):
        return sum(count for element, count in self.elements.items() if element[0] == tag)

    def handle_starttag(self, tag, attrs):
        self.elements[tag, *sorted(name for name, _ in attrs)] += 1
        self.values += [value for _, value in attrs if value]
        self._inside = tag

    def handle_data(self, data):
        if self._inside not in ("script", "style"):
            self.texts.append(data)

    def handle_comment(self, data):
        self.elements["comment"] += 1

    def handle_decl(self, decl):
        self.elements["declaration", decl] += 1

    def handle_pi(self, data):
        self.elements["instruction"] += 1

    def unknown_decl(self, data):
        self.elements["declaration"] += 1


def page_faults(content, usual, text):
    """What is wrong with a page, against the same with harmless names."""
    page, before = Page(content), Page(usual)
    shown = " ".join(" ".join(page.texts).split())
    found = [f"element {name}" for name in page.elements.keys() - before.elements.keys()]
    found += [f"{tag} {page.count(tag)} times" for tag in FRAME if page.count(tag) != before.count(tag)]
    found += character_faults(content.decode(), "\n")
    if content.count(b"<!--"):
        found.append("a comment")
    start = beginning(text)
    raw = plain(text, 24).removesuffix("…").strip()
    if escape(raw) != raw and content.count(raw.encode()) > usual.count(raw.encode()):
        found.append("the name is not escaped")
    if 2 * shown.count(start) < len(NAME.findall(" ".join(before.texts))):
        found.append("the name is not shown as it is")
    return found


def block_faults(text):
    """What is wrong with the attributes of a figure and of a table that are called by a hostile name."""
    block = html._environment().get_template("blocks.html").module.block

    def page(name):
        parts = (Picture(Markup("<svg/>"), name, name), Table((name,), [(Cell(name, name),)], caption=name))
        return "".join(map(block, parts)).encode()

    found = page_faults(page(plain(text)), page("name"), text)
    return found if Page(page(plain(text))).values.count(plain(text)) == 3 else [*found, "attributes differ"]


def drawing_faults(text):
    """What is wrong with a drawing of the page that bears a hostile name."""
    drawing = Drawing(100)
    drawing.text((1, 1), plain(text), "label")
    drawing.rect(1, 1, 1, 1, "bar", plain(text))
    content = drawing.svg("chart", [("name", plain(text))])
    found = svg_faults(content.encode(), text)
    if not found and [e.text for e in ET.fromstring(content).iter() if e.text] != [plain(text)] * 2:
        found.append("another text")
    return found


def character_faults(shown, allowed=""):
    """Characters that no output may hold, and heaps of marks."""
    found = {c for c in set(shown) if unicodedata.category(c) in STEERING} - {" ", *allowed}
    marks = max(map(len, re.findall(r"[\u0300-\u036f\u0e49\u20dd]+", shown)), default=0)
    return [f"character {c!r}" for c in sorted(found)] + ["too many marks"] * (marks > 4)


@cache
def beginning(text):
    """As much of a name as is shown however little room there is."""
    return plain(text, 12).removesuffix("…").strip()


def wiki_faults(content, usual, text):
    """What is wrong with Markdown, against the same with harmless names: as a reader of it sees it."""
    (page, words), (before, _) = (_markdown(reader(), one.decode()) for one in (content, usual))
    found = [f"element {name}" for name in page.keys() - before.keys()]
    found += [f"{kind} {page[kind]} times" for kind in FRAME if page[kind] != before[kind]]
    found += character_faults(content.decode(), "\n")
    return found if beginning(text) in words else [*found, "the name is not shown as it is"]


@cache
def reader():
    return MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"])


def _markdown(reader, text):
    kinds, words = Counter(), []
    for token in reader.parse(text):
        kinds[f"{token.type} {token.tag}"] += 1
        for inner in token.children or ():
            if inner.type != "text":
                kinds[f"{inner.type} {inner.tag}"] += 1
            words.append(inner.content)
    return kinds, " ".join("".join(words).split())


def screen_faults(shown, text):
    """What is wrong with what stands in a terminal, whose columns somebody else counts."""
    found = character_faults(shown, "\n") + [
        f"{cell_len(x)} columns" for x in shown.splitlines() if cell_len(x) > 100
    ]
    words = " ".join(shown.split())
    return found if beginning(text) in words else [*found, "the name is not shown as it is"]


def svg_faults(content, text):
    """What is wrong with a figure, which is XML of shapes and texts; nothing in it acts or leads away."""
    try:
        root = ET.fromstring(content)
    except ET.ParseError as error:
        return [f"not XML: {error}"]
    found = character_faults(content.decode(), "\n")
    for element in root.iter():
        tag = element.tag.rpartition("}")[2]
        if tag in ("script", "foreignObject", "a", "image", "set", "animate", "iframe", "tspan"):
            found.append(f"element {tag}")
        for name, value in element.attrib.items():
            if name.lower().startswith("on") or (name.endswith("href") and not value.startswith("#")):
                found.append(f"attribute {name}")
    return found


def workbook_faults(content, usual, text):
    """What is wrong with a workbook, against the same with harmless names."""
    book, before = (openpyxl.load_workbook(io.BytesIO(one)) for one in (content, usual))
    found = [] if len(book.sheetnames) == len(before.sheetnames) else ["another number of sheets"]
    for sheet, old in zip(book, before, strict=True):
        for row, own in zip(sheet.iter_rows(), old.iter_rows(), strict=False):
            for cell, other in zip(row, own, strict=False):
                if cell.data_type != other.data_type:
                    found.append(f"{sheet.title}!{cell.coordinate} is of type {cell.data_type}")
                if cell.hyperlink is not None:
                    found.append("a link")
    texts = [c.value for s in book for row in s.iter_rows() for c in row if isinstance(c.value, str)]
    found += character_faults("".join(texts), "\n")
    return found if any(beginning(text) in t for t in texts) else [*found, "the name is not shown as it is"]


def slide_faults(content, text):
    """What is wrong with the slide: it is one page on which nothing acts."""
    read = pypdf.PdfReader(io.BytesIO(content))
    found = [] if len(read.pages) == 1 else [f"{len(read.pages)} pages"]
    parts = [dict(part.items()) for part in (read.root_object, *read.pages)]
    acts = ("/OpenAction", "/AA", "/Names", "/AcroForm")
    found += [name for part in parts for name in acts if name in part]
    return found + ["an annotation" for page in read.pages if page.annotations]


def csv_faults(text, folder):
    """What is wrong with a table: programs read what was written, spreadsheets compute nothing."""
    rows = [["id", text], [text, "a"], ["b", text]]
    (folder / "x.csv").write_bytes(csv_bytes(rows))
    found = (
        [] if csv_rows(folder / "x.csv") == [{"id": text, text: "a"}, {"id": "b", text: text}] else ["rows"]
    )
    with (folder / "x.csv").open(encoding="utf-8", newline="") as file:
        cells = [cell for row in csv.reader(file) for cell in row]
    return found + [
        f"formula {cell[:20]!r}" for cell in cells if re.match(r"\s*[=+\-@＝＋－＠]|[\t\r\n]", cell)
    ]


def yaml_faults(text):
    """What is wrong with a scenario that holds a text as a name and as a value."""
    content = {"name": text, text: "name", "last": 1}
    return [] if parse_yaml(yaml_bytes(content).decode(), "x").data == content else ["another text"]


def folder_faults(text):
    """What is wrong with the name of a folder, on any system."""
    name = safe_name(text)
    found = character_faults(name)
    if (
        not name
        or name.startswith((".", "-", "~"))
        or name.endswith((".", " "))
        or re.search(r'[/\\:*?"<>|]', name)
    ):
        found.append("no name")
    if len(name.encode()) > 255 or name.partition(".")[0].upper() in (
        "CON",
        "PRN",
        "AUX",
        "NUL",
        "COM1",
        "LPT1",
    ):
        found.append("no file")
    return found


def mark_faults(text):
    """What is wrong with a text where Markdown may have it: a paragraph, a point, a cell."""
    found, marks = [], wiki._text(text)
    for before, after, also in (
        ("", "", ""),
        ("- ", "", ""),
        ("| a |\n| --- |\n| ", " |", "a"),
        ("**", "**", ""),
    ):
        if not marks and before == "**":
            continue  # nothing stands in bold where there is nothing
        usual, _ = _markdown(reader(), f"{before}word{after}")
        kinds, words = _markdown(reader(), before + marks + after)
        if (kinds != usual and marks) or words != also + plain(text):
            found.append(f"{before!r}: {kinds - usual} {words!r}")
    return found + ["mathematics"] * bool(re.search(r"(?<!\\)\$", marks))


def cell_faults(text):
    """What is wrong with a text as a cell of the workbook takes it: Excel counts in UTF-16."""
    cell = writer.fitting(text)
    return [] if len(cell.encode("utf-16-le")) // 2 <= 32_767 else ["too long"]


def shell_faults(text, folder):
    """What is wrong with a command: a shell takes what it names for one word, and does nothing else."""
    command = Results(text, {}, {}).command("explain")
    script = f"hurt() {{ echo hurt; }}; set -- {command}; printf '%s' \"$3\""
    done = subprocess.run(["sh", "-c", script], capture_output=True, text=True, check=False, cwd=folder)
    return [] if (done.stdout, done.stderr) == (text, "") else [done.stdout + done.stderr]


def edition(results, form):
    """The bytes of one edition."""
    return EDITIONS[form][1](results)


def figure(results, name):
    """The SVG of one figure."""
    return drawn(results.forecast, name)["svg"]
