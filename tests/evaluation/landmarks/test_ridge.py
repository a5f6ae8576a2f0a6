# SPDX-License-Identifier: GPL-3.0-or-later
"""A ridge regression finds what is linear in the spectrum."""

import dataclasses

import numpy as np
from mien.engines.kfusion.landmark_space import jacobian
from mien.engines.neural import audio_features, style_features
from mien.evaluation.landmarks import ridge as ridge_module
from mien.evaluation.landmarks.ridge import Ridge
from mien.heads.landmark_track import default_rest
from mien.training.kfusion.dataset import LandmarkDataset
from motion_data import unit

RNG = np.random.default_rng(0)
JAW = 24


def spoken(number: int) -> tuple:
    """A unit whose jaw opens with the level of the third band two frames before."""
    mel = RNG.standard_normal((400, 80)).astype(np.float32)
    motion = np.zeros((2, 400, 57), np.float32)
    motion[:, 2:, JAW] = 0.5 + 0.1 * mel[:-2, 3]
    return dataclasses.replace(unit(number, 400), motion=motion), mel


def test_what_is_linear_in_the_spectrum_is_found_on_new_sound(monkeypatch) -> None:
    monkeypatch.setattr(ridge_module, "SPARSE", 1)
    units, mel = zip(*(spoken(number) for number in range(12)), strict=True)
    audio = [np.zeros((4, 400, audio_features.SIZE), np.float16)] * 12
    ridge = Ridge.fit(LandmarkDataset(list(units), audio, list(mel)), styled=False)
    new, heard = spoken(20)
    style = np.zeros((400, style_features.SIZE), np.float32)
    chin = ridge.points(heard, style, default_rest())[:, 8, 1] - default_rest()[8, 1]
    true = new.motion[0, :, JAW] * jacobian()[JAW, 3 * 8 + 1]
    assert np.corrcoef(chin[10:-10], true[10:-10])[0, 1] > 0.95
    larger = ridge.points(heard, style, 2 * default_rest())
    np.testing.assert_allclose(larger[:, 8, 1] - 2 * default_rest()[8, 1], 2 * chin, rtol=1e-2, atol=1e-3)
