"""Compile the engine's hot path, where the extra `[fast]` is installed and a run is large enough for it."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from simulator.engine.block import Block
    from simulator.engine.fast.loops import Loops


def loops_of(block: Block) -> Loops | None:
    """Return the compiled loops of a block, None where there are none."""
    from simulator.engine.fast.loops import Loops

    return Loops(block)
