# SPDX-License-Identifier: GPL-3.0-or-later
"""A matched face: the pose of the speaker's shape keys as channels, for an engine that wears it while it speaks."""

import bpy
import numpy as np

from ..animation import takes
from ..formats.channels import ARKIT
from ..shape_keys import driving, key_table, pose

LEAST = 0.005  # a channel that moves less is not part of the face
DIGITS = 4


def seen(speaker: bpy.types.Object) -> dict[str, float]:
    """channel -> 0..1 of the face as it stands now, by the tables of the speaker's meshes; what the face itself has
    no keys for is asked of its further meshes. Muted keys do not count."""
    out: dict[str, float] = {}
    shown: set[str] = set()
    for thing in takes.meshes(speaker):
        blocks = thing.data.shape_keys.key_blocks if thing.data.shape_keys is not None else {}
        rows = [
            row
            for row in driving.table_of(thing, part=thing != speaker).rows
            if row.key in blocks and not key_table.fault(row.source) and not shown & key_table.channels_of([row])
        ]
        values = {row.key: np.array([0.0 if blocks[row.key].mute else blocks[row.key].value]) for row in rows}
        found = pose.channels(rows, values)
        out |= {name: round(float(weight[0]), DIGITS) for name, weight in found.items() if weight[0] >= LEAST}
        shown |= key_table.channels_of(rows)
    return {name: out[name] for name in ARKIT if name in out}


def wear(asked, face: dict[str, float]) -> None:
    """Let a performance ask for this face, in place of the one it had."""
    for name in ARKIT:
        setattr(asked.face, name, face.get(name, 0.0))
