# SPDX-License-Identifier: GPL-3.0-or-later
import os
import stat
import subprocess
import sys
from pathlib import Path

from mien.service.network.running_backends import RunningBackend, all_running, registered

HERE = RunningBackend(os.getpid(), "https://127.0.0.1:8642", "token", "ab")


def test_a_backend_is_registered_while_it_runs_for_this_user_alone(tmp_path: Path) -> None:
    folder = tmp_path / "running"
    assert all_running(folder) == []
    with registered(folder, HERE):
        assert all_running(folder) == [HERE]
        (path,) = folder.iterdir()
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert all_running(folder) == []


def test_one_that_was_killed_is_not_listed_and_its_file_removed(tmp_path: Path) -> None:
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    with registered(tmp_path, HERE), registered(tmp_path, RunningBackend(ended.pid, "http://127.0.0.1:1")):
        (tmp_path / "rubbish.json").write_text("{")
        assert all_running(tmp_path) == [HERE]
        assert not (tmp_path / f"{ended.pid}.json").exists()
