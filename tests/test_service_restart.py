# SPDX-License-Identifier: GPL-3.0-or-later
"""A server that is killed at any moment: the next one on its folder knows all that was accepted, and does it."""

import pytest
from in_thread import InThread
from mien.service.jobs import JobStore
from mien.service.store import Store
from test_service_jobs import Stores, apart, ask, finished, seed, stores, take_of, until_idle  # noqa: F401


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
def test_killed_at_any_write_nothing_accepted_is_lost(stores: Stores, monkeypatch, after: int) -> None:  # noqa: F811
    mortal = Mortal(monkeypatch, after)
    accepted: list[str] = []
    try:
        store = stores.open()
    except Killed:  # while it made its tables: nobody had asked for anything
        mortal.revive()
        return
    monkeypatch.setattr("test_service_jobs.until", lambda store, id, seen: waited(store, id, seen, mortal))
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
    import time

    while not seen(job := store.job(id)):
        if mortal.killed:
            raise Killed
        time.sleep(0.005)
    return job


def test_what_another_version_wrote_is_dropped_and_said(stores: Stores, monkeypatch, caplog) -> None:  # noqa: F811
    store = stores.open()
    id = finished(store, ask(store).id).id
    store._desk.store._write("UPDATE jobs SET work = replace(work, 'toy', 'zoetrope') WHERE id = ?", [(id,)])
    store.close()
    stores.opened.remove(store)
    heir = stores.open(InThread())
    assert heir.snapshot().queued == 0 and f"the job {id} is of another version of Mien" in caplog.text
