"""Take figures from history: one fit of everything, and what it says of percentages that are set."""

from simulator.learning.checking import Checked, check_history
from simulator.learning.fitting import Fit, fit

__all__ = ["Checked", "Fit", "check_history", "fit"]
