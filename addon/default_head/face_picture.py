# SPDX-License-Identifier: GPL-3.0-or-later
"""The face's colours as a picture over its UV map, which Workbench draws for the colour type Texture.

It shows the active texture of a material, and that of the skin would be the ink of the brows, black where none is.
"""

import bpy
import numpy as np

from .packed_image import packed_image

NAME = "Mien face colours"
SIZE = 1024  # pixels
SHARE = 0.96  # of the skin that the thickest ink hides
LASHES = (0.016, 0.010, 0.008)  # linear RGB


def add(
    material: bpy.types.Material, mesh: bpy.types.Mesh, front: np.ndarray, ink: np.ndarray, brows: tuple[float, ...]
) -> None:
    """Add the picture to a material of the skin as its active texture, which nothing of its shader reads.

    front (corners, 2): the front view's UVs of the mesh's quads; ink (h, w, 2): brows and lashes over it.
    """
    nodes = material.node_tree.nodes
    node = nodes.get(NAME)
    if node is None:
        node = nodes.new("ShaderNodeTexImage")
        node.name = node.label = NAME
        of_identity = material.name.partition(" of ")[2]
        name = f"{NAME} of {material.name}" if of_identity else f"{NAME}: {material.name}"
        node.image = _image(name, mesh, front, ink, tuple(material.diffuse_color[:3]), brows)
        node.location = (-700, -500)
    for other in nodes:
        other.select = False
    nodes.active = node


def _image(
    name: str, mesh: bpy.types.Mesh, front: np.ndarray, ink: np.ndarray, skin: tuple[float, ...], brows: tuple
) -> bpy.types.Image:
    """The picture, packed into the .blend, once in a file."""

    def pixels() -> np.ndarray:
        own = np.empty((len(mesh.loops), 2), np.float32)
        mesh.uv_layers.active.uv.foreach_get("vector", own.ravel())
        return painted(own.reshape(-1, 4, 2), front.reshape(-1, 4, 2), ink, skin, brows)

    return packed_image(name, pixels, is_data=False)


def painted(
    own: np.ndarray, front: np.ndarray, ink: np.ndarray, skin: tuple[float, ...], brows: tuple[float, ...]
) -> np.ndarray:
    """(SIZE, SIZE, 4) sRGB, row 0 at the bottom: the skin, and under the ink brows and lashes.

    own, front (Q, 4, 2): each quad in the picture and in the front view, of which ink is (h, w, 2).
    """
    out = np.empty((SIZE, SIZE, 4), np.float32)
    out[...] = (*skin, 1.0)
    height, width = ink.shape[:2]
    for places, views in zip(own * SIZE, front * (width, height), strict=True):
        low, high = np.floor(views.min(0)).astype(int), np.ceil(views.max(0)).astype(int)
        if (high < 0).any() or (low > (width, height)).any():
            continue
        if not ink[max(low[1], 0) : high[1] + 1, max(low[0], 0) : high[0] + 1].any():
            continue
        for corners in ((0, 1, 2), (0, 2, 3)):
            _fill(out, places[list(corners)], views[list(corners)], ink, brows)
    return np.concatenate([_srgb(out[..., :3]), out[..., 3:]], -1)


def _fill(out: np.ndarray, places: np.ndarray, views: np.ndarray, ink: np.ndarray, brows: tuple[float, ...]) -> None:
    """Paint one triangle, with a margin of a pixel, so that no seam shows."""
    edges = np.stack([places[1] - places[0], places[2] - places[0]], 1)
    if abs(np.linalg.det(edges)) < 1e-9:
        return
    low, high = np.floor(places.min(0)).astype(int) - 1, np.ceil(places.max(0)).astype(int) + 1
    low, high = np.clip(low, 0, SIZE), np.clip(high, 0, SIZE)
    x, y = np.meshgrid(np.arange(low[0], high[0]), np.arange(low[1], high[1]))
    shares = np.linalg.solve(edges, np.stack([x.ravel(), y.ravel()]) + 0.5 - places[0][:, None]).T
    margin = 1.0 / np.sqrt(abs(np.linalg.det(edges)))
    inside = (shares.min(1) > -margin) & (shares.sum(1) < 1 + margin)
    if not inside.any():
        return
    shares = shares[inside]
    at = views[0] + shares @ (views[1:] - views[0])
    column, row = np.floor(at).astype(int).T
    known = (column >= 0) & (row >= 0) & (column < ink.shape[1]) & (row < ink.shape[0])
    cover = np.zeros((len(at), 2), np.float32)
    cover[known] = ink[row[known], column[known]] / np.float32(255)
    cover[:, 0] *= 2 - cover[:, 0]  # denser than the hairs that are painted, as in the preview
    part = out[y.ravel()[inside], x.ravel()[inside], :3]
    for share, colour in zip(cover.T, (brows, LASHES), strict=True):
        part = part + SHARE * share[:, None] * (np.array(colour, np.float32) - part)
    out[y.ravel()[inside], x.ravel()[inside], :3] = part


def _srgb(linear: np.ndarray) -> np.ndarray:
    return np.where(linear <= 0.0031308, 12.92 * linear, 1.055 * np.maximum(linear, 1e-9) ** (1 / 2.4) - 0.055)
