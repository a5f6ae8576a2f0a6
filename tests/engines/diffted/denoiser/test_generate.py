# SPDX-License-Identifier: GPL-3.0-or-later
import functools
from pathlib import Path

import numpy as np
import pytest
import torch
from mien.audio.speech import Speech
from mien.direction import Direction
from mien.engines.diffted.denoiser.generate import denoised
from mien.engines.diffted.denoiser.network import GestureConfig, GestureDenoiser
from mien.engines.diffted.denoiser.weights import save
from mien.engines.diffted.gestures import gestures
from mien.speech_analysis.prosody import analyse_prosody
from mien.speech_analysis.recogniser import recognise_phones


@pytest.fixture(scope="module")
def weights(tmp_path_factory) -> Path:
    torch.manual_seed(0)
    network = GestureDenoiser(GestureConfig(width=16, blocks=1, heads=2, kernel=3))
    network.scale.fill_(0.1)
    return save(network, tmp_path_factory.mktemp("weights") / "w.safetensors", {})


def test_hands_move_within_their_limits_and_those_that_may_not_rest(recording: Speech, weights: Path) -> None:
    track, prosody, clock = recognise_phones(recording), analyse_prosody(recording), np.arange(720) / 100

    def move(**fields):
        return denoised(track, prosody, Direction(**{"gestures": 1.0, **fields}), clock, weights)

    both, again, left, none = move(), move(), move(hands="left"), move(hands="none")
    np.testing.assert_array_equal(both.paths["left"].wrist, again.paths["left"].wrist)
    assert both.seams == (4.8,) and both.strokes == () and none.seams == none.ends == ()
    for side in ("left", "right"):
        assert both.paths[side].wrist.shape == (720, 3)
        assert np.ptp(both.paths[side].wrist, axis=0).max() > 0.05
        assert np.ptp(none.paths[side].wrist, axis=0).max() < 1e-9
    assert np.ptp(left.paths["right"].wrist, axis=0).max() < 1e-9 < np.ptp(left.paths["left"].wrist, axis=0).max()
    assert np.ptp(move(gestures=0.0).paths["left"].wrist, axis=0).max() < 1e-9


def test_a_body_is_moved_by_it(recording: Speech, weights: Path) -> None:
    track, prosody, times = recognise_phones(recording), analyse_prosody(recording), np.arange(175) / 25
    made = gestures(
        track, prosody, Direction(gestures=1.0), times, np.zeros((175, 3)), functools.partial(denoised, weights=weights)
    )
    assert made.joints.shape[0] == 175 and np.isfinite(made.joints).all() and made.seams == (4.8,)
