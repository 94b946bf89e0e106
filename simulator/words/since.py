"""Say in one sentence why a forecast changed since an earlier run."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from simulator.words.amounts import Scale, scale_for
from simulator.words.chances import percent
from simulator.words.text import day, month, plain

REASONS: Final = 3
"""How many reasons are named."""
LEAD: Final = 1 / 3
"""Share of its step from which on a deal is named by itself."""
STEPS: Final = {
    "time passed": "time passed",
    "renewals": "renewals",
    "past corrected": "the past corrected",
    "invoiced and paid": "what is won, invoiced and paid",
    "learned rates": "chances and times of the funnels",
    "new pipeline": "deals yet to come",
    "terms": "products and terms",
    "currency": "exchange rates",
    "market": "how deals share their luck",
    "set otherwise": "everything else",
    "the plan itself": "the plan itself",
    "simulation noise": "simulation noise",
}
"""What people call the steps that no single deal stands behind."""
OF_DEALS: Final = {
    "won": ("won", "{} won"),
    "lost": ("lost", "{} lost"),
    "gone": ("gone from the list", "{} gone from the list"),
    "amount": ("changed its amount", "{} changed their amounts"),
    "later": ("pushed", "{} pushed"),
    "earlier": ("pulled forward", "{} pulled forward"),
    "dated": ("has another close date", "{} have other close dates"),
    "on": ("moved on", "{} moved on"),
    "back": ("moved back", "{} moved back"),
    "else": ("is otherwise", "{} are otherwise"),
}
"""What is said of one deal, and of several."""
_NUMBERS: Final = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")


def since(payload: Mapping[str, Any], scale: Scale | None = None, paired: bool = False) -> str:
    """Return the sentence, made from bridge.json.

    Args:
        payload: its fields.
        scale: of the amounts around it, whose unit the reader knows; by default one that names its unit.
        paired: whether both chances are told to the point, as what lies between them; else as surely as the
            screen of a run tells each.
    """
    levels = [abs(payload[when]["middle"]) for when in ("before", "after")]
    own = scale or scale_for(max(levels), payload["currency"])
    # On the same luck a difference is known better than what it is a difference of.
    own = own.showing(max((abs(step["middle"]) for step in payload["steps"]), default=0.0), 1)
    unit = "" if scale else f" {own.name}"
    moved = own.number(payload["change"]["middle"], sign=True)
    still = not any(c in moved for c in "123456789")
    parts = ["middle as it was" if still else f"middle {moved}{unit}", *_chance(payload, paired)]
    reasons = [f"{text} ({own.number(amount, sign=True)})" for text, amount in reasons_of(payload, own)]
    reasons += _plan(payload, own)
    why = f": {', '.join(reasons)}" if reasons else ""
    return f"Since {day(payload['from']['as_of'])}: {', '.join(parts)}{why}."


def reasons_of(payload: Mapping[str, Any], scale: Scale) -> list[tuple[str, float]]:
    """Return what moved the middle most, in words, with the amount; what rounds to nothing is left out."""
    found = [reason for step in payload["steps"] for reason in _reasons(step, payload)]
    shown = [(text, amount) for text, amount in found if scale.number(amount) != scale.number(0.0)]
    return sorted(shown, key=lambda reason: -abs(reason[1]))[:REASONS]


def deal_text(item: Mapping[str, Any], kind: str, payload: Mapping[str, Any]) -> str:
    """Say what happened to one deal: `D17 Acme pushed to 2027`."""
    name = " ".join(filter(None, (plain(item["deal"], 16), plain(item["name"], 24))))
    text = f"{name} {OF_DEALS[kind][0]}"
    if kind in ("later", "earlier"):
        year, when = payload["end"][:4], item["after"]
        return f"{text} to {when[:4] if kind == 'later' and when[:4] > year else month(when)}"
    if kind == "won" and item["closed"] < payload["start"]:
        return f"{text} before {day(payload['start'])}"
    if kind in ("on", "back"):
        return f"{text} to {plain(item['after'], 24)}"
    return text


def aim_text(payload: Mapping[str, Any]) -> str:
    """Return what people call the amount to be reached: the plan, or the target's name."""
    if payload["name"] and payload["series"] == "bookings" and payload["segment"] == "all":
        return "the plan"
    return plain(payload["target"]["name"], 20) or "it"


def kind_of(step: str, item: Mapping[str, Any]) -> str:
    """Return which of `OF_DEALS` a deal of a step is."""
    if step in ("won", "lost"):
        return step
    if step == "gone from the list":
        return "gone"
    if step == "amounts":
        return "amount"
    if step == "close dates":
        before, after = (str(item.get(key) or "") for key in ("before", "after"))
        if not before or not after or before == after:
            return "dated"
        return "later" if after > before else "earlier"
    if step == "stage moves" and item["what"] in ("moved on", "moved back"):
        return str(item["what"]).removeprefix("moved ")
    return "else"


def counted(count: int, noun: str = "deal") -> str:
    """Write a number of things: `three deals`, `12 deals`."""
    number = _NUMBERS[count] if count < len(_NUMBERS) else f"{count:,}"
    return f"{number} {noun}{'' if count == 1 else 's'}"


def deals_in(items: Sequence[Mapping[str, Any]]) -> int:
    """Return how many deals some items are about."""
    return sum(item.get("count", item["deal"] is not None) for item in items)


def came_text(step: Mapping[str, Any]) -> str:
    """Say how many deals have come, and whether they bring more than was expected."""
    items = step["items"]
    expected = any(item["what"] == "expected" and item["mean"] for item in items)
    came = counted(deals_in(items), "new deal")
    if not expected:
        return came
    if not deals_in(items):
        return "no new deals where some were expected"
    return f"{came}, {'more' if step['middle'] > 0 else 'less'} than expected"


def plain_text(step: Mapping[str, Any]) -> str:
    """Say what happened in a step that no single deal stands behind."""
    if step["step"] == "time passed" and step["middle"] < 0:
        return "less time left for open deals"
    return STEPS[step["step"]]


def _reasons(step: Mapping[str, Any], payload: Mapping[str, Any]) -> Iterator[tuple[str, float]]:
    name = step["step"]
    if name == "new deals":
        yield came_text(step), step["middle"]
    elif name in STEPS:
        yield plain_text(step), step["middle"]
    else:
        kinds: dict[str, list[Mapping[str, Any]]] = {}
        for item in step["items"]:
            kinds.setdefault(kind_of(name, item), []).append(item)
        for kind, items in kinds.items():
            yield from _of_kind(kind, items, payload)


def _of_kind(
    kind: str, items: Sequence[Mapping[str, Any]], payload: Mapping[str, Any]
) -> Iterator[tuple[str, float]]:
    """Yield the deals that make up much of what deals of a kind move, and the rest of them together."""
    total = sum(item["middle"] for item in items)
    single = [item for item in items if item["deal"] is not None]
    lead = [item for item in single if len(items) == 1 or abs(item["middle"]) >= LEAD * max(abs(total), 1e-9)]
    lead = lead[:REASONS] if len(lead) <= REASONS else []
    for item in lead:
        yield deal_text(item, kind, payload), item["middle"]
    rest = [item for item in items if item not in lead]
    if rest:
        several = counted(deals_in(rest), "other deal" if lead else "deal")
        yield OF_DEALS[kind][1].format(several), sum(item["middle"] for item in rest)


def _chance(payload: Mapping[str, Any], paired: bool) -> Iterator[str]:
    if payload["change"]["chance"] is None:
        return
    ends, what = (payload["before"], payload["after"]), aim_text(payload)
    said = [percent(end["chance"], 0.0 if paired else end["chance_error"]) for end in ends]
    if said[0] == said[1]:
        yield f"chance of {what} still {said[0]}"
    else:
        yield f"chance of {what} {said[0].removesuffix(' %')} → {said[1]}"


def _plan(payload: Mapping[str, Any], scale: Scale) -> Iterator[str]:
    target = payload["target"]
    if target and target["before"] != target["amount"]:
        yield f"the plan is {scale.exact(target['amount'])} in place of {scale.exact(target['before'])}"
