# SPDX-License-Identifier: GPL-3.0-or-later
"""From phones to the tongue of a take: which parts of it a phone raises, and how fast.

By places of articulation (the IPA chart): tip and blade at the ridge, back at the palate or the velum, tip between the
teeth. Tongue and lips are driven apart: a phone asks for its own articulator alone, and what others ask for in the
meantime stays. Ramps of closures and shares are set by hand, closures within 50 to 80 ms; a share below 1 leaves a gap.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from scipy.ndimage import maximum_filter1d

from mien.direction import Direction
from mien.heads.default import Head
from mien.speech_analysis.track import INDEX, RATE, PhoneTrack
from mien.take import Take
from mien.tongue.contacts import NAMES, Contacts

SURE = 0.5  # probability from which a phone has its full share
# phone -> (share of the way to the contact, s of the ramp before and after it)
TIP = {
    "T": (1.0, 0.055), "D": (1.0, 0.055), "N": (1.0, 0.065), "L": (1.0, 0.080),
    "CH": (0.95, 0.060), "JH": (0.95, 0.060), "S": (0.85, 0.060), "Z": (0.85, 0.060), "SH": (0.70, 0.070),
    "ZH": (0.70, 0.070), "R": (0.45, 0.080),
}  # fmt: skip
BACK = {
    "K": (1.0, 0.060), "G": (1.0, 0.060), "NG": (1.0, 0.065),
    "Y": (0.60, 0.070), "IY": (0.45, 0.080), "EY": (0.30, 0.080), "IH": (0.25, 0.080),
    "UW": (0.40, 0.080), "W": (0.40, 0.080), "UH": (0.30, 0.080), "R": (0.30, 0.080),
}  # fmt: skip
FORWARD = {"TH": (1.0, 0.070), "DH": (1.0, 0.060)}


def with_tongue(take: Take, track: PhoneTrack, direction: Direction, head: Head) -> Take:
    """A take of channels on this head with its tongue, by the phones of its sound; any other take as it is.

    The direction's gain of the lips below 1 makes the tongue's way shorter, too.
    """
    if take.weights is None or take.channels != head.channels:
        return take
    gain = np.clip(direction.lips.at(take.times), 0.0, 1.0)
    tip, back, forward = (gain * at_frames(shares(track, phones), take) for phones in (TIP, BACK, FORWARD))
    tongue = Contacts(head).weights(take.channels, take.weights, tip, back, forward)
    return replace(take, tongue=tongue, tongue_names=NAMES)


def shares(track: PhoneTrack, phones: dict[str, tuple[float, float]]) -> np.ndarray:
    """(T,) 0 to 1 at the track's rate: the most that any of `phones` asks for, half a cosine before and after each."""
    most = np.zeros(len(track))
    for phone, (share, seconds) in phones.items():
        sure = np.clip(track.posteriors[:, INDEX[phone]] / SURE, 0.0, 1.0).astype(float)
        if sure.max(initial=0.0) > 0.0:
            most = np.maximum(most, share * ramped(sure, seconds))
    return most


def ramped(values: np.ndarray, seconds: float) -> np.ndarray:
    """(T,) the same with half a cosine of `seconds` before each rise and after each fall; nowhere less."""
    reach = int(np.ceil(seconds * RATE))
    padded = np.pad(values, reach)
    out = values.copy()
    for offset in range(1, reach):
        fall = 0.5 + 0.5 * np.cos(np.pi * offset / (seconds * RATE))
        for way in (-offset, offset):
            np.maximum(out, fall * padded[reach + way : reach + way + len(values)], out=out)
    return out


def at_frames(values: np.ndarray, take: Take) -> np.ndarray:
    """(F,) values (T,) of the track at the take's frames: the most within half a frame, so that short closures are
    seen at low rates."""
    width = int(RATE / float(take.fps) / 2) * 2 + 1
    wide = maximum_filter1d(values, width, mode="constant") if width > 1 else values
    return np.interp(take.times, (np.arange(len(values)) + 0.5) / RATE, wide)
