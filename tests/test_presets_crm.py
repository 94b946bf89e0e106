"""Exports of CRM systems: each is known, nothing in it is misread, and what is left out is told."""

from fractions import Fraction

import pytest
from history_files import codes, log, read

from simulator.errors import InputError
from simulator.forecast.quality import quality
from simulator.loading import load
from simulator.loading.cells import Cells
from simulator.loading.history_frame import HistoryFrame
from simulator.loading.outcome_words import stage_means, state_means
from simulator.loading.presets import PRESETS, ends_of, prepared, preset_of, recognise_system
from simulator.loading.sources import parse_table
from simulator.loading.tables import Table

REPORT = """\
Opportunity Owner,Account Name,Opportunity Name,Stage,Amount Currency,Amount,Probability (%),Close Date,\
Created Date,Opportunity ID
Ann,Acme &amp; Co,<b>Acme</b>,Prospecting,EUR,"12,000.00",10%,12/15/2026,9/30/2026,0065f00000AbCdE
Ann,Acme,Acme,Closed Won,EUR,"7,000.00",100%,9/15/2026,5/30/2026,0065f00000AbCdF
Bo,Beta,Beta,Closed Lost,EUR,"3,000.00",0%,9/25/2026,5/13/2026,0065f00000AbCdG
"""
HISTORY = """\
Id,OpportunityId,StageName,Amount,CloseDate,Probability,CreatedDate,PrevAmount,PrevCloseDate,IsDeleted
1,0065f00000AbCdEAAV,Prospecting,12000,2026-11-30,10,2026-07-01T08:00:00.000Z,,,false
2,0065f00000AbCdEAAV,Prospecting,13000,2026-12-15,10,2026-08-01T08:00:00.000Z,12000,2026-11-30,false
3,0065f00000AbCdEAAV,Proposal,13000,2026-12-15,50,2026-09-01T08:00:00.000Z,13000,2026-12-15,false
4,0065f00000AbCdFAAV,Prospecting,7000,2026-09-30,10,2026-06-01T08:00:00.000Z,,,false
5,0065f00000AbCdFAAV,Closed Won,7000,2026-09-15,100,2026-09-15T08:00:00.000Z,7000,2026-09-30,false
6,0065f00000AbCdHAAV,Prospecting,100,2026-09-30,10,2026-06-01T08:00:00.000Z,,,true
"""
FIELDS = """\
Id,OpportunityId,Field,OldValue,NewValue,CreatedDate
1,006A,created,,,2026-06-01
2,006A,StageName,Prospecting,Proposal,2026-07-01
3,006A,Amount,100,200,2026-07-15
4,006A,StageName,Proposal,Closed Won,2026-08-01
"""
HUBSPOT = '''\
Record ID,Deal Name,Deal Stage,Pipeline,Amount,Amount in company currency,Currency,Close Date,Create Date,\
Deal probability,"Date entered ""New (Sales)""","Date entered ""Offer (Sales)""",\
"Date entered ""Signed (Sales)""","Date exited ""New (Sales)"""
1,A,New (Sales),Sales,1000,900,USD,2026-12-01 10:00,2026-09-01,0.2,2026-09-01,,,
2,B,Offer (Sales),Sales,2000,1800,USD,2026-12-05,2026-08-01,0.9,2026-08-01,2026-09-10,,2026-09-10
3,C,Signed (Sales),Sales,3000,3000,EUR,2026-09-20,2026-06-01,1,2026-06-01,,2026-09-20,2026-09-20
4,D,Closed Lost (Sales),Sales,500,500,EUR,2026-07-20,2026-05-01,0,2026-05-01,,,2026-07-20
'''
PIPEDRIVE = """\
Deal - ID,Deal - Titel,Deal - Wert,Deal - Währung von Wert,Deal - Phase,Deal - Status,Deal - Pipeline,\
Deal - Datum des gewonnenen Deals,Deal - Datum des verlorenen Deals,Deal - Erwartetes Abschlussdatum,\
Deal - Archiviert
1,A,1000,EUR,Angebot,Offen,Sales,,,2026-12-01,Nein
2,B,2000,EUR,Angebot,Gewonnen,Sales,2026-09-01,,2026-10-01,Nein
3,C,3000,EUR,Kontakt,Verloren,Sales,,2026-08-01,2026-10-01,Nein
4,D,4000,EUR,Kontakt,Gelöscht,Sales,,,,Nein
5,E,5000,EUR,Kontakt,Offen,Sales,,,,Ja
6,F,6000,EUR,Kontakt,Gewonnen,Sales,2026-09-02,,,Ja
"""
DYNAMICS = """\
(Do Not Modify) Opportunity,(Do Not Modify) Row Checksum,Topic,Potential Customer,Status,Status Reason,\
Pipeline Phase,Est. revenue,Actual Revenue,Est. close date,Actual Close Date,Currency,Created On
a1,x,A,Acme,Open,In Progress,2-Develop,1000,,2026-12-01,,US Dollar,2026-06-01
a2,x,B,Beta,Won,Won,4-Close,2000,1900,2026-09-01,2026-09-10,Euro,2026-05-01
a3,x,C,Gamma,Lost,Out-Sold,1-Qualify,500,0,2026-09-01,2026-08-10,Euro,2026-05-01
"""
ODOO = """\
External ID,Opportunity,Stage,Expected Revenue,Expected Closing,Salesperson,Sales Team,Active,Closed Date,\
Type,Tags
a.1,A,New,1000,2026-12-01,Ann,Europe,True,,Opportunity,Services
,,,,,,,,,,Cloud
a.2,B,Won,2000,2026-09-01,Ann,Europe,True,2026-09-10,Opportunity,
a.3,C,Proposition,500,2026-09-01,Bo,Europe,False,2026-08-10,Opportunity,
a.4,D,New,700,,Bo,Europe,True,,Lead,
,New (3),,2200,,,,,,,
"""
SCENARIO = """\
version: 1
name: small
as_of: 2026-10-31
horizon: 6m
currency: EUR
rates: {USD: 0.5}
data:
  deals: deals.csv
  systems: {deals: SYSTEM}
  won_stages: [Closed Won, Signed]
  lost_stages: [Closed Lost]
SETTINGS
segments:
  all:
    stages:
STAGES
"""


def ready(text, system=None):
    """The table as it is prepared, and its cells by our columns."""
    table = parse_table(text.encode(), "deals.csv")
    preset = preset_of(table, system)
    table, columns, _ = prepared(table, preset.name, preset.kind, {})
    places = {ours: table.column(title) for ours, title in columns.items()}
    added = ("id", "outcome", "closed", "entered_stage", "currency")
    places |= {ours: at for ours in added if (at := table.column(ours)) is not None}
    return table, Cells(table, places, None, None)


def column(text, ours, system=None):
    """The texts of one of our columns of all rows that are used."""
    _, cells = ready(text, system)
    return [cells.text(row, ours) for row in cells.rows()]


def scenario(folder, text, system, *stages, settings=""):
    """A scenario of an export, loaded."""
    (folder / "deals.csv").write_text(text)
    lines = [f"      {stage}: {{close: 0.5, days: {{median: 20, p90: 50}}}}" for stage in stages]
    said = (
        SCENARIO.replace("SYSTEM", system).replace("SETTINGS", settings).replace("STAGES", "\n".join(lines))
    )
    (folder / "small.yaml").write_text(said)
    return load(folder / "small.yaml")


def left_out(found):
    """The rows that are left out, by rule; what is used and what is left out is the file's total."""
    told = quality(found)["tables"][0]
    parts = [*told["used"], *told["left_out"]]
    assert sum(part["rows"] for part in parts) == told["read"]["rows"]
    assert sum(part["amount"] for part in parts) == pytest.approx(told["read"]["amount"])
    return {part["rule"]: part["rows"] for part in told["left_out"]}


# ---- what an export is


@pytest.mark.parametrize(
    ("text", "system", "kind"),
    [
        (REPORT, "salesforce", "deals"),
        (HISTORY, "salesforce", "events"),
        (FIELDS, "salesforce", "events"),
        (HUBSPOT, "hubspot", "deals"),
        (PIPEDRIVE, "pipedrive", "deals"),
        (DYNAMICS, "dynamics", "deals"),
        (ODOO, "odoo", "deals"),
    ],
)
def test_an_export_is_known_by_its_columns(text, system, kind):
    found = recognise_system(parse_table(text.encode(), "x.csv"))
    assert (found.preset.name, found.kind) == (system, kind)


def test_an_export_that_two_systems_may_have_written_is_refused_with_both():
    both = "Deal Name,Deal Stage,Record ID,Topic,Status,Est. revenue,Stage\nA,New,1,T,Open,5,New\n"
    table = parse_table(both.encode(), "x.csv")
    with pytest.raises(
        InputError, match=r"D075.*HubSpot and Dynamics 365|Dynamics 365 and HubSpot"
    ) as caught:
        recognise_system(table)
    assert "data.systems.deals" in str(caught.value)
    assert preset_of(table, "hubspot").name == "hubspot"


def test_common_names_are_told_as_such():
    found = recognise_system(parse_table(b"id,stage,amount,created\nD1,New,5,2026-01-01\n", "x.csv"))
    assert found.preset is None
    assert found.columns["id"] == "id"


def test_no_export_is_taken_for_another():
    """The titles of each export, in each language, are those of no other system."""
    for preset in PRESETS:
        for n in range(max(len(mark) for mark in preset.marks)):
            titles = tuple(dict.fromkeys(mark[min(n, len(mark) - 1)] for mark in preset.marks))
            table = Table("x.csv", titles, (("1",) * len(titles),), (2,))
            assert preset_of(table).name == preset.name


# ---- Salesforce


def test_one_column_of_salesforce_holds_the_expected_day_of_open_deals_and_that_of_closing(tmp_path):
    found = scenario(tmp_path, REPORT, "salesforce", "Prospecting")
    assert found.pipeline.stated_day.tolist() == [45.0]
    assert found.wins.day.tolist() == [-46]
    overdue = scenario(tmp_path, REPORT.replace("12/15/2026", "10/15/2026"), "salesforce", "Prospecting")
    assert overdue.pipeline.stated_day.tolist() == [-16.0]
    assert "W019" not in {code for code, *_ in overdue.notes}
    history = read(tmp_path, deals=REPORT)
    assert [int(day) > 0 for day in history.deals.stated.tolist()] == [True, False, False]


def test_markup_is_no_part_of_a_name():
    assert column(REPORT, "name")[0] == "Acme"
    assert column(REPORT, "customer")[0] == "Acme & Co"


def test_a_row_for_another_product_is_not_summed(tmp_path):
    again = REPORT + REPORT.splitlines()[2] + "\n"
    found = scenario(tmp_path, again, "salesforce", "Prospecting")
    assert left_out(found) == {"W062": 1}
    assert found.pipeline.amount.tolist() == [1_200_000]
    other = again.replace('"7,000.00"', '"7,001.00"', 1)
    with pytest.raises(InputError, match="D009"):
        scenario(tmp_path, other, "salesforce", "Prospecting")


def test_the_notes_below_a_report_are_no_deals(tmp_path):
    notes = '\n"Grand Totals (3 records)"\n\n"Confidential Information - Do Not Distribute"\n'
    found = scenario(tmp_path, REPORT + notes, "salesforce", "Prospecting")
    assert left_out(found) == {"W057": 2}
    lines = REPORT.splitlines()
    broken = "\n".join([*lines[:2], "no deal at all", *lines[2:]]) + "\n"
    with pytest.raises(InputError, match="D005"):
        parse_table(broken.encode(), "x.csv")


@pytest.mark.parametrize("label", ["Total", "Subtotal", "Grand Total", "Gesamtsumme", "Итого:"])
@pytest.mark.parametrize("at", [0, 2, 3])
def test_totals_of_a_report_are_no_deals_wherever_they_stand(label, at):
    first, *lines = REPORT.splitlines()
    for money in ("", "7000", '"USD 7,000.00"', '"7,000.00 €"'):
        cells = [""] * len(first.split(","))
        cells[5], cells[at] = money, label
        for row in range(len(lines) + 1):
            report = [first, *lines[:row], ",".join(cells), *lines[row:]]
            assert ready("\n".join(report) + "\n")[0].aside == {row: "W060"}
    cells[1] = "Total Energies"
    assert not ready("\n".join([*REPORT.splitlines(), ",".join(cells)]) + "\n")[0].aside


def test_deals_without_ids_are_known_by_their_names_unless_two_have_one(tmp_path):
    bare = "\n".join(
        line.rsplit(",", 1)[0] for line in REPORT.replace("Acme,Acme", "Acme,Acme two").splitlines()
    )
    found = scenario(tmp_path, bare + "\n", "salesforce", "Prospecting")
    assert found.pipeline.id == ("Acme",)
    assert "W066" in {code for code, *_ in found.notes}
    twice = bare.replace("Acme two", "Acme").replace("Acme &amp; Co", "Acme")
    with pytest.raises(InputError, match="D076"):
        scenario(tmp_path, twice + "\n", "salesforce", "Prospecting")


def test_converted_amounts_have_the_currency_that_stands_beside_them():
    text = REPORT.replace("Amount Currency,Amount,", "Amount (converted) Currency,Amount (converted),")
    text = text.replace("Opportunity ID", "Opportunity ID,Opportunity Currency").replace(
        "AbCdE\n", "AbCdE,USD\n"
    )
    text = text.replace("AbCdF\n", "AbCdF,USD\n").replace("AbCdG\n", "AbCdG,USD\n")
    assert column(text, "currency") == ["EUR", "EUR", "EUR"]
    assert (
        column(REPORT.replace('"12,000.00"', '"USD 12,000.00 (EUR 11,000.00)"'), "amount")[0]
        == "USD 12,000.00"
    )


def test_a_history_of_opportunities_has_its_moves_and_no_others(tmp_path):
    history = read(tmp_path, history=HISTORY)
    assert log(history, "0065f00000AbCdEAAV") == "Prospecting 07-01, Proposal 09-01"
    assert log(history, "0065f00000AbCdFAAV") == "Prospecting 06-01, won 09-15"
    assert "0065f00000AbCdHAAV" not in history.deals.id, "deleted"
    assert codes(history)["W063"] == 1
    assert codes(history)["H016"] == 1, "a change of the amount is no move"


def test_ids_of_two_lengths_are_one(tmp_path):
    history = read(tmp_path, history=HISTORY, deals=REPORT)
    assert history.deals.id == ("0065f00000AbCdE", "0065f00000AbCdF", "0065f00000AbCdG")
    assert log(history, "0065f00000AbCdF") == "Prospecting 05-30, won 09-15", "since it was created"


def test_an_invoice_finds_its_deal_by_its_longer_id(tmp_path):
    rows = "id,deal,amount,invoice_date,due_date\nI1,0065f00000AbCdFAAV,100,2026-10-01,2026-11-01\n"
    (tmp_path / "ar.csv").write_text(rows)
    found = scenario(tmp_path, REPORT, "salesforce", "Prospecting", settings="  invoices: ar.csv")
    assert found.receivables.deal == ("0065f00000AbCdF",)


def test_a_history_of_fields_tells_the_first_stage_too(tmp_path):
    history = read(tmp_path, fields=FIELDS)
    assert log(history, "006A") == "Prospecting 06-01, Proposal 07-01, won 08-01"
    assert codes(history)["W064"] == 1


def test_flags_tell_which_stages_mean_won_and_lost(tmp_path):
    flags = {"Prospecting": "0,0", "Closed Won": "1,1", "Closed Lost": "1,0"}
    head, *lines = REPORT.replace("Opportunity ID", "Opportunity ID,Closed,Won").splitlines()
    lines = [f"{line},{flag}" for line in lines for stage, flag in flags.items() if stage in line]
    text = "\n".join([head, *lines, ""]).replace("Closed Won,", "Signed,").replace("Closed Lost,", "Gone,")
    table = parse_table(text.encode(), "x.csv")
    assert ends_of(table, recognise_system(table).columns, preset_of(table)) == (("Signed",), ("Gone",))
    assert read(tmp_path, deals=text).deals.outcome.tolist() == [0, 1, 2]


# ---- HubSpot


def test_the_columns_of_days_are_a_log(tmp_path):
    history = read(tmp_path, deals=HUBSPOT)
    assert history.stages == ("New", "Offer")
    assert log(history, "2") == "New 08-01, Offer 09-10"
    assert log(history, "3") == "New 06-01, won 09-20", "a stage of 100 % is won, whatever it is called"
    assert log(history, "4") == "New 05-01, lost 07-20"
    assert column(HUBSPOT, "entered_stage")[:2] == ["2026-09-01", "2026-09-10"]


def test_a_base_of_one_segment_takes_all_pipelines(tmp_path):
    history = read(tmp_path, frame=HistoryFrame(segments=("all",)), deals=HUBSPOT)
    assert len(history.deals) == 4
    assert not codes(history).keys() & {"H036", "H037", "H038"}


def test_days_in_stages_of_another_pipeline_are_no_moves(tmp_path):
    text = HUBSPOT.replace('"Date exited ""New (Sales)"""', '"Date entered ""New (Renewals)"""')
    history = read(tmp_path, deals=text)
    assert log(history, "2") == "New 08-01, Offer 09-10"
    assert log(history, "4") == "New 05-01, lost 07-20"


def test_stages_lose_the_name_of_their_pipeline(tmp_path):
    found = scenario(tmp_path, HUBSPOT, "hubspot", "New", "Offer")
    assert found.pipeline.stage.tolist() == [0, 1]
    assert found.pipeline.currency == ("USD", "USD")
    assert left_out(found) == {}


def test_amounts_of_the_company_are_taken_where_no_currency_is_told():
    without = HUBSPOT.replace("Currency,Close", "Other,Close")
    assert column(HUBSPOT, "amount") == ["1000", "2000", "3000", "500"]
    assert column(without, "amount") == ["900", "1800", "3000", "500"]


@pytest.mark.parametrize(("amount_is", "factor"), [("total", 1), ("annual", Fraction(8, 12)), ("monthly", 8)])
def test_amounts_of_a_year_or_a_month_become_totals(tmp_path, amount_is, factor):
    head, first, *rest = HUBSPOT.splitlines()
    text = "\n".join([f"{head},service_months", f"{first},8", *(f"{line}," for line in rest), ""])
    settings = f"  amount_is: {amount_is}\n"
    found = scenario(tmp_path, text, "hubspot", "New", "Offer", settings=settings)
    years = {"total": 1, "annual": 1, "monthly": 12}[amount_is]
    assert found.pipeline.amount.tolist() == [round(100_000 * factor), 200_000 * years]
    assert left_out(found) == {}
    assert {code: text for code, text, _ in found.notes}.get("W067", "").startswith(
        "3 deals" if amount_is != "total" else ""
    )
    history = read(
        tmp_path, frame=HistoryFrame(amount_is=amount_is, currency="USD", rates={"EUR": 1.0}), deals=text
    )
    assert history.deals.amount.tolist() == [
        round(100_000 * factor),
        *(n * years for n in (200_000, 300_000, 50_000)),
    ]


def test_a_total_over_all_months_may_be_too_large(tmp_path):
    text = HUBSPOT.replace("1000,900", "90000000000000,900")
    with pytest.raises(InputError, match="too large over its 12 months"):
        scenario(tmp_path, text, "hubspot", "New", "Offer", settings="  amount_is: monthly\n")


# ---- the others


def test_states_of_pipedrive_are_read_in_german_and_archived_open_deals_left_out(tmp_path):
    assert column(PIPEDRIVE, "outcome") == ["open", "won", "lost", "won"]
    assert column(PIPEDRIVE, "closed") == ["", "2026-09-01", "2026-08-01", "2026-09-02"]
    found = scenario(tmp_path, PIPEDRIVE, "pipedrive", "Kontakt", "Angebot")
    assert left_out(found) == {"W063": 1, "W069": 1}
    assert found.wins.id == ("2", "6")


def test_won_deals_of_dynamics_count_at_their_actual_revenue(tmp_path):
    found = scenario(tmp_path, DYNAMICS, "dynamics", "1-Qualify", "2-Develop", "4-Close")
    assert found.wins.amount.tolist() == [190_000]
    assert found.pipeline.currency == ("USD",)
    assert {code for code, *_ in found.notes} >= {"W065"}
    assert column(DYNAMICS, "lost_reason") == ["", "", "Out-Sold"]
    assert left_out(found) == {}


def test_archived_opportunities_of_odoo_are_lost_and_leads_left_out(tmp_path):
    assert column(ODOO, "outcome") == ["open", "won", "lost"]
    found = scenario(tmp_path, ODOO, "odoo", "New", "Proposition")
    assert left_out(found) == {"W060": 1, "W061": 1, "W068": 1}
    assert found.lost_reasons == {}


@pytest.mark.parametrize(
    ("more", "cells", "outcome"),
    [
        ("Lost Reason", "Too expensive", "lost"),
        ("Lost Reason", "", "open"),
        ("Active,Lost Reason", "True,Too expensive", "open"),
        ("Won/Lost,Lost Reason", "Pending,Too expensive", "open"),
        ("Closed Date,Probability", "2026-08-10,0.0", "lost"),
        ("Closed Date,Probability", "2026-08-10,0.01", "open"),
        ("Closed Date,Probability", ",0", "open"),
        ("Closed Date,Probability", "2026-08-10,", "open"),
    ],
)
def test_lost_opportunities_of_odoo_are_known_without_the_flag_of_what_is_archived(more, cells, outcome):
    head = "id,Opportunity,Stage,Expected Revenue,Salesperson,"
    text = f"{head}{more}\na.1,A,New,1000,Ann,{cells}\na.2,B,Won,10,Bo,{cells}\n"
    assert column(text, "outcome") == [outcome, "won"]


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        *((name, "won") for name in ("Closed Won", "6 - Won", "Geschlossen, gewonnen", "Закрыто и выиграно")),
        *((name, "lost") for name in ("Closed Lost", "lost: price", "Geschlossen und verloren", "Проиграна")),
        *((name, None) for name in ("Negotiation", "Wonder", "Closing", "Contract won back", "Offen", "")),
    ],
)
def test_words_say_what_a_stage_means(name, meant):
    assert stage_means(name) == meant


def test_words_say_what_a_state_means():
    assert [state_means(text) for text in ("Offen", "Открыта", "Canceled", "Gelöscht", "Maybe")] == [
        "open", "open", "lost", "gone", None,
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("text", "title"),
    [
        (HUBSPOT.replace("Currency,Close", "ACV,Close"), "ACV"),
        (REPORT.replace("Amount Currency,Amount,", "ACV,Amount (converted),"), "ACV"),
        (DYNAMICS.replace("Actual Revenue", "ACV").replace("Currency", "Actual Revenue"), "ACV"),
    ],
)
def test_an_amount_that_was_mapped_by_hand_is_left_alone(text, title):
    table = parse_table(text.encode(), "x.csv")
    changed, _, _ = prepared(table, preset_of(table).name, "deals", {"amount": title})
    assert [row[changed.column(title)] for row in changed.rows] == [
        row[table.column(title)] for row in table.rows
    ]


def test_what_is_mapped_by_hand_counts_more_than_an_export(tmp_path):
    mapped = {"events": {"deal": "Record ID", "stage": "Deal Stage", "entered_at": "Create Date"}}
    history = read(tmp_path, frame=HistoryFrame(columns=mapped), deals=HUBSPOT)
    assert log(history, "2") == "Offer (Sales) 08-01"


# ---- what is told


STAGES = {
    "salesforce": ("Prospecting",),
    "hubspot": ("New", "Offer"),
    "pipedrive": ("Kontakt", "Angebot"),
    "dynamics": ("1-Qualify", "2-Develop", "4-Close"),
    "odoo": ("New", "Proposition"),
}
TOLD = {
    "W060": (ODOO, "odoo"),
    "W061": (ODOO, "odoo"),
    "W062": (REPORT + REPORT.splitlines()[-1] + "\n", "salesforce"),
    "W063": (PIPEDRIVE, "pipedrive"),
    "W065": (DYNAMICS, "dynamics"),
    "W066": (REPORT.replace("Opportunity ID", "Other").replace("Acme,Acme", "Acme,Acme two"), "salesforce"),
    "W067": (HUBSPOT, "hubspot"),
    "W068": (ODOO, "odoo"),
    "W069": (PIPEDRIVE, "pipedrive"),
    "W081": (HUBSPOT.replace("2000,1800", ","), "hubspot"),
}


@pytest.mark.parametrize("code", TOLD)
def test_what_is_done_about_rows_is_told(tmp_path, code, pinned):
    text, system = TOLD[code]
    settings = "  amount_is: annual" if code == "W067" else ""
    found = scenario(tmp_path, text, system, *STAGES[system], settings=settings)
    notes = {note: said for note, said, _ in found.notes}
    pinned(code, f"! {notes[code]}")


def test_an_open_deal_without_an_amount_is_left_out_of_an_export_alone(tmp_path):
    found = scenario(tmp_path, HUBSPOT.replace("2000,1800", ","), "hubspot", *STAGES["hubspot"])
    assert found.pipeline.id == ("1",)
    (table,) = (t for t in quality(found)["tables"] if t["table"] == "deals")
    assert table["read"]["rows"] == 4 and [entry["rows"] for entry in table["left_out"]] == [1]
    won = HUBSPOT.replace("3000,3000", ",")
    with pytest.raises(InputError, match="D023"):
        scenario(tmp_path, won, "hubspot", *STAGES["hubspot"])


def test_what_a_history_leaves_out_is_told(tmp_path, pinned):
    (said,) = (finding.text for finding in read(tmp_path, fields=FIELDS).findings if finding.code == "W064")
    pinned("W064", said)


def test_what_cannot_be_used_is_told(pinned):
    both = "Deal Name,Deal Stage,Record ID,Topic,Status,Est. revenue,Stage\nA,New,1,T,Open,5,New\n"
    same = "Opportunity Name,Stage,Close Date,Account Name\nA,New,2026-12-01,X\nA,Offer,2026-12-01,X\n"
    for code, text in (("D075", both), ("D076", same)):
        table = parse_table(text.encode(), "deals.csv")
        with pytest.raises(InputError) as caught:
            prepared(table, recognise_system(table).preset.name, "deals", {})
        problem = caught.value.problems[0]
        assert problem.code == code
        pinned(code, str(problem))
