"""Take figures from history: one fit of everything, what it says of set percentages, forecasts from it."""

from simulator.learning.checking import Checked, check_history, check_names
from simulator.learning.fitting import Fit, fit
from simulator.learning.forecasting import forecaster, learned_scenario

__all__ = ["Checked", "Fit", "check_history", "check_names", "fit", "forecaster", "learned_scenario"]
