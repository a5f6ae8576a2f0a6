# SPDX-License-Identifier: GPL-3.0-or-later
"""Visemes or channels: what moves the mouth of a mesh that has shape keys for both."""

import bpy
import numpy as np

from . import keys
from .key_table import Row, terms, visemes_of
from .recognition import recognise

OPEN_PHONE = "AA"


def opens(obj: bpy.types.Object, key: str) -> float:
    """How far a shape key at 1 pulls the mesh apart: the largest difference of two vertices' movements along one axis,
    in the mesh's units."""
    rest = keys.rest(obj.data)
    points = np.empty(rest.size, np.float32)
    obj.data.shape_keys.key_blocks[key].points.foreach_get("co", points)
    return float(np.ptp(points.reshape(rest.shape) - rest, axis=0).max(initial=0.0))


def choose(obj: bpy.types.Object) -> str:
    """CHANNELS or VISEMES, whichever opens the mouth farther: the key for jawOpen or that for AA. AUTO for a mesh
    without visemes, or with too few keys for channels to speak."""
    names = keys.names(obj.data)
    by_name = recognise(names, True)
    if visemes_of(by_name.rows):
        return "AUTO"
    visemes = [row for row in recognise(names, True, "VISEMES").rows if _is_open(row)]
    if not visemes:
        return "AUTO"
    jaw = max((opens(obj, row.key) for row in by_name.rows if row.source == "jawOpen"), default=0.0)
    return "VISEMES" if max(opens(obj, row.key) for row in visemes) > jaw else "CHANNELS"


def _is_open(row: Row) -> bool:
    return any(name.startswith("/") and OPEN_PHONE in name.strip("/").split() for name, _ in terms(row.source))
