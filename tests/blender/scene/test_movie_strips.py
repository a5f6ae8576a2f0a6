# SPDX-License-Identifier: GPL-3.0-or-later

import bpy
import pytest
from grey_film import write_grey_film

from addon.scene import movie_strips, sound


@pytest.fixture
def film(tmp_path) -> str:
    return str(write_grey_film(tmp_path / "act.mp4"))


def test_movie_strips_with_their_place_and_what_they_show(film):
    scene = bpy.context.scene
    strips = sound.strips_of(scene)
    if not hasattr(strips, "new_movie"):
        pytest.skip("this Blender adds no movies")
    second = strips.new_movie("second", film, channel=1, frame_start=101)
    strips.new_movie("first", film, channel=2, frame_start=11)
    if second.type != "MOVIE" or sound.span_of(second) == (101, 101):
        pytest.skip("this Blender reads no films")
    if hasattr(second, "left_handle"):
        second.left_handle, second.right_handle = 107, 137
    else:
        second.frame_final_start, second.frame_final_end = 107, 137
    one, other = movie_strips.all_strips(bpy.context)
    assert (one.name, one.start_frame, one.begin_s, one.end_s) == ("first", 11, 0.0, 0.0)
    assert (other.start_frame, other.begin_s, other.end_s) == (101, 0.25, 1.5)
    assert sound.same_file(one.path, film) and movie_strips.find(bpy.context, "second") == other
    assert movie_strips.find(bpy.context, "third") is None


def test_a_scene_without_a_sequencer_has_none():
    assert movie_strips.all_strips(bpy.context) == []


def test_films_that_cannot_be_used_are_refused(tmp_path):
    assert movie_strips.refusal(" ") == "Choose a film first"
    assert "never saved" in movie_strips.refusal("//act.mp4")
    assert movie_strips.refusal(str(tmp_path / "act.mp4")).startswith("There is no film")
