"""Exports of accounting systems become what is open and what was paid; what is left out is told with its money."""

import pytest
from accounting import codes, opened, past, receivables, refused, sums

from simulator.loading.presets import PRESETS, preset_of, recognise_system
from simulator.loading.sources import parse_table

XERO = """\
ContactName,EmailAddress,InvoiceNumber,Reference,InvoiceDate,DueDate,Total,TaxTotal,InvoiceAmountPaid,\
InvoiceAmountDue,Description,Quantity,UnitAmount,LineAmount,TaxAmount,Currency,Type,Status
Acme,a@x.example,INV-1,D3,15/08/2026,14/09/2026,120.00,20.00,0.00,120.00,Seats,1,60.00,60.00,10.00,EUR,Sales invoice,Awaiting Payment
Acme,a@x.example,INV-1,D3,15/08/2026,14/09/2026,120.00,20.00,0.00,120.00,Setup,1,40.00,40.00,10.00,EUR,Sales invoice,Awaiting Payment
Bolt,,INV-2,,16/08/2026,15/09/2026,240.00,40.00,100.00,90.00,Seats,1,200.00,200.00,40.00,USD,Sales invoice,Awaiting Payment
Bolt,,CN-1,,20/08/2026,,-50.00,-8.33,0.00,0.00,Refund,1,-41.67,-41.67,-8.33,USD,Sales credit note,Paid
Core,,INV-3,,01/07/2026,31/07/2026,60.00,10.00,60.00,0.00,Seats,1,50.00,50.00,10.00,EUR,Sales invoice,Paid
Core,,INV-4,,01/09/2026,30/09/2026,600.00,100.00,0.00,600.00,Seats,1,500.00,500.00,100.00,EUR,Sales invoice,Voided
Core,,INV-5,,01/10/2026,31/10/2026,700.00,100.00,0.00,700.00,Seats,1,600.00,600.00,100.00,EUR,Sales invoice,Draft
Dorn,,INV-6,INV-9,02/09/2026,02/10/2026,30.00,5.00,0.00,30.00,Seats,1,25.00,25.00,5.00,EUR,Sales invoice,Awaiting Payment
Dorn,,CN-2,INV-6,03/09/2026,,-12.00,-2.00,0.00,-12.00,Seats,1,-10.00,-10.00,-2.00,EUR,Sales credit note,Awaiting Payment
"""
XERO_SUMMARY = """\
Receivable Invoice Summary
Demo Company
For the period 1 July 2026 to 31 October 2026

Invoice Number,Contact,Invoice Date,Due Date,Expected Date,Last Payment Date,Reference,Gross,Tax,Payments/Credits,Balance,Status
INV-1,Acme,15 Aug 2026,14 Sep 2026,,,D3,120.00,20.00,0.00,120.00,Awaiting Payment
INV-2,Bolt,16 Aug 2026,15 Sep 2026,,20 Sep 2026,,240.00,40.00,150.00,90.00,Awaiting Payment
INV-3,Core,1 Jul 2026,31 Jul 2026,,5 Aug 2026,,60.00,10.00,60.00,0.00,Paid
CN-1,Bolt,20 Aug 2026,,,,,-50.00,-8.33,0.00,-50.00,Awaiting Payment
INV-4,Core,1 Sep 2026,30 Sep 2026,,,,600.00,100.00,0.00,0.00,Voided
Total,,,,,,,970.00,,210.00,160.00,
"""
XERO_AGED = """\
Aged Receivables Detail
Demo Company
As at 31 October 2026

Invoice Date,Due Date,Invoice Number,Invoice Reference,Current,< 1 Month,1 Month,2 Months,3 Months,Older,Total
Acme,,,,,,,,,,
15 Aug 2026,14 Sep 2026,INV-1,D3,,,120.00,,,,120.00
Total Acme,,,,0.00,0.00,120.00,0.00,0.00,0.00,120.00
Bolt,,,,,,,,,,
16 Aug 2026,15 Sep 2026,INV-2,,,,90.00,,,,90.00
Total Bolt,,,,0.00,0.00,90.00,0.00,0.00,0.00,90.00
Total,,,,0.00,0.00,210.00,0.00,0.00,0.00,210.00
"""
QUICKBOOKS = """\
A/R Aging Detail
Craig's Design and Landscaping
"As of October 31, 2026"

,Date,Transaction Type,Num,Customer,Due Date,Amount,Open Balance
31 - 60 days past due,,,,,,,
,08/15/2026,Invoice,1001,Acme,09/14/2026,"1,120.00","1,120.00"
,08/16/2026,Invoice,1002,Bolt,09/15/2026,240.00,90.00
,08/20/2026,Credit Memo,1003,Bolt,08/20/2026,-50.00,-50.00
,08/21/2026,Payment,1001,Bolt,08/21/2026,-25.00,-25.00
Total for 31 - 60 days past due,,,,,,"$1,285.00","$1,135.00"
1 - 30 days past due,,,,,,,
,09/01/2026,Journal Entry,JE-1,Core,09/30/2026,600.00,600.00
,09/03/2026,Invoice,1005,Core,10/03/2026,75.10,75.10
Total for 1 - 30 days past due,,,,,,$675.10,$675.10
TOTAL,,,,,,"$1,960.10","$1,810.10"
"""
QUICKBOOKS_LIST = """\
Date,Transaction Type,Num,Posting,Name,Memo/Description,Account,Amount
08/15/2026,Invoice,1001,Yes,Acme,,Accounts Receivable (A/R),120.00
08/20/2026,Payment,,Yes,Acme,,Undeposited Funds,120.00
"""
NETSUITE = """\
Internal ID,*,Date,Type,Document Number,Name,Status,Item,Amount,Amount Remaining,Due Date/Receive By,Date Closed,Applied To Transaction
11,*,8/15/2026,Invoice,INV1,C1 Acme,Invoice : Open,,120.00,120.00,9/14/2026,,
11,,8/15/2026,Invoice,INV1,C1 Acme,Invoice : Open,Seats,-100.00,120.00,9/14/2026,,
11,,8/15/2026,Invoice,INV1,C1 Acme,Invoice : Open,VAT,-20.00,120.00,9/14/2026,,
12,*,8/16/2026,Invoice,INV2,C2 Bolt,Invoice : Open,,240.00,90.00,9/15/2026,,
13,*,9/20/2026,Payment,PYMT7,C2 Bolt,Payment : Deposited,,-150.00,,,,Invoice #INV2
14,*,7/1/2026,Invoice,INV3,C3 Core,Invoice : Paid In Full,,60.00,0.00,7/31/2026,8/5/2026,
15,*,9/1/2026,Invoice,INV4,C3 Core,Invoice : Voided,,0.00,0.00,9/30/2026,,
16,*,9/3/2026,Credit Memo,CM1,C1 Acme,Credit Memo : Fully Applied,,-20.00,,,,Invoice #INV1
17,*,9/4/2026,Sales Order,SO9,C1 Acme,Sales Order : Pending Billing,,500.00,,,,
"""
NETSUITE_LINES = """\
Document Number,Type,Date,Name,Status,Item,Amount,Amount (Tax),Due Date/Receive By,Internal ID
INV1,Invoice,8/15/2026,C1 Acme,Open,Seats,50.05,9.51,9/14/2026,11
INV1,Invoice,8/15/2026,C1 Acme,Open,Seats,50.05,9.51,9/14/2026,11
INV3,Invoice,7/1/2026,C3 Core,Paid In Full,Seats,50.00,10.00,7/31/2026,14
"""
SAP = """\
Customer,Name 1,Document Type,Document Number,Document Date,Posting Date,Net due date,Amount in doc. curr.,Document currency,Amount in local currency,Clearing Document,Clearing date,Invoice reference,Dunning block,Special G/L ind.
1000,Acme,RV,90001,15.08.2026,15.08.2026,14.09.2026,"1.120,00",USD,"1.000,00",,,,,
1000,Acme,DZ,14001,20.09.2026,20.09.2026,20.09.2026,"120,00-",USD,"108,00-",,,90001,,
2000,Bolt,RV,90002,16.08.2026,16.08.2026,15.09.2026,"240,00",EUR,"240,00",14002,20.09.2026,,,
2000,Bolt,DG,16001,18.08.2026,18.08.2026,18.08.2026,"40,00-",EUR,"40,00-",14002,20.09.2026,,,
2000,Bolt,DZ,14002,19.09.2026,19.09.2026,19.09.2026,"200,00-",EUR,"200,00-",14002,20.09.2026,,,
3000,Core,DR,18001,01.09.2026,01.09.2026,30.09.2026,"75,10",EUR,"75,10",,,,A,
3000,Core,DZ,14009,02.09.2026,02.09.2026,02.09.2026,"9,00-",EUR,"9,00-",,,,,
3000,Core,DA,19001,01.09.2026,01.09.2026,30.09.2026,"500,00",EUR,"500,00",,,,,A
,,,,,,,"1.655,10",,,,,,,
"""
SAP_DE = """\
Konto;Belegart;Belegnummer;Belegdatum;Nettofälligkeit;Betrag in Hauswährung;Hauswährung;Soll/Haben-Kennz.;Ausgleichsbeleg;Ausgleichsdatum;Mahnsperre
1000;RV;90001;15.08.2026;14.09.2026;1.120,00;EUR;S;;;
1000;DG;16001;18.08.2026;18.08.2026;40,00;EUR;H;;;
2000;RV;90002;16.08.2026;15.09.2026;240,00;EUR;S;14002;20.09.2026;
2000;DZ;14002;19.09.2026;19.09.2026;240,00;EUR;H;14002;20.09.2026;
"""
SAP_RU = """\
Дебитор;Вид документа;Номер документа;Дата документа;Срок платежа нетто;Сумма в валюте документа;Валюта документа;Документ выравнивания;Дата выравнивания
1000;RV;90001;15.08.2026;14.09.2026;1 120,00;EUR;;
2000;RV;90002;16.08.2026;15.09.2026;240,00;EUR;14002;20.09.2026
"""
EXPORTS = {
    "xero": (
        XERO,
        ["INV-1 120 EUR open", "INV-2 90 USD open", "INV-2/2 100 USD 2026-09-15", "INV-3 60 EUR 2026-07-31",
         "INV-6 18 EUR open"],
        {"open": (2, 150.0), "in part": (1, 216.0), "paid": (1, 60.0), "credited": (1, -12.0),
         "W070": (1, 120.0), "W072": (2, 1300.0), "W073": (1, -45.0)},
        {"W070", "W072", "W073", "W076", "W079"},
    ),
    "xero summary": (
        XERO_SUMMARY,
        ["INV-1 120 EUR open", "INV-2 90 EUR open", "INV-2/2 150 EUR 2026-09-20", "INV-3 60 EUR 2026-08-05"],
        None,
        {"W072", "W073"},
    ),
    "xero aged": (
        XERO_AGED,
        ["INV-1 120 EUR open", "INV-2 90 EUR open"],
        None,
        {"W071", "W079"},
    ),
    "quickbooks": (
        QUICKBOOKS,
        ["1001 1120 EUR open", "1002 90 EUR open", "1002/2 150 EUR 2026-09-15", "1005 75.1 EUR open"],
        None,
        {"W071", "W073", "W074", "W075", "W076", "W079"},
    ),
    "netsuite": (
        NETSUITE,
        ["INV1 100 EUR open", "INV2 90 EUR open", "INV2/2 150 EUR 2026-09-20", "INV3 60 EUR 2026-08-05"],
        None,
        {"W070", "W072", "W075"},
    ),
    "netsuite lines": (
        NETSUITE_LINES,
        ["INV1 119.12 EUR open", "INV3 60 EUR 2026-07-31"],
        None,
        {"W076", "W079"},
    ),
    "sap": (
        SAP,
        ["18001 75.1 EUR open", "90001 1000 USD open", "90001/2 120 USD 2026-09-20", "90002 200 EUR 2026-09-19"],
        None,
        {"W071", "W074", "W075"},
    ),
    "sap de": (SAP_DE, ["90001 1120 EUR open", "90002 240 EUR 2026-09-19"], None, {"W073"}),
    "sap ru": (SAP_RU, ["90001 1120 EUR open", "90002 240 EUR 2026-09-20"], None, set()),
}  # fmt: skip


@pytest.mark.parametrize("name", EXPORTS)
def test_an_export_becomes_what_is_open_and_what_was_paid(tmp_path, name):
    text, expected, used, noted = EXPORTS[name]
    scenario = opened(tmp_path, text, name.split()[0])
    assert receivables(scenario) == expected
    found = sums(scenario)
    assert used is None or found == used
    assert codes(scenario) == noted


@pytest.mark.parametrize("name", EXPORTS)
def test_a_history_knows_the_export_by_itself(tmp_path, name):
    text, expected, _, _ = EXPORTS[name]
    assert past(tmp_path, "2026-10-31", ar=text) == expected


def test_a_list_of_transactions_is_refused(tmp_path):
    assert refused(tmp_path, QUICKBOOKS_LIST, "quickbooks") == {"D083"}
