# SPDX-License-Identifier: GPL-3.0-or-later
"""The nasolabial fold goes obliquely from the nose to beside the mouth, and is dark on its line alone."""

import functools

import numpy as np
from mien.face_tracking.landmark_indices import NOSE_TIP, OUTER_LIPS
from mien.photo.fit import FittedFace, fit_face
from mien.photo.folds.nasolabial import NasolabialFold
from rendered_faces import face


@functools.cache
def fitted() -> FittedFace:
    return fit_face(face())


def light(fold: NasolabialFold) -> np.ndarray:
    """(H, W) factors over the whole photo."""
    out = np.ones(face().shape[:2])
    rows, columns, factors = fold.light(out.shape)
    out[rows, columns] = factors
    return out


def test_it_is_darkest_midway_and_runs_obliquely_out_and_down() -> None:
    for side in ("Left", "Right"):
        fold = NasolabialFold(fitted(), fitted().own_weights, side)
        shade = 1 - light(fold)
        x, y = fold.line.astype(int).T
        along = shade[y, x]
        darkest = int(along.argmax())
        assert 0.25 < darkest / len(along) < 0.6
        assert along[darkest] > 0.1 and along[darkest] > 0.9 * shade.max()
        assert max(along[0], along[-1]) < 0.02
        upper = fold.line[: darkest + 1]
        outwards = np.abs(upper[-1, 0] - upper[0, 0])
        assert outwards < upper[-1, 1] - upper[0, 1] < 4 * outwards
        assert abs(upper[-1, 0] - fitted().points[NOSE_TIP, 0]) > abs(upper[0, 0] - fitted().points[NOSE_TIP, 0])


def test_it_is_steeper_towards_the_cheek_and_spares_lips_and_the_other_side() -> None:
    fold = NasolabialFold(fitted(), fitted().own_weights, "Left")
    shade = 1 - light(fold)
    middle = fold.line[len(fold.line) // 2]
    away = 0.07 * fitted().eye_distance
    aside = np.array([np.sign(middle[0] - fitted().points[NOSE_TIP, 0]), 0.0])
    outer, inner = (shade[tuple((middle + way * away * aside).astype(int)[::-1])] for way in (1, -1))
    assert inner > outer + 0.02
    lips = fitted().points[list(OUTER_LIPS), :2].astype(int)
    assert np.abs(shade[lips[:, 1], lips[:, 0]]).max() < 0.04
    right = NasolabialFold(fitted(), fitted().own_weights, "Right").line.astype(int)
    assert np.abs(shade[right[:, 1], right[:, 0]]).max() < 0.02
