"""Past runs: which there are, how a period looked from each of them, and how often their ranges held."""

from simulator.analysis.track.payload import followed, listed, scored

__all__ = ["followed", "listed", "scored"]
