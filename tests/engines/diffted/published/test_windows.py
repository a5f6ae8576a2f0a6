# SPDX-License-Identifier: GPL-3.0-or-later
import numpy as np
import pytest
import torch
from mien.engines.base import EngineError
from mien.engines.diffted.published import windows
from mien.engines.diffted.published.denoiser import COORDINATES, FRAMES, SAMPLES, PublishedDiffTed
from mien.engines.diffted.published.windows import RATE, joined, sample_speech, sound_window

FIRST = np.linspace(-1, 1, 400, dtype=np.float32).reshape(4, 50, 2)


@pytest.fixture
def network(monkeypatch: pytest.MonkeyPatch) -> PublishedDiffTed:
    """Three steps, not 500: the numbers mean nothing, and their order and count do not depend on them."""
    monkeypatch.setattr(windows, "STEPS", 3)
    torch.manual_seed(0)
    return PublishedDiffTed().eval()


def test_speech_of_two_windows_is_as_long_as_its_sound_and_follows_its_seed(network: PublishedDiffTed) -> None:
    sound = np.random.default_rng(0).normal(0, 0.1, 2 * RATE).astype(np.float32)
    stages: list[float] = []
    motion = sample_speech(network, sound, FIRST, seed=1, progress=lambda fraction, _: stages.append(fraction))
    assert motion.shape == (50, 50, 2) and np.isfinite(motion).all() and stages == [0, 0.5]
    np.testing.assert_array_equal(motion, sample_speech(network, sound, FIRST, seed=1))
    assert np.abs(motion - sample_speech(network, sound, FIRST, seed=2)).max() > 0.01


def test_speech_shorter_than_a_window_is_one(network: PublishedDiffTed) -> None:
    assert sample_speech(network, np.zeros(RATE // 2 + 1, np.float32), FIRST, seed=1).shape == (13, 50, 2)


def test_no_sound_is_refused(network: PublishedDiffTed) -> None:
    with pytest.raises(EngineError, match="DiffTED was given no sound"):
        sample_speech(network, np.zeros(0, np.float32), FIRST, seed=1)


def test_a_sound_that_ends_is_mirrored() -> None:
    sound = np.arange(1000, dtype=np.float32)
    piece = sound_window(sound, 900)
    assert piece.shape == (SAMPLES,) and piece[:100].tolist() == sound[900:].tolist()
    assert piece[100:200].tolist() == sound[900:][::-1].tolist()
    assert (sound_window(sound, 5000) == 999).all()


def test_windows_are_blended_where_they_overlap() -> None:
    one, two = np.zeros((FRAMES, COORDINATES), np.float32), np.ones((FRAMES, COORDINATES), np.float32)
    motion = joined([one, two, two])
    assert motion.shape == (3 * FRAMES - 8, COORDINATES)
    np.testing.assert_allclose(motion[29:35, 0], [0, 0.2, 0.4, 0.6, 0.8, 1], atol=1e-6)
    assert (motion[34:] == 1).all()
