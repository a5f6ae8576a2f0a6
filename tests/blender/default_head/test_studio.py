# SPDX-License-Identifier: GPL-3.0-or-later
"""The preset camera and lights: the head is in the picture, wherever it stands; one undo step."""

import bpy
import numpy as np
import pytest
from bpy_extras.object_utils import world_to_camera_view
from mathutils import Vector

from addon.default_head import build, studio
from addon.formats import head_file

FILE = head_file.read_head(head_file.find_file())


@pytest.fixture
def speaker():
    return build.add_head(bpy.context, FILE)


def in_picture(speaker, camera, size):
    """(N, 2) places of the head's front in the picture, 0..1 from the lower left."""
    scene = bpy.context.scene
    scene.render.resolution_x, scene.render.resolution_y = size
    bpy.context.view_layer.update()
    points = [speaker.matrix_world @ vertex.co for vertex in speaker.data.vertices if vertex.co.z > 0.01]
    return np.array([world_to_camera_view(scene, camera, point)[:2] for point in points])


@pytest.mark.parametrize("size", [(1920, 1080), (1080, 1920), (512, 512)])
def test_the_head_fills_the_picture_and_is_inside(speaker, size):
    bpy.context.scene.render.resolution_x, bpy.context.scene.render.resolution_y = size
    camera = studio.add_studio(bpy.context, speaker)
    places = in_picture(speaker, camera, size)
    assert places.min() > 0.0 and places.max() < 1.0
    assert max(np.ptp(places, axis=0)) > 0.45
    assert abs(places[:, 0].mean() - 0.5) < 0.02
    assert bpy.context.scene.camera == camera


def test_a_head_that_is_moved_turned_and_larger_is_seen_the_same(speaker):
    size = (640, 480)
    bpy.context.scene.render.resolution_x, bpy.context.scene.render.resolution_y = size
    first = in_picture(speaker, studio.add_studio(bpy.context, speaker), size)
    power = bpy.data.lights["Mien key"].energy
    speaker.location, speaker.rotation_euler, speaker.scale = (1, -2, 3), (0.4, 1.0, 2.0), (7, 7, 7)
    bpy.context.view_layer.update()
    camera = studio.add_studio(bpy.context, speaker)
    np.testing.assert_allclose(in_picture(speaker, camera, size), first, atol=1e-4)
    assert bpy.data.lights["Mien key"].energy == pytest.approx(49 * power)
    assert len(bpy.data.cameras) == 1 and len(bpy.data.lights) == 3 and len(bpy.data.collections) == 1


def test_the_lights_shine_on_the_face_from_the_side_that_the_preview_has(speaker):
    studio.add_studio(bpy.context, speaker)
    bpy.context.view_layer.update()
    key, fill, rim = (bpy.data.objects[name].matrix_world for name in studio.LIGHTS)
    assert key.translation.x > 0.2 > -0.2 > fill.translation.x  # +x is the head's left, the right of the picture
    assert key.translation.y < 0 and fill.translation.y < 0 < rim.translation.y
    nose = Vector((0.0, -0.14, 0.1))
    for light in (key, fill):
        ray = light.to_3x3() @ Vector((0.0, 0.0, -1.0))
        assert ray.angle(nose - light.translation) < 0.2


def test_the_button_is_one_undo_step_and_nothing_comes_unasked(speaker):
    assert not bpy.data.cameras and not bpy.data.lights and bpy.context.scene.camera is None
    bpy.ops.ed.undo_push(message="before")
    assert bpy.ops.mien.add_studio("EXEC_DEFAULT", True) == {"FINISHED"}
    assert bpy.context.scene.camera is not None
    bpy.ops.ed.undo()
    assert not bpy.data.objects.get(studio.CAMERA) and bpy.context.scene.camera is None


def test_the_button_wants_a_head_of_miens(cube):
    assert not bpy.ops.mien.add_studio.poll()
