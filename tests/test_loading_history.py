"""Files of anybody's making become a history: what is taken for what, and by which rules."""

from dataclasses import replace
from datetime import date
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from history_files import DEALS, EVENTS, codes, day, example, log, read, text

from simulator.errors import InputError, PlaceError
from simulator.history import LOST, NEVER, OPEN, UNKNOWN, WON
from simulator.loading import load
from simulator.loading.history import read_history
from simulator.loading.history_deals import MOST_SEGMENTS, OTHER
from simulator.loading.history_frame import HistoryFrame, frame_of
from simulator.scenario.model import SegmentRule

HEAD = "deal,stage,entered_at\n"


# ---- which file is what, and which column


@pytest.mark.parametrize(
    ("header", "row"),
    [
        ("opportunity_id,deal_stage,engage_date,close_date,sales_price", "X,Engaging,2026-01-05,,10"),
        ("Opportunity ID;Stage Name;Created Date;Close Date;Amount", "X;Engaging;2026-01-05;;10"),
        ("Deal ID,Pipeline Stage,Create Date,Close Date,Deal Amount", "X,Engaging,2026-01-05,,10"),
        ("id,status,opened,value", "X,Engaging,2026-01-05,10"),
        ("ID,Stage,CREATED,Amount", "X,Engaging,2026-01-05,10"),
    ],
)
def test_tables_of_deals_are_known_by_their_columns(tmp_path, header, row):
    found = read(tmp_path, deals=f"{header}\n{row}\n{row.replace('X', 'Y')}\n")
    assert found.deals.id == ("X", "Y") and found.stages == ("Engaging",)
    assert found.deals.amount.tolist() == [1000, 1000]
    assert text(found.deals.created[0]) == "01-05"
    assert not found.logged and found.sources[0].startswith("deals.csv: deals, 2 rows; id = ")


@pytest.mark.parametrize(
    "header",
    [
        "deal_id,stage,entered_at",
        "Opportunity ID,New Stage,Changed On",
        "case,activity,timestamp",
        "id,status,date",
    ],
)
def test_logs_are_known_by_their_columns(tmp_path, header):
    found = read(tmp_path, events=EVENTS.replace("deal,stage,entered_at", header))
    assert found.logged and log(found, "D1") == "New 01-05, Offer 01-12, won 02-02"
    assert found.deals.reason == ("", "price", "")


def test_a_log_may_have_days_of_closing_too(tmp_path):
    rows = "A,Offer,3/31/2026,1/15/2026 3:04 PM\nA,Closed Won,3/15/2026,3/15/2026 9:00 AM\n"
    found = read(tmp_path, history="Opportunity ID,Stage,Close Date,Last Modified\n" + rows)
    assert log(found, "A") == "Offer 01-15, won 03-15" and found.deals.pushes.tolist() == [0]
    assert text(found.as_of(day("02-01")).deals.stated[0]) == "03-31"


def test_invoices_are_known_by_their_columns(tmp_path):
    found = read(
        tmp_path,
        inv="customerID,invoiceNumber,InvoiceDate,DueDate,InvoiceAmount,Disputed,SettledDate\n"
        "A,1,1/2/2013,2/1/2013,55.94,No,1/15/2013\nB,2,1/26/2013,2/25/2013,61.74,Yes,\n",
    )
    invoices = found.invoices
    assert invoices.amount.tolist() == [5594, 6174] and invoices.disputed.tolist() == [0, 1]
    assert date.fromordinal(int(invoices.paid_day[0])) == date(2013, 1, 15)
    assert invoices.paid_day[1] == NEVER
    assert found.sources[0].endswith("month/day/year")
    assert len(found.deals) == 0 and "H055" not in codes(found)


def test_a_value_known_at_closing_only_is_not_the_amount(tmp_path):
    rows = "".join(f"D{i},Won,2026-01-05,2026-02-01,{i},100\nE{i},New,2026-01-05,,,100\n" for i in range(20))
    found = read(tmp_path, deals="id,stage,created,closed,close_value,list_price,sales_price\n".replace(
        "list_price,", "") + rows)  # fmt: skip
    assert set(found.deals.amount.tolist()) == {10000}
    assert "close_value" in found.told_late


def test_a_flag_of_closing_is_no_day(tmp_path):
    found = read(tmp_path, deals="id,stage,created,closed,close_date\nA,Won,2026-01-05,true,2026-02-01\n")
    assert text(found.deals.closed[0]) == "02-01"


def test_leads_and_wins_in_two_tables_are_one_record(tmp_path):
    """A funnel of leads without stages: who came when, and who was won when."""
    leads = "mql_id,first_contact_date,page_id,origin\na1,2026-01-05,p,search\nb2,2026-01-06,p,mail\n"
    wins = "mql_id,seller_id,won_date,revenue\nb2,s1,2026-02-01 10:00:00,5\n"
    found = read(tmp_path, leads=leads, wins=wins)
    assert found.deals.id == ("a1", "b2") and found.deals.outcome.tolist() == [OPEN, WON]
    assert log(found, "b2") == "Open 01-06, won 02-01" and found.deals.extra["origin"] == ("search", "mail")
    assert codes(found)["H065"] == 1 and "H043" in codes(found)  # nobody is ever called lost


def test_yes_and_no_tell_wins(tmp_path):
    rows = "A,2026-01-05,2026-02-01,True\nB,2026-01-05,2026-02-03,False\nC,2026-01-05,,False\n"
    found = read(tmp_path, deals="id,created,closed,is_won\n" + rows)
    assert found.deals.outcome.tolist() == [WON, LOST, OPEN]


def test_a_map_names_columns(tmp_path):
    given = "deals: {id: Nr, amount: Betrag, created: Seit}\nwon_stages: [Gewonnen]\n"
    given += "decimal: ','\ncurrency: CHF\n"
    found = example(
        tmp_path, map=given, deals="Nr;Stage;Betrag;Seit;closed\nA;Gewonnen;1.000,50;5.1.2026;9.2.2026\n"
    )
    assert found.deals.amount.tolist() == [100050] and found.deals.outcome.tolist() == [WON]
    assert found.currency == "CHF" and text(found.deals.created[0]) == "01-05"


def test_the_decimal_mark_is_found_out(tmp_path):
    table = "id;stage;amount;created\nA;New;1.234,50;2026-01-05\nB;New;12,25;2026-01-05\n"
    found = read(tmp_path, deals=table)
    assert found.deals.amount.tolist() == [123450, 1225] and "decimal comma" in found.sources[0]


@pytest.mark.parametrize(
    ("cell", "month"), [("13/02/2026", 2), ("02/13/2026", 2), ("13.02.2026", 2), ("03.02.2026", 2)]
)
def test_the_order_of_dates_is_found_out(tmp_path, cell, month):
    found = read(tmp_path, events=f"{HEAD}A,New,{cell}\n")
    assert date.fromordinal(int(found.moves.day[0])).month == month


def test_one_bad_cell_does_not_change_the_order_of_dates(tmp_path):
    rows = "".join(f"D{i},New,{1 + i}/20/2026\n" for i in range(9)) + "X,New,31/31/2026\n"
    found = read(tmp_path, events=HEAD + rows)
    assert len(found.deals) == 9 and codes(found)["H011"] == 1


# ---- days and times


def test_days_are_those_of_the_time_zone(tmp_path):
    events = f"{HEAD}A,New,2026-01-05T23:30:00Z\nA,Offer,2026-01-06T00:30:00+02:00\n"
    berlin = read(tmp_path, frame=HistoryFrame(zone=ZoneInfo("Europe/Berlin")), events=events)
    assert log(berlin, "A") == "Offer 01-05, New 01-06"
    utc = read(tmp_path, events=events)
    assert log(utc, "A") == "Offer 01-05, New 01-05"


def test_the_hour_that_comes_twice_keeps_its_order(tmp_path):
    """At 3:00 of 25 October 2026 clocks go back in Berlin: 2:50 summer time comes before 2:10."""
    events = f"{HEAD}A,Offer,2026-10-25T02:10:00+01:00\nA,New,2026-10-25T02:50:00+02:00\n"
    found = read(tmp_path, frame=HistoryFrame(zone=ZoneInfo("Europe/Berlin")), events=events)
    assert log(found, "A") == "New 10-25, Offer 10-25"


@pytest.mark.parametrize(
    ("order", "expected"),
    [
        ([0, 1, 2, 3, 4], "New 01-05, Offer 01-05, Draft 01-06"),  # as the file has it
        ([4, 3, 2, 1, 0], "New 01-05, Offer 01-05, Draft 01-06"),  # newest first
    ],
)
def test_a_day_without_times_is_in_the_order_of_the_file(tmp_path, order, expected):
    rows = [
        "A,New,2026-01-05",
        "A,Offer,2026-01-05",
        "A,Draft,2026-01-06",
        "B,New,2026-01-05",
        "B,Draft,2026-01-07",
    ]
    found = read(tmp_path, events=HEAD + "\n".join(rows[i] for i in order))
    assert log(found, "A") == expected
    assert "as the file has it" in next(f.text for f in found.findings if f.code == "H017")


def test_a_shuffled_file_is_in_the_order_of_the_funnel(tmp_path):
    rows = ["A,2 Offer,2026-01-05", "A,Won,2026-01-06", "A,1 New,2026-01-05", "A,3 Draft,2026-01-05"]
    found = read(
        tmp_path, events=HEAD + "\n".join(["B,3 Draft,2026-01-09", "B,1 New,2026-01-03", *rows, rows[0]])
    )
    assert log(found, "A") == "1 New 01-05, 2 Offer 01-05, 3 Draft 01-05, won 01-06"
    assert codes(found)["H015"] == 1


def test_times_decide_within_a_day(tmp_path):
    found = read(
        tmp_path,
        events=f"{HEAD}A,Offer,2026-01-05 10:00\nA,New,2026-01-05 09:59:59\nA,Won,2026-01-05 10:01\n",
    )
    assert log(found, "A") == "New 01-05, Offer 01-05, won 01-05"


# ---- stages and outcomes


@pytest.mark.parametrize(
    ("name", "outcome"),
    [
        ("Won", WON), ("closed won", WON), ("Closed - Won", WON), ("7_won", WON), ("ClosedWon", WON),
        ("Lost", LOST), ("lost_declined", LOST), ("Closed Lost", LOST), ("8. Closed Lost: price", LOST),
        ("Closed", OPEN), ("Wonderland", OPEN),
    ],
)  # fmt: skip
def test_names_of_outcomes(tmp_path, name, outcome):
    found = read(tmp_path, events=f"{HEAD}A,New,2026-01-05\nA,{name},2026-01-09\n")
    assert found.deals.outcome.tolist() == [outcome]


def test_reasons_are_kept(tmp_path):
    rows = {"lost_declined": "declined", "8. Closed Lost: price": "price", "Rejected": "Rejected", "Lost": ""}
    for name, reason in rows.items():
        frame = HistoryFrame(lost_stages=("rejected",))
        found = read(tmp_path, frame=frame, events=f"{HEAD}A,New,2026-01-05\nA,{name},2026-01-09\n")
        assert found.deals.reason == (reason,)


def test_stages_stand_in_the_order_in_which_most_deals_see_them(tmp_path):
    way = ["Lead", "Demo", "Quote", "Legal"]
    rows = []
    for i in range(40):
        some = [s for k, s in enumerate(way) if (i >> k) % 2 or k == 0]  # skips of all kinds
        if i % 5 == 0:
            some = [*some, some[0]]  # and ways back
        if i % 11 == 0 and len(some) > 2:
            some[1], some[2] = some[2], some[1]
        rows += [f"D{i},{stage},2026-01-{1 + k:02d}" for k, stage in enumerate(some)]
    found = read(tmp_path, events=HEAD + "\n".join(rows))
    assert found.stages == tuple(way)
    assert "Lead, Demo, Quote, Legal" in next(f.text for f in found.findings if f.code == "H045")


def test_numbers_order_stages(tmp_path):
    found = read(tmp_path, events=f"{HEAD}A,10 Legal,2026-01-05\nA,2 Demo,2026-01-06\nB,1 Lead,2026-01-06\n")
    assert found.stages == ("1 Lead", "2 Demo", "10 Legal") and "H045" not in codes(found)


def test_a_base_gives_stages_and_segments(tmp_path):
    (tmp_path / "base.yaml").write_text(
        "version: 1\nname: b\nas_of: 2026-03-31\nhorizon: 6m\ncurrency: USD\nrates: {EUR: 1.1}\n"
        "time_zone: Europe/Berlin\ndata: {won_stages: [Signed], segment: {from: team, map: {N: north}}}\n"
        "segments:\n  north: {stages: {Offer: {close: 0.5, days: {median: 9}}}}\n"
        "  south: {stages: {New: {close: 0.5, days: {median: 9}}}}\n"
    )
    frame = frame_of(load(tmp_path / "base.yaml"))
    assert frame.currency == "USD" and frame.rates == {"EUR": 1.1} and str(frame.zone) == "Europe/Berlin"
    assert frame.stages == ("Offer", "New") and frame.segments == ("north", "south")
    deals = (
        "id,stage,amount,currency,created,team\nA,New,10,EUR,2026-01-05,n\nB,Signed,5,USD,2026-01-05,south\n"
    )
    found = read(tmp_path, frame=replace(frame, known=None), deals=deals + "C,New,5,USD,2026-01-05,west\n")
    assert found.segments == ("north", "south") and found.deals.segment.tolist() == [0]
    assert found.deals.amount.tolist() == [1100] and codes(found)["H036"] == 1


def test_a_segment_by_a_band_of_amounts(tmp_path):
    rule = SegmentRule.model_validate({"bands": {"from": "amount", "small": 0, "big": 600}})
    found = read(tmp_path, frame=HistoryFrame(segment=rule), deals=DEALS)
    assert [found.segments[s] for s in found.deals.segment] == ["big", "small", "big"]


def test_a_split_by_any_column(tmp_path):
    found = read(
        tmp_path, frame=HistoryFrame().split_by("Team"), deals="id,stage,created,team\nA,N,2026-01-05,x\n"
    )
    assert found.segments == ("x",)


# ---- table and log


def test_a_table_adds_to_the_log(tmp_path):
    found = read(
        tmp_path,
        events=EVENTS,
        deals=DEALS.replace("D3,New,700,2026-02-01,", "D3,Lost,700,2026-02-01,2026-03-01"),
    )
    assert log(found, "D3") == "New 02-01, lost 03-01"
    assert found.deals.amount.tolist() == [100000, 50000, 70000]
    assert found.deals.row.tolist() == [0, 1, 2]


def test_a_newer_stage_of_the_table_is_a_move(tmp_path):
    deals = "id,stage,amount,created,entered_stage\nD3,Offer,5,2026-02-01,2026-02-20\n"
    found = read(tmp_path, events=EVENTS, deals=deals)
    assert log(found, "D3") == "New 02-01, Offer 02-20"


def test_deals_of_the_table_alone_are_no_part_of_the_log(tmp_path):
    found = read(
        tmp_path, events=EVENTS, deals=DEALS + "D4,Offer,9,2026-01-02,,,\nD5,Won,9,2026-01-02,2026-02-01,,\n"
    )
    assert found.deals.id == ("D1", "D2", "D3", "D4", "D5")
    assert [found.deals.stage[3], found.deals.outcome[3], found.deals.outcome[4]] == [1, OPEN, WON]
    assert set(found.moves.deal.tolist()) == {0, 1, 2}
    assert found.as_of(day("02-05")).deals.id == ("D1", "D2", "D3", "D5")


def test_a_log_that_begins_with_where_deals_are_does_not_tell_since_when(tmp_path):
    """Its first day shows older deals where they are; only in the first stage creation tells more."""
    events = f"{HEAD}A,Offer,2026-01-05\nB,New,2026-01-05\nC,New,2026-01-05\n"
    events += "A,Won,2026-01-09\nC,Offer,2026-01-09\n"
    deals = "id,stage,amount,created\nA,Won,5,2025-11-01\nB,New,5,2025-12-01\nC,Offer,5,2026-01-05\n"
    found = read(tmp_path, events=events, deals=deals)
    assert log(found, "A") == "Offer ?, won 01-09"
    assert log(found, "B") == "New 12-01" and log(found, "C") == "New 01-05, Offer 01-09"
    assert codes(found)["H048"] == 1 and text(found.since) == "01-05"


def test_a_stage_that_nobody_leaves_is_the_outcome_that_is_missing(tmp_path):
    began = "".join(f"D{i},New,2026-01-{1 + i % 28:02d}\n" for i in range(40))
    ended = "".join(f"D{i},{'Signed' if i % 2 else 'Lost'},2026-02-{1 + i % 28:02d}\n" for i in range(40))
    events = "deal,stage,entered_at\n" + began + ended
    waits = read(tmp_path, events=events + "E,New,2026-03-01\n")
    assert "Signed" in waits.stages and codes(waits)["H042"], "deals may still be waiting there"
    over = read(tmp_path, events=events + "E,New,2026-09-01\n")
    assert over.stages == ("New",) and codes(over)["H067"] == 20
    assert (over.deals.outcome == WON).sum() == 20
    told = read(tmp_path, frame=HistoryFrame(stages=("New", "Signed")), events=events + "E,New,2026-09-01\n")
    assert "Signed" in told.stages and "H067" not in codes(told), "what was named as open stays open"


def test_stages_that_the_base_lacks_stand_where_deals_see_them(tmp_path):
    events = "deal,stage,entered_at\n" + "".join(
        f"D{i},{stage},2026-01-{day}\n" for i in range(3) for stage, day in (("A", 10), ("X", 12), ("B", 14))
    )
    assert read(tmp_path, frame=HistoryFrame(stages=("A", "B", "C")), events=events).stages == tuple("AXBC")


def test_few_days_after_a_long_silence_are_slips(tmp_path):
    rows = "".join(f"D{i},New,2025-{1 + i % 12:02d}-{1 + i % 28:02d}\n" for i in range(900))
    slips = "".join(f"S{i},New,2026-06-0{i + 1}\n" for i in range(4))
    found = read(tmp_path, events="deal,stage,entered_at\n" + rows + slips)
    assert date.fromordinal(found.known) == date(2025, 12, 28) and codes(found)["H033"] == 4
    few = "".join(f"D{i},New,2025-{1 + i % 12:02d}-11\n" for i in range(12))
    slow = read(tmp_path, events="deal,stage,entered_at\n" + few + "S0,New,2026-06-01\n")
    assert date.fromordinal(slow.known) == date(2026, 6, 1), "a slow company is often silent so long"


def test_small_segments_of_too_many_are_one(tmp_path):
    rows = "".join(f"D{i},New,5,2026-01-05,team {min(i % 40, 9 + i % 23)}\n" for i in range(400))
    frame = HistoryFrame(segment=SegmentRule.model_validate({"from": "team"}))
    found = read(tmp_path, frame=frame, deals="id,stage,amount,created,team\n" + rows)
    assert len(found.segments) == MOST_SEGMENTS and OTHER in found.segments
    sizes = np.bincount(found.deals.segment)
    assert sizes.sum() == 400 and codes(found)["H068"] == sizes[found.segments.index(OTHER)]


def test_a_log_alone_is_enough(tmp_path):
    found = read(tmp_path, events=EVENTS)
    assert set(found.deals.row.tolist()) == {-1} and set(found.deals.amount.tolist()) == {100}
    assert [text(d) for d in found.deals.created] == ["01-05", "01-06", "02-01"]
    assert found.segments == ("all",) and found.currency == "EUR"


def test_a_table_alone_has_one_stage(tmp_path):
    deals = DEALS + "D4,Offer,5,2026-02-03,,,\n"
    found = read(tmp_path, deals=deals)
    assert found.stages == ("Open",) and not found.logged
    assert log(found, "D1") == "Open 01-05, won 02-02" and log(found, "D4") == "Open 02-03"
    assert found.deals.extra["stage as exported"] == ("", "", "New", "Offer")


def test_open_deals_without_a_date_are_left_out_unless_all_are(tmp_path):
    some = DEALS + "D4,New,5,,,,\n"
    assert "D4" not in read(tmp_path, deals=some).deals.id
    none = "id,stage,amount,closed\nA,New,5,\nB,Won,5,2026-02-01\n"
    found = read(tmp_path, deals=none)
    assert found.deals.id == ("A", "B") and len(found.moves) == 0
    assert found.deals.created.tolist() == [UNKNOWN, UNKNOWN] and found.deals.stage.tolist() == [0, -1]


def test_a_record_of_survivors_begins_with_its_first_closing(tmp_path):
    rows = [f"E{i},Won,5,2025-{1 + i % 9:02d}-11,2026-02-{10 + i % 9}" for i in range(40)]
    rows += [f"F{i},Won,5,2026-02-{10 + i % 5},2026-02-{15 + i % 9}" for i in range(40)]
    found = read(tmp_path, deals="id,stage,amount,created,closed\n" + "\n".join(rows))
    assert text(found.since) == "02-10" and codes(found)["H044"] == 40
    slow = [f"F{i},Won,5,2026-0{1 + i % 6}-01,2026-0{7 + i % 3}-01" for i in range(40)]
    found = read(tmp_path, deals="id,stage,amount,created,closed\n" + "\n".join(slow))
    assert text(found.since) == "01-01" and "H044" not in codes(found)


# ---- the last known day


def test_without_a_day_the_record_ends_with_its_last_entry(tmp_path):
    assert text(read(tmp_path, events=EVENTS).known) == "02-10"
    slip = read(tmp_path, events=EVENTS + "D4,New,2062-01-01\n")
    assert text(slip.known) == "02-10" and slip.deals.id == ("D1", "D2", "D3")


def test_a_win_on_a_day_that_cannot_be_keeps_its_outcome(tmp_path):
    found = read(tmp_path, deals=DEALS.replace("2026-02-02,2026-01-31", "2106-02-02,2026-01-31"))
    assert text(found.deals.closed[0]) == "01-31" and codes(found)["H033"] == 1


def test_missing_files_are_told(tmp_path):
    with pytest.raises(PlaceError, match=r"no .*nothing\.csv"):
        read_history([tmp_path / "nothing.csv"])


def test_all_problems_are_told_at_once(tmp_path):
    with pytest.raises(InputError) as caught:
        example(tmp_path, a="name,town\nx,y\n", b="", c='id,stage\n"x,y\n')
    assert {p.code for p in caught.value.problems} == {"H001", "D001", "D003"}


# ---- public data


@pytest.mark.slow
def test_the_loan_funnel(shared_data):
    found = read_history([shared_data / "loan_funnel_events.csv", shared_data / "loan_funnel_deals.csv"])
    assert len(found.stages) == 5 and found.stages[0] == "1_submitted"
    assert (found.deals.outcome != OPEN).sum() == 4630 and (found.deals.outcome == OPEN).sum() == 703
    assert set(found.deals.reason) == {"", "declined", "cancelled"}
    assert len(found.moves) == 18126 and set(codes(found)) == {"H041"}
    assert len(found.as_of(date(2011, 10, 31).toordinal()).deals) == 2393


def test_the_hardware_seller(shared_data):
    found = read_history([shared_data / "maven_opportunities.csv"], HistoryFrame().split_by("sector"))
    assert len(found.deals) == 8300 and found.stages == ("Engaging",) and codes(found)["H028"] == 500
    assert "amount = sales_price" in found.sources[0] and (found.deals.amount >= 0).all()
    assert {"customer", "sector", "close_value"} < set(found.told_late)
    assert found.segments == ("all",) and "H040" in codes(found)


@pytest.mark.slow
def test_the_hardware_seller_by_product(shared_data):
    split = read_history([shared_data / "maven_opportunities.csv"], HistoryFrame().split_by("product"))
    assert len(split.segments) == 7 and "H040" not in codes(split)


def test_the_invoices(shared_data):
    found = read_history([shared_data / "ibm_accounts_receivable.csv"])
    assert len(found.invoices) == 2466 and len(set(found.invoices.customer)) == 100
    assert (
        found.invoices.disputed.sum() == 561
        and (found.invoices.due_day - found.invoices.invoice_day == 30).all()
    )
    then = found.as_of(date(2013, 6, 30).toordinal())
    assert (then.invoices.paid_day == NEVER).sum() > 50
