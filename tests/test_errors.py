"""Each code of a problem or a note: an input that brings it, and nothing else does."""

import pytest
from history_examples import FATAL, FOUND
from history_files import codes, example
from test_loading_money import BIG, FILES, big
from written import DEALS, INVOICES, SCENARIO, loaded, problems

from simulator.errors import InputError
from simulator.loading import CODES

S = SCENARIO


def changed(old, new, text=S):
    assert old in text, old
    return text.replace(old, new)


def segment(lines, text=S):
    """The scenario with further lines in its segment."""
    return text + "".join(f"    {line}\n" for line in lines.splitlines())


def top(lines, text=S):
    return text + lines + "\n"


CONTRACT = "Contract: {close: 80%, back: 0.05, days: {median: 10, p90: 30}}"
WITH_INVOICES = changed("{deals: deals.csv}", "{deals: deals.csv, invoices: invoices.csv}")
TWO = S + "  big:\n    stages: {Only: {close: 0.5, days: {median: 9}}}\n    new_pipeline: none\n"

BAD = {
    "S001": {"scenario": top("x: [1")},
    "S002": {"scenario": top("# " + "x" * 140_000)},
    "S003": {"scenario": top("x: &a 1")},
    "S004": {"scenario": top("x: !!python/object:os.system 1")},
    "S005": {"scenario": top("x: " + "[" * 33 + "]" * 33)},
    "S006": {"scenario": top("as_of: 2026-10-30")},
    "S007": {"scenario": top("x: \x01")},
    "S008": {"scenario": "- a\n- b\n"},
    "S009": {"scenario": top("extends: other.yaml"), "other": "extends: small.yaml\n"},
    "S010": {"scenario": top("horizn: 12m")},
    "S012": {"scenario": changed("currency: EUR\n", "")},
    "S013": {"scenario": top("period: fortnight")},
    "S014": {"scenario": changed("close: 30%", "close: 1.3")},
    "S015": {"scenario": changed("deals: deals.csv", "deals: dael.csv")},
    "S016": {"scenario": changed("version: 1", "version: 7")},
    "S017": {"sets": ["segments.smb"]},
    "S018": {"sets": ["targets.*.amount=3"]},
    "S019": {"sets": ["segments.smb.cycle.median*=2"]},
    "S020": {"scenario": changed("2026-10-31", "2026-02-29")},
    "S021": {"scenario": changed("horizon: 12m", "horizon: soon")},
    "S022": {"scenario": top("targets: {a: {series: bookings, amount: 1.005, by: 2026-12}}")},
    "S023": {"scenario": changed("name: small", "name: ../up")},
    "S024": {"scenario": changed("currency: EUR", "currency: Euro")},
    "S025": {"scenario": changed("USD: 0.9", "USD: -0.9")},
    "S026": {"scenario": segment("country: XX")},
    "S027": {"scenario": top("time_zone: Mars/Olympus")},
    "S070": {"scenario": top("learned: other.yaml"), "other": "version: 1\n"},
    "S078": {"scenario": top("description: 'postgresql://funnel:hidden@db/sales'")},
    "S028": {"scenario": changed("horizon: 12m", "horizon: 2026-10-31")},
    "S030": {
        "scenario": changed("      Contract", "      Lost: {close: 40%, days: {median: 9}}\n      Contract")
    },
    "S031": {"scenario": changed("close: 30%, ", "")},
    "S032": {"scenario": changed("close: 30%", "close: 85%")},
    "S033": {"scenario": changed("back: 0.05", "back: 0.5")},
    "S034": {"scenario": changed("back: 0.05", "back: 0.7, moves: {Won: 0.4}")},
    "S035": {
        "scenario": changed(CONTRACT, "Contract: {advance: 0, back: 1, days: {median: 9}}").replace(
            "close: 30%", "advance: 1"
        )
    },
    "S036": {"scenario": changed("back: 0.05", "moves: {Propsal: 0.05}")},
    "S037": {"scenario": changed(", days: {median: 20, p90: 50}", "")},
    "S038": {"scenario": changed("{median: 10, p90: 30}", "{median: 10, sd: 30}")},
    "S039": {"scenario": segment("worth: 2")},
    "S040": {"scenario": top("market: {shared: 0.4, segment: 0.3}")},
    "S041": {
        "scenario": changed(
            "new_pipeline: none",
            "new_pipeline: {per_month: 1, entry: {Proposal: .5, Contract: .4}, amount: {median: 9k}}",
        )
    },
    "S042": {"scenario": top("targets: {a: {series: bookings, amount: 1k, by: 2026-12, segment: smbs}}")},
    "S043": {"scenario": top("targets: {a: {series: bookings, amount: 1k, by: next year}}")},
    "S044": {"scenario": top("targets: {a: {series: bookings, amount: 1k, by: FY2030}}")},
    "S045": {"scenario": segment("terms: {default: net 30 EOM}")},
    "S046": {"scenario": segment("payment: {default: {table: {0: 0.5, 30: 0.4}}}")},
    "S047": {"scenario": changed("deals.csv}", "deals.csv, segment: {map: {a: smb}}}")},
    "S048": {
        "scenario": changed(
            "new_pipeline: none", "new_pipeline: {per_month: 1, season: {13: 2}, amount: {median: 9k}}"
        )
    },
    "S049": {"scenario": top("deals: {D3: {outcome: lost}}")},
    "S072": {"scenario": changed("deals: deals.csv", "deals: ../deals.csv")},
    "D001": {"deals": ""},
    "D002": {"deals": DEALS.replace("D4", "Ä").encode("latin-1")},
    "D003": {"deals": DEALS + 'D5,"Proposal,5\n'},
    "D004": {"deals": DEALS.replace("closed\n", "stage\n")},
    "D005": {"deals": DEALS + "D5,Proposal,5\n"},
    "D006": {"deals": DEALS.replace("amount", "value")},
    "D007": {
        "scenario": changed("deals.csv}", "deals.csv, columns: {deals: {closed: Closing}}}"),
    },
    "D008": {"deals": DEALS + ",Proposal,5,,,,\n"},
    "D009": {"deals": DEALS + "D1,Proposal,5,,,,\n"},
    "D010": {"deals": DEALS + "D5,Propsal,5,,,,\n"},
    "D011": {"scenario": TWO, "deals": "id,stage,amount,segment\nD1,Only,5,bigger\n"},
    "D012": {"scenario": TWO, "deals": "id,stage,amount,segment\nD1,Only,5,\n"},
    "D013": {"deals": DEALS + "D5,Proposal,5,2026-02-30,,,\n"},
    "D014": {"deals": DEALS + 'D5,Proposal,"12.500,00 EUR",,,,\n'},
    "D015": {"deals": DEALS + "D5,Proposal,-5,,,,\n"},
    "D016": {"deals": "id,stage,amount,currency\nD1,Proposal,5,EUX\n"},
    "D017": {"deals": "id,stage,amount,currency\nD1,Proposal,5,GBP\n"},
    "D018": {"deals": "id,stage,amount,probability\nD1,Proposal,5,120\n"},
    "D019": {"deals": "id,stage,amount,terms\nD1,Proposal,5,net 30 EOM\n"},
    "D020": {"deals": "id,stage,amount,outcome\nD1,Proposal,5,wno\n"},
    "D021": {"deals": "id,stage,amount,service_months\nD1,Proposal,5,0\n"},
    "D022": {"scenario": WITH_INVOICES, "invoices": INVOICES.replace("2026-10-01", "2026-08-01")},
    "D023": {"deals": DEALS + "D5,Proposal,,,,,\n"},
    "D024": {"scenario": WITH_INVOICES, "invoices": INVOICES.replace("2026-10-01", "")},
    "D025": {"deals": DEALS + "D5,,5,,,,\n"},
    "D026": {"deals": "id,stage,amount,outcome\nD1,Lost,5,won\nD2,Won,5,open\n"},
    "D050": {"deals": DEALS + "D5,Proposal,5,03/04/2026,,,\n"},
    "D051": {"deals": "id,stage,amount\nD1,Proposal,1.234\nD2,Proposal,12\n"},
    "D052": {"deals": DEALS + 'D5,Proposal,"1,5",,,,\nD6,Proposal,1.234,,,,\n'},
    "D053": {"deals": "id;stage,amount\nD1;Proposal,5\n"},
    "D087": {"deals": "id,stage,amount,Devise\nD1,Proposal,5,USD\n"},
    "D054": {"deals": "id" + "," * 2**20 + "\n"},
}


def money(code, was, now, table="scenario"):
    """The big scenario with a text of one of its files changed, as an example of a code."""
    assert was in FILES[table], (code, was)
    return {table: FILES[table].replace(was, now)}


BAD_MONEY = {
    "S060": money("S060", "services: 40%}", "servces: 40%}"),
    "S061": money("S061", "recognise: at-delivery", "recognise: at-delivery, renewal: {chance: 0.9}")
            | money("S061", "hardware", "services", "deals")
            | money("S061", "W2,hardware", "W2,licence", "lines"),
    "S062": money("S062", "on: 2027-01-20, ", ""),
    "S063": money("S063", "  opening_balance: 350k\n", ""),
    "D030": money("D030", "Licence", "Licens", "deals"),
    "D031": money("D031", "L1,", "L9,", "lines"),
    "D032": money("D032", "billings", "billngs", "actuals"),
    "D033": money("D033", "2026-12", "December", "plan"),
    "D034": money("D034", "2027-01,revenue", "2027-01,revenue,,0\n2027-01,revenue", "plan"),
    "D035": money("D035", "{terms: net 30, ", "{terms: net 30, service_months: 2, ")
            | money("D035", "key,licence", "key,hardware", "renewals"),
    "D036": money("D036", "75%,0.1", "75%,5", "renewals"),
    "D037": money("D037", "595,95", "595,700", "invoices"),
    "D038": money("D038", "2026-09,bookings", "2026-12,bookings", "actuals"),
    "D039": money("D039", "balance,all", "balance,smb", "actuals"),
    "D040": {"outflows": "label,from,every,amount\nx,2027-01-20,soon,40\n",
             "scenario": BIG[: BIG.index("  outflows:")] + "  outflows: outflows.csv\n"
             + BIG[BIG.index("  tax: {every") :]},
    "D041": money("D041", "yes", "maybe", "invoices"),
}  # fmt: skip
NOTED_MONEY = {
    "W023": money("W023", "Acme,Gold,net 10", "Acme,Godl,", "deals"),
    "W025": money("W025", "R3,X9,", "R3,D1,", "invoices"),
    "W030": money("W030", "D3,services,600", "D3,services,500", "lines"),
    "W031": money("W031", "2026-12-01,75%", "2026-09-01,75%", "renewals"),
    "W032": money("W032", "2026-12-01,75%", "2029-12-01,75%", "renewals"),
    "W033": money("W033", "recognise: at-delivery, ", ""),
    "W034": money("W034", "D4,key", "D7,key,Only,300,EUR,,,,,,,,\nD4,key", "deals"),
    "W035": money("W035", "595,95", "5950,95", "invoices"),
    "W036": {"scenario": FILES["scenario"].replace("  opening_balance: 350k\n", "")
             .replace("  bank: {series: balance, amount: -50k, by: 2027-Q2}\n", "")},
    "W037": money("W037", "L1,smb", "W3,,Won,,EUR,,2023-03-01,,,,,,\nL1,smb", "deals"),
    "W038": money("W038", "L1,smb", "W3,smb,Won,5,EUR,oldie,2023-03-01,,,,,,\nL1,smb", "deals"),
    "W039": {"scenario": FILES["scenario"].replace(
                 "    renewal: {chance: 0.9, uplift: 3%, slip: {median: 5, p90: 20}}\n", ""),
             "renewals": FILES["renewals"].replace("2027-05-20,,", "2027-05-20,0.9,0")},
    "W040": {"invoices": "id,deal,amount,invoice_date,due_date,paid_date\n"
             "R1,W1,595,2026-05-08,2026-06-07,\n"},
    "W041": {"invoices": "id,deal,amount,currency,invoice_date,due_date\n"
             "R1,W1,595,USD,2026-05-08,2026-06-07\n"},
    "W042": {"scenario": FILES["scenario"].replace("  renewals: renewals.csv\n", "")
             .replace("  columns: {renewals: {due: Ends}}\n", "")},
}  # fmt: skip

REOPENED = "D5,Won,5,2026-10-01,2026-10-02,,2026-11-02\n"
LATER = "D5,Proposal,5,2026-12-01,,,\n"
ENDS = ["12-31", "01-31", "02-28", "03-31", "04-30", "05-31", "06-30", "07-31", "08-31", "09-30"]
HEAPED = "".join(f"E{d},Proposal,100,,,2027-{d},\n" for d in ENDS)
NOTED = {
    "W001": {"deals": DEALS + LATER},
    "W002": {"deals": DEALS + "D5,Won,5,2026-10-01,,,2026-11-02\n"},
    "W003": {"deals": DEALS.replace("D2,Contract", "D2,Proposal") + REOPENED},
    "W004": {"deals": DEALS + LATER + "D6,Proposal,5,,,,\n"},
    "W005": {"deals": DEALS + "D5,Won,5,2026-10-01,,,\n"},
    "W006": {
        "scenario": WITH_INVOICES,
        "invoices": INVOICES + "R3,,9,2026-11-02,2026-12-01,\n",
    },
    "W007": {"scenario": top("targets: {a: {series: bookings, amount: 1k, by: FY2025}}")},
    "W009": {"deals": DEALS + LATER + "D6,Proposal,5,2026-10-01,,,\n"},
    "W010": {"deals": DEALS + "D5,Proposal,5,2020-10-01,2020-10-01,,\n"},
    "W011": {"deals": DEALS + "D5,Proposal,5,,,2026-10-30,\n"},
    "W012": {"deals": DEALS + HEAPED},
    "W013": {"deals": DEALS},
    "W014": {"deals": DEALS},
    "W015": {"deals": DEALS},
    "W016": {
        "scenario": changed("    new_pipeline: none\n", ""),
        "deals": DEALS.replace("D3,Won", "D3,Proposal").replace("D4,Lost", "D4,Proposal"),
    },
    "W017": {
        "scenario": changed("    new_pipeline: none\n", ""),
        "deals": "id,stage,amount,closed\nD1,Proposal,5,\nD2,Won,5,2026-05-05\n",
    },
    "W018": {"scenario": changed("    new_pipeline: none\n", "")},
    "W019": {"deals": DEALS + "D5,Proposal,5,2026-02-01,,,2026-05-05\n"},
    "W020": {"deals": DEALS + "D5,Won,5,2026-06-01,,,2026-05-05\n"},
    "W021": {"scenario": WITH_INVOICES, "invoices": INVOICES.replace("2026-06-10", "2026-05-04")},
    "W022": {"scenario": WITH_INVOICES, "invoices": INVOICES.replace("2026-06-10", "2026-11-04")},
    "W043": {
        "scenario": top("learned: other.yaml"),
        "other": "version: 1\nas_of: 2026-10-31\ncurrency: EUR\n"
        "scenario: {segments: {smb: {new_pipeline: {per_month: 3}}}}\n",
    },
    "W050": {"deals": DEALS.replace(",", ";")},
    "W044": {"sets": ["deals.D1.outcome=won"]},
    "W024": {"deals": DEALS.replace("expected_close", "expected_clos")},
    "W055": {"deals": DEALS + "Total,,4200.50,,,,\n"},
    "W056": {"deals": DEALS + "Total,,4200.51,,,,\n"},
    "W057": {"deals": DEALS + "Copyright of the vendor,,,,,,\n"},
    "W058": {"deals": DEALS + DEALS.splitlines()[0] + "\nD5,Lost,1,2026-01-01,,,2026-01-05\n"},
}  # fmt: skip


@pytest.mark.parametrize("code", BAD)
def test_a_bad_input_is_told_by_its_code(tmp_path, code, pinned):
    found = problems(tmp_path, **BAD[code])
    assert {p.code for p in found} == {code}
    first = found[0]
    assert first.file and first.message
    assert first.remedy, "every problem says what to do"
    assert f"error[{code}]" in str(first)
    pinned(code, str(first))


@pytest.mark.parametrize("code", NOTED)
def test_what_looks_odd_is_noted(tmp_path, code, pinned):
    notes = {note[0]: note for note in loaded(tmp_path, **NOTED[code]).notes}
    assert code in notes
    _, text, amount = notes[code]
    assert text and (amount is None or (isinstance(amount, int) and amount >= 0))
    pinned(code, f"! {text}")


@pytest.mark.parametrize("code", BAD_MONEY)
def test_bad_input_about_money_is_told_by_its_code(tmp_path, code, pinned):
    with pytest.raises(InputError) as caught:
        big(tmp_path, **BAD_MONEY[code])
    found = caught.value.every
    assert {p.code for p in found} == {code}
    assert found[0].file and found[0].message and found[0].remedy
    pinned(code, str(found[0]))


@pytest.mark.parametrize("code", NOTED_MONEY)
def test_what_looks_odd_about_money_is_noted(tmp_path, code, pinned):
    notes = {note[0]: note for note in big(tmp_path, **NOTED_MONEY[code]).notes}
    assert code in notes and notes[code][1]
    pinned(code, f"! {notes[code][1]}")


@pytest.mark.parametrize("code", FATAL)
def test_a_history_of_which_nothing_can_be_made_is_refused(tmp_path, code, pinned):
    with pytest.raises(InputError) as caught:
        example(tmp_path, **FATAL[code])
    found = caught.value.problems
    assert {p.code for p in found} == {code}
    assert caught.value.exit_code == 4
    assert found[0].message and found[0].remedy and (found[0].file or code == "H001")
    if code.startswith("H"):  # those of tables are told above
        pinned(code, str(found[0]))


@pytest.mark.parametrize("code", FOUND)
def test_what_is_odd_in_a_history_is_counted_with_its_rule(tmp_path, code, pinned):
    history = example(tmp_path, **FOUND[code])
    assert codes(history).get(code), codes(history)
    (finding,) = [f for f in history.findings if f.code == code][:1]
    assert finding.count >= 1 and len(finding.text) > 20 and len(finding.examples) <= 5
    pinned(code, finding.text)


@pytest.mark.parametrize("code", CODES)
def test_a_code_is_explained(code):
    title, rule, remedy = CODES[code]
    assert title and rule
    assert remedy or code[0] in "WH"


def test_exit_codes_tell_scenario_from_data(tmp_path):
    from written import write

    from simulator.loading import LoadError, load

    for name, kind in (("S014", 3), ("D014", 4)):
        files = BAD[name]
        with pytest.raises(LoadError) as caught:
            load(write(tmp_path, **files))
        assert caught.value.exit_code == kind
