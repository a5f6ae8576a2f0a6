# SPDX-License-Identifier: GPL-3.0-or-later
"""What phones leave of an emotion's mouth (docs/articulation.md, section 6): they take back what they need, no more.

Closures part no lips, rounded phones draw no corners apart. The corners of a smile stay through a closure: lips that
smile can meet.
"""

from __future__ import annotations

import numpy as np

from mien.channels import ARKIT, columns
from mien.engines.articulation import phone_table
from mien.engines.articulation.coarticulation import smooth
from mien.speech_analysis.track import INDEX as PHONE
from mien.speech_analysis.track import PhoneTrack

KINDS = {  # of phones; what comes later counts
    "vowel": phone_table.VOWELS,
    "consonant": tuple(phone for phone in PHONE if phone not in (*phone_table.VOWELS, "SIL")),
    "bilabial": phone_table.BILABIALS,
    "labiodental": phone_table.LABIODENTALS,
    "rounded": phone_table.ROUNDED,
    "sibilant": phone_table.SIBILANTS,
}
# Shares that stay, by group of channels and kind of phone; 1 under every other phone
CORNERS = ("mouthSmile", "mouthDimple", "mouthStretch", "mouthFrown", "mouthLeft", "mouthRight")
PARTING = ("mouthUpperUp", "mouthLowerDown")
SHARES: tuple[tuple[tuple[str, ...], dict[str, float]], ...] = (
    (CORNERS, {"rounded": 0.6}),
    (PARTING, {"bilabial": 0.5, "labiodental": 0.6, "rounded": 0.7}),
    (("jawOpen",), {"bilabial": 0.3, "labiodental": 0.3, "sibilant": 0.3, "vowel": 0.6, "consonant": 0.45}),
)
OTHERS = {"bilabial": 0.35, "labiodental": 0.4}  # rolls, presses, shrugs, a funnel: the lips' own shape
SMOOTHING = 9  # taps at 100 Hz
OPENING = [i for name in (*PARTING, "jawOpen") for i in columns(name)]
MOUTH = [i for i, name in enumerate(ARKIT) if name.startswith(("mouth", "jaw", "tongue"))]


def ducking(track: PhoneTrack) -> np.ndarray:
    """(T, 52) shares of an emotion that the phones leave; 1 for the upper face."""
    shares = np.ones((len(track), len(ARKIT)))
    shares[:, MOUTH] = _share(track, OTHERS)[:, None]
    for names, kinds in SHARES:
        shares[:, [i for name in names for i in columns(name)]] = _share(track, kinds)[:, None]
    return shares


def _share(track: PhoneTrack, kinds: dict[str, float]) -> np.ndarray:
    factor = np.ones(len(PHONE))
    for kind in (kind for kind in KINDS if kind in kinds):
        factor[[PHONE[phone] for phone in KINDS[kind]]] = kinds[kind]
    return smooth(track.posteriors @ factor, SMOOTHING)
