# SPDX-License-Identifier: GPL-3.0-or-later
"""The heat map: colours by distance, and a face in the middle of each view."""

from __future__ import annotations

import numpy as np
import pytest
from mien.bind.heatmap import COLOURS, FARTHEST, SIDES, SIZE, UNMATCHED, heat_colours, render_heatmap
from mien.bind.quality import skin_triangles
from mien.heads.default import load_head
from mien.preview.scene import Scene
from mien.video import VideoError

HEAD = load_head()
SKIN = len(HEAD.opposite)


def test_near_is_blue_far_is_red_nowhere_is_grey() -> None:
    expected = [COLOURS[0], COLOURS[-1], COLOURS[-1], UNMATCHED]
    np.testing.assert_allclose(heat_colours(np.array([0, FARTHEST, 5 * FARTHEST, np.nan])), expected)


def red_head() -> np.ndarray:
    """The pixels of the head's skin, all of it far from anything; the test is skipped where nothing can be drawn."""
    red = np.tile([1.0, 0, 0], (SKIN, 1))
    try:
        return np.asarray(render_heatmap(HEAD.vertices[:SKIN].astype(float), skin_triangles(HEAD), red)).astype(int)
    except VideoError as error:
        pytest.skip(str(error))


def test_what_was_open_before_still_draws_afterwards() -> None:
    try:
        scene = Scene((64, 64))
    except VideoError as error:
        pytest.skip(str(error))
    with scene:
        before = scene.picture(HEAD.vertices)
        red_head()
        np.testing.assert_array_equal(scene.picture(HEAD.vertices), before)


def test_the_face_is_drawn_from_two_sides() -> None:
    drawn = red_head()
    assert drawn.shape == (SIZE, SIZE * len(SIDES), 3)
    for column in range(len(SIDES)):
        view = drawn[:, column * SIZE : (column + 1) * SIZE]
        face = view[..., 0] > view[..., 2] + 60
        assert 0.15 < face.mean() < 0.8 and face[SIZE // 2, SIZE // 2]
        assert not face[:, :8].any() and not face[:, -8:].any()
