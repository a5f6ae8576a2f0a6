# SPDX-License-Identifier: GPL-3.0-or-later
"""A take of somebody who says nothing lives, with a mouth at rest."""

import numpy as np
import pytest
from mien.audio.speech import RATE, Speech
from mien.direction import Direction
from mien.idle import IdleError, idle_take
from mien.speak import speak


def test_it_blinks_looks_around_and_breathes_with_lips_at_rest():
    take = idle_take(20.0, Direction(seed=3), 24)
    assert take.frames == 480 and "warnings" not in take.meta
    assert take.eye_holds is not None and len(take.eye_holds) >= 2
    assert take.channel("jawOpen").max() < 0.02
    assert np.ptp(take.gaze[:, 1]) > np.radians(2)
    assert np.degrees(np.ptp(take.head_rotation, axis=0)).min() > 1
    assert np.degrees(np.abs(np.diff(take.head_rotation, axis=0)).max()) < 1.5  # a frame


def test_it_keeps_the_mood():
    happy = idle_take(2.0, Direction.from_json({"emotion": "happy", "seed": 3}), 24)
    assert happy.channel("mouthSmileLeft").min() > 0.3


def test_the_same_request_gives_the_same_bytes_and_another_seed_other_motion():
    one, again, other = (idle_take(3.0, Direction(seed=seed), 24) for seed in (1, 1, 2))
    assert one.to_bytes() == again.to_bytes() != other.to_bytes()


def test_silence_that_a_backend_is_sent_gives_the_same():
    silence = Speech.from_samples(np.zeros(3 * RATE, np.float32))
    sent, made = speak(silence, Direction(seed=1), "articulation", 24), idle_take(3.0, Direction(seed=1), 24)
    assert np.array_equal(sent.weights, made.weights) and np.array_equal(sent.head_rotation, made.head_rotation)


@pytest.mark.parametrize("seconds", [0.0, -1.0, float("nan"), 601.0])
def test_a_length_that_cannot_be_is_refused_in_words(seconds):
    with pytest.raises(IdleError, match="more than 0 and at most 600 s"):
        idle_take(seconds, Direction())
