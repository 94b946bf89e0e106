"""Run pieces of work side by side: in processes where they can share memory, else in threads."""

from __future__ import annotations

import mmap
import multiprocessing
import os
import signal
import sys
import threading
import time
import warnings
from collections.abc import Callable, Generator, Iterable
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

Result = TypeVar("Result")
Task = Callable[[int, int], Result]
Span = tuple[int, int]

CAN_FORK = sys.platform == "linux"
"""Whether a process may begin as a copy of this one, so that nothing has to be sent to it.

Other systems either cannot copy a process, or have libraries that do not survive it.
"""


def shared_zeros(shape: tuple[int, ...], workers: int) -> NDArray[np.float64]:
    """Return an array of zeros into which the workers may all write.

    Args:
        shape: of the array.
        workers: how many there are; one needs no shared memory.
    """
    size = int(np.prod(shape))
    if workers == 1 or size == 0 or not CAN_FORK:
        return np.zeros(shape)
    return np.frombuffer(mmap.mmap(-1, size * 8), dtype=np.float64).reshape(shape)


def side_by_side(task: Task[Result], spans: Iterable[Span], workers: int) -> Generator[Result]:
    """Yield what a task returns for each span, in order.

    Many small calls of numpy wait for Python's lock, so that two threads are hardly faster than one;
    processes are. What the task writes must lie in `shared_zeros`, what it returns is sent back.

    Args:
        task: takes a span.
        spans: pieces of work.
        workers: how many run at once.
    """
    if workers == 1:
        yield from (task(*span) for span in spans)
    elif CAN_FORK:
        context, before = multiprocessing.get_context("fork"), set(multiprocessing.active_children())
        with ProcessPoolExecutor(workers, context, _begin, (task,)) as pool:
            with warnings.catch_warnings():
                # Newer Pythons warn that another thread may hold a lock while the process is copied.
                warnings.simplefilter("ignore", DeprecationWarning)
                results = pool.map(_work, spans)
            try:
                yield from results
            except BaseException:
                for worker in set(multiprocessing.active_children()) - before:
                    worker.kill()  # or the pool would wait for what nobody wants any more
                raise
    else:
        with ThreadPoolExecutor(workers) as threads:
            yield from threads.map(lambda span: task(*span), spans)


_task: Task[Any] | None = None
"""The task of this process, if it is a worker: a closure, which could not be sent to it."""


def _begin(task: Task[Any]) -> None:
    global _task
    _task = task
    # On Ctrl-C a worker ends at once and in silence; the process that waits for it says what there is to say.
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    threading.Thread(target=_end_with, args=(os.getppid(),), daemon=True).start()


def _end_with(parent: int) -> None:
    """End this process when the one that began it is gone, killed perhaps, and nobody waits any more."""
    while os.getppid() == parent:
        time.sleep(1)
    os._exit(1)


def _work(span: Span) -> Any:
    assert _task is not None
    return _task(*span)
