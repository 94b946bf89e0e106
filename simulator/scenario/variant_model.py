"""What a scenario file may say of other ways that things may go: deals that end so or so, and comparisons."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, WithJsonSchema

from simulator.scenario.laws import Strict
from simulator.scenario.values import Text, refuse


class DealFile(Strict):
    """What the scenario says of one open deal, by its id."""

    outcome: Literal["won", "lost", "dropped"] = Field(
        description="how it ends in every trial; dropped: it is not there at all"
    )


class CaseFile(Strict):
    """A case of the scenario itself: what would be otherwise."""

    name: Text = Field(description="by which it is told apart")
    changes: tuple[Text, ...] = Field(alias="set", min_length=1, description="changes, as --set has them")


def _compared(given: Any) -> Any:
    """Read a file's name, or a case."""
    if isinstance(given, dict | CaseFile):
        return CaseFile.model_validate(given)
    if not isinstance(given, str) or not given.strip():
        refuse(
            "S013",
            "names no scenario",
            "write a file such as downturn.yaml, or {name: slip, set: [KEY=VALUE]}",
        )
    return given


Compared = Annotated[
    str | CaseFile,
    BeforeValidator(_compared),
    WithJsonSchema({"anyOf": [{"type": "string"}, {"type": "object"}]}),
]
