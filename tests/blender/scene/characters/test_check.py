# SPDX-License-Identifier: GPL-3.0-or-later
"""Character check: poses played on a rig, and what is missing named."""

import bpy
import pytest
from rigs import characters

from addon.animation import takes
from addon.scene.apply import ApplyError
from addon.scene.characters import check, set_up


def test_the_poses_are_played_with_a_marker_each():
    face = characters.arkit_multi_mesh()
    set_up.set_up(bpy.context.scene, face)
    checked = check.play(bpy.context.scene, face)
    markers = {marker.name: marker.frame for marker in bpy.context.scene.timeline_markers}
    assert list(markers) == [f"Mien: {name}" for name in ("rest", "aa", "oo", "p", "smile", "blink", "brows")]
    assert checked.missing == () and "Nothing is missing" in checked.sentence
    share = {pose.pose: pose.share for pose in checked.seen}
    assert share["rest"] == 0.0 and share["aa"] > share["p"] > 0.0
    assert bpy.context.scene.frame_end >= checked.last
    check.remove(bpy.context.scene, face)
    assert not check.is_there(face) and not len(bpy.context.scene.timeline_markers)
    assert all(not id_.animation_data.nla_tracks for id_ in takes.driven(face) if id_.animation_data)


def test_what_moves_nothing_is_named():
    names = ("jawOpen", "mouthClose", "mouthPucker", "mouthSmileLeft", "mouthSmileRight")
    face = characters.face("Simple", {name: {name: 1.0} for name in names})
    checked = check.play(bpy.context.scene, face)
    assert checked.missing == ("blink", "brows")
    assert "Nothing moves for blink (eyeBlinkLeft, eyeBlinkRight), brows (brow" in checked.sentence


def test_a_second_check_replaces_the_first():
    face = characters.face("Simple", {"jawOpen": {"jawOpen": 1.0}})
    first = check.play(bpy.context.scene, face)
    assert check.play(bpy.context.scene, face).first == first.first
    assert len(bpy.context.scene.timeline_markers) == len(check.POSES)
    assert len(face.data.shape_keys.animation_data.nla_tracks) == 2


def test_a_mesh_without_keys_is_refused():
    with pytest.raises(ApplyError, match="has no shape keys"):
        check.play(bpy.context.scene, characters.closed_scan())
    assert not len(bpy.context.scene.timeline_markers)
