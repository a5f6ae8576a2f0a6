# SPDX-License-Identifier: GPL-3.0-or-later
"""The process that makes takes, with an engine that fails as the seed says."""

import hashlib
import json
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
from mien.engines.toy.engine import Toy
from mien.service.workers import stop_deadline
from mien.service.workers.take_worker import TakeWorker
from mien.service.workers.worker import DiskFull, WorkCrashed, WorkFailed
from mien.take import read_take
from mien.take_request import TakeRequest

SAMPLES = (np.sin(np.arange(16000) / 20) * 0.3).astype("<f4")
REQUEST = TakeRequest(hashlib.sha256(SAMPLES.tobytes()).hexdigest(), len(SAMPLES), "hum", Direction(), engines.DEFAULT)


class Bench:
    """A worker, a sound, and its takes."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.sound = folder, folder / "sound"
        self.sound.write_bytes(SAMPLES.tobytes())
        self.worker = TakeWorker(folder, command=[sys.executable, str(Path(faulty_work.__file__))])
        self.stages, self.digests, self.count = [], {}, 0
        self.working = threading.Event()

    def progress(self, fraction: float, stage: str) -> None:
        self.stages.append(stage)
        if stage != "loading":
            self.working.set()

    def make(self, *seeds: int, stop: threading.Event | None = None, **fields: object) -> list[bytes]:
        self.count += 1
        requests = [replace(REQUEST, direction=Direction(seed=seed), **fields) for seed in seeds]
        paths = [self.folder / f"{self.count}-{seed}" for seed in seeds]
        self.worker.make(
            requests, self.sound, paths, self.progress, self.digests.__setitem__, stop or threading.Event()
        )
        takes = [path.read_bytes() for path in paths]
        assert [self.digests[number] for number in range(len(takes))] == [hashlib.sha256(t).hexdigest() for t in takes]
        return takes

    def stopped_after(self, seed: int) -> float:
        """Seconds from the stop until the work is cancelled."""
        stop, stopped_at = threading.Event(), [0.0]

        def stop_it() -> None:
            assert self.working.wait(60)
            stopped_at[0] = time.monotonic()
            stop.set()
            self.worker.wake()

        self.working.clear()
        threading.Thread(target=stop_it).start()
        with pytest.raises(Cancelled):
            self.make(seed, stop=stop)
        return time.monotonic() - stopped_at[0]


@pytest.fixture(scope="module")
def bench(tmp_path_factory) -> Iterator[Bench]:
    bench = Bench(tmp_path_factory.mktemp("bench"))
    yield bench
    bench.worker.release()
    assert bench.worker.pid is None


def data_bytes(pid: int) -> int:
    """What Linux counts against a limit of a process's data: heap, stacks of threads, buffers of libraries."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) << 10 for line in lines if line.startswith("VmData:"))


def toy(seed: int) -> bytes:
    return Toy().generate(Speech.from_samples(SAMPLES), Direction(seed=seed), lambda *_: None).weights.tobytes()


def test_several_takes_are_made_by_one_process_that_stays(bench: Bench) -> None:
    first, second, third = bench.make(20, 21, 22)
    pid = bench.worker.pid
    assert toy(21) in second and len({first, second, third}) == 3
    assert bench.make(21) == [second] and bench.worker.pid == pid
    assert bench.stages[0] == "loading" and "generating" in bench.stages


def test_an_engine_that_calls_progress_is_stopped_and_its_process_stays(bench: Bench) -> None:
    bench.make(20)
    pid = bench.worker.pid
    bench.stopped_after(faulty_work.DAWDLES)
    assert bench.worker.pid == pid and len(bench.make(20)) == 1


def test_an_engine_that_does_not_is_killed_and_another_process_is_prepared(bench: Bench) -> None:
    bench.make(20)
    pid = bench.worker.pid
    bench.stopped_after(faulty_work.UNRESPONSIVE)
    assert bench.worker.pid is None
    bench.worker.prepare(REQUEST)
    assert bench.worker.pid not in (None, pid) and len(bench.make(20)) == 1


def test_an_engine_that_is_late_as_others_have_the_processors_is_not_killed(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    bench.make(20)
    pid = bench.worker.pid
    monkeypatch.setattr(stop_deadline, "STARVED_S", 60.0)
    never_on = partial(stop_deadline.StopDeadline, starved=lambda pid: time.monotonic())
    monkeypatch.setattr("mien.service.workers.take_worker.StopDeadline", never_on)
    bench.stopped_after(faulty_work.DOZES)
    assert bench.worker.pid == pid and len(bench.make(20)) == 1


def test_work_that_was_stopped_before_it_began_ends_by_itself(bench: Bench) -> None:
    bench.worker.release()
    stop = threading.Event()
    stop.set()
    with pytest.raises(Cancelled):
        bench.make(20, stop=stop)
    pid = bench.worker.pid
    assert len(bench.make(21)) == 1 and bench.worker.pid == pid
    assert not (bench.folder / f"{bench.count - 1}-20").exists()


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
def test_a_fault_is_a_sentence_and_the_next_take_is_made(bench: Bench, seed: int, error, sentence: str, caplog) -> None:
    with pytest.raises(error, match=sentence):
        bench.make(seed)
    assert ("IndexError: list index out of range" in caplog.text) == (seed == faulty_work.BROKEN)
    assert len(bench.make(20)) == 1


def test_what_the_engine_refuses_is_a_sentence_of_the_engine(bench: Bench) -> None:
    with pytest.raises(WorkFailed, match="has no style 'whispering'"):
        bench.worker.make(
            [replace(REQUEST, direction=Direction(style="whispering"))], bench.sound, [bench.folder / "no"],
            bench.progress, bench.digests.__setitem__, threading.Event(),
        )  # fmt: skip


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux limits the memory of a process by its data")
def test_the_limit_of_memory_is_a_sentence(bench: Bench) -> None:
    """The limit is what a process needs for a take on this machine, and 256 MiB; the engine wants 64 GiB."""
    bench.make(20)
    limited = TakeWorker(
        bench.folder, data_bytes(bench.worker.pid) + (256 << 20), [sys.executable, str(Path(faulty_work.__file__))]
    )
    whole, bench.worker = bench.worker, limited
    try:
        with pytest.raises(WorkFailed, match="not enough memory for a take of 1 s. Cut the sound into shorter pieces"):
            bench.make(faulty_work.HUNGRY)
        assert limited.pid is None  # what it held is given back
        assert len(bench.make(20)) == 1
    finally:
        limited.release()
        bench.worker = whole


def test_a_performance_lies_beside_the_sound(bench: Bench) -> None:
    (acted,) = bench.make(3, engine="toy")
    name = hashlib.sha256(acted).hexdigest()
    (bench.folder / name).write_bytes(acted)
    (data,) = bench.make(4, engine="toy", performance=name, performance_name="act", performance_part="lips")
    take = read_take(data)
    assert json.loads(take.meta["performance"]) == {"source": "act", "part": "lips", "warp": "none"}
