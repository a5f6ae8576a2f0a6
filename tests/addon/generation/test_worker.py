# SPDX-License-Identifier: GPL-3.0-or-later
"""One job against a backend: the events that the worker posts, and its messages for every fault."""

import sys
import threading
from dataclasses import replace
from pathlib import Path

import pytest
from checkout import SUPPORT
from fake_backend import FakeBackend
from waiting import wait_until

from addon.connection.client import Client, Progress
from addon.connection.local_backend import LocalBackend
from addon.generation.prefetch import Prefetcher
from addon.generation.state import Arrived, BackendStatus, Failed, Progressed, Request
from addon.generation.take_cache import TakeCache
from addon.generation.worker import Worker, stage_of, work

FAKE = SUPPORT / "fake_backend.py"
COMMAND = f'"{sys.executable}" "{FAKE}"'
NOWHERE = "http://127.0.0.1:9"  # the discard port: nothing listens


@pytest.fixture
def backend():
    with FakeBackend() as server:
        yield server


@pytest.fixture
def local():
    own = LocalBackend()
    yield own
    own.stop()


@pytest.fixture
def request_(tmp_path, backend):
    sound = tmp_path / "voice.wav"
    sound.write_bytes(bytes(1000))
    return Request("Anna", "Scene", str(sound), 1, '{"seed": 3}', "", "24", backend.address, False)


def outcome(request: Request, local: LocalBackend) -> list:
    posted: list = []
    work(5, request, posted.append, threading.Event(), local)
    return posted


def refusal(request: Request, local: LocalBackend) -> str:
    last = outcome(request, local)[-1]
    assert isinstance(last, Failed) and last.ticket == 5
    assert last.sentence.endswith(".")
    return last.sentence


def test_a_take_arrives_after_progress(backend, request_, local):
    backend.slow = 0.3
    posted = outcome(request_, local)
    assert isinstance(posted[0], BackendStatus) and posted[0].sentence.startswith("Mien 0.1.0 at")
    shares = [event.fraction for event in posted if isinstance(event, Progressed)]
    assert shares == sorted(shares) and 0 < shares[-1] < 1
    assert isinstance(posted[-1], Arrived) and posted[-1].take.meta["seed"] == "3"
    assert backend.requests[0]["fps"] == "24"


def test_an_engine_that_is_not_there_is_refused_before_sending(backend, request_, local):
    assert "no engine 'gone'; it has toy, other" in refusal(replace(request_, engine="gone"), local)
    assert "cannot work yet. The weights of Other (CC-BY-NC-4.0)" in refusal(replace(request_, engine="other"), local)
    assert backend.requests == []


def test_a_sound_that_is_too_large_is_refused_before_sending(backend, request_, local):
    Path(request_.sound).write_bytes(bytes(1_000_001))
    assert "1.0 MB and the backend takes 1.0 MB" in refusal(request_, local)
    assert backend.requests == []


def test_a_job_that_fails_says_the_backends_sentence(backend, request_, local):
    backend.fail = "The sound holds nothing but silence."
    assert "nothing but silence" in refusal(request_, local)


def test_an_answer_that_is_no_take_is_refused(backend, request_, local):
    backend.take = lambda **_: b"not a take at all"
    assert "not a safetensors file" in refusal(request_, local)


def test_no_backend_and_none_wanted_says_what_to_do(request_, local):
    assert "Start one with 'mien serve'" in refusal(replace(request_, address=NOWHERE), local)


def test_no_backend_starts_one(request_, local):
    posted = outcome(replace(request_, address=NOWHERE, start_own=True, command=COMMAND), local)
    assert isinstance(posted[-1], Arrived)
    assert local.running


def test_a_backend_that_refuses_the_token_ends_the_list_and_says_where_one_is_entered(backend, request_, local):
    backend.token = "secret"
    posted = outcome(request_, local)
    assert posted[-1].lost and "token" in posted[-1].sentence and "Press Look" in posted[-1].sentence


def test_a_backend_that_dies_at_work_is_reported_with_its_stage(backend, request_, local):
    backend.slow = 60
    posted: list = []
    worker = Worker(5, request_, posted.append, local)
    worker.start()
    wait_until(lambda: any(isinstance(event, Progressed) and event.stage == "phones" for event in posted), posted.copy)
    backend.shut_down()
    worker.join(30)
    assert "was lost while it was at 'phones'" in posted[-1].sentence


def test_an_own_backend_that_is_killed_at_work_is_reported(request_, local, monkeypatch):
    monkeypatch.setenv("FAKE_SLOW_S", "60")
    posted: list = []
    worker = Worker(5, replace(request_, address=NOWHERE, start_own=True, command=COMMAND), posted.append, local)
    worker.start()
    wait_until(lambda: any(isinstance(event, Progressed) and event.stage == "phones" for event in posted), posted.copy)
    local._child.kill()
    worker.join(30)
    assert "The backend that Blender started has ended (exit status -9)" in posted[-1].sentence


def test_a_cancel_stops_the_worker_and_tells_the_backend(backend, request_, local):
    backend.slow = 60
    posted: list = []
    worker = Worker(5, request_, posted.append, local)
    worker.start()
    wait_until(lambda: any(isinstance(event, Progressed) and event.stage == "phones" for event in posted), posted.copy)
    worker.stop.set()
    worker.join(30)
    assert not worker.is_alive()
    assert backend.cancelled == ["job1"]
    assert not any(isinstance(event, Arrived | Failed) for event in posted)


def test_a_restarted_backend_without_the_job_is_reported(backend, request_, local):
    backend.slow = 60
    posted: list = []
    worker = Worker(5, request_, posted.append, local)
    worker.start()
    wait_until(lambda: backend.jobs, posted.copy)
    backend.jobs.clear()
    worker.join(30)
    assert "no such job" in posted[-1].sentence
    assert Client(backend.address).info()


FINGERPRINT = '{"direction":"d","sound":"s"}'


def test_a_cached_take_is_not_requested_again(backend, request_, local, tmp_path):
    request, cache = replace(request_, fingerprint=FINGERPRINT), TakeCache(tmp_path / "kept")
    for _ in range(2):
        posted: list = []
        work(5, request, posted.append, threading.Event(), local, None, cache)
        assert isinstance(posted[-1], Arrived) and posted[-1].take.meta["made_with"] == f"toy 1 {'ab' * 8}"
    assert len(backend.requests) == 1
    work(5, replace(request, fingerprint=""), posted.append, threading.Event(), local, None, cache)
    assert len(backend.requests) == 2  # a take without a fingerprint is not cached


def test_a_cache_that_cannot_be_written_does_not_stop_the_take(backend, request_, local, tmp_path, capsys):
    (tmp_path / "kept").write_text("a file")
    posted: list = []
    work(
        5,
        replace(request_, fingerprint=FINGERPRINT),
        posted.append,
        threading.Event(),
        local,
        None,
        TakeCache(tmp_path / "kept"),
    )
    assert isinstance(posted[-1], Arrived) and "was not kept" in capsys.readouterr().out


def test_the_next_of_a_list_are_sent_before_their_turn(backend, request_, local):
    requests = [replace(request_, direction=f'{{"seed": {seed}}}') for seed in range(5)]
    prefetcher = Prefetcher(requests, depth=2)
    for number, request in enumerate(requests):
        posted: list = []
        work(5, request, posted.append, threading.Event(), local, prefetcher)
        assert posted[-1].take.meta["seed"] == str(number)
        assert len(backend.requests) == min(number + 3, 5)


def test_a_prefetched_job_that_is_lost_is_submitted_again(backend, request_, local):
    prefetcher = Prefetcher([request_])
    prefetcher.fill(Client(backend.address), lambda request: True, lambda share: None)
    backend.jobs.clear()  # the backend was restarted
    posted: list = []
    work(5, request_, posted.append, threading.Event(), local, prefetcher)
    assert isinstance(posted[-1], Arrived) and len(backend.requests) == 2


def test_a_full_queue_is_waited_for(backend, request_, local, monkeypatch):
    monkeypatch.setattr("addon.connection.client._retry_after_s", lambda header: 0.02 * float(header))
    backend.full = 3
    posted = outcome(request_, local)
    waits = [event for event in posted if isinstance(event, Progressed) and "waiting for room" in event.stage]
    assert len(waits) == 3 and isinstance(posted[-1], Arrived) and len(backend.requests) == 1


def test_waiting_for_a_full_queue_ends_with_a_cancel(backend, request_, local):
    backend.full = 1000
    posted, stop = [], threading.Event()

    def post(event: object) -> None:
        posted.append(event)
        if isinstance(event, Progressed) and "waiting for room" in event.stage:
            stop.set()

    work(5, request_, post, stop, local)
    assert isinstance(posted[-1], Progressed) and backend.requests == [] and backend.full == 999


def test_a_film_is_sent_as_a_film_and_its_engine_is_nobodys(backend, request_, local):
    film = replace(request_, kind="tracks", film="//act.mp4", fields=(("face", "2"),), engine="closed")
    posted = outcome(film, local)
    assert isinstance(posted[-1], Arrived)
    assert "sending the film" in [event.stage for event in posted if isinstance(event, Progressed)]
    assert set(backend.requests[0]) == {"film", "filename", "face"}


def test_a_film_is_refused_before_sending_where_it_cannot_be_tracked(backend, request_, local):
    film = replace(request_, kind="tracks", film="//act.mp4")
    backend.tracks = False
    assert "tracks no films; update it." in refusal(film, local)
    backend.tracks = True
    Path(film.sound).write_bytes(bytes(1_200_000))
    assert refusal(film, local) == (
        "The film file has 1.2 MB and the backend takes 1.0 MB; shorten or compress it."
    )  # fmt: skip
    assert not backend.requests


def test_a_cancelled_film_is_cancelled_as_one(backend, request_, local):
    backend.slow = 60.0
    posted: list = []
    worker = Worker(5, replace(request_, kind="tracks", film="//act.mp4"), posted.append, local)
    worker.start()
    wait_until(lambda: backend.jobs, posted.copy)
    worker.stop.set()
    worker.join(30)
    assert backend.cancelled_kinds == ["tracks"] and not any(isinstance(event, Arrived) for event in posted)


@pytest.mark.parametrize(
    ("state", "position", "said"),
    [
        ("queued", 1, "waiting, the next in the queue"),
        ("queued", 4, "waiting, 3 before it in the queue"),
        ("queued", None, "waiting"),
        ("running", None, "phones"),
    ],
)
def test_a_job_that_waits_says_its_place(state, position, said):
    stage = "waiting" if state == "queued" else "phones"
    assert stage_of(Progress(state, stage, 0.0, "", position=position)) == said
