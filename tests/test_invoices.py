"""Invoices, their parts, credit notes and payments become what is open and what was paid on each day."""

from datetime import date

import pytest
from accounting import codes, opened, past, receivables, refused, sums
from click.testing import CliRunner
from history_files import example
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from test_quality import again

from simulator.backtest import Asked, backtest
from simulator.cli import main
from simulator.errors import UsageError
from simulator.forecast.quality import quality
from simulator.learning.payments import fit_payments
from simulator.loading import settling
from simulator.streams import UniformRow

HEAD = "id,kind,amount,tax,open_amount,paid_amount,currency,invoice_date,due_date,paid_date\n"


def table(*rows):
    """Rows `id kind amount open paid written due paid_on`, a dash for an empty cell."""
    lines = []
    for row in rows:
        i, kind, amount, still, paid, written, due, on = (cell.strip("-") or "" for cell in row.split("|"))
        days = [f"2026-{day[:2]}-{day[3:]}" if day else "" for day in (written, due, on)]
        amount = f"-{amount}" if "|-" + amount + "|" in row and amount else amount
        lines.append(",".join((i, kind, amount, "", still, paid, "EUR", *days)))
    return HEAD + "\n".join(lines) + "\n"


CASES = {
    "open": (["A||100|||09.01|10.01|"], ["A 100 EUR open"], {"open": (1, 100.0)}),
    "paid": (["A||100|||09.01|10.01|10.05"], ["A 100 EUR 2026-10-05"], {"paid": (1, 100.0)}),
    "a balance": (
        ["A||100|40||09.01|10.01|"],
        ["A 40 EUR open", "A/2 60 EUR 2026-10-01"],
        {"in part": (1, 100.0)},
    ),
    "a balance with its day": (
        ["A||100|40||09.01|10.01|09.20"],
        ["A 40 EUR open", "A/2 60 EUR 2026-09-20"],
        {"in part": (1, 100.0)},
    ),
    "nothing open, no day": (["A||100|0||09.01|10.01|"], ["A 100 EUR 2026-10-01"], {"paid": (1, 100.0)}),
    "nothing open, due later": (["A||100|0||10.20|11.20|"], ["A 100 EUR 2026-10-31"], {"paid": (1, 100.0)}),
    "paid and open leave a credit": (
        ["A||100|40|30|09.01|10.01|"],
        ["A 40 EUR open", "A/2 30 EUR 2026-10-01"],
        {"in part": (1, 100.0)},
    ),
    "a credit that the balance tells too": (
        ["A||100|40|30|09.01|10.01|", "A|credit note|-30|||09.10||"],
        ["A 40 EUR open", "A/2 30 EUR 2026-10-01"],
        {"in part": (1, 100.0), "credited": (1, -30.0)},
    ),
    "paid alone is told": (
        ["A||100||30|09.01|10.01|"],
        ["A 70 EUR open", "A/2 30 EUR 2026-10-01"],
        {"in part": (1, 100.0)},
    ),
    "payments": (
        ["A||100|||09.01|10.01|", "A|payment|30||||| 09.15".replace(" ", ""), "A|payment|20|||||10.15"],
        ["A 50 EUR open", "A/2 30 EUR 2026-09-15", "A/3 20 EUR 2026-10-15"],
        {"in part": (1, 100.0), "payment": (2, 50.0)},
    ),
    "payments with a minus": (
        ["A||100|||09.01|10.01|", "A|payment|-100|||||09.15"],
        ["A 100 EUR 2026-09-15"],
        {"paid": (1, 100.0), "payment": (1, -100.0)},
    ),
    "a payment after the day": (
        ["A||100|||09.01|10.01|", "A|payment|100|||||11.15"],
        ["A 100 EUR open"],
        {"open": (1, 100.0), "W074": (1, 100.0)},
    ),
    "a balance after a later payment": (
        ["A||100|0||09.01|10.01|", "A|payment|100|||||11.15"],
        ["A 100 EUR open"],
        {"open": (1, 100.0), "W074": (1, 100.0)},
    ),
    "a credit note": (
        ["A||100|||09.01|10.01|", "A|credit note|-30|||09.10||"],
        ["A 70 EUR open"],
        {"open": (1, 100.0), "credited": (1, -30.0)},
    ),
    "a credit note for all": (
        ["A||100|||09.01|10.01|", "A|credit note|-100|||09.10||"],
        [],
        {"credited": (2, 0.0)},
    ),
    "a credit note alone": (
        ["A||100|||09.01|10.01|", "C|credit note|-30|||09.10||"],
        ["A 100 EUR open"],
        {"open": (1, 100.0), "W073": (1, -30.0)},
    ),
    "a negative invoice": (
        ["A||100|||09.01|10.01|", "C||-30|||09.10|10.10|"],
        ["A 100 EUR open"],
        {"open": (1, 100.0), "W073": (1, -30.0)},
    ),
    "credited and paid": (
        ["A||100|||09.01|10.01|09.20", "A|credit note|-30|||09.10||"],
        ["A 70 EUR 2026-09-20"],
        {"paid": (1, 100.0), "credited": (1, -30.0)},
    ),
    "parts add up": (
        ["A|part|100|||09.01|10.01|", "A|part|100|||09.01|10.01|", "A|part|-50|||09.01|10.01|"],
        ["A 150 EUR open"],
        {"open": (3, 150.0)},
    ),
    "parts with a balance": (
        ["A|part|100|20||09.01|10.01|", "A|part|60|20||09.01|10.01|"],
        ["A 20 EUR open", "A/2 140 EUR 2026-10-01"],
        {"in part": (2, 160.0)},
    ),
    "instalments": (
        ["A|part|100|||09.01|10.01|10.02", "A|part|60|||09.01|12.01|"],
        ["A 100 EUR 2026-10-02", "A/2 60 EUR open"],
        {"open": (1, 60.0), "paid": (1, 100.0)},
    ),
    "parts that are a credit": (
        ["A||9|||09.01|10.01|", "B|part|10|||09.01|10.01|", "B|part|-60|||09.01|10.01|"],
        ["A 9 EUR open"],
        {"open": (1, 9.0), "W073": (2, -50.0)},
    ),
    "paid later": (["A||100|||09.01|10.01|11.05"], ["A 100 EUR open"], {"open": (1, 100.0)}),
    "nothing at all": (["A||0|||09.01|10.01|"], ["A 0 EUR open"], {"open": (1, 0.0)}),
    "settled beyond all": (
        ["A||100|||09.01|10.01|", "A|payment|130|||||09.15"],
        ["A 100 EUR 2026-09-15"],
        {"paid": (1, 100.0), "payment": (1, 100.0), "W077": (0, 30.0)},
    ),
    "credited beyond all": (
        ["A||100|||09.01|10.01|", "A|credit note|-60|||09.10||", "A|credit note|-60|||09.11||"],
        [],
        {"credited": (3, 0.0), "W077": (0, -20.0)},
    ),
    "credited, and paid twice": (
        ["A||100|||09.01|10.01|", "A|payment|-80|||||09.17", "A|payment|-80|||||09.15",
         "A|credit note|-20|||09.11||"],
        ["A 80 EUR 2026-09-15"],
        {"paid": (1, 100.0), "credited": (1, -20.0), "payment": (2, -80.0), "W077": (0, -80.0)},
    ),
    "a payment beyond the balance": (
        ["A||100|40||09.01|10.01|", "A|payment|80|||||09.15", "A|payment|0|||||09.16"],
        ["A 40 EUR open", "A/2 60 EUR 2026-09-15"],
        {"in part": (1, 100.0), "payment": (2, 60.0), "W077": (0, 20.0)},
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", CASES)
def test_what_is_open_and_what_was_paid(tmp_path, case):
    rows, expected, used = CASES[case]
    scenario = opened(tmp_path, table(*rows))
    assert receivables(scenario) == expected
    assert sums(scenario) == used


@pytest.mark.parametrize("case", sorted(name for name, case in CASES.items() if case[1]))
def test_a_history_says_the_same(tmp_path, case):
    rows, expected, _ = CASES[case]
    events = "deal,stage,entered_at\nD1,Open,2026-01-05\nD1,Won,2026-10-31\n"
    assert past(tmp_path, "2026-10-31", events=events, inv=table(*rows)) == expected


NOTED = {
    "W073": (CASES["a credit note alone"][0], -3000),
    "W074": (["A||100|||09.01|10.01|", "B|payment|30|||||09.15"], 3000),
    "W076": (CASES["a balance"][0], 6000),
    "W077": (CASES["settled beyond all"][0], 3000),  # of the payment: of the invoice nothing is left out
}


@pytest.mark.parametrize("code", NOTED)
def test_what_is_odd_is_noted(tmp_path, code, pinned):
    rows, money = NOTED[code]
    scenario = opened(tmp_path, table(*rows))
    assert codes(scenario) == {code}
    ((text, amount),) = [(text, amount) for known, text, amount in scenario.notes if known == code]
    assert amount == money
    pinned(code, f"! {text}")


BAD = {
    "D081": ["A|gift|100|||09.01|10.01|"],
    "D082": ["A||100|||09.01|10.01|", "A|payment|-30|||||09.15", "A|payment|30|||||09.16"],
    "D084": ["A||100|140||09.01|10.01|"],
    "D009": ["A||100|||09.01|10.01|", "A||100|||09.01|10.01|"],
    "D024": ["A||100|||09.01||"],
    "D008": ["|payment|100|||||09.15", "||100|||09.01|10.01|"],
}


ACCOUNT = "id,kind,customer,currency,amount,tax,open_amount,invoice_date,due_date,paid_date\n"
OWED = (
    "B,,Acme,EUR,119.01,19.01,,2026-09-01,2026-10-09,\n"
    "A,,Acme,EUR,100,10,,2026-09-02,2026-10-08,\n"
    "U,,Acme,USD,70,,,2026-08-01,2026-08-30,\n"
    "X,,Bolt,EUR,50,,,2026-07-01,2026-07-31,\n"
)
WHOLE = ["A 100 EUR open", "B 119.01 EUR open", "U 70 USD open", "X 50 EUR open"]
ON_ACCOUNT = {
    "the oldest due first": ("C,,Acme,EUR,-30,,,2026-09-10,,", ["A 70 EUR open", *WHOLE[1:]], {"W082"}),
    "then the next": ("C,,Acme,EUR,-130.01,,,2026-09-10,,", ["B 89 EUR open", *WHOLE[2:]], {"W082"}),
    "of a kind": (",credit note,Acme,EUR,30,,,2026-09-10,,", ["A 70 EUR open", *WHOLE[1:]], {"W082"}),
    "more than is owed": ("C,,Bolt,EUR,-80,,,2026-09-10,,", WHOLE[:3], {"W082", "W083"}),
    "of nobody": ("C,,,EUR,-30,,,2026-09-10,,", WHOLE, {"W073"}),
    "of somebody else": ("C,,Core,EUR,-30,,,2026-09-10,,", WHOLE, {"W073"}),
    "in another currency": ("C,,Bolt,USD,-30,,,2026-09-10,,", WHOLE, {"W073"}),
    "after the day": ("C,,Acme,EUR,-30,,,2026-11-10,,", WHOLE, {"W073"}),
    "used": ("C,,Acme,EUR,-30,,,2026-09-10,,2026-09-20", WHOLE, {"W073"}),
    "nothing of it left": ("C,,Acme,EUR,-30,,0,2026-09-10,,", WHOLE, {"W073"}),
    "some of it left": ("C,,Acme,EUR,-30,,-10,2026-09-10,,", ["A 90 EUR open", *WHOLE[1:]], {"W082"}),
    "a payment": (
        ",payment,Acme,EUR,110,,,,,2026-10-20",
        ["A 100 EUR 2026-10-20", "B 109.01 EUR open", "B/2 10 EUR 2026-10-20", *WHOLE[2:]],
        {"W082"},
    ),
    "a payment after the day": (",payment,Acme,EUR,110,,,,,2026-11-20", WHOLE, {"W074"}),
    "a payment of an invoice elsewhere": ("Z,payment,Acme,EUR,110,,,,,2026-10-20", WHOLE, {"W074"}),
    "lines below zero": (
        "P,part,Acme,EUR,10,,,2026-09-01,2026-10-01,\nP,part,Acme,EUR,-40,,,2026-09-01,2026-10-01,",
        ["A 70 EUR open", *WHOLE[1:]],
        {"W082"},
    ),
}


@pytest.mark.parametrize("code, case", [("W082", "a payment"), ("W083", "more than is owed")])
def test_money_on_account_is_noted(tmp_path, code, case, pinned):
    scenario = opened(tmp_path, f"{ACCOUNT}{OWED}{ON_ACCOUNT[case][0]}\n")
    pinned(code, "".join(f"! {text}" for known, text, _ in scenario.notes if known == code))


@pytest.mark.parametrize("case", ON_ACCOUNT)
def test_money_on_account_is_taken_off_what_its_customer_has_open(tmp_path, case):
    row, expected, noted = ON_ACCOUNT[case]
    scenario = opened(tmp_path, f"{ACCOUNT}{OWED}{row}\n")
    assert receivables(scenario) == expected
    assert {code for code, _, _ in scenario.notes} & {"W073", "W074", "W082", "W083"} == noted
    sums(scenario)
    if "after the day" not in case:
        assert past(tmp_path / "past", "2026-10-31", inv=f"{ACCOUNT}{OWED}{row}\n") == expected


def test_a_credit_takes_its_share_of_the_tax_to_the_cent(tmp_path):
    scenario = opened(tmp_path, f"{ACCOUNT}{OWED}C,,Acme,EUR,-130.01,,,2026-09-10,,\n")
    assert scenario.receivables.tax_minor.tolist() == [1901 * 8900 // 11901, 0, 0]
    scenario = opened(tmp_path, f"{ACCOUNT}{OWED},payment,Acme,EUR,110,,,,,2026-10-20\n")
    assert scenario.receivables.tax_minor.tolist()[:3] == [1000, 1901 * 10901 // 11901, 160]


def test_a_credit_that_balances_may_hold_already_is_not_taken_twice(tmp_path):
    owed = "A,,Acme,EUR,100,,70,2026-09-02,2026-10-08,\nC,,Acme,EUR,-30,,,2026-09-10,,\n"
    scenario = opened(tmp_path, ACCOUNT + owed)
    assert receivables(scenario) == ["A 70 EUR open", "A/2 30 EUR 2026-10-08"]
    assert "W073" in codes(scenario)
    assert sums(scenario) == {"in part": (1, 100.0), "W073": (1, -30.0)}


def test_several_credits_never_take_more_than_there_is(tmp_path):
    rows = "".join(f"C{n},,Acme,EUR,-40,,,2026-09-1{n},,\n" for n in range(7))
    scenario = opened(tmp_path, f"{ACCOUNT}{OWED}{rows}")
    assert receivables(scenario) == WHOLE[2:]
    notes = {code: amount for code, _, amount in scenario.notes}
    assert (notes["W082"], notes["W083"], notes["W073"]) == (21901, 2099, -4000)
    assert (sums(scenario)["credited"], sums(scenario)["W083"]) == ((8, 0.0), (0, -20.99))


def test_many_payments_of_one_customer_take_as_long_as_they_are_many(tmp_path, monkeypatch):
    """Nothing is looked at again for each of them: who has 10,000 invoices may have as many payments."""
    looked, stated = [], settling._stated
    monkeypatch.setattr(settling, "_stated", lambda one: looked.append(one) or stated(one))
    many = range(200)
    owed = "".join(f"A{n},,Acme,EUR,10,,,2026-09-02,2026-10-08,\n" for n in many)
    paid = "".join(",payment,Acme,EUR,10,,,,,2026-10-20\n" for _ in many)
    scenario = opened(tmp_path, ACCOUNT + owed + paid)
    assert sums(scenario) == {"paid": (200, 2000.0), "payment": (200, 2000.0)}
    assert len(looked) <= 5 * len(many)


BEYOND = {  # what is written, and what of it is used and left
    "a credit note": ("C,,Bolt,EUR,-80,,,2026-09-10,,", {"credited": (2, 0.0), "W083": (0, -30.0)}),
    "a payment": (
        ",payment,Bolt,EUR,80,,,,,2026-09-10",
        {"paid": (1, 50.0), "payment": (1, 50.0), "W083": (0, 30.0)},
    ),
    "a payment with a minus": (
        ",payment,Bolt,EUR,-80,,,,,2026-09-10",
        {"paid": (1, 50.0), "payment": (1, -50.0), "W083": (0, -30.0)},
    ),
    "lines below zero": (
        "P,part,Bolt,EUR,10,,,2026-07-01,2026-08-01,\nP,part,Bolt,EUR,-90,,,2026-07-01,2026-08-01,",
        {"credited": (3, 0.0), "W083": (0, -30.0)},
    ),
    "another currency": (
        "Y,,Core,USD,50,,,2026-07-01,2026-07-31,\nC,,Core,USD,-80,,,2026-09-10,,",
        {"credited": (2, -27.0 + 27.0), "open": (1, 50.0), "W083": (0, -27.0)},
    ),
}


@pytest.mark.parametrize("case", BEYOND)
def test_what_exceeds_all_that_is_owed_is_left_out_and_the_rest_is_used(tmp_path, case):
    rows, expected = BEYOND[case]
    owed = "X,,Bolt,EUR,50,,,2026-07-01,2026-07-31,\n"
    scenario = opened(tmp_path, f"{ACCOUNT}{owed}{rows}\n")
    assert sums(scenario) == expected
    (told,) = (one for one in quality(scenario)["tables"] if one["table"] == "invoices")
    (part,) = (one for one in told["left_out"] if one["rule"] == "W083")
    assert part["then"] == "left out" and not any(one["rule"] == "W083" for one in told["repaired"])
    assert quality(again(scenario, tmp_path / "kept")) == quality(scenario)


def test_what_is_left_of_a_row_is_listed_by_inspect(tmp_path):
    text = f"{ACCOUNT}X,,Bolt,EUR,50,,,2026-07-01,2026-07-31,\nC,,Bolt,EUR,-80,,,2026-09-10,,\n"
    (tmp_path / "ar.csv").write_text(text, "utf-8")
    command = ["inspect", str(tmp_path / "ar.csv"), "--as-of", "2026-10-31", "--problems",
               str(tmp_path / "left.csv")]  # fmt: skip
    shown = CliRunner().invoke(main, command)
    assert shown.exit_code == 0 and "left out: parts of rows of credit and payments beyond" in shown.output
    used, left, whole = (
        next(line for line in shown.output.splitlines() if line.startswith(start)).split()[-1]
        for start in ("used", "left out", "the file's total")
    )
    assert (used, left, whole) == ("0.00", "-30.00", "-30.00")
    assert "W083" in (tmp_path / "left.csv").read_text("utf-8")
    assert "-30.00 EUR" in (tmp_path / "left.csv").read_text("utf-8")


def test_nothing_is_learned_from_the_day_of_money_on_account(tmp_path):
    paid = of_history(tmp_path, inv=f"{ACCOUNT}{OWED},payment,Acme,EUR,110,,,,,2026-10-20\n")
    assert not paid.timed[paid.paid_day < 2**31].any()


@pytest.mark.parametrize("code", BAD)
def test_what_cannot_be_is_refused(tmp_path, code, pinned):
    (problem,) = refused(tmp_path, table(*BAD[code]))
    assert problem.code == code and problem.row and problem.remedy
    if code.startswith("D08"):
        pinned(code, str(problem))


def test_the_due_date_follows_from_terms(tmp_path, pinned):
    head = "id,amount,invoice_date,terms\n"
    scenario = opened(
        tmp_path,
        head + "A,100,2026-09-01,Net 45\nB,5,2026-09-30,Due on receipt\nC,7,2026-10-01,2% 10 Net 30\n",
    )
    assert scenario.receivables.due_day.tolist() == [-15, -31, 0] and codes(scenario) == {"W078"}
    pinned("W078", "".join(f"! {text}" for code, text, _ in scenario.notes if code == "W078"))
    both = "id,amount,invoice_date,due_date,terms\nA,100,2026-09-01,2026-09-09,net 45\n"
    assert opened(tmp_path, both).receivables.due_day.tolist() == [-52]
    assert refused(tmp_path, head + "A,100,2026-09-01,soonish\n")[0].code == "D019"
    assert (
        refused(tmp_path, head + "A,100,2026-09-01,50% on signature; balance on delivery\n")[0].code == "D019"
    )
    assert refused(tmp_path, "id,amount,invoice_date\nA,100,2026-09-01\n")[0].code == "D006"


def test_amounts_without_tax_are_given_theirs(tmp_path):
    head = "id,net,tax,invoice_date,due_date\n"
    scenario = opened(tmp_path, head + "A,100.10,19.02,2026-09-01,2026-10-01\n")
    assert receivables(scenario) == ["A 119.12 EUR open"]
    assert scenario.receivables.tax_minor.tolist() == [1902] and sums(scenario) == {"open": (1, 119.12)}
    both = "id,amount,net,tax,invoice_date,due_date\nA,119.12,100.10,19.02,2026-09-01,2026-10-01\n"
    assert receivables(opened(tmp_path, both)) == ["A 119.12 EUR open"]


def test_tax_is_shared_by_the_parts_to_the_cent(tmp_path):
    rows = "A,,119.01,19.01,39.67,,EUR,2026-09-01,2026-10-01,\n"
    scenario = opened(tmp_path, HEAD + rows)
    assert scenario.receivables.amount_minor.tolist() == [3967, 7934]
    assert scenario.receivables.tax_minor.tolist() == [633, 1268]


def test_a_credit_note_in_another_currency_is_none_of_an_invoice(tmp_path):
    rows = "A,,100,,,,EUR,2026-09-01,2026-10-01,\nA,credit note,-100,,,,USD,2026-09-01,,\n"
    scenario = opened(tmp_path, HEAD + rows)
    assert receivables(scenario) == ["A 100 EUR open"] and codes(scenario) == {"W073"}
    sums(scenario)


def test_a_part_never_takes_the_name_of_another_invoice(tmp_path):
    rows = table("A||100|40||09.01|10.01|", "A/2||7|||09.01|10.01|")
    names = [told.split()[0] for told in receivables(opened(tmp_path, rows))]
    assert names == ["A", "A/2", "A/3"]


CELL = st.sampled_from(["", "0", "10", "33.33", "99.99"])
ROWS = st.tuples(
    st.sampled_from("AB"),
    st.sampled_from(["", "part", "payment", "credit note"]),
    st.sampled_from(["100", "99.99", "250.01"]),
    CELL,
    st.sampled_from(["", "2026-09-20", "2026-11-20"]),
)


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rows=st.lists(ROWS, max_size=7))
def test_nothing_is_counted_twice_or_lost(tmp_path, rows):
    seen, lines = set(), []
    for i, kind, amount, still, on in rows:
        if kind == "" and i in seen:
            continue
        seen |= {i} if kind in ("", "part") else set()
        lines.append(f"{i},{kind},{amount},,{still if kind == '' else ''},,EUR,2026-09-01,2026-10-01,{on}")
    scenario = opened(tmp_path, HEAD + "\n".join(lines) + "\n")
    sums(scenario)
    charged = dict.fromkeys(seen, 0.0)
    for line in lines:
        i, kind, amount, *_ = line.split(",")
        if kind in ("", "part"):
            charged[i] += float(amount)
    came = dict.fromkeys(seen, 0.0)
    for i in range(len(scenario.receivables)):
        invoice = scenario.receivables[i]
        assert invoice.amount_minor >= 0 and 0 <= invoice.tax_minor <= invoice.amount_minor
        came[invoice.id.split("/")[0]] += invoice.amount_minor / 100
    credited = {i for i, kind, *_ in rows if kind == "credit note"}
    for i in seen:
        assert came[i] <= charged[i] + 1e-9
        assert i in credited or came[i] == pytest.approx(charged[i])


# ---- what is learned, and from what nothing is


PAID = ["", "2026-10-20", *[""] * 58]


def of_history(folder, **files):
    return example(folder, "2026-10-31", **files).invoices


def test_nothing_is_learned_from_payments_on_no_told_day(tmp_path):
    balances = "id,amount,open_amount,invoice_date,due_date\n" + "".join(
        f"R{n},100,{100 if n % 3 == 0 else 0},2026-0{n % 8 + 1}-01,2026-0{n % 8 + 2}-01\n" for n in range(60)
    )
    untold = of_history(tmp_path, inv=balances)
    assert not untold.timed.any() and (untold.paid_day < 2**31).sum() == 40
    assert fit_payments(untold, date(2026, 10, 31).toordinal(), UniformRow(1, "x")) is None
    head, *lines = balances.splitlines()
    told = "\n".join((f"{head},paid_date", *(f"{line},{on}" for line, on in zip(lines, PAID, strict=True))))
    some = of_history(tmp_path, inv=told)
    assert set(some.timed[some.paid_day < 2**31].tolist()) == {True, False}
    assert some.timed[some.paid_day == 2**31].all()  # open ones teach where days are told


def test_balances_of_two_exports_tell_when_something_was_paid(tmp_path):
    head = "id,amount,open_amount,invoice_date,due_date\n"
    first = head + "A,100,100,2026-08-01,2026-08-31\nB,50,50,2026-08-01,2026-08-31\n"
    second = head + "A,100,40,2026-08-01,2026-08-31\nB,50,0,2026-08-01,2026-08-31\n"
    exports = {"x/invoices-2026-08-31.csv": first, "x/invoices-2026-09-30.csv": second}
    assert past(tmp_path, "2026-10-31", read=["x"], **exports) == [
        "A 40 EUR open",
        "A/2 60 EUR 2026-09-30",
        "B 50 EUR 2026-09-30",
    ]
    found = of_history(tmp_path, read=["x"], **exports)
    assert found.timed.all()


def test_rows_of_one_invoice_are_its_parts_in_a_history_and_a_repeated_total_is_none(tmp_path):
    rows = "id,amount,invoice_date,due_date\nA,100,2026-08-01,2026-08-31\n"
    more = "A,60,2026-08-01,2026-09-30\nA,100,2026-08-01,2026-08-31\nA,60,2026-08-01,2026-09-30\n"
    history = example(tmp_path, "2026-10-31", inv=rows + more)
    counts = {finding.code: finding.count for finding in history.findings}
    assert history.invoices.amount.tolist() == [10000, 6000]
    assert history.invoices.id == ("A", "A/2") and counts["H069"] == 1 and counts["H029"] == 2


def test_a_backtest_leaves_out_what_was_paid_on_no_told_day(tmp_path, monkeypatch):
    seen = []

    def origin(history, *_):
        seen.append(history.invoices)
        raise UsageError("enough")

    monkeypatch.setattr("simulator.backtest.replay._origin", origin)
    rows = table("A||100|0||09.01|10.01|", "B||50|0||09.01|10.01|10.05")
    history = example(tmp_path, "2026-10-31", inv=rows)
    asked = Asked((date(2026, 9, 15),), ("1m",))
    with pytest.raises(UsageError, match="enough"):
        backtest(history, lambda *_: None, asked)
    assert [part for invoices in seen for part in invoices.id] == ["B"]
