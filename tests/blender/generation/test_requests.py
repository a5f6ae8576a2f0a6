# SPDX-License-Identifier: GPL-3.0-or-later
import bpy
import pytest

from addon.generation.requests import how_driven


@pytest.fixture
def speaker():
    bpy.ops.wm.read_homefile(use_empty=True, use_factory_startup=True)
    bpy.ops.mien.add_body()
    return bpy.context.object


def test_takes_with_gestures_are_stale_when_the_body_is_another(speaker) -> None:
    before, face = how_driven(speaker, gestures=True), how_driven(speaker)
    body = speaker.mien.body
    speaker.mien.body = None  # the armature that carries the head is found again: nothing changed
    assert how_driven(speaker, gestures=True) == before
    other = bpy.data.objects.new("other", body.data.copy())
    bpy.context.scene.collection.objects.link(other)
    speaker.mien.body = other
    assert how_driven(speaker, gestures=True) != before
    assert how_driven(speaker) == face


def test_takes_with_gestures_are_stale_when_a_bone_is_renamed(speaker) -> None:
    before, face = how_driven(speaker, gestures=True), how_driven(speaker)
    speaker.mien.body.data.bones["upper_arm.L"].name = "arm of mine"
    assert how_driven(speaker, gestures=True) != before
    assert how_driven(speaker) == face
