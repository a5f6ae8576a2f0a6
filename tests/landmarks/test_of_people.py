# SPDX-License-Identifier: GPL-3.0-or-later
"""Landmarks of people: a photo's face lies where it is in the photo and can speak; a tracked one moves as seen."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from checkout import SAMPLES
from mien.export.landmarks.frame import frame_of
from mien.face_tracking import TrackingError
from mien.face_tracking.landmark_indices import IBUG, POINTS
from mien.face_tracking.tracker import track_face
from mien.heads.default import load_head
from mien.heads.landmark_fitting import closed_frames, fit_channels
from mien.heads.landmark_track import LandmarkError, default_rest, landmarks_of, read_landmarks
from mien.landmarks.of_people import at_rest, landmarks_of_track, on_photo, photo_face
from mien.take import Take, read_take
from mien.video.reader import open_footage
from PIL import Image
from rendered_faces import SIDE, face, footage, nobody

JAW = (("jawOpen", 0.5),)


@pytest.fixture(scope="module")
def take() -> Take:
    return read_take(SAMPLES / "default_style.take.safetensors")


def photo(folder: Path, pixels: np.ndarray) -> Path:
    path = folder / "face.png"
    Image.fromarray(pixels).save(path)
    return path


def test_each_of_the_68_is_another_of_the_478() -> None:
    assert len(IBUG) == len(set(IBUG)) == 68
    assert min(IBUG) >= 0 and max(IBUG) < POINTS


def test_the_default_head_is_found_in_its_picture(tmp_path) -> None:
    found = photo_face(photo(tmp_path, face()))
    assert (found.width, found.height, found.notes) == (SIDE, SIDE, ())
    distance = np.linalg.norm((found.rest - default_rest())[17:, :2], axis=1)
    assert distance.mean() < 5 and distance.max() < 14  # mm; a head is 150 mm wide


def test_the_camera_puts_the_face_back_into_the_photo(tmp_path, take) -> None:
    path = photo(tmp_path, face((), (0, 12, 5)))
    found = photo_face(path)
    seen = track_face(open_footage(path)).points[0][list(IBUG), :2]
    track = on_photo(landmarks_of(take), found)
    frame = frame_of(track)
    distance = np.linalg.norm(frame.projected(found.rest) - seen, axis=1)
    assert distance[:48].max() < 1 and distance.max() < 2  # pixels of 192; the lips were parted
    assert frame.size == (SIDE, SIDE) and track.info["identity"] == "photo"
    assert read_landmarks(track.to_bytes()).camera is not None


def test_lips_that_meet_meet_on_the_photo(tmp_path, take) -> None:
    track = landmarks_of(take)
    for channels in ((), JAW):
        there = on_photo(track, photo_face(photo(tmp_path, face(channels))))
        assert closed_frames(track).any()
        np.testing.assert_array_equal(closed_frames(there), closed_frames(track))


def test_a_track_on_a_photo_has_the_channels_it_had(tmp_path, take) -> None:
    track = landmarks_of(take)
    there = on_photo(track, photo_face(photo(tmp_path, face())))
    np.testing.assert_allclose(fit_channels(there), fit_channels(track), atol=0.02)
    np.testing.assert_array_equal(on_photo(there, photo_face(tmp_path / "face.png")).points, there.points)


def test_an_open_mouth_is_closed_and_said(tmp_path) -> None:
    found = photo_face(photo(tmp_path, face(JAW)))
    assert "mouth in the photo is open" in found.notes[0]
    chin = photo_face(photo(tmp_path, face())).rest[8, 1]
    assert abs(found.rest[8, 1] - chin) < 6  # mm; the open jaw's is some 15 lower


def test_resting_lips_are_those_of_the_default_head() -> None:
    head = load_head()
    jaw = head.deltas[head.channels.index("jawOpen")][head.landmarks] * 1000
    np.testing.assert_allclose(at_rest(default_rest() + 0.3 * jaw), default_rest(), atol=0.3)
    np.testing.assert_allclose(at_rest(default_rest() * 1.2), default_rest() * 1.2, atol=1e-3)


def test_a_head_turned_away_is_said(tmp_path) -> None:
    assert "turned by" in photo_face(photo(tmp_path, face((), (0, 38, 0)))).notes[0]


def test_a_photo_that_cannot_be_used(tmp_path) -> None:
    with pytest.raises(TrackingError, match="No face was found in the photo"):
        photo_face(photo(tmp_path, nobody()))
    with pytest.raises(LandmarkError, match="film, not a photo"):
        photo_face(SAMPLES / "film.mp4")


def test_a_tracked_face_moves_as_it_was_seen() -> None:
    opening = (0, 0, 0, 0.2, 0.5, 0.8, 0.5, 0.2)
    film = track_face(footage([face((("jawOpen", weight),), (0, 4 * i, 0)) for i, weight in enumerate(opening)]))
    track = landmarks_of_track(film)
    assert track.frames == len(opening) and track.fps == 25 and track.info["source"] == "rendered"
    assert np.corrcoef(track.lip_gap[:, 1], opening)[0, 1] > 0.95
    assert np.corrcoef(fit_channels(track)[:, 24], opening)[0, 1] > 0.9
    assert track.head[-1, 1] > track.head[0, 1] + 0.3
    assert np.abs(track.points[:, 27:31, 0] - track.points[0, 27:31, 0]).max() < 3  # the head's motion is not in them


def test_a_gap_is_bridged_by_a_straight_line() -> None:
    film = track_face(footage([face()] * 4 + [nobody()] * 3 + [face(JAW)] * 4), sigma=0)
    assert not film.tracked[5]
    gap = landmarks_of_track(film, neutral=0).lip_gap[:, 1]
    np.testing.assert_allclose(np.diff(gap[3:8]), (gap[7] - gap[3]) / 4, atol=1e-5)
