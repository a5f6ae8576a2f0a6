# SPDX-License-Identifier: GPL-3.0-or-later
"""Key reduction in the scene: within the error, and without any change where lips or lids are shut."""

import json

import bpy
import numpy as np
import pytest
from blender_scene import CHANNELS, value_at
from blender_takes import apply, own_layers
from fake_backend import take_bytes

from addon.animation import baking, reduce_keys
from addon.formats.take import read_take
from addon.scene import lines


def speech(frames: int = 120, seed: int = 0):
    """A take of smooth weights, lips shut at 1 s to 1.2 s and lids at 3 s to 3.1 s."""
    draw = np.random.default_rng(seed)
    steps = draw.normal(0, 0.03, (frames, 3)).cumsum(0)
    weights = (steps - steps.min(0)) / np.ptp(steps, axis=0)
    return read_take(
        take_bytes(
            {
                "weights": weights.astype(np.float32),
                "head_rotation": (0.1 * steps).astype(np.float32),
                "mouth_holds": np.array([[1.0, 1.2]], np.float32),
                "eye_holds": np.array([[3.0, 3.1]], np.float32),
            },
            channels=json.dumps(CHANNELS),
        )
    )


@pytest.fixture
def speaker_and_line(toy_head):
    lines.add(toy_head, start_frame=11)
    apply(toy_head, speech(), start=11)
    return toy_head, toy_head.mien.lines[0]


def values(speaker) -> np.ndarray:
    return np.array([[value_at(speaker, name, frame) for name in CHANNELS] for frame in range(11, 131)])


@pytest.mark.parametrize("error", [0.005, 0.02])
def test_every_frame_is_within_the_error_and_closures_are_exact(speaker_and_line, error):
    speaker, line = speaker_and_line
    before = values(speaker)
    result = reduce_keys.reduce_keys(speaker, line, error)
    off = np.abs(values(speaker) - before)
    assert off.max() <= error + 1e-6 and result.error <= error
    assert off[:, :2][24:29].max() == 0.0 and off[:, 2][72:75].max() == 0.0  # at 24 frames a second
    assert result.after < result.before == 3 * 120 + 3 * 120
    (layer,) = own_layers(speaker.data.shape_keys)
    assert result.after == sum(
        len(curve.keyframe_points) for id_ in (layer, *own_layers(speaker.mien.head_object)) for curve in id_.fcurves
    )


def test_a_larger_error_leaves_fewer_keys(speaker_and_line):
    speaker, line = speaker_and_line
    first = reduce_keys.reduce_keys(speaker, line, 0.005)
    second = reduce_keys.reduce_keys(speaker, line, 0.05)
    assert second.before == first.after and second.after < first.after
    (layer,) = own_layers(speaker.data.shape_keys)
    total = json.loads(layer.strip.action["mien_take"])["thinned"]
    assert first.error < total <= first.error + second.error + 1e-9


def test_a_curve_edited_by_hand_is_skipped(speaker_and_line):
    speaker, line = speaker_and_line
    (layer,) = own_layers(speaker.data.shape_keys)
    jaw = next(curve for curve in layer.fcurves if "jawOpen" in curve.data_path)
    jaw.keyframe_points[5].interpolation = "BEZIER"
    count = len(jaw.keyframe_points)
    assert reduce_keys.reduce_keys(speaker, line, 0.02).skipped == 1 and len(jaw.keyframe_points) == count


def test_a_baked_action_is_reduced_with_its_closures(speaker_and_line):
    speaker, line = speaker_and_line
    line.start_frame = 41
    before = values_from(speaker, 41)
    baking.bake(speaker)
    result = reduce_keys.reduce_keys(speaker, line, 0.02)
    off = np.abs(values_from(speaker, 41) - before)
    assert result.after < result.before and off.max() <= 0.02 + 1e-6
    assert off[:, :2][24:29].max() < 1e-6 and off[:, 2][72:75].max() < 1e-6


def values_from(speaker, start: int) -> np.ndarray:
    return np.array([[value_at(speaker, name, start + n) for name in CHANNELS] for n in range(120)])


def test_the_button_reports_its_result_and_is_undone(speaker_and_line):
    speaker, _ = speaker_and_line
    name = speaker.name
    bpy.context.view_layer.objects.active = speaker
    bpy.ops.ed.undo_push(message="before")
    assert bpy.ops.mien.thin("EXEC_DEFAULT", True, error=0.02) == {"FINISHED"}
    bpy.ops.ed.undo()
    (layer,) = own_layers(bpy.data.objects[name].data.shape_keys)
    assert all(len(curve.keyframe_points) == 120 for curve in layer.fcurves)


def test_names_of_lids_and_of_lips():
    frames = np.arange(10.0)
    facts = {"mouth_holds": [[2.0, 3.0]], "eye_holds": [[7.0, 7.0]]}
    held = {
        name: np.flatnonzero(reduce_keys._contact_keys(f'key_blocks["{name}"].value', frames, facts)).tolist()
        for name in ("jawOpen", "Eye_Blink_L", "まばたき", "viseme_PP")
    }
    assert held == {
        "jawOpen": [1, 2, 3, 4],
        "viseme_PP": [1, 2, 3, 4],
        "Eye_Blink_L": [6, 7, 8],
        "まばたき": [6, 7, 8],
    }
    assert reduce_keys._contact_keys("rotation_euler", frames, facts) is None


def test_bezier_keys_are_within_the_error_in_blender(speaker_and_line):
    speaker, line = speaker_and_line
    before = values(speaker)
    result = reduce_keys.reduce_keys(speaker, line, 0.02, bezier=True)
    off = np.abs(values(speaker) - before)
    assert off.max() <= 0.02 + 1e-4 and result.error <= 0.02
    assert off[:, :2][24:29].max() < 1e-6
    assert result.after < result.before / 3
    (layer,) = own_layers(speaker.data.shape_keys)
    points = [point for curve in layer.fcurves for point in curve.keyframe_points]
    assert {point.interpolation for point in points} == {"BEZIER"} and {p.handle_left_type for p in points} == {"FREE"}
