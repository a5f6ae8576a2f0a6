# SPDX-License-Identifier: GPL-3.0-or-later
"""Brows and lashes as ribbons that a Geometry Nodes modifier lays on the head, so that Solid view has them, too."""

import bpy
import numpy as np

from ..formats.head_file import Strands
from ..shape_keys import keys
from .node_material import node_material, principled

NAME = "Mien brows and lashes"
POINTS = 6  # of a ribbon: left and right of root, middle and tip
CORNERS = ("corner_1", "corner_2", "corner_3")  # vertices of the head
PLACE = "place"  # weights of the second and third corner, height above them in metres
LASH = "lash"
LIGHTER, IN_VIEWPORT = 1.6, 3.0  # times the brows' colour, which is that of many hairs with the shade between them
LASHES = (0.016, 0.010, 0.008)  # linear RGB


def add_mesh(strands: Strands, vertices: np.ndarray, brows: tuple[float, ...], identity: str) -> bpy.types.Mesh:
    """The ribbons on the head's vertices (V, 3), in brows of the given colour and lashes."""
    mesh = bpy.data.meshes.new(NAME)
    first = np.arange(0, len(strands.corners), POINTS)[:, None]
    quads = np.concatenate([first + np.array([0, 1, 3, 2]), first + np.array([2, 3, 5, 4])])
    mesh.from_pydata(keys.to_blender(placed(strands, vertices)).tolist(), [], quads.tolist())
    mesh.shade_smooth()
    mesh.materials.append(_material("Mien brow hair", tuple(LIGHTER * part for part in brows), identity))
    mesh.materials.append(_material("Mien lash", LASHES, ""))
    mesh.polygons.foreach_set("material_index", strands.lash[quads[:, 0]].astype(np.int32))
    for name, column in zip(CORNERS, strands.corners.T, strict=True):
        mesh.attributes.new(name, "INT", "POINT").data.foreach_set("value", np.ascontiguousarray(column, np.int32))
    place = mesh.attributes.new(PLACE, "FLOAT_VECTOR", "POINT")
    place.data.foreach_set("vector", strands.places.astype(np.float32).ravel())
    mesh.attributes.new(LASH, "BOOLEAN", "POINT").data.foreach_set("value", strands.lash.astype(bool))
    mesh.update()
    return mesh


def placed(strands: Strands, vertices: np.ndarray) -> np.ndarray:
    """(N, 3) the points of the ribbons for the head's vertices (V, 3)."""
    a, b, c = (vertices[strands.corners[:, i]].astype(np.float64) for i in range(3))
    normals = np.cross(b - a, c - a)
    normals /= np.maximum(np.linalg.norm(normals, axis=1, keepdims=True), 1e-12)
    s, t, height = strands.places.astype(np.float64).T[..., None]
    return a + s * (b - a) + t * (c - a) + height * normals


def follow(obj: bpy.types.Object, speaker: bpy.types.Object) -> None:
    """Let the ribbons of an object, a child of the head without a transform of its own, lie on the head as it moves."""
    modifier = obj.modifiers.new(NAME, "NODES")
    modifier.node_group = _nodes(speaker)


def _nodes(speaker: bpy.types.Object) -> bpy.types.NodeTree:
    tree = bpy.data.node_groups.new(f"{NAME} of {speaker.name}", "GeometryNodeTree")
    tree.is_modifier = True
    for way in ("INPUT", "OUTPUT"):
        tree.interface.new_socket("Geometry", in_out=way, socket_type="NodeSocketGeometry")
    new, link = tree.nodes.new, tree.links.new
    head = new("GeometryNodeObjectInfo")
    head.transform_space = "ORIGINAL"
    head.inputs["Object"].default_value = speaker
    position = new("GeometryNodeInputPosition")

    def named(name: str, kind: str) -> bpy.types.NodeSocket:
        node = new("GeometryNodeInputNamedAttribute")
        node.data_type = kind
        node.inputs["Name"].default_value = name
        return next(socket for socket in node.outputs if socket.enabled and socket.name == "Attribute")

    def corner(name: str) -> bpy.types.NodeSocket:
        sample = new("GeometryNodeSampleIndex")
        sample.data_type, sample.domain = "FLOAT_VECTOR", "POINT"
        link(head.outputs["Geometry"], sample.inputs["Geometry"])
        link(position.outputs[0], next(s for s in sample.inputs if s.enabled and s.name == "Value"))
        link(named(name, "INT"), sample.inputs["Index"])
        return next(socket for socket in sample.outputs if socket.enabled)

    def vector(operation: str, *values: bpy.types.NodeSocket, scale: bpy.types.NodeSocket | None = None):
        node = new("ShaderNodeVectorMath")
        node.operation = operation
        for socket, value in zip(node.inputs, values, strict=False):
            link(value, socket)
        if scale is not None:
            link(scale, node.inputs["Scale"])
        return node.outputs[0]

    a, b, c = map(corner, CORNERS)
    second, third = vector("SUBTRACT", b, a), vector("SUBTRACT", c, a)
    # Blender's axes are a rotation of the head's, so the normal is the same.
    normal = vector("NORMALIZE", vector("CROSS_PRODUCT", second, third))
    place = new("ShaderNodeSeparateXYZ")
    link(named(PLACE, "FLOAT_VECTOR"), place.inputs[0])
    beside = [vector("SCALE", v, scale=share) for v, share in zip((second, third), place.outputs, strict=False)]
    flat = vector("ADD", a, vector("ADD", *beside))
    off = vector("SCALE", normal, scale=place.outputs[2])
    source, result = new("NodeGroupInput"), new("NodeGroupOutput")

    def lying(at: bpy.types.NodeSocket) -> bpy.types.NodeSocket:
        moved = new("GeometryNodeSetPosition")
        link(source.outputs[0], moved.inputs["Geometry"])
        link(vector("ADD", at, off), moved.inputs["Position"])
        return moved.outputs[0]

    def switch(kind: str, value: bpy.types.NodeSocket, no: bpy.types.NodeSocket, yes: bpy.types.NodeSocket):
        node = new("GeometryNodeSwitch")
        node.input_type = kind
        inputs = {socket.name: socket for socket in node.inputs if socket.enabled}
        for name, given in (("Switch", value), ("False", no), ("True", yes)):
            link(given, inputs[name])
        return next(socket for socket in node.outputs if socket.enabled)

    # A subdivided head, as it is rendered, bulges between its vertices: brows lie on it, lashes stand off anyway.
    # In the viewport nothing need be searched, and the switch leaves the search out: 6 ms a frame.
    skin = new("GeometryNodeProximity")
    skin.target_element = "FACES"
    link(head.outputs["Geometry"], skin.inputs[0])
    link(flat, next(socket for socket in skin.inputs if socket.enabled and "Position" in socket.name))
    on_skin = switch("VECTOR", named(LASH, "BOOLEAN"), skin.outputs["Position"], flat)
    size = new("GeometryNodeAttributeDomainSize")
    size.component = "MESH"
    link(head.outputs["Geometry"], size.inputs[0])
    subdivided = new("FunctionNodeCompare")
    subdivided.data_type, subdivided.operation = "INT", "GREATER_THAN"
    numbers = [socket for socket in subdivided.inputs if socket.enabled]
    link(size.outputs["Point Count"], numbers[0])
    numbers[1].default_value = len(speaker.data.vertices)
    link(switch("GEOMETRY", subdivided.outputs[0], lying(flat), lying(on_skin)), result.inputs[0])
    return tree


def _material(name: str, colour: tuple[float, ...], identity: str) -> bpy.types.Material:
    """A dull material of the colour, reused where the file has it."""
    name = f"{name} of {identity}" if identity else name
    existing = bpy.data.materials.get(name)
    if existing is not None:
        return existing
    material = node_material(name, tuple(IN_VIEWPORT / LIGHTER * part for part in colour), 0.6)
    shader = principled(material)
    shader.inputs["Base Color"].default_value = (*colour, 1.0)
    shader.inputs["Roughness"].default_value = 0.6
    shader.inputs["Specular IOR Level"].default_value = 0.2
    return material
