# SPDX-License-Identifier: GPL-3.0-or-later
"""Meshes of every format come in with the vertices in the user's order; what is no mesh is refused in words."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import trimesh
from mien.bind import BindError
from mien.bind.mesh import mesh_of, read_mesh
from mien.files.safetensors import write_tensors

PLACES = np.array([[0.0, 0, 0], [1, 0, 0], [1, 1, 0], [0, 1, 0], [0, 0, 5], [1, 0, 5], [0, 1, 5]])
QUAD, FAR = [[0, 1, 2, 3]], [[4, 5, 6]]
TRIANGLES = np.array([[0, 1, 2], [0, 2, 3], [4, 5, 6]])


def test_an_obj_keeps_its_order_whatever_its_texture_corners(tmp_path: Path) -> None:
    lines = [f"v {x} {y} {z}" for x, y, z in PLACES] + ["vt 0 0", "vt 1 1", "f 1/1 2/2 3/1 4/2", "f -3//1 -2//1 -1//1"]
    path = tmp_path / "two.obj"
    path.write_text("\n".join(lines), "utf-8")
    mesh = read_mesh(path)
    np.testing.assert_array_equal(mesh.vertices, PLACES)
    np.testing.assert_array_equal(mesh.triangles, TRIANGLES)


@pytest.mark.parametrize("suffix", ["ply", "glb", "stl"])
def test_files_of_others(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"two.{suffix}"
    trimesh.Trimesh(PLACES, TRIANGLES, process=False).export(path)
    mesh = read_mesh(path)
    corners = mesh.vertices[mesh.triangles]
    np.testing.assert_allclose(corners, PLACES[TRIANGLES], atol=1e-6)
    assert len(mesh.welded.vertices) == len(PLACES)  # a corner that the file holds twice is one
    assert len(np.unique(mesh.welded.pieces)) == 2


def test_arrays(tmp_path: Path) -> None:
    region = np.linspace(0, 1, len(PLACES))
    np.savez(tmp_path / "two.npz", vertices=PLACES, faces=TRIANGLES, region=region)
    tensors = {"vertices": PLACES.astype("f4"), "faces": TRIANGLES.astype("i4"), "region": region.astype("f4")}
    (tmp_path / "two.safetensors").write_bytes(write_tensors(tensors, {}))
    for name in ("two.npz", "two.safetensors"):
        mesh = read_mesh(tmp_path / name)
        np.testing.assert_allclose(mesh.vertices, PLACES)
        np.testing.assert_allclose(mesh.region, region, atol=1e-7)


def test_quads_become_triangles_and_pieces_are_separate() -> None:
    mesh = mesh_of(PLACES, np.array(QUAD))
    assert len(mesh.triangles) == 2 and (mesh.region == 1).all()
    assert len(np.unique(mesh.pieces)) == 4  # the quad, and three vertices that nothing holds


@pytest.mark.parametrize(
    ("vertices", "faces", "region", "sentence"),
    [
        (PLACES[:, :2], TRIANGLES, None, r"found \(7, 2\) and \(3, 3\)"),
        (PLACES, np.zeros((1, 5), int), None, "Triangulate"),
        (PLACES, np.zeros((0, 3), int), None, "no faces"),
        (PLACES, TRIANGLES + 1, None, "outside 0..6"),
        (PLACES, TRIANGLES.astype(float), None, "outside 0..6"),
        (np.where(PLACES == 5, np.nan, PLACES), TRIANGLES, None, "vertex 4 of the mesh is no place"),
        (PLACES, TRIANGLES, np.full(7, 1.5), "a weight from 0 to 1"),
        (PLACES, TRIANGLES, np.ones(3), "for each of 7 vertices"),
    ],
)
def test_what_is_no_mesh(vertices, faces, region, sentence) -> None:
    with pytest.raises(BindError, match=sentence):
        mesh_of(vertices, faces, region)


@pytest.mark.parametrize(
    ("name", "content", "sentence"),
    [
        ("a.fbx", b"Kaydara", "a.fbx is no mesh that is known; give one of .obj"),
        ("a.obj", b"v 0 0 0\nv 1 zero 0\n", "a.obj: line 2 cannot be read"),
        ("a.obj", b"v 0 0\n", "a.obj: a vertex has fewer than three coordinates"),
        ("a.ply", b"ply\nformat nonsense\n", "a.ply: it cannot be read"),
        ("a.obj", b"v 0 0 0\nf 1 2 99999999999999999999\n", "a.obj: its faces name vertices outside 1..1"),
        ("a.obj", b"v 0 0 0\nf -5 1 1\n", "a.obj: its faces name vertices outside 1..1"),
        ("a.npz", b"PK\x03\x04", "a.npz: it cannot be read"),
        ("a.safetensors", b"short", "a.safetensors: .*too few"),
    ],
)
def test_broken_files(tmp_path: Path, name: str, content: bytes, sentence: str) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(BindError, match=sentence):
        read_mesh(tmp_path / name)


def test_a_damaged_npz(tmp_path: Path) -> None:
    """Wherever it is damaged: its own checksums, the zip's and the inflater's errors are all sentences."""
    np.savez_compressed(tmp_path / "a.npz", vertices=np.random.default_rng(0).normal(size=(300, 3)), faces=TRIANGLES)
    whole = (tmp_path / "a.npz").read_bytes()
    for at in range(60, len(whole), len(whole) // 40):
        (tmp_path / "a.npz").write_bytes(whole[:at] + bytes(b ^ 0x5A for b in whole[at : at + 8]) + whole[at + 8 :])
        try:
            read_mesh(tmp_path / "a.npz")
        except BindError as error:
            assert str(error).startswith("a.npz: ")


def test_arrays_of_other_names(tmp_path: Path) -> None:
    np.savez(tmp_path / "a.npz", points=PLACES)
    with pytest.raises(BindError, match="found points"):
        read_mesh(tmp_path / "a.npz")
