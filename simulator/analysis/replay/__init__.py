"""Tell one trial deal by deal, rebuilt from the seed alone, and what made it better or worse than others."""

from simulator.analysis.replay.events import Event, event_rows, events
from simulator.analysis.replay.payload import AT, KINDS, narrowed, replay_payload, trials_for
from simulator.analysis.replay.played import Replayed, replayed

__all__ = [
    "AT",
    "KINDS",
    "Event",
    "Replayed",
    "event_rows",
    "events",
    "narrowed",
    "replay_payload",
    "replayed",
    "trials_for",
]
