# SPDX-License-Identifier: GPL-3.0-or-later
"""Where the face tracker's 468 landmarks lie on the default head. Built by meshes/build_photo_landmarks.py."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

import numpy as np

from mien.files.safetensors import read_tensors
from mien.heads.default import Head

PATH = Path(__file__).with_name("landmarks_on_head.safetensors")
FORMAT = "mien.photo.landmarks"
CORNERS = {"right": (36, 39), "left": (42, 45)}  # iBUG-68: the corners of each eye


@lru_cache(maxsize=1)
def landmark_places() -> tuple[np.ndarray, np.ndarray]:
    """(vertices (468, 3) of the triangle that each landmark lies in, weights (468, 3) of its corners)."""
    tensors, _ = read_tensors(PATH)
    return tensors["vertices"].astype(int), tensors["weights"]


def landmarks_on(vertices: np.ndarray) -> np.ndarray:
    """(..., 468, 3) the landmarks of a head whose vertices are at (..., V, 3)."""
    corners, weights = landmark_places()
    return (vertices[..., corners, :] * weights[..., None]).sum(-2)


def quads_of(head: Head, *materials: str) -> np.ndarray:
    """(Q, 4) the head's quads of these materials."""
    names = np.array([material["name"] for material in head.materials])[head.quad_material]
    return head.quads[np.isin(names, materials)]


def halves(quads: np.ndarray) -> np.ndarray:
    """(2 Q, 3) triangles of quads (Q, 4)."""
    return np.concatenate([quads[:, [0, 1, 2]], quads[:, [0, 2, 3]]])


def skin_triangles(head: Head) -> np.ndarray:
    """(T, 3) of skin and lips: what a photo shows of a face with its eyes and mouth shut."""
    return halves(quads_of(head, "skin", "lips"))


def border(head: Head, one: tuple[str, ...], other: tuple[str, ...]) -> np.ndarray:
    """Vertices that quads of both materials have."""
    return np.intersect1d(quads_of(head, *one), quads_of(head, *other))


def lid_chain(head: Head, side: str, upper: bool) -> np.ndarray:
    """Vertices of the rim of one lid of the "left" or "right" eye, from -x to +x, both corners of the eye included."""
    rim = border(head, ("skin",), ("socket",))
    at = head.vertices[rim]
    rim = rim[(at[:, 0] > 0) == (side == "left")]
    at = head.vertices[rim]
    one, other = (head.vertices[head.landmarks[mark]] for mark in CORNERS[side])
    line = one[1] + (other[1] - one[1]) * (at[:, 0] - one[0]) / (other[0] - one[0])
    ends = [at[:, 0].argmin(), at[:, 0].argmax()]
    part = at[:, 1] > line if upper else at[:, 1] < line
    part[ends] = True
    return rim[part][np.argsort(at[part, 0])]
