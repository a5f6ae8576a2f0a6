# SPDX-License-Identifier: GPL-3.0-or-later
"""Brows and lashes of the default head in a .glb: a texture of the skin, laid over the resting face from the front."""

from __future__ import annotations

import io

import numpy as np
from PIL import Image

from mien.heads.default import Head, load_head
from mien.numeric.srgb import srgb

VERTICES, CLAMP = 34962, 33071  # target of a buffer view; a texture that does not repeat
LASHES = np.array([0.016, 0.010, 0.008])  # linear RGB
BROWS = (0.026, 0.015, 0.010)  # of the plain head
FRONT = 0.03  # m: what lies further back has no paint
SKIN = "skin"


def add_paint(content: dict, head: Head, colour: tuple[float, ...], buffer) -> None:
    """Append the texture and its coordinates to a file's content. colour: of the brows, linear RGB; `buffer`: that of
    `export/gltf.py`."""
    number = next(i for i, material in enumerate(content["materials"]) if material["name"] == SKIN)
    surface = content["materials"][number]["pbrMetallicRoughness"]
    picture = io.BytesIO()
    Image.fromarray(_picture(head, np.array(surface["baseColorFactor"][:3]), np.array(colour))).save(picture, "PNG")
    place = buffer.add(_coordinates(head), "VEC2", VERTICES)
    for primitive in content["meshes"][0]["primitives"]:
        if primitive["material"] == number:
            primitive["attributes"] = {**primitive["attributes"], "TEXCOORD_0": place}
    surface["baseColorTexture"] = {"index": 0}
    content["textures"] = [{"source": 0, "sampler": 0}]
    content["samplers"] = [{"wrapS": CLAMP, "wrapT": CLAMP}]
    content["images"] = [{"name": "brows", "mimeType": "image/png", "bufferView": buffer.add_bytes(picture.getvalue())}]


def _picture(head: Head, skin: np.ndarray, colour: np.ndarray) -> np.ndarray:
    """(h, w, 3) sRGB by which the skin's colour is multiplied, row 0 at the top; white at the border."""
    brow, lash = (share[..., None] for share in np.moveaxis(head.brows / 255, -1, 0))
    brow = brow * (2.0 - brow) * 0.96  # as skin.frag of the preview: finer hairs lie between those that are painted
    linear = (1 - brow) + brow * colour / skin
    linear = (1 - lash * 0.92) * linear + lash * 0.92 * LASHES / skin
    linear = np.pad(linear[::-1], ((1, 1), (1, 1), (0, 0)), constant_values=1)
    return (srgb(linear) * 255 + 0.5).astype(np.uint8)


def _coordinates(head: Head) -> np.ndarray:
    """(V, 2) in the picture, by the plain head at rest, on whose face the paint was made."""
    x, y, width, height = head.brow_window
    rest, (rows, columns) = load_head().vertices, head.brows.shape[:2]
    along = (rest[:, 0] - x) / width * columns + 1, (1 - (rest[:, 1] - y) / height) * rows + 1
    out = np.stack([along[0] / (columns + 2), along[1] / (rows + 2)], 1)
    out[rest[:, 2] < FRONT] = 0
    return out.astype(np.float32)
