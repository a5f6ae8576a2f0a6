# SPDX-License-Identifier: GPL-3.0-or-later
"""The 52 channels, and names normalised for comparison."""

import pytest

from addon.formats.channels import ARKIT, SIDED, folded, sides, stripped


def test_arkit_has_its_52_names():
    assert len(ARKIT) == len(set(ARKIT)) == 52
    assert {"jawOpen", "eyeLookInRight", "tongueOut", "browInnerUp", "mouthShrugLower"} <= set(ARKIT)


@pytest.mark.parametrize(
    ("spelt", "name"),
    [
        ("Jaw_Open", "jawOpen"),
        ("mouth close", "mouthClose"),
        ("blendShape1.browInnerUp", "browInnerUp"),
        ("eyeBlink_L", "eyeBlinkLeft"),
        ("eyeBlink.R", "eyeBlinkRight"),
        ("MouthSmile-R", "mouthSmileRight"),
        ("mouthUpperUpL", "mouthUpperUpLeft"),
        ("jaw_l", "jawLeft"),
        ("A25_Jaw_Open", "jawOpen"),
        ("JAWOPEN", "jawOpen"),
        ("ｊａｗ＿Ｏｐｅｎ", "jawOpen"),
    ],
)
def test_names_are_the_same_however_exporters_spell_them(spelt, name):
    assert folded(spelt) == folded(name)


def test_folding_keeps_all_channels_apart():
    assert len({folded(name) for name in ARKIT}) == 52


def test_other_names_stay_other_names():
    assert folded("jawOpen.001") != folded("jawOpen")
    assert folded("E") == "e" and folded("RR") == "rr"
    assert stripped("mouth_L") == "mouthl"
    assert folded("Face.M_F00_000_Fcl_MTH_A") == "fclmtha"
    assert folded("ｳｨﾝｸ２右") == folded("ウィンク２右")


def test_sides():
    assert sides("mouthSmile") == ("mouthSmileLeft", "mouthSmileRight")
    assert sides("jawOpen") == ("jawOpen",)
    assert all(side in ARKIT for name in SIDED for side in sides(name))
