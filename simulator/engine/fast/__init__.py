"""Compile the engine's hot path, where the extra `[fast]` is installed and a run is large enough for it.

There is one description of every law, the engine's: nouns and the columns of the plan, from which numpy
plays. `tables` lays the same columns out as plain arrays; `closing` (laws that all trials share), `drawn`
(laws by posterior draw) and `posting` (contracts) are loops over them; `loops` calls these for open deals
of known age: who wins, the walk, its date, the amount, then all that the contract posts. What they do not
know stays with numpy: losers, deals to come and those that come back, ages that are drawn, contracts with
offers, renewals, disputes, insolvency or payment days (`tables.terms_of`).

The outcomes are the same bytes, by one rule. A loop either does the same operations of IEEE arithmetic in
the same order (draws, look-ups, whole money; numba contracts and reorders nothing), or it compares a
number that may be wrong in its last digits with a bound, and knows by how much: where that might decide
(`NEAR`, the errors of linear pieces), it answers `LEFT`, and numpy plays that deal in that trial, from
its first move to its last receipt. Nothing is posted before a whole contract is worked out, and whole
numbers may be added in any order.

Loops are compiled when they are first called, and kept in the user's cache folder under a digest of their
source.
"""

from __future__ import annotations

import os
import sys
from functools import cache
from hashlib import blake2b
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from types import ModuleType

    from simulator.engine.block import Block
    from simulator.engine.fast.loops import Loops

WORTHWHILE: Final = 40_000_000
"""Contracts times trials from which on numba is imported: below, numpy is done before it has begun."""
SWITCH: Final = "SIMULATOR_FAST"
"""Environment variable: `on` or `off` overrules the size of a run, and `on` takes no excuse."""

_CONSTANTS: Final = ("close_dates.py", "distributions.py", "streams.py", "engine/cells.py", "engine/stays.py")
"""Modules whose constants are compiled with the loops."""


def is_wanted(size: int) -> bool:
    """Tell whether compiled loops play a run of so many contracts times trials; it needs some."""
    asked = _asked()
    wanted = size >= WORTHWHILE if asked is None else asked
    return wanted and _module() is not None


def is_needed() -> bool:
    """Tell whether it is a failure if there are none."""
    return _asked() is True


def loops_of(block: Block) -> Loops | None:
    """Return the compiled loops of a block, None where there are none."""
    module = _module()
    return None if module is None else module.Loops(block)


def _asked() -> bool | None:
    return {"on": True, "off": False}.get(os.environ.get(SWITCH, ""))


@cache
def _module() -> ModuleType | None:
    """Return the module of compiled loops, None where numba is missing or does not work."""
    try:
        from numba import config
        from numba.core.registry import cpu_target

        settings: Any = config
        before = settings.CACHE_DIR, settings.CPU_FEATURES
        settings.CACHE_DIR = before[0] or str(_cache_folder())
        if before[1] is None and not settings.CPU_NAME and settings.ENABLE_AVX:
            settings.CPU_FEATURES = _features()
        try:
            _ = cpu_target.target_context  # numba asks for the features now, and once in a process
            from simulator.engine.fast import loops
        finally:
            settings.CACHE_DIR, settings.CPU_FEATURES = before
    except Exception:
        if is_needed():
            raise
        return None
    return loops


def _features() -> str | None:
    """Return what code for this processor may use, None where numba's own choice does.

    LLVM makes vectors of 256 bits where it has heard that wider ones slow a processor down; none that knows
    these instructions does so noticeably, and the loops take a fourteenth less.
    """
    from llvmlite import binding

    found = binding.get_host_cpu_features()
    return f"{found.flatten()},-prefer-256-bit" if found.get("avx512vbmi2") else None


def _cache_folder() -> Path:
    """Return where compiled loops are kept: numba itself looks at the date of one file of source only."""
    if sys.platform == "win32":
        base = Path(os.environ.get("LOCALAPPDATA") or Path.home() / "AppData" / "Local")
    elif sys.platform == "darwin":
        base = Path.home() / "Library" / "Caches"
    else:
        base = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    digest = blake2b(digest_size=8)
    here = Path(__file__).parent
    for path in (*sorted(here.glob("*.py")), *(here.parent.parent / name for name in _CONSTANTS)):
        digest.update(path.read_bytes())
    return base / "funnel-simulator" / digest.hexdigest()
