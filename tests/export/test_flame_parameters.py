# SPDX-License-Identifier: GPL-3.0-or-later
"""FLAME's parameters in a file, read back as the programs that know its names pose them."""

from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import flame
import numpy as np
import pytest
from checkout import SAMPLES
from mien.export import export, flame_parameters
from mien.heads.correspondence import head_correspondence
from mien.heads.default import load_head
from mien.heads.flame import JAW
from mien.heads.flame_file import FlameError
from mien.heads.retarget import to_flame
from mien.heads.skinning import linear_blend_skinning
from mien.take import Take, read_take

HEAD = load_head()
SPEECH_TAKE = read_take(SAMPLES / "default_style.take.safetensors")


@pytest.fixture(scope="module")
def few() -> Take:
    return replace(
        SPEECH_TAKE, weights=SPEECH_TAKE.weights[20:30], head_rotation=SPEECH_TAKE.head_rotation[20:30],
        gaze=SPEECH_TAKE.gaze[20:30],
        mouth_holds=None, eye_holds=None, duration=Fraction(10, 25),
    )  # fmt: skip


def test_what_is_written_poses_flame_as_the_take_does(few: Take, tmp_path: Path) -> None:
    somebody = flame.on_head()
    correspondence = head_correspondence(HEAD, somebody)
    on = to_flame(few, HEAD, somebody, correspondence)
    assert export(on, somebody, tmp_path / "x.npz") == "FLAME's parameters"
    with np.load(tmp_path / "x.npz", allow_pickle=False) as file:
        content = dict(file)
    shapes = {"shape": (300,), "expr": (10, 100), "rotation": (10, 3), "neck_pose": (10, 3), "jaw_pose": (10, 3)}
    shapes |= {"eyes_pose": (10, 6), "translation": (10, 3), "fps": (), "start": (), "error_m": ()}
    assert {name: array.shape for name, array in content.items()} == shapes
    assert content["fps"] == 25 and content["error_m"] < 0.0005 and not content["rotation"].any()
    # as a reader poses them: the neck about its own joint, which carries jaw and eyes
    pose = np.zeros((10, 5, 3))
    pose[:, 1], pose[:, JAW] = content["neck_pose"], content["jaw_pose"]
    expressions = content["expr"][:, : len(somebody.expression_basis)]
    coefficients = np.concatenate([np.tile(content["shape"], (10, 1)), expressions], 1)
    posed = linear_blend_skinning(somebody.skin, coefficients, pose)[0]
    wanted = somebody.template + somebody.offsets(on)
    away = np.linalg.norm(posed - wanted, axis=-1)[:, correspondence.matched]
    assert np.percentile(away, 95) < 0.0006
    # looking to the left turns the eyes about the upward axis
    yaw = few.gaze[:, 1].astype(float)
    np.testing.assert_allclose(content["eyes_pose"][:, 1], yaw, atol=2e-3)
    np.testing.assert_array_equal(content["eyes_pose"][:, :3], content["eyes_pose"][:, 3:])


def test_a_take_of_the_default_head_is_retargeted(few: Take, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    somebody = flame.on_head()
    monkeypatch.setattr(flame_parameters, "load_flame", lambda folder: somebody)
    export(few, HEAD, tmp_path / "x.npz")
    with np.load(tmp_path / "x.npz") as file:
        assert np.corrcoef(file["expr"][:, 24], few.channel("jawOpen"))[0, 1] > 0.9  # its expressions are the channels


def test_without_a_flame_it_says_what_is_needed(few: Take, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MIEN_DATA_FOLDER", str(tmp_path))
    with pytest.raises(FlameError, match="FLAME is not here"):
        export(few, HEAD, tmp_path / "x.npz")
    assert not (tmp_path / "x.npz").exists()
