"""Say what it would take to reach an amount, and what would endanger it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from simulator.report.goal_words import (
    by_segment,
    deals_text,
    lever_name,
    limit_text,
    near_text,
    range_text,
    what_it_takes,
    why_not,
)
from simulator.report.layout import WIDTH, table, wrapped
from simulator.words import (
    Scale,
    chance_cells,
    cut,
    day,
    goal_name,
    likelihood,
    month,
    percent,
    plain,
    scale_for,
    self_check_text,
)

Lever = Mapping[str, Any]


def goal_text(payload: Mapping[str, Any], files: str = "") -> str:
    """Return what a person reads of goal.json.

    Args:
        payload: goal.json.
        files: where it was written; "" leaves it out.
    """
    scale = aim_scale(payload)
    blocks = [[_title(payload, scale)], wrapped(now_text(payload, scale))]
    if goal := payload.get("goal"):
        blocks += list(_goal(goal, scale))
    if danger := payload.get("danger"):
        blocks += list(_danger(danger, scale))
    blocks += [list(_by_hand(payload)), list(_foot(payload))]
    lines = [cut(line, WIDTH) for block in blocks if block for line in ["", *block]][1:]
    return "\n".join([*lines, *([f"Files: {files}"] if files else [])]) + "\n"


def aim_scale(payload: Mapping[str, Any]) -> Scale:
    """Return the unit in which amounts are written."""
    return replace(scale_for(abs(payload["aim"]["amount"]), payload["currency"]), decimals=0)


def aim_text(payload: Mapping[str, Any], scale: Scale) -> str:
    """Say what is to be reached: `bookings of 4.8 million EUR from 1 Jan 2027 to 31 Dec 2027`."""
    aim = payload["aim"]
    amount, until = f"{scale.exact(aim['amount'])} {scale.name}", day(aim["until"])
    if aim["floor"]:
        return f"the balance never below {amount} until {until}"
    if aim["series"] == "balance":
        return f"a balance of {amount} on {until}"
    whose = "" if aim["segment"] == "all" else f" of {plain(aim['segment'], 30)}"
    return f"{aim['series']}{whose} of {amount} from {day(aim['from'])} to {until}"


def now_text(payload: Mapping[str, Any], scale: Scale) -> str:
    """Say what is to be reached, and how likely it is as things are."""
    name, text = goal_name(payload["aim"]["name"], 40), aim_text(payload, scale)
    name = "The plan" if name == "the plan" else name
    what = f"{name}: {text}." if name else f"{text[0].upper()}{text[1:]}."
    return f"{what} As things are that is {likelihood(payload['now'])}."


def _title(payload: Mapping[str, Any], scale: Scale) -> str:
    trials = int(payload["trials"])
    parts = [
        plain(payload["scenario"], 30), f"as of {day(payload['as_of'])}", scale.name,
        f"{trials:,} trial{'s' * (trials != 1)} of the same luck",
    ]  # fmt: skip
    return " · ".join(parts)


def _goal(goal: Mapping[str, Any], scale: Scale) -> Iterator[list[str]]:
    wanted, levers = percent(goal["chance"]), goal["levers"]
    done = [lever for lever in levers if lever["status"] == "nothing needed"]
    if done:
        yield [f"For a chance of {wanted} nothing is needed."]
        return
    heading = f"What it would take for a chance of {wanted}: one of these, everything else as it is"
    yield _answers(heading, levers, scale)
    yield _limits(f"Does not reach {wanted} by itself", levers, goal["chance"])
    yield _idle(levers)
    yield _starts(levers)


def _danger(danger: Mapping[str, Any], scale: Scale) -> Iterator[list[str]]:
    below, shocks = percent(danger["below"]), danger["shocks"]
    if any(shock["status"] == "nothing needed" for shock in shocks):
        yield [f"The chance is below {below} already."]
        return
    yield _answers(f"What would take the chance below {below}: one of these", shocks, scale)
    yield _limits(f"Does not take it below {below} by itself", shocks, danger["below"])
    yield _idle(shocks)


def _answers(heading: str, levers: Sequence[Lever], scale: Scale) -> list[str]:
    """Lay out what is enough: what it takes, what the simulation leaves open, and what it is by segment."""
    some = [lever for lever in levers if lever["status"] == "reached"]
    if not some:
        return []
    rows = [[lever_name(lever), what_it_takes(lever), range_text(lever)] for lever in some]
    lines, found = table(["", "", "19 times in 20"], rows, (0, 1, 2)), [heading]
    found.append(f"  {lines[0]}")
    for line, lever in zip(lines[1:], some, strict=True):
        found.append(f"  {line}")
        found += [f"      {more}" for more in _more(lever, scale)]
    return found


def _more(lever: Lever, scale: Scale) -> Iterator[str]:
    if text := by_segment(lever):
        yield from wrapped(text, WIDTH - 6)
    if lever["lever"] == "slip" and lever["best"]["low"] > lever["curve"][0]["high"]:
        best = lever["best"]
        text = f"up to {best['figure']:.0f} days it even helps, {chance_cells(best)[0]}"
        yield from wrapped(f"{text}: deals slip into the days that count", WIDTH - 6)
    if deals := lever.get("deals"):
        together = scale.exact(sum(deal["amount"] for deal in deals), 2)
        yield from wrapped(f"{deals_text(deals)}: {together} together", WIDTH - 6)


def _limits(heading: str, levers: Sequence[Lever], wanted: float) -> list[str]:
    """Lay out what is not enough, and how far it gets."""
    rows = []
    for lever in levers:
        if lever["status"] == "out of reach":
            end = lever["curve"][-1]
            rows.append([lever_name(lever), limit_text(lever), near_text(end, wanted), _turn(lever)])
    return [heading, *(f"  {line}" for line in table(["", "", "", ""], rows, (0, 1, 3))[1:])] if rows else []


def _turn(lever: Lever) -> str:
    """Say where pulling further no longer helps: an amount may be pulled out of its window."""
    best, end = lever["best"], lever["curve"][-1]
    if best["low"] <= end["high"]:
        return ""
    return f"at best {chance_cells(best)[0]}: what comes sooner also leaves the days that count"


def _idle(levers: Sequence[Lever]) -> list[str]:
    rows = [[lever_name(x), why_not(x)] for x in levers if x["status"] == "no effect"]
    return (
        ["Makes no difference", *(f"  {line}" for line in table(["", ""], rows, (0, 1))[1:])] if rows else []
    )


def _starts(levers: Sequence[Lever]) -> list[str]:
    """Lay out what it takes if a lever is pulled later, and when that is too late."""
    rows = []
    for lever in levers:
        if not (last := lever.get("latest_start")):
            continue
        name = lever_name(lever)
        for start in lever["starts"]:
            pulled = {**lever, "now": {"figure": start["now"]}, "answer": start}
            end = "at the latest" if start["from"] == last else ""
            rows.append([name, f"from {month(start['from'])}", what_it_takes(pulled, later=True), end])
            name = ""
        if not lever["starts"]:
            rows.append([name, "now", "a month later is too late", ""])
    found = ["If it begins later", *(f"  {line}" for line in table(["", "", "", ""], rows, (0, 1, 2, 3))[1:])]
    return found if rows else []


def _by_hand(payload: Mapping[str, Any]) -> Iterator[str]:
    """List the settings that give each answer when it is run by hand."""
    levers = [*payload.get("goal", {}).get("levers", []), *payload.get("danger", {}).get("shocks", [])]
    some = [lever for lever in levers if lever["status"] == "reached"]
    if some:
        yield "To see all that comes of one: simulator compare SCENARIO --case 'NAME: …', or run with"
    for lever in some:
        settings = " ".join(f"--set '{text}'" for text in lever["set"])
        yield from wrapped(f"{lever_name(lever)}: {settings}", WIDTH, "  ", "      ")


def _foot(payload: Mapping[str, Any]) -> Iterator[str]:
    yield from wrapped(self_check_text(payload["self_check"]["passed"]))
