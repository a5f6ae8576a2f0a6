# SPDX-License-Identifier: GPL-3.0-or-later
"""How a face without armature stands turned: by its own or its parent's rotation, z up or as an importer leaves it."""

import bpy
import numpy as np
import pytest

from addon.shape_keys.facing import turn_of

YAWS = (0.0, 0.8, np.pi / 2, -2.5)


@pytest.mark.parametrize("yaw", YAWS)
@pytest.mark.parametrize("tilt", [0.0, np.pi / 2], ids=["z up", "y up"])
def test_its_own_rotation(cube, tilt: float, yaw: float):
    cube.rotation_euler = (tilt, 0.0, yaw)
    cube.scale = (2.0, 2.0, 2.0)
    bpy.context.view_layer.update()
    assert tuple(turn_of(cube).to_euler()) == pytest.approx((0.0, 0.0, yaw), abs=1e-6)


@pytest.mark.parametrize("yaw", YAWS)
def test_its_parents(cube, yaw: float):
    root = bpy.data.objects.new("Root", None)
    bpy.context.collection.objects.link(root)
    cube.parent, root.rotation_euler = root, (0.0, 0.0, yaw)
    bpy.context.view_layer.update()
    assert turn_of(cube).to_euler().z == pytest.approx(yaw, abs=1e-6)


def test_a_nod_is_no_turn(cube):
    cube.rotation_euler = (0.4, 0.0, 0.0)
    bpy.context.view_layer.update()
    assert turn_of(cube).to_euler().z == pytest.approx(0.0, abs=1e-6)
