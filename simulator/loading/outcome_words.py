"""Know won, lost and open deals by the words that programs and people use for them, in three languages."""

from __future__ import annotations

import re
from typing import Final, Literal

Meant = Literal["won", "lost", "open", "gone"]
"""What a word for the state of a deal means; `gone` is deleted."""

_CLOSED: Final = "(?:deal|closed|close|geschlossen|abgeschlossen|сделка|закрыт[аоы]?)"
_AND: Final = "(?:and|und|и)?"
_WON: Final = re.compile(
    f"{_CLOSED}?{_AND}(?:won|win|gewonnen|gagnée?|ganad[ao]|выигран[аоы]?|успешн[аоы]|успешнореализован[ао]?){_CLOSED}?"
)
_LOST: Final = re.compile(
    f"{_CLOSED}?{_AND}(?:lost|verloren|perdue?|perdid[ao]|проигран[аоы]?|потерян[аоы]?|утерян[аоы]?|упущен[аоы]?"
    "|провален[аоы]?|нереализован[аоы]?)"
)
_OPEN: Final = ("open", "offen", "открыт", "inprogress", "inbearbeitung", "вработе", "pending")
_GONE: Final = ("deleted", "gelöscht", "удален", "удалён")
_LOST_STATES: Final = ("canceled", "cancelled", "storniert", "abgebrochen", "отменен", "отменён", "outsold")


def stage_means(name: str) -> Literal["won", "lost"] | None:
    """Return what the name of a stage means by itself: `6 - Closed Won`, `lost: price`; None for others."""
    letters = _letters(name)
    return "won" if _WON.fullmatch(letters) else "lost" if _LOST.match(letters) else None


def state_means(text: str) -> Meant | None:
    """Return what a cell of a column of states says, None where it says something else."""
    letters = _letters(text)
    if (ending := stage_means(text)) is not None:
        return ending
    if letters.startswith(_LOST_STATES):
        return "lost"
    return "open" if letters.startswith(_OPEN) else "gone" if letters.startswith(_GONE) else None


def is_yes(text: str) -> bool:
    """Tell whether a flag is set: 1, true, yes, ja, да and the like."""
    return _letters(text, digits=True) in ("1", "true", "yes", "y", "ja", "wahr", "да", "истина", "x")


def _letters(text: str, digits: bool = False) -> str:
    return re.sub(r"[\W_]" if digits else r"[\W\d_]", "", text.casefold())
