# SPDX-License-Identifier: GPL-3.0-or-later
"""A head alone gets an empty that turns it: upright, where the skull sits, facing as it does; others get none."""

import bpy
import numpy as np
import pytest
from blender_scene import shown
from mathutils import Euler, Matrix
from rigs import characters

from addon.scene.characters import head_pivot


def scan() -> bpy.types.Object:
    return characters.face("Scan", {}, ("skin", "lips"))


def in_world(obj) -> np.ndarray:
    bpy.context.view_layer.update()
    return shown(obj) @ np.array(obj.matrix_world.to_3x3()).T + np.array(obj.matrix_world.translation)


@pytest.mark.parametrize("yaw", [0.0, 0.7, -2.0])
@pytest.mark.parametrize("y_up", [False, True], ids=["z up", "y up"])
def test_it_faces_as_the_face_does_and_the_face_stays(y_up: bool, yaw: float):
    face = scan()
    if y_up:  # as an importer leaves it
        face.data.transform(Matrix.Rotation(-np.pi / 2, 4, "X"))
        face.rotation_euler = (np.pi / 2, 0.0, 0.0)
    bpy.context.view_layer.update()
    face.matrix_world = Matrix.Translation((1.0, 2.0, 3.0)) @ Matrix.Rotation(yaw, 4, "Z") @ face.matrix_world
    before = in_world(face)
    assert head_pivot.is_head_alone(face)
    empty = head_pivot.add(bpy.context.scene, face)
    np.testing.assert_allclose(in_world(face), before, atol=1e-5)
    turn = empty.matrix_world.to_euler()
    assert tuple(turn) == pytest.approx((0.0, 0.0, yaw), abs=1e-5)
    up, low, high = empty.matrix_world.translation.z, before[:, 2].min(), before[:, 2].max()
    assert low < up < (low + high) / 2
    assert np.linalg.norm(before.mean(0)[:2] - np.array(empty.matrix_world.translation)[:2]) < 0.08


def test_a_nod_turns_the_face_down():
    face = scan()
    empty = head_pivot.add(bpy.context.scene, face)
    before = in_world(face)
    nose = before[:, 1].argmin()
    empty.rotation_euler = Euler((0.3, 0.0, 0.0))
    assert in_world(face)[nose, 2] < before[nose, 2] - 0.02


def test_what_is_carried_and_what_is_more_than_a_head_get_none():
    face, root = scan(), bpy.data.objects.new("Root", None)
    face.scale = (2.5, 1.0, 1.0)  # as broad as shoulders
    bpy.context.view_layer.update()
    assert not head_pivot.is_head_alone(face)
    face.scale = (1.0, 1.0, 3.0)  # as high as a body
    bpy.context.view_layer.update()
    assert not head_pivot.is_head_alone(face)
    face.scale, face.parent = (1.0, 1.0, 1.0), root
    bpy.context.view_layer.update()
    assert not head_pivot.is_head_alone(face)
