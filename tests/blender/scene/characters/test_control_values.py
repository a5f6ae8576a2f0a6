# SPDX-License-Identifier: GPL-3.0-or-later
"""Controls of every kind are set, and left as they were."""

import math

import pytest
from rigs import characters

from addon.scene.characters.control_values import as_it_was, rest_of, set_value
from addon.scene.characters.controls import Candidate

BONE = 'pose.bones["a"]'


@pytest.fixture
def rig():
    obj = characters.armature("Rig", {"a": ((0, 0, 0), (0, 0, 0.1))}, {})
    obj.pose.bones["a"]["share"], obj["many"], obj["whole"] = 0.5, [1.0, 2.0], 3
    return obj


def read(rig):
    bone = rig.pose.bones["a"]
    return [*bone.location, *bone.rotation_quaternion, *bone.scale, bone["share"], *rig["many"], rig["whole"]]


@pytest.mark.parametrize(
    ("path", "index", "place", "value"),
    [
        (f"{BONE}.location", 1, 1, 0.25),
        (f"{BONE}.scale", 2, 9, 2.0),
        (f'{BONE}["share"]', -1, 10, 0.75),
        ('["many"]', 1, 12, 0.5),
        ('["whole"]', -1, 13, 2.0),
    ],
)
def test_a_control_is_set_and_left_as_it_was(rig, path, index, place, value):
    before = read(rig)
    with as_it_was([rig]):
        set_value(Candidate(rig, path, index, 0.0, 1.0), value)
        assert read(rig)[place] == pytest.approx(value)
    assert read(rig) == before


def test_an_angle_of_a_bone_in_quaternions(rig):
    set_value(Candidate(rig, f"{BONE}.rotation_quaternion", 0, -1.0, 1.0, angle=True), math.radians(60))
    assert tuple(rig.pose.bones["a"].rotation_quaternion) == pytest.approx((math.cos(math.pi / 6), 0.5, 0.0, 0.0))


@pytest.mark.parametrize(
    ("path", "low", "high", "rest"), [("location", -1, 1, 0), ("scale", 0, 3, 1), ("x", 0.2, 1, 0.2)]
)
def test_the_rest_of_a_control(rig, path, low, high, rest):
    assert rest_of(Candidate(rig, path, 0, low, high)) == rest
