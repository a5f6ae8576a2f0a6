# SPDX-License-Identifier: GPL-3.0-or-later
"""Add Default Head, with a toy head file and with the default head."""

import bpy
import numpy as np
import pytest
from blender_scene import CHANNELS, shown, write_tensor_file

from addon.default_head import build
from addon.formats import channels, head_file
from addon.formats.safetensors import read_tensors
from addon.shape_keys import keys


def real_head_file():
    try:
        return head_file.find_file()
    except head_file.HeadError as missing:
        pytest.skip(str(missing))


def test_the_head_stands_at_the_cursor_in_blenders_axes(toy_head_file):
    bpy.context.scene.cursor.location = (1.0, 2.0, 3.0)
    head = head_file.read_head(toy_head_file)
    speaker = build.add_head(bpy.context, head)
    assert tuple(speaker.location) == (1.0, 2.0, 3.0)
    np.testing.assert_allclose(shown(speaker), head.vertices[:, [0, 2, 1]] * (1, -1, 1), atol=1e-7)
    assert bpy.context.view_layer.objects.active == speaker
    assert [obj.name for obj in bpy.context.selected_objects] == [speaker.name]


def test_it_has_its_keys_uvs_materials_and_neck(toy_head, toy_head_file):
    head = head_file.read_head(toy_head_file)
    mesh = toy_head.data
    assert keys.names(mesh) == CHANNELS
    assert mesh.shape_keys.key_blocks[0].name == "Basis"
    points = np.empty(120, np.float32)
    mesh.shape_keys.key_blocks["mouthClose"].points.foreach_get("co", points)
    expected = keys.to_blender(head.vertices + head.deltas[1])
    np.testing.assert_allclose(points.reshape(-1, 3), expected, atol=1e-7)
    uvs = np.empty(len(mesh.loops) * 2, np.float32)
    mesh.uv_layers[0].uv.foreach_get("vector", uvs)
    np.testing.assert_array_equal(uvs.reshape(-1, 4, 2), head.uvs[head.quad_uvs])
    assert [material.name for material in mesh.materials] == ["Mien skin", "Mien eyes"]
    assert [polygon.material_index for polygon in mesh.polygons] == head.quad_material.tolist()
    assert all(polygon.use_smooth for polygon in mesh.polygons)
    assert toy_head.vertex_groups["neck"].weight(39) == 1.0
    with pytest.raises(RuntimeError):
        toy_head.vertex_groups["neck"].weight(0)
    assert toy_head.mien.head_object.parent == toy_head


def test_two_heads_share_materials_and_have_their_own_keys(toy_head_file):
    first, second = (build.add_head(bpy.context, head_file.read_head(toy_head_file)) for _ in range(2))
    assert first.data != second.data and first.mien.head_object != second.mien.head_object
    assert first.data.materials[0] == second.data.materials[0]


def test_the_head_moved_elsewhere_still_turns_about_its_own_neck(toy_head):
    rest = shown(toy_head).copy()
    toy_head.location, toy_head.rotation_euler, toy_head.scale = (5, -2, 1), (0.3, 0.4, 0.5), (2, 2, 2)
    bpy.context.view_layer.update()
    np.testing.assert_allclose(shown(toy_head), rest, atol=2e-6)
    toy_head.mien.head_object.rotation_euler = (0.2, 0, 0)
    bpy.context.view_layer.update()
    pivot = np.array([0, -0.01, 0.05])
    turn = np.array([[1, 0, 0], [0, np.cos(0.2), -np.sin(0.2)], [0, np.sin(0.2), np.cos(0.2)]])
    np.testing.assert_allclose(shown(toy_head)[25:], (rest[25:] - pivot) @ turn.T + pivot, atol=5e-6)


def test_the_head_that_ships_has_52_channels_and_a_tongue_and_is_upright():
    head = head_file.read_head(real_head_file())
    speaker = build.add_head(bpy.context, head)
    assert (len(speaker.data.vertices), len(speaker.data.polygons)) == (4538, 4507)
    assert set(keys.names(speaker.data)) == {*channels.ARKIT, *channels.TONGUE}
    size = shown(speaker).max(0) - shown(speaker).min(0)
    assert 0.2 < size[2] < 0.4 and size[0] < 0.25  # metres: a head, its height along z
    jaw = head.channels.index("jawOpen")
    lips = head.vertices[np.abs(head.deltas[jaw]).max(1).argmax()]
    assert keys.to_blender(lips)[1] < 0  # the chin faces -y, as Blender's front view wants
    assert not speaker.data.validate(verbose=False)


def test_a_damaged_head_is_refused_in_a_sentence(toy_head_file, tmp_path):
    tensors, meta = read_tensors(toy_head_file)
    beyond = tensors["quads"].copy()
    beyond[3, 2] = 40
    faults = {
        "points at item 40 of 40": ({**tensors, "quads": beyond}, meta),
        "its shapes do not belong": ({**tensors, "deltas": tensors["deltas"][:2].copy()}, meta),
        "no tensor 'joints'": ({name: array for name, array in tensors.items() if name != "joints"}, meta),
        "version 9": (tensors, {**meta, "format_version": "9"}),
        "does not name its channels": (tensors, {**meta, "channels": "{"}),
    }
    for words, (broken, broken_meta) in faults.items():
        path = write_tensor_file(tmp_path / "broken.safetensors", broken, broken_meta)
        with pytest.raises(head_file.HeadError, match=words):
            head_file.read_head(path)


def test_a_missing_head_says_what_to_do(monkeypatch, tmp_path):
    monkeypatch.setattr(head_file, "__file__", str(tmp_path / "addon" / "formats" / "head_file.py"))
    with pytest.raises(head_file.HeadError, match="install the extension again"):
        head_file.find_file()
