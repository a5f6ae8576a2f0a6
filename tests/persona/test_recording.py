# SPDX-License-Identifier: GPL-3.0-or-later
"""A take and its sound become a recording in step with it; what cannot be learnt from is refused in words."""

import dataclasses
import json

import numpy as np
import pytest
from mien.channels import ARKIT
from mien.engines.articulation.styles import STYLES
from mien.persona import LearningError
from mien.persona.recording import motion_of, recording_of
from personas import clips, take_of


def test_a_late_picture_is_moved_onto_its_sound() -> None:
    early, late = (recording_of("a", *take_of("shipped", late=late)) for late in (0, 3))
    assert (early.offset, late.offset) == (0.0, pytest.approx(0.12))
    common = min(early.motion.weights.shape[0], late.motion.weights.shape[0]) - 3
    np.testing.assert_array_equal(late.motion.weights[3 : 3 + common], early.motion.weights[:common])
    assert late.moments[3] == pytest.approx(0.0) and not late.seen[:3].any()


def test_gaps_and_missing_channels_of_a_tracked_take_are_left_out() -> None:
    take, speech = take_of("shipped")
    meta = {"gaps": "[[1.0, 2.0]]", "missing_channels": '["cheekSquint", "tongueOut"]', "calibration": "{}"}
    tracked = recording_of("a", dataclasses.replace(take, meta=meta), speech)
    assert tracked.filmed and not tracked.seen[26:50].any() and tracked.seen[:24].all()
    assert set(ARKIT) - set(tracked.known) == {"cheekSquintLeft", "cheekSquintRight", "tongueOut"}
    assert tracked.seconds == pytest.approx(4.0, abs=0.1) and json.loads(meta["gaps"])


def test_the_rules_perform_its_sound_frame_by_frame() -> None:
    recording = clips()[0]
    again = recording.performed(STYLES["default"], 3)
    np.testing.assert_allclose(again.weights, recording.motion.weights, atol=1e-6)
    wide = recording.performed(STYLES["exaggerated"], 3)
    assert wide.aperture.max() > 1.1 * again.aperture.max() and wide.jaw.std() > 1.1 * again.jaw.std()


def test_channels_that_a_take_lacks_rest() -> None:
    take, _ = take_of("shipped")
    some = dataclasses.replace(
        take, channels=("jawOpen",), weights=take.weights[:, [ARKIT.index("jawOpen")]], gaze=None
    )
    motion = motion_of(some)
    assert motion.weights.shape == (take.frames, 52) and not motion.gaze.any()
    np.testing.assert_allclose(motion.jaw, take.channel("jawOpen"))


def test_lips_of_another_sound_are_refused_in_words() -> None:
    take, _ = take_of("shipped")
    with pytest.raises(LearningError, match="a is of no use: the lips (do not )?follow"):
        recording_of("a", take, take_of("english man")[1])
    still = dataclasses.replace(take, weights=np.zeros_like(take.weights))
    with pytest.raises(LearningError, match="the lips or the sound do not change"):
        recording_of("a", still, take_of("shipped")[1])
