# SPDX-License-Identifier: GPL-3.0-or-later
"""A take that does not show says why."""

import bpy
import pytest
from blender_scene import CHANNELS
from fake_backend import channel_take

from addon.generation.runner import runner


@pytest.fixture
def keys(speaker, backend):
    """The shape keys of a speaker whose backend is there."""
    backend.take = lambda **meta: channel_take(channels=CHANNELS, **meta)
    return speaker.data.shape_keys


def note() -> str:
    assert bpy.ops.mien.generate() == {"FINISHED"}
    return runner.state.note


def test_a_take_that_shows_says_nothing_of_it(keys) -> None:
    assert "show" not in note() and "win" not in note()


def test_a_soloed_track_is_named(keys) -> None:
    keys.animation_data_create().nla_tracks.new().is_solo = True
    assert "is soloed, so the take does not show" in note()


def test_an_nla_that_is_off_is_named(keys) -> None:
    keys.animation_data_create().use_nla = False
    assert "is switched off, so the take does not show" in note()


def test_keys_above_the_take_are_named_unless_they_are_muted(keys) -> None:
    keys.key_blocks["jawOpen"].keyframe_insert("value", frame=1)
    assert note().endswith("Keys of your own lie above the take and win: jawOpen.")
    action = keys.animation_data.action
    curves = action.layers[0].strips[0].channelbags[0].fcurves if hasattr(action, "layers") else action.fcurves
    curves[0].mute = True
    assert "win" not in note()
