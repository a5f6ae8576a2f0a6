# SPDX-License-Identifier: GPL-3.0-or-later
"""Phones take back of an emotion's mouth what they need."""

import numpy as np
from mien.channels import ARKIT, INDEX
from mien.engines.articulation.emotion.ducking import MOUTH, ducking
from mien.speech_analysis.track import PhoneTrack

TRACK = PhoneTrack.from_segments([("AA", 0.3), ("B", 0.3), ("UW", 0.3), ("SIL", 0.3)])
OPEN, SHUT, ROUND, SILENT = 15, 45, 75, 105


def test_closures_keep_corners_and_part_no_lips() -> None:
    shares = ducking(TRACK)
    smile, upper, jaw = (shares[:, INDEX[name]] for name in ("mouthSmileLeft", "mouthUpperUpLeft", "jawOpen"))
    assert smile[[OPEN, SHUT, SILENT]].tolist() == [1, 1, 1] and smile[ROUND] < 0.7
    assert upper[SHUT] < upper[ROUND] < upper[OPEN] == 1
    assert jaw[SHUT] < jaw[OPEN] < jaw[SILENT] == 1


def test_the_upper_face_shows_whole() -> None:
    upper = [i for i in range(len(ARKIT)) if i not in MOUTH]
    assert (ducking(TRACK)[:, upper] == 1).all()


def test_shares_change_without_a_jump() -> None:
    assert np.abs(np.diff(ducking(TRACK), axis=0)).max() < 0.25
