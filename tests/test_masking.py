"""No password, key or token is shown, however it is written; what is none stays as it is."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st
from secret_shapes import SECRET, SHAPES, leaks, shape

from simulator import masking
from simulator.masking import HIDDEN, holds_secret, masked, without

HARMLESS = (
    "Forecast of bookings, by stage: Proposal 30%, Contract 80%",
    "deals.csv, row 3 (line 4), column \"amount\": \"12.500,00 EUR\"",
    "https://crm.example.com/reports/42?format=csv&from=2026-01-01",
    "https://crm.example.com:8443/x",
    "http://127.0.0.1:8786/status",
    "tcp://scheduler:8786", "`tcp://localhost:8786`: one",
    "tls://10.0.0.1:8786, or local:4",
    "segments.smb.close_date.slip=1.5",
    "anna@example.com, mailto:anna@example.com",
    "ask anna@example.com: the table is hers",
    "https://crm.example.com: ask anna@example.com",
    "sqlite:///C:/data/sales.db",
    "sqlite:////srv/data/sales.db",
    "duckdb:///warehouse.duckdb",
    "postgresql://db.example.com:5432/sales",
    "postgresql://funnel@db.example.com/sales",
    "error[S010] unknown key\n  small.yaml, line 3, targets.\"FY 27\".amont: \"6M\"",
    "2026-10-31T23:30:00-05:00",
    "A1-B2_C3: won / lost @ 30 %",
    "basic assumptions and token efforts; a key account",
    "C:\\Users\\anna\\deals.csv",
    "/home/anna/project/reports/saas-hardware/2026-10-31-2",
    "sk-learn, pk_deals, sk_short",
)  # fmt: skip


@pytest.mark.parametrize("name", SHAPES)
def test_a_secret_is_hidden_in_every_shape(name):
    text = shape(name)
    assert leaks(text)
    for whole in (
        text,
        f'error[S013] unfit\n  a.yaml, line 3: "{text}"\n  remedy',
        repr(text),
        [text].__repr__(),
    ):
        hidden = masked(whole)
        assert not leaks(hidden), hidden
        assert HIDDEN in hidden
        assert masked(hidden) == hidden, "what is masked stays as it is"
    assert holds_secret(text)


def test_a_secret_is_hidden_where_a_text_is_cut_off():
    seen = 0
    for name in [name for name, text in SHAPES.items() if "://funnel:{s}" in text]:
        for length in range(20, len(shape(name))):
            cut = shape(name)[:length]
            seen += SECRET in cut
            assert not leaks(masked(cut)), cut
    assert seen > 100


@pytest.mark.parametrize(("text", "shown"), [
    ("postgresql://funnel:{}@db:5432/sales is down", "postgresql://funnel:***@db:5432/sales is down"),
    ("https://funnel:{}@crm.example.com/a.csv is gone", "https://funnel:***@crm.example.com/a.csv is gone"),
    ("host=db password={} dbname=sales", "host=db password=*** dbname=sales"),
    ("Authorization: Bearer {}\nHost: db", "Authorization: ***\nHost: db"),
])  # fmt: skip
def test_what_is_no_secret_beside_one_is_still_told(text, shown):
    assert masked(text.format(SECRET)) == shown


@pytest.mark.parametrize("text", HARMLESS)
def test_what_holds_no_secret_stays(text):
    assert masked(text) == text and not holds_secret(text)


@given(st.text(st.sampled_from("ab1:/@?#%=&\\'\"{} *.-_"), max_size=60), st.sampled_from(sorted(SHAPES)))
def test_masking_twice_is_masking_once(text, name):
    for one in (text, text + shape(name), f"{shape(name)} {text}"):
        assert masked(masked(one)) == masked(one)


def test_a_long_hostile_text_is_masked_soon():
    pieces = (
        *(
            "postgresql://",
            "a:",
            "a:b@",
            "https://a:",
            "password='",
            "login x ",
            "eyJaaaaa.",
            "a/b@",
            "pwd",
            "x=",
        ),
        *(
            "-----BEGIN PRIVATE KEY-----",
            "%3A%2F%2F",
            "basic ",
            "identified by ",
            "sqlite:",
            "a%3A%2F%2F",
            "-",
        ),
    )
    start = time.perf_counter()
    for piece in pieces:
        masked(piece * (10_000 // len(piece)))
    assert time.perf_counter() - start < 5  # it takes a fifth of a second


def test_no_secret_is_overlooked_before_it_is_looked_for():
    """The look at a text's marks saves time and must not let a shape pass."""
    for name in SHAPES:
        text = shape(name)
        for end in range(len(text) + 1):
            cut = text[:end]
            hidden = cut
            for pattern, shown in masking._patterns():
                hidden = pattern.sub(shown, hidden)
            assert masked(cut) == hidden or SECRET not in cut, cut


def test_known_secrets_are_hidden_however_they_are_quoted():
    secret = "p@ss w/ö%'x"
    told = f"failed for {secret}, {secret!r}, p%40ss%20w%2F%C3%B6%25%27x, p%40ss+w%2F%C3%B6%25%27x"
    hidden = without(told, secret, "")
    assert "ss" not in hidden and hidden.count(HIDDEN) == 4
