# SPDX-License-Identifier: GPL-3.0-or-later
"""Exact frame rates, and the voice in the sequencer."""

from fractions import Fraction

import bpy
import pytest
from blender_scene import HAS_AUDIO

from addon.scene import sound

pytestmark = pytest.mark.skipif(not HAS_AUDIO, reason="this build of Blender has no audio")


@pytest.mark.parametrize(
    ("fps", "base", "exact"),
    [
        (24, 1.0, Fraction(24)),
        (30, 1.001, Fraction(30000, 1001)),
        (24, 1.001, Fraction(24000, 1001)),
        (60, 1.001, Fraction(60000, 1001)),
        (25, 2.0, Fraction(25, 2)),
    ],
)
def test_the_rate_is_a_fraction(fps, base, exact):
    scene = bpy.context.scene
    scene.render.fps, scene.render.fps_base = fps, base
    assert sound.scene_fps(scene) == exact


def strips():
    return [(strip.name, strip.channel, sound.start_of(strip)) for strip in sound.strips_of(bpy.context.scene)]


@pytest.mark.parametrize(("fps", "base"), [(24, 1.0), (30, 1.001), (60, 1.0)])
def test_the_strip_starts_on_its_frame_and_covers_the_sound(voice, fps, base):
    scene = bpy.context.scene
    scene.render.fps, scene.render.fps_base = fps, base
    name = sound.add_strip(scene, "Anna", str(voice), 37)
    strip = sound.strips_of(scene)[name]
    assert sound.start_of(strip) == 37
    first, last = sound.span_of(strip)
    assert abs(last - first - fps / base) <= 1


def test_the_same_sound_at_the_same_frame_is_not_doubled(voice):
    scene = bpy.context.scene
    theirs = sound.strips_of(scene).new_sound("mine", str(voice), 3, 10)
    assert sound.add_strip(scene, "Anna", str(voice), 10) == theirs.name
    assert sound.add_strip(scene, "Anna", str(voice), 10) == theirs.name
    assert strips() == [("mine", 3, 10)]


def test_another_start_moves_only_miens_own_strip(voice):
    scene = bpy.context.scene
    sound.strips_of(scene).new_sound("mine", str(voice), 1, 500)
    for frame in (10, 40):
        sound.add_strip(scene, "Anna", str(voice), frame)
    assert sorted(start for _, _, start in strips()) == [40, 500]


def test_two_speakers_at_once_take_two_channels(voice, tmp_path):
    other = tmp_path / "other.wav"
    other.write_bytes(voice.read_bytes())
    scene = bpy.context.scene
    sound.add_strip(scene, "Anna", str(voice), 10)
    sound.add_strip(scene, "Ben", str(other), 20)
    assert sorted(channel for _, channel, _ in strips()) == [1, 2]


def test_a_broken_sound_is_refused_in_words_and_leaves_the_old_strip(voice, tmp_path):
    broken = tmp_path / "broken.wav"
    broken.write_text("no sound")
    sound.add_strip(bpy.context.scene, "Anna", str(voice), 10)
    before = strips()
    with pytest.raises(sound.SoundError, match="Blender cannot read"):
        sound.add_strip(bpy.context.scene, "Anna", str(broken), 50)
    assert strips() == before and len(bpy.data.sounds) == 1


def test_paths_that_cannot_be_used_say_why(tmp_path):
    assert sound.refusal("") == "Choose a sound file first"
    assert "never saved" in sound.refusal("//voice.wav")
    assert "There is no sound file" in sound.refusal(str(tmp_path / "gone.wav"))


def test_a_packed_sound_for_which_there_is_no_room_is_named(voice, tmp_path, monkeypatch):
    copy = tmp_path / "packed.wav"
    copy.write_bytes(voice.read_bytes())
    packed = bpy.data.sounds.load(str(copy))
    packed.pack()
    copy.unlink()

    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(sound.Path, "write_bytes", full)
    said = "'packed.wav' cannot be written to .*No space left"
    with pytest.raises(sound.SoundError, match=said), sound.readable(packed.filepath):
        pass
