"""What a case of the corpus is, and how it is held against what comes out."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta

import numpy as np
from written import DEALS, SCENARIO, loaded

from simulator.errors import InputError
from simulator.receivables import UNPAID
from simulator.terms.dates import due_dates
from simulator.terms.grammar import TermsError, parse_terms


@dataclass(frozen=True)
class Case:
    """One oddity.

    Attributes:
        odd: what is odd, or the odd text itself.
        rule: which rule of `corpus_rules.RULES` decides.
        given: the files, as `written.write` takes them, or what makes them; or terms.
        refused: what it must be refused with, `CODE:LINE` and part of the message; None where it is read.
        reads: what it must be read as, by name.
    """

    odd: str
    rule: str
    given: Mapping[str, object]
    refused: str | None = None
    reads: Mapping[str, object] = field(default_factory=dict)

    def faults(self, folder, **more):
        """Tell what comes out other than it must."""
        given = {name: made() if callable(made) else made for name, made in self.given.items()}
        try:
            seen = terms(given["terms"]) if "terms" in given else Seen(loaded(folder, **given, **more))
        except (InputError, TermsError) as error:
            return self.faults_of_refusal(error)
        except Exception as error:  # a crash is never what must come out
            return [f"crashed: {error!r}"]
        if self.refused is not None:
            return [f"is read, and must be refused with {self.refused}"]
        return [
            f"{name} is {seen[name]!r}, not {value!r}"
            for name, value in self.reads.items()
            if seen[name] != value
        ]

    def faults_of_refusal(self, error):
        if isinstance(error, TermsError):
            told = [f"D019:{error.position + 1} {error.reason}"]
        else:
            told = [told_of(problem) for problem in error.every]
        if self.refused is None:
            return [f"is refused: {told}"]
        place, _, message = self.refused.partition(" ")
        fits = [text for text in told if text.split(" ")[0] == place and message in text]
        return [] if fits and len(told) == len(fits) else [f"is refused with {told}, not with {self.refused}"]


def told_of(problem):
    """A problem as a case writes it: its code, the physical line, what it says and offers."""
    return f"{problem.code}:{problem.line or ''} {problem.message} | {problem.remedy}"


class Seen:
    """What a scenario was read as: deals, wins and invoices by their ids as texts, and a few figures."""

    def __init__(self, scenario):
        self.scenario = scenario

    def __getitem__(self, name):
        known = PARTS.get(name)
        if known is not None:
            return known(self.scenario)
        return next(
            (text for table in (deals, wins, invoices) for key, text in table(self.scenario) if key == name),
            None,
        )


def day(scenario, days):
    return (scenario.horizon.as_of + timedelta(days=int(days))).isoformat()


def deals(scenario):
    table = scenario.pipeline
    for i, key in enumerate(table.id):
        stated = (
            "" if table.stated_day[i] != table.stated_day[i] else f" {day(scenario, table.stated_day[i])}"
        )
        yield key, f"{table.amount[i]} {table.currency[i]}{stated}"


def wins(scenario):
    table = scenario.wins
    for i, key in enumerate(table.id):
        yield key, f"won {table.amount[i]} {table.currency[i]} {day(scenario, table.day[i])}"


def invoices(scenario):
    table = scenario.receivables
    for i, key in enumerate(table.id):
        paid = table.paid_day[i]
        days = [
            day(scenario, d)
            for d in (table.invoice_day[i], table.due_day[i], *([] if paid == UNPAID else [paid]))
        ]
        yield key, " ".join([str(table.amount_minor[i]), table.currencies[table.currency_index[i]], *days])


PARTS: dict[str, Callable] = {
    "ids": lambda s: " ".join(key for table in (deals, wins) for key, _ in table(s)),
    "names": lambda s: "|".join(s.pipeline.name),
    "customers": lambda s: "|".join(s.pipeline.customer),
    "description": lambda s: s.description,
    "seed": lambda s: s.seed,
    "trials": lambda s: s.trials,
    "name": lambda s: s.name,
    "until": lambda s: s.horizon.end.isoformat(),
    "as_of": lambda s: s.horizon.as_of.isoformat(),
    "segments": lambda s: " ".join(segment.name for segment in s.segments),
    "stages": lambda s: "|".join(s.segments[0].funnel.stages),
    "ladder": lambda s: " ".join(f"{chance:g}" for chance in s.segments[0].set_ladder),
    "of": lambda s: " ".join(s.segments[i].name for i in s.pipeline.segment),
    "notes": lambda s: " ".join(sorted({note[0] for note in s.notes} - {"W013", "W014", "W015"})),
    "lost": lambda s: " ".join(s.lost),
}


def terms(text):
    """Payment terms by what they mean for an invoice of 20 January 2026."""
    found, again = parse_terms(text), ""
    if every := found.recurrence:
        again = f"every {every.every_months}m{' in arrears' * every.arrears}"
        again += f" for {every.for_months} +{every.uplift}"
    return {"means": "; ".join(map(instalment, found.clauses)), "again": again}


def instalment(part):
    due = due_dates(part.due, np.array(["2026-01-20"], "datetime64[D]"))[0]
    lag = f"+{part.months}m" * bool(part.months) + f"+{part.lag_days}d" * bool(part.lag_days)
    discount = f", {part.discount.share} off in {part.discount.days}d" if part.discount else ""
    return f"{part.share} {part.event}{lag} due {due}{discount}{', certain' * part.certain}"


# ---- how cases are written


def row(odd, rule, cells, refused=None, **reads):
    """A further row of the small company's deals, on line 6."""
    return Case(odd, rule, {"deals": DEALS + cells + "\n"}, refused, reads)


def table(odd, rule, content, refused=None, scenario=SCENARIO, **reads):
    """A table of deals of its own."""
    return Case(odd, rule, {"deals": content, "scenario": scenario}, refused, reads)


def changed(odd, rule, was, now, refused=None, **reads):
    """The small company's scenario with a text changed."""
    assert was in SCENARIO, was
    return Case(odd, rule, {"scenario": SCENARIO.replace(was, now)}, refused, reads)


def added(odd, rule, text, refused=None, **reads):
    """The small company's scenario with text at its end, on line 14."""
    return Case(odd, rule, {"scenario": SCENARIO + text}, refused, reads)


def term(text, rule, refused=None, means=None, again=""):
    """Payment terms: refused at a character, or what they mean."""
    return Case(text, rule, {"terms": text}, refused, {"means": means, "again": again})
