# SPDX-License-Identifier: GPL-3.0-or-later
"""Deformation transfer of the default head's channels to the same topology in another shape.

Sumner and Popovic 2004, "Deformation transfer for triangle meshes": the deformation gradient of each triangle of the
default head is applied to the same triangle of the other shape. Constraints between upper and lower lids and lips are
added, so that a blink that shuts the default head's eye shuts this one, and lips that meet there meet here.
"""

from __future__ import annotations

import numpy as np
from scipy import sparse
from scipy.sparse.linalg import splu

from mien.heads.default import Head

TIE = 30.0  # weight of a constraint between a pair of lids or lips, against that of a triangle's edge
NO_MOTION = 1e-7  # m: vertices that no channel moves further are fixed
HOLD = 1000.0  # weight that fixes them
LEAST_COTANGENT = 0.05  # so that slivers count, too
MOVE_JAW = ("mouthClose", "jawForward", "jawLeft", "jawRight")  # these reduce the aperture of jawOpen, not that at rest
CLOSED_BY_JAW = 0.0004  # m of the rest aperture that mouthClose, stronger than jawOpen, closes in p, b and m
LARGEST_SHARE = 3.0  # times the default head's rest aperture: more is not closed
LIDS = ("eyeBlinkLeft", "eyeBlinkRight")
OPEN_LID = 0.002  # m: rim vertices of an open eye that are further apart are of the upper and the lower lid


def transfer_deltas(
    head: Head, fitted: np.ndarray, rest_aperture: float, open_lids: dict[str, np.ndarray] | None = None
) -> np.ndarray:
    """(C, V, 3) metres that each channel adds to the head's skin in the shape of fitted (V, 3); rest_aperture: metres
    between the lips at rest on the user's mesh, which closing channels have to close. open_lids: by blink channel, (P,)
    metres by which each of `lid_pairs` is to close further; then those channels alone are solved, the others are 0."""
    count = len(fitted)
    rest, deltas = head.vertices[:count].astype(float), head.deltas[:, :count].astype(float)
    quads = head.quads[(head.quads < count).all(1)]
    triangles = np.concatenate([quads[:, [0, 1, 2]], quads[:, [0, 2, 3]]])
    begin, end = triangles.ravel(), np.roll(triangles, -1, 1).ravel()
    weight = np.sqrt(_cotangents(fitted, triangles)).ravel()
    edges = _differences(begin, end, weight, count)
    upper, lower, maps = _ties(head, rest, fitted)
    ties = _differences(lower, upper, np.full(len(upper), np.sqrt(TIE)), count)
    lips, axis = len(upper) - len(head.inner_lips), head.gap_axis.astype(float)
    narrows = lip_aperture_of(head, rest[None] + deltas) < lip_aperture_of(head, rest)
    narrows &= np.array([name not in MOVE_JAW for name in head.channels])
    closed = (rest_aperture - CLOSED_BY_JAW) / (lip_aperture_of(head, rest) - CLOSED_BY_JAW)
    rest_share = np.clip(closed, 0, LARGEST_SHARE)
    rest_lids, apart = (vertices[upper[:lips]] - vertices[lower[:lips]] for vertices in (rest, fitted))
    scale = np.linalg.norm(apart, axis=1, keepdims=True) / np.linalg.norm(rest_lids, axis=1, keepdims=True)
    apart = apart / np.maximum(np.linalg.norm(apart, axis=1, keepdims=True), 1e-12)
    larger = np.minimum(1 / np.maximum(scale, 1e-9), 1) - 1  # what a blink leaves open does not grow with the eye
    fixed = (np.linalg.norm(deltas, axis=2) < NO_MOTION).all(0)
    system = edges.T @ edges + ties.T @ ties + sparse.diags(np.where(fixed, HOLD, 1e-6))
    solver = splu(system.tocsc(), permc_spec="MMD_AT_PLUS_A", options={"SymmetricMode": True})
    frame = np.linalg.inv(_frames(rest, triangles))
    fitted_edges = (fitted[end] - fitted[begin]).reshape(-1, 3, 3)
    out = np.zeros_like(deltas)
    for channel, (name, delta) in enumerate(zip(head.channels, deltas, strict=True)):
        if open_lids is not None and name not in open_lids:
            continue
        gradient = _frames(rest + delta, triangles) @ frame - np.eye(3)
        edge_targets = np.einsum("tab,teb->tea", gradient, fitted_edges).reshape(-1, 3)
        separation = delta[upper] - delta[lower]
        target = np.einsum("pab,pb->pa", maps, separation)
        if name in LIDS:
            target[:lips] += larger * np.einsum("pab,pb->pa", maps[:lips], rest_lids + separation[:lips])
            if open_lids is not None:
                target[:lips] -= open_lids[name][:, None] * apart
            target[:lips] *= (np.linalg.norm(separation[:lips], axis=1) > NO_MOTION)[:, None]  # of this eye
        if narrows[channel]:
            target[lips:] += (rest_share - maps[-1, 0, 0]) * (separation[lips:] @ axis)[:, None] * axis
        right_side = edges.T @ (weight[:, None] * edge_targets) + ties.T @ (np.sqrt(TIE) * target)
        out[channel] = solver.solve(right_side)
    out[:, fixed] = 0
    return out


def lip_aperture_of(head: Head, faces: np.ndarray) -> np.ndarray:
    """(...) metres: the lip aperture of faces (..., V, 3), measured as by `Head.lip_aperture`; negative where the lips
    cross."""
    upper, lower = (head.inner_lips[list(head.inner_lips_middle), side] for side in (0, 1))
    axis = head.gap_axis.astype(float)
    return (faces[..., upper, :] @ axis).min(-1) - (faces[..., lower, :] @ axis).max(-1)


def lid_pairs(head: Head) -> np.ndarray:
    """(P, 2) vertices of the upper and the lower lid's rim that meet when the eye shuts."""
    parts = np.array(head.parts)[head.quad_part]
    rim = np.intersect1d(head.quads[parts == "skin"], head.quads[parts == "sockets"])
    pairs = []
    for name in LIDS:
        delta = head.deltas[head.channels.index(name)].astype(float)
        side = rim[(head.vertices[rim, 0] > 0) == name.endswith("Left")]
        shut = head.vertices + delta
        for vertex in side:
            separation = np.linalg.norm(head.vertices[side] - head.vertices[vertex], axis=1)
            below = (head.vertices[side, 1] < head.vertices[vertex, 1]) & (separation > OPEN_LID)
            meeting = np.linalg.norm(shut[side] - shut[vertex], axis=1)
            other = np.where(below, meeting, np.inf)
            if np.isfinite(other.min()) and other.min() < separation[other.argmin()] / 2:
                pairs.append((vertex, side[other.argmin()]))
    return np.array(pairs, int).reshape(-1, 2)


def _ties(head: Head, rest: np.ndarray, fitted: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """(upper (P,), lower (P,), maps (P, 3, 3)): each map takes the change of a pair's separation on the default head to
    that on the fitted one. For lids it maps one open separation to the other; for lips, nearly closed at rest, it
    scales by the mouth's width, and closing channels are corrected by the rest aperture (`transfer_deltas`)."""
    lids, lips = lid_pairs(head), head.inner_lips.astype(int)
    width = [np.linalg.norm(vertices[head.landmarks[54]] - vertices[head.landmarks[48]]) for vertices in (rest, fitted)]
    before, after = (vertices[lids[:, 0]] - vertices[lids[:, 1]] for vertices in (rest, fitted))
    maps = np.concatenate([_between(before, after), np.tile(np.eye(3) * width[1] / width[0], (len(lips), 1, 1))])
    pairs = np.concatenate([lids, lips])
    return pairs[:, 0], pairs[:, 1], maps


def _between(before: np.ndarray, after: np.ndarray) -> np.ndarray:
    """(P, 3, 3) the smallest rotation, scaled, that takes before (P, 3) to after (P, 3)."""
    sizes = [np.linalg.norm(vertices, axis=1, keepdims=True) for vertices in (before, after)]
    a, b = before / sizes[0], after / np.maximum(sizes[1], 1e-12)
    half = a + b
    half /= np.maximum(np.linalg.norm(half, axis=1, keepdims=True), 1e-12)
    first, second = (np.eye(3) - 2 * vertices[:, :, None] * vertices[:, None, :] for vertices in (a, half))
    return (sizes[1] / sizes[0])[:, :, None] * (second @ first)


def _frames(vertices: np.ndarray, triangles: np.ndarray) -> np.ndarray:
    """(T, 3, 3) columns: two edges, and the normal divided by the root of its length (Sumner, Popovic, section 3)."""
    a, b, c = (vertices[triangles[:, k]] for k in range(3))
    normal = np.cross(b - a, c - a)
    normal /= np.sqrt(np.maximum(np.linalg.norm(normal, axis=1, keepdims=True), 1e-18))
    return np.stack([b - a, c - a, normal], -1)


def _cotangents(vertices: np.ndarray, triangles: np.ndarray) -> np.ndarray:
    """(T, 3) cotangents of the angles opposite the edges 0-1, 1-2, 2-0, at least LEAST_COTANGENT."""
    out = np.empty(triangles.shape)
    for edge in range(3):
        p, q, r = (vertices[triangles[:, (edge + k) % 3]] for k in range(3))
        cosine, sine = ((p - r) * (q - r)).sum(1), np.linalg.norm(np.cross(p - r, q - r), axis=1)
        out[:, edge] = cosine / np.maximum(sine, 1e-18)
    return np.clip(out, LEAST_COTANGENT, 1 / LEAST_COTANGENT)


def _differences(begin: np.ndarray, end: np.ndarray, weight: np.ndarray, count: int) -> sparse.csr_matrix:
    """(len(begin), count) matrix: weight times (vertex `end` less vertex `begin`)."""
    rows = np.repeat(np.arange(len(begin)), 2)
    values = np.stack([-weight, weight], 1).ravel()
    return sparse.csr_matrix((values, (rows, np.stack([begin, end], 1).ravel())), (len(begin), count))
