"""Draw how a history and what was learned of it agree: stays by stage, chances, payments."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray

from simulator.learning import Checked, Fit
from simulator.learning.aalen_johansen import incidence_of
from simulator.posterior import FunnelDraws
from simulator.report.canvas import GREY, PALETTES, heading
from simulator.report.figures import figure_bytes
from simulator.runs import make_folder, write_file
from simulator.words import percent, plain

Floats = NDArray[np.float64]

COLOURS: Final = ("#1b6ca8", "#c1440e", "#5b8c2a", "#7a4fa3", "#b8860b")
BANDS: Final = 400
"""Draws from which a band is drawn: more would not be seen."""
