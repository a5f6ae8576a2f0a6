# SPDX-License-Identifier: GPL-3.0-or-later
"""The lower face cut out of the person along the jaw, and the neck that goes on behind it."""

from __future__ import annotations

import numpy as np
from scipy.ndimage import distance_transform_edt, gaussian_filter, gaussian_filter1d

from mien.face_tracking.landmark_indices import FACE_OVAL
from mien.numeric.smoothstep import smoothstep
from mien.photo.fill import filled
from mien.photo.fit import FittedFace
from mien.photo.relief import axes_of, below_lobes
from mien.photo.sheet import outside_oval

EDGE = (0.05, 0.12)  # of the eye distance beyond the face's oval, over which the cut ends, jaw's shade within
BELOW, SOFT = 0.03, 0.02  # of the eye distance below the cut, where the neck is read, and its blur
SEAM = 0.35  # of the eye distance from the cut, over which what it shows gives way to the neck
SURE = 230  # of 255: opacity of what is below the cut, from which it is the person's and not the background's
ROOM = 0.5  # eye distances around the oval that are looked at
ABOVE = 0.15  # of the face's height above the lobes of the ears, over which the cut begins


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
    behind[whole] = np.clip(
        _continued(face, person, whole, (share < 1) & (below > 0), places, low) * alpha[whole, None] + 0.5, 0, 255
    )
    return (person * share[..., None] + 0.5).astype(np.uint8), behind


def _continued(
    face: FittedFace, person: np.ndarray, whole: np.ndarray, beyond: np.ndarray, places: np.ndarray, low: np.ndarray
) -> np.ndarray:
    """(N, 4) for the pixels of a mask (H, W): what the person (H, W, 4) shows below the mask, gone on upwards, as the
    neck and the hair beside it do; beyond (H, W): what is seen of them."""
    eyes = face.eye_distance
    down, across = axes_of(face)
    at = places[whole.ravel()]
    unit = max(eyes / 100, 0.5)
    columns = np.floor(at @ across / unit).astype(int)
    columns -= columns.min()
    lowest = np.full(columns.max() + 1, -np.inf)
    np.maximum.at(lowest, columns, at @ down)
    known = np.isfinite(lowest)
    lowest = gaussian_filter1d(
        np.interp(np.arange(len(lowest)), np.flatnonzero(known), lowest[known]), SOFT * eyes / unit
    )
    below = at + ((lowest[columns] + BELOW * eyes) - at @ down)[:, None] * down - low
    smooth = gaussian_filter(person.astype(np.float32), (SOFT * eyes, SOFT * eyes, 0))
    rows = np.clip(below[:, 1].astype(int), 0, person.shape[0] - 1)
    found = smooth[rows, np.clip(below[:, 0].astype(int), 0, person.shape[1] - 1)]
    # At the cut it is what is there.
    away, (y, x) = distance_transform_edt(~beyond, return_indices=True)  # pyright: ignore[reportGeneralTypeIssues]
    share = np.exp(-((away[whole] / (SEAM * eyes)) ** 2))[:, None]
    found = found * (1 - share) + smooth[y[whole], x[whole]] * share
    # Beside the neck, where the background is below the cut, skin goes on to the ear.
    sure = found[:, 3] > SURE
    if not sure.any():
        return found
    known, values = np.zeros(whole.shape, np.float32), np.zeros((*whole.shape, 4), np.float32)
    known[whole], values[whole] = sure, found
    return filled(values, known)[whole]
