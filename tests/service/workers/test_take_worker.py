# SPDX-License-Identifier: GPL-3.0-or-later
"""The process that makes takes, with an engine that fails as the seed says."""

import hashlib
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path

import faulty_work
import numpy as np
import pytest
from mien import engines
from mien.audio.speech import Speech
from mien.direction import Direction
from mien.engines.base import Cancelled
from mien.engines.toy import Toy
from mien.service.workers import stop_deadline
from mien.service.workers.take_worker import DiskFull, WorkCrashed, Worker, WorkFailed
from mien.take_request import Order

SAMPLES = (np.sin(np.arange(16000) / 20) * 0.3).astype("<f4")
ORDER = Order(hashlib.sha256(SAMPLES.tobytes()).hexdigest(), len(SAMPLES), "hum", Direction(), engines.DEFAULT)


class Desk:
    """A worker, a sound, and what came of it."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.sound = folder, folder / "sound"
        self.sound.write_bytes(SAMPLES.tobytes())
        self.worker = Worker(folder, command=[sys.executable, str(Path(faulty_work.__file__))])
        self.stages, self.made, self.count = [], {}, 0
        self.seen = threading.Event()

    def progress(self, fraction: float, stage: str) -> None:
        self.stages.append(stage)
        if stage != "loading":
            self.seen.set()

    def make(self, *seeds: int, stop: threading.Event | None = None, **fields: object) -> list[bytes]:
        self.count += 1
        orders = [replace(ORDER, direction=Direction(seed=seed), **fields) for seed in seeds]
        paths = [self.folder / f"{self.count}-{seed}" for seed in seeds]
        self.worker.make(orders, self.sound, paths, self.progress, self.made.__setitem__, stop or threading.Event())
        takes = [path.read_bytes() for path in paths]
        assert [self.made[place] for place in range(len(takes))] == [hashlib.sha256(t).hexdigest() for t in takes]
        return takes

    def stopped_after(self, seed: int) -> float:
        """Seconds from the stop until the work is cancelled."""
        stop, told = threading.Event(), [0.0]

        def stop_it() -> None:
            assert self.seen.wait(60)
            told[0] = time.monotonic()
            stop.set()
            self.worker.wake()

        self.seen.clear()
        threading.Thread(target=stop_it).start()
        with pytest.raises(Cancelled):
            self.make(seed, stop=stop)
        return time.monotonic() - told[0]


@pytest.fixture(scope="module")
def desk(tmp_path_factory) -> Iterator[Desk]:
    desk = Desk(tmp_path_factory.mktemp("desk"))
    yield desk
    desk.worker.release()
    assert desk.worker.pid is None


def toy(seed: int) -> bytes:
    return Toy().generate(Speech.from_samples(SAMPLES), Direction(seed=seed), lambda *_: None).weights.tobytes()


def test_several_takes_are_made_by_one_process_that_stays(desk: Desk) -> None:
    first, second, third = desk.make(20, 21, 22)
    pid = desk.worker.pid
    assert toy(21) in second and len({first, second, third}) == 3
    assert desk.make(21) == [second] and desk.worker.pid == pid
    assert desk.stages[0] == "loading" and "toying" in desk.stages


def test_an_engine_that_looks_up_is_stopped_and_its_process_stays(desk: Desk) -> None:
    desk.make(20)
    pid = desk.worker.pid
    desk.stopped_after(faulty_work.DAWDLES)
    assert desk.worker.pid == pid and len(desk.make(20)) == 1


def test_an_engine_that_does_not_is_killed_and_another_process_is_prepared(desk: Desk) -> None:
    desk.make(20)
    pid = desk.worker.pid
    desk.stopped_after(faulty_work.DEAF)
    assert desk.worker.pid is None
    desk.worker.prepare(engines.DEFAULT)
    assert desk.worker.pid not in (None, pid) and len(desk.make(20)) == 1


def test_an_engine_that_looks_up_late_as_others_have_the_processors_is_not_killed(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk.make(20)
    pid = desk.worker.pid
    monkeypatch.setattr(stop_deadline, "STARVED_S", 60.0)
    never_on = partial(stop_deadline.Patience, starved=lambda pid: time.monotonic())
    monkeypatch.setattr("mien.service.workers.take_worker.Patience", never_on)
    desk.stopped_after(faulty_work.DOZES)
    assert desk.worker.pid == pid and len(desk.make(20)) == 1


def test_work_that_was_stopped_before_it_began_ends_by_itself(desk: Desk) -> None:
    desk.worker.release()
    stop = threading.Event()
    stop.set()
    with pytest.raises(Cancelled):
        desk.make(20, stop=stop)
    pid = desk.worker.pid
    assert len(desk.make(21)) == 1 and desk.worker.pid == pid
    assert not (desk.folder / f"{desk.count - 1}-20").exists()


@pytest.mark.parametrize(
    ("seed", "error", "sentence"),
    [
        (faulty_work.CRASHES, WorkCrashed, "broke down on 'hum': it was killed .SIGSEGV.. If the machine was short of"),
        (faulty_work.FULL, DiskFull, "^$"),
        (faulty_work.CORRUPT, WorkFailed, "7.safetensors cannot be read: 7.safetensors is cut short"),
        (faulty_work.MISSING, WorkFailed, "8.safetensors cannot be read: .*No such file"),
        (faulty_work.BROKEN, WorkFailed, "failed in a way it should not. The backend's log says where"),
    ],
)
def test_a_fault_is_told_and_the_next_take_is_made(desk: Desk, seed: int, error, sentence: str, caplog) -> None:
    with pytest.raises(error, match=sentence):
        desk.make(seed)
    assert ("IndexError: list index out of range" in caplog.text) == (seed == faulty_work.BROKEN)
    assert len(desk.make(20)) == 1


def test_what_the_engine_says_no_to_is_told_in_its_words(desk: Desk) -> None:
    with pytest.raises(WorkFailed, match="has no style 'whispering'"):
        desk.worker.make(
            [replace(ORDER, direction=Direction(style="whispering"))], desk.sound, [desk.folder / "no"],
            desk.progress, desk.made.__setitem__, threading.Event(),
        )  # fmt: skip


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux limits the memory of a process by its data")
def test_the_limit_of_memory_is_a_sentence(desk: Desk) -> None:
    limited = Worker(desk.folder, 1500 << 20, [sys.executable, str(Path(faulty_work.__file__))])
    whole, desk.worker = desk.worker, limited
    try:
        with pytest.raises(WorkFailed, match="not enough memory for a take of 1 s. Cut the sound into shorter pieces"):
            desk.make(faulty_work.HUNGRY)
        assert limited.pid is None  # what it held is given back
        assert len(desk.make(20)) == 1
    finally:
        limited.release()
        desk.worker = whole
