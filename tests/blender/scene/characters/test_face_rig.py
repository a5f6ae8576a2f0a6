# SPDX-License-Identifier: GPL-3.0-or-later
"""Controls of faces of bones are found: by names, behind drivers on a board, behind the bones that carry the face."""

import bpy
import pytest
from rigs import bone_faces, characters

from addon.scene.characters import face_rig


@pytest.mark.parametrize(
    ("build", "system", "there", "absent"),
    [
        (bone_faces.auto_rig_pro_like, "Auto-Rig Pro", "c_lips_smile.l", "head.x"),
        (bone_faces.board_like, "MetaHuman", "CTRL_L_mouth_cornerPull", "FACIAL_L_lip_corner"),
        (bone_faces.unknown_names, "", "handleL", ""),
    ],
)
def test_controls_are_found(build, system, there, absent):
    face = build()
    rig = face_rig.find(face, [face])
    assert rig.system == system and there in rig.names and absent not in rig.names
    assert face_rig.is_face_of_bones(face) and face_rig.system_of(face) in (system, "")
    assert len(rig.candidates) == len(rig.names) == len({(c.owner, c.path, c.index) for c in rig.candidates})


def test_a_slider_has_its_own_axis_and_limits():
    face = bone_faces.board_like()
    rig = face_rig.find(face, [face])
    (blink,) = [c for c, name in zip(rig.candidates, rig.names, strict=True) if name == "CTRL_L_eye_blink"]
    assert (blink.path, blink.index) == ('pose.bones["CTRL_L_eye_blink"].location', 1)
    assert (blink.low, blink.high) == (-1.0, 1.0) and blink.owner == bpy.data.objects["face_gui"]


def test_a_head_that_one_bone_carries_is_no_face_of_bones():
    face = characters.arkit_multi_mesh()
    assert not face_rig.is_face_of_bones(face)
    assert face_rig.find(characters.face("Alone", {}), []).candidates == ()
