# SPDX-License-Identifier: GPL-3.0-or-later
"""When a batch, a job that waits and the next free worker are ready, by a clock of the test's."""

from pathlib import Path

from mien.service.jobs.batching_queue import Batch, BatchingQueue
from mien.service.jobs.database import JobDatabase
from mien.service.jobs.job import Job, JobStatus
from mien.service.jobs.running_batches import RunningBatches
from mien.service.jobs.take_jobs import TAKE
from mien.service.jobs.time_estimate import TimeEstimate
from mien.service.jobs.time_left import TimeLeft
from schedulers import REQUEST

NOW = 100.0
RUNNING = Job("running", "anna", TAKE, "one", REQUEST, state="running")
WAITING = Job("waiting", "anna", TAKE, "two", REQUEST)


def time_left(folder: Path, *began: float) -> TimeLeft:
    """Batches that began then, each of 10 s of work, and a job that waits."""
    estimate, running = TimeEstimate(JobDatabase(folder / "jobs.sqlite")), RunningBatches()
    workload = TAKE.workload(REQUEST)
    assert workload is not None
    estimate.learn(workload, 10.0)
    for at in began:
        running.add(Batch(TAKE, {"one": REQUEST}, {"one": {"running"}}, at))
    queue = BatchingQueue({"waiting": WAITING}.__getitem__, estimate)
    queue.add(WAITING)
    return TimeLeft(running, queue, estimate, lambda: NOW)


def test_a_job_waits_for_the_batch_before_it(tmp_path: Path) -> None:
    left = time_left(tmp_path, NOW - 4.0)
    assert left.until_free(TAKE) == 6.0 and left.status(RUNNING) == JobStatus(RUNNING, None, 6.0)
    assert left.status(WAITING) == JobStatus(WAITING, 1, 16.0)


def test_a_free_worker_makes_it_now(tmp_path: Path) -> None:
    assert time_left(tmp_path).status(WAITING) == JobStatus(WAITING, 1, 10.0)


def test_two_workers_share_what_waits(tmp_path: Path) -> None:
    left = time_left(tmp_path, NOW - 4.0, NOW - 9.0)
    left.at_once = 2
    assert left.until_free(TAKE) == 1.0 and left.status(WAITING).left_s == 6.0
    left.at_once = 3
    assert left.until_free(TAKE) == 0.0


def test_a_job_that_has_ended_takes_no_time(tmp_path: Path) -> None:
    done = Job("done", "anna", TAKE, "one", REQUEST, state="done")
    assert time_left(tmp_path, NOW).status(done) == JobStatus(done, None, None)
