"""Forecast public data as it stood at past days, and put beside it what came true: docs/evidence.md.

Run it as `python -m benchmarks.evidence DATA_DIR`; with `--write` the page takes what comes out, with
`--only NAME` it is one section.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Final

from benchmarks import evidence_loan, evidence_maven, evidence_payments, evidence_set

Section = Callable[[Path], Iterator[str]]

PAGE: Final = Path(__file__).resolve().parent.parent / "docs" / "evidence.md"
SECTIONS: Final[Mapping[str, tuple[str, Section]]] = {
    "loan-november": (evidence_loan.EVENTS, evidence_loan.november),
    "loan-weeks": (evidence_loan.EVENTS, evidence_loan.weeks),
    "maven-learned": (evidence_set.SOURCE, evidence_maven.quarter),
    "maven-set": (evidence_set.SOURCE, evidence_set.report),
    "invoices": (evidence_payments.SOURCE, evidence_payments.report),
}
"""Name, the file that it needs, and what prints it."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Print every section; return the exit code: 1 where the page says something else."""
    parser = argparse.ArgumentParser("python -m benchmarks.evidence", description=__doc__)
    parser.add_argument("data", type=Path, metavar="DATA_DIR")
    parser.add_argument("--only", choices=list(SECTIONS), action="append")
    parser.add_argument("--write", action="store_true", help="write docs/evidence.md anew")
    asked = parser.parse_args(arguments)
    stale = []
    for name in asked.only or SECTIONS:
        needed, section = SECTIONS[name]
        if not (asked.data / needed).is_file():
            print(f"{needed} is missing in DATA_DIR, {asked.data}: {name} is left out", file=sys.stderr)
            stale.append(name)
            continue
        text = printed(section(asked.data))
        if asked.write:
            PAGE.write_text(with_block(PAGE.read_text(encoding="utf-8"), name, text), encoding="utf-8")
        if block(PAGE.read_text(encoding="utf-8"), name) != text:
            stale.append(name)
    print(f"\ndocs/evidence.md says otherwise: {', '.join(stale)}" if stale else "\nas in docs/evidence.md")
    return 1 if stale else 0


def printed(lines: Iterator[str]) -> str:
    """Print lines as they come; return them all."""
    kept = []
    for line in lines:
        print(line, flush=True)
        kept.append(line + "\n")
    return "".join(kept)


def block(page: str, name: str) -> str:
    """Return what the page says came out of a section, the text block after its mark."""
    _, _, after = page.partition(f"<!-- {name} -->\n```text\n")
    return after.partition("```\n")[0]


def with_block(page: str, name: str, text: str) -> str:
    """Return the page with another block for a section."""
    head, mark, after = page.partition(f"<!-- {name} -->\n```text\n")
    assert mark, f"{PAGE.name} has no place for {name}"
    return head + mark + text + "```\n" + after.partition("```\n")[2]


if __name__ == "__main__":
    sys.exit(main())
