# SPDX-License-Identifier: GPL-3.0-or-later
"""Where a take's lips must meet, and whether they do."""

from __future__ import annotations

import functools

import numpy as np
from mien.engines.articulation.animate import LEAD
from mien.heads.default import load_head
from mien.speech_analysis.recognizer import listen
from mien.speech_analysis.track import PhoneTrack, Segment
from mien.take import Take
from voices import SYNTHETIC, true_track, voice

NEUTRAL = 0.0013


BILABIALS = ("P", "B", "M")


@functools.cache
def spoken(name: str) -> PhoneTrack:
    return true_track(name) if name in SYNTHETIC else listen(voice(name))


def gaps(take: Take) -> np.ndarray:
    return load_head().lip_aperture(take.weights, take.channels)


def seen(segment: Segment, take: Take) -> np.ndarray:
    begin, end = segment.seconds
    half = 0.5 / float(take.fps)
    return (take.times >= begin - LEAD - half) & (take.times <= end - LEAD + half)
