"""The result of a simulation, and the questions that may be asked of it."""

from simulator.forecast.asked import whole_asked
from simulator.forecast.check import Check
from simulator.forecast.forecast import Ended, Forecast
from simulator.forecast.groups import grouped
from simulator.forecast.happened import Happened, happened
from simulator.forecast.statistics import LEVELS, statistics
from simulator.forecast.trials import ExactMeans, OfferEffect, Slice, Trials

__all__ = [
    "LEVELS",
    "Check",
    "Ended",
    "ExactMeans",
    "Forecast",
    "Happened",
    "OfferEffect",
    "Slice",
    "Trials",
    "grouped",
    "happened",
    "statistics",
    "whole_asked",
]
