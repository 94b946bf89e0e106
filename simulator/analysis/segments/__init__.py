"""Hold the funnels of segments side by side: how they convert, what each stage is worth, what they bring."""

from simulator.analysis.segments.payload import side_by_side
from simulator.analysis.segments.rows import segment_rows

__all__ = ["segment_rows", "side_by_side"]
