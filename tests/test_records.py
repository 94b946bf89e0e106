"""A frozen dataclass of ours is one of the standard library's, but for the time that it takes to make."""

import dataclasses
import pickle
import re
from dataclasses import field, fields, replace

import pytest
from conftest import ROOT

from simulator import records


def kinds(dataclass):
    """Return classes of every kind that the program has, made by one decorator or the other."""

    @dataclass(frozen=True)
    class Empty:
        """No field."""

    @dataclass(frozen=True)
    class Lone:
        """One field, whose equality is that of a tuple."""

        value: object

    @dataclass(frozen=True)
    class Plain:
        """Several fields of several kinds."""

        name: str
        secret: str = field(default="", repr=False)
        aside: int = field(default=0, compare=False)
        rows: tuple[int, ...] = field(default_factory=tuple)

        @property
        def first(self):
            return self.rows[0]

    @dataclass(frozen=True)
    class Worked(Plain):
        """A field that is worked out."""

        total: int = field(init=False)

        def __post_init__(self):
            object.__setattr__(self, "total", sum(self.rows))

    @dataclass(frozen=True, eq=False)
    class Itself:
        """Equal to itself alone."""

        name: str

    @dataclass(frozen=True)
    class Own:
        """With a comparison and a text of its own."""

        name: str

        def __eq__(self, other):
            return isinstance(other, Own) and self.name.lower() == other.name.lower()

        def __hash__(self):
            return hash(self.name.lower())

        def __repr__(self):
            return f"<{self.name}>"

    return {c.__name__: c for c in (Empty, Lone, Plain, Worked, Itself, Own)}


OURS, THEIRS = kinds(records.dataclass), kinds(dataclasses.dataclass)
NAN = float("nan")
MADE = {
    "Empty": [()],
    "Lone": [(1,), (1.0,), ("a",), (NAN,), ((),), (None,)],
    "Plain": [("a",), ("b",), ("a", "s"), ("a", "", 7), ("a", "", 0, (1, 2))],
    "Worked": [("a",), ("a", "", 0, (1, 2)), ("a", "", 0, (3,))],
    "Itself": [("a",), ("a",), ("b",)],
    "Own": [("a",), ("A",), ("b",)],
}


@pytest.mark.parametrize("kind", MADE)
def test_objects_are_equal_hashed_and_shown_as_those_of_the_standard_library(kind):
    ours = [OURS[kind](*values) for values in MADE[kind]]
    theirs = [THEIRS[kind](*values) for values in MADE[kind]]
    for i, (one, other) in enumerate(zip(ours, theirs, strict=True)):
        assert repr(one) == repr(other)
        assert [(f.name, f.init, f.repr, f.compare) for f in fields(one)] == [
            (f.name, f.init, f.repr, f.compare) for f in fields(other)
        ]
        for j in range(len(ours)):
            assert (one == ours[j]) == (other == theirs[j]), (kind, i, j)
            if one == ours[j]:
                assert hash(one) == hash(ours[j])
        assert one != other and one != "a"
        assert replace(one) == one or kind == "Itself"


@pytest.mark.parametrize("kind", [kind for kind in MADE if kind != "Empty"])
def test_no_field_can_be_assigned_to_again_nor_taken_away_nor_added(kind):
    for classes in (OURS, THEIRS):
        some = classes[kind](*MADE[kind][0])
        name = fields(some)[0].name
        with pytest.raises(dataclasses.FrozenInstanceError, match=f"cannot assign to field '{name}'"):
            setattr(some, name, 1)
        with pytest.raises(dataclasses.FrozenInstanceError, match="cannot assign to field 'other'"):
            some.other = 1
        with pytest.raises(dataclasses.FrozenInstanceError, match=f"cannot delete field '{name}'"):
            delattr(some, name)


def test_arguments_are_those_of_the_standard_library():
    for classes in (OURS, THEIRS):
        assert replace(classes["Plain"]("a"), name="b").name == "b"
        with pytest.raises(TypeError, match="missing 1 required positional argument: 'name'"):
            classes["Plain"]()
        with pytest.raises(TypeError, match="unexpected keyword argument 'nome'"):
            classes["Plain"](nome="a")


@records.dataclass(frozen=True)
class Sent:
    """One that travels to another process."""

    name: str
    rows: list[int] = field(default_factory=list)


def test_what_is_sent_to_another_process_comes_back_the_same_and_frozen():
    back = pickle.loads(pickle.dumps(Sent("a", [1])))
    assert back == Sent("a", [1])
    with pytest.raises(dataclasses.FrozenInstanceError):
        back.name = "b"


def test_other_kinds_are_the_standard_librarys_own():
    @records.dataclass
    class Open:
        name: str

    @records.dataclass(frozen=True, slots=True)
    class Slotted:
        name: str

    @records.dataclass(frozen=True, order=True)
    class Ordered:
        name: str

    some = Open("a")
    some.name = "b"
    assert some == Open("b") and Open.__hash__ is None
    assert not hasattr(Slotted("a"), "__dict__")
    assert Ordered("a") < Ordered("b")


def test_the_program_makes_its_classes_in_one_way():
    code = {path.name: path.read_text() for path in (ROOT / "simulator").rglob("*.py")}
    found = [
        name for name, text in code.items() if re.search(r"from dataclasses import .*\bdataclass\b", text)
    ]
    assert found == ["records.py"]
