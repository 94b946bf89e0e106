import random
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulator.money import (
    CURRENCIES,
    LIMIT,
    currency_in,
    decimal_marks,
    is_currency,
    minor_digits,
    parse_amount,
    split,
)

READ = [  # text, digits, decimal mark, minor units
    ("60000", 2, ".", 6_000_000), ("60,000.00", 2, ".", 6_000_000), ("1,234,567.8", 2, ".", 123_456_780),
    ("6M", 2, ".", 600_000_000), ("250k", 2, ".", 25_000_000), ("1.5M", 2, ".", 150_000_000),
    ("2bn", 2, ".", 200_000_000_000), ("1.2345K", 2, ".", 123_450), ("1.5 m", 2, ".", 150_000_000),
    ("EUR 12.50", 2, ".", 1250), ("12.50 €", 2, ".", 1250), ("$1,000", 2, ".", 100_000),
    ("12.50EUR", 2, ".", 1250), ("1200.00", 0, ".", 1_200), ("1.200,00", 0, ",", 1_200),
    ("12.5000", 2, ".", 1_250), ("1,234.5670", 3, ".", 1_234_567), ("12.0", 0, ".", 12),
    ("eur12.50", 2, ".", 1250), ("€1.5M", 2, ".", 150_000_000), ("1.5MEUR", 2, ".", 150_000_000),
    ("US$5", 2, ".", 500), ("100 kr", 2, ".", 10_000), ("zł 3.20", 2, ".", 320),
    ("60 000.10", 2, ".", 6_000_010),
    ("60\u00a0000", 2, ".", 6_000_000), ("1\u202f000\u202f000", 0, ".", 1_000_000),
    ("12'500.10", 2, ".", 1_250_010),
    ("12’500", 2, ".", 1_250_000), ("  7  ", 2, ".", 700), (".5", 2, ".", 50), ("0", 2, ".", 0),
    ("-0", 2, ".", 0),
    ("+5", 2, ".", 500), ("007", 2, ".", 700), ("0.1", 2, ".", 10), ("0.29", 2, ".", 29),
    ("1.15", 2, ".", 115),
    ("¥1,000", 0, ".", 1000), ("BHD 1.234", 3, ".", 1234), ("1.5k", 0, ".", 1500),
    ("90071992547409.91", 2, ".", LIMIT - 1), ("12.500,00 EUR", 2, ",", 1_250_000),
    ("1.234.567", 2, ",", 123_456_700),
    ("12,5", 2, ",", 1250), ("1,5M", 2, ",", 150_000_000), ("12 500,10", 2, ",", 1_250_010),
]  # fmt: skip

REFUSED = [  # text, digits, part of the message
    ("", 2, "empty"), ("   ", 2, "empty"), ("nan", 2, "finite"), ("NaN", 2, "finite"), ("inf", 2, "finite"),
    ("-inf", 2, "finite"), ("Infinity", 2, "finite"), ("1e6", 2, "scientific"),
    ("0x10", 2, "not a number"),
    ("1_000", 2, "not a number"), ("１２", 2, "not a number"), ("abc", 2, "not a number"),
    ("5 XYZ", 2, "ISO 4217"),
    ("EUR", 2, "not a number"), ("€", 2, "not a number"), ("EUR 5 USD", 2, "not a number"),
    ("5.", 2, "not a number"),
    (".", 2, "not a number"), ("-", 2, "not a number"), ("--5", 2, "not a number"), ("5%", 2, "not a number"),
    ("1,2,3", 2, "not a number"), ("1,0000", 2, "not a number"), ("1,234 567", 2, "not a number"),
    ("12 34", 2, "not a number"), ("1.2.3", 2, "not a number"), ("k", 2, "not a number"),
    ("5kk", 2, "not a number"),
    ("12.500,00 EUR", 2, 'a European number? set data.decimal: ","'),
    ("1,50", 2, 'a European number? set data.decimal: ","'),
    ("12.500", 2, 'a European number? set data.decimal: ","'), ("12.505", 2, "more decimals"),
    ("1.000", 0, "a European number?"), ("12.5010", 2, "more decimals"), ("0.01", 0, "more decimals"),
    ("JPY 1000.5", 0, "more decimals"), ("1.2345", 3, "more decimals"), ("1.2345678k", 2, "more decimals"),
    ("12,500k", 2, "ambiguous"), ("90071992547409.92", 2, "too large"), ("1" * 30, 2, "too large"),
    ("100000bn", 2, "too large"), ("9" * 5000, 2, "too long"), ("-5", 2, "negative"), ("−5", 2, "negative"),
    ("(5.00)", 2, "negative"), ("5-", 2, "negative"), ("-$5", 2, "negative"), ("€ -5", 2, "negative"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "digits", "decimal", "minor"), READ)
def test_amounts_are_read_exactly(text, digits, decimal, minor):
    assert parse_amount(text, digits, decimal) == minor


@pytest.mark.parametrize(("text", "digits", "message"), REFUSED)
def test_what_is_no_amount_is_refused(text, digits, message):
    with pytest.raises(ValueError, match=r"\S") as caught:
        parse_amount(text, digits)
    assert message in str(caught.value)


@pytest.mark.parametrize("text", ["-5", "−5", "(5)", "5-", "-$5", "$-5", "($5)", "-5 EUR", "(5.00 EUR)"])
def test_negative_amounts_where_they_are_allowed(text):
    assert parse_amount(text, 2, allow_negative=True) == -500


def test_a_currency_that_contradicts_the_column_is_refused():
    assert parse_amount("$5", 2, currency="CAD") == 500
    assert parse_amount("¥5", 0, currency="JPY") == 5
    for text in ("EUR 5", "€5", "£5"):
        with pytest.raises(ValueError, match="where the currency is USD"):
            parse_amount(text, 2, currency="USD")
    for text, currency in (("$5", "EUR"), ("5 $", "CHF"), ("100 kr", "USD"), ("100 kr.", "CZK")):
        with pytest.raises(ValueError, match=f"where the currency is {currency}"):
            parse_amount(text, 2, currency=currency)


def test_the_decimal_mark_is_a_point_or_a_comma():
    with pytest.raises(ValueError, match="decimal mark"):
        parse_amount("5", 2, ";")
    with pytest.raises(ValueError, match="an English number"):
        parse_amount("12,500.00", 2, ",")


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("EUR 5", "EUR"),
        ("5 usd", "USD"),
        ("5 €", "EUR"),
        ("$5", None),
        ("US$5", "USD"),
        ("5", None),
        ("¥5", None),
    ],
)
def test_the_currency_that_a_text_names(text, code):
    assert currency_in(text) == code


def test_currencies_have_the_digits_of_iso_4217():
    codes = {"EUR": 2, "JPY": 0, "BHD": 3, "CLF": 4, "ISK": 0, "TND": 3, "HUF": 2}
    assert {code: minor_digits(code) for code in codes} == codes
    assert is_currency("CHF") and not is_currency("chf") and not is_currency("XYZ")
    assert len(CURRENCIES) > 160 and all(len(code) == 3 and code.isupper() for code in CURRENCIES)
    with pytest.raises(ValueError, match="ISO 4217"):
        minor_digits("XYZ")


@given(st.integers(-LIMIT + 1, LIMIT - 1), st.integers(0, 4), st.sampled_from(".,"), st.booleans())
def test_what_is_written_is_read_back(minor, digits, decimal, grouped):
    group = {".": ",", ",": "."}[decimal] if grouped else ""
    whole, part = divmod(abs(minor), 10**digits)
    text = f"{'-' if minor < 0 else ''}{whole:,}".replace(",", group)
    text += f"{decimal}{part:0{digits}d}" if digits else ""
    assert parse_amount(text, digits, decimal, allow_negative=True) == minor


@given(st.text("0123456789.,' kKmMbn€$EUR-+()", max_size=12), st.integers(0, 3))
def test_any_text_is_an_amount_or_a_value_error(text, digits):
    try:
        assert 0 <= parse_amount(text, digits) < LIMIT
    except ValueError as error:
        assert str(error)


weights = st.lists(st.integers(0, 10**6), min_size=1, max_size=24).filter(any)
amounts = st.lists(st.integers(-LIMIT + 1, LIMIT - 1), min_size=1, max_size=8)


@given(amounts, weights)
def test_a_split_adds_up_to_the_minor_unit(minor, parts):
    shares = [Fraction(part, sum(parts)) for part in parts]
    got = split(np.array(minor), shares)
    assert got.shape == (len(minor), len(shares)) and got.dtype == np.int64
    assert got.sum(axis=-1).tolist() == minor
    for amount, row in zip(minor, got.tolist(), strict=True):
        assert row[:-1] == [amount * share.numerator // share.denominator for share in shares[:-1]]


def test_a_split_stays_exact_beyond_int64():
    prices = [Fraction(1035, 1000) ** year for year in range(10)]
    shares = [price / sum(prices) for price in prices]
    got = split(np.array([[LIMIT - 1], [-1]]), shares)
    assert got.shape == (2, 1, 10) and got.sum(axis=-1).tolist() == [[LIMIT - 1], [-1]]
    assert got[0, 0, :-1].tolist() == [int((LIMIT - 1) * share) for share in shares[:-1]]


def test_the_remainder_goes_to_the_last_instalment():
    assert split(np.array(100), [Fraction(1, 3)] * 3).tolist() == [33, 33, 34]
    assert split(np.array([], dtype=np.int64), [Fraction(1)]).shape == (0, 1)


@pytest.mark.parametrize("shares", ["", "1/2", "2 -1", "1 1/9"])
def test_shares_that_do_not_add_to_one_are_refused(shares):
    with pytest.raises(ValueError, match="add to 1"):
        split(np.array([1]), [Fraction(share) for share in shares.split()])


# ---- six countries' ways of writing, by a renderer of its own

WAYS = {  # group, sizes of groups from the right, decimal mark, what stands around
    "en": (",", (3,), ".", ("{}", "${}", "USD {}", "{} USD")),
    "de": (".", (3,), ",", ("{}", "{} €", "EUR {}", "€ {}")),
    "fr": ("\u202f", (3,), ",", ("{}", "{} €", "{}\u00a0€", "{} EUR")),
    "ch": ("’", (3,), ".", ("{}", "CHF {}", "Fr. {}", "{} CHF")),
    "ru": ("\u00a0", (3,), ",", ("{}", "{} ₽", "{}\u00a0₽", "{} руб.", "{} RUB")),
    "in": (",", (3, 2), ".", ("{}", "₹{}", "₹ {}", "Rs. {}", "INR {}")),
}
CODE_OF = {"en": "USD", "de": "EUR", "fr": "EUR", "ch": "CHF", "ru": "RUB", "in": "INR"}


def rendered(minor, digits, country, luck):
    """An amount as people of a country write it: with groups or not, with its decimals or without zeros."""
    group, sizes, mark, around = WAYS[country]
    whole, part = divmod(minor, 10**digits)
    figures, pieces = str(whole), []
    if luck.random() < 0.7:
        sizes = list(sizes)
        while len(figures) > sizes[0]:
            pieces.insert(0, figures[-sizes[0] :])
            figures = figures[: -sizes[0]]
            sizes = sizes[1:] or sizes
    text = group.join([figures, *pieces])
    if digits and (part or luck.random() < 0.7):
        text += mark + str(part).zfill(digits)
    return luck.choice(around).format(text)


def drawn(luck, digits):
    return min(int(10 ** luck.uniform(0, 15.95)), LIMIT - 1) if luck.random() < 0.9 else luck.choice(
        [0, 1, 10**digits, LIMIT - 1, LIMIT - 10**digits]
    )  # fmt: skip


def test_twenty_thousand_amounts_of_six_countries_are_exact():
    luck = random.Random(8)
    for number in range(20_000):
        country = tuple(WAYS)[number % len(WAYS)]
        code, mark = CODE_OF[country], WAYS[country][2]
        digits = minor_digits(code)
        minor = drawn(luck, digits)
        text = rendered(minor, digits, country, luck)
        assert parse_amount(text, digits, mark, currency=code) == minor, (country, text, minor)
        below = luck.choice(["-{}", "({})", "\u2212{}"]).format(text)
        assert parse_amount(below, digits, mark, allow_negative=True) == -minor, (country, below)
        assert decimal_marks(text) in ((), (mark,), (".", ",")), (country, text)
        with pytest.raises(ValueError, match="too large"):
            parse_amount(rendered(minor + LIMIT, digits, country, luck), digits, mark)


def test_no_column_of_amounts_is_read_with_the_wrong_mark():
    luck = random.Random(9)
    told = 0
    for number in range(600):
        country = tuple(WAYS)[number % len(WAYS)]
        texts = [
            rendered(int(10 ** luck.uniform(2, 9)), 2, country, luck) for _ in range(luck.choice([1, 3, 30]))
        ]
        marks = {marks for text in texts if (marks := decimal_marks(text))}
        sure = {only for only in marks if len(only) == 1}
        assert sure <= {(WAYS[country][2],)}, (country, texts)
        told += bool(sure)
    assert told > 400
