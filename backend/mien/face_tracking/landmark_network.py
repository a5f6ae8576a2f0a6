# SPDX-License-Identifier: GPL-3.0-or-later
"""478 landmarks of the face in a region of a picture, with MediaPipe's attention mesh.

Grishchenko et al. 2020, Attention Mesh; decoded as in face_landmarks_detector_graph.cc.
"""

from __future__ import annotations

import numpy as np

from mien.face_tracking.landmark_indices import POINTS
from mien.face_tracking.region import Region
from mien.nn.tflite import TfliteNetwork

SIDE = 256  # pixels of the network's square input


class LandmarkNetwork:
    """`model`: the bytes of face_landmarks_detector.tflite."""

    def __init__(self, model: bytes, threads: int = 1) -> None:
        self._network = TfliteNetwork(model, threads)

    def __call__(self, picture: np.ndarray, region: Region) -> tuple[np.ndarray, float]:
        """(points (478, 3) float32, presence 0..1) of picture (H, W, 3) uint8.

        x and y are in pixels of the picture, z in pixels too: negative towards the camera, zero in the middle of
        the head. A presence under 0.5 means that there is no face in the region.
        """
        values, logit = self._network(region.crop(picture, SIDE)[None])[:2]
        values = values.reshape(POINTS, 3).astype(float) / SIDE
        points = np.concatenate([region.to_picture(values[:, :2]), values[:, 2:] * region.width], 1)
        return points.astype(np.float32), float(1 / (1 + np.exp(-float(logit.ravel()[0]))))
