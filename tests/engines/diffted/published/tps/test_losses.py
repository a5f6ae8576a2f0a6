# SPDX-License-Identifier: GPL-3.0-or-later
import motion_model
import pytest
import torch
from mien.engines.diffted.published.tps.grid import coordinate_grid
from mien.engines.diffted.published.tps.losses import background_loss, equivariance_loss, warp_loss
from mien.engines.diffted.published.tps.thin_plate import ThinPlate, random_spline
from tps_golden import needs_golden, pictures, recorded, tiny_model


@needs_golden
@torch.inference_mode()
def test_the_recorded_losses() -> None:
    golden, pipeline, model = recorded("tiny_losses"), recorded("tiny_pipeline_bg1"), tiny_model()
    (source, driving), points = pictures(pipeline), pipeline["kp_driving"]
    assert model.bg_predictor is not None
    weights = golden["control_params"].transpose(1, 2).expand(-1, -1, 2)
    spline = ThinPlate(golden["theta"], weights, coordinate_grid(5, 5, weights).reshape(1, -1, 2))
    small = model.dense_motion_network.down(source)
    motion = model.dense_motion_network(small, pipeline["kp_source"], points, pipeline["bg_param"])
    drawing = model.inpainting_network(source, model.inpainting_network.encode(source), motion)
    losses = {
        "equivariance_value": equivariance_loss(model.kp_detector, driving, points, spline),
        "warp_loss": warp_loss(model.inpainting_network, driving, drawing, motion),
        "bg": background_loss(model.bg_predictor, source, driving),
    }
    for name, loss in losses.items():
        assert float(loss) == pytest.approx(float(golden[name]), rel=1e-4), name


def test_points_that_follow_a_warp_cost_nothing() -> None:
    """A detector that sees nothing gives the same points for any picture; no warp moves them."""
    points, picture = torch.rand(1, 4, 2), torch.rand(1, 3, 32, 32)
    still = random_spline(1, torch.Generator(), affine=0, bending=0)
    moving = random_spline(1, torch.Generator().manual_seed(0))
    costs = [float(equivariance_loss(lambda _: points, picture, points, spline)) for spline in (still, moving)]
    assert costs[0] == pytest.approx(0, abs=1e-5) and costs[1] > 0.01


@torch.inference_mode()
def test_a_background_that_does_not_move_costs_nothing() -> None:
    model = motion_model.model()
    assert model.bg_predictor is not None
    torch.nn.init.zeros_(model.bg_predictor.bg_encoder.fc.weight)
    model.bg_predictor.bg_encoder.fc.bias.data = torch.tensor([1.0, 0, 0, 0, 1, 0])
    assert float(background_loss(model.bg_predictor, torch.rand(1, 3, 64, 64), torch.rand(1, 3, 64, 64))) == 0


@torch.inference_mode()
def test_the_loss_of_a_picture_on_itself_is_less_than_on_another() -> None:
    model, (source, other) = motion_model.model(), torch.rand(2, 1, 3, 128, 128)
    network = model.inpainting_network
    points = model.kp_detector(source)
    motion = model.dense_motion_network(model.dense_motion_network.down(source), points, points)
    drawing = network(source, network.encode(source), motion)
    assert warp_loss(network, source, drawing, motion) < warp_loss(network, other, drawing, motion)
