# SPDX-License-Identifier: GPL-3.0-or-later
"""glTF 2.0 in one binary file (Khronos, glTF 2.0 Specification): morph targets with animated weights, and a skin of two
joints, root and neck, which blends as Mien's heads do.

glTF's axes and units are the head's: metres, y up, z out of the face. Each morph target bends the normals, too, as the
moved mesh and, on the default head, its creases do.
"""

from __future__ import annotations

import json
import struct
from pathlib import Path

import numpy as np

from mien import __version__
from mien.export.blendshape_rig import BlendshapeRig, rig_of
from mien.export.gltf_body import add_body
from mien.export.gltf_paint import BROWS, add_paint
from mien.export.gltf_teeth import add_teeth
from mien.heads.correspondence import vertex_normals
from mien.heads.creases import folded
from mien.heads.default import Head
from mien.heads.flame import Flame
from mien.heads.hair import Hair
from mien.take import Take

FLOAT, UINT, UBYTE = 5126, 5125, 5121
KINDS = {"<f4": FLOAT, "<u4": UINT, "|u1": UBYTE}
VERTICES, INDICES = 34962, 34963  # targets of a buffer view
ROOT, NECK, FACE = 0, 1, 2  # nodes
ROUGHNESS_OF_HAIR = 0.5
SEEN = 0.005  # a smaller change of a unit normal is left out: a third of a degree


def write(
    take: Take, head: Head | Flame, path: Path, hair: Hair | None = None, brows: tuple[float, ...] = BROWS
) -> None:
    """A .glb, teeth and hair as meshes that the neck carries; its animation begins at the take's start, or at 0
    for one that begins earlier. brows: their colour, linear RGB. HeadError when the take is of another head."""
    rig = rig_of(take, head)
    buffer = _Buffer()
    primitives = _primitives(rig, head, buffer)
    content = {
        "asset": {"version": "2.0", "generator": f"Mien {__version__}", "copyright": rig.licence},
        "scene": 0,
        "scenes": [{"nodes": [ROOT, FACE]}],
        "nodes": [
            {"name": "root", "children": [NECK]},
            {"name": "neck", "translation": rig.pivot.tolist()},
            {"name": "face", "mesh": 0, "skin": 0},
        ],
        "meshes": [
            {
                "name": "face",
                "primitives": primitives,
                "weights": [0.0] * len(rig.names),
                "extras": {"targetNames": list(rig.names)},
            }
        ],
        "skins": [{"joints": [ROOT, NECK], "skeleton": ROOT, "inverseBindMatrices": _bind(rig, buffer)}],
        "materials": [_material(name, colour, roughness) for name, colour, roughness, _ in rig.groups],
        "animations": [_animation(rig, take, buffer)],
        "accessors": buffer.accessors,
        "bufferViews": buffer.views,
        "buffers": [{"byteLength": 0}],
    }
    if hair is not None:
        _add_hair(content, hair, rig, buffer)
    if isinstance(head, Head):
        add_paint(content, head, brows, buffer)
        add_teeth(content, head, rig, buffer, NECK)
    add_body(content, take, buffer, ROOT)
    content["buffers"][0]["byteLength"] = len(buffer.data)
    path.write_bytes(_glb(content, buffer.data))


def _primitives(rig: BlendshapeRig, head: Head | Flame, buffer: _Buffer) -> list[dict]:
    """The face, a primitive for each material; all have its vertices and its morph targets."""
    triangles = [_triangles(faces) for _, _, _, faces in rig.groups]
    normals = vertex_normals(rig.vertices, np.concatenate(triangles))
    attributes = {
        "POSITION": buffer.add(rig.vertices, "VEC3", VERTICES, bounds=True),
        "NORMAL": buffer.add(normals, "VEC3", VERTICES),
        "JOINTS_0": buffer.add(_skin_joints(rig.neck), "VEC4", VERTICES),
        "WEIGHTS_0": buffer.add(_skin_weights(rig.neck), "VEC4", VERTICES),
    }
    bent = _bent_normals(rig, head, np.concatenate(triangles), normals)
    targets = [
        {"POSITION": buffer.add(delta, "VEC3", VERTICES, bounds=True), "NORMAL": buffer.add_sparse(turn)}
        for delta, turn in zip(rig.deltas, bent, strict=True)
    ]
    return [
        {
            "attributes": attributes,
            "indices": buffer.add(faces.reshape(-1).astype(np.uint32), "SCALAR", INDICES),
            "material": number,
            "targets": targets,
        }
        for number, faces in enumerate(triangles)
    ]


def _material(name: str, colour: tuple[float, ...], roughness: float) -> dict:
    return {
        "name": name,
        "pbrMetallicRoughness": {
            "baseColorFactor": [*colour, 1.0],
            "metallicFactor": 0.0,
            "roughnessFactor": roughness,
        },
    }


def _glb(content: dict, data: bytes | bytearray) -> bytes:
    """A binary glTF of its JSON and its buffer (glTF 2.0, section 4)."""
    text = json.dumps(content, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 4)
    chunks = struct.pack("<I4s", len(text), b"JSON") + text + struct.pack("<I4s", len(data), b"BIN\0")
    length = 12 + len(chunks) + len(data)
    return struct.pack("<4sII", b"glTF", 2, length) + chunks + data


class _Buffer:
    """The one buffer of the file, with its views and accessors."""

    def __init__(self) -> None:
        self.data, self.views, self.accessors = bytearray(), [], []

    def add(self, array: np.ndarray, kind: str, target: int | None = None, bounds: bool = False) -> int:
        """Append an array; the index of its accessor."""
        array = np.ascontiguousarray(array if array.dtype.kind == "u" else array.astype("<f4"))
        view: dict[str, int] = {"buffer": 0, "byteOffset": len(self.data), "byteLength": array.nbytes}
        self.views.append(view | ({"target": target} if target else {}))
        accessor: dict[str, object] = {
            "bufferView": len(self.views) - 1,
            "componentType": KINDS[array.dtype.str],
            "count": len(array),
            "type": kind,
        }
        if bounds:
            columns = array.reshape(len(array), -1)
            accessor |= {"min": columns.min(0).tolist(), "max": columns.max(0).tolist()}
        self.accessors.append(accessor)
        self.data += array.tobytes()
        self.data += bytes(-len(self.data) % 4)
        return len(self.accessors) - 1

    def add_bytes(self, data: bytes) -> int:
        """Append bytes, as a picture's; the index of their view."""
        self.views.append({"buffer": 0, "byteOffset": len(self.data), "byteLength": len(data)})
        self.data += data + bytes(-len(data) % 4)
        return len(self.views) - 1

    def add_sparse(self, rows: np.ndarray) -> int:
        """Append vectors (N, 3) of which most are 0, as those that are not; the index of their accessor."""
        used = np.flatnonzero(rows.any(1))
        accessor: dict[str, object] = {"componentType": FLOAT, "count": len(rows), "type": "VEC3"}
        if len(used):
            parts = {"indices": used.astype(np.uint32), "values": rows[used].astype("<f4")}
            sparse: dict[str, object] = {"count": len(used)}
            for name, array in parts.items():
                self.views.append({"buffer": 0, "byteOffset": len(self.data), "byteLength": array.nbytes})
                kind = {"componentType": UINT} if name == "indices" else {}
                sparse[name] = {"bufferView": len(self.views) - 1, **kind}
                self.data += array.tobytes()
            accessor["sparse"] = sparse
        self.accessors.append(accessor)
        return len(self.accessors) - 1


def _bent_normals(rig: BlendshapeRig, head: Head | Flame, triangles: np.ndarray, normals: np.ndarray) -> np.ndarray:
    """(K, V, 3) what each shape at weight 1 adds to the normals; changes that nobody sees are 0."""
    folds = np.zeros((len(rig.names), len(rig.vertices)))
    if isinstance(head, Head) and set(rig.names) <= {*head.channels, *head.tongue_names}:
        folds = folded(head, rig.names)
    out = np.zeros((len(rig.names), *rig.vertices.shape), np.float32)
    for row, delta, fold in zip(out, rig.deltas, folds, strict=True):
        moved = rig.vertices + delta
        if fold.any():
            moved = moved - fold[:, None] * vertex_normals(moved, triangles)
        turn = vertex_normals(moved, triangles) - normals
        seen = np.linalg.norm(turn, axis=1) > SEEN
        row[seen] = turn[seen]
    return out


def _add_hair(content: dict, hair: Hair, rig: BlendshapeRig, buffer: _Buffer) -> None:
    """Append the hair's mesh, in the frame of the neck, and its material, seen from both sides."""
    attributes = {
        "POSITION": buffer.add(hair.vertices - rig.pivot, "VEC3", VERTICES, bounds=True),
        "NORMAL": buffer.add(hair.normals, "VEC3", VERTICES),
        "COLOR_0": buffer.add(np.repeat(hair.light[:, None], 3, 1), "VEC3", VERTICES),
    }
    indices = buffer.add(_triangles(hair.quads).reshape(-1).astype(np.uint32), "SCALAR", INDICES)
    primitive = {"attributes": attributes, "indices": indices, "material": len(content["materials"])}
    content["nodes"][NECK].setdefault("children", []).append(len(content["nodes"]))
    content["nodes"].append({"name": "hair", "mesh": len(content["meshes"])})
    content["meshes"].append({"name": "hair", "primitives": [primitive]})
    surface = {"baseColorFactor": [*hair.colour, 1.0], "metallicFactor": 0.0, "roughnessFactor": ROUGHNESS_OF_HAIR}
    content["materials"].append({"name": "hair", "pbrMetallicRoughness": surface, "doubleSided": True})


def _animation(rig: BlendshapeRig, take: Take, buffer: _Buffer) -> dict:
    times = buffer.add(take.times - min(take.start, 0.0), "SCALAR", bounds=True)
    outputs = (buffer.add(rig.weights.reshape(-1), "SCALAR"), buffer.add(rig.rotations, "VEC4"))
    return {
        "name": "take",
        "samplers": [{"input": times, "output": output, "interpolation": "LINEAR"} for output in outputs],
        "channels": [
            {"sampler": 0, "target": {"node": FACE, "path": "weights"}},
            {"sampler": 1, "target": {"node": NECK, "path": "rotation"}},
        ],
    }


def _bind(rig: BlendshapeRig, buffer: _Buffer) -> int:
    """The accessor of the inverse bind matrices."""
    inverse = np.tile(np.eye(4), (2, 1, 1))
    inverse[1, 3, :3] = -rig.pivot  # column-major
    return buffer.add(inverse.reshape(2, 16), "MAT4")


def _skin_joints(neck: np.ndarray) -> np.ndarray:
    """(V, 4) root and neck; a joint of weight 0 is to be number 0 (glTF 2.0, section 3.7.3.3)."""
    joints = np.zeros((len(neck), 4), np.uint8)
    joints[:, 1] = np.asarray(neck, np.float32) > 0
    return joints


def _skin_weights(neck: np.ndarray) -> np.ndarray:
    """(V, 4) of root and neck, and two joints that are not there."""
    unused = np.zeros_like(neck)
    return np.stack([1 - neck, neck, unused, unused], 1)


def _triangles(faces: np.ndarray) -> np.ndarray:
    return faces if faces.shape[1] == 3 else np.concatenate([faces[:, [0, 1, 2]], faces[:, [0, 2, 3]]])
