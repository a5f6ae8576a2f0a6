# SPDX-License-Identifier: GPL-3.0-or-later
"""Controls of known rigs are known by their names."""

import pytest

from addon.shape_keys.control_names import find, system_of


@pytest.mark.parametrize(
    ("name", "system", "side", "channel"),
    [
        ("jaw_master", "Rigify", "", "jawOpen"),
        ("lip.B.L.001", "Rigify", "Left", "mouthLowerDownLeft"),
        ("lips.R", "Rigify", "Right", "mouthSmileRight"),
        ("lip_end.L.001", "Rigify", "Left", "mouthStretchLeft"),
        ("lid.T.R.002", "Rigify", "Right", "eyeBlinkRight"),
        ("brow.T.L.001", "Rigify", "Left", "browOuterUpLeft"),
        ("c_jawbone.x", "Auto-Rig Pro", "", "jawLeft"),
        ("c_lips_top.x", "Auto-Rig Pro", "", "mouthFunnel"),
        ("c_lips_smile.l", "Auto-Rig Pro", "Left", "mouthSmileLeft"),
        ("c_eyebrow_01.l", "Auto-Rig Pro", "Left", "browDownLeft"),
        ("c_eyelid_top.l", "Auto-Rig Pro", "Left", "eyeBlinkLeft"),
        ("CTRL_C_jaw", "MetaHuman", "", "jawOpen"),
        ("CTRL_L_mouth_cornerPull", "MetaHuman", "Left", "mouthSmileLeft"),
        ("CTRL_R_eye_blink", "MetaHuman", "Right", "eyeBlinkRight"),
        ("rig:CTRL_L_brow_raiseIn", "MetaHuman", "Left", "browInnerUp"),
    ],
)
def test_a_name_says_system_side_and_channels(name, system, side, channel):
    known = find(name)
    assert (known.system, known.side) == (system, side) and known.is_for(channel)


@pytest.mark.parametrize(
    "name", ["DEF-lip.T.L", "MCH-jaw_master", "head", "hand.L", "c_foot_ik.l", "CTRL_expressions_jawOpen", ""]
)
def test_other_bones_are_no_controls(name):
    assert find(name) is None


def test_a_control_of_one_side_is_not_for_the_other():
    assert not find("lips.R").is_for("mouthSmileLeft") and find("lips.R").is_for("mouthLeft")
    assert not find("lips.R").is_for("browDownRight")


def test_a_rig_has_the_system_of_most_of_its_names_and_few_are_none():
    rigify = ["jaw_master", "lip.T", "lip.B", "lips.L", "lips.R"]
    assert system_of([*rigify, "c_jawbone.x", "spine"]) == "Rigify"
    assert system_of(["nose", "tongue", "chin"]) == "" and system_of([]) == ""
