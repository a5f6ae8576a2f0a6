# SPDX-License-Identifier: GPL-3.0-or-later
"""Distances between motion: what they are of known distributions, and that they tell motion from what is none."""

import numpy as np
import pytest
from mien.body.skeleton import SHOULDER_WIDTH
from mien.evaluation.body.motion_distance import (
    FRAMES,
    STRIDE,
    MotionEncoder,
    frechet_distance,
    interpolated,
    motion_distances,
    shown_places,
    shuffled_frames,
    windows,
)


def waves(count: int, seed: int) -> np.ndarray:
    """(count, FRAMES, 6) of sines of one family."""
    rng = np.random.default_rng(seed)
    phase, size = rng.uniform(0, 6.3, (count, 1, 1)), rng.uniform(0.5, 1.5, (count, 1, 1))
    return size * np.sin(np.arange(FRAMES)[None, :, None] / 4 + phase + np.arange(6) / 3)


def test_a_distribution_is_not_apart_from_itself_and_a_shift_counts_by_its_square() -> None:
    latents = np.random.default_rng(0).normal(size=(400, 5))
    assert frechet_distance(latents, latents) == pytest.approx(0, abs=1e-9)
    assert frechet_distance(latents, latents + [3, 0, 0, 4, 0]) == pytest.approx(25, rel=1e-6)


def test_twice_as_wide_is_apart_by_the_variance() -> None:
    latents = np.random.default_rng(0).normal(size=(400, 5))
    latents -= latents.mean(0)
    # tr(S + 4 S - 2 (4 S S)^(1/2)) = tr(S)
    assert frechet_distance(latents, 2 * latents) == pytest.approx(np.trace(np.cov(latents, rowvar=False)), rel=1e-6)


def test_windows_overlap_and_a_short_motion_has_none() -> None:
    motion = np.arange(FRAMES + STRIDE, dtype=float)[:, None]
    cut = windows(motion)
    assert cut.shape == (2, FRAMES, 1)
    assert cut[1, 0, 0] == STRIDE
    assert windows(motion[: FRAMES - 1]).shape == (0, FRAMES, 1)


def test_straight_windows_keep_their_ends() -> None:
    clips = waves(3, 0)
    straight = interpolated(clips)
    np.testing.assert_allclose(straight[:, [0, -1]], clips[:, [0, -1]])
    np.testing.assert_allclose(np.diff(straight, n=2, axis=1), 0, atol=1e-12)


def test_shuffled_frames_are_poses_of_the_motion() -> None:
    clips = waves(3, 0)
    poses = {tuple(pose) for pose in clips.reshape(-1, 6)}
    assert {tuple(pose) for pose in shuffled_frames(clips, np.random.default_rng(0)).reshape(-1, 6)} <= poses


def test_at_rest_elbows_and_wrists_are_where_the_skeleton_has_them() -> None:
    places = shown_places(np.zeros((2, 1, 3)), ("spine",))
    assert places.shape == (2, 18)
    np.testing.assert_allclose(places[0, 0] * SHOULDER_WIDTH, 0.3295, atol=1e-6)  # x of the left elbow
    np.testing.assert_allclose(places[0, 9], -places[0, 0])


def test_new_motion_of_a_family_is_nearer_than_its_straight_lines_and_its_shuffled_frames() -> None:
    found = motion_distances(waves(128, 0), waves(128, 1), waves(128, 1), waves(128, 2), 0, steps=150)
    assert found.held_out == found.made < min(found.interpolated, found.shuffled)
    assert 0 < found.seeds < 1.5 * found.training


def test_an_encoder_is_the_same_for_the_same_seed_and_leaves_torch_s_alone() -> None:
    import torch

    torch.manual_seed(5)
    expected = torch.rand(1)
    torch.manual_seed(5)
    one, other = (MotionEncoder(waves(32, 0), seed=3, steps=3)(waves(4, 1)) for _ in range(2))
    np.testing.assert_allclose(one, other, atol=1e-6)
    assert torch.equal(torch.rand(1), expected)
