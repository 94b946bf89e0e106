"""Check a scenario's plain data against its model, and say where each fault stands."""

from __future__ import annotations

import copy
import re
from itertools import chain
from typing import Any

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from simulator.errors import Problem, did_you_mean
from simulator.loading.problems import Problems
from simulator.scenario.laws import FORMS
from simulator.scenario.model import ScenarioFile
from simulator.scenario.schema import keys_at, later_keys_at, slips_at
from simulator.scenario.tree import Keys, Tree, look_up

_CODE = re.compile(r"S\d{3}")
_TYPES = {
    "dict_type": "is not a mapping",
    "model_type": "is not a mapping",
    "tuple_type": "is not a list",
    "list_type": "is not a list",
    "bool_type": "is neither true nor false",
    "bool_parsing": "is neither true nor false",
    "string_type": "is not a text",
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
    for _ in range(3):
        try:
            return ScenarioFile.model_validate(data)
        except ValidationError as error:
            for detail in error.errors(include_url=False):
                keys = _keys(data, detail)
                holder = look_up(data, keys[:-1])
                if detail["type"] == "missing" or not isinstance(holder, dict) or not keys:
                    continue
                holder.pop(keys[-1], None)
    return None


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
    message = _TYPES.get(kind, f"does not fit: {detail['msg'].lower()}")
    return tree.problem("S013", f"{_last(keys)} {message}", keys, value)


def _unknown(tree: Tree, keys: Keys) -> Problem:
    key, above = str(keys[-1]), keys[:-1]
    if key in later_keys_at(above):
        message = f"{key} is not yet supported: a later version will read it"
        return tree.problem("S011", message, keys, None, "leave it out")
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
