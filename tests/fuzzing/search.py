"""Search one target: `python -m fuzzing.search csv 45`, for so many seconds or until the first finding."""

import os
import resource
import sys
import time
from pathlib import Path
from tempfile import mkdtemp

import atheris

with atheris.instrument_imports(include=["simulator"], enable_loader_override=False):
    from fuzzing.targets import TARGETS

SLOWEST = 1.0
"""Seconds of the processor that one input may take."""
ROOM = 200
"""Megabytes that reading may take beside what the program takes before."""
HANG = int(os.environ.get("FUZZING_HANG", "20"))
"""Seconds after which an input is given up that does not end."""


def main(name: str, seconds: str, kept: str | None = None) -> None:
    """Search from the target's seeds, and from what an earlier search kept in a folder."""
    target = TARGETS[name]
    seeds = Path(mkdtemp(prefix="seeds-"))
    for number, seed in enumerate(target.seeds):
        (seeds / str(number)).write_bytes(seed)
        target.run(seed)  # everything is imported, and has its memory, before it is measured

    def run(data: bytes) -> None:
        started = time.process_time()
        target.run(data)
        taken = time.process_time() - started
        assert taken < SLOWEST, f"{taken:.1f} s of the processor for one input"

    taken = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    seed = os.environ.get("FUZZING_SEED", "1")
    options = [
        *(f"-max_total_time={seconds}", f"-seed={seed}", "-max_len=4096", f"-timeout={HANG}"),
        *(f"-rss_limit_mb={taken + ROOM}", "-print_final_stats=1", f"-artifact_prefix={kept or seeds}/"),
    ]
    atheris.Setup([name, *options, *([kept] if kept else []), str(seeds)], run)
    atheris.Fuzz()


if __name__ == "__main__":
    main(*sys.argv[1:])
