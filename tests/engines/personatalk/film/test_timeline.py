# SPDX-License-Identifier: GPL-3.0-or-later
from fractions import Fraction

import numpy as np
import pytest
from mien.engines.personatalk import DubRefused
from mien.engines.personatalk.film.timeline import timeline
from mien.face_tracking.head_pose import HeadPose

RATE = Fraction(25)


def pose(frames: int) -> HeadPose:
    return HeadPose(np.tile(np.eye(3), (frames, 1, 1)), np.full(frames, 100.0), np.zeros((frames, 3)))


def line(seconds: float, when: str | None, frames: int = 50) -> np.ndarray:
    return timeline(frames, RATE, Fraction(str(seconds)), when, pose(frames), 1000)


def test_a_shorter_voice_leaves_the_film_whole() -> None:
    np.testing.assert_array_equal(line(1, None), np.arange(50))


def test_a_longer_voice_is_asked_about() -> None:
    with pytest.raises(DubRefused, match="3.00 s and the film 2.00 s.*loop.*hold.*stop"):
        line(3, None)
    assert len(line(2.08, None)) == 52  # two pictures more are not worth a question


def test_hold_stop_and_loop() -> None:
    np.testing.assert_array_equal(line(3, "stop"), np.arange(50))
    np.testing.assert_array_equal(line(3, "hold")[50:], 49)
    loop = line(20, "loop")
    assert len(loop) == 500 and np.abs(np.diff(loop)).max() == 1 and loop.min() >= 0 and loop[50:].max() <= 49
    assert len(np.unique(loop[50:])) >= 15


def test_a_film_of_one_picture_loops_as_well() -> None:
    np.testing.assert_array_equal(timeline(1, RATE, Fraction(1), "loop", pose(1), 1), 0)


def test_no_more_pictures_than_can_be_held() -> None:
    loop = timeline(200, RATE, Fraction(20), "loop", pose(200), 7)
    assert len(np.unique(loop[200:])) <= 7
