# SPDX-License-Identifier: GPL-3.0-or-later
"""The lower face cut out of the person along the jaw, and the neck that goes on behind it."""

from __future__ import annotations

import numpy as np

from mien.face_tracking.landmark_indices import FACE_OVAL
from mien.numeric.smoothstep import smoothstep
from mien.photo.fit import FittedFace
from mien.photo.jaw.bust import ABOVE, EDGE, cut_bust
from mien.photo.jaw.columns import Columns
from mien.photo.matte import Layers
from mien.photo.relief import below_lobes
from mien.photo.sheet import outside_oval

ROOM = 0.5  # eye distances around the oval that are looked at
BELOW = np.linspace(0.02, 0.1, 5)  # eye distances below the cut, from which what is behind it goes on upwards


def cut_at_jaw(face: FittedFace, layers: Layers) -> tuple[np.ndarray, np.ndarray]:
    """(the lower face, the person with the neck gone on behind it), each (H, W, 4) uint8 with premultiplied alpha; one
    over the other they are the layers' person."""
    eyes = face.eye_distance
    oval = face.points[list(FACE_OVAL), :2]
    low = np.clip((oval.min(0) - ROOM * eyes).astype(int), 0, None)
    high = (oval.max(0) + ROOM * eyes).astype(int)
    box = slice(low[1], high[1]), slice(low[0], high[0])
    lower_face, behind = np.zeros_like(layers.person), layers.person.copy()
    person = layers.person[box]
    y, x = np.mgrid[: person.shape[0], : person.shape[1]] + 0.5
    places = np.stack([x, y], -1).reshape(-1, 2) + low
    below = below_lobes(face, places).reshape(x.shape)
    outside = outside_oval(face.points, places, eyes).reshape(x.shape) / eyes
    bust = cut_bust(face, person, layers.background[box], low, below, outside) if layers.cut else None
    lower_face[box], behind[box] = bust or _cut(face, person, below, outside)
    return lower_face, behind


def _cut(face: FittedFace, person: np.ndarray, below: np.ndarray, outside: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The same of a part of the picture (h, w, 4), whose pixels are so far below (h, w) the lobes of the ears and
    outside (h, w) of the oval, in eye distances."""
    share = (1 - smoothstep(outside, *EDGE)) * smoothstep(below, -ABOVE, 0)
    whole = (share >= 1) & (below > 0)
    alpha = person[..., 3] / 255
    # Where the person's own edge is soft, what is behind gives way, so that one over the other they are the person.
    behind = (person * ((1 - share) / np.maximum(1 - share * alpha, 1e-3))[..., None] + 0.5).astype(np.uint8)
    behind[alpha == 1] = person[alpha == 1]
    if whole.any():
        behind[whole] = (_gone_on_upwards(face, person, whole) + 0.5).astype(np.uint8)
    return (person * share[..., None] + 0.5).astype(np.uint8), behind


def _gone_on_upwards(face: FittedFace, person: np.ndarray, hidden: np.ndarray) -> np.ndarray:
    """(N, 4) for the N pixels of hidden (h, w) bool: what lies below them in person (h, w, 4), where they end. So the
    neck has its width behind the jaw, too, and beside it hair, or nobody, goes on; the higher the less sharp."""
    columns = Columns(face, hidden)
    seen = columns.below(person, BELOW)
    # A neck that soon ends below does not end behind the jaw.
    opaque = seen[..., 3].max(1) / np.maximum(seen[..., 3].mean(1), 1e-3)
    return columns.straight_up(seen.mean(1) * opaque[:, None])
