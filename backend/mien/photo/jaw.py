# SPDX-License-Identifier: GPL-3.0-or-later
"""The lower face cut out of the person along the jaw, and the neck that goes on behind it."""

from __future__ import annotations

import numpy as np
from scipy.ndimage import gaussian_filter1d, map_coordinates

from mien.face_tracking.landmark_indices import FACE_OVAL
from mien.numeric.smoothstep import smoothstep
from mien.photo.fit import FittedFace
from mien.photo.relief import axes_of, below_lobes
from mien.photo.sheet import outside_oval

EDGE = (0.05, 0.12)  # of the eye distance beyond the face's oval, over which the cut ends, jaw's shade within
ROOM = 0.5  # eye distances around the oval that are looked at
ABOVE = 0.15  # of the face's height above the lobes of the ears, over which the cut begins
BELOW = np.linspace(0.02, 0.1, 5)  # eye distances below the cut, from which what is behind it goes on upwards
BLURS = np.array([0.03, 0.06, 0.12, 0.2, 0.4])  # eye distances: as much as the way up is


def cut_at_jaw(face: FittedFace, person: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(the lower face, the person with the neck gone on behind it), each (H, W, 4) uint8 with premultiplied alpha; one
    over the other they are person (H, W, 4)."""
    eyes = face.eye_distance
    oval = face.points[list(FACE_OVAL), :2]
    low = np.clip((oval.min(0) - ROOM * eyes).astype(int), 0, None)
    high = (oval.max(0) + ROOM * eyes).astype(int)
    box = slice(low[1], high[1]), slice(low[0], high[0])
    lower_face, behind = np.zeros_like(person), person.copy()
    lower_face[box], behind[box] = _cut(face, person[box], low)
    return lower_face, behind


def _cut(face: FittedFace, person: np.ndarray, low: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The same of a part of the picture, whose first pixel is at low (2,)."""
    height, width = person.shape[:2]
    eyes = face.eye_distance
    y, x = np.mgrid[:height, :width] + 0.5
    places = np.stack([x, y], -1).reshape(-1, 2) + low
    below = below_lobes(face, places).reshape(height, width)
    outside = outside_oval(face.points, places, eyes).reshape(height, width)
    share = (1 - smoothstep(outside / eyes, *EDGE)) * smoothstep(below, -ABOVE, 0)
    whole = (share >= 1) & (below > 0)
    alpha = person[..., 3] / 255
    # Where the person's own edge is soft, what is behind gives way, so that one over the other they are the person.
    behind = (person * ((1 - share) / np.maximum(1 - share * alpha, 1e-3))[..., None] + 0.5).astype(np.uint8)
    behind[alpha == 1] = person[alpha == 1]
    behind[whole] = (_gone_on_upwards(face, person, whole) + 0.5).astype(np.uint8)
    return (person * share[..., None] + 0.5).astype(np.uint8), behind


def _gone_on_upwards(face: FittedFace, person: np.ndarray, hidden: np.ndarray) -> np.ndarray:
    """(N, 4) for the N pixels of hidden (H, W) bool: what lies below them in person (H, W, 4), where they end. So the
    neck has its width behind the jaw, too, and beside it hair, or nobody, goes on; the higher the less sharp."""
    if not hidden.any():
        return np.zeros((0, 4))
    eyes = face.eye_distance
    down, across = axes_of(face)
    places = np.argwhere(hidden)[:, ::-1] + 0.5
    along, column = places @ down, np.rint(places @ across).astype(int)
    first = column.min()
    column -= first
    ends = np.full(column.max() + 1, -np.inf)
    np.maximum.at(ends, column, along)
    known = np.flatnonzero(np.isfinite(ends))
    ends = gaussian_filter1d(np.interp(np.arange(len(ends)), known, ends[known]), BLURS[0] * eyes, mode="nearest")
    starts = (np.arange(len(ends)) + first)[:, None] * across + ends[:, None] * down
    at = np.moveaxis(starts[:, None] + BELOW[:, None] * eyes * down, -1, 0)[::-1] - 0.5
    seen = np.stack([map_coordinates(person[..., i], at, float, 1, "nearest") for i in range(4)], -1)
    # A neck that soon ends below, as a bust's, does not end behind the jaw.
    opaque = seen[..., 3].max(1) / np.maximum(seen[..., 3].mean(1), 1e-3)
    seen = seen.mean(1) * opaque[:, None]
    blurred = np.stack([gaussian_filter1d(seen, blur * eyes, 0, mode="nearest") for blur in BLURS])
    height = np.maximum(ends[column] - along, 0) / eyes
    level = np.interp(height, BLURS, np.arange(len(BLURS)))
    lower = np.minimum(level.astype(int), len(BLURS) - 2)
    share = (level - lower)[:, None]
    return blurred[lower, column] * (1 - share) + blurred[lower + 1, column] * share
