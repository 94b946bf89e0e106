"""Small scenarios built from nouns, with defaults that a test overrides where it cares."""

from datetime import date, timedelta

import numpy as np

from simulator.amounts import AmountChange
from simulator.clock import Clock, operational_clock
from simulator.close_dates import CloseDateRule
from simulator.currency import RateCurve
from simulator.deals import Pipeline, Wins
from simulator.distributions import Fixed, Gamma, LogNormal, Weibull
from simulator.fiscal import MonthCalendar
from simulator.funnel import Funnel, advance_chances
from simulator.market import Market
from simulator.payments import PaymentBehaviour
from simulator.periods import horizon
from simulator.products import Line, Product
from simulator.receivables import Receivables
from simulator.renewals import Renewals
from simulator.scenario import Recycling, Scenario, Segment, Soberness
from simulator.terms import parse_terms

AS_OF = date(2026, 10, 31)
ARTICLE_LADDER = (0.05, 0.10, 0.30, 0.60, 0.65, 0.70, 0.90)
ARTICLE_STAGES = tuple(f"S{n}" for n in range(1, 8))
NEVER_CHANGED = AmountChange(unchanged=1.0)
CAUSES = [[0.0, 0.5, 0.1, 0.0, 0.4], [0.1, 0.0, 0.6, 0.05, 0.25], [0.0, 0.1, 0.0, 0.7, 0.2]]


def make_clock(as_of=AS_OF, first_day=-1500, last_day=2500, country=None, quarter_end_weight=1.0):
    return operational_clock(as_of, first_day, last_day, country, quarter_end_weight)


def plain_clock(first_day=-1500, last_day=2500):
    """A clock without weekends: one operational day a day."""
    return Clock(first_day, np.arange(first_day, last_day + 1, dtype=np.float64))


def make_funnel(ladder=(0.2, 0.5, 0.8), back=None, stay=None, transitions=None, stays=None):
    """A funnel of entry chances, back rates and one law of stay (or one a stage, or a whole table)."""
    if transitions is None:
        size = len(ladder)
        others = np.zeros((size, size + 2))
        for s in range(1, size):
            others[s, s - 1] = back[s] if back is not None else 0.0
        transitions = advance_chances(np.array(ladder, dtype=np.float64), others)
    transitions = np.array(transitions, dtype=np.float64)
    size = len(transitions)
    if stays is None:
        stay = stay if stay is not None else LogNormal.from_median(15, 40)
        laws = stay if isinstance(stay, list | tuple) else [stay] * size
        stays = [[laws[s]] * (size + 2) for s in range(size)]
    table = tuple(tuple(law if p > 0 else None for law, p in zip(*pair, strict=True))
                  for pair in zip(stays, transitions, strict=True))  # fmt: skip
    return Funnel(tuple(f"S{s + 1}" for s in range(size)), transitions, table)


def article_funnel(**overrides):
    back = (0, 0.05, 0.05, 0.05, 0.10, 0.15, 0.10)
    return make_funnel(**{"ladder": ARTICLE_LADDER, "back": back} | overrides)


def causes_funnel():
    """Losers linger, some moves are quick, one stay may take no day at all."""
    quick, slow, none = LogNormal.from_median(9, 25), Weibull(1.3, 45.0), Gamma(0.7, 12.0)
    stays = [
        [None, quick, none, None, slow],
        [quick, None, none, none, slow],
        [None, slow, None, quick, none],
    ]
    return make_funnel(transitions=CAUSES, stays=stays)


def make_segment(**overrides):
    funnel = overrides.pop("funnel", None) or make_funnel()
    size = len(funnel.stages)
    values = {
        "name": "smb",
        "funnel": funnel,
        "set_ladder": np.array(funnel.ladder),
        "doubt": np.zeros(size),
        "clock": make_clock(),
        "soberness": Soberness(),
        "close_date": CloseDateRule(),
        "amount_change": AmountChange(),
        "recycling": Recycling(0.0, LogNormal.from_median(60, 120)),
        "generation": None,
        "terms": {"default": parse_terms("net 30")},
        "payment": {"default": PaymentBehaviour.default()},
        "invoice_lag": 3,
        "delivery": Fixed(0),
        "acceptance": Fixed(0),
        "roll": "none",
        "holidays": np.array([], dtype="datetime64[D]"),
    }
    return Segment(**values | overrides)


def make_pipeline(count=0, **columns):
    """A pipeline of `count` deals; each column is one value for all of them or one a deal.

    Columns may also be given without a count, when one of them is as long as there are deals.
    """
    lengths = {len(c) for c in columns.values() if isinstance(c, list | tuple | np.ndarray)}
    count = count or (lengths.pop() if lengths else 0)
    defaults = {
        "id": [f"D{n:04d}" for n in range(count)], "name": "",
        "customer": [f"C{n:04d}" for n in range(count)], "customer_class": "",
        "segment": 0, "stage": 0, "amount": 1_000_000, "currency": "EUR", "age": 0.0,
        "stated_days": np.nan, "stated_day": np.nan, "probability": np.nan, "terms": "",
        "pushes": -1,
    }  # fmt: skip
    kinds = {"segment": np.int64, "stage": np.int64, "amount": np.int64, "pushes": np.int64,
             "age": np.float64, "stated_days": np.float64, "stated_day": np.float64,
             "probability": np.float64}  # fmt: skip
    extra, lines = columns.pop("extra", {}), _lines(columns, count)
    filled = {}
    for name, default in (defaults | columns).items():
        value = default if isinstance(default, list | tuple | np.ndarray) else [default] * count
        assert len(value) == count, name
        filled[name] = np.array(value, dtype=kinds[name]) if name in kinds else tuple(value)
    return Pipeline(**filled, lines=lines, extra=extra)


def _lines(columns, count):
    """Take `lines` (one tuple for all, or one a deal) or `service_months` (likewise) out of the columns."""
    months = columns.pop("service_months", 0)
    lines = columns.pop("lines", None)
    if lines is not None:
        return tuple(lines) if lines and isinstance(lines[0], tuple) else (tuple(lines),) * count
    months = months if isinstance(months, list | tuple | np.ndarray) else [months] * count
    return tuple((Line(months=int(m)),) for m in months)


def make_wins(**columns):
    """Deals already won; without columns none."""
    count = len(columns.get("day", ()))
    texts = {
        "id": [f"W{n:04d}" for n in range(count)], "name": [""] * count, "terms": [""] * count,
        "customer": [f"W{n:04d}" for n in range(count)], "customer_class": [""] * count,
        "currency": ["EUR"] * count,
    }  # fmt: skip
    numbers = {"segment": [0] * count, "amount": [500_000] * count, "day": []}
    lines = _lines(columns, count)
    return Wins(
        **{name: tuple(columns.get(name, default)) for name, default in texts.items()},
        **{name: np.array(columns.get(name, default), dtype=np.int64) for name, default in numbers.items()},
        lines=lines,
        extra=columns.get("extra", {}),
    )


def make_renewals(**columns):
    """Renewals that fall due; each column is one value a renewal."""
    count = len(columns["due_day"])
    filled = {
        "id": [f"R{n:04d}" for n in range(count)], "customer": [f"RC{n:04d}" for n in range(count)],
        "customer_class": [""] * count, "segment": [0] * count, "product": [0] * count,
        "amount": [1_000_000] * count, "currency": ["EUR"] * count, "chance": [0.8] * count,
        "uplift": [0.0] * count,
    } | columns  # fmt: skip
    kinds = {"segment": np.int64, "product": np.int64, "amount": np.int64, "due_day": np.int64,
             "chance": np.float64, "uplift": np.float64}  # fmt: skip
    return Renewals(**{n: np.array(v, dtype=kinds[n]) if n in kinds else tuple(v) for n, v in filled.items()})


def make_product(name="licence", **overrides):
    """A product; terms may be text."""
    if isinstance(terms := overrides.get("terms"), str):
        overrides["terms"] = parse_terms(terms)
    return Product(name, **overrides)


def make_receivables(**columns):
    """Opening invoices; without columns none."""
    count = len(columns.get("due_day", ()))
    if not count:
        return Receivables.empty()
    filled = {
        "id": [f"I{n:04d}" for n in range(count)], "deal": [""] * count,
        "customer": [f"C{n:04d}" for n in range(count)], "class_index": [0] * count,
        "amount_minor": [100_000] * count, "currency_index": [0] * count, "invoice_day": [-10] * count,
        "paid_day": [2**62] * count, "currencies": ("EUR",), "tax_minor": [0] * count,
        "disputed": [False] * count,
    } | columns  # fmt: skip
    return Receivables(**filled)


def make_scenario(**overrides):
    """A scenario of one segment without deals; `months` or `days` set the length of its horizon."""
    as_of = overrides.pop("as_of", AS_OF)
    months, days = overrides.pop("months", 12), overrides.pop("days", None)
    if days is None:
        last = as_of + timedelta(days=1)
        year, month = divmod(last.year * 12 + last.month - 1 + months, 12)
        days = (date(year, month + 1, 1) - as_of).days - 1
    values = {
        "name": "test",
        "description": "a scenario of a test",
        "currency": "EUR",
        "horizon": horizon(
            as_of, as_of + timedelta(days=days), MonthCalendar(overrides.pop("fiscal_start", 1))
        ),
        "segments": (make_segment(),),
        "pipeline": make_pipeline(),
        "wins": make_wins(),
        "receivables": make_receivables(),
        "rates": RateCurve.of("EUR", {}),
        "market": Market.independent(),
        "targets": (),
        "trials": 1000,
        "seed": 1,
    }
    return Scenario(**values | overrides)
