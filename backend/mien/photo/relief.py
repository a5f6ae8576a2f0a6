# SPDX-License-Identifier: GPL-3.0-or-later
"""How deep the person in a photo is, where no landmark says it: ears, jaw and neck of the fitted head."""

from __future__ import annotations

import numpy as np
from scipy.ndimage import distance_transform_edt, gaussian_filter

from mien.channels import ARKIT
from mien.engines.personatalk.raster import rasterise
from mien.photo.fit import FittedFace
from mien.photo.head_landmarks import skin_triangles

UNIT = 0.025  # of the eye distance: a sample of the depth
SOFT = (0.03, 0.35)  # of the eye distance over which the depth is softened on the head and beside it
BESIDE = 0.15  # of the eye distance from the head's outline to where it is soft
ROOM = 8  # samples around the head


def depth_at(face: FittedFace, places: np.ndarray) -> np.ndarray:
    """(N,) pixels away from the camera at places (N, 2) of the photo: of the fitted head's nearest skin there, and
    beside the head of its outline, which hair goes on from."""
    vertices = face.vertices(own_weights(face)).astype(float)
    unit = max(UNIT * face.eye_distance, 0.25)
    triangles = skin_triangles(face.head)
    used = np.unique(triangles)
    low = vertices[used, :2].min(0) - ROOM * unit
    width, height = (np.ceil((vertices[used, :2].max(0) - low) / unit) + ROOM).astype(int)
    over = rasterise((vertices[:, :2] - low) / unit, triangles, (int(height), int(width)), vertices[:, 2])
    depth = over.interpolate(triangles, vertices[:, 2:])[..., 0]
    away, nearest = distance_transform_edt(over.triangle < 0, return_indices=True)
    depth = depth[tuple(nearest)]
    near, far = (gaussian_filter(depth, soft * face.eye_distance / unit) for soft in SOFT)
    beside = np.clip(away * unit / (BESIDE * face.eye_distance), 0, 1)
    depth = near + beside * (far - near)
    columns, rows = np.clip(np.rint((places - low) / unit).astype(int), 0, [width - 1, height - 1]).T
    return depth[rows, columns]


def own_weights(face: FittedFace) -> np.ndarray:
    """(52,) the photo's own channels in the order of the head."""
    own = np.zeros(len(ARKIT), np.float32)
    own[face.head.order(ARKIT)] = face.own
    return own
