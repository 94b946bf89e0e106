"""Say what was learned from a history, with what it rests on, and what stays an assumption."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from datetime import date

from simulator.history import LOST, OPEN, WON, Finding, History
from simulator.learning.fitting import Fit
from simulator.learning.splitting import Splitting
from simulator.loading.history_tables import left_out_of_table
from simulator.report.layout import wrapped
from simulator.report.learned import figures_text
from simulator.words import day, one_in, percent, plain

_PLACED = ("H010", "H011", "H012", "H013", "H014", "H030", "H036")
"""Findings that take something out of the record."""


def fit_text(fit: Fit, folder: str, files: Sequence[str], following: str) -> str:
    """Return the whole text.

    Args:
        fit: what was learned.
        folder: that holds the files.
        files: written.
        following: command that comes next.
    """
    lines = [history_title(fit.history)]
    lines += ["", *figures_text(fit.evidence)] if fit.evidence else []
    lines += _unresolved(fit)
    if fit.splitting is not None:
        lines += ["", *wrapped(splitting_text(fit.splitting))]
    findings = fit.history.findings
    if "deals.csv" in files:
        findings = (*findings, *left_out_of_table(fit.history))
    if findings:
        lines += ["", "In the record:"]
        for finding in findings:
            lines += wrapped(_counted(finding) + _shown(finding), first="  ", then="    ")
    if fit.assumptions:
        lines += ["", "Still assumed:"]
        for text in fit.assumptions:
            lines += wrapped(plain(text), first="  ", then="    ")
    lines += ["", f"Files: {folder} ({', '.join(files)})", f"Next: {following}"]
    return "\n".join(lines) + "\n"


def splitting_text(found: Splitting) -> str:
    """Say whether it pays to tell segments apart, and how sure that is."""
    by = plain(found.by, 40)
    if found.segments < 2:
        return f"Splitting by {by}: there is only one segment with deals, so nothing to split."
    better = math.exp(found.gain / found.deals) - 1
    more = f"{percent(abs(better))} {'likelier' if better > 0 else 'less likely'}"
    told = (
        f"what became of {found.deals:,} deals, each foreseen without it, was on average {more} "
        f"with a funnel for each of {found.segments} segments than without telling them apart"
    )
    if found.pays:
        return f"Splitting by {by} pays: {told} (by luck alone {one_in(found.chance)})."
    if found.gain > 0:
        told += f", which may be luck ({one_in(found.chance)})"
    return f"Splitting by {by} does not pay: {told}; one funnel is enough."


def history_title(history: History) -> str:
    """Say in one line what a history holds."""
    outcome = history.deals.outcome
    counts = [
        f"{int((outcome == end).sum()):,} {name}"
        for end, name in ((WON, "won"), (LOST, "lost"), (OPEN, "open"))
    ]
    known = day(date.fromordinal(history.known))
    moves = f", {len(history.moves):,} entries of stages" if history.logged else ""
    paid = f", {len(history.invoices):,} invoices" if len(history.invoices) else ""
    number = len(history.deals)
    deals = "1 deal" if number == 1 else f"{number:,} deals"
    return f"history as of {known}: {deals} ({', '.join(counts)}){moves}{paid}"


def _counted(finding: Finding) -> str:
    """Say how often something was found, unless its text does, or it is one thing."""
    text = plain(finding.text)
    return text if finding.count == 1 or text[:1].isdigit() else f"{finding.count:,} × {text}"


def _shown(finding: Finding) -> str:
    """Name a place of what cannot be used, so that somebody can mend it."""
    return f" (such as {plain(finding.examples[0])})" if finding.code in _PLACED and finding.examples else ""


def _unresolved(fit: Fit) -> Iterator[str]:
    """Name the stages where the record is too short to have seen how stays end."""
    for segment, stages in fit.unresolved.items():
        large = {stage: share for stage, share in stages.items() if share >= 0.02}
        if large:
            told = ", ".join(f"{plain(stage)} {percent(share)}" for stage, share in large.items())
            yield ""
            text = "nobody has seen yet how the longest stays end, and the forecast is wide there"
            yield from wrapped(f"{plain(segment)}: {text}: {told} of the deals that enter.")
