# SPDX-License-Identifier: GPL-3.0-or-later
"""Hair of the default head: tapered ribbons that lie over a cap, grown by meshes/hair_styles.py.

From face to face it follows the skin beside it; when the head moves, all hair moves rigidly with the skull.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

MIDDLE = np.array([0.0, 0.155, 0.03])  # metres: of the skull
BLEND = 0.01  # metres; the spacing of the scalp's vertices
BLOCK = 2000  # points at a time
ROUNDNESS = 0.5  # how far the normals of a ribbon's edges turn aside


@dataclass(frozen=True, eq=False)
class Hair:
    """A mesh of N vertices in head space, metres: vertices (N, 3); quads (Q, 4), seen from both sides; tangents (N, 3)
    unit vectors from root to tip; along (N,) 0 at the root .. 1 at the tip; across (N,) -1 .. 1 over the ribbon plus
    4 times the ribbon's number, so that no two look alike; light (N,) 0..1, what the other hair lets through; colour:
    linear RGB."""

    vertices: np.ndarray
    quads: np.ndarray
    normals: np.ndarray
    tangents: np.ndarray
    along: np.ndarray
    across: np.ndarray
    light: np.ndarray
    colour: tuple[float, float, float]


def hair_of(
    tensors: dict[str, np.ndarray],
    style: str,
    vertices: np.ndarray,
    offsets: np.ndarray,
    colour: tuple[float, float, float],
) -> Hair | None:
    """The hair of a style on a face whose vertices differ from the default head's by offsets (V, 3), metres.

    The file has for each style points (L, R, 2, 3) float16 from MIDDLE: L ribbons of R rows, their left and right edge;
    and light (L, R). `vertices` (V, 3) is the default head, on which they were grown; hair_skin (K,) its vertices
    beside hair.
    """
    if f"hair_{style}_points" not in tensors:
        return None
    points = MIDDLE.astype(np.float32) + tensors[f"hair_{style}_points"].astype(np.float32)
    ribbons, rows = points.shape[:2]
    skin = tensors["hair_skin"]
    move = carried(points.mean(2).reshape(-1, 3), vertices[skin], offsets[skin])
    points = points + move.reshape(ribbons, rows, 1, 3)
    tangents = np.gradient(points.mean(2), axis=1)
    tangents /= np.maximum(np.linalg.norm(tangents, axis=-1, keepdims=True), 1e-9)
    start = np.arange(ribbons)[:, None] * rows * 2 + np.arange(rows - 1) * 2
    quads = np.stack([start, start + 1, start + 3, start + 2], -1).reshape(-1, 4).astype(np.int32)
    sides = np.array([-1.0, 1.0], np.float32)
    normals = _normals(points, tangents, sides)
    shape = (ribbons, rows, 2)
    return Hair(
        vertices=points.reshape(-1, 3),
        quads=quads,
        normals=normals.reshape(-1, 3).astype(np.float32),
        tangents=np.repeat(tangents[:, :, None], 2, 2).reshape(-1, 3).astype(np.float32),
        along=np.broadcast_to(np.linspace(0, 1, rows, dtype=np.float32)[None, :, None], shape).ravel(),
        across=(4 * np.arange(ribbons, dtype=np.float32)[:, None, None] + sides + np.zeros(shape, np.float32)).ravel(),
        light=np.repeat(tensors[f"hair_{style}_light"].astype(np.float32)[:, :, None], 2, 2).ravel(),
        colour=colour,
    )


def carried(points: np.ndarray, places: np.ndarray, offsets: np.ndarray) -> np.ndarray:
    """(N, 3) float32 how far points (N, 3) go where `places` (K, 3) go by offsets (K, 3): a cubic polynomial by least
    squares, and what it leaves by the inverse sixth power of the distance. Smooth where the scalp has few vertices."""
    basis = _cubic(places)
    coefficients = np.linalg.lstsq(basis, offsets.astype(float), rcond=None)[0]
    left = (offsets - basis @ coefficients).astype(np.float32)
    out = np.empty(points.shape, np.float32)
    to = ((places - MIDDLE) / BLEND).astype(np.float32)
    for begin in range(0, len(points), BLOCK):
        part = points[begin : begin + BLOCK]
        own = ((part - MIDDLE) / BLEND).astype(np.float32)
        apart = (own**2).sum(1)[:, None] + (to**2).sum(1) - 2 * own @ to.T + 0.02
        weight = 1 / (apart * apart * apart)
        out[begin : begin + BLOCK] = _cubic(part) @ coefficients + weight @ left / weight.sum(1, keepdims=True)
    return out


def _cubic(points: np.ndarray) -> np.ndarray:
    """(N, 20) all products of up to three coordinates."""
    p = (points - MIDDLE) / 0.1
    columns = [np.ones(len(p)), *p.T]
    columns += [p[:, i] * p[:, j] for i in range(3) for j in range(i, 3)]
    columns += [p[:, i] * p[:, j] * p[:, k] for i in range(3) for j in range(i, 3) for k in range(j, 3)]
    return np.stack(columns, 1)


def _normals(points: np.ndarray, tangents: np.ndarray, sides: np.ndarray) -> np.ndarray:
    """(L, R, 2, 3) unit normals that turn over the width of a ribbon as over a lock, away from the skull."""
    across = points[:, :, 1] - points[:, :, 0]
    across = across + across.mean(1, keepdims=True) * 1e-3  # at a tip, which may be a point
    across /= np.maximum(np.linalg.norm(across, axis=-1, keepdims=True), 1e-9)
    normals = np.cross(tangents, across)
    outward = points.mean(2) - MIDDLE
    normals *= np.where((normals * outward).sum(-1, keepdims=True) < 0, -1.0, 1.0)
    turned = normals[:, :, None] + ROUNDNESS * sides[:, None] * across[:, :, None]
    return turned / np.maximum(np.linalg.norm(turned, axis=-1, keepdims=True), 1e-9)
