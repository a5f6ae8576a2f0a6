# SPDX-License-Identifier: GPL-3.0-or-later
"""`mien bind` from one end to the other: a mesh and a dozen points picked on it become the 52 channels of that mesh."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from mien.bind import BindError
from mien.bind.alignment import Placed, place
from mien.bind.deformation_transfer import transferred
from mien.bind.delta_projection import carried
from mien.bind.mesh import Mesh
from mien.bind.parts import moved, parts_of, skin_pieces
from mien.bind.picks import places
from mien.bind.quality import fit, outside, rest_gap, skin_triangles, warnings
from mien.bind.registration import lay
from mien.bind.surface import Surface, open_edge
from mien.files.atomic import write_whole
from mien.files.safetensors import write_tensors
from mien.heads.default import Head, load_head

FORMAT, VERSION = "mien.shapes", "1"
STILL = 1e-6  # m, in the default head's size: vertices that no channel moves further are not written
REACH = 0.25  # m about the middle of the picks: no face is larger, in the size of the default head
LEAST = 50  # triangles a face has


@dataclass(frozen=True, eq=False)
class Bound:
    """What `bind` has found, for a mesh of V vertices. channels: C names; moved (M,) the numbers of the vertices that
    move, in the mesh's own order; deltas (C, M, 3) what each channel adds to them at weight 1, in the mesh's own units
    and axes; distance (V,) metres, in the default head's size, between a vertex and the head laid over the mesh, nan
    where it lies on no point of the face; places (V, 3) the vertices in the default head's space; report: what was
    measured, ready for JSON; warnings: sentences."""

    channels: tuple[str, ...]
    moved: np.ndarray
    deltas: np.ndarray
    distance: np.ndarray
    places: np.ndarray
    report: dict[str, object]
    warnings: tuple[str, ...]

    def write(self, path: Path, head: Head) -> None:
        """As a safetensors file: `moved` (M,) I32, `deltas` (C, M, 3) F32, `distance` (V,) F32, -1 for nan."""
        tensors = {
            "moved": self.moved.astype(np.int32),
            "deltas": self.deltas.astype(np.float32),
            "distance": np.where(np.isnan(self.distance), -1, self.distance).astype(np.float32),
        }
        said = {
            "format": FORMAT,
            "format_version": VERSION,
            "channels": json.dumps(self.channels),
            "report": json.dumps(self.report),
            "warnings": json.dumps(self.warnings),
            "licence": head.licence,
        }
        write_whole(path, write_tensors(tensors, said | head.take_meta))


def bind(
    mesh: Mesh,
    picks: dict[str, object],
    progress: Callable[[float, str], None] = lambda fraction, stage: None,
    head: Head | None = None,
) -> Bound:
    """The channels of the default head on a mesh of any other topology, by points picked on it (`picks.POINTS`).

    BindError, in words, for picks that are missing or do not lie on a face. `progress` may raise to stop.
    """
    head = head or load_head()
    progress(0.0, "placing")
    whole = mesh.whole
    placed = place(whole, places(picks, mesh), head)
    skin = skin_pieces(whole, placed)
    triangles = whole.triangles[skin[whole.triangles].all(1)]
    face = _face(placed, triangles)
    laid = lay(head, placed, face, lambda fraction: progress(0.1 + 0.6 * fraction, "laying the head over the mesh"))
    progress(0.7, "carrying the channels over")
    there = transferred(head, laid, rest_gap(head, placed, laid, triangles))
    found = carried(placed.vertices, placed.normals, triangles, laid, skin_triangles(head), there, outside(head))
    deltas = found.deltas
    parts = parts_of(whole, placed, head, laid, skin)
    for part in parts:
        deltas[:, part.vertices] = moved(part, placed, head, laid, skin, deltas)
    deltas *= whole.region[:, None]
    progress(0.9, "measuring")
    measured = fit(head, placed, laid, triangles, found)
    measured["parts"] = dict(Counter(part.kind for part in parts))
    deltas = (deltas @ placed.turn.T)[:, mesh.joined]
    distance = np.where(found.on_face, found.distance, np.nan)[mesh.joined]
    still = STILL * placed.unit
    moving = np.flatnonzero((np.abs(deltas).max(2) > still).any(0))
    progress(1.0, "done")
    said = warnings(measured)
    return Bound(head.channels, moving, deltas[:, moving], distance, placed.vertices[mesh.joined], measured, said)


def _face(placed: Placed, triangles: np.ndarray) -> Surface:
    near = np.linalg.norm(placed.vertices - np.mean(list(placed.picks.values()), 0), axis=1) < REACH
    seen = triangles[near[triangles].all(1)]
    if len(seen) < LEAST:
        raise BindError(
            f"only {len(seen)} triangles lie where the picks say the face is; check that they are on this mesh."
        )
    return Surface(placed.vertices, seen, placed.normals, open_edge(len(placed.vertices), triangles))
