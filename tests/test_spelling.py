"""Misspelt names are understood, and words that mean nothing here are not."""

import random
import time
from functools import cache
from itertools import chain

import pytest

from simulator.errors import did_you_mean
from simulator.loading.history_columns import COLUMNS
from simulator.scenario.schema import keys_at
from simulator.scenario.table_model import TABLES
from simulator.spelling import nearest, with_words_of

SEGMENT = ("segments", "smb")
KEYS = [
    keys_at(()),
    keys_at(("data",)),
    keys_at(("cash",)),
    keys_at(SEGMENT),
    keys_at((*SEGMENT, "new_pipeline")),
]
STAGES = [
    ("Need established", "Solution proposed", "Contract", "Won", "Lost"),
    ("Prospecting", "Qualification", "Needs Analysis", "Value Proposition", "Id. Decision Makers",
     "Perception Analysis", "Proposal/Price Quote", "Negotiation/Review", "Closed Won", "Closed Lost"),
    ("Appointment scheduled", "Qualified to buy", "Presentation scheduled", "Decision maker bought-in",
     "Contract sent", "Closed won", "Closed lost"),
    ("Qualifizierung", "Bedarf geklärt", "Angebot abgegeben", "Verhandlung", "Auftrag erteilt", "Verloren"),
    ("Первый контакт", "Переговоры", "Договор", "Сделка закрыта"),
]  # fmt: skip
CHOICES = [
    ("bookings", "billings", "revenue", "receipts", "balance", "arr"),
    ("month", "quarter", "week"),
    ("snapshot", "entry"),
    ("weibull", "gamma", "loglogistic", "fixed", "empirical", "hazard", "lognormal"),
    ("over-term", "at-delivery", "at-milestone", "at-acceptance"),
    ("following", "modified-following", "preceding"),
    ("salesforce", "hubspot", "pipedrive", "dynamics", "odoo", "xero", "quickbooks", "netsuite", "sap"),
]
LISTS = {
    "keys": [tuple(keys) for keys in KEYS],
    "columns": [TABLES["deals"], TABLES["invoices"], TABLES["renewals"], COLUMNS["events"]],
    "stages": STAGES,
    "choices": CHOICES,
}
ENGLISH = ("qwertyuiop", "asdfghjkl", "zxcvbnm")
GERMAN = ("qwertzuiopü", "asdfghjklöä", "yxcvbnm")
WORDS = """
apple bridge candle dolphin elephant forest garden harbour island jungle kitchen ladder mountain needle
ocean pencil queen river saddle tiger umbrella valley window yellow zebra anchor basket carpet desert engine
feather guitar hammer insect jacket kettle lemon mirror napkin orange pillow quilt rabbit sailor turtle
uncle violin walnut oyster pepper copper silver marble cotton velvet thunder winter summer autumn spring
monday friday breakfast dinner potato tomato cabbage onion garlic cinnamon vanilla chocolate biscuit butter
cheese yoghurt doctor nurse teacher painter farmer soldier lawyer pilot carpenter plumber actor singer
dancer poet novelist airport railway subway bicycle tractor rocket satellite telescope microscope compass
lantern torch battery castle palace temple church cathedral museum library theatre cinema stadium hospital
prison factory windmill happiness sadness courage wisdom patience freedom justice honesty loyalty curiosity
jealousy laughter silence mathematics physics chemistry biology geology astronomy history philosophy music
geometry algebra grammar elbow shoulder ankle finger stomach kidney eyebrow forehead eyelash tongue knuckle
penguin ostrich flamingo sparrow eagle falcon pigeon raven crocodile lizard tortoise salamander jellyfish
lobster shrimp salmon herring whale shark walrus otter beaver squirrel hedgehog badger kangaroo koala panda
oak birch maple willow cedar bamboo cactus orchid tulip daisy lavender sunflower dandelion mushroom trousers
sweater blouse sandals slippers mittens scarf necklace bracelet earring raincoat hurricane blizzard drizzle
avalanche earthquake volcano glacier waterfall lagoon peninsula canyon meadow Apfel Brücke Kerze Elefant
Wald Garten Hafen Insel Dschungel Küche Leiter Nadel Ozean Bleistift Königin Fluss Sattel Regenschirm
Fenster Anker Teppich Wüste Feder Gitarre Jacke Zitrone Spiegel Kissen Kaninchen Schildkröte Geige Walnuss
Pfeffer Kupfer Marmor Baumwolle Donner Frühstück Kartoffel Zwiebel Knoblauch Schokolade Käse Arzt Lehrer
Maler Bauer Soldat Pilot Tischler Schauspieler Sänger Dichter Flughafen Fahrrad Rakete Fernrohr Kompass
Laterne Burg Tempel Kirche Bücherei Gefängnis Windmühle Freude Mut Weisheit Geduld Freiheit Gerechtigkeit
Neugier Gelächter Stille Ellbogen Schulter Finger Magen Niere Augenbraue Zunge Pinguin Strauß Adler Taube
Rabe Krokodil Eidechse Hummer Lachs Wal Biber Eichhörnchen Igel Dachs
"""
UNRELATED = tuple(WORDS.split())


def typos(name, rng):
    """Yield what people make of a name, each with its kind."""
    at = [i for i, c in enumerate(name) if c.isalpha()]
    inner = [i for i in at if i + 1 in at and name[i].casefold() != name[i + 1].casefold()]
    if inner:
        i = rng.choice(inner)
        yield "swapped", name[:i] + name[i + 1] + name[i] + name[i + 2 :]
    i = rng.choice(at)
    yield "dropped", name[:i] + name[i + 1 :]
    i = rng.choice(at)
    yield "doubled", name[:i] + name[i] + name[i:]
    for kind, rows in (("neighbour, en", ENGLISH), ("neighbour, de", GERMAN)):
        fitting = [i for i in at if any(name[i].casefold() in row for row in rows)]
        if fitting:
            i = rng.choice(fitting)
            row = next(row for row in rows if name[i].casefold() in row)
            x = row.index(name[i].casefold())
            yield (
                kind,
                name[:i] + rng.choice([row[n] for n in (x - 1, x + 1) if 0 <= n < len(row)]) + name[i + 1 :],
            )
    yield "capitals", name.swapcase()
    yield "blanks", name.replace("_", " ") if "_" in name else name.replace(" ", "_").replace("-", "")
    yield "plural", name[:-1] if name.endswith("s") else f"{name}s"
    words = name.replace("-", " ").replace("_", " ").split()
    if len(words) > 1:
        yield (
            "words swapped",
            "_".join([*words[1:], words[0]]) if "_" in name else " ".join([*words[1:], words[0]]),
        )


@cache
def made(what):
    """Return typos of every name of some lists, with what was meant and what was understood."""
    rng, found = random.Random(1), []
    for known in LISTS[what]:
        for name in known:
            if len(name) > 2:
                found += [
                    (kind, typo, name, nearest(typo, known))
                    for kind, typo in typos(name, rng)
                    if typo not in known
                ]
    return found


@pytest.mark.parametrize("what", LISTS)
def test_what_is_misspelt_is_understood(what):
    cases = made(what)
    assert len(cases) > 200 and sum(len(made(other)) for other in LISTS) > 1_000
    wrong = [case for case in cases if case[2] != case[3]]
    assert len(wrong) <= 0.05 * len(cases), (len(wrong), len(cases), wrong[:40])


def test_each_kind_of_slip_is_understood():
    kinds = {}
    for kind, _, name, understood in chain.from_iterable(made(what) for what in LISTS):
        kinds.setdefault(kind, []).append(understood == name)
    shares = {kind: sum(right) / len(right) for kind, right in kinds.items()}
    assert min(shares.values()) >= 0.9 and len(shares) == 9, shares


@pytest.mark.parametrize("what", LISTS)
def test_what_means_nothing_is_not_guessed_at(what):
    assert len(UNRELATED) >= 300
    guessed = {(word, nearest(word, known)) for known in LISTS[what] for word in UNRELATED}
    guessed = {(word, found) for word, found in guessed if found is not None}
    words = {word for word, _ in guessed}
    assert len(words) <= 0.05 * len(UNRELATED), guessed


@pytest.mark.parametrize(
    ("written", "known", "meant"),
    [
        ("Need_established", STAGES[0], "Need established"),
        ("needs established", STAGES[0], "Need established"),
        ("established need", STAGES[0], "Need established"),
        ("Expected Close Date", ("expected_close", "closed"), "expected_close"),
        ("Customer type", ("customer", "class"), None),
        ("Bedarf geklart", STAGES[3], "Bedarf geklärt"),
        ("переговары", STAGES[4], "Переговоры"),
        ("D1003", ("D1002", "D1004"), None),  # another number is another deal
        ("D1020", ("D1002", "D1004"), "D1002"),
        ("", ("a", ""), None),
        ("...", ("a", "-"), None),
        ("x" * 500, ("x" * 90, "y"), None),
        ("hazrd", (), None),
    ],
)
def test_examples(written, known, meant):
    assert nearest(written, known) == meant


def test_a_column_may_have_further_words():
    assert with_words_of("amount", ("Deal Amount (EUR)", "Stage")) == "Deal Amount (EUR)"
    assert with_words_of("amount", ("Deal Amount", "Amount in company currency")) is None
    assert with_words_of("-", ("Deal Amount",)) is None


def test_a_remedy_is_a_question():
    assert did_you_mean("proposl", ("Proposal",)) == "did you mean Proposal?"
    assert did_you_mean("zebra", ("Proposal",), "stages: Proposal") == "stages: Proposal"


def test_many_names_take_no_time():
    known = tuple(f"OPP-{n:06}-{'abcdefgh'[n % 8]}{n * 7919 % 9973}" for n in range(20_000))
    started = time.perf_counter()
    assert nearest(known[123].replace("123", "132"), known) == known[123]
    assert time.perf_counter() - started < 5
