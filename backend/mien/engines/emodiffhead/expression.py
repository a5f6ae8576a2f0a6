# SPDX-License-Identifier: GPL-3.0-or-later
"""The expression: a face at every frame, the 52 channels, which is category, intensity and course at once.

The space of faces is linear (the paper's section 3 of FLAME; so are blend shapes): an emotion half as strong is half
its face, a mix of emotions the sum of their faces, and any pose of the channels is an expression too.
"""

from __future__ import annotations

import functools

import numpy as np

from mien.channels import ARKIT
from mien.direction import EMOTIONS, Direction
from mien.engines.articulation import emotion
from mien.engines.articulation.coarticulation import smooth
from mien.engines.neural.motion_space import FPS
from mien.engines.neural.style_features import emotions_of
from mien.speech_analysis.track import PhoneTrack

SIZE = len(ARKIT)
ROUNDED = 5  # frames over which the corners of a rise or a fall are rounded


@functools.lru_cache(maxsize=256)
def faces(seed: int) -> np.ndarray:
    """(8, 52) the faces of EMOTIONS at full intensity, those that `articulation` performs by this seed: contempt is
    on one side or the other."""
    still = PhoneTrack.from_segments([("SIL", 0.01)])
    nobody = np.zeros(SIZE)
    return np.concatenate([
        nobody[None] if name == "neutral" else
        emotion.face({name: np.ones(1)}, still, np.zeros(1), nobody, seed, spread=0)
        for name in EMOTIONS
    ])  # fmt: skip


def directed(direction: Direction, frames: int) -> np.ndarray:
    """(frames, 52) of a direction's emotions and the face it gives besides, at 25 frames a second."""
    times = np.arange(frames) / FPS
    felt = course(emotions_of(direction, times), direction.onset, direction.offset) @ faces(direction.seed)
    if direction.face:
        face = np.array([direction.face.get(name, 0.0) for name in ARKIT])
        felt += matched(face, direction.face_level.at(times), direction.onset, direction.offset)
    return felt


def matched(
    face: np.ndarray, level: np.ndarray, onset: float = emotion.ONSET, offset: float = emotion.OFFSET
) -> np.ndarray:
    """(F, 52) of a pose of the user's own, weights (52,), as strong as level (F,) says."""
    return course(level[:, None], onset, offset) * face


def course(levels: np.ndarray, onset: float, offset: float) -> np.ndarray:
    """Levels (F, N) at 25 frames a second as a face can follow them: each rises in no less than `onset` seconds from 0
    to 1 and falls in no less than `offset`, without corners; 0 is at once. What is slower is left as it is."""
    up, down = (1 / max(1, seconds * FPS) if seconds > 0 else np.inf for seconds in (onset, offset))
    steps = np.diff(levels, axis=0)
    followed = levels.astype(float)
    for column in np.flatnonzero(((steps > up) | (steps < -down)).any(0)):
        asked = followed[:, column].tolist()  # a loop over the array takes several times as long
        for i in range(1, len(asked)):
            asked[i] = min(max(asked[i], asked[i - 1] - down), asked[i - 1] + up)
        followed[:, column] = smooth(np.array(asked), ROUNDED)
    return followed
