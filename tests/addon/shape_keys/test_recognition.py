# SPDX-License-Identifier: GPL-3.0-or-later
"""Shape keys are recognised by the names of many programs; notes say why others are left."""

import numpy as np
import pytest
from checkout import ROOT
from mien.heads.default import load_head

from addon.formats.channels import ARKIT, TONGUE
from addon.shape_keys.key_table import check, terms
from addon.shape_keys.recognition import JAW_OPEN_PER_MOUTH_CLOSE, SUBSTITUTES, recognise
from addon.shape_keys.viseme_mix import lip_products

OCULUS = ["sil", "PP", "FF", "TH", "DD", "kk", "CH", "SS", "nn", "RR", "aa", "E", "ih", "oh", "ou"]
CC = (
    "Brow_Raise_Inner_L Brow_Raise_Inner_R Brow_Drop_L Eye_Blink_L Eye_Blink_R Eye_L_Look_L Eye_R_Look_L Jaw_Open "
    "Jaw_L Mouth_Smile_L Mouth_Close Mouth_Pucker_Up_L Mouth_Pucker_Down_R Mouth_Funnel_Up_L Mouth_Roll_In_Upper_L "
    "Mouth_Roll_In_Lower_R Mouth_Up_Upper_L Mouth_Up_Upper_R Mouth_Down_Lower_L Mouth_Press_L Mouth_Shrug_Lower "
    "Mouth_Stretch_L Cheek_Raise_L Mouth_L"
)
META_HUMAN = (
    "browDownL browLateralR browRaiseInL eyeBlinkL eyeWidenR eyeLookLeftL eyeLookLeftR eyeCheekRaiseL noseWrinkleR "
    "mouthCornerPullL mouthCornerDepressR mouthFunnelUL mouthLipsPurseDR mouthLipsTogetherUL jawChinRaiseDL "
    "jawChinRaiseUR mouthLowerLipDepressL mouthUpperLipRaiseR mouthLipsPressL jawOpen jawFwd mouthLeft tongueOut"
)


def sources_of(names, **options) -> dict[str, str]:
    return {row.key: row.source for row in recognise(names, **options).rows}


@pytest.mark.parametrize(
    "spell",
    [
        lambda name: name,
        str.upper,
        lambda name: name.replace("Left", "_L").replace("Right", "_R"),
        lambda name: name.replace("Left", ".L").replace("Right", ".R"),
        lambda name: f"Head_blendShape.{name}",
        lambda name: "".join(f" {c.lower()}" if c.isupper() else c for c in name),
        lambda name: "".join(f"-{c}" if c.isupper() else c for c in name).title(),
        lambda name: f"A07_{name}",
    ],
)
def test_arkit_is_known_in_every_spelling(spell):
    recognition = recognise([spell(name) for name in ARKIT])
    assert {row.key: row.source for row in recognition.rows} == {spell(name): name for name in ARKIT}
    assert (recognition.scheme, recognition.missing, recognition.notes) == ("ARKit", (), ())


@pytest.mark.parametrize(
    ("names", "scheme", "expected"),
    [
        ([f"viseme_{v}" for v in OCULUS], "Oculus", {"viseme_PP": "/P B M/", "viseme_aa": "/AA/"}),
        ([f"vrc.v_{v.lower()}" for v in OCULUS], "Oculus", {"vrc.v_ff": "/F V/"}),
        (
            [
                f"viseme_{v}"
                for v in ["sil", "PP", "FF", "TH", "DD", "kk", "CH", "SS", "nn", "RR", "aa", "E", "I", "O", "U"]
            ],
            "Oculus",
            {"viseme_O": "/AO OW/"},
        ),
        (
            ["AI", "E", "O", "U", "MBP", "FV", "L", "WQ", "etc", "rest"],
            "Preston Blair",
            {"MBP": "/P B M/", "L": "/L TH/", "rest": "/SIL/"},
        ),
        (
            [f"Mouth_{v}" for v in ["AI", "E", "O", "U", "MBP", "FV", "L", "WQ", "etc"]],
            "Preston Blair",
            {"Mouth_L": "/L TH/"},
        ),
        ([f"viseme_{n}" for n in range(22)], "Microsoft", {"viseme_0": "/SIL/", "viseme_21": "/P B M/"}),
        ([f"Viseme ID {n:02}" for n in range(22)], "Microsoft", {"Viseme ID 07": "/W UW/"}),
        ([*"AIUEO", "Blink_L", "Blink_R", "Joy"], "VRM 0's vowels", {"A": "/AA/", "Blink_L": "eyeBlinkLeft"}),
        (["aa", "ih", "ou", "ee", "oh", "blink", "happy"], "VRM 1's vowels", {"ee": "/EH/", "ih": "/IH IY/"}),
        ([f"Face.M_F00_Fcl_MTH_{v}" for v in "AIUEO"], "VRM 0's vowels", {"Face.M_F00_Fcl_MTH_U": "/UW/"}),
        (["あ", "い", "う", "え", "お", "まばたき", "困る"], "MMD's vowels", {"い": "/IH IY/", "困る": "browInnerUp"}),
        (
            CC.split(),
            "Character Creator",
            {"Eye_R_Look_L": "eyeLookInRight", "Jaw_L": "jawLeft", "Mouth_L": "mouthLeft"},
        ),
        (
            [f"CTRL_expressions_{name}" for name in META_HUMAN.split()],
            "MetaHuman",
            {
                "CTRL_expressions_mouthLipsTogetherUL": "mouthClose",
                "CTRL_expressions_eyeLookLeftR": "eyeLookInRight",
                "CTRL_expressions_jawChinRaiseUR": "mouthShrugUpper",
            },
        ),
    ],
)
def test_each_schemes_keys_are_all_driven(names, scheme, expected):
    sources = sources_of(names)
    assert recognise(names).scheme == scheme
    assert expected.items() <= sources.items()
    assert set(sources) >= set(names) - {"blink", "Joy", "happy"}


def test_every_source_of_every_scheme_can_be_read():
    for names in (
        CC.split(),
        [f"viseme_{n}" for n in range(22)],
        [f"CTRL_expressions_{n}" for n in META_HUMAN.split()],
    ):
        for source in sources_of(names).values():
            check(source)


def test_a_key_for_both_sides_gives_way_to_keys_of_each():
    assert "Blink" not in sources_of(["Blink", "Blink_L", "Blink_R", *"AIUEO"])
    assert sources_of(["Blink"]) == {"Blink": "0.5 eyeBlinkLeft + 0.5 eyeBlinkRight"}


def test_visemes_are_left_where_the_mouth_has_keys_of_its_own():
    recognition = recognise([*ARKIT, *(f"viseme_{v}" for v in OCULUS)])
    assert len(recognition.rows) == 52
    assert recognition.notes == (
        "Keys for visemes were left, as the mouth has keys of its own: "
        "viseme_sil, viseme_PP, viseme_FF, viseme_TH, viseme_DD and 10 more.",
    )


def test_beside_visemes_keys_that_move_the_mouth_are_left_and_others_driven():
    recognition = recognise([*(f"viseme_{v}" for v in OCULUS), "jawOpen", "mouthSmile", "eyesClosed"])
    keys = {row.key for row in recognition.rows}
    assert {"mouthSmile", "eyesClosed"} < keys and "jawOpen" not in keys
    assert recognition.notes == ("These would move the mouth twice, beside its visemes: jawOpen.",)


def test_without_a_key_for_closing_the_jaw_closes_the_lips():
    assert sources_of(["jawOpen", "mouthSmile_L"])["jawOpen"] == "jawOpen - 1.03 mouthClose"
    assert sources_of(["jawOpen", "mouthClose"])["jawOpen"] == "jawOpen"


def test_a_part_has_no_substitutes():
    assert sources_of(["jawOpen", "jawLeft"], part=True) == {"jawOpen": "jawOpen", "jawLeft": "jawLeft"}


def test_keys_alike_but_for_spelling_are_left_with_a_note():
    recognition = recognise(["JAWOPEN", "JawOpen", "tongueOut"])
    assert {row.key for row in recognition.rows} == {"tongueOut"}
    assert recognition.notes == ("Two keys share a name but for its spelling, so these were left: JAWOPEN, JawOpen.",)
    assert sources_of(["JAWOPEN", "jawOpen"])["jawOpen"].startswith("jawOpen")


def test_other_keys_belong_to_no_scheme():
    recognition = recognise(["Fat", "Key 1", "Corrective_elbow"])
    assert (recognition.rows, recognition.scheme) == ((), "")
    assert recognition.missing == ARKIT


def test_a_copy_of_a_key_is_another_key():
    assert set(sources_of(["jawOpen", "jawOpen.001", "mouthClose"])) == {"jawOpen", "mouthClose"}


def test_substitutes_have_the_shares_measured_on_the_default_head():
    head = load_head()
    moved = {name: head.deltas[head.channels.index(name)].astype(float).ravel() for name in ARKIT}
    for channel, (other, share) in SUBSTITUTES.items():
        assert share == pytest.approx(moved[channel] @ moved[other] / (moved[other] @ moved[other]), abs=0.006)
        left = moved[channel] - share * moved[other]
        assert left @ left <= 0.505 * (moved[channel] @ moved[channel])


def test_the_jaw_closes_by_what_was_measured_between_the_lips():
    head = load_head()
    weights = np.eye(len(head.channels))[[head.channels.index("jawOpen"), head.channels.index("mouthClose")]]
    rest = head.lip_aperture(np.zeros((1, len(head.channels))), head.channels)[0]
    jaw, closed = head.lip_aperture(np.array([weights[0], weights[0] + weights[1]]), head.channels)
    assert pytest.approx((jaw - closed) / (jaw - rest), abs=0.03) == JAW_OPEN_PER_MOUTH_CLOSE


def test_the_lips_of_the_head_file_are_read():
    products = lip_products(ROOT / "meshes" / "mien.safetensors")
    assert products.shape == (52, 52)
    assert products[ARKIT.index("jawOpen"), ARKIT.index("jawOpen")] > 0
    assert [name for name, _ in terms("jawOpen - 1.03 mouthClose")] == ["jawOpen", "mouthClose"]


def test_the_tongue_is_raised_by_the_keys_of_its_names_each_once():
    own = sources_of([*ARKIT, *TONGUE])
    assert {name: own[name] for name in TONGUE} == {name: name for name in TONGUE}
    assert own["tongueOut"] == "tongueOut"
    names = ("tongueUp", "TongueUp", "tongue_up", "V_Tongue_up", "CTRL_expressions_tongueTipUp")
    for name in names:
        assert sources_of(["jawOpen", name])[name] == "1.25 tongueTipUp"
    assert sources_of(["Jaw_Open", "V_Tongue_Raise"])["V_Tongue_Raise"] == "1.25 tongueBackUp"
    assert sources_of(["jawOpen", "Tongue_Tip_Up"])["Tongue_Tip_Up"] == "tongueTipUp"
    both = sources_of(["Jaw_Open", "V_Tongue_up", "Tongue_Tip_Up", "Tongue_Mid_Up"])
    assert "V_Tongue_up" not in both and len(both) == 3
    assert "Fcl_MTH_A" not in sources_of(["Fcl_EYE_Close", "Fcl_MTH_A", "tongueTipUp"])


def test_a_face_without_a_tongue_lacks_nothing():
    assert recognise(ARKIT).missing == ()
    assert recognise(["jawOpen", *TONGUE]).missing == tuple(name for name in recognise(["jawOpen"]).missing)
    assert {name for name in TONGUE if check(name) is None} == set(load_head().tongue_names)
