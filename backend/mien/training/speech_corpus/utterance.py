# SPDX-License-Identifier: GPL-3.0-or-later
"""A sentence spoken by a voice, with the times of its sounds."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from mien.errors import MISSING, MienError
from mien.speech_analysis.inventory import NUMBER, SIL
from mien.speech_analysis.track import RATE as FRAMES

RATE = 16000  # samples a second

Timed = tuple[str, float, float]  # a sound of mien.speech_analysis.inventory, its begin and end in seconds


class CorpusError(MienError, ValueError):
    """A synthesiser cannot speak a text or is not installed, or a corpus cannot be read; the message says what to
    do."""

    exit_status = MISSING


@dataclass(frozen=True)
class Voice:
    engine: str
    name: str
    language: str  # ISO 639-1


@dataclass(frozen=True, eq=False)
class Utterance:
    """`samples` (N,) float32 in [-1, 1] at 16 kHz. `phones` in order, without overlap, within the samples, with silence
    between them. Their times are corrected for the lag of the synthesiser."""

    voice: Voice
    text: str
    samples: np.ndarray
    phones: tuple[Timed, ...]

    @property
    def seconds(self) -> float:
        return len(self.samples) / RATE


def labels_of(phones: tuple[Timed, ...], frames: int) -> np.ndarray:
    """(frames,) uint8: index in mien.speech_analysis.inventory.SOUNDS of the sound in the middle of each 10 ms
    frame."""
    labels = np.full(frames, NUMBER[SIL], np.uint8)
    for sound, begin, end in phones:
        labels[max(0, round(begin * FRAMES)) : max(0, round(end * FRAMES))] = NUMBER[sound]
    return labels
