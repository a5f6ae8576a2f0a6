# SPDX-License-Identifier: GPL-3.0-or-later
"""Binding: a mesh is sent with its picks, and the returned shape keys are added to it."""

import json

import bpy
import numpy as np
import pytest
from blender_scene import shown
from mathutils import Matrix, Vector

from addon.binding import mesh as binding
from addon.binding import picks
from addon.binding import run as binding_run
from addon.formats.bind_files import read_shapes
from addon.formats.safetensors import read_tensors, write_tensors
from addon.scene.apply import ApplyError
from addon.shape_keys import driving, keys

CHANNELS = ("jawOpen", "eyeLookUpLeft", "tongueOut")


def shapes_of(mesh: bytes, warnings=("The lips part little.",), **extra_meta: str) -> bytes:
    """Shapes for a mesh file: the jaw moves every second vertex down by 0.1, the tongue moves nothing."""
    count = len(read_tensors(mesh)[0]["vertices"])
    moved = np.arange(0, count, 2, dtype=np.int32)
    deltas = np.zeros((3, len(moved), 3), np.float32)
    deltas[0, :, 2], deltas[1, :, 0] = -0.1, 0.05
    distance = np.linspace(-1, 0.004, count).astype(np.float32)
    meta = {
        "format": "mien.shapes",
        "format_version": "1",
        "channels": json.dumps(CHANNELS),
        "report": json.dumps({"fit_mm": {"mean": 0.4, "p95": 1.0}}),
        "warnings": json.dumps(list(warnings)),
    }
    return write_tensors({"moved": moved, "deltas": deltas, "distance": distance}, meta | extra_meta)


@pytest.fixture
def ball():
    """A mesh with every needed point picked."""
    bpy.ops.mesh.primitive_uv_sphere_add(segments=24, ring_count=16, radius=0.1)
    obj = bpy.context.object
    obj.name = "Ball"
    for number, point in enumerate(picks.POINTS):
        if point.needed:
            picks.place_empty(bpy.context, obj, point.name, obj.data.vertices[10 * number].co.copy())
    bpy.context.view_layer.update()
    return obj


@pytest.fixture
def backend(backend):
    backend.shapes = shapes_of
    yield backend
    binding_run.run.dismiss()


def test_the_button_makes_shape_keys_and_a_heat_map(ball, backend):
    rest = keys.rest(ball.data)
    assert bpy.ops.mien.bind() == {"FINISHED"}
    assert keys.names(ball.data) == ("jawOpen", "eyeLookUpLeft")
    ball.data.shape_keys.key_blocks["jawOpen"].value = 1.0
    moved = shown(ball) - rest
    np.testing.assert_allclose(moved[::2], np.tile([0, 0, -0.1], (len(moved[::2]), 1)), atol=1e-6)
    assert not moved[1::2].any()
    colours = np.empty(len(rest) * 4, np.float32)
    ball.data.color_attributes["Mien fit"].data.foreach_get("color_srgb", colours)
    colours = colours.reshape(-1, 4)
    np.testing.assert_allclose(colours[0], [0.6, 0.6, 0.6, 1], atol=0.01)
    np.testing.assert_allclose(colours[-1], [0.8, 0.16, 0.14, 1], atol=0.01)
    assert binding_run.run.note == (
        "'Ball' has 2 of 3 channels as shape keys. The head lies 0.4 mm from it on average."
    )
    assert binding_run.run.warnings == ("The lips part little.",)


def test_the_mesh_file_has_the_mesh_at_rest_its_picks_and_its_face(ball, backend):
    ball.matrix_world = Matrix.Translation((1, 2, 3)) @ Matrix.Rotation(0.4, 4, "X") @ Matrix.Scale(3, 4)
    ball.modifiers.new("Subdivision", "SUBSURF")
    keys.add(ball, "mine", keys.rest(ball.data) * 2).value = 1.0
    bpy.context.view_layer.update()
    group = ball.vertex_groups.new(name="face")
    group.add([3, 4], 0.5, "REPLACE")
    ball.mien_driving.face_group = "face"
    assert bpy.ops.mien.bind() == {"FINISHED"}
    tensors, meta = read_tensors(backend.requests[0]["mesh"])
    np.testing.assert_allclose(tensors["vertices"], keys.rest(ball.data), atol=1e-7)
    assert tensors["faces"].shape[1] == 3 and len(tensors["faces"]) > len(ball.data.polygons)
    assert np.flatnonzero(tensors["region"]).tolist() == [3, 4] and tensors["region"][3] == 0.5
    sent = json.loads(meta["picks"])
    assert set(sent) == {point.name for point in picks.POINTS if point.needed}
    np.testing.assert_allclose(sent["chin"], ball.data.vertices[10].co, atol=1e-6)
    assert [modifier.type for modifier in ball.modifiers] == ["SUBSURF"]
    assert "mine" in keys.names(ball.data)


def test_binding_again_replaces_its_own_keys_alone(ball, backend):
    keys.add(ball, "mine", keys.rest(ball.data))
    bpy.ops.mien.bind()
    keys.add(ball, "later", keys.rest(ball.data))
    ball.data.shape_keys.key_blocks["jawOpen"].value = 0.5
    assert bpy.ops.mien.bind() == {"FINISHED"}
    assert keys.names(ball.data) == ("mine", "jawOpen", "eyeLookUpLeft", "later")
    assert ball.data.shape_keys.key_blocks["jawOpen"].value == 0.5


def test_keys_of_the_animator_are_not_overwritten(ball, backend):
    keys.add(ball, "jawOpen", keys.rest(ball.data))
    with pytest.raises(RuntimeError, match="'Ball' has shape keys jawOpen of its own"):
        bpy.ops.mien.bind()
    assert keys.names(ball.data) == ("jawOpen",) and not ball.data.color_attributes


def test_a_bound_mesh_looks_where_the_take_does(ball, backend):
    bpy.ops.mien.bind()
    gains = {row.key: row.gain for row in driving.table_of(ball).rows}
    assert gains["jawOpen"] == 1.0
    assert gains["eyeLookUpLeft"] == pytest.approx(30 / driving.EYE_TURNS["eyeLookUp"])


@pytest.mark.parametrize(
    ("fault", "sentence"),
    [
        ({"fail": "These points are not picked: chin."}, "These points are not picked: chin. The mesh was left"),
        ({"shapes": lambda mesh: b"what"}, "The mesh was left as it was"),
        ({"shapes": lambda mesh: shapes_of(mesh, format_version="9")}, "version 9; this extension reads"),
    ],
)
def test_a_fault_is_reported_and_changes_nothing(ball, backend, fault, sentence):
    for name, value in fault.items():
        setattr(backend, name, value)
    with pytest.raises(RuntimeError, match=sentence):
        bpy.ops.mien.bind()
    assert ball.data.shape_keys is None and not ball.data.color_attributes


def test_in_the_background_the_timer_adds_the_shape_keys(ball, backend):
    run = binding_run.run
    run.begin(ball, "", backend.address, False, "", None)
    assert run.running
    run._thread.join(20)
    run._tick()
    assert not run.running and run.error == "" and "jawOpen" in keys.names(ball.data)


def test_a_cancel_leaves_the_mesh_and_tells_the_backend(ball, backend):
    backend.slow = 30.0
    run = binding_run.run
    run.begin(ball, "", backend.address, False, "", None)
    while not backend.requests:
        run._thread.join(0.02)
    assert bpy.ops.mien.cancel_bind() == {"FINISHED"}
    run._thread.join(20)
    run._tick()
    assert backend.cancelled == ["job1"] and ball.data.shape_keys is None
    assert run.note == "Cancelled; the mesh was left as it was."


def test_without_picks_the_button_names_them(ball):
    picks.remove(ball, {"chin", "nose_tip"})
    assert binding.refusal(ball) == "Not picked on 'Ball': tip of the nose, foremost point of the chin"
    assert not bpy.ops.mien.bind.poll()


def test_an_empty_group_is_refused(ball):
    ball.vertex_groups.new(name="face")
    with pytest.raises(ApplyError, match="The vertex group 'face' of 'Ball' is empty"):
        binding.mesh_message(ball, "face")


def test_shapes_of_another_mesh_are_refused(ball):
    mesh = binding.mesh_message(ball, "")
    with pytest.raises(ValueError, match="has changed since it was sent"):
        read_shapes(shapes_of(mesh), 5)


def test_a_symmetric_mesh_needs_picks_on_one_side(ball):
    names = [point.name for point in picks.points_to_pick(ball)]
    assert "eye_outer_right" in names and not any(name.endswith("_left") for name in names)
    crooked = ball.copy()
    crooked.data = ball.data.copy()
    crooked.data.vertices.foreach_set("co", (keys.rest(ball.data) + [0.02, 0, 0]).astype(np.float32).ravel())
    assert len(picks.points_to_pick(crooked)) == len(picks.POINTS)


def test_a_click_finds_the_vertex_at_rest(ball):
    ball.location = (1, 0, 0)
    bpy.context.view_layer.update()
    position = picks.ray_hit(bpy.context, ball, Vector((1, -5, 0.001)), Vector((0, 1, 0)))
    nearest = min((vertex.co for vertex in ball.data.vertices), key=lambda co: (co - Vector((0, -0.1, 0))).length)
    assert (position - nearest).length < 1e-6
    assert picks.ray_hit(bpy.context, ball, Vector((5, -5, 0)), Vector((0, 1, 0))) is None


def test_picks_move_with_their_empties_and_are_cleared(ball):
    chin = picks.empties(ball)["chin"]
    before = picks.positions(ball)["chin"][2]
    chin.location.z -= 0.01
    assert picks.positions(ball)["chin"][2] == pytest.approx(before - 0.01, abs=1e-6)
    assert bpy.ops.mien.clear_picks() == {"FINISHED"}
    assert picks.positions(ball) == {} and len(ball.children) == 0
