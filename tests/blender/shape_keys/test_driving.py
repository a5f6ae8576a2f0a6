# SPDX-License-Identifier: GPL-3.0-or-later
"""Shape-key values of a take on meshes in Blender."""

import json

import bpy
import numpy as np
import pytest
from blender_scene import CHANNELS, shown
from fake_backend import take_bytes

from addon.animation import point_cache
from addon.default_head import accessories, build
from addon.formats import head_file
from addon.formats.channels import ARKIT, TONGUE
from addon.formats.safetensors import read_tensors
from addon.formats.take import read_take
from addon.generation import receive
from addon.shape_keys import driving, keys

OCULUS = ["sil", "PP", "FF", "TH", "DD", "kk", "CH", "SS", "nn", "RR", "aa", "E", "I", "O", "U"]
OCULUS = tuple(f"viseme_{name}" for name in OCULUS)


def take_of(weights: np.ndarray, channels=ARKIT, **tensors):
    rotation = np.zeros((len(weights), 3), np.float32)
    tensors = {name: np.asarray(array, np.float32) for name, array in tensors.items()}
    return read_take(
        take_bytes(
            {"weights": weights.astype(np.float32), "head_rotation": rotation, **tensors},
            channels=json.dumps(list(channels)),
        )
    )


def with_keys(obj: bpy.types.Object, *names: str) -> bpy.types.Object:
    for name in names:
        keys.add(obj, name, keys.rest(obj.data))
    return obj


def test_a_head_with_the_channels_keys_gets_the_takes_own_weights(toy_head):
    weights = np.random.default_rng(0).random((9, len(CHANNELS)))
    take = take_of(weights, CHANNELS)
    targets = driving.targets(toy_head, take)
    assert (targets.scheme, targets.missing, targets.refusal) == ("ARKit", (), "")
    for column, name in enumerate(CHANNELS):
        np.testing.assert_array_equal(targets.values[name], take.weights[:, column])


def test_visemes_are_driven_and_shut_where_the_lips_meet(cube):
    with_keys(cube, *OCULUS, "browInnerUp")
    weights = np.zeros((5, len(ARKIT)))
    weights[:, ARKIT.index("jawOpen")] = 0.26
    weights[2, ARKIT.index("mouthClose")] = 0.27
    weights[:, ARKIT.index("browInnerUp")] = 0.5
    targets = driving.targets(cube, take_of(weights, mouth_holds=[[2 / 24, 2 / 24]]))
    assert targets.scheme == "Oculus"
    assert set(targets.values) == {*OCULUS, "browInnerUp"}
    assert targets.values["viseme_PP"][2] == 1.0
    assert all(targets.values[name][2] == 0.0 for name in OCULUS if name != "viseme_PP")
    assert targets.values["viseme_PP"][0] < 0.1 and targets.values["viseme_aa"][0] > 0.5
    np.testing.assert_allclose(sum(targets.values[name] for name in OCULUS), 1.0, atol=1e-6)
    np.testing.assert_array_equal(targets.values["browInnerUp"], np.float32(0.5))


def test_a_mesh_of_unknown_keys_is_refused_in_words(cube):
    with_keys(cube, "Key 1", "Fat")
    assert "None of the 2 shape keys of 'Cube'" in driving.targets(cube, take_of(np.zeros((2, 52)))).refusal


def test_a_mesh_without_keys_is_refused_in_words(cube):
    assert driving.targets(cube, take_of(np.zeros((2, 52)))).refusal == "'Cube' has no shape keys."


def test_what_no_mesh_of_a_speaker_shows_is_named_once(toy_head, cube):
    with_keys(cube, "tongueOut")
    take = take_of(np.ones((2, 3)), ("jawOpen", "tongueOut", "noseSneerLeft"))
    face, tongue = driving.targets(toy_head, take), driving.targets(cube, take, part=True)
    assert face.missing == ("tongueOut", "noseSneerLeft")
    assert tongue.notes == ()
    assert driving.missing_note(take, [face, tongue]) == "1 of 3 shape keys are not there: noseSneerLeft."


@pytest.mark.parametrize("part", [False, True])
def test_a_driver_keeps_its_key(toy_head, part):
    toy_head.data.shape_keys.key_blocks["jawOpen"].driver_add("value")
    targets = driving.targets(toy_head, take_of(np.ones((2, 3)), CHANNELS), part)
    assert "jawOpen" not in targets.values and "mouthClose" in targets.values
    assert any("drivers of their own" in note for note in targets.notes) is not part


@pytest.fixture
def head():
    return build.add_head(bpy.context, head_file.read_head(head_file.find_file()))


LOOKS = [(0, 0), (4, 0), (-4, 0), (0, 6), (0, -6), (8, 10), (-8, -10), (0, 12), (12, 0), (-12, 0)]  # degrees


def test_the_default_head_looks_where_the_take_does(head):
    """Degrees down and to the head's left that its eyeballs turn, for gazes as far as the rules look (12 degrees).

    Measured: at most 0.34 degrees off; without the gains 8.4.
    """
    weights = np.zeros((len(LOOKS), len(ARKIT)))
    for row, (down, left) in zip(weights, LOOKS, strict=True):
        for name, value in (
            ("eyeLookDown", down),
            ("eyeLookUp", -down),
            ("eyeLookOutLeft", left),
            ("eyeLookInRight", left),
            ("eyeLookInLeft", -left),
            ("eyeLookOutRight", -left),
        ):
            for side in ("",) if name.endswith(("Left", "Right")) else ("Left", "Right"):
                row[ARKIT.index(name + side)] = max(value, 0) / 30
    receive.put(bpy.context.scene, head, take_of(weights), 1)
    directions = []
    for frame in range(1, len(LOOKS) + 1):
        bpy.context.scene.frame_set(frame)
        graph = bpy.context.evaluated_depsgraph_get()
        eyes = (bpy.data.objects[name].evaluated_get(graph) for name in accessories.EYES)
        directions.append([eye.matrix_world.to_3x3().normalized().col[2] for eye in eyes])
    angles = np.degrees([[(np.arcsin(-v.z), np.arctan2(v.x, -v.y)) for v in pair] for pair in directions])
    off = np.abs(angles - angles[:1] - np.array(LOOKS)[:, None])
    assert off.max() < 0.5


def test_eyes_turn_as_far_as_was_measured(head):
    measured = head_file.read_head(head_file.find_file())
    balls = np.unique(measured.quads[np.isin(measured.quad_material, _eye_materials(measured))])
    for name, degrees in driving.EYE_TURNS.items():
        turns = []
        for side, sign in (("Left", 1), ("Right", -1)):
            delta = measured.deltas[measured.channels.index(name + side)][balls].astype(float)
            own = measured.vertices[balls].astype(float)
            own, delta = own[own[:, 0] * sign > 0], delta[own[:, 0] * sign > 0]
            moves = np.linalg.norm(delta, axis=1) > 1e-4
            turns.append(_turn(own[moves], own[moves] + delta[moves]))
        assert degrees == pytest.approx(np.mean(turns), abs=0.1)


UPPER_LIDS, LOWER_LIDS = [43, 44, 37, 38], [47, 46, 41, 40]  # iBUG-68, left and right


def gaps(head, **values: float) -> np.ndarray:
    """(4,) distances of the lids, metres, with these keys of both sides."""
    for name, value in values.items():
        for side in ("Left", "Right"):
            block = head.data.shape_keys.key_blocks[name + side]
            block.slider_max, block.value = 10.0, value
    points, marks = shown(head)[:, 2], read_tensors(head_file.find_file())[0]["landmarks"]
    return points[marks[UPPER_LIDS]] - points[marks[LOWER_LIDS]]


def test_lids_close_with_the_eyes_as_far_as_was_measured(head):
    rest, shut = gaps(head), gaps(head, eyeBlink=1.0)
    down = gaps(head, eyeBlink=0.0, eyeLookDown=1.0)
    measured = np.mean((rest - down) / (rest - shut))
    assert measured == pytest.approx(driving.LID_SHARE, abs=0.01)


@pytest.mark.parametrize("down", [0.0, 0.15, 0.4])
def test_a_blink_closes_the_lids_as_far_wherever_the_eyes_look(head, down):
    shut = gaps(head, eyeBlink=1.0)
    weights = np.zeros((1, len(ARKIT)), np.float32)
    for side in ("Left", "Right"):
        weights[0, ARKIT.index(f"eyeBlink{side}")] = 1.0
        weights[0, ARKIT.index(f"eyeLookDown{side}")] = down
    values = driving.targets(head, take_of(weights)).values
    posed = gaps(head, **{name: float(values[f"{name}Left"][0]) for name in ("eyeBlink", "eyeLookDown")})
    assert np.abs(posed - shut).max() < 0.0007  # of the 11 mm that they go


def _eye_materials(head) -> list[int]:
    return [number for number, material in enumerate(head.materials) if material["name"].startswith(("eye", "iris"))]


def _turn(before: np.ndarray, after: np.ndarray) -> float:
    """Degrees of the rigid turn from one to the other (Kabsch 1976)."""
    u, _, v = np.linalg.svd((before - before.mean(0)).T @ (after - after.mean(0)))
    turn = (u @ np.diag([1, 1, np.linalg.det(u @ v)]) @ v).T
    return float(np.degrees(np.arccos((np.trace(turn) - 1) / 2)))


def test_shapes_of_vertices_come_as_a_point_cache_where_that_was_chosen(cube, tmp_path, monkeypatch):
    monkeypatch.setattr(point_cache, "folder", lambda package: tmp_path)
    random = np.random.default_rng(3)
    tensors = {
        "head_rotation": np.zeros((4, 3), np.float32),
        "basis": random.random((2, 8, 3)).astype(np.float32),
        "coefficients": random.random((4, 2)).astype(np.float32),
    }
    cube.mien_driving.vertices = "CACHE"
    receive.put(bpy.context.scene, cube, read_take(take_bytes(tensors)), 1)
    bpy.context.scene.frame_set(3)
    wanted = keys.rest(cube.data) + keys.to_blender(np.tensordot(tensors["coefficients"][2], tensors["basis"], 1))
    np.testing.assert_allclose(shown(cube), wanted, atol=1e-5)
    assert keys.names(cube.data) == ()


def test_the_tongue_of_a_take_lands_on_the_keys_that_a_face_has(cube, toy_head):
    weights, tongue = np.zeros((3, 52)), np.random.default_rng(3).random((3, 3))
    data = take_bytes(
        {
            "weights": weights.astype(np.float32),
            "head_rotation": np.zeros((3, 3), np.float32),
            "tongue": tongue.astype(np.float32),
        },
        channels=json.dumps(list(ARKIT)),
        tongue_names=json.dumps(list(TONGUE)),
    )
    take = read_take(data)
    with_keys(cube, *ARKIT, *TONGUE)
    values = driving.targets(cube, take).values
    np.testing.assert_allclose(np.stack([values[name] for name in TONGUE], 1), tongue, atol=1e-6)
    head = driving.targets(toy_head, take)  # no tongue: nothing is said
    assert not set(TONGUE) & {*head.values, *head.missing}
    assert "tongueTip" not in driving.missing_note(take, [head])
    assert " of 52 " in driving.missing_note(take, [head])


def test_a_face_of_character_creator_raises_its_own_tongue(cube):
    with_keys(cube, "Jaw_Open", "V_Tongue_up")
    take = take_of(np.full((2, 2), 0.4), ("jawOpen", "tongueTipUp"))
    np.testing.assert_allclose(driving.targets(cube, take).values["V_Tongue_up"], 0.5, atol=1e-6)
