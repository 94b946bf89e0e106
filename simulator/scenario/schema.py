"""Describe scenario files to other programs: JSON Schema, and which keys may stand where."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import Any

from simulator.scenario.laws import Strict
from simulator.scenario.model import ScenarioFile


def json_schema() -> dict[str, Any]:
    """Return the JSON Schema (2020-12) of a scenario file.

    A file that extends another one holds only what differs: there nothing is required, and null removes.
    """
    schema = ScenarioFile.model_json_schema(by_alias=True)
    required = [key for key in schema["required"] if key != "name"]
    for model in (schema, *schema["$defs"].values()):
        model.pop("required", None)
        if "properties" in model:
            model["properties"] = {key: _or_null(node) for key, node in model["properties"].items()}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        **schema,
        "anyOf": [{"required": ["extends"]}, {"required": required}],
    }


def keys_at(keys: Iterable[str | int]) -> tuple[str, ...]:
    """Return the fixed keys that a mapping at this path may have; none where it is free."""
    found: dict[str, None] = {}
    for node in _nodes(keys):
        found.update(dict.fromkeys(node.get("properties", ())))
    return tuple(found)


def slips_at(keys: Iterable[str | int]) -> dict[str, tuple[str, ...]]:
    """Return what people write at this path who mean other keys, and which those may be."""
    return {slip: meant for model in _models_at(keys) for slip, meant in model.slips.items()}


def names_at(keys: Iterable[str | int]) -> bool:
    """Tell whether the mapping at this path holds things by name, each of which is a mapping."""
    if not (keys := tuple(keys)):
        return False  # those of the file itself are fixed; to build its schema takes longer than a small run
    free = [node.get("additionalProperties") for node in _nodes(keys) if "properties" not in node]
    return any(isinstance(below, dict) and any(_objects(below)) for below in free)


def default_at(keys: Iterable[str | int]) -> Any:
    """Return what holds where nothing is set at a path, None where that is no single value."""
    *above, last = keys
    defaults = [node.get("properties", {}).get(str(last), {}).get("default") for node in _nodes(above)]
    return next((value for value in defaults if value is not None), None)


def _models_at(keys: Iterable[str | int]) -> list[type[Strict]]:
    """Return the models that may describe what stands at a path."""
    titles = {node.get("title") for node in _nodes(keys)}
    return [model for model in _models(Strict) if model.__name__ in titles]


@lru_cache(maxsize=1)
def _schema() -> dict[str, Any]:
    return ScenarioFile.model_json_schema(by_alias=True)


def _nodes(keys: Iterable[str | int]) -> list[dict[str, Any]]:
    """Return the object schemas that may describe what stands at a path."""
    nodes = list(_objects(_schema()))
    for key in keys:
        inner = []
        for node in nodes:
            below = node.get("properties", {}).get(key, node.get("additionalProperties"))
            inner += list(_objects(below)) if isinstance(below, dict) else []
        nodes = inner
    return nodes


def _objects(node: dict[str, Any]) -> Iterator[dict[str, Any]]:
    if "$ref" in node:
        yield from _objects(_schema()["$defs"][node["$ref"].rsplit("/", 1)[1]])
    for branch in (*node.get("anyOf", ()), *node.get("oneOf", ()), *node.get("allOf", ())):
        yield from _objects(branch)
    if node.get("type") == "object":
        yield node


def _or_null(node: dict[str, Any]) -> dict[str, Any]:
    has_null = any(branch.get("type") == "null" for branch in node.get("anyOf", ()))
    return node if has_null else {"anyOf": [node, {"type": "null"}]}


def _models(base: type[Strict]) -> Iterator[type[Strict]]:
    yield base
    for model in base.__subclasses__():
        yield from _models(model)
