# SPDX-License-Identifier: GPL-3.0-or-later
"""Add Default Body: the head is the same object on a neck, the collar hides the seam, takes move the arms."""

import bpy
import numpy as np
import pytest
from mathutils import Euler

from addon.formats import head_file
from addon.formats.body_file import read_body
from addon.shape_keys import keys


@pytest.fixture
def speaker():
    bpy.context.scene.cursor.location = (0.5, -1.0, 0.25)
    assert bpy.ops.mien.add_body() == {"FINISHED"}
    bpy.context.view_layer.update()
    return bpy.context.object


def test_the_head_is_the_default_head_with_all_its_channels(speaker):
    head = head_file.read_head(head_file.find_file())
    assert len(speaker.data.vertices) == len(head.vertices)
    assert set(head.channels) <= set(speaker.data.shape_keys.key_blocks.keys())
    assert speaker.parent == speaker.mien.body and speaker.parent_bone == "neck"


def test_the_body_stands_at_the_cursor_and_the_head_where_its_neck_is(speaker):
    body, armature = read_body(), speaker.mien.body
    floor = body.vertices[:, 1].min()
    assert tuple(armature.location) == pytest.approx((0.5, -1.0, 0.25))
    neck = keys.to_blender(body.joints["neck"]) - [0, 0, floor]
    expected = np.array(armature.location) + neck
    assert tuple(speaker.matrix_world.translation) == pytest.approx(tuple(expected), abs=1e-5)


def test_vertex_groups_are_bones(speaker):
    armature = speaker.mien.body
    mesh = next(obj for obj in armature.children if obj.name.startswith("Mien body"))
    used = {group.group for vertex in mesh.data.vertices for group in vertex.groups if group.weight > 0}
    assert {mesh.vertex_groups[number].name for number in used} <= set(armature.data.bones.keys())
    assert all(abs(sum(g.weight for g in vertex.groups) - 1) < 1e-3 for vertex in mesh.data.vertices)


def test_the_collar_goes_with_the_head_when_the_chest_bends(speaker):
    armature = speaker.mien.body
    mesh = next(obj for obj in armature.children if obj.name.startswith("Mien body"))
    edge = [v.index for v in speaker.data.vertices if v.co.z < 0.006]

    def gap():
        bpy.context.view_layer.update()
        graph = bpy.context.evaluated_depsgraph_get()
        shown = mesh.evaluated_get(graph).data
        cloth = np.array([vertex.co for vertex in shown.vertices])
        cloth = cloth @ np.array(mesh.matrix_world.to_3x3()).T + np.array(mesh.matrix_world.translation)
        face = [speaker.matrix_world @ speaker.data.vertices[v].co for v in edge]
        return max(float(np.linalg.norm(cloth - np.array(place), axis=1).min()) for place in face)

    at_rest = gap()
    for name in ("chest", "upper_chest"):
        armature.pose.bones[name].rotation_mode = "XYZ"
        armature.pose.bones[name].rotation_euler = Euler((0.3, 0.2, 0.1))
    assert gap() == pytest.approx(at_rest, abs=1e-4)
