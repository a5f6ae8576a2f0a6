# SPDX-License-Identifier: GPL-3.0-or-later
"""A take becomes animation, and the rest of the scene is unchanged."""

from dataclasses import replace
from fractions import Fraction

import bpy
import numpy as np
import pytest
from blender_scene import CHANNELS, shown, value_at
from blender_takes import apply, own_layers, random_weights, weights_take
from fake_backend import channel_take, take_bytes

from addon.animation import fcurves, takes
from addon.formats.take import read_take
from addon.generation import receive
from addon.scene.apply import ApplyError
from addon.shape_keys import keys


def own_curve(obj, name: str):
    """The F-curve of a key in the active take."""
    (layer,) = [layer for layer in own_layers(obj.data.shape_keys) if not layer.track.mute]
    return next(curve for curve in layer.fcurves if curve.data_path == keys.value_path(name))


def active_curve(obj, name: str):
    """The F-curve of a key in the datablock's active action."""
    data = obj.data.shape_keys.animation_data
    curves = fcurves.fcurves_of(data.action, getattr(data, "action_slot", None))
    return next(curve for curve in curves if curve.data_path == keys.value_path(name))


def test_every_weight_is_on_its_frame(toy_head):
    weights = random_weights()
    apply(toy_head, weights_take(weights, seed="7"), start=11)
    for frame in (0, 7, 19):
        for column, name in enumerate(CHANNELS):
            assert value_at(toy_head, name, 11 + frame) == pytest.approx(weights[frame, column], abs=1e-6)
    (layer,) = own_layers(toy_head.data.shape_keys)
    assert layer.strip.action.name == "Mien Line 1, Take 1" and layer.track.name == "Mien: Line 1, Take 1"
    assert toy_head.data.shape_keys.animation_data.action is None  # the active action is left to the animator
    assert toy_head.mien.lines[0].takes[0].seed == 7


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
    assert all(value_at(toy_head, name, frame) == 0 for name in CHANNELS for frame in (31, 100, -20))


def test_a_channel_that_never_moves_has_one_key(toy_head):
    weights = random_weights()
    weights[:, 1] = 0
    apply(toy_head, weights_take(weights))
    assert len(own_curve(toy_head, "mouthClose").keyframe_points) == 1
    assert len(own_curve(toy_head, "jawOpen").keyframe_points) == 20


def test_sliders_fit_the_values(toy_head):
    apply(toy_head, weights_take(np.linspace([-0.5, 0, 0], [1.8, 1, 1], 10)))
    assert value_at(toy_head, "jawOpen", 1) == pytest.approx(-0.5)
    assert value_at(toy_head, "jawOpen", 10) == pytest.approx(1.8)
    jaw, close = (toy_head.data.shape_keys.key_blocks[name] for name in ("jawOpen", "mouthClose"))
    assert (jaw.slider_min, jaw.slider_max) == pytest.approx((-0.5, 1.8))
    assert (close.slider_min, close.slider_max) == (0, 1)


def test_a_take_of_the_same_seed_replaces_only_that_one(toy_head):
    apply(toy_head, weights_take(random_weights(), seed="1"))
    apply(toy_head, weights_take(random_weights(seed=3), seed="3"))
    smile = toy_head.shape_key_add(name="userSmile", from_mix=False)
    smile.value = 0.25
    smile.keyframe_insert("value", frame=3)
    before = len(bpy.data.actions)
    second = random_weights(30, seed=5)
    apply(toy_head, weights_take(second, seed="3"))
    assert len(bpy.data.actions) == before
    assert value_at(toy_head, "jawOpen", 30) == pytest.approx(second[29, 0], abs=1e-6)
    assert value_at(toy_head, "userSmile", 3) == pytest.approx(0.25)
    assert [take.seed for take in toy_head.mien.lines[0].takes] == [1, 3]


def test_keys_of_the_animator_in_a_takes_own_action_stay(toy_head):
    apply(toy_head, weights_take(random_weights(), seed="1"))
    (layer,) = own_layers(toy_head.data.shape_keys)
    smile = toy_head.shape_key_add(name="userSmile", from_mix=False)
    bag = fcurves.bag_of(layer.strip.action, layer.slot)
    bag.fcurves.new(keys.value_path("userSmile")).keyframe_points.insert(1, 0.3)
    apply(toy_head, weights_take(random_weights(seed=2), seed="1"))
    assert value_at(toy_head, smile.name, 5) == pytest.approx(0.3)


def test_an_action_shared_with_another_speaker_is_not_changed_for_it(toy_head):
    first = random_weights()
    apply(toy_head, weights_take(first))
    double = toy_head.copy()
    double.data = toy_head.data.copy()
    bpy.context.collection.objects.link(double)
    shared = [own_layers(speaker.data.shape_keys)[0].strip.action for speaker in (toy_head, double)]
    assert shared[0] == shared[1]
    apply(toy_head, weights_take(random_weights(seed=9)))
    assert value_at(double, "jawOpen", 6) == pytest.approx(first[5, 0], abs=1e-6)


def test_an_action_of_the_animator_stays_and_wins(toy_head):
    jaw = toy_head.data.shape_keys.key_blocks["jawOpen"]
    for frame, value in ((1, 0.1), (20, 0.9)):
        jaw.value = value
        jaw.keyframe_insert("value", frame=frame)
    data = toy_head.data.shape_keys.animation_data
    theirs = data.action
    points = [tuple(point.co) for point in active_curve(toy_head, "jawOpen").keyframe_points]
    for seed in (1, 2):
        weights = random_weights(seed=seed)
        apply(toy_head, weights_take(weights, seed=str(seed)))
        assert data.action == theirs
        assert points == [tuple(point.co) for point in active_curve(toy_head, "jawOpen").keyframe_points]
        assert value_at(toy_head, "jawOpen", 20) == pytest.approx(0.9)
        assert value_at(toy_head, "eyeBlinkLeft", 6) == pytest.approx(weights[5, 2], abs=1e-5)


def test_tracks_of_the_animator_stay_below(toy_head):
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


def test_between_lines_the_animators_own_track_stands(toy_head):
    jaw = toy_head.data.shape_keys.key_blocks["jawOpen"]
    jaw.value = 0.4
    jaw.keyframe_insert("value", frame=1)
    data = toy_head.data.shape_keys.animation_data
    theirs, slot = data.action, getattr(data, "action_slot", None)
    data.action = None
    strip = data.nla_tracks.new().strips.new("theirs", 1, theirs)
    if slot is not None:
        strip.action_slot = slot
    apply(toy_head, weights_take(np.ones((10, 3))), start=50)
    assert value_at(toy_head, "jawOpen", 55) == pytest.approx(1.0)
    assert value_at(toy_head, "jawOpen", 20) == pytest.approx(0.4)
    assert value_at(toy_head, "jawOpen", 90) == pytest.approx(0.4)


def test_a_track_that_the_animator_renames_is_theirs(toy_head):
    first = random_weights()
    apply(toy_head, weights_take(first, seed="1"))
    (layer,) = own_layers(toy_head.data.shape_keys)
    layer.track.name, kept = "best one", layer.strip.action
    count = len(layer.fcurves)
    apply(toy_head, weights_take(random_weights(seed=2), seed="1"))
    assert kept.name == "Mien Line 1, Take 1" and len(layer.fcurves) == count
    (layer,) = own_layers(toy_head.data.shape_keys)
    assert layer.strip.action != kept


def test_a_driven_key_is_left_to_its_driver(toy_head):
    jaw = toy_head.data.shape_keys.key_blocks["jawOpen"]
    jaw.driver_add("value").driver.expression = "0.33"
    weights = random_weights()
    note = apply(toy_head, weights_take(weights))
    assert "drivers of their own and were left to them: jawOpen" in note
    assert value_at(toy_head, "jawOpen", 6) == pytest.approx(0.33)
    assert value_at(toy_head, "mouthClose", 6) == pytest.approx(weights[5, 1], abs=1e-6)


def test_further_meshes_speak_with_the_face(toy_head, cube):
    for name in ("jawOpen", "ownKey"):
        keys.add(cube, name, keys.rest(cube.data))
    double = bpy.data.objects.new("Double", cube.data)  # shares the mesh: driven once
    mute = bpy.data.objects.new("Mute", bpy.data.meshes.new("Mute"))
    for obj in (cube, double, mute):
        toy_head.mien.parts.add().mesh = obj
    weights = random_weights()
    note = apply(toy_head, weights_take(weights))
    assert value_at(cube, "jawOpen", 6) == pytest.approx(weights[5, 0], abs=1e-6)
    assert "not there" not in note and len(own_layers(cube.data.shape_keys)) == 1
    assert len(takes.driven(toy_head)) == 3  # two sets of keys and the head's empty


def test_missing_keys_are_named_and_the_rest_is_applied(toy_head):
    note = apply(toy_head, weights_take(random_weights(columns=2), ("jawOpen", "tongueOut")))
    assert "1 of 2 shape keys are not there: tongueOut" in note


def test_keys_that_do_not_show_are_named(toy_head):
    toy_head.data.shape_keys.key_blocks["jawOpen"].mute = True
    toy_head.show_only_shape_key = True
    note = apply(toy_head, weights_take(random_weights()))
    assert "muted, so they do not show: jawOpen" in note and "pinned" in note


def test_takes_at_another_rate_lie_at_their_exact_times(toy_head):
    weights = random_weights(60)
    note = apply(toy_head, weights_take(weights, fps="30000/1001"), start=1)
    frame = float(1 + 30 * Fraction(1001, 30000) * 24)
    assert value_at(toy_head, "jawOpen", frame) == pytest.approx(weights[30, 0], abs=1e-4)
    assert "30000/1001 frames a second and the scene at 24" in note


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


def test_a_line_begins_over_the_end_of_the_one_before(toy_head):
    """The end of a take never covers the next, whichever was made first: they blend where they meet."""
    from addon.scene import lines

    for start in (11, 1):
        lines.add(toy_head, start_frame=start)
        apply(toy_head, weights_take(np.full((10, 3), 0.1 * start)), start=start)
    assert value_at(toy_head, "jawOpen", 7) == pytest.approx(0.1)
    assert value_at(toy_head, "jawOpen", 10.5) == pytest.approx(0.6)
    assert value_at(toy_head, "jawOpen", 14) == pytest.approx(1.1)


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


def test_takes_with_other_bases_keep_their_own_keys(cube):
    rest = shown(cube).copy()
    basis_takes = [basis_take(8, seed=seed) for seed in (1, 2)]
    for seed, (take, _) in enumerate(basis_takes):
        apply(cube, replace(take, meta={**take.meta, "seed": str(seed)}))
    for number in (1, 0):
        cube.mien.lines[0].active_take = number
        bpy.context.scene.frame_set(4)
        np.testing.assert_allclose(shown(cube) - rest, basis_takes[number][1][3], atol=1e-6)
    assert len(keys.names(cube.data)) == 8


def test_keys_of_a_basis_that_no_take_has_any_more_go(cube):
    for seed in (1, 2):
        apply(cube, basis_take(8, seed=seed)[0])
    assert len(keys.names(cube.data)) == 4


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


def snapshot(obj) -> tuple:
    shape_keys = obj.data.shape_keys
    data = shape_keys.animation_data if shape_keys else None
    return (
        keys.names(obj.data),
        [m.name for m in obj.modifiers],
        data.action if data else None,
        len(bpy.data.actions),
        len(bpy.data.objects),
        len(obj.mien.lines),
        len(data.nla_tracks) if data else 0,
    )


def refused(obj, take) -> str:
    before = snapshot(obj)
    with pytest.raises(ApplyError) as error:
        apply(obj, take)
    assert snapshot(obj) == before
    assert str(error.value).endswith(".")
    return str(error.value)


def test_a_take_of_another_mesh_is_refused_with_both_counts(cube):
    note = refused(cube, basis_take(4538)[0])
    assert "4538 vertices" in note and "'Cube' has 8" in note and "Add Default Head" in note


def test_a_mesh_without_the_keys_is_refused(cube):
    assert "no shape keys" in refused(cube, read_take(channel_take()))
    keys.add(cube, "smirk", keys.rest(cube.data))
    assert "None of the 1 shape keys of 'Cube'" in refused(cube, read_take(channel_take()))


def test_absolute_keys_are_refused(toy_head):
    toy_head.data.shape_keys.use_relative = False
    assert "turn Relative on" in refused(toy_head, read_take(channel_take()))


def test_keys_that_are_all_driven_are_refused(toy_head):
    for name in CHANNELS:
        toy_head.data.shape_keys.key_blocks[name].driver_add("value")
    assert "has a driver" in refused(toy_head, weights_take(random_weights()))


def test_values_beyond_blenders_sliders_are_refused(toy_head):
    assert "a shape key takes at most 10" in refused(toy_head, weights_take(np.full((3, 3), 11.0)))


def test_a_locked_track_is_refused_by_its_name(toy_head):
    apply(toy_head, weights_take(random_weights(), seed="1"))
    own_layers(toy_head.data.shape_keys)[0].track.lock = True
    assert "'Mien: Line 1, Take 1'" in refused(toy_head, weights_take(random_weights(), seed="1"))
    apply(toy_head, weights_take(random_weights(), seed="2"))  # another take has a track of its own


def test_a_line_that_was_deleted_meanwhile_is_named(toy_head):
    from addon.generation import state
    from addon.scene import lines

    request = state.Request(toy_head.name, "Scene", "", 1, "{}", "", "24", "", False, line=7, line_name="Hello")
    with pytest.raises(ApplyError, match="'Hello'"):
        receive.receive(bpy.context.scene, toy_head, weights_take(random_weights()), request)
    lines.add(toy_head)
    receive.receive(bpy.context.scene, toy_head, weights_take(random_weights()), replace(request, line=1, line_start=1))
    assert len(toy_head.mien.lines[0].takes) == 1


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
    before = len(bpy.data.actions)
    apply(bpy.data.objects[name], weights_take(weights))  # Mien's own action is still known as its own
    assert len(bpy.data.actions) == before
