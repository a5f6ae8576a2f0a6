# SPDX-License-Identifier: GPL-3.0-or-later
"""The shade that the upper lip throws on the teeth below it: without it a row of drawn teeth is a flat white block."""

from __future__ import annotations

import numpy as np

from mien.photo.canvas import AT, OPACITY, POSITION, Part, block

NAME = "lip shade"
# The light on the teeth of a person who smiles, from the lip down, over that further down: .4 at the lip, .7 at .014
# eye distances, .9 at .024, all at .033. Half of the light at the lip's edge is that of a blurred edge.
TALL, DARKEST = 0.036, 0.32  # of the eye distance; opacity at the lip
STEPS = 32  # rows of its picture
BEHIND = 0.05  # of the eye distance that it lies behind the lip


class LipShade:
    """image (STEPS, 1, 4) uint8, part: what the canvas needs for a shade below a lip of so many vertices. size: (width,
    height) pixels of the photo, eyes: its eye distance; down (2,): from the nose to the chin; slot: of the part."""

    def __init__(self, count: int, size: tuple[int, int], eyes: float, down: np.ndarray, slot: int) -> None:
        alpha = DARKEST * (0.5 + 0.5 * np.cos(np.pi * (np.arange(STEPS) + 0.5) / STEPS))
        self.image = np.zeros((STEPS, 1, 4), np.uint8)
        self.image[:, 0, 3] = 255 * alpha + 0.5
        i = np.arange(count - 1)
        upper, lower = (np.stack(three, 1) for three in ((i, i + count, i + 1), (i + 1, i + count, i + count + 1)))
        self.part = Part(2 * count, np.concatenate([upper, lower]).astype(np.int32), slot, NAME)
        self._down, self._eyes = np.append(down, 0.0), eyes
        self._block = block(2 * count)
        self._block[:, AT] = np.repeat([[0.0, 0.0], [0.0, 1.0]], count, 0) * size

    def place(self, lip: np.ndarray, opacity: float) -> np.ndarray:
        """(2 N, FLOATS) vertices for the inner edge (N, 3) pixels of the upper lip."""
        behind = lip + [0.0, 0.0, BEHIND * self._eyes]
        self._block[:, POSITION] = np.concatenate([behind, behind + TALL * self._eyes * self._down])
        self._block[:, OPACITY] = opacity
        return self._block
