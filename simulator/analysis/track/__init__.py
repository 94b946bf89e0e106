"""Past runs: which there are, how a period looked from each of them, and how often their ranges held."""

from simulator.analysis.track.payload import followed, kept_score, listed, main_period, scored
from simulator.analysis.track.record import record, record_before
from simulator.analysis.track.score import AHEAD

__all__ = ["AHEAD", "followed", "kept_score", "listed", "main_period", "record", "record_before", "scored"]
