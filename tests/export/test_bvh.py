# SPDX-License-Identifier: GPL-3.0-or-later
"""BVH: the file read back, by the format's rules, puts every joint where the take does."""

from fractions import Fraction

import numpy as np
import pytest
from mien.body.kinematics import forward
from mien.body.skeleton import JOINTS
from mien.export import ExportError, bvh, export
from mien.heads.default import load_head
from mien.take import Take
from scipy.spatial.transform import Rotation

MOVED = ("spine", "left_shoulder", "left_upper_arm", "left_lower_arm", "right_hand", "left_index_proximal")


def take_of(joints=None, names=()):
    still = np.zeros((3, 3), np.float32)
    weights = np.zeros((3, 1), np.float32)
    return Take(Fraction(25), Fraction(3, 25), still, ("jawOpen",), weights, joints=joints, joint_names=names)


@pytest.fixture
def gesturing():
    joints = np.random.default_rng(3).normal(0, 0.6, (3, len(MOVED), 3)).astype(np.float32)
    return take_of(joints, MOVED)


def read(text: str):
    """(name -> (parent, offset, columns), (F, C) numbers) of a BVH file."""
    head, motion = text.split("MOTION\n")
    joints, stack, width, name = {}, [], 0, ""
    for line in head.splitlines()[1:]:
        words = line.split()
        if words[0] in ("ROOT", "JOINT"):
            name = words[1]
        elif words[0] == "End":
            name = ""
        elif words[0] == "{":
            stack.append(name)
        elif words[0] == "}":
            stack.pop()
        elif words[0] == "OFFSET" and name:
            joints[name] = [stack[-2] if len(stack) > 1 else None, np.array(words[1:], float)]
        elif words[0] == "CHANNELS":
            assert words[-3:] == ["Zrotation", "Xrotation", "Yrotation"]
            width += int(words[1])
            joints[name].append(slice(width - 3, width))
    rows = [line.split() for line in motion.splitlines()[2:]]
    return joints, np.array(rows, float)


def test_the_file_puts_every_joint_where_the_take_does(gesturing, tmp_path):
    path = tmp_path / "take.bvh"
    assert export(gesturing, load_head(), path) == "BVH of the body"
    joints, rows = read(path.read_text())
    assert set(joints) == set(JOINTS) and len(rows) == 3
    expected, _ = forward(gesturing.joints, MOVED)
    places, turns = {}, {}
    for name, (parent, offset, columns) in joints.items():
        own = Rotation.from_euler("ZXY", rows[:, columns], degrees=True)
        if parent is None:
            places[name], turns[name] = np.tile(offset, (3, 1)), own
        else:
            places[name] = places[parent] + turns[parent].apply(offset)
            turns[name] = turns[parent] * own
        np.testing.assert_allclose(places[name] / 100, expected[name], atol=2e-5)


def test_the_head_turns_by_its_neck_and_itself(gesturing):
    gesturing.head_rotation[:, 1] = 0.5  # to the left
    turns = bvh.rotations(gesturing)
    np.testing.assert_allclose((turns["neck"] * turns["head"]).as_rotvec(), [[0, 0.5, 0]] * 3, atol=1e-6)


def test_a_take_without_gestures_is_refused_in_words(tmp_path):
    with pytest.raises(ExportError, match="--gestures"):
        export(take_of(), load_head(), tmp_path / "take.bvh")
    assert not list(tmp_path.iterdir())
