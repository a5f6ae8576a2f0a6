# SPDX-License-Identifier: GPL-3.0-or-later
"""Which way a mesh is up that takes move vertex by vertex: Blender's way, or as its file had it, where an importer
turned the object and not the mesh. No bpy."""

import numpy as np

BLENDER = np.array([[1.0, 0.0, 0.0], [0.0, 0.0, 1.0], [0.0, -1.0, 0.0]], np.float32)  # rows: x, y, z of head space
HEAD = np.eye(3, dtype=np.float32)  # y up, z forward, as the files of FLAME and of Mien have it
AHEAD = np.array([0.0, -0.25, 1.0])  # of the middle of a head, what speech moves: before it, and rather below
CLEAR = 0.1  # of the mesh's size: a mesh is Blender's way unless it clearly is not
STILL = 1e-9  # metres: nothing moves


def axes_of(rest: np.ndarray, motion: np.ndarray) -> np.ndarray:
    """(3, 3) by which offsets in head space become the mesh's own, BLENDER or HEAD. rest (V, 3): the mesh's vertices;
    motion (..., V, 3): offsets in head space. What moves lies in front of the middle; where nothing does, BLENDER."""
    amount = np.sqrt((motion.reshape(-1, len(rest), 3).astype(np.float64) ** 2).sum((0, 2)))
    if not amount.max(initial=0.0) > STILL:
        return BLENDER
    middle = (rest.min(0) + rest.max(0)) / 2
    towards = (amount[:, None] * (rest - middle)).sum(0) / amount.sum() / np.ptp(rest, axis=0).max()
    return HEAD if AHEAD @ HEAD @ towards > AHEAD @ BLENDER @ towards + CLEAR else BLENDER


def to_mesh(rest: np.ndarray, motion: np.ndarray) -> np.ndarray:
    """Offsets (..., V, 3) in head space in the axes of the mesh whose vertices at rest are (V, 3)."""
    return (motion @ axes_of(rest, motion)).astype(np.float32)
