# SPDX-License-Identifier: GPL-3.0-or-later
"""Reads and adds shape keys without changing those that are there."""

import hashlib

import bpy
import numpy as np

from . import mesh_axes

BOUND = "mien_bound"  # custom property of shape keys: names of those that binding made
BASIS_NAME = "Mien basis"  # prefix of the keys that carry a vertex engine's basis


def to_blender(points: np.ndarray) -> np.ndarray:
    """Head space (..., 3) (y up, z forward) in Blender's axes: (x, y, z) -> (x, -z, y)."""
    out = np.empty(points.shape, np.float32)
    out[..., 0], out[..., 1], out[..., 2] = points[..., 0], -points[..., 2], points[..., 1]
    return out


def names(mesh: bpy.types.Mesh) -> tuple[str, ...]:
    """The names of the mesh's relative keys, without the reference key."""
    keys = mesh.shape_keys
    if keys is None:
        return ()
    return tuple(block.name for block in keys.key_blocks if block != keys.reference_key)


def rest(mesh: bpy.types.Mesh) -> np.ndarray:
    """(V, 3) float32: the reference key's points, or the mesh's own."""
    count = len(mesh.vertices)
    points = np.empty(count * 3, np.float32)
    if mesh.shape_keys is not None:
        mesh.shape_keys.reference_key.points.foreach_get("co", points)
    else:
        mesh.vertices.foreach_get("co", points)
    return points.reshape(count, 3)


def add(speaker: bpy.types.Object, name: str, points: np.ndarray) -> bpy.types.ShapeKey:
    """A key with the given points (V, 3) and value 0; the reference key is made first where there is none."""
    if speaker.data.shape_keys is None:
        speaker.shape_key_add(name="Basis", from_mix=False)
    block = speaker.shape_key_add(name=name, from_mix=False)
    block.points.foreach_set("co", np.ascontiguousarray(points, np.float32).ravel())
    block.value = 0.0
    return block


def fit_range(block: bpy.types.ShapeKey, low: float, high: float) -> None:
    """Extend the slider's range to low..high: Blender clips animation to it as well."""
    if low < block.slider_min:
        block.slider_min = low
    if high > block.slider_max:
        block.slider_max = high


def value_path(name: str) -> str:
    return f'key_blocks["{bpy.utils.escape_identifier(name)}"].value'


def add_basis(speaker: bpy.types.Object, basis: np.ndarray) -> list[str]:
    """Add keys for a basis (K, V, 3) in head-space metres; returns their names. The names have the hash of the basis:
    the same basis changes nothing, and takes with other bases keep theirs."""
    points = rest(speaker.data)
    shapes = mesh_axes.to_mesh(points, basis)
    digest = hashlib.sha256(shapes.tobytes()).hexdigest()[:8]
    names_of_basis = []
    for number, shape in enumerate(shapes):
        name = f"{BASIS_NAME} {digest} {number:03d}"
        keys = speaker.data.shape_keys
        block = keys.key_blocks.get(name) if keys is not None else None
        if block is None:
            block = add(speaker, name, points + shape)
        else:
            block.points.foreach_set("co", (points + shape).ravel())
        names_of_basis.append(block.name)
    return names_of_basis


def remove_unused_bases(speaker: bpy.types.Object, used: set[str]) -> None:
    """Remove the keys of bases that no take uses any more; used: the data paths that are animated."""
    keys = speaker.data.shape_keys
    for block in list(keys.key_blocks) if keys is not None else ():
        if block.name.startswith(BASIS_NAME) and value_path(block.name) not in used:
            speaker.shape_key_remove(block)
