# SPDX-License-Identifier: GPL-3.0-or-later
"""Which jobs are made together and in which turn, and what becomes of those that fail."""

import threading
import time
from dataclasses import replace
from fractions import Fraction

import pytest
from in_thread import Held, InThread
from mien.direction import Direction
from mien.service.jobs.take_jobs import TAKE
from mien.service.workers.worker import DiskFull, WorkCrashed, WorkFailed
from mien.take_request import TakeRequest
from schedulers import REQUEST, Schedulers, apart, final, seed, submit, submit_known, take_of, until


def test_jobs_that_wait_for_the_same_are_made_once(schedulers: Schedulers) -> None:
    held = Held()
    scheduler = schedulers.open(held)
    submit(scheduler, apart(1))
    assert held.busy.wait(300)
    same = [submit_known(scheduler, apart(2), client) for client in ("anna", "ben", "ben")]
    assert [scheduler.status(TAKE, job.id).position for job in same] == [1, 1, 1]
    held.go.set()
    assert [final(scheduler, job.id).state for job in same] == ["done"] * 3
    assert held.batches == [[1], [2]]


def test_jobs_that_differ_in_the_seed_are_made_together(schedulers: Schedulers) -> None:
    held = Held()
    scheduler = schedulers.open(held)
    submit(scheduler, apart(1))
    assert held.busy.wait(300)
    jobs = [submit_known(scheduler, seed(number), f"client {number % 2}") for number in range(7)]
    other = submit_known(scheduler, replace(seed(3), fps=Fraction(24)), "carl")
    held.go.set()
    takes = {take_of(scheduler, final(scheduler, job.id)) for job in [*jobs, other]}
    assert len(takes) == 8 and [sorted(seeds) for seeds in held.batches] == [[1], [0, 1, 2, 3, 4], [5, 6], [3]]


def test_takes_that_have_nothing_in_common_are_not_made_together(schedulers: Schedulers) -> None:
    held = Held()
    scheduler = schedulers.open(held)
    submit(scheduler, apart(9))
    assert held.busy.wait(300)
    jobs = [submit_known(scheduler, replace(REQUEST, direction=Direction(seed=number)), "a") for number in (1, 2)]
    held.go.set()
    assert [final(scheduler, job.id).state for job in jobs] == ["done", "done"] and held.batches == [[9], [1], [2]]


def test_clients_take_turns(schedulers: Schedulers) -> None:
    held = Held()
    scheduler = schedulers.open(held)
    submit(scheduler, apart(1))
    assert held.busy.wait(300)
    turns = [(2, "a"), (3, "a"), (4, "a"), (5, "b")]
    jobs = [submit_known(scheduler, apart(number), client) for number, client in turns]
    assert [scheduler.status(TAKE, job.id).position for job in jobs] == [1, 3, 4, 2]
    held.go.set()
    for job in jobs:
        final(scheduler, job.id)
    assert held.batches == [[1], [2], [5], [3], [4]]


def test_cancelling_stops_the_work_and_spares_the_next(schedulers: Schedulers) -> None:
    held = Held()
    scheduler = schedulers.open(held)
    running = submit(scheduler, apart(1))
    assert held.busy.wait(300)
    queued, last = submit_known(scheduler, apart(2), "a"), submit_known(scheduler, apart(3), "a")
    assert scheduler.cancel(TAKE, queued.id).job.state == "cancelled"
    assert scheduler.cancel(TAKE, running.id).job.state == "cancelled"
    assert held.ended.wait(300)
    held.go.set()
    assert final(scheduler, last.id).state == "done" and held.batches == [[3]] and "toy" in held.prepared


def test_one_of_those_made_together_may_be_cancelled(schedulers: Schedulers) -> None:
    held = Held()
    scheduler = schedulers.open(held)
    submit(scheduler, apart(9))
    assert held.busy.wait(300)
    jobs = [submit_known(scheduler, seed(number), "a") for number in (1, 2)]
    gone = threading.Event()
    held.before = lambda requests: gone.wait(20) if len(requests) == 2 else None
    held.go.set()
    until(scheduler, jobs[0].id, lambda job: job.state == "running")
    scheduler.cancel(TAKE, jobs[0].id)
    gone.set()
    assert [final(scheduler, job.id).state for job in jobs] == ["cancelled", "done"] and held.batches == [[9], [1, 2]]


@pytest.mark.parametrize(
    ("error", "sentence", "logged"),
    [
        (WorkFailed("The toy is broken. Mend it."), "The toy is broken. Mend it.", ""),
        (WorkCrashed("The engine broke down: it was killed (SIGSEGV)."), "The engine broke down", "SIGSEGV"),
        (IndexError("list index out of range"), "The backend failed in a way it should not.", "list index"),
    ],
)
def test_a_failure_is_a_sentence_and_the_work_goes_on(schedulers: Schedulers, error, sentence, logged, caplog) -> None:
    def before(requests: list[TakeRequest]) -> None:
        if requests[0].direction.seed == 1:
            raise error

    scheduler = schedulers.open(InThread(before))
    bad = final(scheduler, submit(scheduler, apart(1)).id)
    assert bad.state == "failed" and bad.error.startswith(sentence) and logged in caplog.text
    assert final(scheduler, submit(scheduler, apart(2)).id).state == "done"


def test_the_job_of_a_batch_that_breaks_the_worker_fails_alone(schedulers: Schedulers) -> None:
    held = Held()

    def before(requests: list[TakeRequest]) -> None:
        if any(request.direction.seed == 2 for request in requests):
            raise WorkCrashed("It broke down.")

    scheduler = schedulers.open(held)
    held.before = before
    submit(scheduler, apart(9))
    assert held.busy.wait(300)
    jobs = [submit_known(scheduler, seed(number), "a") for number in (1, 2, 3)]
    held.go.set()
    assert [final(scheduler, job.id).state for job in jobs] == ["done", "failed", "done"]
    assert held.batches == [[9], [1, 2, 3], [1], [2], [3]]


def test_a_full_disk_is_waited_for_and_nothing_is_lost(schedulers: Schedulers, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mien.service.jobs.dispatcher.SPACE_S", (0.2, 0.2))
    full = [True]

    def before(requests: list[TakeRequest]) -> None:
        if full[0] and requests[0].direction.seed == 2:
            raise DiskFull

    scheduler = schedulers.open(InThread(before))
    old = final(scheduler, submit(scheduler, apart(1)).id)
    job = submit(scheduler, apart(2))
    waiting = until(scheduler, job.id, lambda job: job.stage.startswith("waiting for room"))
    assert waiting.state == "queued"
    full[0] = False
    assert final(scheduler, job.id).state == "done"
    assert take_of(scheduler, old) is None  # evicted to make room
    assert final(scheduler, old.id).state == "done"  # and made again, as its sound was still here


def test_the_worker_is_released_when_idle(schedulers: Schedulers) -> None:
    worker = InThread()
    scheduler = schedulers.open(worker, idle_s=0.05)
    final(scheduler, submit(scheduler).id)
    while scheduler.health()["worker"] != "asleep":
        time.sleep(0.01)
    assert worker.released == 1


@pytest.mark.parametrize(("keep", "discarded"), [(True, 0), (False, 1)])
def test_what_stopped_work_left_is_kept_for_the_next_server_alone(
    schedulers: Schedulers, keep: bool, discarded: int
) -> None:
    held = Held()
    scheduler = schedulers.open(held)
    submit(scheduler, apart(1))
    assert held.busy.wait(300)
    scheduler.close(keep=keep)
    assert held.discarded == discarded


def test_what_cancelled_work_left_is_discarded(schedulers: Schedulers) -> None:
    held = Held()
    scheduler = schedulers.open(held)
    job = submit(scheduler, apart(1))
    assert held.busy.wait(300)
    scheduler.cancel(TAKE, job.id)
    assert held.ended.wait(300)
    held.go.set()
    assert final(scheduler, submit_known(scheduler, apart(2)).id).state == "done"  # the next work of its thread
    assert held.discarded == 1
