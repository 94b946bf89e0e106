import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulator import words
from simulator.scores import wilson
from simulator.words import Scale


@pytest.mark.parametrize(
    ("chance", "said"),
    [
        (0.0004, "all but out of reach: less than 1 in 100"),
        (0.02, "very unlikely: 2 %, about 1 in 50"),
        (0.27, "unlikely: 27 %, about 1 in 4"),
        (0.41, "less likely than not: 41 %, about 2 in 5"),
        (0.5, "as likely as not: 50 %, about 1 in 2"),
        (0.58, "more likely than not: 58 %, about 3 in 5"),
        (0.75, "likely: 75 %, about 3 in 4"),
        (0.95, "very likely: 95 %, about 19 in 20"),
        (0.9996, "all but certain: more than 99 in 100"),
    ],
)
def test_chances_in_words(chance, said):
    assert words.likelihood({"chance": chance, "low": chance - 0.01, "high": chance + 0.01}) == said


def test_only_what_is_exact_is_certain():
    assert words.likelihood({"chance": 1.0, "low": 1.0, "high": 1.0}) == "certain"
    assert words.likelihood({"chance": 0.0, "low": 0.0, "high": 0.0}) == "out of reach"
    lucky = {"chance": 1.0, "low": 0.996, "high": 1.0}
    assert words.likelihood(lucky) == "all but certain: more than 99 in 100"
    assert words.chance_cells(lucky) == (">99 %", "more than 99 in 100")
    assert words.chance_cells({"chance": 0.0, "low": 0.0, "high": 0.004})[0] == "<1 %"


@given(st.floats(0, 1), st.floats(0, 0.2))
def test_a_chance_is_never_said_as_0_or_100(chance, error):
    text = words.percent(chance, error) + words.one_in(chance)
    assert "100 %" not in text and not text.startswith("0 %")


def test_a_chance_is_no_surer_than_its_trials():
    one = {"chance": 0.0, "low": 0.0, "high": 0.79}
    assert words.chance_cells(one) == ("0–79 %", "too few trials")
    assert words.likelihood(one) == "not decided by so few trials: 0–79 %"
    never = {"chance": 0.0, "low": 0.0, "high": 0.088}
    assert words.chance_cells(never) == ("<9 %", "less than 1 in 10")
    assert words.likelihood(never) == "very unlikely: less than 1 in 10"
    always = {"chance": 1.0, "low": 0.912, "high": 1.0}
    assert words.chance_cells(always) == (">91 %", "more than 9 in 10")
    assert words.likelihood(always) == "very likely: more than 9 in 10"


@given(st.integers(1, 400), st.floats(0, 1))
def test_what_is_said_of_a_chance_lies_in_its_interval(trials, share):
    hits = round(share * trials)
    low, high = wilson(hits, trials)
    number, _ = words.chance_cells({"chance": hits / trials, "low": low, "high": high})
    if number.startswith("<"):
        assert int(number[1:-2]) / 100 > high - 0.006
    if number.startswith(">"):
        assert int(number[1:-2]) / 100 < low + 0.006


def test_a_rough_chance_is_said_roughly():
    assert words.percent(0.27, 0.01) == "27 %"
    assert words.percent(0.27, 0.05) == "25 %"


@given(st.floats(0.01, 0.99))
def test_a_share_is_near_its_chance(chance):
    part, whole = map(int, words.one_in(chance).removeprefix("about ").split(" in "))
    assert abs(part / whole - chance) < 0.09 * max(chance, 0.12) / 0.12 and part / whole <= 0.99


def test_amounts_follow_their_scale():
    scale = Scale(1e6, "million EUR", 1, 0.0)
    assert scale.number(4_140_000) == "4.1"
    assert scale.number(-300_000) == "−0.3"
    assert scale.number(300_000, sign=True) == "+0.3"
    assert scale.number(-1) == "0.0"
    assert scale.said(0) == scale.said(1) == "0"
    assert scale.exact(5_250_000) == "5.25"
    assert scale.exact(6_000_000) == "6.0"
    assert scale.exact(40_000, 2) == "0.04"
    assert Scale(1.0, "JPY", -2).number(123_456) == "123,500"


@pytest.mark.parametrize(
    ("size", "name", "shown"),
    [
        (4.2, "EUR", "4.20"),
        (9_999, "EUR", "9,999"),
        (10_000, "thousand EUR", "10.0"),
        (812_345, "thousand EUR", "812"),
        (1_200_000, "million EUR", "1.20"),
        (3.4e9, "billion EUR", "3.40"),
        (5e13, "trillion EUR", "50.0"),
    ],
)
def test_the_unit_goes_by_size(size, name, shown):
    scale = words.scale_for(size, "EUR")
    assert scale.name == name
    assert scale.exact(size) == shown or scale.number(size) == shown


def test_noise_is_rounded_up_and_never_hidden():
    assert Scale(1e6, "", 1, 19_000).noise_text() == "simulation noise at most ±0.02"
    assert Scale(1e6, "", 1, 20_001).noise_text() == "simulation noise at most ±0.03"
    assert Scale(1e6, "", 1, 99_000).noise_text() == "simulation noise at most ±0.1"
    assert Scale(1e3, "", 0, 12_000).noise_text() == "simulation noise at most ±20"
    assert Scale(1e3, "", 0, 0).noise_text() == "no simulation noise"
    assert Scale(1e3, "", 0, None).noise_text() == "simulation noise unknown"


@given(st.floats(1e-3, 1e15), st.floats(0, 0.3), st.floats(0, 2))
def test_no_digit_is_finer_than_the_noise(size, noise, spread):
    stats = {"p10": size, "p50": size * (1 + spread / 2), "p90": size * (1 + spread),
             "error": {"p10": noise * size}}  # fmt: skip
    payload = {"as_of": "2026-10-31", "currency": "EUR", "totals": {"bookings": stats}, "periods": []}
    scale = words.scale_of(payload)
    for shown in (scale, scale.fitting(stats)):
        assert 10.0**-shown.decimals * scale.unit >= noise * size * (1 - 1e-6)


@given(st.floats(0, 9e6), st.floats(0, 1e6), st.floats(0, 3e5))
def test_no_quantile_reads_below_what_has_happened(already, more, noise):
    stats = {"p10": already, "p50": already + more / 2, "p90": already + more, "already": already,
             "error": {"p10": noise}}  # fmt: skip
    scale = words.scale_for(9e6, "EUR", max(noise, 1e4))
    happened = words.happened_text(stats, scale)
    for text in words.interval_texts(stats, scale):
        assert float(text.replace(",", "")) >= float(happened.replace(",", "")) - 0.005 * scale.unit / 1e6


def test_dates():
    assert words.day("2026-10-31") == "31 Oct 2026"
    assert words.month("2027-02-28") == "Feb 2027"
    assert words.days("2027-02-01", "2027-02-28") == "Feb 2027"
    assert words.days("2026-10-31", "2026-10-31") == "31 Oct 2026"
    assert words.days("2026-11-13", "2026-11-30") == "13–30 Nov 2026"
    assert words.days("2026-11-13", "2027-01-31") == "13 Nov 2026 – 31 Jan 2027"


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("Acme\x1b[31m Ltd", "Acme[31m Ltd"),
        ("a\u202eb\u200fc\u2066", "abc"),
        ("two\nlines\tand\x00more", "two lines andmore"),
        ("\ud800x", "x"),
        ("Größe 日本 🙂", "Größe 日本 🙂"),
        ("\u2028line\u2029", "line"),
        ("\x9b31mred", "31mred"),
        ("e" + "\u0301" * 500 + "f\u0302", "e" + "\u0301" * 4 + "f\u0302"),
    ],
)
def test_text_cannot_steer_a_terminal(text, kept):
    assert words.plain(text) == kept


def test_marks_take_no_columns():
    assert [words.width(text) for text in ("e\u0301", "x\u20dd", "ก\u0e49", "🙂\ufe0f", "日本")] == [
        1,
        1,
        1,
        2,
        4,
    ]


@given(st.text(), st.integers(2, 40))
def test_cut_text_fits(text, columns):
    short = words.plain(text, columns)
    assert words.width(short) <= columns
    assert short == words.plain(short)


def test_what_is_cut_ends_after_a_word():
    text = "1 deal on a day: counted for one year"
    assert words.cut_at_word(text, len(text)) == text
    assert words.cut_at_word(text, 36) == "1 deal on a day: counted for one …"
    assert words.cut_at_word(text, 18) == "1 deal on a day …"
    assert words.cut_at_word("Donaudampfschiff", 8) == "Donauda…"
    assert all(words.width(words.cut_at_word(text, size)) <= size for size in range(1, 40))
