# SPDX-License-Identifier: GPL-3.0-or-later
"""The default head's channels on the same mesh in another shape.

Deformation transfer (Sumner and Popovic 2004, "Deformation transfer for triangle meshes"): what a channel does to each
triangle of the default head it does to that triangle here, whatever its size. Lids and lips are tied across their gap
besides, so that a blink that shuts the one eye shuts the other, and lips that meet on the one mouth meet on the other.
"""

from __future__ import annotations

import numpy as np
from scipy import sparse
from scipy.sparse.linalg import splu

from mien.heads.default import Head

TIE = 30.0  # weight of a tie against a triangle's edge
STILL = 1e-7  # m: what no channel moves further stays where it is
HOLD = 1000.0  # weight that keeps it there
LEAST = 0.05  # of a cotangent: slivers count, too
MOVE_JAW = ("mouthClose", "jawForward", "jawLeft", "jawRight")  # these take from what jawOpen gives, not from the gap
MOST = 3.0  # lips that are parted at rest, three times as far as the default head's or more, are shut no further
LIDS = ("eyeBlinkLeft", "eyeBlinkRight")
OPEN_LID = 0.002  # m: rims of an eye that are further apart than this in the open eye are upper and lower lid


def transferred(head: Head, laid: np.ndarray, rest_gap: float) -> np.ndarray:
    """(C, V, 3) metres that each channel of the head adds to its skin in the shape of laid (V, 3); rest_gap: metres
    between the lips at rest, as `gap` counts them, that are to be shut."""
    count = len(laid)
    rest, deltas = head.vertices[:count].astype(float), head.deltas[:, :count].astype(float)
    quads = head.quads[(head.quads < count).all(1)]
    triangles = np.concatenate([quads[:, [0, 1, 2]], quads[:, [0, 2, 3]]])
    begin, end = triangles.ravel(), np.roll(triangles, -1, 1).ravel()
    weight = np.sqrt(_cotangents(laid, triangles)).ravel()
    edges = _differences(begin, end, weight, count)
    upper, lower, maps = _ties(head, rest, laid)
    ties = _differences(lower, upper, np.full(len(upper), np.sqrt(TIE)), count)
    lips, axis = len(upper) - len(head.inner_lips), head.gap_axis.astype(float)
    closes = gap(head, rest[None] + deltas) < gap(head, rest)
    closes &= np.array([name not in MOVE_JAW for name in head.channels])
    share = np.clip(rest_gap / gap(head, rest), 0, MOST)
    still = (np.linalg.norm(deltas, axis=2) < STILL).all(0)
    system = edges.T @ edges + ties.T @ ties + sparse.diags(np.where(still, HOLD, 1e-6))
    solver = splu(system.tocsc(), permc_spec="MMD_AT_PLUS_A", options={"SymmetricMode": True})
    frame = np.linalg.inv(_frames(rest, triangles))
    along = (laid[end] - laid[begin]).reshape(-1, 3, 3)
    out = np.zeros_like(deltas)
    for channel, delta in enumerate(deltas):
        change = _frames(rest + delta, triangles) @ frame - np.eye(3)
        wanted = np.einsum("tab,teb->tea", change, along).reshape(-1, 3)
        apart = delta[upper] - delta[lower]
        across = np.einsum("pab,pb->pa", maps, apart)
        if closes[channel]:
            across[lips:] += (share - maps[-1, 0, 0]) * (apart[lips:] @ axis)[:, None] * axis
        right = edges.T @ (weight[:, None] * wanted) + ties.T @ (np.sqrt(TIE) * across)
        out[channel] = solver.solve(right)
    out[:, still] = 0
    return out


def gap(head: Head, faces: np.ndarray) -> np.ndarray:
    """(...) metres between the lips of faces (..., V, 3), as `Head.lip_aperture` has it: the lowest upper vertex of
    the pairs on the mid-line less the highest lower one along `gap_axis`; negative: the lips cross."""
    upper, lower = (head.inner_lips[list(head.inner_lips_middle), side] for side in (0, 1))
    axis = head.gap_axis.astype(float)
    return (faces[..., upper, :] @ axis).min(-1) - (faces[..., lower, :] @ axis).max(-1)


def lid_pairs(head: Head) -> np.ndarray:
    """(P, 2) vertices of the rims of upper and lower lids that meet when the eye shuts."""
    parts = np.array(head.parts)[head.quad_part]
    rim = np.intersect1d(head.quads[parts == "skin"], head.quads[parts == "sockets"])
    pairs = []
    for name in LIDS:
        delta = head.deltas[head.channels.index(name)].astype(float)
        side = rim[(head.vertices[rim, 0] > 0) == name.endswith("Left")]
        shut = head.vertices + delta
        for vertex in side:
            apart = np.linalg.norm(head.vertices[side] - head.vertices[vertex], axis=1)
            below = (head.vertices[side, 1] < head.vertices[vertex, 1]) & (apart > OPEN_LID)
            meeting = np.linalg.norm(shut[side] - shut[vertex], axis=1)
            other = np.where(below, meeting, np.inf)
            if np.isfinite(other.min()) and other.min() < apart[other.argmin()] / 2:
                pairs.append((vertex, side[other.argmin()]))
    return np.array(pairs, int).reshape(-1, 2)


def _ties(head: Head, rest: np.ndarray, laid: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """(upper (P,), lower (P,), maps (P, 3, 3)): what a channel takes from the gap of a pair, here and there. The gap
    of the lids is taken as a whole; that of the lips, nearly nothing at rest, goes with the mouth's width, but what
    shuts them takes its share of the gap that is here (`transferred`)."""
    lids, lips = lid_pairs(head), head.inner_lips.astype(int)
    width = [np.linalg.norm(each[head.landmarks[54]] - each[head.landmarks[48]]) for each in (rest, laid)]
    before, now = (each[lids[:, 0]] - each[lids[:, 1]] for each in (rest, laid))
    maps = np.concatenate([_between(before, now), np.tile(np.eye(3) * width[1] / width[0], (len(lips), 1, 1))])
    pairs = np.concatenate([lids, lips])
    return pairs[:, 0], pairs[:, 1], maps


def _between(before: np.ndarray, now: np.ndarray) -> np.ndarray:
    """(P, 3, 3) the smallest turn with a size that takes before (P, 3) to now (P, 3)."""
    sizes = [np.linalg.norm(each, axis=1, keepdims=True) for each in (before, now)]
    a, b = before / sizes[0], now / np.maximum(sizes[1], 1e-12)
    half = a + b
    half /= np.maximum(np.linalg.norm(half, axis=1, keepdims=True), 1e-12)
    first, second = (np.eye(3) - 2 * each[:, :, None] * each[:, None, :] for each in (a, half))
    return (sizes[1] / sizes[0])[:, :, None] * (second @ first)


def _frames(vertices: np.ndarray, triangles: np.ndarray) -> np.ndarray:
    """(T, 3, 3) columns: two edges, and the normal as long as the root of its size (Sumner and Popovic, section 3)."""
    a, b, c = (vertices[triangles[:, k]] for k in range(3))
    normal = np.cross(b - a, c - a)
    normal /= np.sqrt(np.maximum(np.linalg.norm(normal, axis=1, keepdims=True), 1e-18))
    return np.stack([b - a, c - a, normal], -1)


def _cotangents(vertices: np.ndarray, triangles: np.ndarray) -> np.ndarray:
    """(T, 3) of the angle opposite the edges 0-1, 1-2, 2-0, at least LEAST."""
    out = np.empty(triangles.shape)
    for edge in range(3):
        p, q, r = (vertices[triangles[:, (edge + k) % 3]] for k in range(3))
        cosine, sine = ((p - r) * (q - r)).sum(1), np.linalg.norm(np.cross(p - r, q - r), axis=1)
        out[:, edge] = cosine / np.maximum(sine, 1e-18)
    return np.clip(out, LEAST, 1 / LEAST)


def _differences(begin: np.ndarray, end: np.ndarray, weight: np.ndarray, count: int) -> sparse.csr_matrix:
    """(len(begin), count): weight times (end less begin)."""
    rows = np.repeat(np.arange(len(begin)), 2)
    values = np.stack([-weight, weight], 1).ravel()
    return sparse.csr_matrix((values, (rows, np.stack([begin, end], 1).ravel())), (len(begin), count))
