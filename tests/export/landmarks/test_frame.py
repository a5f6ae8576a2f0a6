# SPDX-License-Identifier: GPL-3.0-or-later
"""Frames of landmarks: where their axes point, what their unit is, and which a track has."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest
from mien.export.landmarks.frame import EYES, HEAD, PHOTO, FrameChoice, frame_of
from mien.heads.landmark_track import OUTER_EYES, LandmarkError, LandmarkTrack, default_rest

CAMERA = np.float32([[2, 0, 0, 100], [0, -2, 0, 500]])


@pytest.fixture
def still() -> LandmarkTrack:
    """Two frames of the default face at rest, the second with the head turned to its left."""
    head = np.float32([[0, 0, 0], [0, 0.2, 0]])
    return LandmarkTrack(np.stack([default_rest()] * 2), head, None, Fraction(25))


def photographed(track: LandmarkTrack, **info: str) -> LandmarkTrack:
    return replace(track, camera=CAMERA, info={"width": "640", "height": "480"} | info)


def test_eyes_lie_on_the_unit(still) -> None:
    frame = frame_of(still)
    points = frame.points(still)
    assert (frame.name, frame.unit, frame.axes) == (EYES, "eye distance", "xy")
    assert points.shape == (2, 68, 2) and points.dtype == np.float32
    np.testing.assert_allclose(points[0, list(OUTER_EYES)], [[-0.5, 0], [0.5, 0]], atol=1e-5)


def test_x_is_to_the_right_of_the_picture_and_y_down(still) -> None:
    points = frame_of(still).points(still)[0]
    assert points[16, 0] > 0.5 > -0.5 > points[0, 0]  # the head's left ear is on the right of the picture
    assert points[8, 1] > points[57, 1] > points[30, 1] > 0  # chin, lip, nose


def test_the_head_turns_unless_it_is_asked_to_be_still(still) -> None:
    frame = frame_of(still)
    moved, kept = frame.points(still), frame.points(still, still=True)
    assert moved[1, 30, 0] - moved[0, 30, 0] > 0.1  # the nose goes to the head's left
    np.testing.assert_array_equal(kept[0], kept[1])


def test_a_photo_s_frame_is_its_pixels(still) -> None:
    track = photographed(still)
    frame = frame_of(track)
    assert (frame.name, frame.unit, frame.size) == (PHOTO, "pixel", (640, 480))
    expected = np.float32([100, 500]) + default_rest()[:, :2] * [2, -2]
    np.testing.assert_allclose(frame.points(track)[0], expected, rtol=1e-5)
    assert frame_of(track, EYES).name == EYES


def test_the_head_s_own_frame_has_three_dimensions_in_mm(still) -> None:
    frame = frame_of(still, HEAD)
    assert (frame.unit, frame.axes) == ("mm", "xyz")
    np.testing.assert_array_equal(frame.points(still, still=True), still.points)
    np.testing.assert_array_equal(frame.points(still), still.turned)


def test_a_frame_that_the_track_does_not_have(still) -> None:
    with pytest.raises(FrameChoice, match="of no photo"):
        frame_of(still, PHOTO)
    with pytest.raises(FrameChoice, match="'face'.*eyes, photo, head"):
        frame_of(still, "face")


@pytest.mark.parametrize("info", [{"width": "wide"}, {"height": "0"}, {"width": "-4"}])
def test_a_photo_without_a_size(still, info) -> None:
    with pytest.raises(LandmarkError, match="photo"):
        frame_of(photographed(still, **info))
