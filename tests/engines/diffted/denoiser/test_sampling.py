# SPDX-License-Identifier: GPL-3.0-or-later
import numpy as np
import pytest
import torch
from mien.engines.diffted.denoiser import conditions, motion_space, sampling
from mien.engines.diffted.denoiser.network import FRAMES, SEED, GestureConfig, GestureDenoiser
from mien.engines.diffted.denoiser.sampling import BLEND, CALM, STRIDE, calmed, continued, sample, seam_jerk
from scipy.ndimage import gaussian_filter1d

SMALL = GestureConfig(width=16, blocks=1, heads=2, kernel=3)


@pytest.fixture(scope="module")
def network() -> GestureDenoiser:
    torch.manual_seed(0)
    return GestureDenoiser(SMALL).eval()


def features(frames: int) -> np.ndarray:
    return np.random.default_rng(0).standard_normal((SEED + frames, conditions.SIZE)).astype(np.float32)


REST = np.zeros(motion_space.SIZE)


@pytest.mark.parametrize("frames", [2, STRIDE, STRIDE + 1, 300])
def test_a_sound_of_any_length_has_as_many_frames(network: GestureDenoiser, frames: int) -> None:
    found = sample(network, features(frames), REST, 0, steps=2)
    assert found.shape == (frames, motion_space.SIZE) and np.isfinite(found).all()


def test_a_seed_is_a_performance(network: GestureDenoiser) -> None:
    one, again, other = (sample(network, features(150), REST, seed, steps=2) for seed in (1, 1, 2))
    np.testing.assert_array_equal(one, again)
    assert np.abs(one - other).max() > 1e-3


def test_a_window_goes_on_where_the_one_before_ended() -> None:
    rng = np.random.default_rng(0)
    last, window = rng.standard_normal((SEED, motion_space.SIZE)), np.zeros((FRAMES, motion_space.SIZE))
    new = continued(last, window)
    assert len(new) == STRIDE and np.abs(new[0] - last[-1]).max() < 0.1 * np.abs(last[-1]).max()
    np.testing.assert_array_equal(new[BLEND:], window[SEED + BLEND :])


def test_the_first_smooth_candidate_is_kept_or_else_the_smoothest(network: GestureDenoiser, monkeypatch) -> None:
    jerks, drawn = iter([9.0, 0.001, 5.0, 3.0, 4.0]), []

    def jerk(last: np.ndarray, new: np.ndarray) -> float:
        drawn.append(new)
        return next(jerks)

    monkeypatch.setattr(sampling, "seam_jerk", jerk)
    found = sample(network, features(2 * STRIDE), REST, 0, candidates=3, steps=1)
    assert len(drawn) == 5  # two for the first window, three for the second
    kept = np.concatenate([np.zeros((SEED, motion_space.SIZE)), drawn[1], drawn[3]])
    calm = gaussian_filter1d(kept, CALM, axis=0, mode="nearest")
    np.testing.assert_allclose(found, calm[SEED:], atol=1e-5)


def test_jerk_is_little_on_a_parabola_and_much_at_a_corner() -> None:
    t = np.arange(-SEED, SEED)[:, None]
    curve = np.tile(0.01 * t**2, (1, motion_space.SIZE))
    smooth, corner = seam_jerk(curve[:SEED], curve[SEED:]), seam_jerk(curve[:SEED], 0.5 + curve[SEED:])
    assert smooth < 0.05 * corner and corner > 0.01


def test_noise_of_single_frames_is_calmed_and_slow_motion_stays() -> None:
    rng, t = np.random.default_rng(0), np.arange(200)[:, None] / 40
    noise = rng.normal(0, 0.01, (200, 2))
    slow = np.sin(t) + np.zeros((200, 2))
    assert calmed(noise).std() < 0.6 * noise.std()
    np.testing.assert_allclose(calmed(slow)[10:-10], slow[10:-10], atol=0.01)
