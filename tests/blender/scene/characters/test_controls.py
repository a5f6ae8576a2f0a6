# SPDX-License-Identifier: GPL-3.0-or-later
"""Candidates for controls behind the drivers of shape keys, with their limits."""

import bpy
import pytest
from rigs import characters

from addon.scene.characters import controls


@pytest.fixture
def rig():
    return characters.armature("Rig", {name: ((0, 0, i), (0, 0, i + 0.1)) for i, name in enumerate("abc")}, {})


@pytest.fixture
def face():
    return characters.face("Face", {"jawOpen": {"jawOpen": 1.0}})


def drive(face, **target) -> None:
    driver = face.data.shape_keys.key_blocks["jawOpen"].driver_add("value").driver
    variable = driver.variables.new()
    variable.type = "SINGLE_PROP" if "data_path" in target else "TRANSFORMS"
    for name, value in target.items():
        setattr(variable.targets[0], name, value)


def candidate_rows(face) -> list[tuple]:
    return [
        (c.path, c.index, round(c.low, 3), round(c.high, 3)) for c in controls.candidates([face], {face: ["jawOpen"]})
    ]


def test_a_custom_property_with_its_limits(face, rig):
    rig["open"] = 0.0
    rig.id_properties_ui("open").update(min=0.0, max=5.0, soft_min=0.0, soft_max=2.0)
    drive(face, id=rig, data_path='["open"]')
    assert candidate_rows(face) == [('["open"]', -1, 0.0, 2.0)]


def test_a_place_of_a_bone_by_a_data_path(face, rig):
    drive(face, id=rig, data_path='pose.bones["b"].location[2]')
    assert [row[:2] for row in candidate_rows(face)] == [('pose.bones["b"].location', 2)]


@pytest.mark.parametrize(("kind", "path"), [("LOC_Y", "location"), ("ROT_Y", "rotation_euler"), ("SCALE_Y", "scale")])
def test_a_transform_of_a_bone(face, rig, kind, path):
    rig.pose.bones["a"].rotation_mode = "XYZ"
    drive(face, id=rig, bone_target="a", transform_type=kind)
    assert [row[:2] for row in candidate_rows(face)] == [(f'pose.bones["a"].{path}', 1)]


def test_limits_are_those_of_the_constraint(face, rig):
    limit = rig.pose.bones["a"].constraints.new("LIMIT_LOCATION")
    limit.use_min_y, limit.min_y, limit.use_max_y, limit.max_y = True, -0.5, True, 0.25
    drive(face, id=rig, bone_target="a", transform_type="LOC_Y")
    assert candidate_rows(face) == [('pose.bones["a"].location', 1, -0.5, 0.25)]


def test_a_locked_axis_is_none(face, rig):
    rig.pose.bones["a"].lock_location = (False, True, False)
    drive(face, id=rig, bone_target="a", transform_type="LOC_Y")
    assert candidate_rows(face) == []


def test_what_a_bone_follows_is_a_candidate(face, rig):
    copy = rig.pose.bones["a"].constraints.new("COPY_LOCATION")
    copy.target, copy.subtarget = rig, "c"
    drive(face, id=rig, bone_target="a", transform_type="LOC_Y")
    assert ('pose.bones["c"].location', 1) in [row[:2] for row in candidate_rows(face)]


def test_drivers_in_a_circle_end(face, rig):
    for one, other in (("a", "b"), ("b", "a")):
        copy = rig.pose.bones[one].constraints.new("COPY_LOCATION")
        copy.target, copy.subtarget = rig, other
    drive(face, id=rig, bone_target="a", transform_type="LOC_Y")
    assert len(candidate_rows(face)) <= 12


def test_keys_without_drivers_have_none(face):
    assert bpy.data.objects["Face"] == face and candidate_rows(face) == []
