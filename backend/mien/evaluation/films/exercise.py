# SPDX-License-Identifier: GPL-3.0-or-later
"""A performance for measuring a tracker: everything moves, by known amounts, after a second of rest."""

from __future__ import annotations

from fractions import Fraction

import numpy as np

from mien.channels import ARKIT, columns
from mien.take import Take

FPS = Fraction(25)
REST = 25  # frames at the beginning: the neutral face, straight ahead
TOPS = {"jawOpen": 0.6, "mouthSmile": 0.9, "browInnerUp": 0.9, "browDown": 0.5, "mouthPucker": 0.7}
TURN = np.radians((5.0, 6.0, 4.0))  # spread of pitch, yaw, roll: the upper quartile of 15 people who talk
GAZE = np.radians((5.0, 7.0))  # of pitch, yaw
LIMIT = 2.2  # spreads
BLINK = np.array([0.5, 1.0, 1.0, 0.6, 0.25])  # of 25 frames a second
BLINK_EVERY = 2.6  # seconds
CLOSED = 0.05  # jawOpen under which the lips of this take are closed


def exercise(seconds: float, seed: int = 0) -> Take:
    """A take at 25 frames a second. The same seed gives the same take."""
    rng = np.random.default_rng(seed)
    frames = REST + max(1, round(seconds * FPS))
    weights = np.zeros((frames, len(ARKIT)), np.float32)
    for name, top in TOPS.items():
        curve = top * np.clip(_wander(frames, 1.2 if name == "jawOpen" else 0.5, rng), 0, 1)
        weights[:, columns(name)] = curve[:, None]
    smile, pucker = columns("mouthSmile"), columns("mouthPucker")
    down, up = columns("browDown"), columns("browInnerUp")
    weights[:, down] *= weights[:, up] < 0.1
    weights[:, pucker] *= weights[:, smile].max(1, keepdims=True) < 0.1  # no brow and no mouth does both
    at = REST + rng.uniform(0.3, 1) * float(FPS)
    while at + len(BLINK) < frames:
        weights[int(at) : int(at) + len(BLINK), columns("eyeBlink")] = BLINK[:, None]
        at += rng.uniform(0.6, 1.4) * BLINK_EVERY * float(FPS)
    rotation = np.stack([spread * _wander(frames, 0.35, rng) for spread in TURN], 1)
    gaze = np.stack([spread * _wander(frames, 0.6, rng) for spread in GAZE], 1)
    return Take(
        fps=FPS,
        duration=frames / FPS,
        channels=ARKIT,
        weights=weights,
        head_rotation=rotation.astype(np.float32),
        gaze=gaze.astype(np.float32),
        meta={"seed": str(seed)},
    )


def _wander(frames: int, corner: float, rng: np.random.Generator) -> np.ndarray:
    """(N,) a smooth random curve of unit spread, up to `corner` Hz or so, 0 while the face rests."""
    from scipy.ndimage import gaussian_filter1d

    noise = gaussian_filter1d(rng.standard_normal(frames + 200), float(FPS) / (2 * np.pi * corner))[100:-100]
    start = np.clip((np.arange(frames) - REST) / 10, 0, 1)
    return np.clip(noise / noise.std(), -LIMIT, LIMIT) * start
