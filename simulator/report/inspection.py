"""Say what an export is, what is in it, and what can be made of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from simulator.errors import Problem
from simulator.forecast.quality import quality
from simulator.loading import CODES
from simulator.loading.currency_columns import money_column
from simulator.loading.exports import Inspection, ends_in
from simulator.loading.exports.stages import Stages
from simulator.loading.exports.trial import MENDED
from simulator.loading.notes import counted
from simulator.report.accounts import account_lines, accounts_of, by_origin, guess_told
from simulator.report.layout import table, wrapped
from simulator.words import day, percent, plain

MOST_PROBLEMS = 8
"""Kinds of problems that are shown; a file takes them all."""


def inspection_json(found: Inspection) -> dict[str, Any]:
    """Return everything that is known of an export, for machines."""
    export, known = found.export, found.profile
    return {
        "schema_version": 1,
        "file": export.table.name,
        "kind": export.kind,
        "system": export.preset.name if export.preset else None,
        "report": export.preset.report if export.preset else None,
        "read_as": list(_read_as(found)),
        "as_of": found.as_of.isoformat(),
        "currency": export.currency,
        "currency_by": export.company.why or None,
        "currencies": list(export.company.named),
        "columns": dict(export.columns),
        "rows": known.rows,
        "counts": dict(known.counts),
        "first": known.first and known.first.isoformat(),
        "last": known.last and known.last.isoformat(),
        "ages": [vars(ages) for ages in known.ages],
        "missing": dict(known.missing),
        "heaps": [vars(heap) for heap in known.heaps],
        "duplicates": {"ids": known.twice, "rows": known.alike},
        "overdue": known.past,
        "empty_columns": list(known.empty),
        "stages": {
            name: {"names": list(s.names), "chances": list(s.chances), "ordered_by": s.ordered_by,
                   "source": s.source}
            for name, s in found.stages.items()
        },
        "segments": {title: list(names) for title, names in found.splits.items()},
        "money": None if _unknown(found) else _accounts(found),
        "doubtful": _doubtful(found),
        "mapping": {"data": dict(found.mapping)},
        "problems": [
            {"code": p.code, "message": p.message, "line": p.line, "column": p.column, "value": p.value,
             "remedy": p.remedy}
            for p in found.problems
        ],
        "findings": [
            {"code": f.code, "text": f.text, "count": f.count} for f in found.findings
        ],
        "unlocks": list(found.unlocks),
    }  # fmt: skip


def inspection_text(found: Inspection, options: str = "") -> str:
    """Return the whole text.

    Args:
        found: what is told.
        options: further ones with which it was found, which the next command needs too.
    """
    parts = [
        _title(found),
        _inside(found),
        _money(found),
        _mended(found),
        _stages(found),
        _mapping(found),
        _listed("What would unlock more", found.unlocks),
        [f"{_next(found)}{options}"],
    ]
    return "\n\n".join("\n".join(part) for part in parts if part) + "\n"


def _title(found: Inspection) -> list[str]:
    export, known = found.export, found.profile
    what = f"{export.preset.title}: {export.preset.report}" if export.preset else "no known system"
    kind = {"deals": "deals", "invoices": "invoices", "events": "a log of stages"}[export.kind]
    counts = ", ".join(f"{number:,} {name}" for name, number in known.counts.items())
    span = f", {day(known.last)}" if known.last else ""
    if known.first and known.last and known.first != known.last:
        span = f", {day(known.first)} to {day(known.last)}"
    lines = [f"{plain(export.table.name)} · {kind} · {what}"]
    if export.frame.columns.get(export.kind):
        lines.append("Its columns are those that the map names.")
    elif export.preset is None:
        lines += wrapped(
            "Its columns were found by their common names: see below that each is the right one."
        )
    money = "" if export.kind == "events" else f"; {_currency(found)}"
    lines += wrapped(f"Read as {', '.join(_read_as(found))}{money}.")
    rows = counted(known.rows, "row")
    lines += wrapped(f"{rows}: {counts}{span}. Looked at as of {day(found.as_of)}.")
    return lines


def _read_as(found: Inspection) -> tuple[str, ...]:
    """Return how the file was read, in words: what it is, then its marks and dates."""
    return (*found.export.table.told, *found.export.cells.written.ways)


def _currency(found: Inspection) -> str:
    export = found.export
    if unread := next((problem.column for problem in found.problems if problem.code == "D087"), None):
        return f"currency open, as column {plain(unread, 40)} may tell it"
    company = export.company
    whose = f"{company.code}, {plain(company.why or f'{company.hint} (otherwise: --currency CODE)')}"
    if len(company.named) < 2:
        return f"currency {whose}"
    told = f"the company's is {whose}" if company.why else "nothing tells which is the company's"
    return f"currencies {', '.join(company.named[:-1])} and {company.named[-1]}, {told}"


def _inside(found: Inspection) -> list[str]:
    """Say what is in it: ages, what is missing, what heaps, what stands twice, what looks doubtful."""
    known = found.profile
    ages = [[a.what, f"{a.rows:,}", f"{a.middle:,} days", f"{a.high:,} days"] for a in known.ages]
    lines = table(("how long", "rows", "half within", "9 in 10 within"), ages) if ages else []
    told = [f"{n:,} without {plain(title, 40)}" for title, n in known.missing.items()]
    notes = [f"Missing: {', '.join(told)}."] if told else []
    if known.empty:
        notes.append(f"Empty columns: {', '.join(plain(title, 40) for title in known.empty)}.")
    if known.twice:
        stand = "id stands" if known.twice == 1 else "ids stand"
        notes.append(f"{known.twice:,} {stand} in more than one row.")
    if known.alike:
        repeat = "row repeats another one" if known.alike == 1 else "rows repeat another one"
        notes.append(f"{known.alike:,} {repeat} under an id of its own: duplicates?")
    for heap in known.heaps:
        share = percent(heap.rows / heap.of)
        notes.append(f"{share} of {plain(heap.column, 40)} stand {heap.what} ({heap.rows:,} of {heap.of:,}).")
    notes += [f"{_ended(plain(one['what']))} {one['then']}" for one in _doubtful(found)]
    notes += [plain(one.text) for one in found.findings]
    for note in notes:
        lines += wrapped(note, first="- ")
    return ["What is in it", *lines] if lines else []


def _ended(text: str) -> str:
    return text if text.endswith("?") else f"{text}."


def _doubtful(found: Inspection) -> list[Mapping[str, Any]]:
    if found.trial is None or found.export.kind != "deals":
        return []
    doubtful: list[Mapping[str, Any]] = quality(found.trial.scenario)["open_deals"]["doubtful"]
    return doubtful


# ---- money


def _accounts(found: Inspection) -> Mapping[str, Any] | None:
    """Return what is used and what is left out of the file's total, None where no scenario reads it."""
    if found.trial is None:
        return None
    return accounts_of(found.trial.scenario).get(found.export.kind)


def _money(found: Inspection) -> list[str]:
    """Add up: what is used and what is left out are the file's total, in each currency."""
    money = _accounts(found)
    if found.export.kind == "events":
        return []
    if (why := _unknown(found)) or money is None:
        rows = counted(found.profile.rows, "row")
        return ["Used and left out", *wrapped(f"The money of {rows} is not added up: {why}.", first="  ")]
    lines = account_lines(money, found.export.currency)
    if unread := _unread(found):
        amounts = "an amount" if unread == 1 else f"{unread:,} amounts"
        lines += wrapped(f"This is not counting {amounts} that cannot be read.")
    return ["Used and left out add up to the file", *lines]


def _unknown(found: Inspection) -> str:
    """Say why nobody can tell what the amounts are, "" where they can be read."""
    money = money_column(found.export.columns)
    if money is None:
        return "no column of amounts is known"
    codes = {p.code for p in found.export.unclear if p.code == "D087" or p.column == money}
    if "D087" in codes:
        return "in which currencies it is has to be said first"
    if "D051" in codes:
        return "which decimal mark amounts have has to be said first"
    return "what is told next has to be mended first" if found.trial is None else ""


def _unread(found: Inspection) -> int:
    """Count the rows left out by what a run refuses whose amount is there and cannot be read."""
    rows, cells = found.rows, found.export.cells
    if rows is None:
        return 0
    known = zip(rows.fate, rows.currency, strict=True)
    unknown = (row for row, (fate, code) in enumerate(known) if fate == MENDED and not code)
    return sum(bool(cells.text(row, "amount") or cells.text(row, "net")) for row in unknown)


def _mended(found: Inspection) -> list[str]:
    """Say what a run refuses until it is mended, a kind of problem each."""
    if not found.problems:
        return []
    kinds: dict[tuple[str, str | None], list[Problem]] = {}
    for problem in found.problems:
        kinds.setdefault((problem.code, problem.column), []).append(problem)
    lines = []
    for (code, column), those in list(kinds.items())[:MOST_PROBLEMS]:
        first = those[0]
        message = first.message if len({one.message for one in those}) == 1 else CODES[code].title
        where = f", column {plain(column, 40)}" if column else ""
        place = (
            f" (first in line {first.line}{where}: {plain(first.value or '', 40)!r})" if first.line else ""
        )
        number = f"{len(those):,} × " if len(those) > 1 else ""
        lines += wrapped(f"{number}{plain(message)} [{code}]{place}", first="- ")
        lines += wrapped(first.remedy, first="  ") if first.remedy else []
    if len(kinds) > MOST_PROBLEMS:
        lines.append(f"- and {len(kinds) - MOST_PROBLEMS:,} kinds more")
    return ["A run refuses these until they are mended (--problems FILE writes each with its line)", *lines]


# ---- what can be made of it


def _stages(found: Inspection) -> list[str]:
    lines: list[str] = []
    for name, stages in found.stages.items():
        told = ", ".join(
            f"{plain(stage, 40)} {percent(chance)}"
            for stage, chance in zip(stages.names, stages.chances, strict=True)
        )
        whose = f"{plain(name, 40)}: " if len(found.stages) > 1 else ""
        lines += wrapped(f"{whose}{told}", first="  ")
    if not lines:
        return []
    questions = [line for text in ends_in(found.export).remedies for line in wrapped(plain(text), first="! ")]
    return ["Stages and the chance to close from each", *lines, *_sources(found.stages), *questions]


def _sources(stages: Mapping[str, Stages]) -> Iterator[str]:
    """Say what told the order of the stages and their chances, of each segment its own."""
    for what, told in (("order", lambda one: one.ordered_by), ("chances", lambda one: one.source)):
        for whose, text in by_origin(stages, told):
            noun = f"Their {what}" if what == "order" and not whose else f"The {what}"
            yield from wrapped(f"{noun}{whose}: {plain(guess_told(text))}.", first="  ")


def _mapping(found: Inspection) -> list[str]:
    from simulator.runs import yaml_bytes

    if found.export.kind == "events":
        columns = {k: v for k, v in found.export.columns.items() if k != v}
        if not columns or found.export.preset:
            return ["It needs no mapping: simulator fit reads it as it stands."]
        return ["The mapping, for fit --map FILE", yaml_bytes({"events": columns}).decode().rstrip()]
    own = ((ours, at) for ours, at in found.export.columns.items() if at in found.export.header)
    pairs = ", ".join(f"{ours} = {plain(theirs, 40)}" for ours, theirs in own)
    lines = wrapped(f"Which column is which: {pairs}.")
    if found.export.preset is None:
        used = {*found.export.columns.values(), *found.splits, *found.profile.empty}
        if rest := [plain(title, 40) for title in found.export.table.header if title not in used]:
            them = "it" if len(rest) == 1 else "them"
            lines += wrapped(f"Not read: {', '.join(rest)}. --map FILE gives {them} a name of ours.")
    return [*lines, "", "The mapping, to paste into a scenario", _yaml(found)]


def _yaml(found: Inspection) -> str:
    from simulator.runs import yaml_bytes

    return yaml_bytes({"data": found.mapping}).decode().rstrip()


def _listed(title: str, texts: Sequence[str]) -> list[str]:
    return [title, *(line for text in texts for line in wrapped(text, first="- "))] if texts else []


def _next(found: Inspection) -> str:
    flag = {"deals": "--from", "invoices": "--from DEALS --invoices", "events": "--from DEALS --history"}
    as_of = f" --as-of {found.export.frame.known}" if found.export.frame.known is not None else ""
    return f"Next: simulator init forecast {flag[found.export.kind]} {plain(found.export.path)}{as_of}"
