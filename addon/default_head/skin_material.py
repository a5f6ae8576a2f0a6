# SPDX-License-Identifier: GPL-3.0-or-later
"""Materials of skin, brows, enamel and gum."""

import bpy
import numpy as np

from .node_material import node_material, principled
from .packed_image import packed_image

PAINTED = ("Mien skin", "Mien socket")
DEEPENED = ("Mien skin", "Mien lips", "Mien socket")
PICTURE = "Mien brows"
PAINTED_MARK = "mien_painted"  # custom property of a material
HAIR = (0.026, 0.015, 0.010)  # linear RGB
SHARE = 0.96  # of the skin that the thickest ink hides


def brow_image(ink: np.ndarray) -> bpy.types.Image:
    """An image of ink (h, w, 2), brows in red and lashes in green, packed into the .blend, once in a file."""

    def pixels() -> np.ndarray:
        values = np.zeros((*ink.shape[:2], 4), np.float32)
        values[..., :2], values[..., 3] = ink / np.float32(255), 1.0
        values[..., 0] *= 2.0 - values[..., 0]  # denser than the hairs that are painted, as in the preview
        return values

    return packed_image(PICTURE, pixels, is_data=True)


def kind_of(material: bpy.types.Material) -> str:
    """The material's name without the identity that it is of."""
    return material.name.partition(" of ")[0]


def add_brows(
    material: bpy.types.Material, image: bpy.types.Image, layer: str, brows: tuple[float, ...] = HAIR
) -> None:
    """Add subsurface colour, brows and lashes to a material of the head; a second call changes nothing."""
    tree = material.node_tree
    if material.get(PAINTED_MARK) is not None:
        return
    material[PAINTED_MARK] = True
    shader = next(node for node in tree.nodes if node.type == "BSDF_PRINCIPLED")
    shader.subsurface_method = "BURLEY"  # a third faster in Cycles than random walk, and the same picture here
    if kind_of(material) not in DEEPENED:
        return
    colour = shader.inputs["Base Color"].default_value
    # Light scatters in skin before it leaves again; the preview's shader has the same formula.
    deep = [c * (0.5 + 0.5 * c) * 1.06 for c in colour[:3]]
    shader.inputs["Base Color"].default_value = (*deep, 1.0)
    if kind_of(material) not in PAINTED:
        return
    new, link = tree.nodes.new, tree.links.new
    uvs = new("ShaderNodeUVMap")
    uvs.uv_map = layer
    ink = new("ShaderNodeTexImage")
    ink.name, ink.image, ink.extension = PICTURE, image, "CLIP"
    link(uvs.outputs[0], ink.inputs[0])
    split = new("ShaderNodeSeparateColor")
    link(ink.outputs["Color"], split.inputs[0])
    most = new("ShaderNodeMath")
    most.operation = "MAXIMUM"
    link(split.outputs[0], most.inputs[0])
    link(split.outputs[1], most.inputs[1])
    share = new("ShaderNodeMath")
    share.operation = "MULTIPLY"
    share.inputs[1].default_value = SHARE
    link(most.outputs[0], share.inputs[0])
    mix = new("ShaderNodeMix")
    mix.data_type = "RGBA"
    factor = next(socket for socket in mix.inputs if socket.identifier == "Factor_Float")
    a, b = (next(socket for socket in mix.inputs if socket.identifier == name) for name in ("A_Color", "B_Color"))
    a.default_value, b.default_value = (*deep, 1.0), (*brows, 1.0)
    link(share.outputs[0], factor)
    link(next(socket for socket in mix.outputs if socket.identifier == "Result_Color"), shader.inputs["Base Color"])


def wet_material(name: str, colour: tuple[float, float, float], roughness: float) -> bpy.types.Material:
    """Enamel or gum under a glossy coat, reused where the file has it."""
    existing = bpy.data.materials.get(f"Mien {name}")
    if existing is not None:
        return existing
    material = node_material(f"Mien {name}", colour, roughness)
    shader = principled(material)
    shader.inputs["Base Color"].default_value = (*colour, 1.0)
    shader.inputs["Roughness"].default_value = roughness
    shader.inputs["Coat Weight"].default_value = 0.4
    shader.inputs["Coat Roughness"].default_value = 0.1
    return material
