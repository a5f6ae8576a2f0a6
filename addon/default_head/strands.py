# SPDX-License-Identifier: GPL-3.0-or-later
"""Brows and lashes as ribbons that a Geometry Nodes modifier lays on the head, so that Solid view has them, too."""

import bpy
import numpy as np

from ..formats.head_file import Strands
from ..shape_keys import keys
from .node_material import node_material, principled
from .node_tree import Nodes

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
    nodes = Nodes(tree)
    info = nodes.new("GeometryNodeObjectInfo")
    info.transform_space = "ORIGINAL"
    info.inputs["Object"].default_value = speaker
    head = info.outputs["Geometry"]
    flat, off = _places(nodes, head)
    source, result = nodes.new("NodeGroupInput"), nodes.new("NodeGroupOutput")
    # A subdivided head, as it is rendered, bulges between its vertices: brows lie on it, lashes stand off anyway.
    # In the viewport nothing need be searched, and the switch leaves the search out: 6 ms a frame.
    on_skin = nodes.switch("VECTOR", nodes.named(LASH, "BOOLEAN"), _nearest(nodes, head, flat), flat)
    subdivided = _more_points(nodes, head, len(speaker.data.vertices))
    as_it_is, bulging = (_lying(nodes, source.outputs[0], at, off) for at in (flat, on_skin))
    nodes.link(nodes.switch("GEOMETRY", subdivided, as_it_is, bulging), result.inputs[0])
    return tree


def _places(nodes: Nodes, head: bpy.types.NodeSocket) -> tuple[bpy.types.NodeSocket, bpy.types.NodeSocket]:
    """(where each point lies on its triangle of the head, how far it is off that along the normal)."""
    position = nodes.new("GeometryNodeInputPosition").outputs[0]
    a, b, c = (_sampled(nodes, head, position, nodes.named(name, "INT")) for name in CORNERS)
    second, third = nodes.vector("SUBTRACT", b, a), nodes.vector("SUBTRACT", c, a)
    # Blender's axes are a rotation of the head's, so the normal is the same.
    normal = nodes.vector("NORMALIZE", nodes.vector("CROSS_PRODUCT", second, third))
    shares = nodes.separated(nodes.named(PLACE, "FLOAT_VECTOR"))
    beside = [nodes.scaled(side, shares[i]) for i, side in enumerate((second, third))]
    return nodes.vector("ADD", a, nodes.vector("ADD", *beside)), nodes.scaled(normal, shares[2])


def _sampled(
    nodes: Nodes, head: bpy.types.NodeSocket, value: bpy.types.NodeSocket, index: bpy.types.NodeSocket
) -> bpy.types.NodeSocket:
    """The value at a vertex of the head."""
    sample = nodes.new("GeometryNodeSampleIndex")
    sample.data_type, sample.domain = "FLOAT_VECTOR", "POINT"
    nodes.link(head, sample.inputs["Geometry"])
    nodes.link(value, next(socket for socket in sample.inputs if socket.enabled and socket.name == "Value"))
    nodes.link(index, sample.inputs["Index"])
    return next(socket for socket in sample.outputs if socket.enabled)


def _nearest(nodes: Nodes, head: bpy.types.NodeSocket, to: bpy.types.NodeSocket) -> bpy.types.NodeSocket:
    """The place of the head's surface that is nearest."""
    skin = nodes.new("GeometryNodeProximity")
    skin.target_element = "FACES"
    nodes.link(head, skin.inputs[0])
    nodes.link(to, next(socket for socket in skin.inputs if socket.enabled and "Position" in socket.name))
    return skin.outputs["Position"]


def _more_points(nodes: Nodes, head: bpy.types.NodeSocket, count: int) -> bpy.types.NodeSocket:
    """Whether the head has more vertices than that."""
    size = nodes.new("GeometryNodeAttributeDomainSize")
    size.component = "MESH"
    nodes.link(head, size.inputs[0])
    more = nodes.new("FunctionNodeCompare")
    more.data_type, more.operation = "INT", "GREATER_THAN"
    numbers = [socket for socket in more.inputs if socket.enabled]
    nodes.link(size.outputs["Point Count"], numbers[0])
    numbers[1].default_value = count
    return more.outputs[0]


def _lying(
    nodes: Nodes, ribbons: bpy.types.NodeSocket, at: bpy.types.NodeSocket, off: bpy.types.NodeSocket
) -> bpy.types.NodeSocket:
    moved = nodes.new("GeometryNodeSetPosition")
    nodes.link(ribbons, moved.inputs["Geometry"])
    nodes.link(nodes.vector("ADD", at, off), moved.inputs["Position"])
    return moved.outputs[0]


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
