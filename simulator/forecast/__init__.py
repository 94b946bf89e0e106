"""The result of a simulation, and the questions that may be asked of it."""

from simulator.forecast.asked import whole_asked
from simulator.forecast.check import Check
from simulator.forecast.exact import ExactMeans, OfferEffect
from simulator.forecast.forecast import Ended, Forecast
from simulator.forecast.groups import grouped
from simulator.forecast.happened import Happened, happened
from simulator.forecast.payload import MOST_DEALS
from simulator.forecast.rows import ENDS, InMemory, Part, Rows, product_rows
from simulator.forecast.statistics import LEVELS, statistics
from simulator.forecast.trials import Slice, Trials
from simulator.forecast.windows import Window

__all__ = [
    "ENDS",
    "LEVELS",
    "MOST_DEALS",
    "Check",
    "Ended",
    "ExactMeans",
    "Forecast",
    "Happened",
    "InMemory",
    "OfferEffect",
    "Part",
    "Rows",
    "Slice",
    "Trials",
    "Window",
    "grouped",
    "happened",
    "product_rows",
    "statistics",
    "whole_asked",
]
