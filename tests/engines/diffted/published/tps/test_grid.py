# SPDX-License-Identifier: GPL-3.0-or-later
import numpy as np
import pytest
import torch
from mien.engines.diffted.published.tps.grid import AntiAlias, coordinate_grid, deform, gaussians, resize, sample
from tps_golden import needs_golden, recorded


@needs_golden
def test_the_recorded_grid_gaussians_and_smaller_pictures() -> None:
    golden = recorded("unit_misc")
    torch.testing.assert_close(coordinate_grid(16, 24, golden["kp"]), golden["grid_16x24"], rtol=0, atol=1e-6)
    torch.testing.assert_close(gaussians(golden["kp"], 16, 24), golden["gauss_16x24"], rtol=0, atol=1e-5)
    for scale, name in ((0.5, "0p5"), (0.25, "0p25"), (0.125, "0p125")):
        smaller = AntiAlias(3, scale)
        torch.testing.assert_close(smaller.weight, golden[f"aa_kernel_{name}"], rtol=0, atol=1e-6)
        torch.testing.assert_close(smaller(golden["aa_input"]), golden[f"aa_{name}"], rtol=0, atol=1e-5)


def test_the_outermost_pixels_are_at_one() -> None:
    grid = coordinate_grid(3, 5, torch.zeros(1))
    assert grid.shape == (3, 5, 2) and grid[0, 0].tolist() == [-1, -1] and grid[2, 4].tolist() == [1, 1]
    assert grid[1, 2].tolist() == [0, 0]


def test_a_picture_at_its_own_grid_is_itself() -> None:
    picture = torch.rand(2, 3, 8, 12)
    grid = coordinate_grid(8, 12, picture).expand(2, -1, -1, -1)
    torch.testing.assert_close(sample(picture, grid), picture, rtol=0, atol=1e-5)
    torch.testing.assert_close(deform(picture, grid[:, ::7, ::11]), picture, rtol=0, atol=1e-5)  # of its corners alone


def test_outside_of_a_picture_is_black() -> None:
    assert not sample(torch.ones(1, 3, 4, 4), torch.full((1, 2, 2, 2), 3.0)).any()


def test_maps_of_the_size_stay_as_they_are() -> None:
    maps = torch.rand(1, 2, 4, 4)
    assert resize(maps, (4, 4)) is maps and resize(maps, (8, 6)).shape == (1, 2, 8, 6)


def test_a_gaussian_is_one_at_its_point() -> None:
    maps = gaussians(torch.tensor([[[0.0, 0.5]]]), 5, 5)
    assert maps[0, 0, 3, 2] == 1 and maps.max() == 1


@pytest.mark.parametrize("scale", [0.5, 0.25])
def test_a_smaller_picture_is_as_bright(scale: float) -> None:
    smaller = AntiAlias(3, scale)(torch.full((1, 3, 64, 64), 0.5))
    assert smaller.shape == (1, 3, 64 * scale, 64 * scale)
    np.testing.assert_allclose(smaller[..., 4:-4, 4:-4], 0.5, atol=1e-5)
