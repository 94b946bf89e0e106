"""What makes hostile names harmless: each rule, the code that keeps it, and that code without it."""

from dataclasses import dataclass

from taken import take_away

from simulator.report import figures, wiki
from simulator.report.page import drawing, html
from simulator.report.results import Results
from simulator.report.workbook import writer
from simulator.runs import folder, record, tables
from simulator.words import text


@dataclass(frozen=True)
class Rule:
    """A rule.

    Attributes:
        says: what it is.
        seen: where its absence is seen: an output, or a file.
        kept: by which functions: what stands there, and what would without the rule.
    """

    says: str
    seen: str
    kept: tuple[tuple[object, str, str], ...]


RENDERED = "finalize=lambda value: Environment().from_string(value).render() if type(value) is str else value"
NAIVE = "text.write(''.join(f'{key}: {value}' + chr(10) for key, value in content.items()))"

RULES = {
    "page": Rule(
        "texts are escaped in the page",
        "html",
        ((html._environment, "autoescape=True", "autoescape=False"),),
    ),
    "page attribute": Rule(
        "so are attributes, which stand in double quotes",
        "block",
        ((html._environment, "autoescape=True", "autoescape=False"),),
    ),
    "value": Rule(
        "a text is the value of a template, never a template",
        "html",
        ((html._environment, "finalize=_plainly", RENDERED),),
    ),
    "drawing": Rule(
        "texts are escaped in drawings",
        "drawing",
        ((drawing.Drawing.text, "escape(says)", "says"), (drawing._told, "escape(says)", "says")),
    ),
    "script": Rule(
        "the page's script makes texts, never HTML: test_browser looks at it",
        "browser",
        (),
    ),
    "control": Rule(
        "no control character is shown (Cc)",
        "screen",
        ((text.plain, "not in _UNSHOWN", "not in _UNSHOWN[1:]"),),
    ),
    "invisible": Rule(
        "nor a direction mark, nor what cannot be seen (Cf)",
        "screen",
        ((text.plain, "not in _UNSHOWN", "not in (_UNSHOWN[0], *_UNSHOWN[2:])"),),
    ),
    "no character": Rule(
        "nor what is no character, or only somebody's own (Cs, Co, Cn)",
        "screen",
        ((text.plain, "not in _UNSHOWN", "not in _UNSHOWN[:2]"),),
    ),
    "one line": Rule(
        "what ends a line or is another blank is a blank",
        "screen",
        (
            (text.plain, '" " if c.isspace() else c', "c"),
            (text.plain, '" ".join((_sparing(kept) if _has_marks(kept) else kept).split())', "kept"),
        ),
    ),
    "marks": Rule(
        "a letter keeps at most four marks",
        "screen",
        ((text.plain, "_sparing(kept) if _has_marks(kept) else kept", "kept"),),
    ),
    "length": Rule(
        "what is too long ends in …",
        "screen",
        ((text.cut, "used > columns:", "False:"),),
    ),
    "columns": Rule(
        "a wide character takes two columns of a terminal",
        "screen",
        ((text._columns, '"WF"', '"-"'),),
    ),
    "mathtext": Rule(
        "figures have no formulas: text.parse_math in report/board.mplstyle",
        "figure",
        ((figures.drawn, "fname=STYLE", '{"text.parse_math": True}, STYLE'),),
    ),
    "cell": Rule(
        "a text of the workbook is written as a text",
        "xlsx",
        (
            (writer._Page.cell, "write_string(", "write("),
            (writer.Writer.__init__, '"strings_to_urls": False', '"strings_to_urls": True'),
        ),
    ),
    "cell length": Rule(
        "and is no longer than Excel reads, which counts in UTF-16",
        "cell",
        ((writer.fitting, "<= 2 * LONGEST", "< 99 * LONGEST"),),
    ),
    "spreadsheet": Rule(
        "no spreadsheet computes a text of forecast.csv or deals.csv",
        "csv",
        ((tables.csv_pieces, "some if verbatim else map(_harmless, some)", "some"),),
    ),
    "CSV": Rule(
        "separators, quotes and both ends of lines are quoted",
        "csv",
        ((tables.csv_pieces, 'lineterminator="\\r\\n"', "quoting=3, escapechar='^', lineterminator='  '"),),
    ),
    "YAML": Rule(
        "inputs/scenario.yaml keeps a text what only looks like YAML",
        "yaml",
        ((record.yaml_bytes, "yaml.dump(_plain_types(content), text)", NAIVE),),
    ),
    "folder": Rule(
        "a name is one harmless name of a folder",
        "folder",
        ((folder.safe_name, 'name = unicodedata.normalize("NFC", name)', "return name"),),
    ),
    "wiki": Rule(
        "what Markdown or HTML would read is escaped",
        "wiki",
        ((wiki._text, '_START.sub(r"\\1\\\\", _MARKS.sub(r"\\\\\\1", plain(text)))', "plain(text)"),),
    ),
    "shell": Rule(
        "commands that are shown can be typed",
        "shell",
        ((Results.command, "shlex.quote(self.handle)", "self.handle"),),
    ),
}


def do_without(rule, monkeypatch):
    """Let the functions that keep a rule do without it."""
    take_away(rule.kept, monkeypatch)
    html._environment.cache_clear()
