# SPDX-License-Identifier: GPL-3.0-or-later
"""Landmark tracks: of takes, in files that are read strictly, and what does not belong together."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest
from checkout import SAMPLES
from mien.files.safetensors import read_tensors, write_tensors
from mien.heads.default import load_head
from mien.heads.identity import load_identity
from mien.heads.landmark_track import (
    INNER_LIPS,
    LandmarkError,
    LandmarkTrack,
    default_rest,
    landmarks_of,
    read_landmarks,
    write_landmarks,
)
from mien.heads.retarget import to_vertices
from mien.take import Take, read_take

HEAD = load_head()


@pytest.fixture(scope="module")
def take() -> Take:
    sample = read_take(SAMPLES / "default_style.take.safetensors")
    return replace(sample, meta={**sample.meta, **HEAD.take_meta, "engine": "rules", "seed": "3"})


@pytest.fixture(scope="module")
def track(take) -> LandmarkTrack:
    return landmarks_of(take)


def changed(track: LandmarkTrack, tensors: dict | None = None, **meta: str | None) -> bytes:
    """The file with other tensors and metadata; None leaves one out."""
    old, fields = read_tensors(track.to_bytes())
    parts = [
        {key: value for key, value in both.items() if value is not None}
        for both in (old | (tensors or {}), fields | meta)
    ]
    return write_tensors(*parts)


def test_landmarks_are_the_vertices_that_the_head_names(take, track) -> None:
    faces = HEAD.faces(take)[:, HEAD.landmarks] * 1000
    assert np.abs(track.points - faces).max() < 1e-3
    assert (track.fps, track.duration, track.start) == (take.fps, take.duration, take.start)
    assert np.array_equal(track.head, take.head_rotation)
    assert track.info == {"engine": "rules", "seed": "3"}


def test_a_take_of_vertices_has_the_same_landmarks(take, track) -> None:
    assert np.abs(landmarks_of(to_vertices(take, HEAD)).points - track.points).max() < 1e-3


def test_the_head_turns_as_the_whole_face_does(take, track) -> None:
    turned = HEAD.turned(HEAD.faces(take), take.head_rotation)[:, HEAD.landmarks] * 1000
    assert np.abs(take.head_rotation).max() > 0.01
    assert np.abs(track.turned - turned).max() < 0.01


def test_an_identity_speaks_with_a_face_of_its_own(take) -> None:
    track = landmarks_of(take, load_identity("man_b"))
    assert track.info["identity"] == "man_b"
    assert track.eye_distance > landmarks_of(take).eye_distance + 5
    assert np.linalg.norm(track.points - track.rest, axis=-1).max() > 5


def test_the_order_is_that_of_ibug(track) -> None:
    x, y, z = track.rest.T
    assert x[0] < -60 and x[16] > 60 and (np.diff(x[1:16]) > 0).all()  # contour from the right ear to the left
    assert y[8] == y[:17].min() and z[30] == z.max()  # chin, tip of the nose
    assert (np.diff(x[17:27]) > 0).all() and (np.diff(y[27:31]) < 0).all()
    assert (x[36:42] < 0).all() and (x[42:48] > 0).all()
    assert all(y[upper] > y[lower] and x[upper] == pytest.approx(x[lower], abs=4) for upper, lower in INNER_LIPS)
    assert track.lip_gap.shape == (track.frames, 3)


def test_a_file_comes_back_to_the_bit(track, tmp_path) -> None:
    camera = np.arange(8, dtype=np.float32).reshape(2, 4)
    full = replace(track, camera=camera, info={**track.info, "identity": "photo"})
    write_landmarks(full, tmp_path / "x.landmarks.safetensors")
    back = read_landmarks(tmp_path / "x.landmarks.safetensors")
    assert back.to_bytes() == full.to_bytes()
    assert np.array_equal(back.points, track.points) and np.array_equal(back.camera, camera)
    assert (back.fps, back.start, back.duration, dict(back.info)) == (track.fps, track.start, track.duration, full.info)


def test_the_least_is_points_head_and_rate() -> None:
    points = np.stack([default_rest()] * 5)
    track = LandmarkTrack(points, np.zeros((5, 3), np.float32), None, Fraction(25))
    back = read_landmarks(track.to_bytes())
    assert back.gaze is None and back.camera is None and back.duration == Fraction(1, 5)
    assert np.array_equal(back.rest, default_rest())


@pytest.mark.parametrize(
    ("parts", "sentence"),
    [
        ({"points": np.zeros((2, 67, 3), np.float32)}, r"points is float32 \(2, 67, 3\)"),
        ({"points": np.zeros((2, 68, 3))}, "points is float64"),
        ({"points": np.full((2, 68, 3), np.nan, np.float32)}, "points has a value that is no number"),
        ({"points": np.zeros((0, 68, 3), np.float32)}, "have 0 frames"),
        ({"head": np.zeros((3, 3), np.float32)}, r"head_rotation is float32 \(3, 3\)"),
        ({"gaze": np.zeros((2, 3), np.float32)}, "gaze is"),
        ({"rest": np.zeros((68, 3), np.float32)}, "both eyes in one place"),
        ({"rest": None}, "rest is None"),
        ({"fps": Fraction(0)}, "frame rate"),
        ({"duration": Fraction(2)}, "25 a second are 50"),
    ],
)
def test_parts_that_do_not_belong_together(parts, sentence) -> None:
    whole = {
        "points": np.stack([default_rest()] * 2),
        "head": np.zeros((2, 3), np.float32),
        "gaze": None,
        "fps": Fraction(25),
    }
    with pytest.raises(LandmarkError, match=sentence):
        LandmarkTrack(**(whole | parts))


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"format": "mien.take"}, "no landmarks that this Mien reads"),
        ({"format_version": "2"}, "version '2'"),
        ({"fps": None}, "'fps' is missing"),
        ({"fps": "12.5"}, "25/2"),
        ({"start": "nan"}, "start is 'nan'"),
        ({"warnings": "xx"}, "warnings are no JSON list"),
        ({"duration": "1/0"}, "duration is '1/0'"),
        ({"tensors": {"rest": None}}, "'rest' is missing"),
        ({"tensors": {"lips": np.zeros(3, np.float32)}}, "'lips' is unknown"),
        ({"tensors": {"points": np.zeros(3, np.int32)}}, "is I32"),
    ],
)
def test_a_file_that_is_no_track(track, change, sentence) -> None:
    with pytest.raises(LandmarkError, match=sentence):
        read_landmarks(changed(track, **change))


def test_a_take_is_no_track(take) -> None:
    with pytest.raises(LandmarkError, match=r"'mien\.take'"):
        read_landmarks(take.to_bytes())
