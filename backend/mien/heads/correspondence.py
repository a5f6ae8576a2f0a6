# SPDX-License-Identifier: GPL-3.0-or-later
"""Dense correspondence between the default head and FLAME: vertex offsets of the one become offsets of the other.

Shared landmarks align the two faces, first by a similarity (Umeyama 1991), then by a thin-plate spline that maps every
landmark exactly; each vertex then corresponds to the nearest point of the aligned surface. Offsets are transferred with
the rotation and the scale of the similarity, interpolated by barycentric coordinates.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from mien.heads.default import Head
from mien.heads.flame import JOINTS, Flame

NEAR = 0.012  # m: a vertex further than this from the other surface has no counterpart there
MIN_COSINE = 0.2  # between the normals of a vertex and its counterpart: the back of a lip is not its front
CANDIDATES = 24  # triangles tried for each vertex
BLOCK = 512  # vertices at a time
PARTED = 0.15  # radians: how far the jaw is opened for the search, or a lip might match the other lip
JAW_OPEN = "jawOpen"
UPPER, LOWER = (61, 62, 63), (67, 66, 65)  # iBUG-68: the inner lips, upper and lower, one over the other
CONTOUR = 17  # landmarks of iBUG-68 that FLAME's static embedding leaves out


@dataclass(frozen=True, eq=False)
class Correspondence:
    """N vertices of a target face, each with a point on a source face.

    corners (N, 3): the vertices of the source triangle; barycentric (N, 3): its coordinates in it; matched (N,) bool,
    False where there is no such point; rotation (3, 3) of source offsets, with the scale; aperture_difference: how much
    smaller the lip aperture of the source is at rest, in metres of the target.
    """

    corners: np.ndarray
    barycentric: np.ndarray
    matched: np.ndarray
    rotation: np.ndarray
    aperture_difference: float

    def transfer(self, offsets: np.ndarray) -> np.ndarray:
        """(F, N, 3) metres on the target for offsets (F, V, 3) of the source; 0 where a vertex is not matched."""
        transferred = np.einsum("fnkc,nk->fnc", offsets[:, self.corners], self.barycentric) @ self.rotation.T
        return transferred * self.matched[:, None]


@lru_cache(maxsize=2)
def flame_correspondence(flame: Flame, head: Head) -> Correspondence:
    """Source FLAME, target the default head; cached. FlameError where FLAME's landmarks are not here."""
    aligned = _aligned(flame, head)
    normals = vertex_normals(aligned.head, _triangles(head.quads))
    corners, barycentric, matched = nearest_surface_points(aligned.head, normals, aligned.flame, flame.triangles)
    matched &= np.isin(np.arange(len(aligned.head)), _skin(head))
    return Correspondence(corners, barycentric, matched, aligned.rotation, aligned.aperture_difference)


@lru_cache(maxsize=2)
def head_correspondence(head: Head, flame: Flame) -> Correspondence:
    """Source the default head, target FLAME, whose eyeballs are not matched; cached. FlameError as above."""
    aligned = _aligned(flame, head)
    normals = vertex_normals(aligned.flame, flame.triangles)
    skin = _triangles(_skin(head))
    corners, barycentric, matched = nearest_surface_points(aligned.flame, normals, aligned.head, skin)
    matched &= flame.skin_weights[:, [JOINTS.index("eye_left"), JOINTS.index("eye_right")]].sum(1) < 0.5
    inverse = np.linalg.inv(aligned.rotation)
    difference = -aligned.aperture_difference * float(np.cbrt(np.linalg.det(inverse)))
    return Correspondence(corners, barycentric, matched, inverse, difference)


@dataclass(frozen=True, eq=False)
class _Aligned:
    """Both faces with open mouths in the space of the default head: head (N, 3), flame (V, 3) metres; rotation and
    scale (3, 3) of FLAME's offsets; aperture_difference: metres that FLAME's lip aperture is smaller at rest."""

    head: np.ndarray
    flame: np.ndarray
    rotation: np.ndarray
    aperture_difference: float


def _aligned(flame: Flame, head: Head) -> _Aligned:
    from scipy.interpolate import RBFInterpolator  # slow to import, and of FLAME alone; also below

    landmarks = head.landmarks[CONTOUR:]
    rotation, shift = similarity(flame.landmarks(flame.template), head.vertices[landmarks])
    jaw = np.array([[PARTED, 0.0, 0.0]])
    open_flame = flame.vertices(np.zeros((1, 0)), jaw)[0] @ rotation.T + shift
    open_head = head.vertices + _jaw_offsets(head, _aperture(flame.landmarks(open_flame)))
    warp = RBFInterpolator(flame.landmarks(open_flame), open_head[landmarks], kernel="thin_plate_spline", degree=1)
    rest = _aperture(flame.landmarks(flame.template) @ rotation.T)
    difference = max(0.0, float(_aperture(head.vertices[landmarks]) - rest))
    return _Aligned(open_head, warp(open_flame), rotation, difference)


def _skin(head: Head) -> np.ndarray:
    return head.quads[head.quad_part == head.parts.index("skin")]


def _triangles(quads: np.ndarray) -> np.ndarray:
    return np.concatenate([quads[:, [0, 1, 2]], quads[:, [0, 2, 3]]])


def similarity(source: np.ndarray, target: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(rotation with scale (3, 3), shift (3,)): the similarity that maps source (n, 3) to target (n, 3) with the least
    squared distances. Umeyama 1991, "Least-squares estimation of transformation parameters"."""
    source_mean, target_mean = source.mean(0), target.mean(0)
    left, singular, right = np.linalg.svd((target - target_mean).T @ (source - source_mean))
    sign = np.array([1.0, 1.0, np.sign(np.linalg.det(left @ right))])
    scale = (singular * sign).sum() / ((source - source_mean) ** 2).sum()
    rotation = scale * (left * sign) @ right
    return rotation, target_mean - rotation @ source_mean


def nearest_surface_points(
    points: np.ndarray,
    normals: np.ndarray,
    vertices: np.ndarray,
    triangles: np.ndarray,
    near: float = NEAR,
    min_cosine: float = MIN_COSINE,
    candidates: int = CANDIDATES,
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """(corners (N, 3), barycentric (N, 3), matched (N,)): the point of a surface nearest to each of points (N, 3).

    Of the surface, vertices (V, 3) and triangles (T, 3), the `candidates` triangles with the nearest centres are tried,
    as far as the cosine between their normal and the point's normal (N, 3) is `min_cosine` or more. matched: within
    `near` metres.
    """
    from scipy.spatial import KDTree

    positions = vertices[triangles]
    across = np.cross(positions[:, 1] - positions[:, 0], positions[:, 2] - positions[:, 0])
    facing = across / np.maximum(np.linalg.norm(across, axis=1, keepdims=True), 1e-12)
    count = min(candidates, len(triangles))
    close = np.reshape(KDTree(positions.mean(1)).query(points, k=count)[1], (len(points), count))
    nearest, barycentric = np.empty(len(points), int), np.empty((len(points), 3))
    distance = np.empty(len(points))
    for begin in range(0, len(points), BLOCK):
        rows = slice(begin, begin + BLOCK)
        weights = nearest_in_triangles(points[rows, None], positions[close[rows]])
        distances = np.linalg.norm((weights[..., None] * positions[close[rows]]).sum(-2) - points[rows, None], axis=-1)
        distances[np.einsum("nkc,nc->nk", facing[close[rows]], normals[rows]) < min_cosine] = np.inf
        best = distances.argmin(1)
        row = np.arange(len(best))
        nearest[rows], barycentric[rows] = close[rows][row, best], weights[row, best]
        distance[rows] = distances[row, best]
    return triangles[nearest], barycentric, distance < near


def nearest_in_triangles(points: np.ndarray, triangles: np.ndarray) -> np.ndarray:
    """(..., 3) barycentric coordinates of the point of each triangle (..., 3, 3) that is nearest to points (..., 3)."""
    a, b, c = (triangles[..., i, :] for i in range(3))
    candidates = [_inside(points, a, b, c)]
    for begin, end, corner in ((a, b, (0, 1)), (b, c, (1, 2)), (c, a, (2, 0))):
        edge = end - begin
        along = ((points - begin) * edge).sum(-1) / np.maximum((edge * edge).sum(-1), 1e-18)
        along = np.clip(along, 0, 1)
        on_edge = np.zeros((*along.shape, 3))
        on_edge[..., corner[0]], on_edge[..., corner[1]] = 1 - along, along
        candidates.append(on_edge)
    stacked = np.stack(candidates)
    squared = ((np.einsum("m...k,...kc->m...c", stacked, triangles) - points) ** 2).sum(-1)
    squared[0][(stacked[0] < 0).any(-1)] = np.inf  # the foot of the perpendicular lies outside the triangle
    return np.take_along_axis(stacked, squared.argmin(0)[None, ..., None], 0)[0]


def _inside(points: np.ndarray, a: np.ndarray, b: np.ndarray, c: np.ndarray) -> np.ndarray:
    """(..., 3) barycentric coordinates of the feet of the perpendiculars from the points on the triangles' planes."""
    ab, ac, ap = b - a, c - a, points - a
    d00, d01, d11 = (ab * ab).sum(-1), (ab * ac).sum(-1), (ac * ac).sum(-1)
    d20, d21 = (ap * ab).sum(-1), (ap * ac).sum(-1)
    area = np.maximum(d00 * d11 - d01 * d01, 1e-24)
    v, w = (d11 * d20 - d01 * d21) / area, (d00 * d21 - d01 * d20) / area
    return np.stack([1 - v - w, v, w], -1)


def vertex_normals(vertices: np.ndarray, triangles: np.ndarray) -> np.ndarray:
    """(V, 3) unit normals: of the triangles at each vertex, weighted by area."""
    positions = vertices[triangles]
    across = np.cross(positions[:, 1] - positions[:, 0], positions[:, 2] - positions[:, 0])
    normals = np.zeros_like(vertices)
    for corner in range(3):
        np.add.at(normals, triangles[:, corner], across)
    return normals / np.maximum(np.linalg.norm(normals, axis=1, keepdims=True), 1e-12)


def _aperture(landmarks: np.ndarray) -> float:
    """The lip aperture in metres: mean distance of three pairs of inner-lip landmarks, of landmarks (51, 3)."""
    upper, lower = (landmarks[np.array(rows) - CONTOUR] for rows in (UPPER, LOWER))
    return float(np.linalg.norm(upper - lower, axis=1).mean())


def _jaw_offsets(head: Head, aperture: float) -> np.ndarray:
    """(V, 3) metres: the part of jawOpen, 0 to 1 of it, that brings the lip aperture nearest to `aperture`."""
    from scipy.optimize import brentq

    delta = head.deltas[head.channels.index(JAW_OPEN)]
    landmarks = head.landmarks[CONTOUR:]

    def excess(weight: float) -> float:
        return _aperture(head.vertices[landmarks] + weight * delta[landmarks]) - aperture

    weight = 0.0 if excess(0) >= 0 else 1.0 if excess(1) <= 0 else brentq(excess, 0, 1)
    return weight * delta
