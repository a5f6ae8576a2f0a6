# SPDX-License-Identifier: GPL-3.0-or-later
"""Normals of the morph targets; what else a .glb holds is in test_export.py."""

import json
import struct
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from checkout import SAMPLES
from mien.export import gltf
from mien.heads.correspondence import vertex_normals
from mien.heads.default import load_head
from mien.heads.retarget import to_basis
from mien.take import Take, read_take

HEAD = load_head()
TRIANGLES = np.concatenate([HEAD.quads[:, [0, 1, 2]], HEAD.quads[:, [0, 2, 3]]])


@pytest.fixture(scope="module")
def take() -> Take:
    return read_take(SAMPLES / "default_style.take.safetensors")


def normals(path: Path) -> tuple[np.ndarray, dict[str, np.ndarray]]:
    """(the normals (V, 3) at rest, what each target adds to them (V, 3)) of a file."""
    data = path.read_bytes()
    size = struct.unpack("<I", data[12:16])[0]
    content, binary = json.loads(data[20 : 20 + size]), data[28 + size :]

    def part(view: int, kind: str) -> np.ndarray:
        view = content["bufferViews"][view]
        return np.frombuffer(binary[view["byteOffset"] :][: view["byteLength"]], kind)

    def vectors(number: int) -> np.ndarray:
        accessor = content["accessors"][number]
        assert (accessor["componentType"], accessor["type"]) == (5126, "VEC3")
        if "bufferView" in accessor:
            return part(accessor["bufferView"], "<f4").reshape(-1, 3)
        out = np.zeros((accessor["count"], 3), np.float32)
        if sparse := accessor.get("sparse"):
            assert sparse["indices"]["componentType"] == 5125
            rows = part(sparse["indices"]["bufferView"], "<u4")
            assert len(rows) == sparse["count"] and (np.diff(rows.astype(int)) > 0).all()
            out[rows] = part(sparse["values"]["bufferView"], "<f4").reshape(-1, 3)
        return out

    primitive = content["meshes"][0]["primitives"][0]
    names = content["meshes"][0]["extras"]["targetNames"]
    added = [vectors(target["NORMAL"]) for target in primitive["targets"]]
    return vectors(primitive["attributes"]["NORMAL"]), dict(zip(names, added, strict=True))


@pytest.fixture(scope="module")
def written(take, tmp_path_factory) -> tuple[np.ndarray, dict[str, np.ndarray]]:
    path = tmp_path_factory.mktemp("gltf") / "a.glb"
    gltf.write(take, HEAD, path)
    assert path.stat().st_size < 7e6
    return normals(path)


@pytest.mark.parametrize("channel", ["jawOpen", "mouthPucker", "eyeBlinkLeft"])
def test_a_target_without_creases_turns_the_normals_as_the_moved_mesh_has_them(written, channel) -> None:
    rest, added = written
    moved = vertex_normals(HEAD.vertices + HEAD.deltas[HEAD.channels.index(channel)], TRIANGLES)
    assert np.linalg.norm(moved - rest, axis=1).max() > 0.2
    assert np.linalg.norm(rest + added[channel] - moved, axis=1).max() < 0.0051


def test_a_smile_folds_its_own_cheek_beside_the_mouth(written) -> None:
    rest, added = written
    moved = vertex_normals(HEAD.vertices + HEAD.deltas[HEAD.channels.index("mouthSmileLeft")], TRIANGLES)
    folded = np.linalg.norm(rest + added["mouthSmileLeft"] - moved, axis=1) > 0.05
    x, y, z = HEAD.vertices[folded].T
    assert folded.sum() > 20
    assert (x > 0).mean() > 0.95 and z.min() > 0.02
    corner = HEAD.vertices[HEAD.landmarks[54]]
    assert np.median(np.hypot(x - corner[0], y - corner[1])) < 0.03


def test_a_face_that_is_moved_by_vertices_has_normals_and_no_creases(take, tmp_path) -> None:
    few = replace(
        take, weights=take.weights[:8], head_rotation=take.head_rotation[:8], gaze=None, duration=8 / take.fps
    )
    gltf.write(to_basis(few, HEAD), HEAD, tmp_path / "a.glb")
    _, added = normals(tmp_path / "a.glb")
    assert all(name.startswith("movement") for name in added)
    assert max(np.abs(each).max() for each in added.values()) > 0.1
