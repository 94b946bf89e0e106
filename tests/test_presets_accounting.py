"""Exports of accounting systems become what is open and what was paid; what is left out is told."""

from pathlib import Path

import pytest
from accounting import codes, opened, past, receivables, refused, sums

from simulator.loading.presets import preset_of, recognise_system
from simulator.loading.sources import parse_table

FOLDER = Path(__file__).resolve().parent / "exports"


def export(name):
    return (FOLDER / f"{name}.csv").read_text("utf-8")


EXPORTS = {
    "xero": (
        ["INV-1 120 EUR open", "INV-2 90 USD open", "INV-2/2 100 USD 2026-09-15",
         "INV-3 60 EUR 2026-07-31", "INV-6 18 EUR open"],
        {"open": (2, 150.0), "in part": (1, 216.0), "paid": (1, 60.0), "credited": (1, -12.0),
         "W070": (1, 0.0), "W072": (2, 1300.0), "W073": (1, -45.0)},
        {"W070", "W072", "W073", "W076", "W079"},
    ),
    "xero_summary": (
        ["INV-1 120 EUR open", "INV-2 90 EUR open", "INV-2/2 150 EUR 2026-09-20",
         "INV-3 60 EUR 2026-08-05"],
        {"open": (1, 120.0), "in part": (1, 240.0), "paid": (1, 60.0), "W055": (1, 0.0),
         "W072": (1, 600.0), "W073": (1, -50.0)},
        {"W072", "W073"},
    ),
    "xero_aged": (
        ["INV-1 120 EUR open", "INV-2 90 EUR open"],
        {"open": (2, 210.0), "W055": (3, 0.0), "W071": (2, 0.0)},
        {"W071", "W079"},
    ),
    "datev": (
        ["R1 119 EUR open", "R2 138 EUR open", "R2/2 100 EUR 2026-10-05"],
        {"open": (1, 119.0), "in part": (1, 238.0), "payment": (1, -100.0)},
        set(),
    ),
    "netsuite_payments": (
        ["INV1 240 EUR 2026-09-30", "INV2 60 EUR open"],
        {"open": (1, 60.0), "paid": (1, 240.0), "W070": (1, 0.0)},
        {"W070"},
    ),
    "sap_reversed": (
        ["90003 500 EUR open"],
        {"open": (1, 500.0), "W072": (2, 0.0)},
        {"W072", "W079"},
    ),
    "xero_detail": (
        ["INV-1 120 EUR open", "INV-2 240 EUR 2026-09-20", "INV-3 60 EUR 2026-07-31"],
        {"open": (2, 120.0), "paid": (2, 300.0)},
        {"W076"},
    ),
    "quickbooks_desktop": (
        ["1001 1120 EUR open", "1002 90 EUR open"],
        {"open": (2, 1210.0), "W055": (3, 0.0), "W071": (2, 0.0), "W073": (1, -20.0)},
        {"W071", "W073", "W079"},
    ),
    "quickbooks": (
        ["1001 1120 EUR open", "1002 90 EUR open", "1002/2 150 EUR 2026-09-15",
         "1005 75.1 EUR open"],
        {"open": (2, 1195.1), "in part": (1, 240.0), "W055": (3, 0.0), "W071": (2, 0.0),
         "W073": (1, -50.0), "W074": (1, -25.0), "W075": (1, 600.0)},
        {"W071", "W073", "W074", "W075", "W076", "W079"},
    ),
    "netsuite": (
        ["INV1 100 EUR open", "INV2 90 EUR open", "INV2/2 150 EUR 2026-09-20",
         "INV3 60 EUR 2026-08-05"],
        {"open": (1, 120.0), "in part": (1, 240.0), "paid": (1, 60.0), "credited": (1, -20.0),
         "payment": (1, -150.0), "W070": (2, 0.0), "W072": (1, 0.0), "W075": (1, 500.0)},
        {"W070", "W072", "W075"},
    ),
    "netsuite_lines": (
        ["INV1 119.12 EUR open", "INV3 60 EUR 2026-07-31"],
        {"open": (2, 119.12), "paid": (1, 60.0)},
        {"W076", "W079"},
    ),
    "sap": (
        ["18001 75.1 EUR open", "90001 1000 USD open", "90001/2 120 USD 2026-09-20",
         "90002 200 EUR 2026-09-19"],
        {"open": (1, 75.1), "in part": (1, 1008.0), "paid": (1, 240.0), "credited": (1, -40.0),
         "payment": (2, -308.0), "W071": (1, 0.0), "W074": (1, -9.0), "W075": (1, 500.0)},
        {"W071", "W074", "W075"},
    ),
    "sap_de": (
        ["90001 1120 EUR open", "90002 240 EUR 2026-09-19"],
        {"open": (1, 1120.0), "paid": (1, 240.0), "payment": (1, -240.0), "W073": (1, -40.0)},
        {"W073"},
    ),
    "sap_ru": (
        ["90001 1120 EUR open", "90002 240 EUR 2026-09-20"],
        {"open": (1, 1120.0), "paid": (1, 240.0)},
        set(),
    ),
    "sap_items": (
        ["18009 50 EUR open", "90005 60 EUR open", "90005/2 60 EUR open",
         "90007/1000/2026 10 EUR open", "90007/2000/2026 20 EUR open"],
        {"open": (5, 200.0), "W074": (1, -1.0)},
        {"W074", "W079"},
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", EXPORTS)
def test_an_export_becomes_what_is_open_and_what_was_paid(tmp_path, name):
    expected, used, noted = EXPORTS[name]
    scenario = opened(tmp_path, export(name), name.split("_")[0])
    assert receivables(scenario) == expected
    found = sums(scenario)
    assert found == used
    assert codes(scenario) == noted


@pytest.mark.parametrize("name", EXPORTS)
def test_a_history_knows_the_export_by_itself(tmp_path, name):
    assert past(tmp_path, "2026-10-31", ar=export(name)) == EXPORTS[name][0]


NOTED = {"W070": "xero", "W071": "xero_aged", "W072": "xero", "W075": "quickbooks", "W079": "xero"}


@pytest.mark.parametrize("code", NOTED)
def test_what_is_left_out_is_told(tmp_path, code, pinned):
    name = NOTED[code]
    scenario = opened(tmp_path, export(name), name.split("_")[0])
    pinned(code, "".join(f"! {text}" for known, text, _ in scenario.notes if known == code))


def test_what_is_no_export_of_the_system_is_refused(tmp_path, pinned):
    (problem,) = refused(tmp_path, export("quickbooks"), "xero")
    assert problem.code == "D080"
    pinned("D080", str(problem))


def test_what_is_blocked_or_disputed_is_contested_and_classes_of_theirs_are_none(tmp_path):
    scenario = opened(tmp_path, export("sap"), "sap")
    assert scenario.receivables.disputed.tolist() == [True, False, False, False]
    scenario = opened(tmp_path, export("quickbooks_desktop"), "quickbooks")
    assert scenario.receivables.class_names == ("default",)
    assert scenario.receivables.customer.tolist() == ["Acme", "Bolt"]


def test_a_heading_is_the_customer_where_the_table_names_none(tmp_path):
    scenario = opened(tmp_path, export("xero_aged"), "xero")
    assert scenario.receivables.customer.tolist() == ["Acme", "Bolt"]


def test_a_scenario_that_names_no_system_is_told_which_it_is(tmp_path):
    (problem,) = refused(tmp_path, export("xero"))
    assert problem.code == "D006" and problem.remedy == "say data.systems: {invoices: xero} in small.yaml"


def test_a_list_of_transactions_is_refused(tmp_path, pinned):
    (problem,) = refused(tmp_path, export("quickbooks_transactions"), "quickbooks")
    assert problem.code == "D083"
    pinned("D083", str(problem))


def test_each_export_is_known_by_its_columns_and_by_no_other_system():
    for name in EXPORTS:
        found = recognise_system(parse_table(export(name).encode(), "ar.csv"))
        assert found and found.kind == "invoices" and found.preset and found.preset.name == name.split("_")[0]
        assert {"id", "amount", "invoice_date"} <= set(found.columns)


def test_a_currency_goes_with_its_own_amount():
    base = parse_table(export("netsuite").encode(), "ar.csv")
    both = export("netsuite").replace(
        "Applied To Transaction\n",
        "Applied To Transaction,Currency,Amount (Foreign Currency),Amount Remaining (Foreign Currency)\n",
    )
    assert "currency" not in preset_of(base).titles(base)
    foreign = parse_table(both.splitlines()[0].encode() + b"\n", "ar.csv")
    columns = preset_of(foreign).titles(foreign)
    assert columns["amount"] == "Amount (Foreign Currency)" and columns["currency"] == "Currency"
    assert columns["open_amount"] == "Amount Remaining (Foreign Currency)"
    local = parse_table(export("sap").splitlines()[0].encode() + b"\n", "ar.csv")
    assert preset_of(local).titles(local)["amount"] == "Amount in doc. curr."
