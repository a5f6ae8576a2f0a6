# SPDX-License-Identifier: GPL-3.0-or-later
"""The material of an eye: pupil, iris and white by the angle from the axis of the ball, under a clear coat."""

import math
from collections.abc import Sequence

import bpy

from .node_material import node_material

# Stops of the colours over the angle, 1 at the rim of the iris: the pupil, a brown collar, grey blue, a dark ring.
STOPS = (
    (0.34, (0.004, 0.004, 0.005)),
    (0.39, (0.16, 0.105, 0.050)),
    (0.62, (0.17, 0.25, 0.30)),
    (0.80, (0.16, 0.24, 0.29)),
    (0.97, (0.035, 0.050, 0.060)),
    (1.07, (0.78, 0.76, 0.74)),
    (1.50, (0.80, 0.77, 0.75)),
    (2.60, (0.72, 0.55, 0.52)),
)
WHITE, IRIS = (0.90, 0.88, 0.86), (0.20, 0.29, 0.34)  # of the default head's file; identities differ from them
RAMP_END = 3.0  # the end of the ramp in the same unit
IN_VIEWPORT = {"white": (0.86, 0.84, 0.82), "iris": (0.10, 0.15, 0.18), "pupil": (0.004, 0.004, 0.005)}


def materials(pupil: float, iris: float, identity: str = "", colours: Sequence[dict] = ()) -> list[bpy.types.Material]:
    """Materials of white, iris and pupil: one shader, three viewport colours. pupil, iris: angles in degrees.

    identity: whose eyes, "" for the default head's, with `colours`, the head's materials.
    """
    shades = _shades(colours) if identity else {}
    stops = tuple((at, _shaded(colour, shades, "white" if at > 1 else "iris")) for at, colour in STOPS)
    out = []
    for part, default in IN_VIEWPORT.items():
        name = f"Mien eyeball {part} of {identity}" if identity else f"Mien eyeball {part}"
        colour = _shaded(default, shades, part)
        material = bpy.data.materials.get(name)
        if material is None:
            material = node_material(name, colour, 0.1)
            _nodes(material.node_tree, math.radians(iris), stops)
        out.append(material)
    return out


def _shades(colours: Sequence[dict]) -> dict[str, tuple[float, ...]]:
    """Factors of the colours of white and iris beside the default head's."""
    out = {}
    for part, (name, own) in {"white": ("eye white", WHITE), "iris": ("iris", IRIS)}.items():
        colour = next((c["colour"] for c in colours if c["name"].partition(" of ")[0] == name), own)
        out[part] = tuple(c / o for c, o in zip(colour, own, strict=True))
    return out


def _shaded(colour: tuple[float, ...], shades: dict[str, tuple[float, ...]], part: str) -> tuple[float, ...]:
    return tuple(c * s for c, s in zip(colour, shades.get(part, (1.0, 1.0, 1.0)), strict=True))


def _nodes(tree: bpy.types.NodeTree, iris: float, colours: tuple) -> None:
    shader = next(node for node in tree.nodes if node.type == "BSDF_PRINCIPLED")
    new, link = tree.nodes.new, tree.links.new

    def math_node(operation: str, a, b=None):
        node = new("ShaderNodeMath")
        node.operation = operation
        for socket, value in zip(node.inputs, (a, b), strict=False):
            if isinstance(value, int | float):
                socket.default_value = value
            elif value is not None:
                link(value, socket)
        return node.outputs[0]

    position = new("ShaderNodeTexCoord").outputs["Object"]
    unit = new("ShaderNodeVectorMath")
    unit.operation = "NORMALIZE"
    link(position, unit.inputs[0])
    split = new("ShaderNodeSeparateXYZ")
    link(unit.outputs[0], split.inputs[0])
    x, y, z = split.outputs
    angle = math_node("DIVIDE", math_node("ARCCOSINE", z), iris)
    ramp = new("ShaderNodeValToRGB")
    link(math_node("DIVIDE", angle, RAMP_END), ramp.inputs[0])
    stops = ramp.color_ramp.elements
    while len(stops) < len(colours):
        stops.new(1.0)
    for stop, (angle_stop, colour) in zip(stops, colours, strict=True):
        stop.position, stop.color = angle_stop / RAMP_END, (*colour, 1.0)
    # Fibres: noise that varies around the axis and hardly along the radius.
    spin = math_node("ARCTAN2", y, x)
    around = new("ShaderNodeCombineXYZ")
    link(math_node("MULTIPLY", math_node("COSINE", spin), 9.0), around.inputs[0])
    link(math_node("MULTIPLY", math_node("SINE", spin), 9.0), around.inputs[1])
    link(math_node("MULTIPLY", angle, 1.5), around.inputs[2])
    noise = new("ShaderNodeTexNoise")
    noise.inputs["Scale"].default_value, noise.inputs["Detail"].default_value = 1.0, 2.0
    link(around.outputs[0], noise.inputs["Vector"])
    inside = math_node("LESS_THAN", angle, 1.0)
    strength = math_node("MULTIPLY", math_node("SUBTRACT", noise.outputs[0], 0.5), inside)
    light = math_node("ADD", math_node("MULTIPLY", strength, 2.6), 1.0)
    scaled = new("ShaderNodeVectorMath")
    scaled.operation = "SCALE"
    link(ramp.outputs[0], scaled.inputs[0])
    link(light, scaled.inputs["Scale"])
    link(scaled.outputs[0], shader.inputs["Base Color"])
    shader.inputs["Roughness"].default_value = 0.12
    shader.inputs["Coat Weight"].default_value = 1.0
    shader.inputs["Coat Roughness"].default_value = 0.03
