"""Workbooks for tests: from plain rows, by hand part by part, and bombs."""

import io
import struct
import zipfile
from xml.sax.saxutils import escape

import openpyxl

MAIN = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'
OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
RELATIONS = 'xmlns="http://schemas.openxmlformats.org/package/2006/relationships"'


def book(path, *sheets, **named):
    """Write a workbook of sheets of rows, with openpyxl; returns its path."""
    made = openpyxl.Workbook()
    made.remove(made.active)
    for title, rows in {**{f"Sheet{n + 1}": rows for n, rows in enumerate(sheets)}, **named}.items():
        sheet = made.create_sheet(title)
        for row in rows:
            sheet.append(row)
    made.save(path)
    return path


def parts(sheet, formats=(), book_says="", texts=(), title="Sheet1", state="visible"):
    """The parts of a workbook of one sheet, whose rows are XML, or rows of values as `cell` takes them."""
    if not isinstance(sheet, str):
        sheet = "".join(f"<row>{''.join(map(cell, row))}</row>" for row in sheet)
    customs = "".join(
        f'<numFmt numFmtId="{200 + n}" formatCode="{escape(code, {chr(34): "&quot;"})}"/>'
        for n, code in enumerate(formats)
    )
    styles = "".join(f'<xf numFmtId="{200 + n}"/>' for n in range(len(formats)))
    return {
        "[Content_Types].xml": "<Types/>",
        "_rels/.rels": relations(("a", "officeDocument", "xl/workbook.xml")),
        "xl/workbook.xml": f'<workbook {MAIN} xmlns:r="{OFFICE}">{book_says}<sheets>'
        f'<sheet name="{title}" state="{state}" sheetId="1" r:id="s"/></sheets></workbook>',
        "xl/_rels/workbook.xml.rels": relations(
            ("s", "worksheet", "worksheets/sheet1.xml"),
            ("f", "styles", "styles.xml"),
            ("t", "sharedStrings", "sharedStrings.xml"),
        ),
        "xl/styles.xml": f'<styleSheet {MAIN}><numFmts>{customs}</numFmts><cellStyleXfs><xf numFmtId="14"/>'
        f'</cellStyleXfs><cellXfs><xf numFmtId="0"/>{styles}</cellXfs></styleSheet>',
        "xl/sharedStrings.xml": f"<sst {MAIN}>{''.join(f'<si>{text}</si>' for text in texts)}</sst>",
        "xl/worksheets/sheet1.xml": f"<worksheet {MAIN}><sheetData>{sheet}</sheetData></worksheet>",
    }


def relations(*found):
    rows = "".join(f'<Relationship Id="{i}" Type="{OFFICE}/{t}" Target="{p}"/>' for i, t, p in found)
    return f"<Relationships {RELATIONS}>{rows}</Relationships>"


def cell(value, style=0):
    """A cell's XML: a text, a number, or (value, style)."""
    if isinstance(value, tuple):
        value, style = value
    if isinstance(value, str):
        return f'<c t="inlineStr"><is><t>{escape(value)}</t></is></c>'
    return "<c/>" if value is None else f'<c s="{style}"><v>{value!r}</v></c>'


def pack(path, contents, level=6):
    """Write parts as a zip; returns its path."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=level) as archive:
        for name, content in contents.items():
            archive.writestr(name, content)
    return path


def raw(path, *args, **more):
    """Write a workbook by hand."""
    return pack(path, parts(*args, **more))


def bombs(folder):
    """Yield hostile workbooks by name, each with the code that refuses it."""
    rows = [["id", "amount"], ["A", 1]]
    good = parts(rows)
    sheet = "xl/worksheets/sheet1.xml"

    def changed(name, **more):
        return pack(folder / f"{name}.xlsx", good | {key.replace("__", "/"): v for key, v in more.items()})

    def with_sheet(name, content):
        return pack(folder / f"{name}.xlsx", good | {sheet: content})

    head = f"<worksheet {MAIN}><sheetData>"
    yield (
        "low",
        "D064",
        with_sheet("low", f'{head}<row r="9999999"><c><v>1</v></c></row></sheetData></worksheet>'),
    )
    entities = "".join(f'<!ENTITY e{n} "{f"&e{n - 1};" * 10}">' for n in range(1, 10))
    yield (
        "laughs",
        "D060",
        with_sheet(
            "laughs", f'<!DOCTYPE x [<!ENTITY e0 "ha">{entities}]>{head}<row><c><v>&e9;</v></c></row>'
        ),
    )
    yield (
        "outside",
        "D060",
        with_sheet(
            "outside",
            f'<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]>{head}<row><c><v>&e;</v></c></row>',
        ),
    )
    yield "dense", "D064", with_sheet("dense", head + "<row/>" * (1 << 20))
    yield "long tag", "D064", with_sheet("long tag", f'{head}<row a="{"x" * (3 << 20)}')
    yield (
        "long text",
        "D064",
        with_sheet(
            "long text",
            f'{head}<row><c t="inlineStr"><is><t>{"x" * (3 << 20)}</t></is></c></row>',
        ),
    )
    yield "deep", "D064", with_sheet("deep", head + "<a>" * 100_000)
    yield (
        "wide",
        "D064",
        with_sheet("wide", f"{head}<row>{'<c><v>1</v></c>' * 200_000}</row></sheetData></worksheet>"),
    )
    yield (
        "far",
        "D060",
        with_sheet("far", f'{head}<row><c r="ZZZZ1"><v>1</v></c></row></sheetData></worksheet>'),
    )
    letters = [f"{a}{b}{c}" for a in "ABCDEFGHIJKLMNOPQRSTUV" for b in "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
               for c in "ABCDEFGHIJKLMNOPQRSTUVWXYZ"]  # fmt: skip
    titles = "".join(cell(f"t{n}") for n in range(3_000))
    slope = "".join(f'<row><c r="{name}{n}"><v>1</v></c></row>' for n, name in enumerate(letters[:3_000], 2))
    yield "slope", "D064", with_sheet("slope", f"{head}<row>{titles}</row>{slope}</sheetData></worksheet>")
    merges = '<mergeCell ref="A1:XFD1"/>' * 20_000
    yield (
        "merged",
        "D064",
        with_sheet("merged", f"{head}</sheetData><mergeCells>{merges}</mergeCells></worksheet>"),
    )
    text = "<t>" + "x" * 32_000 + "</t>"
    shared = ("<row>" + '<c t="s"><v>0</v></c>' * 16_000 + "</row>") * 2
    yield "shared", "D064", pack(folder / "shared.xlsx", parts(rows, texts=[text]) | {
        sheet: f"{head}{shared}</sheetData></worksheet>"
    })  # fmt: skip
    yield "many", "D064", changed("many", **{f"x{n}": "" for n in range(10_001)})
    yield "zip in zip", "D060", with_sheet("zip in zip", (folder / "many.xlsx").read_bytes())
    yield "cut", "D060", _cut(folder / "cut.xlsx", changed("whole"))
    yield "lying", "D060", _lying(folder / "lying.xlsx", changed("honest"))
    yield "directory", "D064", _long_directory(folder / "directory.xlsx", changed("short"))


def _cut(path, whole):
    path.write_bytes(whole.read_bytes()[:-30])
    return path


def _lying(path, whole):
    """Each part says that it is of one byte."""
    content = bytearray(whole.read_bytes())
    at = content.find(b"PK\x01\x02")
    while at >= 0:
        struct.pack_into("<I", content, at + 24, 1)
        at = content.find(b"PK\x01\x02", at + 4)
    path.write_bytes(content)
    return path


def _long_directory(path, whole):
    """The end of the file says that the directory is of a hundred megabytes."""
    content = bytearray(whole.read_bytes())
    struct.pack_into("<I", content, content.rfind(b"PK\x05\x06") + 12, 100 << 20)
    path.write_bytes(content)
    return path


def zipped(names):
    """The bytes of a zip that is no workbook."""
    found = io.BytesIO()
    with zipfile.ZipFile(found, "w") as archive:
        for name in names:
            archive.writestr(name, "x")
    return found.getvalue()
