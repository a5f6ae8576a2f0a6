# SPDX-License-Identifier: GPL-3.0-or-later
"""A film on a plane in the 3D scene: one metre high, at the 3D cursor, upright and facing -Y, lit by itself."""

import bpy

from ..scene.apply import ApplyError


def add_plane(context: bpy.types.Context, scene: bpy.types.Scene, name: str, path: str, frame: int) -> str:
    """Add the plane, whose film begins at `frame`; the name of the object. Raises ApplyError where Blender cannot read
    the film."""
    try:
        image = bpy.data.images.load(path)
    except RuntimeError as error:
        raise ApplyError(f"Blender did not load the film: {error}") from None
    image.source = "MOVIE"
    width, height = image.size
    if not width or not height:
        bpy.data.images.remove(image)
        raise ApplyError("Blender cannot read the film, so no plane was added.")
    half = 0.5 * width / height
    mesh = bpy.data.meshes.new(name)
    mesh.from_pydata([(-half, 0, 0), (half, 0, 0), (half, 0, 1), (-half, 0, 1)], [], [(0, 1, 2, 3)])
    layer = mesh.uv_layers.new(name="UVMap")
    for corner, place in zip(layer.uv, ((0, 0), (1, 0), (1, 1), (0, 1)), strict=True):
        corner.vector = place
    mesh.materials.append(_material(name, image, frame))
    plane = bpy.data.objects.new(name, mesh)
    plane.location = scene.cursor.location
    scene.collection.objects.link(plane)
    if context.scene == scene:
        for obj in list(context.selected_objects):
            obj.select_set(False)
        plane.select_set(True)
        context.view_layer.objects.active = plane
    return plane.name


def _material(name: str, image: bpy.types.Image, frame: int) -> bpy.types.Material:
    """Emission of the film's pictures, transparent where they are."""
    material = bpy.data.materials.new(name)
    if not bpy.app.version >= (5, 0, 0):
        material.use_nodes = True
    nodes, links = material.node_tree.nodes, material.node_tree.links
    nodes.clear()
    texture = nodes.new("ShaderNodeTexImage")
    texture.image = image
    texture.image_user.frame_duration = max(1, image.frame_duration)
    texture.image_user.frame_start = frame
    texture.image_user.use_auto_refresh = True
    nodes.active = texture  # which the Solid view shows by Texture
    emission, clear = nodes.new("ShaderNodeEmission"), nodes.new("ShaderNodeBsdfTransparent")
    mix, output = nodes.new("ShaderNodeMixShader"), nodes.new("ShaderNodeOutputMaterial")
    links.new(texture.outputs["Color"], emission.inputs["Color"])
    links.new(texture.outputs["Alpha"], mix.inputs[0])
    links.new(clear.outputs[0], mix.inputs[1])
    links.new(emission.outputs[0], mix.inputs[2])
    links.new(mix.outputs[0], output.inputs["Surface"])
    for number, node in enumerate((texture, emission, clear, mix, output)):
        node.location = (300 * min(number, 3) - 200 * (number == 2), -150 * (number == 2))
    return material
