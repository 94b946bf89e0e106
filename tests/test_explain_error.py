"""What the codes mean: a page for each, true to what the program says; and those of no file are raised."""

import ast
from pathlib import Path

import pytest
from click.testing import CliRunner
from history_examples import FATAL as ENDING
from refused import REFUSED, SPECIAL

import simulator
from simulator.cli import main
from simulator.errors import InputError, SimulatorError, UsageError
from simulator.loading import CODES
from simulator.refusals import REFUSALS
from simulator.report.codes import EVERY, FATAL, _why, by_family, exit_of, listed, markdown, page

PACKAGE = Path(simulator.__file__).parent
EXIT_CODES = {"S": 3, "D": 4, "U": 2, "P": 5, "W": 0, "H": 0}


def invoke(*words):
    return CliRunner().invoke(main, words)


@pytest.mark.parametrize("code", REFUSED)
def test_what_is_refused_is_told_by_its_code(tmp_path, monkeypatch, code, pinned):
    monkeypatch.chdir(tmp_path)
    try:
        said = REFUSED[code](tmp_path, monkeypatch)
    except SimulatorError as error:
        assert (error.code, error.exit_code) == (code, EXIT_CODES[code[0]])
        said = f"error[{code}] {error}"
    monkeypatch.undo()
    assert isinstance(said, str) and f"error[{code}] " in said, said
    pinned(code, said[said.index("error[") :])


@pytest.mark.parametrize("code", SPECIAL)
def test_what_takes_more_than_a_table_is_told_too(tmp_path, monkeypatch, code, pinned):
    try:
        notes = {note[0]: note[1] for note in SPECIAL[code](tmp_path, monkeypatch).notes}
        said = f"! {notes[code]}"
    except InputError as error:
        (problem,) = error.problems
        assert problem.code == code
        said = str(problem)
    pinned(code, said)


def test_every_code_has_an_example(examples):
    """A test that brings a code hands what is said to `pinned`; make golden keeps it."""
    assert set(EVERY) == set(examples)


def test_every_refusal_is_raised_here():
    assert set(REFUSED) == set(REFUSALS) and not set(CODES) & set(REFUSALS)


def raised():
    """Yield each place of the package that raises wrong usage or a refusal, with its code."""
    for path in sorted(PACKAGE.rglob("*.py")):
        text = path.read_text("utf-8")
        for node in ast.walk(ast.parse(text)) if "PlaceError(" in text or "UsageError(" in text else ():
            if isinstance(node, ast.Call) and ast.unparse(node.func) in ("PlaceError", "UsageError"):
                (code,) = [ast.unparse(word.value) for word in node.keywords if word.arg == "code"] or [""]
                yield f"{path.relative_to(PACKAGE)}:{node.lineno}", ast.unparse(node.func), code


def test_nothing_is_refused_without_a_code():
    found = list(raised())
    assert len(found) > 100
    letters = {"PlaceError": "P", "UsageError": "U"}
    wrong = [
        (place, kind, code)
        for place, kind, code in found
        if (code not in ("error.code",) and not any(f"'{known}'" in code for known in REFUSALS))
        or ("'" in code and f"'{letters[kind]}" not in code)
    ]
    assert wrong == []


@pytest.mark.parametrize("code", EVERY)
def test_every_code_has_a_page(code, examples, write_golden):
    text = page(code)
    said = EVERY[code]
    assert text.startswith(f"{code} · {said.title}\n") and max(map(len, text.splitlines())) <= 110
    assert all(part in text for part in ("\nRule ", "\nRemedy ", "\nExit code "))
    _, example = text.split("\nExample\n")
    assert write_golden or example.split() == examples[code].split()


def test_the_exit_code_is_that_of_the_command(examples):
    for code in EVERY:
        number, _ = exit_of(code)
        assert number == (4 if code in FATAL else EXIT_CODES[code[0]])
        assert (number > 0) == ("error[" in examples[code])
    assert set(FATAL) == {code for code in ENDING if code.startswith("H")} | {"H072"}


@pytest.mark.parametrize("written", ["D014", "d014", "d14", "error[D014]", "error[D014] ", "[D014]:"])
def test_a_code_may_be_typed_as_people_do(written):
    result = invoke("explain-error", written)
    assert result.exit_code == 0 and result.stdout.startswith("D014 · amount is not a number")


@pytest.mark.parametrize(
    ("written", "meant"), [("DD014", "D014"), ("D0144", None), ("DD014", "D014"), ("x", None)]
)
def test_an_unknown_code_is_told(written, meant):
    result = invoke("explain-error", written)
    assert result.exit_code == 2 and result.stderr.startswith("error[U003] there is no code")
    assert f"did you mean {meant}?" in result.stderr if meant else "lists them all" in result.stderr
    with pytest.raises(UsageError):
        page(written)


def test_only_codes_have_reasons():
    assert set(_why()) <= set(EVERY)


def test_without_a_code_all_are_listed():
    result = invoke("explain-error")
    assert result.exit_code == 0 and result.stdout == listed()
    for code, said in EVERY.items():
        assert f"  {code}  {said.title}\n" in result.stdout
    assert [family.exit_code for family, _ in by_family()] == [3, 4, 0, 0, 2, 5]


def test_the_page_of_the_documentation_has_them_all():
    text = markdown()
    assert all(f"\n### {code} · {said.title}\n" in text for code, said in EVERY.items())


def test_an_error_says_where_more_is_told(tmp_path):
    (tmp_path / "x.yaml").write_text("version: 1\nhorizn: 3m\n")
    result = invoke("show", str(tmp_path / "x.yaml"))
    assert result.exit_code == 3 and result.stderr.endswith("\nmore: simulator explain-error CODE\n")
    (tmp_path / "x.yaml").write_text("- a\n")
    result = invoke("show", str(tmp_path / "x.yaml"))
    assert result.stderr.endswith("\nmore: simulator explain-error S008\n")
