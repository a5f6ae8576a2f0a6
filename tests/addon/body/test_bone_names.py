# SPDX-License-Identifier: GPL-3.0-or-later
"""Rigs told by the names of their bones."""

import pytest

from addon.body.bone_names import RIGS, bones_of
from addon.formats.body_file import read_body

WRITTEN = {
    "Mixamo": ("mixamorig:LeftForeArm", "left_lower_arm"),
    "VRoid": ("J_Bip_R_Middle2", "right_middle_intermediate"),
    "VRM": ("leftThumbMetacarpal", "left_thumb_metacarpal"),
    "Unreal's mannequin": ("pinky_03_r", "right_little_distal"),
    "Rigify": ("thumb.01.L", "left_thumb_metacarpal"),
    "Rigify's meta-rig": ("f_pinky.02.R", "right_little_intermediate"),
    "Mien": ("upper_arm.L", "left_upper_arm"),
}


@pytest.mark.parametrize("kind", RIGS)
def test_a_rig_with_all_its_bones_is_known_by_its_kind(kind):
    names = [f"mixamorig:{bone}" if kind == "Mixamo" else bone for bone in RIGS[kind].values()]
    found, table = bones_of(names)
    assert found == kind
    assert set(table) == set(RIGS[kind]) and set(table.values()) == set(names)
    if kind in WRITTEN:
        bone, joint = WRITTEN[kind]
        assert table[joint] == bone


@pytest.mark.parametrize("kind", RIGS)
def test_every_joint_of_a_table_is_one_of_the_body(kind):
    assert set(RIGS[kind]) <= set(read_body().joints)
    assert len(set(RIGS[kind].values())) == len(RIGS[kind])


def test_controls_go_before_the_deform_bones_that_follow_them():
    both = [*RIGS["Rigify's deform bones"].values(), *RIGS["Rigify"].values()]
    assert bones_of(both)[0] == "Rigify"


def test_joints_without_a_bone_are_left_out_and_a_rig_without_arms_is_none():
    names = [bone for joint, bone in RIGS["Mixamo"].items() if "little" not in joint]
    assert not any("little" in joint for joint in bones_of(names)[1])
    assert bones_of(["root", "spine_01", "Bone.001"]) == ("", {})
