# SPDX-License-Identifier: GPL-3.0-or-later
"""Pieces of the mesh that are separate from the skin: eyeballs, teeth, a tongue, lashes.

Eyeballs rotate about their own centre as the default head's do; pieces behind the lips move with the jaw below the
mouth and stay above it; pieces on the skin move with their nearest skin vertices; all others stay.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.spatial import KDTree

from mien.bind.alignment import AlignedMesh
from mien.bind.mesh import Mesh
from mien.heads.correspondence import similarity
from mien.heads.default import Head

FACE_PICKS = ("nose_tip", "chin", "mouth_right", "mouth_left")  # the pieces nearest to them are skin
ROUND = 0.25  # of its radius: the 90th percentile of an eyeball's distances from a sphere is no larger
EYE_AWAY = 0.012  # m at most between the centre of an eyeball and that of the registered head's
EYE_SIZES = (0.006, 0.045)  # m
ON_SKIN = 0.006  # m: nine in ten vertices of lashes and brows are nearer to the skin


@dataclass(frozen=True, eq=False)
class Part:
    """A piece: vertices (n,) indices; kind "eye left", "eye right", "jaw", "upper mouth", "on skin" or "left"."""

    vertices: np.ndarray
    kind: str


def skin_pieces(mesh: Mesh, aligned: AlignedMesh) -> np.ndarray:
    """(V,) bool: vertices of the pieces nearest to the picks of nose, chin and the corners of the mouth."""
    in_mesh = np.unique(mesh.triangles)
    tree = KDTree(aligned.vertices[in_mesh])
    picks = [aligned.picks[name] for name in FACE_PICKS if name in aligned.picks] or list(aligned.picks.values())
    nearest = in_mesh[tree.query(np.array(picks))[1]]
    return np.isin(mesh.pieces, mesh.pieces[nearest])


def parts_of(mesh: Mesh, aligned: AlignedMesh, head: Head, fitted: np.ndarray, skin: np.ndarray) -> list[Part]:
    """All pieces that are no skin."""
    in_mesh = np.zeros(len(mesh.vertices), bool)
    in_mesh[mesh.triangles] = True
    tree = KDTree(aligned.vertices[skin & in_mesh])
    rotation, shift = _mouth(head, fitted)
    box = np.array([head.teeth_vertices.min(0), head.teeth_vertices.max(0)])
    lips = head.vertices[head.inner_lips[list(head.inner_lips_middle)]].mean((0, 1))
    parts = []
    for number in np.unique(mesh.pieces[in_mesh & ~skin]):
        rows = np.flatnonzero((mesh.pieces == number) & in_mesh)
        points = aligned.vertices[rows]
        parts.append(Part(rows, _eye(points, head, fitted) or _mouth_half(points, rotation, shift, box, lips) or (
            "on skin" if np.percentile(tree.query(points)[0], 90) < ON_SKIN else "left"
        )))  # fmt: skip
    return parts


def part_deltas(
    part: Part, aligned: AlignedMesh, head: Head, fitted: np.ndarray, skin: np.ndarray, deltas: np.ndarray
) -> np.ndarray:
    """(C, n, 3) metres that each channel adds to a part; deltas (C, V, 3) of the skin, skin (V,) bool."""
    points = aligned.vertices[part.vertices]
    deltas_of_part = np.zeros((len(head.channels), len(points), 3))
    if part.kind.startswith("eye"):
        side = 0 if part.kind.endswith("left") else 1
        centre = _sphere(points)[0]
        rest, centre_of_head = head.vertices[head.eye_anchors[side]].astype(float), head.eyeballs[side, :3]
        for channel, name in enumerate(head.channels):
            if name.startswith("eyeLook"):
                delta = head.deltas[channel][head.eye_anchors[side]]
                if np.abs(delta).max() > 0:
                    rotation, _ = similarity(rest - centre_of_head, rest + delta - centre_of_head)
                    rotation /= np.cbrt(np.linalg.det(rotation))
                    deltas_of_part[channel] = (points - centre) @ (rotation.T - np.eye(3))
    elif part.kind == "jaw":
        rotation, _ = _mouth(head, fitted)
        lower = head.teeth_vertices[head.teeth_lower > 0].astype(float)
        frame, position = _mouth(head, fitted)
        local = (points - position) @ np.linalg.inv(frame).T
        for row, name in enumerate(head.teeth_channels):
            delta = head.teeth_deltas[row][head.teeth_lower > 0]
            rigid, shift = similarity(lower, lower + delta)
            deltas_of_part[head.channels.index(name)] = (local @ rigid.T + shift - local) @ rotation.T
    elif part.kind == "on skin":
        numbers = np.flatnonzero(skin)
        nearest = numbers[KDTree(aligned.vertices[numbers]).query(points)[1]]
        deltas_of_part[:] = deltas[:, nearest]
    return deltas_of_part


def _eye(points: np.ndarray, head: Head, fitted: np.ndarray) -> str | None:
    if len(points) < 8:
        return None
    centre, radius = _sphere(points)
    if not EYE_SIZES[0] < radius < EYE_SIZES[1]:
        return None
    residual = np.abs(np.linalg.norm(points - centre, axis=1) - radius)
    if np.percentile(residual, 90) > ROUND * radius:
        return None
    corners = fitted[head.landmarks[[42, 45]]].mean(0), fitted[head.landmarks[[36, 39]]].mean(0)
    for side, centre_point in zip(("left", "right"), corners, strict=True):
        # The lids lie on the front of the ball, whose radius may be another than the default head's.
        distance = np.linalg.norm(centre - centre_point)
        if abs(distance - radius) < EYE_AWAY and np.linalg.norm((centre - centre_point)[:2]) < EYE_AWAY:
            return f"eye {side}"
    return None


def _mouth_half(
    points: np.ndarray, rotation: np.ndarray, shift: np.ndarray, box: np.ndarray, lips: np.ndarray
) -> str | None:
    """Which half of the mouth a piece is in, in the space of the default head's teeth; None outside."""
    local = (points - shift) @ np.linalg.inv(rotation).T
    centre_point, size = local.mean(0), box[1] - box[0]
    if (
        (centre_point < box[0] - size / 2).any()
        or (centre_point > box[1] + size / 2).any()
        or centre_point[2] > lips[2]
    ):
        return None
    return "upper mouth" if centre_point[1] > lips[1] else "jaw"


def _mouth(head: Head, fitted: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(rotation with scale (3, 3), shift (3,)) of the default head's mouth onto the registered head's."""
    lips = np.flatnonzero(head.lip_mask[: len(fitted)])
    return similarity(head.vertices[lips].astype(float), fitted[lips])


def _sphere(points: np.ndarray) -> tuple[np.ndarray, float]:
    """(centre, radius) by least squares: |p|^2 = 2 p.c + (r^2 - |c|^2)."""
    solution = np.linalg.lstsq(np.c_[2 * points, np.ones(len(points))], (points**2).sum(1), rcond=None)[0]
    return solution[:3], float(np.sqrt(max(solution[3] + solution[:3] @ solution[:3], 0.0)))
