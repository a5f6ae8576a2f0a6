# SPDX-License-Identifier: GPL-3.0-or-later
"""Creases of the skin, shaded by the material and driven by the head's own shape keys.

The material is shared by all heads of a file, so the strengths are properties of the object: three creases to a vector,
one vector a side, because EEVEE reads at most eight attributes of an object in one material.
"""

import bpy
import numpy as np

from ..formats.head_file import Crease
from ..shape_keys import keys
from .node_tree import Nodes
from .packed_image import packed_image

NAME = "Mien creases"  # of the node group and its images
PROPERTY = "mien_creases_{}_{}"  # number of the vector, side
SIDES = ("left", "right")
PER_VECTOR = 3
DEPTH = 0.0011  # metres of the deepest, as in the preview
DARKER = (0.30, 0.42, 0.44)  # share of the light that the deepest fold takes
STEP = 0.00025  # metres a pixel
BLEND = 0.006  # metres on either side of the mid-line over which one side's strength becomes the other's
VARIABLES = "abcdefghijkl"


def add_drivers(speaker: bpy.types.Object, creases: tuple[Crease, ...]) -> None:
    """Add the strengths as properties of the object, driven by its shape keys.

    The expressions are of the kind that Blender evaluates without Python, so that a file needs no permission for them.
    """
    for start in range(0, len(creases), PER_VECTOR):
        for side in SIDES:
            name = PROPERTY.format(start // PER_VECTOR + 1, side)
            part = creases[start : start + PER_VECTOR]
            speaker[name] = [0.0] * PER_VECTOR
            listed = ", ".join(crease.name for crease in part)
            speaker.id_properties_ui(name).update(description=f"Strength of the creases of the {side} side: {listed}")
            for index, crease in enumerate(part):
                _drive(speaker, name, index, crease, side.capitalize())


def _drive(speaker: bpy.types.Object, name: str, index: int, crease: Crease, side: str) -> None:
    driver = speaker.driver_add(f'["{name}"]', index).driver
    driver.type = "SCRIPTED"
    known: dict[str, str] = {}
    for _, channels in crease.sources:
        for channel in channels:
            known.setdefault(channel.replace("*", side), VARIABLES[len(known)])
    for channel, letter in known.items():
        variable = driver.variables.new()
        variable.name = letter
        target = variable.targets[0]
        target.id_type, target.id = "KEY", speaker.data.shape_keys
        target.data_path = keys.value_path(channel)
    driver.expression = expression(crease, known, side)


def expression(crease: Crease, letters: dict[str, str], side: str) -> str:
    """The strongest source, 0..1, in the letters of its channels."""
    sources = []
    for gain, channels in crease.sources:
        own = [letters[channel.replace("*", side)] for channel in channels]
        least = own[0] if len(own) == 1 else f"min({', '.join(own)})"
        sources.append(f"{gain:g} * {least}")
    return f"min(1, max(0, {', '.join(sources)}))"


def add_nodes(material: bpy.types.Material, creases: tuple[Crease, ...], layer: str, window: tuple[float, ...]) -> None:
    """Crease a material of the skin; a second call changes nothing.

    layer, window: the UV layer that is a front view of the face, and what it shows: x, y, width, height in metres.
    """
    tree = material.node_tree
    if tree.nodes.get(NAME) is not None:
        return
    new, link = tree.nodes.new, tree.links.new
    shader = next(node for node in tree.nodes if node.type == "BSDF_PRINCIPLED")
    group = new("ShaderNodeGroup")
    group.name, group.node_tree = NAME, _group(creases, layer, window)
    base = shader.inputs["Base Color"]
    darker = new("ShaderNodeMix")
    darker.data_type, darker.blend_type = "RGBA", "MULTIPLY"
    sockets = {socket.identifier: socket for socket in darker.inputs}
    sockets["Factor_Float"].default_value = 1.0
    if base.is_linked:
        link(base.links[0].from_socket, sockets["A_Color"])
    else:
        sockets["A_Color"].default_value = base.default_value
    link(group.outputs["Light"], sockets["B_Color"])
    link(next(socket for socket in darker.outputs if socket.identifier == "Result_Color"), base)
    bump = new("ShaderNodeBump")
    bump.invert = True
    link(group.outputs["Depth"], bump.inputs["Height"])
    link(group.outputs["Distance"], bump.inputs["Distance"])
    link(bump.outputs["Normal"], shader.inputs["Normal"])


def _group(creases: tuple[Crease, ...], layer: str, window: tuple[float, ...]) -> bpy.types.NodeTree:
    """The node group, reused where the file has it: Depth 0..1, Distance of 1 in the scene's unit, Light left."""
    existing = bpy.data.node_groups.get(NAME)
    if existing is not None:
        return existing
    tree = bpy.data.node_groups.new(NAME, "ShaderNodeTree")
    for name, kind in (("Depth", "Float"), ("Distance", "Float"), ("Light", "Color")):
        tree.interface.new_socket(name, in_out="OUTPUT", socket_type=f"NodeSocket{kind}")
    nodes = Nodes(tree)
    maps, seen = depth_maps(creases)
    side, place = _place(nodes, layer, window, seen)
    depth = _depth(nodes, maps, side, place)
    # The bump's distance is one of the scene, and the head may be scaled.
    scale = nodes.separated(_attribute(tree, "scale").outputs["Vector"])
    out = nodes.new("NodeGroupOutput")
    nodes.link(depth, out.inputs["Depth"])
    nodes.link(nodes.calculated("ShaderNodeMath", "MULTIPLY", scale[2], DEPTH), out.inputs["Distance"])
    nodes.link(nodes.vector("SUBTRACT", (1.0, 1.0, 1.0), nodes.scaled(DARKER, depth)), out.inputs["Light"])
    return tree


def _place(
    nodes: Nodes, layer: str, window: tuple[float, ...], seen: tuple[float, ...]
) -> tuple[bpy.types.NodeSocket, bpy.types.NodeSocket]:
    """(0 on the head's right side, 1 on its left one, a place of the maps, which show one side: seen is their x, y,
    width, height in metres)."""
    x, y, width, height = seen
    uvs = nodes.new("ShaderNodeUVMap")
    uvs.uv_map = layer
    place = nodes.vector("MULTIPLY_ADD", uvs.outputs[0], (*window[2:], 0.0), (*window[:2], 0.0))
    across, up, _ = nodes.separated(nodes.vector("MULTIPLY", place, (1.0, 1.0, 0.0)))
    side = nodes.new("ShaderNodeMapRange")
    side.interpolation_type = "SMOOTHSTEP"
    nodes.link(across, side.inputs["Value"])
    side.inputs["From Min"].default_value, side.inputs["From Max"].default_value = -BLEND, BLEND
    at = nodes.new("ShaderNodeCombineXYZ")
    nodes.link(nodes.calculated("ShaderNodeMath", "ABSOLUTE", across), at.inputs[0])
    nodes.link(up, at.inputs[1])
    moved = nodes.vector("SUBTRACT", at.outputs[0], (x, y, 0.0))
    return side.outputs[0], nodes.vector("MULTIPLY", moved, (1 / width, 1 / height, 0.0))


def _depth(
    nodes: Nodes, maps: list[np.ndarray], side: bpy.types.NodeSocket, place: bpy.types.NodeSocket
) -> bpy.types.NodeSocket:
    """The deepest crease there, as strong as it is on that side."""
    deepest = None
    for number, depths in enumerate(maps, 1):
        ink = nodes.new("ShaderNodeTexImage")
        ink.image = packed_image(f"{NAME} {number}", lambda depths=depths: _pixels(depths), is_data=True)
        ink.extension, ink.interpolation = "CLIP", "Cubic"
        nodes.link(place, ink.inputs[0])
        product = nodes.vector("MULTIPLY", _strength(nodes, number, side), ink.outputs["Color"])
        deepest = product if deepest is None else nodes.vector("MAXIMUM", deepest, product)
    first, second, third = nodes.separated(deepest)
    one = nodes.calculated("ShaderNodeMath", "MAXIMUM", first, second)
    return nodes.calculated("ShaderNodeMath", "MAXIMUM", one, third)


def _strength(nodes: Nodes, number: int, side: bpy.types.NodeSocket) -> bpy.types.NodeSocket:
    """How strong the creases of a map are there."""
    left, right = (_attribute(nodes.tree, PROPERTY.format(number, name)) for name in SIDES)
    own = nodes.new("ShaderNodeMix")
    own.data_type = "VECTOR"
    sockets = {socket.identifier: socket for socket in own.inputs}
    nodes.link(side, sockets["Factor_Float"])
    nodes.link(right.outputs["Vector"], sockets["A_Vector"])
    nodes.link(left.outputs["Vector"], sockets["B_Vector"])
    return next(socket for socket in own.outputs if socket.identifier == "Result_Vector")


def _attribute(tree: bpy.types.NodeTree, name: str) -> bpy.types.Node:
    node = tree.nodes.new("ShaderNodeAttribute")
    node.attribute_type, node.attribute_name = "OBJECT", name
    return node


def depth_maps(creases: tuple[Crease, ...]) -> tuple[list[np.ndarray], tuple[float, float, float, float]]:
    """(maps (h, w, 3) 0..1 of the creases of the head's left side, three to a map, row 0 at the bottom; their window
    x, y, width, height in metres, from the mid-line on)."""
    lines = [line for crease in creases for line in crease.lines]
    margin = 6 * max(crease.width for crease in creases)
    (_, y), (right, top) = np.concatenate(lines).min(0) - margin, np.concatenate(lines).max(0) + margin
    columns, rows = int(np.ceil(right / STEP)), int(np.ceil((top - y) / STEP))
    maps = [np.zeros((rows, columns, PER_VECTOR), np.float32) for _ in range(0, len(creases), PER_VECTOR)]
    for number, crease in enumerate(creases):
        layer = maps[number // PER_VECTOR][..., number % PER_VECTOR]
        for line in crease.lines:
            _draw(layer, (line - (0.0, y)) / STEP - 0.5, crease.width / STEP, crease.depth)
    return maps, (0.0, float(y), columns * STEP, rows * STEP)


def _draw(layer: np.ndarray, line: np.ndarray, width: float, depth: float) -> None:
    """Draw one line (N, 2), in pixels: a sharp bottom between slopes that swell, as in the preview."""
    at = np.linspace(0, 1, len(line))
    # Both ends run out into the skin; one that lies on the mid-line goes on into its mirror image.
    ink = np.minimum(1.0, np.where(abs(line[0, 0] + 0.5) < 0.5, 1.0, at / 0.3)) * np.minimum(1.0, (1 - at) / 0.4)
    for (start, end), weights in zip(
        zip(line[:-1], line[1:], strict=True), zip(ink[:-1], ink[1:], strict=True), strict=True
    ):
        low = np.maximum(np.floor(np.minimum(start, end) - 5 * width).astype(int), 0)
        high = np.minimum(np.ceil(np.maximum(start, end) + 5 * width).astype(int) + 1, layer.shape[::-1])
        x, y = np.meshgrid(np.arange(low[0], high[0]), np.arange(low[1], high[1]))
        along = end - start
        share = ((x - start[0]) * along[0] + (y - start[1]) * along[1]) / max(float(along @ along), 1e-9)
        share = np.clip(share, 0, 1)
        square = (x - start[0] - share * along[0]) ** 2 + (y - start[1] - share * along[1]) ** 2
        own = weights[0] + share * (weights[1] - weights[0])
        narrow, broad = np.exp(-square / (0.67 * width**2)), np.exp(-square / (3.5 * width**2))
        part = layer[low[1] : high[1], low[0] : high[0]]
        np.maximum(part, depth * own * (0.6 * narrow + 0.4 * broad), out=part)


def _pixels(depths: np.ndarray) -> np.ndarray:
    """(h, w, 4) of a map (h, w, PER_VECTOR)."""
    pixels = np.ones((*depths.shape[:2], 4), np.float32)
    pixels[..., :PER_VECTOR] = depths
    return pixels
