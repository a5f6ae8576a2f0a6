# SPDX-License-Identifier: GPL-3.0-or-later
"""What `mien export` writes, as Blender reads it: glTF by its importer, PC2 and MDD by the Mesh Cache modifier."""

from dataclasses import replace
from fractions import Fraction

import bpy
import numpy as np
import pytest
from blender_scene import shown
from checkout import SAMPLES
from mien.export import export
from mien.heads.default import load_head
from mien.heads.retarget import to_vertices
from mien.take import read_take
from scipy.spatial import cKDTree

HEAD = load_head()
SAMPLE = SAMPLES / "default_style.take.safetensors"
FRAMES = 5


@pytest.fixture
def take():
    """Five frames of speech at 24 a second with the head turned."""
    speech = read_take(SAMPLE)
    turns = np.random.default_rng(0).uniform(-0.4, 0.4, (FRAMES, 3)).astype(np.float32)
    return replace(
        speech,
        fps=Fraction(24),
        duration=Fraction(FRAMES, 24),
        weights=speech.weights[20 : 20 + FRAMES],
        gaze=None,
        head_rotation=turns,
    )


def in_blender(points: np.ndarray) -> np.ndarray:
    """Head axes to Blender's."""
    return points[..., [0, 2, 1]] * (1, -1, 1)


def in_world(obj) -> np.ndarray:
    """(V, 3) evaluated vertices of the object in world space."""
    matrix = np.array(obj.evaluated_get(bpy.context.evaluated_depsgraph_get()).matrix_world)
    return shown(obj) @ matrix[:3, :3].T + matrix[:3, 3]


@pytest.mark.parametrize("kind", ["channels", "vertices"])
def test_gltf_moves_every_vertex_as_the_take_does(take, tmp_path, empty_file, kind):
    exported = take if kind == "channels" else to_vertices(take, HEAD)
    export(exported, HEAD, tmp_path / "a.glb")
    bpy.context.scene.render.fps = 24
    assert bpy.ops.import_scene.gltf(filepath=str(tmp_path / "a.glb")) == {"FINISHED"}
    face = next(obj for obj in bpy.data.objects if obj.type == "MESH" and obj.data.shape_keys)
    rest = np.empty(len(face.data.vertices) * 3, np.float32)
    face.data.shape_keys.reference_key.data.foreach_get("co", rest)
    distance, vertex = cKDTree(in_blender(HEAD.vertices)).query(rest.reshape(-1, 3))
    assert distance.max() < 1e-6 and len(np.unique(vertex)) == len(HEAD.vertices)
    if kind == "channels":
        assert [key.name for key in face.data.shape_keys.key_blocks][1:] == list(take.channels)
    wanted = in_blender(HEAD.vertices + HEAD.offsets(take))
    tolerance = 5e-6 if kind == "channels" else 1.2e-4  # of vertices a basis was made, to a tenth of a millimetre
    for frame in range(FRAMES):
        bpy.context.scene.frame_set(frame)
        np.testing.assert_allclose(in_world(face), wanted[frame][vertex], rtol=0, atol=tolerance)


@pytest.mark.parametrize("suffix", ["pc2", "mdd"])
def test_the_mesh_cache_modifier_moves_every_vertex_as_the_take_does(take, tmp_path, empty_file, suffix):
    path = tmp_path / f"a.{suffix}"
    export(take, HEAD, path)
    mesh = bpy.data.meshes.new("head")
    mesh.from_pydata(in_blender(HEAD.vertices).tolist(), [], HEAD.quads.tolist())
    head = bpy.data.objects.new("head", mesh)
    bpy.context.collection.objects.link(head)
    modifier = head.modifiers.new("cache", "MESH_CACHE")
    modifier.cache_format = suffix.upper()
    modifier.filepath = str(path)
    modifier.forward_axis, modifier.up_axis = "POS_Z", "NEG_Y"
    modifier.frame_start = 0
    bpy.context.scene.render.fps = 24
    wanted = in_blender(HEAD.vertices + HEAD.offsets(take))
    for frame in range(FRAMES):
        bpy.context.scene.frame_set(frame)
        np.testing.assert_allclose(shown(head), wanted[frame], rtol=0, atol=1e-6)
