# SPDX-License-Identifier: GPL-3.0-or-later
import numpy as np
import pytest
from mien.engines.personatalk import DubError
from mien.engines.personatalk.face_shapes import face_shapes, lip_gap
from talkers import talker


def test_the_pose_is_taken_out() -> None:
    still, nodding = talker(30, nod=0.0), talker(30, nod=0.15)
    difference = np.abs(still.shapes.shapes - nodding.shapes.shapes).max()
    assert difference < 0.05  # eye distances: the tracker's pose is fitted, and the jaw pulls at it a little


def test_the_gap_follows_the_mouth_and_rest_is_nearly_shut() -> None:
    made = talker(40)
    assert np.corrcoef(made.shapes.gap, made.opening)[0, 1] > 0.98
    assert lip_gap(made.shapes.rest[None])[0] < np.median(made.shapes.gap)


def test_vertices_are_the_track_s_points() -> None:
    made = talker(30)
    np.testing.assert_allclose(made.shapes.vertices(7)[:468], made.track.points[7, :468], atol=1e-3)
    other = made.shapes.vertices(7, made.shapes.shapes[9])
    np.testing.assert_allclose(other[468:], made.shapes.vertices(7)[468:])


def test_too_little_of_a_face_is_refused() -> None:
    made = talker(30)
    with pytest.raises(DubError, match="seen in 5 pictures"):
        face_shapes(made.track, np.arange(30) < 5)
