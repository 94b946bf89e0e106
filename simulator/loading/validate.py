"""Check a scenario's plain data against its model, and say where each fault stands."""

from __future__ import annotations

import copy
import re
from collections.abc import Sequence
from itertools import chain
from typing import Any, Final

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from simulator.errors import Problem, did_you_mean
from simulator.loading.problems import Problems
from simulator.scenario.laws import FORMS
from simulator.scenario.model import ScenarioFile
from simulator.scenario.schema import keys_at, slips_at
from simulator.scenario.tree import Keys, Tree, look_up

_CODE = re.compile(r"S\d{3}")
_STAND_INS: Final = {"as_of": "2050-12-31", "horizon": "12m", "currency": "EUR"}
"""What is needed to look at tables, where the scenario's own does not fit."""
_FROM: Final = {
    **dict.fromkeys(("D010", "D011", "D012"), "segments"),
    **dict.fromkeys(("D018", "D030", "D035"), "products"),
    "D017": "rates",
}
"""Problems of tables by the part of the scenario that they may follow from."""
_RESTED_ON: Final = ("", "as_of", "horizon", "fiscal_year_start", "currency", "products")
"""Parts of the scenario from whose faults others may follow."""
_TYPES: Final[dict[str, tuple[str, str]]] = {
    **dict.fromkeys(("dict_type", "model_type"), ("is not a mapping", "write `key: value` lines")),
    **dict.fromkeys(("tuple_type", "list_type"), ("is not a list", "write it in brackets, such as [a, b]")),
    **dict.fromkeys(("bool_type", "bool_parsing"), ("is neither true nor false", "write true or false")),
    "string_type": ("is not a text", "write a text, in quotes where needed"),
}


def scenario_file(tree: Tree, problems: Problems) -> ScenarioFile | None:
    """Return what a scenario says, or None with its problems added."""
    try:
        return ScenarioFile.model_validate(tree.data)
    except ValidationError as error:
        for detail in error.errors(include_url=False):
            problems.add(_problem(tree, detail))
    return None


def pruned(tree: Tree) -> ScenarioFile | None:
    """Return what a scenario says without the values that do not fit, None where too little is left."""
    data = copy.deepcopy(tree.data)
    for _ in range(4):
        try:
            return ScenarioFile.model_validate(data)
        except ValidationError as error:
            for detail in error.errors(include_url=False):
                keys = _keys(data, detail)
                if detail["type"] == "missing" and len(keys) > 1:
                    keys = keys[:-1]  # what lacks something goes as a whole
                holder = look_up(data, keys[:-1])
                if not isinstance(holder, dict) or not keys:
                    continue
                holder.pop(keys[-1], None)
                if len(keys) == 1 and keys[0] in _STAND_INS:
                    data[keys[0]] = _STAND_INS[keys[0]]
    return None


def follows(problem: Problem, tree: Tree, told: Sequence[Problem]) -> bool:
    """Tell whether a problem of a table may only follow from one of the scenario that is told already.

    Such as a product that is unknown because what is said of it does not fit.
    """
    sections = {(told_one.column or "").split(".")[0] for told_one in told}
    if "currency" in sections and problem.code in ("D014", "D017"):
        return True
    section = _FROM.get(problem.code)
    if section is None or section not in sections:
        return False
    if problem.value is None or section == "rates":
        return True
    named = tree.at((section,))
    names = set(named) if isinstance(named, dict) else set()
    for segment in named.values() if section == "segments" and isinstance(named, dict) else ():
        stages = look_up(segment, ("stages",))
        names |= set(stages) if isinstance(stages, dict) else set()
    return problem.value.casefold() in {str(name).casefold() for name in names}


def stands_apart(problem: Problem, told: Sequence[Problem]) -> bool:
    """Tell whether a problem of the scenario cannot follow from those that are told already.

    Those of another segment, product or rate cannot, unless what many parts rest on is wrong.
    """
    places = [(one.column or "").split(".") for one in told]
    mine = (problem.column or "").split(".")[:2]
    return not any(p[:2] == mine or p == ["segments"] or p[0] in _RESTED_ON for p in places)


def _problem(tree: Tree, detail: ErrorDetails) -> Problem:
    keys = _keys(tree.data, detail)
    kind, context = detail["type"], detail.get("ctx", {})
    found = look_up(tree.data, keys)
    value = found if isinstance(found, str | int | float) else None
    if _CODE.fullmatch(kind):
        return tree.problem(kind, f"{_last(keys)} {context['message']}", keys, value, context["remedy"])
    if kind == "missing":
        return tree.problem("S012", f"{_last(keys)} is missing", keys, None, f"add {_last(keys)}")
    if kind == "extra_forbidden":
        return _unknown(tree, keys)
    if kind == "too_short":
        return tree.problem("S012", f"{_last(keys)} is empty", keys, None, "name at least one segment")
    if kind == "literal_error":
        return _not_among(tree, keys, found, str(context.get("expected", "")))
    message, remedy = _TYPES.get(kind, (f"does not fit: {detail['msg'].lower()}", None))
    return tree.problem("S013", f"{_last(keys)} {message}", keys, value, remedy)


def _unknown(tree: Tree, keys: Keys) -> Problem:
    key, above = str(keys[-1]), keys[:-1]
    holder = look_up(tree.data, above)
    known = [name for name in keys_at(above) if name != "source"]
    if "dist" in known and str(family := holder.get("dist")) in FORMS:
        fitting = {"dist", *chain(*FORMS[family]), *({"amount"} if family == "fixed" else ())}
        known = [name for name in known if name in fitting]
    if meant := [name for name in slips_at(above).get(key, ()) if name in known]:
        return tree.problem("S010", f"unknown key {key}", keys, None, f"did you mean {meant[0]}?")
    remedy = did_you_mean(key, known, "known here: " + ", ".join(known))
    return tree.problem("S010", f"unknown key {key}", keys, None, remedy)


def _not_among(tree: Tree, keys: Keys, found: Any, expected: str) -> Problem:
    known = re.findall(r"'([^']*)'", expected)
    remedy = did_you_mean(str(found), known, "write " + expected.replace("'", ""))
    return tree.problem("S013", f"{_last(keys)} has an unknown value", keys, found, remedy)


def _keys(data: Any, detail: ErrorDetails) -> Keys:
    """Return the path in the data that an error's location means: names of types in between go."""
    keys: list[str | int] = []
    for at, part in enumerate(detail["loc"]):
        last = at == len(detail["loc"]) - 1
        if isinstance(data, dict) and str(part) in data:
            keys.append(str(part))
            data = data[str(part)]
        elif isinstance(data, list) and isinstance(part, int) and part < len(data):
            keys.append(part)
            data = data[part]
        elif last and detail["type"] == "missing":
            keys.append(str(part))
    return tuple(keys)


def _last(keys: Keys) -> str:
    return str(keys[-1]) if keys else "the scenario"
