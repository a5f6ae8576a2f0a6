# SPDX-License-Identifier: GPL-3.0-or-later
"""The two files of a mesh binding: the mesh that is sent and the shapes that come back. numpy alone; no bpy."""

import json
from dataclasses import dataclass, field

import numpy as np

from .channels import ARKIT
from .safetensors import TensorFileError, read_tensors, write_tensors

MESH, SHAPES, VERSION = "mien.mesh", "mien.shapes", "1"
HEAT_END_M = 0.004  # a vertex this far from the registered head, or farther, is drawn in the last colour
HEAT_COLOURS = ((0.16, 0.42, 0.75), (0.30, 0.70, 0.42), (0.95, 0.83, 0.25), (0.80, 0.16, 0.14))
OUTSIDE_COLOUR = (0.6, 0.6, 0.6)  # of vertices that correspond to no point of the face


class ShapesError(ValueError):
    """The shapes cannot be used; the message says why and what to do."""


@dataclass(frozen=True, eq=False)
class Shapes:
    """The blend shapes of a bound mesh of V vertices.

    channels: C names; moved (M,) indices of the vertices that move; deltas (C, M, 3) their offsets at value 1, in the
    mesh's own axes and units; distance (V,) metres from the head that was registered to the mesh, -1 outside the
    face; report: measurements of the fit by name; warnings: sentences.

    Where the mouth is to be cut open: doubled (K,) vertices that are there a second time, as vertices V to V + K - 1,
    which moved and distance then have, too; cut_triangles (N,): those of the triangles sent that take them."""

    channels: tuple[str, ...]
    moved: np.ndarray
    deltas: np.ndarray
    distance: np.ndarray
    report: dict[str, object]
    warnings: tuple[str, ...]
    doubled: np.ndarray = field(default_factory=lambda: np.zeros(0, np.int32))
    cut_triangles: np.ndarray = field(default_factory=lambda: np.zeros(0, np.int32))


def mesh_file(
    vertices: np.ndarray,
    triangles: np.ndarray,
    region: np.ndarray | None,
    picks: dict[str, list[float]],
    diagonals: list[list[int]] | None = None,
) -> bytes:
    """The bytes of the mesh file: vertices (V, 3); triangles (T, 3); region (V,) 0..1, how far each vertex may move,
    None for all; picks: landmark name -> point in the mesh's own axes; diagonals: pairs of vertices of the triangles
    where the mesh has no edge."""
    tensors = {"vertices": vertices.astype(np.float32), "faces": triangles.astype(np.int32)}
    if region is not None:
        tensors["region"] = region.astype(np.float32)
    metadata = {"format": MESH, "format_version": VERSION, "picks": json.dumps(picks)}
    if diagonals:
        metadata["diagonals"] = json.dumps(diagonals, separators=(",", ":"))
    return write_tensors(tensors, metadata)


def read_shapes(data: bytes, count: int) -> Shapes:
    """The shapes of a mesh of `count` vertices. Raises ShapesError."""
    try:
        tensors, metadata = read_tensors(data)
    except TensorFileError as error:
        raise ShapesError(str(error)) from None
    if metadata.get("format") != SHAPES or metadata.get("format_version") != VERSION:
        raise ShapesError(
            f"What came back is '{metadata.get('format')}' version {metadata.get('format_version')}; this extension "
            f"reads '{SHAPES}' version {VERSION}. Update the older of backend and extension."
        )
    try:
        channels = tuple(json.loads(metadata["channels"]))
        report, warnings = json.loads(metadata["report"]), tuple(json.loads(metadata["warnings"]))
        arrays = {name: tensors[name] for name in ("moved", "deltas", "distance")}
        if "doubled" in tensors:
            arrays |= {"doubled": tensors["doubled"], "cut_triangles": tensors["cut_faces"]}
        shapes = Shapes(channels=channels, report=report, warnings=warnings, **arrays)
    except (KeyError, ValueError, TypeError):
        raise ShapesError("What came back of the mesh is incomplete; bind it again.") from None
    moved = len(shapes.moved)
    fits = shapes.deltas.shape == (len(channels), moved, 3) and shapes.moved.shape == (moved,)
    doubled = shapes.doubled
    fits &= not len(doubled) or (doubled.ndim == 1 and doubled.min() >= 0 and doubled.max() < count)
    count += len(doubled)
    inside = not moved or (shapes.moved.min() >= 0 and shapes.moved.max() < count)
    if not (fits and inside and len(shapes.distance) == count and np.isfinite(shapes.deltas).all()):
        raise ShapesError("The mesh has changed since it was sent, so its shapes do not fit any more; bind it again.")
    if not set(channels) <= set(ARKIT):
        raise ShapesError("What came back has channels that this extension does not know; update the extension.")
    return shapes


def heat(distance: np.ndarray) -> np.ndarray:
    """(V, 4) heat-map colours, sRGB 0..1, of distances (V,) in metres: blue is 0, red is 4 mm or more, grey (negative
    distances) is outside the face."""
    positions = np.clip(distance / HEAT_END_M, 0, 1) * (len(HEAT_COLOURS) - 1)
    steps = np.arange(len(HEAT_COLOURS))
    colours = np.stack([np.interp(positions, steps, [colour[k] for colour in HEAT_COLOURS]) for k in range(3)], 1)
    colours[distance < 0] = OUTSIDE_COLOUR
    return np.concatenate([colours, np.ones((len(distance), 1))], 1)
