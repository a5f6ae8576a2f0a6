# SPDX-License-Identifier: GPL-3.0-or-later
"""What a network is given of a sound and a direction."""

from __future__ import annotations

import numpy as np

from mien.audio.speech import Speech
from mien.direction import Direction
from mien.engines.articulation.styles import STYLES
from mien.engines.neural import audio_features, style_features
from mien.engines.neural.motion_space import FPS
from mien.speech_analysis.prosody import Prosody
from mien.speech_analysis.track import PhoneTrack
from mien.take import frame_count


def inputs(speech: Speech, track: PhoneTrack, prosody: Prosody, direction: Direction) -> tuple[np.ndarray, np.ndarray]:
    """What is heard (F, heard.SIZE) and told (F, told.SIZE), at 25 frames a second."""
    frames = frame_count(speech.duration, FPS) + 1  # one past the end, so that the last moment lies between two
    times = np.arange(frames) / FPS
    asked = {"jaw": direction.jaw.at(times), "lips": direction.lips.at(times)}
    asked |= {name: getattr(direction, name) for name in style_features.ASKED if name not in asked}
    style = style_features.told(STYLES[direction.style], style_features.emotions_of(direction, times), asked)
    return audio_features.heard(track, prosody, frames), style
