"""YAML from anybody: refused before it can do harm, read by the rules of YAML 1.2, each key with its line."""

import contextlib
import time

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from simulator.errors import InputError, PlaceError
from simulator.loading.yaml import DEEPEST, LARGEST, parse_value, parse_yaml, read_yaml

BILLION_LAUGHS = """\
a: &a [x, x, x, x, x, x, x, x, x]
b: &b [*a, *a, *a, *a, *a, *a, *a, *a, *a]
c: &c [*b, *b, *b, *b, *b, *b, *b, *b, *b]
d: [*c, *c, *c, *c, *c, *c, *c, *c, *c]
"""


def codes(text):
    with pytest.raises(InputError) as caught:
        parse_yaml(text, "x.yaml")
    return [(p.code, p.line) for p in caught.value.problems]


@pytest.mark.parametrize(
    ("text", "code", "line"),
    [
        (BILLION_LAUGHS, "S003", 1),
        ("a: 1\nb: *a", "S003", 2),
        ("a: &x {b: 1}", "S003", 1),
        ("a: !!python/object/apply:os.system ['true']", "S004", 1),
        ("a: 1\nb: !x 2", "S004", 2),
        ("! a", "S004", 1),
        ("%TAG ! tag:evil,2000:\n---\na: !x 2", "S004", 3),
        ("a: 1\n---\nb: 2", "S008", 2),
        ("just a text", "S008", None),
        ("", "S008", None),
        ("a: 1\nb: [1, 2", "S001", 3),
        ("a: 1\n b: 2", "S001", 2),
        ("a:\tb: 1\n\tc: 2", "S001", 1),
        ("a: 'x", "S001", 1),
        ("a: 1\nb: \x00", "S007", 2),
        ("a: \x1b[31mred", "S007", 1),
        ("? [a, b]\n: 1", "S008", 1),
        ("? {a: b}\n: 1", "S008", 1),
    ],
)
def test_what_is_not_a_scenario_is_refused(text, code, line):
    found = codes(text)
    assert found[0][0] == code
    assert line is None or found[0][1] in (line, line - 1, line + 1)


def test_nesting_has_a_limit():
    def nested(levels):
        return "a: " + "[" * (levels - 1) + "]" * (levels - 1)

    assert parse_yaml(nested(DEEPEST), "x").data["a"]
    assert codes(nested(DEEPEST + 1))[0][0] == "S005"
    assert codes("\n".join(" " * i + "a:" for i in range(DEEPEST + 1)) + " 1")[0][0] == "S005"


@pytest.mark.parametrize("text", ["[" * 100_000, "{" * 100_000, "- " * 50_000, "? " * 50_000, "a: " * 40_000])
def test_bombs_end_quickly(text):
    begin = time.perf_counter()
    assert codes(text)
    assert time.perf_counter() - begin < 10


def test_a_large_file_is_refused_before_it_is_read_whole(tmp_path):
    path = tmp_path / "x.yaml"
    path.write_bytes(b"a: 1\n" + b"#" * (LARGEST - 5))
    assert read_yaml(path).data == {"a": 1}
    path.write_bytes(b"a: 1\n" + b"#" * (LARGEST - 4))
    with pytest.raises(InputError, match="128 KB"):
        read_yaml(path)


def test_bytes_are_utf8_with_or_without_a_mark(tmp_path):
    path = tmp_path / "x.yaml"
    path.write_bytes(b"\xef\xbb\xbfname: Z\xc3\xbcrich")
    assert read_yaml(path).data == {"name": "Zürich"}
    path.write_bytes(b"a: 1\nname: Z\xfcrich")
    with pytest.raises(InputError) as caught:
        read_yaml(path)
    assert (caught.value.problems[0].code, caught.value.problems[0].line) == ("S007", 2)
    with pytest.raises(PlaceError):
        read_yaml(tmp_path / "none.yaml")
    with pytest.raises(PlaceError):
        read_yaml(tmp_path)


def test_keys_that_stand_twice_are_told_with_both_lines():
    with pytest.raises(InputError) as caught:
        parse_yaml("a: 1\nb: {c: 1, d: 2,\n  c: 3}\na: 4\n", "x.yaml")
    told = [(p.line, p.message) for p in caught.value.problems]
    assert told == [
        (3, "the key 'c' stands twice, first in line 2"),
        (4, "the key 'a' stands twice, first in line 1"),
    ]


def test_scalars_follow_the_core_schema_of_1_2():
    text = """\
yes: yes
off: off
t: true
n: ~
empty:
i: 012
h: 0x1F
o: 0o17
f: 1e3
p: .5
date: 2026-10-31
time: 12:30
quoted: "1"
under: 1_000
"""
    assert parse_yaml(text, "x").data == {
        "yes": "yes", "off": "off", "t": True, "n": None, "empty": None, "i": 12, "h": 31, "o": 15,
        "f": 1000.0, "p": 0.5, "date": "2026-10-31", "time": "12:30", "quoted": "1", "under": "1_000",
    }  # fmt: skip


@pytest.mark.parametrize("text", [".inf", "-.INF", ".nan", "1e999", "9" * 5000, "1" * 41 + ".5"])
def test_numbers_without_end_are_refused(text):
    assert codes(f"a: {text}")[0][0] == "S013"
    with pytest.raises(ValueError, match=r"finite|digits"):
        parse_value(text)


def test_every_path_has_its_line():
    tree = parse_yaml("a: 1\nb:\n  c: {d: 2}\n  e:\n  - 3\n  - f: 4\n", "x.yaml", "here")
    lines = {keys: place.line for keys, place in tree.places.items()}
    assert lines == {
        (): 1, ("a",): 1, ("b",): 2, ("b", "c"): 3, ("b", "c", "d"): 3,
        ("b", "e"): 4, ("b", "e", 0): 5, ("b", "e", 1): 6, ("b", "e", 1, "f"): 6,
    }  # fmt: skip
    assert {p.folder for p in tree.places.values()} == {"here"}


def test_all_keys_are_texts():
    assert parse_yaml("season: {12: 1.4, -1: 2, true: 3, ~: 4}", "x").data["season"] == {
        "12": 1.4, "-1": 2, "true": 3, "~": 4,
    }  # fmt: skip


plain = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**9), 10**9) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)


@example({"\x85": None})
@given(plain)
def test_what_the_library_writes_is_read_back(data):
    """Against ruamel's own writer, for everything that a run keeps."""
    import io

    from ruamel.yaml import YAML

    yaml, text = YAML(typ="safe", pure=True), io.StringIO()
    yaml.allow_unicode = True
    yaml.dump({"a": data}, text)
    try:
        read = parse_yaml(text.getvalue(), "x").data["a"]
    except InputError as error:
        # Keys such as an empty text or a list-like one may be written as complex keys, and control
        # characters are refused: never anything else.
        assert {p.code for p in error.problems} <= {"S007", "S008", "S013"}
        return
    assert read == data


@given(st.text(max_size=200))
def test_any_text_is_read_or_refused(text):
    try:
        parse_yaml(text, "x")
    except InputError as error:
        assert all(p.code.startswith("S") for p in error.problems)
    with contextlib.suppress(ValueError):
        parse_value(text)
