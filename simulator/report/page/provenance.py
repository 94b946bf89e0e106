"""Tell what the forecast assumes and how it was made, so that whoever doubts it can repeat it."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Mapping
from typing import Any

from simulator.report.blocks import Fold, Section, Table, Text
from simulator.report.origins import ENDS, Figure, has_ends, origin_groups
from simulator.report.results import Results
from simulator.report.screen import UNCHECKED
from simulator.words import day, headline_period, plain, self_check_text


def section(results: Results) -> Section:
    """Return every figure with its source, what is known of the play itself, and the command to repeat it."""
    table = Table(("", ""), list(circumstances(results)), left=(0, 1), caption="How this forecast was made")
    return Section(
        "assumptions", "Assumptions and provenance",
        [*_figures(results), table, _files(results), _versions(results)],
    )  # fmt: skip


def again(results: Results) -> str:
    """Return the command that repeats the run to the same numbers, from what its folder keeps."""
    by = (results.record.get("arguments") or {}).get("by") or []
    return " ".join([results.command("run"), *(f"--by {shlex.quote(plain(name))}" for name in by)])


def circumstances(results: Results) -> Iterator[list[str]]:
    """Yield what is known of the play, and its value."""
    forecast, record = results.forecast, results.record
    yield ["scenario", plain(forecast["scenario"], 60)]
    yield ["as of the end of", day(forecast["as_of"])]
    yield ["until", day(forecast["periods"][-1]["end"])]
    yield ["trials", f"{forecast['trials']:,}"]
    yield ["seed of the random numbers", str(forecast["seed"])]
    yield ["simulation noise", _noise(results)]
    yield ["self-check", _check(forecast.get("self_check") or {})]
    if record.get("finished"):
        yield ["run on", f"{day(record['finished'][:10])}, {record['finished'][11:16]} UTC"]
    yield ["to repeat it", again(results)]


def heading(head: str) -> str:
    """Name what some figures belong to: `Segment enterprise`."""
    kind, _, name = head.partition(".")
    return (
        f"{kind.removesuffix('s').capitalize()} {plain(name.strip(chr(34)), 60)}"
        if head
        else "The scenario as a whole"
    )


def _figures(results: Results) -> Iterator[Text | Fold]:
    found = results.answer("assumptions")
    if found is None:
        yield Text(f"{results.command('show')} lists every figure and where it comes from.")
        return
    groups = origin_groups(found["assumptions"])
    count = sum(len(figures) for _, figures in groups)
    origins = [figure["origin"] for figure in found["assumptions"]]
    told = ", ".join(
        f"{origins.count(origin):,} {text}"
        for origin, text in (
            ("set", "set in the scenario"), ("learned", "learned from history"),
            ("estimated", "estimated from the data"), ("default", "left as the program has them"),
        )
        if origin in origins
    )  # fmt: skip
    yield Text(f"The forecast rests on {count:,} figures: {told}.")
    for head, figures in groups:
        yield Fold(heading(head), [_table(figures)])


def _table(figures: list[Figure]) -> Table:
    rows = [[plain(name, 100), plain(value, 200), plain(source, 200)] for name, value, source in figures]
    caption = f"In each: {ENDS}" if has_ends(figures) else ""
    return Table(("figure", "value", "source"), rows, left=(0, 1, 2), caption=caption)


def _noise(results: Results) -> str:
    error = (headline_period(results.forecast).get("bookings") or {}).get("error") or {}
    names = {"p10": "low", "p50": "middle", "p90": "high", "mean": "average"}
    told = [f"{name} {results.scale.margin(error[key])}" for key, name in names.items() if error.get(key)]
    text = results.scale.noise_text().removeprefix("simulation noise ")
    return f"{text} {results.scale.name}" + (f"; {', '.join(told)}, 19 times in 20" if told else "")


def _check(found: Mapping[str, Any]) -> str:
    """Say how the trials' averages compare with the exact ones, in the measures of whoever checks that."""
    if found.get("passed") is None:
        return "not made"
    if not found.get("cells"):
        return UNCHECKED.partition(": ")[2]
    text = self_check_text(bool(found["passed"]), folder=True)
    many = f"{found['cells']:,} averages were compared with exact ones"
    return f"{text} {many}; the largest difference is {found['largest_z']:.1f} standard errors."


def _files(results: Results) -> Fold:
    rows = [[plain(name), digest] for name, digest in (results.record.get("inputs") or {}).items()]
    return Fold("Inputs and their fingerprints", [Table(("file", "SHA-256"), rows, left=(0, 1))])


def _versions(results: Results) -> Fold:
    rows = [[plain(name), plain(version)] for name, version in (results.record.get("versions") or {}).items()]
    return Fold("Versions", [Table(("program or library", "version"), rows, left=(0, 1))])
