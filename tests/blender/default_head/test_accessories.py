# SPDX-License-Identifier: GPL-3.0-or-later
"""Teeth, eyes and brows of the default head: their movement, drivers, and saved files."""

import bpy
import numpy as np
import pytest
from blender_scene import shown, write_tensor_file

from addon.animation import nla_layers
from addon.animation.fcurves import Curve
from addon.default_head import accessories, build
from addon.formats import head_file
from addon.formats.safetensors import read_tensors
from addon.shape_keys import keys


@pytest.fixture
def file():
    try:
        return head_file.find_file()
    except head_file.HeadError as missing:
        pytest.skip(str(missing))


@pytest.fixture
def speaker(file):
    return build.add_head(bpy.context, head_file.read_head(file))


def accessory(speaker, name):
    return next(child for child in speaker.children if child.name.startswith(name))


def lower(file):
    return read_tensors(file)[0]["teeth_lower"] == 1


def pose(speaker, **values):
    for name, value in values.items():
        speaker.data.shape_keys.key_blocks[name].value = value
    bpy.context.view_layer.update()


def in_the_world(obj):
    points = shown(obj)
    evaluated = obj.evaluated_get(bpy.context.evaluated_depsgraph_get())
    return points @ np.array(evaluated.matrix_world.to_3x3()).T + np.array(evaluated.matrix_world.translation)


def test_the_head_gets_teeth_eyes_and_brows(speaker):
    names = sorted(child.name for child in speaker.children if child.type == "MESH")
    assert names == ["Mien brows and lashes", "Mien eye left", "Mien eye right", "Mien teeth"]
    assert [material.name for material in accessory(speaker, accessories.TEETH).data.materials] == [
        "Mien enamel",
        "Mien gum",
    ]
    assert len(speaker.data.vertices) == 4538
    assert [layer.name for layer in speaker.data.uv_layers] == ["UVMap", "Mien brows"]
    assert speaker.data.uv_layers.active.name == "UVMap"
    image = bpy.data.images["Mien brows"]
    assert image.packed_file is not None and image.size[0] > 300
    assert bpy.context.object == speaker and bpy.context.selected_objects == [speaker]


def test_the_jaw_takes_the_lower_teeth_along_and_leaves_the_upper(speaker, file):
    teeth, below = accessory(speaker, accessories.TEETH), lower(file)
    rest = shown(teeth).copy()
    pose(speaker, jawOpen=0.35)
    moved = np.linalg.norm(shown(teeth) - rest, axis=1)
    assert moved[~below].max() < 1e-6
    chin = 0.35 * np.linalg.norm(read_tensors(file)[0]["deltas"], axis=2).max(1)[24]  # the lip that jawOpen moves most
    assert 0.05 * chin < moved[below].min() < 0.7 * chin < moved[below].max() < 1.1 * chin
    at_rest, opened = (_from_middle(points[below]) for points in (rest, shown(teeth)))
    np.testing.assert_allclose(opened, at_rest, rtol=0.03)  # a key moves along a line, so the row is a little smaller
    pose(speaker, jawOpen=1)
    np.testing.assert_allclose(_from_middle(shown(teeth)[below]), at_rest, atol=1e-5)  # whole, it is a rotation


def _from_middle(points: np.ndarray) -> np.ndarray:
    return np.linalg.norm(points - points.mean(0), axis=1)


def test_a_take_on_the_head_moves_the_teeth_frame_by_frame(speaker, file):
    path = 'key_blocks["jawOpen"].value'
    curve = Curve(path, 0, np.array([1.0, 11.0], np.float32), np.array([0.0, 0.5], np.float32))
    nla_layers.put(speaker.data.shape_keys, nla_layers.Mark("take", 1, 1), [curve], "take", "{}", (1.0, 11.0))
    teeth, below = accessory(speaker, accessories.TEETH), lower(file)
    positions = []
    for frame in (1, 6, 11):
        bpy.context.scene.frame_set(frame)
        positions.append(shown(teeth)[below].copy())
    np.testing.assert_allclose(positions[1], (positions[0] + positions[2]) / 2, atol=1e-6)
    assert (positions[0] - positions[2])[:, 2].min() > 0.003


def test_the_head_moves_teeth_and_eyes_rigidly(speaker):
    speaker.location, speaker.rotation_euler, speaker.scale = (1, -2, 3), (0.2, 0.3, -0.4), (2, 2, 2)
    bpy.context.view_layer.update()
    objects = [accessory(speaker, name) for name in (accessories.TEETH, *accessories.EYES)]
    skull = np.flatnonzero(read_tensors(head_file.find_file())[0]["neck_weights"] == 1)
    rest, was = in_the_world(speaker)[skull], [in_the_world(obj) for obj in objects]
    speaker.mien.head_object.rotation_euler = (0.2, -0.1, 0.5)
    bpy.context.view_layer.update()
    moved = in_the_world(speaker)[skull]
    turn = np.linalg.lstsq(rest - rest.mean(0), moved - moved.mean(0), rcond=None)[0]
    for obj, before in zip(objects, was, strict=True):
        expected = (before - rest.mean(0)) @ turn + moved.mean(0)
        np.testing.assert_allclose(in_the_world(obj), expected, atol=3e-5)
    assert np.abs(in_the_world(objects[0]) - was[0]).max() > 0.02


@pytest.mark.parametrize("side", ["Left", "Right"])
def test_the_eye_turns_with_its_channels_and_rests_in_its_socket(speaker, file, side):
    eye = accessory(speaker, f"Mien eye {side.lower()}")
    ball = read_tensors(file)[0]["eyeballs"][("Left", "Right").index(side)]
    front = keys.to_blender(ball[:3] + ball[3] * accessories.COVER * ball[4:])
    np.testing.assert_allclose(in_the_world(eye)[0], front, atol=1e-5)
    pupil = in_the_world(eye)[0].copy()
    pose(speaker, **{f"eyeLookUp{side}": 0.7})
    moved = in_the_world(eye)[0] - pupil
    assert moved[2] > 0.001 and abs(moved[0]) < 0.001
    pose(speaker, **{f"eyeLookUp{side}": 0.0, f"eyeLookOut{side}": 0.7})
    moved = in_the_world(eye)[0] - pupil
    assert moved[0] * (1 if side == "Left" else -1) > 0.002


def test_a_saved_file_has_working_drivers(speaker, file, tmp_path):
    path = tmp_path / "head.blend"
    bpy.ops.wm.save_as_mainfile(filepath=str(path))
    bpy.ops.wm.open_mainfile(filepath=str(path))
    speaker = bpy.data.objects["Mien head"]
    teeth = accessory(speaker, accessories.TEETH)
    drivers = teeth.data.shape_keys.animation_data.drivers
    assert len(drivers) == 4 and all(driver.is_valid and driver.driver.is_valid for driver in drivers)
    assert all(driver.driver.type == "SUM" for driver in drivers)  # no Python that a file would have to be trusted for
    rest = shown(teeth).copy()
    pose(speaker, jawOpen=0.3)
    assert np.abs(shown(teeth) - rest)[lower(file)].max() > 0.005


def test_two_heads_have_teeth_of_their_own(speaker, file):
    second = build.add_head(bpy.context, head_file.read_head(file))
    first, other = accessory(speaker, accessories.TEETH), accessory(second, accessories.TEETH)
    rest = shown(first).copy(), shown(other).copy()
    pose(second, jawOpen=0.3)
    assert np.abs(shown(first) - rest[0]).max() == 0.0 and np.abs(shown(other) - rest[1]).max() > 0.005
    assert first.data.materials[0] == other.data.materials[0]
    assert len([image for image in bpy.data.images if image.name.startswith("Mien brows")]) == 1


def test_a_click_on_an_eye_selects_the_head(speaker):
    assert all(accessory(speaker, name).hide_select for name in (accessories.TEETH, *accessories.EYES))


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        (lambda t, m: t.pop("brows"), "no tensor 'brows'"),
        (lambda t, m: t.update(teeth_deltas=t["teeth_deltas"][:2].copy()), "do not belong together"),
        (lambda t, m: t.update(eye_anchors=t["eye_anchors"] + 4538), "points at item"),
        (lambda t, m: m.pop("teeth_channels"), "does not name its teeth's channels"),
    ],
)
def test_damaged_accessories_are_refused_in_a_sentence(file, tmp_path, fault, words):
    tensors, meta = read_tensors(file)
    tensors, meta = dict(tensors), dict(meta)
    fault(tensors, meta)
    path = write_tensor_file(tmp_path / "broken.safetensors", tensors, meta)
    with pytest.raises(head_file.HeadError, match=words):
        head_file.read_head(path)


def test_a_head_without_accessories_is_a_head(toy_head):
    assert [child.type for child in toy_head.children] == ["EMPTY"]


def test_the_picture_of_the_brows_is_denser_than_their_ink_and_lashes_are_as_painted(file, speaker):
    ink = head_file.read_head(file).accessories.brows / 255
    image = bpy.data.images["Mien brows"]
    pixels = np.empty(ink.shape[0] * ink.shape[1] * 4, np.float32)
    image.pixels.foreach_get(pixels)
    brows, lashes = np.moveaxis(pixels.reshape(*ink.shape[:2], 4)[..., :2], -1, 0)
    half = (ink[..., 0] > 0.4) & (ink[..., 0] < 0.6)
    assert half.any()
    assert (brows[half] > 0.6).all()
    assert np.abs(lashes - ink[..., 1]).max() < 0.01
