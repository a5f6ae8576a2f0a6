# SPDX-License-Identifier: GPL-3.0-or-later
"""Audio and style features of a sound and a direction, which condition the networks."""

from __future__ import annotations

import numpy as np

from mien.audio.speech import Speech
from mien.direction import Direction
from mien.engines.articulation.persona import style_of
from mien.engines.neural.audio_features import audio_features
from mien.engines.neural.motion_space import FPS
from mien.engines.neural.style_features import GAINS, emotions_of, style_features
from mien.speech_analysis.prosody import Prosody
from mien.speech_analysis.track import PhoneTrack
from mien.take import frame_count


def conditioning(
    speech: Speech, track: PhoneTrack, prosody: Prosody, direction: Direction
) -> tuple[np.ndarray, np.ndarray]:
    """Audio features (F, audio_features.SIZE) and style features (F, style_features.SIZE), at 25 frames a second."""
    frames = frame_count(speech.duration, FPS) + 1  # one past the end, so that the last moment lies between two
    times = np.arange(frames) / FPS
    gains = {"jaw": direction.jaw.at(times), "lips": direction.lips.at(times)}
    gains |= {name: getattr(direction, name) for name in GAINS if name not in gains}
    style = style_features(style_of(direction), emotions_of(direction, times), gains)
    return audio_features(track, prosody, frames), style
