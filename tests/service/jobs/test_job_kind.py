# SPDX-License-Identifier: GPL-3.0-or-later
"""A kind of job that this Mien does not have goes through its scheduler as takes do: a record and a row."""

import hashlib
import json
import threading
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

import pytest
from in_thread import Held
from mien.engines.base import Cancelled
from mien.service.http.metrics import job_metrics, render
from mien.service.jobs import scheduler as scheduler_module
from mien.service.jobs.errors import QueueFull
from mien.service.jobs.job import Job
from mien.service.jobs.job_kind import JobKind, Limits
from mien.service.jobs.registry import UnknownJob
from mien.service.jobs.scheduler import Scheduler
from mien.service.jobs.take_jobs import TAKE
from mien.service.workers.worker import WorkFailed
from mien.settings import Settings
from schedulers import final, until
from schedulers import submit as submit_take


@dataclass(frozen=True)
class FilmRequest:
    footage: str
    voice: int

    @property
    def name(self) -> str:
        return "a film"

    @property
    def sources(self) -> tuple[str, ...]:
        return (self.footage,)

    def to_json(self) -> str:
        return json.dumps({"kind": "film"} | asdict(self))

    @classmethod
    def from_json(cls, text: str) -> "FilmRequest":
        fields = json.loads(text)
        return cls(fields["footage"], fields["voice"])

    def result_key(self, data_folder: Path) -> str:
        return hashlib.sha256(self.to_json().encode()).hexdigest()


class FilmWorker:
    """Dubs by putting the number of the voice before the footage. `batches` has the voices of every batch."""

    pid = None

    def __init__(self) -> None:
        self.batches: list[list[int]] = []
        self.busy, self.go = threading.Event(), threading.Event()

    def make(self, requests, source: Path, results, on_progress, on_result, stop) -> float:
        self.batches.append([request.voice for request in requests])
        self.busy.set()
        while not self.go.wait(0.01):
            if stop.is_set():
                raise Cancelled
        for number, (request, path) in enumerate(zip(requests, results, strict=True)):
            if request.voice < 0:
                raise WorkFailed("There is no such voice. Choose another.")
            path.write_bytes(b"%d %b" % (request.voice, source.read_bytes()))
            on_progress((number + 1) / len(requests), "dubbing")
            on_result(number, hashlib.sha256(path.read_bytes()).hexdigest())
        return 1.0

    def wake(self) -> None:
        """`make` looks by itself."""

    def prepare(self, request: FilmRequest) -> None:
        """There is nothing to prepare."""

    def discard(self) -> None:
        """Nothing is left."""

    def release(self) -> None:
        """There is no process."""


FILM = JobKind(
    name="film",
    source="footage",
    advice="Cut the film into shorter pieces",
    read_request=FilmRequest.from_json,
    batch_size=lambda request: 2,
    batch_key=lambda request: request.footage,
    workload=lambda request: None,
    limits=lambda settings: Limits(queue=3, per_client=None, keep=4, keep_s=60.0),
    make_worker=lambda settings: FilmWorker(),
)
FOOTAGE = b"the footage"


@pytest.fixture
def open_(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """Opens schedulers that know films, which are closed in the end."""
    monkeypatch.setitem(scheduler_module.KINDS, FILM.name, FILM)
    opened: list[Scheduler] = []

    def open_one() -> tuple[Scheduler, FilmWorker]:
        worker = FilmWorker()
        opened.append(Scheduler(Settings(data_folder=tmp_path), {FILM.name: worker, TAKE.name: Held()}))
        return opened[-1], worker

    yield open_one
    for scheduler in opened:
        scheduler.close()


def submit(scheduler: Scheduler, voice: int, client: str = "anna") -> Job:
    file = scheduler.storage.folder.new_file("film")
    file.write_bytes(FOOTAGE)
    return scheduler.submit(FILM, FilmRequest(hashlib.sha256(FOOTAGE).hexdigest(), voice), client, file)


def result_of(scheduler: Scheduler, job: Job) -> bytes:
    with scheduler.open_result(job) as file:
        return file.read()


def test_films_are_queued_batched_made_and_kept(open_: Callable) -> None:
    scheduler, worker = open_()
    first = submit(scheduler, 1)
    assert worker.busy.wait(300)
    others = [submit(scheduler, voice) for voice in (2, 3, 4)]
    assert [scheduler.status(FILM, job.id).position for job in others] == [1, 2, 3]
    with pytest.raises(QueueFull):
        submit(scheduler, 5)
    worker.go.set()
    assert [result_of(scheduler, final(scheduler, job.id)) for job in (first, *others[:2])] == [
        b"1 the footage", b"2 the footage", b"3 the footage",
    ]  # fmt: skip
    final(scheduler, others[2].id)
    assert worker.batches == [[1], [2, 3], [4]]
    final(scheduler, submit(scheduler, 6).id)
    with pytest.raises(UnknownJob):  # four are remembered
        scheduler.job(first.id)
    assert submit(scheduler, 1).state == "done"  # whose result is there all the same


def test_a_film_fails_in_words_and_is_cancelled_and_forgotten(open_: Callable) -> None:
    scheduler, worker = open_()
    cancelled = submit(scheduler, 1)
    assert worker.busy.wait(300)
    assert scheduler.cancel_or_forget(FILM, cancelled.id).job.state == "cancelled"
    assert scheduler.cancel_or_forget(FILM, cancelled.id) is None
    worker.go.set()
    assert final(scheduler, submit(scheduler, -1).id).error == "There is no such voice. Choose another."


def test_a_film_does_not_wait_for_a_take_and_is_counted_apart(open_: Callable) -> None:
    scheduler, worker = open_()
    take = submit_take(scheduler)
    until(scheduler, take.id, lambda job: job.state == "running")
    worker.go.set()
    film = submit(scheduler, 1)
    assert final(scheduler, film.id).state == "done" and scheduler.job(take.id).state == "running"
    with pytest.raises(UnknownJob):
        scheduler.status(TAKE, film.id)
    metrics = render(job_metrics(scheduler.snapshot())).decode()
    assert 'mien_films_ended_total{state="done"} 1.0' in metrics and 'mien_takes{state="running"} 1.0' in metrics


def test_a_film_is_taken_up_by_the_next_server(open_: Callable) -> None:
    scheduler, worker = open_()
    film = submit(scheduler, 1)
    assert worker.busy.wait(300)
    scheduler.close(keep=True)
    heir, worker = open_()
    worker.go.set()
    assert result_of(heir, final(heir, film.id)) == b"1 the footage"


def test_a_server_that_knows_no_films_drops_them(open_: Callable, monkeypatch: pytest.MonkeyPatch, caplog) -> None:
    scheduler, worker = open_()
    film = submit(scheduler, 1)
    assert worker.busy.wait(300)
    scheduler.close(keep=True)
    monkeypatch.delitem(scheduler_module.KINDS, FILM.name)
    heir, _ = open_()
    with pytest.raises(UnknownJob):
        heir.job(film.id)
    assert f"the job {film.id} is of another version of Mien" in caplog.text
