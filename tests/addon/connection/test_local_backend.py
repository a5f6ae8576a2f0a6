# SPDX-License-Identifier: GPL-3.0-or-later
"""Blender's own backend is started, watched and stopped, and never left behind."""

import os
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
from checkout import ROOT, SUPPORT
from waiting import wait_until

from addon.connection.client import Client
from addon.connection.local_backend import LocalBackend, LocalBackendError, find_command

FAKE = SUPPORT / "fake_backend.py"
COMMAND = f'"{sys.executable}" "{FAKE}"'


@pytest.fixture
def local():
    backend = LocalBackend()
    yield backend
    backend.stop()


@pytest.fixture
def bare_path(monkeypatch, tmp_path):
    """A PATH with nothing on it, and no MIEN_COMMAND."""
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.delenv("MIEN_COMMAND", raising=False)
    return tmp_path


def gone(pid: int) -> bool:
    """Whether the process ends within ten seconds (a zombie has ended)."""
    for _ in range(200):
        try:
            state = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0]
        except (FileNotFoundError, ProcessLookupError):
            return True
        if state == "Z":
            return True
        time.sleep(0.05)
    return False


def program(path: Path) -> Path:
    path.write_text("#!/bin/sh\n")
    path.chmod(0o755)
    return path


def test_no_command_says_how_to_install(bare_path):
    with pytest.raises(LocalBackendError, match="Preferences > Add-ons > Mien"):
        find_command()


def test_the_preference_goes_before_path_and_path_before_the_environment(bare_path, monkeypatch):
    other = program(bare_path / "other")
    monkeypatch.setenv("MIEN_COMMAND", f"{other} --flag")
    assert find_command() == [str(other), "--flag"]
    mien = program(bare_path / "mien")
    assert find_command() == [str(mien)]
    assert find_command(str(other)) == [str(other)]


def test_a_preference_that_is_no_program_is_named(bare_path):
    with pytest.raises(LocalBackendError, match="preferences is '/nowhere/mien', and there is no such program"):
        find_command("/nowhere/mien")


def test_it_starts_answers_and_stops(local):
    address = local.start(COMMAND)
    assert local.running and local.start(COMMAND) == address
    assert Client(address).info().version == "0.1.0"
    pid = local._child.pid
    local.stop()
    assert not local.running and gone(pid)
    local.stop()


def test_a_child_that_ends_at_once_is_reported_with_its_last_line(local, tmp_path):
    script = tmp_path / "broken.py"
    script.write_text("print('starting'); raise SystemExit('no module named scipy')")
    with pytest.raises(LocalBackendError, match=r"exit status 1\); its last words: no module named scipy\."):
        local.start(f'"{sys.executable}" "{script}"')
    assert not local.running


def test_a_killed_child_is_noticed_and_replaced_once(local):
    first = local.start(COMMAND)
    local._child.kill()
    local._child.wait()
    assert "has ended (exit status -9)" in local.exit_report()
    wait_until(lambda: local.running)
    assert local.address != first and Client(local.address).info()
    assert local.exit_report().endswith("It was started again.")

    local._child.kill()
    local._child.wait()
    wait_until(lambda: not threads("mien-watch"))
    assert not local.running and local.exit_report().count("has ended (exit status -9)") == 1
    assert Client(local.start(COMMAND)).info(), "an explicit start starts another"
    assert local.exit_report() == ""


def test_a_child_that_was_stopped_is_not_started_again(local):
    local.start(COMMAND)
    local.stop()
    wait_until(lambda: not threads("mien-watch"))
    assert not local.running and local.exit_report() == ""


def threads(name: str) -> list[threading.Thread]:
    return [thread for thread in threading.enumerate() if thread.name == name]


@pytest.mark.skipif(not Path("/proc").is_dir(), reason="looks at processes through /proc")
def test_a_killed_parent_leaves_no_child_behind():
    code = (
        f"import sys, time; sys.path.insert(0, {str(ROOT)!r})\n"
        "from addon.connection.local_backend import LocalBackend\n"
        f"local = LocalBackend(); local.start({COMMAND!r}); print(local._child.pid, flush=True); "
        "time.sleep(60)"
    )
    parent = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True)
    pid = int(parent.stdout.readline())
    assert Path(f"/proc/{pid}/stat").read_text().split()[2] != "Z"
    parent.kill()
    parent.wait()
    parent.stdout.close()
    assert gone(pid)


@pytest.mark.skipif(not Path("/proc").is_dir(), reason="looks at processes through /proc")
def test_a_parent_that_ends_by_itself_stops_its_child():
    code = (
        f"import sys; sys.path.insert(0, {str(ROOT)!r})\n"
        "from addon.connection.local_backend import LocalBackend\n"
        f"local = LocalBackend(); local.start({COMMAND!r}); print(local._child.pid)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert gone(int(done.stdout)) and int(done.stdout) != os.getpid()
