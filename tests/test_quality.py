"""Every row of every table has one fate, the money adds up to the file's, and doubtful deals are told."""

import csv
import io
import json
from collections import Counter
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from whole_money import files_of
from whole_money import write as write_whole
from written import DEALS, SCENARIO, loaded, write

from simulator.errors import InputError
from simulator.forecast.quality import quality
from simulator.loading import load
from simulator.money import minor_digits
from simulator.runs.record import _inputs, json_bytes
from simulator.simulation import simulate

HOME = Path(__file__).resolve().parent.parent / "scenarios"
SHIPPED = ("article-2010.yaml", "baseline.yaml", "saas-hardware/scenario.yaml")
HEAD = "id,stage,amount,currency,created,entered_stage,expected_close,closed\n"


def told(scenario):
    found = quality(scenario)
    assert json_bytes(found)
    return found


def table(scenario, name="deals"):
    return next(t for t in told(scenario)["tables"] if t["table"] == name)


def parts(entry, kind):
    key = {"used": "as"}.get(kind, "rule")
    return {part[key]: (part["rows"], part["amount"]) for part in entry[kind]}


def doubtful(scenario):
    return {kind["kind"]: kind for kind in told(scenario)["open_deals"]["doubtful"]}


def check_sums(scenario):
    """Hold what is told against the tables as text, and against what the engine is given."""
    entries = {entry["table"]: entry for entry in told(scenario)["tables"]}
    assert set(entries) == set(scenario.tables)
    unit = 10 ** minor_digits(scenario.currency)
    for key, entry in entries.items():
        header, *rows = scenario.tables[key]
        whole, fates = entry["read"], [*entry["used"], *entry["left_out"]]
        assert whole["rows"] == len(rows) == sum(part["rows"] for part in fates)
        assert whole["without_amount"] == sum(part["without_amount"] for part in fates)
        assert all(part["rows"] for part in (*fates, *entry["repaired"]))
        if whole["amount"] is None:
            assert key in ("actuals", "plan")
            continue
        assert round(whole["amount"] * unit) == sum(round(part["amount"] * unit) for part in fates)
        assert cents(whole) == sum(map(cents, fates), Counter())
        if "amount" in header and key != "lines" and not whole["without_amount"]:
            at = header.index("amount")
            total = sum(Decimal(row[at]) for row in rows)
            digits = {code: 10 ** minor_digits(code) for code in whole["amounts"]}
            assert sum(Decimal(n) / digits[code] for code, n in cents(whole).items()) == total
    if "deals" in entries:
        used = parts(entries["deals"], "used")
        assert used.get("open", (0,))[0] == len(scenario.pipeline)
        assert sum(used.get(k, (0,))[0] for k in ("won", "backlog", "earlier")) == len(scenario.wins)
        rates, deals = scenario.rates, scenario.pipeline
        worth = rates.worth(deals.amount, deals.currency).sum() / unit
        assert used.get("open", (0, 0))[1] == pytest.approx(worth, abs=1e-9)


def cents(part):
    found = {code: round(amount * 10 ** minor_digits(code)) for code, amount in part["amounts"].items()}
    return Counter({code: number for code, number in found.items() if number})


# ---- what adds up


@pytest.mark.parametrize("name", SHIPPED)
def test_every_shipped_scenario_adds_up(name):
    check_sums(load(HOME / name))


def test_random_companies_add_up(tmp_path):
    for seed in range(6):
        (tmp_path / str(seed)).mkdir()
        write_whole(tmp_path / str(seed), files_of(seed))
        check_sums(load(tmp_path / str(seed) / "whole.yaml"))


DAYS = st.one_of(
    st.just(""), st.integers(-900, 200).map(lambda n: (date(2026, 10, 31) + timedelta(n)).isoformat())
)
ROWS = st.tuples(
    st.sampled_from(["Proposal", "Contract", "Won", "Lost"]),
    st.sampled_from(["0", "1000", "2000.50", "77.07"]),
    st.sampled_from(["EUR", "USD", ""]),
    *[DAYS] * 4,
)


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rows=st.lists(ROWS, max_size=12), drop=st.booleans())
def test_dirty_tables_add_up_and_say_the_same_from_what_a_run_keeps(tmp_path, rows, drop):
    text = HEAD + "".join(f"D{i},{','.join(row)}\n" for i, row in enumerate(rows))
    path = write(tmp_path, deals=text)
    scenario = load(path)
    if drop and len(scenario.pipeline):
        scenario = load(path, sets=[f"deals={{{scenario.pipeline.id[0]}: {{outcome: dropped}}}}"])
        assert parts(table(scenario), "left_out")["W044"][0] == 1
    check_sums(scenario)
    assert told(again(scenario, tmp_path / "kept")) == told(scenario)
    noted = {code: text for code, text, _ in scenario.notes}
    for part in (*table(scenario)["left_out"], *table(scenario)["repaired"]):
        assert part["rule"] in noted and part["what"].split(" (")[0] in noted[part["rule"]] + part["what"] * (
            part["rule"] == "W044"
        )


def again(scenario, folder):
    """Load what a run of a scenario keeps."""
    for name, content in _inputs(scenario).items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(b"".join(content()))
    return load(folder / "inputs" / "scenario.yaml")


def test_a_file_keeps_the_name_that_its_owner_gave_it(tmp_path):
    text = SCENARIO.replace("deals.csv", "exports/Q3 pipeline.csv")
    (tmp_path / "exports").mkdir()
    (tmp_path / "exports" / "Q3 pipeline.csv").write_text(HEAD + "D1,Proposal,1,,,,,\n", "utf-8")
    first = load(write(tmp_path, text))
    second = again(first, tmp_path / "first")
    third = again(second, tmp_path / "second")
    assert [table(s)["file"] for s in (first, second, third)] == ["Q3 pipeline.csv"] * 3
    assert third.resolved == second.resolved and "kept_from" not in loaded(tmp_path).resolved["data"]


# ---- what becomes of rows


def test_each_row_is_told_by_what_became_of_it(tmp_path):
    deals = (
        HEAD + "A,Proposal,1000,USD,2026-09-01,2026-09-10,2026-12-15,\n"  # open
        "B,Proposal,10,,2026-09-01,2026-09-10,2026-12-15,2026-10-01\n"  # open, closed on a past day
        "C,Proposal,20,,2026-11-05,,,\n"  # created later
        "D,Won,30,,2026-02-01,,,2026-05-05\n"  # this year
        "E,Won,40,,2024-02-01,,,2024-05-05\n"  # long ago, and paid
        "F,Won,50,,2024-02-01,2024-01-01,,\n"  # won, nobody knows when, in an order that cannot be
        "G,Lost,,,,,,2026-06-01\n"  # no amount
        "H,Lost,n/a,,,,,2026-06-01\n"  # one that nobody needs
        "I,Won,60,,2025-02-01,,,2025-12-20\n"
    )
    invoices = (
        "id,deal,amount,currency,invoice_date,due_date,paid_date\n"
        "R1,I,10,,2025-12-21,2026-01-20,2026-01-25\nR2,E,40,,2024-05-06,2024-06-05,2024-06-10\n"
        "R3,,5,USD,2026-10-01,2026-10-31,\nR4,,7,,2026-11-03,2026-12-03,\n"
        "R5,,8,,2026-10-20,2026-11-20,2026-11-02\n"
    )
    text = SCENARIO.replace("deals: deals.csv", "deals: deals.csv, invoices: invoices.csv")
    scenario = loaded(tmp_path, text, deals, invoices)
    found = table(scenario)
    assert found["read"]["rows"] == 9 and found["read"]["without_amount"] == 2
    assert parts(found, "used") == {
        "open": (2, 910.0), "won": (1, 30.0), "backlog": (1, 60.0), "earlier": (1, 40.0), "lost": (2, 0.0),
    }  # fmt: skip
    assert found["used"][0]["amounts"] == {"EUR": 10.0, "USD": 1000.0}
    assert found["used"][1]["what"] == "won since 1 Jan 2026: already booked"
    assert parts(found, "left_out") == {"W001": (1, 20.0), "W005": (1, 50.0)}
    assert parts(found, "repaired") == {"W019": (1, 10.0)}
    assert [(r["what"], r["then"]) for r in found["left_out"]] == [
        ("created after 31 Oct 2026", "left out"), ("won without a date, so in no period", "left out"),
    ]  # fmt: skip
    found = table(scenario, "invoices")
    assert parts(found, "used") == {"open": (2, 12.5), "paid": (2, 50.0)}
    assert parts(found, "left_out") == {"W006": (1, 7.0)}
    assert parts(found, "repaired") == {"W022": (1, 8.0)}


MONEY = """\
products: {licence: {service_months: 12, recurring: true, renewal: {chance: 0.9}, recognise: over-term}}
cash: {opening_balance: 1000, outflows: outflows.csv}
"""
TABLES = {
    "lines": "deal,product,amount\n"
    "D1,licence,600\nD1,licence,300\nD3,licence,500\nD4,licence,9\nD5,licence,5\n",
    "actuals": "month,series,amount\n2025-11,bookings,1\n2026-03,bookings,2\n2026-03,billings,4\n",
    "plan": "month,series,amount\n"
    "2025-12,bookings,1\n2026-12,bookings,2\n2027-11,bookings,4\n2027-12,receipts,8\n",
    "renewals": "id,product,amount,due\n"
    "N1,licence,1,2026-10-01\nN2,licence,2,2027-03-01\nN3,licence,4,2029-01-01\n",
    "outflows": "label,amount,from,every,until\nold,1,2026-01-31,1m,2026-06-30\nnew,2,2026-01-31,1m,\n",
}
IN_TABLES = SCENARIO.replace(
    "deals: deals.csv", "deals: deals.csv, " + ", ".join(f"{k}: {k}.csv" for k in TABLES if k != "outflows")
).replace("horizon: 12m", "horizon: 13m")
LATER = "D5,Proposal,5,2026-11-02,2026-11-02,,\n"


def test_the_other_tables_are_told_likewise(tmp_path):
    scenario = loaded(tmp_path, IN_TABLES + MONEY, DEALS + LATER, tables=TABLES)
    check_sums(scenario)
    found = {name: table(scenario, name) for name in TABLES}
    assert parts(found["lines"], "used") == {"open": (2, 900.0), "won": (1, 500.0), "lost": (1, 9.0)}
    assert parts(found["lines"], "repaired") == {"W030": (2, 900.0)}
    assert parts(found["lines"], "left_out") == {"deal": (1, 5.0)}
    assert parts(found["actuals"], "used") == {"billings": (1, 4.0), "bookings": (1, 2.0)}
    assert parts(found["actuals"], "left_out") == {"early": (1, 1.0)}
    assert found["actuals"]["read"]["amount"] is None
    assert parts(found["plan"], "used") == {"bookings": (2, 6.0)}
    late = [(p["what"], p["rows"], p["amount"]) for p in found["plan"]["left_out"]]
    assert late == [
        ("bookings of months before the first that is told", 1, 1.0),
        ("receipts of months whose end the forecast does not reach", 1, 8.0),
    ]
    assert parts(found["renewals"], "used") == {"due": (2, 3.0)}
    assert parts(found["renewals"], "repaired") == {"W031": (1, 1.0)}
    assert parts(found["renewals"], "left_out") == {"W032": (1, 4.0)}
    assert parts(found["outflows"], "used") == {"paid": (1, 2.0)}
    assert parts(found["outflows"], "left_out") == {"never": (1, 1.0)}


def test_figures_that_are_left_out_change_nothing(tmp_path):
    fewer = {
        "actuals": TABLES["actuals"].replace("2025-11,bookings,1\n", ""),
        "plan": TABLES["plan"].replace("2025-12,bookings,1\n", "").replace("2027-12,receipts,8\n", ""),
        "outflows": TABLES["outflows"].replace("old,1,2026-01-31,1m,2026-06-30\n", ""),
    }
    found = []
    for tables in (TABLES, TABLES | fewer):
        scenario = loaded(tmp_path, IN_TABLES + MONEY, DEALS + LATER, sets=["trials=50"], tables=tables)
        found.append(json.dumps(simulate(scenario).to_json()))
    assert found[0] == found[1]


# ---- doubtful deals

EVEN = [f"{1111 + 7 * i}.13" for i in range(12)]


def of_deals(folder, number=12, scenario=SCENARIO, **columns):
    """Twelve deals of which nothing is doubtful, but for the columns that are given."""
    sound = {
        "stage": ["Proposal"] * number,
        "amount": EVEN[:number],
        "currency": [""] * number,
        "created": ["2026-08-01"] * number,
        "entered_stage": [f"2026-10-{1 + i:02}" for i in range(number)],
        "expected_close": [f"2026-12-{1 + i:02}" for i in range(number)],
    }
    text = io.StringIO()
    rows = csv.writer(text, lineterminator="\n")
    rows.writerow(["id", *sound])
    whole = sound | columns
    rows.writerows([f"D{i}", *(whole[name][i] for name in whole)] for i in range(number))
    return loaded(folder, scenario, text.getvalue())


def some(value, others, number=1):
    return [value] * number + others[number:]


ODD = {
    "stale": ({"entered_stage": some("2024-01-01", [f"2026-10-{1 + i:02}" for i in range(12)], 2)}, 2),
    "no_entered_stage": ({"entered_stage": some("", [f"2026-10-{1 + i:02}" for i in range(12)], 3)}, 3),
    "entered_together": ({"entered_stage": some("2026-10-05", ["2026-10-06"] * 12, 10)}, 10),
    "overdue": ({"expected_close": some("2026-10-31", [f"2026-12-{1 + i:02}" for i in range(12)])}, 1),
    "month_ends": ({"expected_close": some("2026-12-31", [f"2026-12-{1 + i:02}" for i in range(12)], 5)}, 5),
    "no_close_date": ({"expected_close": some("", [f"2026-12-{1 + i:02}" for i in range(12)], 4)}, 4),
    "no_amount": ({"amount": some("0", EVEN)}, 1),
    "round_amounts": ({"amount": [f"{i}000" for i in range(11, 21)] + EVEN[10:]}, 10),
    "same_amount": ({"amount": some("1234.56", EVEN, 10)}, 10),
}


def test_sound_deals_are_not_doubtful(tmp_path):
    assert doubtful(of_deals(tmp_path)) == {}


@pytest.mark.parametrize("kind", ODD)
def test_each_kind_is_found_with_its_money(tmp_path, kind):
    columns, number = ODD[kind]
    scenario = of_deals(tmp_path, **columns)
    found = doubtful(scenario)
    assert list(found) == [kind]
    one, money = found[kind], [Decimal(a) for a in columns.get("amount", EVEN)]
    assert one["deals"] == number and one["amount"] == float(sum(money[:number]))
    assert one["what"] and one["then"].endswith(".")
    fewer = doubtful(of_deals(tmp_path, number=9, **{name: cells[:9] for name, cells in columns.items()}))
    alone = ("stale", "no_entered_stage", "overdue", "no_close_date", "no_amount")
    assert list(fewer) == ([kind] if kind in alone else [])


def test_what_is_said_of_dates_is_what_the_rule_does(tmp_path):
    def says(kind, rule):
        text = SCENARIO.replace("new_pipeline: none", f"new_pipeline: none\n    close_date: {rule}")
        return doubtful(of_deals(tmp_path, scenario=text, **ODD[kind][0]))[kind]["then"]

    assert says("month_ends", "{rule: blend}").startswith("They are weighed")
    assert says("month_ends", "{rule: stated}").startswith("They are taken at their word")
    assert says("month_ends", "{rule: stages}").startswith("No stated date is used")
    assert says("overdue", "{rule: blend}") == "The funnel alone says when it closes."
    assert "moved by" in says("overdue", "{rule: blend, overdue: 1.5}")
    assert "moved by" not in says("overdue", "{rule: stages, overdue: 1.5}")


def test_the_day_of_an_import_and_the_amount_are_named(tmp_path):
    found = doubtful(of_deals(tmp_path, **ODD["entered_together"][0]))["entered_together"]
    assert found["what"] == "10 deals entered their stage on 5 Oct 2026: an import?"
    # A Saturday is told as such, though nothing moves on it, and the Friday before is another day.
    for told, others in (("31 Oct", "2026-10-30"), ("24 Oct", "2026-10-23")):
        cells = some(f"2026-10-{told[:2]}", [others] * 12, 10)
        found = doubtful(of_deals(tmp_path, entered_stage=cells))["entered_together"]
        assert found["what"] == f"10 deals entered their stage on {told} 2026: an import?"
        assert found["deals"] == 10
    found = doubtful(of_deals(tmp_path, **ODD["same_amount"][0], currency=["USD"] * 12))["same_amount"]
    assert found["what"] == "10 deals have the same amount, 1,235 USD: a placeholder?"
    assert found["amount"] == pytest.approx(10 * 1234.56 * 0.9, abs=0.1)
    mixed = {"amount": ["1234.56"] * 12, "currency": ["USD", "EUR"] * 6}
    assert doubtful(of_deals(tmp_path, **mixed)) == {}


# ---- odd companies


def test_without_deals_and_without_tables_it_says_so(tmp_path):
    none = told(loaded(tmp_path, deals=HEAD))
    assert none["open_deals"] == {"deals": 0, "amount": 0.0, "doubtful": []}
    assert none["tables"][0]["read"] == {"rows": 0, "without_amount": 0, "amount": 0.0, "amounts": {}}
    assert none["tables"][0]["used"] == none["tables"][0]["left_out"] == []
    assert told(loaded(tmp_path, SCENARIO.replace("data: {deals: deals.csv}\n", "")))["tables"] == []
    one = told(loaded(tmp_path, deals=HEAD + "D1,Proposal,5,,,,,\n"))
    assert one["open_deals"]["amount"] == 5.0 and one["tables"][0]["used"][0]["rows"] == 1


def test_amounts_that_were_errors_still_are(tmp_path):
    with pytest.raises(InputError, match="D014"):
        loaded(tmp_path, deals=HEAD + "D1,Proposal,n/a,,,,,\n")
