# SPDX-License-Identifier: GPL-3.0-or-later
"""Photos of nobody: the identities of the default head drawn with their hair, each turned a little another way."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from mien.heads.identity import load_identity, names
from mien.preview.scene import Scene

SIDE = 512  # pixels
YAWS = np.radians((0.0, 9.0, -9.0, 17.0, -17.0, 5.0))


def drawn_photos(side: int = SIDE) -> Iterator[tuple[str, np.ndarray]]:
    """(name, pixels (side, side, 3) uint8) of each identity. VideoError where nothing can be drawn."""
    for number, name in enumerate(names()):
        yield name, drawn_photo(name, float(YAWS[number % len(YAWS)]), side)


def drawn_photo(name: str, yaw: float = 0.0, side: int = SIDE, weights: np.ndarray | None = None) -> np.ndarray:
    """(side, side, 3) uint8: an identity turned by yaw radians, with weights (52,) in the order of its head."""
    identity = load_identity(name)
    head = identity.head
    face = head.vertices if weights is None else head.pose(weights)
    with Scene((side, side), identity=identity) as scene:
        return scene.picture(head.turned(face, np.array([0.0, yaw, 0.0])), weights)
