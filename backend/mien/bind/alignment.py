# SPDX-License-Identifier: GPL-3.0-or-later
"""The user's mesh turned, sized and moved into the default head's space by its picks; whether it is its own mirror."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.spatial import cKDTree

from mien.bind import BindError
from mien.bind.mesh import Mesh
from mien.bind.picks import check, missing, on_head, opposite
from mien.bind.surface import Surface, open_edge
from mien.heads.correspondence import similarity, vertex_normals
from mien.heads.default import Head
from mien.heads.skinning import rotation_matrices

FACE = 0.16  # m about the middle of the picks: a face, whatever body it is on
SYMMETRIC = 0.0012  # m: 95 in 100 points of a symmetric face are nearer to its mirror image, on coarse meshes too
SAMPLES = 2000  # points the mirror image is judged by
MIRROR_STEPS = 6
REACH, ALIKE = 0.03, 0.5  # m and cosine within which a point's fellow in the mirror is looked for
BESIDE = 0.03  # m from the nearest vertex, which on a coarse mesh may be some way off
ENOUGH = 0.5  # of the points have one, or the face is not symmetric


@dataclass(frozen=True, eq=False)
class Placed:
    """vertices (V, 3), normals (V, 3) in the default head's space, metres in that head's size; `turn` (3, 3) with the
    scale in it and `shift` (3,) lead back: own = vertices @ turn.T + shift. picks: name -> (3,) in the head's space.
    symmetric: the face is its own mirror image about x = 0, `mirror_error` m at the 95th of a hundred points."""

    vertices: np.ndarray
    normals: np.ndarray
    turn: np.ndarray
    shift: np.ndarray
    picks: dict[str, np.ndarray]
    symmetric: bool
    mirror_error: float

    @property
    def unit(self) -> float:
        """The mesh's own units in one metre of the default head."""
        return float(np.cbrt(np.linalg.det(self.turn)))


def place(mesh: Mesh, own: dict[str, np.ndarray], head: Head) -> Placed:
    """Into the head's space by own: name -> (3,) as `picks.places` gives them. BindError where some are missing."""
    check({**own, **{opposite(name, head): pick for name, pick in own.items()}})
    turn, shift = _over(own, head)
    _check_near(mesh, own, turn)
    error, normal, offset = _mirrored(mesh, own, turn, shift, head)
    symmetric = error < SYMMETRIC
    if symmetric:
        inside = {name: _into(pick, turn, shift) for name, pick in own.items()}
        reflected = {opposite(name, head): _reflected(pick, normal, offset) for name, pick in inside.items()}
        own = {name: pick @ turn.T + shift for name, pick in reflected.items()} | own
        turn, shift = _level(*_over(own, head), turn, shift, normal, offset)
    elif missing(own):
        raise BindError(
            f"these points are not picked: {', '.join(missing(own))}; one side is enough on a symmetric mesh alone, "
            "and this one is not its own mirror image."
        )
    vertices = _into(mesh.vertices, turn, shift)
    inside = {name: _into(pick, turn, shift) for name, pick in own.items()}
    return Placed(vertices, vertex_normals(vertices, mesh.triangles), turn, shift, inside, symmetric, error)


def _check_near(mesh: Mesh, own: dict[str, np.ndarray], turn: np.ndarray) -> None:
    """BindError that names the pick that is furthest from the mesh, if it is beside it."""
    away, _ = cKDTree(mesh.vertices[np.unique(mesh.triangles)]).query(np.array(list(own.values())))
    if away.max() > BESIDE * np.cbrt(np.linalg.det(turn)):
        name = list(own)[int(away.argmax())]
        raise BindError(
            f"the pick {name} is {away.max():.3g} of the mesh's units away from it; picks are places on the mesh, in "
            "its own coordinates."
        )


def _over(own: dict[str, np.ndarray], head: Head) -> tuple[np.ndarray, np.ndarray]:
    """(turn, shift) from the head's space to the mesh's, by the picks."""
    names = list(own)
    return similarity(on_head(names, head) @ head.vertices, np.array([own[name] for name in names]))


def _into(points: np.ndarray, turn: np.ndarray, shift: np.ndarray) -> np.ndarray:
    return (points - shift) @ np.linalg.inv(turn).T


def _reflected(points: np.ndarray, normal: np.ndarray, offset: float) -> np.ndarray:
    return points - 2 * (points @ normal - offset)[..., None] * normal


def _mirrored(
    mesh: Mesh, own: dict[str, np.ndarray], turn: np.ndarray, shift: np.ndarray, head: Head
) -> tuple[float, np.ndarray, float]:
    """(metres between the face and its mirror image, unit normal and offset of the plane, in the head's space), from
    the mesh's own axis that lies across the face, or from the head's plane where this leads nowhere."""
    vertices = _into(mesh.vertices, turn, shift)
    picks = {name: _into(pick, turn, shift) for name, pick in own.items()}
    near = np.linalg.norm(vertices - np.mean(list(picks.values()), 0), axis=1) < FACE
    triangles = mesh.triangles[near[mesh.triangles].all(1)]
    straight = np.array([1.0, 0.0, 0.0])
    if not len(triangles):
        return np.inf, straight, 0.0
    normals = vertex_normals(vertices, mesh.triangles)
    surface = Surface(vertices, triangles, normals, open_edge(len(vertices), triangles))
    axes = turn / np.cbrt(np.linalg.det(turn))  # its rows are the mesh's axes
    across = axes[np.abs(axes[:, 0]).argmax()]
    across = across * np.sign(across[0])
    middle = np.mean([pick for name, pick in picks.items() if opposite(name, head) == name], 0)
    tried = []
    for normal, offset in ((across, float(across @ middle)), (straight, 0.0)):
        tried.append(_settled(surface, normal, offset))
        if tried[-1][0] < SYMMETRIC:
            break
    return min(tried, key=lambda each: each[0])


def _settled(surface: Surface, normal: np.ndarray, offset: float) -> tuple[float, np.ndarray, float]:
    """(error, normal, offset) of the plane after point-to-plane steps (Chen and Medioni 1992)."""
    seen = slice(None, None, max(1, len(surface.points) // SAMPLES))
    points, out, error = surface.points[seen], surface.normals[seen], np.inf
    for _ in range(MIRROR_STEPS):
        there = _reflected(points, normal, offset)
        number, away, found = surface.nearest(there, _reflected(out, normal, 0.0), REACH, ALIKE)
        if found.mean() < ENOUGH:
            return np.inf, normal, offset
        error = float(np.percentile(away[found], 95))
        kept = found & (away <= np.percentile(away[found], 80))  # what has no fellow must not tilt the plane
        facing, gap = surface.normals[number[kept]], surface.points[number[kept]] - there[kept]
        step = np.linalg.lstsq(
            np.c_[np.cross(there[kept], facing), facing], np.einsum("nc,nc->n", facing, gap), rcond=None
        )[0]
        turned = rotation_matrices(step[:3])
        reflection = turned @ (np.eye(3) - 2 * np.outer(normal, normal))
        at = turned @ (2 * offset * normal) + step[3:]
        normal = np.linalg.eigh(reflection + reflection.T)[1][:, 0]
        normal *= np.sign(normal[0])
        offset = float(at @ normal) / 2
    return error, normal, offset


def _level(
    turn: np.ndarray, shift: np.ndarray, first: np.ndarray, first_shift: np.ndarray, normal: np.ndarray, offset: float
) -> tuple[np.ndarray, np.ndarray]:
    """(turn, shift) with the plane of symmetry, known by normal and offset in the space of the `first`, on x = 0."""
    scale, first_scale = (np.cbrt(np.linalg.det(each)) for each in (turn, first))
    own_normal = first @ normal / first_scale
    inside = turn.T @ own_normal / scale
    at = (first_scale * offset - own_normal @ (shift - first_shift)) / scale
    axis = np.array([1.0, 0.0, 0.0])
    half = (inside + axis) / np.linalg.norm(inside + axis)
    # Two mirrors in a row are the smallest turn that takes the normal to the x axis.
    across = (np.eye(3) - 2 * np.outer(half, half)) @ (np.eye(3) - 2 * np.outer(inside, inside))
    turn = turn @ across.T
    return turn, shift + turn @ (at * axis)
