# SPDX-License-Identifier: GPL-3.0-or-later
"""The 68 vertices of a speaker's mesh that are its landmarks: those of the default head, or found by the shape keys."""

import functools

import bpy
import numpy as np

from ..formats import head_file
from ..shape_keys import driving, key_table, keys
from . import correspondence
from .correspondence import LandmarksMissing
from .lines import POINTS

KEPT = "mien_landmarks"  # custom property of a mesh: the vertices, which the animator may change


def vertices_of(speaker: bpy.types.Object) -> np.ndarray:
    """(68,) vertices of the speaker's mesh. Those that are found are kept in its custom property. Raises
    LandmarksMissing, HeadError."""
    mesh = speaker.data
    if KEPT in mesh:
        kept = np.array(mesh[KEPT]).ravel()
        if kept.shape == (POINTS,) and kept.dtype.kind == "i" and kept.min() >= 0 and kept.max() < len(mesh.vertices):
            return kept.astype(np.int32)
        raise LandmarksMissing(
            f"the custom property {KEPT} of '{mesh.name}' does not hold {POINTS} of its vertices; delete it, and they "
            "are found again."
        )
    ids, head, deltas = _default_head()
    if len(mesh.vertices) == len(head) == driving.HEAD_VERTICES:
        return ids
    theirs = _channel_deltas(speaker)
    marks = {name: delta[ids] for name, delta in deltas.items()}
    found = correspondence.find(head[ids], marks, head, deltas, keys.rest(mesh).astype(float), theirs)
    if mesh.library is None:
        mesh[KEPT] = found.tolist()
    return found


@functools.cache
def _default_head() -> tuple[np.ndarray, np.ndarray, dict[str, np.ndarray]]:
    """(vertices (68,), rest (V, 3), deltas (V, 3) by channel) in Blender's axes. Raises HeadError."""
    path = head_file.find_file()
    tensors, _ = head_file.read_file(path)
    head = head_file.read_head(path)
    ids = tensors.get("landmarks")
    if ids is None or ids.shape != (POINTS,):
        raise head_file.HeadError(f"{path.name} names no landmarks; install the extension again.")
    deltas = {
        name: keys.to_blender(delta).astype(float) for name, delta in zip(head.channels, head.deltas, strict=True)
    }
    return ids.astype(np.int32), keys.to_blender(head.vertices).astype(float), deltas


def _channel_deltas(speaker: bpy.types.Object) -> dict[str, np.ndarray]:
    """channel -> (V, 3) by which its key moves the mesh; of keys that show one channel each."""
    mesh, deltas = speaker.data, {}
    rest = keys.rest(mesh)
    for row in driving.table_of(speaker).rows:
        names = [name for name, share in key_table.terms(row.source) if share > 0]
        if len(names) == 1 and row.gain > 0 and row.key in mesh.shape_keys.key_blocks:
            points = np.empty(rest.size, np.float32)
            mesh.shape_keys.key_blocks[row.key].points.foreach_get("co", points)
            deltas.setdefault(names[0], (points.reshape(rest.shape) - rest).astype(float))
    return deltas
