# SPDX-License-Identifier: GPL-3.0-or-later
"""Lips that meet in the sound and not in the picture: p, b, m that motion blur or the shutter hid from the camera.

A contact of 60 ms is two pictures at 25 a second, and the lips move fastest around it, so that a camera may show them
only near each other. The phone recogniser's flag of closed lips says where they met.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from mien.face_tracking.contacts import TOUCH, lip_aperture
from mien.face_tracking.track import FaceTrack
from mien.numeric.mask_runs import runs
from mien.speech_analysis.track import INDEX, RATE, PhoneTrack

BILABIALS = [INDEX[phone] for phone in ("P", "B", "M")]
LIKELY, CERTAIN = 0.4, 0.8  # probability from which a contact counts; from which the lips meet whatever was seen
# Seconds before and after the sound in which its contact may be seen: on two real clips 40 to 90 ms before its middle
EARLY, LATE = 0.10, 0.05
BESIDE = 0.2  # s on both sides of a contact, in which the lips are open
NEARER = 0.5  # of the aperture beside it: a likely contact that the camera saw half of is completed
CLOSING = 0.06  # s in which the lips close, and open again


@dataclass(frozen=True)
class Contacts:
    """`times` (H, 2) seconds of the sound, first and last, in which lips meet that the camera saw apart; of `count`
    contacts in the sound, during which the face is seen, `seen` were in the pictures, too."""

    times: np.ndarray
    count: int
    seen: int


def find_missed(track: FaceTrack, phones: PhoneTrack) -> Contacts:
    """The contacts of the lips in `phones`, of the sound of the film, that `track` lacks.

    A contact that is CERTAIN in the sound is always missed where no picture shows it; one that is LIKELY only where the
    lips came half as near as beside it, as otherwise the recogniser is as likely wrong.
    """
    aperture = lip_aperture(track)
    times = float(track.start) + track.seconds
    missed, count, seen = [], 0, 0
    for begin, end, probability in _contacts(phones):
        near = track.tracked & (times >= begin - EARLY) & (times <= end + LATE)
        if not near.any():
            continue
        count += 1
        at = int(np.flatnonzero(near)[aperture[near].argmin()])
        if aperture[at] <= TOUCH:
            seen += 1
            continue
        beside = [track.tracked & (times >= begin - BESIDE) & (times <= begin)]
        beside.append(track.tracked & (times >= end) & (times <= end + BESIDE))
        apart = min((float(aperture[side].max()) for side in beside if side.any()), default=0.0)
        if probability >= CERTAIN or aperture[at] <= NEARER * apart:
            missed.append((times[at], times[at]))
    merged = sorted(set(missed))
    return Contacts(np.array(merged, np.float64).reshape(-1, 2), count, seen)


def with_contacts(aperture: np.ndarray, times: np.ndarray, contacts: np.ndarray) -> np.ndarray:
    """aperture (N,) at times (N,) seconds of the sound, closed during contacts (H, 2), with CLOSING around each."""
    share = np.ones(len(times))
    for begin, end in contacts:
        away = np.maximum(np.maximum(begin - times, times - end), 0) / CLOSING
        share = np.minimum(share, np.sin(np.clip(away, 0, 1) * np.pi / 2) ** 2)
    return aperture * share


def _contacts(phones: PhoneTrack) -> list[tuple[float, float, float]]:
    """(begin, end in seconds, highest probability) of each contact that is LIKELY in the sound."""
    likely = phones.posteriors[:, BILABIALS].sum(1) if phones.closure is None else phones.closure
    spans = [(begin, end, float(likely[begin:end].max())) for begin, end in runs(likely > LIKELY / 2)]
    return [(begin / RATE, end / RATE, most) for begin, end, most in spans if most > LIKELY]
