# SPDX-License-Identifier: GPL-3.0-or-later
"""Takes that move FLAME land on its mesh, which Blender imports from `mien export OUT.obj`; on a made-up FLAME."""

from dataclasses import replace
from fractions import Fraction

import bpy
import flame
import numpy as np
import pytest
from blender_scene import shown
from checkout import SAMPLES
from mien.export import export
from mien.heads.default import load_head
from mien.heads.retarget import retargeter, to_basis, to_vertices
from mien.take import read_take

from addon.formats import channels
from addon.formats.take import read_take as read_in_blender
from addon.generation import receive, requests
from addon.shape_keys import driving, keys

SAMPLE = SAMPLES / "default_style.take.safetensors"
FPS = 24


@pytest.fixture(scope="module")
def identity():
    return flame.on_head()


@pytest.fixture(scope="module")
def take(identity):
    """A second of speech on the synthetic FLAME."""
    speech = read_take(SAMPLE).resample(24)
    still = np.zeros((24, 3), np.float32)
    speech = replace(
        speech, duration=Fraction(1), weights=speech.weights[:24], head_rotation=still, gaze=None,
        mouth_holds=None, eye_holds=None,
    )  # fmt: skip
    return retargeter(identity, load_head())(speech)


@pytest.fixture
def mesh(identity, take, tmp_path):
    """As Blender's importer leaves it: y up, the object turned."""
    export(take, identity, tmp_path / "face.obj")
    bpy.ops.wm.obj_import(filepath=str(tmp_path / "face.obj"))
    (obj,) = bpy.context.selected_objects
    return obj


@pytest.mark.parametrize("applied", [False, True], ids=["as imported", "rotation applied"])
@pytest.mark.parametrize("kind", ["basis", "few shapes", "offsets"])
def test_a_take_of_flame_lands_on_its_mesh(mesh, identity, take, kind, applied) -> None:
    """Within the error stated in the take, and float32's."""
    axes = np.eye(3)
    if applied:
        axes = np.array(mesh.matrix_world.to_3x3()).T
        mesh.data.transform(mesh.matrix_world)
        mesh.matrix_world.identity()
    if kind != "basis":
        take = to_vertices(take, identity)
    if kind == "few shapes":
        take = to_basis(take, identity)
    stated_error = float(take.meta.get("basis_error_m", 0))
    bpy.context.scene.render.fps = FPS
    receive.put(bpy.context.scene, mesh, read_in_blender(take.to_bytes()), 1)
    rest = keys.rest(mesh.data)
    wanted = (identity.faces(take) - identity.template) @ axes
    for frame in (0, 9, 23):
        bpy.context.scene.frame_set(1 + frame)
        error = np.linalg.norm(shown(mesh) - rest - wanted[frame], axis=-1).max()
        assert error < 2e-6
    assert stated_error <= 0.0001 and np.abs(wanted).max() > 0.003


def test_the_mesh_is_the_face_at_rest_in_the_same_order(mesh, identity) -> None:
    rest = keys.rest(mesh.data)
    assert len(mesh.data.polygons) == len(identity.triangles)
    spread = rest - rest.mean(0), identity.template - identity.template.mean(0)
    np.testing.assert_allclose(np.sort(np.abs(spread[0]).max(0)), np.sort(np.abs(spread[1]).max(0)), atol=1e-6)
    np.testing.assert_allclose(
        np.linalg.norm(np.diff(rest, axis=0), axis=1), np.linalg.norm(np.diff(identity.template, axis=0), axis=1),
        atol=1e-6,
    )  # fmt: skip


def test_a_mesh_of_flame_needs_a_take_of_flame(monkeypatch, mesh) -> None:
    assert requests.head_of(mesh) == ""  # it has fewer vertices than the real one
    monkeypatch.setattr(driving, "FLAME_VERTICES", len(mesh.data.vertices))
    assert requests.head_of(mesh) == "flame"
    for name in channels.ARKIT[:3]:
        keys.add(mesh, name, keys.rest(mesh.data))
    assert requests.head_of(mesh) == ""  # its own keys are what it speaks with
