# SPDX-License-Identifier: GPL-3.0-or-later
"""The offset between picture and sound, found by the lips."""

from dataclasses import replace

import numpy as np
import pytest
from lips import FPS, talking, with_sound_of
from mien.engines.articulation.lips.curve import LipCurve, lip_curve
from mien.speech_analysis.prosody import analyse_prosody
from mien.speech_analysis.recogniser import recognise_phones
from mien.training.lips.clips import LipClip
from mien.training.lips.sync import FARTHEST, find_offset


def curve_of(clip: LipClip) -> LipCurve:
    return lip_curve(recognise_phones(clip.speech), analyse_prosody(clip.speech))


@pytest.mark.parametrize("late", [-6, 0, 3])
def test_late_and_early_lips_are_found(late: int) -> None:
    sync = find_offset(talking(late=late), curve_of(talking()))
    assert not sync.refusal and sync.correlation > 0.8
    assert sync.offset == pytest.approx(late / FPS)


def test_lips_of_another_sound_still_lips_and_an_unseen_face_are_refused() -> None:
    clip = talking()
    other = with_sound_of(clip, talking(begin=3.0))
    assert "the lips" in find_offset(other, curve_of(other)).refusal
    shut = replace(clip, curves=np.ones_like(clip.curves))
    assert "do not change" in find_offset(shut, curve_of(clip)).refusal
    unseen = replace(clip, valid=np.arange(len(clip.times)) < FPS)
    assert "the face is seen for 1.0 s only" in find_offset(unseen, curve_of(clip)).refusal


def test_lips_that_are_too_far_off_are_refused() -> None:
    far = talking(late=FARTHEST + 2)
    assert find_offset(far, curve_of(far)).refusal
