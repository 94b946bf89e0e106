"""Commands tell no secret, wherever a person puts one: in words, in files, in the environment."""

import json
import sqlite3
import sys

import pytest
from click.testing import CliRunner
from secret_shapes import SECRET, SHAPES, leaks, shape
from written import DEALS, SCENARIO, write

from simulator.cli import main
from simulator.loading.sources import VARIABLE

SQL = SCENARIO.replace("data: {deals: deals.csv}", "data: {deals: deals.sql}")
ADDRESSED = SCENARIO.replace(
    "data: {deals: deals.csv}", "data: {deals: deals.sql, database: {file: address}}"
)
IN_FILES = {
    "a description": {"scenario": SCENARIO + "description: TEXT\n"},
    "a table's name": {"scenario": SCENARIO.replace("deals.csv", "TEXT")},
    "a segment's name": {"scenario": SCENARIO.replace("  smb:", "  TEXT:")},
    "a key": {"scenario": SCENARIO + "TEXT: 1\n"},
    "the name of the variable": {"scenario": SQL.replace("deals.sql", "deals.sql, database: {env: TEXT}")},
    "the name of the file": {"scenario": SQL.replace("deals.sql", "deals.sql, database: {file: TEXT}")},
    "a file that is extended": {"scenario": "extends: base.yaml\n", "base": SCENARIO + "description: TEXT\n"},
}
ON_COMMANDS = {
    "a setting": ("run", "small.yaml", "--set", "description={text}"),
    "a setting of a table": ("show", "small.yaml", "--set", "data.deals={text}"),
    "a key of a setting": ("show", "small.yaml", "--set", "{text}=1"),
    "a scenario": ("run", "{text}"),
    "a folder": ("run", "small.yaml", "--out", "{text}"),
    "a column": ("run", "small.yaml", "--by", "{text}"),
    "a file of problems": ("run", "small.yaml", "--problems", "{text}"),
    "a cluster": ("run", "small.yaml", "--cluster", "{text}"),
    "a history": ("fit", "{text}"),
    "a command": ("{text}",),
    "an option": ("show", "small.yaml", "--{text}"),
}
SOME = sorted(SHAPES)[::14]
EVERY = [*SOME, *(pytest.param(name, marks=pytest.mark.slow) for name in sorted(SHAPES) if name not in SOME)]
every_shape = pytest.mark.parametrize("name", EVERY)


@pytest.fixture(autouse=True)
def place(tmp_path, monkeypatch):
    """A folder with the small scenario, in which every command works; no server is ever asked."""
    psycopg = pytest.importorskip("psycopg")

    def connect(**given):
        raise psycopg.OperationalError(f"no route, tried {given}, {given.get('password')}")

    monkeypatch.setattr(psycopg, "connect", connect)
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv(VARIABLE, raising=False)
    write(tmp_path)
    return tmp_path


def told(place, *arguments):
    """What a command says that must fail, after a look at all that it left."""
    before = set(place.rglob("*"))
    result = CliRunner().invoke(main, list(arguments))
    assert result.exit_code in (2, 3, 4, 5), (arguments, result.output, result.exception)
    assert not leaks(result.output), result.output
    assert result.output.strip(), "it says why"
    assert set(place.rglob("*")) == before, "nothing is written"
    return result.output


def yaml(template, text):
    """A template of YAML with a text as a value in quotes, which nothing in it can end."""
    return template.replace("TEXT", json.dumps(text))


@every_shape
def test_a_secret_on_the_command_line_is_refused(place, name):
    text = shape(name)
    for where, words in ON_COMMANDS.items():
        said = told(place, *(word.replace("{text}", text) for word in words))
        assert "on the command line" in said, where


@every_shape
def test_a_secret_in_a_scenario_is_refused_whatever_is_asked(place, name):
    for where, files in IN_FILES.items():
        write(place, **{one: yaml(template, shape(name)) for one, template in files.items()})
        said = told(place, "show", "small.yaml")
        assert "error[S078]" in said, (where, said)
    write(place)
    (place / "map.yaml").write_text(yaml("deals: {id: TEXT}\n", shape(name)))
    assert "error[S078]" in told(place, "fit", "deals.csv", "-o", "out", "--map", "map.yaml")


@every_shape
def test_the_address_of_a_database_is_never_shown(place, name, monkeypatch):
    write(place, SQL)
    (place / "deals.sql").write_text("SELECT 1 AS id")
    monkeypatch.setenv(VARIABLE, shape(name))
    assert "error[D0" in told(place, "show", "small.yaml")
    assert "error[D0" in told(place, "fit", "deals.sql", "-o", "out")
    monkeypatch.delenv(VARIABLE)
    write(place, ADDRESSED)
    (place / "address").write_text(shape(name))
    assert "error[D0" in told(place, "show", "small.yaml")


@every_shape
def test_a_query_is_shown_without_its_secrets(place, name, monkeypatch):
    write(place, SQL)
    sqlite3.connect(place / "crm.db").close()
    monkeypatch.setenv(VARIABLE, "sqlite:///crm.db")
    for text in (
        "{text}",
        "SELECT {text}",
        "SELECT * FROM x -- {text}",
        "SELECT 1;\n{text}",
        "SELECT '{text}' FROM x",
    ):
        (place / "deals.sql").write_text(text.replace("{text}", shape(name)))
        assert "error[D0" in told(place, "show", "small.yaml")


@every_shape
def test_cells_and_columns_are_shown_without_their_secrets(place, name):
    text = '"' + shape(name).replace('"', '""') + '"'
    for cell in ("Proposal", "2026-12-15", "id", "1000"):
        deals = DEALS.replace(cell, text, 1)
        write(place, deals=deals)
        assert "error[D0" in told(place, "show", "small.yaml")


@every_shape
def test_a_bug_shows_no_secret(name, capsys):
    CliRunner().invoke(main, ["--version"])
    try:
        raise KeyError(shape(name))
    except KeyError as error:
        sys.excepthook(KeyError, error, error.__traceback__)
    shown = capsys.readouterr().err
    assert "KeyError" in shown and "test_secrets.py" in shown
    assert not leaks(shown.replace(f'"{name}"', ""))


@pytest.mark.slow
def test_nothing_that_a_run_keeps_holds_a_secret(place, monkeypatch, undrawn):
    """The address stands in a file and in the environment, and the query's comment holds a further one."""
    made = sqlite3.connect(place / "crm.db")
    rows = [line.split(",") for line in DEALS.splitlines()]
    made.execute(f"CREATE TABLE deals ({', '.join(rows[0])})")
    made.executemany(f"INSERT INTO deals VALUES ({', '.join('?' * len(rows[0]))})", rows[1:])
    made.commit()
    made.close()
    write(place, SQL)
    (place / "deals.sql").write_text("SELECT * FROM deals -- " + shape("url"))
    monkeypatch.setenv(VARIABLE, "sqlite:///crm.db")
    monkeypatch.setenv("PGPASSWORD", SECRET)
    planted = {place / "deals.sql"}
    run = "run small.yaml --trials 200"
    for words in (
        run,
        f"{run} --format json",
        "show reports/small/latest",
        "report reports/small/latest",
        "doctor",
    ):
        result = CliRunner().invoke(main, words.split())
        assert result.exit_code == 0, result.output
        assert not leaks(result.output)
    kept = [path for path in place.rglob("*") if path.is_file() and path not in planted]
    assert len(kept) > 10
    assert not [path for path in kept if SECRET.encode() in path.read_bytes()]
