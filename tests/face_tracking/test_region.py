# SPDX-License-Identifier: GPL-3.0-or-later
import numpy as np
import pytest
from mien.face_tracking.landmark_indices import OUTER_EYE_CORNERS, POINTS
from mien.face_tracking.region import Region


def ramp(width: int = 80, height: int = 60) -> np.ndarray:
    """Red is twice the column, green twice the row."""
    down, across = np.mgrid[:height, :width]
    return np.stack([2 * across, 2 * down, 0 * down], -1).astype(np.uint8)


def test_an_upright_crop_of_its_own_size_is_the_picture() -> None:
    crop = Region(30, 24, 16, 16, 0).crop(ramp(), 16) * 255
    np.testing.assert_allclose(crop, ramp()[16:32, 22:38], atol=1e-4)


@pytest.mark.parametrize("angle", [0.0, 0.4, -1.2, np.pi / 2])
@pytest.mark.parametrize("size", [16, 40])
def test_each_pixel_of_a_crop_is_read_where_to_picture_says(angle: float, size: int) -> None:
    region = Region(40, 30, 24, 30, angle)
    crop = region.crop(ramp(), size) * 255
    rows, columns = np.mgrid[:size, :size] + 0.5
    places = region.to_picture(np.stack([columns.ravel(), rows.ravel()], 1) / size) - 0.5
    np.testing.assert_allclose(crop[..., :2].reshape(-1, 2), 2 * places, atol=1.2)  # Pillow rounds to whole greys


def test_the_edge_goes_on_outside_the_picture() -> None:
    crop = Region(0, 0, 20, 20, 0).crop(ramp(), 20) * 255
    assert (crop[:10, :10] == crop[0, 0]).all()
    np.testing.assert_allclose(crop[10:, 10:], ramp()[:10, :10], atol=1e-4)
    far = Region(-500, 30, 20, 20, 0.3).crop(ramp(), 8)
    assert far.shape == (8, 8, 3)
    assert (far[..., 0] == 0).all()


def test_a_large_face_is_averaged_not_thinned() -> None:
    stripes = np.zeros((400, 400, 3), np.uint8)
    stripes[:, ::2] = 255
    crop = Region(200, 200, 320, 320, 0).crop(stripes, 32)
    np.testing.assert_allclose(crop, 0.5, atol=0.01)


def test_the_region_of_landmarks_is_a_square_turned_with_the_eyes() -> None:
    points = np.zeros((POINTS, 3))
    points[:, 0] = np.linspace(10, 50, POINTS)
    points[:, 1] = np.linspace(20, 40, POINTS)
    right, left = OUTER_EYE_CORNERS
    points[right, :2], points[left, :2] = (20, 25), (30, 35)
    region = Region.around_landmarks(points)
    assert (region.x, region.y) == (30, 30)
    assert region.width == region.height == 60
    assert region.angle == pytest.approx(np.pi / 4)
