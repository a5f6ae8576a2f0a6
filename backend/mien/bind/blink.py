# SPDX-License-Identifier: GPL-3.0-or-later
"""Blinks that shut the eyes of the user's mesh: what is left open on the mesh itself is closed on the registered head.

A blink that shuts the registered head leaves gaps on a mesh whose lids are coarser or lie elsewhere. The gaps are added
to what its lids have to close, and the deltas are transferred and projected again.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from mien.bind.alignment import AlignedMesh
from mien.bind.deformation_transfer import LIDS, lid_pairs, transfer_deltas
from mien.bind.delta_projection import ProjectedDeltas, VertexMatch, project_deltas
from mien.bind.quality import SHUT_AT_REST, lid_opening, lips_and_lids, skin_triangles, skin_vertices
from mien.heads.default import Head

LEFT_OPEN = 0.0007  # m: the default head's own lids leave so much
ROUNDS = 2


def shut_lids(
    head: Head,
    aligned: AlignedMesh,
    fitted: np.ndarray,
    triangles: np.ndarray,
    rest_aperture: float,
    projected: ProjectedDeltas,
    match: VertexMatch,
) -> ProjectedDeltas:
    """The projected deltas with blinks that leave no more than LEFT_OPEN where some lids were further open. The blink
    of an eye that is modelled shut moves nothing: it would only push the skin about it down."""
    rows = [head.channels.index(name) for name in LIDS]
    pairs = lid_pairs(head)
    excess = {name: np.zeros(len(pairs)) for name in LIDS}
    best, gap = projected, np.inf
    shut: list[int] = []
    for _ in range(ROUNDS + 1):
        rest, deltas = lips_and_lids(head, aligned, fitted, triangles, projected.deltas)
        shut, left = [], {}
        for row, name in zip(rows, LIDS, strict=True):
            width, opening = lid_opening(head, rest, deltas, name)
            closing = (head.vertices[pairs[:, 0], 0] > 0) == name.endswith("Left")
            left[name] = np.where(closing, opening, 0.0)
            if width[closing].max(initial=0.0) < SHUT_AT_REST:
                shut.append(row)
                left[name][:] = 0.0
        largest = max(opening.max(initial=0.0) for opening in left.values())
        if largest < gap:
            best, gap = projected, largest
        if largest <= LEFT_OPEN or largest > gap:
            break
        for name in LIDS:
            excess[name] += np.maximum(left[name] - LEFT_OPEN / 2, 0.0)
        moved = transfer_deltas(head, fitted, rest_aperture, excess)[rows]
        again = project_deltas(
            aligned.vertices, aligned.normals, triangles, fitted, skin_triangles(head), moved, skin_vertices(head),
            match, np.isfinite(projected.distance),
        )  # fmt: skip
        changed = projected.deltas.copy()
        changed[rows] = again.deltas
        projected = replace(projected, deltas=changed)
    if shut:
        still = best.deltas.copy()
        still[shut] = 0
        best = replace(best, deltas=still)
    return best
