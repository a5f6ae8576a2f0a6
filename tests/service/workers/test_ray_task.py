# SPDX-License-Identifier: GPL-3.0-or-later
"""The work of a batch on a machine of a cluster, in the test's own process: Ray is not needed for it."""

from __future__ import annotations

import hashlib
import threading
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from held_worker import HeldWorker
from mien.engines.base import EngineError
from mien.film_request import FilmRequest
from mien.photo.options import PortraitOptions
from mien.service.workers import ray_task
from mien.service.workers.ray_task import Advanced, Begun, Ended, Order, Result, Working, data_folder, work
from mien.service.workers.worker import WorkFailed
from mien.settings import Settings
from mien.take_request import TakeRequest
from mien.video.consent import Consent, recorded_consent
from schedulers import REQUEST, seed

SOURCE = np.frombuffer(b"a sound", np.uint8)


class Reverser(HeldWorker):
    """Its results are its sources, backwards."""

    def make(self, requests, source: Path, results, on_progress, on_result, stop) -> float:
        for number, (request, path) in enumerate(zip(requests, results, strict=True)):
            on_progress(0.5, "reversing")
            content = b"".join(source.with_name(name).read_bytes()[::-1] for name in request.sources)
            path.write_bytes(content)
            on_result(number, hashlib.sha256(content).hexdigest())
        return 0.25


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(data_folder=tmp_path)


def order_of(settings: Settings, worker: object, *requests) -> Order:
    return Order(lambda settings: worker, settings, {each.result_key(settings.data_folder): each for each in requests})


def test_progress_and_results_come_one_after_another(settings: Settings) -> None:
    order = order_of(settings, Reverser(), seed(1), seed(2))
    events = list(work(order, SOURCE))
    content = b"dnuos a"
    results = [Result(key, hashlib.sha256(content).hexdigest(), content) for key in order.requests]
    assert isinstance(events[0], Begun) and events[-1] == Ended(0.25)
    assert events[1:-1] == [Advanced(0.5, "reversing"), results[0], Advanced(0.5, "reversing"), results[1]]


def test_its_worker_stays_and_drops_its_models_after_a_while(settings: Settings) -> None:
    made, released = [], threading.Event()

    class Counted(Reverser):
        def __init__(self, settings: Settings) -> None:
            super().__init__()
            made.append(settings)

        def release(self) -> None:
            released.set()

    settings = replace(settings, idle_s=0.05)
    for _ in range(3):
        list(work(Order(Counted, settings, order_of(settings, None, seed(1)).requests), SOURCE))
    assert made == [settings] and released.wait(300)


def test_work_that_is_cancelled_is_told_to_stop(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ray_task, "BEAT_S", 0.01)
    held = HeldWorker()
    events = work(order_of(settings, held, seed(3)), SOURCE)
    assert isinstance(next(events), Begun) and next(events) == Working() and held.busy.wait(300)
    events.close()  # as Ray does
    assert "mien-work" not in {thread.name for thread in threading.enumerate()}


def test_what_it_raises_is_raised(settings: Settings) -> None:
    class Refusing(HeldWorker):
        def make(self, *_) -> float:
            raise WorkFailed("It is too short.")

    with pytest.raises(WorkFailed, match="It is too short"):
        list(work(order_of(settings, Refusing(), seed(4)), SOURCE))


def test_a_machine_that_would_make_something_else_refuses(settings: Settings) -> None:
    order = Order(lambda settings: Reverser(), replace(settings, idle_s=7), {"0" * 64: REQUEST})
    with pytest.raises(WorkFailed, match=r"^Mien on the machine .* is not the one of the backend"):
        list(work(order, SOURCE))


def test_a_machine_without_a_model_says_which(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    def damaged(request: TakeRequest, folder: Path) -> str:
        raise EngineError(f"The weights {folder / 'engines' / 'own.safetensors'} are damaged.")

    order = order_of(replace(settings, idle_s=8), Reverser(), REQUEST)
    monkeypatch.setattr(TakeRequest, "result_key", damaged)
    with pytest.raises(WorkFailed, match=r"^\S+: The weights own.safetensors are damaged.$"):
        list(work(order, SOURCE))


def test_a_film_has_its_consent_on_that_machine_too(settings: Settings) -> None:
    consent = Consent("Nobody: grey squares", "2026-01-01T00:00:00+00:00", "service")
    request = FilmRequest("portrait", "1" * 64, "a.png", "2" * 64, "a.wav", PortraitOptions(), consent)
    events = list(work(order_of(settings, Reverser(), request), SOURCE, SOURCE[:1]))
    assert events[-2].content == b"dnuos aa" and recorded_consent("1" * 64, settings.data_folder) == consent


def test_the_data_folder_is_the_one_that_the_machine_sees(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MIEN_DATA_FOLDER", str(tmp_path / "own"))
    assert data_folder(Settings(data_folder=tmp_path)) == tmp_path
    assert data_folder(Settings(data_folder=tmp_path / "elsewhere")) == tmp_path / "own"
