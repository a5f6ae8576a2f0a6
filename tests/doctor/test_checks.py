# SPDX-License-Identifier: GPL-3.0-or-later
import importlib.metadata
import socket
import subprocess
import sys
import threading
import tomllib
from pathlib import Path

import numpy as np
import pytest
from checkout import ROOT
from mien.doctor import checks
from mien.doctor.findings import FAIL, OK, WARN, Finding
from mien.heads.default import load_head
from mien.service.server import run_server
from mien.settings import Settings

PYPROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))


def test_the_python_asked_for_is_that_of_pyproject() -> None:
    assert PYPROJECT["project"]["requires-python"] == f">={checks.PYTHON[0]}.{checks.PYTHON[1]}"


def test_what_pyproject_requires_is_looked_for() -> None:
    finding = checks.packages(PYPROJECT["project"]["dependencies"])
    assert finding.level == OK, finding
    assert f"numpy {np.__version__}" in finding.found and finding.found.count(",") >= 10


def test_missing_packages_are_named_and_extras_are_not_asked_for() -> None:
    finding = checks.packages(["numpy>=1.26", "no-such.package>=2", "neither; extra == 'dev'"])
    assert (finding.level, finding.found) == (FAIL, "no-such.package missing")
    assert finding.advice.endswith("pip install no-such.package")


def test_a_mien_that_is_not_installed_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    def unknown(name: str) -> list[str]:
        raise importlib.metadata.PackageNotFoundError(name)

    monkeypatch.setattr(importlib.metadata, "requires", unknown)
    finding = checks.packages()
    assert finding.level == WARN and "runs from its folder" in finding.found


def test_every_check_answers_here(tmp_path: Path) -> None:
    findings = checks.examine(Settings(port=free_port(), data_folder=tmp_path / "mien" / "data"))
    by_name = {finding.asked: finding for finding in findings}
    assert len(by_name) == len(findings) == 14
    for finding in findings:
        assert finding.found and (finding.advice == "") == (finding.level == OK), finding
        assert "broke" not in finding.found, finding
    assert by_name["Python"].found.startswith(sys.version.split()[0])
    assert load_head().sha256 in by_name["default head"].found
    for engine in ("probtalk3d", "emodiffhead"):
        assert by_name[engine].level == OK and "GPL-3.0-or-later" in by_name[engine].found
    assert by_name["ear"].level == by_name["torch"].level == by_name["video encoders"].level == OK
    assert by_name["data folder"].found.endswith("made when it is needed")
    assert not (tmp_path / "mien").exists()
    assert "is free" in by_name["backend"].found


def test_a_check_that_breaks_is_a_finding(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken() -> Finding:
        raise ZeroDivisionError("division by zero")

    monkeypatch.setattr(checks, "drawing", broken)
    finding = next(f for f in checks.examine(Settings(port=free_port())) if f.asked == "drawing without a screen")
    assert finding.level == FAIL and "ZeroDivisionError: division by zero" in finding.found


def test_missing_encoders_are_named() -> None:
    finding = checks.encoders(("libx264", "no_such_codec"))
    assert finding.level == FAIL and "no no_such_codec" in finding.found


def test_a_head_that_is_not_that_of_its_card_fails(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "mien.card.json").write_text('{"sha256": "0123"}')
    monkeypatch.setattr("mien.heads.default.head_path", lambda: tmp_path / "mien.safetensors")
    assert load_head().sha256 in checks.head().found
    assert "its card has another sha256" in checks.head().found and checks.head().level == FAIL


def test_a_data_folder_that_cannot_be_is_a_failure(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    assert checks.data_folder(tmp_path).level == OK
    finding = checks.data_folder(tmp_path / "file")
    assert finding.level == FAIL and "is a file" in finding.found
    if Path("/proc/self").exists():
        assert checks.data_folder(Path("/proc/self/mien")).level == FAIL


def test_the_backend_that_runs_is_found(tmp_path: Path) -> None:
    port, port_file, parent = free_port(), tmp_path / "port.json", Parent()
    server = threading.Thread(
        target=run_server, args=(Settings(port=port),), kwargs={"port_file": port_file, "parent": parent.pid}
    )
    server.start()
    try:
        for _ in range(2000):
            if port_file.exists():
                break
            server.join(0.01)
        finding = checks.backend("127.0.0.1", port)
    finally:
        parent.end()
        server.join(20)
    assert finding.level == OK and "(API 1) answers on" in finding.found


def test_another_program_on_the_port_is_told() -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()

        def answer() -> None:
            client, _ = other.accept()
            with client:
                client.recv(1000)
                client.sendall(b"SSH-2.0-thing\r\n")

        thread = threading.Thread(target=answer)
        thread.start()
        finding = checks.backend("127.0.0.1", other.getsockname()[1])
        thread.join(20)
    assert finding.level == WARN and "not by a Mien backend" in finding.found


@pytest.mark.parametrize(
    ("script", "level", "found"),
    [
        ("echo 'Blender 4.5.3 LTS'", OK, "Blender 4.5.3 at"),
        ("echo 'Blender 3.6.0'", WARN, "Blender 3.6.0 at"),
        ("echo hello", WARN, "does not tell its version"),
    ],
)
def test_blender_is_asked_for_its_version(
    script: str, level: str, found: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "blender"
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
    finding = checks.blender()
    assert finding.level == level and found in finding.found
    monkeypatch.setattr(checks, "find_blender", lambda: None)
    assert checks.blender().found == "not found" and checks.blender().level == WARN


def test_a_child_that_crashes_or_hangs_is_told() -> None:
    assert checks.run_child("print(1); print('two')") == (0, "two")
    assert checks.run_child("raise SystemExit('No EGL here.')") == (1, "No EGL here.")
    assert checks.run_child("import os; os.abort()")[0] < 0
    assert checks.run_child("import time; time.sleep(60)", timeout_s=0.5) == (124, "no answer within 0.5 s")


def test_a_machine_that_cannot_draw_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checks, "DRAW", "raise SystemExit('There is no EGL.')")
    finding = checks.drawing()
    assert finding.level == FAIL and finding.found == "There is no EGL." and "libegl1" in finding.advice


class Parent:
    """A process to be watched."""

    def __init__(self) -> None:
        self.process = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
        self.pid = self.process.pid

    def end(self) -> None:
        self.process.kill()
        self.process.wait()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]
