"""Say what an export is, what is in it, and what scenario can be made of it; nothing is asked or written."""

from simulator.loading.exports.draft import Draft, drafted, scenario_name
from simulator.loading.exports.ends import Ends, ends_in
from simulator.loading.exports.export import Export, open_export
from simulator.loading.exports.inspection import Inspection, day_of, inspected, left_out
from simulator.loading.exports.splits import by_itself, splits_of
from simulator.loading.exports.trial import Trial, tried
from simulator.loading.exports.unlock import enough_history, unlocking

__all__ = [
    "Draft",
    "Ends",
    "Export",
    "Inspection",
    "Trial",
    "by_itself",
    "day_of",
    "drafted",
    "ends_in",
    "enough_history",
    "inspected",
    "left_out",
    "open_export",
    "scenario_name",
    "splits_of",
    "tried",
    "unlocking",
]
