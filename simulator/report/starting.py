"""Say what a project was made of, what is guessed in it, and how it goes on."""

from __future__ import annotations

from collections.abc import Sequence

from simulator.history import LOST, OPEN, WON
from simulator.learning.starting import BASE, Started
from simulator.loading.exports import Draft, Export
from simulator.loading.exports.stages import Stages
from simulator.report.accounts import account_lines, accounts_of, by_origin, guess_told
from simulator.report.layout import wrapped
from simulator.scenario import Scenario
from simulator.words import day, plain


def started_text(
    started: Started, draft: Draft, exports: Sequence[Export], scenario: Scenario, assumed: Sequence[str]
) -> str:  # fmt: skip
    """Return the text: what was found, what was learned, what is assumed and what somebody has to set.

    Args:
        started: what was written.
        draft: of its scenario.
        exports: that it was made of.
        scenario: that reads these.
        assumed: what was taken for granted.
    """
    told = draft.scenario
    files = " and ".join(_described(export) for export in exports)
    lines = wrapped(f"{started.folder}/ holds a scenario of {files}, as of {day(told['as_of'])}.")
    ends = [exports[0].outcomes[row] for row in exports[0].cells.rows()]
    numbers = {name: ends.count(end) for name, end in (("open", OPEN), ("won", WON), ("lost", LOST))}
    counts = ", ".join(f"{number:,} {name}" for name, number in numbers.items())
    segments = list(draft.stages)
    split = f" in the segments {', '.join(plain(s, 30) for s in segments)}" if len(segments) > 1 else ""
    lines += wrapped(f"Deals: {counts}{split}.", first="  ")
    if why := draft.why:
        lines += wrapped(f"The company's currency: {told['currency']}, {plain(why)}.", first="  ")
    for text in _chances(started, draft):
        lines += wrapped(text, first="  ")
    for text in assumed:
        lines += wrapped(f"Assumed: {plain(text)}.", first="  ")
    for text in draft.to_set if started.fit is None else ():
        lines += wrapped(f"To be set in scenario.yaml: {plain(text)}.", first="! ")
    for money in accounts_of(scenario).values():
        name = f"{plain(money['file'], 60)}, {money['table']}"
        lines += ["", f"{name}: used and left out add up to the file"]
        lines += account_lines(money, told["currency"])
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
    """Say where the chances of the stages come from, of each segment its own."""
    fit = started.fit
    if fit is None:
        origins = by_origin(draft.stages, lambda stages: stages.source)
        return [f"Chances of the stages{whose}: {plain(guess_told(source))}." for whose, source in origins]
    closed = int((fit.history.deals.outcome != OPEN).sum())
    learned = {name for name, told in (fit.scenario.get("segments") or {}).items() if "stages" in told}

    def how(segment: tuple[str, Stages]) -> str:
        name, stages = segment
        whose = "those of the CRM" if stages.theirs else "even steps"
        return "learned from" if name in learned else f"{whose}, corrected by what became of"

    origins = by_origin({name: (name, stages) for name, stages in draft.stages.items()}, how)
    texts = [f"Chances of the stages{whose}: {origin} {closed:,} closed deals." for whose, origin in origins]
    theirs = any(stages.theirs for stages in draft.stages.values())
    return [*texts, *([f"The CRM's own stand in {BASE}, to compare with."] if theirs else [])]
