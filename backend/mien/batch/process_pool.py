# SPDX-License-Identifier: GPL-3.0-or-later
"""Processes beside each other, for work that is one core's each."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor, as_completed
from multiprocessing import get_context
from typing import Any


def workers(jobs: int) -> ProcessPoolExecutor:
    """A pool of fresh processes of one thread each: several with several threads each are slower than one."""
    return ProcessPoolExecutor(jobs, get_context("spawn"), _alone)


def done(jobs: int, work: Callable[[Any], object], items: Iterable[Any]) -> Iterator[Any]:
    """Each item once `work` on it is done, in `jobs` processes, the first to be done first. Where one fails, or the
    loop is left, what waits is dropped."""
    with workers(jobs) as pool:
        waiting = {pool.submit(work, item): item for item in items}
        try:
            for future in as_completed(waiting):
                future.result()
                yield waiting[future]
        finally:
            pool.shutdown(cancel_futures=True)


def _alone() -> None:
    for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):  # read when their library is loaded
        os.environ[name] = "1"
