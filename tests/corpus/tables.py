"""Rows of deals and invoices, and how their columns are mapped."""

from written import DEALS, INVOICES, SCENARIO

from corpus.case import Case, changed, row, table

TWO = SCENARIO + "  big:\n    stages: {Only: {close: 0.5, days: {median: 9}}}\n    new_pipeline: none\n"
OPEN = "D1,Proposal,5\n"


def data(text):
    """The small company's scenario with more said of its data."""
    return SCENARIO.replace("deals.csv}", f"deals.csv, {text}}}")


def two(odd, rule, content, refused=None, more="", **reads):
    """Deals of a company with two segments."""
    scenario = TWO.replace("deals.csv}", f"deals.csv{more}}}")
    return table(odd, rule, content, refused, scenario, **reads)


def invoice(odd, rule, cells, refused=None, **reads):
    """A further invoice, on line 4."""
    scenario = SCENARIO.replace("{deals: deals.csv}", "{deals: deals.csv, invoices: invoices.csv}")
    return Case(odd, rule, {"scenario": scenario, "invoices": INVOICES + cells + "\n"}, refused, reads)


def more_of_invoice(odd, rule, column, text, refused=None, **reads):
    """An invoice with a further column, on line 2."""
    content = f"id,amount,invoice_date,due_date,{column}\nR9,300,2026-09-01,2026-10-01,{text}\n"
    scenario = SCENARIO.replace("{deals: deals.csv}", "{deals: deals.csv, invoices: invoices.csv}")
    return Case(odd, rule, {"scenario": scenario, "invoices": content}, refused, reads)


def column(odd, rule, title, text, refused=None, **reads):
    """A deal with a further column, on line 2."""
    return table(odd, rule, f"id,stage,amount,{title}\nD1,Proposal,5,{text}\n", refused, **reads)


ROWS = [
    row("no id", "id", ",Proposal,5,,,,", "D008:6 the row has no id"),
    row("an id of blanks", "id", "  ,Proposal,5,,,,", "D008:6"),
    row("an id again", "id once", "D1,Contract,9,,,,", "D009:6 the id stands in row 1 already (line 2)"),
    row("an id again in other capitals", "ids keep capitals", "d1,Contract,9,,,,", None, d1="900 EUR"),
    row("an id with zeros in front", "ids are texts", "007,Proposal,5,,,,", None, ids="007 D1 D2 D3"),
    row("no stage", "stage", "D5,,5,,,,", "D025:6 the row has no stage"),
    row("a stage misspelt", "stage known", "D5,Propsal,5,,,,", "D010:6 did you mean Proposal"),
    row("a stage in other capitals", "capitals of stages", "D5,PROPOSAL,5,,,,", None, D5="500 EUR"),
    row("a stage of another company", "stage known", "D5,Discovery,5,,,,", "D010:6 the stage is none of smb"),
    row("lost, with what lost it", "lost begins so", "D5,Lost - price,5,,,,2026-06-01", None, lost="D4 D5"),
    table(
        "an outcome against its stage",
        "stage and outcome agree",
        "id,stage,amount,outcome\nD1,Lost,5,won\n",
        "D026:2 the stage says lost, the outcome won",
    ),
    table(
        "an open outcome of a won stage",
        "stage and outcome agree",
        "id,stage,amount,outcome\nD1,Won,5,open\n",
        "D026:2 the stage says won, the outcome open",
    ),
    table(
        "an outcome misspelt",
        "outcome known",
        "id,stage,amount,outcome\nD1,Proposal,5,wno\n",
        "D020:2 did you mean won",
    ),
    table(
        "an outcome that says yes", "outcome known", "id,stage,amount,outcome\nD1,Proposal,5,yes\n", "D020:2"
    ),
    table(
        "won by its outcome alone",
        "outcome alone",
        "id,stage,amount,outcome,closed\nD1,,5,Won,2026-05-05\n",
        None,
        D1="won 500 EUR 2026-05-05",
    ),
    column("a probability of 120", "probability", "probability", "120", "D018:2"),
    column("a negative probability", "probability", "probability", "-0.1", "D018:2"),
    column("a probability in words", "probability", "probability", "high", "D018:2"),
    column("no months of service", "months", "service_months", "0", "D021:2"),
    column("half a month of service", "months", "service_months", "1.5", "D021:2"),
    column("601 months of service", "months", "service_months", "601", "D021:2"),
    column("terms that mean two things", "terms of a deal", "terms", "net 30 EOM", "D019:2"),
    # ---- the mapping
    table(
        "no amount anywhere",
        "columns needed",
        "id,stage,value\nD1,Proposal,5\n",
        "D006:1 there is no column amount",
    ),
    table(
        "no id anywhere",
        "columns needed",
        "key,stage,amount\nD1,Proposal,5\n",
        "D006:1 there is no column id",
    ),
    table(
        "mapped to a title that is not there",
        "mapped columns exist",
        DEALS,
        "D007:1",
        data("columns: {deals: {closed: Closing}}"),
    ),
    table(
        "mapped to a title misspelt",
        "mapped columns exist",
        "id,stage,Betrag\n" + OPEN,
        "D007:1 did you mean Betrag",
        data("columns: {deals: {amount: Betrga}}"),
    ),
    table(
        "mapped",
        "mapped columns",
        "Nr,Phase,Betrag\n" + OPEN,
        None,
        data("columns: {deals: {id: Nr, stage: Phase, amount: Betrag}}"),
        D1="500 EUR",
    ),
    table(
        "mapped in other capitals",
        "capitals of titles",
        "id,stage,BETRAG\n" + OPEN,
        None,
        data("columns: {deals: {amount: Betrag}}"),
        D1="500 EUR",
    ),
    changed(
        "a column of ours that is none",
        "keys known",
        "deals.csv}",
        "deals.csv, columns: {deals: {amuont: Betrag}}}",
        "S010:7 did you mean amount",
    ),
    changed(
        "a table of ours that is none",
        "keys known",
        "deals.csv}",
        "deals.csv, columns: {deal: {amount: Betrag}}}",
        "S010:7 did you mean deals",
    ),
    changed(
        "a file that is not there",
        "files exist",
        "deals.csv}",
        "dels.csv}",
        "S015:7 there is no file dels.csv",
    ),
    changed(
        "a decimal mark that is none",
        "choices",
        "deals.csv}",
        "deals.csv, decimal: ';'}",
        "S013:7 has an unknown value",
    ),
    changed(
        "an order of dates that is none",
        "choices",
        "deals.csv}",
        "deals.csv, date_order: ddmmyy}",
        "S013:7 has an unknown value",
    ),
    table(
        "a title close to one of ours",
        "unread columns",
        DEALS.replace("expected_close", "expected_clos"),
        None,
        notes="W024",
    ),
    table(
        "won under another name",
        "names of won",
        DEALS.replace("Won", "Signed"),
        None,
        data("won_stages: [Signed]"),
        D3="won 50000 EUR 2026-05-05",
    ),
    table(
        "lost under another name",
        "names of lost",
        DEALS.replace("Lost", "Gone"),
        None,
        data("lost_stages: [Gone]"),
        lost="D4",
    ),
    # ---- segments
    two("no segment", "segment given", "id,stage,amount,segment\nD1,Only,5,\n", "D012:2"),
    two(
        "a segment misspelt",
        "segment known",
        "id,stage,amount,segment\nD1,Only,5,bgi\n",
        "D011:2 did you mean big",
    ),
    two(
        "a stage of the other segment",
        "stage known",
        "id,stage,amount,segment\nD1,Only,5,smb\n",
        "D010:2 the stage is none of smb",
    ),
    two(
        "a segment by bands",
        "bands",
        "id,stage,amount\nD1,Only,60000\nD2,Proposal,5\n",
        None,
        ", segment: {bands: {from: amount, smb: 0, big: 50k}}",
        of="big smb",
    ),
    two(
        "a segment by a map",
        "segment map",
        "id,stage,amount,Pipe\nD1,Only,5,B\nD2,Proposal,5,S\n",
        None,
        ", segment: {from: Pipe, map: {B: big, S: smb}}",
        of="big smb",
    ),
    two(
        "a value that no map names",
        "segment known",
        "id,stage,amount,Pipe\nD1,Only,5,C\n",
        "D011:2",
        ", segment: {from: Pipe, map: {B: big, S: smb}}",
    ),
    two(
        "bands that begin above 0",
        "bands begin at 0",
        "id,stage,amount\nD1,Only,5\n",
        "S047:7",
        ", segment: {bands: {from: amount, smb: 10, big: 50k}}",
    ),
    two(
        "two bands from one bound",
        "bands begin at 0",
        "id,stage,amount\nD1,Only,5\n",
        "S047:7",
        ", segment: {bands: {from: amount, smb: 0, big: 0}}",
    ),
    # ---- invoices
    invoice(
        "due before it is written",
        "due after written",
        "R3,,300,2026-09-01,2026-08-31,",
        "D022:4 the invoice is due before it is written",
    ),
    invoice(
        "due on its own day",
        "due on its own day",
        "R3,,300,2026-09-01,2026-09-01,",
        None,
        R3="30000 EUR 2026-09-01 2026-09-01",
    ),
    invoice("no due date", "days of invoices", "R3,,300,2026-09-01,,", "D024:4 the due date is missing"),
    invoice(
        "no invoice date", "days of invoices", "R3,,300,,2026-09-01,", "D024:4 the invoice date is missing"
    ),
    invoice("no amount", "missing", "R3,,,2026-09-01,2026-10-01,", "D023:4 the amount is missing"),
    invoice(
        "a credit note of no invoice",
        "credit of an invoice",
        "R3,,-300,2026-09-01,2026-10-01,",
        None,
        R3=None,
        notes="W073",
    ),
    invoice(
        "an invoice again",
        "id once",
        "R1,,300,2026-09-01,2026-10-01,",
        "D009:4 the id stands in row 1 already",
    ),
    invoice("no number", "id", ",,300,2026-09-01,2026-10-01,", "D008:4 the row has no id"),
    invoice(
        "written after as_of",
        "invoiced by as_of",
        "R3,,300,2026-11-01,2026-12-01,",
        None,
        R3=None,
        notes="W006",
    ),
    invoice(
        "paid after as_of", "paid by as_of", "R3,,300,2026-09-01,2026-10-01,2026-11-05", None, notes="W022"
    ),
    invoice(
        "paid before it is written",
        "paid after written",
        "R3,,300,2026-09-01,2026-10-01,2026-08-01",
        None,
        notes="W021",
    ),
    invoice("of an open deal", "invoiced is won", "R3,D1,300,2026-09-01,2026-10-01,", None, notes="W025"),
    more_of_invoice(
        "more tax than amount",
        "tax within the amount",
        "tax",
        "400",
        "D037:2 the tax is more than the amount",
    ),
    more_of_invoice(
        "disputed perhaps", "yes or no", "disputed", "maybe", "D041:2 disputed is neither yes nor no"
    ),
    more_of_invoice(
        "disputed, and says YES",
        "capitals of yes",
        "disputed",
        "YES",
        None,
        R9="30000 EUR 2026-09-01 2026-10-01",
    ),
]
