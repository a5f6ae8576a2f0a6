# SPDX-License-Identifier: GPL-3.0-or-later
"""`bind`: the 52 channels of the default head on a mesh of another topology, by a dozen points picked on it."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from mien.bind import BindError
from mien.bind.alignment import AlignedMesh, align
from mien.bind.blink import shut_lids
from mien.bind.deformation_transfer import transfer_deltas
from mien.bind.delta_projection import ProjectedDeltas, match_vertices, project_deltas
from mien.bind.mesh import Mesh
from mien.bind.mouth_cut import CutMesh, cut_mesh, find_cut, lips_matched
from mien.bind.orientation import consistent_winding, faces_inwards
from mien.bind.parts import part_deltas, parts_of, skin_pieces
from mien.bind.picks import pick_positions
from mien.bind.quality import lips_are_one, measure_fit, rest_aperture, skin_triangles, skin_vertices, warnings
from mien.bind.registration import register
from mien.bind.surface import Surface, open_edge
from mien.files.atomic import write_whole
from mien.files.safetensors import write_tensors
from mien.heads.correspondence import vertex_normals
from mien.heads.default import Head, load_head

FORMAT, VERSION = "mien.shapes", "1"
NO_MOTION = 1e-6  # m, in the default head's size: vertices that no channel moves further are not written
FACE_RADIUS = 0.25  # m about the mean of the picks: no face is larger, in the size of the default head
LEAST_TRIANGLES = 50  # that a face has


@dataclass(frozen=True, eq=False)
class BindResult:
    """The channels of a mesh of V vertices.

    channels: C names; moved (M,) indices of the vertices that move, in the mesh's own order; deltas (C, M, 3) what each
    channel adds to them at weight 1, in the mesh's own units and axes; distance (V,) metres, in the default head's
    size, from a vertex to the registered head, nan where it has no point of the face; positions (V, 3) of the vertices
    in the default head's space; report: measurements, ready for JSON; warnings: sentences.

    Where the mouth was one surface and is cut open: doubled (K,) vertices of the mesh that are there a second time, as
    vertices V to V + K - 1, which moved, distance and positions then have, too; and cut_faces (N,), the faces that take
    the second ones.
    """

    channels: tuple[str, ...]
    moved: np.ndarray
    deltas: np.ndarray
    distance: np.ndarray
    positions: np.ndarray
    report: dict[str, Any]
    warnings: tuple[str, ...]
    doubled: np.ndarray = field(default_factory=lambda: np.zeros(0, int))
    cut_faces: np.ndarray = field(default_factory=lambda: np.zeros(0, int))

    def write(self, path: Path, head: Head) -> None:
        """Write a safetensors file: `moved` (M,) I32, `deltas` (C, M, 3) F32, `distance` (V,) F32, -1 for nan; and
        `doubled` (K,) I32 with `cut_faces` (N,) I32 where the mouth is cut."""
        tensors = {
            "moved": self.moved.astype(np.int32),
            "deltas": self.deltas.astype(np.float32),
            "distance": np.where(np.isnan(self.distance), -1, self.distance).astype(np.float32),
        }
        if len(self.doubled):
            tensors |= {"doubled": self.doubled.astype(np.int32), "cut_faces": self.cut_faces.astype(np.int32)}
        metadata = {
            "format": FORMAT,
            "format_version": VERSION,
            "channels": json.dumps(self.channels),
            "report": json.dumps(self.report),
            "warnings": json.dumps(self.warnings),
            "licence": head.licence,
        }
        write_whole(path, write_tensors(tensors, metadata | head.take_meta))


def bind(
    mesh: Mesh,
    picks: Mapping[str, object],
    progress: Callable[[float, str], None] = lambda fraction, stage: None,
    head: Head | None = None,
) -> BindResult:
    """The channels of the default head on a mesh of any topology, by points picked on it (`picks.POINTS`).

    Align the mesh by the picks, register the default head to it, transfer the channels to the registered head, project
    them onto the mesh, move the parts that are no skin, measure. BindError, in words, for picks that are missing or do
    not lie on a face. `progress` may raise to stop.
    """
    head = head or load_head()
    progress(0.0, "aligning")
    welded = consistent_winding(mesh.welded)
    aligned = align(welded, pick_positions(picks, mesh), head)
    if inwards := faces_inwards(aligned, welded, head):
        welded = replace(welded, triangles=welded.triangles[:, ::-1])
        aligned = replace(aligned, normals=-aligned.normals)
    skin = skin_pieces(welded, aligned)
    of_skin = np.flatnonzero(skin[welded.triangles].all(1))
    face = _face(aligned, welded.triangles[of_skin])
    stage = "registering the head to the mesh"
    fitted = register(head, aligned, face, lambda fraction: progress(0.1 + 0.6 * fraction, stage))
    progress(0.7, "transferring the channels")
    placed = _Placed(welded, aligned, fitted, skin)
    aperture = rest_aperture(head, aligned, fitted, welded.triangles[of_skin])
    projected = _projected(head, placed, aperture)
    report = measure_fit(head, aligned, fitted, placed.triangles, projected)
    cut = None
    if lips_are_one(report) and (line := find_cut(welded, aligned, of_skin, head, fitted)) is not None:
        progress(0.8, "cutting the lips apart")
        cut = cut_mesh(mesh, welded, line)
        opened = _opened(placed, cut)
        in_cut = _projected(head, opened, 0.0, cut)
        in_report = measure_fit(head, opened.aligned, fitted, opened.triangles, in_cut, cut.path)
        cut = None if lips_are_one(in_report) else cut
        placed, projected, report = (placed, projected, report) if cut is None else (opened, in_cut, in_report)
    deltas = projected.deltas
    parts = parts_of(placed.mesh, placed.aligned, head, fitted, placed.skin)
    for part in parts:
        deltas[:, part.vertices] = part_deltas(part, placed.aligned, head, fitted, placed.skin, deltas)
    deltas *= placed.mesh.region[:, None]
    progress(0.9, "measuring")
    report["inside_out"] = inwards
    report["mouth_cut"] = 0 if cut is None else len(cut.path) - 1
    report["parts"] = dict(Counter(part.kind for part in parts))
    index = mesh.point_index if cut is None else cut.point_index
    deltas = (deltas @ aligned.rotation.T)[:, index]
    distance = np.where(projected.on_face, projected.distance, np.nan)[index]
    moved = np.flatnonzero((np.abs(deltas).max(2) > NO_MOTION * aligned.unit).any(0))
    progress(1.0, "done")
    return BindResult(
        head.channels, moved, deltas[:, moved], distance, placed.aligned.vertices[index], report, warnings(report),
        *((cut.vertices, cut.faces) if cut is not None else ()),
    )  # fmt: skip


@dataclass(frozen=True, eq=False)
class _Placed:
    """The welded mesh, the same in the head's space, the head registered to it (V, 3), and which vertices are skin."""

    mesh: Mesh
    aligned: AlignedMesh
    fitted: np.ndarray
    skin: np.ndarray

    @cached_property
    def triangles(self) -> np.ndarray:
        """(T, 3) of the skin."""
        return self.mesh.triangles[self.skin[self.mesh.triangles].all(1)]


def _opened(placed: _Placed, cut: CutMesh) -> _Placed:
    """The same with its mouth cut."""
    doubled = cut.path[1:-1, 0]
    vertices = np.concatenate([placed.aligned.vertices, placed.aligned.vertices[doubled]])
    aligned = replace(placed.aligned, vertices=vertices, normals=vertex_normals(vertices, cut.mesh.triangles))
    return _Placed(cut.mesh, aligned, placed.fitted, np.concatenate([placed.skin, placed.skin[doubled]]))


def _projected(head: Head, placed: _Placed, aperture: float, cut: CutMesh | None = None) -> ProjectedDeltas:
    """The channels on the mesh; `aperture`: metres between its lips at rest."""
    aligned, fitted, triangles = placed.aligned, placed.fitted, placed.triangles
    on_head = skin_triangles(head)
    match = match_vertices(aligned.vertices, aligned.normals, triangles, fitted, on_head)
    if cut is not None:
        match = lips_matched(match, cut, aligned, head, fitted, triangles)
    projected = project_deltas(
        aligned.vertices, aligned.normals, triangles, fitted, on_head, transfer_deltas(head, fitted, aperture),
        skin_vertices(head), match,
    )  # fmt: skip
    return shut_lids(head, aligned, fitted, triangles, aperture, projected, match)


def _face(aligned: AlignedMesh, triangles: np.ndarray) -> Surface:
    """The skin's triangles near the picks. BindError where there are too few."""
    near = np.linalg.norm(aligned.vertices - np.mean(list(aligned.picks.values()), 0), axis=1) < FACE_RADIUS
    face = triangles[near[triangles].all(1)]
    if len(face) < LEAST_TRIANGLES:
        raise BindError(
            f"only {len(face)} triangles lie where the picks say the face is; check that they are on this mesh."
        )
    return Surface(aligned.vertices, face, aligned.normals, open_edge(len(aligned.vertices), triangles))
