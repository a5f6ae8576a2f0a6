# SPDX-License-Identifier: GPL-3.0-or-later
from fractions import Fraction

import bpy
import pytest

from addon.scene import sound
from addon.scene.apply import ApplyError
from addon.scene.sound import SoundError
from addon.video import strips


def trim(strip, first: int, last: int) -> None:
    if hasattr(strip, "left_handle"):
        strip.left_handle, strip.right_handle = first, last
    else:
        strip.frame_final_start, strip.frame_final_end = first, last


def test_the_words_begin_where_the_sound_strip_does(sequencer, film):
    _, movie, voice = sequencer
    dub = strips.dub_of(bpy.context)
    assert (dub.movie, dub.video, dub.frame, dub.longer) == ("act", film, 17, False)
    assert (dub.begin, dub.end) == (Fraction(6, 24), None)
    assert not dub.voice.trimmed and dub.voice.path == voice.sound.filepath


def test_what_the_strips_leave_out_is_left_out(sequencer):
    _, movie, voice = sequencer
    trim(movie, 23, 35)
    dub = strips.dub_of(bpy.context)
    assert (dub.frame, dub.begin, dub.end, dub.longer) == (23, Fraction(12, 24), Fraction(24, 24), True)
    assert dub.voice.first_s == pytest.approx(6 / 24)
    trim(voice, 29, 33)
    dub = strips.dub_of(bpy.context)
    assert (dub.frame, dub.begin) == (29, Fraction(18, 24))
    assert (dub.voice.first_s, dub.voice.last_s) == (pytest.approx(12 / 24), pytest.approx(16 / 24))


def test_what_cannot_be_dubbed_is_said(sequencer, tmp_path, film):
    _, movie, voice = sequencer
    voice.select = False
    assert "Select a movie strip" in strips.dub_refusal(bpy.context)
    voice.select = True
    sound.set_start(voice, 400)
    assert "do not overlap" in strips.dub_refusal(bpy.context)
    with pytest.raises(SoundError, match="do not overlap"):
        strips.dub_of(bpy.context)
    sound.set_start(voice, 17)
    film.unlink()
    assert "There is no film" in strips.dub_refusal(bpy.context)


def test_a_scene_without_a_sequencer_says_so():
    assert "Select a movie strip" in strips.dub_refusal(bpy.context)
    assert strips.voice_of(bpy.context) is None


def test_the_new_strip_is_above_and_shown_as_the_old_one(sequencer, film):
    all_strips, movie, voice = sequencer
    movie.transform.scale_x, movie.transform.offset_y, movie.blend_alpha = 0.5, 12.0, 0.75
    name = strips.add_above(bpy.context.scene, "act", "act dub", str(film), 17)
    new = all_strips[name]
    assert sound.span_of(new) == (17, 65) and new.channel == 2 > movie.channel
    assert (new.transform.scale_x, new.transform.offset_y, new.blend_alpha) == (0.5, 12.0, 0.75)
    assert [strip.name for strip in all_strips if strip.select] == [name]
    again = all_strips[strips.add_above(bpy.context.scene, "act", "act dub", str(film), 30)]
    assert again.channel == 4  # 2 has the first dub, 3 the sound


def test_a_film_that_blender_cannot_read_is_refused_and_leaves_nothing(sequencer, tmp_path):
    all_strips, *_ = sequencer
    broken = tmp_path / "broken.mp4"
    broken.write_bytes(b"no film")
    before = len(all_strips)
    with pytest.raises(ApplyError, match="Blender"):
        strips.add_above(bpy.context.scene, "act", "act dub", str(broken), 17)
    assert len(all_strips) == before


def test_a_voice_is_the_one_selected_sound(sequencer):
    voice = strips.voice_of(bpy.context)
    assert voice is not None and voice.frame == 17
