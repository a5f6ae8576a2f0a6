# SPDX-License-Identifier: GPL-3.0-or-later
from dataclasses import replace
from pathlib import Path

import bpy
import numpy as np
import pytest
from blender_takes import apply, weights_take

from addon.animation import recorded_takes, takes
from addon.generation import requests
from addon.scene import lines
from addon.scene.sound import SoundError


@pytest.fixture
def line(toy_head, voice):
    """A line with a recorded take, and a generated one."""
    line = lines.add(toy_head, str(voice), 1)
    acted = replace(weights_take(np.zeros((10, 3)), engine="face tracker"), file=b"the take's file" * 100)
    apply(toy_head, acted)
    apply(toy_head, weights_take(np.zeros((10, 3)), seed="1"))
    return line


def test_only_a_take_from_video_can_be_chosen_and_its_file_is_kept(toy_head, line):
    ((key, name),) = recorded_takes.all_of(toy_head)
    assert name == line.takes[0].name
    line.recorded_from = key
    assert recorded_takes.file_of(recorded_takes.chosen(toy_head, line)[1]) == b"the take's file" * 100


def test_what_is_chosen_is_sent_and_makes_other_takes_stale(toy_head, line):
    (plain,) = requests.of_line(bpy.context, bpy.context.scene, toy_head, line, [1])
    line.recorded_from = recorded_takes.all_of(toy_head)[0][0]
    requests.prepare(toy_head, line)
    (with_nonverbal,) = requests.of_line(bpy.context, bpy.context.scene, toy_head, line, [1])
    assert (plain.recorded, with_nonverbal.recorded_part) == ("", "nonverbal")
    assert Path(with_nonverbal.recorded).read_bytes() == b"the take's file" * 100
    line.recorded_part = "lips"
    (with_lips,) = requests.of_line(bpy.context, bpy.context.scene, toy_head, line, [1])
    assert len({plain.fingerprint, with_nonverbal.fingerprint, with_lips.fingerprint}) == 3


def test_a_recorded_take_that_was_deleted_is_missed_in_words(toy_head, line):
    line.recorded_from = recorded_takes.all_of(toy_head)[0][0]
    takes.delete(line, line.takes[0].uid)
    with pytest.raises(SoundError, match="was deleted; choose another"):
        requests.of_line(bpy.context, bpy.context.scene, toy_head, line, [1])


@pytest.mark.parametrize("text", ["", "no base64!", "AAAA"])
def test_a_damaged_file_gives_nothing(line, text):
    line.takes[0].recorded = text
    assert recorded_takes.file_of(line.takes[0]) == b""
