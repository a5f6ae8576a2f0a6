# SPDX-License-Identifier: GPL-3.0-or-later
"""A take as what glTF and USD animate: a mesh, shapes that weights add to it, and a neck that turns."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.spatial.transform import Rotation

from mien.heads.default import Head, rotation_matrix
from mien.heads.flame import Flame
from mien.heads.retarget import to_basis
from mien.take import Take


@dataclass(frozen=True, eq=False)
class Shapes:
    """vertices (V, 3) metres; faces of each material: `groups` of (name, linear colour, roughness, faces (n, 3 or
    4)); deltas (K, V, 3) named by `names`, weights (F, K); pivot (3,) of the neck, neck (V,) how far each vertex
    follows it, turns (F, 4) its rotation as quaternions x, y, z, w that do not change sign on the way."""

    vertices: np.ndarray
    groups: tuple[tuple[str, tuple[float, float, float], float, np.ndarray], ...]
    names: tuple[str, ...]
    deltas: np.ndarray
    weights: np.ndarray
    pivot: np.ndarray
    neck: np.ndarray
    turns: np.ndarray
    licence: str


def shapes_of(take: Take, head: Head | Flame) -> Shapes:
    """Channels as they are; vertices as the basis of convert.to_basis, to a tenth of a millimetre. HeadError when the
    take is of another head."""
    if take.weights is not None and isinstance(head, Head):
        used = head.order(take.channels)
        names, deltas, weights = take.channels, head.deltas[used], take.weights
    else:
        based = take if take.basis is not None else to_basis(take, head)
        head.faces(based)  # says so if it is of another head
        names, deltas, weights = _one_way(based.basis, based.coefficients)
    turns = Rotation.from_matrix(rotation_matrix(take.head_rotation)).as_quat()
    flips = np.cumprod(np.concatenate([[1.0], np.where((turns[1:] * turns[:-1]).sum(1) < 0, -1.0, 1.0)]))
    turns = (turns * flips[:, None]).astype(np.float32)
    licence = take.meta.get("licence", head.licence)
    if isinstance(head, Head):
        groups = tuple(
            (each["name"], tuple(each["colour"]), float(each["roughness"]), head.quads[head.quad_material == number])
            for number, each in enumerate(head.materials)
        )
        groups = tuple(group for group in groups if len(group[3]))
        pivot, neck, vertices = head.joint("neck"), head.neck_weights, head.vertices
    else:
        groups = (("skin", (0.8, 0.6, 0.5), 0.6, head.triangles),)
        pivot = (head.joint_regressor @ head.template)[1]
        neck, vertices = head.skin_weights[:, 1:].sum(1), head.template
    return Shapes(vertices, groups, tuple(names), deltas, weights, pivot, neck, turns, licence)


def _one_way(basis: np.ndarray, coefficients: np.ndarray) -> tuple[list[str], np.ndarray, np.ndarray]:
    """(names, deltas, weights) with no weight below 0, where Blender stops: a movement that goes both ways is two."""
    names, deltas, weights = [], [], []
    for number, (delta, column) in enumerate(zip(basis, coefficients.T, strict=True)):
        for sign, way in ((1, "there"), (-1, "back")):
            weight = np.maximum(sign * column, 0)
            if weight.any() or (sign > 0 and not column.any()):
                names.append(f"movement{number:03}_{way}")
                deltas.append(sign * delta)
                weights.append(weight)
    return names, np.stack(deltas), np.stack(weights, 1)
