# SPDX-License-Identifier: GPL-3.0-or-later
import hashlib
import sqlite3
import threading
import time
from dataclasses import asdict, replace

import pytest
from in_thread import Held, InThread
from mien.service.http.take_routes import described
from mien.service.jobs.errors import QueueFull, SourceNeeded
from mien.service.jobs.registry import UnknownJob
from mien.service.jobs.take_jobs import TAKE
from mien.service.workers.worker import Node
from schedulers import (
    REQUEST,
    TOY,
    Schedulers,
    apart,
    final,
    seed,
    submit,
    submit_known,
    take_of,
    takes,
    until,
    until_idle,
)  # fmt: skip


def test_a_request_becomes_the_take_of_its_engine(schedulers: Schedulers) -> None:
    scheduler = schedulers.open()
    job = final(scheduler, submit(scheduler).id)
    assert (job.state, job.fraction, job.client) == ("done", 1, "anna")
    assert take_of(scheduler, job) == TOY and job.sha256 == hashlib.sha256(TOY).hexdigest()


def test_the_same_request_twice_is_computed_once(schedulers: Schedulers) -> None:
    worker = InThread()
    scheduler = schedulers.open(worker)
    first = final(scheduler, submit(scheduler).id)
    again = submit_known(scheduler, REQUEST, "ben")
    assert (again.state, again.sha256, again.id != first.id) == ("done", first.sha256, True)
    assert worker.batches == [[0]] and takes(scheduler).statistics.kept == 1


def test_two_clients_at_the_same_time_share_one_work_and_cancel_for_themselves(schedulers: Schedulers) -> None:
    held = Held()
    scheduler = schedulers.open(held)
    anna = submit(scheduler)
    assert held.busy.wait(300)
    ben = submit_known(scheduler, REQUEST, "ben")
    assert scheduler.job(ben.id).state == "running"
    assert scheduler.cancel(TAKE, anna.id).job.state == "cancelled"
    held.go.set()
    assert final(scheduler, ben.id).state == "done"
    assert scheduler.job(anna.id).state == "cancelled" and held.batches == [[0]]
    assert takes(scheduler).statistics.shared == 1


def test_the_queue_has_an_end_in_all_and_for_each(schedulers: Schedulers) -> None:
    held = Held()
    scheduler = schedulers.open(held, queue=3, queue_per_client=2)
    submit(scheduler, apart(1), "a")
    assert held.busy.wait(300)
    submit_known(scheduler, apart(2), "a")
    with pytest.raises(QueueFull) as own:
        submit_known(scheduler, apart(3), "a")
    assert (own.value.own, own.value.limit) == (True, 2)
    for number, client in [(3, "b"), (4, "b")]:
        submit_known(scheduler, apart(number), client)
    with pytest.raises(QueueFull) as full:
        scheduler.check_capacity(TAKE, "c")
    assert (full.value.own, full.value.limit) == (False, 3)
    # what is being made already takes no place in the queue
    assert submit_known(scheduler, apart(1), "c").state == "queued"


def test_the_time_it_takes_is_measured_and_estimated(schedulers: Schedulers) -> None:
    now, held = [0.0], Held()
    scheduler = schedulers.open(held, clock=lambda: now[0], queue=2)
    held.go.set()
    final(scheduler, submit(scheduler, apart(0)).id)  # 3 s of sound in 0.5 s of work
    until_idle(scheduler)
    held.go.clear()
    held.busy.clear()
    running = submit_known(scheduler, apart(1), "a")
    assert held.busy.wait(300)
    waiting = [submit_known(scheduler, apart(number), "a") for number in (2, 3)]
    now[0] = 0.1  # a quarter is done
    statuses = [scheduler.status(TAKE, job.id) for job in (running, *waiting)]
    assert [round(status.left_s, 2) for status in statuses] == [0.3, 0.8, 1.3]
    with pytest.raises(QueueFull) as full:
        submit_known(scheduler, apart(4), "a")
    assert round(full.value.seconds, 2) == 0.3
    any_rate = submit_known(scheduler, replace(apart(1), fps=None), "b")
    assert described(scheduler.status(TAKE, any_rate.id))["frames"] is None


def test_frames_are_counted_where_the_rate_is_known(schedulers: Schedulers) -> None:
    held = Held()
    scheduler = schedulers.open(held)
    job = submit(scheduler, replace(REQUEST, fps=24))
    assert held.busy.wait(300)
    fields = described(scheduler.status(TAKE, job.id))
    assert (fields["frames_done"], fields["frames"]) == (18, 72)
    held.go.set()
    final(scheduler, job.id)
    assert described(scheduler.status(TAKE, job.id))["frames_done"] == 72


def test_a_record_that_cannot_be_written_refuses_the_job(
    schedulers: Schedulers, monkeypatch: pytest.MonkeyPatch
) -> None:
    scheduler = schedulers.open()

    def full(*_: object) -> None:
        raise sqlite3.OperationalError("database or disk is full")

    monkeypatch.setattr(scheduler.storage.database, "add", full)
    with pytest.raises(sqlite3.OperationalError):
        submit(scheduler)
    assert takes(scheduler).queued == 0


def test_a_damaged_take_is_made_again_when_it_is_fetched_or_submitted(schedulers: Schedulers, caplog) -> None:
    worker = InThread()
    scheduler = schedulers.open(worker)
    job = final(scheduler, submit(scheduler).id)
    path = scheduler.storage.folder.files / job.sha256
    path.write_bytes(TOY[:-5])
    assert take_of(scheduler, job) is None and "is damaged; what it held is made anew" in caplog.text
    assert take_of(scheduler, final(scheduler, job.id)) == TOY
    path.write_bytes(bytes([TOY[0] ^ 1]) + TOY[1:])
    again = submit_known(scheduler, REQUEST, "ben")
    assert again.state != "done" and take_of(scheduler, final(scheduler, again.id)) == TOY
    assert worker.batches == [[0]] * 3


def test_a_lost_take_whose_sound_is_gone_too_says_so(schedulers: Schedulers) -> None:
    scheduler = schedulers.open()
    job = final(scheduler, submit(scheduler).id)
    until_idle(scheduler)
    for path in scheduler.storage.folder.files.iterdir():
        path.unlink()
    assert take_of(scheduler, job) is None
    assert scheduler.job(job.id).error.startswith("The take was dropped to make room for others, or damaged")
    with pytest.raises(SourceNeeded):
        submit_known(scheduler)


def test_finished_jobs_are_dropped_after_a_while_beyond_a_number_and_on_request(schedulers: Schedulers) -> None:
    now = [0.0]
    scheduler = schedulers.open(clock=lambda: now[0], keep_s=100, keep_takes=2)
    ids = [final(scheduler, submit(scheduler, apart(number)).id).id for number in range(3)]
    with pytest.raises(UnknownJob):
        scheduler.job(ids[0])
    scheduler.forget(TAKE, ids[1])
    with pytest.raises(UnknownJob):
        scheduler.job(ids[1])
    now[0] = 101
    with pytest.raises(UnknownJob):
        scheduler.job(ids[2])


def test_a_clock_that_jumps_changes_nothing(schedulers: Schedulers, monkeypatch: pytest.MonkeyPatch) -> None:
    scheduler = schedulers.open()
    job = final(scheduler, submit(scheduler).id)
    for jump in (1e9, -1e9):
        monkeypatch.setattr(time, "time", lambda jump=jump: 1.7e9 + jump)
        assert (
            take_of(scheduler, scheduler.job(job.id)) == TOY and submit_known(scheduler, REQUEST, "a").state == "done"
        )
    schedulers.close(scheduler)
    after = schedulers.open()
    assert take_of(after, after.job(job.id)) == TOY


def test_many_threads_may_use_one_scheduler(schedulers: Schedulers) -> None:
    scheduler = schedulers.open(queue=1000, queue_per_client=1000)
    ids: list[str] = []

    def work(client: str) -> None:
        for number in range(10):
            ids.append(submit(scheduler, seed(number), client).id)
            time.sleep(0)

    threads = [threading.Thread(target=work, args=(f"client {number}",)) for number in range(5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    jobs = [final(scheduler, job_id) for job_id in ids]
    assert len({job.id for job in jobs}) == 50 and {job.state for job in jobs} == {"done"}
    assert len({job.sha256 for job in jobs}) == 10


class Machines:
    """A cluster on which `worker` does everything."""

    def __init__(self, worker: InThread) -> None:
        self._worker, self.tell = worker, lambda count: None

    def worker(self, make_worker, on_gpu, settings) -> InThread:
        return self._worker

    def nodes(self) -> list[Node]:
        return [Node("farm", "10.0.0.2", True, 2, 0, 2**30)]

    def watch(self, on_change) -> None:
        self.tell = on_change
        on_change(2)


def test_a_cluster_makes_several_at_once_and_each_only_once(schedulers: Schedulers) -> None:
    held = Held()
    machines = Machines(held)
    scheduler = schedulers.open(cluster=machines)
    jobs = [submit(scheduler, apart(1)), *(submit_known(scheduler, apart(number)) for number in (2, 3, 4))]
    for job in jobs[:2]:
        until(scheduler, job.id, lambda job: job.stage == "holding")
    assert takes(scheduler).running == 2 and scheduler.status(TAKE, jobs[2].id).position == 1
    same = submit_known(scheduler, apart(2), "ben")
    assert scheduler.job(same.id).state == "running"
    machines.tell(3)  # one more machine
    until(scheduler, jobs[2].id, lambda job: job.stage == "holding")
    scheduler.cancel(TAKE, jobs[0].id)
    until(scheduler, jobs[3].id, lambda job: job.stage == "holding")
    machines.tell(1)
    last = submit_known(scheduler, apart(5))
    held.go.set()
    assert [final(scheduler, job.id).state for job in (*jobs[1:], same, last)] == ["done"] * 5
    assert sorted(seeds for seeds in held.batches) == [[2], [3], [4], [5]]
    assert scheduler.health()["nodes"] == [asdict(node) for node in machines.nodes()]


def test_a_result_that_was_lost_for_two_is_made_again_once(schedulers: Schedulers) -> None:
    held = Held()
    held.go.set()
    scheduler = schedulers.open(held)
    jobs = [final(scheduler, submit(scheduler).id), final(scheduler, submit_known(scheduler, REQUEST, "ben").id)]
    scheduler.storage.cache.path(jobs[0].sha256).write_bytes(b"damaged")
    held.go.clear()
    assert take_of(scheduler, jobs[0]) is None
    until(scheduler, jobs[0].id, lambda job: job.stage == "holding")
    assert take_of(scheduler, jobs[1]) is None and scheduler.job(jobs[1].id).state == "running"
    held.go.set()
    assert [take_of(scheduler, final(scheduler, job.id)) for job in jobs] == [TOY, TOY] and held.batches == [[0], [0]]
