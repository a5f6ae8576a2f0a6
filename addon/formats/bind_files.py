# SPDX-License-Identifier: GPL-3.0-or-later
"""A mesh that is to be bound, as it is sent, and its shapes, as they come back. numpy alone; no bpy."""

import json
from dataclasses import dataclass

import numpy as np

from .channels import ARKIT
from .safetensors import TensorFileError, read_tensors, write_tensors

MESH, SHAPES, VERSION = "mien.mesh", "mien.shapes", "1"
FAR = 0.004  # m: what is further from the head laid over the mesh is drawn in the last colour
COLOURS = ((0.16, 0.42, 0.75), (0.30, 0.70, 0.42), (0.95, 0.83, 0.25), (0.80, 0.16, 0.14))
NOWHERE = (0.6, 0.6, 0.6)  # what lies on no point of the face


class ShapesError(ValueError):
    """The shapes cannot be used; the message says why and what to do."""


@dataclass(frozen=True, eq=False)
class Shapes:
    """channels: C names; moved (M,) numbers of the vertices that move; deltas (C, M, 3) what each channel adds to them
    at 1, in the mesh's own axes and units; distance (V,) metres from the head laid over the mesh, -1 where there is
    none of the face; report: what was measured; warnings: sentences."""

    channels: tuple[str, ...]
    moved: np.ndarray
    deltas: np.ndarray
    distance: np.ndarray
    report: dict[str, object]
    warnings: tuple[str, ...]


def mesh_file(
    vertices: np.ndarray, triangles: np.ndarray, region: np.ndarray | None, picks: dict[str, list[float]]
) -> bytes:
    """What is sent: vertices (V, 3), triangles (T, 3), region (V,) 0..1 of what may move or None for all, picks by
    name as places in the mesh's own axes."""
    tensors = {"vertices": vertices.astype(np.float32), "faces": triangles.astype(np.int32)}
    if region is not None:
        tensors["region"] = region.astype(np.float32)
    return write_tensors(tensors, {"format": MESH, "format_version": VERSION, "picks": json.dumps(picks)})


def read_shapes(data: bytes, count: int) -> Shapes:
    """The shapes of a mesh of `count` vertices. Raises ShapesError."""
    try:
        tensors, said = read_tensors(data)
    except TensorFileError as error:
        raise ShapesError(str(error)) from None
    if said.get("format") != SHAPES or said.get("format_version") != VERSION:
        raise ShapesError(
            f"What came back is '{said.get('format')}' version {said.get('format_version')}; this extension reads "
            f"'{SHAPES}' version {VERSION}. Update the older of backend and extension."
        )
    try:
        channels = tuple(json.loads(said["channels"]))
        report, warnings = json.loads(said["report"]), tuple(json.loads(said["warnings"]))
        shapes = Shapes(channels, *(tensors[name] for name in ("moved", "deltas", "distance")), report, warnings)
    except (KeyError, ValueError, TypeError):
        raise ShapesError("What came back of the mesh is incomplete; bind it again.") from None
    moved = len(shapes.moved)
    fits = shapes.deltas.shape == (len(channels), moved, 3) and shapes.moved.shape == (moved,)
    inside = not moved or (shapes.moved.min() >= 0 and shapes.moved.max() < count)
    if not (fits and inside and len(shapes.distance) == count and np.isfinite(shapes.deltas).all()):
        raise ShapesError("The mesh has changed since it was sent, so its shapes do not fit any more; bind it again.")
    if not set(channels) <= set(ARKIT):
        raise ShapesError("What came back has channels that this extension does not know; update the extension.")
    return shapes


def heat(distance: np.ndarray) -> np.ndarray:
    """(V, 4) colours, sRGB 0..1, for distances (V,) in metres: blue lies on the head laid over the mesh, red is 4 mm
    or further, grey is where there is none of the face."""
    at = np.clip(distance / FAR, 0, 1) * (len(COLOURS) - 1)
    steps = np.arange(len(COLOURS))
    colours = np.stack([np.interp(at, steps, [colour[k] for colour in COLOURS]) for k in range(3)], 1)
    colours[distance < 0] = NOWHERE
    return np.concatenate([colours, np.ones((len(distance), 1))], 1)
