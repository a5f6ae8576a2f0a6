# SPDX-License-Identifier: GPL-3.0-or-later
"""From phones to moving lips: dominance functions (Cohen & Massaro 1993), over posteriors.

A phone's dominance is 1 while it sounds and falls off exponentially before and after; a channel is the mean of
all targets weighted by dominance. With posteriors in place of hard segments the plateau becomes
max over u of p(u) exp(-decay |t - u|): for a certain track exactly the plateau form, and an uncertain one stays so.
"""

from __future__ import annotations

import numpy as np

from mien.engines.articulation import phone_table
from mien.speech_analysis.track import INDEX, RATE, PhoneTrack

BRIEF_AH = 0.065  # s: a shorter AH is the reduced vowel
FULL = 0.060  # s: shorter phones do not decay their target (undershoot)
FLOOR = 1e-4  # dominance of everything, so that no frame divides by zero


def targets_over_time(track: PhoneTrack) -> np.ndarray:
    """(T, rows of the table) how present each row is: diphthongs in their two halves, short phones weakened."""
    presence = np.zeros((len(track), len(phone_table.NAMES)))
    for phone, i in INDEX.items():
        if phone in phone_table.ROWS:
            presence[:, phone_table.ROW[phone]] += track.posteriors[:, i]
    for phone, (first, second, share) in phone_table.DIPHTHONGS.items():
        posterior = track.posteriors[:, INDEX[phone]]
        head = np.full(len(track), share)  # where no diphthong is the best guess, its half is unknown
        for s in track.segments:
            if s.phone == phone:
                head[s.begin : s.end] = np.arange(s.begin, s.end) < s.begin + share * (s.end - s.begin)
        presence[:, phone_table.ROW[first]] += posterior * head
        presence[:, phone_table.ROW[second]] += posterior * (1 - head)
    for s in track.segments:
        seconds = (s.end - s.begin) / RATE
        frames = slice(s.begin, s.end)
        if s.phone == "AH" and seconds < BRIEF_AH:
            presence[frames, phone_table.ROW["AX"]] += presence[frames, phone_table.ROW["AH"]]
            presence[frames, phone_table.ROW["AH"]] = 0
        if s.phone != "SIL" and seconds < FULL:
            presence[frames] *= 0.45 + 0.55 * seconds / FULL
    return presence


def spread(presence: np.ndarray, decay: np.ndarray) -> np.ndarray:
    """(T, rows) max over u of presence(u) exp(-decay |t - u|); decay (rows, 2) or (2,) in 1/s: before, after."""
    decay = np.broadcast_to(decay, (presence.shape[1], 2))
    times = np.arange(len(presence))[:, None] / RATE
    log = np.log(presence + 1e-12)
    after = np.maximum.accumulate(log + times * decay[:, 1], axis=0) - times * decay[:, 1]
    before = np.maximum.accumulate((log - times * decay[:, 0])[::-1], axis=0)[::-1] + times * decay[:, 0]
    return np.exp(np.maximum(after, before))


def blend(track: PhoneTrack, jaw_gain: np.ndarray, lip_gain: np.ndarray) -> np.ndarray:
    """(T, 52) ARKit weights of the speaking mouth at 100 Hz, before the hard constraints.

    jaw_gain and lip_gain (T,) are JALI's two axes: 0 mumbles with a still face, 1 is plain.
    """
    presence = targets_over_time(track)
    jaw = spread(presence, np.array(phone_table.DECAY["jaw"])) * phone_table.JAW_DOMINANCE + FLOOR
    lips = spread(presence, phone_table.LIP_DECAY) * phone_table.LIP_DOMINANCE + FLOOR
    weights = (lips @ phone_table.LIP_TARGETS) / lips.sum(1, keepdims=True) * lip_gain[:, None]
    weights[:, phone_table.JAW] = (jaw @ phone_table.JAW_TARGETS) / jaw.sum(1) * jaw_gain
    return np.clip(smooth(weights, 9), 0, 1)


def smooth(values: np.ndarray, taps: int) -> np.ndarray:
    """Zero-phase Hann low-pass along the first axis, ends held. 9 taps at 100 Hz: -3 dB near 10 Hz."""
    if len(values) < 2:
        return values
    window = np.hanning(taps + 2)[1:-1]
    window /= window.sum()
    half = taps // 2
    padded = np.concatenate([np.repeat(values[:1], half, 0), values, np.repeat(values[-1:], half, 0)])
    return np.asarray(sum(w * padded[i : i + len(values)] for i, w in enumerate(window)))
