# SPDX-License-Identifier: GPL-3.0-or-later
"""One control is moved, and the face is looked at."""

import numpy as np
import pytest
from rigs import bone_faces

from addon.scene.characters import face_rig
from addon.scene.characters.control_values import as_it_was, rest_pose
from addon.scene.characters.controls import transform
from addon.scene.characters.vertex_samples import Look, bones_alone, sample, wanted_of, weighted


@pytest.fixture
def face():
    return bone_faces.auto_rig_pro_like()


def sampled(face, bone: str, kind: str):
    wanted = wanted_of(face, [face])
    with as_it_was([face.parent]), bones_alone([face]):
        rest_pose([face.parent])
        look = Look(wanted)
        (candidate,) = transform(face.parent, bone, kind)
        return sample(candidate, look, look(), wanted, 0), wanted, candidate


def test_both_sides_of_a_straight_control_are_one(face):
    ((side, response),), wanted, _ = sampled(face, "c_lips_smile.l", "LOC_Z")
    assert side.low == pytest.approx(-1.0) and side.end > 0
    assert np.linalg.norm(response, axis=1).max() > 0.005
    assert len(weighted(response, wanted)) == 3 * (len(response) + len(wanted.pairs))


def test_a_limit_is_its_end(face):
    limit = face.parent.pose.bones["c_lips_smile.l"].constraints.new("LIMIT_LOCATION")
    limit.use_min_z, limit.min_z, limit.use_max_z, limit.max_z, limit.owner_space = True, 0.0, True, 0.004, "LOCAL"
    ((side, _),), _, candidate = sampled(face, "c_lips_smile.l", "LOC_Z")
    assert (
        side.low == 0.0
        and side.end == pytest.approx(0.004)
        and (candidate.low, candidate.high)
        == (
            0.0,
            pytest.approx(0.004),
        )
    )


def test_a_bone_that_carries_the_whole_head_is_left_out(face):
    assert sampled(face, "head.x", "LOC_Z")[0] == [] and sampled(face, "head.x", "ROT_Y")[0] == []


def test_keys_of_a_prefix_can_be_left_out(face):
    wanted = wanted_of(face, [face])
    without = wanted.without("eyeLook")
    assert len(without.names) == len(wanted.names) - 8 == len(without.offsets)
    assert not any(source.startswith("eyeLook") for source in without.sources)
    moved = face_rig.moving(face, ["eyeBlinkLeft"])
    assert 0 < moved.sum() < len(moved)


def test_shape_keys_rest_while_it_is_looked(face):
    block = face.data.shape_keys.key_blocks["jawOpen"]
    block.value = 1.0
    wanted = wanted_of(face, [face])
    with bones_alone([face]):
        still = Look(wanted)()
    moved = Look(wanted)()
    assert np.abs(moved - still).max() > 0.01 and not block.mute
