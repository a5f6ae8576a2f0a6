# SPDX-License-Identifier: GPL-3.0-or-later
import torch
from mien.engines.diffted.published.tps.grid import coordinate_grid
from mien.engines.diffted.published.tps.thin_plate import ThinPlate, fit, random_spline
from tps_golden import needs_golden, recorded


@needs_golden
def test_the_recorded_splines_and_their_gradients() -> None:
    """Gradients are recorded in float64."""
    golden = recorded("unit_tps_kp")
    driving, source = (golden[name].double().requires_grad_() for name in ("kp_1", "kp_2"))
    spline = fit(driving, source)
    grid = spline.grid(48, 64)
    torch.testing.assert_close(spline.affine, golden["theta"], rtol=0, atol=1e-6)
    torch.testing.assert_close(spline.weights, golden["control_params"], rtol=0, atol=1e-6)
    torch.testing.assert_close(grid.float(), golden["grid"], rtol=0, atol=1e-6)
    (grid * golden["grad_weight"]).mean().backward()
    torch.testing.assert_close(driving.grad, golden["grad_kp_1"], rtol=0, atol=1e-8)
    torch.testing.assert_close(source.grad, golden["grad_kp_2"], rtol=0, atol=1e-8)


@needs_golden
def test_the_recorded_splines_in_single_precision() -> None:
    golden = recorded("unit_tps_kp")
    grid = fit(golden["kp_1"], golden["kp_2"]).grid(48, 64)
    torch.testing.assert_close(grid, golden["grid"], rtol=0, atol=1e-4)


@needs_golden
def test_the_recorded_random_spline() -> None:
    golden = recorded("unit_tps_random")
    weights = golden["control_params"].transpose(1, 2).expand(-1, -1, 2)
    centres = coordinate_grid(5, 5, weights)
    torch.testing.assert_close(centres[None], golden["control_points"], rtol=0, atol=1e-6)
    spline = ThinPlate(golden["theta"], weights, centres.reshape(1, -1, 2))
    torch.testing.assert_close(spline.grid(48, 64), golden["grid"], rtol=0, atol=1e-5)
    torch.testing.assert_close(spline.warp(golden["points"]), golden["warped"], rtol=0, atol=1e-5)


def test_points_that_stay_move_nothing_much() -> None:
    """The ridge lies on the affine rows too, so that the map is near the points and not through them."""
    points = torch.tensor([[-0.5, -0.5], [0.5, -0.5], [0.0, 0.0], [-0.5, 0.5], [0.5, 0.5]], dtype=torch.float64)
    spline = fit(points, points)
    assert (spline.warp(points) - points).abs().max() < 0.03
    moved = fit(points, points + torch.tensor([0.2, 0.0])).warp(points)
    assert ((moved - points)[:, 0] - 0.2).abs().max() < 0.05


def test_a_grid_has_the_batch_of_its_points() -> None:
    assert fit(torch.rand(2, 10, 5, 2), torch.rand(2, 10, 5, 2)).grid(6, 8).shape == (2, 10, 6, 8, 2)


def test_random_splines_are_small_and_by_their_seed() -> None:
    one, same, other = (random_spline(3, torch.Generator().manual_seed(seed)).grid(8, 8) for seed in (1, 1, 2))
    assert torch.equal(one, same) and not torch.equal(one, other) and one.shape == (3, 8, 8, 2)
    still = random_spline(1, torch.Generator(), affine=0, bending=0).grid(8, 8)
    torch.testing.assert_close(still[0], coordinate_grid(8, 8, still), rtol=0, atol=1e-6)
    assert 0 < (one - still).abs().mean() < 0.5
