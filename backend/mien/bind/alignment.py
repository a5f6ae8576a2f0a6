# SPDX-License-Identifier: GPL-3.0-or-later
"""Similarity alignment of the user's mesh to the default head by its picks, and its plane of symmetry."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.spatial import KDTree

from mien.bind import BindError
from mien.bind.mesh import Mesh
from mien.bind.picks import landmark_weights, missing_picks, opposite, require_picks
from mien.bind.surface import Surface, open_edge
from mien.heads.correspondence import similarity, vertex_normals
from mien.heads.default import Head
from mien.heads.skinning import rotation_matrices

FACE = 0.16  # m about the mean of the picks: a face, whatever body it is on
SYMMETRIC = 0.0012  # m: largest 95th percentile of the mirror error of a symmetric face, coarse meshes included
SAMPLES = 2000  # points that the mirror error is measured at
MIRROR_STEPS = 6
MATCH_DISTANCE, MATCH_COSINE = 0.03, 0.5  # m and cosine of normals within which a mirrored point is matched
PICK_DISTANCE = 0.03  # m from a pick to the nearest vertex, at most; a coarse mesh has few
SWAPPED = 0.5  # of the picks' distance as they are: mirrored picks that fit so much better are of the other side
LEAST_MATCHED = 0.5  # of the points; with fewer the face is not symmetric


@dataclass(frozen=True, eq=False)
class AlignedMesh:
    """The mesh in the default head's space and size: vertices (V, 3) metres, normals (V, 3), picks: name -> (3,).

    `rotation` (3, 3), which includes the scale, and `shift` (3,) map it back to the mesh's own space:
    vertices @ rotation.T + shift. symmetric: the face is its own mirror image about x = 0; mirror_error: metres, the
    95th percentile.
    """

    vertices: np.ndarray
    normals: np.ndarray
    rotation: np.ndarray
    shift: np.ndarray
    picks: dict[str, np.ndarray]
    symmetric: bool
    mirror_error: float

    @property
    def unit(self) -> float:
        """Units of the mesh in one metre of the default head."""
        return float(np.cbrt(np.linalg.det(self.rotation)))


def align(mesh: Mesh, mesh_picks: dict[str, np.ndarray], head: Head) -> AlignedMesh:
    """The mesh in the head's space by mesh_picks: name -> (3,) in the mesh's space. BindError where any is missing."""
    require_picks({**mesh_picks, **{opposite(name, head): pick for name, pick in mesh_picks.items()}})
    rotation, shift = _fit_to_picks(mesh_picks, head)
    _check_near(mesh, mesh_picks, rotation)
    _check_sides(mesh_picks, head, rotation, shift)
    error, normal, offset = _mirror_plane(mesh, mesh_picks, rotation, shift, head)
    symmetric = error < SYMMETRIC
    if symmetric:
        in_head_space = {name: _to_head_space(pick, rotation, shift) for name, pick in mesh_picks.items()}
        reflected = {opposite(name, head): _reflected(pick, normal, offset) for name, pick in in_head_space.items()}
        mesh_picks = {name: pick @ rotation.T + shift for name, pick in reflected.items()} | mesh_picks
        rotation, shift = _onto_mirror_plane(*_fit_to_picks(mesh_picks, head), rotation, shift, normal, offset)
    elif lacking := missing_picks(mesh_picks):
        raise BindError(
            f"these points are not picked: {', '.join(lacking)}; one side is enough on a symmetric mesh alone, and "
            "this one is not its own mirror image."
        )
    vertices = _to_head_space(mesh.vertices, rotation, shift)
    in_head_space = {name: _to_head_space(pick, rotation, shift) for name, pick in mesh_picks.items()}
    return AlignedMesh(
        vertices, vertex_normals(vertices, mesh.triangles), rotation, shift, in_head_space, symmetric, error
    )


def _check_near(mesh: Mesh, mesh_picks: dict[str, np.ndarray], rotation: np.ndarray) -> None:
    """BindError with the pick that is furthest from the mesh, where it is too far."""
    distance, _ = KDTree(mesh.vertices[np.unique(mesh.triangles)]).query(np.array(list(mesh_picks.values())))
    if distance.max() > PICK_DISTANCE * np.cbrt(np.linalg.det(rotation)):
        name = list(mesh_picks)[int(distance.argmax())]
        raise BindError(
            f"the pick {name} is {distance.max():.3g} of the mesh's units away from it; picks are places on the mesh, "
            "in its own coordinates."
        )


def _check_sides(mesh_picks: dict[str, np.ndarray], head: Head, rotation: np.ndarray, shift: np.ndarray) -> None:
    """BindError where the picks are the mirror image of the head's: no rotation fits them, and a reflection does; and
    where those of a pair, such as the mouth's corners, have each other's place."""
    names = list(mesh_picks)
    points, targets = landmark_weights(names, head) @ head.vertices, np.array([mesh_picks[name] for name in names])
    mirrored = points * (-1, 1, 1)
    reflection, reflected_shift = similarity(mirrored, targets)
    away = np.linalg.norm(points @ rotation.T + shift - targets)
    away_mirrored = np.linalg.norm(mirrored @ reflection.T + reflected_shift - targets)
    if away_mirrored < SWAPPED * away:
        raise BindError(
            "right and left are swapped: the picks fit a mirror image of a head, and no head. Right is the head's own "
            "right, on the left of who looks at it; give each pick the name of the other side."
        )
    across = dict(zip(names, points[:, 0], strict=True))
    for name in names:
        other = opposite(name, head)
        if other not in mesh_picks or across[name] >= across[other]:
            continue
        if (_to_head_space(mesh_picks[name] - mesh_picks[other], rotation, np.zeros(3)))[0] > 0:
            raise BindError(
                f"the picks {name} and {other} are swapped: each lies on the other's side of the face. Right is the "
                "head's own right, on the left of who looks at it."
            )


def _fit_to_picks(mesh_picks: dict[str, np.ndarray], head: Head) -> tuple[np.ndarray, np.ndarray]:
    """(rotation with scale (3, 3), shift (3,)) from the head's space to the mesh's, by the picks."""
    names = list(mesh_picks)
    return similarity(landmark_weights(names, head) @ head.vertices, np.array([mesh_picks[name] for name in names]))


def _to_head_space(points: np.ndarray, rotation: np.ndarray, shift: np.ndarray) -> np.ndarray:
    return (points - shift) @ np.linalg.inv(rotation).T


def _reflected(points: np.ndarray, normal: np.ndarray, offset: float) -> np.ndarray:
    return points - 2 * (points @ normal - offset)[..., None] * normal


def _mirror_plane(
    mesh: Mesh, mesh_picks: dict[str, np.ndarray], rotation: np.ndarray, shift: np.ndarray, head: Head
) -> tuple[float, np.ndarray, float]:
    """(mirror error in metres, unit normal (3,), offset in metres) of the plane of symmetry in the head's space.

    Two initial planes are tried: across the mesh's own axis that is nearest to the head's x, and the head's own."""
    vertices = _to_head_space(mesh.vertices, rotation, shift)
    picks = {name: _to_head_space(pick, rotation, shift) for name, pick in mesh_picks.items()}
    near = np.linalg.norm(vertices - np.mean(list(picks.values()), 0), axis=1) < FACE
    triangles = mesh.triangles[near[mesh.triangles].all(1)]
    straight = np.array([1.0, 0.0, 0.0])
    if not len(triangles):
        return np.inf, straight, 0.0
    normals = vertex_normals(vertices, mesh.triangles)
    surface = Surface(vertices, triangles, normals, open_edge(len(vertices), triangles))
    axes = rotation / np.cbrt(np.linalg.det(rotation))  # its rows are the mesh's axes
    across = axes[np.abs(axes[:, 0]).argmax()]
    across = across * np.sign(across[0])
    middle = np.mean([pick for name, pick in picks.items() if opposite(name, head) == name], 0)
    planes = []
    for normal, offset in ((across, float(across @ middle)), (straight, 0.0)):
        planes.append(_refined_plane(surface, normal, offset))
        if planes[-1][0] < SYMMETRIC:
            break
    return min(planes, key=lambda plane: plane[0])


def _refined_plane(surface: Surface, normal: np.ndarray, offset: float) -> tuple[float, np.ndarray, float]:
    """(error, normal, offset) of the plane after point-to-plane steps (Chen and Medioni 1992, "Object modelling by
    registration of multiple range images")."""
    sample = slice(None, None, max(1, len(surface.points) // SAMPLES))
    points, out, error = surface.points[sample], surface.normals[sample], np.inf
    for _ in range(MIRROR_STEPS):
        mirrored = _reflected(points, normal, offset)
        index, distance, matched = surface.nearest(mirrored, _reflected(out, normal, 0.0), MATCH_DISTANCE, MATCH_COSINE)
        if matched.mean() < LEAST_MATCHED:
            return np.inf, normal, offset
        error = float(np.percentile(distance[matched], 95))
        near = matched & (
            distance <= np.percentile(distance[matched], 80)
        )  # points without a counterpart must not tilt the plane
        facing, gap = surface.normals[index[near]], surface.points[index[near]] - mirrored[near]
        step = np.linalg.lstsq(
            np.c_[np.cross(mirrored[near], facing), facing], np.einsum("nc,nc->n", facing, gap), rcond=None
        )[0]
        rotated = rotation_matrices(step[:3])
        reflection = rotated @ (np.eye(3) - 2 * np.outer(normal, normal))
        origin = rotated @ (2 * offset * normal) + step[3:]
        normal = np.linalg.eigh(reflection + reflection.T)[1][:, 0]
        normal *= np.sign(normal[0])
        offset = float(origin @ normal) / 2
    return error, normal, offset


def _onto_mirror_plane(
    rotation: np.ndarray,
    shift: np.ndarray,
    first: np.ndarray,
    first_shift: np.ndarray,
    normal: np.ndarray,
    offset: float,
) -> tuple[np.ndarray, np.ndarray]:
    """(rotation, shift) with the plane of symmetry on x = 0; normal and offset are in the space of the first rotation
    and shift."""
    scale, first_scale = (np.cbrt(np.linalg.det(plane)) for plane in (rotation, first))
    mesh_normal = first @ normal / first_scale
    in_head_space = rotation.T @ mesh_normal / scale
    origin = (first_scale * offset - mesh_normal @ (shift - first_shift)) / scale
    axis = np.array([1.0, 0.0, 0.0])
    half = (in_head_space + axis) / np.linalg.norm(in_head_space + axis)
    # Two reflections are the smallest rotation that takes the normal to the x axis.
    across = (np.eye(3) - 2 * np.outer(half, half)) @ (np.eye(3) - 2 * np.outer(in_head_space, in_head_space))
    rotation = rotation @ across.T
    return rotation, shift + rotation @ (origin * axis)
