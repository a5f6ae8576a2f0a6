# SPDX-License-Identifier: GPL-3.0-or-later
"""A server that is killed at any moment: the next one on its folder knows all that was accepted, and does it."""

import time

import pytest
from in_thread import Held, InThread
from job_stores import ORDER, SOUND, TOY, Stores, apart, ask, finished, seed, take_of, until_idle
from mien.service.jobs.database import Store
from mien.service.jobs.job import FINAL
from mien.service.jobs.job_store import Closing, JobStore


class Killed(BaseException):
    """As good as a kill -9 to those who are at work then."""


class Mortal:
    """Kills whoever writes the n-th change, and all who write after that."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, after: int) -> None:
        self.left, write = after, Store._write

        def _write(store: Store, *change: object) -> None:
            if self.left is not None:
                if self.left == 0:
                    raise Killed
                self.left -= 1
            write(store, *change)

        monkeypatch.setattr(Store, "_write", _write)

    @property
    def killed(self) -> bool:
        return self.left == 0

    def revive(self) -> None:
        self.left = None


def lived(store: JobStore, accepted: list[str]) -> None:
    """A day in the life of a server; the ids of what it accepted, as they are confirmed to clients."""
    accepted.append(ask(store, apart(1)).id)
    finished(store, accepted[0])
    until_idle(store)
    for order in (apart(2), seed(3), seed(4), apart(1)):
        accepted.append(ask(store, order).id)
    for id in accepted[1:]:
        finished(store, id)


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
@pytest.mark.parametrize("after", range(24))
def test_killed_at_any_write_nothing_accepted_is_lost(stores: Stores, monkeypatch, after: int) -> None:
    mortal = Mortal(monkeypatch, after)
    accepted: list[str] = []
    try:
        store = stores.open()
    except Killed:  # while it made its tables: nobody had asked for anything
        mortal.revive()
        return
    monkeypatch.setattr("job_stores.until", lambda store, id, seen: waited(store, id, seen, mortal))
    try:
        lived(store, accepted)
    except Killed:
        assert mortal.killed
    stores.die(store)
    mortal.revive()
    heir = stores.open()
    takes = {id: take_of(heir, finished(heir, id)) for id in accepted}
    assert None not in takes.values()
    assert [heir.job(id).state for id in accepted] == ["done"] * len(accepted)


def waited(store: JobStore, id: str, seen, mortal: Mortal):
    """The job once it is as it should be. Killed, when the server is."""
    while not seen(job := store.job(id)):
        if mortal.killed:
            raise Killed
        time.sleep(0.005)
    return job


def test_what_another_version_wrote_is_dropped_and_said(stores: Stores, monkeypatch, caplog) -> None:
    store = stores.open()
    id = finished(store, ask(store).id).id
    store._desk.store._write("UPDATE jobs SET work = replace(work, 'toy', 'zoetrope') WHERE id = ?", [(id,)])
    store.close()
    stores.opened.remove(store)
    heir = stores.open(InThread())
    assert heir.snapshot().queued == 0 and f"the job {id} is of another version of Mien" in caplog.text


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
