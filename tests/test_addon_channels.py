# SPDX-License-Identifier: GPL-3.0-or-later
"""Channels find their shape keys by name."""

from addon.channels import ARKIT, folded, match


def test_arkit_has_its_52_names():
    assert len(ARKIT) == len(set(ARKIT)) == 52
    assert {"jawOpen", "eyeLookInRight", "tongueOut", "browInnerUp", "mouthShrugLower"} <= set(ARKIT)


def test_the_exact_name_wins_over_another_case():
    found = match(["jawOpen"], ["JAWOPEN", "jawOpen"])
    assert found.keys == {"jawOpen": "jawOpen"}


def test_another_case_is_found():
    assert match(["jawOpen", "eyeBlinkLeft"], ["Basis", "JawOpen", "eyeblinkleft"]).keys == {
        "jawOpen": "JawOpen",
        "eyeBlinkLeft": "eyeblinkleft",
    }


def test_missing_and_unclear_channels_are_named():
    found = match(["jawOpen", "mouthClose", "tongueOut"], ["JAWOPEN", "JawOpen", "tongueOut"])
    assert found.keys == {"tongueOut": "tongueOut"}
    assert (found.missing, found.unclear) == (("mouthClose",), ("jawOpen",))


def test_names_are_found_however_exporters_spell_them():
    spelt = ["Jaw_Open", "mouth close", "blendShape1.browInnerUp", "eyeBlink_L", "MouthSmile-R", "jaw_l"]
    found = match(["jawOpen", "mouthClose", "browInnerUp", "eyeBlinkLeft", "mouthSmileRight", "jawLeft"], spelt)
    assert list(found.keys.values()) == spelt
    assert found.missing == found.unclear == ()


def test_folding_keeps_all_channels_apart():
    assert len({folded(name) for name in ARKIT}) == 52
