# SPDX-License-Identifier: GPL-3.0-or-later
"""A take as a blend-shape rig, as glTF and USD animate it: a mesh, weighted shapes, and a neck joint."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.spatial.transform import Rotation

from mien.export.licence import licence_of
from mien.heads.default import Head, rotation_matrix
from mien.heads.flame import Flame
from mien.heads.retarget import to_basis
from mien.take import Take


@dataclass(frozen=True, eq=False)
class BlendshapeRig:
    """vertices (V, 3) metres; `groups`: (name, linear colour, roughness, faces (n, 3 or 4)) of each material; deltas
    (K, V, 3) named by `names`, weights (F, K); pivot (3,) of the neck, neck (V,) its skinning weights, rotations (F, 4)
    its quaternions x, y, z, w, each in the hemisphere of the one before."""

    vertices: np.ndarray
    groups: tuple[tuple[str, tuple[float, float, float], float, np.ndarray], ...]
    names: tuple[str, ...]
    deltas: np.ndarray
    weights: np.ndarray
    pivot: np.ndarray
    neck: np.ndarray
    rotations: np.ndarray
    licence: str


def rig_of(take: Take, head: Head | Flame) -> BlendshapeRig:
    """Channels and shapes of the tongue as they are; vertices as the basis of `retarget.to_basis`, to 0.1 mm. HeadError
    when the take is of another head."""
    if take.weights is not None and isinstance(head, Head):
        used = head.order(take.channels)
        shown, rows = head.tongue_of(take)
        names = (*take.channels, *(head.tongue_names[row] for row in rows))
        deltas = np.concatenate([head.deltas[used], head.tongue_deltas[rows]])
        weights = np.concatenate([take.weights, shown], 1)
    else:
        of_basis = take if take.basis is not None else to_basis(take, head)
        head.faces(of_basis)  # HeadError where it is of another head
        names, deltas, weights = _non_negative(np.asarray(of_basis.basis), np.asarray(of_basis.coefficients))
    rotations = Rotation.from_matrix(rotation_matrix(take.head_rotation)).as_quat()
    flips = np.cumprod(np.concatenate([[1.0], np.where((rotations[1:] * rotations[:-1]).sum(1) < 0, -1.0, 1.0)]))
    rotations = (rotations * flips[:, None]).astype(np.float32)
    licence = licence_of(take, head)
    if isinstance(head, Head):
        groups = tuple(
            (
                material["name"],
                tuple(material["colour"]),
                float(material["roughness"]),
                head.quads[head.quad_material == number],
            )
            for number, material in enumerate(head.materials)
        )
        groups = tuple(group for group in groups if len(group[3]))
        pivot, neck, vertices = head.joint("neck"), head.neck_weights, head.vertices
    else:
        groups = (("skin", (0.8, 0.6, 0.5), 0.6, head.triangles),)
        pivot = (head.joint_regressor @ head.template)[1]
        neck, vertices = head.skin_weights[:, 1:].sum(1), head.template
    return BlendshapeRig(vertices, groups, tuple(names), deltas, weights, pivot, neck, rotations, licence)


def _non_negative(basis: np.ndarray, coefficients: np.ndarray) -> tuple[list[str], np.ndarray, np.ndarray]:
    """(names, deltas, weights) without weights below 0, where Blender clamps: a shape of both signs becomes two."""
    names, deltas, weights = [], [], []
    for number, (delta, column) in enumerate(zip(basis, coefficients.T, strict=True)):
        for sign, suffix in ((1, "there"), (-1, "back")):
            weight = np.maximum(sign * column, 0)
            if weight.any() or (sign > 0 and not column.any()):
                names.append(f"movement{number:03}_{suffix}")
                deltas.append(sign * delta)
                weights.append(weight)
    return names, np.stack(deltas), np.stack(weights, 1)
