# SPDX-License-Identifier: GPL-3.0-or-later
"""How a strip is retimed, from what a version of Blender shows of it."""

import struct
from types import SimpleNamespace

import bpy
import pytest

from addon.scene import retiming


def strip_like(voice, frames: int, **more):
    """A strip of the voice, a second at 24 fps, as Blender up to 4.4 shows it."""
    sound = SimpleNamespace(filepath=str(voice))
    return SimpleNamespace(sound=sound, frame_duration=frames, frame_start=1, name="Voice", **more)


@pytest.mark.parametrize(("frames", "pairs"), [(24, ()), (23, ()), (48, ((0, 0), (2, 1))), (12, ((0, 0), (0.5, 1)))])
def test_without_keys_the_length_says_the_speed(toy_head, voice, frames, pairs):
    assert retiming.map_of(strip_like(voice, frames), bpy.context.scene) == pairs


def test_a_strip_with_fewer_than_two_keys_is_not_retimed(toy_head, voice):
    assert retiming.map_of(strip_like(voice, 48, retiming_keys=[]), bpy.context.scene) == ()


@pytest.mark.parametrize("layout", [("<d", 12), ("<d", 16), ("<i", 12)], ids=["from 5.0 on", "4.2", "before"])
def test_keys_are_read_as_each_version_lays_them_out(layout):
    kind, offset = layout
    keys = [bytearray(retiming.BYTES) for _ in range(3)]
    for key, frame, factor in zip(keys, (0, 150, 354), (0.0, 0.25, 1.0), strict=True):
        struct.pack_into(kind, key, 0, frame)
        struct.pack_into("<f", key, offset, factor)
    assert retiming._factors([bytes(key) for key in keys], [0, 150, 354]) == [0.0, 0.25, 1.0]
    assert retiming._factors([bytes(key) for key in keys], [0, 90, 354]) is None
