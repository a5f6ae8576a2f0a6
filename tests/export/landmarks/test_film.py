# SPDX-License-Identifier: GPL-3.0-or-later
"""The film of the moving landmarks: every frame, the sound, and what it says of its making."""

from dataclasses import replace
from fractions import Fraction

import av
import numpy as np
import pytest
from checkout import SAMPLES
from mien.audio.speech import RATE, Speech
from mien.export.landmarks.canvas import canvas_of
from mien.export.landmarks.film import BACKDROP, LIP_COLOUR, pictures, write_landmark_film
from mien.heads.landmark_track import LandmarkTrack, landmarks_of
from mien.take import read_take
from mien.video.provenance import Provenance
from mien.video.provenance_reading import read_provenance

CAMERA = np.float32([[1, 0, 0, 160], [0, -1, 0, 240]])


@pytest.fixture(scope="module")
def track() -> LandmarkTrack:
    """Six frames."""
    whole = landmarks_of(read_take(SAMPLES / "default_style.take.safetensors"))
    cut = {name: getattr(whole, name)[20:26] for name in ("points", "head", "gaze")}
    return replace(whole, **cut, duration=Fraction(6, 25))


def test_lips_are_drawn_where_they_are(track) -> None:
    canvas = canvas_of(track)
    picture = next(pictures(track, canvas))
    height, width, _ = picture.shape
    assert height == 720 and width % 2 == 0
    left, top, w, h = canvas.window
    x, y = canvas.points(track)[0, [54, 55]].mean(0)  # in the middle of a line of the lips
    row, column = round((y - top) / h * height), round((x - left) / w * width)
    around = picture[row - 2 : row + 3, column - 2 : column + 3].reshape(-1, 3).astype(int)
    assert np.abs(around - LIP_COLOUR).sum(1).min() < 60
    assert tuple(picture[2, 2]) == BACKDROP


def test_a_photo_lies_darkened_behind_them(track) -> None:
    photo = np.full((480, 321, 3), 200, np.uint8)
    there = replace(track, camera=CAMERA, info={"width": "321", "height": "480"})
    picture = next(pictures(there, canvas_of(there), photo))
    assert picture.shape == (480, 320, 3)
    assert 60 < picture[5, 5].mean() < 120


def test_the_film_has_every_frame_and_the_sound(track, tmp_path, monkeypatch) -> None:
    monkeypatch.setenv("MIEN_DATA", str(tmp_path / "data"))
    speech = Speech.from_samples(np.sin(np.arange(RATE) * 0.1).astype(np.float32) * 0.1, "tone")
    path = tmp_path / "x.mp4"
    write_landmark_film(track, canvas_of(track), path, speech, provenance=Provenance("landmarks", "rules", 3))
    with av.open(str(path)) as film:
        assert film.streams.video[0].frames == 6 and film.streams.video[0].average_rate == 25
        assert float(film.streams.audio[0].duration * film.streams.audio[0].time_base) == pytest.approx(0.24, abs=0.05)
    said = read_provenance(path).tag
    assert (said.kind, said.engine, said.seed) == ("landmarks", "rules", 3)
    assert [each.name for each in tmp_path.iterdir() if each.suffix == ".part"] == []
