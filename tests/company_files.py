"""What an invented company believes of itself, and its files as exported on the as-of day."""

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

import numpy as np
from company_walk import Calendar, log_survivor, play
from scipy import optimize

from simulator.distributions import LogNormal
from simulator.funnel import Funnel, tilted
from simulator.history import LOST, NEVER, UNKNOWN, WON

OUTCOMES = {WON: "won", LOST: "lost"}


@dataclass(frozen=True, eq=False)
class Base:
    """The set table of a company, optimistic as it is.

    Attributes:
        funnels: by segment; one stage `Open` where the company keeps no log of stages.
        text: the same as a scenario file that names deals.csv beside it.
    """

    funnels: Mapping[str, Funnel]
    text: str


def set_table(company):
    """Return what the company would set without looking at its history: the truth with better odds."""
    funnels = {}
    for g, name in enumerate(company.history.segments):
        make = by_stage if company.options.logged else of_one_stage
        funnels[name] = make(company, g)
    return Base(funnels, scenario_text(company, funnels))


def by_stage(company, g):
    """Tilt the true kernel of a segment; stays as they truly are, whatever the next move."""
    truth = company.truth
    h, p, o = truth.targets[g], truth.transitions[g], company.options.optimism
    set_p = p * (1 + h * (o - 1))
    set_p /= set_p.sum(axis=1, keepdims=True)
    set_p[np.arange(truth.size), truth.lost] += 1 - set_p.sum(axis=1)
    laws = [stay_law(truth, g, s) for s in range(truth.size)]
    return funnel(company.history.stages, set_p, laws)


def of_one_stage(company, g):
    """Give the one stage in which all deals are open: chance from entry, days from creation to the end."""
    truth = company.truth
    chance = tilted(truth.entry[g] @ truth.ladder[g], company.options.optimism)
    rng = np.random.default_rng([company.seed, 4])
    calendar = Calendar(company.t, company.t + 3000)
    begun = np.full(2000, company.t + 1)
    entry = rng.choice(truth.size, 2000, p=truth.entry[g])
    quiet = np.zeros((1, calendar.quarters, len(truth.per_month)))
    deal, _, day, _ = play(rng, truth, calendar, np.full(2000, g), entry, begun, np.ones(2000), quiet)
    end = np.zeros(2000)
    end[deal] = calendar.clock(np.minimum(day, calendar.last)) - calendar.clock(begun[deal])
    middle, late = np.quantile(end, (0.5, 0.9))
    law = LogNormal.from_median(max(middle, 1.0), max(late, middle + 1, 2.0))
    return funnel(company.history.stages, np.array([[0.0, chance, 1 - chance]]), [law])


def stay_law(truth, g, s):
    """Return the log-normal with median and p90 of the days in a stage over all next moves."""
    p, mu, sigma = truth.transitions[g, s], truth.mu[g, s], truth.sigma[g, s]

    def days(q):
        excess = lambda ln: p @ np.exp(log_survivor(np.exp(ln) + 0.5, mu, sigma)) - q  # noqa: E731
        return float(np.exp(optimize.brentq(excess, -20, 20)))

    return LogNormal.from_median(days(0.5), days(0.1))


def funnel(stages, transitions, laws):
    """Build the noun, each stage with one law for all its moves."""
    stays = tuple(
        tuple(law if chance > 0 else None for chance in row)
        for law, row in zip(laws, transitions, strict=True)
    )
    return Funnel(tuple(stages), transitions, stays)


# ---- files


def scenario_text(company, funnels):
    """Write the set table as a scenario file."""
    lines = [
        "version: 1",
        f"name: company-{company.seed}",
        "description: an invented company whose truth is known",
        "source: invented",
        f"as_of: {date.fromordinal(company.t)}",
        f"horizon: {date.fromordinal(company.end)}",
        "currency: EUR",
        "data: {deals: deals.csv}",
        "segments:",
    ]
    for name, table in funnels.items():
        lines += [f"  {name}:", "    probability_basis: entry", "    stages:"]
        lines += [f"      {stage}: {stage_text(table, s)}" for s, stage in enumerate(table.stages)]
    return "\n".join(lines) + "\n"


def stage_text(table, s):
    """Write one stage of a funnel that only advances, goes one back, or loses."""
    law = next(law for law in table.stays[s] if law is not None)
    median, p90 = np.exp(law.mu), law.isf(0.1)
    back = f", back: {table.transitions[s, s - 1]:.12g}" if s and table.transitions[s, s - 1] else ""
    return f"{{close: {table.ladder[s]:.12g}{back}, days: {{median: {median:.6g}, p90: {float(p90):.6g}}}}}"


def write_files(company, folder, sitting=False):
    """Write events.csv, deals.csv and scenario.yaml as they stood on the as-of day; return their paths.

    Without a log of stages there is no events.csv. The log holds moves from its first day on; with `sitting`
    also when the deals that were open then had entered the stage they sat in.
    """
    known = company.history.as_of(company.t)
    (folder / "scenario.yaml").write_text(company.base.text, "utf-8")
    paths = {"scenario": folder / "scenario.yaml", "deals": folder / "deals.csv"}
    write_rows(paths["deals"], deals_rows(company, known))
    if known.logged:
        paths["events"] = folder / "events.csv"
        write_rows(paths["events"], events_rows(known, sitting))
    return paths


def write_rows(path, rows):
    """Write dictionaries of the same keys as CSV."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]) if rows else ["id", "stage", "amount"])
        writer.writeheader()
        writer.writerows(rows)


def events_rows(known, sitting):
    """Return the log, one row a move."""
    moves, names = known.moves, (*known.stages, "won", "lost")
    return [
        {
            "deal": known.deals.id[moves.deal[n]],
            "stage": names[moves.stage[n]],
            "entered_at": iso(moves.day[n]),
            "recorded_at": iso(moves.recorded[n]),
            "segment": known.segments[known.deals.segment[moves.deal[n]]],
            "amount": f"{moves.amount[n] / 100:.2f}",
            "expected_close": iso(moves.stated[n]),
        }
        for n in range(len(moves))
        if sitting or moves.day[n] >= known.since
    ]


def deals_rows(company, known):
    """Return the table of deals, open and closed, with dates pushed on where they had passed."""
    deals, rng = known.deals, np.random.default_rng([company.seed, 5])
    names, rows = (*known.stages, "won", "lost"), []
    for n, deal in enumerate(deals.id):
        outcome, still = OUTCOMES.get(int(deals.outcome[n]), ""), deals.closed[n] >= NEVER
        stated, pushes = pushed(rng, company.t, int(deals.stated[n])) if still else (deals.stated[n], 0)
        rows.append({
            "id": deal,
            "customer": deals.customer[n],
            "segment": known.segments[deals.segment[n]],
            "stage": names[deals.stage[n]] if still else outcome,
            "amount": f"{deals.amount[n] / 100:.2f}",
            "currency": "EUR",
            "created": iso(deals.created[n]),
            "entered_stage": iso(deals.entered[n]) if still else "",
            "expected_close": iso(stated),
            "pushes": pushes,
            "closed": "" if still else iso(deals.closed[n]),
            "outcome": outcome,
            "lost_reason": deals.reason[n],
        })  # fmt: skip
    return rows


def pushed(rng, t, stated):
    """Move a date that has passed on by a month, seven times in ten, else leave it overdue."""
    pushes = 0
    while UNKNOWN < stated <= t and rng.random() < 0.7:
        stated, pushes = stated + 30, pushes + 1
    return stated, pushes


def iso(day):
    """Write an ordinal, or nothing where it is not known."""
    return "" if day <= 0 else date.fromordinal(int(day)).isoformat()
