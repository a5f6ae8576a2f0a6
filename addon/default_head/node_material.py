# SPDX-License-Identifier: GPL-3.0-or-later
"""A new material with nodes, as every Blender from 4.2 to 5.2 makes it."""

from collections.abc import Sequence

import bpy


def node_material(name: str, colour: Sequence[float], roughness: float) -> bpy.types.Material:
    """With a Principled shader as it comes; colour (linear RGB) and roughness are those of the Solid view."""
    material = bpy.data.materials.new(name)
    if not bpy.app.version >= (5, 0, 0):
        material.use_nodes = True
    material.diffuse_color, material.roughness = (*colour, 1.0), roughness
    return material


def principled(material: bpy.types.Material) -> bpy.types.Node:
    """Its Principled shader."""
    return next(node for node in material.node_tree.nodes if node.type == "BSDF_PRINCIPLED")
