"""Say what was learned from a history, with what it rests on, and what stays an assumption."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import date

from simulator.history import LOST, OPEN, WON, History
from simulator.learning.evidence import Figure
from simulator.learning.fitting import Fit
from simulator.learning.splitting import Splitting
from simulator.report.layout import table, wrapped
from simulator.words import day, one_in, percent, plain

_SHARES = ("advance", "back", "skip", "close", "moves", "entry", "unchanged", "table", "chance", "bad_debt")
"""Keys whose figures are shares and read as per cent."""


def fit_text(fit: Fit, folder: str, files: Sequence[str], following: str) -> str:
    """Return the whole text.

    Args:
        fit: what was learned.
        folder: that holds the files.
        files: written.
        following: command that comes next.
    """
    lines = [history_title(fit.history)]
    lines += _figures(fit.evidence)
    lines += _unresolved(fit)
    if fit.splitting is not None:
        lines += ["", *wrapped(splitting_text(fit.splitting))]
    if fit.history.findings:
        lines += ["", "In the record:"]
        for finding in fit.history.findings:
            lines += wrapped(f"{finding.count:,} × {plain(finding.text)}", first="  ", then="    ")
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
    return f"history as of {known}: {len(history.deals):,} deals ({', '.join(counts)}){moves}{paid}"


def _figures(evidence: Mapping[str, Figure]) -> list[str]:
    """Lay out all figures, those of a segment below its name."""
    rows: list[tuple[str, ...]] = []
    above = ""
    for path, figure in evidence.items():
        match = re.fullmatch(r"""(segments\.(?:"[^"]*"|[^."]+))\.(.+)""", path)
        head, rest = (match[1], "  " + match[2]) if match else ("", path)
        if head and head != above:
            rows.append((plain(head, 60), "", "", "", "", ""))
        above = head
        rows.append((("  " if head else "") + plain(rest), *_row(path, figure)))
    header = ("figure", "most likely", "8 in 10", "from", "worth", "quarters")
    return ["", *table(header, rows, columns=100)] if rows else []


def _row(path: str, figure: Figure) -> tuple[str, ...]:
    value, low, high = (_number(path, x) for x in (figure.value, figure.low, figure.high))
    worth = "" if not figure.n_eff else f"{figure.n_eff:,.0f}"
    return (
        value,
        f"{low} to {high}",
        f"{figure.n:,}" if figure.n else "",
        worth,
        str(figure.quarters or ""),
    )


def _number(path: str, value: float) -> str:
    """Write a figure: shares as per cent, others with three digits."""
    if any(key in path.split(".") for key in _SHARES):
        return percent(value)
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.3g}"


def _unresolved(fit: Fit) -> Iterator[str]:
    """Name the stages where the record is too short to have seen how stays end."""
    for segment, stages in fit.unresolved.items():
        large = {stage: share for stage, share in stages.items() if share >= 0.02}
        if large:
            told = ", ".join(f"{plain(stage)} {percent(share)}" for stage, share in large.items())
            yield ""
            text = "nobody has seen yet how the longest stays end, and the forecast is wide there"
            yield from wrapped(f"{plain(segment)}: {text}: {told} of the deals that enter.")
