# SPDX-License-Identifier: GPL-3.0-or-later
"""Brows and lashes of a .glb; what else one holds is in test_export.py."""

import io
import json
import struct
from pathlib import Path

import numpy as np
import pytest
from checkout import SAMPLES
from mien.export import export, gltf
from mien.export.gltf_paint import FRONT
from mien.heads.default import load_head
from mien.heads.identity import load_identity
from mien.take import read_take
from PIL import Image

HEAD = load_head()
TAKE = read_take(SAMPLES / "default_style.take.safetensors")


def painted(path: Path) -> tuple[np.ndarray, np.ndarray]:
    """(picture (h, w, 3) 0..255, what it shows at each vertex (V, 3)) of the skin."""
    data = path.read_bytes()
    size = struct.unpack("<I", data[12:16])[0]
    content, binary = json.loads(data[20 : 20 + size]), data[28 + size :]

    def part(view: int) -> bytes:
        view = content["bufferViews"][view]
        return binary[view["byteOffset"] :][: view["byteLength"]]

    material = next(i for i, each in enumerate(content["materials"]) if each["name"] == "skin")
    assert content["materials"][material]["pbrMetallicRoughness"]["baseColorTexture"] == {"index": 0}
    skin = next(each for each in content["meshes"][0]["primitives"] if each["material"] == material)
    view = content["accessors"][skin["attributes"]["TEXCOORD_0"]]["bufferView"]
    places = np.frombuffer(part(view), "<f4").reshape(-1, 2)
    picture = np.asarray(Image.open(io.BytesIO(part(content["images"][0]["bufferView"]))))
    shape = np.array([picture.shape[1], picture.shape[0]])
    columns, rows = np.clip((places * shape).astype(int), 0, shape - 1).T
    return picture, picture[rows, columns]


def test_brows_lie_over_the_eyes_and_nowhere_behind(tmp_path) -> None:
    gltf.write(TAKE, HEAD, tmp_path / "a.glb")
    picture, seen = painted(tmp_path / "a.glb")
    assert (picture[[0, -1]] == 255).all() and (picture[:, [0, -1]] == 255).all()  # what lies outside is plain skin
    dark = seen.max(1) < 160
    x, y, z = HEAD.vertices[dark].T
    assert dark.sum() > 10 and (seen[HEAD.vertices[:, 2] < FRONT] == 255).all() and z.min() > 0.06
    brows = HEAD.vertices[HEAD.landmarks[17:27]]
    above = y > HEAD.vertices[HEAD.landmarks[36:48], 1].max() + 0.005
    assert above.any() and np.abs(y[above] - brows[:, 1].mean()).max() < 0.02 and (x[above] > 0).any()


@pytest.mark.parametrize("name", ["man_a", "woman_c"])
def test_the_brows_of_an_identity_have_its_colour(tmp_path, name: str) -> None:
    identity = load_identity(name)
    export(TAKE, HEAD, tmp_path / "a.glb", identity)
    picture, _ = painted(tmp_path / "a.glb")
    skin = np.array(next(each["colour"] for each in identity.head.materials if each["name"] == "skin"))
    row, column = np.unravel_index(HEAD.brows[::-1, :, 0].argmax(), HEAD.brows.shape[:2])
    srgb = picture[row + 1, column + 1] / 255
    linear = np.where(srgb <= 0.04045, srgb / 12.92, ((srgb + 0.055) / 1.055) ** 2.4)
    np.testing.assert_allclose(linear * skin, 0.04 * skin + 0.96 * np.array(identity.brow_colour), atol=0.01)
