"""Exports of accounting systems become what is open and what was paid; what is left out is told."""

from pathlib import Path

import pytest
from accounting import codes, opened, past, receivables, refused, sums
from click.testing import CliRunner

from simulator.cli import main
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
        ["INV-1 120 EUR open", "INV-2 40 EUR open", "INV-2/2 150 EUR 2026-09-20",
         "INV-3 60 EUR 2026-08-05"],
        {"open": (1, 120.0), "in part": (1, 240.0), "paid": (1, 60.0), "credited": (1, -50.0),
         "W055": (1, 0.0), "W072": (1, 600.0)},
        {"W072"},
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
        ["1001 1100 EUR open", "1002 90 EUR open"],  # 1,190, as the report says in TOTAL
        {"open": (2, 1210.0), "credited": (1, -20.0), "W055": (3, 0.0), "W071": (2, 0.0)},
        {"W071", "W079"},
    ),
    "quickbooks": (
        ["1001 1120 EUR open", "1002 15 EUR open", "1002/2 150 EUR 2026-09-15",
         "1002/3 25 EUR 2026-08-21", "1005 75.1 EUR open"],
        {"open": (2, 1195.1), "in part": (1, 240.0), "credited": (1, -50.0), "payment": (1, -25.0),
         "W055": (3, 0.0), "W071": (2, 0.0), "W075": (1, 600.0)},
        {"W071", "W075", "W076", "W079"},
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
        ["18001 66.1 EUR open", "18001/2 9 EUR 2026-09-02", "90001 1000 USD open",
         "90001/2 120 USD 2026-09-20",
         "90002 200 EUR 2026-09-19"],
        {"in part": (2, 1083.1), "paid": (1, 240.0), "credited": (1, -40.0),
         "payment": (3, -317.0), "W071": (1, 0.0), "W075": (1, 500.0)},
        {"W071", "W075"},
    ),
    "sap_de": (
        ["90001 1080 EUR open", "90002 240 EUR 2026-09-19"],
        {"open": (1, 1120.0), "paid": (1, 240.0), "payment": (1, -240.0), "credited": (1, -40.0)},
        set(),
    ),
    "sap_ru": (
        ["90001 1120 EUR open", "90002 240 EUR 2026-09-20"],
        {"open": (1, 1120.0), "paid": (1, 240.0)},
        set(),
    ),
    "sap_items": (
        ["18009 49 EUR open", "18009/2 1 EUR 2026-10-02", "90005 60 EUR open", "90005/2 60 EUR open",
         "90007/1000/2026 10 EUR open", "90007/2000/2026 20 EUR open"],
        {"open": (4, 150.0), "in part": (1, 50.0), "payment": (1, -1.0)},
        {"W079"},
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
    assert scenario.receivables.disputed.tolist() == [True, True, False, False, False]
    scenario = opened(tmp_path, export("quickbooks_desktop"), "quickbooks")
    assert scenario.receivables.class_names == ("default",)
    assert scenario.receivables.customer.tolist() == ["Acme", "Bolt"]


def test_a_heading_is_the_customer_where_the_table_names_none(tmp_path):
    scenario = opened(tmp_path, export("xero_aged"), "xero")
    assert scenario.receivables.customer.tolist() == ["Acme", "Bolt"]


def test_a_customer_may_be_called_like_a_total(tmp_path):
    text = export("xero_aged")
    assert text.count("Bolt") == 2  # its heading, and its total
    scenario = opened(tmp_path, text.replace("Bolt", "Total Energies"), "xero")
    assert scenario.receivables.customer.tolist() == ["Acme", "Total Energies"]


def test_a_scenario_that_names_no_system_is_told_which_it_is(tmp_path):
    (problem,) = refused(tmp_path, export("xero"))
    assert problem.code == "D006" and problem.remedy == "say data.systems: {invoices: xero} in small.yaml"


def test_a_list_of_transactions_is_refused(tmp_path, pinned):
    (problem,) = refused(tmp_path, export("quickbooks_transactions"), "quickbooks")
    assert problem.code == "D083"
    pinned("D083", str(problem))


@pytest.mark.parametrize("titles", ["as now", "as before"])
def test_invoices_and_received_payments_are_refused_with_what_to_export_instead(tmp_path, titles):
    text = export("quickbooks_received")
    if titles == "as before":
        text = text.replace("Transaction number", "Num").replace("Transaction type", "Transaction Type")
    found = recognise_system(parse_table(text.encode(), "ar.csv"))
    assert found.preset.name == "quickbooks"
    (problem,) = refused(tmp_path, text, "quickbooks")
    assert problem.code == "D083" and "neither of which invoices nor when these are due" in problem.message
    assert problem.remedy.startswith("export the Invoice List, with its columns Due Date and Open Balance")
    (tmp_path / "ar.csv").write_text(text, "utf-8")
    shown = CliRunner().invoke(main, ["inspect", str(tmp_path / "ar.csv")])
    assert shown.exit_code == 4 and "D083" in shown.output


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


SAP_CREDIT = (
    "Document Number,Customer,Amount in local currency,Local Currency,Document Date,Net due date,"
    "Clearing date,Clearing document,Document type\n"
    "1,C1,100.00,EUR,09/01/2026,10/01/2026,,,DR\n"
    "2,C1,70.00,EUR,09/15/2026,10/15/2026,10/20/2026,9,DR\n"
    "3,C1,60.00,EUR,09/15/2026,10/15/2026,10/20/2026,9,DR\n"
)
XERO_HEAD = "Invoice Number,Contact,Invoice Date,Due Date,Description,Unit Price,Tax,Gross,Status,Type\n"
XERO_CREDIT = XERO_HEAD + "I1,Acme,1 Sep 2026,1 Oct 2026,Seats,100,0,100.00,Awaiting Payment,Sales invoice\n"
NETSUITE_HEAD = "Internal ID,Date,Type,Document Number,Name,Status,Amount,Due Date\n"
NETSUITE_CREDIT = NETSUITE_HEAD + "1,9/1/2026,Invoice,I1,Acme,Invoice : Open,100.00,10/14/2026\n"
QUICKBOOKS_CREDIT = (
    "Date,Transaction Type,Num,Customer,Due Date,Amount,Open Balance\n"
    "09/15/2026,Invoice,1,Acme,10/15/2026,100.00,100.00\n"
)
USED_BEFORE = {
    "sap, cleared": ("sap", SAP_CREDIT + "4,C1,30.00-,EUR,09/16/2026,09/16/2026,10/20/2026,9,DG\n", 100),
    "sap, cleared payment": (
        "sap", SAP_CREDIT + "4,C1,30.00-,EUR,09/16/2026,09/16/2026,10/20/2026,9,DZ\n", 100
    ),
    "sap, open": ("sap", SAP_CREDIT + "4,C1,30.00-,EUR,09/16/2026,09/16/2026,,,DG\n", 70),
    "xero, paid": ("xero", XERO_CREDIT + "C1,Acme,2 Sep 2026,,x,30,0,-30.00,Paid,Sales credit note\n", 100),
    "xero, open": (
        "xero", XERO_CREDIT + "C1,Acme,2 Sep 2026,,x,30,0,-30.00,Awaiting Payment,Sales credit note\n", 70
    ),
    "netsuite, applied": (
        "netsuite",
        NETSUITE_CREDIT + "2,9/3/2026,Credit Memo,C1,Acme,Credit Memo : Fully Applied,-30.00,\n",
        100,
    ),
    "netsuite, open": (
        "netsuite", NETSUITE_CREDIT + "2,9/3/2026,Credit Memo,C1,Acme,Credit Memo : Open,-30.00,\n", 70
    ),
    "netsuite, a payment of what is not told": (
        "netsuite", NETSUITE_CREDIT + "2,9/3/2026,Payment,P1,Acme,Payment : Deposited,-30.00,\n", 100
    ),
    "quickbooks, applied": (
        "quickbooks", QUICKBOOKS_CREDIT + "09/16/2026,Credit Memo,2,Acme,09/16/2026,-30.00,0.00\n", 100
    ),
    "quickbooks, applied in part": (
        "quickbooks", QUICKBOOKS_CREDIT + "09/16/2026,Credit Memo,2,Acme,09/16/2026,-30.00,-10.00\n", 90
    ),
}  # fmt: skip
"""Credits that the system has, or has not, taken off already: the system, its export, what is owed."""


@pytest.mark.parametrize("case", USED_BEFORE)
def test_what_a_system_has_applied_is_not_taken_twice(tmp_path, case):
    system, text, owed = USED_BEFORE[case]
    told = receivables(opened(tmp_path, text, system))
    assert sum(float(one.split()[1]) for one in told if one.endswith("open")) == owed
