# SPDX-License-Identifier: GPL-3.0-or-later
"""Landmarks as 68 empties with keys, children of one empty that is a child of the face."""

import bpy
import numpy as np

from ..animation import fcurves
from ..animation.fcurves import Curve
from . import objects
from .lines import POINTS, label
from .samples import Samples

POINT = "mien_landmark"  # custom property of an empty: the number of its landmark
SIZE = 0.02  # of an empty, in eye distances


def put(speaker: bpy.types.Object, line, samples: Samples) -> bpy.types.Object:
    """The parent of the 68 empties, keyed in every frame; those of an earlier call for this line are replaced. The
    caller makes the undo step."""
    objects.remove(speaker, line, objects.EMPTIES)
    collection = objects.collection_of(speaker)
    parent = objects.add(speaker, line, objects.EMPTIES, f"{speaker.name} landmarks, {line.name}", None, collection)
    parent.empty_display_type, parent.empty_display_size = "PLAIN_AXES", samples.unit / 4
    frames = samples.frames.astype(np.float32)
    for point in range(POINTS):
        empty = bpy.data.objects.new(f"{label(point)}, {line.name}", None)
        empty[POINT] = point
        empty.parent = parent
        empty.empty_display_type, empty.empty_display_size = "SPHERE", SIZE * samples.unit
        empty.show_in_front = True  # half of each is inside the skin
        empty.location = samples.points[0, point]
        collection.objects.link(empty)
        places = samples.points[:, point]
        _animate(empty, [Curve("location", axis, frames, places[:, axis]) for axis in range(3)])
    return parent


def _animate(empty: bpy.types.Object, curves: list[Curve]) -> None:
    data = empty.animation_data_create()
    action = bpy.data.actions.new(empty.name)
    slot = fcurves.slot_for(action, empty)
    bag = fcurves.bag_of(action, slot)
    for curve in curves:
        fcurves.add(bag, curve)
    data.action = action
    if slot is not None:
        data.action_slot = slot
