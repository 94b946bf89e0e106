"""Spread pieces of work over other machines, or over processes that stand for them, with dask.distributed."""

from __future__ import annotations

import asyncio
import logging
import math
import pickle
import re
import signal
import socket
import ssl
import time
import warnings
import weakref
from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager, suppress
from functools import cache
from importlib import metadata
from importlib.util import find_spec
from itertools import islice
from typing import Any, Final, TypeVar
from urllib.parse import urlsplit

from simulator import __version__
from simulator.errors import PlaceError, UsageError
from simulator.executors import keep_memory
from simulator.versions import code_digest

Model = TypeVar("Model")
Result = TypeVar("Result")
Task = Callable[[Model, int, int], Result]
Span = tuple[int, int]

PATIENCE: Final = 10.0
"""Seconds until a scheduler that does not answer, or has no worker, counts as not there."""
DESERTED: Final = 60.0
"""Seconds without any worker after which a run gives up."""
AHEAD: Final = 8
"""Pieces of work under way or waiting for each thread of the workers, so that none waits for a slow one."""
LEAST: Final = 0.5
"""Seconds that a piece of work shall take at least, so that sending it weighs nothing."""
EXAMPLES: Final = "tcp://host:8786, tls://host:8786, or local:4 for four processes on this machine"

_LOCAL: Final = re.compile(r"local:([1-9][0-9]{0,2})")
_TLS: Final = [f"DASK_DISTRIBUTED__COMM__TLS__{name}" for name in ("CA_FILE", "CLIENT__CERT", "CLIENT__KEY")]
_GREETING: Final = 8
"""Bytes with which a scheduler begins: the length of what it says, little end first, and never 4 GiB."""
_QUIET: Final = ("distributed", "distributed.client", "tornado.application")
_SETTINGS: Final = {
    "distributed.comm.timeouts.connect": PATIENCE,
    "distributed.worker.profile.enabled": False,
    # The model is sent as a piece of work, so that it can be had again when all who hold it are gone.
    "distributed.admin.large-graph-warning-threshold": "1TB",
}


@contextmanager
def cluster(address: str, insecure: bool = False) -> Iterator[Cluster]:
    """Hold a connection to workers elsewhere.

    Args:
        address: `tcp://host:port` or `tls://host:port` of a scheduler, or `local:N` for N processes here.
        insecure: whether the connection to another machine may be open, for all on its way to read and write.

    Raises:
        UsageError: the address is none, or asks for what is not safe.
        PlaceError: dask is missing, nobody answers, or who answers has other versions than this program.
    """
    local = _LOCAL.fullmatch(address)
    place = None if local else _place(address, insecure)
    with ExitStack() as stack:
        distributed = stack.enter_context(_dask())
        there = stack.enter_context(_processes(distributed, int(local[1]))) if local else address
        if place:
            _check_scheduler(distributed, address, place)
        client = stack.enter_context(distributed.Client(there, timeout=PATIENCE, set_as_default=False))
        _check_builds(client, address)
        yield Cluster(client, address)


class Cluster:
    """Workers elsewhere; `cluster` finds them."""

    def __init__(self, client: Any, address: str) -> None:
        self._client, self._address = client, address
        self._model: Callable[[], Any] = lambda: None
        self._there: Any = None

    @property
    def workers(self) -> int:
        """How many pieces of work run at once, at present."""
        return max(sum(map(int, self._client.nthreads().values())), 1)

    def side_by_side(
        self, task: Task[Model, Result], model: Model, spans: Iterable[Span]
    ) -> Generator[Result]:
        """Yield what a task returns for each span, in order, as `Crew` has it.

        The model travels to a worker once, whatever the number of calls for it; then only numbers do, and
        what the task returns. Short pieces of work are sent several at once. What is lost with a worker is
        done again.

        Raises:
            PlaceError: the scheduler is gone, no worker is left, or a piece of work ends all who try it.
        """
        from distributed import CancelledError, KilledWorker

        left, most, size, waiting = iter(spans), 0, 1, deque[Any]()
        try:
            while True:
                if 2 * len(waiting) <= most:
                    # As many as run at once, until it is known how long one takes.
                    most = self.workers * (AHEAD if most else 1)
                    waiting.extend(self._sent(task, model, left, size, most - len(waiting)))
                if not waiting:
                    return
                seconds, results = self._result(waiting[0])
                waiting.popleft()
                size = max(math.ceil(LEAST * len(results) / max(seconds, 1e-3)), 1)
                yield from results
        except (OSError, CancelledError) as error:
            raise PlaceError(
                f"{self._address}: the connection to the scheduler is lost", code="P012"
            ) from error
        except KilledWorker as error:
            raise PlaceError(
                f"{self._address}: several workers ended, one after the other, at the same piece of work; "
                "most likely it needs more memory than they have",
                code="P010",
            ) from error
        finally:
            with suppress(OSError):
                self._client.cancel(waiting)

    def _sent(
        self, task: Task[Model, Result], model: Model, spans: Iterator[Span], size: int, most: int
    ) -> Iterator[Any]:
        """Send spans, so many at once, and yield what will hold their results."""
        for _ in range(most):
            if some := tuple(islice(spans, size)):
                yield self._client.submit(_work, task, self._parcel(model), some, pure=False)

    def _parcel(self, model: Any) -> Any:
        """Return the model as it is over there, in place of an earlier one.

        It is not kept here: of very many deals a second one would be too much beside it.
        """
        if self._model() is not model:
            self._there = self._client.submit(_open, _build(), pickle.dumps(model, protocol=5), pure=False)
            self._model = weakref.ref(model)
        return self._there

    def _result(self, future: Any) -> Any:
        """Return a result, or give up where nobody is left to bring it."""
        seen = time.monotonic()
        while True:
            try:
                return future.result(timeout=1)
            except TimeoutError:
                if self._client.nthreads():
                    seen = time.monotonic()
                elif time.monotonic() > seen + DESERTED:
                    raise PlaceError(f"{self._address}: no worker is left", code="P012") from None


@contextmanager
def _processes(distributed: Any, number: int) -> Iterator[Any]:
    """Hold a scheduler here and so many processes that work for it."""

    async def end() -> None:
        # Left to itself dask would wait for the work under way.
        ends = (nanny.close(timeout=0.2) for nanny in there.workers.values())
        await asyncio.gather(*ends, return_exceptions=True)

    with ExitStack() as stack:
        with _deaf():
            there = distributed.LocalCluster(
                n_workers=number, threads_per_worker=1, memory_limit=0, dashboard_address=None,
                silence_logs=logging.CRITICAL,
            )  # fmt: skip
            stack.enter_context(there)
            stack.callback(there.sync, end)
        yield there


@contextmanager
def _deaf() -> Iterator[None]:
    """Let threads and processes begin that Ctrl-C does not reach; this thread hears of it afterwards."""
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    from multiprocessing import resource_tracker

    resource_tracker.ensure_running()  # else it begins with the first process, and lets signals in again
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _place(address: str, insecure: bool) -> tuple[str, int]:
    """Return host and port of an address to which it is safe to go."""
    parts = urlsplit(address)
    try:
        host, port = parts.hostname, parts.port
    except ValueError:
        host = port = None
    known = parts.scheme in ("tcp", "tls") and address == f"{parts.scheme}://{parts.netloc}"
    if not known or not host or not port:
        raise UsageError(f"{address!r} is no address of a cluster; write {EXAMPLES}", code="U010")
    if parts.scheme == "tcp" and not insecure and not _is_here(host):
        raise UsageError(
            f"{address} leads to another machine, and tcp is neither encrypted nor guarded: who listens sees "
            f"the deals, who writes to it runs programs; use tls://{parts.netloc}, or --insecure where "
            "everyone is trusted",
            code="U010",
        )
    return host, port


def _is_here(host: str) -> bool:
    """Tell whether a name leads to this machine and nowhere else."""
    try:
        found = {info[4][0] for info in socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)}
    except OSError as error:
        raise PlaceError(f"no machine answers to the name {host}: {error.strerror}", code="P011") from error
    return all(_is_own(str(address)) for address in found)


def _is_own(address: str) -> bool:
    """Tell whether a number is one of this machine's: only those can be listened at."""
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as listener:
        try:
            listener.bind((address, 0))
        except OSError:
            return False
    return True


def _check_scheduler(distributed: Any, address: str, place: tuple[str, int]) -> None:
    """Make sure that a scheduler of the same dask is there: for what is none, dask would wait for ever."""
    options = _options(distributed) if address.startswith("tls:") else {}
    _await_greeting(address, place, options.get("ssl_context"))

    async def versions() -> dict[str, str]:
        async with distributed.rpc(address, connection_args=options) as scheduler:
            answer = await asyncio.wait_for(scheduler.versions(packages=[]), PATIENCE)
            return dict(answer["packages"])

    with ThreadPoolExecutor(1) as thread:  # whoever calls may have a loop of its own
        try:
            found = thread.submit(lambda: asyncio.run(versions())).result()
        except (OSError, TimeoutError) as error:
            raise PlaceError(
                f"the scheduler at {address} does not let this program in: {error}", code="P011"
            ) from error
    if found.get("distributed") != distributed.__version__:
        raise PlaceError(
            f"{address}: the scheduler has distributed {found.get('distributed')} (here "
            f"{distributed.__version__}); install there what is installed here",
            code="P013",
        )


def _options(distributed: Any) -> dict[str, Any]:
    """Return how dask is told to make a connection safe."""
    try:
        options = dict(distributed.Security().get_connection_args("client"))
    except OSError as error:
        raise PlaceError(
            f"the TLS files that dask is told to use cannot be read: {error}", code="P014"
        ) from error
    if not options.get("ssl_context"):
        raise UsageError(
            f"tls needs three files of dask's settings; give them in {', '.join(_TLS)}", code="U010"
        )
    return options


def _await_greeting(address: str, place: tuple[str, int], context: ssl.SSLContext | None) -> None:
    """Wait until a scheduler greets whoever comes."""
    until = time.monotonic() + PATIENCE
    while True:
        try:
            with socket.create_connection(place, PATIENCE) as way, ExitStack() as stack:
                safe = stack.enter_context(context.wrap_socket(way)) if context else way
                if safe.recv(_GREETING)[4:] == bytes(4):
                    return
            reason = "what answers is none"
        except OSError as error:
            reason = (error.strerror or str(error)).lower()
        if time.monotonic() > until:
            raise PlaceError(
                f"no scheduler answers at {address} ({reason}); start one there, `dask scheduler`, and then "
                f"workers, `dask worker {address}`",
                code="P011",
            )
        time.sleep(0.1)


@contextmanager
def _dask() -> Iterator[Any]:
    """Import dask, when it is used and not before, and keep it quiet."""
    if not (find_spec("dask") and find_spec("distributed")):
        raise PlaceError(
            "a cluster needs the extra [dask]: pip install 'funnel-simulator[dask]', or in a checkout "
            "pip install -c constraints.txt '.[dask]'",
            code="P017",
        )
    import dask

    with dask.config.set(logging=dict.fromkeys(_QUIET, "critical")), warnings.catch_warnings():
        # dask warns of what `_check_builds` tells in words, and of what is not for users.
        warnings.filterwarnings("ignore", module=r"(dask|distributed|tornado)\b")
        import distributed

        with dask.config.set(_SETTINGS):
            yield distributed


def _check_builds(client: Any, address: str) -> None:
    """Make sure that those over there are here, and play by the same rules."""
    try:
        client.wait_for_workers(1, timeout=PATIENCE)
    except TimeoutError as error:
        raise PlaceError(
            f"the scheduler at {address} has no worker; start some: dask worker {address}", code="P011"
        ) from error
    builds = client.run(_build, on_error="return")
    try:
        builds["the scheduler"] = client.run_on_scheduler(_build)
    except Exception as error:
        builds["the scheduler"] = error
    wrong = {who: _difference(build) for who, build in builds.items() if build != _build()}
    if wrong:
        who, what = next(iter(wrong.items()))
        more = f" (and {len(wrong) - 1} more)" if len(wrong) > 1 else ""
        raise PlaceError(
            f"{address}: {who}{more} has {what}; install there what is installed here", code="P013"
        )


def _open(build: Mapping[str, str], content: bytes) -> tuple[Mapping[str, str], Any]:
    return build, pickle.loads(content)


def _work(
    task: Task[Model, Result], parcel: tuple[Mapping[str, str], Model], spans: Iterable[Span]
) -> tuple[float, list[Result]]:
    build, model = parcel
    if build != _build():  # a worker that came later
        raise PlaceError(f"a worker joined that has not {_difference(build)}", code="P013")
    keep_memory()
    started = time.monotonic()
    results = [task(model, *span) for span in spans]
    return time.monotonic() - started, results


@cache
def _build() -> Mapping[str, str]:
    """Return the versions on which the numbers hang."""
    parts = {part: metadata.version(part) for part in ("numpy", "scipy", "distributed")}
    return {"funnel-simulator": __version__, "code": code_digest(), **parts}


def _difference(theirs: Mapping[str, str] | Exception) -> str:
    """Return in words what others have instead of what is here."""
    if isinstance(theirs, Exception):
        return f"no funnel-simulator {__version__} ({type(theirs).__name__}: {theirs})"
    other = [part for part, mine in _build().items() if theirs.get(part) != mine]
    return ", ".join(f"{part} {theirs.get(part)} (here {_build()[part]})" for part in other)
