# SPDX-License-Identifier: GPL-3.0-or-later
"""Scores of 51 of the 52 ARKit channels from landmarks, with MediaPipe's blend-shape network.

Grishchenko et al. 2022, Blendshapes GHUM; the subset and the order are those of face_blendshapes_graph.cc. The network
gives no tongueOut, and its cheekPuff stays next to nothing whatever a face does.
"""

from __future__ import annotations

import numpy as np

from mien.channels import ARKIT
from mien.nn.tflite import TfliteNetwork

SUBSET = np.array([
    0, 1, 4, 5, 6, 7, 8, 10, 13, 14, 17, 21, 33, 37, 39, 40, 46, 52, 53, 54, 55, 58, 61, 63, 65, 66, 67, 70, 78, 80,
    81, 82, 84, 87, 88, 91, 93, 95, 103, 105, 107, 109, 127, 132, 133, 136, 144, 145, 146, 148, 149, 150, 152, 153,
    154, 155, 157, 158, 159, 160, 161, 162, 163, 168, 172, 173, 176, 178, 181, 185, 191, 195, 197, 234, 246, 249,
    251, 263, 267, 269, 270, 276, 282, 283, 284, 285, 288, 291, 293, 295, 296, 297, 300, 308, 310, 311, 312, 314,
    317, 318, 321, 323, 324, 332, 334, 336, 338, 356, 361, 362, 365, 373, 374, 375, 377, 378, 379, 380, 381, 382,
    384, 385, 386, 387, 388, 389, 390, 397, 398, 400, 402, 405, 409, 415, 454, 466, 468, 469, 470, 471, 472, 473,
    474, 475, 476, 477,
])  # fmt: skip
CHANNELS = tuple(name for name in ARKIT if name != "tongueOut")  # the network's own order after its `_neutral`


class BlendshapeNetwork:
    """`model`: the bytes of face_blendshapes.tflite."""

    def __init__(self, model: bytes) -> None:
        self._network = TfliteNetwork(model)

    def __call__(self, points: np.ndarray) -> np.ndarray:
        """(51,) float32 in 0..1 for CHANNELS; points (478, 2+) in pixels. Where and how large the face is does not
        matter."""
        (scores,) = self._network(points[None, SUBSET, :2])
        return scores.ravel()[1:]
