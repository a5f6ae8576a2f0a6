# SPDX-License-Identifier: GPL-3.0-or-later
"""Brows and lashes as ribbons: they lie on the head as it moves, at every level of subdivision."""

import bpy
import numpy as np
import pytest
from blender_scene import shown, write_tensor_file

from addon.default_head import build, strands
from addon.formats import head_file, identity_file
from addon.formats.safetensors import read_tensors

FILE = head_file.read_head(head_file.find_file())
LASH = FILE.strands.lash == 1


@pytest.fixture
def speaker():
    return build.add_head(bpy.context, FILE)


def ribbons(speaker):
    return next(child for child in speaker.children if child.name.startswith(strands.NAME))


def pose(speaker, **values):
    for name, value in values.items():
        speaker.data.shape_keys.key_blocks[name].value = value
    bpy.context.view_layer.update()


def from_skin(speaker, points):
    """(N,) metres of the points from the skin as it is shown."""
    evaluated = speaker.evaluated_get(bpy.context.evaluated_depsgraph_get())
    found = [evaluated.closest_point_on_mesh(point.tolist()) for point in points]
    return (
        np.array(
            [
                (np.array(place) - point) @ (np.array(place) - point)
                for (_, place, *_), point in zip(found, points, strict=True)
            ]
        )
        ** 0.5
    )


def test_there_are_two_brows_and_lashes_on_four_lids(speaker):
    mesh = ribbons(speaker).data
    assert len(mesh.vertices) == len(LASH) == len(FILE.strands.corners)
    assert len(mesh.polygons) * 3 == len(mesh.vertices)
    points = shown(ribbons(speaker))
    for part in (points[~LASH], points[LASH]):
        assert (part[:, 1] < -0.08).all()  # on the front
        assert abs((part[:, 0] > 0).mean() - 0.5) < 0.05
    assert points[~LASH][:, 2].min() > points[LASH][:, 2].mean()
    slots = np.array([polygon.material_index for polygon in mesh.polygons])
    assert [material.name for material in mesh.materials] == ["Mien brow hair", "Mien lash"]
    assert (slots == 1).sum() * 3 == LASH.sum()


@pytest.mark.parametrize("level", [0, 2])
def test_brows_lie_on_the_skin_in_every_pose_and_at_every_level(speaker, level):
    speaker.modifiers["Subdivision"].levels = level
    for values in ({}, {"browInnerUp": 1.0}, {"browInnerUp": 0.0, "browDownLeft": 1.0, "browOuterUpRight": 0.7}):
        pose(speaker, **values)
        points = shown(ribbons(speaker))[~LASH][::37]
        assert from_skin(speaker, points).max() < 0.0006


def test_brows_rise_with_the_brow_and_lashes_fall_with_the_lid(speaker):
    rest = shown(ribbons(speaker)).copy()
    pose(speaker, browInnerUp=1.0, eyeBlinkLeft=1.0)
    moved = shown(ribbons(speaker)) - rest
    inner = ~LASH & (np.abs(rest[:, 0]) < 0.022)
    assert moved[inner, 2].mean() > 0.003
    tips = LASH & (np.arange(len(LASH)) % 6 >= 4)
    left, right = (tips & (rest[:, 2] > np.median(rest[LASH, 2])) & side for side in (rest[:, 0] > 0, rest[:, 0] < 0))
    assert moved[left, 2].mean() < -0.005
    assert np.abs(moved[right]).max() < 0.001


def test_the_head_turns_and_the_ribbons_turn_with_it(speaker):
    speaker.location, speaker.scale = (1, -2, 3), (2, 2, 2)
    bpy.context.view_layer.update()
    rest = shown(ribbons(speaker)).copy()
    speaker.mien.head_object.rotation_euler = (0.3, 0.0, 0.2)
    bpy.context.view_layer.update()
    assert np.abs(shown(ribbons(speaker)) - rest).max() > 0.02
    assert from_skin(speaker, shown(ribbons(speaker))[~LASH][::97]).max() < 0.0006


def test_an_identity_has_its_own_brows():
    face, hair = identity_file.with_identity(FILE, identity_file.names()[0])
    speaker = build.add_head(bpy.context, face, hair)
    assert from_skin(speaker, shown(ribbons(speaker))[~LASH][::37]).max() < 0.0006
    assert ribbons(speaker).data.materials[0].name == f"Mien brow hair of {face.identity}"


def test_saved_and_appended_ribbons_follow_their_head(speaker, tmp_path):
    path = str(tmp_path / "head.blend")
    bpy.ops.wm.save_as_mainfile(filepath=path)
    bpy.ops.wm.read_homefile(use_empty=True, use_factory_startup=True)
    with bpy.data.libraries.load(path) as (_, into):
        into.objects = [strands.NAME]
    (appended,) = into.objects
    for obj in (appended, appended.parent):
        bpy.context.collection.objects.link(obj)
    bpy.context.view_layer.update()
    rest = shown(appended).copy()
    pose(appended.parent, browInnerUp=1.0)
    assert (shown(appended) - rest)[~LASH, 2].max() > 0.003


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        (lambda t: t.pop("strand_lash"), "no tensor 'strand_lash'"),
        (lambda t: t.update(strand_corners=t["strand_corners"] + 4538), "strands points at item"),
        (lambda t: t.update(strand_places=t["strand_places"][:-1].copy()), "strands do not belong together"),
    ],
)
def test_damaged_strands_are_refused_in_a_sentence(tmp_path, fault, words):
    tensors, meta = read_tensors(head_file.find_file())
    tensors = dict(tensors)
    fault(tensors)
    with pytest.raises(head_file.HeadError, match=words):
        head_file.read_head(write_tensor_file(tmp_path / "broken.safetensors", tensors, meta))
