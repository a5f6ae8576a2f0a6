# SPDX-License-Identifier: GPL-3.0-or-later
"""Single-threaded processes in parallel on this machine."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor, as_completed
from contextlib import suppress
from multiprocessing import get_context, parent_process
from multiprocessing.connection import wait
from typing import Any

THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")


def single_threaded_pool(jobs: int, prepare: Callable[[], object] | None = None) -> ProcessPoolExecutor:
    """A pool of new processes of one thread each: several with several threads each are slower than one. They end with
    this process, however it ends. Each calls `prepare` first, whose errors are left to the work."""
    return ProcessPoolExecutor(jobs, get_context("spawn"), _begin, (prepare,))


def map_unordered(jobs: int, work: Callable[[Any], object], items: Iterable[Any]) -> Iterator[Any]:
    """Call `work` on each item in `jobs` processes and yield the item once it is done, in order of completion.

    Where one raises, or the loop is left, items that have not begun are dropped. BrokenProcessPool where a process ends
    without a word.
    """
    return _map_unordered(single_threaded_pool(jobs), work, items)


class StartedPool:
    """`map_unordered` with processes that are started at once and `prepare` while their parent does something else,
    which they take seconds for: the first call has them, any other one has new ones."""

    def __init__(self, jobs: int, prepare: Callable[[], object]) -> None:
        self._prepare = prepare
        self._started: ProcessPoolExecutor | None = single_threaded_pool(jobs, prepare)
        for _ in range(jobs):
            self._started.submit(os.getpid)  # a pool starts a process for each call that none is free for

    def map_unordered(self, jobs: int, work: Callable[[Any], object], items: Iterable[Any]) -> Iterator[Any]:
        """See `map_unordered`."""
        started, self._started = self._started, None
        return _map_unordered(started or single_threaded_pool(jobs, self._prepare), work, items)

    def close(self) -> None:
        """End the processes, if no call had them."""
        if self._started is not None:
            self._started.shutdown(cancel_futures=True)


def _map_unordered(executor: ProcessPoolExecutor, work: Callable[[Any], object], items: Iterable[Any]) -> Iterator[Any]:
    with executor as pool:
        pending = {pool.submit(work, item): item for item in items}
        try:
            for future in as_completed(pending):
                future.result()
                yield pending[future]
        finally:
            pool.shutdown(cancel_futures=True)


def _begin(prepare: Callable[[], object] | None) -> None:
    for name in THREADS:  # read when their library is loaded
        os.environ[name] = "1"
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
