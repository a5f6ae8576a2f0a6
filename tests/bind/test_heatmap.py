# SPDX-License-Identifier: GPL-3.0-or-later
"""The heat map: colours by distance, and a face in the middle of each view."""

from __future__ import annotations

import numpy as np
import pytest
from mien.bind.heatmap import COLOURS, FARTHEST, SIDES, SIZE, UNMATCHED, heat_colours, render_heatmap
from mien.bind.quality import skin_triangles
from mien.heads.default import load_head
from mien.video import VideoError

HEAD = load_head()
SKIN = len(HEAD.opposite)


def test_near_is_blue_far_is_red_nowhere_is_grey() -> None:
    expected = [COLOURS[0], COLOURS[-1], COLOURS[-1], UNMATCHED]
    np.testing.assert_allclose(heat_colours(np.array([0, FARTHEST, 5 * FARTHEST, np.nan])), expected)


def test_the_face_is_drawn_from_two_sides() -> None:
    red = np.tile([1.0, 0, 0], (SKIN, 1))
    try:
        drawn = np.asarray(render_heatmap(HEAD.vertices[:SKIN].astype(float), skin_triangles(HEAD), red)).astype(int)
    except VideoError as error:
        pytest.skip(str(error))
    assert drawn.shape == (SIZE, SIZE * len(SIDES), 3)
    for column in range(len(SIDES)):
        view = drawn[:, column * SIZE : (column + 1) * SIZE]
        face = view[..., 0] > view[..., 2] + 60
        assert 0.15 < face.mean() < 0.8 and face[SIZE // 2, SIZE // 2]
        assert not face[:, :8].any() and not face[:, -8:].any()
