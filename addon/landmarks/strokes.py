# SPDX-License-Identifier: GPL-3.0-or-later
"""Landmarks as a Grease Pencil object: a stroke for each line of the face, and a drawing for each frame.

Grease Pencil was made anew in Blender 4.3: its data are `grease_pencils_v3` there and `grease_pencils` from 5.0 on,
with drawings of attributes; before, frames have strokes of points.
"""

import bpy
import numpy as np

from . import objects
from .lines import LINES
from .samples import Samples

LAYER = "Landmarks"
THICKNESS = 0.012  # of a stroke, in eye distances
# Before 4.3 a stroke's thickness is a whole number, of which 1,000 are a unit of length: scaled, so that it is not 1.
PIXELS, PIXEL_SIZE = 10_000, 0.1
INK = (0.02, 0.02, 0.02, 1.0)


def put(speaker: bpy.types.Object, line, samples: Samples, flat: bool) -> bpy.types.Object:
    """A Grease Pencil object whose strokes follow the landmarks; that of an earlier call for this line is replaced.

    flat: all strokes in one plane across the face, for drawings in 2D. The caller makes the undo step.
    """
    objects.remove(speaker, line, objects.STROKES)
    points = samples.points
    if flat:
        points = points.copy()
        points[..., 1] = samples.rest[:, 1].min()  # before the face: y is to the back
    name = f"{speaker.name} strokes, {line.name}"
    drawings = stroke_data().new(name)
    drawings.materials.append(_ink())
    width = THICKNESS * samples.unit
    if hasattr(bpy.types, "GreasePencilDrawing"):
        _draw(drawings, samples.frames, points, width)
    else:
        _draw_before_43(drawings, samples.frames, points, width)
    obj = objects.add(speaker, line, objects.STROKES, name, drawings, objects.collection_of(speaker))
    obj.show_in_front = True  # half of each stroke is inside the skin
    return obj


def stroke_data():
    """The collection of Grease Pencil data of this version."""
    return bpy.data.grease_pencils_v3 if hasattr(bpy.data, "grease_pencils_v3") else bpy.data.grease_pencils


def _draw(drawings, frames: np.ndarray, points: np.ndarray, width: float) -> None:
    layer = drawings.layers.new(LAYER)
    ids = [i for line in LINES for i in line.points]
    for number, face in zip(frames, points, strict=True):
        drawing = layer.frames.new(int(number)).drawing
        drawing.add_strokes([len(line.points) for line in LINES])
        for stroke, line in zip(drawing.strokes, LINES, strict=True):
            stroke.cyclic = line.closed
        drawing.attributes["position"].data.foreach_set("vector", np.ascontiguousarray(face[ids]).ravel())
        radius = drawing.attributes.get("radius") or drawing.attributes.new("radius", "FLOAT", "POINT")
        radius.data.foreach_set("value", np.full(len(ids), width / 2, np.float32))
        drawing.tag_positions_changed()


def _draw_before_43(drawings, frames: np.ndarray, points: np.ndarray, width: float) -> None:
    drawings.pixel_factor = PIXEL_SIZE
    layer = drawings.layers.new(LAYER, set_active=True)
    for number, face in zip(frames, points, strict=True):
        frame = layer.frames.new(int(number))
        for line in LINES:
            stroke = frame.strokes.new()
            stroke.display_mode = "3DSPACE"
            stroke.line_width = max(1, round(width * PIXELS))
            stroke.use_cyclic = line.closed
            stroke.points.add(len(line.points))
            stroke.points.foreach_set("co", np.ascontiguousarray(face[list(line.points)]).ravel())
            stroke.points.update()


def _ink() -> bpy.types.Material:
    material = bpy.data.materials.new("Landmarks")
    bpy.data.materials.create_gpencil_data(material)
    material.grease_pencil.color = INK
    return material
