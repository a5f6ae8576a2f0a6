# SPDX-License-Identifier: GPL-3.0-or-later
"""The landmarks, pairs of lips and masks of the default head."""

from __future__ import annotations

import numpy as np
from default_head import HEAD, weights


def test_landmarks_run_from_the_heads_right_to_its_left():
    points = HEAD.vertices[HEAD.landmarks]
    assert (np.diff(points[0:17, 0]) > 0)[3:13].all() and points[0, 0] < -0.05 < 0.05 < points[16, 0]
    for row in (range(17, 27), range(31, 36), range(48, 55), range(60, 65)):
        assert (np.diff(points[list(row), 0]) > 0).all(), row
    assert (np.diff(points[27:31, 1]) < 0).all() and (np.diff(points[27:31, 2]) > 0).all()
    pairs = [(i, 16 - i) for i in range(8)] + [(i, 43 - i) for i in range(17, 22)]
    pairs += [(31, 35), (32, 34), (36, 45), (37, 44), (38, 43), (39, 42), (40, 47), (41, 46)]
    pairs += [(48, 54), (49, 53), (50, 52), (59, 55), (58, 56), (60, 64), (61, 63), (67, 65)]
    for right, left in pairs:
        assert np.abs(points[right] * (-1, 1, 1) - points[left]).max() < 1e-5, (right, left)
    assert np.abs(points[[8, 27, 28, 29, 30, 33, 51, 57, 62, 66], 0]).max() < 0.0005


def test_landmarks_are_where_the_channels_act():
    """The lids' landmarks meet in a blink, the lips' part with the jaw, the brow's rise with the brow."""
    opened, shut = HEAD.vertices[HEAD.landmarks], HEAD.pose(weights(eyeBlink=1))[HEAD.landmarks]
    for upper, lower in ((37, 41), (38, 40), (43, 47), (44, 46)):
        assert opened[upper, 1] - opened[lower, 1] > 0.006
        assert abs(shut[upper, 1] - shut[lower, 1]) < 0.003
    yawn = HEAD.pose(weights(jawOpen=1))[HEAD.landmarks] - opened
    assert yawn[66, 1] < -0.03 and yawn[8, 1] < -0.02 and abs(yawn[62, 1]) < 0.002 and abs(yawn[33]).max() < 0.001
    brows = HEAD.pose(weights(browOuterUp=1, browInnerUp=1))[HEAD.landmarks] - opened
    assert brows[17:27, 1].min() > 0.002 and np.abs(brows[36:68]).max() < 0.002


def test_lip_pairs_face_each_other():
    upper, lower = HEAD.inner_lips.T
    assert HEAD.lip_mask[np.unique(HEAD.inner_lips)].all()
    x = HEAD.vertices[HEAD.inner_lips, 0]
    assert (np.diff(x.mean(1)) > -1e-4).all()
    assert np.abs(x[:, 0] - x[:, 1]).max() < 0.0031
    yawn = HEAD.pose(weights(jawOpen=1))
    middle = list(HEAD.inner_lips_middle)
    assert (yawn[upper, 1] - yawn[lower, 1])[middle].min() > 0.02
    assert sorted(set(upper[middle])) == [465, 468, 473, 474] and sorted(set(lower[middle])) == [493, 494, 523, 540]


def test_masks_hold_what_they_say():
    lips, upper = HEAD.lip_mask.astype(bool), HEAD.upper_face_mask.astype(bool)
    assert not (lips & upper).any()
    assert lips[HEAD.landmarks[48:68]].all()
    assert upper[HEAD.landmarks[17:28]].all() and upper[HEAD.landmarks[36:48]].all()
    assert not upper[HEAD.landmarks[[*range(2, 15), 30, 33]]].any()
