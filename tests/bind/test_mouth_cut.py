# SPDX-License-Identifier: GPL-3.0-or-later
"""A mouth that is one surface is cut open where the line is clear, on meshes of several kinds."""

from __future__ import annotations

import numpy as np
import pytest
import retopology
import sealed_mouth
from mien.bind.bind import BindResult, bind
from mien.bind.mesh import mesh_of
from mien.files.safetensors import read_tensors
from mien.heads.default import load_head

HEAD = load_head()
WOMAN = HEAD.identities["woman"].astype(float)
NEEDED = ("nose_tip", "chin", "mouth_right", "eye_outer_right", "eye_inner_right")


def sealed_mesh(kind: str) -> tuple[np.ndarray, np.ndarray]:
    """(vertices, triangles) of the woman with her lips grown together."""
    vertices, triangles = sealed_mouth.sealed(HEAD, WOMAN)
    if kind == "half as fine":
        kept, remaining = retopology.load_module().collapsed(vertices, triangles, 1600, 2)
        return vertices[kept], remaining
    if kind == "faces on their own":
        return vertices[triangles].reshape(-1, 3), np.arange(triangles.size).reshape(-1, 3)
    return vertices, triangles


def opened(vertices: np.ndarray, faces: np.ndarray, bound: BindResult) -> tuple[np.ndarray, np.ndarray]:
    """The mesh as docs/bind.md says that it is cut."""
    copy = np.arange(len(vertices))
    copy[bound.doubled] = len(vertices) + np.arange(len(bound.doubled))
    faces = faces.copy()
    faces[bound.cut_faces] = copy[faces[bound.cut_faces]]
    return np.concatenate([vertices, vertices[bound.doubled]]), faces


@pytest.mark.parametrize("kind", ["as fine", "half as fine", "faces on their own"])
def test_sealed_lips_part(kind: str, tmp_path) -> None:
    vertices, triangles = sealed_mesh(kind)
    names = NEEDED if kind == "half as fine" else retopology.PICKED
    bound = bind(mesh_of(vertices, triangles), retopology.picked(HEAD, WOMAN, names), head=HEAD)
    mouth = bound.report["lips_mm"]
    assert mouth["rest"] == 0 and mouth["jawOpen"] > 30 and all(-1 < mouth[phone] <= 0.1 for phone in "pbm")
    assert bound.report["mouth_cut"] >= 8
    assert [sentence for sentence in bound.warnings if "the mouth is cut open along" in sentence]
    at_rest, faces = opened(vertices, triangles, bound)
    jaw = np.zeros_like(at_rest)
    jaw[bound.moved] = bound.deltas[bound.channels.index("jawOpen")]
    edges = np.concatenate([faces[:, [0, 1]], faces[:, [1, 2]], faces[:, [2, 0]]])
    apart = at_rest[edges[:, 0]] - at_rest[edges[:, 1]]
    longer = np.linalg.norm(apart + jaw[edges[:, 0]] - jaw[edges[:, 1]], axis=1) - np.linalg.norm(apart, axis=1)
    assert longer.max() < 0.012  # m: nothing spans the open mouth
    bound.write(tmp_path / "shapes.safetensors", HEAD)
    tensors, _ = read_tensors(tmp_path / "shapes.safetensors")
    np.testing.assert_array_equal(tensors.get("doubled", np.zeros(0, int)), bound.doubled)
    assert (len(bound.doubled) == 0) == (kind == "faces on their own")  # there every face has its own vertices already
    assert len(tensors["distance"]) == len(vertices) + len(bound.doubled)


def test_quads_are_cut_along_their_edges() -> None:
    """A quad whose last corner is there twice is a triangle; no diagonal is cut."""
    vertices, triangles = sealed_mesh("as fine")
    count = (HEAD.quad_part == HEAD.parts.index("skin")).sum()  # halves of quads, one after the other, then the strip
    quads = np.concatenate([
        np.concatenate([triangles[:count], triangles[count : 2 * count, 2:]], 1),
        np.concatenate([triangles[2 * count :], triangles[2 * count :, 2:]], 1),
    ])  # fmt: skip
    mesh = mesh_of(vertices, quads)
    assert len(mesh.triangles) == len(triangles) and len(mesh.diagonals) == count
    bound = bind(mesh, retopology.picked(HEAD, WOMAN), head=HEAD)
    assert bound.report["mouth_cut"] >= 8 and bound.cut_faces.max() < len(quads)
    _, faces = opened(vertices, quads, bound)
    cut = set(bound.doubled.tolist())
    sides = {tuple(sorted(pair)) for face in quads.tolist() for pair in zip(face, face[1:] + face[:1], strict=True)}
    at_cut = [number for number, face in enumerate(quads.tolist()) if cut & set(face)]
    assert len(at_cut) > len(bound.cut_faces)  # the upper lip keeps its vertices
    assert all(len(cut & set(faces[number].tolist())) == 0 for number in bound.cut_faces)
    ends = [pair for pair in sides if set(pair) <= cut]
    assert len(ends) >= len(cut) - 1


def test_an_open_mouth_is_left_as_it_is() -> None:
    quads = HEAD.quads[(HEAD.quads < len(HEAD.opposite)).all(1)]
    bound = bind(mesh_of(WOMAN[: len(HEAD.opposite)], quads), retopology.picked(HEAD, WOMAN), head=HEAD)
    assert bound.report["mouth_cut"] == 0 and not len(bound.doubled) and bound.warnings == ()
