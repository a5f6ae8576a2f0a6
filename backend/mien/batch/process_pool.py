# SPDX-License-Identifier: GPL-3.0-or-later
"""Single-threaded processes in parallel on this machine."""

from __future__ import annotations

import os
import signal
import sys
import threading
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from contextlib import suppress
from multiprocessing import get_context, parent_process
from multiprocessing.connection import wait
from multiprocessing.context import BaseContext
from typing import Any

THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")  # read when their library is loaded


def single_threaded_pool(
    jobs: int, prepare: Callable[[], object] | None = None, context: BaseContext | None = None
) -> ProcessPoolExecutor:
    """A pool of new processes of one thread each: several with several threads each are slower than one. They end with
    this process, however it ends. Each calls `prepare` first, whose errors are left to the work; `context` is how they
    are begun, by spawning where it is None."""
    environment = dict(os.environ) if context else {}  # a server that forks has that of its own beginning
    return ProcessPoolExecutor(jobs, context or get_context("spawn"), _begin, (prepare, environment))


def map_unordered(jobs: int, work: Callable[[Any], object], items: Iterable[Any]) -> Iterator[Any]:
    """Call `work` on each item in `jobs` processes and yield the item once it is done, in order of completion.

    Where one raises, or the loop is left, items that have not begun are dropped. BrokenProcessPool where a process ends
    without a word.
    """
    return _map_unordered(single_threaded_pool(jobs), work, items)


class StartedPool:
    """`map_unordered` with processes that are started at once and `prepare` while their parent does something else,
    which they take seconds for: the first call has them, any other one has new ones. Where a process can be forked
    safely, a server imports the module `preloaded` once for all of the first; new ones need no server, which may be
    what has ended."""

    def __init__(self, jobs: int, prepare: Callable[[], object], preloaded: str) -> None:
        self._prepare, self.jobs = prepare, jobs
        self._started: ProcessPoolExecutor | None = single_threaded_pool(jobs, prepare, _forking(preloaded))
        self._starter = ThreadPoolExecutor(1)  # a server answers when it has imported everything
        self._start = self._starter.submit(_start, self._started, jobs)

    def map_unordered(self, jobs: int, work: Callable[[Any], object], items: Iterable[Any]) -> Iterator[Any]:
        """See `map_unordered`."""
        started, self._started = self._started, None
        if started is not None and self._start.exception() is not None:  # the server has ended
            started = None
        return _map_unordered(started or single_threaded_pool(jobs, self._prepare), work, items)

    def call(self, function: Callable[..., Any], *arguments: Any) -> Any:
        """What a call returns in one of the processes, before `map_unordered` has them; waits until they are there.
        BrokenProcessPool where one has ended, and new ones will do the work, or where all are at work."""
        self._start.result()
        started = self._started
        if started is None:
            raise BrokenProcessPool("the processes are at work")
        try:
            return started.submit(function, *arguments).result()
        except BrokenProcessPool:
            self._started = None
            started.shutdown()
            raise

    def close(self) -> None:
        """End the processes, if no call had them."""
        self._starter.shutdown()
        if self._started is not None:
            self._started.shutdown(cancel_futures=True)


def use_one_thread() -> None:
    """For the libraries that this process has not loaded yet."""
    os.environ |= dict.fromkeys(THREADS, "1")


def _forking(preloaded: str) -> BaseContext | None:
    """On Linux; macOS has libraries that do not come through a fork, and Windows has no fork."""
    if sys.platform != "linux":
        return None
    context = get_context("forkserver")
    context.set_forkserver_preload([preloaded])
    return context


def _start(pool: ProcessPoolExecutor, jobs: int) -> None:
    for _ in range(jobs):
        pool.submit(os.getpid)  # a pool starts a process for each call that none is free for


def _map_unordered(executor: ProcessPoolExecutor, work: Callable[[Any], object], items: Iterable[Any]) -> Iterator[Any]:
    with executor as pool:
        pending = {pool.submit(work, item): item for item in items}
        try:
            for future in as_completed(pending):
                future.result()
                yield pending[future]
        finally:
            pool.shutdown(cancel_futures=True)


def _begin(prepare: Callable[[], object] | None, environment: dict[str, str]) -> None:
    os.environ |= environment
    use_one_thread()
    signal.signal(signal.SIGINT, signal.SIG_DFL)  # Ctrl-C ends it without a traceback
    threading.Thread(target=_end_with_parent, daemon=True).start()
    if prepare is not None:
        with suppress(Exception):
            prepare()


def _end_with_parent() -> None:
    """A parent that is killed says nothing to its workers, which would go on with what they have and then wait."""
    parent = parent_process()
    if parent is not None:
        wait([parent.sentinel])
        os._exit(1)
