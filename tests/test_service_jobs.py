# SPDX-License-Identifier: GPL-3.0-or-later
import hashlib
import threading
import time
from dataclasses import replace

import numpy as np
import pytest
from mien.direction import Direction
from mien.engines.base import EngineError
from mien.engines.toy import Toy
from mien.service.jobs import (
    Job,
    JobStore,
    QueueFull,
    Request,
    UnknownJob,
    advanced,
    cancelled,
    done,
    failed,
    outdated,
    started,
)
from mien.speech import Speech

SPEECH = Speech.from_samples(np.sin(np.arange(48000) / 20) * 0.3, "hum")
REQUEST = Request(SPEECH, Direction(), "toy", None)


def toy(speech, direction, engine, fps, progress, head=None):
    return Toy().generate(speech, direction, progress)


class Held:
    """An engine that is at work until it is let go or cancelled."""

    def __init__(self) -> None:
        self.go, self.busy, self.ended = threading.Event(), threading.Event(), threading.Event()

    def __call__(self, speech, direction, engine, fps, progress, head=None):
        try:
            progress(0.25, "holding")
            self.busy.set()
            while not self.go.wait(0.01):
                progress(0.25, "holding")
            return toy(speech, direction, engine, fps, progress)
        finally:
            self.ended.set()


def finished(store: JobStore, id: str) -> Job:
    """The job once it is finished, told by its own watcher."""
    end = threading.Event()

    def look() -> None:
        if store.job(id).finished is not None:
            end.set()

    with store.watched(id, look):
        look()
        assert end.wait(20)
    return store.job(id)


def test_a_job_goes_its_way_and_a_finished_one_stays() -> None:
    job = started(Job("a"))
    half = advanced(job, 0.5, "phones")
    assert (half.state, half.fraction, half.stage) == ("running", 0.5, "phones")
    assert advanced(half, 0.2, "curves").fraction == 0.5
    assert advanced(half, 7, "curves").fraction == 1.0
    end = done(half, b"take", 3.0)
    assert (end.state, end.take, end.finished) == ("done", b"take", 3.0)
    assert end.sha256 == hashlib.sha256(b"take").hexdigest()
    for event in (started, lambda j: cancelled(j, 9), lambda j: failed(j, "no", 9), lambda j: done(j, b"", 9)):
        assert event(end) is end
    late = cancelled(half, 4.0)
    assert done(late, b"take", 5.0) is late and advanced(late, 0.9, "x") is late
    assert started(failed(Job("b"), "It cannot be.", 1.0)).error == "It cannot be."


def test_old_jobs_too_many_jobs_and_too_many_bytes_are_forgotten() -> None:
    jobs = [Job(str(t), state="done", take=b"x" * 10, finished=float(t)) for t in range(5)]
    waiting = [Job("waiting"), Job("running", state="running")]
    assert outdated(jobs + waiting, now=4, keep=9, keep_s=99) == set()
    assert outdated(jobs + waiting, now=4, keep=2, keep_s=99) == {"0", "1", "2"}
    assert outdated(jobs + waiting, now=4, keep=9, keep_s=2.5) == {"0", "1"}
    assert outdated(jobs + waiting, now=4, keep=9, keep_s=99, keep_bytes=30) == {"0", "1"}
    # The newest take stays however large it is, or nobody could ever fetch it.
    assert outdated(jobs, now=4, keep=9, keep_s=99, keep_bytes=5) == {"0", "1", "2", "3"}


def test_a_request_becomes_the_take_of_its_engine() -> None:
    store = JobStore(toy)
    job = finished(store, store.submit(REQUEST).id)
    assert job.state == "done" and job.fraction == 1
    assert job.take == toy(SPEECH, Direction(), "toy", None, lambda fraction, stage: None).to_bytes()
    store.close()


def test_the_queue_has_an_end_and_keeps_its_order() -> None:
    held, order = Held(), []

    def perform(speech, direction, engine, fps, progress, head=None):
        order.append(direction.seed)
        return held(speech, direction, engine, fps, progress)

    store = JobStore(perform, queue=2)
    first = store.submit(replace(REQUEST, direction=Direction(seed=1)))
    assert held.busy.wait(20)
    rest = [store.submit(replace(REQUEST, direction=Direction(seed=seed))) for seed in (2, 3)]
    assert store.full
    with pytest.raises(QueueFull):
        store.submit(REQUEST)
    held.go.set()
    assert [finished(store, job.id).state for job in [first, *rest]] == ["done"] * 3
    assert order == [1, 2, 3] and not store.full
    store.close()


def test_cancelling_a_waiting_job_frees_its_place_and_never_performs_it() -> None:
    held, seeds = Held(), []

    def perform(speech, direction, engine, fps, progress, head=None):
        seeds.append(direction.seed)
        return held(speech, direction, engine, fps, progress)

    store = JobStore(perform, queue=1)
    store.submit(REQUEST)
    assert held.busy.wait(20)
    waiting = store.submit(replace(REQUEST, direction=Direction(seed=1)))
    assert store.full
    assert store.cancel(waiting.id).state == "cancelled"
    last = store.submit(replace(REQUEST, direction=Direction(seed=2)))
    held.go.set()
    assert finished(store, last.id).state == "done"
    assert seeds == [0, 2]
    store.close()


def test_cancelling_stops_the_engine_and_spares_the_next() -> None:
    held = Held()
    store = JobStore(held)
    running = store.submit(REQUEST)
    assert held.busy.wait(20)
    queued = store.submit(REQUEST)
    assert store.cancel(queued.id).state == "cancelled"
    assert store.cancel(running.id).state == "cancelled"
    assert held.ended.wait(20)
    held.go.set()
    after = finished(store, store.submit(REQUEST).id)
    assert after.state == "done"
    assert store.job(running.id).take is None
    store.close()


@pytest.mark.parametrize(
    ("error", "sentence", "logged"),
    [
        (EngineError("The toy is broken. Mend it."), "The toy is broken. Mend it.", False),
        (IndexError("list index out of range"), "The engine toy failed in a way it should not.", True),
        (ValueError("operands do not fit"), "The engine toy failed in a way it should not.", True),
        (MemoryError("17 GiB"), "There is not enough memory for a take of 3 s.", False),
    ],
)
def test_a_failure_is_a_sentence_and_the_worker_goes_on(error, sentence, logged, caplog) -> None:
    def perform(speech, direction, engine, fps, progress, head=None):
        if direction.seed == 1:
            raise error
        return toy(speech, direction, engine, fps, progress)

    store = JobStore(perform)
    bad = finished(store, store.submit(replace(REQUEST, direction=Direction(seed=1))).id)
    assert bad.state == "failed" and bad.error.startswith(sentence)
    assert (str(error) in caplog.text) == logged
    assert finished(store, store.submit(REQUEST).id).state == "done"
    store.close()


def test_finished_takes_are_dropped_after_a_while_and_on_request() -> None:
    now = [0.0]
    store = JobStore(toy, keep_s=100, clock=lambda: now[0])
    old, other = (finished(store, store.submit(REQUEST).id) for _ in range(2))
    store.forget(other.id)
    with pytest.raises(UnknownJob):
        store.job(other.id)
    now[0] = 101
    with pytest.raises(UnknownJob):
        store.job(old.id)
    store.close()


def test_closing_cancels_everything_and_ends_the_worker() -> None:
    held = Held()
    store = JobStore(held)
    jobs = [store.submit(REQUEST) for _ in range(3)]
    assert held.busy.wait(20)
    store.close(timeout_s=20)
    assert [store.job(job.id).state for job in jobs] == ["cancelled"] * 3
    assert held.ended.is_set()
    with pytest.raises(QueueFull):
        store.submit(REQUEST)


def test_many_threads_may_use_one_store() -> None:
    store = JobStore(toy, queue=1000, keep=1000)
    ids: list[str] = []

    def ask() -> None:
        for _ in range(10):
            ids.append(store.submit(REQUEST).id)
            time.sleep(0)

    threads = [threading.Thread(target=ask) for _ in range(5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    jobs = [finished(store, id) for id in ids]
    assert len({job.id for job in jobs}) == 50
    assert {job.state for job in jobs} == {"done"} and len({job.sha256 for job in jobs}) == 1
    store.close()
