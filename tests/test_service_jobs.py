# SPDX-License-Identifier: GPL-3.0-or-later
import hashlib
import sqlite3
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from in_thread import Held, InThread
from mien.direction import Direction
from mien.engines.toy import Toy
from mien.service.decoding import Sound
from mien.service.job import FINAL, Job
from mien.service.jobs import Closing, JobStore, QueueFull, SoundNeeded, UnknownJob
from mien.service.order import Order
from mien.service.worker import DiskFull, WorkCrashed, WorkFailed
from mien.settings import Settings
from mien.speech import Speech

SAMPLES = (np.sin(np.arange(48000) / 20) * 0.3).astype("<f4")
SOUND = hashlib.sha256(SAMPLES.tobytes()).hexdigest()
ORDER = Order(SOUND, len(SAMPLES), "hum", Direction(), "toy")


def seed(number: int) -> Order:
    """Of an engine that hears a sound once for all its takes; here the toy stands in for it."""
    return replace(ORDER, engine="articulation", direction=Direction(seed=number))


def apart(number: int) -> Order:
    """An order that is never performed together with another."""
    return replace(ORDER, direction=Direction(temperature=1 + number / 100, seed=number))


class Stores:
    """Job stores on one data folder, one after another or beside each other; all are closed in the end."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.opened = folder, []

    def open(self, worker: InThread | None = None, clock=time.monotonic, **settings: object) -> JobStore:
        store = JobStore(Settings(data_folder=self.folder, **settings), worker or InThread(), clock=clock)
        self.opened.append(store)
        return store

    def die(self, store: JobStore) -> None:
        """As by kill -9: nothing is written down any more, nobody works, and the lock is free."""
        store._desk.ledger._write = lambda *_: None
        with store._desk.changed:
            store._desk.closing = True
            if store._desk.work is not None:
                store._desk.work.stop.set()
            store._desk.changed.notify_all()
        store._performer.join(20)
        store._desk.store.close()
        store.place.close()
        self.opened.remove(store)


@pytest.fixture
def stores(tmp_path: Path):
    stores = Stores(tmp_path)
    yield stores
    for store in stores.opened:
        store.close()


def ask(store: JobStore, order: Order = ORDER, client: str = "anna") -> Job:
    """With the sound, as a client that sends it for the first time."""
    file = store.place.new_file("sound")
    file.write_bytes(SAMPLES.tobytes())
    return store.submit(order, client, Sound(order.sound, order.samples, file))


def until(store: JobStore, id: str, seen: Callable[[Job], bool]) -> Job:
    """The job once it is as it should be, told by its own watcher."""
    changed = threading.Event()
    with store.watched(id, changed.set):
        while not seen(job := store.job(id)):
            assert changed.wait(20)
            changed.clear()
    return job


def finished(store: JobStore, id: str) -> Job:
    return until(store, id, lambda job: job.state in FINAL)


def take_of(store: JobStore, job: Job) -> bytes | None:
    with store.take(job) as file:
        return None if file is None else file.read()


TOY = Toy().generate(Speech.from_samples(SAMPLES), Direction(), lambda fraction, stage: None).to_bytes()


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


def until_idle(store: JobStore) -> None:
    while store.snapshot().running:
        time.sleep(0.01)


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
    monkeypatch.setattr("mien.service.performer.ROOM_S", (0.2, 0.2))
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


def test_a_record_that_cannot_be_written_refuses_the_job(stores: Stores, monkeypatch: pytest.MonkeyPatch) -> None:
    store = stores.open()

    def full(*_: object) -> None:
        raise sqlite3.OperationalError("database or disk is full")

    monkeypatch.setattr(store._desk.store, "add", full)
    with pytest.raises(sqlite3.OperationalError):
        ask(store)
    assert store.snapshot().queued == 0


@pytest.mark.parametrize("running", [True, False])
def test_what_was_accepted_survives_the_death_of_the_server(stores: Stores, running: bool) -> None:
    held = Held()
    dead = stores.open(held)
    first = ask(dead, apart(1))
    assert held.busy.wait(20)
    job = first if running else dead.submit(apart(2), "ben")
    stores.die(dead)
    store = stores.open()
    assert store.job(job.id).client == ("anna" if running else "ben")
    assert finished(store, job.id).state == "done"
    held.go.set()


def test_a_done_take_is_still_there_after_the_death_of_the_server(stores: Stores) -> None:
    dead = stores.open()
    job, failed = finished(dead, ask(dead).id), dead.submit(seed(1), "a")
    dead.cancel(failed.id)
    until_idle(dead)
    stores.die(dead)
    worker = InThread()
    store = stores.open(worker)
    assert take_of(store, store.job(job.id)) == TOY
    assert store.submit(ORDER, "ben").state == "done" and worker.asked == []
    assert store.job(failed.id).state in FINAL


def test_a_job_that_killed_the_server_twice_has_failed(stores: Stores) -> None:
    id = ""
    for _ in range(2):
        held = Held()
        dead = stores.open(held)
        id = id or ask(dead).id
        assert held.busy.wait(20)
        stores.die(dead)
        held.go.set()
    store = stores.open()
    job = store.job(id)
    assert job.state == "failed" and job.error.startswith("The backend died 2 times while it made this take.")


def test_a_job_whose_sound_is_gone_has_failed_in_words(stores: Stores) -> None:
    held = Held()
    dead = stores.open(held)
    id = ask(dead).id
    stores.die(dead)
    held.go.set()
    (stores.folder / "service" / "1" / "files" / SOUND).unlink()
    store = stores.open()
    assert (store.job(id).state, store.job(id).error) == (
        "failed", "The backend was ended, and its copy of the sound is gone. Ask for the take anew.",
    )  # fmt: skip


def test_a_server_takes_over_what_one_beside_it_left(stores: Stores) -> None:
    held = Held()
    first, second = stores.open(), stores.open(held)
    waiting = ask(second, apart(1))
    assert held.busy.wait(20)
    stores.die(second)
    held.go.set()
    first.close()
    stores.opened.remove(first)
    heir = stores.open()
    assert heir.place.folder.name == "1" and finished(heir, waiting.id).state == "done"
    assert not (stores.folder / "service" / "2" / "jobs.sqlite").exists()


def test_closing_cancels_everything_or_keeps_it_for_the_next_start(stores: Stores) -> None:
    for keep in (False, True):
        held = Held()
        store = stores.open(held)
        jobs = [ask(store, apart(10 * keep + number)) for number in range(3)]
        assert held.busy.wait(20)
        store.close(keep=keep)
        stores.opened.remove(store)
        assert [store.job(job.id).state for job in jobs] == ["queued" if keep else "cancelled"] * 3
        assert held.ended.is_set() and held.released
        with pytest.raises(Closing):
            store.submit(ORDER)
    after = stores.open()
    assert [finished(after, job.id).state for job in jobs] == ["done"] * 3


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


def test_the_worker_is_released_when_idle(stores: Stores) -> None:
    worker = InThread()
    store = stores.open(worker, idle_s=0.05)
    finished(store, ask(store).id)
    while store.health()["worker"] != "asleep":
        time.sleep(0.01)
    assert worker.released == 1


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
