# SPDX-License-Identifier: GPL-3.0-or-later
"""The pixels that the lower face hides, in columns down the face: what is below them goes on upwards."""

from __future__ import annotations

import numpy as np
from scipy.ndimage import gaussian_filter1d, map_coordinates

from mien.photo.fit import FittedFace
from mien.photo.relief import axes_of

BLURS = np.array([0.03, 0.06, 0.12, 0.2, 0.4])  # eye distances: as much as the way up is


class Columns:
    """Of the pixels hidden (h, w) bool of a picture: `index` (N,) the column of each, `height` (N,) eye distances above
    its end, `ends` (C,) pixels down the face, `first` the place of the first column across the face."""

    def __init__(self, face: FittedFace, hidden: np.ndarray) -> None:
        self.eyes = face.eye_distance
        self.down, self.across = axes_of(face)
        places = np.argwhere(hidden)[:, ::-1] + 0.5
        index = np.rint(places @ self.across).astype(int)
        self.first = int(index.min())
        self.index = index - self.first
        along = places @ self.down
        self.ends = self._ends_of(along)
        self.height = np.maximum(self.ends[self.index] - along, 0) / self.eyes

    def below(self, image: np.ndarray, distances: np.ndarray) -> np.ndarray:
        """(C, D, 4) of an image (h, w, 4), so many eye distances below the end of each column."""
        columns = np.arange(len(self.ends)) + self.first
        along = self.ends[:, None] + distances * self.eyes
        return _sampled(image, columns[:, None, None] * self.across + along[..., None] * self.down)

    def straight_up(self, seen: np.ndarray) -> np.ndarray:
        """(N, 4) of what is seen (C, 4) below each column, the higher the less sharp."""
        blurred = np.stack([gaussian_filter1d(seen, blur * self.eyes, 0, mode="nearest") for blur in BLURS])
        level = np.interp(self.height, BLURS, np.arange(len(BLURS)))
        lower = np.minimum(level.astype(int), len(BLURS) - 2)
        share = (level - lower)[:, None]
        return blurred[lower, self.index] * (1 - share) + blurred[lower + 1, self.index] * share

    def _ends_of(self, along: np.ndarray) -> np.ndarray:
        """(C,) how far down the hidden pixels go in each column."""
        ends = np.full(self.index.max() + 1, -np.inf)
        np.maximum.at(ends, self.index, along)
        known = np.flatnonzero(np.isfinite(ends))
        ends = np.interp(np.arange(len(ends)), known, ends[known])
        return gaussian_filter1d(ends, BLURS[0] * self.eyes, mode="nearest")


def _sampled(image: np.ndarray, places: np.ndarray) -> np.ndarray:
    """(..., 4) of an image (h, w, 4) at places (..., 2) pixels."""
    at = np.moveaxis(places, -1, 0)[::-1] - 0.5
    return np.stack([map_coordinates(image[..., i], at, float, 1, "nearest") for i in range(4)], -1)
