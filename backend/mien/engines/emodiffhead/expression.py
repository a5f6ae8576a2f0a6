# SPDX-License-Identifier: GPL-3.0-or-later
"""The expression: weights of the 52 channels at every frame, which hold category, intensity and course at once.

The space of faces is linear (the paper's section 3 of FLAME; so are blend shapes): an emotion half as strong is half
its face, a mix of emotions the sum of their faces, and any pose of the channels is an expression too.
"""

from __future__ import annotations

import functools

import numpy as np

from mien.channels import ARKIT
from mien.direction import EMOTIONS, Direction
from mien.engines.articulation.coarticulation import smooth
from mien.engines.articulation.emotion import mixes
from mien.engines.neural.motion_space import FPS
from mien.engines.neural.style_features import emotions_of
from mien.speech_analysis.track import PhoneTrack

SIZE = len(ARKIT)
ROUNDED = 5  # frames over which the corners of a rise or a fall are smoothed


@functools.lru_cache(maxsize=256)
def faces(seed: int) -> np.ndarray:
    """(8, 52) the faces of EMOTIONS at full intensity, those of `articulation` for this seed: contempt is on one side
    or the other."""
    silence = PhoneTrack.from_segments([("SIL", 0.01)])
    rest = np.zeros(SIZE)
    return np.concatenate([
        rest[None] if name == "neutral" else
        mixes.face({name: np.ones(1)}, silence, np.zeros(1), rest, seed, spread=0)
        for name in EMOTIONS
    ])  # fmt: skip


def directed(direction: Direction, frames: int, swelling: np.ndarray | float = 1.0) -> np.ndarray:
    """(frames, 52) of a direction's emotions and its pose (`face`), at 25 frames a second. The emotions swell with the
    voice by `swelling` (frames,) as those of the rules do; the pose stays as asked."""
    times = np.arange(frames) / FPS
    emotions = course(emotions_of(direction, times), direction.onset, direction.offset)
    channels = swollen(emotions @ faces(direction.seed), swelling)
    if direction.face:
        face = np.array([direction.face.get(name, 0.0) for name in ARKIT])
        channels += matched(face, direction.face_level.at(times), direction.onset, direction.offset)
    return channels


def swollen(channels: np.ndarray, swelling: np.ndarray | float) -> np.ndarray:
    """(F, 52) of the emotions' channels (F, 52), stronger and weaker by `swelling` (F,)."""
    return channels * np.broadcast_to(swelling, len(channels))[:, None]


def matched(
    face: np.ndarray, level: np.ndarray, onset: float = mixes.ONSET, offset: float = mixes.OFFSET
) -> np.ndarray:
    """(F, 52) of a pose, weights (52,), times its level (F,) over time."""
    return course(level[:, None], onset, offset) * face


def course(levels: np.ndarray, onset: float, offset: float) -> np.ndarray:
    """Levels (F, N) at 25 frames a second at the speed of a face: each rises in no less than `onset` seconds from 0 to
    1 and falls in no less than `offset`, without corners; 0 is at once. Slower changes are left as they are."""
    up, down = (1 / max(1, seconds * FPS) if seconds > 0 else np.inf for seconds in (onset, offset))
    steps = np.diff(levels, axis=0)
    limited = levels.astype(float)
    for column in np.flatnonzero(((steps > up) | (steps < -down)).any(0)):
        values = limited[:, column].tolist()  # a loop over the array takes several times as long
        for i in range(1, len(values)):
            values[i] = min(max(values[i], values[i - 1] - down), values[i - 1] + up)
        limited[:, column] = smooth(np.array(values), ROUNDED)
    return limited
