"""Why did the forecast change since an earlier run?"""

from simulator.analysis.bridge.payload import Told, bridge, bridge_rows, since_run, told

__all__ = ["Told", "bridge", "bridge_rows", "since_run", "told"]
