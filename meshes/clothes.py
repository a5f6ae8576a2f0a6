# SPDX-License-Identifier: GPL-3.0-or-later
"""Clothes of the default body: shirt and trousers grown from the skin, shoes from sections of the feet."""

from __future__ import annotations

from collections import Counter, defaultdict

import numpy as np
from scipy.sparse import coo_matrix, diags

HEM, BELT = 0.015, 0.075  # m: where the shirt ends, and the trousers
WRIST, TURN_UP = 0.80, -0.775  # share of the forearm that a sleeve covers; m, where the trousers end
COLLAR = 0.016  # m that the collar stands above the open edge of the head's neck
RIM = 0.012  # m that a rim goes on at the inner side
SHIRT, TROUSERS, LOOSE = 0.010, 0.006, 0.016  # m above the skin: at the chest, the hips, and at hem and turn-up
SECTIONS, AROUND, SOLE = 16, 20, 0.012


def neighbours(quads: np.ndarray, count: int):
    """(V, V) sparse: the mean of the neighbours of each vertex."""
    pairs = np.concatenate([quads[:, [k, (k + 1) % 4]] for k in range(4)])
    pairs = np.concatenate([pairs, pairs[:, ::-1]])
    near = coo_matrix((np.ones(len(pairs)), pairs.T), (count, count)).tocsr()
    near.data[:] = 1
    return diags(1 / np.maximum(np.asarray(near.sum(1)).ravel(), 1)) @ near


def normals_of(vertices: np.ndarray, quads: np.ndarray) -> np.ndarray:
    """(V, 3) unit normals, of faces as large as they are."""
    a, b, c, d = (vertices[quads[:, k]] for k in range(4))
    flat = np.cross(c - a, d - b)
    out = np.zeros_like(vertices)
    for k in range(4):
        np.add.at(out, quads[:, k], flat)
    return out / np.maximum(np.linalg.norm(out, axis=1, keepdims=True), 1e-12)


def border(quads: np.ndarray) -> list[tuple[int, int]]:
    """The edges of one face alone, in the direction in which it has them."""
    edges = [(int(q[k]), int(q[(k + 1) % 4])) for q in quads for k in range(4)]
    count = Counter(frozenset(edge) for edge in edges)
    return [edge for edge in edges if count[frozenset(edge)] == 1]


def garment(
    vertices: np.ndarray, quads: np.ndarray, above: np.ndarray, smooth: int, even: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """(points (N, 3), quads (Q, 4), the skin's vertex of each point (N,)) of cloth over some faces of the skin.

    above (V,): metres above the skin. The cloth is evened `smooth` times and never comes nearer than half of that; its
    edges are evened along themselves `even` times, and turned in.
    """
    used, inverse = np.unique(quads, return_inverse=True)
    faces, skin = inverse.reshape(quads.shape), vertices[used]
    normals, height = normals_of(skin, faces), above[used][:, None]
    points = skin + height * normals
    near, edges = neighbours(faces, len(used)), border(faces)
    rim = sorted({v for edge in edges for v in edge})
    beside: dict[int, list[int]] = defaultdict(list)
    for a, b in edges:
        beside[a].append(b)
        beside[b].append(a)
    inner = np.setdiff1d(np.arange(len(used)), rim)
    for _ in range(even):  # a straight hem out of faces' stairs
        points[rim] = [0.5 * points[v] + 0.25 * (points[beside[v][0]] + points[beside[v][1]]) for v in rim]
    for _ in range(smooth):
        points[inner] = (0.5 * points + 0.5 * (near @ points))[inner]
        depth = ((points - skin) * normals).sum(1, keepdims=True)
        points += np.maximum(0.5 * height - depth, 0) * normals
    outward = normals_of(points, faces)
    rows = {v: k for k, v in enumerate(rim)}
    into = (near @ points)[rim] - points[rim]
    into -= (into * outward[rim]).sum(1, keepdims=True) * outward[rim]
    into /= np.maximum(np.linalg.norm(into, axis=1, keepdims=True), 1e-9)
    under = points[rim] - 0.003 * outward[rim]
    turned = np.concatenate([under, under + RIM * into])
    first, second = len(points), len(points) + len(rim)
    folds = [[b, a, first + rows[a], first + rows[b]] for a, b in edges]
    folds += [[first + rows[b], first + rows[a], second + rows[a], second + rows[b]] for a, b in edges]
    owners = np.concatenate([used, used[rim], used[rim]])
    return np.concatenate([points, turned]), np.concatenate([faces, np.array(folds)]), owners


def shoe(foot: np.ndarray, floor: float) -> tuple[np.ndarray, np.ndarray]:
    """(points (N, 3), quads (Q, 4)) of a shoe around the vertices of a foot (M, 3) below the ankle."""
    back, front = foot[:, 2].min() - 0.008, foot[:, 2].max() + 0.010
    rings = []
    for share in np.linspace(0, 1, SECTIONS):
        z = back + share * (front - back)
        # The ends are round: their sections shrink to little.
        at = np.clip(z, foot[:, 2].min() + 0.02, foot[:, 2].max() - 0.022)
        near = foot[np.abs(foot[:, 2] - at) < 0.016]
        left, right, top = near[:, 0].min() - 0.005, near[:, 0].max() + 0.005, near[:, 1].max() + 0.007
        end = min(share, 1 - share) * (front - back)
        narrow = np.sqrt(np.clip(1 - (1 - np.minimum(end / 0.035, 1)) ** 2, 0.03, 1))
        middle, half = (left + right) / 2, (right - left) / 2 * narrow
        height = (top - floor + SOLE) * (0.55 + 0.45 * narrow)
        angle = 2 * np.pi * np.arange(AROUND) / AROUND
        x = np.sign(np.cos(angle)) * np.abs(np.cos(angle)) ** 0.75
        y = np.sign(np.sin(angle)) * np.abs(np.sin(angle)) ** 0.75
        bottom = floor - SOLE
        rise = np.where(y > 0, SOLE + y * (height - SOLE), SOLE + np.maximum(y, -0.9) / 0.9 * SOLE)
        rings.append(np.stack([middle + half * x, bottom + rise, np.full(AROUND, z)], 1))
    points = np.array(rings)
    for _ in range(2):
        points[1:-1] = 0.5 * points[1:-1] + 0.25 * (points[2:] + points[:-2])
    points = points.reshape(-1, 3)
    number = np.arange(SECTIONS * AROUND).reshape(SECTIONS, AROUND)
    a, b = number[:-1], number[1:]
    quads = np.stack([a, np.roll(a, -1, 1), np.roll(b, -1, 1), b], -1).reshape(-1, 4)
    half = AROUND // 2
    caps = [[row[k], row[k + 1], row[-k - 2], row[-k - 1]] for row in (number[0], number[-1]) for k in range(half - 1)]
    caps = np.array(caps)
    caps[: half - 1] = caps[: half - 1, ::-1]
    return points, np.concatenate([quads, caps])
