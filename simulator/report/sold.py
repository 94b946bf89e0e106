"""Lay out what a company sells, which contracts end, and what it offers."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from simulator.distributions import Distribution
from simulator.money import minor_digits
from simulator.products import Product
from simulator.report.layout import NOTHING, table, wrapped_table
from simulator.scenario import Scenario
from simulator.words import Scale, day, percent, plain, width

RULES = {"at-delivery": "at delivery", "over-term": "over the term", "at-milestone": "at its milestones"}
MADE_TO = {"open": "open deals", "new": "deals yet to come", "all": "open deals and those to come"}


def products(scenario: Scenario) -> list[str]:
    """Lay out terms, revenue, days and renewal of each product."""
    if not scenario.products:
        return []
    header = ["product", "payment terms", "revenue", "days, middle", "renewal"]
    rows = []
    for product in scenario.products:
        terms = plain(product.terms.text, 120) if product.terms else "of the deal or its segment"
        spans = "; ".join(_days(product)) or NOTHING
        rows.append([plain(product.name, 40), terms, _revenue(product), spans, _renewal(product)])
    longest = min(max(width(row[0]) for row in rows), 18)
    lines = wrapped_table(header, rows, (longest, 48 - longest, 15, 14, 13))
    return ["What is sold", *("  " + line for line in lines)]


def renewals(scenario: Scenario, scale: Scale) -> list[str]:
    """Lay out the contracts that end inside the forecast, by product."""
    known = scenario.renewals
    if not len(known):
        return []
    unit, rates = 10.0 ** minor_digits(scenario.currency), scenario.rates
    convert = zip(known.amount, known.currency, strict=True)
    worth = np.array([float(rates.convert(int(a), c, np.array(1))) / unit for a, c in convert])
    fine = scale.showing(float(worth.sum()), 3)
    rows = []
    chosen = [(p.name, known.product == i) for i, p in enumerate(scenario.products)]
    for name, here in [*chosen, ("in all", np.ones(len(known), dtype=bool))]:
        if here.any():
            kept, money = known.chance[here], worth[here]
            share = float(np.average(kept, weights=money)) if money.sum() else float(kept.mean())
            brings = float((money * kept * (1 + known.uplift[here])).sum())
            count, total = f"{int(here.sum()):,}", fine.number(float(money.sum()))
            chance = percent(share) if 0 < share < 1 else f"{100 * share:.0f} %"
            rows.append([plain(name, 30), count, total, chance, fine.number(brings)])
    rows = rows if len(rows) > 2 else rows[-1:]
    header = ["product", "contracts", "worth", "renewed", "brings on average"]
    heading = f"Contracts that end by {day(scenario.horizon.end)}, {scale.name}"
    return [heading, *("  " + line for line in table(header, rows))]


def offers(scenario: Scenario) -> list[str]:
    """Lay out the offers in the order in which they are made."""
    if not scenario.offers:
        return []
    header = ["offer", "discount", "payment terms", "taken by", "from", "made to"]
    rows = []
    for offer in scenario.offers:
        whose = "" if offer.segment is None else f" of {plain(scenario.segments[offer.segment].name, 20)}"
        rows.append([plain(offer.name, 30), f"{100 * float(offer.discount):g} %", plain(offer.terms.text, 30),
                     f"{100 * offer.taken_by:g} %", day(scenario.horizon.date_of(offer.first_day)),
                     MADE_TO[offer.applies_to] + whose])  # fmt: skip
    return ["What is offered", *("  " + line for line in table(header, rows, (0, 2, 5), 98))]


def _revenue(product: Product) -> str:
    if product.recognise is None:
        return "not counted"
    months = f", {product.service_months} months" if product.service_months else ""
    return RULES[product.recognise] + (months if product.recognise == "over-term" else "")


def _days(product: Product) -> Iterator[str]:
    laws = (("start", product.start), ("delivery", product.delivery), ("acceptance", product.acceptance))
    for name, law in laws:
        if law is not None and (middle := _middle(law)):
            yield f"{name} {middle:.0f}"


def _middle(law: Distribution) -> float:
    return float(law.isf(0.5))


def _renewal(product: Product) -> str:
    if product.renewal is None:
        return "recurs, not renewed" if product.recurring else NOTHING
    renewal = product.renewal
    price = f", price {100 * renewal.uplift:+g} %".replace("-", "−") if renewal.uplift else ""
    return f"{100 * renewal.chance:g} %{price}"
