# SPDX-License-Identifier: GPL-3.0-or-later
"""Which jobs are performed together and in which turn, and what becomes of those that fail."""

import threading
import time
from dataclasses import replace
from fractions import Fraction

import pytest
from in_thread import Held, InThread
from job_stores import ORDER, Stores, apart, ask, finished, seed, take_of, until
from mien.direction import Direction
from mien.service.workers.take_worker import DiskFull, WorkCrashed, WorkFailed
from mien.take_request import Order


def test_jobs_that_wait_for_the_same_are_performed_once(stores: Stores) -> None:
    held = Held()
    store = stores.open(held)
    ask(store, apart(1))
    assert held.busy.wait(20)
    same = [store.submit(apart(2), client) for client in ("anna", "ben", "ben")]
    assert [store.look(job.id).position for job in same] == [1, 1, 1]
    held.go.set()
    assert [finished(store, job.id).state for job in same] == ["done"] * 3
    assert held.asked == [[1], [2]]


def test_jobs_that_differ_in_the_seed_are_performed_together(stores: Stores) -> None:
    held = Held()
    store = stores.open(held)
    ask(store, apart(1))
    assert held.busy.wait(20)
    jobs = [store.submit(seed(number), f"client {number % 2}") for number in range(7)]
    other = store.submit(replace(seed(3), fps=Fraction(24)), "carl")
    held.go.set()
    takes = {take_of(store, finished(store, job.id)) for job in [*jobs, other]}
    assert len(takes) == 8 and [sorted(seeds) for seeds in held.asked] == [[1], [0, 1, 2, 3, 4], [5, 6], [3]]


def test_takes_that_have_nothing_in_common_are_not_performed_together(stores: Stores) -> None:
    held = Held()
    store = stores.open(held)
    ask(store, apart(9))
    assert held.busy.wait(20)
    jobs = [store.submit(replace(ORDER, direction=Direction(seed=number)), "a") for number in (1, 2)]
    held.go.set()
    assert [finished(store, job.id).state for job in jobs] == ["done", "done"] and held.asked == [[9], [1], [2]]


def test_clients_take_turns(stores: Stores) -> None:
    held = Held()
    store = stores.open(held)
    ask(store, apart(1))
    assert held.busy.wait(20)
    asked = [store.submit(apart(number), client) for number, client in [(2, "a"), (3, "a"), (4, "a"), (5, "b")]]
    assert [store.look(job.id).position for job in asked] == [1, 3, 4, 2]
    held.go.set()
    for job in asked:
        finished(store, job.id)
    assert held.asked == [[1], [2], [5], [3], [4]]


def test_cancelling_stops_the_work_and_spares_the_next(stores: Stores) -> None:
    held = Held()
    store = stores.open(held)
    running = ask(store, apart(1))
    assert held.busy.wait(20)
    queued, last = store.submit(apart(2), "a"), store.submit(apart(3), "a")
    assert store.cancel(queued.id).state == "cancelled"
    assert store.cancel(running.id).state == "cancelled"
    assert held.ended.wait(20)
    held.go.set()
    assert finished(store, last.id).state == "done" and held.asked == [[3]] and "toy" in held.prepared


def test_one_of_those_performed_together_may_be_cancelled(stores: Stores) -> None:
    held = Held()
    store = stores.open(held)
    ask(store, apart(9))
    assert held.busy.wait(20)
    jobs = [store.submit(seed(number), "a") for number in (1, 2)]
    gone = threading.Event()
    held.before = lambda orders: gone.wait(20) if len(orders) == 2 else None
    held.go.set()
    until(store, jobs[0].id, lambda job: job.state == "running")
    store.cancel(jobs[0].id)
    gone.set()
    assert [finished(store, job.id).state for job in jobs] == ["cancelled", "done"] and held.asked == [[9], [1, 2]]


@pytest.mark.parametrize(
    ("error", "sentence", "logged"),
    [
        (WorkFailed("The toy is broken. Mend it."), "The toy is broken. Mend it.", ""),
        (WorkCrashed("The engine broke down: it was killed (SIGSEGV)."), "The engine broke down", "SIGSEGV"),
        (IndexError("list index out of range"), "The backend failed in a way it should not.", "list index"),
    ],
)
def test_a_failure_is_a_sentence_and_the_work_goes_on(stores: Stores, error, sentence, logged, caplog) -> None:
    def before(orders: list[Order]) -> None:
        if orders[0].direction.seed == 1:
            raise error

    store = stores.open(InThread(before))
    bad = finished(store, ask(store, apart(1)).id)
    assert bad.state == "failed" and bad.error.startswith(sentence) and logged in caplog.text
    assert finished(store, ask(store, apart(2)).id).state == "done"


def test_who_breaks_the_worker_in_a_batch_is_found(stores: Stores) -> None:
    held = Held()

    def before(orders: list[Order]) -> None:
        if any(order.direction.seed == 2 for order in orders):
            raise WorkCrashed("It broke down.")

    store = stores.open(held)
    held.before = before
    ask(store, apart(9))
    assert held.busy.wait(20)
    jobs = [store.submit(seed(number), "a") for number in (1, 2, 3)]
    held.go.set()
    assert [finished(store, job.id).state for job in jobs] == ["done", "failed", "done"]
    assert held.asked == [[9], [1, 2, 3], [1], [2], [3]]


def test_a_full_disk_is_waited_for_and_nothing_is_lost(stores: Stores, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mien.service.jobs.dispatcher.ROOM_S", (0.2, 0.2))
    full = [True]

    def before(orders: list[Order]) -> None:
        if full[0] and orders[0].direction.seed == 2:
            raise DiskFull

    store = stores.open(InThread(before))
    old = finished(store, ask(store, apart(1)).id)
    job = ask(store, apart(2))
    waiting = until(store, job.id, lambda job: job.stage.startswith("waiting for room"))
    assert waiting.state == "queued"
    full[0] = False
    assert finished(store, job.id).state == "done"
    assert take_of(store, old) is None  # given up to make room
    assert finished(store, old.id).state == "done"  # and made again, as its sound was still here


def test_the_worker_is_released_when_idle(stores: Stores) -> None:
    worker = InThread()
    store = stores.open(worker, idle_s=0.05)
    finished(store, ask(store).id)
    while store.health()["worker"] != "asleep":
        time.sleep(0.01)
    assert worker.released == 1
