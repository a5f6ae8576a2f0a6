# SPDX-License-Identifier: GPL-3.0-or-later
"""A film and a sequencer with it, for tests of dubs and portraits."""

from pathlib import Path

import bpy
import pytest
from grey_film import write_grey_film

from addon.scene import sound
from addon.video import run as film_run


@pytest.fixture
def film(tmp_path: Path) -> Path:
    return write_grey_film(tmp_path / "act.mp4")


@pytest.fixture
def sequencer(film: Path, voice: Path):
    """(strips, a movie strip at frame 11, a sound strip at frame 17), both selected, below another strip."""
    strips = sound.strips_of(bpy.context.scene)
    if not hasattr(strips, "new_movie"):
        pytest.skip("this Blender adds no movies")
    movie = strips.new_movie("act", str(film), channel=1, frame_start=11)
    if sound.span_of(movie)[0] == sound.span_of(movie)[1]:
        pytest.skip("this Blender reads no films")
    try:
        voice_strip = strips.new_sound("line", str(voice), channel=3, frame_start=17)
    except RuntimeError:
        pytest.skip("this Blender was built without audio")
    if voice_strip.sound is None or voice_strip.sound.channels == "INVALID":
        pytest.skip("this Blender was built without audio")
    movie.select = voice_strip.select = True
    return strips, movie, voice_strip


@pytest.fixture(autouse=True)
def no_film():
    yield
    film_run.run.cancel()
    film_run.run.dismiss()
