# SPDX-License-Identifier: GPL-3.0-or-later
"""Nodes that calculate, put into a tree one after the other."""

import bpy


class Nodes:
    """Adds nodes to a tree, which are linked as they come: `calculated` takes sockets and plain values alike."""

    def __init__(self, tree: bpy.types.NodeTree) -> None:
        self.tree, self.new, self.link = tree, tree.nodes.new, tree.links.new

    def calculated(self, kind: str, operation: str, *values) -> bpy.types.NodeSocket:
        """The result of a mathematical node."""
        node = self.new(kind)
        node.operation = operation
        for socket, value in zip(node.inputs, values, strict=False):
            if isinstance(value, bpy.types.NodeSocket):
                self.link(value, socket)
            else:
                socket.default_value = value
        return node.outputs[0]

    def vector(self, operation: str, *values) -> bpy.types.NodeSocket:
        return self.calculated("ShaderNodeVectorMath", operation, *values)

    def scaled(self, value, scale: bpy.types.NodeSocket) -> bpy.types.NodeSocket:
        """A vector times a number."""
        result = self.vector("SCALE", value)
        self.link(scale, result.node.inputs["Scale"])
        return result

    def separated(self, value: bpy.types.NodeSocket) -> bpy.types.bpy_prop_collection:
        """x, y and z of a vector."""
        node = self.new("ShaderNodeSeparateXYZ")
        self.link(value, node.inputs[0])
        return node.outputs

    def named(self, name: str, kind: str) -> bpy.types.NodeSocket:
        """An attribute of the geometry."""
        node = self.new("GeometryNodeInputNamedAttribute")
        node.data_type = kind
        node.inputs["Name"].default_value = name
        return next(socket for socket in node.outputs if socket.enabled and socket.name == "Attribute")

    def switch(self, kind: str, value: bpy.types.NodeSocket, no: bpy.types.NodeSocket, yes: bpy.types.NodeSocket):
        """`yes` where the value is true, else `no`; what is not chosen is not evaluated."""
        node = self.new("GeometryNodeSwitch")
        node.input_type = kind
        inputs = {socket.name: socket for socket in node.inputs if socket.enabled}
        for name, given in (("Switch", value), ("False", no), ("True", yes)):
            self.link(given, inputs[name])
        return next(socket for socket in node.outputs if socket.enabled)
