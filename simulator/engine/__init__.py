"""Play thousands of futures of a scenario: vectorised over trials, drawn by key, summed in whole cents."""

from simulator.engine.billing import Invoices
from simulator.engine.cells import SOURCES, Slice
from simulator.engine.compile import compile_plan
from simulator.engine.contracts import DayRates
from simulator.engine.luck import Luck
from simulator.engine.owners import COMPANY, OPEN, Book, Kind, Owners
from simulator.engine.plan import COMING, Plan, SegmentPlan
from simulator.engine.recorder import Recorder
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
from simulator.engine.settle import GENERATION
from simulator.engine.trace import Attempt, Invoice, Story, Trace
from simulator.engine.walk import Walkers

__all__ = [
    "COMING",
    "COMPANY",
    "GENERATION",
    "OPEN",
    "SOURCES",
    "Attempt",
    "Book",
    "DayRates",
    "Invoice",
    "Invoices",
    "Kind",
    "Luck",
    "Outcome",
    "Owners",
    "Plan",
    "Recorder",
    "SegmentPlan",
    "Slice",
    "Story",
    "Tally",
    "Trace",
    "Walkers",
    "block_size",
    "blocks",
    "compile_plan",
    "for_trials",
    "is_worth_dividing",
    "play",
    "play_block",
]
