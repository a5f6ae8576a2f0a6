# SPDX-License-Identifier: GPL-3.0-or-later
"""What drawings of landmarks show: the whole photo, or all of the points with a margin."""

from dataclasses import replace

import numpy as np
import pytest
from checkout import SAMPLES
from mien.export.landmarks.canvas import canvas_of
from mien.export.landmarks.frame import FrameChoice
from mien.heads.landmark_track import LandmarkTrack, landmarks_of
from mien.take import read_take


@pytest.fixture(scope="module")
def track() -> LandmarkTrack:
    return landmarks_of(read_take(SAMPLES / "default_style.take.safetensors"))


def test_all_points_of_all_frames_are_seen(track) -> None:
    canvas = canvas_of(track)
    points, (left, top, width, height) = canvas.points(track), canvas.window
    assert ((points > [left, top]) & (points < [left + width, top + height])).all()
    assert np.ptp(canvas.points(track)[0, [36, 45], 0]) == pytest.approx(100, rel=0.02)  # % of the eye distance


def test_a_photo_is_seen_whole(track) -> None:
    camera = np.float32([[1, 0, 0, 300], [0, -1, 0, 400]])
    canvas = canvas_of(replace(track, camera=camera, info={"width": "640", "height": "480"}))
    assert (canvas.window, canvas.scale) == ((0, 0, 640, 480), 1)


def test_three_dimensions_are_not_drawn(track) -> None:
    with pytest.raises(FrameChoice, match="two dimensions"):
        canvas_of(track, "head")
