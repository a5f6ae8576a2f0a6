# SPDX-License-Identifier: GPL-3.0-or-later
"""Which frames of a film are learnt from, and which of them are kept as references."""

from __future__ import annotations

import numpy as np

from mien.engines.personatalk.face_shapes import FaceShapes

MOST = 300  # references: more footage than 12 s brings nothing, and each takes half a megabyte
BLOCK = 10  # frames in a row, so that a path can follow them
PROFILE = np.radians(50)  # of yaw: farther, half of the mouth is not seen
LOOKED_AT = 0.15  # radians of turn that count as much as the spread of a mouth coefficient


def is_profile(shapes: FaceShapes) -> np.ndarray:
    """(N,) bool: seen, and turned so far that no mouth can be put there."""
    return shapes.seen & (np.abs(shapes.turn[:, 1]) > PROFILE)


def choose_references(allowed: np.ndarray, mouth: np.ndarray, turn: np.ndarray, most: int = MOST) -> np.ndarray:
    """At most `most` of the frames `allowed` (N,) bool, in order: all, or blocks as unlike each other as can be.

    mouth (N, 12), turn (N, 3). Farthest-point sampling (Gonzalez 1985) over the blocks' means.
    """
    frames = np.flatnonzero(allowed)
    if len(frames) <= most:
        return frames
    blocks = [frames[i : i + BLOCK] for i in range(0, len(frames), BLOCK)]
    spread = np.maximum(mouth[frames].std(0), mouth[frames].std() * 0.2 + 1e-9)
    features = np.stack([np.r_[(mouth[b] / spread).mean(0), (turn[b] / LOOKED_AT).mean(0)] for b in blocks])
    chosen = [0]
    distance = ((features - features[0]) ** 2).sum(1)
    while len(chosen) < most // BLOCK:
        chosen.append(int(distance.argmax()))
        distance = np.minimum(distance, ((features - features[chosen[-1]]) ** 2).sum(1))
    return np.concatenate([blocks[i] for i in sorted(chosen)])
