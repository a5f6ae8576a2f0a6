# SPDX-License-Identifier: GPL-3.0-or-later
"""Mien's own head in the scene: mesh, materials, 52 ARKit shape keys, and an empty that bends its neck."""

import json
from dataclasses import dataclass
from pathlib import Path

import bpy
import numpy as np
from mathutils import Matrix, Vector

from . import dress, keys, rotation
from .tensorfile import TensorFileError, read_tensors

FORMAT, FORMAT_VERSION = "mien.head", "1"
FILE = "mien.safetensors"
NECK = "neck"  # vertex group: how much of the head's rotation each vertex takes
NEEDED = ("vertices", "quads", "uvs", "quad_uvs", "deltas", "quad_material", "joints", "neck_weights")


class HeadError(Exception):
    """The head cannot be read; the message says why and what to do."""


@dataclass(frozen=True, eq=False)
class HeadFile:
    """vertices (V, 3) metres in head space; quads (Q, 4); uvs (T, 2) with quad_uvs (Q, 4); deltas (C, V, 3)
    for channels; quad_material (Q,) into materials; pivot (3,) of the neck; neck_weights (V,) 0..1."""

    name: str
    vertices: np.ndarray
    quads: np.ndarray
    uvs: np.ndarray
    quad_uvs: np.ndarray
    channels: tuple[str, ...]
    deltas: np.ndarray
    materials: tuple[dict, ...]
    quad_material: np.ndarray
    pivot: np.ndarray
    neck_weights: np.ndarray
    worn: dress.Dress | None = None


def find_file() -> Path:
    """The head file: beside this module in the extension, in meshes/ of a checkout. Raises HeadError."""
    here = Path(__file__).parent
    for path in (here / FILE, here.parent / "meshes" / FILE):
        if path.is_file():
            return path
    raise HeadError(f"The head's file {FILE} is missing from the extension; install the extension again.")


def read_head(path: Path) -> HeadFile:
    """The head of a file. Raises HeadError, a sentence."""
    try:
        tensors, meta = read_tensors(path)
    except TensorFileError as error:
        raise HeadError(str(error)) from None
    if meta.get("format") != FORMAT or meta.get("format_version") != FORMAT_VERSION:
        raise HeadError(
            f"{path.name} is '{meta.get('format')}' version {meta.get('format_version')}; this extension "
            "reads "
            f"'{FORMAT}' version {FORMAT_VERSION}."
        )
    gone = [name for name in NEEDED if name not in tensors]
    if gone:
        raise HeadError(f"{path.name} has no tensor '{gone[0]}'; install the extension again.")
    try:
        channels = tuple(json.loads(meta["channels"]))
        materials = tuple(json.loads(meta["materials"]))
        neck = json.loads(meta["joint_names"]).index("neck")
    except (KeyError, ValueError, TypeError):
        raise HeadError(f"{path.name} does not name its channels, materials and neck joint.") from None
    try:
        worn = dress.read(tensors, meta, len(tensors["vertices"]))
    except ValueError as error:
        raise HeadError(f"{path.name} {error}; install the extension again.") from None
    head = HeadFile(
        name=meta.get("name", "mien"),
        channels=channels,
        materials=materials,
        pivot=tensors["joints"][neck],
        worn=worn,
        **{name: tensors[name] for name in NEEDED if name != "joints"},
    )
    _check(path.name, head)
    return head


def _check(name: str, head: HeadFile) -> None:
    count = len(head.vertices)
    for indices, top in (
        (head.quads, count),
        (head.quad_uvs, len(head.uvs)),
        (head.quad_material, len(head.materials)),
    ):
        if indices.size and not 0 <= int(indices.min()) <= int(indices.max()) < top:
            raise HeadError(f"{name} is damaged: an index points at item {int(indices.max())} of {top}.")
    if head.deltas.shape != (len(head.channels), count, 3) or head.neck_weights.shape != (count,):
        raise HeadError(f"{name} is damaged: its shapes do not belong to its {count} vertices.")


def add_head(context: bpy.types.Context, head: HeadFile) -> bpy.types.Object:
    """The head as a new object at the 3D cursor, selected and active. The caller makes the undo step."""
    title = f"{head.name.capitalize()} head"
    mesh = bpy.data.meshes.new(title)
    # Before the mesh is built: from_pydata's faces are smooth or flat as a whole afterwards.
    mesh.from_pydata(keys.to_blender(head.vertices).tolist(), [], head.quads.tolist())
    _add_uvs(mesh, head)
    for material in head.materials:
        mesh.materials.append(_material(material))
    mesh.polygons.foreach_set("material_index", head.quad_material.astype(np.int32))
    mesh.shade_smooth()
    mesh.update()
    speaker = bpy.data.objects.new(title, mesh)
    context.collection.objects.link(speaker)
    speaker.location = context.scene.cursor.location
    _add_keys(speaker, head)
    empty = _add_neck(context, speaker, head)
    speaker.mien.head_object = empty
    if head.worn is not None:
        dress.put_on(context, speaker, empty, head.worn, head.vertices)
    for thing in context.selected_objects:
        thing.select_set(False)
    speaker.select_set(True)
    context.view_layer.objects.active = speaker
    return speaker


def _add_uvs(mesh: bpy.types.Mesh, head: HeadFile) -> None:
    layer = mesh.uv_layers.new(name="UVMap")
    layer.uv.foreach_set("vector", head.uvs[head.quad_uvs.ravel()].astype(np.float32).ravel())


def _add_keys(speaker: bpy.types.Object, head: HeadFile) -> None:
    rest = keys.to_blender(head.vertices)
    for channel, delta in zip(head.channels, head.deltas, strict=True):
        keys.add(speaker, channel, rest + keys.to_blender(delta))
    speaker.active_shape_key_index = 0


def _add_neck(context: bpy.types.Context, speaker: bpy.types.Object, head: HeadFile) -> bpy.types.Object:
    """An empty at the neck with a Hook: turning it bends the neck and leaves the skull rigid."""
    group = speaker.vertex_groups.new(name=NECK)
    for weight in np.unique(head.neck_weights):
        if weight > 0:
            group.add(np.flatnonzero(head.neck_weights == weight).tolist(), float(weight), "REPLACE")
    pivot = Vector(keys.to_blender(head.pivot).tolist())
    empty = bpy.data.objects.new(f"{speaker.name} rotation", None)
    context.collection.objects.link(empty)
    empty.empty_display_type, empty.empty_display_size = "PLAIN_AXES", 0.08
    empty.parent, empty.location = speaker, pivot
    empty.rotation_mode = rotation.ORDER
    hook = speaker.modifiers.new("Mien neck", "HOOK")
    hook.object, hook.vertex_group, hook.falloff_type = empty, NECK, "NONE"
    hook.matrix_inverse = Matrix.Translation(-pivot)  # at rest it moves nothing, wherever the head stands
    smooth = speaker.modifiers.new("Subdivision", "SUBSURF")
    smooth.levels, smooth.render_levels = 0, 2  # the viewport plays at full speed, a render is smooth
    return empty


def _material(data: dict) -> bpy.types.Material:
    """A Principled material of the head file's colour; one that is there already is used again."""
    name = f"Mien {data['name']}"
    found = bpy.data.materials.get(name)
    if found is not None:
        return found
    material = bpy.data.materials.new(name)
    if not bpy.app.version >= (5, 0, 0):
        material.use_nodes = True
    colour = (*map(float, data["colour"][:3]), 1.0)
    material.diffuse_color, material.roughness = colour, float(data["roughness"])
    shader = next(node for node in material.node_tree.nodes if node.type == "BSDF_PRINCIPLED")
    shader.inputs["Base Color"].default_value = colour
    shader.inputs["Roughness"].default_value = float(data["roughness"])
    if data["name"] in ("skin", "lips", "mouth", "tongue"):
        shader.inputs["Subsurface Weight"].default_value = 0.12
        shader.inputs["Subsurface Scale"].default_value = 0.004  # metres: skin, not wax
        shader.inputs["Subsurface Radius"].default_value = (1.0, 0.35, 0.2)
    return material
