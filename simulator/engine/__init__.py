"""Play thousands of futures of a scenario: vectorised over trials, drawn by key, summed in whole cents."""

from simulator.engine.cells import SOURCES, Slice
from simulator.engine.compile import compile_plan
from simulator.engine.plan import COMING, Plan
from simulator.engine.run import (
    Outcome,
    Tally,
    block_size,
    blocks,
    for_trials,
    is_worth_dividing,
    play,
    play_block,
)

__all__ = [
    "COMING",
    "SOURCES",
    "Outcome",
    "Plan",
    "Slice",
    "Tally",
    "block_size",
    "blocks",
    "compile_plan",
    "for_trials",
    "is_worth_dividing",
    "play",
    "play_block",
]
