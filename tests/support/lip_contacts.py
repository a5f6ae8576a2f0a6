# SPDX-License-Identifier: GPL-3.0-or-later
"""Phones of the voices, lip apertures of takes, and the frames that show a segment of the sound."""

from __future__ import annotations

import functools

import numpy as np
from mien.engines.articulation.animate import LEAD
from mien.heads.default import load_head
from mien.speech_analysis.recogniser import recognise_phones
from mien.speech_analysis.track import PhoneTrack, Segment
from mien.take import Take
from voices import SYNTHETIC, true_track, voice

NEUTRAL = 0.0013  # m: lip aperture of the neutral face
BILABIALS = ("P", "B", "M")


@functools.cache
def track_of(name: str) -> PhoneTrack:
    """The phones of a voice: what espeak-ng says it spoke, or, of the shipped one, the recogniser's."""
    return true_track(name) if name in SYNTHETIC else recognise_phones(voice(name))


def gaps(take: Take) -> np.ndarray:
    """(F,) lip aperture, m."""
    return load_head().lip_aperture(take.weights, take.channels)


def showing(segment: Segment, take: Take, before: float = 0.0, after: float = 0.0) -> np.ndarray:
    """(F,) bool: frames of the take that show a segment of the sound, LEAD earlier as the lips are, half a frame around
    and so many seconds more."""
    begin, end = segment.seconds
    half = 0.5 / float(take.fps)
    return (take.times >= begin - LEAD - half - before) & (take.times <= end - LEAD + half + after)
