"""Take names out of what a run holds, so that its report can be forwarded."""

from __future__ import annotations

import csv
import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Final, Literal

from simulator.errors import UsageError
from simulator.forecast.groups import COLUMNS, FIGURES, INVOICES, NEW, OTHERS, PRODUCT, WON
from simulator.report.pseudonyms import Pseudonyms
from simulator.report.results import Results
from simulator.runs import explained
from simulator.words import goal_name, headline, since

Extent = Literal["names", "all"]
"""Which names are taken out: those of people and companies, or whatever the company calls anything."""
KINDS: Final[Mapping[Extent, Collection[str]]] = {
    "names": ("customer", "owner"),
    "all": ("customer", "owner", "deal", "segment", "product", "offer", "target", "scenario"),
}
"""What is known by other names then; a deal's own name goes in any case."""
TABLES: Final = {"name": "", "customer": "customer", "owner": "owner", "id": "deal", "deal": "deal"}
"""Columns of the inputs whose values are names, by kind; "" is a deal's own name."""
_SELDOM: Final = {"W008", "W023", "W024", "W043"}
"""Warnings that quote keys, columns and classes as the company writes them."""
_OUR_WORDS: Final = frozenset((
    "series", "step", "kind", "lever", "status", "unit", "market", "good", "of", "code", "rule", "origin",
    "as", "table", "currency", "by", "lumpy", "period", "headline_period", "group", "quarter", "as_of",
    "start", "end", "started", "finished",
))  # fmt: skip
"""Keys whose texts are the program's own; all other texts are searched for names."""
_OUR_GROUPS: Final = ("", NEW, OTHERS, WON, INVOICES, FIGURES)
_PLAN: Final = "plan"
_ALL: Final = "all"
_RUN: Final = re.compile(r"\d{4}-\d{2}-\d{2}(-\d+)?")


def forwarded(results: Results, folder: Path, extent: Extent) -> Results:
    """Return what a run holds under other names: the same for the same run, and the same all through.

    With `names`, names of customers, deals and owners are left out, ids of deals stay. With `all`, so are
    ids, segments, products, offers, targets, the scenario, files, sources and the command's arguments.
    Amounts, dates, stages, terms, reasons of losses and countries stay.

    Args:
        results: of the run.
        folder: of the run; its inputs tell further names, which sentences may hold.
        extent: which names.

    Raises:
        PlaceError: the inputs cannot be read.
        UsageError: one of them is damaged.
    """
    names = Pseudonyms(KINDS[extent])
    for row in results.deals:
        _learn(names, row)
    for path in sorted((folder / "inputs").rglob("*.csv")):
        for row in _rows(path):
            _learn(names, row)
    veil = _Veil(names, extent)
    veil.results(results)  # once to meet all names, so that no text is searched before they are known
    return veil.results(results)


def _learn(names: Pseudonyms, row: Mapping[str, str]) -> None:
    for column, kind in TABLES.items():
        if value := row.get(column):
            if kind:
                names.of(kind, value)
            else:
                names.hide(value)


def _rows(path: Path) -> Iterator[Mapping[str, str]]:
    try:
        with explained(path, "read"), path.open(encoding="utf-8", newline="") as file:
            yield from csv.DictReader(file)
    except (ValueError, csv.Error):
        raise UsageError(
            f"{path} is damaged: it cannot be read as CSV; run the forecast anew", code="U005"
        ) from None


class _Veil:
    """Other names on their way through what a run holds."""

    def __init__(self, names: Pseudonyms, extent: Extent) -> None:
        self.names, self.whole = names, extent == "all"

    def results(self, results: Results) -> Results:
        """Return all of it under other names, its sentences made anew."""
        forecast = self.of(results.forecast)
        forecast["warnings"] = [self.warning(one) for one in results.forecast.get("warnings") or ()]
        if groups := results.forecast.get("groups"):
            forecast["groups"] = self.groups(groups)
        forecast["headline"] = headline(forecast)
        answers = {name: self.of(found) for name, found in (results.answers or {}).items()}
        if "bridge" in answers:
            answers["bridge"]["sentence"] = since(answers["bridge"])
        record = self.of({**results.record, "arguments": {"by": _by(results.record)}})
        deals = [self.of(row, "deals") for row in results.deals]
        handle = "RUN" if self.whole else results.handle
        return replace(results, handle=handle, forecast=forecast, record=record, deals=deals, answers=answers)

    def of(self, value: Any, inside: str = "", key: str = "", record: Mapping[str, Any] | None = None) -> Any:
        """Return a value under other names.

        Args:
            value: as JSON has it.
            inside: key of the list or mapping around it, of what a record is one.
            key: its own.
            record: the mapping that it stands in.
        """
        if isinstance(value, Mapping):
            kind = {"segments": "segment", "factors": "segment", "products": "product"}.get(key)
            return {
                self.names.of(kind, k) if kind and k != _ALL else k: self.of(v, key or inside, k, value)
                for k, v in value.items()
            }
        if isinstance(value, list | tuple):
            return [self.of(one, inside, key) if isinstance(one, str) else self.of(one, key) for one in value]
        return self.leaf(value, inside, key, record or {}) if isinstance(value, str) else value

    def leaf(self, text: str, inside: str, key: str, record: Mapping[str, Any]) -> str:
        if key in _OUR_WORDS or not text:
            return text
        if self.whole and key in ("folder", "place", "run"):
            return text if _RUN.fullmatch(text) else "RUN"
        if self.whole and key in ("description", "file"):
            return ""
        if self.whole and key == "source":
            return str(record.get("origin", ""))
        kind = _kind(inside, key, record)
        if kind == "":
            self.names.hide(text)
            return ""
        if kind is None or (kind == "segment" and text == _ALL):
            return self.names.text(text) if kind is None else text
        if kind == "target" and (text == _PLAN or goal_name(text) == "the plan"):
            return text
        return text if kind == "ours" else self.names.of(kind, text)

    def warning(self, warning: Mapping[str, Any]) -> dict[str, Any]:
        """Return a warning without names; one that quotes what only the company calls so says its rule."""
        text = self.names.text(warning["text"])
        if self.whole and warning["code"] in _SELDOM:
            from simulator.loading.codes import CODES

            code = CODES[warning["code"]]
            text = f"{code.title}: {code.rule}"
        return {**warning, "text": text}

    def groups(self, groups: Mapping[str, Any]) -> dict[str, Any]:
        """Return the groups of a run; columns that only the company knows hold names, such as an owner's."""
        by = groups["by"]
        kind = {"customer": "customer", PRODUCT: "product"}.get(by, None if by in COLUMNS else "owner")

        def named(group: str) -> str:
            if group in _OUR_GROUPS:
                return group
            return self.names.text(group) if kind is None else self.names.of(kind, group)

        return {**groups, "rows": [{**row, "group": named(row["group"])} for row in groups["rows"]]}


def _kind(inside: str, key: str, record: Mapping[str, Any]) -> str | None:
    """Return of which kind a text is: "" a deal's own name, "ours" a word of the program, None a sentence."""
    if key == "name":
        return _kind_of_name(inside, record)
    kinds = {
        "customer": "customer", "owner": "owner", "id": "deal", "deal": "deal", "segment": "segment",
        "scenario": "scenario", "target": "target", "about": "target", "product": "product", "offer": "offer",
    }  # fmt: skip
    return kinds.get(key)


def _kind_of_name(inside: str, record: Mapping[str, Any]) -> str | None:
    if "id" in record or "deal" in record:
        return ""
    if "start" in record or "factors" in record or inside == "commit":
        return "ours"
    by_place = {
        "customers": "customer", "segments": "segment", "offers": "offer", "base": "scenario",
        "others": "scenario", "interaction": "scenario", "targets": "target", "target": "target",
        "aim": "target",
    }  # fmt: skip
    if inside in by_place:
        return by_place[inside]
    return "target" if "chance" in record else None


def _by(record: Mapping[str, Any]) -> Sequence[str]:
    return (record.get("arguments") or {}).get("by") or []
