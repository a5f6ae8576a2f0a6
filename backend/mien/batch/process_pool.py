# SPDX-License-Identifier: GPL-3.0-or-later
"""Single-threaded processes in parallel on this machine."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor, as_completed
from multiprocessing import get_context
from typing import Any


def single_threaded_pool(jobs: int) -> ProcessPoolExecutor:
    """A pool of new processes of one thread each: several with several threads each are slower than one."""
    return ProcessPoolExecutor(jobs, get_context("spawn"), _limit_threads)


def map_unordered(jobs: int, work: Callable[[Any], object], items: Iterable[Any]) -> Iterator[Any]:
    """Call `work` on each item in `jobs` processes and yield the item once it is done, in order of completion.

    Where one raises, or the loop is left, items that have not begun are dropped.
    """
    with single_threaded_pool(jobs) as pool:
        pending = {pool.submit(work, item): item for item in items}
        try:
            for future in as_completed(pending):
                future.result()
                yield pending[future]
        finally:
            pool.shutdown(cancel_futures=True)


def _limit_threads() -> None:
    for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):  # read when their library is loaded
        os.environ[name] = "1"
