"""Change single figures from the command line: `--set segments.*.close_date.slip*=1.1`."""

from __future__ import annotations

import copy
import re
from collections.abc import Callable, Iterator, Sequence
from decimal import Decimal
from typing import Any, Final, Literal

from simulator.errors import Problem, did_you_mean
from simulator.records import dataclass
from simulator.scenario.learned_model import group_of
from simulator.scenario.tree import Keys, Place, Tree, dotted, look_up, paths
from simulator.scenario.values import quantity

EVERY: Final = object()
"""Stands in a path for all of a level."""

_KEY = re.compile(
    r"""\s*(?:"((?:[^"\\]|\\.)*)"|'([^']*)'|(\*)(?=\s*(?:\.|[+*]?=))|([^.="'*+]*[^.="'*+\s/-]))\s*(?=\.|[+*]?=)"""
)
_OPERATOR = re.compile(r"\s*(\+=|\*=|=)")
_FORM: Final = 'write PATH=VALUE, such as segments.smb.stages."Need established".close=0.2'


@dataclass(frozen=True)
class Setting:
    """One `--set`.

    Attributes:
        text: as given.
        path: keys; `EVERY` for `*`.
        operator: what is done.
        value: with which value.
    """

    text: str
    path: tuple[Any, ...]
    operator: Literal["=", "+=", "*="]
    value: Any


class SettingError(ValueError):
    """A `--set` that cannot be read or carried out.

    Attributes:
        problem: the whole of it.
    """

    def __init__(self, code: str, text: str, message: str, remedy: str) -> None:
        self.problem = Problem(code, message, "--set", value=text, remedy=remedy)
        super().__init__(message)


def parse_setting(text: str, parse_value: Callable[[str], Any]) -> Setting:
    """Read one `--set`: dots part, quotes hold names, `*` stands for all of a level; the value is YAML.

    Raises:
        SettingError: it does not follow the grammar.
    """
    path: list[Any] = []
    at = 0
    while match := _KEY.match(text, at):
        quoted, single, every, bare = match.groups()
        if every:
            path.append(EVERY)
        elif quoted is not None:
            path.append(re.sub(r"\\(.)", r"\1", quoted))
        else:
            path.append(single if single is not None else bare)
        at = match.end()
        if text[at : at + 1] != ".":
            break
        at += 1
    operator = _OPERATOR.match(text, at)
    if not path or operator is None or (at and text[at - 1] == "."):
        raise SettingError("S017", text, "the path of --set cannot be read", _FORM)
    try:
        value = parse_value(text[operator.end() :])
    except ValueError as error:
        raise SettingError("S017", text, f"the value of --set is not YAML: {error}", _FORM) from None
    done: Any = operator[1]
    return Setting(text, tuple(path), done, value)


def apply_settings(
    tree: Tree, settings: Sequence[Setting], folder: str, names_at: Callable[[Keys], bool] = lambda _: False,
    default_at: Callable[[Keys], Any] = lambda _: None,
) -> tuple[Tree, list[Problem]]:  # fmt: skip
    """Return a tree with the settings carried out in their order, and the problems of those that could not.

    Args:
        tree: unchanged.
        settings: each one sees what those before it did.
        folder: against which paths in values count.
        names_at: tells whether the mapping at a path holds things by name, such as segments.
        default_at: gives what holds where nothing is set, None where nobody knows.
    """
    data: dict[str, Any] = copy.deepcopy(tree.data)
    places, problems = dict(tree.places), list[Problem]()
    for setting in settings:
        try:
            touched = list(_carry_out(data, setting, names_at, default_at))
        except SettingError as error:
            problems.append(error.problem)
            continue
        for keys in touched:
            place = Place(f"--set {setting.text}", None, folder)
            for length in range(1, len(keys)):
                places.setdefault(keys[:length], place)
            for below in paths(look_up(data, keys), keys):
                places[below] = place
    places = {keys: places[keys] if keys in places else tree.place(keys) for keys in paths(data)}
    return Tree(data, places), problems


def _carry_out(
    data: dict[str, Any], setting: Setting, names_at: Callable[[Keys], bool],
    default_at: Callable[[Keys], Any],
) -> Iterator[Keys]:  # fmt: skip
    """Change data in place and yield the paths of what was changed."""
    targets = list(_targets(data, setting.path, (), setting))
    if not targets:
        rule = "`*` stands for all of a level, and here there is nothing"
        raise SettingError("S018", setting.text, "the path of --set meets nothing", rule)
    for keys in targets:
        _check_names(data, keys, setting, names_at)
        holder: Any = _holder(data, keys[:-1], setting)
        last: Any = keys[-1]
        old = holder[last] if isinstance(holder, list) else holder.get(last)
        if setting.operator == "=":
            new = copy.deepcopy(setting.value)
        else:
            # Beneath what is not set may lie what is learned, which is not known here.
            learned = data.get("learned") and group_of(keys) is not None
            new = _computed(default_at(keys) if old is None and not learned else old, keys, setting)
        if isinstance(old, dict) and isinstance(new, dict):
            new = overlaid(old, new)
        if new is None and isinstance(holder, dict):
            holder.pop(last, None)
        else:
            holder[last] = overlaid({}, new) if isinstance(new, dict) else new
        yield keys


def _check_names(data: Any, keys: Keys, setting: Setting, names_at: Callable[[Keys], bool]) -> None:
    """Refuse a path through a name that is not there: a new thing is set as a whole, others are slips."""
    for at, name in enumerate(keys):
        known = look_up(data, keys[:at])
        known = known if isinstance(known, dict) else {}
        whole = at == len(keys) - 1 and isinstance(setting.value, dict)
        every = ("default",) if at and keys[at - 1] == "payment" else ()  # a class that all segments have
        listed = keys[:at] == ("deals",)  # their names stand in the table
        if name in (*known, *every) or whole or listed or not names_at(keys[:at]):
            continue
        where = dotted(keys[: at + 1])
        new = f"a new one is set as a whole: '{where}={{…}}'"
        others = f"{dotted(keys[:at])}: {', '.join(known) or 'none'}; {new}"
        remedy = did_you_mean(str(name), list(known), others)
        raise SettingError("S018", setting.text, f"there is no {where}", remedy)


def overlaid(base: Any, over: Any) -> Any:
    """Lay one value over another: mappings merge key by key, null removes, everything else replaces."""
    if not isinstance(over, dict):
        return over
    result = dict(base) if isinstance(base, dict) else {}
    for key, value in over.items():
        if value is None:
            result.pop(key, None)
        else:
            result[key] = overlaid(result.get(key), value)
    return result


def _targets(data: Any, path: tuple[Any, ...], above: Keys, setting: Setting) -> Iterator[Keys]:
    """Yield the paths that a pattern means; keys that are not there yet may still be set."""
    if not path:
        yield above
        return
    key, rest = path[0], path[1:]
    if key is EVERY:
        inner = data.items() if isinstance(data, dict) else enumerate(data) if isinstance(data, list) else ()
        for name, value in inner:
            if name != "source":
                yield from _targets(value, rest, (*above, name), setting)
    elif isinstance(data, list):
        if not key.isdecimal() or int(key) >= len(data):
            rule = f"{dotted(above)} is a list of {len(data)}; count from 0"
            raise SettingError("S018", setting.text, f"--set names {key} in a list", rule)
        yield from _targets(data[int(key)], rest, (*above, int(key)), setting)
    else:
        below = data.get(key) if isinstance(data, dict) else None
        yield from _targets(below, rest, (*above, key), setting)


def _holder(data: Any, keys: Keys, setting: Setting) -> Any:
    """Return the mapping or list that holds the last key, making mappings on the way."""
    for length, key in enumerate(keys):
        if isinstance(data, dict) and not isinstance(data.get(key), dict | list):
            if data.get(key) is not None:
                rule = f"{dotted(keys[: length + 1])} is a single value: set it as a whole"
                raise SettingError("S018", setting.text, "the path of --set goes through a value", rule)
            data[key] = {}
        data = data[key]
    return data


def _computed(old: Any, keys: Keys, setting: Setting) -> Any:
    """Return the old value plus or times the new one; k, M and % count, days stay days."""
    where, what = dotted(keys), setting.operator
    first, second = quantity(old), quantity(setting.value)
    if first is None:
        nothing = old is None
        message = f"{what} needs a number at {where}" + (", where nothing is set" if nothing else "")
        raise SettingError("S019", setting.text, message, f"set it with =, such as {where}=…")
    if second is None or (what == "*=" and second[1]):
        raise SettingError(
            "S019", setting.text, f"{what} needs a number on its right", "write for example *=1.1"
        )
    (value, unit), (change, other) = first, second
    if what == "+=" and not value:
        unit = other  # nothing has no unit
    if what == "+=" and unit != other:
        remedy = f"the value there is {old}: add a number of the same unit"
        raise SettingError("S019", setting.text, f"+= adds {setting.value} to {old}", remedy)
    result = value + change if what == "+=" else value * change
    return f"{_plain(result)}{unit}" if unit else _plain(result)


def _plain(value: Decimal) -> int | float:
    return int(value) if value == value.to_integral_value() else float(value)
