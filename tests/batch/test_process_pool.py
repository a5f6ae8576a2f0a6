# SPDX-License-Identifier: GPL-3.0-or-later
"""Each item is worked on once, none after a failure, and no process outlives the one that began it."""

from __future__ import annotations

import functools
import operator
import os
import signal
import subprocess
import sys
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path

import mien
import pytest
from mien.batch.process_pool import StartedPool, map_unordered
from mien.service.process_alive import alive
from waiting import wait_until

HALVE = functools.partial(operator.truediv, 1)
NUMBERS: list[int] = []  # of a process that was prepared
PARENT = """
import pathlib, sys, time
from mien.batch.process_pool import single_threaded_pool
if __name__ == "__main__":
    with single_threaded_pool(1) as pool:
        import os
        print(pool.submit(os.getpid).result(), flush=True)
        pool.submit(time.sleep, 600)
        time.sleep(600)
"""
SHARED = """
import os, pathlib
with pathlib.Path(__file__).with_name("loaded").open("a") as file:
    file.write(f"{os.getpid()}\\n")
"""
TASK = """
import os, pathlib, sys, time
def say_pid(number):
    print(os.getpid(), "shared" in sys.modules, os.environ["OMP_NUM_THREADS"], flush=True)
    folder = pathlib.Path(__file__).parent
    (folder / f"has {number}").touch()
    while len(list(folder.glob("has *"))) < 2:  # until the other process has the other number
        time.sleep(0.01)
"""
FORKING = """
from mien.batch.process_pool import StartedPool
from task import say_pid
if __name__ == "__main__":
    pool = StartedPool(2, int, "shared")
    list(pool.map_unordered(2, say_pid, [1, 2]))
    pool.close()
"""


def test_every_item_is_done_once() -> None:
    assert sorted(map_unordered(2, HALVE, [1, 2, 4, 8])) == [1, 2, 4, 8]


def test_a_failure_is_raised_here() -> None:
    with pytest.raises(ZeroDivisionError):
        list(map_unordered(1, HALVE, [0, 1]))


def test_a_process_that_ends_is_said() -> None:
    with pytest.raises(BrokenProcessPool):
        list(map_unordered(1, os._exit, [1]))


def prepare() -> None:
    NUMBERS.append(7)


def fail() -> None:
    raise ValueError("it cannot be prepared")


def note(folder: Path) -> None:
    (folder / f"{os.getpid()} {NUMBERS} {os.environ.get('MIEN_NOTE')}").touch()


def test_processes_that_were_started_early_are_prepared_before_they_work(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setenv("MIEN_NOTE", "since")  # whatever a server began with
    pool = StartedPool(2, prepare, "mien.batch.job")
    pool._start.result()
    early = set(pool._started._processes)
    assert list(pool.map_unordered(2, note, [tmp_path] * 4)) == [tmp_path] * 4
    first = {path.name.split()[0] for path in tmp_path.iterdir()}
    assert first <= set(map(str, early)) and all(path.name.endswith(" [7] since") for path in tmp_path.iterdir())
    list(pool.map_unordered(1, note, [tmp_path]))  # as after a process that ended
    assert len({path.name.split()[0] for path in tmp_path.iterdir()} - first) == 1
    pool.close()


@pytest.mark.skipif(sys.platform != "linux", reason="spawned processes share nothing")
def test_what_is_preloaded_is_loaded_once_on_one_thread_for_all_processes(tmp_path: Path) -> None:
    for name, text in {"shared": SHARED, "task": TASK, "parent": FORKING}.items():
        (tmp_path / f"{name}.py").write_text(text)
    environment = os.environ | {"PYTHONPATH": os.pathsep.join([str(tmp_path), str(Path(mien.__file__).parent.parent)])}
    command = [sys.executable, tmp_path / "parent.py"]
    said = subprocess.run(command, env=environment, capture_output=True, text=True, check=True).stdout.split()
    assert len(set(said[::3])) == 2 and said[1::3] == ["True"] * 2 and said[2::3] == ["1"] * 2
    (server,) = (tmp_path / "loaded").read_text().split()
    assert server not in said


def test_processes_are_called_before_they_work_and_one_that_ends_is_no_harm() -> None:
    pool = StartedPool(1, prepare, "mien.batch.job")
    assert pool.call(operator.add, 3, 4) == 7
    with pytest.raises(ZeroDivisionError):
        pool.call(operator.truediv, 1, 0)
    with pytest.raises(BrokenProcessPool):
        pool.call(os._exit, 1)
    assert list(pool.map_unordered(1, HALVE, [2])) == [2]  # by a new one
    with pytest.raises(BrokenProcessPool, match="are at work"):
        pool.call(operator.add, 3, 4)
    pool.close()


@pytest.mark.skipif(sys.platform != "linux", reason="there is no server elsewhere")
@pytest.mark.parametrize("ends", ["os._exit(3)", "os.kill(os.getpid(), signal.SIGINT)"])
def test_a_server_that_ends_is_no_harm_and_says_nothing(tmp_path: Path, ends: str) -> None:
    once = tmp_path / "once"
    (tmp_path / "shared.py").write_text(
        f"import os, pathlib, signal\nsignal.signal(signal.SIGINT, signal.SIG_DFL)\n"
        f"if not pathlib.Path({str(once)!r}).exists():\n    pathlib.Path({str(once)!r}).touch()\n    {ends}\n"
    )
    for name, text in {"task": TASK, "parent": FORKING}.items():
        (tmp_path / f"{name}.py").write_text(text)
    environment = os.environ | {"PYTHONPATH": os.pathsep.join([str(tmp_path), str(Path(mien.__file__).parent.parent)])}
    done = subprocess.run(
        [sys.executable, tmp_path / "parent.py"], env=environment, capture_output=True, text=True, check=True
    )
    assert once.exists() and len(set(done.stdout.split()[::3])) == 2 and "Traceback" not in done.stderr


def test_processes_that_cannot_be_prepared_work_all_the_same_and_end_without_work() -> None:
    pool = StartedPool(1, fail, "mien.batch.job")
    assert list(pool.map_unordered(1, HALVE, [2])) == [2]
    unused = StartedPool(1, fail, "mien.batch.no_such_module")
    unused._start.result()
    processes = list(unused._started._processes.values())
    unused.close()
    assert processes and not any(process.is_alive() for process in processes)


@pytest.mark.skipif(sys.platform == "win32", reason="signals of POSIX")
def test_processes_end_with_a_parent_that_is_killed(tmp_path: Path) -> None:
    script = tmp_path / "parent.py"
    script.write_text(PARENT)
    environment = os.environ | {"PYTHONPATH": str(Path(mien.__file__).parent.parent)}
    with subprocess.Popen([sys.executable, script], stdout=subprocess.PIPE, env=environment) as parent:
        assert parent.stdout is not None
        child = int(parent.stdout.readline())
        parent.send_signal(signal.SIGKILL)
    wait_until(lambda: not alive(child))
