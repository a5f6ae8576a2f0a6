# SPDX-License-Identifier: GPL-3.0-or-later
"""What a seam split is one point again, for every reader; what merely touches is not."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import trimesh
from mien.bind.mesh import mesh_of, read_mesh
from mien.bind.welding import point_index_of
from mien.files.safetensors import write_tensors

# Four triangles round a point, as two halves along the seam 3-0-1, whose vertices the second half has again as 5, 6, 7.
HALVES = np.array([[0, 0, 1], [1, 0, 0], [0, 1, 0], [-1, 0, 0], [0, -1, 0], [1, 0, 0], [0, 0, 1], [-1, 0, 0]], float)
FACES = np.array([[0, 1, 2], [0, 2, 3], [6, 7, 4], [6, 4, 5]])
POINTS = [0, 1, 2, 3, 4, 1, 0, 3]


def _unwelded(vertices: np.ndarray, faces: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    return vertices[faces].reshape(-1, 3), np.arange(faces.size).reshape(-1, 3)


def test_a_seam_is_welded_in_the_order_of_the_vertices() -> None:
    assert point_index_of(HALVES, FACES).tolist() == POINTS


def test_a_seam_of_opposite_winding_is_welded_too() -> None:
    assert point_index_of(HALVES, np.concatenate([FACES[:2], FACES[2:, ::-1]])).tolist() == POINTS


def test_faces_on_their_own_are_one_surface() -> None:
    vertices, faces = _unwelded(HALVES, FACES)
    assert len(np.unique(point_index_of(vertices, faces))) == 5


def test_nearly_coincident_vertices_are_welded_at_any_size() -> None:
    for size in (1e-3, 1.0, 1e4):
        moved = HALVES * size + np.array([3.0, -5, 7]) * size
        moved[5:] += 1e-7 * size
        assert point_index_of(moved, FACES).tolist() == POINTS


def test_corners_that_touch_stay_apart() -> None:
    """Two closed surfaces with a corner in common, as a lash and a lid."""
    box = trimesh.creation.box()
    vertices = np.concatenate([box.vertices, box.vertices + 1])
    faces = np.concatenate([box.faces, box.faces + 8])
    assert len(np.unique(point_index_of(vertices, faces))) == 16


def test_lips_that_touch_stay_apart() -> None:
    """Two lips that roll into a mouth and lie on one another along a line have no open edges there."""
    lip = np.array([[0, 1, 1], [1, 1, 1], [0, 0, 1], [1, 0, 1], [0, 0.1, 0], [1, 0.1, 0]], float)
    faces = np.array([[0, 2, 1], [1, 2, 3], [2, 4, 3], [3, 4, 5]])
    vertices = np.concatenate([lip, lip * (1, -1, 1)])
    assert len(np.unique(point_index_of(vertices, np.concatenate([faces, faces[:, ::-1] + 6])))) == 12


@pytest.mark.parametrize("suffix", ["obj", "ply", "stl", "glb", "npz", "safetensors"])
def test_every_reader_welds(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"split.{suffix}"
    vertices, faces = _unwelded(HALVES, FACES)
    if suffix == "npz":
        np.savez(path, vertices=vertices, faces=faces)
    elif suffix == "safetensors":
        path.write_bytes(write_tensors({"vertices": vertices.astype("f4"), "faces": faces.astype("i4")}, {}))
    elif suffix == "obj":
        lines = [f"v {x} {y} {z}" for x, y, z in vertices] + [f"f {a + 1} {b + 1} {c + 1}" for a, b, c in faces]
        path.write_text("\n".join(lines))
    else:
        trimesh.Trimesh(vertices, faces, process=False).export(path)
    mesh = read_mesh(path)
    assert len(mesh.vertices) == 12 and len(mesh.welded.vertices) == 5
    np.testing.assert_allclose(mesh.welded.vertices[mesh.point_index], mesh.vertices, atol=1e-6)


def test_vertices_without_a_face_are_left_alone() -> None:
    mesh = mesh_of(np.concatenate([HALVES, HALVES[:1]]), FACES)
    assert len(mesh.welded.vertices) == 6
