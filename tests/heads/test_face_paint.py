# SPDX-License-Identifier: GPL-3.0-or-later
import numpy as np
from default_head import HEAD
from mien.heads.default import load_head
from mien.heads.face_paint import HAIRS, brow_hairs, face_paint


def test_brows_and_lashes_lie_on_their_landmarks():
    head = load_head()
    painting = face_paint(head)
    x0, y0, width, height = painting.window
    size = np.array(painting.pixels.shape[1::-1])

    def ink(landmarks: list[int], layer: int) -> np.ndarray:
        at = (head.vertices[head.landmarks[landmarks], :2] - (x0, y0)) / (width, height) * size
        return np.array(
            [painting.pixels[int(y) - 4 : int(y) + 5, int(x) - 4 : int(x) + 5, layer].mean() for x, y in at]
        )

    assert (ink([18, 19, 20, 23, 24, 25], 0) > 60).all()
    assert (ink([37, 38, 43, 44], 1) > 60).all()
    assert (ink([8, 30, 48, 54], 0) == 0).all()  # chin, nose, corners of the mouth


def test_the_same_brows_every_time():
    head = load_head()
    assert (face_paint(head).pixels == face_paint(head).pixels).all()


def test_a_brow_is_an_even_arch():
    hairs, ink = brow_hairs(load_head())
    assert hairs.shape == (2 * HAIRS, 3, 2) and ink.min() > 50 and ink.max() <= 255
    right, left = hairs[:HAIRS], hairs[HAIRS:]
    assert (right[:, 0, 0] < 0).all() and (left[:, 0, 0] > 0).all()
    x, y = np.abs(left[:, 0, 0]), left[:, 0, 1]
    # Means over parts of the length, as a brow has them: a corner in it would be off the parabola by a millimetre.
    parts = np.array_split(np.argsort(x), 8)
    along, height = (np.array([values[part].mean() for part in parts]) for values in (x, y))
    curve = np.polyfit(along, height, 2)
    assert np.abs(np.polyval(curve, along) - height).max() < 0.0006
    assert curve[0] < 0  # an arch, not a bowl


def test_the_brows_lie_where_the_landmarks_are():
    x, y, width, height = HEAD.brow_window
    rows, columns = HEAD.brows.shape[:2]
    for channel, marks in ((0, (18, 19, 20, 23, 24, 25)), (1, (37, 38, 43, 44))):
        for mark in marks:
            place = HEAD.vertices[HEAD.landmarks[mark], :2]
            column, row = ((place - (x, y)) / (width, height) * (columns, rows)).astype(int)
            assert HEAD.brows[row - 5 : row + 6, column - 5 : column + 6, channel].max() > 60, mark
    assert HEAD.brows[..., 0].mean() < 60  # most of the face is bare
