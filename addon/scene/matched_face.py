# SPDX-License-Identifier: GPL-3.0-or-later
"""A matched face: a pose of the speaker's shape keys as channels, which an engine adds to its takes."""

import bpy
import numpy as np

from ..animation import takes
from ..formats.channels import ARKIT
from ..shape_keys import driving, key_table, pose

LEAST = 0.005  # channels below this are left out
DIGITS = 4


def current_face(speaker: bpy.types.Object) -> dict[str, float]:
    """channel -> 0..1 of the speaker's present pose, by the mapping tables of its meshes. Further meshes add channels
    that the face has no keys for. Muted keys count as 0."""
    out: dict[str, float] = {}
    shown: set[str] = set()
    for mesh in takes.meshes(speaker):
        blocks = mesh.data.shape_keys.key_blocks if mesh.data.shape_keys is not None else {}
        rows = [
            row
            for row in driving.table_of(mesh, mesh != speaker, speaker).rows
            if row.key in blocks and not key_table.fault(row.source) and not shown & key_table.channels_of([row])
        ]
        values = {row.key: np.array([0.0 if blocks[row.key].mute else blocks[row.key].value]) for row in rows}
        channels = pose.channels(rows, values)
        out |= {name: round(float(weight[0]), DIGITS) for name, weight in channels.items() if weight[0] >= LEAST}
        shown |= key_table.channels_of(rows)
    return {name: out[name] for name in ARKIT if name in out}


def set_face(performance, face: dict[str, float]) -> None:
    """Replace the matched face of a performance; {} removes it."""
    for name in ARKIT:
        setattr(performance.face, name, face.get(name, 0.0))
