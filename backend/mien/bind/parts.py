# SPDX-License-Identifier: GPL-3.0-or-later
"""What is separate from the face's skin: eyeballs, teeth, a tongue, lashes. Each piece moves as a whole, or is left.

Eyeballs turn about their own centre as the default head's do; what lies behind the lips below the mouth goes with the
jaw, above it stays; what lies on the skin goes with the point it is nearest to; everything else is left alone.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.spatial import cKDTree

from mien.bind.alignment import Placed
from mien.bind.mesh import Mesh
from mien.heads.correspondence import similarity
from mien.heads.default import Head

FACE_PICKS = ("nose_tip", "chin", "mouth_right", "mouth_left")  # what lies nearest to them is skin
ROUND = 0.25  # of its radius: an eyeball's vertices differ no more from a sphere at the 90th of a hundred
EYE_AWAY = 0.012  # m at most between the middles of an eyeball here and of the default head's, laid over the face
EYE_SIZES = (0.006, 0.045)  # m
ON_SKIN = 0.006  # m: lashes and brows are nearer than this to the skin, nine in ten of their vertices


@dataclass(frozen=True, eq=False)
class Part:
    """A piece: vertices (n,) their numbers, kind "eye left", "eye right", "jaw", "upper mouth", "on skin" or "left"."""

    vertices: np.ndarray
    kind: str


def skin_pieces(mesh: Mesh, placed: Placed) -> np.ndarray:
    """(V,) bool: vertices of the pieces that the nose, the chin and the corners of the mouth lie on."""
    used = np.unique(mesh.triangles)
    tree = cKDTree(placed.vertices[used])
    picks = [placed.picks[name] for name in FACE_PICKS if name in placed.picks] or list(placed.picks.values())
    nearest = used[tree.query(np.array(picks))[1]]
    return np.isin(mesh.pieces, mesh.pieces[nearest])


def parts_of(mesh: Mesh, placed: Placed, head: Head, laid: np.ndarray, skin: np.ndarray) -> list[Part]:
    """Every piece that is no skin."""
    used = np.zeros(len(mesh.vertices), bool)
    used[mesh.triangles] = True
    tree = cKDTree(placed.vertices[skin & used])
    turn, shift = _mouth(head, laid)
    box = np.array([head.teeth_vertices.min(0), head.teeth_vertices.max(0)])
    lips = head.vertices[head.inner_lips[list(head.inner_lips_middle)]].mean((0, 1))
    parts = []
    for number in np.unique(mesh.pieces[used & ~skin]):
        rows = np.flatnonzero((mesh.pieces == number) & used)
        points = placed.vertices[rows]
        parts.append(Part(rows, _eye(points, head, laid) or _inside(points, turn, shift, box, lips) or (
            "on skin" if np.percentile(tree.query(points)[0], 90) < ON_SKIN else "left"
        )))  # fmt: skip
    return parts


def moved(part: Part, placed: Placed, head: Head, laid: np.ndarray, skin: np.ndarray, deltas: np.ndarray) -> np.ndarray:
    """(C, n, 3) m that each channel adds to a part; deltas (C, V, 3) are those of the skin, skin (V,) bool."""
    points = placed.vertices[part.vertices]
    out = np.zeros((len(head.channels), len(points), 3))
    if part.kind.startswith("eye"):
        side = 0 if part.kind.endswith("left") else 1
        centre = _sphere(points)[0]
        rest, ahead = head.vertices[head.eye_anchors[side]].astype(float), head.eyeballs[side, :3]
        for channel, name in enumerate(head.channels):
            if name.startswith("eyeLook"):
                delta = head.deltas[channel][head.eye_anchors[side]]
                if np.abs(delta).max() > 0:
                    turn, _ = similarity(rest - ahead, rest + delta - ahead)
                    turn /= np.cbrt(np.linalg.det(turn))
                    out[channel] = (points - centre) @ (turn.T - np.eye(3))
    elif part.kind == "jaw":
        turn, _ = _mouth(head, laid)
        lower = head.teeth_vertices[head.teeth_lower > 0].astype(float)
        frame, place = _mouth(head, laid)
        inside = (points - place) @ np.linalg.inv(frame).T
        for row, name in enumerate(head.teeth_channels):
            delta = head.teeth_deltas[row][head.teeth_lower > 0]
            rigid, shift = similarity(lower, lower + delta)
            out[head.channels.index(name)] = (inside @ rigid.T + shift - inside) @ turn.T
    elif part.kind == "on skin":
        numbers = np.flatnonzero(skin)
        nearest = numbers[cKDTree(placed.vertices[numbers]).query(points)[1]]
        out[:] = deltas[:, nearest]
    return out


def _eye(points: np.ndarray, head: Head, laid: np.ndarray) -> str | None:
    if len(points) < 8:
        return None
    centre, radius = _sphere(points)
    if not EYE_SIZES[0] < radius < EYE_SIZES[1]:
        return None
    off = np.abs(np.linalg.norm(points - centre, axis=1) - radius)
    if np.percentile(off, 90) > ROUND * radius:
        return None
    corners = laid[head.landmarks[[42, 45]]].mean(0), laid[head.landmarks[[36, 39]]].mean(0)
    for side, middle in zip(("left", "right"), corners, strict=True):
        # The lids lie on the front of the ball, which may be larger here than there.
        away = np.linalg.norm(centre - middle)
        if abs(away - radius) < EYE_AWAY and np.linalg.norm((centre - middle)[:2]) < EYE_AWAY:
            return f"eye {side}"
    return None


def _inside(points: np.ndarray, turn: np.ndarray, shift: np.ndarray, box: np.ndarray, lips: np.ndarray) -> str | None:
    """Which half of the mouth a piece lies in, judged where the default head has its teeth."""
    inside = (points - shift) @ np.linalg.inv(turn).T
    middle, size = inside.mean(0), box[1] - box[0]
    if (middle < box[0] - size / 2).any() or (middle > box[1] + size / 2).any() or middle[2] > lips[2]:
        return None
    return "upper mouth" if middle[1] > lips[1] else "jaw"


def _mouth(head: Head, laid: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(turn with scale (3, 3), shift (3,)) of the default head's mouth onto the one here."""
    lips = np.flatnonzero(head.lip_mask[: len(laid)])
    return similarity(head.vertices[lips].astype(float), laid[lips])


def _sphere(points: np.ndarray) -> tuple[np.ndarray, float]:
    """(centre, radius) by least squares: |p|^2 = 2 p.c + (r^2 - |c|^2)."""
    solved = np.linalg.lstsq(np.c_[2 * points, np.ones(len(points))], (points**2).sum(1), rcond=None)[0]
    return solved[:3], float(np.sqrt(max(solved[3] + solved[:3] @ solved[:3], 0.0)))
