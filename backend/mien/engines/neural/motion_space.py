# SPDX-License-Identifier: GPL-3.0-or-later
"""The motion space of the trained engines: 57 numbers at 25 frames a second.

The 52 ARKit channels, head rotation (3) and gaze (2), in two parts that are coded apart: the mouth, which the sound
decides, and the non-verbal motion (brows, lids, eyes, head), which it does not. Losses count millimetres on the default
head, so that a channel weighs as much as it is visible.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass

import numpy as np

from mien.channels import ARKIT
from mien.heads.default import load_head
from mien.heads.lip_aperture import lip_aperture
from mien.take import Take

FPS = 25
SIZE = len(ARKIT) + 5
ROTATION, GAZE = slice(52, 55), slice(55, 57)
MOUTH = tuple(i for i, name in enumerate(ARKIT) if not name.startswith(("brow", "eye")))
NONVERBAL = tuple(i for i in range(SIZE) if i not in MOUTH)
PARTS = {"mouth": MOUTH, "life": NONVERBAL}  # the names are those of the weights' tensors
# mm of a head rotation of 1 rad: the tip of the nose is about 0.1 m from the neck's pivot; and of a gaze, as far as
# an iris moves, counted twice because nothing on a face is read as closely
ROTATION_MM, GAZE_MM = 100.0, 24.0


def motion_of(take: Take) -> np.ndarray:
    """(F, 57) float32 of a take on the 52 channels, at its own rate."""
    assert take.weights is not None
    gaze = np.zeros((take.frames, 2), np.float32) if take.gaze is None else take.gaze
    return np.concatenate([take.weights, take.head_rotation, gaze], 1).astype(np.float32)


@functools.cache
def visible() -> np.ndarray:
    """(57,) mm that each number moves the face at 1: for a channel the root mean square over the tenth of the
    vertices that it moves most."""
    distance = np.sort(np.linalg.norm(load_head().deltas, axis=2), axis=1)  # (52, V)
    most = distance[:, -distance.shape[1] // 10 :]
    channels = 1000 * np.sqrt(np.square(most).mean(1))
    return np.concatenate([channels, [ROTATION_MM] * 3, [GAZE_MM] * 2]).astype(np.float32)


@dataclass(frozen=True, eq=False)
class MotionSpace:
    """The numbers of a motion: mm (N,) that each moves the face at 1; parts, named together in a log; pairs (P,) and
    gains (N, P), mm: the lip aperture is the least of these linear functions. `flame`: the sha256 of the FLAME whose
    numbers they are, empty for the default head."""

    mm: np.ndarray
    parts: dict[str, tuple[int, ...]]
    pairs: np.ndarray
    gains: np.ndarray
    flame: str = ""

    @property
    def size(self) -> int:
        return len(self.mm)


@functools.cache
def channel_space() -> MotionSpace:
    """Of the default head: the 57 numbers."""
    aperture = lip_aperture()
    gains = np.zeros((SIZE, len(aperture.pairs)), np.float32)
    gains[: len(ARKIT)] = 1000 * aperture.gains
    return MotionSpace(visible(), PARTS, (1000 * aperture.pairs).astype(np.float32), gains)
