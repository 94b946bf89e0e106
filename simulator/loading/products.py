"""Turn what a scenario says about products, mixes and offers into nouns; their names meet here."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from fractions import Fraction

from simulator.errors import did_you_mean
from simulator.loading.problems import Problems
from simulator.offers import Offer
from simulator.products import Line, Product, Renewal
from simulator.scenario.model import ScenarioFile
from simulator.scenario.money_model import SHORTEST_TERM, ProductFile
from simulator.scenario.segment_model import SegmentFile
from simulator.scenario.tree import Keys, Tree
from simulator.terms import PaymentTerms, TermsError, parse_terms


def build_products(file: ScenarioFile, tree: Tree, problems: Problems) -> tuple[Product, ...]:
    """Return the products in their order; what cannot be becomes problems."""
    return tuple(_product(name, given, tree, problems) for name, given in file.products.items())


def build_mix(
    name: str, file: SegmentFile, products: Sequence[Product], tree: Tree, problems: Problems
) -> tuple[Line, ...]:
    """Return what deals of a segment are made of that name no product; one line without any by default."""
    names = [product.name for product in products]
    lines = []
    for product, given in file.mix.items():
        if product not in names:
            remedy = did_you_mean(product, names, "products: " + (", ".join(names) or "none"))
            keys = ("segments", name, "mix", product)
            problems.add(tree.problem("S060", f"there is no product {product}", keys, None, remedy))
        elif given > 0:
            lines.append(Line(names.index(product), Fraction(Decimal(repr(given)))))
    total = sum((line.share for line in lines), Fraction(0))
    return tuple(Line(line.product, line.share / total) for line in lines) or (Line(),)


def build_offers(file: ScenarioFile, tree: Tree, problems: Problems) -> tuple[Offer, ...]:
    """Return the offers in their order; unknown segments and unreadable terms become problems."""
    segments, found = tuple(file.segments), []
    for name, given in file.offers.items():
        keys = ("offers", name)
        terms = read_terms(given.terms, (*keys, "terms"), tree, problems)
        if given.segment not in (*segments, "all"):
            known = ("all", *segments)
            remedy = did_you_mean(given.segment, known, "segments: " + ", ".join(known))
            message = f"there is no segment {given.segment}"
            problems.add(tree.problem("S042", message, (*keys, "segment"), None, remedy))
        elif terms is not None:
            segment = None if given.segment == "all" else segments.index(given.segment)
            first = 1 if given.first is None else (given.first - file.as_of).days
            discount = Fraction(given.discount)
            found.append(Offer(name, discount, terms, given.taken_by, segment, first, given.applies_to))
    return tuple(found)


def read_terms(text: str, keys: Keys, tree: Tree, problems: Problems) -> PaymentTerms | None:
    """Return payment terms of the scenario, None with a problem where they cannot be read."""
    try:
        return parse_terms(text)
    except TermsError as error:
        message = f"terms cannot be read: {error.reason} (character {error.position + 1})"
        problems.add(tree.problem("S045", message, keys, text, error.remedy))
        return None


def _product(name: str, given: ProductFile, tree: Tree, problems: Problems) -> Product:
    keys = ("products", name)
    terms = None if given.terms is None else read_terms(given.terms, (*keys, "terms"), tree, problems)
    months = given.service_months or 0
    if not months and terms is not None and terms.recurrence is not None:
        months = terms.recurrence.for_months or 0
    if given.renewal is not None and months < SHORTEST_TERM:
        has = f"has a term of {months} months" if months else "does not say how long its term is"
        remedy = f"set service_months to at least {SHORTEST_TERM}, such as 12"
        message = f"{name} is renewed, but {has}"
        problems.add(tree.problem("S061", message, (*keys, "renewal"), None, remedy))
    return Product(
        name=name,
        terms=terms,
        invoice_lag=None if given.invoice_lag is None else round(given.invoice_lag),
        delivery=None if given.delivery is None else given.delivery.distribution(),
        acceptance=None if given.acceptance is None else given.acceptance.distribution(),
        start=given.start.distribution(),
        service_months=months,
        recognise=given.recognise,
        tax=None if given.tax is None else Fraction(given.tax),
        recurring=given.recurring,
        renewal=None if given.renewal is None else _renewal(given),
    )


def _renewal(given: ProductFile) -> Renewal:
    assert given.renewal is not None
    return Renewal(given.renewal.chance, given.renewal.uplift, given.renewal.slip.distribution())
