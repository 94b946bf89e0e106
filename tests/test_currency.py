import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulator.currency import RateCurve

STERLING = [(100, 1.2), (-10, 1.1), (200, 1.15)]
CURVE = RateCurve.of("EUR", {"USD": 0.92, "JPY": 0.006, "GBP": STERLING, "BHD": 2.4})


def test_a_rate_holds_from_its_day_and_the_first_before_it_too():
    days = np.array([-99, -11, -10, 0, 99, 100, 199, 200, 10_000])
    assert CURVE.rate("GBP", days).tolist() == [1.1, 1.1, 1.1, 1.1, 1.1, 1.2, 1.2, 1.15, 1.15]
    assert CURVE.rate("USD", days).tolist() == [0.92] * 9
    assert CURVE.rate("EUR", days).tolist() == [1.0] * 9
    assert CURVE.rate("GBP", [[150], [0]]).shape == (2, 1)
    assert CURVE.codes == ("EUR", "USD", "JPY", "GBP", "BHD")


@pytest.mark.parametrize(
    ("minor", "code", "day", "expected"),
    [
        (10_000, "USD", 0, 9_200),  # 100.00 USD = 92.00 EUR
        (1_000, "JPY", 0, 600),  # 1000 JPY = 6.00 EUR
        (1_234, "BHD", 0, 296),  # 1.234 BHD = 2.9616 EUR
        (10_000, "GBP", 100, 12_000),
        (10_000, "EUR", 0, 10_000),
        (-10_000, "USD", 0, -9_200),
        (1, "USD", 0, 1),
        (0, "JPY", 0, 0),
    ],
)
def test_amounts_convert_across_minor_digits(minor, code, day, expected):
    got = CURVE.convert(np.array([minor]), code, np.array([day]))
    assert got.tolist() == [expected] and got.dtype == np.float64


def test_a_currency_without_minor_units_can_be_the_companys():
    assert RateCurve.of("JPY", {"EUR": 165.5}).convert([1_000], "EUR", 0).tolist() == [1655.0]


def test_ties_go_to_the_even_unit():
    """1.30 EUR at 165 is 214.5 JPY exactly; times a hundredth of 165, which no float holds, it is more."""
    rates = RateCurve.of("JPY", {"EUR": 165.0})
    assert rates.convert([110, 130, 150], "EUR", 0).tolist() == [182.0, 214.0, 248.0]
    assert rates.exchange([110, 130, 150], "EUR", 165.0).tolist() == [182.0, 214.0, 248.0]


def test_amounts_and_days_broadcast():
    got = CURVE.convert(np.array([[100], [200]]), "GBP", np.array([0, 100]))
    assert got.tolist() == [[110, 120], [220, 240]]
    assert CURVE.convert(np.array([100]), "EUR", np.zeros((3, 1))).shape == (3, 1)


@given(st.lists(st.integers(-(2**50), 2**50), max_size=5), st.sampled_from(CURVE.codes))
def test_what_is_converted_is_whole(minor, code):
    got = CURVE.convert(np.array(minor, dtype=np.int64), code, np.zeros(len(minor), dtype=np.int64))
    assert (got == np.rint(got)).all()


@pytest.mark.parametrize(
    ("company", "rates", "message"),
    [
        ("EURO", {}, "ISO 4217"),
        ("EUR", {"DOLLAR": 1.0}, "ISO 4217"),
        ("EUR", {"USD": 0.0}, "positive"),
        ("EUR", {"USD": -1.0}, "positive"),
        ("EUR", {"USD": float("nan")}, "positive"),
        ("EUR", {"USD": float("inf")}, "positive"),
        ("EUR", {"USD": []}, "no rate"),
        ("EUR", {"USD": [(0, 1.0), (0, 1.1)]}, "one a day"),
        ("EUR", {"EUR": 1.1}, "its rate is 1"),
    ],
)
def test_impossible_rates_are_refused(company, rates, message):
    with pytest.raises(ValueError, match=message):
        RateCurve.of(company, rates)


def test_a_currency_without_a_rate():
    with pytest.raises(ValueError, match=r"no rate for CHF.*EUR, USD"):
        CURVE.rate("CHF", 0)
    assert RateCurve.of("EUR", {"EUR": 1}).codes == ("EUR",)
