"""Frozen dataclasses whose making takes a fourth of the time.

The standard library compiles six methods for each frozen class, one after the other, half a millisecond; with
hundreds of classes that was a fifth of the time until a command begins its work. Here it compiles `__init__`
alone, and all classes share the rest.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from operator import attrgetter
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from dataclasses import dataclass as dataclass
else:

    def dataclass(cls=None, /, *, frozen=False, eq=True, **more):
        """Make a class a dataclass, as that of the standard library, which makes those of other kinds itself.

        Args:
            cls: the class.
            frozen: whether no field can be assigned to again.
            eq: whether objects are equal whose fields are; else each is equal to itself alone.
            more: what else the standard library knows.
        """

        def made(cls):
            if frozen and not more:
                return _frozen(dataclasses.dataclass(repr=False, eq=False)(cls), eq)
            return dataclasses.dataclass(frozen=frozen, eq=eq, **more)(cls)

        return made if cls is None else made(cls)


def _frozen(cls: Any, eq: bool) -> type:
    """Give a dataclass what all frozen ones share, but for what it has of its own."""
    shared: dict[str, Any] = {"__setattr__": _assign, "__delattr__": _delete, "__repr__": _shown}
    if eq:
        shared |= _alike(cls)
    for name, method in shared.items():
        if name not in vars(cls) or vars(cls)[name] is None:
            setattr(cls, name, method)
    return cls  # type: ignore[no-any-return]


def _assign(self: Any, name: str, value: object) -> None:
    """Let `__init__` set each field, once."""
    if name in vars(self) or name not in self.__dataclass_fields__:
        raise dataclasses.FrozenInstanceError(f"cannot assign to field {name!r}")
    object.__setattr__(self, name, value)


def _delete(self: Any, name: str) -> None:
    raise dataclasses.FrozenInstanceError(f"cannot delete field {name!r}")


def _shown(self: Any) -> str:
    fields = (f"{f.name}={getattr(self, f.name)!r}" for f in dataclasses.fields(self) if f.repr)
    return f"{type(self).__qualname__}({', '.join(fields)})"


def _alike(cls: type) -> dict[str, Callable[..., Any]]:
    """Return the comparison of a class by its fields, and the hash that goes with it."""
    names = [f.name for f in dataclasses.fields(cls) if f.compare]
    # Never one name alone, of which the getter would give the value instead of a tuple.
    values = attrgetter("__class__", *(names or ("__class__",)))

    def equal(self: object, other: object) -> bool:
        return values(self) == values(other) if type(self) is type(other) else NotImplemented

    def hashed(self: object) -> int:
        return hash(values(self))

    return {"__eq__": equal, "__hash__": hashed}
