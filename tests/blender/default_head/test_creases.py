# SPDX-License-Identifier: GPL-3.0-or-later
"""Creases of the default head in Blender: their drivers, their maps, saved and appended files."""

import json

import bpy
import numpy as np
import pytest
from blender_scene import write_tensor_file
from mien.heads.creases import depth_map, strengths
from mien.heads.default import load_head

from addon.default_head import build, creases
from addon.formats import head_file
from addon.formats.safetensors import read_tensors

HEAD = load_head()
FILE = head_file.read_head(head_file.find_file())


@pytest.fixture
def speaker():
    return build.add_head(bpy.context, FILE)


def pose(speaker, weights):
    for name, value in zip(HEAD.channels, weights.tolist(), strict=True):
        speaker.data.shape_keys.key_blocks[name].value = value
    bpy.context.view_layer.update()


def shown(speaker) -> np.ndarray:
    """(18,) strengths in the preview's order: each crease right, then left."""
    evaluated = speaker.evaluated_get(bpy.context.evaluated_depsgraph_get())
    vectors = [
        [list(evaluated[creases.PROPERTY.format(number, side)]) for number in (1, 2, 3)] for side in ("right", "left")
    ]
    return np.array(vectors).reshape(2, -1).T.ravel()


@pytest.mark.parametrize("seed", [0, 1])
def test_the_keys_drive_the_strengths_that_the_preview_shows(speaker, seed):
    assert not shown(speaker).any()
    weights = np.random.default_rng(seed).uniform(0, 1, len(HEAD.channels)).astype(np.float32)
    pose(speaker, weights)
    np.testing.assert_allclose(shown(speaker), strengths(weights, HEAD.channels), atol=1e-4)


def test_no_driver_needs_python(speaker):
    drivers = [curve.driver for curve in speaker.animation_data.drivers]
    assert len(drivers) == 18
    assert all(driver.is_valid and driver.is_simple_expression for driver in drivers)


def smile(speaker):
    pose(speaker, np.array([float(name == "mouthSmileLeft") for name in HEAD.channels]))
    return shown(speaker)[:2]


def test_a_saved_and_an_appended_head_creases(speaker, tmp_path):
    assert smile(speaker) == pytest.approx([0, 0.72], abs=1e-5)
    speaker.data.shape_keys.key_blocks["mouthSmileLeft"].value = 0.0
    path = str(tmp_path / "head.blend")
    bpy.ops.wm.save_as_mainfile(filepath=path)
    bpy.ops.wm.open_mainfile(filepath=path)
    assert smile(bpy.data.objects["Mien head"]) == pytest.approx([0, 0.72], abs=1e-5)
    bpy.ops.wm.read_homefile(use_empty=True, use_factory_startup=True)
    with bpy.data.libraries.load(path) as (_, into):
        into.objects = ["Mien head"]
    (appended,) = into.objects
    bpy.context.collection.objects.link(appended)
    bpy.context.view_layer.update()
    assert not shown(appended).any()
    assert smile(appended) == pytest.approx([0, 0.72], abs=1e-5)
    group = appended.data.materials["Mien skin"].node_tree.nodes[creases.NAME].node_tree
    images = [node.image for node in group.nodes if node.type == "TEX_IMAGE"]
    assert len(images) == 3 and all(image.packed_file is not None for image in images)


def test_two_heads_crease_each_on_its_own(speaker):
    second = build.add_head(bpy.context, FILE)
    assert second.data.materials["Mien skin"] == speaker.data.materials["Mien skin"]
    assert smile(second)[1] > 0.7
    assert not shown(speaker).any()
    nodes = speaker.data.materials["Mien skin"].node_tree.nodes
    assert sum(node.type == "GROUP" for node in nodes) == 1 and sum(node.type == "BUMP" for node in nodes) == 1


def test_eevee_can_read_all_attributes_of_the_material(speaker):
    group = bpy.data.node_groups[creases.NAME]
    names = {node.attribute_name for node in group.nodes if node.type == "ATTRIBUTE"}
    assert len(names) <= 8
    assert all(name in speaker or name == "scale" for name in names)


def test_the_maps_are_as_deep_as_the_preview_s():
    maps, (x, y, width, height) = creases.depth_maps(FILE.creases)
    assert x == 0.0
    side = 0.2
    preview = depth_map(HEAD, (0.0, y, side, side), 800) / 255  # 0.25 mm a pixel, as the maps
    rows, columns = (min(a, b) for a, b in zip(maps[0].shape, preview.shape, strict=False))
    ours, theirs = np.max(maps, axis=(0, 3))[:rows, :columns], preview[:rows, :columns]
    assert height > 0.1 and width > 0.04
    inside = theirs > 0.05
    assert inside.mean() > 0.05
    assert np.corrcoef(ours[inside], theirs[inside])[0, 1] > 0.9
    assert np.abs(ours - theirs).mean() < 0.02


def rows(path) -> np.ndarray:
    """The middle of the rendered picture, row by row."""
    bpy.context.scene.render.filepath = str(path)
    bpy.ops.render.render(write_still=True)
    pixels = np.empty(48 * 48 * 4, np.float32)
    bpy.data.images.load(str(path)).pixels.foreach_get(pixels)
    return pixels.reshape(48, 48, 4)[:, 12:36, :3].mean((1, 2))


def waviness(line: np.ndarray) -> float:
    return float(np.abs(np.diff(line, 2)).mean())


def test_raised_brows_fold_the_forehead_in_a_render(speaker, tmp_path):
    scene = bpy.context.scene
    scene.render.engine, scene.cycles.samples, scene.cycles.use_denoising = "CYCLES", 8, False
    scene.render.resolution_x = scene.render.resolution_y = 48
    scene.camera = bpy.data.objects.new("camera", bpy.data.cameras.new("camera"))
    scene.camera.data.type, scene.camera.data.ortho_scale = "ORTHO", 0.06
    scene.camera.location, scene.camera.rotation_euler = (0.0, -1.0, 0.185), (np.pi / 2, 0.0, 0.0)
    lamp = bpy.data.objects.new("lamp", bpy.data.lights.new("lamp", "SUN"))
    lamp.rotation_euler = (0.6, 0.0, 0.0)
    for obj in (scene.camera, lamp):
        scene.collection.objects.link(obj)
    pose(speaker, np.array([float(name == "browInnerUp") for name in HEAD.channels]))
    creased = rows(tmp_path / "creased.png")
    for curve in list(speaker.animation_data.drivers):
        speaker.animation_data.drivers.remove(curve)
    for side in creases.SIDES:
        speaker[creases.PROPERTY.format(3, side)] = [0.0, 0.0, 0.0]
    smooth = rows(tmp_path / "smooth.png")
    assert creased.mean() < smooth.mean()
    assert waviness(creased) > 1.5 * waviness(smooth)


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        (lambda rows: rows[0].pop("lines"), "does not describe its creases"),
        (lambda rows: rows[0].update(sources=[[0.5, ["mouthGrin*"]]]), "channel 'mouthGrin\\*' that it has not"),
        (lambda rows: rows[0].update(lines=[]), "draws no line for its crease 'nasolabial fold'"),
        (lambda rows: rows[0].update(width=0), "draws no line"),
    ],
)
def test_damaged_creases_are_refused_in_a_sentence(tmp_path, fault, words):
    tensors, meta = read_tensors(head_file.find_file())
    rows = json.loads(meta["creases"])
    fault(rows)
    path = write_tensor_file(tmp_path / "broken.safetensors", dict(tensors), dict(meta) | {"creases": json.dumps(rows)})
    with pytest.raises(head_file.HeadError, match=words):
        head_file.read_head(path)


def test_a_head_file_without_creases_is_a_head(tmp_path):
    tensors, meta = read_tensors(head_file.find_file())
    path = write_tensor_file(
        tmp_path / "plain.safetensors", dict(tensors), {k: v for k, v in meta.items() if k != "creases"}
    )
    plain = build.add_head(bpy.context, head_file.read_head(path))
    assert creases.NAME not in plain.data.materials[0].node_tree.nodes
    assert plain.animation_data is None or not plain.animation_data.drivers
