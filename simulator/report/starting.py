"""Say what a project was made of, what is guessed in it, and how it goes on."""

from __future__ import annotations

from collections.abc import Sequence

from simulator.history import LOST, OPEN, WON
from simulator.learning.starting import BASE, Started
from simulator.loading.exports import Draft, Export
from simulator.report.layout import wrapped
from simulator.words import day, plain


def started_text(started: Started, draft: Draft, exports: Sequence[Export], assumed: Sequence[str]) -> str:
    """Return the text: what was found, what was learned, what is assumed and what somebody has to set."""
    told = draft.scenario
    files = " and ".join(_described(export) for export in exports)
    lines = wrapped(f"{started.folder}/ holds a scenario of {files}, as of {day(told['as_of'])}.")
    ends = [exports[0].outcomes[row] for row in exports[0].cells.rows()]
    numbers = {name: ends.count(end) for name, end in (("open", OPEN), ("won", WON), ("lost", LOST))}
    counts = ", ".join(f"{number:,} {name}" for name, number in numbers.items())
    segments = list(draft.stages)
    split = f" in the segments {', '.join(plain(s, 30) for s in segments)}" if len(segments) > 1 else ""
    lines += wrapped(f"Deals: {counts}{split}; amounts in {told['currency']}.", first="  ")
    for text in _chances(started, draft):
        lines += wrapped(text, first="  ")
    for text in assumed:
        lines += wrapped(f"Assumed: {plain(text)}.", first="  ")
    for text in dict.fromkeys(stages.asked for stages in draft.stages.values() if stages.asked):
        lines += wrapped(f"{plain(text)}.", first="! ")
    for text in draft.to_set if started.fit is None else ():
        lines += wrapped(f"To be set in scenario.yaml: {plain(text)}.", first="! ")
    return "\n".join([*lines, "", ""])


def readme(draft: Draft, routine: str) -> str:
    """Return the README.md of a project."""
    return f"""\
# {draft.scenario["name"]}: a sales forecast

- `scenario.yaml`: what is forecast, and every assumption. It says which columns of the exports are which, so
  the next month's exports are read alike.
- `exports/`: the files that it began with. They name customers, and `.gitignore` keeps them out of git.

Reports name customers too. They are written to `reports/` of the folder in which a run is started;
`.gitignore` keeps them out of git where that is this folder. Elsewhere, add `reports/` to the one there.

Each month, with new exports:

    {routine}

What an export holds, and what is left out of it: `simulator inspect EXPORT`.
"""


def _described(export: Export) -> str:
    name = plain(export.table.name, 60)
    return f"{name} ({export.preset.title}: {export.preset.report})" if export.preset else name


def _chances(started: Started, draft: Draft) -> list[str]:
    """Say where the chances of the stages come from."""
    fit = started.fit
    first = next(iter(draft.stages.values()))
    if fit is None:
        return [f"Chances of the stages: {plain(first.source)}."]
    closed = int((fit.history.deals.outcome != OPEN).sum())
    whose = "those of the CRM" if first.theirs else "even steps"
    learned = any("stages" in segment for segment in (fit.scenario.get("segments") or {}).values())
    how = "learned from" if learned else f"{whose}, corrected by what became of"
    text = f"Chances of the stages: {how} {closed:,} closed deals."
    return [f"{text} The CRM's own stand in {BASE}, to compare with." if first.theirs else text]
