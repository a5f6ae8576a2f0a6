# SPDX-License-Identifier: GPL-3.0-or-later
"""Which point of one face each vertex of another is: so a movement of the one becomes a movement of the other.

Landmarks that both faces have lay the one over the other, first as a whole (Umeyama 1991), then with a thin-plate
spline that brings every landmark to its fellow; each vertex is then bound to the nearest point of the surface laid
over it. Movements are carried with the turn and the scale of the whole, as triangle corners share them.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from scipy.interpolate import RBFInterpolator
from scipy.optimize import brentq
from scipy.spatial import cKDTree

from mien.heads.default import Head
from mien.heads.flame import JOINTS, Flame

NEAR = 0.012  # m: a vertex further than this from the other surface has no fellow there
ALIKE = 0.2  # least cosine between the normals of a vertex and its fellow: the back of a lip is not its front
CANDIDATES = 24  # triangles looked at for each vertex
BLOCK = 512  # vertices at a time
PARTED = 0.15  # radians: the jaw is opened so far while fellows are sought, or a lip might find the other lip
JAW_OPEN = "jawOpen"
UPPER, LOWER = (61, 62, 63), (67, 66, 65)  # iBUG-68: the inner lips, upper and lower, one over the other
CONTOUR = 17  # landmarks of iBUG-68 that FLAME's static embedding leaves out


@dataclass(frozen=True, eq=False)
class Binding:
    """N vertices of a face bound to points of another. corners (N, 3) and shares (N, 3): the triangle's vertices and
    how much of each; found (N,) bool, False where there is no fellow; turn (3, 3) with scale in it; gap_difference:
    metres the lips of the other are nearer to each other at rest, in the size of this face."""

    corners: np.ndarray
    shares: np.ndarray
    found: np.ndarray
    turn: np.ndarray
    gap_difference: float

    def carried(self, offsets: np.ndarray) -> np.ndarray:
        """(F, N, 3) metres for offsets (F, V, 3) of the other face; zero where there is no fellow."""
        moved = np.einsum("fnkc,nk->fnc", offsets[:, self.corners], self.shares) @ self.turn.T
        return moved * self.found[:, None]


@lru_cache(maxsize=2)
def bind_flame(flame: Flame, head: Head) -> Binding:
    """The vertices of Mien's head bound to FLAME; kept. FlameError where FLAME's landmarks are not here."""
    laid = _laid(flame, head)
    normals = vertex_normals(laid.head, _triangles(head.quads))
    corners, shares, found = fellows(laid.head, normals, laid.flame, flame.triangles)
    found &= np.isin(np.arange(len(laid.head)), _skin(head))
    return Binding(corners, shares, found, laid.turn, laid.gap_difference)


@lru_cache(maxsize=2)
def bind_head(head: Head, flame: Flame) -> Binding:
    """The vertices of FLAME bound to Mien's head; kept. Its eyeballs follow nothing. FlameError as above."""
    laid = _laid(flame, head)
    normals = vertex_normals(laid.flame, flame.triangles)
    corners, shares, found = fellows(laid.flame, normals, laid.head, _triangles(_skin(head)))
    found &= flame.skin_weights[:, [JOINTS.index("eye_left"), JOINTS.index("eye_right")]].sum(1) < 0.5
    back = np.linalg.inv(laid.turn)
    return Binding(corners, shares, found, back, -laid.gap_difference * float(np.cbrt(np.linalg.det(back))))


@dataclass(frozen=True, eq=False)
class _Laid:
    """Both faces with mouths open, one over the other: head (N, 3) and flame (V, 3) in the place of Mien's head;
    `turn` of FLAME's movements, gap_difference: metres FLAME's lips are nearer to each other at rest."""

    head: np.ndarray
    flame: np.ndarray
    turn: np.ndarray
    gap_difference: float


def _laid(flame: Flame, head: Head) -> _Laid:
    marks = head.landmarks[CONTOUR:]
    turn, shift = similarity(flame.landmarks(flame.template), head.vertices[marks])
    jaw = np.array([[PARTED, 0.0, 0.0]])
    open_flame = flame.vertices(np.zeros((1, 0)), jaw)[0] @ turn.T + shift
    open_head = head.vertices + _parted(head, _gap(flame.landmarks(open_flame)))
    warp = RBFInterpolator(flame.landmarks(open_flame), open_head[marks], kernel="thin_plate_spline", degree=1)
    rest = _gap(flame.landmarks(flame.template) @ turn.T)
    return _Laid(open_head, warp(open_flame), turn, max(0.0, float(_gap(head.vertices[marks]) - rest)))


def _skin(head: Head) -> np.ndarray:
    return head.quads[head.quad_part == head.parts.index("skin")]


def _triangles(quads: np.ndarray) -> np.ndarray:
    return np.concatenate([quads[:, [0, 1, 2]], quads[:, [0, 2, 3]]])


def similarity(source: np.ndarray, target: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(turn with scale (3, 3), shift (3,)) that lay source (n, 3) best over target (n, 3). Umeyama 1991."""
    centre, aim = source.mean(0), target.mean(0)
    left, sizes, right = np.linalg.svd((target - aim).T @ (source - centre))
    sign = np.array([1.0, 1.0, np.sign(np.linalg.det(left @ right))])
    scale = (sizes * sign).sum() / ((source - centre) ** 2).sum()
    turn = scale * (left * sign) @ right
    return turn, aim - turn @ centre


def fellows(
    points: np.ndarray,
    normals: np.ndarray,
    vertices: np.ndarray,
    triangles: np.ndarray,
    near: float = NEAR,
    alike: float = ALIKE,
    candidates: int = CANDIDATES,
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """(corners (N, 3), shares (N, 3), found (N,)): the nearest point of a surface to each of points (N, 3), among
    `candidates` triangles that face the way of its normal (N, 3); found within `near` metres."""
    places = vertices[triangles]
    across = np.cross(places[:, 1] - places[:, 0], places[:, 2] - places[:, 0])
    facing = across / np.maximum(np.linalg.norm(across, axis=1, keepdims=True), 1e-12)
    _, close = cKDTree(places.mean(1)).query(points, k=np.arange(1, min(candidates, len(triangles)) + 1))
    chosen, shares = np.empty(len(points), int), np.empty((len(points), 3))
    distance = np.empty(len(points))
    for begin in range(0, len(points), BLOCK):
        rows = slice(begin, begin + BLOCK)
        weights = nearest_in_triangles(points[rows, None], places[close[rows]])
        away = np.linalg.norm((weights[..., None] * places[close[rows]]).sum(-2) - points[rows, None], axis=-1)
        away[np.einsum("nkc,nc->nk", facing[close[rows]], normals[rows]) < alike] = np.inf
        best = away.argmin(1)
        row = np.arange(len(best))
        chosen[rows], shares[rows], distance[rows] = close[rows][row, best], weights[row, best], away[row, best]
    return triangles[chosen], shares, distance < near


def nearest_in_triangles(points: np.ndarray, triangles: np.ndarray) -> np.ndarray:
    """(..., 3) shares of the corners at the point of each triangle (..., 3, 3) that is nearest to points (..., 3)."""
    a, b, c = (triangles[..., i, :] for i in range(3))
    candidates = [_inside(points, a, b, c)]
    for begin, end, corner in ((a, b, (0, 1)), (b, c, (1, 2)), (c, a, (2, 0))):
        edge = end - begin
        along = ((points - begin) * edge).sum(-1) / np.maximum((edge * edge).sum(-1), 1e-18)
        along = np.clip(along, 0, 1)
        shares = np.zeros((*along.shape, 3))
        shares[..., corner[0]], shares[..., corner[1]] = 1 - along, along
        candidates.append(shares)
    stacked = np.stack(candidates)
    away = ((np.einsum("m...k,...kc->m...c", stacked, triangles) - points) ** 2).sum(-1)
    away[0][(stacked[0] < 0).any(-1)] = np.inf  # its foot lies outside the triangle
    return np.take_along_axis(stacked, away.argmin(0)[None, ..., None], 0)[0]


def _inside(points: np.ndarray, a: np.ndarray, b: np.ndarray, c: np.ndarray) -> np.ndarray:
    """Barycentric coordinates of the points' feet on the triangles' planes."""
    ab, ac, ap = b - a, c - a, points - a
    d00, d01, d11 = (ab * ab).sum(-1), (ab * ac).sum(-1), (ac * ac).sum(-1)
    d20, d21 = (ap * ab).sum(-1), (ap * ac).sum(-1)
    area = np.maximum(d00 * d11 - d01 * d01, 1e-24)
    v, w = (d11 * d20 - d01 * d21) / area, (d00 * d21 - d01 * d20) / area
    return np.stack([1 - v - w, v, w], -1)


def vertex_normals(vertices: np.ndarray, triangles: np.ndarray) -> np.ndarray:
    """(V, 3) unit normals, triangles counting by their area."""
    places = vertices[triangles]
    across = np.cross(places[:, 1] - places[:, 0], places[:, 2] - places[:, 0])
    normals = np.zeros_like(vertices)
    for corner in range(3):
        np.add.at(normals, triangles[:, corner], across)
    return normals / np.maximum(np.linalg.norm(normals, axis=1, keepdims=True), 1e-12)


def _gap(landmarks: np.ndarray) -> float:
    """Metres between the inner lips, of the 51 landmarks."""
    upper, lower = (landmarks[np.array(rows) - CONTOUR] for rows in (UPPER, LOWER))
    return float(np.linalg.norm(upper - lower, axis=1).mean())


def _parted(head: Head, gap: float) -> np.ndarray:
    """(V, 3) metres that jawOpen adds when the lips of the head are as far apart as `gap`, or as near as it can."""
    delta = head.deltas[head.channels.index(JAW_OPEN)]
    marks = head.landmarks[CONTOUR:]

    def over(weight: float) -> float:
        return _gap(head.vertices[marks] + weight * delta[marks]) - gap

    weight = 0.0 if over(0) >= 0 else 1.0 if over(1) <= 0 else brentq(over, 0, 1)
    return weight * delta
