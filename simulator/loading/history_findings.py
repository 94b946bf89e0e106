"""Count what is odd in a company's record, each kind with the rule that was applied and a few places."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import field
from types import MappingProxyType
from typing import Final

from simulator.errors import Problem
from simulator.history import Finding
from simulator.loading.notes import RULES, counted
from simulator.records import dataclass

EXAMPLES: Final = 5
"""Places that a finding names."""

TEXTS: Final = MappingProxyType(
    {
        "H010": "{n} rows without the id of a deal or an invoice: left out",
        "H011": "{n} dates cannot be read: taken as not given, and rows that need them are left out",
        "H012": "{n} amounts cannot be read or are negative: taken as not known, such invoices are left out",
        "H013": "{n} amounts in a currency without a rate: taken as not known, such invoices are left out",
        "H014": "{n} rows without a stage: left out",
        "H015": "{n} entries stand twice: each counts once",
        "H016": "{n} entries repeat the stage that the deal is in: no move, their amount and date count",
        "H017": "{n} moves share their day with another of their deal and no time tells their order: {how}",
        "H018": "{n} deals moved before they were created: taken as written, the first move is the beginning",
        "H019": "{n} deals moved on after they were lost or won: reopened, each outcome counts from its day",
        "H020": "{n} deals have one outcome after another: each counts from its day on, the last one stands",
        "H021": "{n} deals have another outcome or stage in the table than in the log: the log counts",
        "H022": "{n} deals closed on another day in the table than in the log: the log counts",
        "H023": "{n} deals are closed in the table only: the outcome is added to the log, on that day",
        "H024": "{n} closed deals without a day of closing: {how}",
        "H025": "{n} deals closed before they were created or moved last: taken as closed on that later day",
        "H026": "{n} deals stand in the log only: they count, without what a table would tell",
        "H027": "{n} deals stand in the table only: nothing is learned from them, open ones are forecast",
        "H028": "{n} open deals without a day of creation: left out, nobody can tell how long they are open",
        "H029": "{n} rows have an id that stood before: the first row counts",
        "H030": "{n} outcomes are neither won, lost nor open: such rows are left out",
        "H031": "{n} deals whose stage and outcome differ: the outcome counts",
        "H032": "{n} records are of days after {day}: not known then",
        "H033": "{n} days are far after all others, such as {day}: taken as slips of the pen; if they "
        "are right, say so by --as-of",
        "H034": "nothing is recorded in the {n} days up to {day}: does the record end earlier?",
        "H035": "{n} records were made before what they tell of: taken as made on that day",
        "H036": "{n} deals of segments that the scenario lacks: left out",
        "H037": "{n} deals without a segment: {how}",
        "H038": "{n} deals changed their segment: the first one counts",
        "H039": "column {column} is filled by the outcome of deals ({why}): not known before, never a reason",
        "H040": "the segment would be told by the outcome of deals ({why}): not used, all are one segment",
        "H041": "{n} amounts are as the table has them now, older ones are not told: taken as known before",
        "H042": "{n} deals are in stage {stage}, which none ever left: if it means won or lost, name it "
        "among won_stages or lost_stages in --map FILE",
        "H043": "no deal was ever {what}: name the stages that mean it among {what}_stages, if there are any",
        "H044": "{n} deals began before {day} and none closed before: taken as known only because they were "
        "still open then",
        "H045": "the order of stages comes from the log: {how}",
        "H046": "{n} times have an offset, others have none: those are taken as of the time zone {how}",
        "H047": "{n} open deals vanished from one export to the next: taken as lost on that day",
        "H048": "{n} deals were there when the record begins, since when is not known: that stay is unused",
        "H049": "{n} files of a day that another file tells already: left out",
        "H050": "{n} invoices due before they were written: taken as due at once",
        "H051": "{n} invoices paid before they were written: taken as paid on that day",
        "H052": "{n} invoices without a day of writing or being due: left out",
        "H053": "{n} open invoices vanished from one export to the next: taken as paid on that day",
        "H054": "{n} stages that the scenario lacks: put where most deals see them",
        "H055": "no stage log: creation and outcome alone are known, one stage stands for all",
        "H056": "{n} names of stages differ in capitals or blanks only: taken as one",
        "H057": "{n} dates of closing of open deals: taken as their expected dates",
        "H058": "the exports hold open deals only: nobody can tell which of the {n} that vanished were won; "
        "they are left out",
        "H059": "{n} deals were first seen when closed: their stages are not known",
        "H061": "{n} closed deals without a day of creation: they count as closed, not in how long "
        "deals take",
        "H062": "{n} open deals without a day of creation, as nearly all lack it: nobody can learn how long "
        "deals take",
        "H065": "{n} deals stand in two tables: the first counts, what it lacks is taken from the other",
        "H067": "{n} deals ended in stage {stage}, which none ever left, and while others are {other} none "
        "is {what}: taken as {what}; if that is wrong, list it among the stages in --map FILE",
        "H068": "{n} deals are of small segments: of {segments} the {kept} largest stay, the others are "
        "one, called {other}",
        "H070": "{n} moves between two exports have no day: taken as in the middle of them",
        "H069": "{n} rows are further amounts of an invoice: its parts, each due and paid by itself",
        "H066": "no deal tells its amount: each counts as 1, so that bookings are numbers of deals",
        "H060": "{n} files are no tables of deals, events or invoices: passed over",
        "W079": "{how}",
    }
)
"""What is said of each kind; `{n}` is how often. What else stands among `RULES` is told in its words."""

_OF_CELLS: Final = MappingProxyType(
    {
        **dict.fromkeys(("D013",), "H011"),
        **dict.fromkeys(("D014", "D015", "D021", "D037", "D041"), "H012"),
        **dict.fromkeys(("D016", "D017"), "H013"),
        "D011": "H036",
        "D012": "H037",
    }
)


@dataclass
class Findings:
    """What was found so far; `words` fills the gaps in a text."""

    _counts: dict[str, int] = field(default_factory=dict)
    _examples: dict[str, list[str]] = field(default_factory=dict)
    _words: dict[str, dict[str, str]] = field(default_factory=dict)

    def count(self, code: str, example: str = "", number: int = 1, key: str = "", **words: str) -> None:
        """Count something; findings of one code with different keys are told apart."""
        kind = f"{code} {key}"
        self._counts[kind] = self._counts.get(kind, 0) + number
        self._words.setdefault(kind, {}).update(words)
        examples = self._examples.setdefault(kind, [])
        if example and len(examples) < EXAMPLES:
            examples.append(example)

    def count_all(self, code: str, examples: Iterable[str]) -> None:
        """Count each of these places."""
        for example in examples:
            self.count(code, example)

    def take(self, problems: Iterable[Problem]) -> None:
        """Count problems of cells, which leave a gap in a record and do not end it."""
        for problem in problems:
            value = "" if problem.value is None else f': "{problem.value[:40]}"'
            self.count(_OF_CELLS.get(problem.code, "H012"), f"{place(problem)}{value}")

    def all(self) -> tuple[Finding, ...]:
        """Return the findings, sorted by code."""
        return tuple(self._finding(kind) for kind in sorted(self._counts))

    def _finding(self, kind: str) -> Finding:
        code, number = kind.split(" ", 1)[0], self._counts[kind]
        if code in TEXTS:
            text = TEXTS[code].format(n=f"{number:,}", **self._words[kind])
        else:
            rule, later = RULES[code], ", or after {day}"  # what is later is known in a history
            text = f"{counted(number, rule.noun)} {rule.what.removesuffix(later)}: {rule.then}"
        return Finding(code, text, number, tuple(self._examples[kind]))


def place(problem: Problem) -> str:
    """Say where a problem stands."""
    return f"{problem.file}, line {problem.line}, column {problem.column}"
