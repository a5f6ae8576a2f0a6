# SPDX-License-Identifier: GPL-3.0-or-later
"""The two domains of the sound at 25 frames a second: prosody (log-mel spectrum, loudness, pitch) and phones.

The published system takes wav2vec 2.0 for both; here the second is what the phone recogniser heard.
"""

from __future__ import annotations

import numpy as np
import torch

from mien.audio.speech import Speech
from mien.engines.neural import audio_features
from mien.engines.neural.audio_features import MELODY, STEP
from mien.speech_analysis.network.features import BANDS, HOP, MARGIN, log_mel, padded

PHONES = audio_features.SIZE - len(MELODY)  # numbers of the phonetic domain
PROSODY = BANDS + len(MELODY)  # of the prosodic one
BLOCK = 6000  # frames of 10 ms whose spectrum is held at once


def mel_frames(samples: np.ndarray, frames: int) -> np.ndarray:
    """(frames, 80) float32 log-mel power of samples (N,) at 16 kHz; frame i is the mean from 20 ms before i / 25 s to
    20 ms after."""
    sound = padded(torch.from_numpy(np.array(samples, np.float32))[None])
    count = (sound.shape[1] - 2 * MARGIN) // HOP
    parts = [
        log_mel(sound[:, begin * HOP : min(begin + BLOCK, count) * HOP + 2 * MARGIN])[0]
        for begin in range(0, count, BLOCK)
    ]
    mel = torch.cat(parts).numpy()
    half = STEP // 2
    whole = np.pad(mel, ((half, max(0, frames * STEP - half - len(mel))), (0, 0)), mode="edge")[: frames * STEP]
    return whole.reshape(frames, STEP, -1).mean(1).astype(np.float32)


def domains(mel: np.ndarray, audio: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(F, PROSODY) and (F, PHONES) of log-mel frames (F, 80) and audio features (F, audio_features.SIZE)."""
    return np.concatenate([mel, audio[:, PHONES:]], 1).astype(np.float32), audio[:, :PHONES].astype(np.float32)


def domains_of(speech: Speech, audio: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The same of a sound and its audio features (F, audio_features.SIZE)."""
    return domains(mel_frames(speech.samples, len(audio)), audio)
