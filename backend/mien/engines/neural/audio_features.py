# SPDX-License-Identifier: GPL-3.0-or-later
"""Audio features of a voice for the networks: phone posteriors and prosody at the rate of the motion.

ProbTalk3D as published takes HuBERT's features (`probtalk3d_published/hubert.py`); the phone recogniser is a twentieth
of its size and knows phones in any language, and a transcript sharpens it.
"""

from __future__ import annotations

import numpy as np

from mien.engines.articulation import phone_table
from mien.engines.neural.motion_space import FPS
from mien.speech_analysis.prosody import Prosody, against_running
from mien.speech_analysis.track import INDEX, PHONES, RATE, PhoneTrack

STEP = RATE // FPS  # frames of phones and prosody in a frame of motion
PARTS = 2  # means of the posteriors in a frame of motion
MEMORY = 8.0  # seconds over which loudness and pitch are relative
FLAGS = (("closure", phone_table.BILABIALS), ("labiodental", phone_table.LABIODENTALS), ("voice", None))
MELODY = ("level", "loudness", "pitch", "voiced", "hiss")
SIZE = PARTS * (len(PHONES) + len(FLAGS)) + len(MELODY)


def audio_features(track: PhoneTrack, prosody: Prosody, frames: int) -> np.ndarray:
    """(frames, SIZE) float32: frame i covers the sound from 20 ms before i / 25 s to 20 ms after."""
    phones = np.column_stack([track.posteriors, *(_flag(track, *flag) for flag in FLAGS)])
    speaking = 1 - track.posteriors[:, INDEX["SIL"]]
    melody = np.column_stack([
        np.clip((prosody.level + 57) / 35, -0.5, 1.5),
        np.clip(against_running(prosody.vowel_level, speaking, MEMORY, least_sd=3.0), -3, 3) * speaking,
        np.clip(against_running(prosody.pitch, speaking * prosody.voiced, MEMORY, least_sd=2.0), -3, 3)
        * prosody.voiced,
        prosody.voiced,
        np.clip(against_running(prosody.hiss_level, speaking, MEMORY, least_sd=3.0), -3, 3) * speaking,
    ])  # fmt: skip
    return np.concatenate([_means(phones, frames, PARTS), _means(melody, frames, 1)], 1).astype(np.float32)


def _means(values: np.ndarray, frames: int, parts: int) -> np.ndarray:
    """(T, C) at 100 Hz -> (frames, parts * C): means of the parts of the STEP frames around each frame of motion."""
    half = STEP // 2
    missing = max(0, frames * STEP - half - len(values))
    padded = np.pad(values, ((half, missing), (0, 0)), mode="edge")[: frames * STEP]
    return padded.reshape(frames, parts, STEP // parts, -1).mean(2).reshape(frames, -1)


def _flag(track: PhoneTrack, name: str, phones: tuple[str, ...] | None) -> np.ndarray:
    """(T,) the track's own flag, or, of a recogniser that gives none, the posterior of its phones (None: speech)."""
    flag = getattr(track, name)
    if flag is not None:
        return flag
    if phones is None:
        return 1 - track.posteriors[:, INDEX["SIL"]]
    return track.posteriors[:, [INDEX[phone] for phone in phones]].sum(1)
