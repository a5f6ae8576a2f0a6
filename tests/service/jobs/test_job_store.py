# SPDX-License-Identifier: GPL-3.0-or-later
import hashlib
import sqlite3
import threading
import time
from dataclasses import replace

import pytest
from in_thread import Held, InThread
from job_stores import ORDER, TOY, Stores, apart, ask, finished, seed, take_of, until_idle
from mien.service.jobs.job_store import QueueFull, SoundNeeded, UnknownJob


def test_an_order_becomes_the_take_of_its_engine(stores: Stores) -> None:
    store = stores.open()
    job = finished(store, ask(store).id)
    assert (job.state, job.fraction, job.client) == ("done", 1, "anna")
    assert take_of(store, job) == TOY and job.sha256 == hashlib.sha256(TOY).hexdigest()


def test_asking_twice_computes_once(stores: Stores) -> None:
    worker = InThread()
    store = stores.open(worker)
    first = finished(store, ask(store).id)
    again = store.submit(ORDER, "ben")
    assert (again.state, again.sha256, again.id != first.id) == ("done", first.sha256, True)
    assert worker.asked == [[0]] and store.snapshot().hits == 1


def test_two_clients_at_the_same_time_share_one_work_and_cancel_for_themselves(stores: Stores) -> None:
    held = Held()
    store = stores.open(held)
    anna = ask(store)
    assert held.busy.wait(20)
    ben = store.submit(ORDER, "ben")
    assert store.job(ben.id).state == "running"
    assert store.cancel(anna.id).state == "cancelled"
    held.go.set()
    assert finished(store, ben.id).state == "done"
    assert store.job(anna.id).state == "cancelled" and held.asked == [[0]] and store.snapshot().joined == 1


def test_the_queue_has_an_end_in_all_and_for_each(stores: Stores) -> None:
    held = Held()
    store = stores.open(held, queue=3, queue_per_client=2)
    ask(store, apart(1), "a")
    assert held.busy.wait(20)
    store.submit(apart(2), "a")
    with pytest.raises(QueueFull) as own:
        store.submit(apart(3), "a")
    assert (own.value.own, own.value.limit) == (True, 2)
    for number, client in [(3, "b"), (4, "b")]:
        store.submit(apart(number), client)
    with pytest.raises(QueueFull) as full:
        store.check_room("c")
    assert (full.value.own, full.value.limit) == (False, 3)
    assert store.submit(apart(1), "c").state == "queued"  # what is being made already takes no place in the queue


def test_how_long_it_takes_is_learnt_and_told(stores: Stores) -> None:
    now, held = [0.0], Held()
    store = stores.open(held, clock=lambda: now[0], queue=2)
    held.go.set()
    finished(store, ask(store, apart(0)).id)  # 3 s of sound in 0.5 s of work
    until_idle(store)
    held.go.clear()
    held.busy.clear()
    running = store.submit(apart(1), "a")
    assert held.busy.wait(20)
    waiting = [store.submit(apart(number), "a") for number in (2, 3)]
    now[0] = 0.1  # a quarter is done
    looks = [store.look(job.id) for job in (running, *waiting)]
    assert [round(look.left_s, 2) for look in looks] == [0.3, 0.8, 1.3]
    with pytest.raises(QueueFull) as full:
        store.submit(apart(4), "a")
    assert round(full.value.seconds, 2) == 0.3
    assert store.look(store.submit(replace(apart(1), fps=None), "b").id).frames is None


def test_frames_are_told_where_the_rate_is_known(stores: Stores) -> None:
    held = Held()
    store = stores.open(held)
    job = ask(store, replace(ORDER, fps=24))
    assert held.busy.wait(20)
    look = store.look(job.id)
    assert (look.frames, look.job.order.frames) == (18, 72)
    held.go.set()
    finished(store, job.id)
    assert store.look(job.id).frames == 72


def test_a_record_that_cannot_be_written_refuses_the_job(stores: Stores, monkeypatch: pytest.MonkeyPatch) -> None:
    store = stores.open()

    def full(*_: object) -> None:
        raise sqlite3.OperationalError("database or disk is full")

    monkeypatch.setattr(store._desk.store, "add", full)
    with pytest.raises(sqlite3.OperationalError):
        ask(store)
    assert store.snapshot().queued == 0


def test_a_damaged_take_is_made_again_when_it_is_fetched_or_asked_for(stores: Stores, caplog) -> None:
    worker = InThread()
    store = stores.open(worker)
    job = finished(store, ask(store).id)
    path = store.place.files / job.sha256
    path.write_bytes(TOY[:-5])
    assert take_of(store, job) is None and "is damaged; what it held is made anew" in caplog.text
    assert take_of(store, finished(store, job.id)) == TOY
    path.write_bytes(bytes([TOY[0] ^ 1]) + TOY[1:])
    again = store.submit(ORDER, "ben")
    assert again.state != "done" and take_of(store, finished(store, again.id)) == TOY
    assert worker.asked == [[0]] * 3


def test_a_lost_take_whose_sound_is_gone_too_says_so(stores: Stores) -> None:
    store = stores.open()
    job = finished(store, ask(store).id)
    until_idle(store)
    for path in store.place.files.iterdir():
        path.unlink()
    assert take_of(store, job) is None
    assert store.job(job.id).error.startswith("The take was dropped to make room for others, or damaged")
    with pytest.raises(SoundNeeded):
        store.submit(ORDER)


def test_finished_jobs_are_dropped_after_a_while_beyond_a_number_and_on_request(stores: Stores) -> None:
    now = [0.0]
    store = stores.open(clock=lambda: now[0], keep_s=100, keep_takes=2)
    ids = [finished(store, ask(store, apart(number)).id).id for number in range(3)]
    with pytest.raises(UnknownJob):
        store.job(ids[0])
    store.forget(ids[1])
    with pytest.raises(UnknownJob):
        store.job(ids[1])
    now[0] = 101
    with pytest.raises(UnknownJob):
        store.job(ids[2])


def test_a_clock_that_jumps_changes_nothing(stores: Stores, monkeypatch: pytest.MonkeyPatch) -> None:
    store = stores.open()
    job = finished(store, ask(store).id)
    for jump in (1e9, -1e9):
        monkeypatch.setattr(time, "time", lambda jump=jump: 1.7e9 + jump)
        assert take_of(store, store.job(job.id)) == TOY and store.submit(ORDER, "a").state == "done"
    store.close()
    stores.opened.remove(store)
    after = stores.open()
    assert take_of(after, after.job(job.id)) == TOY


def test_many_threads_may_use_one_store(stores: Stores) -> None:
    store = stores.open(queue=1000, queue_per_client=1000)
    ids: list[str] = []

    def work(client: str) -> None:
        for number in range(10):
            ids.append(ask(store, seed(number), client).id)
            time.sleep(0)

    threads = [threading.Thread(target=work, args=(f"client {number}",)) for number in range(5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    jobs = [finished(store, id) for id in ids]
    assert len({job.id for job in jobs}) == 50 and {job.state for job in jobs} == {"done"}
    assert len({job.sha256 for job in jobs}) == 10
