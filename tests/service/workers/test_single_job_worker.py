# SPDX-License-Identifier: GPL-3.0-or-later
"""A job with a process of its own: how it may end, and that it leaves no process behind."""

import hashlib
import threading
from pathlib import Path

import pytest
from mien.engines.base import Cancelled
from mien.service.workers.single_job_worker import SingleJob, SingleJobWorker
from mien.service.workers.worker import DiskFull, WorkCrashed, WorkFailed
from waiting import wait_until

PROGRAM = """
import os, time
from pathlib import Path
from mien.service.workers.process import ParentPipe
parent = ParentPipe()
message = next(parent.messages())
parent.reply({"fraction": 0.5, "stage": "copying"})
match message["end"]:
    case "hang":
        time.sleep(600)
    case "die":
        os._exit(3)
    case "done":
        Path(message["result"]).write_bytes(Path(message["source"]).read_bytes())
parent.reply({"end": message["end"], "sentence": "It cannot be copied."})
"""


class CopyWorker(SingleJobWorker):
    limit_s = 60.0

    def job(self, request: str, source: Path, result: Path) -> SingleJob:
        message = {"source": str(source), "result": str(result), "end": request}
        return SingleJob("copy_program", message, self.limit_s, "It took too long.", "The process is gone: {}.")


@pytest.fixture
def worker(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> CopyWorker:
    (tmp_path / "copy_program.py").write_text(PROGRAM)
    (tmp_path / "source").write_bytes(b"a source")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    return CopyWorker(tmp_path)


def make(
    worker: CopyWorker, folder: Path, end: str, stop: threading.Event | None = None, seen: list | None = None
) -> list:
    seen = [] if seen is None else seen
    worker.make(
        [end], folder / "source", [folder / "result"], lambda *progress: seen.append(progress),
        lambda *result: seen.append(result), stop or threading.Event(),
    )  # fmt: skip
    return seen


def test_a_job_that_is_done_has_its_result(worker: CopyWorker, tmp_path: Path) -> None:
    assert make(worker, tmp_path, "done") == [(0.5, "copying"), (0, hashlib.sha256(b"a source").hexdigest())]
    assert worker.pid is None


@pytest.mark.parametrize(
    ("end", "error", "sentence"),
    [
        ("failed", WorkFailed, "It cannot be copied."),
        ("full", DiskFull, "^$"),
        ("die", WorkCrashed, "The process is gone: it ended with status 3."),
    ],
)
def test_how_it_may_end(worker: CopyWorker, tmp_path: Path, end: str, error: type, sentence: str) -> None:
    with pytest.raises(error, match=sentence):
        make(worker, tmp_path, end)
    assert worker.pid is None


def test_a_job_beyond_its_time_fails(worker: CopyWorker, tmp_path: Path) -> None:
    worker.limit_s = 0.0
    with pytest.raises(WorkFailed, match="It took too long."):
        make(worker, tmp_path, "hang")
    assert worker.pid is None


def test_a_job_that_hangs_is_stopped(worker: CopyWorker, tmp_path: Path) -> None:
    stop, seen, ended = threading.Event(), [], []

    def work() -> None:
        with pytest.raises(Cancelled):
            make(worker, tmp_path, "hang", stop, seen)
        ended.append(True)

    thread = threading.Thread(target=work)
    thread.start()
    wait_until(lambda: seen)  # its progress: it is about to hang
    stop.set()
    worker.wake()
    thread.join(20)
    assert ended and worker.pid is None  # of ten minutes
