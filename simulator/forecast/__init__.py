"""The result of a simulation, and the questions that may be asked of it."""

from simulator.forecast.forecast import Forecast
from simulator.forecast.statistics import LEVELS, statistics
from simulator.forecast.trials import Check, Slice, Trials

__all__ = ["LEVELS", "Check", "Forecast", "Slice", "Trials", "statistics"]
