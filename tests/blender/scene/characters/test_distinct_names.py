# SPDX-License-Identifier: GPL-3.0-or-later
"""Names of items of a list are told apart."""

import bpy
import pytest

from addon.scene.characters.distinct_names import distinct, name_parts


@pytest.mark.parametrize(
    ("name", "taken", "wanted"),
    [
        ("voice", [], "voice"),
        ("voice", ["other"], "voice"),
        ("voice", ["voice"], "voice 2"),
        ("voice", ["voice", "voice 2", "voice 4"], "voice 3"),
    ],
)
def test_a_name_that_is_taken_gets_a_number(name, taken, wanted):
    assert distinct(name, taken) == wanted


def test_parts_are_named_after_their_meshes_and_keep_their_names(cube):
    parts = [bpy.data.objects.new(name, bpy.data.meshes.new(name)) for name in ("Teeth", "Tongue")]
    for part in (*parts, parts[0]):
        cube.mien.parts.add().mesh = part
    assert [part.name for part in cube.mien.parts] == ["Teeth", "Tongue", "Teeth 2"]
    cube.mien.parts[1].name = ""  # as in a file of an earlier version
    parts[0].name = "Other"
    name_parts(cube)
    assert [part.name for part in cube.mien.parts] == ["Teeth", "Tongue", "Teeth 2"]
