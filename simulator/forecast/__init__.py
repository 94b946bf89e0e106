"""The result of a simulation, and the questions that may be asked of it."""

from simulator.forecast.forecast import Check, Forecast, Slice
from simulator.forecast.statistics import LEVELS, statistics

__all__ = ["LEVELS", "Check", "Forecast", "Slice", "statistics"]
