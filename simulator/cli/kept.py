"""Write what commands find out into a run's folder, with its figures."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any


def keep_comparison(payload: Mapping[str, Any], folder: Path) -> str:
    """Write compare.json and its figure; return where the former is.

    Raises:
        PlaceError: the folder cannot be written to.
        UsageError: somebody else's file stands there.
    """
    from simulator.report.compare_figures import comparison_figures
    from simulator.runs import json_bytes, write_results

    figures = {f"figures/{name}": content for name, content in comparison_figures(payload).items()}
    write_results(folder, {"compare.json": json_bytes(payload), **figures})
    return str(folder / "compare.json")
