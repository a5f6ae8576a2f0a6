# SPDX-License-Identifier: GPL-3.0-or-later
"""Landmarks in Blender: empties and strokes follow the default head, and a mesh of one's own, through a take."""

import bpy
import numpy as np
import pytest
from checkout import SAMPLES
from mien.heads.default import load_head
from mien.heads.landmark_track import LandmarkTrack, landmarks_of
from mien.take import read_take as backend_take

from addon.default_head import build
from addon.formats import head_file, identity_file
from addon.formats.take import read_take
from addon.generation import receive
from addon.landmarks import objects, strokes, vertices
from addon.landmarks.empties import POINT
from addon.landmarks.lines import LINES
from addon.landmarks.samples import frames_of, held_still, sampled
from addon.scene import lines
from addon.shape_keys import keys
from addon.ui import landmark_operators

TAKE = SAMPLES / "default_style.take.safetensors"
START = 11


@pytest.fixture
def head() -> bpy.types.Object:
    return build.add_head(bpy.context, head_file.read_head(head_file.find_file()))


@pytest.fixture
def speaking(head) -> bpy.types.Object:
    """The default head with a take of 3 s at 25 frames a second from frame 11 on."""
    bpy.context.scene.render.fps = 25
    receive.put(bpy.context.scene, head, read_take(TAKE), START)
    return head


@pytest.fixture(scope="module")
def track() -> LandmarkTrack:
    return landmarks_of(backend_take(TAKE))


def in_blender(points_mm: np.ndarray) -> np.ndarray:
    return keys.to_blender(points_mm / 1000)


def empties_of(parent: bpy.types.Object) -> list[bpy.types.Object]:
    return sorted((child for child in parent.children if POINT in child), key=lambda child: child[POINT])


def strokes_of(obj: bpy.types.Object, frame: int) -> np.ndarray:
    """(68, 3) points of the drawing at a frame, stroke by stroke."""
    (layer,) = obj.data.layers
    (drawing,) = [each.drawing for each in layer.frames if each.frame_number == frame]
    return np.array([tuple(point.position) for stroke in drawing.strokes for point in stroke.points])


def test_empties_follow_the_face_and_the_head(speaking, track):
    speaking.location = (1, 2, 3)
    assert bpy.ops.mien.landmark_empties() == {"FINISHED"}
    (parent,) = objects.of_line(speaking, lines.active(speaking), objects.EMPTIES)
    empties = empties_of(parent)
    assert [empty[POINT] for empty in empties] == list(range(68))
    for frame in (0, 30, 74):
        bpy.context.scene.frame_set(START + frame)
        places = np.array([tuple(empty.matrix_world.translation) for empty in empties])
        distance = np.linalg.norm(places - (1, 2, 3) - in_blender(track.turned[frame]), axis=1)
        assert distance.max() < 0.0002  # m; keys of the take are float32, the hook turns as the backend does


def test_a_second_call_replaces_the_first(speaking):
    bpy.ops.mien.landmark_empties()
    counts = len(bpy.data.objects), len(bpy.data.actions)
    bpy.ops.mien.landmark_empties(still=True)
    assert (len(bpy.data.objects), len(bpy.data.actions)) == counts
    bpy.ops.mien.remove_landmarks()
    assert objects.of_line(speaking, lines.active(speaking)) == []
    assert len(bpy.data.objects) == counts[0] - 69 and len(bpy.data.actions) == counts[1] - 68


def test_one_undo_step_takes_them_back(speaking):
    bpy.ops.ed.undo_push(message="before")
    count = len(bpy.data.objects)
    assert bpy.ops.mien.landmark_empties("EXEC_DEFAULT", True) == {"FINISHED"}
    assert len(bpy.data.objects) == count + 69
    bpy.ops.ed.undo()
    assert len(bpy.data.objects) == count


def test_strokes_follow_with_a_drawing_for_each_frame(speaking, track):
    assert bpy.ops.mien.landmark_strokes() == {"FINISHED"}
    (obj,) = objects.of_line(speaking, lines.active(speaking), objects.STROKES)
    (layer,) = obj.data.layers
    span = frames_of(speaking, lines.active(speaking))
    assert [each.frame_number for each in layer.frames] == list(span)
    drawing = layer.frames[0].drawing
    assert [len(stroke.points) for stroke in drawing.strokes] == [len(line.points) for line in LINES]
    assert [stroke.cyclic for stroke in drawing.strokes] == [line.closed for line in LINES]
    places = in_blender(track.turned[30])
    assert np.abs(strokes_of(obj, START + 30) - places).max() < 0.0002


def test_removed_strokes_leave_nothing_behind(speaking):
    counts = len(bpy.data.objects), len(bpy.data.materials)
    bpy.ops.mien.landmark_strokes()
    bpy.ops.mien.landmark_strokes(flat=True)
    bpy.ops.mien.remove_landmarks()
    assert (len(bpy.data.objects), len(bpy.data.materials)) == counts
    assert len(strokes.stroke_data()) == 0


def test_flat_strokes_lie_in_one_plane(speaking):
    bpy.ops.mien.landmark_strokes(flat=True)
    (obj,) = objects.of_line(speaking, lines.active(speaking), objects.STROKES)
    places = strokes_of(obj, START + 30)
    assert np.ptp(places[:, 1]) == 0 and np.ptp(places[:, 0]) > 0.1


def test_without_the_head_s_motion_the_nose_stays(speaking, track):
    samples = sampled(bpy.context.scene, speaking, frames_of(speaking, lines.active(speaking)), still=True)
    moved = np.abs(samples.points[:, 27:31] - samples.points[:1, 27:31]).max()
    assert moved < 0.001 < np.abs(np.diff(in_blender(track.turned)[:, 27:31], axis=0)).sum(0).max()
    lips = np.linalg.norm(samples.points[:75, 62] - samples.points[:75, 66], axis=1) * 1000
    expected = np.linalg.norm(track.points[:, 62] - track.points[:, 66], axis=1)
    np.testing.assert_allclose(lips, expected, atol=0.1)


def test_a_turn_is_undone():
    rest = np.random.default_rng(1).normal(0, 0.05, (68, 3)).astype(np.float32)
    turn = np.array([[0.8, -0.6, 0], [0.6, 0.8, 0], [0, 0, 1]])
    np.testing.assert_allclose(held_still((rest @ turn.T + 0.3)[None], rest)[0], rest, atol=1e-6)


def test_corrections_and_further_levels_of_subdivision_are_followed(speaking):
    speaking.modifiers["Subdivision"].levels = 1
    before = sampled(bpy.context.scene, speaking, range(40, 41), still=False).points
    shape_keys = speaking.data.shape_keys
    shape_keys.animation_data.action = bpy.data.actions.new("own")  # above the take
    block = shape_keys.key_blocks["mouthFunnel"]
    block.value = 1.0
    block.keyframe_insert("value", frame=40)
    after = sampled(bpy.context.scene, speaking, range(40, 41), still=False).points
    assert np.abs(after - before)[0, 48:].max() > 0.002
    assert np.abs(after - before)[0, 17:27].max() < 0.0005


def own_mesh(name: str, turn: float, scale: float) -> tuple[bpy.types.Object, np.ndarray]:
    """(somebody's mesh: an identity's face, its vertices in another order, turned and scaled, with keys in ARKit's
    names; the place of each vertex of the default head in it)."""
    head = identity_file.with_identity(head_file.read_head(head_file.find_file()), name)[0]
    order = np.random.default_rng(4).permutation(len(head.vertices))
    rotation = np.array([[np.cos(turn), -np.sin(turn), 0], [np.sin(turn), np.cos(turn), 0], [0, 0, 1]])
    mesh = bpy.data.meshes.new("Own")
    mesh.from_pydata((scale * keys.to_blender(head.vertices[order]) @ rotation.T).tolist(), [], [])
    mesh.vertices.add(3)  # so that it does not count as the default head's
    obj = bpy.data.objects.new("Own", mesh)
    bpy.context.collection.objects.link(obj)
    bpy.context.view_layer.objects.active = obj
    rest = keys.rest(mesh)
    for channel, delta in zip(head.channels, head.deltas, strict=True):
        points = rest.copy()
        points[:-3] += scale * keys.to_blender(delta[order]) @ rotation.T
        keys.add(obj, channel, points)
    return obj, np.argsort(order)


def test_the_landmarks_of_a_mesh_of_one_s_own_are_found_by_its_keys():
    obj, place = own_mesh("man_b", 0.5, 12.0)
    found = vertices.vertices_of(obj)
    wanted = place[load_head().landmarks]
    rest = keys.rest(obj.data)
    distance = np.linalg.norm(rest[found] - rest[wanted], axis=1) / np.linalg.norm(rest[wanted[36]] - rest[wanted[45]])
    assert np.median(distance) < 0.03 and distance.max() < 0.15
    lips = [61, 62, 63, 65, 66, 67]
    upper, lower = rest[found[lips[:3]], 2], rest[found[lips[3:]], 2]
    assert upper.min() > lower.max() - 0.01  # never an upper lip for a lower one
    assert list(obj.data[vertices.KEPT]) == found.tolist()


def test_it_can_be_keyed_like_the_default_head():
    obj, _ = own_mesh("woman_a", 0.0, 1.0)
    bpy.context.scene.render.fps = 25
    receive.put(bpy.context.scene, obj, read_take(TAKE), START)
    assert bpy.ops.mien.landmark_empties() == {"FINISHED"}
    (parent,) = objects.of_line(obj, lines.active(obj))
    upper, lower = (empties_of(parent)[point] for point in (62, 66))
    gaps = []
    for frame in range(START, START + 75):
        bpy.context.scene.frame_set(frame)
        gaps.append((upper.matrix_world.translation - lower.matrix_world.translation).length)
    track = landmarks_of(backend_take(TAKE))
    assert np.corrcoef(gaps, np.linalg.norm(track.points[:, 62] - track.points[:, 66], axis=1))[0, 1] > 0.98


def test_what_is_refused_is_said(cube, speaking):
    assert landmark_operators.MIEN_OT_landmark_empties.disabled_reason(bpy.context) == ""
    bpy.context.view_layer.objects.active = cube
    assert landmark_operators.MIEN_OT_landmark_empties.disabled_reason(bpy.context).startswith("There is no take yet")
    assert landmark_operators.MIEN_OT_remove_landmarks.disabled_reason(bpy.context) == "The line has no landmarks"


def test_a_mesh_with_too_few_keys_is_refused_in_words(cube):
    keys.add(cube, "jawOpen", keys.rest(cube.data) * 1.1)
    with pytest.raises(vertices.LandmarksMissing, match="1 move this mesh"):
        vertices.vertices_of(cube)


def test_vertices_that_were_kept_must_be_of_the_mesh(speaking):
    speaking.data[vertices.KEPT] = [9999] * 68
    with pytest.raises(RuntimeError, match="does not hold 68 of its vertices"):
        bpy.ops.mien.landmark_empties()


def test_a_modifier_that_removes_vertices_is_named(speaking):
    speaking.modifiers.new("Decimate", "DECIMATE").ratio = 0.5
    with pytest.raises(RuntimeError, match="removes vertices"):
        bpy.ops.mien.landmark_empties()
