# SPDX-License-Identifier: GPL-3.0-or-later
"""The wheel carries the weights and not what trained them, and the command says so."""

import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from checkout import ROOT

WITHOUT = """
import importlib.abc, sys
class Missing(importlib.abc.MetaPathFinder):
    def find_spec(self, name, path, target=None):
        if name.startswith("mien.training.") and not name.startswith("mien.training.lips"):
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)
sys.meta_path.insert(0, Missing())
from mien.cli.main import main
sys.exit(main(sys.argv[1:]))
"""


def run(*arguments: str) -> tuple[int, str]:
    done = subprocess.run([sys.executable, "-c", WITHOUT, *arguments], capture_output=True, text=True, check=False)
    return done.returncode, done.stderr


@pytest.mark.parametrize("what", ["phones", "kfusion"])
def test_a_command_that_trains_says_what_is_missing(what: str, tmp_path: Path) -> None:
    folders = [str(tmp_path / name) for name in ("corpus", "motion", "run")]
    status, errors = run("train", what, *(folders if what == "kfusion" else [folders[0], folders[2]]))
    assert status == 4 and "without the training code" in errors and "checkout" in errors


def test_a_take_needs_no_training_code(tmp_path: Path) -> None:
    sound = ROOT / "tests" / "samples" / "mono_16k.wav"
    path = tmp_path / "a.take.safetensors"
    status, errors = run("speak", str(sound), "-o", str(path), "--engine", "articulation")
    assert status == 0 and path.is_file(), errors


@pytest.mark.slow
def test_the_wheel_has_the_weights_alone(tmp_path: Path) -> None:
    build = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--wheel-dir", str(tmp_path), str(ROOT)]
    if subprocess.run(build, capture_output=True, check=False).returncode:
        pytest.skip("pip cannot fetch what builds a wheel")
    with zipfile.ZipFile(next(tmp_path.glob("*.whl"))) as wheel:
        names = wheel.namelist()
    assert {name.split("/")[2] for name in names if name.startswith("mien/training/")} == {"__init__.py", "lips"}
    for engine in ("probtalk3d", "emodiffhead", "kfusion"):
        assert f"mien/engines/{engine}/mien.safetensors" in names
    assert "mien/meshes/mien.safetensors" in names and "mien/face_tracking/face_landmarker_v2.task" in names
