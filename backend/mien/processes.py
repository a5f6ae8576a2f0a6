# SPDX-License-Identifier: GPL-3.0-or-later
"""Processes beside each other, for work that is one core's each."""

from __future__ import annotations

import os
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context


def workers(jobs: int) -> ProcessPoolExecutor:
    """A pool of fresh processes of one thread each: several with several threads each are slower than one."""
    return ProcessPoolExecutor(jobs, get_context("spawn"), _alone)


def _alone() -> None:
    for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):  # read when their library is loaded
        os.environ[name] = "1"
