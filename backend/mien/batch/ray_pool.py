# SPDX-License-Identifier: GPL-3.0-or-later
"""The functions of `process_pool.py` on a Ray cluster: tasks of one CPU each, on whatever node has one.

Ray starts its own processes on the nodes and keeps them, so that models are loaded once in each. A task whose node is
lost is tried again elsewhere; results are in the batch's folder, which all nodes share, so nothing that is there is
made twice. Ray (Apache-2.0) is the extra `mien[ray]`.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Iterable, Iterator
from concurrent.futures import Executor, Future
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from typing import Any

from mien.batch.process_pool import THREADS
from mien.errors import FILE, MISSING, MienError

RETRIES = 3  # of a task whose process or node is lost
AHEAD = 2  # tasks for each CPU that are handed to Ray: it has work while results come back, and no more


class RayMissing(MienError):
    """Ray is not installed."""

    exit_status = MISSING


class RayUnreachable(MienError):
    """There is no cluster at the address."""

    exit_status = FILE


@contextmanager
def connected(address: str, without: Collection[str] = ()) -> Iterator[int]:
    """A connection to the cluster at `address` (host:port, ray://host:port, or "auto" for the one of this machine) for
    the block; yields how many CPUs it has. Its processes have Mien's variables of this one, `without` some of them.
    RayMissing, RayUnreachable in words."""
    ray = ray_package()
    try:
        ray.init(
            address,
            log_to_driver=False,
            logging_level="ERROR",
            configure_logging=False,
            runtime_env={"env_vars": {**dict.fromkeys(THREADS, "1"), **_settings(without)}},
        )
    except (ConnectionError, ValueError, RuntimeError, OSError) as error:
        raise RayUnreachable(
            f"no Ray cluster answers at {address!r} ({' '.join(str(error).split())[:200]}). Start one with "
            "ray start --head, and name its address, as in --ray 192.168.1.5:6379."
        ) from None
    try:
        yield int(ray.cluster_resources().get("CPU", 1))
    finally:
        ray.shutdown()


def single_threaded_pool(jobs: int) -> Executor:
    """An executor whose calls are Ray tasks of one CPU; Ray decides how many run, whatever `jobs` is."""
    return _RayPool()


def map_unordered(jobs: int, work: Callable[[Any], object], items: Iterable[Any]) -> Iterator[Any]:
    """Call `work` on each item, AHEAD * `jobs` of them at Ray's hands at a time, and yield the item once it is done.

    Where one raises, or the loop is left, the others are cancelled. BrokenProcessPool where a task was lost more than
    RETRIES times.
    """
    ray, task, waiting = ray_package(), _task(), iter(items)
    pending: dict[Any, Any] = {}
    try:
        while True:
            while len(pending) < AHEAD * jobs and (item := next(waiting, waiting)) is not waiting:
                pending[task.remote(work, (item,), {})] = item
            if not pending:
                return
            for done in ray.wait(list(pending), num_returns=1)[0]:
                item = pending.pop(done)
                result_of(done)
                yield item
    finally:
        for reference in pending:
            ray.cancel(reference, force=True)


def result_of(reference: Any) -> Any:
    """What a task returned; what it raised, as it raised it. BrokenProcessPool where it was lost."""
    ray = ray_package()
    try:
        return ray.get(reference)
    except ray.exceptions.RayTaskError as error:
        raise getattr(error, "cause", error) from None
    except (
        ray.exceptions.WorkerCrashedError,
        ray.exceptions.NodeDiedError,
        ray.exceptions.OutOfMemoryError,
        ray.exceptions.ObjectLostError,
    ) as error:
        raise BrokenProcessPool(str(error).partition("\n")[0]) from None


def _task() -> Any:
    """`_apply` as a Ray task."""
    return ray_package().remote(num_cpus=1, max_retries=RETRIES)(_apply)


def _apply(work: Callable[..., Any], arguments: tuple[Any, ...], keywords: dict[str, Any]) -> Any:
    return work(*arguments, **keywords)


class _RayPool(Executor):
    def __init__(self) -> None:
        self._task = _task()
        self._references: list[Any] = []

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future:
        reference = self._task.remote(fn, args, kwargs)
        self._references.append(reference)
        return reference.future()

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        ray = ray_package()
        if cancel_futures:
            for reference in self._references:
                ray.cancel(reference)
        if wait and self._references:
            ray.wait(self._references, num_returns=len(self._references))


def _settings(without: Collection[str]) -> dict[str, str]:
    """Mien's settings of this process, which those on the nodes have, too."""
    return {name: value for name, value in os.environ.items() if name.startswith("MIEN_") and name not in without}


def ray_package() -> Any:
    """The package `ray`. RayMissing."""
    try:
        import ray
        import ray.exceptions
    except ImportError:
        raise RayMissing("Ray is not installed; install mien[ray], as in: pip install 'mien[ray]'.") from None
    return ray
