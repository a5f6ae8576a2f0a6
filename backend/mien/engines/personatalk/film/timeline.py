# SPDX-License-Identifier: GPL-3.0-or-later
"""Which picture of the film each picture of the dub is made from, also where the new sound is longer than the film."""

from __future__ import annotations

import math
from fractions import Fraction

import numpy as np

from mien.engines.personatalk import DubRefused
from mien.face_tracking.head_pose import HeadPose

LOOP = (2.0, 6.0)  # s, shortest and longest stretch that is run to and fro: a short one is seen to come again
SLACK = Fraction(1, 10)  # s by which a sound may be longer without being asked about
FRAME_LIMIT = 1_000_000


def timeline(
    frames: int, rate: Fraction, voice: Fraction, when_longer: str | None, pose: HeadPose, most_loop: int
) -> np.ndarray:
    """(K,) indices of the film's `frames` pictures at `rate` a second, for a voice of so many seconds.

    most_loop: pictures that can be held for running backwards. DubRefused where the voice is longer and nobody chose.
    """
    own = np.arange(frames)
    needed = math.ceil(voice * rate)
    if needed <= frames or when_longer == "stop":
        return own
    if voice - frames / rate <= SLACK:
        return np.r_[own, np.full(needed - frames, frames - 1)]
    refuse_longer(frames / rate, voice, when_longer)
    if needed > FRAME_LIMIT:
        raise DubRefused(f"the dub would have {needed} pictures; {FRAME_LIMIT} are possible.")
    if when_longer == "hold":
        return np.r_[own, np.full(needed - frames, frames - 1)]
    length = _loop_length(frames, rate, pose, most_loop)
    there_and_back = np.r_[np.arange(length - 1, -1, -1), np.arange(1, length)]
    turns = np.resize(there_and_back[1:], needed - frames) if length > 1 else np.zeros(needed - frames, int)
    return np.r_[own, frames - length + turns]


def refuse_longer(film: Fraction, voice: Fraction, when_longer: str | None) -> None:
    """DubRefused where a voice is longer than the film, both in seconds, and nobody chose what is shown then."""
    if when_longer is None and voice - film > SLACK:
        raise DubRefused(
            f"the new sound lasts {float(voice):.2f} s and the film {float(film):.2f} s. Choose what the pictures do "
            "then, with --when-longer or in the panel: loop (to and fro over a still moment), hold (the last picture) "
            "or stop (with the film)."
        )


def _loop_length(frames: int, rate: Fraction, pose: HeadPose, most_loop: int) -> int:
    """Of the last pictures, the stretch whose head is calm, and stillest at its beginning, where it turns back; among
    equals the longest, which comes again least often."""
    least, most = (min(frames, max(1, round(second * rate))) for second in LOOP)
    most = max(1, min(most, most_loop))
    speed = np.linalg.norm(np.diff(pose.shift[:, :2], axis=0), axis=1) / np.median(pose.scale)
    if len(speed) == 0:
        return 1

    def unrest(length: int) -> float:
        turn = speed[max(0, frames - length - 1) : frames - length + 1]
        return float(turn.mean() + speed[-length:].mean() + speed.mean() * least / length)

    return min(range(min(least, most), most + 1), key=unrest)
