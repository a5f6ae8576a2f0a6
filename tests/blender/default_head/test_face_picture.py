# SPDX-License-Identifier: GPL-3.0-or-later
"""The picture that Workbench shows for the colour type Texture: skin, brows and lashes, nothing black."""

import bpy
import numpy as np

from addon.default_head import build, face_picture
from addon.formats import head_file, identity_file

FILE = head_file.read_head(head_file.find_file())


def active(material):
    """(size, size, 3) of the material's active texture."""
    node = material.node_tree.nodes.active
    assert node.type == "TEX_IMAGE" and not node.outputs[0].is_linked
    pixels = np.empty(face_picture.SIZE**2 * 4, np.float32)
    node.image.pixels.foreach_get(pixels)
    return pixels.reshape(face_picture.SIZE, face_picture.SIZE, 4)[..., :3]


def test_the_active_texture_of_the_skin_is_the_face_in_its_colours():
    speaker = build.add_head(bpy.context, FILE)
    skin = speaker.data.materials["Mien skin"]
    pixels = active(skin)
    srgb = 1.055 * np.array(skin.diffuse_color[:3]) ** (1 / 2.4) - 0.055
    own = np.abs(pixels - srgb).max(2) < 0.01
    assert 0.9 < own.mean() < 0.9999
    assert (pixels.max(2) < 0.5).sum() > 500  # skin is .9
    assert pixels[..., 0].mean() > 0.8
    assert bpy.data.images[f"{face_picture.NAME}: Mien skin"].packed_file is not None


def test_brows_lie_where_the_head_has_them():
    speaker = build.add_head(bpy.context, FILE)
    pixels = active(speaker.data.materials["Mien skin"])
    mesh = speaker.data
    landmark = {}
    for loop in mesh.loops:
        landmark.setdefault(loop.vertex_index, mesh.uv_layers["UVMap"].uv[loop.index].vector)
    from mien.heads.default import load_head

    marks = load_head().landmarks
    for mark, dark in ((19, True), (24, True), (30, False), (27, False)):
        x, y = (int(v * face_picture.SIZE) for v in landmark[int(marks[mark])])
        around = pixels[y - 12 : y + 13, x - 12 : x + 13]
        assert (around.max(2) < 0.5).any() == dark, mark


def test_two_heads_share_a_picture_and_an_identity_has_its_own():
    for _ in range(2):
        build.add_head(bpy.context, FILE)
    face, hair = identity_file.with_identity(FILE, identity_file.names()[-1])
    other = build.add_head(bpy.context, face, hair)
    names = sorted(image.name for image in bpy.data.images if image.name.startswith(face_picture.NAME))
    assert len(names) == 4  # skin and sockets of two people
    skin = next(m for m in other.data.materials if m.name.startswith("Mien skin"))
    assert abs(active(skin).mean() - active(bpy.data.materials["Mien skin"]).mean()) > 0.01
