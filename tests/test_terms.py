import re
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulator.terms import (
    ROLLS,
    Discount,
    DueRule,
    TermsError,
    add_months,
    due_dates,
    invoice_dates,
    parse_terms,
    roll_dates,
)

# Every date in this file was worked out on a calendar, none by the code.
DUE = """
net 30            2026-01-15  2026-02-14
net 30            2026-01-31  2026-03-02
net 30            2026-02-01  2026-03-03
net 30            2026-02-15  2026-03-17
net 30            2026-02-28  2026-03-30
net 30            2024-01-31  2024-03-01
net 30            2024-02-29  2024-03-30
net 30            2028-01-30  2028-02-29
net 30            2027-12-02  2028-01-01
net 30            2026-12-31  2027-01-30
net 0             2026-05-05  2026-05-05
net 1             2026-02-28  2026-03-01
net 1             2024-02-28  2024-02-29
net 14            2026-02-20  2026-03-06
net 45            2026-11-20  2027-01-04
net 60            2026-01-01  2026-03-02
net 60            2024-01-01  2024-03-01
net 90            2026-10-31  2027-01-29
net 365           2027-03-01  2028-02-29
2/10 net 30       2026-01-15  2026-02-14
EOM+30d           2026-01-01  2026-03-02
EOM+30d           2026-01-15  2026-03-02
EOM+30d           2026-01-31  2026-03-02
EOM+30d           2026-02-15  2026-03-30
EOM+30d           2027-02-28  2027-03-30
EOM+30d           2024-01-15  2024-03-01
EOM+30d           2024-02-10  2024-03-30
EOM+30d           2026-04-03  2026-05-30
EOM+30d           2026-12-01  2027-01-30
EOM+0d            2026-02-03  2026-02-28
EOM+0d            2028-02-03  2028-02-29
EOM+10d           2026-06-30  2026-07-10
EOM+10d           2026-07-01  2026-08-10
EOM+45d           2026-03-31  2026-05-15
EOM+60d           2026-11-11  2027-01-29
net 30 then EOM   2026-01-15  2026-02-28
net 30 then EOM   2026-01-29  2026-02-28
net 30 then EOM   2026-01-30  2026-03-31
net 30 then EOM   2026-01-31  2026-03-31
net 30 then EOM   2026-02-15  2026-03-31
net 30 then EOM   2024-01-30  2024-02-29
net 30 then EOM   2024-01-31  2024-03-31
net 30 then EOM   2026-12-01  2026-12-31
net 30 then EOM   2026-12-02  2027-01-31
net 60 then EOM   2026-01-15  2026-03-31
net 45 then EOM   2026-03-17  2026-05-31
net 0 then EOM    2026-04-30  2026-04-30
EOM+1m            2026-01-15  2026-02-28
EOM+1m            2026-01-31  2026-02-28
EOM+1m            2026-02-15  2026-03-31
EOM+1m            2024-01-31  2024-02-29
EOM+1m            2026-03-31  2026-04-30
EOM+1m            2026-11-30  2026-12-31
EOM+1m            2026-12-31  2027-01-31
EOM+0m            2026-09-09  2026-09-30
EOM+2m            2025-12-15  2026-02-28
EOM+2m            2027-12-31  2028-02-29
EOM+3m            2026-08-01  2026-11-30
EOM+12m           2027-02-01  2028-02-29
prox(15,1)        2026-01-15  2026-02-15
prox(15,1)        2026-01-31  2026-02-15
prox(15,1)        2026-12-20  2027-01-15
prox(31,1)        2026-01-10  2026-02-28
prox(31,1)        2024-01-10  2024-02-29
prox(31,1)        2026-03-01  2026-04-30
prox(31,1)        2026-04-30  2026-05-31
prox(30,1)        2026-01-31  2026-02-28
prox(29,1)        2027-01-05  2027-02-28
prox(29,1)        2028-01-05  2028-02-29
prox(1,1)         2026-02-28  2026-03-01
prox(10,2)        2026-11-30  2027-01-10
prox(25,2)        2026-06-01  2026-08-25
prox(31,3)        2026-08-31  2026-11-30
15 MFI            2026-01-15  2026-02-15
15 MFI            2026-01-31  2026-02-15
15 MFI            2026-12-01  2027-01-15
10 MFI            2026-03-31  2026-04-10
31 MFI            2026-01-31  2026-02-28
30 MFI            2024-01-01  2024-02-29
receipt           2026-02-28  2026-02-28
receipt           2024-02-29  2024-02-29
CIA               2026-07-07  2026-07-07
"""

INVOICED = [  # terms, event, invoice lag, service months, invoice dates
    ("monthly in advance", "2026-01-31", 0, 5, "2026-01-31 2026-02-28 2026-03-31 2026-04-30 2026-05-31"),
    ("monthly in advance", "2026-01-28", 3, 3, "2026-01-31 2026-02-28 2026-03-31"),
    ("monthly in arrears", "2026-01-31", 0, 3, "2026-02-28 2026-03-31 2026-04-30"),
    ("monthly in arrears", "2024-01-30", 0, 2, "2024-02-29 2024-03-30"),
    ("quarterly in advance", "2025-11-30", 0, 12, "2025-11-30 2026-02-28 2026-05-30 2026-08-30"),
    ("quarterly in arrears", "2026-08-31", 0, 7, "2026-11-30 2027-02-28 2027-03-31"),
    ("half-yearly in advance", "2026-08-31", 0, 12, "2026-08-31 2027-02-28"),
    ("annual in advance", "2024-02-29", 0, 49, "2024-02-29 2025-02-28 2026-02-28 2027-02-28 2028-02-29"),
    ("annual in advance", "2026-03-01", 0, None, "2026-03-01"),
    ("annual in advance", "2026-03-01", 0, 6, "2026-03-01"),
    ("annual in arrears", "2027-02-28", 0, 12, "2028-02-28"),
    ("annual in arrears", "2026-02-28", 3, 18, "2027-03-03 2027-09-03"),
    ("prepaid", "2026-10-31", 3, 24, "2026-11-03"),
    ("net 30", "2026-12-30", 3, None, "2027-01-02"),
    ("100% on delivery+30d net 30", "2026-12-17", 3, None, "2027-01-19"),
    ("100% on delivery+1m net 30", "2026-01-28", 3, None, "2026-02-28"),
    ("every 3m advance for 12m", "2026-12-31", 0, 99, "2026-12-31 2027-03-31 2027-06-30 2027-09-30"),
    ("every 1m arrears for 2m", "2027-12-31", 0, None, "2028-01-31 2028-02-29"),
]

# 2026-02-14, 02-28, 05-30 and 10-31 are Saturdays, 02-15, 03-01 and 05-31 Sundays, 04-03 is Good Friday.
HOLIDAYS = ["2026-04-03", "2026-04-06", "2026-12-25", "2026-12-31", "2027-01-01"]
ROLLED = """
none                2026-02-14  2026-02-14
none                2026-12-25  2026-12-25
following           2026-02-13  2026-02-13
following           2026-02-14  2026-02-16
following           2026-02-15  2026-02-16
following           2026-02-28  2026-03-02
following           2026-04-03  2026-04-07
following           2026-04-04  2026-04-07
following           2026-12-25  2026-12-28
following           2026-12-31  2027-01-04
following           2027-01-01  2027-01-04
modified-following  2026-02-14  2026-02-16
modified-following  2026-02-28  2026-02-27
modified-following  2026-03-01  2026-03-02
modified-following  2026-05-30  2026-05-29
modified-following  2026-05-31  2026-05-29
modified-following  2026-10-31  2026-10-30
modified-following  2026-12-25  2026-12-28
modified-following  2026-12-31  2026-12-30
modified-following  2027-01-01  2027-01-04
preceding           2026-02-14  2026-02-13
preceding           2026-03-01  2026-02-27
preceding           2026-04-06  2026-04-02
preceding           2026-05-30  2026-05-29
preceding           2026-12-25  2026-12-24
preceding           2027-01-01  2026-12-30
"""

SHARES = [  # terms, service months, shares
    ("net 30", 24, "1"),
    ("30% on signature; 40% on delivery; balance on acceptance", None, "3/10 2/5 3/10"),
    ("balance on signature; 33.3% on delivery", None, "667/1000 333/1000"),
    ("50% on signature; 50% on start", None, "1/2 1/2"),
    ("annual in advance", None, "1"),
    ("annual in advance", 30, "2/5 2/5 1/5"),
    ("annual in arrears", 14, "6/7 1/7"),
    ("half-yearly in advance", 12, "1/2 1/2"),
    ("quarterly in advance", 7, "3/7 3/7 1/7"),
    ("monthly in advance", 4, "1/4 1/4 1/4 1/4"),
    ("prepaid", 36, "1"),
    ("every 6m advance for 24m uplift 10%", None, "5/21 5/21 11/42 11/42"),
    ("every 18m advance for 24m uplift 10%", None, "31/42 11/42"),  # (12 + 6·1.1) : 6·1.1 of 25.2
    ("every 12m arrears for 36m uplift 100%", None, "1/7 2/7 4/7"),
    ("every 5m advance for 12m", 99, "5/12 5/12 1/6"),
]


def rows(table):
    return [tuple(re.split(r"\s{2,}", line)) for line in table.strip().splitlines()]


def days(*texts):
    return np.array(texts, dtype="datetime64[D]")


@pytest.mark.parametrize(("terms", "invoiced", "due"), rows(DUE))
def test_an_invoice_is_due_on_the_day_the_terms_say(terms, invoiced, due):
    (only,) = parse_terms(terms).installments()
    assert due_dates(only.due, days(invoiced)).tolist() == days(due).tolist()


@pytest.mark.parametrize(("terms", "event", "lag", "months", "expected"), INVOICED)
def test_invoices_are_anchored_on_the_first(terms, event, lag, months, expected):
    got = [invoice_dates(i, days(event), lag)[0] for i in parse_terms(terms).installments(months)]
    assert got == list(days(*expected.split()))


@pytest.mark.parametrize(("rule", "date", "expected"), rows(ROLLED))
def test_rolling_lands_on_a_business_day(rule, date, expected):
    assert roll_dates(days(date), rule, days(*HOLIDAYS)).tolist() == days(expected).tolist()


@pytest.mark.parametrize(("terms", "months", "expected"), SHARES)
def test_shares_are_exact(terms, months, expected):
    got = [i.share for i in parse_terms(terms).installments(months)]
    assert got == [Fraction(share) for share in expected.split()]


def test_a_table_of_enough_dates():
    assert len(rows(DUE)) + len(rows(ROLLED)) + len(INVOICED) >= 80


def test_a_whole_contract():
    text = "30% on signature net 15; 40% on delivery+30d net 30; balance on acceptance CIA"
    first, second, third = parse_terms(text).installments(36)
    assert [i.event for i in (first, second, third)] == ["signature", "delivery", "acceptance"]
    assert [i.lag_days for i in (first, second, third)] == [0, 30, 0]
    assert [i.due.net_days for i in (first, second, third)] == [15, 30, 0]
    assert [i.certain for i in (first, second, third)] == [False, False, True]


@pytest.mark.parametrize(
    ("text", "event"),
    [("net 30", "signature"), ("CIA", "signature"), ("prepaid", "signature"), ("annual in advance", "start"),
     ("monthly in arrears", "start"), ("every 1m advance for 12m", "start")],
)  # fmt: skip
def test_what_an_invoice_waits_for(text, event):
    assert {i.event for i in parse_terms(text).installments()} == {event}


@pytest.mark.parametrize(
    ("text", "discount"),
    [("2/10 net 30", Discount(Fraction(1, 50), 10)), ("1.5%/7 net 30", Discount(Fraction(3, 200), 7)),
     ("3/14, EOM+30d", Discount(Fraction(3, 100), 14)), ("net 30", None),
     ("2/30 net 30", Discount(Fraction(1, 50), 30)),
     ("annual in advance 2/10 net 30", Discount(Fraction(1, 50), 10))],
)  # fmt: skip
def test_discounts(text, discount):
    assert {i.discount for i in parse_terms(text).installments()} == {discount}


@pytest.mark.parametrize(
    ("written", "meant"),
    [("NET30", "net 30"), ("Net 30 days", "net 30"), ("net 30d", "net 30"), ("  eom + 30 D ", "EOM+30d"),
     ("eom+1 month", "EOM+1m"), ("PROX( 15 , 1 )", "prox(15,1)"), ("15mfi", "15 MFI"), ("2 / 10 NET 30",
     "2/10 net 30"),
     ("Due on receipt", "receipt"), ("cia", "CIA"), ("Annual In Advance", "annually in advance"),
     ("30 % ON signature;BALANCE on delivery + 30 days", "30% on signature; balance on delivery+30d"),
     ("every 1 month in advance for 12 months", "every 1m advance for 12m"), ("prepaid", "prepaid net 30"),
     ("annual in advance", "annual in advance net 30"), ("yearly in arrears", "annual in arrears"),
     ("semi-annual in advance", "half-yearly in advance"), ("net 30\n then\tEOM", "net 30 then EOM")],
)  # fmt: skip
def test_capitals_and_spaces_do_not_matter(written, meant):
    assert parse_terms(written).installments() == parse_terms(meant).installments()
    assert parse_terms(written).text == written.strip()


def test_due_on_receipt_is_the_invoice_date_but_only_cash_in_advance_is_certain():
    assert parse_terms("receipt").clauses[0].due == parse_terms("CIA").clauses[0].due == DueRule()
    assert [parse_terms(text).clauses[0].certain for text in ("receipt", "CIA", "net 0")] == [
        False,
        True,
        False,
    ]


@pytest.mark.parametrize("months", [0, -1, 601])
def test_impossible_service_lengths_are_refused(months):
    with pytest.raises(ValueError, match="service of"):
        parse_terms("annual in advance").installments(months)


def test_what_never_happens_is_never_invoiced():
    (only,) = parse_terms("100% on delivery+1m prox(15,1)").installments()
    invoiced = invoice_dates(only, days("2026-01-15", "NaT"), [3, 3])
    assert np.isnat(due_dates(only.due, invoiced)).tolist() == [False, True]
    for rule in ROLLS:
        assert np.isnat(roll_dates(invoiced, rule)).tolist() == [False, True]


def test_unknown_roll():
    with pytest.raises(ValueError, match="modified-following"):
        roll_dates(days("2026-01-01"), "backwards")


def test_months_back_and_forth():
    assert (
        add_months(days("2026-03-31", "2024-03-30"), -1).tolist() == days("2026-02-28", "2024-02-29").tolist()
    )
    assert (
        add_months(days("2026-01-31"), [0, 1, 13]).tolist()
        == days("2026-01-31", "2026-02-28", "2027-02-28").tolist()
    )


@given(st.integers(0, 40_000), st.integers(-400, 400))
def test_adding_months_agrees_with_the_calendar(day, months):
    start = np.datetime64("1970-01-01") + day
    year, month, dom = (int(part) for part in str(start).split("-"))
    year, month = divmod(year * 12 + month - 1 + months, 12)
    leap = year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)
    length = [31, 28 + leap, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31][month]
    assert str(add_months(start, months)) == f"{year:04d}-{month + 1:02d}-{min(dom, length):02d}"


# ---- what cannot be read

AMBIGUOUS = [
    text.format(n)
    for n in (10, 30, 45, 60, 90)
    for text in ("net {} EOM", "EOM net {}", "{} EOM", "{} days EOM", "EOM {}", "net {} days EOM", "Net{}EOM",
                 "annual in advance net {} EOM", "balance on delivery EOM {}")
]  # fmt: skip

AT = {  # text: where it stops making sense
    "": 0, "   ": 0, "net": 3, "net thirty": 4, "nett 30": 0, "net 3.5": 4, "net -5": 4, "net 3651": 4,
    "30": 0,
    "30 days": 0, "net 30 then": 11, "net 30 then 60": 12, "net 30 then EOM+10d": 15, "net 30 30": 7,
    "net 30%": 6,
    "net 30;": 6, "net 30; net 60": 6, "net 30, net 60": 6, "EOM": 3, "EOM+": 4, "EOM+30": 6, "EOM+d": 4,
    "EOM-5d": 3, "EOM+30w": 6, "EOM+601m": 7, "EOM+1m+1d": 6, "prox": 4, "prox 15": 5, "prox(15)": 7,
    "prox(15,": 8,
    "prox(0,1)": 5, "prox(32,1)": 5, "prox(15,0)": 8, "prox(15,1": 9, "prox(15;1)": 7, "prox()": 5, "MFI": 0,
    "0 MFI": 0, "32 MFI": 0, "15 MFI 15": 7, "15th MFI": 0, "2/10": 4, "2/ net 30": 3, "/10 net 30": 0,
    "0/10 net 30": 0, "100/10 net 30": 0, "2/0 net 30": 2, "2/40 net 30": 0, "2/10 CIA": 0, "2/10 receipt": 0,
    "2/10 n/30": 5, "2/10/30": 4, "2% 10 net 30": 3, "annual": 6, "annual advance": 7, "annual in": 9,
    "annual in front": 10, "annual in advance annual": 18, "annual in advance uplift 3%": 18,
    "prepaid prepaid": 8,
    "prepaid in advance": 8, "every": 5, "every month": 6, "every 0m advance for 12m": 6,
    "every 1d advance for 12m": 7,
    "every 1m": 8, "every 1m for 12m": 9, "every 1m advance": 16, "every 1m advance for": 20,
    "every 1m advance for 12": 23, "every 1m advance for ever": 21, "every 24m advance for 12m": 0,
    "every 1m advance for 601m": 21, "every 1m advance for 12m uplift": 31,
    "every 1m advance for 12m uplift 3": 33,
    "every 1m advance for 12m uplift 101%": 32, "every 1m advance for 12m uplift 3% net 30": 35,
    "50% on signature": 0, "60% on signature; 60% on delivery": 18, "50% on signature; 40% on delivery": 18,
    "100% on signature; balance on delivery": 19, "balance on delivery; balance on start": 21,
    "0% on signature; balance on delivery": 0, "101% on signature": 0,
    "50% signature; balance on delivery": 4,
    "50% on signing; balance on delivery": 7, "50% on; balance on delivery": 6, "50%": 3, "balance": 7,
    "balance on": 10, "balance delivery": 8, "on delivery net 30": 0, "delivery net 30": 0,
    "50% on signature; on delivery": 18, "50% on signature; balance on delivery;": 38,
    "50% on signature, balance on delivery": 16, "50% on signature net 15 balance on delivery": 24,
    "50% on delivery+; balance on start": 16, "50% on delivery+30; balance on start": 18,
    "50% on delivery 30d; balance on start": 16, "50% on delivery-30d; balance on start": 15,
    "50% on signature net; balance on delivery": 20, "1/2 on signature; balance on delivery": 4,
    "net 30 €": 7, "net ３０": 4, "net 30!": 6, "'net 30'": 0, "net 30 # usual": 7, "net=30": 3, "net:30": 3,
}  # fmt: skip

OTHERS = """
cash|cod|COD|cash in advance|advance|arrears|in advance|in arrears|immediately|immediate|now|upfront
up front|standard|default|none|null|nan|n/a|-|?|*|x|30 net|30d|30 d|30 days net|net30days60|net 1e3
net 30.0|net 1,000|net 99999|net n|n30|n/30|net/30|net-30|net_30|net (30)|net +30|net 30+5|net 30d then
net 30 than EOM|net 30 then end of month|net 30 then month end|net 30 and EOM|net 30 from EOM|net EOM
net EOM 30|net 30 net 60|net 30 receipt|net 30 CIA|net 30 prox(15,1)|EOM 30d|EOM + |EOM++30d|EOM+3.5d
EOM+-3d|EOM+30d EOM|EOM+1y|EOM+1q|EOM+4000d|eom+m|EOMM+30d|end of month|month end|EOM 1m|prox(15 1)
prox(a,b)|prox[15,1]|prox{15,1}|prox(15,1,1)|prox(15.5,1)|prox(-1,1)|prox(15,-1)|prox(15,601)|proximo
prox 15,1|prox15|MFI 15|15 MFI MFI|15.5 MFI|15MF|fifteen MFI|40 MFI|15 days MFI 2|on receipt|receipts
reciept|due receipt|due on|due upon receipt|due|due net 30|CIA CIA|CIA net 30|C.I.A.|receipt net 30|2%
2% net 30|2/10net|2/10 net|2\\10 net 30|2/10 net thirty|2-10 net 30|-2/10 net 30|2/-10 net 30
2/10.5 net 30|2/10 2/20 net 40|2/10; net 30|200/10 net 30|2/10 EOM|2/10 prepaid|2/10 annual in advance
anual in advance|annual in advanced|annual in advance,|annual in advance;|annual in advance in arrears
annual inadvance|in advance annual|quaterly in advance|quarterly|quarterly in|quarterly arrears
weekly in advance|daily in arrears|biannual in advance|bimonthly in advance|monthly advance
monthly in arears|monthly on signature|monthly net 30|half yearly in advance|annual; quarterly|prepayed
pre-paid|prepaid 30|every 1m advance for 12m;|every 1m advance for 12m for 12m|every 1 advance for 12m
every 1m front for 12m|every one month advance for 12m|every 1m advance 12m|every 1.5m advance for 12m
every 1m advance for 0m|every 1m advance for 1y|every 1w advance for 12m|Every 1M
every 1m advance for 12m uplift -3%|every 1m advance for 12m uplift three
every 1m advance for 12m uplift 3% 3%|every -1m advance for 12m|every 1m in for 12m
30% on signature; 40% on delivery; 40% on acceptance|30% on signature; 30% on delivery; 30% on start
99.9% on signature|33% on signature; 33% on delivery; 33% on acceptance|150% on delivery
-30% on signature; balance on delivery|30 on signature; balance on start
30% of signature; balance on delivery|30% upon signature; balance on delivery
30% at signature; balance on delivery|;|;;|,|%|()|+|/|balance;|30%; 70%
30% on signature;; 70% on delivery|; 100% on signature|rest on delivery|remainder on delivery
balance on delivery; 100% on signature|balance on delivery net|balance on delivery+30
balance on delivery+1y|balance on deliverry|balance on golive|50% balance on delivery
30% on signature then balance on delivery|30% on signature & balance on delivery
30 % on on signature; balance on start|30%% on signature|100% on signature net 30 on delivery
100% on signature annual in advance|100% on signature on delivery|100% on|100% on 30|100,0% on signature
"""

LISTED = [text for line in OTHERS.strip().splitlines() for text in line.split("|")]
MALFORMED = sorted({*AMBIGUOUS, *AT, *LISTED})


def test_enough_malformed_texts():
    assert len(MALFORMED) >= 200


@pytest.mark.parametrize("text", MALFORMED)
def test_malformed_terms_are_refused_with_place_and_remedy(text):
    with pytest.raises(TermsError) as caught:
        parse_terms(text)
    error = caught.value
    assert error.text == text and 0 <= error.position <= len(text)
    assert error.reason and error.remedy
    assert f"character {error.position + 1}" in str(error) and error.remedy in str(error)


@pytest.mark.parametrize(("text", "position"), AT.items())
def test_the_position_is_where_it_stops_making_sense(text, position):
    with pytest.raises(TermsError) as caught:
        parse_terms(text)
    assert caught.value.position == position


@pytest.mark.parametrize("text", AMBIGUOUS)
def test_ambiguous_terms_offer_both_spellings(text):
    number = re.search(r"[0-9]+", text)[0]
    with pytest.raises(TermsError, match="ambiguous") as caught:
        parse_terms(text)
    for spelling in (f"EOM+{number}d", f"net {number} then EOM"):
        assert f"`{spelling}`" in caught.value.remedy
        parse_terms(spelling)


@pytest.mark.parametrize(
    ("text", "guess"),
    [("nett 30", "net"), ("reciept", "receipt"), ("anual in advance", "annual"), ("prepayed", "prepaid"),
     ("quaterly in advance", "quarterly"), ("monthly in arears", "arrears"), ("30", "net 30"), ("30 days",
     "net 30"),
     ("100% on deliverry", "delivery"), ("on delivery net 30", "100% on delivery net 30")],
)  # fmt: skip
def test_did_you_mean(text, guess):
    with pytest.raises(TermsError) as caught:
        parse_terms(text)
    assert f"`{guess}`" in caught.value.remedy


def test_endless_text_is_refused():
    with pytest.raises(TermsError, match="too long"):
        parse_terms("1% on start;" * 100)


WORDS = ["net", "30", "10", "2", "/", "%", "on", "signature", "delivery", "balance", ";", "eom", "+", "d",
"m", "then",
         "prox", "(", ")", ",", "15", "mfi", "cia", "receipt", "annual", "monthly", "in", "advance",
         "arrears",
         "every", "for", "12", "uplift", "prepaid", "50", "100", "due", "0"]  # fmt: skip


@given(st.lists(st.sampled_from(WORDS), max_size=14).map(" ".join) | st.text(max_size=30))
def test_any_text_is_read_whole_or_refused(text):
    try:
        installments = parse_terms(text).installments(13)
    except TermsError as error:
        assert 0 <= error.position <= len(text)
    else:
        assert sum(i.share for i in installments) == 1
        assert all(i.share > 0 for i in installments)


@given(st.integers(1, 600), st.sampled_from([1, 3, 6, 12, 7]), st.fractions(0, 1, max_denominator=200),
       st.booleans())  # fmt: skip
def test_a_schedule_covers_the_contract(length, every, uplift, arrears):
    if every > length:
        return
    side = "arrears" if arrears else "advance"
    text = f"every {every}m {side} for {length}m uplift {float(uplift * 100):.3f}%"
    installments = parse_terms(text).installments()
    assert sum(i.share for i in installments) == 1
    assert len(installments) == -(-length // every)
    months = [i.months for i in installments]
    assert months == sorted(set(months)) and months[-1] <= length
    assert (months[-1] == length) if arrears else (months[0] == 0)
