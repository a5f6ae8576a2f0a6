# SPDX-License-Identifier: GPL-3.0-or-later
import numpy as np
import pytest
from dub_voices import FRAME, spoken
from mien.engines.personatalk.geometry.sound_offset import find_offset, settle_offset


@pytest.mark.parametrize("pictures", range(-8, 9, 2))
def test_a_shifted_sound_is_found_within_a_picture(pictures: int) -> None:
    made = spoken(late=pictures * FRAME, noise=0.5)
    offset = find_offset(made.voice, made.times, made.speaker.gap(made.mouth), FRAME)
    assert offset.found and abs(offset.late - pictures * FRAME) < FRAME


@pytest.mark.parametrize("pictures", (-8, 0, 3))
def test_an_offset_settles_within_half_a_picture(pictures: int) -> None:
    made = spoken(late=pictures * FRAME, noise=0.5)
    offset = settle_offset(made.voice, made.times, made.mouth, made.speaker.gap(made.mouth), FRAME)
    assert offset.found and abs(offset.late - pictures * FRAME) < 0.5 * FRAME


def test_lips_of_somebody_else_are_not_believed() -> None:
    made = spoken()
    other = np.random.default_rng(9).normal(size=len(made.times))
    assert not find_offset(made.voice, made.times, other, FRAME).found


def test_lips_that_do_not_move_have_no_offset() -> None:
    made = spoken()
    offset = find_offset(made.voice, made.times, np.zeros(len(made.times)), FRAME)
    assert not offset.found and offset.late == 0
