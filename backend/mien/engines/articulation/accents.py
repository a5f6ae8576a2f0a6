# SPDX-License-Identifier: GPL-3.0-or-later
"""Accents and phrases of a voice: the moments that brows, head and lids react to."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from mien.engines.articulation import phone_table
from mien.engines.articulation.constraints import PAUSE
from mien.speech_analysis.prosody import Prosody, against_running
from mien.speech_analysis.track import INDEX, RATE, PhoneTrack

MEMORY = 5.0  # s over which pitch is relative
PROMINENT = 1.0  # standard deviations above
RISE = 2.0  # semitones within the last 400 ms of a phrase: a question


@dataclass(frozen=True)
class Accent:
    """A pitch peak on a vowel: frame of the peak, frame of the vowel's onset, height in standard deviations."""

    peak: int
    onset: int
    z: float


@dataclass(frozen=True)
class Phrase:
    """Speech between pauses, frames [begin, end); `question` when its pitch ends rising."""

    begin: int
    end: int
    question: bool

    @property
    def seconds(self) -> float:
        return (self.end - self.begin) / RATE


def phrases(track: PhoneTrack, prosody: Prosody) -> list[Phrase]:
    """Speech between silences of more than 250 ms, in order."""
    silent = [s for s in track.segments if s.phone == "SIL" and s.end - s.begin > PAUSE * RATE]
    edges = [0, *(edge for s in silent for edge in (s.begin, s.end)), len(track)]
    return [
        Phrase(begin, end, _rises(prosody, begin, end))
        for begin, end in zip(edges[::2], edges[1::2], strict=True)
        if end > begin and any(s.phone != "SIL" for s in track.segments if s.begin < end and s.end > begin)
    ]


def accents(track: PhoneTrack, prosody: Prosody) -> list[Accent]:
    """Pitch peaks more than one standard deviation up, on a vowel that carries voice."""
    from scipy.signal import find_peaks  # takes 2 s to import: not for `mien --help`

    vowels = track.posteriors[:, [INDEX[p] for p in phone_table.VOWELS]].sum(1)
    speaking = prosody.voiced * (1 - track.posteriors[:, INDEX["SIL"]])
    z = against_running(prosody.pitch, speaking, MEMORY, least_sd=1.5)
    loud = against_running(prosody.vowel_level, speaking, MEMORY, least_sd=3.0)
    prominence = np.where(speaking > 0.5, 0.7 * np.clip(z, -3, 3) + 0.3 * np.clip(loud, -3, 3), -3)
    peaks, _ = find_peaks(prominence, height=PROMINENT, distance=round(0.25 * RATE))
    accented = []
    for peak in peaks:
        if vowels[max(peak - 5, 0) : peak + 6].max() < 0.5:
            continue
        before = np.flatnonzero(vowels[: peak + 1] < 0.5)
        onset = int(before[-1]) + 1 if len(before) else 0
        accented.append(Accent(int(peak), max(onset, int(peak) - round(0.2 * RATE)), float(prominence[peak])))
    return accented


def _rises(prosody: Prosody, begin: int, end: int) -> bool:
    voiced = np.flatnonzero(prosody.voiced[begin:end]) + begin
    late = voiced[voiced >= end - round(0.4 * RATE)]
    if len(late) < 12:
        return False
    third = len(late) // 3
    return float(np.median(prosody.pitch[late[-third:]]) - np.median(prosody.pitch[late[:third]])) > RISE
