# SPDX-License-Identifier: GPL-3.0-or-later
"""What an engine hears of a voice: an ear's phones and the melody, at the rate of the motion.

ProbTalk3D as published hears through HuBERT (`probtalk3d_published/network.py`); the ear is a twentieth of its size and knows
phones in any language, and a transcript sharpens it.
"""

from __future__ import annotations

import numpy as np

from mien.engines.articulation import phone_table
from mien.engines.neural.motion_space import FPS
from mien.speech_analysis.prosody import Prosody, against_running
from mien.speech_analysis.track import INDEX, PHONES, RATE, PhoneTrack

STEP = RATE // FPS  # frames of sound a frame of motion
PARTS = 2  # that these are averaged to
MEMORY = 8.0  # seconds over which loud and high are relative
FLAGS = (("closure", phone_table.BILABIALS), ("labiodental", phone_table.LABIODENTALS), ("voice", None))
MELODY = ("level", "loudness", "pitch", "voiced", "hiss")
SIZE = PARTS * (len(PHONES) + len(FLAGS)) + len(MELODY)


def heard(track: PhoneTrack, prosody: Prosody, frames: int) -> np.ndarray:
    """(frames, SIZE) float32: frame i is what sounds around i / 25 s, 20 ms before it and 20 ms after."""
    sounds = np.column_stack([track.posteriors, *(_flag(track, *flag) for flag in FLAGS)])
    spoken = 1 - track.posteriors[:, INDEX["SIL"]]
    melody = np.column_stack([
        np.clip((prosody.level + 57) / 35, -0.5, 1.5),
        np.clip(against_running(prosody.vowel_level, spoken, MEMORY, least_sd=3.0), -3, 3) * spoken,
        np.clip(against_running(prosody.pitch, spoken * prosody.voiced, MEMORY, least_sd=2.0), -3, 3) * prosody.voiced,
        prosody.voiced,
        np.clip(against_running(prosody.hiss_level, spoken, MEMORY, least_sd=3.0), -3, 3) * spoken,
    ])  # fmt: skip
    return np.concatenate([_around(sounds, frames, PARTS), _around(melody, frames, 1)], 1).astype(np.float32)


def _around(values: np.ndarray, frames: int, parts: int) -> np.ndarray:
    """(T, C) at 100 Hz -> (frames, parts * C): means of the parts of the STEP frames around each frame of motion."""
    half = STEP // 2
    short = max(0, frames * STEP - half - len(values))
    padded = np.pad(values, ((half, short), (0, 0)), mode="edge")[: frames * STEP]
    return padded.reshape(frames, parts, STEP // parts, -1).mean(2).reshape(frames, -1)


def _flag(track: PhoneTrack, name: str, phones: tuple[str, ...] | None) -> np.ndarray:
    """(T,) as the ear tells it, or, of an ear that does not, as its phones do."""
    told = getattr(track, name)
    if told is not None:
        return told
    if phones is None:
        return 1 - track.posteriors[:, INDEX["SIL"]]
    return track.posteriors[:, [INDEX[phone] for phone in phones]].sum(1)
