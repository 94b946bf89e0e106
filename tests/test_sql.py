"""Queries: exactly one SELECT, put to a file that cannot be changed by it; values come over exactly."""

import hashlib
import os
import sqlite3
import sys
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from pathlib import Path
from uuid import UUID

import duckdb
import pytest
from conftest import ROOT
from hypothesis import given
from hypothesis import strategies as st
from written import DEALS, SCENARIO, loaded, problems, write

from simulator.errors import InputError
from simulator.loading import load
from simulator.loading.problems import with_remedy
from simulator.loading.sources import VARIABLE, Database, Reading, read_table
from simulator.loading.sources import sql as source
from simulator.loading.sources.sql import duckdb as of_duckdb
from simulator.loading.sources.sql import sqlite as of_sqlite
from simulator.loading.sources.sql.address import Address, parse_address
from simulator.loading.sources.sql.answer import BATCH, Deadline, RefusedError
from simulator.loading.sources.sql.query import Query, parse_query
from simulator.loading.sources.typed import UnfitValueError, all_plain, plain
from simulator.money import parse_amount

# ---- the text of a query

ONE = (
    "SELECT 1", "select 1;", "select 1 ;; -- done", "-- head\n/* more */ WITH a AS (SELECT 1) TABLE a",
    "SELECT ';' AS \"a;b\", 'it''s' FROM t -- ; DELETE FROM t", "(SELECT 1) UNION (SELECT 2)",
    "select deleted, updated_at, \"delete\", into_account from updates where note like '%drop table%'",
    "select case when a then b end, extract(year from d) from t for_update", "select 1 /* ; delete from t */",
)  # fmt: skip
OTHER = {
    "DELETE FROM deals": "no SELECT",
    "SELECT 1; DELETE FROM deals": "second statement",
    "SELECT 1;\n-- x\nDROP TABLE deals;": "second statement",
    "SELECT 1; SELECT 2": "second statement",
    "WITH gone AS (DELETE FROM deals RETURNING *) SELECT * FROM gone": "changes a table",
    "WITH a AS (SELECT 1), b AS ( /* x */ update deals set id = 0 returning 1) SELECT 1": "changes a table",
    "WITH a AS (INSERT INTO deals VALUES (1) RETURNING 1) SELECT 1": "changes a table",
    "WITH a AS (SELECT 1) DELETE FROM deals": "changes a table",
    "SELECT * INTO copy FROM deals": "writes a table",
    "SELECT * FROM deals FOR UPDATE": "locks rows",
    "SELECT * FROM deals FOR NO KEY UPDATE": "locks rows",
    "COPY deals TO PROGRAM 'id'": "no SELECT",
    "DO 'BEGIN DELETE FROM deals; END'": "no SELECT",
    "CALL wipe()": "no SELECT",
    "EXPLAIN ANALYZE DELETE FROM deals": "no SELECT",
    "ATTACH 'other.db' AS other": "no SELECT",
    "PRAGMA writable_schema = 1": "no SELECT",
    "SET ROLE postgres": "no SELECT",
    "VACUUM": "no SELECT",
    "": "no query",
    " ; -- nothing": "no query",
    "SELECT 'a\\'; DELETE FROM deals; --'": "a quote after a backslash",
    "SELECT E'a\\' ; DELETE FROM deals --'": "a quote after a backslash",
    "SELECT /* /* */ 1; DELETE FROM deals --*/": "a comment inside a comment",
    "SELECT $a$ ' $a$; DELETE FROM deals --'": "between $ signs",
    "SELECT U&\"pg_read\\005ffile\"('x')": "U&",
    "SELECT `a;b`": "a backtick",
    "SELECT 'a": "without an end",
    "SELECT \"a": "without an end",
    "SELECT 1 /* a": "without an end",
    "SELECT 1\0": "NUL",
}  # fmt: skip


@pytest.mark.parametrize("text", ONE)
def test_one_select_is_a_query(text):
    assert parse_query(text, "q.sql").text


@pytest.mark.parametrize("text", OTHER)
def test_anything_else_is_refused(text):
    with pytest.raises(InputError) as caught:
        parse_query(text, "q.sql")
    (problem,) = caught.value.problems
    assert problem.code == "D067" and OTHER[text] in problem.message


def test_a_refused_part_is_shown_with_its_line():
    with pytest.raises(InputError) as caught:
        parse_query("SELECT 1\n\n;\nDROP TABLE deals", "q.sql")
    assert (caught.value.problems[0].line, caught.value.problems[0].value) == (4, "DROP TABLE deals")


def test_names_that_may_be_functions_are_known():
    text = 'SELECT Pg_Sleep /* x */ (1), public.fy(d), "Wipe"(), (a).pg_notify FROM t(1) WHERE x IN (1)'
    assert parse_query(text, "q.sql").calls >= {"pg_sleep", "fy", "Wipe", "pg_notify", "t"}


@given(st.text(st.sampled_from("ab;'\"-/*$()\\ \n"), max_size=30))
def test_what_follows_the_end_never_counts_as_the_query(text):
    try:
        query = parse_query(f"SELECT {text}", "q.sql")
    except InputError:
        return
    outside = query.text
    for token in source.query._TOKEN.finditer(query.text):
        if token.lastgroup in ("text", "quoted", "comment", "blank"):
            outside = outside.replace(token[0], "", 1)
    assert ";" not in outside


# ---- the address

BAD_ADDRESSES = (
    "deals.csv", "postgresql:/a@h/d", "postgresql://a:p@ss@h/d", "postgresql://a:p#@h/d", "postgresql://a:p%zz@h/d",
    "postgresql://a:p:q@h/d", "postgresql://a:p@h:port/d", "postgresql://a:p@h", "postgresql://a:p@h/",
    "postgresql://a:p@h/d/e", "postgresql://a:p@h/d?options=-c%20role%3Dx", "postgresql://a:p@h/d?service=x",
    "mysql://a:p@h/d", "snowflake://a:p@h/d", "sqlite://", "sqlite:///", "sqlite:///:memory:", "duckdb:///:memory:",
    "sqlite:///a.db?mode=rwc", "duckdb:///a?access_mode=read_write", "duckdb://md:x", "postgresql://a:p@h/d\nx",
)  # fmt: skip


@pytest.mark.parametrize("text", BAD_ADDRESSES)
def test_an_address_that_can_be_doubted_is_refused_and_not_shown(text):
    with pytest.raises(InputError) as caught:
        parse_address(text, VARIABLE, ".")
    (problem,) = caught.value.problems
    assert problem.code == "D066" and problem.value is None and problem.file == VARIABLE


def test_an_address_is_taken_apart():
    found = parse_address(
        "postgresql+psycopg://a%40b:p%2F%3A@[::1]:5433/d%20e?sslmode=require", VARIABLE, "."
    )
    assert found == Address("PostgreSQL", "d e", "::1", 5433, "a@b", "p/:", {"sslmode": "require"})
    assert "p/:" not in repr(found)
    assert parse_address("postgres:///d", VARIABLE, ".") == Address("PostgreSQL", "d")
    assert parse_address("sqlite:///a%20b.db", VARIABLE, "in").database == str(Path("in", "a b.db"))
    assert parse_address("duckdb:////srv/a.duckdb", VARIABLE, "in").database == str(Path("/srv/a.duckdb"))


# ---- values

VALUES = {
    None: "", "a": "a", True: "yes", False: "no", 12: "12",
    Decimal("12.50"): "12.50", Decimal("1E+3"): "1000", Decimal("12.345"): "12.3450",
    0.1: "0.1", 1e22: "10000000000000000000000", 1.5e-7: "0.00000015", 3.0: "3", 1.125: "1.1250",
    date(2026, 2, 28): "2026-02-28", date(1, 1, 1): "0001-01-01",
    datetime(2026, 3, 29, 1, 30): "2026-03-29T01:30:00",
    datetime(2026, 3, 29, 1, 30, tzinfo=timezone(timedelta(hours=-5))): "2026-03-29T06:30:00+00:00",
    datetime(2026, 3, 29, 1, 30, 0, 5, tzinfo=UTC): "2026-03-29T01:30:00.000005+00:00",
    UUID(int=1): "00000000-0000-0000-0000-000000000001",
}  # fmt: skip


def test_values_are_written_in_one_way():
    assert {value: plain(value) for value in VALUES} == VALUES
    assert all_plain(list(VALUES)) == list(VALUES.values())


@pytest.mark.parametrize("value", [
    b"x", [1], {"a": 1}, float("nan"), float("inf"), Decimal("NaN"), Decimal("Infinity"), "a\0b",
    timedelta(1), datetime.max.replace(tzinfo=timezone(timedelta(hours=-5))), 1j,
])  # fmt: skip
def test_what_no_cell_can_hold_is_refused(value):
    with pytest.raises(UnfitValueError):
        plain(value)


@given(st.decimals(min_value=0, max_value=10**11, places=2), st.sampled_from(".,"))
def test_amounts_come_over_exactly_whatever_the_customs(amount, decimal):
    assert parse_amount(plain(amount), 2, ".") == int(amount * 100)


# ---- embedded databases

ROWS = [("D1", "Proposal", Decimal("1000.00"), date(2026, 9, 1)), ("D2", "Contract", None, None)]
QUERY = "SELECT id, stage, amount, created FROM deals ORDER BY id"


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    """An SQLite and a DuckDB file with the same deals."""
    folder = tmp_path_factory.mktemp("databases")
    with sqlite3.connect(folder / "a.sqlite") as made:
        made.execute("CREATE TABLE deals (id TEXT, stage TEXT, amount REAL, created TEXT)")
        made.executemany("INSERT INTO deals VALUES (?, ?, ?, ?)",
                         [(i, s, a and float(a), d and d.isoformat()) for i, s, a, d in ROWS])  # fmt: skip
    made.close()
    made = duckdb.connect(str(folder / "a.duckdb"))
    made.execute("CREATE TABLE deals (id TEXT, stage TEXT, amount DECIMAL(12, 2), created DATE)")
    made.executemany("INSERT INTO deals VALUES (?, ?, ?, ?)", ROWS)
    made.execute("CREATE SEQUENCE counter")
    made.close()
    (folder / "other.csv").write_text("a,b\n1,2\n")
    return folder


def ask(folder, text, monkeypatch, url, timeout=60.0):
    (folder / "deals.sql").write_text(text)
    monkeypatch.setenv(VARIABLE, url)
    return read_table(folder / "deals.sql", Reading(database=Database(timeout=timeout)))


def digests(folder):
    return {p.name: hashlib.sha256(p.read_bytes()).hexdigest() for p in folder.iterdir() if p.is_file()}


@pytest.mark.parametrize("system", ["sqlite", "duckdb"])
def test_a_query_to_a_file_yields_a_table(files, tmp_path, monkeypatch, system):
    before = digests(files)
    table = ask(tmp_path, QUERY, monkeypatch, f"{system}:///{files}/a.{system}")
    amount = "1000" if system == "sqlite" else "1000.00"
    assert table.header == ("id", "stage", "amount", "created")
    assert table.rows == (("D1", "Proposal", amount, "2026-09-01"), ("D2", "Contract", "", ""))
    assert table.typed == ({2} if system == "sqlite" else {2, 3})
    assert table.told[0].lower().startswith(system) and table.name == "deals.sql"
    assert digests(files) == before, "nothing is written, not even beside the file"


ATTACKS_ON_SQLITE = (
    "DELETE FROM deals", "ATTACH 'new.db' AS new", "PRAGMA query_only = OFF", "PRAGMA journal_mode = WAL",
    "CREATE TEMP TABLE x AS SELECT 1", "VACUUM INTO 'new.db'", "SELECT load_extension('x')",
    "BEGIN IMMEDIATE", "SELECT fts3_tokenizer('simple')", "SELECT * FROM pragma_database_list", "ANALYZE",
    "WITH a AS (SELECT 1) DELETE FROM deals", "SELECT 1; DELETE FROM deals", "SELECT readfile('/etc/passwd')",
    "CREATE VIRTUAL TABLE x USING fts5(a)", "SELECT hex(zeroblob(100000000))",
)  # fmt: skip
ATTACKS_ON_DUCKDB = (
    "DELETE FROM deals", "ATTACH 'new.duckdb'", "COPY deals TO 'new.csv'",
    "SELECT * FROM read_csv('{}/other.csv')", "SELECT * FROM '{}/other.csv'",
    "SELECT * FROM read_text('/etc/passwd')", "SELECT * FROM glob('/etc/*')", "SELECT nextval('counter')",
    "INSTALL httpfs", "LOAD httpfs", "SET enable_external_access = true", "SET lock_configuration = false",
    "EXPORT DATABASE 'new'", "SELECT 1; DELETE FROM deals",
    "WITH a AS (DELETE FROM deals RETURNING *) SELECT * FROM a", "CREATE TEMP TABLE x AS SELECT 1",
    "CHECKPOINT", "SELECT * FROM query('DELETE FROM deals')",
    "SELECT * FROM read_parquet('https://example.com/x.parquet')",
    "SELECT * FROM sniff_csv('{}/other.csv')", "CALL pragma_version()",
    "EXPLAIN ANALYZE DELETE FROM deals",
)  # fmt: skip


def attacked(module, path, text):
    """Put a text to a file as if the look at its words had let it pass."""
    with module.asked(
        Address("", str(path)), Query("q.sql", text, frozenset()), Deadline.after(60)
    ) as answer:
        return [row for batch in answer.batches for row in batch]


@pytest.mark.parametrize("module", [of_sqlite, pytest.param(of_duckdb, marks=pytest.mark.slow)])
def test_the_database_itself_refuses_every_attack(files, monkeypatch, module):
    monkeypatch.chdir(files)
    before = digests(files)
    system = module.__name__.rpartition(".")[2]
    attacks = ATTACKS_ON_SQLITE if module is of_sqlite else ATTACKS_ON_DUCKDB
    for text in attacks:
        with pytest.raises(RefusedError) as caught:
            attacked(module, files / f"a.{system}", text.format(files))
        assert caught.value.code in ("D067", "D070"), text
    assert digests(files) == before
    assert attacked(module, files / f"a.{system}", "SELECT count(*) FROM deals") == [(2,)]


@pytest.mark.parametrize("system", ["sqlite", "duckdb"])
def test_a_query_without_end_is_stopped(files, tmp_path, monkeypatch, system):
    endless = "WITH RECURSIVE r(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM r) SELECT count(*) FROM r"
    with pytest.raises(InputError) as caught:
        ask(tmp_path, endless, monkeypatch, f"{system}:///{files}/a.{system}", timeout=0.2)
    assert caught.value.problems[0].code == "D071"


def test_too_long_an_answer_is_refused(files, tmp_path, monkeypatch):
    monkeypatch.setattr(source, "MOST_ROWS", 5)
    endless = "WITH RECURSIVE r(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM r) SELECT i FROM r"
    with pytest.raises(InputError) as caught:
        ask(tmp_path, endless, monkeypatch, f"sqlite:///{files}/a.sqlite")
    assert caught.value.problems[0].code == "D072"


def test_what_is_promised_of_an_answers_size_is_what_is_counted(files, tmp_path, monkeypatch):
    """After each fetch and not before: so many rows, of values that SQLite bounds, are in memory at once."""
    fetched = []
    batches = of_sqlite._batches
    monkeypatch.setattr(of_sqlite, "_batches", lambda *a: (fetched.append(len(b)) or b for b in batches(*a)))
    monkeypatch.setattr(source, "MOST_CHARACTERS", 30_000)
    endless = "WITH RECURSIVE r(i) AS (SELECT 10000 UNION ALL SELECT i + 1 FROM r) SELECT i FROM r"
    with pytest.raises(InputError) as caught:
        ask(tmp_path, endless, monkeypatch, f"sqlite:///{files}/a.sqlite")
    assert caught.value.problems[0].code == "D072" and fetched == [BATCH] * 4  # of 5 digits each
    promise = (ROOT / "SECURITY.md").read_text()
    assert f"rows are fetched {BATCH:,} at a time" in promise
    assert f"SQLite it is {of_sqlite.LONGEST // 10**6} MB" in promise
    assert of_duckdb.CLOSED["memory_limit"] == "1GB" and "DuckDB works within 1 GB" in promise


@pytest.mark.parametrize(("text", "code", "said"), [
    ("SELECT x'00' AS amount FROM deals", "D074", 'q.sql, row 1, column "amount"'),
    ("SELECT id, id FROM deals", "D004", "id"),
    ("SELECT * FROM dael", "D070", "no such table: dael"),
])  # fmt: skip
def test_what_is_wrong_is_told_with_its_place(files, tmp_path, monkeypatch, text, code, said):
    with pytest.raises(InputError) as caught:
        ask(tmp_path, text, monkeypatch, f"sqlite:///{files}/a.sqlite")
    assert caught.value.problems[0].code == code
    assert said in str(caught.value).replace("deals.sql", "q.sql")


def test_a_log_that_nobody_writes_leaves_no_files(tmp_path, monkeypatch):
    made = sqlite3.connect(tmp_path / "wal.db")
    made.execute("PRAGMA journal_mode = WAL")
    made.execute("CREATE TABLE deals AS SELECT 'D1' AS id")
    made.commit()
    made.close()
    assert attacked(of_sqlite, tmp_path / "wal.db", "SELECT id FROM deals") == [("D1",)]
    assert os.listdir(tmp_path) == ["wal.db"]


def test_a_file_in_use_is_read_with_its_log(tmp_path):
    made = sqlite3.connect(tmp_path / "wal.db")
    made.execute("PRAGMA journal_mode = WAL")
    made.execute("CREATE TABLE deals AS SELECT 'D1' AS id")
    made.commit()
    assert attacked(of_sqlite, tmp_path / "wal.db", "SELECT id FROM deals") == [("D1",)]
    made.close()


# ---- scenarios

SQL = SCENARIO.replace("data: {deals: deals.csv}", "data: {deals: deals.sql, database: {file: address}}")
FULL = (
    "SELECT id, stage, amount, created, entered_stage, expected_close, closed FROM deals\n"
    "WHERE amount > 0 -- all of them\n"
)


@pytest.fixture
def company(tmp_path):
    """The deals of the small scenario in a database, with their query and address."""
    made = duckdb.connect(str(tmp_path / "crm.duckdb"))
    (tmp_path / "deals.csv").write_text(DEALS)
    made.execute(f"CREATE TABLE deals AS SELECT * FROM read_csv('{tmp_path}/deals.csv')")
    made.close()
    (tmp_path / "deals.sql").write_text(FULL)
    (tmp_path / "address").write_text("duckdb:///crm.duckdb\n")
    return tmp_path


def test_a_query_makes_the_forecast_that_its_table_makes(company):
    by_query, by_file = loaded(company, SQL), loaded(company)
    assert by_query.pipeline.id == by_file.pipeline.id
    assert by_query.pipeline.amount.tolist() == by_file.pipeline.amount.tolist()
    assert by_query.pipeline.age.tolist() == by_file.pipeline.age.tolist()
    assert by_query.wins.amount.tolist() == by_file.wins.amount.tolist()


def test_wrong_cells_are_told_with_their_row(company):
    (company / "deals.sql").write_text(FULL.replace("stage, amount", "'Propsal' AS stage, amount"))
    found = problems(company, SQL)
    assert {p.code for p in found} == {"D010"} and found[0].row == 1 and found[0].line is None
    assert "deals.sql, row 1, column" in str(found[0])


@pytest.mark.parametrize(("change", "code"), [
    (("database: {file: address}", "database: {file: no-address}"), "D065"),
    (("database: {file: address}", "database: {env: NOT_SET_ANYWHERE}"), "D065"),
    (("database: {file: address}", "database: {file: small.yaml}"), "D066"),
    (("database: {file: address}", "database: {file: address, env: X}"), "S013"),
    (("database: {file: address}", "database: {env: 'postgresql://h/d'}"), "S013"),
    (("database: {file: address}", "database: {file: address, timeout: 0}"), "S013"),
    (("deals: deals.sql", "deals: 'postgresql://h/d'"), "S015"),
    (("deals: deals.sql", "deals: 'postgresql://a:hidden@h/d'"), "S078"),
])  # fmt: skip
def test_an_address_stands_outside_of_the_scenario(company, change, code):
    found = problems(company, SQL.replace(*change))
    assert [p.code for p in found] == [code]
    assert found[0].remedy and "hidden" not in str(found[0])


def test_missing_drivers_are_told(company, monkeypatch):
    monkeypatch.setitem(sys.modules, "duckdb", None)
    (problem,) = problems(company, SQL)
    assert problem.code == "D073" and "[sql]" in problem.remedy


@pytest.mark.parametrize("what", ["the database", "its address"])
def test_nothing_outside_the_project_is_read(company, what):
    (company / "project").mkdir()
    (company / "project" / "deals.sql").write_text(FULL)
    (company / "project" / "address").write_text("duckdb:///../crm.duckdb")
    place = "../address" if what == "its address" else "address"
    path = write(company / "project", SQL.replace("{file: address}", f"{{file: {place}}}"))
    with pytest.raises(InputError) as caught:
        load(path)
    (problem,) = caught.value.problems
    assert problem.code == "S072" and what.split()[-1] in problem.message
    assert load(path, allow_outside=True).pipeline.id == ("D1", "D2")


@pytest.mark.parametrize("where", ["here", "outside"])
@pytest.mark.parametrize("system", ["sqlite", "duckdb"])
def test_no_part_of_an_address_that_names_a_file_is_shown(company, system, where):
    """It may be a password that was put there by mistake."""
    (company / "address").write_text(f"{system}:///{'' if where == 'here' else '../'}hunter2")
    path = write(company, SQL)
    with pytest.raises(InputError) as caught:
        load(path)
    (problem,) = caught.value.problems
    assert problem.code == ("D070" if where == "here" else "S072") and "hunter2" not in str(caught.value)
    if where == "here":
        assert "where the address in address says" in problem.message
        assert "its path counts from the folder of that file" in problem.remedy


@pytest.mark.parametrize("system", ["sqlite", "duckdb"])
def test_nor_is_it_in_the_words_of_the_database(tmp_path, monkeypatch, system):
    (tmp_path / "hunter2.db").write_text("no database" * 100)
    monkeypatch.chdir(tmp_path)
    for url in ("hunter2.db", tmp_path / "hunter2.db"):
        with pytest.raises(InputError, match="D070") as caught:
            ask(tmp_path, "SELECT id FROM deals", monkeypatch, f"{system}:///{url}")
        assert "hunter2" not in str(caught.value)


# ---- each code


class Server:
    """A PostgreSQL server that answers what is asked of a role and of functions, and nothing else."""

    broken = False

    def __init__(self, mighty=None, volatile=None):
        self.answers = {"pg_roles": mighty, "pg_proc": volatile}

    def execute(self, text, *_, **__):
        self.answer = next((answer for name, answer in self.answers.items() if name in text), None)
        return self

    def fetchone(self):
        return self.answer

    def rollback(self):
        pass

    close = rollback


ENDLESS = "WITH RECURSIVE r(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM r) SELECT count(*) AS id FROM r"
ON_SERVER = "postgresql://forecast:hidden@db.example.com/sales"
BY_CODE = {
    "D065": {"address": None},
    "D066": {"address": "mysql://forecast:hidden@db.example.com/sales"},
    "D067": {"query": "SELECT * FROM deals;\nDELETE FROM deals;\n"},
    "D068": {"address": ON_SERVER, "query": "SELECT pg_read_file('x')", "volatile": ("pg_read_file",)},
    "D069": {"address": ON_SERVER, "mighty": ("postgres", True)},
    "D070": {"query": "SELECT id\nFROM dael"},
    "D071": {"query": ENDLESS},
    "D072": {"most": 2},
    "D073": {"hidden": "duckdb"},
    "D074": {"query": "SELECT 'D1' AS id, interval '1' day AS amount"},
}  # fmt: skip


@pytest.mark.parametrize("code", BY_CODE)
def test_each_code_is_told(company, monkeypatch, pinned, code):
    given = BY_CODE[code]
    monkeypatch.chdir(company)
    (company / "deals.sql").write_text(given.get("query", "SELECT id FROM deals\n"))
    address = given.get("address", "duckdb:///crm.duckdb")
    monkeypatch.delenv(VARIABLE, raising=False) if address is None else monkeypatch.setenv(VARIABLE, address)
    server = Server(given.get("mighty"), given.get("volatile"))
    monkeypatch.setattr("psycopg.connect", lambda **_: server)
    monkeypatch.setattr(source, "MOST_ROWS", given.get("most", 100))
    if "hidden" in given:
        monkeypatch.setitem(sys.modules, given["hidden"], None)
    timeout = 0.2 if code == "D071" else 60.0
    with pytest.raises(InputError) as caught:
        read_table(company / "deals.sql", Reading(database=Database(timeout=timeout)))
    problem = with_remedy(caught.value.problems[0])
    assert problem.code == code and problem.remedy and "hidden" not in str(problem)
    pinned(code, str(problem))


def test_further_nets_stand_below_the_first(files):
    """What is tested above holds without them too; a way around the first net would end here."""
    assert of_sqlite._uri(files / "a.sqlite").endswith("?mode=ro")
    assert of_duckdb.CLOSED["lock_configuration"] == "true" and of_duckdb.CLOSED["temp_directory"] == ""


def test_a_server_that_is_not_there_is_told_on_one_line(tmp_path, monkeypatch):
    """The driver's own words have tabs and line breaks."""
    psycopg = pytest.importorskip("psycopg")
    words = 'connection to server at "127.0.0.1", port 1 failed: refused\n\tIs the server on?\n'

    def refuse(**_):
        raise psycopg.OperationalError(words)

    monkeypatch.setattr(psycopg, "connect", refuse)
    monkeypatch.setenv(VARIABLE, "postgresql://a@127.0.0.1:1/x")
    (tmp_path / "q.sql").write_text("SELECT 1 AS id")
    with pytest.raises(InputError) as caught:
        read_table(tmp_path / "q.sql")
    (problem,) = caught.value.problems
    assert problem.message.endswith("port 1 failed: refused; Is the server on?")
