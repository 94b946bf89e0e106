"""Tell what of the data the forecast rests on, what was repaired or left out, and what is doubtful."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from simulator.report.blocks import Cell, Section, Table, Text
from simulator.report.results import Results
from simulator.words import Scale, plain


def section(results: Results) -> Section | None:
    """Return the state of the data; None where the run does not tell it and warns of nothing."""
    found, blocks = results.answer("quality"), []
    if found is not None:
        blocks += [*_doubtful(found, results.scale), *_tables(found, results.scale)]
    blocks += _warnings(results, found)
    return Section("data", "Data quality", blocks) if blocks else None


def _doubtful(found: Mapping[str, Any], scale: Scale) -> Iterator[Text | Table]:
    open_deals = found["open_deals"]
    kinds = open_deals["doubtful"]
    whole = f"{open_deals['deals']:,} open deals of {scale.exact(open_deals['amount'])} {scale.name}"
    if not kinds:
        yield Text(f"The forecast rests on {whole}; nothing about them looks doubtful.")
        return
    yield Text(f"The forecast rests on {whole}. What is doubtful about them, a deal perhaps more than once:")
    rows: list[Sequence[Cell | str]] = [
        [plain(kind["what"]), _count(kind["deals"]), _money(kind["amount"], scale), plain(kind["then"])]
        for kind in kinds
    ]
    yield Table(("open deals", "deals", scale.name, "what the forecast does"), rows, left=(0, 3))


def _tables(found: Mapping[str, Any], scale: Scale) -> Iterator[Table]:
    rows: list[Sequence[Cell | str]] = []
    strong = []
    for table in found["tables"]:
        strong.append(len(rows))
        name = plain(table["table"], 20)
        file = plain(table["file"], 40)
        rows.append([f"{name}: {file}" if file else name, "read", *_sums(table["read"], scale)])
        for use in table["used"]:
            rows.append(["", f"used: {plain(use['what'])}", *_sums(use, scale)])
        for kind, word in (("repaired", "of these repaired"), ("left_out", "left out")):
            for rule in table[kind]:
                then = plain(rule["then"])
                what = plain(rule["what"]) if then == "left out" else f"{plain(rule['what'])}: {then}"
                rows.append(["", f"{word}: {what}", *_sums(rule, scale)])
    if rows:
        yield Table(
            ("table", "rows that are", "rows", scale.name), rows, left=(0, 1), strong=strong,
            caption="What is used and what is left out add up to what was read",
        )  # fmt: skip


def _warnings(results: Results, found: Mapping[str, Any] | None) -> Iterator[Table]:
    """Yield what the run warned of, the most money first."""
    warnings = sorted(results.forecast.get("warnings") or (), key=lambda w: -abs(w.get("amount") or 0.0))
    rows: list[Sequence[Cell | str]] = [
        [plain(w["text"]), _money(w.get("amount") or 0.0, results.scale)] for w in warnings
    ]
    if rows:
        yield Table(("what to look at", results.scale.name), rows)


def _sums(found: Mapping[str, Any], scale: Scale) -> list[Cell | str]:
    return [_count(found["rows"]), _money(found["amount"], scale)]


def _count(number: int) -> Cell:
    return Cell(f"{number:,}", number)


def _money(amount: float, scale: Scale) -> Cell:
    return Cell(scale.exact(amount) if amount else "–", amount)
