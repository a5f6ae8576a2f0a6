# SPDX-License-Identifier: GPL-3.0-or-later
"""Hair of an identity: a mesh of its own that the skull carries, as the teeth are."""

import bpy
import numpy as np

from ..formats.identity_file import HairMesh
from ..shape_keys import keys
from .node_material import node_material, principled

NAME, LIGHT = "Mien hair", "light"


def add_hair(hair: HairMesh, identity: str) -> bpy.types.Mesh:
    """The mesh, with its normals, its light as a colour attribute, and its material."""
    mesh = bpy.data.meshes.new(NAME)
    mesh.from_pydata(keys.to_blender(hair.vertices).tolist(), [], hair.quads.tolist())
    mesh.shade_smooth()
    light = np.ones((len(hair.vertices), 4), np.float32)
    light[:, :3] = (hair.light * hair.shade)[:, None]
    mesh.color_attributes.new(LIGHT, "FLOAT_COLOR", "POINT").data.foreach_set("color", light.ravel())
    mesh.normals_split_custom_set_from_vertices(keys.to_blender(hair.normals).tolist())
    mesh.materials.append(_material(hair.colour, identity))
    mesh.update()
    return mesh


def _material(colour: tuple[float, float, float], identity: str) -> bpy.types.Material:
    """Principled, the colour times the light, reused where the file has it."""
    name = f"{NAME} of {identity}"
    existing = bpy.data.materials.get(name)
    if existing is not None:
        return existing
    material = node_material(name, colour, 0.5)
    tree, shader = material.node_tree, principled(material)
    light = tree.nodes.new("ShaderNodeVertexColor")
    light.layer_name = LIGHT
    mix = tree.nodes.new("ShaderNodeMix")
    mix.data_type, mix.blend_type = "RGBA", "MULTIPLY"
    sockets = {socket.identifier: socket for socket in mix.inputs}
    sockets["Factor_Float"].default_value = 1.0
    sockets["A_Color"].default_value = (*colour, 1.0)
    tree.links.new(light.outputs["Color"], sockets["B_Color"])
    result = next(socket for socket in mix.outputs if socket.identifier == "Result_Color")
    tree.links.new(result, shader.inputs["Base Color"])
    shader.inputs["Roughness"].default_value = 0.6
    shader.inputs["Specular IOR Level"].default_value = 0.3
    return material
