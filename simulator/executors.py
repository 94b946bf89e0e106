"""Run pieces of work side by side: in processes where they can share memory, else in threads."""

from __future__ import annotations

import contextlib
import ctypes
import mmap
import multiprocessing
import os
import signal
import sys
import threading
import time
import traceback
import warnings
from collections.abc import Callable, Generator, Iterable
from concurrent.futures import ThreadPoolExecutor
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from typing import Any, Protocol, TypeVar, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from simulator.errors import PlaceError

Model = TypeVar("Model")
Result = TypeVar("Result")
Task = Callable[[int, int], Result]
Span = tuple[int, int]

CAN_FORK = sys.platform == "linux"
"""Whether a process may begin as a copy of this one, so that nothing has to be sent to it.

Other systems either cannot copy a process, or have libraries that do not survive it.
"""
_TRIM_THRESHOLD, _MMAP_THRESHOLD = -1, -3
"""Options of `mallopt`, from malloc.h."""


@runtime_checkable
class Crew(Protocol):
    """Workers elsewhere, who share nothing with this process; `cluster` finds some."""

    def side_by_side(
        self, task: Callable[[Model, int, int], Result], model: Model, spans: Iterable[Span]
    ) -> Generator[Result]:
        """Yield what a task returns for each span, in order.

        Args:
            task: a pure function of some module.
            model: its first argument, which is sent once.
            spans: pieces of work.
        """
        ...


def keep_memory() -> None:
    """Let this process keep memory that it has freed: to fetch it anew takes a third of the time of a run.

    Workers of dask are told to give all back at once, which takes twice as long as the work. Where the C
    library is not GNU's, nothing happens.
    """
    with contextlib.suppress(OSError, AttributeError, TypeError):
        set_option = ctypes.CDLL(None).mallopt
        set_option(_TRIM_THRESHOLD, 1 << 28)
        set_option(_MMAP_THRESHOLD, 1 << 25)


def give_back_memory() -> None:
    """Give freed memory back now, kept or not, so that what follows does not lie on top of it."""
    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL(None).malloc_trim(0)


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
    """Return what a task returns for each span, in order.

    Many small calls of numpy wait for Python's lock, so that two threads are hardly faster than one;
    processes are, and they begin at once, while nobody asks for a result yet. What the task writes must lie
    in `shared_zeros`, what it returns is sent back.

    Args:
        task: takes a span.
        spans: pieces of work.
        workers: how many run at once.
    """
    if workers == 1:
        return (task(*span) for span in spans)
    if not CAN_FORK:
        return _in_threads(task, spans, workers)
    results = _in_processes(task, spans, workers)
    next(results)  # as far as to where all have begun
    return results


def _in_threads(task: Task[Result], spans: Iterable[Span], workers: int) -> Generator[Result]:
    with ThreadPoolExecutor(workers) as threads:
        yield from threads.map(lambda span: task(*span), spans)


def _in_processes(task: Task[Any], spans: Iterable[Span], workers: int) -> Generator[Any]:
    """Yield once when copies of this process have begun, and then what they return.

    They end with the generator, whatever they are doing.
    """
    waiting, context = enumerate(spans), multiprocessing.get_context("fork")
    done, told, crew, busy = dict[int, Any](), 0, list[BaseProcess](), list[Connection]()

    def give(worker: Connection) -> None:
        if (piece := next(waiting, None)) is not None:
            worker.send(piece)
            busy.append(worker)

    try:
        for _ in range(workers):
            here, there = context.Pipe()
            process = context.Process(target=_work, args=(task, there), daemon=True)
            with warnings.catch_warnings():
                # Newer Pythons warn that another thread may hold a lock while the process is copied.
                warnings.simplefilter("ignore", DeprecationWarning)
                process.start()
            there.close()
            crew.append(process)
            give(here)
        yield None
        while busy:
            for connection in wait(busy):
                assert isinstance(connection, Connection)
                busy.remove(connection)
                number, result = _received(connection)
                done[number] = result
                give(connection)
            while told in done:
                yield done.pop(told)
                told += 1
    finally:
        for member in crew:
            member.kill()
        for member in crew:
            member.join()


def _received(worker: Connection) -> tuple[int, Any]:
    """Return the number of a piece and what came of it.

    Raises:
        PlaceError: the worker is gone.
        BaseException: what the task has raised.
    """
    try:
        number, result, error = worker.recv()
    except (EOFError, ConnectionError):
        raise PlaceError(
            "a process that did some of the work was killed, perhaps for lack of memory: use fewer --workers",
            code="P010",
        ) from None
    if error is not None:
        raise error
    return number, result


def _work(task: Task[Any], here: Connection) -> None:
    """Do pieces of work as they come."""
    # On Ctrl-C a worker ends at once and in silence; the process that waits for it says what there is to say.
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    threading.Thread(target=_end_with, args=(os.getppid(),), daemon=True).start()
    keep_memory()
    while True:
        number, span = here.recv()
        try:
            here.send((number, task(*span), None))
        except Exception as error:
            error.add_note("".join(traceback.format_exception(error)))
            here.send((number, None, error))


def _end_with(parent: int) -> None:
    """End this process when the one that began it is gone, killed perhaps, and nobody waits any more."""
    while os.getppid() == parent:
        time.sleep(1)
    os._exit(1)
