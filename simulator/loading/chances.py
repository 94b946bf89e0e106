"""Read a column of chances: every reader of probabilities has this one rule."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from statistics import median

from simulator.loading.cells import Cells, read_number
from simulator.money import Mark


def chances_of(cells: Cells) -> list[float | None]:
    """Return the probability of each row of a table of deals; rows that are not to be read tell nothing."""
    aside = cells.table.aside
    texts = ["" if row in aside else text for row, text in enumerate(cells.texts("probability"))]
    return chances_in(texts, cells.mark("probability"))


def chances_in(texts: Sequence[str], mark: Mark | None = None) -> list[float | None]:
    """Return the chance from 0 to 1 that each cell of a column tells, None where it is empty or tells none.

    A cell with a per cent sign is a percentage. All others are percentages where some are above 1 and none
    lies between 0 and 1. Where both occur the column cannot be one or the other: those above 1 tell none.

    Args:
        texts: without blanks around them; "" for rows that are not to be read.
        mark: decimal mark; without it a point and a comma both are, as no chance has thousands.
    """
    known = {text: _number(text, mark) for text in set(texts)}
    plain = [value for text, value in known.items() if value is not None and "%" not in text]
    percent = any(value > 1 for value in plain) and not any(0 < value < 1 for value in plain)

    def chance(text: str) -> float | None:
        if (value := known[text]) is None:
            return None
        value /= 100 if percent or "%" in text else 1
        return value if 0 <= value <= 1 else None

    return [chance(text) for text in texts]


def _number(text: str, mark: Mark | None) -> float | None:
    return read_number(text if mark else text.replace(",", "."), mark or ".")


def usual_chance(values: Sequence[float]) -> float | None:
    """Return the chance that most deals of a stage have, else the middle one."""
    if not values:
        return None
    value, often = Counter(values).most_common(1)[0]
    return value if often >= len(values) / 2 else round(median(values), 4)
