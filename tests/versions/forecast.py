"""Print a forecast, and the pandas table of it, as whichever interpreter runs this computes them."""

import json
import sys
from importlib.metadata import version
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from simulator.loading import load  # noqa: E402  the path comes first: nothing is installed here
from simulator.simulation import simulate  # noqa: E402

forecast = simulate(load(ROOT / "scenarios" / "saas-hardware"), trials=500, by="owner")
table = forecast.table().reset_index()
found = {
    "versions": {name: version(name) for name in ("numpy", "pandas", "scipy")},
    "forecast": forecast.to_json(),
    "table": {name: column.tolist() for name, column in table.items()},
}
json.dump(found, sys.stdout)
