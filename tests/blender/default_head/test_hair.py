# SPDX-License-Identifier: GPL-3.0-or-later
"""Add Default Head with an identity: face, colours, eyes and hair, which the neck carries and glTF keeps."""

import bpy
import numpy as np
import pytest
from blender_scene import shown
from mien.heads.identity import load_identity

from addon.formats import identity_file
from addon.shape_keys import keys

NAME = "round_woman"


def in_blender(points: np.ndarray) -> np.ndarray:
    return points[..., [0, 2, 1]] * (1, -1, 1)


@pytest.fixture
def person(empty_file):
    assert bpy.ops.mien.add_head(identity=NAME) == {"FINISHED"}
    return bpy.context.view_layer.objects.active


def hair_of(speaker):
    return next(child for child in speaker.children if child.name.startswith("Mien hair"))


def test_the_face_and_its_keys_are_the_identitys(person):
    head = load_identity(NAME).head
    np.testing.assert_allclose(shown(person), in_blender(head.vertices), atol=1e-6)
    person.data.shape_keys.key_blocks["mouthSmileLeft"].value = 1.0
    delta = head.deltas[head.channels.index("mouthSmileLeft")]
    np.testing.assert_allclose(shown(person), in_blender(head.vertices + delta), atol=1e-6)
    assert len(keys.names(person.data)) == 52 + len(head.tongue_names)


def test_the_colours_are_its_own_beside_those_of_the_plain_head(person):
    assert bpy.ops.mien.add_head() == {"FINISHED"}
    plain = bpy.context.view_layer.objects.active
    skins = [obj.data.materials[0] for obj in (person, plain)]
    assert [skin.name for skin in skins] == [f"Mien skin of {NAME}", "Mien skin"]
    assert skins[0].diffuse_color[0] < skins[1].diffuse_color[0]
    assert not [child for child in plain.children if child.name.startswith("Mien hair")]


def test_the_hair_turns_with_the_head(person):
    hair = hair_of(person)
    expected = in_blender(load_identity(NAME).hair.vertices)
    np.testing.assert_allclose(shown(hair), expected, atol=1e-6)
    person.mien.head_object.rotation_euler = (0.0, 0.0, 0.5)
    bpy.context.view_layer.update()
    pivot = np.array(person.mien.head_object.location)
    matrix = np.array(person.mien.head_object.rotation_euler.to_matrix())
    np.testing.assert_allclose(shown(hair), (expected - pivot) @ matrix.T + pivot, atol=1e-5)
    assert hair.hide_select


def test_hair_may_be_left_out(empty_file):
    bpy.ops.mien.add_head(identity="man_a", hair=False)
    assert not [obj for obj in bpy.data.objects if obj.name.startswith("Mien hair")]


def test_the_operator_offers_every_identity_and_the_plain_head():
    from addon.ui.operators import identity_items

    assert [item[0] for item in identity_items()] == ["plain", *identity_file.names()]


def test_hair_survives_an_export_by_blender(person, tmp_path):
    count = len(hair_of(person).data.vertices)
    path = str(tmp_path / "a.glb")
    assert bpy.ops.export_scene.gltf(filepath=path, export_animations=False) == {"FINISHED"}
    bpy.ops.wm.read_factory_settings(use_empty=True)
    assert bpy.ops.import_scene.gltf(filepath=path) == {"FINISHED"}
    hair = next(obj for obj in bpy.data.objects if obj.name.startswith("Mien hair"))
    assert len(hair.data.vertices) >= count and hair.parent is not None
    assert hair.data.materials[0].name.startswith("Mien hair of")
