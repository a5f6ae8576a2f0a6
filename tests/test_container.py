# SPDX-License-Identifier: GPL-3.0-or-later
"""The container file: what it copies exists, and, where a builder is there, it builds."""

import re
import shutil
import subprocess

import pytest
from checkout import ROOT

TEXT = (ROOT / "Containerfile").read_text(encoding="utf-8")


def test_what_it_copies_exists() -> None:
    copied = [line.split()[1:-1] for line in TEXT.splitlines() if line.startswith("COPY")]
    assert copied and all((ROOT / name).exists() for names in copied for name in names)


def test_it_installs_what_dev_py_asks_debian_for() -> None:
    """All but what Blender's module needs, which no backend has."""
    libraries = re.search(r'"(libegl1[^"]*)": "the preview', (ROOT / "dev.py").read_text(encoding="utf-8"))
    assert libraries and all(name in TEXT for name in (*libraries[1].split(), "espeak-ng"))


def test_it_does_not_run_as_root() -> None:
    lines = TEXT.splitlines()
    assert lines.index("USER mien") < next(i for i, line in enumerate(lines) if line.startswith("ENTRYPOINT"))


@pytest.mark.slow
def test_it_builds() -> None:
    builder = shutil.which("podman") or shutil.which("docker")
    if builder is None or subprocess.run([builder, "info"], capture_output=True, check=False).returncode:
        pytest.skip("no podman and no docker runs here")
    command = [builder, "build", "--quiet", "-f", str(ROOT / "Containerfile"), str(ROOT)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=550)
    if done.returncode and "python:3.13" in done.stderr:
        pytest.skip("the base image cannot be fetched here")
    assert done.returncode == 0, done.stderr
