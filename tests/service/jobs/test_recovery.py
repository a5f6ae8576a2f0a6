# SPDX-License-Identifier: GPL-3.0-or-later
"""A server that is killed at any moment: the next one on its folder knows every accepted job, and does it."""

import time

import pytest
from in_thread import Held, InThread
from mien.service.jobs.database import JobDatabase
from mien.service.jobs.errors import Closing
from mien.service.jobs.job import FINAL
from mien.service.jobs.scheduler import Scheduler
from mien.service.jobs.take_jobs import TAKE
from schedulers import (
    REQUEST,
    SOUND,
    TOY,
    Schedulers,
    apart,
    final,
    seed,
    submit,
    submit_known,
    take_of,
    takes,
    until_idle,
)  # fmt: skip


class Killed(BaseException):
    """As good as a kill -9 to those who are at work then."""


class Mortal:
    """Kills whoever writes the n-th change, and all who write after that."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, after: int) -> None:
        self.left, write = after, JobDatabase._write

        def _write(database: JobDatabase, *change: object) -> None:
            if self.left is not None:
                if self.left == 0:
                    raise Killed
                self.left -= 1
            write(database, *change)

        monkeypatch.setattr(JobDatabase, "_write", _write)

    @property
    def killed(self) -> bool:
        return self.left == 0

    def revive(self) -> None:
        self.left = None


def live(scheduler: Scheduler, accepted: list[str]) -> None:
    """Some work of a server; `accepted` gets the ids as they are confirmed to clients."""
    accepted.append(submit(scheduler, apart(1)).id)
    final(scheduler, accepted[0])
    until_idle(scheduler)
    for request in (apart(2), seed(3), seed(4), apart(1)):
        accepted.append(submit(scheduler, request).id)  # noqa: PERF401  each is confirmed before the next is submitted
    for job_id in accepted[1:]:
        final(scheduler, job_id)


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
@pytest.mark.parametrize("after", range(24))
def test_killed_at_any_write_nothing_accepted_is_lost(schedulers: Schedulers, monkeypatch, after: int) -> None:
    mortal = Mortal(monkeypatch, after)
    accepted: list[str] = []
    try:
        scheduler = schedulers.open()
    except Killed:  # while it made its tables: nobody had asked for anything
        mortal.revive()
        return
    monkeypatch.setattr("schedulers.until", lambda scheduler, job_id, reached: wait(scheduler, job_id, reached, mortal))
    try:
        live(scheduler, accepted)
    except Killed:
        assert mortal.killed
    schedulers.die(scheduler)
    mortal.revive()
    heir = schedulers.open()
    files = {job_id: take_of(heir, final(heir, job_id)) for job_id in accepted}
    assert None not in files.values()
    assert [heir.job(job_id).state for job_id in accepted] == ["done"] * len(accepted)


def wait(scheduler: Scheduler, job_id: str, reached, mortal: Mortal):
    """The job once it is as it should be. Killed, when the server is."""
    while not reached(job := scheduler.job(job_id)):
        if mortal.killed:
            raise Killed
        time.sleep(0.005)
    return job


def test_what_another_version_wrote_is_dropped_and_logged(schedulers: Schedulers, monkeypatch, caplog) -> None:
    scheduler = schedulers.open()
    job_id = final(scheduler, submit(scheduler).id).id
    scheduler.storage.database._write(
        "UPDATE jobs SET work = replace(work, 'toy', 'zoetrope') WHERE id = ?", [(job_id,)]
    )
    schedulers.close(scheduler)
    heir = schedulers.open(InThread())
    assert takes(heir).queued == 0 and f"the job {job_id} is of another version of Mien" in caplog.text


@pytest.mark.parametrize("running", [True, False])
def test_what_was_accepted_survives_the_death_of_the_server(schedulers: Schedulers, running: bool) -> None:
    held = Held()
    dead = schedulers.open(held)
    first = submit(dead, apart(1))
    assert held.busy.wait(300)
    job = first if running else submit_known(dead, apart(2), "ben")
    schedulers.die(dead)
    scheduler = schedulers.open()
    assert scheduler.job(job.id).client == ("anna" if running else "ben")
    assert final(scheduler, job.id).state == "done"
    held.go.set()


def test_a_done_take_is_still_there_after_the_death_of_the_server(schedulers: Schedulers) -> None:
    dead = schedulers.open()
    job, failed = final(dead, submit(dead).id), submit_known(dead, seed(1), "a")
    dead.cancel(TAKE, failed.id)
    until_idle(dead)
    schedulers.die(dead)
    worker = InThread()
    scheduler = schedulers.open(worker)
    assert take_of(scheduler, scheduler.job(job.id)) == TOY
    assert submit_known(scheduler, REQUEST, "ben").state == "done" and worker.batches == []
    assert scheduler.job(failed.id).state in FINAL


def test_a_job_that_killed_the_server_twice_has_failed(schedulers: Schedulers) -> None:
    job_id = ""
    for _ in range(2):
        held = Held()
        dead = schedulers.open(held)
        job_id = job_id or submit(dead).id
        assert held.busy.wait(300)
        schedulers.die(dead)
        held.go.set()
    scheduler = schedulers.open()
    job = scheduler.job(job_id)
    assert job.state == "failed" and job.error.startswith("The backend died 2 times while it made this take.")


def test_a_job_whose_sound_is_gone_has_failed_in_words(schedulers: Schedulers) -> None:
    held = Held()
    dead = schedulers.open(held)
    job_id = submit(dead).id
    schedulers.die(dead)
    held.go.set()
    (schedulers.folder / "service" / "1" / "files" / SOUND).unlink()
    scheduler = schedulers.open()
    assert (scheduler.job(job_id).state, scheduler.job(job_id).error) == (
        "failed", "The backend was ended, and its copy of the sound is gone. Ask for the take anew.",
    )  # fmt: skip


def test_a_server_takes_over_what_one_beside_it_left(schedulers: Schedulers) -> None:
    held = Held()
    first, second = schedulers.open(), schedulers.open(held)
    waiting = submit(second, apart(1))
    assert held.busy.wait(300)
    schedulers.die(second)
    held.go.set()
    schedulers.close(first)
    heir = schedulers.open()
    assert heir.storage.folder.folder.name == "1" and final(heir, waiting.id).state == "done"
    assert not (schedulers.folder / "service" / "2" / "jobs.sqlite").exists()


def test_closing_cancels_everything_or_keeps_it_for_the_next_start(schedulers: Schedulers) -> None:
    for keep in (False, True):
        held = Held()
        scheduler = schedulers.open(held)
        jobs = [submit(scheduler, apart(10 * keep + number)) for number in range(3)]
        assert held.busy.wait(300)
        schedulers.close(scheduler, keep=keep)
        assert [scheduler.job(job.id).state for job in jobs] == ["queued" if keep else "cancelled"] * 3
        assert held.ended.is_set() and held.released
        with pytest.raises(Closing):
            submit_known(scheduler)
    after = schedulers.open()
    assert [final(after, job.id).state for job in jobs] == ["done"] * 3
