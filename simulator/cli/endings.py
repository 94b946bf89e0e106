"""Find out, or ask, which stages of an export mean won and lost, where their names do not tell."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Final

import click

from simulator.cli.asking import Questions
from simulator.errors import UsageError, did_you_mean

if TYPE_CHECKING:
    from simulator.loading.exports import Export
    from simulator.loading.history_frame import HistoryFrame

NONE: Final = "none"
"""Answers that no further stage means won or lost."""
_ENDS: Final = ("won", "lost")
_PARTS: Final = re.compile(r"(?:^|;)\s*(won|lost)\s*:", re.IGNORECASE)
Said = dict[str, list[str]]


def told_ends(
    deals: Export, frame: HistoryFrame, won: Sequence[str], lost: Sequence[str], questions: Questions
) -> HistoryFrame:
    """Return a frame that says which stages mean won and lost; one question asks, where deals may be closed.

    Where no stage means won that is told, and not asked: an export of open deals has none.

    Args:
        deals: as they are read so far.
        frame: how.
        won: stages that are said to mean it; `none` for no other than those that are known.
        lost: likewise.
        questions: asks.
    """
    from simulator.loading.exports import ends_in

    stages = list(dict.fromkeys(filter(None, deals.cells.texts("stage"))))
    said: Said | None = None
    if won or lost:
        said = {
            end: [_known(end, name, stages, deals) for name in names if name != NONE]
            for end, names in zip(_ENDS, (won, lost), strict=True)
        }
    elif (ends := ends_in(deals)).names:
        question = f"{ends.told}: are deals there closed, and which stages mean won, which lost?"
        flags = f"--won-stage NAME and --lost-stage NAME for each that does, or --won-stage {NONE}"
        example = f" (such as won: {ends.names[-1]}; or {NONE})"
        said = questions.text(question + example, flags, None, read=partial(_answer, stages))
    elif ends.none_won:
        what = "no stage means won, so every deal that is not lost is open"
        questions.assumed.append(f"{what} (otherwise: --won-stage NAME, --lost-stage NAME)")
    if not said:
        return frame
    return replace(frame, won_stages=(*frame.won_stages, *said["won"]),
                   lost_stages=(*frame.lost_stages, *said["lost"]))  # fmt: skip


def _known(end: str, name: str, stages: Sequence[str], deals: Export) -> str:
    """Return a stage as the file has it.

    Raises:
        UsageError: it has none of that name.
    """
    for stage in stages:
        if stage.casefold() == name.strip().casefold():
            return stage
    remedy = did_you_mean(name, stages)
    raise UsageError(f"--{end}-stage: no deal of {deals.path} stands in {name}; {remedy}", code="U003")


def _answer(stages: Sequence[str], answer: str) -> Said:
    """Return the stages of an answer such as `won: Signed, Paid; lost: Dead`."""
    said: Said = {end: [] for end in _ENDS}
    if answer.strip().casefold() == NONE:
        return said
    before, *parts = _PARTS.split(answer)
    if before.strip() or not parts:
        raise click.BadParameter(f"write won: NAME; lost: NAME, or {NONE}")
    for end, text in zip(parts[::2], parts[1::2], strict=True):
        rest = text
        for stage in sorted(stages, key=len, reverse=True):  # a name may hold another one, or a comma
            pattern = re.compile(rf"(^|,)\s*{re.escape(stage)}\s*(?=,|$)", re.IGNORECASE)
            if pattern.search(rest.strip()):
                said[end.casefold()].append(stage)
                rest = pattern.sub(r"\1", rest.strip())
        if left := rest.strip(" ,"):
            raise click.BadParameter(f"no deal stands in {left}; {did_you_mean(left, stages)}")
    return said
