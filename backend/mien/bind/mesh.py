# SPDX-License-Identifier: GPL-3.0-or-later
"""The user's mesh: vertices in the user's own order, units and axes, and triangles."""

from __future__ import annotations

import zipfile
import zlib
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

import numpy as np
from scipy import sparse
from scipy.sparse import csgraph

from mien.bind import BindError
from mien.bind.welding import point_index_of
from mien.files.safetensors import TensorFileError, read_tensors
from mien.files.strict_json import JsonError, parse_json

LIMIT = 512 << 20  # bytes of a file


@dataclass(frozen=True, eq=False)
class Mesh:
    """vertices (V, 3); triangles (T, 3); region (V,) 0..1: how far each vertex may follow the face, 1 by default;
    point_index (V,): the same for vertices that a file split along a seam; face_index (T,): which of the faces that
    were given each triangle is of, which has two where it was a quad; diagonals (D, 2): the vertices of those quads
    between which there is no edge."""

    vertices: np.ndarray
    triangles: np.ndarray
    region: np.ndarray
    point_index: np.ndarray
    face_index: np.ndarray
    diagonals: np.ndarray

    @property
    def welded(self) -> Mesh:
        """The mesh with one vertex for each point, numbered as in `point_index`."""
        first = np.unique(self.point_index, return_index=True)[1]
        point = self.point_index
        return Mesh(
            self.vertices[first], point[self.triangles], self.region[first], np.arange(len(first)), self.face_index,
            point[self.diagonals],
        )  # fmt: skip

    @cached_property
    def pieces(self) -> np.ndarray:
        """(V,) index of the connected component of each vertex."""
        ends = np.concatenate([self.triangles[:, [0, 1]], self.triangles[:, [1, 2]]])
        graph = sparse.coo_matrix((np.ones(len(ends), bool), ends.T), (len(self.vertices),) * 2)
        return csgraph.connected_components(graph, directed=False)[1]


def mesh_of(vertices: np.ndarray, faces: np.ndarray, region: np.ndarray | None = None) -> Mesh:
    """A mesh of vertices (V, 3) and triangles or quads (F, 3 or 4), checked, with what seams split welded. A quad whose
    last corner is there twice is a triangle. BindError in words."""
    vertices, faces = np.asarray(vertices, float), np.asarray(faces)
    if vertices.ndim != 2 or vertices.shape[1:] != (3,) or faces.ndim != 2 or faces.shape[1] not in (3, 4):
        raise BindError(
            f"a mesh is vertices (V, 3) and faces (F, 3 or 4); found {vertices.shape} and {faces.shape}. Triangulate "
            "faces of more corners first."
        )
    if not len(faces):
        raise BindError("the mesh has no faces; a cloud of points cannot be bound.")
    if not np.isfinite(vertices).all():
        raise BindError(f"vertex {int(np.argmin(np.isfinite(vertices).all(1)))} of the mesh is no place.")
    if not np.issubdtype(faces.dtype, np.integer) or faces.min() < 0 or faces.max() >= len(vertices):
        raise BindError(f"the mesh's faces name vertices outside 0..{len(vertices) - 1}.")
    faces = faces.astype(int)
    numbers, diagonals = np.arange(len(faces)), np.empty((0, 2), int)
    triangles = faces[:, :3]
    if faces.shape[1] == 4:
        quads = faces[:, 2] != faces[:, 3]
        triangles, diagonals = np.concatenate([triangles, faces[quads][:, [0, 2, 3]]]), faces[quads][:, [0, 2]]
        numbers = np.concatenate([numbers, numbers[quads]])
    region = np.ones(len(vertices)) if region is None else np.asarray(region, float)
    if region.shape != (len(vertices),) or not ((region >= 0) & (region <= 1)).all():
        raise BindError(f"the region is a weight from 0 to 1 for each of {len(vertices)} vertices, not {region.shape}.")
    return Mesh(vertices, triangles, region, point_index_of(vertices, triangles), numbers, diagonals)


def read_mesh(path: Path) -> Mesh:
    """The mesh of an .obj, .ply, .stl, .glb, .gltf, .npz or .safetensors file (the last two: `vertices`, `faces`, and
    `region` if only a part may move). BindError in words; OSError is left alone."""
    size = path.stat().st_size
    if size > LIMIT:
        raise BindError(f"{path.name} is {size / 1e6:.0f} MB; meshes of {LIMIT >> 20} MB at most are read.")
    reader = READERS.get(path.suffix.lower())
    if reader is None:
        raise BindError(f"{path.name} is no mesh that is known; give one of {', '.join(READERS)}.")
    try:
        return reader(path)
    except BindError as error:
        raise BindError(f"{path.name}: {error}") from None


def _obj(path: Path) -> Mesh:
    """Vertices in the file's order, which loaders that read texture coordinates split and reorder."""
    vertices, triangles = [], []
    for number, line in enumerate(path.read_text("utf-8", errors="replace").splitlines(), 1):
        kind, *words = line.split() or [""]
        try:
            if kind == "v":
                vertices.append([float(word) for word in words[:3]])
            elif kind == "f":
                corners = [int(word.partition("/")[0]) for word in words]
                corners = [corner - 1 if corner > 0 else corner + len(vertices) for corner in corners]
                triangles += [[corners[0], *corners[i : i + 2]] for i in range(1, len(corners) - 1)]
        except ValueError:
            raise BindError(f"line {number} cannot be read: {line[:60]!r}.") from None
    if any(len(vertex) != 3 for vertex in vertices):
        raise BindError("a vertex has fewer than three coordinates.")
    if any(not 0 <= corner < len(vertices) for triangle in triangles for corner in triangle):
        raise BindError(f"its faces name vertices outside 1..{len(vertices)}.")
    return mesh_of(np.array(vertices).reshape(-1, 3), np.array(triangles, int).reshape(-1, 3))


def _by_trimesh(path: Path) -> Mesh:
    import trimesh

    try:
        # Without `process` vertices are neither merged nor reordered.
        loaded = trimesh.load(path, force="mesh", process=False)
    except Exception as error:  # every format's loader fails in its own way: ValueError, KeyError, struct.error ...
        raise BindError(f"it cannot be read ({type(error).__name__}: {str(error)[:80]}).") from error
    if not isinstance(loaded, trimesh.Trimesh):
        raise BindError(f"it holds a {type(loaded).__name__}, not a mesh of triangles.")
    vertices, faces = np.asarray(loaded.vertices, float).reshape(-1, 3), np.asarray(loaded.faces, int).reshape(-1, 3)
    return mesh_of(vertices, faces)


def _npz(path: Path) -> Mesh:
    try:
        with np.load(path, allow_pickle=False) as arrays:
            return named_mesh({name: arrays[name] for name in arrays.files})
    except BindError:
        raise
    except (ValueError, EOFError, OverflowError, NotImplementedError, zipfile.BadZipFile, zlib.error) as error:
        raise BindError(f"it cannot be read ({error}). Copy or export it again.") from None


def _safetensors(path: Path) -> Mesh:
    try:
        tensors, _ = read_tensors(path, limit=LIMIT)
    except TensorFileError as error:
        raise BindError(str(error)) from None
    return named_mesh(tensors)


def named_mesh(arrays: dict[str, np.ndarray]) -> Mesh:
    """The mesh of arrays `vertices`, `faces` and perhaps `region`. BindError in words."""
    if not {"vertices", "faces"} <= set(arrays) <= {"vertices", "faces", "region"}:
        names = ", ".join(sorted(arrays)) or "nothing"
        raise BindError(f"a mesh holds `vertices`, `faces` and, if you like, `region`; found {names}.")
    return mesh_of(arrays["vertices"], arrays["faces"], arrays.get("region"))


def with_diagonals(mesh: Mesh, text: str) -> Mesh:
    """The mesh with the diagonals that a sender of triangles knows: JSON pairs of vertices. BindError in words."""
    try:
        pairs = np.array(parse_json(text)).reshape(-1, 2)
    except (JsonError, ValueError):
        pairs = np.array([[-1, -1]])
    whole = not pairs.size or np.issubdtype(pairs.dtype, np.integer)
    if not whole or ((pairs < 0) | (pairs >= len(mesh.vertices))).any():
        raise BindError("the diagonals are no pairs of the mesh's vertices.")
    return replace(mesh, diagonals=pairs.astype(int))


READERS = {
    ".obj": _obj,
    ".ply": _by_trimesh,
    ".stl": _by_trimesh,
    ".glb": _by_trimesh,
    ".gltf": _by_trimesh,
    ".npz": _npz,
    ".safetensors": _safetensors,
}
