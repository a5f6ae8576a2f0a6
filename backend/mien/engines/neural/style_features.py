# SPDX-License-Identifier: GPL-3.0-or-later
"""Style and emotion vectors that condition the networks, frame by frame.

ProbTalk3D as published knows 32 people by name (a one-hot vector) and one emotion a clip. Here a speaker is the numbers
of a `Style`, so that a new one needs no training and an animator's gains are a change of style, and the emotions are
eight gains that change over time: a mix is that mix of the styles of expression, not one that was ever filmed.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from mien.channels import columns
from mien.direction import EMOTIONS, Direction
from mien.engines.articulation.styles import Style

# Of a Style: the usual value and how much it varies among the speakers. Factors enter as their logarithm.
FACTORS = {
    "jaw": (1.3, 0.2), "lips": (1.1, 0.2), "rounding": (1.0, 0.13), "spreading": (1.0, 0.18), "head": (1.0, 0.3),
    "brows": (1.0, 0.4), "blinks": (1.0, 0.35), "gaze": (1.0, 0.25), "nods": (1.0, 0.4),
}  # fmt: skip
LEANS = {"mouth_lean": 0.06, "brow_lean": 0.12}
TILT = 2.0  # degrees
RESTING = {
    "mouthSmile": 0.1, "mouthFrown": 0.1, "browInnerUp": 0.1, "browDown": 0.1, "eyeWide": 0.1, "eyeSquint": 0.15,
    "mouthShrugLower": 0.1, "mouthPress": 0.1,
}  # fmt: skip
GAINS = ("jaw", "lips", "head", "brows", "blinks", "gaze")  # factors that a Direction multiplies
LEAST, MOST = 0.45, 2.2  # of such a gain; the networks were not trained beyond
SIZE = len(FACTORS) + len(LEANS) + 3 + len(RESTING) + len(EMOTIONS)


def style_features(style: Style, emotion: np.ndarray, gains: Mapping[str, np.ndarray | float]) -> np.ndarray:
    """(F, SIZE) float32 of a style, gains of EMOTIONS (F, 8), and gains (F,) or numbers by the names in GAINS."""
    frames = len(emotion)
    columns_of_style = [
        np.log(getattr(style, name) / usual * np.clip(gains.get(name, 1.0), LEAST, MOST)) / spread
        for name, (usual, spread) in FACTORS.items()
    ]
    columns_of_style += [getattr(style, name) / spread for name, spread in LEANS.items()]
    columns_of_style += [degrees / TILT for degrees in style.tilt]
    pose = style.pose
    columns_of_style += [pose[columns(name)[0]] / most for name, most in RESTING.items()]
    numbers = np.column_stack([np.broadcast_to(np.asarray(value, np.float32), frames) for value in columns_of_style])
    return np.concatenate([numbers, emotion], 1).astype(np.float32)


def emotions_of(direction: Direction, times: np.ndarray) -> np.ndarray:
    """(F, 8) gains of EMOTIONS at times (F,) seconds; `neutral` takes what is left of 1."""
    gains = direction.gains(times)
    emotions = np.column_stack([gains.get(name, np.zeros(len(times))) for name in EMOTIONS])
    emotions[:, EMOTIONS.index("neutral")] = np.maximum(0.0, 1.0 - emotions.sum(1))
    return emotions.astype(np.float32)
