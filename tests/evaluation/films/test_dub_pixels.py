# SPDX-License-Identifier: GPL-3.0-or-later
import numpy as np
import pytest
from mien.evaluation.films.dub_pixels import lip_box, pixel_scores, structural_similarity
from mien.face_tracking.landmark_indices import OUTER_LIPS
from scipy.ndimage import gaussian_filter

EYES = np.full(6, 60.0)


@pytest.fixture
def clip():
    rng = np.random.default_rng(0)
    points = np.zeros((6, 478, 3))
    angles = np.linspace(0, 2 * np.pi, len(OUTER_LIPS), endpoint=False)
    points[:, list(OUTER_LIPS), :2] = np.stack([50 + 20 * np.cos(angles), 60 + 8 * np.sin(angles)], -1)
    true = {i: rng.integers(0, 255, (110, 100, 3), np.uint8) for i in range(1, 6)}
    mask = np.zeros((110, 100), bool)
    mask[30:90, 10:90] = True
    return true, points, dict.fromkeys(true, mask)


def test_the_same_pictures_are_perfect(clip) -> None:
    true, points, masks = clip
    scores = pixel_scores(true, true, points, EYES, masks)
    assert scores.psnr > 90 and scores.ssim == pytest.approx(1) and scores.outside == 0
    assert scores.texture == pytest.approx(1) and scores.flicker == pytest.approx(1)


def test_a_blur_loses_texture_and_flicker(clip) -> None:
    true, points, masks = clip
    made = {i: np.rint(gaussian_filter(p.astype(float), (1, 1, 0))).astype(np.uint8) for i, p in true.items()}
    scores = pixel_scores(made, true, points, EYES, masks)
    assert scores.texture < 0.5 and scores.flicker < 0.6 and scores.ssim < 0.9 and scores.outside > 0


def test_a_known_error_has_its_psnr(clip) -> None:
    true, points, masks = clip
    made = {i: np.clip(p.astype(int) + np.where(p < 128, 10, -10), 0, 255).astype(np.uint8) for i, p in true.items()}
    assert pixel_scores(made, true, points, EYES, masks).psnr == pytest.approx(20 * np.log10(25.5), abs=0.01)


def test_the_box_lies_around_the_lips_and_within_the_picture(clip) -> None:
    _, points, _ = clip
    assert lip_box(points[0], 60.0, (110, 100, 3)) == (13, 30, 87, 90)
    assert lip_box(points[0], 200.0, (110, 100, 3)) == (0, 0, 100, 110)


def test_structural_similarity_falls_with_noise() -> None:
    rng = np.random.default_rng(1)
    image = gaussian_filter(rng.normal(size=(40, 40)), 2) * 400 + 128
    values = [structural_similarity(image, image + spread * rng.normal(size=image.shape)) for spread in (0, 5, 20)]
    assert values[0] == pytest.approx(1) and values[0] > values[1] > values[2] > 0
