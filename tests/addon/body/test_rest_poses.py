# SPDX-License-Identifier: GPL-3.0-or-later
"""Rest poses: from the A of Mien's body to the T of another rig, in axes of any kind."""

import numpy as np
import pytest

from addon.body.rest_poses import about, alignments, model_axes, palm, swing, unit
from addon.formats.body_file import read_body

OWN = read_body().joints


def directions(places):
    """joint -> direction of its bone, of both arms and the fingers of places."""
    ends = {}
    for side in ("left", "right"):
        chain = [f"{side}_{part}" for part in ("upper_arm", "lower_arm", "hand", "middle_proximal")]
        ends |= {a: unit(places[b] - places[a]) for a, b in zip(chain, chain[1:], strict=False)}
    return ends


def turned(turn):
    """The places of both arms of the body, all of one arm turned by `turn(side)` about its shoulder."""
    places = dict(OWN)
    for side in ("left", "right"):
        shoulder = OWN[f"{side}_upper_arm"]
        for joint in OWN:
            if joint.startswith(side) and not joint.endswith(("shoulder", "leg", "foot")):
                places[joint] = shoulder + turn(side) @ (OWN[joint] - shoulder)
    return places


def test_a_rig_that_rests_as_the_body_needs_no_alignment():
    for joint, turn in alignments(OWN, directions(OWN), OWN).items():
        np.testing.assert_allclose(turn, np.eye(3), atol=1e-5, err_msg=joint)


def test_arms_that_rest_higher_are_met_with_their_palms():
    def raised(side):
        return about(np.array([0.0, 0.0, 1.0]), np.radians(40 if side == "left" else -40))

    theirs = turned(raised)
    found = alignments(OWN, directions(theirs), theirs)
    for side in ("left", "right"):
        for part, after in (("upper_arm", "lower_arm"), ("lower_arm", "hand"), ("hand", "middle_proximal")):
            joint = f"{side}_{part}"
            along = unit(found[joint] @ (OWN[f"{side}_{after}"] - OWN[joint]))
            np.testing.assert_allclose(along, directions(theirs)[joint], atol=1e-6)
        np.testing.assert_allclose(found[f"{side}_hand"] @ palm(side, OWN), palm(side, theirs), atol=1e-5)


@pytest.mark.parametrize(
    "axes", [np.eye(3), np.array([[1.0, 0, 0], [0, 0, -1], [0, 1, 0]]), np.array([[0.0, 0, 1], [1, 0, 0], [0, 1, 0]])]
)
def test_the_axes_of_a_model_are_found_whichever_way_it_stands(axes):
    np.testing.assert_allclose(model_axes({joint: axes @ place for joint, place in OWN.items()}), axes, atol=1e-12)


def test_a_model_that_stands_aslant_keeps_its_own_axes():
    axes = about(unit(np.array([1.0, 2.0, 3.0])), 0.6)
    found = model_axes({joint: axes @ place for joint, place in OWN.items()})
    np.testing.assert_allclose(found.T @ found, np.eye(3), atol=1e-9)
    assert np.degrees(np.arccos((np.trace(found.T @ axes) - 1) / 2)) < 8  # its spine leans by this much at rest


def test_swings_are_rotations_even_between_opposite_directions():
    for a, b in (([0, 0, 1.0], [0, 1.0, 0]), ([1.0, 0, 0], [-1.0, 0, 0]), ([1.0, 2, 3], [1.0, 2, 3])):
        turn = swing(np.array(a), np.array(b))
        np.testing.assert_allclose(turn @ unit(np.array(a)), unit(np.array(b)), atol=1e-9)
        assert np.isclose(np.linalg.det(turn), 1.0)
