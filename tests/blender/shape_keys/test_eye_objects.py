# SPDX-License-Identifier: GPL-3.0-or-later
"""Curves of eyes that are objects: about their middle, by the share of their gain, added to how they stand."""

from fractions import Fraction

import bpy
import numpy as np
import pytest
from mathutils import Euler, Matrix, Vector

from addon.formats.channels import ARKIT
from addon.formats.take import Take
from addon.shape_keys import eye_objects

FRAMES = np.array([1.0, 2.0, 3.0], np.float32)


def take_of(pitch: float, yaw: float) -> Take:
    """Three frames, of which the second looks down and to the left by so many radians."""
    gaze = np.zeros((3, 2), np.float32)
    gaze[1] = pitch, yaw
    still = np.zeros((3, 3), np.float32)
    return Take(
        fps=Fraction(24), start=Fraction(0), channels=ARKIT, head_rotation=still,
        weights=np.zeros((3, len(ARKIT)), np.float32), gaze=gaze, basis=None, coefficients=None, offsets=None, meta={},
    )  # fmt: skip


@pytest.fixture
def face(cube):
    cube.mien_driving.gaze = "OBJECTS"
    return cube


def ball(name: str, middle=(0.0, 0.0, 0.0)) -> bpy.types.Object:
    """A small cube about a middle in its own axes, far to the left."""
    mesh = bpy.data.meshes.new(name)
    points = [(x, y, z) for x in (-0.1, 0.1) for y in (-0.1, 0.1) for z in (-0.1, 0.1)]
    mesh.from_pydata([tuple(np.add(point, middle)) for point in points], [], [(0, 1, 3, 2)])
    obj = bpy.data.objects.new(name, mesh)
    bpy.context.collection.objects.link(obj)
    obj.location = (3.0, 0.0, 1.0)
    return obj


def placed(obj: bpy.types.Object, found: list, frame: int) -> Matrix:
    """The object's matrix with its curves' values of a frame; a curve that never changes has one key."""
    values = {(c.path, c.index): float(c.values[min(frame, len(c.values) - 1)]) for c in found}
    place = [values.get(("location", axis), obj.location[axis]) for axis in range(3)]
    angles = [values[("rotation_euler", axis)] for axis in range(3)]
    return Matrix.LocRotScale(place, Euler(angles, obj.rotation_mode), obj.scale)


def test_only_chosen_objects_that_nothing_else_turns_are_eyes(face):
    left, right = ball("Left"), ball("Right")
    face.mien_driving.eye_left_object = face.mien_driving.eye_right_object = left
    assert eye_objects.chosen(face, [face]) == {"Left": left}  # one object is no pair
    face.mien_driving.eye_right_object = right
    assert eye_objects.chosen(face, [face]) == {"Left": left, "Right": right}
    face.mien.head_object = right
    assert eye_objects.chosen(face, [face]) == {"Left": left}
    face.mien_driving.gaze = "KEYS"
    assert eye_objects.chosen(face, [face]) == {}


@pytest.mark.parametrize("middle", [(0.0, 0.0, 0.0), (0.5, -0.4, 0.2)], ids=["origin within", "origin elsewhere"])
@pytest.mark.parametrize("gain", [1.0, 0.5, 0.0])
def test_it_turns_about_its_middle_by_its_gain(face, middle, gain):
    eye = ball("Left", middle)
    eye.rotation_euler = (0.2, -0.1, 0.3)
    face.mien_driving.eye_left_gain = gain
    bpy.context.view_layer.update()
    rest = eye.matrix_basis.copy()
    eye_objects.remember_rest(eye)
    found = eye_objects.curves(face, "Left", eye, take_of(0.1, 0.25), FRAMES)
    np.testing.assert_allclose(placed(eye, found, 0), rest, atol=1e-6)
    turned = placed(eye, found, 1)
    np.testing.assert_allclose(turned @ Vector(middle), rest @ Vector(middle), atol=1e-6)
    turn = turned.to_3x3() @ rest.to_3x3().inverted()
    ahead = turn @ Vector((0.0, -1.0, 0.0))
    looks = np.array([np.arcsin(-ahead.z), np.arctan2(ahead.x, -ahead.y)])
    np.testing.assert_allclose(looks, [0.1 * gain, 0.25 * gain], atol=1e-5)  # down, to the character's left


def test_what_a_take_moved_is_not_taken_for_how_it_stands(face):
    eye = ball("Left", (0.5, 0.0, 0.0))
    eye_objects.remember_rest(eye)
    assert list(eye[eye_objects.REST_PLACE]) == [3.0, 0.0, 1.0]
    eye.location.x = 4.0  # moved by the animator, with no take on it
    eye_objects.remember_rest(eye)
    assert list(eye[eye_objects.REST_PLACE]) == [4.0, 0.0, 1.0]


@pytest.mark.parametrize("yaw", [0.8, -2.0])
def test_of_a_character_that_stands_turned_it_looks_the_characters_way(face, yaw):
    eye = ball("Left")
    face.rotation_euler = eye.rotation_euler = (0.0, 0.0, yaw)
    bpy.context.view_layer.update()
    rest = eye.matrix_basis.to_3x3()
    eye_objects.remember_rest(eye)
    found = eye_objects.curves(face, "Left", eye, take_of(0.1, 0.25), FRAMES)
    ahead = rest.inverted() @ (placed(eye, found, 1).to_3x3() @ Vector((0.0, -1.0, 0.0)))
    looks = [np.arcsin(-ahead.z), np.arctan2(ahead.x, -ahead.y)]
    np.testing.assert_allclose(looks, [0.1, 0.25], atol=1e-5)
