# SPDX-License-Identifier: GPL-3.0-or-later
from mien.service.jobs.batching_queue import Batch
from mien.service.jobs.bind_jobs import BINDING
from mien.service.jobs.job import Job
from mien.service.jobs.running_batches import RunningBatches
from mien.service.jobs.take_jobs import TAKE
from schedulers import REQUEST


def batch(*keys: str) -> Batch:
    return Batch(TAKE, dict.fromkeys(keys, REQUEST), {key: {f"{key}-job"} for key in keys}, 0.0)


def test_batches_are_found_by_what_they_make_and_for_whom() -> None:
    running, one, two = RunningBatches(), batch("a", "b"), batch("c")
    running.add(one)
    running.add(two)
    assert running.of(TAKE) == list(running) == [one, two] and running.of(BINDING) == []
    assert running.making(TAKE, "c") is two and running.making(TAKE, "d") is None
    assert running.making(BINDING, "c") is None
    assert running.with_job(Job("b-job", "anna", TAKE, "b", REQUEST)) is one
    assert running.with_job(Job("other", "anna", TAKE, "b", REQUEST)) is None
    assert running.count(TAKE) == 3 and running.count(BINDING) == 0


def test_one_that_ends_leaves_the_others() -> None:
    running, one, two = RunningBatches(), batch("a"), batch("a")
    running.add(one)
    running.add(two)
    running.remove(one)
    running.remove(one)
    assert running.of(TAKE) == [two] and running.making(TAKE, "a") is two
