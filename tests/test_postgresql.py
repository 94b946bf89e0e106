"""Queries to a real PostgreSQL server: no attack changes anything, by whichever role or words."""

import os
import re
import shlex

import pytest
from click.testing import CliRunner
from conftest import ROOT
from written import DEALS, SCENARIO, loaded, write

from simulator.cli import main
from simulator.errors import InputError
from simulator.loading.sources import VARIABLE, Database, Reading, read_table
from simulator.loading.sources.sql import postgresql
from simulator.loading.sources.sql.address import parse_address
from simulator.loading.sources.sql.answer import Deadline, RefusedError
from simulator.loading.sources.sql.query import Query

pytestmark = pytest.mark.slow
STATE = """
    SELECT (SELECT md5(string_agg(d::text, '|' ORDER BY id)) FROM deals d),
           (SELECT count(*) FROM pg_class), (SELECT count(*) FROM pg_proc), (SELECT count(*) FROM pg_roles),
           (SELECT count(*) FROM pg_largeobject_metadata), (SELECT last_value FROM counter),
           (SELECT md5(string_agg(r::text, '|' ORDER BY rolname)) FROM pg_authid r)"""
FUNCTIONS = (
    "pg_read_file(text)", "pg_read_binary_file(text)", "pg_ls_dir(text)", "pg_stat_file(text)",
    "lo_import(text)", "lo_export(oid, text)", "pg_reload_conf()", "pg_switch_wal()",
)  # fmt: skip
"""What only superusers may call, and the attacker may here."""


@pytest.fixture(scope="session")
def crm(postgres):
    """A server with deals, a role that may read them, one that may do everything to them, and mighty ones."""
    rows = [line.split(",") for line in DEALS.splitlines()]
    values = ", ".join(
        "(" + ", ".join(f"'{cell}'" if cell else "NULL" for cell in row) + ")" for row in rows[1:]
    )
    types = dict(
        zip(rows[0], ("text", "text", "numeric(14, 2)", "date", "date", "date", "timestamptz"), strict=True)
    )
    postgres.execute(
        f"CREATE TABLE deals ({', '.join(f'{name} {kind}' for name, kind in types.items())})",
        f"INSERT INTO deals SELECT {', '.join(f'{name}::{kind}' for name, kind in types.items())} "
        f"FROM (VALUES {values}) AS v({', '.join(types)})",
        "CREATE SEQUENCE counter",
        "CREATE FUNCTION wipe() RETURNS bigint LANGUAGE sql SECURITY DEFINER AS "
        "'WITH gone AS (DELETE FROM deals RETURNING 1) SELECT count(*) FROM gone'",
        "CREATE FUNCTION sly_wipe() RETURNS bigint LANGUAGE sql STABLE SECURITY DEFINER AS 'SELECT wipe()'",
        "CREATE FUNCTION fiscal_year(date) RETURNS int LANGUAGE sql STABLE "
        "AS 'SELECT extract(year FROM $1)::int'",
        *(f"CREATE ROLE {role} LOGIN PASSWORD '{postgres.password}'" for role in ROLES),
        "CREATE ROLE chief SUPERUSER NOLOGIN",
        "CREATE ROLE chiefs NOLOGIN", "GRANT chief TO chiefs", "GRANT chiefs TO deputy",
        "ALTER ROLE deputy NOINHERIT",
        "GRANT pg_execute_server_program TO runner", "GRANT pg_read_server_files TO peeper",
        "GRANT pg_write_server_files TO scribe", "GRANT SELECT ON deals TO reader",
        *(f"GRANT ALL ON ALL {what} IN SCHEMA public TO writer" for what in ("TABLES", "SEQUENCES")),
        *(f"GRANT EXECUTE ON FUNCTION {name} TO writer" for name in FUNCTIONS),
    )  # fmt: skip
    return postgres


ROLES = ("reader", "writer", "deputy", "runner", "peeper", "scribe")


def ask(server, folder, text, monkeypatch, role="writer", timeout=60.0):
    (folder / "q.sql").write_text(text)
    monkeypatch.setenv(VARIABLE, server.url(role))
    return read_table(folder / "q.sql", Reading(database=Database(timeout=timeout)))


def refused(*args, **options):
    with pytest.raises(InputError) as caught:
        ask(*args, **options)
    (problem,) = caught.value.problems
    return problem


# ---- what comes over


def test_values_come_over_exactly(crm, tmp_path, monkeypatch):
    text = """
        SELECT 12345678901234567890.12::numeric AS large, 1.100::numeric(9, 3) AS three, 0.1::float8 AS eight,
               0.1::float4 AS four, 7::bigint AS whole, date '2028-02-29' AS leap, true AS yes,
               NULL::text AS none,
               timestamptz '2026-03-29 01:30:00-05' AS zoned, timestamp '2026-03-29 02:30:00' AS local,
               'é€🙂'::text AS text, '0001-01-01'::date AS first, '9999-12-31'::date AS last,
               '00000000-0000-0000-0000-000000000001'::uuid AS id"""
    table = ask(crm, tmp_path, text, monkeypatch)
    assert dict(zip(table.header, table.rows[0], strict=True)) == {
        "large": "12345678901234567890.12", "three": "1.1000", "eight": "0.1", "four": "0.1", "whole": "7",
        "leap": "2028-02-29", "yes": "yes", "none": "", "zoned": "2026-03-29T06:30:00+00:00",
        "local": "2026-03-29T02:30:00", "text": "é€🙂", "first": "0001-01-01", "last": "9999-12-31",
        "id": "00000000-0000-0000-0000-000000000001",
    }  # fmt: skip
    typed = {table.header[at] for at in table.typed}
    assert typed == {"large", "three", "eight", "four", "whole", "leap", "zoned", "local", "first", "last"}
    assert table.told[0].startswith("PostgreSQL 1")


def test_rows_come_in_batches_and_none_is_lost(crm, tmp_path, monkeypatch):
    table = ask(crm, tmp_path, "SELECT i, i % 7 AS rest FROM generate_series(1, 25001) AS i", monkeypatch)
    assert [int(row[0]) for row in table.rows] == list(range(1, 25_002))
    assert ask(crm, tmp_path, "SELECT 1 AS a WHERE false", monkeypatch).rows == ()


def test_a_function_that_changes_nothing_may_be_called(crm, tmp_path, monkeypatch):
    text = "SELECT fiscal_year(created) AS fy, count(*) AS n FROM deals GROUP BY 1 ORDER BY 1;"
    assert ask(crm, tmp_path, text, monkeypatch, role="reader").rows == (("2026", "4"),)


@pytest.mark.parametrize(("text", "code", "said"), [
    ("SELECT 'NaN'::numeric AS a", "D074", "row 1"),
    ("SELECT 'infinity'::date AS a", "D070", "infinity"),
    ("SELECT '0044-03-15 BC'::date AS a", "D070", "BC"),
    ("SELECT '{}'::jsonb AS a", "D074", "row 1"),
    ("SELECT 1 AS a, 2 AS a", "D004", "a"),
    ("SELECT 1\nFROM dael", "D070", "line 2"),
    ("SELECT %s", "D070", "syntax error"),
    ("SELECT * FROM pg_authid", "D070", "permission denied"),
])  # fmt: skip
def test_what_is_wrong_is_told_with_its_place(crm, tmp_path, monkeypatch, text, code, said):
    problem = refused(crm, tmp_path, text, monkeypatch)
    assert problem.code == code and said in str(problem)


def test_a_slow_query_is_stopped(crm, tmp_path, monkeypatch):
    text = "SELECT count(*) FROM generate_series(1, 1000000000) AS a"
    assert refused(crm, tmp_path, text, monkeypatch, timeout=0.3).code == "D071"


# ---- attacks

ATTACKS = (
    "SELECT 1; COMMIT; DELETE FROM deals; SELECT 1",
    "DELETE FROM deals", "SELECT 1; DELETE FROM deals", "SELECT 1; COMMIT; DROP TABLE deals; SELECT 1",
    "WITH gone AS (DELETE FROM deals RETURNING *) SELECT * FROM gone",
    "WITH gone AS (UPDATE deals SET amount = 0 RETURNING *) SELECT * FROM gone",
    "WITH made AS (INSERT INTO deals (id) VALUES ('X') RETURNING *) SELECT * FROM made",
    "SELECT * INTO copy FROM deals", "SELECT * FROM deals FOR UPDATE", "TRUNCATE deals", "DROP TABLE deals",
    "COPY deals TO PROGRAM 'touch /tmp/x'", "COPY deals FROM PROGRAM 'id'", "COPY deals TO '/tmp/x'",
    "CREATE TABLE x AS SELECT 1", "CREATE TEMP TABLE x AS SELECT 1", "DO 'BEGIN DELETE FROM deals; END'",
    "CALL wipe()", "GRANT ALL ON deals TO PUBLIC", "ALTER ROLE writer SUPERUSER", "SET ROLE chief",
    "LISTEN x", "SELECT wipe()", "SELECT sly_wipe()", "SELECT nextval('counter')",
    "SELECT setval('counter', 99)", "SELECT query_to_xml('DELETE FROM deals', true, true, '')",
    "EXPLAIN ANALYZE DELETE FROM deals", "SELECT set_config('transaction_read_only', 'off', false), wipe()",
    "PREPARE TRANSACTION 'x'", "VACUUM", "SELECT 1 FROM deals WHERE wipe() > 0",
    "SELECT 1 ORDER BY (SELECT wipe())", "SELECT 1) ; DELETE FROM deals --",
    "SELECT CASE WHEN true THEN (SELECT wipe()) END", "SELECT 1 LIMIT (SELECT wipe())", "EXECUTE x",
)  # fmt: skip
CALLS = (
    "SELECT pg_read_file('/etc/passwd')", "SELECT pg_read_binary_file('/etc/passwd')",
    "SELECT pg_ls_dir('/')", "SELECT * FROM pg_stat_file('/etc/passwd')", "SELECT lo_import('/etc/passwd')",
    "SELECT lo_export(1, '/tmp/x')", "SELECT lo_from_bytea(0, 'x')", "SELECT lo_creat(-1)",
    "SELECT pg_notify('a', 'b')", "SELECT pg_reload_conf()", "SELECT pg_advisory_lock(1)",
    "SELECT pg_terminate_backend(1)", "SELECT pg_cancel_backend(1)", "SELECT pg_sleep(60)",
    "SELECT PG_SLEEP(60)", "SELECT pg_catalog . pg_sleep /* x */ (60)", 'SELECT "pg_sleep"(60)',
    "SELECT set_config('statement_timeout', '0', false)", "SELECT pg_switch_wal()",
    "SELECT query_to_xml('SELECT pg_sleep(60)', true, true, '')", "SELECT * FROM pg_ls_dir('.')",
    "SELECT pg_create_restore_point('x')", "SELECT (SELECT pg_read_file('/etc/passwd')) FROM deals",
    "SELECT public.wipe()", "SELECT random()",
)  # fmt: skip


@pytest.mark.parametrize("text", ATTACKS)
def test_no_attack_changes_anything(crm, tmp_path, monkeypatch, text):
    """By its words first, and then by the server alone, as if these had let it pass."""
    before = crm.execute(STATE)
    assert refused(crm, tmp_path, text, monkeypatch).code in ("D067", "D068", "D070")
    address = parse_address(crm.url("writer"), VARIABLE, ".")
    with pytest.raises(RefusedError) as caught, postgresql.asked(
        address, Query("q.sql", text, frozenset()), Deadline.after(60)
    ) as answer:  # fmt: skip
        list(answer.batches)
    assert caught.value.code == "D070"
    assert crm.execute(STATE) == before


@pytest.mark.parametrize("text", CALLS)
def test_functions_that_are_not_known_to_change_nothing_are_not_called(crm, tmp_path, monkeypatch, text):
    before = crm.execute(STATE)
    problem = refused(crm, tmp_path, text, monkeypatch)
    assert problem.code == "D068" and problem.value
    assert crm.execute(STATE) == before


@pytest.mark.parametrize(("role", "said"), [
    ("owner", "is a superuser"),
    ("deputy", "is a superuser"),
    ("runner", "pg_execute_server_program"),
    ("peeper", "pg_read_server_files"),
    ("scribe", "pg_write_server_files"),
])  # fmt: skip
def test_mighty_roles_are_refused_whatever_they_ask(crm, tmp_path, monkeypatch, role, said):
    problem = refused(crm, tmp_path, "SELECT 1", monkeypatch, role=role)
    assert problem.code == "D069" and said in problem.message and "may only read" in problem.remedy


def test_a_program_would_run_inside_a_read_only_transaction(crm, tmp_path):
    """Why mighty roles are refused: nothing else would stop them."""
    import psycopg

    with psycopg.connect(crm.url("runner")) as connection:
        connection.read_only = True
        connection.execute("COPY (SELECT 1) TO PROGRAM 'cat >/dev/null'")
        connection.rollback()


# ---- no password is shown


@pytest.mark.parametrize(("role", "password", "port"), [
    ("reader", "Hq7vK2xR9mWz4tLp", None), ("nobody", "Hq7vK2xR9mWz4tLp", None),
    ("reader", "Hq7vK2xR9mWz4tLp", 1), ("reader", "Hq7v%40K2xR9mWz4tLp", None),
])  # fmt: skip
def test_a_refused_login_shows_no_password(crm, tmp_path, monkeypatch, role, password, port):
    (tmp_path / "q.sql").write_text("SELECT 1")
    url = crm.url(role, password)
    monkeypatch.setenv(VARIABLE, url.replace(f":{crm.port}/", f":{port}/") if port else url)
    with pytest.raises(InputError) as caught:
        read_table(tmp_path / "q.sql")
    assert caught.value.problems[0].code == "D070"
    assert "K2xR9" not in str(caught.value) and "K2xR9" not in repr(caught.value.problems)


# ---- the whole way

SQL = SCENARIO.replace("data: {deals: deals.csv}", "data: {deals: deals.sql}")


def test_a_run_on_a_server_is_the_run_on_its_export(crm, tmp_path, monkeypatch, undrawn):
    monkeypatch.setenv(VARIABLE, crm.url("reader"))
    (tmp_path / "deals.sql").write_text("SELECT * FROM deals ORDER BY id")
    by_file, by_query = loaded(tmp_path), loaded(tmp_path, SQL)
    assert by_query.pipeline.amount.tolist() == by_file.pipeline.amount.tolist()
    assert by_query.wins.day.tolist() == by_file.wins.day.tolist()
    path = write(tmp_path, SQL)
    monkeypatch.chdir(tmp_path)
    result = CliRunner().invoke(main, ["run", str(path), "--trials", "200", "-q"])
    assert result.exit_code == 0, result.output
    kept = [p for p in (tmp_path / "reports").rglob("*") if p.is_file()]
    assert any(p.name == "deals.csv" and "D1,Proposal,1000.00," in p.read_text() for p in kept)
    assert not any(crm.password.encode() in p.read_bytes() for p in kept)
    monkeypatch.delenv(VARIABLE)
    again = CliRunner().invoke(
        main, ["run", str(path.parent / "reports/small/latest"), "--trials", "200", "-q"]
    )
    assert again.exit_code == 0, "a run's inputs need no database"


def test_a_history_is_learned_from_queries(crm, tmp_path, monkeypatch):
    monkeypatch.setenv(VARIABLE, crm.url("reader"))
    (tmp_path / "events.sql").write_text(
        "SELECT 'E' || i AS deal, s.stage, date '2025-01-01' + (i * 3 + s.n * 9)::int AS entered_at,\n"
        "       1000 + i AS amount\n"
        "FROM generate_series(1, 120) AS i,\n"
        "     (VALUES (0, 'New'), (1, 'Offer'), (2, 'end')) AS e(n, name),\n"
        "     LATERAL (SELECT e.n, CASE WHEN e.n < 2 THEN e.name WHEN i % 3 = 0 THEN 'Won' ELSE 'Lost' END)\n"
        "         AS s(n, stage)"
    )
    result = CliRunner().invoke(main, ["fit", str(tmp_path / "events.sql"), "-o", str(tmp_path / "learned")])
    assert result.exit_code == 0, result.output
    kept = [p for p in (tmp_path / "learned").rglob("*") if p.is_file()]
    assert kept and not any(crm.password.encode() in p.read_bytes() for p in kept)


def test_nothing_of_the_server_is_left(crm):
    assert os.environ.get(VARIABLE) != crm.url("reader")
    assert crm.execute(
        "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'funnel-simulator'"
    ) == [(0,)]


# ---- the recipe


def test_the_recipe_runs_as_it_stands(postgres, tmp_path, monkeypatch, unreported):
    """The query and the commands are those of docs/recipes.md; the address is another, the trials few."""
    recipe = (ROOT / "docs" / "recipes.md").read_text("utf-8").split("## PostgreSQL")[1].split("\n## ")[0]
    query, session = re.findall(r"^```\w+\n(.*?)^```$", recipe, re.MULTILINE | re.DOTALL)
    postgres.execute(
        "CREATE TABLE accounts (id int PRIMARY KEY, name text)",
        "CREATE TABLE opportunities (id text, name text, account int, stage text, amount numeric(14, 2), "
        "currency text, created_on date, stage_since date, close_on date, closed_on date)",
        "INSERT INTO accounts SELECT i, 'Customer ' || i FROM generate_series(1, 9) AS i",
        "INSERT INTO opportunities SELECT 'D' || i, 'Deal ' || i, 1 + i % 9, "
        "(ARRAY['Qualified', 'Proposal', 'Won', 'Lost'])[1 + i % 4], 1000 + 10 * i, 'EUR', "
        "date '2026-01-01' + i, date '2026-01-05' + i, date '2026-12-01' + i, "
        "CASE WHEN i % 4 > 1 THEN date '2026-01-20' + i END FROM generate_series(1, 280) AS i",
        f"CREATE ROLE forecast LOGIN PASSWORD '{postgres.password}'",
        "GRANT SELECT ON accounts, opportunities TO forecast",
    )
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv(VARIABLE, postgres.url("forecast"))
    (tmp_path / "deals.sql").write_text(query)
    first, *commands = [line.removeprefix("$ ") for line in session.splitlines()]
    assert first.startswith(f"export {VARIABLE}=postgresql://forecast@") and len(commands) == 3
    for line in commands:
        few = [] if " inspect " in line else ["--trials", "200"]
        result = CliRunner().invoke(main, [*shlex.split(line)[1:], *few])
        assert result.exit_code == 0, f"{line}\n{result.output}"
    assert list((tmp_path / "reports" / "warehouse").glob("2026-11-30*"))
