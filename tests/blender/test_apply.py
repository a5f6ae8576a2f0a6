# SPDX-License-Identifier: GPL-3.0-or-later
"""A take becomes animation, and nothing else of the scene changes."""

import json
from fractions import Fraction

import bpy
import numpy as np
import pytest
from conftest import CHANNELS, shown, value_at
from fake_backend import channel_take, take_bytes

from addon import curves, keys
from addon.apply import ApplyError, apply_take
from addon.take import read_take

FPS = Fraction(24)


def weights_take(weights: np.ndarray, channels=CHANNELS, head=None, **meta):
    head = np.zeros((len(weights), 3), np.float32) if head is None else head
    return read_take(
        take_bytes(
            {"weights": weights.astype(np.float32), "head_rotation": head.astype(np.float32)},
            channels=json.dumps(list(channels)),
            **meta,
        )
    )


def random_weights(frames: int = 20, columns: int = 3, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).random((frames, columns)).astype(np.float32)


def apply(thing, take, start: int = 1, fps: Fraction = FPS) -> str:
    return apply_take(bpy.context.scene, thing, take, start, fps)


def own_curve(thing, name: str):
    """The F-curve of a key in the datablock's active action, by whichever way this Blender has."""
    data = thing.data.shape_keys.animation_data
    bag = curves._bag(data.action, getattr(data, "action_slot", None))
    return next(curve for curve in bag.fcurves if curve.data_path == keys.value_path(name))


def test_every_weight_is_on_its_frame(toy_head):
    weights = random_weights()
    apply(toy_head, weights_take(weights, seed="7"), start=11)
    for frame in (0, 7, 19):
        for column, name in enumerate(CHANNELS):
            assert value_at(toy_head, name, 11 + frame) == pytest.approx(weights[frame, column], abs=1e-6)
    assert toy_head.data.shape_keys.animation_data.action.name == "Mien take seed 7"


def test_the_mesh_moves_by_the_weights_times_the_deltas(toy_head):
    weights = random_weights()
    rest = keys.rest(toy_head.data)
    apply(toy_head, weights_take(weights))
    bpy.context.scene.frame_set(6)
    deltas = []
    for name in CHANNELS:
        points = np.empty(120, np.float32)
        toy_head.data.shape_keys.key_blocks[name].points.foreach_get("co", points)
        deltas.append(points.reshape(-1, 3) - rest)
    np.testing.assert_allclose(shown(toy_head), rest + np.tensordot(weights[5], deltas, 1), atol=1e-6)


def test_channels_are_matched_by_name_in_any_order(toy_head):
    weights = random_weights()
    apply(toy_head, weights_take(weights[:, ::-1], CHANNELS[::-1]))
    assert value_at(toy_head, "jawOpen", 4) == pytest.approx(weights[3, 0], abs=1e-6)


def test_a_take_ends_on_zero(toy_head):
    apply(toy_head, weights_take(np.ones((10, 3))), start=1)
    assert value_at(toy_head, "jawOpen", 10) == 1
    assert all(value_at(toy_head, name, frame) == 0 for name in CHANNELS for frame in (15, 100))


def test_a_channel_that_never_moves_has_one_key(toy_head):
    weights = random_weights()
    weights[:, 1] = 0
    apply(toy_head, weights_take(weights))
    assert len(own_curve(toy_head, "mouthClose").keyframe_points) == 1
    assert len(own_curve(toy_head, "jawOpen").keyframe_points) == 21


def test_sliders_fit_the_values(toy_head):
    apply(toy_head, weights_take(np.linspace([-0.5, 0, 0], [1.8, 1, 1], 10)))
    assert value_at(toy_head, "jawOpen", 1) == pytest.approx(-0.5)
    assert value_at(toy_head, "jawOpen", 10) == pytest.approx(1.8)
    jaw, close = (toy_head.data.shape_keys.key_blocks[name] for name in ("jawOpen", "mouthClose"))
    assert (jaw.slider_min, jaw.slider_max) == pytest.approx((-0.5, 1.8))
    assert (close.slider_min, close.slider_max) == (0, 1)


def test_a_second_take_replaces_only_the_first(toy_head):
    apply(toy_head, weights_take(random_weights(), seed="1"))
    smile = toy_head.shape_key_add(name="userSmile", from_mix=False)
    smile.value = 0.25
    smile.keyframe_insert("value", frame=3)
    before = len(bpy.data.actions)
    second = random_weights(30, seed=5)
    apply(toy_head, weights_take(second, seed="2"))
    assert len(bpy.data.actions) == before
    assert value_at(toy_head, "jawOpen", 30) == pytest.approx(second[29, 0], abs=1e-6)
    assert value_at(toy_head, "userSmile", 3) == pytest.approx(0.25)
    assert toy_head.data.shape_keys.animation_data.action.name == "Mien take seed 2"


def test_an_action_shared_with_another_speaker_is_not_changed_for_it(toy_head):
    first = random_weights()
    apply(toy_head, weights_take(first))
    double = toy_head.copy()
    double.data = toy_head.data.copy()
    bpy.context.collection.objects.link(double)
    assert double.data.shape_keys.animation_data.action == toy_head.data.shape_keys.animation_data.action
    apply(toy_head, weights_take(random_weights(seed=9)))
    assert value_at(double, "jawOpen", 6) == pytest.approx(first[5, 0], abs=1e-6)


def test_an_action_of_the_animator_stays_and_wins(toy_head):
    jaw = toy_head.data.shape_keys.key_blocks["jawOpen"]
    for frame, value in ((1, 0.1), (20, 0.9)):
        jaw.value = value
        jaw.keyframe_insert("value", frame=frame)
    data = toy_head.data.shape_keys.animation_data
    theirs = data.action
    points = [tuple(point.co) for point in own_curve(toy_head, "jawOpen").keyframe_points]
    for seed in (1, 2):
        weights = random_weights(seed=seed)
        said = apply(toy_head, weights_take(weights, seed=str(seed)))
        assert data.action == theirs
        assert points == [tuple(point.co) for point in own_curve(toy_head, "jawOpen").keyframe_points]
        assert value_at(toy_head, "jawOpen", 20) == pytest.approx(0.9)
        assert value_at(toy_head, "eyeBlinkLeft", 6) == pytest.approx(weights[5, 2], abs=1e-5)
        assert "NLA track 'Mien lip-sync'" in said
        assert [track.name for track in data.nla_tracks] == ["Mien lip-sync"]
        assert len(data.nla_tracks[0].strips) == 1


def test_tracks_of_the_animator_stay(toy_head):
    smile = toy_head.shape_key_add(name="userSmile", from_mix=False)
    smile.value = 0.5
    smile.keyframe_insert("value", frame=1)
    data = toy_head.data.shape_keys.animation_data
    theirs, slot = data.action, getattr(data, "action_slot", None)
    data.action = None
    strip = data.nla_tracks.new().strips.new("theirs", 1, theirs)
    if slot is not None:
        strip.action_slot = slot
    weights = random_weights()
    apply(toy_head, weights_take(weights))
    assert data.action is None and data.nla_tracks[0].strips[0].action == theirs
    assert value_at(toy_head, "userSmile", 5) == pytest.approx(0.5)
    assert value_at(toy_head, "jawOpen", 6) == pytest.approx(weights[5, 0], abs=1e-5)


def test_a_take_pushed_down_by_the_animator_is_kept(toy_head):
    apply(toy_head, weights_take(random_weights(), seed="1"))
    data = toy_head.data.shape_keys.animation_data
    first = data.action
    track = data.nla_tracks.new()
    track.name = "best one"
    strip = track.strips.new(first.name, 1, first)
    if hasattr(strip, "action_slot"):
        strip.action_slot = data.action_slot
    data.action = None
    curve_count = len(curves._bag(first, getattr(strip, "action_slot", None)).fcurves)
    apply(toy_head, weights_take(random_weights(seed=2), seed="2"))
    assert first.name == "Mien take seed 1"
    assert len(curves._bag(first, getattr(strip, "action_slot", None)).fcurves) == curve_count


def test_a_driven_key_is_left_to_its_driver(toy_head):
    jaw = toy_head.data.shape_keys.key_blocks["jawOpen"]
    jaw.driver_add("value").driver.expression = "0.33"
    weights = random_weights()
    said = apply(toy_head, weights_take(weights))
    assert "drivers of their own and were left to them: jawOpen" in said
    assert value_at(toy_head, "jawOpen", 6) == pytest.approx(0.33)
    assert value_at(toy_head, "mouthClose", 6) == pytest.approx(weights[5, 1], abs=1e-6)


def test_missing_keys_are_named_and_the_rest_is_applied(toy_head):
    said = apply(toy_head, weights_take(random_weights(columns=2), ("jawOpen", "tongueOut")))
    assert "1 of 2 shape keys are not there: tongueOut" in said


def test_keys_that_cannot_be_seen_are_told(toy_head):
    toy_head.data.shape_keys.key_blocks["jawOpen"].mute = True
    toy_head.show_only_shape_key = True
    said = apply(toy_head, weights_take(random_weights()))
    assert "muted, so they do not show: jawOpen" in said and "pinned" in said


def test_takes_at_another_rate_lie_at_their_exact_times(toy_head):
    weights = random_weights(60)
    said = apply(toy_head, weights_take(weights, fps="30000/1001"), start=1)
    frame = float(1 + 30 * Fraction(1001, 30000) * 24)
    assert value_at(toy_head, "jawOpen", frame) == pytest.approx(weights[30, 0], abs=1e-4)
    assert "30000/1001 frames a second and the scene at 24" in said


def test_the_neck_bends_and_the_skull_stays_rigid(toy_head):
    rest = shown(toy_head).copy()
    head = np.zeros((5, 3))
    head[:] = (0.3, -0.2, 0.1)
    apply(toy_head, weights_take(np.zeros((5, 3)), head=head))
    bpy.context.scene.frame_set(3)
    posed = shown(toy_head)
    pitch, yaw, roll = head[0]
    rx = np.array([[1, 0, 0], [0, np.cos(pitch), -np.sin(pitch)], [0, np.sin(pitch), np.cos(pitch)]])
    ry = np.array([[np.cos(yaw), 0, np.sin(yaw)], [0, 1, 0], [-np.sin(yaw), 0, np.cos(yaw)]])
    rz = np.array([[np.cos(roll), -np.sin(roll), 0], [np.sin(roll), np.cos(roll), 0], [0, 0, 1]])
    to_blender = np.array([[1, 0, 0], [0, 0, -1], [0, 1, 0]])
    turn = to_blender @ (ry @ rx @ rz) @ to_blender.T  # the contract's own words, in Blender's axes
    pivot = to_blender @ np.array([0, 0.05, 0.01])
    skull, cut = slice(25, 40), slice(0, 10)
    np.testing.assert_allclose(posed[skull], (rest[skull] - pivot) @ turn.T + pivot, atol=2e-6)
    np.testing.assert_allclose(posed[cut], rest[cut], atol=1e-7)
    bpy.context.scene.frame_set(50)
    np.testing.assert_allclose(shown(toy_head), rest, atol=1e-6)


@pytest.mark.parametrize("mode", ["XYZ", "ZXY", "QUATERNION", "AXIS_ANGLE"])
def test_the_head_may_turn_any_object_from_its_own_rest(cube, mode):
    for name in CHANNELS:
        keys.add(cube, name, keys.rest(cube.data))
    cube.rotation_euler = (0.0, 0.0, 1.0)
    cube.rotation_mode = mode
    cube.mien.head_object = cube
    rest = cube.matrix_basis.to_quaternion()
    head = np.full((4, 3), (0.3, 0.0, 0.0))
    for _ in range(2):  # the second take turns from the same rest, not from the first take's pose
        apply(cube, weights_take(np.zeros((4, 3)), head=head))
        bpy.context.scene.frame_set(2)
        turned = cube.evaluated_get(bpy.context.evaluated_depsgraph_get()).matrix_basis.to_quaternion()
        assert (rest.inverted() @ turned).angle == pytest.approx(0.3, abs=1e-4)
        bpy.context.scene.frame_set(60)
        still = cube.evaluated_get(bpy.context.evaluated_depsgraph_get()).matrix_basis.to_quaternion()
        assert rest.rotation_difference(still).angle == pytest.approx(0.0, abs=1e-3)


def basis_take(vertices: int, frames: int = 12, scale: float = 1.0, seed: int = 0):
    draw = np.random.default_rng(seed)
    basis = draw.normal(0, 0.01, (4, vertices, 3)).astype(np.float32)
    coefficients = (draw.normal(0, 1, (frames, 4)) * scale).astype(np.float32)
    head = np.zeros((frames, 3), np.float32)
    raw = take_bytes({"basis": basis, "coefficients": coefficients, "head_rotation": head})
    return read_take(raw), keys.to_blender(np.einsum("fk,kvc->fvc", coefficients, basis))


@pytest.mark.parametrize("scale", [1.0, 300.0])
def test_a_basis_becomes_keys_and_curves(cube, scale):
    take, expected = basis_take(8, scale=scale)
    rest = shown(cube).copy()
    apply(cube, take, start=5)
    assert len(keys.names(cube.data)) == 4
    for frame in (0, 6, 11):
        bpy.context.scene.frame_set(5 + frame)
        np.testing.assert_allclose(shown(cube) - rest, expected[frame], atol=1e-6 * max(1, scale))
    bpy.context.scene.frame_set(60)
    np.testing.assert_allclose(shown(cube), rest, atol=1e-6)


def test_another_basis_uses_the_same_keys(cube):
    apply(cube, basis_take(8, seed=1)[0])
    take, expected = basis_take(8, seed=2)
    apply(cube, take)
    rest = keys.rest(cube.data)
    assert len(keys.names(cube.data)) == 4
    bpy.context.scene.frame_set(4)
    np.testing.assert_allclose(shown(cube) - rest, expected[3], atol=1e-6)


@pytest.mark.parametrize("dtype", [np.float16, np.float32])
def test_exact_offsets_become_a_point_cache(cube, dtype):
    offsets = np.random.default_rng(0).normal(0, 0.05, (300, 8, 3)).astype(dtype)
    head = np.zeros((300, 3), np.float32)
    rest = shown(cube).copy()
    apply(cube, read_take(take_bytes({"offsets": offsets, "head_rotation": head})), start=11)
    for frame in (0, 123, 299):
        bpy.context.scene.frame_set(11 + frame)
        expected = keys.to_blender(offsets[frame].astype(np.float32))
        np.testing.assert_allclose(shown(cube) - rest, expected, atol=1e-6)
    bpy.context.scene.frame_set(400)
    np.testing.assert_allclose(shown(cube), rest, atol=1e-6)
    assert keys.names(cube.data) == ()


def test_offsets_at_another_rate_play_at_their_own(cube):
    offsets = np.linspace(0, 1, 61, dtype=np.float32)[:, None, None] * np.ones((61, 8, 3), np.float32)
    head = np.zeros((61, 3), np.float32)
    rest = shown(cube).copy()
    apply(cube, read_take(take_bytes({"offsets": offsets, "head_rotation": head}, fps="60")), start=1)
    bpy.context.scene.frame_set(13)  # half a second in, half the way
    np.testing.assert_allclose((shown(cube) - rest)[:, 0], 0.5, atol=1e-5)


def test_a_take_of_channels_takes_the_cache_off(toy_head):
    offsets = np.zeros((3, 40, 3), np.float32)
    apply(toy_head, read_take(take_bytes({"offsets": offsets, "head_rotation": offsets[:, 0]})))
    assert [m.type for m in toy_head.modifiers] == ["MESH_CACHE", "HOOK", "SUBSURF"]
    apply(toy_head, weights_take(random_weights()))
    assert [m.type for m in toy_head.modifiers] == ["HOOK", "SUBSURF"]


def snapshot(thing) -> tuple:
    shape_keys = thing.data.shape_keys
    data = shape_keys.animation_data if shape_keys else None
    return (
        keys.names(thing.data),
        [m.name for m in thing.modifiers],
        data.action if data else None,
        len(bpy.data.actions),
        len(bpy.data.objects),
    )


def refused(thing, take) -> str:
    before = snapshot(thing)
    with pytest.raises(ApplyError) as error:
        apply(thing, take)
    assert snapshot(thing) == before
    assert str(error.value).endswith(".")
    return str(error.value)


def test_a_take_of_another_mesh_is_refused_with_both_counts(cube):
    said = refused(cube, basis_take(4538)[0])
    assert "4538 vertices" in said and "'Cube' has 8" in said and "Add default head" in said


def test_a_mesh_without_the_keys_is_refused(cube):
    assert "no shape keys" in refused(cube, read_take(channel_take()))
    keys.add(cube, "smirk", keys.rest(cube.data))
    assert "its 1 shape keys have other names" in refused(cube, read_take(channel_take()))


def test_absolute_keys_are_refused(toy_head):
    toy_head.data.shape_keys.use_relative = False
    assert "turn Relative on" in refused(toy_head, read_take(channel_take()))


def test_keys_that_are_all_driven_are_refused(toy_head):
    for name in CHANNELS:
        toy_head.data.shape_keys.key_blocks[name].driver_add("value")
    assert "has a driver" in refused(toy_head, weights_take(random_weights()))


def test_values_beyond_blenders_sliders_are_refused(toy_head):
    assert "a shape key takes at most 10" in refused(toy_head, weights_take(np.full((3, 3), 11.0)))


def test_an_empty_is_refused():
    empty = bpy.data.objects.new("Nothing", None)
    with pytest.raises(ApplyError, match="is not a mesh"):
        apply(empty, read_take(channel_take()))


def test_a_saved_file_opens_with_the_same_animation(toy_head, tmp_path):
    weights = random_weights()
    head = np.full((20, 3), (0.2, 0.1, 0.0))
    apply(toy_head, weights_take(weights, head=head))
    bpy.context.scene.frame_set(9)
    before, name, path = shown(toy_head).copy(), toy_head.name, str(tmp_path / "scene.blend")
    bpy.ops.wm.save_as_mainfile(filepath=path)
    bpy.ops.wm.read_homefile(use_empty=True)
    bpy.ops.wm.open_mainfile(filepath=path)
    bpy.context.scene.frame_set(9)
    np.testing.assert_array_equal(shown(bpy.data.objects[name]), before)
    apply(bpy.data.objects[name], weights_take(weights))  # Mien's own action is still known as its own
    assert len(bpy.data.actions) == 2
