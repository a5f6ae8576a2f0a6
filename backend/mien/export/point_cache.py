# SPDX-License-Identifier: GPL-3.0-or-later
"""Point caches, every vertex at every frame in the head's own vertex order: PC2 and MDD.

Metres and the head's axes (y up, z out of the face), head rotation included. PC2, little-endian: 12 characters
POINTCACHE2, version 1, points, first frame, frames a sample, samples (Autodesk's 3ds Max SDK). MDD, big-endian:
frames, points, the seconds of each frame (NewTek's Motion Designer). Both are what Blender's Mesh Cache reads.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np

from mien.heads.default import Head
from mien.heads.flame import Flame
from mien.heads.retarget import rest_of
from mien.take import Take

BLOCK = 100  # frames in memory at a time


def write_pc2(take: Take, head: Head | Flame, path: Path) -> None:
    """Write one sample a frame, the first at frame start x fps. HeadError when the take is of another head."""
    first = take.start * float(take.fps)
    rest = rest_of(head)
    with path.open("wb") as file:
        file.write(struct.pack("<12siiffi", b"POINTCACHE2\0", 1, len(rest), first, 1.0, take.frames))
        for positions in frames_of(take, head):
            file.write(positions.astype("<f4").tobytes())


def write_mdd(take: Take, head: Head | Flame, path: Path) -> None:
    """Write the file. Raises as write_pc2."""
    rest = rest_of(head)
    with path.open("wb") as file:
        file.write(struct.pack(">ii", take.frames, len(rest)) + take.times.astype(">f4").tobytes())
        for positions in frames_of(take, head):
            file.write(positions.astype(">f4").tobytes())


def frames_of(take: Take, head: Head | Flame) -> Iterator[np.ndarray]:
    """Blocks of frames (n, V, 3) metres, head rotation included."""
    rest = rest_of(head)
    for begin in range(0, take.frames, BLOCK):
        rows = slice(begin, begin + BLOCK)
        framed = ("head_rotation", "weights", "coefficients", "offsets", "gaze", "tongue")
        part = {name: getattr(take, name)[rows] for name in framed if getattr(take, name) is not None}
        count = len(part["head_rotation"])
        yield rest + head.offsets(replace(take, start=0.0, duration=count / take.fps, **part))
