# SPDX-License-Identifier: GPL-3.0-or-later
import importlib.metadata
import sys
import tomllib
from pathlib import Path

import numpy as np
import pytest
from checkout import ROOT
from mien.doctor import checks
from mien.doctor.diagnostics import FAIL, OK, WARN, Diagnostic
from mien.heads.default import load_head
from mien.settings import Settings

PYPROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))


def test_the_python_asked_for_is_that_of_pyproject() -> None:
    assert PYPROJECT["project"]["requires-python"] == f">={checks.PYTHON[0]}.{checks.PYTHON[1]}"


def test_what_pyproject_requires_is_looked_for() -> None:
    diagnostic = checks.packages(PYPROJECT["project"]["dependencies"])
    assert diagnostic.level == OK, diagnostic
    assert f"numpy {np.__version__}" in diagnostic.result and diagnostic.result.count(",") >= 10


def test_missing_packages_are_named_and_extras_are_not_asked_for() -> None:
    diagnostic = checks.packages(["numpy>=1.26", "no-such.package>=2", "neither; extra == 'dev'"])
    assert (diagnostic.level, diagnostic.result) == (FAIL, "no-such.package missing")
    assert diagnostic.advice.endswith("pip install no-such.package")


def test_a_mien_that_is_not_installed_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    def unknown(name: str) -> list[str]:
        raise importlib.metadata.PackageNotFoundError(name)

    monkeypatch.setattr(importlib.metadata, "requires", unknown)
    diagnostic = checks.packages()
    assert diagnostic.level == WARN and "runs from its folder" in diagnostic.result


def test_every_check_answers_here(tmp_path: Path) -> None:
    diagnostics = checks.examine(Settings(port=0, data_folder=tmp_path / "mien" / "data"))
    by_name = {diagnostic.check: diagnostic for diagnostic in diagnostics}
    assert len(by_name) == len(diagnostics) == 15
    for diagnostic in diagnostics:
        assert diagnostic.result and (diagnostic.advice == "") == (diagnostic.level == OK), diagnostic
        assert "broke" not in diagnostic.result, diagnostic
    assert by_name["Python"].result.startswith(sys.version.split()[0])
    assert load_head().sha256 in by_name["default head"].result
    for engine in ("probtalk3d", "emodiffhead", "kfusion"):
        assert by_name[engine].level == OK and "GPL-3.0-or-later" in by_name[engine].result
    assert by_name["phone recogniser"].level == by_name["torch"].level == by_name["video encoders"].level == OK
    assert by_name["data folder"].result.endswith("made when it is needed")
    assert not (tmp_path / "mien").exists()
    assert "is free" in by_name["backend"].result


def test_a_check_that_breaks_is_a_finding(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken() -> Diagnostic:
        raise ZeroDivisionError("division by zero")

    monkeypatch.setattr(checks, "drawing", broken)
    diagnostic = next(f for f in checks.examine(Settings(port=0)) if f.check == "drawing without a screen")
    assert diagnostic.level == FAIL and "ZeroDivisionError: division by zero" in diagnostic.result


def test_missing_encoders_are_named() -> None:
    diagnostic = checks.encoders(("libx264", "no_such_codec"))
    assert diagnostic.level == FAIL and "no no_such_codec" in diagnostic.result


def test_a_head_that_is_not_that_of_its_card_fails(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "mien.card.json").write_text('{"sha256": "0123"}')
    monkeypatch.setattr("mien.heads.default.head_path", lambda: tmp_path / "mien.safetensors")
    assert load_head().sha256 in checks.head().result
    assert "its card has another sha256" in checks.head().result and checks.head().level == FAIL


def test_a_data_folder_that_cannot_be_is_a_failure(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    assert checks.data_folder(tmp_path).level == OK
    diagnostic = checks.data_folder(tmp_path / "file")
    assert diagnostic.level == FAIL and "is a file" in diagnostic.result
    if Path("/proc/self").exists():
        assert checks.data_folder(Path("/proc/self/mien")).level == FAIL


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
    diagnostic = checks.blender()
    assert diagnostic.level == level and found in diagnostic.result
    monkeypatch.setattr(checks, "find_blender", lambda: None)
    assert checks.blender().result == "not found" and checks.blender().level == WARN


def test_a_child_that_crashes_or_hangs_is_reported() -> None:
    assert checks.run_child("print(1); print('two')") == (0, "two")
    assert checks.run_child("raise SystemExit('No EGL here.')") == (1, "No EGL here.")
    assert checks.run_child("import os; os.abort()")[0] < 0
    assert checks.run_child("import time; time.sleep(60)", timeout_s=0.5) == (124, "no answer within 0.5 s")


def test_a_machine_that_cannot_draw_is_reported(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checks, "DRAW", "raise SystemExit('There is no EGL.')")
    diagnostic = checks.drawing()
    assert diagnostic.level == FAIL and diagnostic.result == "There is no EGL." and "libegl1" in diagnostic.advice
