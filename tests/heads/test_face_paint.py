# SPDX-License-Identifier: GPL-3.0-or-later
import numpy as np
from mien.heads.default import load_head
from mien.heads.face_paint import face_paint


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
